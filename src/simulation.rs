//! A simulation: a model, a dynamics, points and replicas on one device.

mod running;
mod saving;

use crate::dynamics::{Dynamics, Hmc};
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run as RunUniform};
use crate::model::{Build, Differentiable, Hopfield, Local, Model, PairwiseSpins, Scalar, Start};
use crate::observable::{Handle, Observable};
use crate::packed::PackedLattice;
use crate::patterns::Patterns;
use crate::plan::Plan;
use crate::recorder::Watched;
use crate::two_layer::{TwoLayer, state_hash, state_of_chain};
use running::SweepPace;

/// What a simulation is made of, before it is built. From [`Gpu::simulate`].
#[derive(Debug, Clone)]
pub struct SimulationBuilder<M, D> {
    gpu: Gpu,
    models: Vec<M>,
    dynamics: D,
    betas: Vec<f64>,
    replicas: u32,
    seed: u64,
    start: Start,
    packed: bool,
}

impl Gpu {
    /// Begins a simulation of a model under a dynamics that its traits admit.
    pub fn simulate<M: Model, D: Dynamics<M>>(&self, model: M, dynamics: D) -> SimulationBuilder<M, D> {
        SimulationBuilder {
            gpu: self.clone(),
            models: vec![model],
            dynamics,
            betas: vec![1.0],
            replicas: 1,
            seed: 0,
            start: Start::Hot,
            packed: true,
        }
    }
}

impl<M: Model, D: Dynamics<M>> SimulationBuilder<M, D> {
    /// The inverse temperatures, one point each (default: 1).
    #[must_use]
    pub fn betas(mut self, betas: &[f64]) -> Self {
        self.betas = betas.to_vec();
        self
    }

    /// Several models instead of one, to sweep their parameters: one point each, times the inverse temperatures.
    #[must_use]
    pub fn models(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.models = models.into_iter().collect();
        self
    }

    /// Independent chains at every point (default: 1).
    #[must_use]
    pub fn replicas(mut self, replicas: u32) -> Self {
        self.replicas = replicas;
        self
    }

    /// The seed (default: 0). The same seed and configuration give the same chains.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How chains begin (default: hot).
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// Whether two-state spins are packed as bits where model, dynamics and sides allow it (default: yes). Both layouts
    /// sample the same distribution, with other random words.
    #[must_use]
    pub fn packed(mut self, packed: bool) -> Self {
        self.packed = packed;
        self
    }

    /// Checks everything, allocates and compiles.
    ///
    /// # Errors
    /// [`Error::Input`] for parameters out of range, [`Error::Limit`] for what the adapter cannot hold.
    pub fn build(self) -> Result<Simulation<M, D>> {
        let points = self.models.len() * self.betas.len();
        if points == 0 {
            return Err(Error::input("points", "at least one model and one beta", 0, "give betas"));
        }
        if self.replicas == 0 {
            return Err(Error::input("replicas", "at least 1", 0, "1 is a single chain"));
        }
        if let Some(beta) = self.betas.iter().find(|beta| beta.is_nan() || **beta < 0.0) {
            return Err(Error::input("beta", "a number >= 0", beta, "beta is the inverse temperature 1/T"));
        }
        self.dynamics.check()?;
        for model in &self.models {
            model.check()?;
        }
        let chains = u64::from(self.replicas) * points as u64;
        let sites = u64::from(self.models[0].sites());
        // Sites of all chains are counted in 32 bits on the device.
        if chains.saturating_mul(sites) >= 1 << 32 {
            return Err(Error::Limit {
                what: "points x replicas x sites".into(),
                need: chains.saturating_mul(sites),
                have: (1 << 32) - 1,
                hint: "use fewer replicas or points, or a smaller system".into(),
            });
        }
        let packs = self.packed && self.dynamics.packs();
        let packed = if packs { M::packed(&self.models, chains as u32) } else { None };
        let bytes =
            packed.as_ref().map_or(chains * self.models[0].state_bytes(), |packed| 16 * u64::from(packed.blocks()));
        let (need, have) = (bytes, self.gpu.adapter().max_binding_bytes);
        if need > have {
            let hint = "bytes in one binding: use fewer replicas or points, or a smaller system";
            return Err(Error::Limit { what: "the state of all chains".into(), need, have, hint: hint.into() });
        }
        let need = self.models[0].shared_bytes(self.replicas);
        if need > have {
            let hint = "they must fit in one binding: use a smaller system, or share samples among more replicas";
            return Err(Error::Limit { what: "couplings (bytes)".into(), need, have, hint: hint.into() });
        }
        let betas: Vec<f64> = self.models.iter().flat_map(|_| self.betas.iter().copied()).collect();
        let models: Vec<M> = self.models.iter().flat_map(|model| self.betas.iter().map(|_| model.clone())).collect();
        let (lanes, tuning) = (self.gpu.lanes()?, self.gpu.tuning());
        let mut plan = Plan::default();
        let mut build = Build {
            plan: &mut plan,
            models: &models,
            betas: &betas,
            replicas: self.replicas,
            lanes,
            batch_bytes: tuning.batch_bytes,
            seed: self.seed,
            chains: chains as u32,
            ladder: if self.betas.len() > 1 { self.betas.len() } else { self.models.len() } as u32,
            tempered: false,
            by_place: false,
            rebound: Vec::new(),
            packed,
            parallelism: self.gpu.parallelism(),
            two_layer: None,
        };
        M::declare(&mut build, self.start)?;
        let program = self.dynamics.prepare(&mut build)?;
        let ladder = build.ladder;
        let (two_layer, packed) = (build.two_layer.take(), build.packed.take());
        let uniform = RunUniform {
            seed_low: self.seed as u32,
            seed_high: (self.seed >> 32) as u32,
            chains: chains as u32,
            replicas: self.replicas,
        };
        let mut executor = Executor::new(&self.gpu, &mut plan, uniform)?;
        executor.execute(&mut plan)?;
        Ok(Simulation {
            models,
            betas,
            replicas: self.replicas,
            dynamics: self.dynamics,
            program,
            plan,
            executor,
            gpu: self.gpu,
            seed: self.seed,
            packed,
            ladder,
            two_layer,
            sweep: 0,
            watched: Vec::new(),
            failure: None,
            pace: SweepPace::default(),
        })
    }
}

