//! Runs: warm-up, samples, and the chunks between which a run can be saved.

use super::Simulation;
use crate::attendant::{Attendant, Unattended};
use crate::dynamics::Dynamics;
use crate::error::Result;
use crate::io::checkpoint::{Sections, TIME, unfit};
use crate::model::Model;
use crate::pace::Pace;
use crate::plan::Op;
use crate::recorder::Recorder;
use crate::run::{Recording, Run, RunParts};
use crate::schedule::Schedule;
use std::time::{Duration, Instant};

/// Samples between two reports of progress at the most.
const LONGEST_BATCH: u64 = 256;
/// Sweeps that a plan takes in before it is looked at.
const SWEEPS_AT_ONCE: u64 = 64;

/// How much of a plan takes a chunk's time. What it says changes no result.
#[derive(Debug, Default)]
pub(super) struct SweepPace {
    pace: Pace,
    /// Operations of a sweep; 0 before the first.
    a_sweep: usize,
}

impl SweepPace {
    fn sweeps(&self) -> u64 {
        match self.a_sweep {
            0 => 1,
            operations => ((self.pace.operations() / operations) as u64).clamp(1, SWEEPS_AT_ONCE),
        }
    }
}

/// A run under way: where it began, and what it has so far.
struct Course {
    schedule: Schedule,
    /// Sweeps that the simulation had made before.
    first: u64,
    recorder: Recorder,
    since: Instant,
    /// Time that it took before it was saved.
    earlier: Duration,
    /// The number of sweeps after which the attendant wants to be asked, or 0.
    stop: u64,
}

impl Course {
    /// The number of sweeps after which there are so many samples.
    fn end_of(&self, samples: u64) -> u64 {
        self.first + self.schedule.warmup + samples * self.schedule.thin
    }

    /// Samples that are recorded when so many sweeps have been made.
    fn samples_at(&self, sweep: u64) -> u64 {
        sweep.saturating_sub(self.first + self.schedule.warmup) / self.schedule.thin
    }

    fn fraction(&self, sweep: u64) -> f64 {
        (sweep - self.first) as f64 / (self.end_of(self.schedule.samples) - self.first) as f64
    }

    /// The number of sweeps at this fraction, the inverse of [`fraction`](Self::fraction).
    fn sweep_at(&self, fraction: f64) -> u64 {
        let all = self.end_of(self.schedule.samples) - self.first;
        self.first + (fraction.clamp(0.0, 1.0) * all as f64).round() as u64
    }

    /// How far sweeps may be made at once on the way to the `end`.
    fn next_stop(&self, sweep: u64, end: u64) -> u64 {
        if self.stop > sweep { end.min(self.stop) } else { end }
    }

    fn elapsed(&self) -> Duration {
        self.earlier + self.since.elapsed()
    }
}

impl<M: Model, D: Dynamics<M>> Simulation<M, D> {
    /// Runs a schedule and gathers the observables.
    ///
    /// # Errors
    /// [`Run`](crate::Error::Run) where the numbers are not finite, nothing is accepted or clusters stay unfinished,
    /// [`DeviceLost`](crate::Error::DeviceLost), [`Interrupted`](crate::Error::Interrupted), and what
    /// [`observe`](Self::observe) could not declare.
    pub fn run(&mut self, schedule: Schedule) -> Result<Run> {
        self.run_with(schedule, &mut |_| {})
    }

