//! Recall at zero temperature on explicit couplings.

use crate::attendant::{Attendant, Unattended};
use crate::couplings::Couplings;
use crate::cues::Cues;
use crate::dense::Dense;
use crate::dynamics::{DenseSweep, greedy};
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run as RunUniform};
use crate::io::checkpoint::{Sections, TIME, unfit};
use crate::model::PairwiseSpins;
use crate::patterns::Patterns;
use crate::plan::{Op, Plan, Slot};
use crate::random::{Event, Purpose, Stream, permutation};
use crate::recall::{Order, RETRIEVED, Recall, RecalledCue, Update, Visit, done};
use std::time::{Duration, Instant};

/// A recall on explicit couplings, before it is run. From [`Gpu::recall_with_couplings`].
#[derive(Debug, Clone)]
pub struct ExplicitRecallBuilder<'a> {
    gpu: Gpu,
    couplings: &'a Couplings,
    patterns: &'a Patterns,
    cues: &'a Cues,
    update: Update,
    sweeps: u32,
    seed: u64,
}

impl Gpu {
    /// Runs damaged cues to a fixed point under couplings of the caller's own, all cues at once. The patterns only say what
    /// the cues should retrieve.
    ///
    /// Under [asymmetric couplings](Couplings::asymmetric), which need not lead to any fixed point, all sweeps are made, and
    /// [`Recall::visits`] says which patterns the cues pass.
    pub fn recall_with_couplings<'a>(
        &self,
        couplings: &'a Couplings,
        patterns: &'a Patterns,
        cues: &'a Cues,
    ) -> ExplicitRecallBuilder<'a> {
        let gpu = self.clone();
        ExplicitRecallBuilder { gpu, couplings, patterns, cues, update: Update::Synchronous, sweeps: 100, seed: 0 }
    }
}

