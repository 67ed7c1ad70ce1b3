//! Sweeps of spins that are packed as bits.

use crate::error::Result;
use crate::model::{Build, Local};
use crate::packed::PackedLattice;
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, workgroup_for};
use crate::random::Purpose;
use crate::shader::catalogue::{PACKED_ASSIGN, PACKED_FULL_SWEEP, PACKED_SWEEP};
use std::ops::Range;

/// The longest strip of rows that one invocation updates: longer ones were not faster.
const LONGEST_STRIP: u32 = 32;

/// The strips of a whole sweep: two rows more are updated than stored.
const SHORTEST_FULL_STRIP: u32 = 8;
const LONGEST_FULL_STRIP: u32 = 16;

/// The blocks of one colour in a row that an invocation of a whole sweep can hold.
const MOST_BLOCKS_OF_A_ROW: u32 = 4;

/// The kernels of a packed sweep.
#[derive(Debug)]
pub struct PackedSweep {
    plain: KernelId,
    /// The same, which also notes the spins that flipped.
    recording: KernelId,
    lanes: u32,
    trips: u64,
    assign: KernelId,
    /// Words of thresholds.
    words: u32,
    full: Option<FullSweep>,
}

/// Whole sweeps of small lattices, in pairs: from the spins into a second buffer, and back.
#[derive(Debug)]
struct FullSweep {
    kernels: [KernelId; 2],
    lanes: u32,
    trips: u64,
}

impl PackedSweep {
    /// Appends the distribution of thresholds to the chains.
    pub(super) fn assign(&self, plan: &mut Plan) {
        plan.dispatch(self.assign, 0..self.words, 1, 0, Tick::default());
    }

    /// Appends sweeps that are not recorded, as pairs of whole ones where there are such.
    pub(super) fn append_several(&self, sweeps: Range<u64>, plan: &mut Plan) {
        let mut sweep = sweeps.start;
        if let Some(full) = &self.full {
            while sweeps.end - sweep >= 2 {
                for kernel in full.kernels {
                    plan.dispatch(kernel, 0..full.lanes, 1, full.trips, Tick { sweep, ..Tick::default() });
                    sweep += 1;
                }
            }
        }
        (sweep..sweeps.end).for_each(|sweep| self.append(sweep, false, plan));
    }

    /// Appends both colours.
    pub(super) fn append(&self, sweep: u64, recorded: bool, plan: &mut Plan) {
        let kernel = if recorded { self.recording } else { self.plain };
        for colour in 0..2 {
            let tick = Tick { part: colour, sweep, ..Tick::default() };
            plan.dispatch(kernel, 0..self.lanes, 1, self.trips, tick);
        }
    }
}

/// The thresholds of all points by class: of the numbers of broken bonds from `first` on, `counts` of them, and where there
/// is a field once for spins down and once for spins up. What lies outside flips for certain.
struct Classes {
    first: u32,
    counts: u32,
    classes: u32,
    table: Vec<u32>,
}

impl Classes {
    /// Sorts the tables that the kernel of single sites uses, one a point: rows for the change of all bonds from −4d to 4d,
    /// columns for the change of the site from −2 to 2.
    fn new(tables: &[Vec<u32>], dimensions: u32) -> Self {
        let at = |table: &[u32], broken: u32, up: bool| {
            let (row, column) = (8 * dimensions - 4 * broken, if up { 4 } else { 0 });
            table.get((5 * row + column) as usize).copied().unwrap_or_default()
        };
        let all = 0..=2 * dimensions;
        let uncertain = |&broken: &u32| {
            tables.iter().any(|table| [false, true].iter().any(|&up| at(table, broken, up) != u32::MAX))
        };
        let first = all.clone().find(uncertain).unwrap_or(0);
        let last = all.clone().rfind(uncertain).unwrap_or(first);
        let in_field =
            tables.iter().any(|table| all.clone().any(|broken| at(table, broken, false) != at(table, broken, true)));
        let spins: &[bool] = if in_field { &[false, true] } else { &[false] };
        let of_point = |table: &Vec<u32>| -> Vec<u32> {
            spins
                .iter()
                .flat_map(|&up| (first..=last).map(move |broken| (broken, up)))
                .map(|(b, up)| at(table, b, up))
                .collect()
        };
        let counts = last - first + 1;
        let classes = counts * spins.len() as u32;
        Self { first, counts, classes, table: tables.iter().flat_map(of_point).collect() }
    }
}

