//! Sums over the sites of each chain: of densities, of packed spins, of waves.

use crate::error::{Error, Result};
use crate::model::{Build, Local, Scalar};
use crate::packed::PackedLattice;
use crate::plan::{Constants, KernelId, MAX_TRIPS, Plan, Slot, Tick, check_trips, workgroup_for};
use crate::shader::Source;
use crate::shader::catalogue::{self, Density, ModelText, Sums};
use std::sync::Arc;

/// A density summed over all sites of each chain, in an order that depends on the lattice alone.
#[derive(Debug, Clone)]
pub struct SiteSum {
    /// What must run first, and over how many items.
    before: Option<(KernelId, u32)>,
    reduce: KernelId,
    /// The second stage, where a chain has several segments.
    total: Option<KernelId>,
    segments: u32,
    /// Invocations of `reduce`.
    items: u32,
    rows: u32,
    trips: u64,
}

/// What the packed kernel `tally` puts into a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tally {
    /// The sums over bonds and over sites, as the energy has them.
    Energy = 0,
    /// The sum of the spins.
    Magnetization = 1,
    /// How many bits are set.
    Bits = 2,
    /// Overlap and link overlap of pairs of chains.
    Overlap = 3,
}

impl SiteSum {
    /// Declares the kernels that tally packed spins, or other bits of the same layout, into `target`.
    ///
    /// # Errors
    /// As the catalogue.
    pub(crate) fn tally<M: Local>(
        build: &mut Build<'_, M>,
        packed: &PackedLattice,
        content: Tally,
        spins: &'static str,
        target: Slot,
    ) -> Result<Self> {
        let blocks = packed.sites_of_colour();
        // Blocks of one invocation: few enough for its counters, enough to pay for telling the chains apart at the end.
        let segments = (blocks / 64).clamp(1, 4096).max(blocks.div_ceil(MAX_TRIPS as u32 / 2));
        let trips = blocks.div_ceil(segments);
        let mut constants = build.packed_constants(packed);
        let most = trips * 2 * build.lattice().dimensions() as u32;
        constants
            .set("SEGMENTS", segments)
            .set("CONTENT", content as u32)
            .set("DIGITS", u32::BITS - most.leading_zeros());
        // In the product of two chains their common couplings cancel.
        let paired = content == Tally::Overlap;
        let bonds = if paired { catalogue::ALIKE } else { build.packed_bonds() };
        let source = catalogue::PACKED_TALLY.source(bonds)?;
        constants.set("PAIRED", u8::from(paired)).set("EVEN_FIELDS", packed.even_fields());
        let mut spins =
            build.plan.find(spins).ok_or_else(|| Error::input("observable", "packed spins", spins, "report this"))?;
        let items = segments.saturating_mul(packed.groups());
        let before = match (paired && build.by_place).then(|| gather(build, packed)).transpose()? {
            Some((ordered, kernel)) => {
                spins = ordered;
                Some((kernel, packed.blocks()))
            }
            None => None,
        };
        let rows = if paired { build.chains() / 2 } else { build.chains() };
        let trips = u64::from(trips);
        let reduction = Reduction { source, constants, segments, items, rows, trips, integer: true };
        Ok(Self { before, ..reduction.declare(build, target, &[("spins", spins)])? })
    }

    /// Declares the kernels that sum the spins of slices across `axis` times the wave of smallest momentum along it.
    ///
    /// # Errors
    /// As the catalogue.
    pub(crate) fn waves<M: Local>(
        build: &mut Build<'_, M>,
        packed: &PackedLattice,
        axis: usize,
        target: Slot,
    ) -> Result<Self> {
        let number = packed.axis_number(axis);
        let side = build.lattice().sides()[axis];
        let slices = if number == 0 { packed.width() } else { side };
        let blocks = packed.row_count() * packed.width() / slices;
        let parts = blocks.div_ceil(512);
        let trips = blocks.div_ceil(parts);
        let mut constants = build.packed_constants(packed);
        constants.set("SEGMENTS", slices * parts).set("PARTS", parts).set("SIDE", side).set("AXIS", number);
        constants.set("DIGITS", u32::BITS - trips.leading_zeros());
        let source = catalogue::PACKED_SLICES.source_alone()?;
        let segments = slices * parts;
        let (items, rows) = (segments.saturating_mul(packed.groups()), build.chains());
        Reduction { source, constants, segments, items, rows, trips: u64::from(trips), integer: false }.declare(
            build,
            target,
            &[],
        )
    }

