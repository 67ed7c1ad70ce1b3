//! Moments of a field by sampling it.

use super::layout::Layout;
use crate::attendant::Attendant;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::io::checkpoint::Sections;
use crate::neurons::{FieldChains, Raster, RasterMoments};
use crate::schedule::Schedule;

/// Ticks of a sampled raster of a field with couplings between ticks: long beside what neurons remember, so that its ends, which
/// a recording of the same process does not have, hardly count.
const LONG: usize = 512;
/// Sweeps between two snapshots of all chains.
const APART: u64 = 2;

/// Chains that sample a field whose parameters may change.
#[derive(Debug)]
pub(crate) struct Sampler {
    layout: Layout,
    chains: FieldChains,
    /// Ticks of a chain.
    ticks: usize,
    count: usize,
}

impl Sampler {
    /// Chains that start at random, of so many ticks altogether; lags up to `lags` are measured. Without couplings between ticks a
    /// chain is a single one.
    ///
    /// # Errors
    /// What the device reports.
    pub fn new(gpu: &Gpu, layout: Layout, parameters: &[f64], (all, lags): (usize, usize), seed: u64) -> Result<Self> {
        let independent = layout.lags == 0 && layout.is_symmetric();
        let ticks = if independent { 1 } else { LONG };
        let count = (all / ticks).max(32);
        let field = layout.field(parameters)?;
        let lags = if independent { 0 } else { lags.max(layout.lags).max(1) };
        let chains = gpu.neural_field(&field, ticks).chains(count).lags(lags).seed(seed).build()?;
        Ok(Self { layout, chains, ticks, count })
    }

    /// Takes other parameters; the states stay.
    pub fn set(&mut self, parameters: &[f64]) -> Result<()> {
        self.chains.set_field(&self.layout.field(parameters)?)
    }

    /// Lets the chains forget in the warm-up, and takes samples; goes on `from` what was saved of that.
    pub fn measure(
        &mut self,
        schedule: Schedule,
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> Result<RasterMoments> {
        self.chains.run_attended(schedule, from, attendant)
    }

    /// The states of all chains.
    pub fn states(&mut self) -> Result<Raster> {
        self.chains.states()
    }

    /// States of all chains some sweeps apart, of at least so many ticks altogether.
    pub fn snapshots(&mut self, ticks: usize) -> Result<Vec<Raster>> {
        let count = ticks.div_ceil(self.ticks * self.count);
        let snapshot = |_| self.chains.sweep(APART).and_then(|()| self.states());
        (0..count).map(snapshot).collect()
    }

    /// States of all chains that were saved.
    pub fn restore_states(&self, saved: &Sections) -> Result<Raster> {
        Raster::restore(saved, [self.count, self.layout.neurons, self.ticks])
    }

    /// Puts all chains back to where they were.
    pub fn go_back(&mut self, states: &Raster) -> Result<()> {
        self.chains.set_states(states)
    }

    /// The means of what the parameters multiply, a tick, in their places.
    pub fn moments(&self, measured: &RasterMoments) -> Vec<f64> {
        let neurons = self.layout.neurons;
        let mut moments: Vec<f64> = measured.rates().iter().map(|rate| rate.mean).collect();
        moments.extend(self.layout.each_pair().map(|(i, j)| measured.space()[i * neurons + j].mean));
        moments.extend(measured.time().iter().take(self.layout.lags * neurons).map(|time| time.mean));
        moments
    }

    /// Whether every sweep draws all chains anew.
    pub fn is_causal(&self) -> bool {
        !self.layout.is_symmetric()
    }

    /// Ticks of all chains.
    pub fn ticks(&self) -> u64 {
        (self.ticks * self.count) as u64
    }
}
