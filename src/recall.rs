//! Recall at zero temperature: damaged cues run to a fixed point.

mod sweep;

use crate::cues::Cues;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run as RunUniform};
use crate::learn::Rule;
use crate::patterns::Patterns;
use crate::plan::Plan;
use crate::two_layer::{TwoLayer, state_hash, state_of_chain};
use std::time::{Duration, Instant};
use sweep::Sweep;

/// The overlap from which on a pattern counts as retrieved.
pub const RETRIEVED: f64 = 0.95;

pub use sweep::RELAX_LANES;

/// The order of an asynchronous sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// A new random order in every sweep, the same for all cues.
    #[default]
    Random,
    /// Neuron 0 first, always.
    Fixed,
}

/// How neurons are updated at zero temperature. A neuron without a field keeps its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// All at once (Little's dynamics), w_ii = 0: ends in a fixed point or in a cycle of two states.
    Synchronous,
    /// All at once with the self-coupling w_ii = P/N kept: never raises the energy with that diagonal and always ends in
    /// a fixed point, but spins freeze, and there is no break at the critical load.
    SynchronousWithDiagonal,
    /// One after another, w_ii = 0: the textbook dynamics; never raises the energy.
    Asynchronous(Order),
}

/// A recall, before it is run. From [`Gpu::recall`].
#[derive(Debug, Clone)]
pub struct RecallBuilder<'a> {
    gpu: Gpu,
    patterns: &'a Patterns,
    cues: &'a Cues,
    rule: Rule<'a>,
    update: Update,
    sweeps: u32,
    seed: u64,
}

impl Gpu {
    /// Retrieves patterns, stored by Hebb's rule unless another is given, from damaged cues, all cues at once.
    pub fn recall<'a>(&self, patterns: &'a Patterns, cues: &'a Cues) -> RecallBuilder<'a> {
        let (rule, update) = (Rule::Hebb, Update::Synchronous);
        RecallBuilder { gpu: self.clone(), patterns, cues, rule, update, sweeps: 100, seed: 0 }
    }
}

impl<'a> RecallBuilder<'a> {
    /// How the patterns are stored (default: by Hebb's rule).
    #[must_use]
    pub fn rule(mut self, rule: Rule<'a>) -> Self {
        self.rule = rule;
        self
    }

    /// How neurons are updated (default: synchronously).
    #[must_use]
    pub fn update(mut self, update: Update) -> Self {
        self.update = update;
        self
    }

    /// The most sweeps that are made (default: 100).
    #[must_use]
    pub fn sweeps(mut self, sweeps: u32) -> Self {
        self.sweeps = sweeps;
        self
    }

    /// The seed of the random order (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Runs until every cue has settled, or the sweeps are used up.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, [`Error::Limit`] for what the adapter cannot hold.
    pub fn run(&self) -> Result<Recall> {
        self.run_with(&mut |_| {})
    }

    /// [`run`](Self::run), telling `progress` the fraction of cues that have settled.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, progress: &mut dyn FnMut(f64)) -> Result<Recall> {
        self.prepare()?.run_with(progress)
    }

    /// Checks everything, allocates and compiles.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn prepare(&self) -> Result<PreparedRecall<'_>> {
        self.cues.check_against(self.patterns)?;
        if let Rule::PseudoInverse(learnt) = self.rule {
            learnt.check_against(self.patterns)?;
        }
        if self.sweeps == 0 {
            return Err(Error::input("sweeps", "at least 1", 0, "100 is plenty"));
        }
        let mut plan = Plan::default();
        let count = self.cues.states().count();
        let states: Vec<&[u32]> = (0..count).map(|cue| self.cues.states().words_of(cue)).collect();
        let targets: Vec<u32> = self.cues.targets().iter().map(|&target| target as u32).collect();
        let lanes = self.gpu.lanes()?;
        let layer = TwoLayer::declare(&mut plan, self.patterns, &states, &targets, lanes)?;
        let program = Sweep::declare(&layer, &mut plan, self.update, self.rule, self.patterns)?;
        let uniform = RunUniform {
            seed_low: self.seed as u32,
            seed_high: (self.seed >> 32) as u32,
            chains: layer.chains(),
            replicas: layer.chains(),
        };
        let executor = Executor::new(&self.gpu, &mut plan, uniform)?;
        Ok(PreparedRecall { asked: self, layer, program, plan, executor })
    }
}

