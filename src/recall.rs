//! Recall at zero temperature: damaged cues run to a fixed point of a Hopfield network or a dense memory.

mod align;
mod sweep;

use crate::attendant::{Attendant, Unattended, guess};
use crate::cues::Cues;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run as RunUniform};
use crate::io::checkpoint::{Sections, TIME, unfit};
use crate::learn::Rule;
use crate::memory::Memory;
use crate::patterns::Patterns;
use crate::plan::Plan;
use crate::response::Response;
use crate::storage::Storage;
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
    /// All at once with the self-coupling (Hopfield: w_ii = P/N) kept: never raises the energy with that diagonal and
    /// always ends in a fixed point. Hopfield's spins freeze so, and there is no break at the critical load; of dense
    /// memories this is the synchronous rule.
    SynchronousWithDiagonal,
    /// One after another, w_ii = 0: the textbook dynamics, of dense memories Krotov and Hopfield's; never raises the energy.
    Asynchronous(Order),
}

/// A recall, before it is run. From [`Gpu::recall`].
#[derive(Debug, Clone)]
pub struct RecallBuilder<'a> {
    gpu: Gpu,
    patterns: &'a Patterns,
    cues: &'a Cues,
    memory: Memory,
    storage: Storage<'a>,
    update: Option<Update>,
    sweeps: u32,
    seed: u64,
}

impl Gpu {
    /// Retrieves patterns from damaged cues, all cues at once; stored by Hebb's rule, or in another
    /// [memory](RecallBuilder::memory).
    pub fn recall<'a>(&self, patterns: &'a Patterns, cues: &'a Cues) -> RecallBuilder<'a> {
        RecallBuilder {
            gpu: self.clone(),
            patterns,
            cues,
            memory: Memory::Hopfield,
            storage: Storage::Whole,
            update: None,
            sweeps: 100,
            seed: 0,
        }
    }
}

impl<'a> RecallBuilder<'a> {
    /// The memory that stores the patterns (default: [`Memory::Hopfield`]).
    #[must_use]
    pub fn memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// Patterns are blank, ξ_i = 0, where `blanks` has +1: a set of signs a pattern. Several such patterns can be retrieved
    /// at once, each where the others are blank. Overlaps are over the neurons that are not blank. Of Hopfield networks
    /// only; in place of [`centred`](Self::centred).
    #[must_use]
    pub fn blanks(mut self, blanks: &'a Patterns) -> Self {
        self.storage = Storage::Blank(blanks);
        self
    }

    /// The mean of the patterns, between −1 and 1, is taken off them as they are stored, J_ij = (1/N) Σ_μ (ξ_i − b)(ξ_j − b):
    /// Hebb's rule for [biased](Patterns::biased) patterns, in single precision. Of Hopfield networks only.
    #[must_use]
    pub fn centred(mut self, mean: f64) -> Self {
        self.storage = Storage::Centred(mean);
        self
    }

    /// How the patterns are stored (default: by Hebb's rule). The pseudo-inverse is of Hopfield networks of whole patterns.
    #[must_use]
    pub fn rule(mut self, rule: Rule<'a>) -> Self {
        self.storage = match rule {
            Rule::Hebb => Storage::Whole,
            Rule::PseudoInverse(learnt) => Storage::Projected(learnt),
        };
        self
    }

    /// How neurons are updated. Default: synchronously; in a dense memory with the diagonal, or asynchronously in a random
    /// order where its function is not convex.
    #[must_use]
    pub fn update(mut self, update: Update) -> Self {
        self.update = Some(update);
        self
    }

    fn chosen_update(&self) -> Update {
        self.update.unwrap_or(match self.memory {
            Memory::Hopfield => Update::Synchronous,
            memory if memory.is_convex() => Update::SynchronousWithDiagonal,
            _ => Update::Asynchronous(Order::Random),
        })
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

    /// [`run`](Self::run), telling `progress` how far it is: at least the fraction of cues that have settled.
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
        self.storage.check(self.patterns, self.memory)?;
        if self.sweeps == 0 {
            return Err(Error::input("sweeps", "at least 1", 0, "100 is plenty"));
        }
        let mut plan = Plan::default();
        let count = self.cues.states().count();
        let states: Vec<&[u32]> = (0..count).map(|cue| self.cues.states().words_of(cue)).collect();
        let targets: Vec<u32> = self.cues.targets().iter().map(|&target| self.storage.row(target) as u32).collect();
        let lanes = self.gpu.lanes()?;
        let rows = self.storage.rows(self.patterns)?;
        let layer = TwoLayer::declare(&mut plan, &rows, &states, &targets, lanes)?;
        let update = self.chosen_update();
        let response = Response::declare(self.memory, (self.storage, self.patterns), update, &layer, &mut plan)?;
        let program = Sweep::declare(&layer, response, &mut plan, update, self.gpu.tuning().long_sweep)?;
        let uniform = RunUniform {
            seed_low: self.seed as u32,
            seed_high: (self.seed >> 32) as u32,
            chains: layer.chains(),
            replicas: layer.chains(),
        };
        let executor = Executor::new(&self.gpu, &mut plan, uniform)?;
        Ok(PreparedRecall { asked: self, update, layer, program, plan, executor })
    }
}

