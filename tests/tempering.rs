//! Replica exchange and annealing: the same distributions as without, and the counts of what they did.

mod common;
mod oracle;

use common::{agrees, gpu, lattice};
use oracle::ising_enumeration;
use spinfield::{
    Acceptance, Anneal, Energy, HeatBath, Hmc, Ising, Magnetization, Metropolis, Phi4, Schedule, Start, Swaps,
    Tempering,
};

const BETAS: [f64; 5] = [0.2, 0.3, 0.4, 0.5, 0.6];

/// Packed and not, in a field and without, by integers.
#[test]
fn a_tempered_magnet_is_the_enumeration() {
    let Some(gpu) = gpu() else { return };
    for (packed, field, sides) in
        [(true, 0.0, [4, 4]), (false, 0.0, [4, 4]), (true, 0.3, [4, 2]), (false, -0.2, [3, 4])]
    {
        let model = Ising::new(lattice(&sides)).field(field);
        let builder = gpu.simulate(model, Tempering::new(Metropolis)).betas(&BETAS).replicas(64).seed(3).packed(packed);
        let mut simulation = builder.build().unwrap();
        let (energy, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
        let (swaps, acceptance) = (simulation.observe(Swaps), simulation.observe(Acceptance));
        let run = simulation.run(Schedule { warmup: 200, samples: 1500, thin: 2 }).unwrap();
        for (at, beta) in run.by_beta().zip(BETAS) {
            let exact = ising_enumeration(&sides.map(|side| side as usize), beta, field);
            let what = format!("{sides:?} packed {packed} h {field} β {beta}");
            // A percent of the energy at the most: what 64 chains of 1,500 samples are good for.
            agrees(&format!("{what} E/N"), at.mean(energy), exact.energy, 0.012);
            agrees(&format!("{what} |m|"), at.mean(m.abs()), exact.abs_magnetization, 0.006);
            let last = at.index() + 1 == BETAS.len();
            let attempts: f64 = at.series(swaps.attempts()).values().iter().sum();
            // Every second of 3,000 sweeps tries a pair, the ones after the warm-up alone.
            assert_eq!(attempts, if last { 0.0 } else { 64.0 * 1500.0 }, "{what}");
            if !last {
                let successes: f64 = at.series(swaps).values().iter().sum();
                assert!(successes > 0.4 * attempts && successes < attempts, "{what}: {successes} of {attempts}");
            }
            let trips: f64 = at.series(swaps.round_trips()).values().iter().sum();
            assert_eq!(trips > 1000.0, at.index() == 0, "{what}: {trips} round trips");
            assert!(at.mean(acceptance).mean > 0.01);
        }
    }
}
