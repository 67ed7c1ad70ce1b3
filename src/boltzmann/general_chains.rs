//! Chains of a general Boltzmann machine on the device.

use super::GeneralMachine;
use super::attended::OnDevice;
use super::general_moments::Moments;
use crate::attendant::Attendant;
use crate::couplings::Couplings;
use crate::dense::{Dense, strengths, unit_for};
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run};
use crate::io::checkpoint::Sections;
use crate::patterns::Patterns;
use crate::plan::{Constants, KernelId, MAX_TRIPS, Op, Plan, Slot, Tick, workgroup_for};
use crate::random::{Purpose, Stream};
use crate::shader::catalogue;
use rand::Rng as _;
use std::ops::Range;

/// Chains a group of the device's words.
pub(crate) const GROUP: usize = 32;

/// Chains of a general machine before they are built. From [`Gpu::general_machine`].
#[derive(Debug, Clone)]
pub struct GeneralBuilder<'a> {
    gpu: Gpu,
    machine: &'a GeneralMachine,
    chains: Option<usize>,
    clamped: Option<&'a Patterns>,
    seed: u64,
}

impl Gpu {
    /// Chains of a general Boltzmann machine, free or with the visible units clamped to data, under heat bath: every sweep
    /// visits all units that are not clamped one after another.
    pub fn general_machine<'a>(&self, machine: &'a GeneralMachine) -> GeneralBuilder<'a> {
        GeneralBuilder { gpu: self.clone(), machine, chains: None, clamped: None, seed: 0 }
    }
}

impl<'a> GeneralBuilder<'a> {
    /// How many independent chains there are (default: 64, or as many as samples that they are clamped to).
    #[must_use]
    pub fn chains(mut self, chains: usize) -> Self {
        self.chains = Some(chains);
        self
    }

    /// Clamps the visible units to data: chain r to sample r modulo their number.
    #[must_use]
    pub fn clamp(mut self, data: &'a Patterns) -> Self {
        self.clamped = Some(data);
        self
    }

    /// The seed (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Puts the chains on the device; units that are not clamped begin at random.
    ///
    /// # Errors
    /// [`Error::Input`] for no chains, or data of another width; [`Error::Limit`] for what the adapter cannot hold.
    pub fn build(self) -> Result<GeneralChains> {
        let chains = self.chains.unwrap_or(self.clamped.map_or(64, Patterns::count));
        if let Some(data) = self.clamped {
            self.machine.check_data(data)?;
        }
        let mut plan = Plan::default();
        let samples: Option<Vec<usize>> = self.clamped.map(|data| (0..chains).map(|r| r % data.count()).collect());
        let shape = PopulationShape {
            names: ["spins", "counts"],
            chains,
            held: if self.clamped.is_some() { self.machine.visible() } else { 0 },
            batch: chains.div_ceil(GROUP),
            purpose: Purpose::HeatBath,
        };
        let states = random_states(self.machine, 0..chains, self.clamped.zip(samples.as_deref()), self.seed);
        let weights = Weights::declare(&mut plan, &self.gpu, self.machine, chains)?;
        let population = Population::declare(&mut plan, &self.gpu, self.machine, shape, &states)?;
        let executor = Executor::new(&self.gpu, &mut plan, run_of(self.seed, chains))?;
        let mut chains = GeneralChains { plan, executor, weights, population, sweeps: 0 };
        chains.weights.append(self.machine.couplings(), self.machine.biases(), &mut chains.plan);
        chains.executor.execute(&mut chains.plan)?;
        Ok(chains)
    }
}

/// Chains of a general Boltzmann machine on a device.
#[derive(Debug)]
pub struct GeneralChains {
    plan: Plan,
    executor: Executor,
    weights: Weights,
    population: Population,
    sweeps: u64,
}

impl GeneralChains {
    /// Makes sweeps.
    ///
    /// # Errors
    /// [`Error::Interrupted`], or what the device reports.
    pub fn sweep(&mut self, sweeps: u64) -> Result<()> {
        for _ in 0..sweeps {
            self.append();
            if self.plan.ops.len() >= 1024 {
                self.executor.execute(&mut self.plan)?;
            }
        }
        self.executor.execute(&mut self.plan)
    }

    /// Makes [sweeps](Self::sweep) with somebody who may have the chains saved on the way; goes on `from` what was saved of the same
    /// sweeps of chains of the same machine and seed, and ends with the same states as if it had never stopped.
    ///
    /// # Errors
    /// As [`sweep`](Self::sweep), those of the attendant, and [`Error::Input`] for what was saved of other chains.
    pub fn run_attended(&mut self, sweeps: u64, from: Option<&Sections>, attendant: &mut dyn Attendant) -> Result<()> {
        self.sweep_attended([0, sweeps], from, attendant, |chains, _| chains.append())
    }

    /// The chains as data, and the number of their sweeps.
    ///
    /// # Errors
    /// What the device reports.
    pub fn save(&mut self) -> Result<Sections> {
        self.save_chains()
    }