    /// [`run`](Self::run), telling `progress` the fraction of the sweeps that are done.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&mut self, schedule: Schedule, progress: &mut dyn FnMut(f64)) -> Result<Run> {
        self.run_attended(schedule, None, &mut Unattended(progress))
    }

    /// [`run`](Self::run) with somebody who may have it saved on the way, and going on `from` what was saved of the same
    /// run of the same simulation, which ends with the same numbers as if it had never stopped.
    ///
    /// # Errors
    /// As [`run`](Self::run), those of the attendant, and [`Input`](crate::Error::Input) for what was saved of another run.
    pub fn run_attended(
        &mut self,
        schedule: Schedule,
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> Result<Run> {
        schedule.sweeps()?;
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.prepare()?;
        // A run that ended early may have left rows on their way.
        self.executor.finish()?;
        self.executor.arrived();
        let recorder = Recorder::new(&self.watched, &self.models, self.replicas, schedule.samples)?;
        let (since, earlier) = (Instant::now(), Duration::ZERO);
        let mut course = Course { schedule, first: self.sweep, recorder, since, earlier, stop: 0 };
        if let Some(saved) = from {
            self.take_up(&mut course, saved)?;
        }
        course.stop = attendant.asked_at().map_or(0, |fraction| course.sweep_at(fraction));
        self.warm_up(&mut course, attendant)?;
        if self.sweep == course.end_of(0) {
            // What counts from sample to sample does not count the warm-up; the first sample takes the rows over.
            for watched in self.watched.iter().filter(|watched| watched.probe.resets) {
                watched.append(0, self.chains(), self.sweep, &mut self.plan);
            }
        }
        while course.samples_at(self.sweep) < schedule.samples {
            self.sample(&mut course, attendant)?;
        }
        self.executor.finish()?;
        course.recorder.take_in(&self.executor.arrived(), &self.watched, &self.models)?;
        self.heed_alarm()?;
        for (watched, recording) in self.watched.iter().zip(&course.recorder.recordings) {
            let rows = self.replicas / watched.observable.chains_a_row();
            watched.observable.verdict(recording, rows as usize)?;
        }
        let elapsed = course.elapsed();
        Ok(Run::new(RunParts {
            betas: match self.dynamics.beta_at(self.sweep.saturating_sub(1)) {
                Some(beta) => vec![beta; self.models.len()],
                None => self.betas.clone(),
            },
            sides: self.models[0].sides(),
            recordings: course.recorder.recordings,
            updates: u64::from(self.models[0].sites())
                .saturating_mul(u64::from(self.chains()))
                .saturating_mul(schedule.sweeps()?)
                .saturating_mul(self.dynamics.updates_per_site()),
            elapsed,
        }))
    }

    fn warm_up(&mut self, course: &mut Course, attendant: &mut dyn Attendant) -> Result<()> {
        let end = course.end_of(0);
        while self.sweep < end {
            self.append_sweeps(course.next_stop(self.sweep, end));
            self.hand_over()?;
            attendant.progress(course.fraction(self.sweep));
            if attendant.due() {
                self.put_down(course, attendant)?;
            }
        }
        Ok(())
    }

    /// Makes and records samples, as many as fit or until the run is to be saved, maybe between two of them.
    fn sample(&mut self, course: &mut Course, attendant: &mut dyn Attendant) -> Result<()> {
        let chains = self.chains();
        let done = course.samples_at(self.sweep);
        let fits = self.samples_a_batch().min(course.schedule.samples - done);
        let (mut gathered, mut due) = (0, false);
        while gathered < fits && !due {
            let end = course.end_of(done + gathered + 1);
            while self.sweep + 1 < end && !due {
                self.append_sweeps(course.next_stop(self.sweep, end - 1));
                due = (self.hand_over_when_long()? && attendant.due()) || self.sweep == course.stop;
            }
            if self.sweep + 1 < end {
                break;
            }
            self.dynamics.append_recorded(&self.program, self.sweep * self.dynamics.numbers(), &mut self.plan);
            self.sweep += 1;
            for watched in &self.watched {
                watched.append(gathered as u32, chains, self.sweep, &mut self.plan);
            }
            gathered += 1;
            due |= (self.hand_over_when_long()? && attendant.due()) || self.sweep == course.stop;
        }
        if gathered > 0 {
            for (index, watched) in self.watched.iter().enumerate() {
                self.plan.push(Op::Read(watched.probe.rows, gathered * watched.sample_bytes(chains)));
                course.recorder.expect(index);
            }
        }
        self.hand_over()?;
        course.recorder.take_in(&self.executor.arrived(), &self.watched, &self.models)?;
        attendant.progress(course.fraction(self.sweep));
        if let Some(watched) = self.watched.first().filter(|_| attendant.wants_reading())
            && let Some(mean) = course.recorder.first_mean(self.models.len())
        {
            attendant.reading(&format!("{:?}", watched.observable), &mean);
        }
        // Where sweeps ended early only because it was to be asked, its answer may be no.
        if (due && self.sweep != course.stop) || attendant.due() {
            self.put_down(course, attendant)?;
        }
        Ok(())
    }

    /// Has a run saved.
    fn put_down(&mut self, course: &mut Course, attendant: &mut dyn Attendant) -> Result<()> {
        self.executor.finish()?;
        course.recorder.take_in(&self.executor.arrived(), &self.watched, &self.models)?;
        let Schedule { warmup, samples, thin } = course.schedule;
        let mut state = Sections::new();
        state.put_numbers("schedule", &[warmup, samples, thin]);
        state.put_numbers("course", &[course.first]);
        state.put_numbers(TIME, &[course.elapsed().as_nanos() as u64]);
        state.nest("recorded", Recording::save(&course.recorder.recordings));
        state.nest("simulation", self.save()?);
        attendant.save(state)
    }

    /// Goes on from where a run was saved.
    fn take_up(&mut self, course: &mut Course, saved: &Sections) -> Result<()> {
        let Schedule { warmup, samples, thin } = course.schedule;
        let of_saved = saved.array::<u64, 3>("schedule")?;
        if of_saved != [warmup, samples, thin] {
            let wanted = format!("{warmup} sweeps of warm-up, {samples} samples, {thin} sweeps a sample");
            return Err(unfit("schedule", wanted, format!("{of_saved:?}")));
        }
        let nested = |name: &str| saved.within(name).ok_or_else(|| unfit(name, "a saved run", "none"));
        let (simulation, recorded) = (nested("simulation")?, nested("recorded")?);
        let ([first], [elapsed]) = (saved.array("course")?, saved.array(TIME)?);
        self.restore(&simulation)?;
        (course.first, course.earlier) = (first, Duration::from_nanos(elapsed));
        if !(first..=course.end_of(samples)).contains(&self.sweep) {
            return Err(unfit("course", "a run under way", format!("sweep {} of one from {first} on", self.sweep)));
        }
        course.recorder.take_over(Recording::restore(&recorded)?, course.samples_at(self.sweep))
    }

    /// Appends sweeps to the plan: all up to the `end`, or as many as it should take in at once.
    pub(super) fn append_sweeps(&mut self, end: u64) {
        let next = end.min(self.sweep + self.pace.sweeps());
        let before = self.plan.ops.len();
        self.dynamics.append_several(&self.program, self.sweep..next, &mut self.plan);
        self.pace.a_sweep = (self.plan.ops.len() - before).div_ceil((next - self.sweep) as usize).max(1);
        self.sweep = next;
    }

    /// Hands the plan to the device.
    pub(super) fn hand_over(&mut self) -> Result<()> {
        let (operations, begun) = (self.plan.ops.len(), Instant::now());
        self.executor.execute(&mut self.plan)?;
        self.pace.pace.learn(operations, begun.elapsed());
        Ok(())
    }

    /// The same where it has grown long; says whether.
    fn hand_over_when_long(&mut self) -> Result<bool> {
        if self.plan.ops.len() <= self.pace.pace.operations() {
            return Ok(false);
        }
        self.hand_over()?;
        Ok(true)
    }

    /// Samples that fit every observable's rows.
    fn samples_a_batch(&self) -> u64 {
        let chains = self.chains();
        let fits = self
            .watched
            .iter()
            .map(|watched| self.plan.slots[watched.probe.rows.0].bytes / watched.sample_bytes(chains));
        fits.min().unwrap_or(LONGEST_BATCH).clamp(1, LONGEST_BATCH)
    }
}
