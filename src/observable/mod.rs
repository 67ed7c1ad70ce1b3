//! Observables: what is measured on the device, a row of numbers a chain and sample.
//!
//! An observable declares a [`Probe`] (the kernels that fill its rows) and decodes rows into columns of `f64`.
//! [`Simulation::observe`](crate::Simulation::observe) returns a typed [`Handle`]; quantities derived from a handle are
//! [`Quantity`]s, whose means and errors a [`Run`](crate::Run) gives.

mod dense;
mod glass;
mod lattice;
mod sums;
mod swaps;
mod two_layer;

pub(crate) use dense::Survey;
pub use glass::ReplicaOverlap;
pub use lattice::{Acceptance, Energy, FieldMoments, Magnetization, StructureFactor, Trajectories};
pub use sums::SiteSum;
pub(crate) use sums::Tally;
pub use swaps::Swaps;
pub use two_layer::Overlap;

use crate::error::Result;
use crate::model::{Build, Model};
use crate::plan::{KernelId, Plan, Slot, Tick};
use crate::run::Recording;
use std::marker::PhantomData;

/// What one kernel says of one chain: four words, integers or floats.
pub type Row = [u32; 4];

/// Something that is measured.
pub trait Observable<M: Model>: std::fmt::Debug + Send + Sync {
    /// Declares the kernels that fill the observable's rows.
    ///
    /// # Errors
    /// As the catalogue, or [`Error::Input`](crate::Error::Input) where the dynamics has nothing to measure.
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe>;

    /// Chains that one row speaks of: 1, or 2 for pairs of neighbouring replicas.
    fn chains_a_row(&self) -> u32 {
        1
    }

    /// Numbers that it yields a row of chains and sample.
    fn columns(&self, model: &M) -> usize;

    /// Turns the rows of one chain (or pair of chains), one a step of the probe, into its columns.
    fn decode(&self, model: &M, rows: &[Row], columns: &mut [f64]);

    /// Whether what was recorded of one point after another, `replicas` rows each, can be used.
    ///
    /// # Errors
    /// [`Error::Run`](crate::Error::Run) with advice where it cannot.
    fn verdict(&self, _: &Recording, _replicas: usize) -> Result<()> {
        Ok(())
    }
}

/// The kernels that fill an observable's rows, one row a step and chain.
#[derive(Debug, Clone)]
pub struct Probe {
    pub(crate) steps: Vec<Step>,
    pub(crate) rows: Slot,
    /// Whether measuring begins a new count of what is measured next.
    pub(crate) resets: bool,
}

/// One kernel, or pair of kernels, of a probe.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A density summed over the sites, with the `part` that it sees.
    Sum(SiteSum, u32),
    /// A kernel with one invocation a chain (or `rows` of them), which writes `rows[tick.row + chain]`.
    Kernel { kernel: KernelId, trips: u64 },
    /// A kernel over all blocks of spins with explicit couplings.
    Survey(Survey),
}

impl Step {
    /// Appends a measurement of so many chains (or pairs of chains) into the row of this tick and those that follow.
    pub(crate) fn append(&self, chains: u32, tick: Tick, plan: &mut Plan) {
        match self {
            Self::Sum(sum, part) => sum.append(tick.row, Tick { part: *part, ..tick }, plan),
            Self::Survey(survey) => survey.append(tick, plan),
            Self::Kernel { kernel, trips } => plan.dispatch(*kernel, 0..chains, 1, *trips, tick),
        }
    }
}

impl Probe {
    /// Appends a measurement into the rows of one sample.
    pub(crate) fn append(&self, sample: u32, chains: u32, sweep: u64, plan: &mut Plan) {
        for (number, step) in self.steps.iter().enumerate() {
            let row = (sample * self.steps.len() as u32 + number as u32) * chains;
            step.append(chains, Tick { sweep, row, ..Tick::default() }, plan);
        }
    }

    /// Bytes of one sample of all chains.
    pub(crate) fn sample_bytes(&self, chains: u32) -> u64 {
        16 * self.steps.len() as u64 * u64::from(chains)
    }
}

/// An observable of a simulation; stands for its first quantity.
#[derive(Debug)]
pub struct Handle<O> {
    pub(crate) index: usize,
    kind: PhantomData<fn() -> O>,
}

impl<O> Clone for Handle<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Handle<O> {}

impl<O> Handle<O> {
    pub(crate) fn new(index: usize) -> Self {
        Self { index, kind: PhantomData }
    }

    pub(crate) fn column(self, column: usize) -> Quantity {
        Quantity { observable: self.index, column, power: 1 }
    }
}

/// A number a chain and sample: a column of an observable, or a power of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    pub(crate) observable: usize,
    pub(crate) column: usize,
    pub(crate) power: i32,
}

impl Quantity {
    /// This quantity to an integer power, taken sample by sample.
    #[must_use]
    pub fn pow(mut self, power: i32) -> Self {
        self.power *= power;
        self
    }
}

impl<O> From<Handle<O>> for Quantity {
    fn from(handle: Handle<O>) -> Self {
        handle.column(0)
    }
}

/// Declares the slot of a probe's rows: as many samples as the batch size allows.
pub(crate) fn rows_slot<M>(build: &mut Build<'_, M>, steps: u64) -> Slot {
    let sample = 4 * steps * u64::from(build.chains());
    let samples = (build.batch_bytes / (4 * sample)).clamp(1, 4096);
    build.plan.slot("rows", sample.saturating_mul(samples))
}
