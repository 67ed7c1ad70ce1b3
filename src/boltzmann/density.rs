//! Whether the weights of a machine's states have a finite sum.

use super::{Layer, RestrictedMachine, Units};
use crate::error::{Error, Result};

/// Turns of the ascent from one start at the most.
const TURNS: usize = 200;
/// The relative growth of a turn that ends the ascent.
const RESOLUTION: f64 = 1e-9;

impl RestrictedMachine {
    /// How much the weights amplify a state of two layers whose energy grows no faster than its square: the largest vᵀWh over
    /// |v| = |h| = 1, with v ≥ 0 or h ≥ 0 where that layer is rectified. Along such a direction E(tv, th) is
    /// t² (1 − vᵀWh) + O(t), so that a machine has a density where this is below 1 and has none where it is above. `None` for
    /// machines with a layer of two-valued or quartic units, which always have one.
    ///
    /// For Gaussian layers this is the largest singular value of W. With rectified ones it asks whether a matrix is copositive,
    /// which no fast algorithm decides: alternating ascent, h ∝ (Wᵀv)₊ and v ∝ (Wh)₊, finds a maximum from eight starts, and
    /// the value is a bound from below. It is attained, so that what is refused by it has no density.
    pub fn amplification(&self) -> Option<f64> {
        let rectified = |units| match units {
            Units::Gaussian => Some(false),
            Units::Relu => Some(true),
            Units::Bernoulli | Units::Spin | Units::Phi4(_) => None,
        };
        let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| rectified(self.units(layer)));
        let (visible, hidden) = (visible?, hidden?);
        let weights = self.weights();
        let columns = self.size(Layer::Hidden);
        let rows = || weights.chunks_exact(columns);
        // What a unit alone gives, where a rectified other layer takes only what is positive.
        let strength = |w: f32, rectified: bool| f64::from(if rectified { w.max(0.0) } else { w }).powi(2);
        let mut norms = vec![0.0; columns];
        for row in rows() {
            norms.iter_mut().zip(row).for_each(|(norm, &w)| *norm += strength(w, visible));
        }
        let largest = |norms: &mut dyn Iterator<Item = f64>| {
            norms.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(unit, _)| unit)
        };
        let of_hidden = largest(&mut norms.into_iter());
        let of_visible = largest(&mut rows().map(|row| row.iter().map(|&w| strength(w, hidden)).sum()));
        // All units alike, a state without symmetries, and the strongest unit of either layer alone.
        let starts: [&dyn Fn(usize) -> f64; 4] = [
            &|_| 1.0,
            &|unit| 1.0 + (1.7 * unit as f64 + 0.3).sin(),
            &|unit| f64::from(u8::from(unit == of_hidden)),
            &|unit| f64::from(weights[of_visible * columns + unit]),
        ];
        let ascend = |start: &dyn Fn(usize) -> f64, sign: f64| {
            let mut state: Vec<f64> = (0..columns).map(|unit| sign * start(unit)).collect();
            normalise(&mut state, hidden);
            let mut most = 0.0;
            for _ in 0..TURNS {
                let product = |row: &[f32]| row.iter().zip(&state).map(|(&w, h)| f64::from(w) * h).sum();
                let mut shown: Vec<f64> = rows().map(product).collect();
                normalise(&mut shown, visible);
                state.fill(0.0);
                for (row, v) in rows().zip(&shown) {
                    state.iter_mut().zip(row).for_each(|(h, &w)| *h += v * f64::from(w));
                }
                let now = normalise(&mut state, hidden);
                let settled = now <= most * (1.0 + RESOLUTION);
                most = f64::max(most, now);
                if settled {
                    break;
                }
            }
            most
        };
        // Where one layer is rectified a state and its negative lead to different places.
        let found = starts.into_iter().flat_map(|start| [1.0, -1.0].map(|sign| ascend(start, sign)));
        Some(found.fold(0.0, f64::max))
    }

    /// Refuses a machine whose weights of states have no finite sum, as far as [`RestrictedMachine::amplification`] tells.
    pub(crate) fn check_normalisable(&self) -> Result<()> {
        match self.amplification() {
            Some(amplification) if amplification >= 1.0 => {
                let hint = "Gaussian and rectified units on both sides have a density for small weights only; give one layer \
                            two-valued or quartic units";
                Err(Error::input("amplification by the weights", "below 1", amplification, hint))
            }
            _ => Ok(()),
        }
    }

    /// The same of a machine that an epoch has left behind.
    pub(crate) fn check_still_normalisable(&self, epoch: u64) -> Result<()> {
        match self.amplification() {
            Some(amplification) if amplification >= 1.0 => Err(Error::Run {
                what: format!(
                    "the weights have left the region where the machine has a density: in epoch {epoch} they amplify a state \
                     {amplification:.4} times, 1 or more"
                ),
                hint: "use a smaller learning rate or weight decay, or two-valued or quartic units in one layer".into(),
            }),
            _ => Ok(()),
        }
    }
}