impl ExplicitRecallBuilder<'_> {
    /// How neurons are updated (default: synchronously): all at once, or one after another in their own order or a random one
    /// that is new in every sweep and the same for all cues. A neuron without a field keeps its state. A random order takes
    /// the couplings to the device anew in every sweep.
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

    /// The seed of the random order (default: 0): the same order as that of a recall from patterns.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Runs until every cue has settled, or the sweeps are used up.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, a diagonal, or asymmetric couplings that are not updated
    /// synchronously, [`Error::Limit`] for what the adapter cannot hold.
    pub fn run(&self) -> Result<Recall> {
        self.run_with(&mut |_| {})
    }

    /// [`run`](Self::run), telling `progress` how far it is: at least the fraction of cues that have settled, or of the sweeps where
    /// none can.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, progress: &mut dyn FnMut(f64)) -> Result<Recall> {
        self.run_attended(None, &mut Unattended(progress))
    }

    /// [`run`](Self::run) with somebody who may have it saved between two sweeps, and going on `from` what was saved of the same
    /// recall, which ends with the same states as if it had never stopped.
    ///
    /// # Errors
    /// As [`run`](Self::run), those of the attendant, and [`Error::Input`] for what was saved of another recall.
    pub fn run_attended(&self, from: Option<&Sections>, attendant: &mut dyn Attendant) -> Result<Recall> {
        let (mut plan, dense, sweep) = self.declare()?;
        let chains = self.cues.targets().len() as u32;
        let uniform = RunUniform { seed_low: 0, seed_high: 0, chains, replicas: chains };
        let mut executor = Executor::new(&self.gpu, &mut plan, uniform)?;
        let slot = |name: &str| plan.find(name).ok_or_else(|| Error::input("plan", name, "none", "report this"));
        let [spins, matrix, offsets] = [slot("spins")?, slot("couplings")?, slot("offsets")?];
        let random = self.update == Update::Asynchronous(Order::Random);
        let (started, mut earlier, mut first) = (Instant::now(), Duration::ZERO, 0);
        let mut courses: Vec<Course> = (0..chains as usize).map(|cue| self.course(cue)).collect();
        if let Some(saved) = from {
            ([first], [earlier]) = (saved.array("sweep")?, saved.array(TIME)?.map(Duration::from_nanos));
            if first > self.sweeps {
                return Err(unfit("sweep", format!("at most {}", self.sweeps), first));
            }
            let visited = (!self.couplings.is_symmetric()).then(|| self.patterns.count());
            restore(&mut courses, &saved.required("cues")?, first, visited)?;
            // Those that have settled may stand elsewhere in their cycle, which does not matter any more.
            let states: Vec<Vec<u32>> = courses.iter().map(|course| course.state.clone()).collect();
            plan.push(Op::Write(spins, bytemuck::cast_slice(&dense.spins(&states)).into()));
        }
        for number in first..self.sweeps {
            if self.couplings.is_symmetric() && courses.iter().all(|course| course.period.is_some()) {
                break;
            }
            let order = random.then(|| self.order(number.into()));
            if let Some(order) = &order {
                self.rename(order, &dense, [spins, matrix, offsets], &courses, &mut plan);
            }
            sweep.append(number.into(), &mut plan);
            executor.execute(&mut plan)?;
            let words = executor.read(spins, 4 * dense.words())?;
            for (cue, course) in courses.iter_mut().enumerate() {
                let state = dense.state(&words, cue);
                let state = order.as_ref().map_or(state.clone(), |order| back(&state, order));
                let overlap = self.overlap(self.cues.targets()[cue], &state);
                course.visits.extend(self.visit(&state));
                course.take(state, overlap);
            }
            let settled = courses.iter().filter(|course| course.period.is_some()).count() as f64 / courses.len() as f64;
            let share = f64::from(number + 1) / f64::from(self.sweeps);
            attendant.progress(if self.couplings.is_symmetric() { done(settled, number + 1) } else { share });
            if attendant.due() {
                let mut state = Sections::new();
                state.put_numbers("sweep", &[number + 1]);
                state.put_numbers(TIME, &[(earlier + started.elapsed()).as_nanos() as u64]);
                state.nest("cues", save(&courses));
                attendant.save(state)?;
            }
        }
        self.gather(courses, earlier + started.elapsed())
    }

    /// The order of a sweep, at the address where recall from patterns has it.
    fn order(&self, sweep: u64) -> Vec<u32> {
        let event = Event { seed: self.seed, purpose: Purpose::Order, index: 0, chain: 0, sweep, part: 0 };
        permutation(self.couplings.sites() as u32, &mut Stream::of(event))
    }

    /// Gives the sites the names of their turns: the kernel visits the k-th site as the k-th, whatever it is called
    /// elsewhere. To move the matrix costs a small part of a sweep of 32 cues, and the kernel needs no second form.
    fn rename(
        &self,
        order: &[u32],
        dense: &Dense,
        [spins, matrix, offsets]: [Slot; 3],
        courses: &[Course],
        plan: &mut Plan,
    ) {
        let laid_out = dense.lay_out(self.couplings, &vec![0.0; order.len()], order);
        let states: Vec<Vec<u32>> = courses.iter().map(|course| there(&course.state, order)).collect();
        plan.push(Op::Write(matrix, bytemuck::cast_slice(&laid_out.matrix).into()));
        plan.push(Op::Write(offsets, bytemuck::cast_slice(&laid_out.offsets).into()));
        plan.push(Op::Write(spins, bytemuck::cast_slice(&dense.spins(&states)).into()));
    }

    /// Checks everything, and declares memory and kernels.
    fn declare(&self) -> Result<(Plan, Dense, DenseSweep)> {
        self.cues.check_against(self.patterns)?;
        let neurons = self.patterns.neurons();
        if self.couplings.sites() != neurons {
            let hint = "couplings and patterns must have the same size";
            return Err(Error::input("couplings", format!("{neurons} sites"), self.couplings.sites(), hint));
        }
        if self.update != Update::Synchronous {
            self.couplings.check_symmetric("couplings of an asynchronous recall")?;
        }
        if self.sweeps == 0 {
            return Err(Error::input("sweeps", "at least 1", 0, "100 is plenty"));
        }
        let model = PairwiseSpins::new(self.couplings.clone());
        let (need, have) = (model.matrix_bytes(), self.gpu.adapter().max_binding_bytes);
        if need > have {
            let what = format!("the matrix of couplings of {neurons} neurons (bytes)");
            let hint = "it must fit in one binding: use a smaller network, or Hebb's or the pseudo-inverse rule, which need \
                        no matrix";
            return Err(Error::Limit { what, need, have, hint: hint.into() });
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
            Update::Asynchronous(_) => {
                plan.slot("accepted", dense.chains() as u64);
                DenseSweep::in_turn(dense, &mut plan, &greedy())?
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
        let overlaps = vec![self.overlap(self.cues.targets()[cue], &state)];
        let ending = match self.update {
            _ if !self.couplings.is_symmetric() => Ending::Recurrence { since: 0 },
            Update::Asynchronous(_) => Ending::FixedPoint,
            _ => Ending::ShortCycle,
        };
        let visits = self.visit(&state).into_iter().collect();
        Course { earlier: state.clone(), state, overlaps, visits, sweeps: 0, period: None, ending }
    }

    /// The overlap of a state with a pattern.
    fn overlap(&self, pattern: usize, state: &[u32]) -> f64 {
        let neurons = self.patterns.neurons();
        crate::patterns::packed_overlap(neurons, self.patterns.words_of(pattern), state) as f64 / neurons as f64
    }

    /// The pattern that a state is nearest to, where recall may go from one to the next.
    fn visit(&self, state: &[u32]) -> Option<Visit> {
        let visits = (0..self.patterns.count()).map(|pattern| (pattern, self.overlap(pattern, state)));
        let visit = visits.reduce(|best, next| if next.1.abs() > best.1.abs() { next } else { best });
        visit.filter(|_| !self.couplings.is_symmetric()).map(|(pattern, overlap)| Visit { pattern, overlap })
    }

    fn gather(&self, courses: Vec<Course>, elapsed: Duration) -> Result<Recall> {
        let neurons = self.patterns.neurons();
        let bits: Vec<u32> = courses.iter().flat_map(|course| course.state.iter().copied()).collect();
        let states = Patterns::from_words(neurons, bits)?;
        let mut cues = Vec::new();
        for (cue, course) in courses.iter().enumerate() {
            let overlap = course.overlaps.last().copied().unwrap_or_default();
            let size = |&p: &usize| (self.patterns.overlap(p, &states, cue).unsigned_abs(), usize::MAX - p);
            let energy = match self.couplings.is_symmetric() {
                true => self.couplings.energy(&states.signs(cue))? / neurons as f64,
                false => f64::NAN,
            };
            cues.push(RecalledCue {
                pattern: self.cues.targets()[cue],
                initial_overlap: course.overlaps.first().copied().unwrap_or_default(),
                overlap,
                sweeps: course.sweeps,
                period: course.period,
                mirrored: overlap <= -RETRIEVED,
                nearest: (0..self.patterns.count()).max_by_key(size).unwrap_or_default(),
                energy,
            });
        }
        let longest = courses.iter().map(|course| course.overlaps.len()).max().unwrap_or_default();
        let visits = if self.couplings.is_symmetric() { &[][..] } else { &courses[..] };
        let visits = visits.iter().map(|course| course.visits.clone()).collect();
        let course = courses.into_iter().map(|course| course.padded(longest)).collect();
        Ok(Recall::new(cues, states, course, elapsed).with_visits(visits))
    }
}

/// A state whose k-th site is the `order[k]`-th of this one.
fn there(state: &[u32], order: &[u32]) -> Vec<u32> {
    let bit = |site: u32| state[site as usize / 32] >> (site % 32) & 1;
    let pack = |sites: &[u32]| sites.iter().enumerate().fold(0, |word, (at, &site)| word | bit(site) << at);
    order.chunks(32).map(pack).collect()
}

/// The state of which [`there`] makes this one.
fn back(state: &[u32], order: &[u32]) -> Vec<u32> {
    let mut original = vec![0; state.len()];
    for (at, &site) in order.iter().enumerate() {
        original[site as usize / 32] |= (state[at / 32] >> (at % 32) & 1) << (site % 32);
    }
    original
}

/// The way of one cue.
struct Course {
    state: Vec<u32>,
    /// A state before, that one which `ending` is looking out for.
    earlier: Vec<u32>,
    overlaps: Vec<f64>,
    visits: Vec<Visit>,
    sweeps: u32,
    period: Option<u32>,
    ending: Ending,
}

/// How a cue can end.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// One neuron after another.
    FixedPoint,
    /// All at once under symmetric couplings, where no other cycles exist (E. Goles-Chacc, F. Fogelman-Soulié and D. Pellegrin,
    /// Discrete Appl. Math. 12, 261 (1985)). The state before is kept.
    ShortCycle,
    /// All at once under asymmetric couplings: cycles of any length. The state after a power of two of sweeps is kept, and
    /// comes back as soon as that many sweeps are more than the cycle has (R. P. Brent, BIT 20, 176 (1980)).
    Recurrence { since: u32 },
}

