//! Couplings that are correlations of patterns, as matrices.

use crate::couplings::{Couplings, check_sites};
use crate::error::Result;
use crate::patterns::Patterns;

/// Hebb's couplings J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ, J_ii = 0, as a matrix (J. J. Hopfield, PNAS 79, 2554 (1982)): a beginning for
/// rules that change a matrix, such as [`unlearn`](super::unlearn). Recall from patterns needs none.
///
/// # Errors
/// [`Error::Limit`](crate::Error::Limit) for more than 65,536 neurons, [`Error::Input`](crate::Error::Input) for one.
pub fn hebb(patterns: &Patterns) -> Result<Couplings> {
    let bits = PatternBits::of(patterns, 0);
    Couplings::new(patterns.neurons(), correlations(patterns, &bits, &bits)?)
}

/// Couplings that lead from each pattern to the next and from the last to the first, J_ij = (1/N) Σ_μ ξ_i^{μ+1} ξ_j^μ,
/// J_ii = 0 (H. Sompolinsky and I. Kanter, Phys. Rev. Lett. 57, 2861 (1986), without their symmetric part). They are
/// asymmetric: there is no energy, and under synchronous dynamics a state near pattern μ goes on to μ + 1 in every sweep, for
/// random patterns up to P = 0.269 N (A. Düring, A. C. C. Coolen and D. Sherrington, J. Phys. A 31, 8607 (1998)).
///
/// # Errors
/// As [`hebb`].
///
/// ```
/// use spinfield::{Patterns, learn::sequence};
/// let two = Patterns::from_signs(3, &[vec![1, 1, 1], vec![1, -1, 1]])?;
/// // Two patterns lead to each other: that is symmetric.
/// assert_eq!(sequence(&two)?.row(0), [0.0, 0.0, 2.0 / 3.0]);
/// assert!(sequence(&two)?.is_symmetric());
/// # Ok::<(), spinfield::Error>(())
/// ```
pub fn sequence(patterns: &Patterns) -> Result<Couplings> {
    let (later, earlier) = (PatternBits::of(patterns, 1), PatternBits::of(patterns, 0));
    Couplings::asymmetric(patterns.neurons(), correlations(patterns, &later, &earlier)?)
}

/// The signs of each neuron in all patterns, as bits.
struct PatternBits {
    words: Vec<u64>,
    words_a_neuron: usize,
}

impl PatternBits {
    /// Bit μ of a neuron is its sign in pattern μ + `ahead`, round the patterns.
    fn of(patterns: &Patterns, ahead: usize) -> Self {
        let words_a_neuron = patterns.count().div_ceil(64);
        let mut words = vec![0; words_a_neuron * patterns.neurons()];
        for p in 0..patterns.count() {
            let signs = patterns.signs((p + ahead) % patterns.count());
            for (neuron, _) in signs.into_iter().enumerate().filter(|(_, sign)| *sign > 0) {
                words[neuron * words_a_neuron + p / 64] |= 1 << (p % 64);
            }
        }
        Self { words, words_a_neuron }
    }

    fn of_neuron(&self, neuron: usize) -> &[u64] {
        &self.words[neuron * self.words_a_neuron..][..self.words_a_neuron]
    }
}

/// (1/N) Σ_μ of the products of two neurons' bits, without a diagonal.
fn correlations(patterns: &Patterns, rows: &PatternBits, columns: &PatternBits) -> Result<Vec<f32>> {
    let (neurons, count) = (patterns.neurons(), patterns.count() as i64);
    check_sites(neurons)?;
    let entry = |i: usize, j: usize| -> f32 {
        let words = rows.of_neuron(i).iter().zip(columns.of_neuron(j));
        let differ: u32 = words.map(|(a, b)| (a ^ b).count_ones()).sum();
        if i == j { 0.0 } else { ((count - 2 * i64::from(differ)) as f64 / neurons as f64) as f32 }
    };
    Ok((0..neurons).flat_map(|i| (0..neurons).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    /// The definitions, term by term, with more patterns than a word has bits.
    #[test]
    fn couplings_are_those_of_the_definitions() {
        let (neurons, count) = (7, 70);
        let patterns = Patterns::random(count, neurons, &mut Stream::new(3, Purpose::Patterns, 0)).unwrap();
        let sum = |i: usize, j: usize, ahead: usize| -> i32 {
            let term = |p: usize| patterns.sign((p + ahead) % count, i) * patterns.sign(p, j);
            (0..count).map(|p| i32::from(term(p))).sum()
        };
        let (hebb, sequence) = (hebb(&patterns).unwrap(), sequence(&patterns).unwrap());
        assert!(hebb.is_symmetric() && !sequence.is_symmetric());
        for (couplings, ahead) in [(hebb, 0), (sequence, 1)] {
            for (i, j) in (0..neurons).flat_map(|i| (0..neurons).map(move |j| (i, j))) {
                let wanted = if i == j { 0.0 } else { sum(i, j, ahead) as f32 / neurons as f32 };
                assert_eq!(couplings.row(i)[j], wanted, "J[{i}, {j}], {ahead} ahead");
            }
        }
    }
}
