//! Chains of rasters of a field of neurons on the device.

mod sampling;

use super::moments::Counters;
use super::strands::Strands;
use super::weights::{Weights, as_gas};
use super::{NeuralField, Raster, Reading};
use crate::dense::Dense;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run};
use crate::plan::{KernelId, Plan, Slot, Tick, check_trips};
use crate::random::{Event, Purpose, Stream};
use crate::shader::catalogue;
use rand::Rng as _;
use std::borrow::Cow;

/// Operations that are handed to the device at once.
const BATCH: usize = 1024;

/// Chains of a field of neurons before they are built. From [`Gpu::neural_field`].
#[derive(Debug, Clone)]
pub struct FieldBuilder<'a> {
    gpu: Gpu,
    field: &'a NeuralField,
    ticks: usize,
    chains: usize,
    seed: u64,
    lags: usize,
    clamp: Option<(&'a Raster, &'a Raster)>,
    start: Option<&'a Raster>,
}

impl Gpu {
    /// Chains of whole rasters, neurons × ticks, of a field of neurons.
    ///
    /// In [equilibrium](Reading::Equilibrium) a sweep is one of heat bath: with couplings over lags 1 … L, ticks of equal
    /// a mod (L + 1) have no couplings to each other (odd and even ticks for L = 1, all ticks for L = 0), so that all of one
    /// such colour in all chains are visited at once, colour after colour; inside a tick neurons are visited one after another,
    /// as every neuron is coupled to every other. A [causal](Reading::Causal) field is drawn tick after tick from silence:
    /// every sweep gives rasters that are independent of those before.
    ///
    /// Log odds are exact integers, multiples of a power of two, 2⁻²⁹ to 2⁻²⁸ of the largest that they can be. No result depends
    /// on how many chains there are beside one, or on how they lie in memory; exponentials decide, as for
    /// [`PairwiseSpins`](crate::PairwiseSpins), so that runs on different adapters agree in distribution.
    pub fn neural_field<'a>(&self, field: &'a NeuralField, ticks: usize) -> FieldBuilder<'a> {
        let lags = field.lags().max(1).min(ticks.saturating_sub(1));
        FieldBuilder { gpu: self.clone(), field, ticks, chains: 32, seed: 0, lags, clamp: None, start: None }
    }
}

impl<'a> FieldBuilder<'a> {
    /// How many independent chains there are (default: 32).
    #[must_use]
    pub fn chains(mut self, chains: usize) -> Self {
        self.chains = chains;
        self
    }

    /// The seed (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The longest lag whose correlation is measured (default: the field's, at least 1).
    #[must_use]
    pub fn lags(mut self, lags: usize) -> Self {
        self.lags = lags;
        self
    }

    /// Clamps the sites that fire in `mask` to what they do in `observed`. Each has one trial for all chains, or one a chain.
    #[must_use]
    pub fn clamp(mut self, mask: &'a Raster, observed: &'a Raster) -> Self {
        self.clamp = Some((mask, observed));
        self
    }

    /// The rasters that the chains begin at, one trial for all or one a chain. Otherwise each site fires with probability ½.
    #[must_use]
    pub fn start(mut self, start: &'a Raster) -> Self {
        self.start = Some(start);
        self
    }