impl Course {
    /// Takes the state after one more sweep. A cue that has settled keeps its end, whatever the device goes on to do; one
    /// that may go on for ever does not.
    fn take(&mut self, state: Vec<u32>, overlap: f64) {
        let endless = matches!(self.ending, Ending::Recurrence { .. });
        if self.period.is_some() && !endless {
            return;
        }
        self.sweeps += 1;
        self.overlaps.push(overlap);
        match self.ending {
            Ending::Recurrence { since } => {
                if self.period.is_none() && state == self.earlier {
                    self.period = Some(self.sweeps - since);
                }
                if self.sweeps.is_power_of_two() {
                    self.ending = Ending::Recurrence { since: self.sweeps };
                    self.earlier.clone_from(&state);
                }
                self.state = state;
            }
            Ending::FixedPoint | Ending::ShortCycle => {
                if state == self.state {
                    self.period = Some(1);
                } else if self.ending == Ending::ShortCycle && self.sweeps > 1 && state == self.earlier {
                    self.period = Some(2);
                }
                self.earlier = std::mem::replace(&mut self.state, state);
            }
        }
    }

    /// The overlaps, the last one repeated up to a length that all cues share.
    fn padded(mut self, length: usize) -> Vec<f64> {
        let last = self.overlaps.last().copied().unwrap_or_default();
        self.overlaps.resize(length, last);
        self.overlaps
    }
}

