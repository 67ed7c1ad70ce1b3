//! The negative part of the gradient on the device: the machine's own states, drawn by chains or all of them, and the hidden
//! means of a batch beside them.

use super::contrastive::Gradient;
use crate::boltzmann::{Keep, Layer, Layers, Pass, PassShape, PassSlots, RestrictedMachine, SumShape, padded};
use crate::error::{Error, Result};
use crate::plan::{Constants, Plan, Slot, Tick};
use crate::random::Purpose;
use crate::shader::catalogue;

/// The most two-valued units of a layer that every step enumerates.
pub const MAX_EXACT: usize = 16;

/// The lanes that normalise the weights of all states: fixed, so that sums have one order whatever the tuning.
const LANES: u32 = 64;

/// How rows are shared out. Visible rows are the samples as they are dealt, then the machine's; hidden rows are a batch's,
/// then the machine's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    /// Of a batch, padded.
    pub batch: usize,
    /// Of all samples as they are dealt.
    pub dealt: usize,
    /// Chains, or states, whose averages are the gradient's, and those of them that are not padding.
    pub own: usize,
    pub alive: usize,
    /// Inverse temperatures, with as many chains each.
    pub levels: usize,
}

impl Rows {
    /// The machine's rows in all.
    pub fn machine(self) -> usize {
        self.own * self.levels
    }
}

/// The states of both layers, and the hidden means.
#[derive(Debug, Clone, Copy)]
pub(super) struct States {
    pub visible: Slot,
    pub hidden: Slot,
    pub means: Slot,
}

/// The passes that find the averages.
#[derive(Debug)]
pub(super) enum Negative {
    Sampled(Box<Sampled>),
    /// In this order.
    Exact(Box<[Pass; 5]>),
}

#[derive(Debug)]
pub(super) struct Sampled {
    sweeps: u64,
    /// Hidden units of the batch, from which its chains begin.
    batch: Option<Pass>,
    /// Visible units of the chains, the first and later ones.
    down: [Pass; 2],
    /// The chains' interactions, and swaps between pairs of levels.
    exchange: Option<[Pass; 2]>,
    /// Hidden units of the chains, and at last those from which the gradient is taken: with the batch's, if they did not come
    /// first.
    up: [Pass; 2],
}

/// The layer whose states every step goes through.
///
/// # Errors
/// [`Error::Input`] for a machine without a layer of at most [`MAX_EXACT`] two-valued units.
pub(super) fn enumerated(machine: &RestrictedMachine) -> Result<Layer> {
    machine.enumerable().filter(|&layer| machine.size(layer) <= MAX_EXACT).ok_or_else(|| {
        let sizes = [Layer::Visible, Layer::Hidden].map(|l| format!("{} {}", machine.size(l), machine.units(l)));
        let wanted = format!("a layer of at most {MAX_EXACT} two-valued units");
        let hint = "take persistent chains for larger machines";
        Error::input("machine of an exact gradient", wanted, sizes.join(" and "), hint)
    })
}

/// All states of a layer, padded; rows of padding are zeros.
pub(super) fn all_states(machine: &RestrictedMachine, layer: Layer) -> Vec<f32> {
    let [low, high] = machine.units(layer).values().unwrap_or_default();
    let (size, count) = (machine.size(layer), 1usize << machine.size(layer));
    let mut states = vec![0.0; padded(count) * padded(size)];
    for (bits, row) in states.chunks_exact_mut(padded(size)).take(count).enumerate() {
        for (unit, value) in row.iter_mut().take(size).enumerate() {
            *value = if bits >> unit & 1 == 1 { high } else { low } as f32;
        }
    }
    states
}

impl Negative {
    /// Declares the passes.
    ///
    /// # Errors
    /// [`Error::Input`] where an exact gradient is wanted of too large a machine.
    pub fn declare(
        plan: &mut Plan,
        gradient: Gradient,
        machine: &RestrictedMachine,
        layers: &Layers,
        (states, rows): (States, Rows),
    ) -> Result<Self> {
        match gradient {
            Gradient::Exact => {
                let passes = exact(plan, enumerated(machine)?, layers, (states, rows))?;
                Ok(Self::Exact(Box::new(passes)))
            }
            _ => Ok(Self::Sampled(Box::new(sampled(plan, gradient, layers, (states, rows))?))),
        }
    }

    /// Appends what one step takes, with the ticks of its sweeps.
    pub fn append(&self, plan: &mut Plan, parity: u32, tick: impl Fn(u64) -> Tick) {
        match self {
            Self::Exact(passes) => passes.iter().for_each(|pass| pass.append(plan, tick(0))),
            Self::Sampled(passes) => {
                passes.batch.iter().for_each(|pass| pass.append(plan, tick(0)));
                for sweep in 1..=passes.sweeps {
                    passes.down[usize::from(sweep > 1)].append(plan, tick(sweep));
                    for pass in passes.exchange.iter().flatten() {
                        pass.append(plan, Tick { part: parity, ..tick(sweep) });
                    }
                    passes.up[usize::from(sweep == passes.sweeps)].append(plan, tick(sweep));
                }
            }
        }
    }
}