/// Declares the sweep of a packed lattice, with one table of `threshold_table` a point.
pub(super) fn prepare_packed<M: Local>(
    build: &mut Build<'_, M>,
    packed: &PackedLattice,
    purpose: Purpose,
    tables: &[Vec<u32>],
) -> Result<PackedSweep> {
    let classes = Classes::new(tables, build.lattice().dimensions() as u32);
    let (groups, pieces) = (packed.groups(), 32 / packed.field_bits() + 1);
    let words = classes.classes * pieces * groups;
    let thresholds = build.plan.slot_with("thresholds", &classes.table);
    let threshold_bits = build.plan.slot("threshold_bits", 4 * u64::from(words));
    build.slot_once("accepted", 4 * u64::from(packed.blocks()));
    let bindings = [("thresholds", thresholds), ("threshold_bits", threshold_bits)];

    let mut constants = build.packed_constants(packed);
    constants.set("CLASSES", classes.classes).set("COUNTS", classes.counts).set("FIRST_COUNT", classes.first);
    constants.set("PURPOSE", purpose as u32);
    let shape = workgroup_for(words, 1, build.lanes);
    let assign = build.plan.kernel(PACKED_ASSIGN.source_alone()?, constants.clone(), shape, &bindings);

    let (lanes, strip) = strips(packed, build.parallelism);
    constants.set("STRIP", strip);
    let source = PACKED_SWEEP.source(build.packed_bonds())?;
    let shape = workgroup_for(lanes, 1, build.lanes);
    let plain = build.plan.kernel(source.clone(), constants.clone(), shape, &bindings);
    let recorded = constants.clone().with(Constants::default().set("RECORD", 1));
    let recording = build.plan.kernel(source, recorded, shape, &bindings);
    // Rows, planes and pieces; the other loops are unrolled.
    let trips = u64::from(strip * (32 + pieces));
    let full = full_sweep(build, packed, &constants, &bindings)?;
    let sweep = PackedSweep { plain, recording, lanes, trips, assign, words, full };
    sweep.assign(build.plan);
    Ok(sweep)
}

/// Declares whole sweeps, for lattices in two dimensions whose rows an invocation can hold.
fn full_sweep<M: Local>(
    build: &mut Build<'_, M>,
    packed: &PackedLattice,
    constants: &Constants,
    bindings: &[(&'static str, Slot)],
) -> Result<Option<FullSweep>> {
    if build.lattice().dimensions() != 2 || packed.half_row() > MOST_BLOCKS_OF_A_ROW {
        return Ok(None);
    }
    let Some(strip) = full_strip(packed.side(0), packed.groups(), build.parallelism) else { return Ok(None) };
    let lanes = packed.groups() * packed.side(0).div_ceil(strip);
    let constants = constants.clone().with(Constants::default().set("STRIP", strip));
    let source = PACKED_FULL_SWEEP.source(build.packed_bonds())?;
    // Few invocations are dealt out in small groups, or one core gets them all.
    let shape = workgroup_for(lanes, 1, build.lanes.min((lanes / 8).next_power_of_two()).max(8));
    let spins = build.slot_once("spins", 4 * u64::from(packed.blocks()));
    let after = build.slot_once("spins_after", 4 * u64::from(packed.blocks()));
    // Sweeps come in pairs where they are handed over together, and what they leave here is overwritten by the next pair.
    build.plan.set_scratch(after);
    let kernels = [(spins, after), (after, spins)].map(|(from, into)| {
        let bindings = [bindings, &[("spins", from), ("spins_after", into)]].concat();
        build.plan.kernel(source.clone(), constants.clone(), shape, &bindings)
    });
    let pieces = 32 / packed.field_bits() + 1;
    let trips = u64::from((strip + 2) * packed.half_row() * 2 * (32 + pieces));
    Ok(Some(FullSweep { kernels, lanes, trips }))
}

/// Rows of a strip of whole rows, which makes two rows more: as long as keeps the device busy, if that is not too short.
fn full_strip(side: u32, groups: u32, parallelism: u32) -> Option<u32> {
    let strip = (side * groups / (parallelism / 32).max(1)).min(LONGEST_FULL_STRIP);
    (strip >= SHORTEST_FULL_STRIP).then_some(strip)
}

/// Invocations of half a sweep, and the rows of each: the more rows the fewer loads, as long as the device is kept busy.
fn strips(packed: &PackedLattice, parallelism: u32) -> (u32, u32) {
    let row_blocks = packed.half_row() * packed.groups();
    let blocks = row_blocks * packed.row_count();
    let longest = (blocks / parallelism).clamp(1, LONGEST_STRIP).min(packed.side(0));
    let strips = packed.side(0).div_ceil(longest);
    let strip = packed.side(0).div_ceil(strips);
    (row_blocks * packed.side(0).div_ceil(strip) * packed.side(1) * packed.side(2), strip)
}
