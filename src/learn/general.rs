//! Learning a general Boltzmann machine from data.

use super::contrastive::check_rate;
use crate::boltzmann::{GROUP, GeneralMachine, Moments, Population, PopulationShape, Weights, random_states, run_of};
use crate::couplings::Couplings;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu};
use crate::io::checkpoint::{Sections, unfit};
use crate::patterns::Patterns;
use crate::plan::Plan;
use crate::random::{Event, Purpose, Stream, permutation};

/// A coupling or bias beyond this is no machine any more: single precision still holds its exponentials' arguments.
const LARGEST: f64 = 1e6;

/// A training of a general machine before it begins. From [`Gpu::train_general`].
#[derive(Debug, Clone)]
pub struct GeneralTrainBuilder<'a> {
    gpu: Gpu,
    machine: &'a GeneralMachine,
    data: &'a Patterns,
    batch: Option<usize>,
    replicas: usize,
    chains: usize,
    sweeps: u32,
    burn_in: u32,
    learning_rate: f64,
    weight_decay: f64,
    seed: u64,
}

impl Gpu {
    /// Learns a general Boltzmann machine from data of ±1, one sample a pattern, beginning with this machine: stochastic
    /// ascent of the log-likelihood, both of whose averages are taken over persistent chains (D. H. Ackley, G. E. Hinton and T.
    /// J. Sejnowski, Cognitive Science 9, 147 (1985); R. M. Neal, Artificial Intelligence 56, 71 (1992)),
    ///
    /// ΔJ_ij = r (⟨s_i s_j⟩_data − ⟨s_i s_j⟩_machine − λ J_ij),   Δh_i = r (⟨s_i⟩_data − ⟨s_i⟩_machine).
    pub fn train_general<'a>(&self, machine: &'a GeneralMachine, data: &'a Patterns) -> GeneralTrainBuilder<'a> {
        GeneralTrainBuilder {
            gpu: self.clone(),
            machine,
            data,
            batch: None,
            replicas: 1,
            chains: 1024,
            sweeps: 1,
            burn_in: 0,
            learning_rate: 0.05,
            weight_decay: 0.0,
            seed: 0,
        }
    }
}

