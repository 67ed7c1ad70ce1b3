//! Recall at zero temperature on explicit couplings.

use crate::couplings::Couplings;
use crate::cues::Cues;
use crate::dense::Dense;
use crate::dynamics::{DenseSweep, greedy};
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run as RunUniform};
use crate::model::PairwiseSpins;
use crate::patterns::Patterns;
use crate::plan::Plan;
use crate::recall::{Order, RETRIEVED, Recall, RecalledCue, Update};
use std::time::Instant;

/// A recall on explicit couplings, before it is run. From [`Gpu::recall_with_couplings`].
#[derive(Debug, Clone)]
pub struct ExplicitRecallBuilder<'a> {
    gpu: Gpu,
    couplings: &'a Couplings,
    patterns: &'a Patterns,
    cues: &'a Cues,
    update: Update,
    sweeps: u32,
}

impl Gpu {
    /// Runs damaged cues to a fixed point under couplings of the caller's own, all cues at once. The patterns only say what
    /// the cues should retrieve.
    pub fn recall_with_couplings<'a>(
        &self,
        couplings: &'a Couplings,
        patterns: &'a Patterns,
        cues: &'a Cues,
    ) -> ExplicitRecallBuilder<'a> {
        let gpu = self.clone();
        ExplicitRecallBuilder { gpu, couplings, patterns, cues, update: Update::Synchronous, sweeps: 100 }
    }
}

