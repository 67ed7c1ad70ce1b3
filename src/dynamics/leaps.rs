//! The steps of a trajectory: kicks and drifts, site by site or in strips that slide over the lattice.

use super::strips::Strips;
use crate::error::Result;
use crate::model::{Build, Local};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick};
use crate::shader::catalogue;

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