    /// Puts the chains on the device.
    ///
    /// # Errors
    /// [`Error::Input`] for no chains or ticks, lags beyond the last tick, rasters of another shape, or sites of a causal field
    /// that are clamped; [`Error::Limit`] for what the adapter or 32-bit indices cannot hold.
    pub fn build(self) -> Result<FieldChains> {
        self.check()?;
        let (field, neurons) = (self.field, self.field.neurons());
        let gas = as_gas(field, self.ticks)?;
        let causal = field.reading() == Reading::Causal;
        let longest = gas.lags().max(self.lags);
        let strands = if causal {
            Strands::causal(self.ticks, self.chains, gas.lags().max(1), longest)
        } else {
            Strands::new(self.ticks, self.chains, gas.lags() + 1, longest)
        };
        let padded = neurons.next_multiple_of(crate::dense::WIDTH);
        strands.check(padded)?;
        // Before anything is packed: spins and clamps have a bit a site each.
        let (need, have) = (4 * (strands.groups() * padded) as u64, self.gpu.adapter().max_binding_bytes);
        if need > have {
            let hint = "use fewer ticks, neurons or chains".into();
            return Err(Error::Limit { what: "rasters of a field of neurons (bytes)".into(), need, have, hint });
        }
        let (lanes, parallelism) = (self.gpu.lanes()?, self.gpu.parallelism());
        // Groups of 32 strands at a tick are chains of the family of explicit couplings.
        let members = (strands.groups() * crate::dense::WIDTH) as u32;
        let dense = Dense::new(neurons, 1.0, members, lanes, parallelism).with_besides(8 * gas.lags() as u64);
        dense.check()?;
        let mut plan = Plan::default();
        let weights = Weights::declare(&mut plan, &gas, dense, self.ticks);
        let spins = plan.slot_with("spins", &strands.pack(neurons, padded, false, |r, i| self.first(r, i)));
        let clamped = strands.pack(neurons, padded, true, |r, i| match self.clamp {
            Some((mask, _)) => Cow::Borrowed(row(mask, r, i)),
            None => Cow::Owned(vec![0; self.ticks.div_ceil(32)]),
        });
        plan.slot_with("clamped", &clamped);
        plan.slot("accepted", dense.chains() as u64);
        let mut constants = strands.constants();
        constants.set("PURPOSE", Purpose::HeatBath as u32).set("LAGS", gas.lags() as u32);
        constants.set("CAUSAL", u8::from(causal)).set("DRIVEN", u8::from(weights.driven()));
        let source = match causal {
            true => catalogue::FOLLOW.source_alone()?,
            false => catalogue::VISIT.source(catalogue::NEURONS)?,
        };
        let kernel = dense.kernel(&mut plan, source, &constants, &[]);
        let counters = Counters::declare(&mut plan, strands, neurons, self.lags, lanes)?;
        let run = Run {
            seed_low: self.seed as u32,
            seed_high: (self.seed >> 32) as u32,
            chains: self.chains as u32,
            replicas: self.chains as u32,
        };
        weights.append(&gas, &mut plan)?;
        let writes = std::mem::take(&mut plan.ops);
        let mut executor = Executor::new(&self.gpu, &mut plan, run)?;
        plan.ops = writes;
        executor.execute(&mut plan)?;
        Ok(FieldChains {
            plan,
            executor,
            weights,
            strands,
            dense,
            kernel,
            spins,
            counters,
            causal,
            neurons,
            sweeps: 0,
            handed: 0,
        })
    }

    fn check(&self) -> Result<()> {
        let (field, ticks) = (self.field, self.ticks);
        field.check_ticks(ticks)?;
        if self.chains == 0 {
            return Err(Error::input("chains", "at least 1", 0, "32 chains fill a word"));
        }
        let most = 1 << 24;
        if self.chains > most || ticks > most {
            let need = self.chains.max(ticks) as u64;
            let hint = "use fewer chains or ticks".into();
            return Err(Error::Limit { what: "chains or ticks of a field".into(), need, have: most as u64, hint });
        }
        if self.lags >= ticks {
            let hint = "two ticks that are further apart than the raster is long do not exist";
            return Err(Error::input("lags to be measured", format!("0 to {}", ticks - 1), self.lags, hint));
        }
        check_trips(8 * field.lags() as u64, "visit")?;
        if self.clamp.is_some() && field.reading() == Reading::Causal {
            let hint = "what is observed later tells of what came before, which a causal draw cannot know: read the field in \
                        equilibrium";
            return Err(Error::input("clamped sites", "none of a causal field", "some", hint));
        }
        let rasters = [
            ("mask of clamped sites", self.clamp.map(|(mask, _)| mask)),
            ("values of clamped sites", self.clamp.map(|(_, observed)| observed)),
            ("start", self.start),
        ];
        for (what, raster) in rasters {
            let Some(raster) = raster else { continue };
            let fits = raster.trials() == 1 || raster.trials() == self.chains;
            if !fits || raster.neurons() != field.neurons() || raster.ticks() != ticks {
                let wanted = format!("1 or {} x {} neurons x {ticks} ticks", self.chains, field.neurons());
                let got = format!("{} x {} neurons x {} ticks", raster.trials(), raster.neurons(), raster.ticks());
                return Err(Error::input(what, wanted, got, "give rasters of the shape of the chains"));
            }
        }
        Ok(())
    }

