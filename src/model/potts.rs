//! The Potts model.

use super::{Local, Scalar};
use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::mirror;
use crate::plan::Constants;
use crate::shader::Fragment;

/// The most states that a site can have.
pub const MOST_STATES: u32 = 256;

/// The Potts model with q states, E = −J Σ_⟨xy⟩ δ(s_x, s_y) with s = 0 … q − 1 and weight e^(−βE); J < 0 is the
/// antiferromagnet (R. B. Potts, Math. Proc. Camb. Philos. Soc. 48, 106 (1952)).
///
/// On the infinite square lattice β_c J = ln(1 + √q), where the energy a site is −J (1 + 1/√q) (for q > 4 the mean of the
/// two phases that coexist; F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982)). q = 2 is the Ising model at half of β:
/// δ = (1 + s s')/2.
///
/// The order parameter is the vector m = (1/N) Σ_x e^(2πi s_x/q), with |m| = 1 where all sites agree; for q = 2 it is
/// Ising's m. Every permutation of the states leaves E unchanged, so that for all q
/// ⟨|m|²⟩ = ⟨(q Σ_k (n_k/N)² − 1)/(q − 1)⟩ with n_k the number of sites in state k; for q = 2 and 3 that holds
/// configuration by configuration. Binder's cumulant of |m| is 1 − ⟨|m|⁴⟩/(3⟨|m|²⟩²) here as everywhere, which tends to
/// 2/3 in the ordered and to 1/3 (for q > 2; 0 for q = 2) in the disordered phase.
///
/// Energies are integers in units of J, and trajectories the same bits on every adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct Potts {
    lattice: Lattice,
    states: u32,
    coupling: f64,
}

impl Potts {
    /// The ferromagnet of unit coupling with q = `states`.
    pub fn new(lattice: Lattice, states: u32) -> Self {
        Self { lattice, states, coupling: 1.0 }
    }

    /// This model with another coupling J.
    #[must_use]
    pub fn coupling(mut self, coupling: f64) -> Self {
        self.coupling = coupling;
        self
    }

    /// The number of states q.
    pub fn states(&self) -> u32 {
        self.states
    }

    /// The coupling J.
    pub(crate) fn coupling_value(&self) -> f64 {
        self.coupling
    }
}

mirror! {
    /// Mirrors `Parameters` in `shaders/model/potts.wgsl`.
    pub struct Parameters {
        /// J.
        pub coupling: f32,
    }
}

impl Local for Potts {
    const NAME: &'static str = "potts";
    const SCALAR: Scalar = Scalar::Integer;
    const ORDER: Scalar = Scalar::Float;
    type Parameters = Parameters;

    fn fragment() -> Fragment {
        Fragment::new("shaders/model/potts.wgsl", include_str!("../../shaders/model/potts.wgsl"))
    }

    fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    fn parameters(&self) -> Parameters {
        Parameters { coupling: self.coupling as f32 }
    }

    fn units(&self) -> [f64; 2] {
        [self.coupling, 0.0]
    }

    fn constants(&self) -> Constants {
        let mut constants = Constants::default();
        constants.set("STATES", self.states);
        constants
    }

    fn check(&self) -> Result<()> {
        if !(2..=MOST_STATES).contains(&self.states) {
            return Err(Error::input("states q", format!("2 to {MOST_STATES}"), self.states, "2 is the Ising model"));
        }
        if !self.coupling.is_finite() || self.coupling.abs() > 1e15 {
            let wanted = "a finite number, at most 1e15 in size";
            return Err(Error::input("coupling J", wanted, self.coupling, "leave it out for the default"));
        }
        Ok(())
    }
}
