//! The memory of a plan as data, for a checkpoint.
//!
//! Random words are a function of seed, purpose, place and step: memory that kernels or the host have written into is all that a
//! device has to keep.

use super::Executor;
use crate::error::Result;
use crate::io::checkpoint::{Sections, unfit};
use crate::plan::{Plan, Slot};

impl Executor {
    /// What has been written into the slots of a plan, but for those that are not wanted. Everything in flight is waited for; what
    /// was on its way to the host stays there.
    ///
    /// # Errors
    /// What the device reports.
    pub(crate) fn save(&mut self, plan: &Plan, unwanted: &[Slot]) -> Result<Sections> {
        self.finish()?;
        let mut sections = Sections::new();
        for slot in plan.changing().into_iter().filter(|slot| !unwanted.contains(slot)) {
            let words = self.read(slot, plan.slots[slot.0].bytes)?;
            sections.put_numbers(section_of(plan, slot), &words);
        }
        Ok(sections)
    }

    /// Puts back what was [saved](Self::save) of a plan like this one; nothing, where it does not fit. What is planned and what is
    /// on its way is dropped.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) for what was saved of another plan; what the device reports.
    pub(crate) fn restore(&mut self, plan: &mut Plan, unwanted: &[Slot], saved: &Sections) -> Result<()> {
        let changing = plan.changing();
        let mut contents = Vec::new();
        for slot in (0..plan.slots.len()).map(Slot) {
            let name = section_of(plan, slot);
            let words = match saved.numbers::<u32>(&name) {
                Ok(words) => words,
                Err(error) if changing.contains(&slot) && !unwanted.contains(&slot) => return Err(error),
                // What only the host writes into, and has not yet.
                Err(_) => continue,
            };
            let (wanted, got) = (plan.slots[slot.0].bytes, 4 * words.len() as u64);
            if got != wanted {
                return Err(unfit(&name, format!("{wanted} bytes"), got));
            }
            contents.push((slot, words));
        }
        self.finish()?;
        self.arrived();
        plan.ops.clear();
        for (slot, words) in contents {
            self.write(slot, bytemuck::cast_slice(&words))?;
            plan.slots[slot.0].rewritten = true;
        }
        Ok(())
    }
}

/// Slots of different parts of a plan may have one name.
fn section_of(plan: &Plan, slot: Slot) -> String {
    format!("slot {} {}", slot.0, plan.slots[slot.0].name)
}
