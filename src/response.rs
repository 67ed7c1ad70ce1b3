//! What the patterns of a memory answer to their overlaps, on the device.

use crate::error::{Error, Result};
use crate::memory::{Memory, Responses};
use crate::patterns::Patterns;
use crate::plan::{Constants, KernelId, Plan, Slot, Tick};
use crate::recall::{RELAX_LANES, Update};
use crate::shader::Source;
use crate::shader::catalogue::{self, ModelText};
use crate::storage::Storage;
use crate::two_layer::TwoLayer;
use std::sync::Arc;

/// The memory's part of a sweep: the text that its kernels are joined with, and the amplitudes that all neurons follow at
/// once. Neurons that are updated one after another ask anew each time.
#[derive(Debug)]
pub(crate) struct Response {
    /// `None` under the pseudo-inverse rule, which has kernels of its own.
    text: Option<ModelText<'static>>,
    pub constants: Constants,
    /// Overlaps count from a reference of the chain, which takes a pass over them to find.
    pub referred: bool,
    pub amplitudes: Slot,
    /// What follows when neurons flip one after another: overlaps, or the amplitudes themselves.
    pub drives: Slot,
    /// Amplitudes from overlaps in two steps, by the root of the inverse correlations.
    weigh: Option<[KernelId; 2]>,
    refer: Option<KernelId>,
    respond: Option<KernelId>,
}

