//! Cluster updates of two-state sites.

use super::Dynamics;
use super::two_state::{scaled, threshold};
use crate::error::Result;
use crate::model::{Build, Symmetric};
use crate::plan::{Constants, KernelId, MAX_TRIPS, Plan, Tick};
use crate::shader::catalogue;

/// Swendsen and Wang's update: bonds are active with probability 1 − e^(−βΔE), where ΔE > 0 is the rise of the bond's
/// energy when one of its sites flips (for the Ising model 1 − e^(−2β|J|) where J s s′ > 0), and each cluster of sites
/// that active bonds connect takes one of its two values with probability ½ (R. H. Swendsen and J.-S. Wang, Phys. Rev.
/// Lett. 58, 86 (1987)).
///
/// A field h acts through a ghost spin: a site aligned with it is tied to the ghost with probability 1 − e^(−2β|h|), and
/// a cluster that is tied keeps its value. Any sign of J, any sides, β = 0 (a fresh random state every sweep) and β = ∞
/// (all satisfied bonds are active) are allowed.
///
/// Near the critical point of a ferromagnet a sweep forgets far more than one of [`HeatBath`](super::HeatBath); where
/// bonds are frustrated (an antiferromagnet on odd sides at low temperature) or a field works against the coupling,
/// clusters percolate without need and little is gained. [`Acceptance`](crate::Acceptance) is the fraction of sites that
/// changed their value.
///
/// Clusters are labelled by a union–find whose result does not depend on the order of execution, and all decisions are
/// made by integers: the same bits on every adapter. Twelve bytes a site of memory, with the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SwendsenWang;

/// Wolff's update: the cluster of one random site flips, built with the probabilities of [`SwendsenWang`] (U. Wolff, Phys.
/// Rev. Lett. 62, 361 (1989)). A cluster that is tied to the field stays.
///
/// Here one update is one cluster, and costs as much as a sweep of [`SwendsenWang`]: all clusters are labelled, and one
/// of them is turned. Away from order, where clusters are small, nearly all of that work is in vain; prefer
/// [`SwendsenWang`] unless single clusters are wanted, such as for the improved estimator of the susceptibility.
/// [`Run::updates`](crate::Run::updates) counts every site in every update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wolff;

/// The kernels of a cluster update.
#[derive(Debug)]
pub struct ClusterSweep {
    isolate: KernelId,
    unite: KernelId,
    turn: KernelId,
    sites: u32,
    chains: u32,
    dimensions: u32,
}

/// Labels that one walk through a tree of labels may visit. Some thirty are seen on lattices of a million sites in any
/// phase; whoever needs more raises the alarm.
const MOST_HOPS: u32 = 4096;

/// A site walks for all of its bonds together, or for itself and for the chosen site.
const _: () = assert!(2 * MOST_HOPS as u64 + 4 <= MAX_TRIPS);

/// 1 − e^(−x) with x = βΔE where ΔE is a rise, else 0.
fn tie_probability(beta: f64, rise: f64) -> f64 {
    if rise > 0.0 { -(-scaled(beta, rise)).exp_m1() } else { 0.0 }
}

/// The thresholds of one point: of a bond for each change from −`bonds` to `bonds`, then of a site's tie to the ghost.
fn tie_thresholds(beta: f64, units: [f64; 2], spans: [u32; 2]) -> Vec<u32> {
    let row = |(unit, span): (f64, u32)| {
        let span = i64::from(span);
        (-span..=span).map(move |change| threshold(tie_probability(beta, unit * change as f64)))
    };
    units.into_iter().zip(spans).flat_map(row).collect()
}