impl ExplicitRecallBuilder<'_> {
    /// How neurons are updated (default: synchronously): all at once, or one after another in their order
    /// ([`Order::Fixed`]). A neuron without a field keeps its state.
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

    /// Runs until every cue has settled, or the sweeps are used up.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, a random order or a diagonal, [`Error::Limit`] for what the adapter
    /// cannot hold.
    pub fn run(&self) -> Result<Recall> {
        self.run_with(&mut |_| {})
    }

    /// [`run`](Self::run), telling `progress` the fraction of cues that have settled.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, progress: &mut dyn FnMut(f64)) -> Result<Recall> {
        let (mut plan, dense, sweep) = self.declare()?;
        let chains = self.cues.targets().len() as u32;
        let uniform = RunUniform { seed_low: 0, seed_high: 0, chains, replicas: chains };
        let mut executor = Executor::new(&self.gpu, &mut plan, uniform)?;
        let spins = plan.find("spins").ok_or_else(|| Error::input("plan", "spins", "none", "report this"))?;
        let started = Instant::now();
        let mut courses: Vec<Course> = (0..chains as usize).map(|cue| self.course(cue)).collect();
        for number in 0..self.sweeps {
            if courses.iter().all(|course| course.period.is_some()) {
                break;
            }
            sweep.append(number.into(), &mut plan);
            executor.execute(&mut plan)?;
            let words = executor.read(spins, 4 * dense.words())?;
            for (cue, course) in courses.iter_mut().enumerate() {
                let state = dense.state(&words, cue);
                let overlap = self.overlap(cue, &state);
                course.take(state, overlap);
            }
            let settled = courses.iter().filter(|course| course.period.is_some()).count();
            progress(settled as f64 / courses.len() as f64);
        }
        self.gather(courses, started)
    }

    /// Checks everything, and declares memory and kernels.
    fn declare(&self) -> Result<(Plan, Dense, DenseSweep)> {
        self.cues.check_against(self.patterns)?;
        let neurons = self.patterns.neurons();
        if self.couplings.sites() != neurons {
            let hint = "couplings and patterns must have the same size";
            return Err(Error::input("couplings", format!("{neurons} sites"), self.couplings.sites(), hint));
        }
        if self.sweeps == 0 {
            return Err(Error::input("sweeps", "at least 1", 0, "100 is plenty"));
        }
        let model = PairwiseSpins::new(self.couplings.clone());
        let (need, have) = (model.matrix_bytes(), self.gpu.adapter().max_binding_bytes);
        if need > have {
            let hint = "bytes in one binding: use a smaller network, or patterns, which need no matrix";
            return Err(Error::Limit { what: "the couplings".into(), need, have, hint: hint.into() });
        }
        let lanes = self.gpu.lanes()?;
        let dense = model.dense(self.cues.targets().len() as u32, lanes, self.gpu.parallelism());
        let states: Vec<Vec<u32>> =
            (0..self.cues.targets().len()).map(|cue| self.cues.states().words_of(cue).to_vec()).collect();
        let mut plan = Plan::default();
        dense.declare(&mut plan, self.couplings, model.site_fields(), &states)?;
        plan.slot_with("factors", &dense.factors(std::iter::empty()));
        let sweep = match self.update {
            Update::Synchronous => DenseSweep::at_once(dense, &mut plan, &greedy(), lanes)?,
            Update::Asynchronous(Order::Fixed) => {
                plan.slot("accepted", dense.chains() as u64);
                DenseSweep::in_turn(dense, &mut plan, &greedy())?
            }
            Update::Asynchronous(Order::Random) => {
                let hint = "explicit couplings are visited in their order: use Order::Fixed (--order fixed)";
                return Err(Error::input("order of an asynchronous sweep", "fixed", "random", hint));
            }
            Update::SynchronousWithDiagonal => {
                let hint = "explicit couplings have no diagonal: leave --keep-diagonal out";
                return Err(Error::input("update", "synchronous or asynchronous", "a kept diagonal", hint));
            }
        };
        Ok((plan, dense, sweep))
    }

    /// A cue before the first sweep.
    fn course(&self, cue: usize) -> Course {
        let state = self.cues.states().words_of(cue).to_vec();
        let overlaps = vec![self.overlap(cue, &state)];
        let cycles = self.update == Update::Synchronous;
        Course { state, previous: None, overlaps, sweeps: 0, period: None, cycles }
    }

    /// The overlap of a cue's state with its pattern.
    fn overlap(&self, cue: usize, state: &[u32]) -> f64 {
        let neurons = self.patterns.neurons();
        let pattern = self.patterns.words_of(self.cues.targets()[cue]);
        crate::patterns::packed_overlap(neurons, pattern, state) as f64 / neurons as f64
    }

    fn gather(&self, courses: Vec<Course>, started: Instant) -> Result<Recall> {
        let elapsed = started.elapsed();
        let neurons = self.patterns.neurons();
        let bits: Vec<u32> = courses.iter().flat_map(|course| course.state.iter().copied()).collect();
        let states = Patterns::from_words(neurons, bits)?;
        let mut cues = Vec::new();
        for (cue, course) in courses.iter().enumerate() {
            let overlap = course.overlaps.last().copied().unwrap_or_default();
            let size = |&p: &usize| (self.patterns.overlap(p, &states, cue).unsigned_abs(), usize::MAX - p);
            cues.push(RecalledCue {
                pattern: self.cues.targets()[cue],
                initial_overlap: course.overlaps.first().copied().unwrap_or_default(),
                overlap,
                sweeps: course.sweeps,
                period: course.period,
                mirrored: overlap <= -RETRIEVED,
                nearest: (0..self.patterns.count()).max_by_key(size).unwrap_or_default(),
                energy: self.couplings.energy(&states.signs(cue))? / neurons as f64,
            });
        }
        let longest = courses.iter().map(|course| course.overlaps.len()).max().unwrap_or_default();
        let course = courses.into_iter().map(|course| course.padded(longest)).collect();
        Ok(Recall::new(cues, states, course, elapsed))
    }
}

/// The way of one cue.
struct Course {
    state: Vec<u32>,
    /// The state before, once there is one.
    previous: Option<Vec<u32>>,
    overlaps: Vec<f64>,
    sweeps: u32,
    period: Option<u32>,
    /// Whether a state that comes back after two sweeps is the end.
    cycles: bool,
}

impl Course {
    /// Takes the state after one more sweep. A cue that has settled keeps its end, whatever the device goes on to do.
    fn take(&mut self, state: Vec<u32>, overlap: f64) {
        if self.period.is_some() {
            return;
        }
        self.sweeps += 1;
        if state == self.state {
            self.period = Some(1);
        } else if self.cycles && self.previous.as_ref() == Some(&state) {
            self.period = Some(2);
        }
        self.overlaps.push(overlap);
        self.previous = Some(std::mem::replace(&mut self.state, state));
    }

    /// The overlaps, the last one repeated up to a length that all cues share.
    fn padded(mut self, length: usize) -> Vec<f64> {
        let last = self.overlaps.last().copied().unwrap_or_default();
        self.overlaps.resize(length, last);
        self.overlaps
    }
}
