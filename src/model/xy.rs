//! The XY model.

use super::{Continuous, Differentiable, Local, Planar, Scalar};
use crate::lattice::Lattice;
use crate::mirror;
use crate::shader::Fragment;

/// The XY model, E = −J Σ_⟨xy⟩ cos(θ_x − θ_y) with angles θ and weight e^(−βE); the order parameter is (cos θ, sin θ).
///
/// On a ring of N sites ⟨cos(θ_x − θ_{x+1})⟩ = Σ_n I_n^(N−1) I'_n / Σ_n I_n^N at βJ (modified Bessel functions). In two
/// dimensions vortices unbind near β J ≈ 1.12 (J. M. Kosterlitz and D. J. Thouless, J. Phys. C 6, 1181 (1973)).
///
/// Sines, cosines and angles are the library's own, good to 4·10⁻⁷ on every adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct Xy {
    lattice: Lattice,
    coupling: f64,
}

impl Xy {
    /// The ferromagnet of unit coupling.
    pub fn new(lattice: Lattice) -> Self {
        Self { lattice, coupling: 1.0 }
    }

    /// This model with another coupling J.
    #[must_use]
    pub fn coupling(mut self, coupling: f64) -> Self {
        self.coupling = coupling;
        self
    }
}

mirror! {
    /// Mirrors `Parameters` in `shaders/model/xy.wgsl`.
    pub struct Parameters {
        /// J.
        pub coupling: f32,
    }
}

impl Local for Xy {
    const NAME: &'static str = "xy";
    const SCALAR: Scalar = Scalar::Float;
    type Parameters = Parameters;

    fn fragment() -> Fragment {
        Fragment::new("shaders/model/xy.wgsl", include_str!("../../shaders/model/xy.wgsl"))
    }

    fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    fn parameters(&self) -> Parameters {
        Parameters { coupling: self.coupling as f32 }
    }
}

impl Continuous for Xy {}
impl Planar for Xy {}
impl Differentiable for Xy {}
