//! A plan is data: what lies in memory, which kernels there are, and the operations to make, in order.
//!
//! Physics appends to a [`Plan`]; the executor in [`gpu`](crate::gpu) turns it into command buffers. In between it can be
//! printed, compared in a test, checked against an adapter's limits, or sent through a backend that computes nothing.

use crate::error::{Error, Result};
use crate::shader::{Access, Source};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The most loop iterations that one invocation makes in one dispatch, all loops together. lavapipe silently ends loops
/// after 65,535; half of that leaves room for what a driver adds.
pub const MAX_TRIPS: u64 = 32_768;

/// Workgroups along one axis of a dispatch that every adapter allows.
pub(crate) const MAX_GROUPS: u32 = 65_535;

/// A piece of device memory, named as the shaders name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(pub(crate) usize);

/// A kernel of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KernelId(pub(crate) usize);

/// Values for the `override` constants of a kernel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Constants(BTreeMap<&'static str, f64>);

impl Constants {
    /// Sets one constant; a kernel ignores those that it does not declare.
    pub fn set(&mut self, name: &'static str, value: impl Into<f64>) -> &mut Self {
        self.0.insert(name, value.into());
        self
    }

    /// These constants and others, which win.
    #[must_use]
    pub fn with(mut self, others: &Constants) -> Self {
        self.0.extend(&others.0);
        self
    }

    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().map(|(&name, &value)| (name, value))
    }
}

/// What a slot holds at the beginning.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Zero,
    Bytes(Vec<u8>),
}

/// A declared piece of memory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlotSpec {
    pub name: &'static str,
    pub bytes: u64,
    pub content: Content,
    /// Whether the host has written into it since.
    pub rewritten: bool,
    /// Whether its content means nothing from one sweep, or pair of sweeps, to the next.
    pub scratch: bool,
}

/// A declared kernel: a text, its constants and the shape of its workgroups.
#[derive(Debug, Clone)]
pub(crate) struct KernelSpec {
    pub source: Arc<Source>,
    pub constants: Constants,
    pub workgroup: [u32; 2],
    /// Shader variables that are bound to a slot of another name.
    pub bindings: Vec<(&'static str, Slot)>,
}

/// The part of the engine's uniform that changes from dispatch to dispatch; mirrors `Tick` in `shaders/lib/engine.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tick {
    /// Colour, direction or block within the sweep.
    pub part: u32,
    /// Where a measurement goes.
    pub row: u32,
    /// The sweep, part of every random word's address.
    pub sweep: u64,
    /// Step of the momenta.
    pub kick: f32,
    /// Step of the positions.
    pub drift: f32,
}

/// One dispatch: `items` along x, `chains` along y.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    /// The kernel.
    pub kernel: KernelId,
    /// The items of this dispatch along x.
    pub items: Range<u32>,
    /// Invocations along y.
    pub chains: u32,
    /// Loop iterations of one invocation.
    pub trips: u64,
    /// What changes from dispatch to dispatch.
    pub tick: Tick,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Run a kernel.
    Dispatch(Dispatch),
    /// Put these bytes at the beginning of a slot.
    Write(Slot, Arc<[u8]>),
    /// Read this many bytes from the beginning of a slot; they arrive at the executor's sink, in order.
    Read(Slot, u64),
}

/// Memory, kernels and operations of a simulation.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub(crate) slots: Vec<SlotSpec>,
    pub(crate) kernels: Vec<KernelSpec>,
    pub(crate) ops: Vec<Op>,
}

impl Plan {
    /// The slot whose first word a kernel sets where it could not finish its work; no result is handed out after that.
    pub(crate) const ALARM: &str = "unsettled";

    /// Declares zeroed memory for `words` values of four bytes.
    pub fn slot(&mut self, name: &'static str, words: u64) -> Slot {
        self.declare(name, words.saturating_mul(4), Content::Zero)
    }

    /// Declares memory with a content.
    pub fn slot_with<T: bytemuck::NoUninit>(&mut self, name: &'static str, content: &[T]) -> Slot {
        let bytes = bytemuck::cast_slice(content).to_vec();
        self.declare(name, bytes.len() as u64, Content::Bytes(bytes))
    }

    fn declare(&mut self, name: &'static str, bytes: u64, content: Content) -> Slot {
        self.slots.push(SlotSpec { name, bytes: bytes.max(16), content, rewritten: false, scratch: false });
        Slot(self.slots.len() - 1)
    }

    /// Says that nobody looks at the content of a slot before a kernel writes it anew: it is no part of the state, and may depend
    /// on how sweeps are handed over.
    pub(crate) fn set_scratch(&mut self, slot: Slot) {
        self.slots[slot.0].scratch = true;
    }

    /// The slot of this name, if one is declared.
    pub fn find(&self, name: &str) -> Option<Slot> {
        self.slots.iter().position(|slot| slot.name == name).map(Slot)
    }