/// Chains of a model on a device, and what is observed of them.
#[derive(Debug)]
pub struct Simulation<M: Model, D: Dynamics<M>> {
    models: Vec<M>,
    betas: Vec<f64>,
    replicas: u32,
    dynamics: D,
    program: D::Program,
    plan: Plan,
    executor: Executor,
    gpu: Gpu,
    seed: u64,
    packed: Option<PackedLattice>,
    ladder: u32,
    two_layer: Option<TwoLayer>,
    sweep: u64,
    watched: Vec<Watched<M>>,
    /// An observable that could not be declared; reported by the next run.
    failure: Option<Error>,
    pace: SweepPace,
}

impl<M: Model, D: Dynamics<M>> Simulation<M, D> {
    /// Records an observable from the next run on. What is wrong with it is reported by every later run.
    pub fn observe<O: Observable<M> + 'static>(&mut self, observable: O) -> Handle<O> {
        let (tuning, chains) = (self.gpu.tuning(), self.chains());
        let mut build = Build {
            plan: &mut self.plan,
            models: &self.models,
            betas: &self.betas,
            replicas: self.replicas,
            lanes: tuning.lanes,
            batch_bytes: tuning.batch_bytes,
            seed: self.seed,
            chains,
            ladder: self.ladder,
            tempered: self.dynamics.moves_chains(),
            by_place: self.dynamics.moves_chains(),
            rebound: Vec::new(),
            packed: self.packed.clone(),
            parallelism: self.gpu.parallelism(),
            two_layer: self.two_layer.clone(),
        };
        match observable.probe(&mut build) {
            Ok(probe) => self.watched.push(Watched { observable: Box::new(observable), probe }),
            Err(error) => self.failure = Some(error),
        }
        Handle::new(self.watched.len().saturating_sub(1))
    }

    /// All chains, at all points.
    pub fn chains(&self) -> u32 {
        self.replicas * self.models.len() as u32
    }

    /// Points that follow each other on one ladder of replica exchange: the betas or, where there is one only, the models.
    pub fn ladder(&self) -> usize {
        self.ladder as usize
    }

    /// Sweeps handed to the device so far; after an error or an interrupt the last of them may not have been made.
    pub fn sweeps(&self) -> u64 {
        self.sweep
    }

    /// Allocates and compiles what is observed, which a run does otherwise.
    ///
    /// # Errors
    /// [`Error::Limit`] for what the adapter cannot hold.
    pub fn prepare(&mut self) -> Result<()> {
        self.executor.extend(&mut self.plan)
    }

    /// Makes sweeps without measuring.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], [`Error::Interrupted`].
    pub fn advance(&mut self, sweeps: u64, progress: &mut dyn FnMut(u64)) -> Result<()> {
        let end = self.sweep.saturating_add(sweeps);
        while self.sweep < end {
            self.append_sweeps(end);
            self.hand_over()?;
            progress(self.sweep);
        }
        Ok(())
    }

    /// Waits until the device has made all sweeps: [`advance`](Self::advance) returns while the last of them are still
    /// under way.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn wait(&mut self) -> Result<()> {
        self.executor.finish()?;
        self.heed_alarm()
    }

    /// An error where a kernel has given up since the simulation began.
    fn heed_alarm(&mut self) -> Result<()> {
        let Some(slot) = self.plan.find(Plan::ALARM) else { return Ok(()) };
        match self.executor.read(slot, 4)?.first() {
            Some(0) => Ok(()),
            _ => Err(Error::Run {
                what: "clusters were left unfinished".into(),
                hint: "this is a defect of spinfield or of the driver; try another adapter and report it".into(),
            }),
        }
    }

    /// The plan's listing: memory, and the operations of one sweep with its measurements.
    pub fn plan_of_one_sweep(&self) -> String {
        let mut plan = self.plan.clone();
        plan.ops.clear();
        self.dynamics.append_recorded(&self.program, self.sweep * self.dynamics.numbers(), &mut plan);
        for watched in &self.watched {
            watched.append(0, self.chains(), self.sweep, &mut plan);
        }
        plan.to_string()
    }

    /// The chains in the order of their places.
    fn occupants(&mut self) -> Result<Vec<u32>> {
        if self.dynamics.moves_chains() { self.read_slot("occupants") } else { Ok((0..self.chains()).collect()) }
    }

    fn read_slot(&mut self, name: &str) -> Result<Vec<u32>> {
        self.heed_alarm()?;
        let slot = self.plan.find(name).ok_or_else(|| Error::input(name, "a slot", "none", "report this"))?;
        self.executor.read(slot, self.plan.slots[slot.0].bytes)
    }
}

