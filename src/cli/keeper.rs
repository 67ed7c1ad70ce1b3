//! Keeps a long run from being lost: checkpoints in its folder, from time to time and when it is asked to stop.
//!
//! A command divides its work into parts, by name. Of a part that is finished its result is kept; of the one under way
//! whatever the library hands over, between two chunks. Where a run goes on from a checkpoint, finished parts are not made
//! again, and the one under way goes on from where it was.

use super::replay::{CONFIGURATION, DONE, Replay, Target};
use super::session::{advance, say};
use super::stopping;
use anyhow::Result;
use indicatif::ProgressBar;
use spinfield::io::checkpoint::{Checkpoint, Generations, Header, Sections, TIME};
use spinfield::{Attendant, Error, Estimate};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A checkpoint may take this share of the time at the most; where it would take more, they are written less often.
const LARGEST_SHARE: f64 = 0.05;

/// Time from one mean beside the bar to the next, which take no larger share of the time than checkpoints.
const READINGS: Duration = Duration::from_secs(1);

/// The result of a part.
pub trait Part: Sized {
    /// As data.
    fn save(&self) -> Sections;
    /// From the data of [`save`](Self::save).
    fn restore(saved: &Sections) -> spinfield::Result<Self>;
}

/// What a run had reached when it was last saved.
#[derive(Debug, Default)]
pub struct Reached {
    /// The results of finished parts, by name.
    pub finished: Sections,
    /// Name and state of the part under way.
    pub under_way: Option<(String, Sections)>,
}

/// Looks after one run.
#[derive(Debug)]
pub struct Keeper {
    bar: ProgressBar,
    /// The part of the bar that the library's progress is of.
    span: [f64; 2],
    /// The fraction of the run that is done.
    done: f64,
    /// None where nothing is written.
    store: Option<Store>,
    reached: Reached,
    /// The part under way.
    part: String,
    /// Whether a part has been finished since the last checkpoint.
    news: bool,
    saved: Instant,
    /// When a mean was last found for the bar, and how long that took.
    read: Instant,
    reading_cost: Duration,
    quiet: bool,
    /// Where nothing is to be kept but a finished run is made again.
    replay: Option<Arc<Replay>>,
}

/// Where checkpoints go, and what all of them say.
#[derive(Debug)]
pub struct Store {
    /// The files.
    pub files: Generations,
    /// Whose they are; the step is that of the next one.
    pub header: Header,
    /// What decides the result, for people and for comparison.
    pub configuration: String,
    /// Least time from one checkpoint to the next.
    pub interval: Duration,
    /// When the run began, and how long it ran before this process.
    pub since: (Instant, Duration),
    /// How long the last checkpoint took.
    pub cost: Duration,
}

impl Keeper {
    /// Without anything to save.
    pub fn new(bar: ProgressBar, store: Option<Store>, reached: Reached, quiet: bool) -> Self {
        let (part, saved) = (String::new(), Instant::now());
        Self {
            bar,
            span: [0.0, 1.0],
            done: 0.0,
            store,
            reached,
            part,
            news: false,
            saved,
            read: saved,
            reading_cost: Duration::ZERO,
            quiet,
            replay: None,
        }
    }

    /// Makes a finished run again.
    #[must_use]
    pub fn replaying(self, replay: Option<Arc<Replay>>) -> Self {
        Self { replay, ..self }
    }

    /// The part of the bar that is filled from here on.
    pub fn span(&mut self, from: f64, to: f64) {
        self.span = [from, to];
        self.progress(0.0);
    }

    /// Whether anything is saved.
    pub fn keeps(&self) -> bool {
        self.store.is_some()
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Begins a part whose result needs not be kept; gives what it had reached before.
    pub fn begin(&mut self, name: &str) -> Option<Sections> {
        self.part = name.into();
        self.reached.under_way.take_if(|(part, _)| part == name).map(|(_, state)| state)
    }

    /// Keeps the result of a part for as long as others take.
    pub fn keep(&mut self, name: &str, result: Sections) {
        if self.store.is_some() {
            self.reached.finished.nest(name, result);
            self.news = true;
        }
    }

    /// What was [kept](Self::keep) of a part.
    pub fn kept(&self, name: &str) -> Option<Sections> {
        self.reached.finished.within(name)
    }

    /// Makes a part, or takes its result from the checkpoint. An interrupt or a lost device loses no part that was finished.
    pub fn part<T: Part>(
        &mut self,
        name: &str,
        make: impl FnOnce(Option<Sections>, &mut Self) -> Result<T>,
    ) -> Result<T> {
        if let Some(finished) = self.kept(name) {
            return Ok(T::restore(&finished)?);
        }
        if self.store.is_some() && stopping::wanted() {
            self.write(None)?;
            return Err(self.stopped().into());
        }
        let from = self.begin(name);
        match make(from, self) {
            Ok(result) => {
                if self.store.is_some() {
                    self.keep(name, result.save());
                    if self.due() {
                        self.save_now(None)?;
                    }
                }
                Ok(result)
            }
            Err(error) => {
                let stopped = matches!(error.downcast_ref(), Some(Error::Interrupted | Error::DeviceLost(_)));
                if stopped && self.news {
                    self.write(None)?;
                }
                Err(error)
            }
        }
    }

    /// Does something that asks whether it is [due](Attendant::due) to be saved: an interrupt waits for that.
    pub fn gently<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let waits = self.store.is_some();
        stopping::wait_for_chunks(waits);
        let value = work(self);
        stopping::wait_for_chunks(false);
        value
    }

