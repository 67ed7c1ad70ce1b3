//! The likelihood of every neuron given all others, and its gradient, on the device.

use super::layout::Layout;
use super::timeline::Timeline;
use crate::error::Result;
use crate::gpu::{Executor, Gpu, Run};
use crate::neurons::{Raster, Reading};
use crate::plan::{Constants, KernelId, MAX_TRIPS, Plan, Slot, Tick, workgroup_for};
use crate::shader::catalogue;
use std::ops::Range;

/// Blocks that a recording is cut into: enough for a bootstrap, few enough to read their sums back.
const BLOCKS: usize = 64;
/// The longest block, whose sums in single precision are still good to about 10⁻⁶.
const BLOCK_WORDS: usize = 64;
/// Residuals that are kept at a time, in groups of four neurons.
const KEPT: usize = 1 << 21;
/// The most words of sums that are read back at once.
const SUMS: usize = 1 << 24;

/// Log-likelihood and gradient of a recording, in blocks of ticks.
#[derive(Debug, Clone)]
pub(crate) struct BlockSums {
    /// Σ over neurons and the block's ticks of ln P(f | all others), block after block.
    pub likelihoods: Vec<f64>,
    /// Its derivatives by the parameters, summed over blocks with their weights.
    pub gradient: Vec<f64>,
}

/// A recording on the device: Σ_a Σ_i ln P(f_i^a | everything else) for any parameters.
#[derive(Debug)]
pub(crate) struct Conditionals {
    plan: Plan,
    executor: Executor,
    layout: Layout,
    ticks: Vec<f64>,
    kernels: Kernels,
    couplings: Slot,
    sums: Slot,
}

/// What one chunk of the recording takes, and how many chunks there are.
#[derive(Debug)]
struct Kernels {
    residuals: (KernelId, u32, u64),
    pairs: (KernelId, u32, u64),
    lags: (KernelId, u32, u64),
    chunks: u32,
}

impl Conditionals {
    /// Puts a recording on the device.
    ///
    /// # Errors
    /// As [`Timeline::new`]; [`Error::Limit`](crate::Error::Limit) for what the adapter cannot hold.
    pub fn new(gpu: &Gpu, raster: &Raster, lags: usize, reading: Reading) -> Result<Self> {
        let quads = (raster.neurons() + 1).div_ceil(4);
        let rows = raster.neurons() + lags + 2;
        let wanted = BLOCKS.min(SUMS / (4 * rows * quads)).max(1);
        // A wide population has longer blocks, so that there are fewer.
        let most_words = if wanted < BLOCKS { MAX_TRIPS as usize / 64 } else { BLOCK_WORDS };
        let line = Timeline::new(raster, lags, reading, wanted, most_words)?;
        let block_ticks = 32 * line.block_words;
        let chunk_blocks = (KEPT / (quads * block_ticks)).clamp(1, line.blocks);
        let chunks = line.blocks.div_ceil(chunk_blocks);
        // Whole chunks: what is beyond the recording is silent and does not count.
        let line = line.padded(chunks * chunk_blocks);
        let mut constants = Constants::default();
        constants.set("NEURONS", raster.neurons() as u32).set("QUADS", quads as u32).set("LAGS", lags as u32);
        constants.set("CAUSAL", u8::from(reading == Reading::Causal)).set("STRIDE", line.stride as u32);
        constants.set("CHUNK_WORDS", (chunk_blocks * line.block_words) as u32).set("ROWS", rows as u32);
        constants.set("BLOCK_TICKS", block_ticks as u32).set("BLOCKS_A_CHUNK", chunk_blocks as u32);
        constants.set("UNIT_WORDS", line.unit_words() as u32);
        let mut plan = Plan::default();
        plan.slot_with("fires", &line.fires);
        plan.slot_with("drives", &line.drives);
        plan.slot_with("drives_by_tick", &line.drives_by_tick());
        let couplings = plan.slot("couplings", (4 * quads * (rows - 1)) as u64);
        let chunk_ticks = chunk_blocks * block_ticks;
        plan.slot("residuals", (4 * quads * chunk_ticks) as u64);
        plan.slot("likelihoods", (4 * quads * chunk_ticks / 8) as u64);
        let sums = plan.slot("sums", (4 * quads * rows * line.blocks) as u64);
        let lanes = gpu.lanes()?;
        let mut kernel = |kernel: &catalogue::Kernel, items: usize, trips: usize| -> Result<(KernelId, u32, u64)> {
            let shape = workgroup_for(items as u32, 1, lanes);
            Ok((plan.kernel(kernel.source_alone()?, constants.clone(), shape, &[]), items as u32, trips as u64))
        };
        let octets = raster.neurons() / 8 + 1;
        let kernels = Kernels {
            residuals: kernel(&catalogue::PSEUDO_RESIDUALS, quads * chunk_ticks / 8, raster.neurons() + 1 + lags)?,
            pairs: kernel(&catalogue::PAIR_GRADIENT, octets * quads * chunk_blocks, block_ticks)?,
            lags: kernel(&catalogue::LAG_GRADIENT, quads * (lags + 1) * chunk_blocks, block_ticks + line.block_words)?,
            chunks: chunks as u32,
        };
        let uniform = Run { seed_low: 0, seed_high: 0, chains: 1, replicas: 1 };
        let executor = Executor::new(gpu, &mut plan, uniform)?;
        Ok(Self { plan, executor, layout: line.layout, ticks: line.ticks, kernels, couplings, sums })
    }

