//! Whether averages over a part of a raster stand for the whole.

use super::raster::Raster;
use crate::statistics::Estimate;

/// The parts that time is cut into where two sets of ticks are to be alike.
const PARTS: usize = 20;

/// How different two halves of a raster are, as the Wasserstein-1 distance of the distributions of their means.
///
/// Neurons that are recorded long enough have the same means in both halves of time; neurons that are alike have the same
/// distribution of the population's activity in both halves of space. A distance far above the interleaved one says that
/// rates drift, or that the halves are of different kinds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Halves {
    /// Between the first half and the second.
    pub split: f64,
    /// Between two halves that alternate, and share what changes slowly: what the size of the sample alone makes.
    pub interleaved: f64,
}

/// Estimators of ergodicity (split halves, as G. Bardella et al., arXiv:2405.12022, compare them).
#[derive(Debug, Clone, PartialEq)]
pub struct Ergodicity {
    /// Of the neurons' rates in two halves of each trial's ticks, which alternate in twenty parts; `None` for one tick.
    pub time: Option<Halves>,
    /// Of the fraction of active neurons by tick in two halves of the neurons, which alternate; `None` for one neuron.
    pub space: Option<Halves>,
    /// Of the neurons' rates in the first and the last trials, which alternate; `None` for one trial.
    pub trials: Option<Halves>,
    /// By how many joint standard errors each neuron's rate is higher in the second half of the ticks; infinite where it
    /// changes without varying.
    pub drift: Vec<f64>,
}

/// Compares the halves of a raster.
pub fn ergodicity(raster: &Raster) -> Ergodicity {
    let (trials, ticks, neurons) = (raster.trials(), raster.ticks(), raster.neurons());
    let rates = |cells: &dyn Fn(usize, usize) -> bool| rates_where(raster, cells);
    let time = (ticks > 1).then(|| {
        let part = |tick: usize| tick * PARTS.min(ticks) / ticks;
        Halves {
            split: wasserstein(&rates(&|_, tick| 2 * tick < ticks), &rates(&|_, tick| 2 * tick >= ticks)),
            interleaved: wasserstein(&rates(&|_, tick| part(tick) % 2 == 0), &rates(&|_, tick| part(tick) % 2 == 1)),
        }
    });
    let by_trial = (trials > 1).then(|| Halves {
        split: wasserstein(&rates(&|trial, _| 2 * trial < trials), &rates(&|trial, _| 2 * trial >= trials)),
        interleaved: wasserstein(&rates(&|trial, _| trial % 2 == 0), &rates(&|trial, _| trial % 2 == 1)),
    });
    let space = (neurons > 1).then(|| {
        let half = neurons.div_ceil(2);
        Halves {
            split: wasserstein(&active_share(raster, 0..half), &active_share(raster, half..neurons)),
            interleaved: wasserstein(
                &active_share(raster, (0..neurons).step_by(2)),
                &active_share(raster, (1..neurons).step_by(2)),
            ),
        }
    });
    let drift = (0..neurons).map(|neuron| if ticks > 1 { drift_of(raster, neuron) } else { 0.0 }).collect();
    Ergodicity { time, space, trials: by_trial, drift }
}

/// Each neuron's rate over the cells (trial, tick) of a set.
fn rates_where(raster: &Raster, cells: &dyn Fn(usize, usize) -> bool) -> Vec<f64> {
    let all = || (0..raster.trials()).flat_map(|trial| (0..raster.ticks()).map(move |tick| (trial, tick)));
    let chosen: Vec<(usize, usize)> = all().filter(|&(trial, tick)| cells(trial, tick)).collect();
    let fires = |neuron| chosen.iter().filter(|&&(trial, tick)| raster.fires(trial, neuron, tick)).count();
    (0..raster.neurons()).map(|neuron| fires(neuron) as f64 / chosen.len() as f64).collect()
}

/// The share of these neurons that fire, by tick of all trials.
fn active_share(raster: &Raster, neurons: impl ExactSizeIterator<Item = usize> + Clone) -> Vec<f64> {
    let count = neurons.len() as f64;
    raster.activity_of(neurons).into_iter().map(|active| f64::from(active) / count).collect()
}

