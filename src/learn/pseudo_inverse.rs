//! The pseudo-inverse rule: couplings that project onto the patterns.

use crate::error::{Error, Result};
use crate::patterns::Patterns;
use faer::{Mat, MatRef, Side};

/// The most patterns: the matrix between them takes 8 P² bytes on the host and 4 P² on the device.
const MOST_PATTERNS: usize = 16_384;

/// Eigenvalues of the correlations below this fraction of the largest count as zero: those that are zero come out of double
/// precision at 10⁻¹³ or so, and what smaller ones add to a field is lost on the device.
const SMALLEST_EIGENVALUE: f64 = 1e-9;

/// Fields below this, in units of J, count as none: sums of P terms of single precision.
const LEAST_SILENCE: f64 = 1e-5;

/// Neurons whose patterns are multiplied by C⁺ at once.
const BLOCK: usize = 512;

/// The pseudo-inverse (projection) rule: J = (1/N) Σ_μν ξ^μ (C⁺)_μν ξ^νᵀ with the correlations C_μν = ξ^μ·ξ^ν/N (L. Personnaz,
/// I. Guyon and G. Dreyfus, J. Physique Lett. 46, 359 (1985); I. Kanter and H. Sompolinsky, Phys. Rev. A 35, 380 (1987)).
///
/// J projects onto the patterns' span: Jξ^μ = ξ^μ, so that linearly independent patterns, however correlated, are all
/// fixed points (with J_ii = 0 as long as every J_ii < 1). Random patterns have J_ii ≈ P/N; the basins of attraction
/// shrink as P/N grows and vanish at P = N, where J is the identity.
///
/// J is never formed. The device holds the patterns' bits and the symmetric root of the P × P matrix C⁺ in single precision,
/// and multiplies by it twice: errors grow with the root of the condition only. Fields below [`silence`](Self::silence)
/// count as none. C⁺ comes from the eigenvalues of C, so that more patterns than the rank do no harm: J depends on
/// their span alone.
///
/// ```
/// use spinfield::{Patterns, learn::PseudoInverse};
/// let patterns = Patterns::from_signs(4, &[vec![1, 1, 1, 1], vec![1, 1, 1, -1], vec![-1, -1, -1, 1]])?;
/// assert_eq!(PseudoInverse::of(&patterns)?.rank(), 2); // the third is the mirror image of the second
/// # Ok::<(), spinfield::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PseudoInverse {
    /// The symmetric root of C⁺.
    root: Mat<f64>,
    rank: usize,
    condition: f64,
    /// N J_ii.
    self_couplings: Vec<f64>,
    neurons: usize,
    fingerprint: blake3::Hash,
}

impl PseudoInverse {
    /// Learns these patterns.
    ///
    /// # Errors
    /// [`Error::Limit`] for more than 16,384 patterns, [`Error::Run`] where the eigenvalues cannot be found.
    pub fn of(patterns: &Patterns) -> Result<Self> {
        let (count, neurons) = (patterns.count(), patterns.neurons());
        if count > MOST_PATTERNS {
            return Err(Error::Limit {
                what: "the pseudo-inverse of the patterns' correlations (patterns)".into(),
                need: count as u64,
                have: MOST_PATTERNS as u64,
                hint: "store fewer patterns".into(),
            });
        }
        let (vectors, values) = spectrum(patterns)?;
        let largest = values.first().copied().unwrap_or(0.0);
        let smallest = values.last().copied().unwrap_or(largest);
        // Σ_k u_k u_kᵀ / √λ_k over the eigenvalues that are not zero.
        let half = Mat::from_fn(count, values.len(), |p, k| vectors[(p, k)] / values[k].powf(0.25));
        let root = &half * half.transpose();
        let mut learnt = Self {
            root,
            rank: values.len(),
            condition: largest / smallest,
            self_couplings: Vec::with_capacity(neurons),
            neurons,
            fingerprint: fingerprint(patterns),
        };
        let mut self_couplings = Vec::with_capacity(neurons);
        learnt.for_each_response(patterns, |neuron, response| {
            let own = response.enumerate().map(|(p, value)| f64::from(patterns.sign(p, neuron)) * value);
            self_couplings.push(own.sum());
        });
        learnt.self_couplings = self_couplings;
        Ok(learnt)
    }

    /// Linearly independent patterns.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The largest eigenvalue of the correlations over the smallest that is not zero: how much rounding errors grow.
    pub fn condition(&self) -> f64 {
        self.condition
    }

    /// Fields below this, in units of J, are lost in rounding and count as none: 10⁻⁵, or more where the patterns are so
    /// nearly dependent that the root of the [condition](Self::condition) times the precision of the device is more.
    pub fn silence(&self) -> f64 {
        f64::max(LEAST_SILENCE, 4.0 * self.condition.sqrt() * f64::from(f32::EPSILON))
    }

    /// (C⁺)_μν; 0 where there is no such pattern.
    pub fn inverse(&self, p: usize, q: usize) -> f64 {
        if p.max(q) >= self.root.nrows() {
            return 0.0;
        }
        column(self.root.as_ref(), p).zip(column(self.root.as_ref(), q)).map(|(a, b)| a * b).sum()
    }

    /// J_ii, whose sum is the rank.
    pub fn self_coupling(&self, neuron: usize) -> f64 {
        self.self_couplings.get(neuron).map_or(0.0, |own| own / self.neurons as f64)
    }