    /// Where the parameters stand.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Ticks that count, in each block.
    pub fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// Log-likelihoods of all blocks, and the gradient of their sum with these weights.
    ///
    /// # Errors
    /// What the device reports.
    pub fn evaluate(&mut self, parameters: &[f64], weights: &[f64]) -> Result<BlockSums> {
        let Layout { neurons, lags, .. } = self.layout;
        let quads = (neurons + 1).div_ceil(4);
        self.executor.write(self.couplings, bytemuck::cast_slice(&device_couplings(self.layout, parameters)))?;
        for part in 0..self.kernels.chunks {
            let Kernels { residuals, pairs, lags, .. } = self.kernels;
            for (kernel, items, trips) in [residuals, pairs, lags] {
                self.plan.dispatch(kernel, 0..items, 1, trips, Tick { part, ..Tick::default() });
            }
        }
        self.executor.execute(&mut self.plan)?;
        let rows = neurons + lags + 2;
        let bits = self.executor.read(self.sums, self.plan.slots[self.sums.0].bytes)?;
        let mut likelihoods = Vec::with_capacity(self.ticks.len());
        // [row][neuron]: units that drive, the constant one, the log-likelihood, lags.
        let mut total = vec![0.0; rows * 4 * quads];
        for (block, &weight) in bits.chunks_exact(rows * 4 * quads).zip(weights) {
            let values = |row: usize| block[row * 4 * quads..][..neurons].iter().map(|&v| f64::from(f32::from_bits(v)));
            likelihoods.push(values(neurons + 1).sum());
            if weight != 0.0 {
                for (sum, &value) in total.iter_mut().zip(block) {
                    *sum += weight * f64::from(f32::from_bits(value));
                }
            }
        }
        let row = |row: usize| &total[row * 4 * quads..][..neurons];
        let mut gradient = row(neurons).to_vec();
        let mutual = if self.layout.is_symmetric() { 1.0 } else { 0.0 };
        gradient.extend(self.layout.each_pair().map(|(i, j)| row(j)[i] + mutual * row(i)[j]));
        (1..=lags).for_each(|lag| gradient.extend(row(neurons + 1 + lag)));
        Ok(BlockSums { likelihoods, gradient })
    }
}

/// [unit, then lag][neuron], neurons padded to whole groups of four.
fn device_couplings(layout: Layout, parameters: &[f64]) -> Vec<f32> {
    let Layout { neurons, lags, .. } = layout;
    let width = (neurons + 1).next_multiple_of(4);
    let mut couplings = vec![0.0; width * (neurons + 1 + lags)];
    let mut fill = |row: usize, range: Range<usize>| {
        for (coupling, &value) in couplings[row * width..].iter_mut().zip(&parameters[range]) {
            *coupling = value as f32;
        }
    };
    fill(neurons, 0..neurons);
    (1..=lags).for_each(|lag| fill(neurons + lag, layout.time(lag, 0)..layout.time(lag, 0) + neurons));
    // Row j holds what unit j does to the others: column j of the matrix.
    for (at, coupling) in layout.matrix(parameters).into_iter().enumerate() {
        couplings[at % neurons * width + at / neurons] = coupling as f32;
    }
    couplings
}