/// A recall that is ready to run. From [`RecallBuilder::prepare`].
#[derive(Debug)]
pub struct PreparedRecall<'a> {
    asked: &'a RecallBuilder<'a>,
    layer: TwoLayer,
    program: Sweep,
    plan: Plan,
    executor: Executor,
}

impl PreparedRecall<'_> {
    /// Runs, telling `progress` the fraction of cues that have settled.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], [`Error::Interrupted`].
    pub fn run_with(mut self, progress: &mut dyn FnMut(f64)) -> Result<Recall> {
        let started = Instant::now();
        let chains = self.layer.chains();
        // Before the first sweep, and after each: what the chains look like.
        self.program.append_look(0, 0, chains, &mut self.plan);
        let mut course = self.look(1)?;
        let mut sweep = 0;
        while sweep < self.asked.sweeps && moving(course.last()) {
            let sweeps = self.program.looks.min(self.asked.sweeps - sweep);
            for look in 0..sweeps {
                let number = u64::from(sweep + look);
                self.program.append(&self.layer, self.asked.update, self.asked.seed, number, &mut self.plan);
                self.program.append_look(look, number + 1, chains, &mut self.plan);
            }
            sweep += sweeps;
            for rows in self.look(sweeps)? {
                // Chains that have settled stay as they are, whatever sweeps follow.
                if moving(course.last()) {
                    progress(rows.iter().filter(|row| row.status != 0).count() as f64 / rows.len() as f64);
                    course.push(rows);
                }
            }
        }
        self.gather(&course, started)
    }

    /// Makes what the plan holds and reads the rows of its looks.
    fn look(&mut self, looks: u32) -> Result<Vec<Vec<Standing>>> {
        let chains = self.layer.chains() as usize;
        self.executor.execute(&mut self.plan)?;
        let words = self.executor.read(self.program.rows, 16 * u64::from(looks) * chains as u64)?;
        let row = |row: &[u32]| Standing { overlap: row[0].cast_signed(), status: row[2], sweeps: row[3] };
        Ok(words.chunks_exact(4 * chains).map(|look| look.chunks_exact(4).map(row).collect()).collect())
    }

    fn gather(mut self, course: &[Vec<Standing>], started: Instant) -> Result<Recall> {
        let (layer, cues, patterns) = (&self.layer, self.asked.cues, self.asked.patterns);
        let spins = self.executor.read(layer.spins, self.plan.slots[layer.spins.0].bytes)?;
        let overlaps = self.executor.read(layer.overlaps, self.plan.slots[layer.overlaps.0].bytes)?;
        let elapsed = started.elapsed();
        let (words, stride) = (layer.words() as usize, layer.stride() as usize);
        let count = cues.targets().len();
        let bits: Vec<u32> = (0..count).flat_map(|chain| state_of_chain(&spins, words, stride, chain)).collect();
        let states = Patterns::from_words(patterns.neurons(), bits)?;
        let neurons = f64::from(layer.neurons());
        let last = course.last().map_or(&[][..], Vec::as_slice);
        let ends = last.iter().enumerate().map(|(chain, standing)| {
            // [pattern / 4][chain][pattern % 4]
            let of_pattern = |p: usize| overlaps[((p / 4) * stride + chain) * 4 + p % 4].cast_signed();
            let all = || (0..patterns.count()).map(of_pattern);
            let energy = match self.asked.rule {
                Rule::Hebb => {
                    let squares: f64 = all().map(|overlap| f64::from(overlap).powi(2)).sum();
                    -0.5 * (squares / neurons - f64::from(layer.patterns())) / neurons
                }
                Rule::PseudoInverse(learnt) => learnt.energy(&all().map(f64::from).collect::<Vec<_>>()),
            };
            let nearest = all().enumerate().max_by_key(|(p, overlap)| (overlap.unsigned_abs(), usize::MAX - p));
            let overlap = f64::from(standing.overlap) / neurons;
            RecalledCue {
                pattern: cues.targets()[chain],
                initial_overlap: f64::from(course[0][chain].overlap) / neurons,
                overlap,
                sweeps: standing.sweeps,
                period: (standing.status != 0).then_some(standing.status),
                mirrored: overlap <= -RETRIEVED,
                nearest: nearest.map_or(0, |(p, _)| p),
                energy,
            }
        });
        let ends: Vec<RecalledCue> = ends.collect();
        let course = (0..count)
            .map(|chain| course.iter().map(|rows| f64::from(rows[chain].overlap) / neurons).collect())
            .collect();
        Ok(Recall { cues: ends, states, course, elapsed })
    }
}

