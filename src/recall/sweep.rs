//! The kernels of a recall's sweeps.

use super::align::Align;
use super::{Order, Update};
use crate::error::Result;
use crate::plan::{Constants, KernelId, MAX_TRIPS, Op, Plan, Slot, Tick, check_trips};
use crate::random::{Event, Purpose, Stream, permutation};
use crate::response::Response;
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
    quads: u64,
    settle: KernelId,
    response: Response,
    kind: SweepKind,
}

#[derive(Debug)]
enum SweepKind {
    Synchronous(Align),
    Asynchronous { shuffle: KernelId, relax: KernelId, order: Slot, blocks: u32, block_trips: u64, pass: u64 },
}

impl Sweep {
    /// Declares memory and kernels of the sweeps of one update rule and memory.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) for loops that would be too long.
    pub fn declare(layer: &TwoLayer, response: Response, plan: &mut Plan, update: Update) -> Result<Self> {
        let none = Constants::default();
        let (words, stride, chains) = (layer.words(), layer.stride(), layer.chains());
        plan.slot("changes", 2 * u64::from(stride));
        // Small networks take several sweeps in the time of one wait; an asynchronous sweep is long.
        let quads = u64::from(layer.quads());
        // Amplitudes by the root of the inverse correlations: patterns against patterns, twice.
        let weighing = if response.forgets_overlaps() { quads / 4 } else { 0 };
        let work = (u64::from(words) + weighing) * quads * u64::from(stride);
        let synchronous = !matches!(update, Update::Asynchronous(_));
        let looks = if synchronous { ((1 << 25) / work.max(1)).clamp(1, 8) as u32 } else { 1 };
        let rows = plan.slot("rows", 4 * u64::from(looks) * u64::from(chains));
        let kind = match update {
            Update::Synchronous | Update::SynchronousWithDiagonal => SweepKind::Synchronous(Align::declare(
                layer,
                &response,
                update == Update::SynchronousWithDiagonal,
                plan,
            )?),
            Update::Asynchronous(_) => {
                let order = plan.slot_with("order", &(0..layer.neurons()).collect::<Vec<u32>>());
                plan.slot("ordered", 4 * u64::from(words) * u64::from(layer.quads()));
                let items = words * layer.quads();
                let passes = if response.referred { 3 } else { 2 };
                let pass = u64::from(layer.quads().div_ceil(RELAX_LANES));
                let round = passes * pass + u64::from(RELAX_LANES);
                let block_trips = 33 * round + 1;
                check_trips(block_trips + pass, catalogue::RELAX.name)?;
                let blocks = ((MAX_TRIPS - pass) / block_trips).clamp(1, u64::from(words)) as u32;
                let mut constants = Constants::default();
                constants.set("BLOCKS", blocks);
                let relax = response.relax()?;
                SweepKind::Asynchronous {
                    shuffle: layer.kernel(plan, &catalogue::SHUFFLE, items, &none, &[])?,
                    relax: layer.declare_kernel(
                        plan,
                        relax,
                        [RELAX_LANES, 1],
                        &constants.with(&response.constants),
                        &[("drives", response.drives)],
                    ),
                    order,
                    blocks,
                    block_trips,
                    pass,
                }
            }
        };
        let mut constants = Constants::default();
        constants.set("CYCLES", u8::from(matches!(kind, SweepKind::Synchronous(_))));
        let mut paired = Constants::default();
        paired.set("PAIRED", u8::from(response.is_paired()));
        Ok(Self {
            retrieval: layer.kernel(plan, &catalogue::RETRIEVAL, chains, &paired, &[("rows", rows)])?,
            rows,
            looks,
            quads: u64::from(layer.quads()),
            settle: layer.kernel(plan, &catalogue::SETTLE, chains, &constants, &[])?,
            response,
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
        let (words, chains) = (layer.words(), layer.chains());
        self.response.append(layer, sweep, plan);
        match self.kind {
            SweepKind::Synchronous(ref align) => {
                align.append(layer, tick, plan);
                layer.append_projection(sweep, plan);
            }
            SweepKind::Asynchronous { shuffle, relax, order, blocks, block_trips, pass } => {
                if update == Update::Asynchronous(Order::Random) {
                    let event = Event { seed, purpose: Purpose::Order, index: 0, chain: 0, sweep, part: 0 };
                    let neurons = permutation(layer.neurons(), &mut Stream::of(event));
                    plan.push(Op::Write(order, Arc::from(bytemuck::cast_slice(&neurons))));
                }
                if sweep == 0 || update == Update::Asynchronous(Order::Random) {
                    plan.dispatch(shuffle, 0..words * layer.quads(), 1, 32, tick);
                }
                for part in 0..words.div_ceil(blocks) {
                    let trips = u64::from(blocks) * block_trips + pass;
                    plan.dispatch(relax, 0..chains * RELAX_LANES, 1, trips, Tick { part, ..tick });
                }
                if self.response.forgets_overlaps() {
                    layer.append_projection(sweep, plan);
                }
            }
        }
        plan.dispatch(self.settle, 0..chains, 1, 0, tick);
    }
}
