//! Runs of chains of rasters: warm-up, samples, and the chunks between which a run can be saved.

use super::FieldChains;
use crate::attendant::{Attendant, Unattended, asked_after};
use crate::error::Result;
use crate::io::checkpoint::{Sections, unfit};
use crate::neurons::moments::{Counted, RasterMoments};
use crate::pace::Chunk;
use crate::schedule::Schedule;

impl FieldChains {
    /// Takes samples, `thin` sweeps apart, and counts on the device how often neurons fire, alone, two at a tick, one at two
    /// ticks, and how many at once.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) for no samples, no thinning, or more than 32-bit counts hold; as [`sweep`](Self::sweep).
    pub fn moments(&mut self, samples: u64, thin: u64) -> Result<RasterMoments> {
        self.run_attended(Schedule { warmup: 0, samples, thin }, None, &mut Unattended(&mut |_| {}))
    }

    /// Makes the sweeps of a schedule and takes its samples, as [`moments`](Self::moments) does, with somebody who may have it
    /// saved on the way; goes on `from` what was saved of the same schedule of the same chains, and ends with the same numbers as
    /// if it had never stopped.
    ///
    /// # Errors
    /// As [`moments`](Self::moments), those of the attendant, and [`Error::Input`](crate::Error::Input) for what was saved of others.
    pub fn run_attended(
        &mut self,
        schedule: Schedule,
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> Result<RasterMoments> {
        let Schedule { warmup, samples, thin } = schedule;
        let lengths = self.counters.stretches(samples, thin)?;
        let all = schedule.sweeps()?;
        let (mut first, mut counted) = (self.sweeps, None);
        if let Some(saved) = from {
            (first, counted) = self.take_up(&lengths, saved)?;
            let samples = counted.as_ref().map_or(0, Counted::samples) as u64;
            let (made, wanted) = (self.sweeps - first, warmup.saturating_add(samples.saturating_mul(thin)));
            if made > wanted || (counted.is_some() && made != wanted) {
                return Err(unfit("sweeps", format!("{wanted} with {samples} samples"), made));
            }
        }
        let stop = asked_after(attendant, all);
        let mut chunk = Chunk::begin();
        while self.sweeps - first < warmup {
            self.append_sweep()?;
            let made = self.sweeps - first;
            if self.hand_over(&mut chunk, made == stop)? {
                attendant.progress(made as f64 / all as f64);
                if attendant.due() {
                    attendant.save(self.put_down(first, None)?)?;
                }
            }
        }
        self.executor.execute(&mut self.plan)?;
        let mut counted = match counted {
            Some(counted) => counted,
            None => self.counters.begin(&mut self.executor, &lengths)?,
        };
        let mut sample = counted.samples() as u64;
        while sample < samples {
            for _ in 0..thin {
                self.append_sweep()?;
            }
            let (begins, ends) = counted.place(sample);
            self.counters.append(!begins, ends, &mut self.plan);
            sample += 1;
            let made = self.sweeps - first;
            if self.hand_over(&mut chunk, made == stop || sample == samples)? {
                counted.take(self.executor.arrived());
                attendant.progress(made as f64 / all as f64);
                if attendant.due() {
                    attendant.save(self.put_down(first, Some(&counted))?)?;
                }
            }
        }
        Ok(counted.finish())
    }

    /// Ends the chunk where it is long or that is wanted; says whether.
    fn hand_over(&mut self, chunk: &mut Chunk, wanted: bool) -> Result<bool> {
        let ended = chunk.end_if_long(&mut self.executor, &mut self.plan, self.handed, wanted)?;
        if ended {
            self.handed = 0;
        }
        Ok(ended)
    }

    /// A run as data.
    fn put_down(&mut self, first: u64, counted: Option<&Counted>) -> Result<Sections> {
        let mut state = Sections::new();
        state.put_numbers("sweeps", &[first]);
        if let Some(counted) = counted {
            state.nest("counted", counted.save());
        }
        state.nest("chains", self.save()?);
        Ok(state)
    }

    /// Goes on from where a run was: gives the sweeps that were made before it, and what it has counted.
    fn take_up(&mut self, lengths: &[u64], saved: &Sections) -> Result<(u64, Option<Counted>)> {
        let [first] = saved.array::<u64, 1>("sweeps")?;
        let chains = saved.required("chains")?;
        self.restore(&chains)?;
        if first > self.sweeps {
            return Err(unfit("sweeps", format!("at most {}", self.sweeps), first));
        }
        let counted = saved.within("counted").map(|counted| self.counters.restore(&counted, lengths));
        Ok((first, counted.transpose()?))
    }

    /// All chains as data, and the number of sweeps.
    ///
    /// # Errors
    /// What the device reports.
    pub fn save(&mut self) -> Result<Sections> {
        self.executor.execute(&mut self.plan)?;
        let mut sections = Sections::new();
        sections.put_numbers("sweep", &[self.sweeps]);
        sections.nest("memory", self.executor.save(&self.plan, &[])?);
        Ok(sections)
    }

    /// Takes chains of the same field, ticks, seed and number to where they were [saved](Self::save).
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) for what was saved of others; what the device reports.
    pub fn restore(&mut self, saved: &Sections) -> Result<()> {
        let [sweeps] = saved.array("sweep")?;
        let memory = saved.required("memory")?;
        self.executor.restore(&mut self.plan, &[], &memory)?;
        self.sweeps = sweeps;
        Ok(())
    }
}
