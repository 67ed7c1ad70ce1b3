//! Couplings from the inverse of the covariance matrix.

use super::counts::SpikeCounts;
use crate::error::{Error, Result};
use crate::neurons::{Convention, NeuralField};
use faer::{Mat, Side};

/// Below this share of the largest one an eigenvalue of the covariance is taken for 0.
const SMALLEST_EIGENVALUE: f64 = 1e-10;

/// How covariances are inverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// J_ij = −(C⁻¹)_ij, naive mean field.
    Naive,
    /// The correction of Thouless, Anderson and Palmer: (C⁻¹)_ij = −J_ij − 2 J_ij² m_i m_j.
    Tap,
}

/// The field whose linear response has the covariances of the data, with s = 2f − 1, m = ⟨s⟩ and C = ⟨ss⟩ − mm (H. J. Kappen and
/// F. B. Rodríguez, Neural Computation 10, 1137 (1998); T. Tanaka, Phys. Rev. E 58, 2302 (1998)):
///
/// h_i = artanh m_i − Σ_j J_ij m_j (+ m_i Σ_j J_ij² (1 − m_j²) for TAP).
///
/// `pseudo_ticks` are added to the data in which neurons have their rates and are independent.
pub(crate) fn mean_field(counts: &SpikeCounts, order: Order, pseudo_ticks: f64) -> Result<NeuralField> {
    let neurons = counts.layout.neurons;
    let means: Vec<f64> = (0..neurons).map(|i| 2.0 * counts.rate(i) - 1.0).collect();
    let shrunk = 4.0 * counts.ticks / (counts.ticks + pseudo_ticks);
    let mut covariances = Mat::<f64>::zeros(neurons, neurons);
    for (i, mean) in means.iter().enumerate() {
        covariances[(i, i)] = 1.0 - mean * mean;
    }
    for ((i, j), covariance) in counts.layout.each_pair().zip(counts.covariances()) {
        covariances[(i, j)] = shrunk * covariance;
        covariances[(j, i)] = shrunk * covariance;
    }
    let inverse = inverse(&covariances)?;
    let mut space = vec![0.0; neurons * neurons];
    for (i, j) in counts.layout.each_pair() {
        let coupling = match order {
            Order::Naive => -inverse[(i, j)],
            Order::Tap => tap_coupling(inverse[(i, j)], means[i] * means[j]).ok_or_else(|| no_solution(i, j))?,
        };
        space[i * neurons + j] = coupling;
        space[j * neurons + i] = coupling;
    }
    let input = |i: usize| {
        let row = space[i * neurons..(i + 1) * neurons].iter().zip(&means);
        let naive = means[i].atanh() - row.clone().map(|(coupling, mean)| coupling * mean).sum::<f64>();
        match order {
            Order::Naive => naive,
            // Onsager's reaction: what a neuron hears of itself from the others.
            Order::Tap => {
                naive + means[i] * row.map(|(coupling, mean)| coupling * coupling * (1.0 - mean * mean)).sum::<f64>()
            }
        }
    };
    let input = (0..neurons).map(input).collect();
    NeuralField::new(neurons, Convention::Magnetic)?.with_space(space)?.with_input(input)?.to(Convention::Gas)
}

/// The root of (C⁻¹)_ij = −J − 2J² m_i m_j that is −(C⁻¹)_ij for small means.
fn tap_coupling(inverse: f64, means: f64) -> Option<f64> {
    let discriminant = 1.0 - 8.0 * means * inverse;
    // The same as (√d − 1)/(4 m_i m_j), which cancels where means are small.
    (discriminant >= 0.0).then(|| -2.0 * inverse / (1.0 + discriminant.sqrt()))
}

fn no_solution(i: usize, j: usize) -> Error {
    Error::Run {
        what: format!(
            "the TAP equations have no real solution for neurons {i} and {j}, which exclude each other too strongly"
        ),
        hint: "give a prior (--prior 100), or fit by --method mean-field or pseudo-likelihood".into(),
    }
}

fn inverse(covariances: &Mat<f64>) -> Result<Mat<f64>> {
    let eigen = covariances.self_adjoint_eigen(Side::Lower).map_err(|error| Error::Run {
        what: format!("the eigenvalues of the covariances were not found ({error:?})"),
        hint: "report this, with the raster".into(),
    })?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let largest = values.iter().copied().fold(0.0, f64::max);
    let zero = values.iter().filter(|value| **value <= SMALLEST_EIGENVALUE * largest).count();
    if zero > 0 {
        return Err(Error::Run {
            what: format!(
                "the covariances of the neurons are singular: {zero} of {} eigenvalues are 0",
                values.nrows()
            ),
            hint: "leave out neurons that are functions of others, or give a prior (--prior 1)".into(),
        });
    }
    let scaled = Mat::from_fn(values.nrows(), values.nrows(), |row, k| vectors[(row, k)] / values[k]);
    Ok(&scaled * vectors.transpose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_couplings_solve_the_tap_equation() {
        for (inverse, means) in [(0.3, 0.1), (-0.5, 0.64), (0.19, 0.64), (0.2, -0.5), (0.1, 0.0)] {
            let coupling = tap_coupling(inverse, means).unwrap();
            assert!((inverse + coupling + 2.0 * coupling * coupling * means).abs() < 1e-15, "{inverse} {means}");
        }
        assert_eq!(tap_coupling(0.2, 0.64), None);
    }
}
