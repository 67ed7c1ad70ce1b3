//! Units with a quartic energy of their own, those of the φ⁴ machine.

use crate::error::{Error, Result};
use std::hash::{Hash, Hasher};

/// The largest |a| and b.
const LARGEST: f64 = 1e4;
/// The smallest b.
const SMALLEST: f64 = 1e-6;

/// The energy a u² + b u⁴ of a unit on its own, the same for all units of a layer. With [`Units::Phi4`](super::Units::Phi4) on
/// both layers a restricted machine is a φ⁴ field with couplings that are learnt,
///
/// S(φ) = −Σ_ij w_ij φ_i φ_j + Σ_i (a φ_i² + b φ_i⁴ − h_i φ_i),
///
/// on a bipartite graph (D. Bachtis, G. Aarts and B. Lucini, Phys. Rev. D 103, 074510 (2021), arXiv:2102.09449): as b → 0 at a = ½ its
/// units are Gaussian ones, and for large b at a = −2b they are ±1 spins, so that it has both kinds of machine in it. The quartic
/// term makes it normalisable whatever the couplings are.
///
/// A unit takes a few thousand operations on the device, where sums go over 32 cells a half line with relative errors below 10⁻⁵.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quartic {
    square: f32,
    quartic: f32,
}

// Both numbers are finite.
impl Eq for Quartic {}

impl Hash for Quartic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        [self.square, self.quartic].map(f32::to_bits).hash(state);
    }
}

impl Quartic {
    /// a u² + b u⁴ with a = `square` of either sign and b = `quartic`.
    ///
    /// # Errors
    /// [`Error::Input`] for |a| above 10⁴, or b outside 10⁻⁶ to 10⁴.
    pub fn new(square: f64, quartic: f64) -> Result<Self> {
        if !(-LARGEST..=LARGEST).contains(&square) {
            return Err(Error::input("a of a phi4 unit", "-1e4 to 1e4", square, "0.5 is that of a Gaussian unit"));
        }
        if !(SMALLEST..=LARGEST).contains(&quartic) {
            let hint = "without a quartic term use Gaussian units";
            return Err(Error::input("b of a phi4 unit", "1e-6 to 1e4", quartic, hint));
        }
        // No negative zero: equal units have equal bits.
        Ok(Self { square: square as f32 + 0.0, quartic: quartic as f32 })
    }

    /// a.
    pub fn square(self) -> f64 {
        self.square.into()
    }

    /// b.
    pub fn quartic(self) -> f64 {
        self.quartic.into()
    }

    /// ln ∫ e^(xu − a u² − b u⁴) du and the mean of u, by the trapezoidal rule, which converges exponentially for such an
    /// integrand.
    pub(super) fn sums(self, x: f64) -> [f64; 2] {
        let (a, b) = (self.square(), self.quartic());
        let value = |u: f64| x * u - u * u * (a + b * u * u);
        // Beyond this the value is below its largest, which is 0 or more, by more than 60.
        let edge = |pull: f64| (-a).max(0.0).sqrt() / b.sqrt() + (pull / b).cbrt() + (60.0 / b).powf(0.25);
        let mut high = edge(2.0 * x.abs());
        if a > 0.0 {
            high = high.min(x.abs() / a + (60.0 / a).sqrt());
        }
        // A tenth of the narrowest width of a peak: the error is of order e^(-2 (10 pi)^2).
        let cells = (20.0 * high * (2.0 * a.abs() + 12.0 * b * high * high).sqrt()).clamp(200.0, 4e6);
        let width = 2.0 * high / cells.floor();
        let nodes = || (0..=cells as u32).map(|k| width * f64::from(k) - high);
        let most = nodes().map(value).fold(f64::MIN, f64::max);
        let (mut sum, mut first) = (0.0, 0.0);
        for u in nodes() {
            let weight = (value(u) - most).exp();
            sum += weight;
            first += weight * u;
        }
        [most + (sum * width).ln(), first / sum]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boltzmann::Units;

    #[test]
    fn limits_are_gaussian_units_and_spins() {
        let gaussian = Units::Phi4(Quartic::new(0.5, 1e-6).unwrap());
        let wells = Units::Phi4(Quartic::new(-4_000.0, 2_000.0).unwrap());
        for x in [-2.5, -0.3, 0.0, 1.0, 3.0] {
            // b <u^4> at the first order, with <u^4> = x^4 + 6 x^2 + 3 below 140 here.
            assert!((gaussian.log_partition(x) - Units::Gaussian.log_partition(x)).abs() < 2e-4, "{x}");
            assert!((gaussian.expectation(x) - x).abs() < 2e-4, "{x}");
            // Wells of variance 1/(8b) at 1 - x/(8b)...: corrections of order 1/b.
            assert!((wells.expectation(x) - x.tanh()).abs() < 2e-3, "{x}");
            let rise = |units: Units| units.log_partition(x) - units.log_partition(0.0);
            assert!((rise(wells) - rise(Units::Spin)).abs() < 2e-3, "{x}");
        }
    }

    /// An integral that is known: at a = 0 it is 2 Gamma(5/4) b^(-1/4). The mean is the slope of the logarithm.
    #[test]
    fn sums_are_integrals() {
        for b in [1e-3, 1.0, 50.0] {
            let unit = Units::Phi4(Quartic::new(0.0, b).unwrap());
            let exact = (2.0f64 * 0.906_402_477_055_477).ln() - 0.25 * b.ln();
            assert!((unit.log_partition(0.0) - exact).abs() < 1e-7, "{b}");
            for x in [-100.0, -2.0, 0.5, 30.0] {
                let slope = (unit.log_partition(x + 1e-4) - unit.log_partition(x - 1e-4)) / 2e-4;
                assert!((unit.expectation(x) - slope).abs() < 1e-5, "{b} {x}");
            }
        }
    }

    #[test]
    fn parameters_are_checked_and_written() {
        for (a, b) in [(f64::NAN, 1.0), (2e4, 1.0), (0.0, 0.0), (0.0, -1.0), (0.0, f64::NAN), (1.0, 1e5)] {
            assert!(Quartic::new(a, b).is_err(), "{a} {b}");
        }
        let units = Units::Phi4(Quartic::new(-0.5, 0.25).unwrap());
        assert_eq!(units.to_string(), "phi4:-0.5:0.25");
        assert_eq!(units.to_string().parse::<Units>().unwrap(), units);
        for wrong in ["phi4", "phi4:1", "phi4:1:x", "phi4:1:-1", "phi4:1:1:1"] {
            assert!(wrong.parse::<Units>().is_err(), "{wrong}");
        }
    }
}