    /// Takes chains of the same machine, number and seed, clamped to the same data, to where they were [saved](Self::save).
    ///
    /// # Errors
    /// [`Error::Input`] for what was saved of others; what the device reports.
    pub fn restore(&mut self, saved: &Sections) -> Result<()> {
        self.restore_chains(saved)
    }

    fn append(&mut self) {
        self.population.append_sweep(self.sweeps, self.population.all(), &mut self.plan);
        self.sweeps += 1;
    }

    /// Sweeps made so far.
    pub fn sweeps(&self) -> u64 {
        self.sweeps
    }

    /// The states of all units, one a chain.
    ///
    /// # Errors
    /// What the device reports.
    pub fn states(&mut self) -> Result<Patterns> {
        let words = self.executor.read(self.population.spins, 4 * self.population.dense.words())?;
        let states = (0..self.population.chains).flat_map(|chain| self.population.dense.state(&words, chain));
        Patterns::from_words(self.population.units, states.collect())
    }

    /// Makes sweeps, and finds means and correlations over all chains after each of them, on the device: an exclusive or and
    /// a count of bits for 32 chains.
    ///
    /// # Errors
    /// [`Error::Input`] for no sweeps, or so many that counts would not fit 32 bits; as [`sweep`](Self::sweep).
    pub fn moments(&mut self, sweeps: u64) -> Result<Moments> {
        let most = u64::from(u32::MAX) / self.population.chains as u64;
        if !(1..=most).contains(&sweeps) {
            let hint = "average the moments of several shorter stretches";
            return Err(Error::input("sweeps of moments", format!("1 to {most}"), sweeps, hint));
        }
        for sweep in 0..sweeps {
            self.sweep(1)?;
            self.population.append_count(0, sweep > 0, &mut self.plan);
        }
        self.executor.execute(&mut self.plan)?;
        self.population.moments(&mut self.executor, sweeps * self.population.chains as u64)
    }
}

impl OnDevice for GeneralChains {
    fn device(&mut self) -> (&mut Executor, &mut Plan) {
        (&mut self.executor, &mut self.plan)
    }

    fn course(&mut self) -> (&mut u64, Vec<Slot>) {
        let Weights { couplings, offsets, factors, .. } = self.weights;
        (&mut self.sweeps, vec![self.population.counts, couplings, offsets, factors])
    }
}

/// The uniform of a run.
pub(crate) fn run_of(seed: u64, chains: usize) -> Run {
    Run { seed_low: seed as u32, seed_high: (seed >> 32) as u32, chains: chains as u32, replicas: chains as u32 }
}

/// First states of these chains, words of 32 units: random, but for visible units that show the samples of the data.
pub(crate) fn random_states(
    machine: &GeneralMachine,
    chains: Range<usize>,
    clamped: Option<(&Patterns, &[usize])>,
    seed: u64,
) -> Vec<Vec<u32>> {
    let words = machine.units().div_ceil(GROUP);
    let state = |(number, chain): (usize, usize)| {
        let mut stream = Stream::new(seed, Purpose::Start, chain as u32);
        let mut state: Vec<u32> = (0..words).map(|_| stream.next_u32()).collect();
        if let Some((data, samples)) = clamped {
            let shown = data.words_of(samples[number]);
            for unit in 0..machine.visible() {
                let (word, bit) = (unit / GROUP, 1 << (unit % GROUP));
                state[word] = (state[word] & !bit) | (shown[word] & bit);
            }
        }
        state
    };
    chains.enumerate().map(state).collect()
}

/// Couplings and biases on the device, shared by all chains. They are integers in a unit that depends on them; the host lays
/// them out anew after every change, N² operations beside the N² chains/32 of a sweep.
#[derive(Debug)]
pub(crate) struct Weights {
    dense: Dense,
    couplings: Slot,
    offsets: Slot,
    factors: Slot,
}

impl Weights {
    /// Declares the memory, for populations of up to so many chains.
    ///
    /// # Errors
    /// [`Error::Limit`] for a matrix that does not fit in one binding, [`Error::Input`] for no chains.
    pub fn declare(plan: &mut Plan, gpu: &Gpu, machine: &GeneralMachine, most_chains: usize) -> Result<Self> {
        if most_chains == 0 {
            return Err(Error::input("chains", "at least 1", 0, "64 chains fill a small device"));
        }
        let model = machine.spins();
        let (need, have) = (model.matrix_bytes(), gpu.adapter().max_binding_bytes);
        if need > have {
            let what = "the couplings of a general machine (bytes)".into();
            let hint = "they must fit in one binding: use fewer units".into();
            return Err(Error::Limit { what, need, have, hint });
        }
        let dense = model.dense(most_chains as u32, gpu.lanes()?, gpu.parallelism());
        let couplings = plan.slot("couplings", need / 4);
        let offsets = plan.slot("offsets", 4 * u64::from(dense.quads()));
        let factors = plan.slot("factors", dense.chains() as u64);
        // How often units have flipped is not asked for.
        plan.slot("accepted", dense.chains() as u64);
        Ok(Self { dense, couplings, offsets, factors })
    }