fn prepare<M: Symmetric>(build: &mut Build<'_, M>, single: bool, most_hops: u32) -> Result<ClusterSweep> {
    let (sites, chains) = (build.lattice().sites(), build.chains());
    let words = u64::from(sites) * u64::from(chains);
    build.slot_once("accepted", words);
    build.slot_once("labels", words);
    build.slot_once(Plan::ALARM, 1);
    let spans = [M::BOND_CHANGE, M::ONSITE_CHANGE];
    let points = build.models.iter().zip(build.betas);
    let table: Vec<u32> = points.flat_map(|(model, &beta)| tie_thresholds(beta, model.units(), spans)).collect();
    let thresholds = build.plan.slot_with("tie_thresholds", &table);
    let mut constants = Constants::default();
    constants.set("BOND_SPAN", spans[0]).set("ONSITE_SPAN", spans[1]);
    constants.set("SINGLE", u8::from(single)).set("MOST_HOPS", most_hops);
    let shape = (sites, chains);
    Ok(ClusterSweep {
        isolate: build.lattice_kernel(&catalogue::ISOLATE, shape, &constants, &[])?,
        unite: build.lattice_kernel(&catalogue::UNITE, shape, &constants, &[("thresholds", thresholds)])?,
        turn: build.lattice_kernel(&catalogue::TURN, shape, &constants, &[])?,
        sites,
        chains,
        dimensions: build.lattice().dimensions() as u32,
    })
}

impl ClusterSweep {
    fn append(&self, sweep: u64, plan: &mut Plan) {
        let tick = Tick { sweep, ..Tick::default() };
        let sites = || 0..self.sites;
        // Typical numbers of iterations, by which work is cut in time: the bound holds by the assertion above.
        let unite = u64::from(12 * self.dimensions);
        plan.dispatch(self.isolate, sites(), self.chains, 0, tick);
        plan.dispatch(self.unite, sites(), self.chains, unite, tick);
        plan.dispatch(self.turn, sites(), self.chains, 4, tick);
    }
}

impl<M: Symmetric> Dynamics<M> for SwendsenWang {
    type Program = ClusterSweep;

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<ClusterSweep> {
        prepare(build, false, MOST_HOPS)
    }

    fn append(&self, program: &ClusterSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

impl<M: Symmetric> Dynamics<M> for Wolff {
    type Program = ClusterSweep;

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<ClusterSweep> {
        prepare(build, true, MOST_HOPS)
    }

    fn append(&self, program: &ClusterSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Energy, Error, Gpu, Ising, Lattice, Schedule};

    #[test]
    fn satisfied_bonds_are_tied_and_others_never() {
        let p = |x: f64| threshold(1.0 - (-x).exp());
        // J = −1: bonds that a flip would raise by 2 are those of equal spins' opposites; h = 0.5.
        assert_eq!(tie_thresholds(0.3, [1.0, 0.5], [2, 2]), [0, 0, 0, p(0.3), p(0.6), 0, 0, 0, p(0.15), p(0.3)]);
        assert_eq!(tie_thresholds(0.3, [-1.0, 0.0], [2, 2]), [p(0.6), p(0.3), 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(tie_thresholds(0.0, [1.0, 1.0], [1, 1]), [0; 6]);
        assert_eq!(tie_thresholds(f64::INFINITY, [1.0, -1.0], [1, 1]), [0, 0, u32::MAX, u32::MAX, 0, 0]);
        assert_eq!(tie_thresholds(f64::INFINITY, [1.0, 0.0], [1, 1]), [0, 0, u32::MAX, 0, 0, 0]);
    }

    /// Walks that are far too short, to hear the alarm.
    #[derive(Debug, Clone)]
    struct Hurried(u32);

    impl Dynamics<Ising> for Hurried {
        type Program = ClusterSweep;

        fn prepare(&self, build: &mut Build<'_, Ising>) -> Result<ClusterSweep> {
            prepare(build, false, self.0)
        }

        fn append(&self, program: &ClusterSweep, sweep: u64, plan: &mut Plan) {
            program.append(sweep, plan);
        }
    }

    #[test]
    fn walks_cut_short_are_errors_and_no_numbers() {
        let Ok(gpu) = Gpu::new() else { return };
        for (hops, settles) in [(1, false), (3, false), (MOST_HOPS, true)] {
            let magnet = Ising::new(Lattice::square(32).unwrap());
            let mut simulation = gpu.simulate(magnet, Hurried(hops)).betas(&[f64::INFINITY]).seed(1).build().unwrap();
            simulation.observe(Energy);
            let outcomes = [
                simulation.run(Schedule { warmup: 0, samples: 10, thin: 1 }).map(|_| ()),
                simulation.wait(),
                simulation.configurations().map(|_| ()),
            ];
            for outcome in outcomes {
                assert_eq!(outcome.is_ok(), settles, "{hops} hops");
                assert!(outcome.is_ok() || matches!(outcome, Err(Error::Run { .. })));
            }
        }
    }
}