/// A recall that is ready to run. From [`RecallBuilder::prepare`].
#[derive(Debug)]
pub struct PreparedRecall<'a> {
    asked: &'a RecallBuilder<'a>,
    update: Update,
    layer: TwoLayer,
    program: Sweep,
    plan: Plan,
    executor: Executor,
}

impl PreparedRecall<'_> {
    /// Runs, telling `progress` how far it is: at least the fraction of cues that have settled.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], [`Error::Interrupted`].
    pub fn run_with(self, progress: &mut dyn FnMut(f64)) -> Result<Recall> {
        self.run_attended(None, &mut Unattended(progress))
    }

    /// Runs with somebody who may have it saved between two sweeps, and goes on `from` what was saved of the same recall, which ends
    /// with the same states as if it had never stopped. How many sweeps there will be nobody knows: its progress is a guess.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], [`Error::Interrupted`], those of the attendant, and [`Error::Input`] for what was saved of another
    /// recall.
    pub fn run_attended(mut self, from: Option<&Sections>, attendant: &mut dyn Attendant) -> Result<Recall> {
        let started = Instant::now();
        let chains = self.layer.chains();
        let mut way = match from {
            Some(saved) => self.restore(saved)?,
            None => {
                // Before the first sweep, and after each: what the chains look like.
                self.program.append_look(0, 0, chains, &mut self.plan);
                Way { course: self.look(1)?, sweep: 0, earlier: Duration::ZERO }
            }
        };
        while way.sweep < self.asked.sweeps && moving(way.course.last()) {
            let sweeps = self.program.looks.min(self.asked.sweeps - way.sweep);
            for look in 0..sweeps {
                let number = u64::from(way.sweep + look);
                self.program.append(&self.layer, self.update, self.asked.seed, number, &mut self.plan);
                self.program.append_look(look, number + 1, chains, &mut self.plan);
            }
            way.sweep += sweeps;
            for rows in self.look(sweeps)? {
                // Chains that have settled stay as they are, whatever sweeps follow.
                if moving(way.course.last()) {
                    let settled = rows.iter().filter(|row| row.status != 0).count();
                    attendant.progress(done(settled as f64 / rows.len() as f64, way.sweep));
                    way.course.push(rows);
                }
            }
            if attendant.due() {
                attendant.save(self.save(&way, started)?)?;
            }
        }
        self.gather(&way.course, way.earlier + started.elapsed())
    }

    fn save(&mut self, way: &Way, started: Instant) -> Result<Sections> {
        let words = |row: &Standing| [row.overlap.cast_unsigned(), row.status, row.sweeps];
        let course: Vec<u32> = way.course.iter().flatten().flat_map(words).collect();
        let mut sections = Sections::new();
        sections.put_numbers("sweep", &[way.sweep]).put_numbers("course", &course);
        sections.put_numbers(TIME, &[(way.earlier + started.elapsed()).as_nanos() as u64]);
        sections.nest("memory", self.executor.save(&self.plan, &[])?);
        Ok(sections)
    }

    fn restore(&mut self, saved: &Sections) -> Result<Way> {
        let ([sweep], [elapsed]) = (saved.array::<u32, 1>("sweep")?, saved.array(TIME)?);
        let (words, chains) = (saved.numbers::<u32>("course")?, self.layer.chains() as usize);
        let row = |row: &[u32; 3]| Standing { overlap: row[0].cast_signed(), status: row[1], sweeps: row[2] };
        let look = |look: &[u32]| look.as_chunks().0.iter().map(row).collect();
        let course: Vec<Vec<Standing>> = words.chunks_exact(3 * chains).map(look).collect();
        // After the last cue has settled nothing is looked at.
        let (looks, most) = (course.len() as u64, u64::from(sweep) + 1);
        let whole = if moving(course.last()) { looks == most } else { (1..=most).contains(&looks) };
        if sweep > self.asked.sweeps || !words.len().is_multiple_of(3 * chains) || !whole {
            let wanted = format!("at most {} sweeps of {chains} cues, and a look after each", self.asked.sweeps);
            return Err(unfit("course", wanted, format!("{sweep} sweeps, {} numbers", words.len())));
        }
        self.executor.restore(&mut self.plan, &[], &saved.required("memory")?)?;
        Ok(Way { course, sweep, earlier: Duration::from_nanos(elapsed) })
    }

    /// Makes what the plan holds and reads the rows of its looks.
    fn look(&mut self, looks: u32) -> Result<Vec<Vec<Standing>>> {
        let chains = self.layer.chains() as usize;
        self.executor.execute(&mut self.plan)?;
        let words = self.executor.read(self.program.rows, 16 * u64::from(looks) * chains as u64)?;
        let row = |row: &[u32]| Standing { overlap: row[0].cast_signed(), status: row[2], sweeps: row[3] };
        Ok(words.chunks_exact(4 * chains).map(|look| look.chunks_exact(4).map(row).collect()).collect())
    }

    fn gather(mut self, course: &[Vec<Standing>], elapsed: Duration) -> Result<Recall> {
        let (layer, cues, patterns) = (&self.layer, self.asked.cues, self.asked.patterns);
        let spins = self.executor.read(layer.spins, self.plan.slots[layer.spins.0].bytes)?;
        let overlaps = self.executor.read(layer.overlaps, self.plan.slots[layer.overlaps.0].bytes)?;
        let (words, stride) = (layer.words() as usize, layer.stride() as usize);
        let count = cues.targets().len();
        let bits: Vec<u32> = (0..count).flat_map(|chain| state_of_chain(&spins, words, stride, chain)).collect();
        let states = Patterns::from_words(patterns.neurons(), bits)?;
        let storage = self.asked.storage;
        let own: f64 = if storage.is_whole() { 0.0 } else { storage.own(patterns).iter().sum() };
        let share = |chain: usize, standing: &Standing| {
            f64::from(standing.overlap) / storage.whole(patterns, cues.targets()[chain])
        };
        let last = course.last().map_or(&[][..], Vec::as_slice);
        let ends = last.iter().enumerate().map(|(chain, standing)| {
            // [pattern / 4][chain][pattern % 4]
            let of_row = |row: usize| overlaps[((row / 4) * stride + chain) * 4 + row % 4].cast_signed();
            let all = || (0..patterns.count()).map(|p| storage.overlap(of_row, p));
            let energy = match storage {
                Storage::Whole => self.asked.memory.energy_per_neuron(all(), patterns.neurons()),
                _ => {
                    let sum = states.signs(chain).into_iter().map(i64::from).sum();
                    storage.energy(all(), own, sum, patterns.neurons())
                }
            };
            let nearest = all().enumerate().max_by_key(|(p, overlap)| (overlap.unsigned_abs(), usize::MAX - p));
            let overlap = share(chain, standing);
            RecalledCue {
                pattern: cues.targets()[chain],
                initial_overlap: share(chain, &course[0][chain]),
                overlap,
                sweeps: standing.sweeps,
                period: (standing.status != 0).then_some(standing.status),
                mirrored: overlap <= -RETRIEVED,
                nearest: nearest.map_or(0, |(p, _)| p),
                energy,
            }
        });
        let ends: Vec<RecalledCue> = ends.collect();
        let course = (0..count).map(|chain| course.iter().map(|rows| share(chain, &rows[chain])).collect()).collect();
        Ok(Recall::new(ends, states, course, elapsed))
    }
}

