//! The Edwards–Anderson spin glass with normal couplings.

use super::edwards_anderson::check_field;
use super::{Disorder, Local, Samples, Scalar, TwoState};
use crate::error::Result;
use crate::lattice::Lattice;
use crate::mirror;
use crate::shader::Fragment;

/// The Edwards–Anderson spin glass with normal couplings, E = −Σ_x Σ_μ J_{x,μ} s_x s_{x+μ} − h Σ_x s_x with s = ±1,
/// J ~ N(0, 1) quenched, and weight e^(−βE).
///
/// Couplings are drawn on the host in `f64` and rounded to `f32`, in which energies are computed and exponentials decide:
/// runs agree in distribution, not bit by bit. On a lattice with a side of 2 the two bonds between the same two sites
/// have independent couplings.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianGlass {
    lattice: Lattice,
    disorder: Disorder,
    field: f64,
}

impl GaussianGlass {
    /// The glass whose couplings follow from a disorder seed, one sample for all chains.
    pub fn new(lattice: Lattice, disorder_seed: u64) -> Self {
        Self { lattice, disorder: Disorder::gaussian(disorder_seed), field: 0.0 }
    }

    /// This glass in a uniform field h.
    #[must_use]
    pub fn field(mut self, field: f64) -> Self {
        self.field = field;
        self
    }

    /// This glass with couplings shared otherwise; the default is [`Samples::Shared`].
    #[must_use]
    pub fn samples(mut self, samples: Samples) -> Self {
        self.disorder = self.disorder.shared_as(samples);
        self
    }

    /// The couplings of one sample as the device has them, in the order `[direction][site]`.
    pub fn couplings(&self, sample: u32) -> Vec<f32> {
        self.disorder.couplings(&self.lattice, sample).into_iter().map(|coupling| coupling as f32).collect()
    }
}

mirror! {
    /// Mirrors `Parameters` in `shaders/model/gaussian_glass.wgsl`.
    pub struct Parameters {
        /// h.
        pub field: f32,
    }
}

impl Local for GaussianGlass {
    const NAME: &'static str = "gaussian-glass";
    const SCALAR: Scalar = Scalar::Float;
    type Parameters = Parameters;

    fn fragment() -> Fragment {
        Fragment::new("shaders/model/gaussian_glass.wgsl", include_str!("../../shaders/model/gaussian_glass.wgsl"))
    }

    fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    fn parameters(&self) -> Parameters {
        Parameters { field: self.field as f32 }
    }

    fn disorder(&self) -> Option<&Disorder> {
        Some(&self.disorder)
    }

    fn check(&self) -> Result<()> {
        check_field(self.field)
    }
}

impl TwoState for GaussianGlass {
    // Of a bond with J = 1; real energies take no table.
    const BOND_CHANGE: u32 = 2;
    const ONSITE_CHANGE: u32 = 2;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn couplings_are_standard_normal() {
        let couplings = GaussianGlass::new(Lattice::new(&[16, 16, 16]).unwrap(), 5).couplings(2);
        let count = couplings.len() as f64;
        let moment = |power: i32| couplings.iter().map(|&j| f64::from(j).powi(power)).sum::<f64>() / count;
        // Five deviations of 1, √2 and √96 over the root of 12,288.
        assert!(moment(1).abs() < 0.046, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.064, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.45, "{}", moment(4));
    }
}