impl GeneralTrainBuilder<'_> {
    /// Clamped chains a step, rounded up to whole words of 32 (default: all). They are dealt out once, in random order, and
    /// batches follow each other.
    #[must_use]
    pub fn batch(mut self, chains: usize) -> Self {
        self.batch = Some(chains);
        self
    }

    /// Clamped chains a sample (default: 1), whose hidden units differ. Few samples need many.
    #[must_use]
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// Free chains, of which the machine's averages are taken (default: 1,024).
    #[must_use]
    pub fn chains(mut self, chains: usize) -> Self {
        self.chains = chains;
        self
    }

    /// Sweeps of all chains before every step (default: 1).
    #[must_use]
    pub fn sweeps(mut self, sweeps: u32) -> Self {
        self.sweeps = sweeps;
        self
    }

    /// Sweeps of all chains, clamped ones too, before the first step (default: 0): hidden units begin at random, as they are under
    /// weak couplings, and those of a machine that has learnt already must find their place first.
    #[must_use]
    pub fn burn_in(mut self, sweeps: u32) -> Self {
        self.burn_in = sweeps;
        self
    }

    /// The learning rate r (default: 0.05).
    #[must_use]
    pub fn learning_rate(mut self, rate: f64) -> Self {
        self.learning_rate = rate;
        self
    }

    /// λ of the penalty ½ λ Σ_{i<j} J_ij² (default: 0); biases are free.
    #[must_use]
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.weight_decay = decay;
        self
    }

    /// The seed (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Puts data and machine on the device.
    ///
    /// # Errors
    /// [`Error::Input`] for data of another width or a parameter out of range, [`Error::Limit`] for more than the adapter
    /// holds.
    pub fn build(&self) -> Result<GeneralTrainer> {
        self.machine.check_data(self.data)?;
        check_rate(self.learning_rate)?;
        if !(0.0..=1e6).contains(&self.weight_decay) {
            return Err(Error::input("weight decay", "0 to 1e6", self.weight_decay, "1e-4 is common"));
        }
        let count = self.data.count().saturating_mul(self.replicas);
        for (what, value) in [("chains", self.chains), ("clamped chains a sample", self.replicas)] {
            if !(1..=1 << 24).contains(&value) {
                return Err(Error::input(what, "1 to 16777216", value, "1,024 chains in all are common"));
            }
        }
        let batch = self.batch.unwrap_or(count);
        if batch == 0 || batch > count {
            let hint = "a batch has no more chains than samples x replicas";
            return Err(Error::input("batch", format!("1 to {count}, the clamped chains"), batch, hint));
        }
        if !(1..=10_000).contains(&self.sweeps) {
            return Err(Error::input("sweeps a step", "1 to 10000", self.sweeps, "1 follows persistent chains"));
        }
        if self.burn_in > 1_000_000 {
            return Err(Error::input("sweeps of burn-in", "0 to 1000000", self.burn_in, "100 are common"));
        }
        if count.saturating_add(self.chains) > u32::MAX as usize {
            let (need, have) = (count as u64, u64::from(u32::MAX));
            let hint = "use fewer replicas".into();
            return Err(Error::Limit { what: "clamped chains".into(), need, have, hint });
        }
        self.declare(count, batch)
    }

    fn declare(&self, count: usize, batch: usize) -> Result<GeneralTrainer> {
        let mut plan = Plan::default();
        let weights = Weights::declare(&mut plan, &self.gpu, self.machine, count.max(self.chains))?;
        // Both populations begin and sweep with random words of their own.
        let free = PopulationShape {
            names: ["free_spins", "free_counts"],
            chains: self.chains,
            held: 0,
            batch: self.chains.div_ceil(GROUP),
            purpose: Purpose::HeatBath,
        };
        let states = random_states(self.machine, 0..self.chains, None, self.seed);
        let free = Population::declare(&mut plan, &self.gpu, self.machine, free, &states)?;
        let clamped = PopulationShape {
            names: ["clamped_spins", "clamped_counts"],
            chains: count,
            held: self.machine.visible(),
            batch: batch.div_ceil(GROUP),
            purpose: Purpose::Hidden,
        };
        let event = Event { seed: self.seed, purpose: Purpose::Minibatch, index: 0, chain: 0, sweep: 0, part: 0 };
        let order = permutation(count as u32, &mut Stream::of(event));
        let samples: Vec<usize> = order.into_iter().map(|number| number as usize % self.data.count()).collect();
        let chains = self.chains..self.chains + count;
        let states = random_states(self.machine, chains, Some((self.data, &samples)), self.seed);
        let clamped = Population::declare(&mut plan, &self.gpu, self.machine, clamped, &states)?;
        let executor = Executor::new(&self.gpu, &mut plan, run_of(self.seed, count.max(self.chains)))?;
        let wide = |values: &[f32]| values.iter().copied().map(f64::from).collect();
        Ok(GeneralTrainer {
            plan,
            executor,
            weights,
            free,
            clamped,
            machine: self.machine.clone(),
            couplings: wide(self.machine.couplings().values()),
            biases: wide(self.machine.biases()),
            sweeps: self.sweeps,
            burn_in: self.burn_in,
            moment_error: f64::NAN,
            rate: self.learning_rate,
            decay: self.weight_decay,
            next: 0,
            step: 0,
        })
    }
}

/// A general machine that learns, step by step.
///
/// Chains and moments stay on the device; of a step the moments of both populations come to the host, which keeps couplings in
/// double precision and hands them back as integers of a new unit: 12 N² bytes and some N² operations a step, few beside the
/// N² C/32 of a sweep of C chains. The
/// same seed gives the same couplings on the same adapter.
#[derive(Debug)]
pub struct GeneralTrainer {
    plan: Plan,
    executor: Executor,
    weights: Weights,
    free: Population,
    clamped: Population,
    machine: GeneralMachine,
    couplings: Vec<f64>,
    biases: Vec<f64>,
    sweeps: u32,
    burn_in: u32,
    moment_error: f64,
    rate: f64,
    decay: f64,
    /// The first group of the next batch.
    next: u32,
    step: u64,
}

impl GeneralTrainer {
    /// Makes steps.
    ///
    /// # Errors
    /// [`Error::Run`] where a coupling grows beyond 10⁶, [`Error::Interrupted`], or what the device reports.
    pub fn steps(&mut self, steps: u64) -> Result<()> {
        for _ in 0..steps {
            let gradient = self.gradient()?;
            self.ascend(&gradient)?;
        }
        Ok(())
    }

    /// The machine as it is.
    pub fn machine(&self) -> &GeneralMachine {
        &self.machine
    }

    /// Steps made.
    pub fn steps_made(&self) -> u64 {
        self.step
    }

    /// The root mean square of ⟨s_i s_j⟩_data − ⟨s_i s_j⟩_machine over all pairs in the last step, as the chains tell it, of which C
    /// give an error of 1/√C; not a number before the first step.
    pub fn moment_error(&self) -> f64 {
        self.moment_error
    }

