//! The kernels of a synchronous sweep.

use crate::error::Result;
use crate::plan::{Constants, KernelId, MAX_TRIPS, Plan, Tick};
use crate::response::Response;
use crate::shader::catalogue;
use crate::two_layer::TwoLayer;

/// What aligns all neurons with their fields at once.
#[derive(Debug)]
pub(super) struct Align {
    /// Overlaps become halves of words first, where amplitudes are overlaps.
    narrow: Option<KernelId>,
    align: KernelId,
    advance: KernelId,
}

impl Align {
    pub fn declare(layer: &TwoLayer, response: &Response, keep_diagonal: bool, plan: &mut Plan) -> Result<Self> {
        let none = Constants::default();
        let (words, stride) = (layer.words(), layer.stride());
        plan.slot("next", u64::from(words * stride));
        plan.slot("previous", u64::from(words * stride));
        let mut constants = Constants::default();
        constants.set("KEEP_DIAGONAL", u8::from(keep_diagonal));
        // The sweep's loops: all quads, once more where they are wide, and the blocks of their marks.
        let fits = 3 * u64::from(layer.quads()) <= MAX_TRIPS;
        let (narrow, align) = if fits && response.is_hebbian() {
            let (largest, turns) = narrow_sums(layer.neurons());
            constants.set("LARGEST", largest).set("TURNS", turns);
            let fours = u64::from(stride / 4);
            plan.slot("narrow", 4 * fours * u64::from(2 * layer.quads() + blocks(layer)));
            let narrow =
                layer.kernel(plan, &catalogue::NARROW_OVERLAPS, blocks(layer) * stride / 4, &constants, &[])?;
            (
                Some(narrow),
                layer.kernel(plan, &catalogue::ALIGN_NARROW, words.div_ceil(2) * stride / 4, &constants, &[])?,
            )
        } else {
            let shape = layer.workgroup(words * stride / 2);
            let constants = constants.with(&response.constants);
            let bindings = [("amplitudes", response.amplitudes)];
            (None, layer.declare_kernel(plan, response.align()?, shape, &constants, &bindings))
        };
        let advance = layer.kernel(plan, &catalogue::ADVANCE, words * stride, &none, &[])?;
        Ok(Self { narrow, align, advance })
    }

    pub fn append(&self, layer: &TwoLayer, tick: Tick, plan: &mut Plan) {
        let (items, quads) = (layer.words() * layer.stride(), u64::from(layer.quads()));
        if let Some(narrow) = self.narrow {
            plan.dispatch(narrow, 0..blocks(layer) * layer.stride() / 4, 1, 32, tick);
            // Two words of four chains an invocation.
            plan.dispatch(self.align, 0..layer.words().div_ceil(2) * layer.stride() / 4, 1, 2 * quads, tick);
        } else {
            // Two chains an invocation.
            plan.dispatch(self.align, 0..items / 2, 1, quads, tick);
        }
        plan.dispatch(self.advance, 0..items, 1, 0, tick);
    }
}

/// 32 quads of patterns a block.
fn blocks(layer: &TwoLayer) -> u32 {
    layer.quads().div_ceil(32)
}

/// The largest overlap that goes in half a word, and the quads of patterns whose sums stay within one: six times the
/// standard deviation √N of an overlap with a pattern that is not retrieved, so that hardly any is wide, and some quads
/// in any case, so that widening costs little.
fn narrow_sums(neurons: u32) -> (u32, u32) {
    let usual = (6.0 * f64::from(neurons).sqrt()).ceil() as u32;
    let largest = usual.clamp(1_023, 8_191);
    (largest, 32_767 / (4 * largest))
}

#[cfg(test)]
mod tests {
    use super::narrow_sums;

    #[test]
    fn halves_of_words_do_not_overflow() {
        for neurons in [1, 784, 10_000, 100_000, 1_000_000, u32::MAX] {
            let (largest, turns) = narrow_sums(neurons);
            assert!(turns >= 1 && 4 * largest * turns < 1 << 15, "{neurons}: {largest} {turns}");
        }
    }
}