    /// The first row of a neuron in a chain. A causal field begins in silence, and is drawn before it is looked at.
    fn first(&self, replica: usize, neuron: usize) -> Cow<'a, [u32]> {
        let words = self.ticks.div_ceil(32);
        let begun = match self.start {
            _ if self.field.reading() == Reading::Causal => Cow::Owned(vec![0; words]),
            Some(start) => Cow::Borrowed(row(start, replica, neuron)),
            None => {
                let (index, chain) = (neuron as u32, replica as u32);
                let event = Event { seed: self.seed, purpose: Purpose::Start, index, chain, sweep: 0, part: 0 };
                let mut stream = Stream::of(event);
                Cow::Owned((0..words).map(|_| stream.next_u32()).collect())
            }
        };
        let Some((mask, observed)) = self.clamp else { return begun };
        let held = row(mask, replica, neuron).iter().zip(row(observed, replica, neuron));
        begun.iter().zip(held).map(|(&free, (&mask, &seen))| free & !mask | seen & mask).collect()
    }
}

/// The words of a neuron in a chain, of rasters that all chains may share.
fn row(raster: &Raster, chain: usize, neuron: usize) -> &[u32] {
    raster.row(chain % raster.trials(), neuron)
}

/// Chains of whole rasters on a device.
#[derive(Debug)]
pub struct FieldChains {
    plan: Plan,
    executor: Executor,
    weights: Weights,
    strands: Strands,
    dense: Dense,
    kernel: KernelId,
    spins: Slot,
    counters: Counters,
    causal: bool,
    neurons: usize,
    sweeps: u64,
    /// Operations that the device was handed since it was last waited for.
    handed: usize,
}

impl FieldChains {
    /// Makes sweeps.
    ///
    /// # Errors
    /// [`Error::Interrupted`], or what the device reports.
    pub fn sweep(&mut self, sweeps: u64) -> Result<()> {
        for _ in 0..sweeps {
            self.append_sweep()?;
        }
        self.executor.execute(&mut self.plan)
    }

    fn append_sweep(&mut self) -> Result<()> {
        let sweep = self.sweeps;
        self.sweeps += 1;
        if self.causal {
            for tick in 0..self.strands.ticks {
                let groups = self.strands.of_tick(tick);
                self.dense.append_at_once(groups, self.kernel, &mut self.plan, Tick { sweep, ..Tick::default() });
                self.execute_if_many()?;
            }
        } else {
            for colour in 0..self.strands.colours {
                let groups = self.strands.of_colour(colour);
                let cut = |row| Tick { sweep, row, ..Tick::default() };
                self.dense.append_from(0, groups, self.kernel, &mut self.plan, cut);
            }
        }
        self.execute_if_many()
    }

    fn execute_if_many(&mut self) -> Result<()> {
        if self.plan.ops.len() < BATCH {
            return Ok(());
        }
        self.handed += self.plan.ops.len();
        self.executor.execute(&mut self.plan)
    }

    /// Waits until the device has made all sweeps that were asked for.
    ///
    /// # Errors
    /// [`Error::Interrupted`], or what the device reports.
    pub fn finish(&mut self) -> Result<()> {
        self.executor.finish()
    }

    /// Sweeps made so far.
    pub fn sweeps(&self) -> u64 {
        self.sweeps
    }

    /// Goes on with other couplings, of a field of the same shape: chains of learning stay where they are.
    ///
    /// # Errors
    /// [`Error::Input`] for other neurons, lags or reading, or an input of another kind; what the device reports.
    pub fn set_field(&mut self, field: &NeuralField) -> Result<()> {
        if field.neurons() != self.neurons || (field.reading() == Reading::Causal) != self.causal {
            let got = format!("{} neurons, {}", field.neurons(), field.reading().name());
            let reading = if self.causal { Reading::Causal } else { Reading::Equilibrium };
            let wanted = format!("{} neurons, {}", self.neurons, reading.name());
            return Err(Error::input("field of these chains", wanted, got, "build new chains"));
        }
        self.weights.append(&as_gas(field, self.strands.ticks)?, &mut self.plan)?;
        self.executor.execute(&mut self.plan)
    }

    /// The rasters, a trial a chain.
    ///
    /// # Errors
    /// What the device reports.
    pub fn states(&mut self) -> Result<Raster> {
        let words = self.executor.read(self.spins, 4 * self.dense.words())?;
        self.strands.unpack(self.neurons, 4 * self.dense.quads() as usize, &words)
    }

    /// Puts the chains, none of whose sites are clamped, to what [`states`](Self::states) gave of them.
    pub(crate) fn set_states(&mut self, states: &Raster) -> Result<()> {
        let padded = 4 * self.dense.quads() as usize;
        let words = self.strands.pack(self.neurons, padded, false, |r, i| Cow::Borrowed(row(states, r, i)));
        self.executor.write(self.spins, bytemuck::cast_slice(&words))
    }
}
