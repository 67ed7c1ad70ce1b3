//! A training on the device.

use super::contrastive::{Gradient, Optimiser, TrainBuilder, check_rate};
use super::negative::{Negative, Rows, States, all_states, enumerated};
use crate::boltzmann::{Layer, Layers, Pass, RestrictedMachine, base_biases, check_data, pack, pad, padded, unpack};
use crate::error::{Error, Result};
use crate::gpu::{Executor, Run};
use crate::io::checkpoint::Sections;
use crate::plan::{Constants, Op, Plan, Slot, Tick};
use crate::random::{Event, Purpose, Stream, permutation};
use crate::shader::catalogue;

/// A weight beyond this has run away: inputs are then so large that every unit is certain.
const LARGEST_WEIGHT: f32 = 1e3;

/// A training under way. From [`TrainBuilder::build`].
///
/// The same seed gives the same weights on the same adapter, in one go or interrupted and [resumed](Trainer::resume).
#[derive(Debug)]
pub struct Trainer {
    plan: Plan,
    executor: Executor,
    machine: RestrictedMachine,
    layers: Layers,
    passes: Passes,
    slots: Slots,
    gradient: Gradient,
    optimiser: Optimiser,
    rate: f64,
    samples: usize,
    batch: usize,
    /// Rows of the samples as they are dealt, which the last batch may have to fill up.
    dealt: usize,
    shuffled: bool,
    seed: u64,
    epoch: u64,
    step: u64,
}

#[derive(Debug)]
struct Passes {
    deal: Pass,
    negative: Negative,
    /// Offsets, and what they take off the biases' gradient; none where units are not centred.
    centre: Option<[Pass; 2]>,
    learn: Pass,
}

#[derive(Debug)]
struct Slots {
    order: Slot,
    hidden: Slot,
    velocity: Slot,
    curvature: Slot,
}

/// Where a training stands, as data: with it and the options of its beginning it goes on as if it had never stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// Epochs finished.
    pub epoch: u64,
    /// Steps made.
    pub step: u64,
    /// Weights and biases as the device holds them.
    pub parameters: Vec<f32>,
    /// Momenta, or Adam's means of the gradient; empty without.
    pub velocity: Vec<f32>,
    /// Adam's means of its squares; empty without.
    pub curvature: Vec<f32>,
    /// Hidden states of the chains.
    pub hidden: Vec<f32>,
}

impl TrainerState {
    /// As sections of a checkpoint.
    pub fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("course", &[self.epoch, self.step]);
        sections.put_numbers("parameters", &self.parameters).put_numbers("velocity", &self.velocity);
        sections.put_numbers("curvature", &self.curvature).put_numbers("hidden", &self.hidden);
        sections
    }

    /// From the sections of [`save`](Self::save).
    ///
    /// # Errors
    /// [`Error::Input`] for sections that are no training.
    pub fn restore(saved: &Sections) -> Result<Self> {
        let [epoch, step] = saved.array("course")?;
        Ok(Self {
            epoch,
            step,
            parameters: saved.numbers("parameters")?,
            velocity: saved.numbers("velocity")?,
            curvature: saved.numbers("curvature")?,
            hidden: saved.numbers("hidden")?,
        })
    }
}

