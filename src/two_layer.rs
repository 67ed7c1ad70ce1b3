//! The two-layer family on the device: neurons against patterns, both as bits, and the overlaps between them.

use crate::error::{Error, Result};
use crate::patterns::Patterns;
use crate::plan::{Constants, KernelId, MAX_TRIPS, Plan, Slot, Tick, workgroup_for};
use crate::shader::Source;
use crate::shader::catalogue::{self, Kernel};
use std::sync::Arc;

/// The memory and the shape of a two-layer system: patterns, states and overlaps, laid out as
/// `shaders/lib/two_layer.wgsl` says.
#[derive(Debug, Clone)]
pub(crate) struct TwoLayer {
    neurons: u32,
    patterns: u32,
    chains: u32,
    lanes: u32,
    constants: Constants,
    project: KernelId,
    pub overlaps: Slot,
    pub spins: Slot,
}

impl TwoLayer {
    /// Declares patterns, states (one a chain) and overlaps, and appends the first projection.
    ///
    /// # Errors
    /// [`Error::Limit`] where the integers of a field could overflow or a loop would be too long.
    pub fn declare(plan: &mut Plan, stored: &Patterns, states: &[&[u32]], targets: &[u32], lanes: u32) -> Result<Self> {
        let (neurons, patterns) = (stored.neurons() as u64, stored.count() as u64);
        // A field is a sum of `patterns` overlaps, none larger than `neurons`, and the diagonal.
        let largest = patterns.saturating_mul(neurons + 1);
        if largest >= 1 << 31 {
            return Err(Error::Limit {
                what: "patterns x neurons (the largest field, an i32)".into(),
                need: largest,
                have: (1 << 31) - 1,
                hint: "store fewer patterns".into(),
            });
        }
        let (words, quads) = (neurons.div_ceil(32), patterns.div_ceil(4));
        for (what, trips) in [("neurons / 32", words), ("patterns / 4", quads)] {
            if trips > MAX_TRIPS {
                let hint = "loop iterations are bounded so that no driver cuts them short; use a smaller system";
                return Err(Error::Limit { what: what.into(), need: trips, have: MAX_TRIPS, hint: hint.into() });
            }
        }
        let padded = states.len().next_multiple_of(4) as u64;
        // Indices are 32 bits on the device; so is the number of lanes of an asynchronous sweep.
        for (what, need, have) in [
            ("chains", states.len() as u64, 1 << 24),
            ("neurons / 32 x chains", words.saturating_mul(padded), (1 << 31) - 1),
            ("patterns x chains", quads.saturating_mul(4 * padded), (1 << 31) - 1),
            ("neurons / 32 x patterns", words.saturating_mul(4 * quads), (1 << 31) - 1),
        ] {
            if need > have {
                let hint = "use fewer cues, replicas or patterns";
                return Err(Error::Limit { what: what.into(), need, have, hint: hint.into() });
            }
        }
        let chains = states.len() as u32;
        let stride = states.len().next_multiple_of(4);
        let (words, quads) = (words as usize, quads as usize);
        // [word][pattern]: four patterns, or four chains, of one word are neighbours.
        let mut bits = vec![0u32; words * quads * 4];
        for p in 0..stored.count() {
            for (word, &value) in stored.words_of(p).iter().enumerate() {
                bits[word * quads * 4 + p] = value;
            }
        }
        let mut spins = vec![0u32; words * stride];
        for (chain, state) in states.iter().enumerate() {
            for (word, &value) in state.iter().enumerate() {
                spins[word * stride + chain] = value;
            }
        }
        plan.slot_with("patterns", &bits);
        let spins = plan.slot_with("spins", &spins);
        plan.slot_with("targets", targets);
        plan.slot("status", 2 * stride as u64);
        let overlaps = plan.slot("overlaps", 4 * quads as u64 * stride as u64);
        let mut constants = Constants::default();
        constants.set("NEURONS", neurons as u32).set("WORDS", words as u32);
        constants.set("PATTERNS", patterns as u32).set("QUADS", quads as u32);
        let shape = workgroup_for(projected(quads as u32, stride as u32), 1, lanes);
        let project = plan.kernel(catalogue::PROJECT.source_alone()?, constants.clone(), shape, &[]);
        let (neurons, patterns) = (neurons as u32, patterns as u32);
        let layer = Self { neurons, patterns, chains, lanes, constants, project, overlaps, spins };
        layer.append_projection(0, plan);
        Ok(layer)
    }

    pub fn neurons(&self) -> u32 {
        self.neurons
    }

    pub fn patterns(&self) -> u32 {
        self.patterns
    }

    pub fn chains(&self) -> u32 {
        self.chains
    }

    pub fn words(&self) -> u32 {
        self.neurons.div_ceil(32)
    }

    /// Groups of four patterns.
    pub fn quads(&self) -> u32 {
        self.patterns.div_ceil(4)
    }

    /// Chains, padded to groups of four.
    pub fn stride(&self) -> u32 {
        self.chains.next_multiple_of(4)
    }

    /// Declares a kernel over `items` invocations.
    pub fn kernel(
        &self,
        plan: &mut Plan,
        kernel: &Kernel,
        items: u32,
        constants: &Constants,
        bindings: &[(&'static str, Slot)],
    ) -> Result<KernelId> {
        Ok(self.declare_kernel(plan, kernel.source_alone()?, self.workgroup(items), constants, bindings))
    }

    /// The shape of the workgroups of a kernel over `items` invocations.
    pub fn workgroup(&self, items: u32) -> [u32; 2] {
        workgroup_for(items, 1, self.lanes)
    }

    /// Declares a kernel of any text and shape.
    pub fn declare_kernel(
        &self,
        plan: &mut Plan,
        source: Arc<Source>,
        workgroup: [u32; 2],
        constants: &Constants,
        bindings: &[(&'static str, Slot)],
    ) -> KernelId {
        plan.kernel(source, self.constants.clone().with(constants), workgroup, bindings)
    }

    /// Appends the overlaps of all patterns with all states.
    pub fn append_projection(&self, sweep: u64, plan: &mut Plan) {
        let items = projected(self.quads(), self.stride());
        plan.dispatch(self.project, 0..items, 1, u64::from(self.words()), Tick { sweep, ..Tick::default() });
    }
}

/// Invocations of a projection: eight patterns and eight chains each.
fn projected(quads: u32, stride: u32) -> u32 {
    quads.div_ceil(2) * stride.div_ceil(8)
}

/// The words of one chain's state, from the device's [word][chain].
pub(crate) fn state_of_chain(spins: &[u32], words: usize, stride: usize, chain: usize) -> Vec<u32> {
    (0..words).filter_map(|word| spins.get(word * stride + chain).copied()).collect()
}

/// BLAKE3 of one byte a neuron (`i8`, +1 or −1), chain after chain.
pub(crate) fn state_hash(states: &Patterns) -> String {
    let mut hasher = blake3::Hasher::new();
    for chain in 0..states.count() {
        let signs: Vec<u8> = states.signs(chain).into_iter().map(i8::cast_unsigned).collect();
        hasher.update(&signs);
    }
    hasher.finalize().to_string()
}