    /// Changes the learning rate from the next step on, for a schedule: with a constant rate couplings keep fluctuating.
    ///
    /// # Errors
    /// [`Error::Input`] for what is no rate.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        check_rate(rate)?;
        self.rate = rate;
        Ok(())
    }

    /// Where the training stands, between two steps.
    ///
    /// # Errors
    /// What the device reports.
    pub fn save(&mut self) -> Result<Sections> {
        let mut sections = Sections::new();
        sections.put_numbers("course", &[self.step, u64::from(self.next)]);
        sections.put_numbers("moment error", &[self.moment_error]);
        sections.put_numbers("couplings", &self.couplings).put_numbers("biases", &self.biases);
        sections.nest("memory", self.executor.save(&self.plan, &[])?);
        Ok(sections)
    }

    /// Goes on from where a training of the same options was [saved](Self::save), as if it had never stopped.
    ///
    /// # Errors
    /// [`Error::Input`] for what was saved of another training; what the device reports.
    pub fn restore(&mut self, saved: &Sections) -> Result<()> {
        let ([step, next], [moment_error]) = (saved.array("course")?, saved.array("moment error")?);
        let (couplings, biases) = (saved.numbers::<f64>("couplings")?, saved.numbers::<f64>("biases")?);
        if [couplings.len(), biases.len()] != [self.couplings.len(), self.biases.len()] {
            let wanted = format!("{} couplings and {} biases", self.couplings.len(), self.biases.len());
            return Err(unfit("couplings", wanted, format!("{} and {}", couplings.len(), biases.len())));
        }
        let groups = u64::from(self.clamped.all().end);
        if next >= groups.max(1) {
            return Err(unfit("course", format!("one of {groups} groups"), next));
        }
        let memory = saved.required("memory")?;
        self.executor.restore(&mut self.plan, &[], &memory)?;
        (self.couplings, self.biases) = (couplings, biases);
        (self.step, self.next, self.moment_error) = (step, next as u32, moment_error);
        self.take_parameters()
    }

    /// Sweeps all chains under the present couplings: moments of the batch less those of the machine.
    fn gradient(&mut self) -> Result<Moments> {
        self.weights.append(self.machine.couplings(), self.machine.biases(), &mut self.plan);
        if self.step == 0 {
            for sweep in 0..u64::from(self.burn_in) {
                self.clamped.append_sweep(sweep, self.clamped.all(), &mut self.plan);
                self.free.append_sweep(sweep, self.free.all(), &mut self.plan);
                if self.plan.ops.len() >= 1024 {
                    self.executor.execute(&mut self.plan)?;
                }
            }
        }
        let (groups, samples) = self.clamped.batch_at(self.next);
        for sweep in 0..u64::from(self.sweeps) {
            let sweep = u64::from(self.burn_in) + self.step * u64::from(self.sweeps) + sweep;
            self.clamped.append_sweep(sweep, groups.clone(), &mut self.plan);
            self.free.append_sweep(sweep, self.free.all(), &mut self.plan);
        }
        self.clamped.append_count(groups.start, false, &mut self.plan);
        self.free.append_count(0, false, &mut self.plan);
        self.executor.execute(&mut self.plan)?;
        self.next = if groups.end == self.clamped.all().end { 0 } else { groups.end };
        self.step += 1;
        let (_, chains) = self.free.batch_at(0);
        let free = self.free.moments(&mut self.executor, chains)?;
        Ok(self.clamped.moments(&mut self.executor, samples)?.minus(&free))
    }

    fn ascend(&mut self, gradient: &Moments) -> Result<()> {
        let units = self.machine.units() as f64;
        let squares: f64 = gradient.correlations().iter().map(|slope| slope * slope).sum();
        self.moment_error = (squares / (units * (units - 1.0)).max(1.0)).sqrt();
        for (coupling, slope) in self.couplings.iter_mut().zip(gradient.correlations()) {
            *coupling += self.rate * (slope - self.decay * *coupling);
        }
        self.biases.iter_mut().zip(gradient.means()).for_each(|(bias, slope)| *bias += self.rate * slope);
        if self.couplings.iter().chain(&self.biases).any(|value| value.is_nan() || value.abs() > LARGEST) {
            return Err(Error::Run {
                what: format!("the couplings have diverged at step {}", self.step),
                hint: "use a smaller learning rate or weight decay".into(),
            });
        }
        self.take_parameters()
    }

    /// The machine of the present couplings and biases.
    fn take_parameters(&mut self) -> Result<()> {
        let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
        let couplings = Couplings::new(self.machine.units(), narrow(&self.couplings))?;
        self.machine = GeneralMachine::new(self.machine.visible(), couplings, narrow(&self.biases))?;
        Ok(())
    }
}
