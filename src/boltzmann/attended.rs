//! Sweeps of chains between which somebody may have them saved.

use crate::attendant::{Attendant, asked_after};
use crate::error::Result;
use crate::gpu::Executor;
use crate::io::checkpoint::{Sections, unfit};
use crate::pace::Chunk;
use crate::plan::{Plan, Slot};

/// Chains on a device.
pub(super) trait OnDevice {
    /// What makes their sweeps.
    fn device(&mut self) -> (&mut Executor, &mut Plan);

    /// The number of sweeps, and memory that is no part of where the chains are.
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

    /// Makes sweeps while weights grow, then others, the one after so many by `append`; or goes on `from` where that was saved.
    fn sweep_attended(
        &mut self,
        [annealed, sweeps]: [u64; 2],
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
        append: impl Fn(&mut Self, u64),
    ) -> Result<()> {
        let (mut first, all) = (*self.course().0, annealed.saturating_add(sweeps));
        if let Some(saved) = from {
            let chains = saved.required("chains")?;
            let ([begun, of_saved @ ..], [now]) =
                (saved.array::<u64, 3>("schedule")?, chains.array::<u64, 1>("sweep")?);
            let end = begun.checked_add(all);
            if of_saved != [annealed, sweeps] || end.is_none_or(|end| !(begun..=end).contains(&now)) {
                let wanted = format!("a sweep of {annealed} while weights grow and {sweeps} after them");
                return Err(unfit("schedule", wanted, format!("sweep {now}, from {begun} on, of {of_saved:?}")));
            }
            self.restore_chains(&chains)?;
            first = begun;
        }
        let stop = asked_after(attendant, all);
        let mut chunk = Chunk::begin();
        for made in *self.course().0 - first..all {
            append(self, made);
            let made = made + 1;
            let (executor, plan) = self.device();
            if chunk.end_if_long(executor, plan, 0, made == stop || made == all)? {
                attendant.progress(made as f64 / all as f64);
                if attendant.due() {
                    let mut state = Sections::new();
                    state.put_numbers("schedule", &[first, annealed, sweeps]).nest("chains", self.save_chains()?);
                    attendant.save(state)?;
                }
            }
        }
        Ok(())
    }
}
