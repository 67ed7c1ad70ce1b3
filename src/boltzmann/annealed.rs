//! ln Z by annealed importance sampling, forward and in reverse.

use super::chains::check_data;
use super::layers::{Keep, Layers, Pass, PassShape, PassSlots, SumShape, pad, padded};
use super::{Layer, RestrictedMachine, Units};
use crate::attendant::{Attendant, Unattended, asked_after};
use crate::attention::Vectors;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run};
use crate::io::checkpoint::{Sections, unfit};
use crate::pace::Chunk;
use crate::plan::{Plan, Slot, Tick};
use crate::random::Purpose;
use crate::statistics::{Chains, Estimate, jackknife};

/// An estimate of ln Z before it is run. From [`Gpu::anneal_log_partition`].
#[derive(Debug, Clone)]
pub struct AnnealBuilder<'a> {
    gpu: Gpu,
    machine: &'a RestrictedMachine,
    base: Vec<f32>,
    chains: usize,
    steps: u32,
    seed: u64,
    reverse: Option<u32>,
    start: Option<&'a Vectors>,
}

/// What annealing found.
#[derive(Debug, Clone, PartialEq)]
pub struct Annealed {
    /// ln Z from chains that go from independent units to the machine. Its mean lies below ln Z where the chains cannot
    /// follow, and then more than its error.
    pub log_partition: Estimate,
    /// ln Z from chains that go back; its mean lies above ln Z if their start is the machine's equilibrium. `None` unless
    /// asked for.
    pub reverse: Option<Estimate>,
    /// (Σw)²/Σw²: as many chains of equal weight would have given the same error.
    pub effective_chains: f64,
}

impl Gpu {
    /// Annealed importance sampling of ln Z (R. M. Neal, Statistics and Computing 11, 125 (2001); R. Salakhutdinov and
    /// I. Murray, ICML 2008). Chains go along p_s(v) ∝ e^((1−s) a⁰·v + s a·v − Σ q(v_i)) Π_j e^(K(s x_j)) from independent units of
    /// biases a⁰ at s = 0, whose Z is known, to the machine at s = 1, by block Gibbs sweeps; the mean of their weights is
    /// unbiased for Z/Z₀.
    pub fn anneal_log_partition<'a>(&self, machine: &'a RestrictedMachine) -> AnnealBuilder<'a> {
        let base = machine.biases(Layer::Visible).to_vec();
        AnnealBuilder {
            gpu: self.clone(),
            machine,
            base,
            chains: 256,
            steps: 1_000,
            seed: 0,
            reverse: None,
            start: None,
        }
    }
}

impl<'a> AnnealBuilder<'a> {
    /// Independent chains (default: 256); their spread is the error.
    #[must_use]
    pub fn chains(mut self, chains: usize) -> Self {
        self.chains = chains;
        self
    }

    /// Steps from s = 0 to s = 1, equally spaced, with a sweep at each (default: 1,000).
    #[must_use]
    pub fn steps(mut self, steps: u32) -> Self {
        self.steps = steps;
        self
    }

    /// The seed (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Goes back as well, from where the chains have arrived and after so many further sweeps of the machine itself (Y. Burda,
    /// R. Grosse and R. Salakhutdinov, AISTATS 2015): two estimates that agree bracket ln Z.
    #[must_use]
    pub fn reverse(mut self, sweeps: u32) -> Self {
        self.reverse = Some(sweeps);
        self
    }

    /// Goes back from these visible states, one chain after another and over again, instead of from where the chains have arrived.
    /// Chains that never found the data's mode agree with themselves there and back; those that begin with the data tell.
    ///
    /// # Errors
    /// [`Error::Input`] for states that the visible units cannot show.
    pub fn reverse_from(mut self, start: &'a Vectors) -> Result<Self> {
        check_data(start, self.machine, "start of the way back")?;
        self.start = Some(start);
        Ok(self)
    }

    /// Takes for a⁰ the biases of independent units with the means of these data, with one more sample of each value where
    /// units have two (default: the machine's own visible biases).
    ///
    /// # Errors
    /// [`Error::Input`] for data that the visible units cannot show.
    pub fn base(mut self, data: &Vectors) -> Result<Self> {
        check_data(data, self.machine, "data")?;
        self.base = base_biases(self.machine.units(Layer::Visible), data);
        Ok(self)
    }

    /// Runs all chains.
    ///
    /// # Errors
    /// [`Error::Input`] for less than two chains or no steps, or a machine without a partition function; [`Error::Run`] for
    /// weights that are not finite; [`Error::Interrupted`].
    pub fn run(&self) -> Result<Annealed> {
        self.run_attended(None, &mut Unattended(&mut |_| {}))
    }