fn drift_of(raster: &Raster, neuron: usize) -> f64 {
    let half = raster.ticks() / 2;
    let mean = |ticks: std::ops::Range<usize>| -> Estimate {
        crate::statistics::mean(&super::statistics::series(raster, neuron, ticks))
    };
    let (first, second) = (mean(0..half), mean(half..raster.ticks()));
    let (difference, error) = (second.mean - first.mean, first.error.unwrap_or(0.0).hypot(second.error.unwrap_or(0.0)));
    // Regular firing has no error.
    if difference == 0.0 { 0.0 } else { difference / error }
}

/// The Wasserstein-1 distance of two samples: ∫ |F_a(x) − F_b(x)| dx of their distribution functions, in the unit of the values.
/// It is 0 for equal samples and shifts with a shift; NaN where a sample is empty.
pub fn wasserstein(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return f64::NAN;
    }
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let (a, b) = (sorted(a), sorted(b));
    let (mut at_a, mut at_b, mut last, mut distance) = (0, 0, 0.0, 0.0);
    while at_a < a.len() || at_b < b.len() {
        let next = match (a.get(at_a), b.get(at_b)) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) | (None, Some(&x)) => x,
            (None, None) => break,
        };
        let gap = at_a as f64 / a.len() as f64 - at_b as f64 / b.len() as f64;
        if at_a + at_b > 0 {
            distance += gap.abs() * (next - last);
        }
        at_a += usize::from(a.get(at_a) == Some(&next));
        at_b += usize::from(b.get(at_b) == Some(&next));
        last = next;
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_known_samples() {
        // scipy.stats.wasserstein_distance has the first as its example; the others by hand.
        for (a, b, wanted) in [
            (&[0.0, 1.0, 3.0][..], &[5.0, 6.0, 8.0][..], 5.0),
            (&[0.0], &[0.0, 1.0], 0.5),
            (&[0.0, 1.0, 2.0, 3.0], &[0.0, 3.0], 0.5),
            (&[-1.0, 1.0], &[1.0, -1.0], 0.0),
            (&[0.0, 0.0, 1.0], &[0.0, 1.0, 1.0], 1.0 / 3.0),
        ] {
            assert!((wasserstein(a, b) - wanted).abs() < 1e-12, "{a:?} {b:?}: {}", wasserstein(a, b));
            assert!((wasserstein(b, a) - wanted).abs() < 1e-12);
        }
        assert!(wasserstein(&[], &[1.0]).is_nan());
        // Equally many: the mean difference in their order.
        let a: Vec<f64> = (0..50).map(|k| f64::from(k * k % 37)).collect();
        let b: Vec<f64> = (0..50).map(|k| f64::from(k * 7 % 41)).collect();
        let (mut x, mut y) = (a.clone(), b.clone());
        x.sort_by(f64::total_cmp);
        y.sort_by(f64::total_cmp);
        let wanted = x.iter().zip(&y).map(|(x, y)| (x - y).abs()).sum::<f64>() / 50.0;
        assert!((wasserstein(&a, &b) - wanted).abs() < 1e-12);
    }

    #[test]
    fn a_drift_is_seen_in_time_and_kinds_in_space() {
        // Neurons 0 and 1 fire every fourth tick, each at its time; 2 and 3 together, every second tick of the second half.
        let mut raster = Raster::new(1, 4, 400).unwrap();
        for tick in 0..400 {
            for neuron in 0..4 {
                let fires = if neuron < 2 { (tick + neuron) % 4 == 0 } else { tick >= 200 && tick % 2 == 0 };
                raster.set(0, neuron, tick, fires);
            }
        }
        let found = ergodicity(&raster);
        let time = found.time.unwrap();
        assert!((time.split - 0.25).abs() < 1e-12 && time.interleaved < 1e-12, "{time:?}");
        // One of the first two is active in every second tick, both of the last in every fourth.
        let space = found.space.unwrap();
        assert!((space.split - 0.25).abs() < 1e-12, "{space:?}");
        assert!(found.trials.is_none());
        assert!(found.drift[2] > 10.0 && found.drift[0].abs() < 1e-9, "{:?}", found.drift);
        let one = ergodicity(&Raster::new(2, 1, 1).unwrap());
        assert!(one.time.is_none() && one.space.is_none() && one.trials.unwrap().split == 0.0);
    }
}
