//! Sweeps of chains between which somebody may have them saved.

use crate::attendant::Attendant;
use crate::error::Result;
use crate::gpu::Executor;
use crate::io::checkpoint::{Sections, unfit};
use crate::pace::Chunk;
use crate::plan::{Plan, Slot};

/// Chains on a device.
pub(super) trait OnDevice {
    /// What makes their sweeps.
    fn device(&mut self) -> (&mut Executor, &mut Plan);

    /// The number of sweeps, and memory that a sweep leaves as it was.
    fn course(&mut self) -> (&mut u64, Vec<Slot>);

    /// Chains as data, and the number of their sweeps.
    fn save_chains(&mut self) -> Result<Sections> {
        let (sweeps, besides) = self.course();
        let sweeps = *sweeps;
        let (executor, plan) = self.device();
        executor.execute(plan)?;
        let mut sections = Sections::new();
        sections.put_numbers("sweep", &[sweeps]).nest("memory", executor.save(plan, &besides)?);
        Ok(sections)
    }

    /// Takes chains of the same machine and seed to where they were saved.
    fn restore_chains(&mut self, saved: &Sections) -> Result<()> {
        let ([made], (_, besides)) = (saved.array("sweep")?, self.course());
        let (executor, plan) = self.device();
        executor.restore(plan, &besides, &saved.required("memory")?)?;
        *self.course().0 = made;
        Ok(())
    }

    /// Makes `all` sweeps, the one after so many others by `append`, or goes on `from` where that was saved.
    fn sweep_attended(
        &mut self,
        all: u64,
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
        append: impl Fn(&mut Self, u64),
    ) -> Result<()> {
        let mut first = *self.course().0;
        if let Some(saved) = from {
            [first] = saved.array("first")?;
            self.restore_chains(&saved.required("chains")?)?;
            let now = *self.course().0;
            if now.checked_sub(first).is_none_or(|made| made > all) {
                return Err(unfit("sweep", format!("at most {all} from {first} on"), now));
            }
        }
        let stop = attendant.asked_at().map_or(0, |done| (done.clamp(0.0, 1.0) * all as f64).round() as u64);
        let mut chunk = Chunk::begin();
        for made in *self.course().0 - first..all {
            append(self, made);
            let made = made + 1;
            let (executor, plan) = self.device();
            if chunk.end(executor, plan, 0, made == stop || made == all)? {
                attendant.progress(made as f64 / all as f64);
                if attendant.due() {
                    let mut state = Sections::new();
                    state.put_numbers("first", &[first]).nest("chains", self.save_chains()?);
                    attendant.save(state)?;
                }
            }
        }
        Ok(())
    }
}
