//! What a training's steps are made of: memory and passes on the device.

use super::binary::Bits;
use super::contrastive::{Gradient, Optimiser, TrainBuilder};
use super::negative::{Negative, Rows, States, all_states, enumerated};
use crate::boltzmann::{Layer, Layers, Pass, base_biases, pad, padded};
use crate::error::Result;
use crate::plan::{Constants, Plan, Slot};
use crate::shader::catalogue;

/// The passes of a step, and the one that deals out the samples of an epoch.
#[derive(Debug)]
pub(super) struct Passes {
    pub deal: Pass,
    pub negative: Negative,
    /// Offsets, and what they take off the biases' gradient; none where units are not centred.
    pub centre: Option<[Pass; 2]>,
    pub learn: Pass,
}

/// How the rows of an epoch's samples lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dealt {
    /// A sample a row.
    pub order: Slot,
    /// Rows from one batch to the next.
    pub stride: usize,
    /// Rows that count as one in a dispatch.
    pub unit: usize,
    /// What the order has where there is no sample.
    pub filler: u32,
}

/// Hidden states of the chains.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hidden {
    /// Values, all of a slot.
    Values(Slot),
    /// At the beginning of a slot.
    Bits(Slot, Bits),
}

/// What the optimiser remembers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Momenta, or means of the gradient.
    pub velocity: Slot,
    /// Means of the gradient's squares.
    pub curvature: Slot,
}

/// Memory and passes.
#[derive(Debug)]
pub(super) struct Steps {
    pub layers: Layers,
    pub passes: Passes,
    pub dealt: Dealt,
    pub hidden: Hidden,
    pub memory: Memory,
    pub chains: usize,
    /// Factors of the chains' inverse temperatures, where they are not 1.
    pub scales: Vec<f32>,
}

/// What every kernel that learns is told, with the optimiser's memory declared.
pub(super) fn learning_constants(plan: &mut Plan, layers: &Layers, builder: &TrainBuilder<'_>) -> (Constants, Memory) {
    let adaptive = matches!(builder.optimiser, Optimiser::Adam { .. });
    let moving = builder.optimiser != Optimiser::Momentum(0.0);
    let learned = |used: bool| if used { layers.learned() as u64 } else { 4 };
    let memory = Memory {
        velocity: plan.slot("velocity", learned(moving)),
        curvature: plan.slot("curvature", learned(adaptive)),
    };
    let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| layers.width(layer) / 4);
    let mut constants = Constants::default();
    constants.set("VISIBLE_QUADS", visible as u32).set("HIDDEN_QUADS", hidden as u32);
    constants.set("TRANSPOSED_AT", (layers.transposed_at() / 4) as u32);
    constants.set("DECAY", builder.weight_decay);
    constants.set("MOMENTUM", u8::from(moving)).set("ADAPTIVE", u8::from(adaptive));
    if let Optimiser::Adam { square, .. } = builder.optimiser {
        constants.set("MEMORY", square);
    }
    (constants, memory)
}

