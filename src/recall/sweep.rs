//! The kernels of a recall's sweeps.

use super::{Order, Update};
use crate::error::Result;
use crate::learn::Rule;
use crate::patterns::Patterns;
use crate::plan::{Constants, KernelId, MAX_TRIPS, Op, Plan, Slot, Tick, check_trips};
use crate::random::{Event, Purpose, Stream, permutation};
use crate::shader::catalogue;
use crate::two_layer::TwoLayer;
use std::sync::Arc;

/// The lanes of an asynchronous sweep, one a neuron of a block. Each takes 128 bytes of workgroup memory, and the 16 KiB
/// that every adapter has are not checked by wgpu.
pub const RELAX_LANES: u32 = 32;

/// The kernels of one sweep.
#[derive(Debug)]
pub(super) struct Sweep {
    retrieval: KernelId,
    /// A row a look and chain.
    pub rows: Slot,
    /// Sweeps with a look each before the host waits for the rows.
    pub looks: u32,
    /// Amplitudes from overlaps in two steps, where they are not the same.
    weigh: Option<[KernelId; 2]>,
    quads: u64,
    settle: KernelId,
    kind: SweepKind,
}

#[derive(Debug)]
enum SweepKind {
    Synchronous { align: KernelId, advance: KernelId },
    Asynchronous { shuffle: KernelId, relax: KernelId, order: Slot, blocks: u32, block_trips: u64 },
}

impl Sweep {
    /// Declares memory and kernels of the sweeps of one update rule and learning rule.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) for loops that would be too long.
    pub fn declare(
        layer: &TwoLayer,
        plan: &mut Plan,
        update: Update,
        rule: Rule<'_>,
        patterns: &Patterns,
    ) -> Result<Self> {
        let none = Constants::default();
        let (words, stride, chains) = (layer.words(), layer.stride(), layer.chains());
        plan.slot("changes", 2 * u64::from(stride));
        // Small networks take several sweeps in the time of one wait; an asynchronous sweep is long.
        let work = u64::from(words) * u64::from(layer.quads()) * u64::from(stride);
        let synchronous = !matches!(update, Update::Asynchronous(_));
        let looks = if synchronous { ((1 << 25) / work.max(1)).clamp(1, 8) as u32 } else { 1 };
        let rows = plan.slot("rows", 4 * u64::from(looks) * u64::from(chains));
        let mut constants = Constants::default();
        constants.set("KEEP_DIAGONAL", u8::from(update == Update::SynchronousWithDiagonal));
        let (amplitudes, weigh) = match rule {
            Rule::Hebb => (layer.overlaps, None),
            Rule::PseudoInverse(learnt) => {
                let amplitudes = plan.slot("amplitudes", 4 * u64::from(layer.quads()) * u64::from(stride));
                plan.slot_with("weights", &learnt.weights());
                plan.slot_with("self_couplings", &learnt.padded_self_couplings());
                let responses = if synchronous { Vec::new() } else { learnt.responses(patterns) };
                plan.slot_with("responses", &responses);
                constants.set("SILENCE", learnt.silence() * f64::from(layer.neurons()));
                let halves = plan.slot("halves", 4 * u64::from(layer.quads()) * u64::from(stride));
                let workgroup = layer.workgroup(layer.quads() * stride / 4);
                let [first, second] =
                    [&catalogue::OVERLAPS, &catalogue::REALS].map(|text| catalogue::WEIGH.source(*text));
                let steps = [(first?, layer.overlaps, halves), (second?, halves, amplitudes)];
                let weigh = steps.map(|(source, given, found)| {
                    layer.kernel_in_groups(plan, source, workgroup, &none, &[("given", given), ("amplitudes", found)])
                });
                (amplitudes, Some(weigh))
            }
        };
        let couplings = match rule {
            Rule::Hebb => catalogue::HEBB,
            Rule::PseudoInverse(_) => catalogue::PSEUDO_INVERSE,
        };
        let drive = [("amplitudes", amplitudes)];
        let kind = match update {
            Update::Synchronous | Update::SynchronousWithDiagonal => {
                plan.slot("next", u64::from(words * stride));
                plan.slot("previous", u64::from(words * stride));
                SweepKind::Synchronous {
                    align: layer.kernel_in_groups(
                        plan,
                        catalogue::ALIGN.source(couplings)?,
                        layer.workgroup(words * stride),
                        &constants,
                        &drive,
                    ),
                    advance: layer.kernel(plan, &catalogue::ADVANCE, words * stride, &none, &[])?,
                }
            }
            Update::Asynchronous(_) => {
                let order = plan.slot_with("order", &(0..layer.neurons()).collect::<Vec<u32>>());
                plan.slot("ordered", 4 * u64::from(words) * u64::from(layer.quads()));
                let items = words * layer.quads();
                let round = 2 * u64::from(layer.quads().div_ceil(RELAX_LANES)) + u64::from(RELAX_LANES);
                let block_trips = 33 * round + 1;
                check_trips(block_trips, catalogue::RELAX.name)?;
                let blocks = (MAX_TRIPS / block_trips).clamp(1, u64::from(words)) as u32;
                constants.set("BLOCKS", blocks);
                SweepKind::Asynchronous {
                    shuffle: layer.kernel(plan, &catalogue::SHUFFLE, items, &none, &[])?,
                    relax: layer.kernel_in_groups(
                        plan,
                        catalogue::RELAX.source(couplings)?,
                        [RELAX_LANES, 1],
                        &constants,
                        &drive,
                    ),
                    order,
                    blocks,
                    block_trips,
                }
            }
        };
        let mut constants = Constants::default();
        constants.set("CYCLES", u8::from(matches!(kind, SweepKind::Synchronous { .. })));
        Ok(Self {
            retrieval: layer.kernel(plan, &catalogue::RETRIEVAL, chains, &none, &[("rows", rows)])?,
            rows,
            looks,
            weigh,
            quads: u64::from(layer.quads()),
            settle: layer.kernel(plan, &catalogue::SETTLE, chains, &constants, &[])?,
            kind,
        })
    }