/// All cues as data: their numbers one after the other.
fn save(courses: &[Course]) -> Sections {
    let words = |of: fn(&Course) -> &Vec<u32>| courses.iter().flat_map(of).copied().collect::<Vec<u32>>();
    let overlaps: Vec<f64> = courses.iter().flat_map(|course| &course.overlaps).copied().collect();
    let visits = || courses.iter().flat_map(|course| &course.visits);
    let endings = courses.iter().flat_map(|course| {
        let since = if let Ending::Recurrence { since } = course.ending { since } else { 0 };
        [course.sweeps, course.period.unwrap_or(0), since]
    });
    let mut sections = Sections::new();
    sections.put_numbers("states", &words(|course| &course.state)).put_numbers("overlaps", &overlaps);
    sections.put_numbers("earlier", &words(|course| &course.earlier));
    sections.put_numbers("visited", &visits().map(|visit| visit.pattern as u64).collect::<Vec<u64>>());
    sections.put_numbers("visits", &visits().map(|visit| visit.overlap).collect::<Vec<f64>>());
    sections.put_numbers("endings", &endings.collect::<Vec<u32>>());
    sections
}

/// Takes cues that have not moved to where they were [saved](save), after so many sweeps; they visit so many patterns, if any.
fn restore(courses: &mut [Course], saved: &Sections, made: u32, patterns: Option<usize>) -> Result<()> {
    let (count, words) = (courses.len(), courses.first().map_or(1, |course| course.state.len()));
    let endings = saved.numbers::<u32>("endings")?;
    let endings = match endings.as_chunks() {
        (endings, []) if endings.len() == count => endings,
        _ => return Err(unfit("endings", format!("3 numbers of each of {count} cues"), endings.len())),
    };
    // Who has settled makes no more sweeps, but where cues never settle.
    let of_some_sweep = |&[sweeps, period, since]: &[u32; 3]| {
        since <= sweeps && if period == 0 || patterns.is_some() { sweeps == made } else { sweeps <= made }
    };
    if let Some(wrong) = endings.iter().find(|ending| !of_some_sweep(ending)) {
        return Err(unfit("endings", format!("cues after {made} sweeps"), format!("{wrong:?}")));
    }
    let [states, earlier] = ["states", "earlier"].map(|name| saved.as_many::<u32>(name, count * words));
    let (states, earlier) = (states?, earlier?);
    let looks = endings.iter().map(|[sweeps, ..]| 1 + *sweeps as usize).sum();
    let visits = if patterns.is_some() { looks } else { 0 };
    let overlaps = saved.as_many::<f64>("overlaps", looks)?;
    let visited = saved.as_many::<u64>("visited", visits)?;
    let visits = saved.as_many::<f64>("visits", visits)?;
    if let Some(none) = visited.iter().find(|&&pattern| pattern >= patterns.unwrap_or(0) as u64) {
        return Err(unfit("visited", "patterns of the memory", none));
    }
    let mut overlaps = overlaps.into_iter();
    let mut visits = visited.into_iter().zip(visits).map(|(p, overlap)| Visit { pattern: p as usize, overlap });
    for (cue, (course, &[sweeps, period, since])) in courses.iter_mut().zip(endings).enumerate() {
        let (of_cue, looks) = (cue * words..(cue + 1) * words, 1 + sweeps as usize);
        (course.state, course.earlier) = (states[of_cue.clone()].into(), earlier[of_cue].into());
        course.overlaps = overlaps.by_ref().take(looks).collect();
        course.visits = visits.by_ref().take(looks).collect();
        (course.sweeps, course.period) = (sweeps, (period != 0).then_some(period));
        if let Ending::Recurrence { since: of_course } = &mut course.ending {
            *of_course = since;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_given_and_taken_back() {
        let order = permutation(70, &mut Stream::new(1, Purpose::Order, 0));
        let state = vec![0x9E37_79B9, 0xDEAD_BEEF, 0x2A];
        let renamed = there(&state, &order);
        assert_eq!(back(&renamed, &order), state);
        let bit = |words: &[u32], at: usize| words[at / 32] >> (at % 32) & 1;
        assert!((0..70).all(|k| bit(&renamed, k) == bit(&state, order[k] as usize)));
    }

    #[test]
    fn cycles_of_any_length_are_found() {
        for (transient, length) in [(0, 1), (0, 3), (3, 1), (5, 7), (2, 16)] {
            let at = |sweep: u32| if sweep < transient { sweep } else { transient + (sweep - transient) % length };
            let ending = Ending::Recurrence { since: 0 };
            let (overlaps, visits) = (Vec::new(), Vec::new());
            let mut course =
                Course { state: vec![at(0)], earlier: vec![at(0)], overlaps, visits, sweeps: 0, period: None, ending };
            (1..=64).for_each(|sweep| course.take(vec![at(sweep)], 0.0));
            assert_eq!((course.period, course.sweeps), (Some(length), 64), "{transient} before {length}");
        }
    }
}
