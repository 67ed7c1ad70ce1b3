//! Dynamics: how a state advances, apart from what it is.
//!
//! A dynamics is admitted by the traits of the model: [`HeatBath`] needs discrete sites, [`SwendsenWang`] a symmetry of
//! their bonds, [`Hmc`] a gradient. A pair `(A, B)` makes a sweep of A, then one of B; [`Tempering`] and [`Anneal`] wrap
//! another dynamics.

mod anneal;
mod clusters;
mod dense;
mod gibbs;
mod hmc;
mod leaps;
mod metropolis;
mod over_relaxation;
mod packed;
mod potts;
mod strips;
mod tempering;
mod two_state;

pub use anneal::{Anneal, Cooled};
pub use clusters::{SwendsenWang, Wolff};
pub(crate) use dense::{DenseSweep, greedy};
pub use gibbs::{BlockGibbs, Little};
pub use hmc::{Hmc, Integrator};
pub use metropolis::{Metropolis, Proposal};
pub use over_relaxation::OverRelaxation;
pub use tempering::{Exchanged, Tempering, propose_ladder};
pub use two_state::HeatBath;

use crate::error::{Error, Result};
use crate::model::{Build, Model};
use crate::plan::Plan;

/// A way to advance the chains of a model.
pub trait Dynamics<M: Model>: Clone + Send + Sync + 'static {
    /// The kernels and ranges that a sweep needs.
    type Program: std::fmt::Debug + Send;

    /// Whether the parameters make sense.
    ///
    /// # Errors
    /// [`Error::Input`] naming the parameter.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Declares memory and kernels.
    ///
    /// # Errors
    /// As the catalogue.
    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Self::Program>;

    /// Numbers of sweeps that one sweep takes: each part of it draws its random words at a number of its own.
    fn numbers(&self) -> u64 {
        1
    }

    /// Appends one sweep (or trajectory) of all chains, the one whose first number this is.
    fn append(&self, program: &Self::Program, sweep: u64, plan: &mut Plan);

    /// Appends sweeps in a row, none of which is recorded: the same as one by one, where that is not done faster.
    /// These are sweeps, not numbers.
    fn append_several(&self, program: &Self::Program, sweeps: std::ops::Range<u64>, plan: &mut Plan) {
        for sweep in sweeps {
            self.append(program, sweep * self.numbers(), plan);
        }
    }

    /// Whether it can advance spins that are packed as bits.
    fn packs(&self) -> bool {
        false
    }

    /// Whether chains move from point to point.
    fn moves_chains(&self) -> bool {
        false
    }

    /// Whether its stationary state is Boltzmann's, e^(−βE), by which replica exchange weighs chains.
    fn keeps_boltzmann(&self) -> bool {
        true
    }

    /// Appends what must be done when chains have moved to other points.
    fn append_places_changed(&self, _: &Self::Program, _: &mut Plan) {}

    /// The inverse temperature of a sweep, where the dynamics chooses it.
    fn beta_at(&self, _sweep: u64) -> Option<f64> {
        None
    }

    /// Appends a sweep after which observables of the dynamics itself are measured, such as
    /// [`Acceptance`](crate::Acceptance).
    fn append_recorded(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        self.append(program, sweep, plan);
    }

    /// Site updates that one sweep attempts at every site.
    fn updates_per_site(&self) -> u64 {
        1
    }
}

impl<M: Model, A: Dynamics<M>, B: Dynamics<M>> Dynamics<M> for (A, B) {
    type Program = (A::Program, B::Program);

    fn check(&self) -> Result<()> {
        if [self.0.moves_chains(), self.1.moves_chains()].contains(&true) {
            let hint = "wrap the pair in the tempering, not the tempering in a pair";
            return Err(Error::input("pair of dynamics", "two that leave chains at their points", "a tempering", hint));
        }
        self.0.check()?;
        self.1.check()
    }

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Self::Program> {
        Ok((self.0.prepare(build)?, self.1.prepare(build)?))
    }

    fn append(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        self.0.append(&program.0, sweep, plan);
        self.1.append(&program.1, sweep + self.0.numbers(), plan);
    }

    fn numbers(&self) -> u64 {
        self.0.numbers() + self.1.numbers()
    }

    fn packs(&self) -> bool {
        self.0.packs() && self.1.packs()
    }

    fn keeps_boltzmann(&self) -> bool {
        self.0.keeps_boltzmann() && self.1.keeps_boltzmann()
    }

    fn append_places_changed(&self, program: &Self::Program, plan: &mut Plan) {
        self.0.append_places_changed(&program.0, plan);
        self.1.append_places_changed(&program.1, plan);
    }

    fn append_recorded(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        self.0.append_recorded(&program.0, sweep, plan);
        self.1.append_recorded(&program.1, sweep + self.0.numbers(), plan);
    }

    fn updates_per_site(&self) -> u64 {
        self.0.updates_per_site() + self.1.updates_per_site()
    }
}

/// A kernel that visits a lattice colour by colour.
#[derive(Debug)]
pub struct ColourSweep {
    kernel: crate::plan::KernelId,
    colours: Vec<std::ops::Range<u32>>,
    chains: u32,
    /// Loop iterations of one invocation.
    trips: u64,
}

impl ColourSweep {
    fn append(&self, sweep: u64, plan: &mut Plan) {
        for (colour, sites) in self.colours.iter().enumerate() {
            let tick = crate::plan::Tick { part: colour as u32, sweep, ..Default::default() };
            plan.dispatch(self.kernel, sites.clone(), self.chains, self.trips, tick);
        }
    }
}