impl Response {
    /// # Errors
    /// [`Error::Input`] for a memory out of range, or one that `update` does not suit.
    pub fn declare(
        memory: Memory,
        (storage, patterns): (Storage<'_>, &Patterns),
        update: Update,
        layer: &TwoLayer,
        plan: &mut Plan,
    ) -> Result<Self> {
        let one_after_another = matches!(update, Update::Asynchronous(_));
        check(memory, update)?;
        let mut constants = Constants::default();
        let table = memory.responses(layer.neurons(), layer.patterns().into(), one_after_another);
        let mut drives = layer.overlaps;
        let mut weigh = None;
        let text = match (table, storage) {
            (Some(Responses::Exact(table)), _) => {
                plan.slot_with("responses", &table);
                Some(catalogue::TABLE)
            }
            (Some(Responses::Single(table)), _) => {
                plan.slot_with("responses", &table);
                Some(catalogue::REAL_TABLE)
            }
            (None, Storage::Whole) => Some(catalogue::HEBB),
            (None, Storage::Blank(_)) => {
                // Twice, as the fields; padded to whole words.
                let mut own: Vec<i32> = storage.own(patterns).into_iter().map(|own| 2 * own as i32).collect();
                own.resize(32 * layer.words() as usize, 0);
                plan.slot_with("diagonal", &own);
                Some(catalogue::DILUTED)
            }
            (None, Storage::Centred(mean)) => {
                plan.slot_with("diagonal", &real_diagonal(storage, patterns));
                constants.set("MEAN", mean).set("LAST", 1u8);
                Some(catalogue::CENTRED)
            }
            (None, Storage::Projected(learnt)) => {
                let items = 4 * u64::from(layer.quads()) * u64::from(layer.stride());
                let halves = plan.slot("halves", items);
                drives = plan.slot("amplitudes", items);
                plan.slot_with("weights", &learnt.weights());
                plan.slot_with("diagonal", &real_diagonal(storage, patterns));
                let influences = if one_after_another { learnt.responses(patterns) } else { Vec::new() };
                plan.slot_with("influences", &influences);
                constants.set("SILENCE", learnt.silence() * f64::from(layer.neurons()));
                let shape = layer.workgroup(layer.quads() * layer.stride() / 4);
                let steps = [(catalogue::OVERLAPS, layer.overlaps, halves), (catalogue::REALS, halves, drives)];
                let [first, second] = steps.map(|(text, given, found)| {
                    let bindings = [("given", given), ("amplitudes", found)];
                    let source = catalogue::WEIGH.source(text)?;
                    Ok(layer.declare_kernel(plan, source, shape, &Constants::default(), &bindings))
                });
                weigh = Some([first?, second?]);
                None
            }
        };
        let referred = memory.is_relative() || matches!(storage, Storage::Centred(_));
        constants.set("SHIFTED", u8::from(referred));
        let amplitudes = drives;
        let mut response = Self { text, constants, referred, amplitudes, drives, weigh, refer: None, respond: None };
        // Hebb's amplitudes are the overlaps themselves.
        let plain = memory == Memory::Hopfield && storage.is_whole();
        if let Some(text) = text.filter(|_| !one_after_another && !plain) {
            let items = layer.quads() * layer.stride();
            response.amplitudes = plan.slot("amplitudes", 4 * u64::from(items));
            plan.slot("references", layer.stride().into());
            let respond = catalogue::RESPOND.source(text)?;
            let constants = &response.constants;
            response.respond = Some(layer.declare_kernel(plan, respond, layer.workgroup(items), constants, &[]));
            if referred {
                let refer = catalogue::REFER.source_alone()?;
                response.refer =
                    Some(layer.declare_kernel(plan, refer, [RELAX_LANES, 1], constants, &[("drives", layer.overlaps)]));
            }
        }
        Ok(response)
    }

    /// The kernel of all neurons at once.
    pub fn align(&self) -> Result<Arc<Source>> {
        self.text.map_or_else(|| catalogue::ALIGN_PROJECTED.source_alone(), |text| catalogue::ALIGN.source(text))
    }

    /// The kernel of neurons one after another.
    pub fn relax(&self) -> Result<Arc<Source>> {
        self.text.map_or_else(|| catalogue::RELAX_PROJECTED.source_alone(), |text| catalogue::RELAX.source(text))
    }

    /// Whether patterns pull with their overlaps, as Hebb's couplings of whole patterns say.
    pub fn is_hebbian(&self) -> bool {
        self.text.is_some_and(|text| text.name == catalogue::HEBB.name) && self.respond.is_none()
    }

    /// Whether overlaps are not what follows when neurons flip, and must be found anew.
    pub fn forgets_overlaps(&self) -> bool {
        self.weigh.is_some()
    }

    /// Whether each pattern lies as two of signs.
    pub fn is_paired(&self) -> bool {
        self.text.is_some_and(|text| text.name == catalogue::DILUTED.name)
    }

    /// Appends the amplitudes for the overlaps as they are.
    pub fn append(&self, layer: &TwoLayer, sweep: u64, plan: &mut Plan) {
        let tick = Tick { sweep, ..Tick::default() };
        for weigh in self.weigh.into_iter().flatten() {
            plan.dispatch(weigh, 0..layer.quads() * layer.stride() / 4, 1, layer.quads().into(), tick);
        }
        if let Some(refer) = self.refer {
            let trips = layer.quads().div_ceil(RELAX_LANES);
            plan.dispatch(refer, 0..layer.chains() * RELAX_LANES, 1, trips.into(), tick);
        }
        if let Some(respond) = self.respond {
            plan.dispatch(respond, 0..layer.quads() * layer.stride(), 1, 0, tick);
        }
    }
}

/// N J_ii, padded to whole words of neurons.
fn real_diagonal(storage: Storage<'_>, patterns: &Patterns) -> Vec<f32> {
    let mut own: Vec<f32> = storage.own(patterns).into_iter().map(|own| own as f32).collect();
    own.resize(own.len().next_multiple_of(32), 0.0);
    own
}

fn check(memory: Memory, update: Update) -> Result<()> {
    memory.check()?;
    if memory != Memory::Hopfield && update == Update::Synchronous {
        let hint = "recall synchronously with the diagonal, or asynchronously";
        return Err(Error::input(format!("update of the memory {memory}"), "one with a self-coupling", "none", hint));
    }
    if !matches!(update, Update::Asynchronous(_)) && !memory.is_convex() {
        let hint = "recall asynchronously, or rectify: max(x, 0) to an odd power is convex";
        return Err(Error::input("memory", "a convex function, if all neurons are updated at once", memory, hint));
    }
    Ok(())
}
