//! What the patterns of a memory answer to their overlaps, on the device.

use crate::error::{Error, Result};
use crate::memory::{Memory, Responses};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick};
use crate::recall::{RELAX_LANES, Update};
use crate::shader::catalogue::{self, ModelText};
use crate::two_layer::TwoLayer;

/// The memory's part of a sweep: the text that its kernels are joined with, and the amplitudes that all neurons follow at
/// once. Neurons that are updated one after another ask anew each time.
#[derive(Debug)]
pub(crate) struct Response {
    pub text: ModelText<'static>,
    /// Overlaps count from the chain's largest.
    pub relative: bool,
    pub amplitudes: Slot,
    peak: Option<KernelId>,
    respond: Option<KernelId>,
}

impl Response {
    /// # Errors
    /// [`Error::Input`] for a memory out of range, or one that `update` does not suit.
    pub fn declare(memory: Memory, update: Update, layer: &TwoLayer, plan: &mut Plan) -> Result<Self> {
        memory.check()?;
        let one_after_another = matches!(update, Update::Asynchronous(_));
        if memory != Memory::Hopfield && update == Update::Synchronous {
            let hint = "recall synchronously with the diagonal, or asynchronously";
            return Err(Error::input(
                format!("update of the memory {memory}"),
                "one with a self-coupling",
                "none",
                hint,
            ));
        }
        if !one_after_another && !memory.is_convex() {
            let hint = "recall asynchronously, or rectify: max(x, 0) to an odd power is convex";
            let wanted = "a convex function, if all neurons are updated at once";
            return Err(Error::input("memory", wanted, memory, hint));
        }
        let patterns = layer.patterns();
        let text = match memory.responses(layer.neurons(), patterns.into(), one_after_another) {
            None => {
                let (text, amplitudes) = (catalogue::HEBB, layer.overlaps);
                return Ok(Self { text, relative: false, amplitudes, peak: None, respond: None });
            }
            Some(Responses::Exact(table)) => {
                plan.slot_with("responses", &table);
                catalogue::TABLE
            }
            Some(Responses::Single(table)) => {
                plan.slot_with("responses", &table);
                catalogue::REAL_TABLE
            }
        };
        let mut response =
            Self { text, relative: memory.is_relative(), amplitudes: layer.overlaps, peak: None, respond: None };
        if !one_after_another {
            let items = layer.quads() * layer.stride();
            response.amplitudes = plan.slot("amplitudes", 4 * u64::from(items));
            plan.slot("references", layer.stride().into());
            let mut constants = Constants::default();
            constants.set("SHIFTED", u8::from(response.relative));
            let respond = catalogue::RESPOND.source(text)?;
            response.respond = Some(layer.declare_kernel(plan, respond, layer.workgroup(items), &constants, &[]));
            if response.relative {
                let peak = catalogue::PEAK.source_alone()?;
                response.peak = Some(layer.declare_kernel(plan, peak, [RELAX_LANES, 1], &constants, &[]));
            }
        }
        Ok(response)
    }

    /// Appends the amplitudes for the overlaps as they are.
    pub fn append(&self, layer: &TwoLayer, sweep: u64, plan: &mut Plan) {
        let tick = Tick { sweep, ..Tick::default() };
        if let Some(peak) = self.peak {
            let trips = layer.quads().div_ceil(RELAX_LANES);
            plan.dispatch(peak, 0..layer.chains() * RELAX_LANES, 1, trips.into(), tick);
        }
        if let Some(respond) = self.respond {
            plan.dispatch(respond, 0..layer.quads() * layer.stride(), 1, 0, tick);
        }
    }
}
