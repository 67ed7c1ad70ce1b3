//! Storkey's rule.

use crate::error::{Error, Result};
use crate::patterns::Patterns;

/// The most neurons: the matrix takes 8 N² bytes while it is learnt.
const MOST_NEURONS: usize = 16_384;

/// The couplings that A. Storkey's rule makes of the patterns, one after another: an N × N matrix, row after row, symmetric
/// and with a zero diagonal (ICANN 1997, LNCS 1327, 451; A. J. Storkey and R. Valabregue, Neural Networks 12, 869 (1999)).
///
/// J_ij ← J_ij + (1/N)(ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j) with the local fields h_ij = Σ_{k ≠ i, j} J_ik ξ_k of the couplings
/// learnt before. It is local and incremental like Hebb's, holds more (N/√(2 ln N) patterns against N/(2 ln N)), and
/// later patterns disturb earlier ones less. The result depends on the order of the patterns.
///
/// The work is N² a pattern, on the host in double precision.
///
/// # Errors
/// [`Error::Limit`] for more than 16,384 neurons.
///
/// ```
/// use spinfield::{Patterns, learn::storkey};
/// let one = Patterns::from_signs(3, &[vec![1, -1, 1]])?;
/// // A single pattern is stored as by Hebb.
/// let third = 1.0 / 3.0;
/// assert_eq!(storkey(&one)?, [0.0, -third, third, -third, 0.0, -third, third, -third, 0.0]);
/// # Ok::<(), spinfield::Error>(())
/// ```
pub fn storkey(patterns: &Patterns) -> Result<Vec<f32>> {
    let neurons = patterns.neurons();
    if neurons > MOST_NEURONS {
        return Err(Error::Limit {
            what: "Storkey's rule, whose couplings are an explicit matrix (neurons),".into(),
            need: neurons as u64,
            have: MOST_NEURONS as u64,
            hint: "use fewer neurons, or Hebb's or the pseudo-inverse rule, which need no matrix".into(),
        });
    }
    let mut couplings = vec![0.0f64; neurons * neurons];
    for p in 0..patterns.count() {
        let signs: Vec<f64> = patterns.signs(p).into_iter().map(f64::from).collect();
        let fields: Vec<f64> = couplings
            .chunks_exact(neurons)
            .map(|row| row.iter().zip(&signs).map(|(coupling, sign)| coupling * sign).sum())
            .collect();
        for (i, row) in couplings.chunks_exact_mut(neurons).enumerate() {
            let (own, field) = (signs[i], fields[i]);
            for (j, (coupling, (&other, &others_field))) in row.iter_mut().zip(signs.iter().zip(&fields)).enumerate() {
                if i != j {
                    // The diagonal is zero, so that only k = j is left out.
                    let (here, there) = (field - *coupling * other, others_field - *coupling * own);
                    *coupling += (own * other - own * there - here * other) / neurons as f64;
                }
            }
        }
    }
    Ok(couplings.into_iter().map(|coupling| coupling as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    /// The definition, term by term.
    #[test]
    fn couplings_are_those_of_the_definition() {
        let neurons = 9;
        let patterns = Patterns::random(5, neurons, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
        let mut wanted = vec![vec![0.0; neurons]; neurons];
        for p in 0..5 {
            let xi = |i: usize| f64::from(patterns.sign(p, i));
            let before = wanted.clone();
            let h = |i: usize, j: usize| -> f64 {
                (0..neurons).filter(|&k| k != i && k != j).map(|k| before[i][k] * xi(k)).sum()
            };
            for (i, row) in wanted.iter_mut().enumerate() {
                for (j, coupling) in row.iter_mut().enumerate().filter(|(j, _)| *j != i) {
                    *coupling += (xi(i) * xi(j) - xi(i) * h(j, i) - h(i, j) * xi(j)) / neurons as f64;
                }
            }
        }
        let got = storkey(&patterns).unwrap();
        for (i, row) in wanted.iter().enumerate() {
            for (j, wanted) in row.iter().enumerate() {
                // Results are rounded to single precision.
                assert!((f64::from(got[i * neurons + j]) - wanted).abs() < 1e-7, "J_{i}{j}");
            }
        }
    }

    /// At P = 0.25 N Hebb's rule has broken down, and Storkey's keeps nearly all patterns as fixed points.
    #[test]
    fn it_holds_more_than_hebbs_rule() {
        let neurons = 200;
        let patterns = Patterns::random(50, neurons, &mut Stream::new(2, Purpose::Patterns, 0)).unwrap();
        let couplings = storkey(&patterns).unwrap();
        let stable = |p: usize| {
            let signs: Vec<f32> = patterns.signs(p).into_iter().map(f32::from).collect();
            let field = |i: usize| -> f32 {
                couplings[i * neurons..(i + 1) * neurons].iter().zip(&signs).map(|(j, s)| j * s).sum()
            };
            (0..neurons).filter(|&i| field(i) * signs[i] < 0.0).count()
        };
        let wrong: usize = (0..50).map(stable).sum();
        // Hebb's one-step error at this load, ½ erfc(1/√(2α)), is 2.3 %, or 228 of 10,000.
        assert!(wrong < 60, "{wrong} of 10,000 neurons disagree with their fields");
    }
}