    /// Appends what puts couplings and biases on the device.
    pub fn append(&self, couplings: &Couplings, biases: &[f32], plan: &mut Plan) {
        let mut dense = self.dense;
        dense.unit = unit_for(strengths(couplings, biases)[1]);
        let order: Vec<u32> = (0..couplings.sites() as u32).collect();
        let laid_out = dense.lay_out(couplings, biases, &order);
        let factors = dense.factors(std::iter::repeat_n(1.0, dense.chains()));
        plan.push(Op::Write(self.couplings, bytemuck::cast_slice(&laid_out.matrix).into()));
        plan.push(Op::Write(self.offsets, bytemuck::cast_slice(&laid_out.offsets).into()));
        plan.push(Op::Write(self.factors, bytemuck::cast_slice(&factors).into()));
    }
}

/// What a population of chains is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PopulationShape {
    /// Of the slots of spins and of counts.
    pub names: [&'static str; 2],
    pub chains: usize,
    /// The first units, so many, keep their values.
    pub held: usize,
    /// Groups whose correlations are found together.
    pub batch: usize,
    pub purpose: Purpose,
}

/// Chains that are alike.
#[derive(Debug)]
pub(crate) struct Population {
    dense: Dense,
    units: usize,
    chains: usize,
    held: usize,
    batch: usize,
    spins: Slot,
    counts: Slot,
    visit: KernelId,
    correlate: KernelId,
}

impl Population {
    /// Declares chains in these states, after the [`Weights`].
    ///
    /// # Errors
    /// [`Error::Limit`] for more than 32-bit indices or a bounded loop can count.
    pub fn declare(
        plan: &mut Plan,
        gpu: &Gpu,
        machine: &GeneralMachine,
        shape: PopulationShape,
        states: &[Vec<u32>],
    ) -> Result<Self> {
        let lanes = gpu.lanes()?;
        let dense = machine.spins().dense(shape.chains as u32, lanes, gpu.parallelism());
        dense.check()?;
        crate::plan::check_trips(shape.batch as u64, catalogue::CORRELATE.name)?;
        let [spins_name, counts_name] = shape.names;
        let spins = plan.slot_with(spins_name, &dense.spins(states));
        let quads = dense.quads();
        let counts = plan.slot(counts_name, 16 * u64::from(quads) * u64::from(quads));
        let mut constants = Constants::default();
        constants.set("PURPOSE", shape.purpose as u32).set("HELD", shape.held as u32);
        let source = catalogue::VISIT.source(catalogue::FREE)?;
        let visit = dense.kernel(plan, source, &constants, &[("spins", spins)]);
        let mut constants = Constants::default();
        constants.set("QUADS", quads).set("CHAINS", shape.chains as u32).set("BATCH_GROUPS", shape.batch as u32);
        let workgroup = workgroup_for(quads * quads, 1, lanes);
        let bindings = [("spins", spins), ("counts", counts)];
        let correlate = plan.kernel(catalogue::CORRELATE.source_alone()?, constants, workgroup, &bindings);
        let PopulationShape { chains, held, batch, .. } = shape;
        Ok(Self { dense, units: machine.units(), chains, held, batch, spins, counts, visit, correlate })
    }

    /// All groups of chains.
    pub fn all(&self) -> Range<u32> {
        0..self.dense.groups()
    }

    /// Groups and chains of the batch that begins with this group.
    pub fn batch_at(&self, first: u32) -> (Range<u32>, u64) {
        let last = (first + self.batch as u32).min(self.dense.groups());
        let chains = (last as usize * GROUP).min(self.chains) - first as usize * GROUP;
        (first..last, chains as u64)
    }

    /// Appends a sweep of these groups.
    pub fn append_sweep(&self, sweep: u64, groups: Range<u32>, plan: &mut Plan) {
        if self.held < self.units {
            let cut = |row| Tick { sweep, row, ..Tick::default() };
            self.dense.append_from(self.held, groups, self.visit, plan, cut);
        }
    }

    /// Appends the counts of the batch that begins with this group, added to what was counted before or anew.
    pub fn append_count(&self, first: u32, add: bool, plan: &mut Plan) {
        let quads = self.dense.quads();
        let tick = Tick { row: first, part: add.into(), ..Tick::default() };
        plan.dispatch(self.correlate, 0..quads * quads, 1, (self.batch as u64).min(MAX_TRIPS), tick);
    }

    /// Reads the moments of so many counted states.
    ///
    /// # Errors
    /// What the device reports.
    pub fn moments(&self, executor: &mut Executor, states: u64) -> Result<Moments> {
        let padded = 4 * self.dense.quads() as usize;
        let counts = executor.read(self.counts, 4 * (padded * padded) as u64)?;
        Ok(Moments::from_counts(self.units, padded, states, &counts))
    }
}
