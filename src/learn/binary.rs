//! Steps of machines whose units all are two-valued and of the same kind: states are bits, a word's rows are chains or samples,
//! as `shaders/machine/binary_chains.wgsl` says.

use super::contrastive::{Gradient, TrainBuilder};
use super::negative::Negative;
use super::steps::{Dealt, Hidden, Passes, Steps, learning_constants};
use crate::attention::Vectors;
use crate::boltzmann::{Layer, Layers, Pass, padded};
use crate::error::Result;
use crate::plan::{Constants, MAX_TRIPS, Plan, Slot};
use crate::shader::catalogue;

/// The visible units that one invocation of `binary_learn` owns with four hidden ones.
const LEARNT: usize = 32;

/// Rows that share a word. Half a word serves small batches: the other half would cost as much and hold nothing.
fn rows_of(batch: usize) -> usize {
    if batch > 16 { 32 } else { 16 }
}

/// The lanes of a workgroup of `binary_chains`, of which there are at most so many, and the trips of each.
fn lanes_and_trips(builder: &TrainBuilder<'_>, most_lanes: usize) -> [usize; 2] {
    let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| padded(builder.machine.size(layer)) / 4);
    let tile_quads = 32 / rows_of(builder.batch);
    // A lane for each tile of the wider layer, as far as they go round.
    let lanes = (visible.max(hidden) / tile_quads).next_power_of_two().min(64).min(most_lanes.max(1));
    let found_of = |quads: usize, given: usize| (quads / tile_quads).div_ceil(lanes) * (given + 1);
    let [down, up] = [found_of(visible, hidden), found_of(hidden, visible)];
    [lanes, up + builder.gradient.sweeps() as usize * (down + up + 1)]
}

/// The kind of a machine's units with the values of its data, if both are two-valued and no option needs reals.
pub(super) fn values(builder: &TrainBuilder<'_>) -> Option<[f32; 2]> {
    let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| builder.machine.units(layer));
    let values = visible.values().filter(|_| visible == hidden)?.map(|value| value as f32);
    let sampled = matches!(builder.gradient, Gradient::ContrastiveDivergence(_) | Gradient::Persistent(_));
    // All phases of a step are one dispatch; what is too long for that goes the way of reals, pass by pass.
    let short = lanes_and_trips(builder, builder.gpu.tuning().lanes as usize)[1] as u64 <= MAX_TRIPS;
    let fits = sampled && short && !builder.centred && builder.data.values().iter().all(|value| values.contains(value));
    fits.then_some(values)
}

/// Chains that are bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits {
    values: [f32; 2],
    rows: usize,
    chains: usize,
    units: usize,
    width: usize,
}

impl Bits {
    /// Words that the chains take.
    pub fn words(self) -> usize {
        self.chains.div_ceil(self.rows) * self.width
    }

    /// The values of chain after chain.
    pub fn unpack(self, words: &[u32]) -> Vec<f32> {
        let value = |chain: usize, unit: usize| {
            let word = words[chain / self.rows * self.width + unit];
            self.values[(word >> (chain % self.rows) & 1) as usize]
        };
        (0..self.chains).flat_map(|chain| (0..self.units).map(move |unit| value(chain, unit))).collect()
    }

    /// The words of values, chain after chain.
    pub fn pack(self, values: &[f32]) -> Vec<u32> {
        let mut words = vec![0; self.words()];
        for (chain, row) in values.chunks_exact(self.units).enumerate() {
            for (unit, &value) in row.iter().enumerate() {
                words[chain / self.rows * self.width + unit] |=
                    u32::from(value == self.values[1]) << (chain % self.rows);
            }
        }
        words
    }
}

