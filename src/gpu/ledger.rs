//! What plans have put on a device: for people who want to know before they run it in earnest.

use crate::gpu::lock;
use crate::plan::Plan;
use std::sync::Mutex;

/// One plan on a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanRecord {
    /// Name and bytes of each piece of memory, in the order of their declaration.
    pub slots: Vec<(String, u64)>,
    /// The kernels, likewise.
    pub kernels: Vec<KernelRecord>,
}

/// One kernel of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelRecord {
    /// Its name, with the model's.
    pub name: String,
    /// The shape of its workgroups.
    pub workgroup: [u32; 2],
    /// How often it was dispatched so far; large dispatches are cut, and each piece counts.
    pub dispatches: u64,
}

/// The records of a device; nothing is recorded before somebody asks for it.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Option<Vec<PlanRecord>>>);

impl Ledger {
    /// Records from here on.
    pub fn open(&self) {
        lock(&self.0).get_or_insert_default();
    }

    /// What was recorded.
    pub fn records(&self) -> Vec<PlanRecord> {
        lock(&self.0).clone().unwrap_or_default()
    }

    /// Records what a plan declares, under the number it has or else a new one.
    pub fn declare(&self, number: &mut Option<usize>, plan: &Plan) {
        let mut records = lock(&self.0);
        let Some(records) = records.as_mut() else { return };
        let number = *number.get_or_insert_with(|| {
            records.push(PlanRecord::default());
            records.len() - 1
        });
        let Some(record) = records.get_mut(number) else { return };
        record.slots = plan.slots.iter().map(|slot| (slot.name.to_string(), slot.bytes)).collect();
        for kernel in plan.kernels.iter().skip(record.kernels.len()) {
            let name = kernel.source.name().to_string();
            record.kernels.push(KernelRecord { name, workgroup: kernel.workgroup, dispatches: 0 });
        }
    }

    /// Counts the dispatches of a submission.
    pub fn count(&self, number: Option<usize>, kernels: impl Iterator<Item = usize>) {
        let Some(number) = number else { return };
        let mut records = lock(&self.0);
        let Some(record) = records.as_mut().and_then(|records| records.get_mut(number)) else { return };
        for kernel in kernels {
            if let Some(kernel) = record.kernels.get_mut(kernel) {
                kernel.dispatches += 1;
            }
        }
    }
}