impl<M: Local, D: Dynamics<M>> Simulation<M, D> {
    /// The configurations of all chains, chain after chain, sites in the lattice's order. Where chains swap places, those
    /// of the first point come first, whichever chains they are.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn configurations(&mut self) -> Result<Vec<f32>> {
        let order = self.occupants()?;
        if let Some(packed) = self.packed.clone() {
            let words = self.read_slot("spins")?;
            return Ok(order.iter().flat_map(|&chain| packed.spins(&words, chain)).map(f32::from).collect());
        }
        let words = self.read_slot("state")?;
        let sites = self.models[0].lattice().sites() as usize;
        let value = |word: &u32| match M::SCALAR {
            Scalar::Integer => word.cast_signed() as f32,
            Scalar::Float => f32::from_bits(*word),
        };
        let of_chain = |&chain: &u32| words.iter().skip(chain as usize * sites).take(sites).map(value);
        Ok(order.iter().flat_map(of_chain).collect())
    }

    /// A hash of the configurations of all chains: BLAKE3 of one byte a site (two's complement) for discrete models, of
    /// little-endian `f32` for fields and real energies, chain after chain.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn state_hash(&mut self) -> Result<String> {
        if let Some(packed) = self.packed.clone() {
            let words = self.read_slot("spins")?;
            let mut hasher = blake3::Hasher::new();
            for chain in self.occupants()? {
                hasher.update(&packed.spins(&words, chain).map(i8::cast_unsigned).collect::<Vec<u8>>());
            }
            return Ok(hasher.finalize().to_string());
        }
        let values = self.configurations()?;
        let bytes: Vec<u8> = match M::SCALAR {
            Scalar::Integer => values.iter().map(|&value| value as i32 as u8).collect(),
            Scalar::Float => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        Ok(blake3::hash(&bytes).to_string())
    }
}

impl<D: Dynamics<Hopfield>> Simulation<Hopfield, D> {
    /// The states of all chains.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn states(&mut self) -> Result<Patterns> {
        let spins = self.read_slot("spins")?;
        let neurons = self.models[0].patterns().neurons();
        let (words, chains) = (neurons.div_ceil(32), self.chains() as usize);
        let stride = chains.next_multiple_of(4);
        let bits = (0..chains).flat_map(|chain| state_of_chain(&spins, words, stride, chain)).collect();
        Patterns::from_words(neurons, bits)
    }

    /// BLAKE3 of the states of all chains, one byte a neuron.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn state_hash(&mut self) -> Result<String> {
        self.states().map(|states| state_hash(&states))
    }
}

impl<D: Dynamics<PairwiseSpins>> Simulation<PairwiseSpins, D> {
    /// The states of all chains. Where chains swap places, those of the first point come first, whichever chains they are.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn states(&mut self) -> Result<Patterns> {
        let order = self.occupants()?;
        let spins = self.read_slot("spins")?;
        let model = &self.models[0];
        let dense = model.dense(self.chains(), self.gpu.tuning().lanes, self.gpu.parallelism());
        let bits = order.iter().flat_map(|&chain| dense.state(&spins, chain as usize)).collect();
        Patterns::from_words(model.couplings().sites(), bits)
    }

    /// The configurations of all chains as signs, chain after chain.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn configurations(&mut self) -> Result<Vec<f32>> {
        let states = self.states()?;
        Ok((0..states.count()).flat_map(|chain| states.signs(chain)).map(f32::from).collect())
    }

    /// BLAKE3 of the states of all chains, one byte a site.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn state_hash(&mut self) -> Result<String> {
        self.states().map(|states| state_hash(&states))
    }
}

impl<M: Differentiable> Simulation<M, Hmc> {
    /// The largest |Δφ| after a trajectory forward and the same one back, which exact arithmetic would make 0.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn reversal_error(&mut self) -> Result<f32> {
        let before = self.configurations()?;
        let end = self.program.append_there_and_back(self.sweep, &mut self.plan);
        self.executor.execute(&mut self.plan)?;
        let name = ["position_a", "position_b"][end];
        let after = self.read_slot(name)?.into_iter().map(f32::from_bits);
        Ok(before.iter().zip(after).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max))
    }
}
