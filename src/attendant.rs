//! What goes on beside a long run: progress, and saving it from time to time.

use crate::error::Result;
use crate::io::checkpoint::Sections;
use crate::statistics::Estimate;

/// Looks after a long run: hears how far it is, and may have it saved between two of its chunks.
///
/// A run calls [`due`](Attendant::due) between chunks of about half a second; where that is so it finishes what is under way and
/// hands over everything that it needs to go on.
///
/// ```no_run
/// use spinfield::{Attendant, Energy, Gpu, HeatBath, Ising, Lattice, Schedule, Result};
/// use spinfield::io::checkpoint::Sections;
///
/// /// Keeps the state of every thousandth question.
/// struct NowAndThen(u64, Option<Sections>);
///
/// impl Attendant for NowAndThen {
///     fn due(&mut self) -> bool {
///         self.0 += 1;
///         self.0 % 1000 == 0
///     }
///     fn save(&mut self, state: Sections) -> Result<()> {
///         self.1 = Some(state);
///         Ok(())
///     }
/// }
///
/// let build = || Gpu::new()?.simulate(Ising::new(Lattice::square(32)?), HeatBath).betas(&[0.44]).seed(1).build();
/// let schedule = Schedule { warmup: 1_000, samples: 100_000, thin: 1 };
/// let mut simulation = build()?;
/// let energy = simulation.observe(Energy);
/// let mut attendant = NowAndThen(0, None);
/// let whole = simulation.run_attended(schedule, None, &mut attendant)?;
/// // Another process, which observes the same, ends with the same numbers.
/// let mut simulation = build()?;
/// simulation.observe(Energy);
/// let resumed = simulation.run_attended(schedule, attendant.1.as_ref(), &mut NowAndThen(0, None))?;
/// # Ok::<(), spinfield::Error>(())
/// ```
pub trait Attendant {
    /// Told the fraction of the run that is done.
    fn progress(&mut self, _done: f64) {}

    /// Whether it wants to hear how the first observable stands; finding that goes through all its samples.
    fn wants_reading(&mut self) -> bool {
        false
    }

    /// Told the mean of the first observable's first number at the first point, so far.
    fn reading(&mut self, _observable: &str, _mean: &Estimate) {}

    /// Whether the run should be saved now.
    fn due(&mut self) -> bool {
        false
    }

    /// The fraction of the run, after one of its sweeps, where it is to ask whether it is [due](Attendant::due), besides all the
    /// places where it asks by itself.
    fn asked_at(&self) -> Option<f64> {
        None
    }

    /// Takes the state of the run. An error ends the run: [`Error::Interrupted`](crate::Error::Interrupted) where that is what
    /// was wanted.
    ///
    /// # Errors
    /// As the attendant decides.
    fn save(&mut self, _state: Sections) -> Result<()> {
        Ok(())
    }
}

/// How much of a search that ends nobody knows when is done after so many steps: more after each.
pub(crate) fn guess(steps: usize) -> f64 {
    steps as f64 / (steps + 10) as f64
}

/// After how many of `all` steps an attendant wants to be asked, besides all the places where it is; 0 where it does not.
pub(crate) fn asked_after(attendant: &dyn Attendant, all: u64) -> u64 {
    attendant.asked_at().map_or(0, |done| (done.clamp(0.0, 1.0) * all as f64).round() as u64)
}

/// Looks after one part of a run for the attendant of the whole: a fraction of the part is told as that of the run, and what is
/// saved of the part goes into what is saved of the run.
pub struct Within<'a, F> {
    whole: &'a mut dyn Attendant,
    span: [f64; 2],
    wrap: F,
}

impl<'a, F: Fn(Sections) -> Sections> Within<'a, F> {
    /// For the part that takes the run from one fraction to another; `wrap` makes the state of the run of that of the part.
    pub fn new(whole: &'a mut dyn Attendant, span: [f64; 2], wrap: F) -> Self {
        Self { whole, span, wrap }
    }

    /// For a step, counted from 0, of a search that ends nobody knows when.
    pub fn step_of_search(whole: &'a mut dyn Attendant, step: usize, wrap: F) -> Self {
        Self::new(whole, [guess(step), guess(step + 1)], wrap)
    }
}

impl<F: Fn(Sections) -> Sections> Attendant for Within<'_, F> {
    fn progress(&mut self, done: f64) {
        let [from, to] = self.span;
        self.whole.progress(from + done * (to - from));
    }

    fn wants_reading(&mut self) -> bool {
        self.whole.wants_reading()
    }

    fn reading(&mut self, observable: &str, mean: &Estimate) {
        self.whole.reading(observable, mean);
    }

    fn due(&mut self) -> bool {
        self.whole.due()
    }

    fn asked_at(&self) -> Option<f64> {
        let [from, to] = self.span;
        let of_part = (self.whole.asked_at()? - from) / (to - from);
        Some(of_part).filter(|done| (0.0..=1.0).contains(done))
    }

    fn save(&mut self, state: Sections) -> Result<()> {
        self.whole.save((self.wrap)(state))
    }
}

/// Nobody to save anything: only progress is told.
pub(crate) struct Unattended<'a>(pub &'a mut dyn FnMut(f64));

impl Attendant for Unattended<'_> {
    fn progress(&mut self, done: f64) {
        (self.0)(done);
    }
}