/// Whether some chain has not settled.
fn moving(rows: Option<&Vec<Standing>>) -> bool {
    rows.is_some_and(|rows| rows.iter().any(|row| row.status == 0))
}

/// One chain's row.
#[derive(Debug, Clone, Copy)]
struct Standing {
    overlap: i32,
    status: u32,
    sweeps: u32,
}

/// How one cue ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RecalledCue {
    /// The pattern that the cue came from.
    pub pattern: usize,
    /// Overlap with it at the beginning, −1 to 1.
    pub initial_overlap: f64,
    /// Overlap with it at the end.
    pub overlap: f64,
    /// Sweeps made, the last, unchanged one included.
    pub sweeps: u32,
    /// 1 for a fixed point, 2 for a cycle of two states, `None` where the sweeps ran out.
    pub period: Option<u32>,
    /// The end is the pattern's negative.
    pub mirrored: bool,
    /// The pattern of the largest overlap in size.
    pub nearest: usize,
    /// −½ sᵀJs/N with J_ii = 0.
    pub energy: f64,
}

impl RecalledCue {
    /// Whether the overlap with the cue's own pattern is at least [`RETRIEVED`]. The mirror state does not count.
    pub fn retrieved(&self) -> bool {
        self.overlap >= RETRIEVED
    }

    /// Whether the cue ended in a fixed point.
    pub fn converged(&self) -> bool {
        self.period == Some(1)
    }
}

/// The end of every cue.
#[derive(Debug, Clone)]
pub struct Recall {
    cues: Vec<RecalledCue>,
    states: Patterns,
    course: Vec<Vec<f64>>,
    elapsed: Duration,
}

impl Recall {
    /// How each cue ended.
    pub fn cues(&self) -> &[RecalledCue] {
        &self.cues
    }

    /// The states at the end.
    pub fn states(&self) -> &Patterns {
        &self.states
    }

    /// Overlap of each cue with its own pattern before the first sweep and after each.
    pub fn course(&self) -> &[Vec<f64>] {
        &self.course
    }

    /// The fraction of cues that were retrieved.
    pub fn retrieved_fraction(&self) -> f64 {
        self.cues.iter().filter(|cue| cue.retrieved()).count() as f64 / self.cues.len() as f64
    }

    /// BLAKE3 of the states, one byte a neuron.
    pub fn state_hash(&self) -> String {
        state_hash(&self.states)
    }

    /// Neurons times the sweeps that each cue made.
    pub fn updates(&self) -> u64 {
        self.cues.iter().map(|cue| u64::from(cue.sweeps) * self.states.neurons() as u64).sum()
    }

    /// Time from the first sweep to the last.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
