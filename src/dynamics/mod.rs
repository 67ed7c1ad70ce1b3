//! Dynamics: how a state advances, apart from what it is.
//!
//! A dynamics is admitted by the traits of the model: [`HeatBath`] needs discrete sites, [`Hmc`] a gradient. A pair
//! `(A, B)` makes a sweep of A, then one of B.

mod gibbs;
mod hmc;
mod metropolis;
mod over_relaxation;
mod potts;
mod two_state;

pub use gibbs::{BlockGibbs, Little};
pub use hmc::{Hmc, Integrator};
pub use metropolis::{Metropolis, Proposal};
pub use over_relaxation::OverRelaxation;
pub use two_state::HeatBath;

use crate::error::Result;
use crate::model::{Build, Model};
use crate::plan::Plan;

/// A way to advance the chains of a model.
pub trait Dynamics<M: Model>: Clone + Send + Sync + 'static {
    /// The kernels and ranges that a sweep needs.
    type Program: std::fmt::Debug + Send;

    /// Whether the parameters make sense.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) naming the parameter.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Declares memory and kernels.
    ///
    /// # Errors
    /// As the catalogue.
    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Self::Program>;

    /// Appends one sweep (or trajectory) of all chains.
    fn append(&self, program: &Self::Program, sweep: u64, plan: &mut Plan);

    /// Site updates that one sweep attempts at every site.
    fn updates_per_site(&self) -> u64 {
        1
    }
}

impl<M: Model, A: Dynamics<M>, B: Dynamics<M>> Dynamics<M> for (A, B) {
    type Program = (A::Program, B::Program);

    fn check(&self) -> Result<()> {
        self.0.check()?;
        self.1.check()
    }

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Self::Program> {
        Ok((self.0.prepare(build)?, self.1.prepare(build)?))
    }

    fn append(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        // Two halves with sweep numbers of their own: no random word serves twice, whatever A and B are.
        self.0.append(&program.0, 2 * sweep, plan);
        self.1.append(&program.1, 2 * sweep + 1, plan);
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
}

impl ColourSweep {
    fn append(&self, sweep: u64, plan: &mut Plan) {
        for (colour, sites) in self.colours.iter().enumerate() {
            let tick = crate::plan::Tick { part: colour as u32, sweep, ..Default::default() };
            // The only loop runs over at most four directions.
            plan.dispatch(self.kernel, sites.clone(), self.chains, 4, tick);
        }
    }
}