/// Declares the steps of any machine, whose states are reals.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) where an exact gradient is wanted of too large a machine,
/// [`Error::Limit`](crate::Error::Limit) for more than the adapter holds.
pub(super) fn steps(plan: &mut Plan, builder: &TrainBuilder<'_>) -> Result<Steps> {
    let (machine, data) = (builder.machine, builder.data);
    let gradient = builder.gradient;
    let (samples, batch) = (data.count(), builder.batch);
    let exact = if gradient == Gradient::Exact { Some(enumerated(machine)?) } else { None };
    let alive = match (gradient, exact) {
        (_, Some(layer)) => 1 << machine.size(layer),
        (Gradient::ContrastiveDivergence(_), None) => batch,
        _ => builder.chains,
    };
    // A tile of rows of the last batch must find rows.
    let last = (samples.div_ceil(batch) - 1) * batch;
    let rows = Rows {
        batch: padded(batch),
        dealt: padded(last + padded(batch)),
        own: padded(alive),
        alive,
        levels: gradient.levels() as usize,
    };

    // Only a ladder of temperatures ends in independent units.
    let base = (rows.levels > 1).then(|| base_biases(machine.units(Layer::Visible), data));
    let lanes = builder.gpu.lanes()?;
    let layers = Layers::declare(plan, machine, base.as_deref(), (rows.machine(), false), lanes)?;
    layers.check_rows(rows.dealt + rows.machine())?;
    let given = plan.slot_with("samples", &pad(data, 0));
    let dealt = Dealt { order: plan.slot("order", rows.dealt as u64), stride: batch, unit: 1, filler: 0 };
    // States that are enumerated stand in the rows of the machine from the beginning.
    let mut states = |name, layer, before: usize, count: usize| {
        if exact != Some(layer) || count == 0 {
            return layers.states(plan, name, layer, before + count);
        }
        let mut content = vec![0.0; before * layers.width(layer)];
        content.extend(all_states(machine, layer));
        plan.slot_with(name, &content)
    };
    let visible = states("visible", Layer::Visible, rows.dealt, rows.machine());
    let means = states("means", Layer::Hidden, rows.batch, rows.machine());
    let sampled = if exact.is_some() { 0 } else { rows.batch + rows.machine() };
    let hidden = layers.states(plan, "hidden", Layer::Hidden, sampled.max(1));
    plan.slot_with("shares", &shares(samples, batch, rows, gradient));
    let quads = [Layer::Visible, Layer::Hidden].map(|layer| layers.width(layer) / 4);
    let mut dealing = Constants::default();
    dealing.set("STATE_QUADS", quads[0] as u32);
    let summed = rows.batch + rows.own;
    let (mut learning, memory) = learning_constants(plan, &layers, builder);
    learning.set("ROWS", summed as u32).set("SPLIT", rows.batch as u32);
    learning.set("CHAINS_AT", rows.dealt as u32).set("LAST_BATCH", last as u32);
    learning.set("CENTRED", u8::from(builder.centred));
    let row_quads = if builder.centred { quads[0] + quads[1] + summed / 2 } else { 1 };
    plan.slot("centre", 4 * row_quads as u64);
    let deal = (catalogue::DEAL.source_alone()?, [("visible", visible), ("samples", given)]);
    let learn = (catalogue::LEARN.source_alone()?, [("hidden", means)]);
    let passes = Passes {
        deal: layers.kernel(plan, deal.0, dealing, &deal.1, (rows.dealt * quads[0], 0)),
        negative: {
            let states = States { visible, hidden, means };
            Negative::declare(plan, gradient, machine, &layers, (states, rows))?
        },
        centre: match builder.centred {
            true => {
                let hidden = [("hidden", means)];
                let sources = [catalogue::OFFSETS.source_alone()?, catalogue::RECENTRE.source_alone()?];
                let shapes = [(quads[0] + quads[1], summed / 4), (summed / 4, quads[0] + quads[1])];
                let [offsets, recentre] = sources;
                Some([
                    layers.kernel(plan, offsets, learning.clone(), &hidden, shapes[0]),
                    layers.kernel(plan, recentre, learning.clone(), &hidden, shapes[1]),
                ])
            }
            false => None,
        },
        learn: layers.kernel(plan, learn.0, learning, &learn.1, (quads[0] * quads[1] / 4, summed / 4)),
    };
    let scale = |level: usize| 1.0 - level as f64 / (rows.levels - 1).max(1) as f64;
    let scales: Vec<f32> = (0..rows.machine()).map(|row| scale(row / rows.own) as f32).collect();
    Ok(Steps { layers, passes, dealt, hidden: Hidden::Values(hidden), memory, chains: rows.machine(), scales })
}

/// The share of every row in the gradient, for a full batch and for the last one: 1/batch of its samples, −1/chains of the
/// chains.
fn shares(samples: usize, batch: usize, rows: Rows, gradient: Gradient) -> Vec<f32> {
    let left = samples - (samples.div_ceil(batch) - 1) * batch;
    let mut all = Vec::new();
    for count in [batch, left] {
        let mut data = vec![1.0 / count as f32; count];
        data.resize(rows.batch, 0.0);
        let alive = if matches!(gradient, Gradient::ContrastiveDivergence(_)) { count } else { rows.alive };
        let mut machine = vec![-1.0 / alive as f32; alive];
        machine.resize(rows.own, 0.0);
        all.extend(data.into_iter().chain(machine));
    }
    all
}
