//! Axes of plots: where a value lies, and where the ticks are.
//!
//! plotters has axes of its own; these keep their ticks few, round and finite for whatever numbers a run may have left behind.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// How an axis is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal differences are equally long.
    #[default]
    Linear,
    /// Equal ratios are equally long; only positive numbers have a place.
    Logarithmic,
}

impl Scale {
    /// Where a number lies, if it can be drawn: the number itself, or its logarithm to the base 10.
    pub(super) fn place(self, value: f64) -> Option<f64> {
        // A fraction of the range of f64: no sum or difference that is drawn can then overflow.
        let drawable = value.abs() < f64::MAX / 8.0;
        match self {
            // Next to nothing is nothing: a range of subnormal numbers would vanish in rounding.
            Self::Linear => drawable.then_some(if value.abs() < 1e-290 { 0.0 } else { value }),
            Self::Logarithmic => (drawable && value > 0.0).then(|| value.log10()),
        }
    }
}

/// A range that begins and ends on a tick or near it, of values that are [placed](Scale::place).
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    step: f64,
    scale: Scale,
}

impl Axis {
    /// An axis for values that are [placed](Scale::place).
    pub(super) fn fit(values: impl Iterator<Item = f64>, ticks: usize, scale: Scale) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        // A single value gets room on both sides; differences of rounding only are none.
        let least = low.abs().max(high.abs()) * 1e-12;
        let (low, high) = if high - low <= least.max(f64::MIN_POSITIVE * 1e6) {
            let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low - room, high + room)
        } else {
            let room = (high - low) * 0.04;
            (low - room, high + room)
        };
        let rough = (high - low) / ticks as f64;
        let power = 10f64.powf(rough.log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| power * factor >= rough * 0.999).unwrap_or(10.0);
        Self { low, high, step: power * factor, scale }
    }

    /// Where a value lies from low (0) to high (1).
    pub(super) fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Where there are ticks, and what stands at them.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        match self.scale {
            Scale::Linear => self.even_ticks(),
            Scale::Logarithmic => self.decades(),
        }
    }

    /// Powers of ten, with their double and fivefold where there are few, and fewer where there are many.
    fn decades(&self) -> Vec<(f64, String)> {
        let (low, high) = (self.low.ceil() as i32, self.high.floor() as i32);
        let every = ((high - low) / 8 + 1).max(1);
        let factors: &[u32] = if high - low < 2 { &[1, 2, 5] } else { &[1] };
        let mut ticks = Vec::new();
        for power in (self.low.floor() as i32..=high).filter(|power| power.rem_euclid(every) == 0) {
            for &factor in factors {
                let at = f64::from(power) + f64::from(factor).log10();
                if (self.low..=self.high).contains(&at) {
                    let label = match power {
                        -4..0 => format!("{:.*}", power.unsigned_abs() as usize, 10f64.powi(power) * f64::from(factor)),
                        0..5 => (u64::from(factor) * 10u64.pow(power.unsigned_abs())).to_string(),
                        _ => format!("{factor}e{power}"),
                    };
                    ticks.push((at, label.replace('-', "\u{2212}")));
                }
            }
        }
        ticks
    }

    fn even_ticks(&self) -> Vec<(f64, String)> {
        let first = (self.low / self.step).ceil();
        let steps = (0..20).map(|n| first + f64::from(n)).take_while(|n| n * self.step <= self.high);
        // Adding 0 turns -0 into 0.
        let values: Vec<f64> = steps.map(|n| n * self.step + 0.0).filter(|value| value.is_finite()).collect();
        let largest = values.iter().fold(0f64, |largest, value| largest.max(value.abs()));
        let place = self.step.log10().floor();
        values
            .into_iter()
            .map(|value| {
                let label = if !(1e-3..1e6).contains(&largest) {
                    let digits = (largest.log10().floor() - place).clamp(0.0, 12.0) as usize;
                    if value == 0.0 { "0".into() } else { format!("{value:.digits$e}") }
                } else {
                    format!("{value:.*}", (-place).clamp(0.0, 15.0) as usize)
                };
                (value, label.replace('-', "\u{2212}"))
            })
            .collect()
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        first + (f64::from(last - first) * self.share(*value)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Without lines between the ticks.
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.ticks().into_iter().map(|tick| tick.0).collect()
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks().into_iter().find(|tick| tick.0 == *value).map_or_else(String::new, |tick| tick.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_nice() {
        let labels = |values: &[f64]| {
            Axis::fit(values.iter().copied(), 6, Scale::Linear).ticks().into_iter().map(|t| t.1).collect::<Vec<_>>()
        };
        assert_eq!(labels(&[0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[-10.0, 10.0]), ["\u{2212}10", "\u{2212}5", "0", "5", "10"]);
        assert_eq!(labels(&[0.0, 5e7]), ["0", "1e7", "2e7", "3e7", "4e7", "5e7"]);
        assert_eq!(
            labels(&[0.0, 5e-7]),
            ["0", "1e\u{2212}7", "2e\u{2212}7", "3e\u{2212}7", "4e\u{2212}7", "5e\u{2212}7"]
        );
        for k in 0..200 {
            let (low, high) = (f64::from(k) * 0.37 - 20.0, f64::from(k * k) * 0.11 + 21.0);
            let count = labels(&[low, high]).len();
            assert!((3..=8).contains(&count), "{low} {high} {count}");
        }
    }

    #[test]
    fn decades_are_ticks() {
        let labels = |values: &[f64]| {
            let places = values.iter().filter_map(|&value| Scale::Logarithmic.place(value));
            Axis::fit(places, 6, Scale::Logarithmic).ticks().into_iter().map(|tick| tick.1).collect::<Vec<_>>()
        };
        assert_eq!(labels(&[0.002, 3.0]), ["0.01", "0.1", "1"]);
        assert_eq!(labels(&[4096.0, 16_777_216.0]), ["10000", "1e5", "1e6", "1e7"]);
        assert_eq!(labels(&[1.0, 10.0]), ["1", "2", "5", "10"]);
        assert_eq!(labels(&[0.0, -1.0, f64::NAN]), ["1", "2", "5", "10"]);
        for k in 0..300 {
            let count = labels(&[10f64.powi(-k), 10f64.powi(k % 7)]).len();
            assert!((1..=10).contains(&count), "{k}: {count}");
        }
    }
}