fn sampled(plan: &mut Plan, gradient: Gradient, layers: &Layers, (states, rows): (States, Rows)) -> Result<Sampled> {
    let (batch, machine) = (rows.batch, rows.machine());
    let tempered = rows.levels > 1;
    let persistent = !matches!(gradient, Gradient::ContrastiveDivergence(_));
    let pulls = layers.states(plan, "pulls", Layer::Visible, if tempered { rows.dealt + machine } else { 1 });
    let up = |plan: &mut Plan, count, data, found_at, keep| {
        let slots = PassSlots { given: states.visible, found: states.hidden, kept: states.means };
        let (to, sample) = (Layer::Hidden, Some(Purpose::Hidden));
        let shape = PassShape { to, rows: count, data, given_at: rows.dealt, found_at, keep, sample, clamped: false };
        layers.pass(plan, slots, shape)
    };
    let down = |plan: &mut Plan, given_at| {
        let slots = PassSlots { given: states.hidden, found: states.visible, kept: pulls };
        let keep = if tempered { Keep::Pull } else { Keep::Nothing };
        let (to, sample, found_at) = (Layer::Visible, Some(Purpose::Visible), rows.dealt);
        layers.pass(
            plan,
            slots,
            PassShape { to, rows: machine, data: 0, given_at, found_at, keep, sample, clamped: false },
        )
    };
    let later = down(plan, batch)?;
    let chains = up(plan, machine, 0, batch, if persistent { Keep::Nothing } else { Keep::Mean })?;
    Ok(Sampled {
        sweeps: gradient.sweeps().into(),
        batch: if persistent { None } else { Some(up(plan, batch, batch, 0, Keep::Mean)?) },
        down: [if persistent { later } else { down(plan, 0)? }, later],
        exchange: if tempered { Some(exchange(plan, layers, (pulls, states.hidden), rows)?) } else { None },
        up: [chains, if persistent { up(plan, batch + machine, batch, 0, Keep::Mean)? } else { chains }],
    })
}

/// The chains' interactions from what the way down has kept, and the swaps that follow from them.
fn exchange(plan: &mut Plan, layers: &Layers, (pulls, hidden): (Slot, Slot), rows: Rows) -> Result<[Pass; 2]> {
    let totals = plan.slot("totals", rows.machine() as u64);
    let sum = SumShape {
        kept: Layer::Visible,
        states: hidden,
        kept_slot: pulls,
        totals,
        rows: rows.machine(),
        state_at: rows.batch,
        kept_at: rows.dealt,
        add: false,
        own_energy: 0.0,
    };
    let quads = layers.width(Layer::Visible) / 4;
    let mut constants = Constants::default();
    constants.set("STATE_QUADS", quads as u32).set("CHAINS", rows.own as u32).set("CHAINS_AT", rows.dealt as u32);
    let source = catalogue::EXCHANGE_LEVELS.source_alone()?;
    let items = rows.levels / 2 * rows.own * quads;
    Ok([layers.sum(plan, sum)?, layers.kernel(plan, source, constants, &[], (items, 0))])
}

/// Hidden means of the batch; weights of all states of a layer, with the other one summed out; their shares; the other
/// layer's means.
fn exact(plan: &mut Plan, layer: Layer, layers: &Layers, (states, rows): (States, Rows)) -> Result<[Pass; 5]> {
    let nothing = plan.slot("nothing", 4);
    let totals = plan.slot("totals", rows.own as u64);
    let visible = layer == Layer::Visible;
    let other = if visible { Layer::Hidden } else { Layer::Visible };
    let logs = layers.states(plan, "logs", other, rows.own);
    // All states of one layer stand where its chains would, and the means of the other one take the place of its chains.
    let places = [(states.visible, rows.dealt), (states.means, rows.batch)];
    let [(given, given_at), (means, means_at)] = if visible { places } else { [places[1], places[0]] };
    let pass = |plan: &mut Plan, kept, found_at, keep| {
        let slots = PassSlots { given, found: nothing, kept };
        let (to, count) = (other, rows.own);
        let shape = PassShape { to, rows: count, data: 0, given_at, found_at, keep, sample: None, clamped: false };
        layers.pass(plan, slots, shape)
    };
    let batch = {
        let slots = PassSlots { given: states.visible, found: nothing, kept: states.means };
        let (to, keep, batch) = (Layer::Hidden, Keep::Mean, rows.batch);
        let shape =
            PassShape { to, rows: batch, data: batch, given_at: 0, found_at: 0, keep, sample: None, clamped: false };
        layers.pass(plan, slots, shape)?
    };
    let sum = SumShape {
        kept: other,
        states: given,
        kept_slot: logs,
        totals,
        rows: rows.own,
        state_at: given_at,
        kept_at: 0,
        add: false,
        own_energy: 0.0,
    };
    let mut constants = Constants::default();
    constants.set("STATES", rows.alive as u32).set("SHARES_AT", rows.batch as u32);
    constants.set("SET", (rows.batch + rows.own) as u32);
    let trips = 3 * rows.alive.div_ceil(LANES as usize) + 2 * LANES as usize;
    let source = catalogue::NORMALISE.source_alone()?;
    Ok([
        batch,
        pass(plan, logs, 0, Keep::LogPartition)?,
        layers.sum(plan, sum)?,
        layers.one_group(plan, source, constants, (LANES, trips)),
        pass(plan, means, means_at, Keep::Mean)?,
    ])
}
