//! The types of units that a layer may have.

use crate::error::Error;
use crate::shader::catalogue::{self, ModelText};
use std::f64::consts::{PI, SQRT_2};
use std::fmt;
use std::str::FromStr;

/// The type of the units of a layer: which values u they take, and with which weight at an input x.
///
/// | type | values | weight | K(x) = ln of the summed weight | mean |
/// |---|---|---|---|---|
/// | `Bernoulli` | 0, 1 | e^(xu) | ln(1 + eˣ) | 1/(1 + e^(−x)) |
/// | `Spin` | −1, 1 | e^(xu) | ln 2cosh x | tanh x |
/// | `Gaussian` | reals | e^(xu − u²/2) | x²/2 + ½ ln 2π | x |
/// | `Relu` | u ≥ 0 | e^(xu − u²/2) | x²/2 + ½ ln 2π + ln Φ(x) | x + φ(x)/Φ(x) |
///
/// `Relu` is the rectified unit that belongs to an energy, a normal deviate cut at 0 (J. Tubiana, S. Cocco and R. Monasson,
/// Neural Computation 31, 1671 (2019)), not the noisy rectifier of V. Nair and G. E. Hinton (2010), which has no energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Units {
    /// 0 or 1.
    Bernoulli,
    /// −1 or 1.
    Spin,
    /// Real, of variance 1.
    Gaussian,
    /// Not negative.
    Relu,
}

impl Units {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Bernoulli, Self::Spin, Self::Gaussian, Self::Relu];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bernoulli => "bernoulli",
            Self::Spin => "spin",
            Self::Gaussian => "gaussian",
            Self::Relu => "relu",
        }
    }

    /// The two values of a unit that has two, the lower one first.
    pub fn values(self) -> Option<[f64; 2]> {
        match self {
            Self::Bernoulli => Some([0.0, 1.0]),
            Self::Spin => Some([-1.0, 1.0]),
            Self::Gaussian | Self::Relu => None,
        }
    }

    /// Whether `value` is one that such a unit can take; means of units are admitted as data where `mean` is set.
    pub fn admits(self, value: f64, mean: bool) -> bool {
        match (self, self.values()) {
            (_, Some([low, high])) if mean => (low..=high).contains(&value),
            (_, Some(values)) => values.contains(&value),
            (Self::Relu, None) => value.is_finite() && value >= 0.0,
            _ => value.is_finite(),
        }
    }

    /// K(x), the logarithm of the weight summed over the unit's values.
    pub fn log_partition(self, x: f64) -> f64 {
        let half_log_two_pi = 0.5 * (2.0 * PI).ln();
        match self {
            Self::Bernoulli => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Spin => x.abs() + (-2.0 * x.abs()).exp().ln_1p(),
            Self::Gaussian => 0.5 * x * x + half_log_two_pi,
            // Where erfc vanishes the sum is Mills' ratio 1/t − 1/t³ + 3/t⁵ at t = −x.
            Self::Relu if x < -30.0 => -(-x).ln() + (-1.0 / (x * x) + 3.0 / x.powi(4)).ln_1p(),
            Self::Relu => 0.5 * x * x + half_log_two_pi + (0.5 * libm::erfc(-x / SQRT_2)).ln(),
        }
    }

    /// The mean of a unit at input x, the derivative of K.
    pub fn expectation(self, x: f64) -> f64 {
        match self {
            Self::Bernoulli => 1.0 / (1.0 + (-x).exp()),
            Self::Spin => x.tanh(),
            Self::Gaussian => x,
            Self::Relu if x < -30.0 => (1.0 - 2.0 / (x * x)) / -x,
            Self::Relu => x + (-self.log_partition(x)).exp(),
        }
    }

    /// The quadratic part of a unit's energy, 0 or u²/2.
    pub fn quadratic(self, value: f64) -> f64 {
        if self.values().is_some() { 0.0 } else { 0.5 * value * value }
    }

    /// The kernels' text.
    pub(crate) fn text(self) -> ModelText<'static> {
        match self {
            Self::Bernoulli => catalogue::BERNOULLI,
            Self::Spin => catalogue::SPIN,
            Self::Gaussian => catalogue::GAUSSIAN,
            Self::Relu => catalogue::RELU,
        }
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Units {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|units| units.name() == text).ok_or_else(|| {
            Error::input("units", "bernoulli, spin, gaussian or relu", text, "unit types are written in small letters")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K against a sum or a quadrature of the weights, and the mean against K's slope.
    #[test]
    fn partitions_are_sums_of_weights() {
        for x in [-40.0, -29.9, -5.0, -0.7, 0.0, 0.3, 2.0, 8.0] {
            for units in Units::ALL {
                let weight = |u: f64| (x * u - units.quadratic(u)).exp();
                let (low, high) = (if units == Units::Relu { 0.0 } else { x - 12.0 }, f64::max(x, 0.0) + 12.0);
                let steps = 400_000;
                let width = (high - low) / f64::from(steps);
                let sum = match units.values() {
                    Some(values) => values.map(weight).iter().sum(),
                    None => (0..steps).map(|k| width * weight(low + (f64::from(k) + 0.5) * width)).sum::<f64>(),
                };
                // The midpoint rule's error is width²/24 times the slope at the ends.
                assert!((units.log_partition(x) - sum.ln()).abs() < 1e-6, "{units} {x}");
                let slope = (units.log_partition(x + 1e-4) - units.log_partition(x - 1e-4)) / 2e-4;
                assert!((units.expectation(x) - slope).abs() < 1e-5, "{units} {x}");
            }
        }
        assert_eq!(Units::Bernoulli.log_partition(0.0), std::f64::consts::LN_2);
    }
}
