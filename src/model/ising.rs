//! The Ising magnet.

use super::{Local, Packing, Scalar, Symmetric, TwoState};
use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::mirror;
use crate::shader::Fragment;

/// The Ising model, E = −J Σ_⟨xy⟩ s_x s_y − h Σ_x s_x with s = ±1 and weight e^(−βE).
///
/// Every bond counts once. On the infinite square lattice with h = 0 the critical point is
/// β_c J = ln(1 + √2)/2 ≈ 0.4407 (L. Onsager, Phys. Rev. 65, 117 (1944)).
///
/// ```
/// # use spinfield::{Ising, Lattice};
/// let magnet = Ising::new(Lattice::square(64)?).field(0.1);
/// # Ok::<(), spinfield::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ising {
    lattice: Lattice,
    coupling: f64,
    field: f64,
}

impl Ising {
    /// The ferromagnet of unit coupling, J = 1 and h = 0.
    pub fn new(lattice: Lattice) -> Self {
        Self { lattice, coupling: 1.0, field: 0.0 }
    }

    /// This magnet in a uniform field h.
    #[must_use]
    pub fn field(mut self, field: f64) -> Self {
        self.field = field;
        self
    }

    /// This magnet with another coupling J; −1 is the antiferromagnet.
    #[must_use]
    pub fn coupling(mut self, coupling: f64) -> Self {
        self.coupling = coupling;
        self
    }
}

mirror! {
    /// Mirrors `Parameters` in `shaders/model/ising.wgsl`.
    pub struct Parameters {
        /// J.
        pub coupling: f32,
        /// h.
        pub field: f32,
    }
}

impl Local for Ising {
    const NAME: &'static str = "ising";
    const SCALAR: Scalar = Scalar::Integer;
    type Parameters = Parameters;

    fn fragment() -> Fragment {
        Fragment::new("shaders/model/ising.wgsl", include_str!("../../shaders/model/ising.wgsl"))
    }

    fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    fn parameters(&self) -> Parameters {
        Parameters { coupling: self.coupling as f32, field: self.field as f32 }
    }

    fn units(&self) -> [f64; 2] {
        [self.coupling, self.field]
    }

    fn packing(&self) -> Option<Packing> {
        Some(Packing::Alike)
    }

    fn check(&self) -> Result<()> {
        for (name, value) in [("coupling J", self.coupling), ("field h", self.field)] {
            // Times any number of neighbours, this is far from overflowing.
            if !value.is_finite() || value.abs() > 1e15 {
                let wanted = "a finite number, at most 1e15 in size";
                return Err(Error::input(name, wanted, value, "leave it out for the default"));
            }
        }
        Ok(())
    }
}

impl TwoState for Ising {
    const BOND_CHANGE: u32 = 2;
    const ONSITE_CHANGE: u32 = 2;
}

impl Symmetric for Ising {}
