//! Sweeps of spins that are packed as bits.

use crate::error::Result;
use crate::model::{Build, Local};
use crate::packed::PackedLattice;
use crate::plan::{KernelId, Plan, Tick, workgroup_for};
use crate::random::Purpose;
use crate::shader::catalogue::{PACKED_ASSIGN, PACKED_SWEEP};

/// The longest strip of rows that one invocation updates: longer ones were not faster.
const LONGEST_STRIP: u32 = 32;

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
}

impl PackedSweep {
    /// Appends the distribution of thresholds to the chains.
    pub(super) fn assign(&self, plan: &mut Plan) {
        plan.dispatch(self.assign, 0..self.words, 1, 0, Tick::default());
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
    constants.set("RECORD", 1);
    let recording = build.plan.kernel(source, constants, shape, &bindings);
    // Rows, planes and pieces; the other loops are unrolled.
    let trips = u64::from(strip * (32 + pieces));
    let sweep = PackedSweep { plain, recording, lanes, trips, assign, words };
    sweep.assign(build.plan);
    Ok(sweep)
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
