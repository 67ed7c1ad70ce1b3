//! The steps of a trajectory: kicks and drifts, site by site or in strips that slide over the lattice.

use crate::error::Result;
use crate::model::{Build, Local};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick};
use crate::shader::catalogue;

/// Rows of a strip: more of them were not faster.
const LONGEST_STRIP: u32 = 16;

/// How a lattice is cut into the strips that one invocation goes down, some quads of sites wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strips {
    /// Quads beside each other in one invocation.
    pub block: u32,
    /// Rows, which divide the side.
    pub rows: u32,
    /// Strips of one chain.
    pub lanes: u32,
}

impl Strips {
    /// The strips of a clean model in two dimensions and more whose last side is a multiple of four; others go site by
    /// site. At most `widest` (1 or 2) quads beside each other.
    pub fn new<M: Local>(build: &Build<'_, M>, widest: u32) -> Option<Self> {
        let lattice = build.lattice();
        let quads = lattice.quads()?;
        let &[.., side, _] = lattice.sides() else { return None };
        if build.models.iter().any(|model| model.disorder().is_some()) {
            return None;
        }
        let of_chain = lattice.sites() / 4;
        Some(Self::cut([side, quads], of_chain, build.chains(), (widest, build.parallelism)))
    }

    /// Blocks as wide, then strips as long as keeps so many invocations busy.
    fn cut([side, quads]: [u32; 2], of_chain: u32, chains: u32, (widest, parallelism): (u32, u32)) -> Self {
        let busy = |share: u32| u64::from(of_chain / share) * u64::from(chains) >= u64::from(parallelism);
        let block = if widest > 1 && quads % 2 == 0 && busy(2) { 2 } else { 1 };
        let fits = |&rows: &u32| side % rows == 0 && busy(block * rows);
        let rows = (1..=LONGEST_STRIP.min(side)).rev().find(fits).unwrap_or(1);
        Self { block, rows, lanes: of_chain / (block * rows) }
    }
}

/// The kernels of kicks and drifts, and of the momenta before them.
#[derive(Debug)]
pub(super) struct Leaps {
    /// Draws the momenta, over groups of four sites, where the first step does not.
    refresh: Option<(KernelId, u32)>,
    /// From the state into the first buffer.
    first: KernelId,
    /// From the first buffer into the second, and back.
    others: [KernelId; 2],
    items: u32,
    /// Invocations along y.
    chains: u32,
    trips: u64,
}

impl Leaps {
    /// Declares them, between the state and two buffers.
    pub fn declare<M: Local>(
        build: &mut Build<'_, M>,
        strips: Option<Strips>,
        (sites, chains): (u32, u32),
        [state, a, b]: [Slot; 3],
    ) -> Result<Self> {
        let dimensions = build.lattice().dimensions() as u64;
        let mut constants = Constants::default();
        let (kernel, items, along_y, trips) = match strips {
            Some(Strips { block, rows, lanes }) => {
                constants.set("BLOCK", block).set("STRIP", rows).set("LANES", lanes);
                let trips = dimensions + u64::from(block) + u64::from(rows) * u64::from(block) * dimensions;
                (&catalogue::SLIDE, lanes * chains, 1, trips)
            }
            None => (&catalogue::LEAP, sites, chains, dimensions),
        };
        let groups = sites.div_ceil(4);
        let refresh = match strips {
            Some(_) => None,
            None => Some((build.lattice_kernel(&catalogue::REFRESH, (groups, chains), &constants, &[])?, groups)),
        };
        let mut leap = |before, after| {
            let bindings = [("position_before", before), ("position_after", after)];
            constants.set("DRAW", u8::from(before == state));
            build.lattice_kernel(kernel, (items, along_y), &constants, &bindings)
        };
        let (first, others) = (leap(state, a)?, [leap(a, b)?, leap(b, a)?]);
        Ok(Self { refresh, first, others, items, chains: along_y, trips })
    }

    /// Appends fresh momenta, kicks and drifts; returns which buffer holds the end, 0 or 1.
    pub fn append(&self, pairs: impl Iterator<Item = [f64; 2]>, tick: Tick, plan: &mut Plan) -> usize {
        if let Some((refresh, groups)) = self.refresh {
            plan.dispatch(refresh, 0..groups, self.chains, 0, tick);
        }
        let mut last = 0;
        for (number, [kick, drift]) in pairs.enumerate() {
            let kernel = if number == 0 { self.first } else { self.others[(number + 1) % 2] };
            let tick = Tick { kick: kick as f32, drift: drift as f32, ..tick };
            plan.dispatch(kernel, 0..self.items, self.chains, self.trips, tick);
            last = number % 2;
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_cover_the_lattice_and_keep_the_device_busy() {
        for (side, quads, planes, chains) in
            [(256, 64, 1, 1), (256, 64, 1, 16), (8, 2, 1, 1), (7, 3, 5, 2), (257, 1, 1, 9)]
        {
            for parallelism in [1, 512, 1 << 17] {
                let of_chain = side * quads * planes;
                let Strips { block, rows, lanes } = Strips::cut([side, quads], of_chain, chains, (2, parallelism));
                assert_eq!(lanes * block * rows, of_chain);
                assert!(quads % block == 0 && side % rows == 0 && rows <= LONGEST_STRIP);
                assert!(block * rows == 1 || lanes * chains >= parallelism);
            }
        }
        assert_eq!(Strips::cut([256, 64], 256 * 64, 1, (2, 512)), Strips { block: 2, rows: 16, lanes: 512 });
        assert_eq!(Strips::cut([256, 64], 256 * 64, 1, (1, 512)), Strips { block: 1, rows: 16, lanes: 1024 });
    }
}
