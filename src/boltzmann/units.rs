//! The types of units that a layer may have.

use super::Quartic;
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
/// | `Phi4` | reals | e^(xu − a u² − b u⁴) | by quadrature | by quadrature |
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
    /// Real, with a quartic energy.
    Phi4(Quartic),
}

impl Units {
    /// Every type without parameters.
    pub const ALL: [Self; 4] = [Self::Bernoulli, Self::Spin, Self::Gaussian, Self::Relu];

    /// The name in files and on the command line; parameters follow it there, see [`Display`](fmt::Display).
    pub fn name(self) -> &'static str {
        match self {
            Self::Bernoulli => "bernoulli",
            Self::Spin => "spin",
            Self::Gaussian => "gaussian",
            Self::Relu => "relu",
            Self::Phi4(_) => "phi4",
        }
    }

    /// The two values of a unit that has two, the lower one first.
    pub fn values(self) -> Option<[f64; 2]> {
        match self {
            Self::Bernoulli => Some([0.0, 1.0]),
            Self::Spin => Some([-1.0, 1.0]),
            Self::Gaussian | Self::Relu | Self::Phi4(_) => None,
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
            Self::Phi4(quartic) => quartic.sums(x)[0],
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
            Self::Phi4(quartic) => quartic.sums(x)[1],
        }
    }

    /// A unit's own energy q(u): 0, u²/2 or a u² + b u⁴.
    pub fn energy(self, value: f64) -> f64 {
        let [square, quartic] = self.coefficients();
        let squared = value * value;
        squared * (square + quartic * squared)
    }

    /// The coefficients of u² and u⁴ in a unit's own energy.
    pub(crate) fn coefficients(self) -> [f64; 2] {
        match self {
            Self::Bernoulli | Self::Spin => [0.0, 0.0],
            Self::Gaussian | Self::Relu => [0.5, 0.0],
            Self::Phi4(quartic) => [quartic.square(), quartic.quartic()],
        }
    }

    /// The kernels' text; `None` for units that take too many operations to be part of a larger kernel.
    pub(crate) fn text(self) -> Option<ModelText<'static>> {
        match self {
            Self::Bernoulli => Some(catalogue::BERNOULLI),
            Self::Spin => Some(catalogue::SPIN),
            Self::Gaussian => Some(catalogue::GAUSSIAN),
            Self::Relu => Some(catalogue::RELU),
            Self::Phi4(_) => None,
        }
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phi4(quartic) => f.pad(&format!("phi4:{}:{}", quartic.square() as f32, quartic.quartic() as f32)),
            _ => f.pad(self.name()),
        }
    }
}

impl FromStr for Units {
    type Err = Error;

    /// The name, and for quartic units a and b: `phi4:-0.5:0.25`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || {
            let wanted = "bernoulli, spin, gaussian, relu or phi4:A:B";
            Error::input("units", wanted, text, "unit types are written in small letters")
        };
        match text.strip_prefix("phi4:") {
            Some(numbers) => {
                let (square, quartic) = numbers.split_once(':').ok_or_else(unknown)?;
                let number = |text: &str| text.parse::<f64>().map_err(|_| unknown());
                Quartic::new(number(square)?, number(quartic)?).map(Self::Phi4)
            }
            None => Self::ALL.into_iter().find(|units| units.name() == text).ok_or_else(unknown),
        }
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
                // The largest weight is taken out: e^800 overflows.
                let peak = if units == Units::Gaussian { 0.5 * x * x } else { 0.0 };
                let weight = |u: f64| (x * u - units.energy(u) - peak).exp();
                let (low, high) = (if units == Units::Relu { 0.0 } else { x - 12.0 }, f64::max(x, 0.0) + 12.0);
                let steps = 400_000;
                let width = (high - low) / f64::from(steps);
                let sum = match units.values() {
                    Some(values) => values.map(weight).iter().sum(),
                    None => (0..steps).map(|k| width * weight(low + (f64::from(k) + 0.5) * width)).sum::<f64>(),
                };
                // The midpoint rule's error is width²/24 times the slope at the ends.
                assert!((units.log_partition(x) - sum.ln() - peak).abs() < 1e-6, "{units} {x}");
                let slope = (units.log_partition(x + 1e-4) - units.log_partition(x - 1e-4)) / 2e-4;
                assert!((units.expectation(x) - slope).abs() < 1e-5, "{units} {x}");
            }
        }
        assert_eq!(Units::Bernoulli.log_partition(0.0), std::f64::consts::LN_2);
    }
}