/// Declares the steps of a machine and data of these two values.
///
/// # Errors
/// [`Error::Limit`](crate::Error::Limit) for more than the adapter holds.
pub(super) fn steps(plan: &mut Plan, builder: &TrainBuilder<'_>, values: [f32; 2]) -> Result<Steps> {
    let (machine, data, batch) = (builder.machine, builder.data, builder.batch);
    let persistent = matches!(builder.gradient, Gradient::Persistent(_));
    let chains = if persistent { builder.chains } else { batch };
    let rows = rows_of(batch);
    let [data_groups, chain_groups] = [batch, chains].map(|count| count.div_ceil(rows));
    let batches = data.count().div_ceil(batch);
    let layers = Layers::declare(plan, machine, None, (1, false), builder.gpu.lanes()?)?;
    layers.check_rows(rows * (batches * data_groups + chain_groups))?;
    let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| layers.width(layer) / 4);
    plan.slot_with("samples", &bits_of(data, values[1]));
    let dealt = Dealt {
        order: plan.slot("order", (batches * data_groups * rows) as u64),
        stride: data_groups * rows,
        unit: rows,
        filler: u32::MAX,
    };
    let visible_at = chain_groups * hidden;
    let data_at = visible_at + chain_groups * visible;
    let states = plan.slot("states", 4 * (data_at + batches * data_groups * visible) as u64);
    let means = plan.slot("means", (4 * rows * (data_groups + chain_groups) * hidden) as u64);
    let (mut constants, memory) = learning_constants(plan, &layers, builder);
    constants.set("ROWS", rows as u32);
    constants.set("SPINS", u8::from(values[0] != 0.0)).set("STATE_QUADS", visible as u32);
    constants.set("VISIBLE", machine.size(Layer::Visible) as u32).set("HIDDEN", machine.size(Layer::Hidden) as u32);
    constants.set("VISIBLE_AT", visible_at as u32).set("DATA_AT", data_at as u32);
    constants.set("DATA_GROUPS", data_groups as u32).set("CHAIN_GROUPS", chain_groups as u32);
    constants.set("BATCH", batch as u32).set("LAST_COUNT", (data.count() - (batches - 1) * batch) as u32);
    constants.set("LAST_BATCH", ((batches - 1) * data_groups) as u32);
    constants.set("CHAINS", if persistent { chains as u32 } else { 0 }).set("SWEEPS", builder.gradient.sweeps());
    let bound = [("states", states), ("means", means), ("weights", layers.parameters)];
    let mut kernel =
        |source, constants: &Constants, shape| layers.kernel(plan, source, constants.clone(), &bound, shape);
    let deal = kernel(catalogue::BINARY_DEAL.source_alone()?, &constants, (batches * data_groups * visible, rows));
    let tiles = (4 * visible).div_ceil(LEARNT) * hidden;
    let trips = (rows / 4 + 1) * (data_groups + chain_groups);
    let learn = kernel(catalogue::BINARY_LEARN.source_alone()?, &constants, (tiles, trips));
    let chains = chain_pass(plan, &layers, (&constants, &bound), data_groups.max(chain_groups), builder)?;
    let bits = Bits {
        values,
        rows,
        chains: if persistent { builder.chains } else { batch },
        units: machine.size(Layer::Hidden),
        width: 4 * hidden,
    };
    let passes = Passes { deal, negative: Negative::Binary(chains), centre: None, learn };
    Ok(Steps {
        layers,
        passes,
        dealt,
        hidden: Hidden::Bits(states, bits),
        memory,
        chains: bits.chains,
        scales: Vec::new(),
    })
}

fn chain_pass(
    plan: &mut Plan,
    layers: &Layers,
    (constants, bound): (&Constants, &[(&'static str, Slot)]),
    groups: usize,
    builder: &TrainBuilder<'_>,
) -> Result<Pass> {
    let [lanes, trips] = lanes_and_trips(builder, builder.gpu.lanes()? as usize);
    let source = catalogue::BINARY_CHAINS.source_alone()?;
    Ok(layers.groups(plan, source, constants.clone(), bound, (groups, lanes, trips)))
}

/// A row of bits a sample, padded to whole words of units.
fn bits_of(data: &Vectors, one: f32) -> Vec<u32> {
    let width = data.width().next_multiple_of(8).div_ceil(32);
    let mut words = vec![0; data.count() * width];
    for (row, sample) in words.chunks_exact_mut(width).zip(data.values().chunks_exact(data.width())) {
        for (unit, _) in sample.iter().enumerate().filter(|&(_, &value)| value == one) {
            row[unit / 32] |= 1 << (unit % 32);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_their_words() {
        for rows in [16, 32] {
            let bits = Bits { values: [-1.0, 1.0], rows, chains: 37, units: 11, width: 16 };
            let values: Vec<f32> = (0..37 * 11).map(|k| if k * k % 7 < 3 { 1.0 } else { -1.0 }).collect();
            let words = bits.pack(&values);
            assert_eq!(words.len(), bits.words());
            assert_eq!(bits.unpack(&words), values);
            assert!(words.chunks(16).all(|row| row[11..].iter().all(|&word| word == 0)));
        }
    }

    #[test]
    fn samples_are_rows_of_bits() {
        let data = Vectors::new(33, (0..66).map(|k| f32::from(u8::from(k % 33 == 32 || k == 0))).collect()).unwrap();
        assert_eq!(bits_of(&data, 1.0), [1, 1, 0, 1]);
    }
}