impl Trainer {
    pub(super) fn new(builder: &TrainBuilder<'_>) -> Result<Self> {
        let (machine, data) = (builder.machine, builder.data);
        check_data(data, machine, "data")?;
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
        let mut plan = Plan::default();
        // Only a ladder of temperatures ends in independent units.
        let base = (rows.levels > 1).then(|| base_biases(machine.units(Layer::Visible), data));
        let lanes = builder.gpu.lanes()?;
        let layers = Layers::declare(&mut plan, machine, base.as_deref(), (rows.machine(), false), lanes)?;
        layers.check_rows(rows.dealt + rows.machine())?;
        let given = plan.slot_with("samples", &pad(data, 0));
        let order = plan.slot("order", rows.dealt as u64);
        // States that are enumerated stand in the rows of the machine from the beginning.
        let mut states = |name, layer, before: usize, count: usize| {
            if exact != Some(layer) || count == 0 {
                return layers.states(&mut plan, name, layer, before + count);
            }
            let mut content = vec![0.0; before * layers.width(layer)];
            content.extend(all_states(machine, layer));
            plan.slot_with(name, &content)
        };
        let visible = states("visible", Layer::Visible, rows.dealt, rows.machine());
        let means = states("means", Layer::Hidden, rows.batch, rows.machine());
        let sampled = if exact.is_some() { 0 } else { rows.batch + rows.machine() };
        let hidden = layers.states(&mut plan, "hidden", Layer::Hidden, sampled.max(1));
        plan.slot_with("shares", &shares(samples, batch, rows, gradient));
        let adaptive = matches!(builder.optimiser, Optimiser::Adam { .. });
        let moving = builder.optimiser != Optimiser::Momentum(0.0);
        let learned = |used: bool| if used { layers.learned() as u64 } else { 4 };
        let velocity = plan.slot("velocity", learned(moving));
        let curvature = plan.slot("curvature", learned(adaptive));
        let quads = [Layer::Visible, Layer::Hidden].map(|layer| layers.width(layer) / 4);
        let mut dealing = Constants::default();
        dealing.set("STATE_QUADS", quads[0] as u32);
        let summed = rows.batch + rows.own;
        let mut learning = Constants::default();
        learning.set("VISIBLE_QUADS", quads[0] as u32).set("HIDDEN_QUADS", quads[1] as u32);
        learning.set("ROWS", summed as u32).set("SPLIT", rows.batch as u32);
        learning.set("CHAINS_AT", rows.dealt as u32).set("LAST_BATCH", last as u32);
        let centring = learning.clone();
        let row_quads = if builder.centred { quads[0] + quads[1] + summed / 2 } else { 1 };
        plan.slot("centre", 4 * row_quads as u64);
        learning.set("DECAY", builder.weight_decay).set("CENTRED", u8::from(builder.centred));
        learning.set("MOMENTUM", u8::from(moving)).set("ADAPTIVE", u8::from(adaptive));
        if let Optimiser::Adam { square, .. } = builder.optimiser {
            learning.set("MEMORY", square);
        }
        let deal = (catalogue::DEAL.source_alone()?, [("visible", visible), ("samples", given)]);
        let learn = (catalogue::LEARN.source_alone()?, [("hidden", means)]);
        let passes = Passes {
            deal: layers.kernel(&mut plan, deal.0, dealing, &deal.1, (rows.dealt * quads[0], 0)),
            negative: {
                let states = States { visible, hidden, means };
                Negative::declare(&mut plan, gradient, machine, &layers, (states, rows))?
            },
            centre: match builder.centred {
                true => {
                    let hidden = [("hidden", means)];
                    let sources = [catalogue::OFFSETS.source_alone()?, catalogue::RECENTRE.source_alone()?];
                    let shapes = [(quads[0] + quads[1], summed / 4), (summed / 4, quads[0] + quads[1])];
                    let [offsets, recentre] = sources;
                    Some([
                        layers.kernel(&mut plan, offsets, centring.clone(), &hidden, shapes[0]),
                        layers.kernel(&mut plan, recentre, centring, &hidden, shapes[1]),
                    ])
                }
                false => None,
            },
            learn: layers.kernel(&mut plan, learn.0, learning, &learn.1, (quads[0] * quads[1] / 4, summed / 4)),
        };
        let (chains, seed) = (rows.machine() as u32, builder.seed);
        let run = Run { seed_low: seed as u32, seed_high: (seed >> 32) as u32, chains, replicas: chains };
        let executor = Executor::new(&builder.gpu, &mut plan, run)?;
        let scale = |level: usize| 1.0 - level as f64 / (rows.levels - 1).max(1) as f64;
        let scales: Vec<f32> = (0..rows.machine()).map(|row| scale(row / rows.own) as f32).collect();
        executor.write(layers.scales, bytemuck::cast_slice(&scales))?;
        Ok(Self {
            plan,
            executor,
            machine: machine.clone(),
            layers,
            passes,
            slots: Slots { order, hidden, velocity, curvature },
            gradient,
            optimiser: builder.optimiser,
            rate: builder.learning_rate,
            samples,
            batch,
            dealt: rows.dealt,
            shuffled: builder.shuffled,
            seed,
            epoch: 0,
            step: 0,
        })
    }

    /// Makes a step with every batch of the data.
    ///
    /// # Errors
    /// [`Error::Run`] where the weights have run away or are no numbers; [`Error::Interrupted`].
    pub fn epoch(&mut self) -> Result<()> {
        if self.shuffled || self.epoch == 0 {
            let order = self.order();
            self.plan.push(Op::Write(self.slots.order, bytemuck::cast_slice(&order).into()));
            self.passes.deal.append(&mut self.plan, Tick::default());
        }
        for first in (0..self.samples).step_by(self.batch) {
            self.append_step(first as u32);
        }
        self.executor.execute(&mut self.plan)?;
        self.epoch += 1;
        let parameters = self.executor.read(self.layers.parameters, 4 * self.layers.learned() as u64)?;
        let far = |&bits: &u32| f32::from_bits(bits).is_nan() || f32::from_bits(bits).abs() > LARGEST_WEIGHT;
        if let Some(at) = parameters.iter().position(far) {
            return Err(Error::Run {
                what: format!("a weight has become {} in epoch {}", f32::from_bits(parameters[at]), self.epoch),
                hint: "use a smaller learning rate, or weight decay".into(),
            });
        }
        self.machine = unpack(&self.machine, &parameters)?;
        Ok(())
    }

