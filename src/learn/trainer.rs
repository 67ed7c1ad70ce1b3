//! A training on the device.

use super::contrastive::{Gradient, Optimiser, TrainBuilder, check_rate};
use super::steps::{Hidden, Steps};
use super::{binary, steps};
use crate::boltzmann::{RestrictedMachine, check_data, unpack};
use crate::error::{Error, Result};
use crate::gpu::{Executor, Run};
use crate::io::checkpoint::Sections;
use crate::plan::{Op, Plan, Slot, Tick};
use crate::random::{Event, Purpose, Stream, permutation};

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
    steps: Steps,
    gradient: Gradient,
    optimiser: Optimiser,
    rate: f64,
    samples: usize,
    batch: usize,
    shuffled: bool,
    seed: u64,
    epoch: u64,
    step: u64,
}

/// Where a training stands, as data: with it and the options of its beginning it goes on as if it had never stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// Epochs finished.
    pub epoch: u64,
    /// Steps made.
    pub step: u64,
    /// Weights and biases as the device holds them, and the weights transposed.
    pub parameters: Vec<f32>,
    /// Momenta, or Adam's means of the gradient; empty without.
    pub velocity: Vec<f32>,
    /// Adam's means of its squares; empty without.
    pub curvature: Vec<f32>,
    /// Hidden states of the chains, one after another.
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
        check_data(builder.data, builder.machine, "data")?;
        builder.machine.check_normalisable()?;
        let mut plan = Plan::default();
        let steps = match binary::values(builder) {
            Some(values) => binary::steps(&mut plan, builder, values)?,
            None => steps::steps(&mut plan, builder)?,
        };
        let (chains, seed) = (steps.chains as u32, builder.seed);
        let run = Run { seed_low: seed as u32, seed_high: (seed >> 32) as u32, chains, replicas: chains };
        let executor = Executor::new(&builder.gpu, &mut plan, run)?;
        if !steps.scales.is_empty() {
            executor.write(steps.layers.scales, bytemuck::cast_slice(&steps.scales))?;
        }
        Ok(Self {
            plan,
            executor,
            machine: builder.machine.clone(),
            steps,
            gradient: builder.gradient,
            optimiser: builder.optimiser,
            rate: builder.learning_rate,
            samples: builder.data.count(),
            batch: builder.batch,
            shuffled: builder.shuffled,
            seed,
            epoch: 0,
            step: 0,
        })
    }

    /// Makes a step with every batch of the data.
    ///
    /// # Errors
    /// [`Error::Run`] where the weights have run away or are no numbers, or leave the machine without a density; [`Error::Interrupted`].
    pub fn epoch(&mut self) -> Result<()> {
        if self.shuffled || self.epoch == 0 {
            self.append_deal();
        }
        (0..self.samples.div_ceil(self.batch)).for_each(|batch| self.append_step(batch));
        // With the last steps in one submission.
        let layers = &self.steps.layers;
        self.plan.push(Op::Read(layers.parameters, 4 * layers.learned() as u64));
        self.executor.execute(&mut self.plan)?;
        self.executor.finish()?;
        self.epoch += 1;
        let parameters: Vec<u32> =
            self.executor.arrived().iter().flat_map(|bytes| bytemuck::pod_collect_to_vec(bytes)).collect();
        let far = |&bits: &u32| f32::from_bits(bits).is_nan() || f32::from_bits(bits).abs() > LARGEST_WEIGHT;
        if let Some(at) = parameters.iter().position(far) {
            return Err(Error::Run {
                what: format!("a weight has become {} in epoch {}", f32::from_bits(parameters[at]), self.epoch),
                hint: "use a smaller learning rate, or weight decay".into(),
            });
        }
        self.machine = unpack(&self.machine, &parameters)?;
        self.machine.check_still_normalisable(self.epoch)
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
        let adaptive = matches!(self.optimiser, Optimiser::Adam { .. });
        let moving = self.optimiser != Optimiser::Momentum(0.0);
        let memory = self.steps.memory;
        Ok(TrainerState {
            epoch: self.epoch,
            step: self.step,
            parameters: self.values(self.steps.layers.parameters)?,
            velocity: if moving { self.values(memory.velocity)? } else { Vec::new() },
            curvature: if adaptive { self.values(memory.curvature)? } else { Vec::new() },
            hidden: match self.steps.hidden {
                Hidden::Values(slot) => self.values(slot)?,
                Hidden::Bits(slot, bits) => bits.unpack(&self.executor.read(slot, 4 * bits.words() as u64)?),
            },
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
        let memory = self.steps.memory;
        let mut contents = vec![
            (self.steps.layers.parameters, &state.parameters),
            (memory.velocity, &state.velocity),
            (memory.curvature, &state.curvature),
        ];
        match self.steps.hidden {
            Hidden::Values(slot) => contents.push((slot, &state.hidden)),
            Hidden::Bits(slot, bits) => self.executor.write(slot, bytemuck::cast_slice(&bits.pack(&state.hidden)))?,
        }
        for (slot, values) in contents {
            self.executor.write(slot, bytemuck::cast_slice(values))?;
        }
        (self.epoch, self.step) = (state.epoch, state.step);
        if !self.shuffled && self.epoch > 0 {
            self.append_deal();
        }
        Ok(())
    }

    /// All values of a slot.
    fn values(&mut self, slot: Slot) -> Result<Vec<f32>> {
        let words = self.executor.read(slot, self.plan.slots[slot.0].bytes)?;
        Ok(words.into_iter().map(f32::from_bits).collect())
    }

    /// Deals out the samples in the order of the next epoch; what fills up a batch has no share in anything.
    fn append_deal(&mut self) {
        let count = self.samples as u32;
        let event =
            Event { seed: self.seed, purpose: Purpose::Minibatch, index: 0, chain: 0, sweep: self.epoch, part: 0 };
        let order = if self.shuffled { permutation(count, &mut Stream::of(event)) } else { (0..count).collect() };
        let dealt = self.steps.dealt;
        let mut rows = vec![dealt.filler; self.plan.slots[dealt.order.0].bytes as usize / 4];
        for (batch, samples) in order.chunks(self.batch).enumerate() {
            rows[batch * dealt.stride..][..samples.len()].copy_from_slice(samples);
        }
        self.plan.push(Op::Write(dealt.order, bytemuck::cast_slice(&rows).into()));
        self.steps.passes.deal.append(&mut self.plan, Tick::default());
    }

    fn append_step(&mut self, batch: usize) {
        let first = (batch * self.steps.dealt.stride / self.steps.dealt.unit) as u32;
        let sweeps = u64::from(self.gradient.sweeps());
        // One number a sweep, and one for the hidden units of a batch that are drawn before the first.
        let tick =
            |sweep: u64| Tick { row: first, sweep: self.step * (sweeps + 1) + sweep, kick: 1.0, ..Tick::default() };
        let (passes, plan) = (&self.steps.passes, &mut self.plan);
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