    /// [`run`](Self::run) with somebody who may have it saved on the way, and going on `from` what was saved of the same
    /// annealing, which ends with the same numbers as if it had never stopped.
    ///
    /// # Errors
    /// As [`run`](Self::run), those of the attendant, and [`Error::Input`] for what was saved of another annealing.
    pub fn run_attended(&self, from: Option<&Sections>, attendant: &mut dyn Attendant) -> Result<Annealed> {
        if self.chains < 2 {
            return Err(Error::input("chains", "at least 2", self.chains, "their spread is the error of ln Z"));
        }
        if self.steps == 0 {
            return Err(Error::input("annealing steps", "at least 1", 0, "1000 are common"));
        }
        self.machine.check_normalisable()?;
        let mut annealing = Annealing::new(self)?;
        let mut forward = Vec::new();
        if let Some(saved) = from {
            forward = annealing.restore(saved, self.moves())?;
        }
        let stop = asked_after(attendant, self.moves());
        let mut chunk = Chunk::begin();
        while annealing.moves < self.moves() {
            if annealing.moves == u64::from(self.steps) {
                forward = annealing.log_weights()?;
                self.start.map_or(Ok(()), |start| annealing.show(start))?;
            }
            annealing.make(self.next_move(annealing.moves));
            let done = annealing.moves as f64 / self.moves() as f64;
            if chunk.end_if_long(&mut annealing.executor, &mut annealing.plan, 0, annealing.moves == stop)? {
                attendant.progress(done);
                if attendant.due() {
                    attendant.save(annealing.save(&forward)?)?;
                }
            }
        }
        let last = annealing.log_weights()?;
        let (forward, back) = if self.reverse.is_some() { (forward, Some(last)) } else { (last, None) };
        let machine = self.machine;
        let visible: f64 = self.base.iter().map(|&bias| machine.units(Layer::Visible).log_partition(bias.into())).sum();
        let hidden = machine.size(Layer::Hidden) as f64 * machine.units(Layer::Hidden).log_partition(0.0);
        let start = visible + hidden;
        let shifted = |estimate: Estimate, sign: f64| Estimate { mean: start + sign * estimate.mean, ..estimate };
        let reverse = back.map(|back| Ok::<_, Error>(shifted(log_mean(&back)?, -1.0))).transpose()?;
        let most = forward.iter().copied().fold(f64::MIN, f64::max);
        let weights = || forward.iter().map(|w| (w - most).exp());
        let effective_chains = weights().sum::<f64>().powi(2) / weights().map(|w| w * w).sum::<f64>();
        Ok(Annealed { log_partition: shifted(log_mean(&forward)?, 1.0), reverse, effective_chains })
    }

    /// Moves of the whole way: the steps there, and for the way back the sweeps of the machine itself and the steps again.
    fn moves(&self) -> u64 {
        let back = self.reverse.map_or(0, |sweeps| u64::from(sweeps) + u64::from(self.steps));
        u64::from(self.steps) + back
    }

    /// The move that comes after so many.
    fn next_move(&self, made: u64) -> Move {
        let (steps, sweeps) = (u64::from(self.steps), u64::from(self.reverse.unwrap_or(0)));
        let at = |step: u64| step as f64 / steps as f64;
        match made.checked_sub(steps) {
            None => Move { now: at(made + 1), before: at(made), weighs: true },
            Some(turned) => match turned.checked_sub(sweeps) {
                None => Move { now: 1.0, before: 1.0, weighs: false },
                Some(back) => Move { now: at(steps - back - 1), before: at(steps - back), weighs: true },
            },
        }
    }
}

/// A sweep of all chains, at an inverse temperature s.
#[derive(Debug, Clone, Copy)]
struct Move {
    now: f64,
    /// s of the move before.
    before: f64,
    /// Whether the chains are weighed for the way between.
    weighs: bool,
}

/// The biases of independent units with the means of data, with one more sample of each value where units have two.
pub(crate) fn base_biases(units: Units, data: &Vectors) -> Vec<f32> {
    let count = data.count() as f64;
    let mut sums = vec![0.0; data.width()];
    for row in data.values().chunks_exact(data.width()) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
    let bias = |sum: f64| match units {
        Units::Bernoulli => ((sum + 1.0) / (count - sum + 1.0)).ln(),
        Units::Spin => 0.5 * ((count + sum + 2.0) / (count - sum + 2.0)).ln(),
        Units::Gaussian => sum / count,
        Units::Relu | Units::Phi4(_) => 0.0,
    };
    sums.into_iter().map(|sum| bias(sum) as f32).collect()
}

/// ln of the mean of e^w, with the jackknife's error and without its bias.
fn log_mean(log_weights: &[f64]) -> Result<Estimate> {
    let most = log_weights.iter().copied().fold(f64::MIN, f64::max);
    let weights = log_weights.iter().map(|w| (w - most).exp()).collect();
    let estimate = jackknife(&[&Chains::from_rows(log_weights.len(), weights)?], |mean| mean[0].ln());
    Ok(Estimate { mean: most + estimate.mean, tau: None, ..estimate })
}