    /// The machine after the last whole epoch.
    pub fn machine(&self) -> &RestrictedMachine {
        &self.machine
    }

    /// Epochs finished.
    pub fn epochs(&self) -> u64 {
        self.epoch
    }

    /// Steps made.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Changes the learning rate from the next step on, for a schedule.
    ///
    /// # Errors
    /// [`Error::Input`] for what is no rate.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        check_rate(rate)?;
        self.rate = rate;
        Ok(())
    }

    /// Where the training stands, between two epochs.
    ///
    /// # Errors
    /// What the device reports.
    pub fn state(&mut self) -> Result<TrainerState> {
        let mut read = |slot: Slot, used: bool| -> Result<Vec<f32>> {
            let bytes = if used { self.plan.slots[slot.0].bytes } else { 0 };
            Ok(self
                .executor
                .read(slot, bytes.max(4))?
                .into_iter()
                .take(bytes as usize / 4)
                .map(f32::from_bits)
                .collect())
        };
        let adaptive = matches!(self.optimiser, Optimiser::Adam { .. });
        let moving = self.optimiser != Optimiser::Momentum(0.0);
        Ok(TrainerState {
            epoch: self.epoch,
            step: self.step,
            parameters: read(self.layers.parameters, true)?,
            velocity: read(self.slots.velocity, moving)?,
            curvature: read(self.slots.curvature, adaptive)?,
            hidden: read(self.slots.hidden, true)?,
        })
    }

    /// Goes on from where a training of the same options stood.
    ///
    /// # Errors
    /// [`Error::Input`] for a state of another training.
    pub fn resume(&mut self, state: &TrainerState) -> Result<()> {
        let own = self.state()?;
        let lengths =
            |state: &TrainerState| [&state.parameters, &state.velocity, &state.curvature, &state.hidden].map(Vec::len);
        if lengths(&own) != lengths(state) {
            let (wanted, got) = (format!("{:?} values", lengths(&own)), format!("{:?}", lengths(state)));
            let hint = "resume with the machine, batch, chains and optimiser that the training began with";
            return Err(Error::input("state of the training", wanted, got, hint));
        }
        let parameters: Vec<u32> = state.parameters.iter().map(|value| value.to_bits()).collect();
        self.machine = unpack(&self.machine, &parameters)?;
        let (_, transposed) = pack(&self.machine, None);
        let slots = &self.slots;
        let contents = [
            (self.layers.parameters, &state.parameters),
            (self.layers.transposed, &transposed),
            (slots.velocity, &state.velocity),
            (slots.curvature, &state.curvature),
            (slots.hidden, &state.hidden),
        ];
        for (slot, values) in contents {
            self.executor.write(slot, bytemuck::cast_slice(values))?;
        }
        (self.epoch, self.step) = (state.epoch, state.step);
        if !self.shuffled && self.epoch > 0 {
            let order = self.order();
            self.plan.push(Op::Write(self.slots.order, bytemuck::cast_slice(&order).into()));
            self.passes.deal.append(&mut self.plan, Tick::default());
        }
        Ok(())
    }

    /// The samples in the order of the next epoch; what fills up the last batch has no share in anything.
    fn order(&self) -> Vec<u32> {
        let count = self.samples as u32;
        let event =
            Event { seed: self.seed, purpose: Purpose::Minibatch, index: 0, chain: 0, sweep: self.epoch, part: 0 };
        let mut order = if self.shuffled { permutation(count, &mut Stream::of(event)) } else { (0..count).collect() };
        order.resize(self.dealt, 0);
        order
    }

    fn append_step(&mut self, first: u32) {
        let sweeps = u64::from(self.gradient.sweeps());
        // One number a sweep, and one for the hidden units of a batch that are drawn before the first.
        let tick =
            |sweep: u64| Tick { row: first, sweep: self.step * (sweeps + 1) + sweep, kick: 1.0, ..Tick::default() };
        let (passes, plan) = (&self.passes, &mut self.plan);
        passes.negative.append(plan, (self.step % 2) as u32, tick);
        self.step += 1;
        let (kick, drift) = match self.optimiser {
            Optimiser::Momentum(momentum) => (self.rate, momentum),
            Optimiser::Adam { mean, square } => {
                let correction = |memory: f64| 1.0 - memory.powf(self.step as f64);
                (self.rate * correction(square).sqrt() / correction(mean), mean)
            }
        };
        let tick = Tick { row: first, kick: kick as f32, drift: drift as f32, ..Tick::default() };
        passes.centre.iter().flatten().for_each(|pass| pass.append(plan, tick));
        passes.learn.append(plan, tick);
    }
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