    /// Saves the part under way, whether or not it is time, where files are written.
    pub fn save_now(&mut self, state: Option<Sections>) -> spinfield::Result<()> {
        if self.store.is_none() {
            return Ok(());
        }
        if let Some(replay) = self.replay.clone() {
            let arrived = replay.target.as_ref().is_some_and(|target| target.meets(&self.sections(state)));
            return if arrived || stopping::wanted() { Err(self.stopped()) } else { Ok(()) };
        }
        let written = self.write(state);
        if stopping::wanted() {
            written?;
            return Err(self.stopped());
        }
        if let (Err(error), false) = (written, self.quiet) {
            say(&format!("warning: no checkpoint: {error}; the last one stands, and the run goes on"));
        }
        Ok(())
    }

    /// What the run has reached.
    fn sections(&self, state: Option<Sections>) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers(DONE, &[self.done]).nest("finished", self.reached.finished.clone());
        if let Some(state) = state {
            sections.put("under way", self.part.clone().into_bytes()).nest("state", state);
        }
        sections
    }

    /// Writes a checkpoint.
    fn write(&mut self, state: Option<Sections>) -> spinfield::Result<()> {
        let (begun, mut sections) = (Instant::now(), self.sections(state));
        let Some(store) = &mut self.store else { return Ok(()) };
        sections.put(CONFIGURATION, store.configuration.clone().into_bytes());
        let elapsed = store.since.0.elapsed() + store.since.1;
        sections.put_numbers(TIME, &[elapsed.as_nanos() as u64]);
        store.header.step += 1;
        let written = store.files.write(&Checkpoint { header: store.header.clone(), sections });
        (self.saved, store.cost) = (Instant::now(), begun.elapsed());
        self.news &= written.is_err();
        written
    }

    fn stopped(&self) -> Error {
        self.clear();
        Error::Interrupted
    }
}

impl Attendant for Keeper {
    fn progress(&mut self, done: f64) {
        let [from, to] = self.span;
        self.done = from + done * (to - from);
        advance(&self.bar, self.done);
    }

    fn wants_reading(&mut self) -> bool {
        let rare = READINGS.max(self.reading_cost.div_f64(LARGEST_SHARE));
        let wanted = !self.bar.is_hidden() && self.read.elapsed() >= rare;
        if wanted {
            self.read = Instant::now();
        }
        wanted
    }

    fn reading(&mut self, observable: &str, mean: &Estimate) {
        self.reading_cost = self.read.elapsed();
        let name = observable.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        self.bar.set_prefix(format!("{} {mean}", name.to_lowercase()));
    }

    fn asked_at(&self) -> Option<f64> {
        let [from, to] = self.span;
        let done = self.replay.as_ref()?.target.as_ref()?.within(&self.part)?;
        Some((done - from) / (to - from)).filter(|done| (0.0..=1.0).contains(done))
    }

    fn due(&mut self) -> bool {
        let Some(store) = &self.store else { return false };
        if let Some(replay) = &self.replay {
            let is_near = |target: &Target| target.may_be_at(&self.part, self.done, &self.reached.finished);
            return stopping::wanted() || replay.target.as_ref().is_some_and(is_near);
        }
        // An interval of 0 asks for one after every chunk, whatever that costs.
        let rare = if store.interval.is_zero() { Duration::ZERO } else { store.cost.div_f64(LARGEST_SHARE) };
        stopping::wanted() || self.saved.elapsed() >= store.interval.max(rare)
    }

    fn save(&mut self, state: Sections) -> spinfield::Result<()> {
        self.save_now(Some(state))
    }
}

/// What a checkpoint has of a run, and how long it had run.
pub fn reached(sections: &Sections) -> spinfield::Result<(Reached, Duration)> {
    let under_way = match sections.within("state") {
        Some(state) => Some((sections.text("under way")?.to_string(), state)),
        None => None,
    };
    let [elapsed] = sections.array(TIME)?;
    let finished = sections.within("finished").unwrap_or_default();
    Ok((Reached { finished, under_way }, Duration::from_nanos(elapsed)))
}