/// What the sweeps have given so far.
struct Way {
    /// How the chains looked before the first sweep, and after each.
    course: Vec<Vec<Standing>>,
    sweep: u32,
    /// Time that they took before they were saved.
    earlier: Duration,
}

/// How much of a recall is done after so many sweeps, where this fraction of cues has settled.
pub(crate) fn done(settled: f64, sweeps: u32) -> f64 {
    settled + (1.0 - settled) * guess(sweeps as usize)
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
    /// 1 for a fixed point, 2 for a cycle of two states, more for longer ones (of asymmetric couplings), `None` where the
    /// sweeps ran out.
    pub period: Option<u32>,
    /// The end is the pattern's negative.
    pub mirrored: bool,
    /// The pattern of the largest overlap in size.
    pub nearest: usize,
    /// As [`Memory::energy_per_neuron`] has it: −½ sᵀJs/N with J_ii = 0 of Hopfield. NaN where couplings are asymmetric and
    /// there is none.
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
    visits: Vec<Vec<Visit>>,
    elapsed: Duration,
}

/// The pattern that a state is nearest to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visit {
    /// The pattern of the largest overlap in size.
    pub pattern: usize,
    /// The overlap with it.
    pub overlap: f64,
}

impl Recall {
    pub(crate) fn new(cues: Vec<RecalledCue>, states: Patterns, course: Vec<Vec<f64>>, elapsed: Duration) -> Self {
        Self { cues, states, course, visits: Vec::new(), elapsed }
    }

    pub(crate) fn with_visits(self, visits: Vec<Vec<Visit>>) -> Self {
        Self { visits, ..self }
    }

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

    /// The pattern that each cue is nearest to before the first sweep and after each, where couplings are asymmetric and a
    /// recall may go from one to the next; empty otherwise.
    pub fn visits(&self) -> &[Vec<Visit>] {
        &self.visits
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