    /// Appends a look at all chains, the `look`-th before the host reads.
    pub fn append_look(&self, look: u32, sweep: u64, chains: u32, plan: &mut Plan) {
        let tick = Tick { sweep, row: look * chains, ..Tick::default() };
        plan.dispatch(self.retrieval, 0..chains, 1, self.quads, tick);
    }

    /// Appends one sweep.
    pub fn append(&self, layer: &TwoLayer, update: Update, seed: u64, sweep: u64, plan: &mut Plan) {
        let tick = Tick { sweep, ..Tick::default() };
        let (words, stride, chains) = (layer.words(), layer.stride(), layer.chains());
        for weigh in self.weigh.into_iter().flatten() {
            plan.dispatch(weigh, 0..layer.quads() * stride / 4, 1, self.quads, tick);
        }
        match self.kind {
            SweepKind::Synchronous { align, advance } => {
                plan.dispatch(align, 0..words * stride, 1, self.quads, tick);
                plan.dispatch(advance, 0..words * stride, 1, 0, tick);
                layer.append_projection(sweep, plan);
            }
            SweepKind::Asynchronous { shuffle, relax, order, blocks, block_trips } => {
                if update == Update::Asynchronous(Order::Random) {
                    let event = Event { seed, purpose: Purpose::Order, index: 0, chain: 0, sweep, part: 0 };
                    let neurons = permutation(layer.neurons(), &mut Stream::of(event));
                    plan.push(Op::Write(order, Arc::from(bytemuck::cast_slice(&neurons))));
                }
                if sweep == 0 || update == Update::Asynchronous(Order::Random) {
                    plan.dispatch(shuffle, 0..words * layer.quads(), 1, 32, tick);
                }
                for part in 0..words.div_ceil(blocks) {
                    let trips = u64::from(blocks) * block_trips;
                    plan.dispatch(relax, 0..chains * RELAX_LANES, 1, trips, Tick { part, ..tick });
                }
                if self.weigh.is_some() {
                    layer.append_projection(sweep, plan);
                }
            }
        }
        plan.dispatch(self.settle, 0..chains, 1, 0, tick);
    }
}
