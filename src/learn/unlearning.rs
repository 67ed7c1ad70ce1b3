//! Unlearning: dreams take spurious states off.

use crate::couplings::Couplings;
use crate::error::{Error, Result};
use crate::random::{Event, Purpose, Stream, permutation};
use rand::Rng as _;

/// The most sites: the matrix takes 8 N² bytes while it changes.
const MOST_SITES: usize = 16_384;

/// Sweeps of a dream, which a fixed point ends long before: without it rounding could keep a field of zero moving.
const MOST_SWEEPS: u32 = 10_000;

/// Couplings after so many dreams (J. J. Hopfield, D. I. Feinstein and R. G. Palmer, Nature 304, 158 (1983)): a random state
/// relaxes to a fixed point s, neuron after neuron in random order, and J_ij ← J_ij − (`rate`/N) s_i s_j for i ≠ j. The next
/// dream has these couplings.
///
/// Random states mostly end in spurious ones, which lie higher than patterns do and have broad basins: raising them makes
/// room for the patterns, until too many dreams erase these as well. Hebb's couplings then retrieve loads far above 0.14
/// (J. L. van Hemmen, L. B. Ioffe, R. Kühn and M. Vaas, Physica A 163, 386 (1990)); how many dreams are best grows with the
/// load and goes as 1/`rate`. A rate of 0.01 is usual: at N = 400 and a load of 0.2 it then takes 800 to 6,400 dreams, and
/// after 12,800 nothing is left.
///
/// The work is about 3 N² a dream, on the host in double precision; `seed` draws the dreams.
///
/// # Errors
/// [`Error::Input`] for a rate that is not a positive number or asymmetric couplings, [`Error::Limit`] for more than
/// 16,384 sites.
pub fn unlearn(couplings: &Couplings, dreams: u32, rate: f64, seed: u64) -> Result<Couplings> {
    couplings.check_symmetric("couplings to unlearn from")?;
    if !(rate.is_finite() && rate > 0.0) {
        return Err(Error::input("rate of unlearning", "a number > 0", rate, "0.01 is usual"));
    }
    let sites = couplings.sites();
    if sites > MOST_SITES {
        return Err(Error::Limit {
            what: "unlearning, which changes an explicit matrix (sites),".into(),
            need: sites as u64,
            have: MOST_SITES as u64,
            hint: "use fewer sites".into(),
        });
    }
    let mut values: Vec<f64> = couplings.values().iter().copied().map(f64::from).collect();
    for dream in 0..dreams {
        let event = Event { seed, purpose: Purpose::Dream, index: 0, chain: 0, sweep: dream.into(), part: 0 };
        let state = fixed_point(&values, sites, &mut Stream::of(event));
        for (i, row) in values.chunks_exact_mut(sites).enumerate() {
            let step = rate / sites as f64 * state[i];
            row.iter_mut().zip(&state).for_each(|(value, other)| *value -= step * other);
            row[i] = 0.0;
        }
    }
    Couplings::new(sites, values.into_iter().map(|value| value as f32).collect())
}

/// Where a random state ends, as ±1.
fn fixed_point(values: &[f64], sites: usize, stream: &mut Stream) -> Vec<f64> {
    let mut state: Vec<f64> = (0..sites).map(|_| if stream.next_u32() >> 31 == 1 { 1.0 } else { -1.0 }).collect();
    let field = |row: &[f64]| row.iter().zip(&state).map(|(value, sign)| value * sign).sum::<f64>();
    let mut fields: Vec<f64> = values.chunks_exact(sites).map(field).collect();
    for _ in 0..MOST_SWEEPS {
        let mut moved = false;
        for site in permutation(sites as u32, stream) {
            let site = site as usize;
            if fields[site] * state[site] < 0.0 {
                state[site] = -state[site];
                let change = 2.0 * state[site];
                let row = &values[site * sites..][..sites];
                fields.iter_mut().zip(row).for_each(|(field, value)| *field += change * value);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::hebb;
    use crate::patterns::Patterns;

    #[test]
    fn a_dream_is_a_fixed_point_and_raises_its_own_energy() {
        let patterns = Patterns::random(6, 20, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
        let before = hebb(&patterns).unwrap();
        let after = unlearn(&before, 1, 0.5, 7).unwrap();
        // One dream takes off ε/N s s^T: the signs of a row are those of s, up to its own.
        let change = |i: usize, j: usize| 20.0 * (before.row(i)[j] - after.row(i)[j]) / 0.5;
        let signs: Vec<i8> = (0..20).map(|j| if j == 0 || change(0, j) > 0.0 { 1 } else { -1 }).collect();
        for (i, j) in (0..20).flat_map(|i| (0..20).map(move |j| (i, j))) {
            let wanted = if i == j { 0.0 } else { f32::from(signs[i] * signs[j]) };
            assert!((change(i, j) - wanted).abs() < 1e-5, "J[{i}, {j}]");
        }
        for (i, &sign) in signs.iter().enumerate() {
            let field: f32 = before.row(i).iter().zip(&signs).map(|(j, &s)| j * f32::from(s)).sum();
            assert!(field * f32::from(sign) >= 0.0, "the dream is no fixed point at {i}");
        }
        // −½ Σ_{i≠j} of −(ε/N) s_i s_j s_i s_j.
        let raised = after.energy(&signs).unwrap() - before.energy(&signs).unwrap();
        assert!((raised - 0.5 * 0.5 * 19.0).abs() < 1e-4, "{raised}");
        assert_eq!(unlearn(&before, 0, 0.1, 7).unwrap(), before);
        assert_eq!(unlearn(&before, 5, 0.1, 7).unwrap(), unlearn(&before, 5, 0.1, 7).unwrap());
        assert_ne!(unlearn(&before, 5, 0.1, 7).unwrap(), unlearn(&before, 5, 0.1, 8).unwrap());
    }

    #[test]
    fn what_cannot_be_unlearnt_is_refused() {
        let pair = Couplings::new(2, vec![0.0, 1.0, 1.0, 0.0]).unwrap();
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(unlearn(&pair, 1, rate, 0).is_err(), "{rate}");
        }
        let one_way = Couplings::asymmetric(2, vec![0.0, 1.0, 0.0, 0.0]).unwrap();
        assert!(unlearn(&one_way, 1, 0.1, 0).is_err());
    }
}