    /// −½ sᵀJs/N with J_ii = 0, given the overlaps x = ξ·s.
    pub(crate) fn energy(&self, overlaps: &[f64]) -> f64 {
        let neurons = self.neurons as f64;
        let halves = &self.root * Mat::from_fn(overlaps.len(), 1, |p, _| overlaps[p]);
        let whole: f64 = column(halves.as_ref(), 0).map(|half| half * half).sum();
        -0.5 * (whole - self.self_couplings.iter().sum::<f64>()) / neurons / neurons
    }

    /// Refuses patterns that are not those that were learnt.
    pub(crate) fn check_against(&self, patterns: &Patterns) -> Result<()> {
        if self.neurons == patterns.neurons() && self.fingerprint == fingerprint(patterns) {
            return Ok(());
        }
        let got = format!("others, {} of {} neurons", patterns.count(), patterns.neurons());
        let hint = "learn the patterns that are to be recalled";
        Err(Error::input("patterns of the pseudo-inverse", "those that are recalled", got, hint))
    }

    /// The root of C⁺ for the device: [column / 4][row / 4], four columns of four rows.
    pub(crate) fn weights(&self) -> Vec<f32> {
        let (count, quads) = (self.root.nrows(), self.root.nrows().div_ceil(4));
        let mut weights = vec![0.0; 16 * quads * quads];
        for (at, weight) in weights.iter_mut().enumerate() {
            let (block, place) = (at / 16, at % 16);
            let (column, row) = (4 * (block / quads) + place / 4, 4 * (block % quads) + place % 4);
            if column < count && row < count {
                *weight = self.root[(row, column)] as f32;
            }
        }
        weights
    }

    /// N J_ii of all neurons.
    pub(crate) fn self_couplings(&self) -> &[f64] {
        &self.self_couplings
    }

    /// C⁺ξ for the device: [neuron][pattern], patterns padded to groups of four.
    pub(crate) fn responses(&self, patterns: &Patterns) -> Vec<f32> {
        let padded = patterns.count().next_multiple_of(4);
        let mut responses = Vec::with_capacity(patterns.neurons() * padded);
        self.for_each_response(patterns, |neuron, response| {
            responses.extend(response.map(|value| value as f32));
            responses.resize((neuron + 1) * padded, 0.0);
        });
        responses
    }

    /// Gives each neuron's column of C⁺ξ, neuron after neuron.
    fn for_each_response(&self, patterns: &Patterns, mut take: impl FnMut(usize, &mut dyn Iterator<Item = f64>)) {
        let neurons = patterns.neurons();
        for first in (0..neurons).step_by(BLOCK) {
            let width = BLOCK.min(neurons - first);
            let signs = Mat::from_fn(patterns.count(), width, |p, i| f64::from(patterns.sign(p, first + i)));
            let responses = &self.root * (&self.root * &signs);
            for i in 0..width {
                take(first + i, &mut column(responses.as_ref(), i));
            }
        }
    }
}

fn column(matrix: MatRef<'_, f64>, index: usize) -> impl Iterator<Item = f64> {
    matrix.col(index).iter().copied()
}

/// The eigenvalues of the correlations that are not zero, falling, and their eigenvectors as columns.
///
/// C = ΞΞᵀ/N has them in common with ΞᵀΞ/N, which is smaller where there are more patterns than neurons: there
/// u = Ξv/√(Nλ).
fn spectrum(patterns: &Patterns) -> Result<(Mat<f64>, Vec<f64>)> {
    let (count, neurons) = (patterns.count(), patterns.neurons());
    let size = neurons as f64;
    let eigen = |matrix: Mat<f64>| -> Result<(Mat<f64>, Vec<f64>)> {
        let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|error| Error::Run {
            what: format!("the eigenvalues of the patterns' correlations were not found ({error:?})"),
            hint: "report this, with the patterns".into(),
        })?;
        let (vectors, values) = (eigen.U(), eigen.S().column_vector());
        let largest = values.iter().copied().fold(0.0, f64::max);
        let mut kept: Vec<usize> = (0..matrix.nrows()).filter(|&k| values[k] > SMALLEST_EIGENVALUE * largest).collect();
        kept.sort_by(|&j, &k| values[k].total_cmp(&values[j]));
        let chosen = Mat::from_fn(matrix.nrows(), kept.len(), |row, k| vectors[(row, kept[k])]);
        Ok((chosen, kept.iter().map(|&k| values[k]).collect()))
    };
    if count <= neurons {
        let mut correlations = Mat::<f64>::zeros(count, count);
        for p in 0..count {
            for q in 0..=p {
                let overlap = patterns.overlap(p, patterns, q) as f64 / size;
                correlations[(p, q)] = overlap;
                correlations[(q, p)] = overlap;
            }
        }
        return eigen(correlations);
    }
    let signs = Mat::from_fn(count, neurons, |p, i| f64::from(patterns.sign(p, i)));
    let (vectors, values) = eigen(signs.transpose() * &signs * faer::Scale(1.0 / size))?;
    let images = &signs * &vectors;
    Ok((Mat::from_fn(count, values.len(), |p, k| images[(p, k)] / (size * values[k]).sqrt()), values))
}

fn fingerprint(patterns: &Patterns) -> blake3::Hash {
    blake3::hash(bytemuck::cast_slice(patterns.bits()))
}