/// The chains on the device.
struct Annealing {
    plan: Plan,
    executor: Executor,
    chains: usize,
    up: Pass,
    sum: Pass,
    down: Pass,
    visible: Slot,
    totals: Slot,
    moves: u64,
}

impl Annealing {
    fn new(builder: &AnnealBuilder<'_>) -> Result<Self> {
        let (chains, machine) = (builder.chains, builder.machine);
        let mut plan = Plan::default();
        let lanes = builder.gpu.lanes()?;
        let layers = Layers::declare(&mut plan, machine, Some(&builder.base), (chains, false), lanes)?;
        let visible = layers.states(&mut plan, "visible", Layer::Visible, chains);
        let hidden = layers.states(&mut plan, "hidden", Layer::Hidden, chains);
        let kept = layers.states(&mut plan, "growths", Layer::Hidden, chains);
        let nothing = plan.slot("nothing", 4);
        let totals = plan.slot("totals", padded(chains) as u64);
        let shape = |to, keep, purpose| PassShape {
            to,
            rows: chains,
            data: 0,
            given_at: 0,
            found_at: 0,
            keep,
            sample: Some(purpose),
            clamped: false,
        };
        let up = PassSlots { given: visible, found: hidden, kept };
        let up = layers.pass(&mut plan, up, shape(Layer::Hidden, Keep::Growth, Purpose::AnnealedHidden))?;
        let down = PassSlots { given: hidden, found: visible, kept: nothing };
        let down = layers.pass(&mut plan, down, shape(Layer::Visible, Keep::Nothing, Purpose::AnnealedVisible))?;
        let sum = SumShape {
            kept: Layer::Hidden,
            states: visible,
            kept_slot: kept,
            totals,
            rows: chains,
            state_at: 0,
            kept_at: 0,
            add: true,
            own_energy: 0.0,
        };
        let sum = layers.sum(&mut plan, sum)?;
        let (rows, seed) = (padded(chains) as u32, builder.seed);
        let run = Run { seed_low: seed as u32, seed_high: (seed >> 32) as u32, chains: rows, replicas: rows };
        let executor = Executor::new(&builder.gpu, &mut plan, run)?;
        // At s = 0 the visible units do not see the hidden ones.
        down.append(&mut plan, Tick::default());
        Ok(Self { plan, executor, chains, up, sum, down, visible, totals, moves: 0 })
    }

    /// Appends a move.
    fn make(&mut self, Move { now, before, weighs }: Move) {
        self.moves += 1;
        let tick = Tick { sweep: self.moves, kick: now as f32, drift: before as f32, ..Tick::default() };
        self.up.append(&mut self.plan, tick);
        if weighs {
            self.sum.append(&mut self.plan, tick);
        }
        self.down.append(&mut self.plan, tick);
    }

    /// Puts the chains into these states.
    fn show(&mut self, start: &Vectors) -> Result<()> {
        let rows = (0..self.chains).flat_map(|chain| start.row(chain % start.count()).iter().copied());
        let states = Vectors::new(start.width(), rows.collect())?;
        self.executor.write(self.visible, bytemuck::cast_slice(&pad(&states, 0)))
    }

    /// Where the chains are, with the weights of the way there if they have made it.
    fn save(&mut self, forward: &[f64]) -> Result<Sections> {
        let mut sections = Sections::new();
        sections.put_numbers("moves", &[self.moves]).put_numbers("forward", forward);
        sections.nest("memory", self.executor.save(&self.plan, &[])?);
        Ok(sections)
    }

    /// Goes on from where chains were; gives the weights of their way there.
    fn restore(&mut self, saved: &Sections, most: u64) -> Result<Vec<f64>> {
        let [moves] = saved.array("moves")?;
        if moves > most {
            return Err(unfit("moves", format!("at most {most}"), moves));
        }
        let memory = saved.required("memory")?;
        self.executor.restore(&mut self.plan, &[], &memory)?;
        self.moves = moves;
        saved.numbers("forward")
    }

    /// The logarithms of the weights so far; they begin anew.
    fn log_weights(&mut self) -> Result<Vec<f64>> {
        self.executor.execute(&mut self.plan)?;
        let bits = self.executor.read(self.totals, self.plan.slots[self.totals.0].bytes)?;
        self.executor.write(self.totals, &vec![0u8; 4 * bits.len()])?;
        let weights: Vec<f64> = bits.iter().take(self.chains).map(|&bits| f32::from_bits(bits).into()).collect();
        match weights.iter().position(|weight| !weight.is_finite()) {
            Some(chain) => Err(Error::Run {
                what: format!("the weight of annealed chain {chain} is not finite"),
                hint: "the machine's weights are too large for single precision".into(),
            }),
            None => Ok(weights),
        }
    }
}