    /// Declares the kernels that sum `density` into `target`, a row a chain.
    ///
    /// # Errors
    /// As the catalogue.
    pub fn declare<M: Local>(
        build: &mut Build<'_, M>,
        density: &Density,
        target: Slot,
        bindings: &[(&'static str, Slot)],
    ) -> Result<Self> {
        let chains = build.chains();
        Self::declare_rows(build, density, target, bindings, chains)
    }

    /// The same for a density of so many chains, or pairs of chains.
    pub(crate) fn declare_rows<M: Local>(
        build: &mut Build<'_, M>,
        density: &Density,
        target: Slot,
        bindings: &[(&'static str, Slot)],
        rows: u32,
    ) -> Result<Self> {
        Self::declare_items(build, density, target, bindings, (build.lattice().sites(), rows))
    }

    /// The same for a density of so many items a chain: sites, or quads of them.
    pub(crate) fn declare_items<M: Local>(
        build: &mut Build<'_, M>,
        density: &Density,
        target: Slot,
        bindings: &[(&'static str, Slot)],
        (items, rows): (u32, u32),
    ) -> Result<Self> {
        // Enough segments to fill a device, few enough trips in each that no loop is cut.
        let trips_an_item = 1 + build.lattice().dimensions() as u32;
        let most = MAX_TRIPS as u32 / trips_an_item;
        let segments = if items <= 256 { 1 } else { (items / 64).min(4096).max(items.div_ceil(most)) };
        let mut constants = build.constants();
        constants.set("SEGMENTS", segments).set("ITEMS", items);
        let fragment = M::fragment();
        let source = density.reduce(ModelText { name: M::NAME, fragment: &fragment })?;
        if density.contract.contains(&"Parameters") {
            source.prove_layout::<M::Parameters>()?;
        }
        let integer = match density.sums {
            Sums::ModelScalar => M::SCALAR == Scalar::Integer,
            Sums::ModelOrder => M::ORDER == Scalar::Integer,
            Sums::Float => false,
            Sums::Integer => true,
        };
        let trips = u64::from(items.div_ceil(segments) * trips_an_item);
        let items = segments.saturating_mul(rows);
        Reduction { source, constants, segments, items, rows, trips, integer }.declare(build, target, bindings)
    }

    /// Appends the sum; chain c's goes to row `row` + c.
    pub(crate) fn append(&self, row: u32, tick: Tick, plan: &mut Plan) {
        if let Some((before, items)) = self.before {
            plan.dispatch(before, 0..items, 1, 0, tick);
        }
        let first_row = if self.total.is_some() { 0 } else { row };
        plan.dispatch(self.reduce, 0..self.items, 1, self.trips, Tick { row: first_row, ..tick });
        if let Some(total) = self.total {
            plan.dispatch(total, 0..self.rows, 1, u64::from(self.segments), Tick { row, ..tick });
        }
    }
}

/// Declares a copy of packed spins with the chains in the order of their places, and the kernel that makes it.
fn gather<M>(build: &mut Build<'_, M>, packed: &PackedLattice) -> Result<(Slot, KernelId)> {
    let blocks = packed.blocks();
    let ordered = build.plan.slot("ordered", 4 * u64::from(blocks));
    let source = catalogue::PACKED_GATHER.source_alone()?;
    let shape = workgroup_for(blocks, 1, build.lanes);
    Ok((ordered, build.plan.kernel(source, packed.constants(), shape, &[("ordered", ordered)])))
}

/// A sum of segments, before it is declared.
struct Reduction {
    source: Arc<Source>,
    constants: Constants,
    segments: u32,
    items: u32,
    /// Chains, or pairs of chains.
    rows: u32,
    trips: u64,
    integer: bool,
}

impl Reduction {
    /// Declares the kernel that sums segments, and where a chain has several the one that adds them.
    fn declare<M>(self, build: &mut Build<'_, M>, target: Slot, bindings: &[(&'static str, Slot)]) -> Result<SiteSum> {
        let Self { source, mut constants, segments, items, rows, trips, integer } = self;
        check_trips(u64::from(segments), "total")?;
        let partials = match segments {
            1 => target,
            _ => build.plan.slot("partials", 4 * u64::from(segments) * u64::from(rows)),
        };
        if rows != build.chains() {
            // Pairs are those of places from the beginning.
            constants.set("BY_PLACE", 0);
        }
        let mut bound = [bindings, &build.rebound].concat();
        bound.push(("partials", partials));
        let shape = workgroup_for(items, 1, build.lanes);
        let reduce = build.plan.kernel(source, constants.clone(), shape, &bound);
        let total = match segments {
            1 => None,
            _ => {
                let shape = workgroup_for(rows, 1, build.lanes);
                let bound = [("partials", partials), ("rows", target)];
                Some(build.plan.kernel(catalogue::total(integer)?, constants, shape, &bound))
            }
        };
        Ok(SiteSum { before: None, reduce, total, segments, items, rows, trips })
    }
}