/// Takes off what a rectified layer cannot show, and brings to length 1 what is not 0. The length before.
fn normalise(state: &mut [f64], rectified: bool) -> f64 {
    if rectified {
        state.iter_mut().for_each(|value| *value = value.max(0.0));
    }
    let length = state.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        state.iter_mut().for_each(|value| *value /= length);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(visible: Units, hidden: Units, weights: [f32; 4]) -> RestrictedMachine {
        RestrictedMachine::new(visible, hidden, weights.to_vec(), vec![0.0; 2], vec![0.0; 2]).unwrap()
    }

    /// Against all directions of two by two units, by angle: half a turn of a Gaussian layer has every sign that counts, and a
    /// rectified layer has a quarter.
    #[test]
    fn amplification_is_the_largest_over_all_directions() {
        let mut values = (0..).map(|k| (1.9 * f64::from(k) + 0.4).sin() as f32);
        for case in 0..60 {
            let weights: [f32; 4] = std::array::from_fn(|_| values.next().unwrap());
            let pairs = [Units::Gaussian, Units::Relu].map(|v| [Units::Gaussian, Units::Relu].map(|h| (v, h)));
            for (visible, hidden) in pairs.into_iter().flatten() {
                let angles = |units| {
                    let turn = if units == Units::Relu { 0.25 } else { 1.0 };
                    (0..=1_000).map(move |k| (turn * std::f64::consts::TAU * f64::from(k) / 1_000.0).sin_cos())
                };
                let [a, b, c, d] = weights.map(f64::from);
                let gain = |(v, h): ((f64, f64), (f64, f64))| v.1 * (a * h.1 + b * h.0) + v.0 * (c * h.1 + d * h.0);
                let pairs = angles(visible).flat_map(|v| angles(hidden).map(move |h| (v, h)));
                let truth = pairs.map(gain).fold(0.0, f64::max);
                let found = machine(visible, hidden, weights).amplification().unwrap();
                // Nodes are at most half a hundredth away from the best angle of each layer.
                assert!((found - truth).abs() < 5e-5, "{case} {visible} {hidden} {weights:?}: {found} {truth}");
            }
        }
    }

    #[test]
    fn what_has_no_density_is_refused() {
        use Units::{Bernoulli, Gaussian, Relu, Spin};
        // Rectified units do not amplify by negative weights, and Gaussian ones do.
        let negative = [-3.0, -0.1, -0.2, -2.0];
        assert_eq!(machine(Relu, Relu, negative).amplification(), Some(0.0));
        assert!(machine(Relu, Relu, negative).check_normalisable().is_ok());
        assert!(machine(Gaussian, Gaussian, negative).check_normalisable().is_err());
        assert!(machine(Gaussian, Relu, negative).check_normalisable().is_err());
        let positive = [0.9, 0.6, 0.0, 0.1];
        for (visible, hidden) in [(Gaussian, Gaussian), (Gaussian, Relu), (Relu, Gaussian), (Relu, Relu)] {
            let error = machine(visible, hidden, positive).check_normalisable().unwrap_err();
            assert!(error.to_string().contains("amplification"), "{error}");
        }
        for (visible, hidden) in [(Bernoulli, Gaussian), (Spin, Relu), (Relu, Bernoulli)] {
            assert_eq!(machine(visible, hidden, [9.0; 4]).amplification(), None);
        }
    }
}
