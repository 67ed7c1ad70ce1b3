//! Counting on the device: how often two rows of bits are 1 together, and how often one is 1 some columns after itself.

use super::raster::Raster;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run as RunUniform};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, check_trips, workgroup_for};
use crate::shader::catalogue;

/// The kernels round numbers of columns up to groups in 32 bits.
const MOST_COLUMNS: u64 = 1 << 31;

/// Rows of bits as the kernels take them: [group of 32 columns][row], rows padded with zeros to a multiple of four.
pub(super) struct BitRows {
    words: Vec<u32>,
    quads: usize,
    groups: usize,
    /// Groups of columns of one trial, beyond whose last one no lag reaches.
    groups_a_trial: usize,
}

impl BitRows {
    /// A row a neuron, its columns the ticks of all trials.
    pub fn of_neurons(raster: &Raster) -> Self {
        let (quads, groups_a_trial) = (raster.neurons().div_ceil(4), raster.words());
        let groups = raster.trials() * groups_a_trial;
        let mut words = vec![0; 4 * quads * groups];
        for (trial, part) in words.chunks_exact_mut(4 * quads * groups_a_trial).enumerate() {
            for neuron in 0..raster.neurons() {
                for (row, word) in part.chunks_exact_mut(4 * quads).zip(raster.row(trial, neuron)) {
                    row[neuron] = *word;
                }
            }
        }
        Self { words, quads, groups, groups_a_trial }
    }

    /// A row a tick, its columns the neurons in all trials.
    pub fn of_ticks(raster: &Raster) -> Self {
        let groups_a_trial = raster.neurons().div_ceil(32);
        let (quads, groups) = (8 * raster.words(), raster.trials() * groups_a_trial);
        Self { words: raster.by_tick(), quads, groups, groups_a_trial }
    }

    /// How many groups of 32 columns there are.
    pub fn groups(&self) -> usize {
        self.groups
    }
}

/// Rows on the device with the kernels that count in them.
pub(super) struct Coincidences {
    plan: Plan,
    executor: Executor,
    quads: usize,
    batch: usize,
    lags: usize,
    correlate: KernelId,
    lag: KernelId,
    counts: Slot,
    lag_counts: Slot,
}

/// The counts of one batch.
pub(super) struct Counted {
    /// [row][other row], where other / 4 >= row / 4: in how many columns the two differ; of a row and itself, in how many it is 1.
    differing: Vec<u32>,
    /// [lag − 1][row].
    later: Vec<u32>,
    padded: usize,
}

impl Coincidences {
    /// Puts rows on the device, to be counted in batches of so many groups, at lags from 1 to `lags` columns.
    ///
    /// # Errors
    /// [`Error::Limit`] for what the adapter cannot hold, or a batch too long for a bounded loop.
    pub fn new(gpu: &Gpu, rows: BitRows, batch: usize, lags: usize) -> Result<Self> {
        check_trips(batch as u64, catalogue::CORRELATE.name)?;
        let BitRows { words, quads, groups, groups_a_trial } = rows;
        let columns = 32 * groups as u64;
        if columns > MOST_COLUMNS {
            let hint = "describe a part of the raster".into();
            return Err(Error::Limit { what: "ticks of all trials".into(), need: columns, have: MOST_COLUMNS, hint });
        }
        let mut plan = Plan::default();
        plan.slot_with("spins", &words);
        let counts = plan.slot("counts", 16 * (quads as u64).pow(2));
        let lag_counts = plan.slot("lag_counts", 4 * (quads * lags) as u64);
        let mut constants = Constants::default();
        // Padding bits are 0 in all rows and make none differ: all columns of the groups count as chains.
        constants.set("QUADS", quads as u32).set("CHAINS", columns as u32).set("BATCH_GROUPS", batch as u32);
        constants.set("WORDS", groups_a_trial as u32).set("GROUPS", groups as u32);
        let lanes = gpu.lanes()?;
        let shape = |items: usize| workgroup_for(u32::try_from(items).unwrap_or(u32::MAX), 1, lanes);
        let source = catalogue::CORRELATE.source_alone()?;
        let correlate = plan.kernel(source, constants.clone(), shape(quads * quads), &[]);
        let lag = plan.kernel(catalogue::LAGS.source_alone()?, constants, shape(quads * lags.max(1)), &[]);
        let uniform = RunUniform { seed_low: 0, seed_high: 0, chains: 1, replicas: 1 };
        let executor = Executor::new(gpu, &mut plan, uniform)?;
        Ok(Self { plan, executor, quads, batch, lags, correlate, lag, counts, lag_counts })
    }

    /// Counts in the batch that begins with this group.
    ///
    /// # Errors
    /// What the device reports.
    pub fn count(&mut self, first: usize) -> Result<Counted> {
        let tick = Tick { row: first as u32, ..Tick::default() };
        let (pairs, trips) = (self.quads * self.quads, self.batch as u64);
        self.plan.dispatch(self.correlate, 0..pairs as u32, 1, trips, tick);
        let lagged = self.quads * self.lags;
        if lagged > 0 {
            self.plan.dispatch(self.lag, 0..lagged as u32, 1, trips, tick);
        }
        self.executor.execute(&mut self.plan)?;
        let differing = self.executor.read(self.counts, 64 * pairs as u64)?;
        let later = if lagged > 0 { self.executor.read(self.lag_counts, 16 * lagged as u64)? } else { Vec::new() };
        Ok(Counted { differing, later, padded: 4 * self.quads })
    }
}

impl Counted {
    /// In how many columns a row is 1.
    pub fn alone(&self, row: usize) -> u32 {
        self.differing[row * self.padded + row]
    }

    /// In how many columns two rows are 1, the first no later than the second.
    pub fn together(&self, row: usize, other: usize) -> u32 {
        let alone = self.alone(row);
        if row == other {
            return alone;
        }
        // |a| + |b| = 2 |a and b| + |a xor b|; the sum may need a 33rd bit.
        let sum = u64::from(alone) + u64::from(self.alone(other));
        ((sum - u64::from(self.differing[row * self.padded + other])) / 2) as u32
    }

    /// In how many columns of the batch a row is 1 and so again `lag` columns later, wherever that is; lags count from 1.
    pub fn later(&self, row: usize, lag: usize) -> u32 {
        self.later[(lag - 1) * self.padded + row]
    }
}