    /// Declares a kernel. Its shader variables are bound to the slots of the same names, but for those in `bindings`.
    pub fn kernel(
        &mut self,
        source: Arc<Source>,
        constants: Constants,
        workgroup: [u32; 2],
        bindings: &[(&'static str, Slot)],
    ) -> KernelId {
        self.kernels.push(KernelSpec { source, constants, workgroup, bindings: bindings.to_vec() });
        KernelId(self.kernels.len() - 1)
    }

    /// Appends an operation.
    pub fn push(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// Appends a dispatch.
    pub fn dispatch(&mut self, kernel: KernelId, items: Range<u32>, chains: u32, trips: u64, tick: Tick) {
        self.ops.push(Op::Dispatch(Dispatch { kernel, items, chains, trips, tick }));
    }

    /// Checks what no adapter may be asked to do.
    ///
    /// # Errors
    /// [`Error::Limit`] for a dispatch whose loops are longer than [`MAX_TRIPS`].
    pub fn check(&self) -> Result<()> {
        for op in &self.ops {
            if let Op::Dispatch(dispatch) = op {
                check_trips(dispatch.trips, self.kernels[dispatch.kernel.0].source.name())?;
            }
        }
        Ok(())
    }

    /// Takes the operations out, checked: those that fail are gone as well, and do not stand in the way of others.
    pub(crate) fn take_ops(&mut self) -> Result<Vec<Op>> {
        let checked = self.check();
        let ops = std::mem::take(&mut self.ops);
        for op in &ops {
            if let Op::Write(slot, _) = op {
                self.slots[slot.0].rewritten = true;
            }
        }
        checked.map(|()| ops)
    }

    /// The slots whose content is not what it was at the beginning, but for scratch memory: those that kernels or the host write
    /// into.
    pub(crate) fn changing(&self) -> Vec<Slot> {
        let mut changing: Vec<bool> = self.slots.iter().map(|slot| slot.rewritten).collect();
        for kernel in &self.kernels {
            for binding in kernel.source.bindings().iter().filter(|binding| binding.access == Access::ReadWrite) {
                let bound = kernel.bindings.iter().find(|(variable, _)| *variable == binding.name);
                if let Some(slot) = bound.map(|bound| bound.1).or_else(|| self.find(&binding.name)) {
                    changing[slot.0] = true;
                }
            }
        }
        (0..changing.len()).filter(|&slot| changing[slot] && !self.slots[slot].scratch).map(Slot).collect()
    }

    /// Bytes of device memory that the slots take.
    pub fn bytes(&self) -> u64 {
        self.slots.iter().map(|slot| slot.bytes).sum()
    }
}

/// Refuses loops that a driver could cut short.
///
/// # Errors
/// [`Error::Limit`] for more than [`MAX_TRIPS`].
pub(crate) fn check_trips(trips: u64, kernel: &str) -> Result<()> {
    if trips <= MAX_TRIPS {
        return Ok(());
    }
    Err(Error::Limit {
        what: format!("one invocation of kernel `{kernel}`, in loop iterations,"),
        need: trips,
        have: MAX_TRIPS,
        hint: "loops are bounded so that no driver cuts them short; use a smaller system".into(),
    })
}

/// The workgroup shape that suits a grid: lanes along x first, the rest along y.
pub(crate) fn workgroup_for(items: u32, chains: u32, lanes: u32) -> [u32; 2] {
    // No more groups along y than every adapter allows.
    let least = chains.div_ceil(MAX_GROUPS).checked_next_power_of_two().unwrap_or(lanes).min(lanes);
    let x = items.checked_next_power_of_two().unwrap_or(lanes).clamp(lanes.min(8), lanes).min(lanes / least);
    let y = (lanes / x).min(chains.checked_next_power_of_two().unwrap_or(lanes)).max(1);
    [x, y]
}

impl fmt::Display for Plan {
    /// A listing for people and for snapshot tests; repeated operations are not folded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for slot in &self.slots {
            writeln!(f, "slot     {:<16} {} B", slot.name, slot.bytes)?;
        }
        for op in &self.ops {
            match op {
                Op::Dispatch(d) => {
                    let name = self.kernels[d.kernel.0].source.name();
                    write!(f, "dispatch {name:<24} items {:?} chains {} sweep {}", d.items, d.chains, d.tick.sweep)?;
                    write!(f, " part {} row {}", d.tick.part, d.tick.row)?;
                    if d.tick.kick != 0.0 || d.tick.drift != 0.0 {
                        write!(f, " kick {} drift {}", d.tick.kick, d.tick.drift)?;
                    }
                    writeln!(f)?;
                }
                Op::Write(slot, bytes) => writeln!(f, "write    {} {} B", self.slots[slot.0].name, bytes.len())?,
                Op::Read(slot, bytes) => writeln!(f, "read     {} {bytes} B", self.slots[slot.0].name)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workgroups_fill_their_lanes() {
        assert_eq!(workgroup_for(8, 1000, 64), [8, 8]);
        assert_eq!(workgroup_for(100_000, 1, 64), [64, 1]);
        assert_eq!(workgroup_for(3, 2, 64), [8, 2]);
        assert_eq!(workgroup_for(5, 1, 1), [1, 1]);
        assert_eq!(workgroup_for(128, 70_000, 64), [32, 2]);
        assert_eq!(workgroup_for(u32::MAX, u32::MAX, 64), [1, 64]);
    }
}
