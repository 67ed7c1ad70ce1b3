//! Replica exchange and annealing: the same distributions as without, and the counts of what they did.

mod common;
mod oracle;

use common::{agrees, gpu, lattice};
use oracle::{ising_enumeration, phi4_ring};
use spinfield::io::rudy::Rudy;
use spinfield::{
    Acceptance, Anneal, EdwardsAnderson, Energy, Estimate, FieldMoments, HeatBath, Hmc, Ising, Magnetization,
    Metropolis, Phi4, Schedule, Start, Swaps, Tempering,
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

/// A field along a ladder of its coupling, with energies that are real.
#[test]
fn a_tempered_field_is_the_ring() {
    let Some(gpu) = gpu() else { return };
    let masses = [1.0, 0.0, -1.0];
    let ring = |mass2: f64| Phi4::new(lattice(&[8]), mass2, 0.5);
    let builder = gpu.simulate(ring(1.0), Tempering::new(Hmc::new(8, 0.2).jitter(0.2)));
    let mut simulation = builder.models(masses.map(ring)).replicas(256).seed(4).build().unwrap();
    let (moments, swaps) = (simulation.observe(FieldMoments), simulation.observe(Swaps));
    let run = simulation.run(Schedule { warmup: 200, samples: 1000, thin: 1 }).unwrap();
    for (at, mass2) in run.by_beta().zip(masses) {
        let exact = phi4_ring(8, mass2, 0.5);
        // 256,000 samples of deviations below 0.3, τ up to 10.
        agrees(&format!("m² {mass2} φ²"), at.mean(moments.phi2()), exact.phi2, 0.004);
        agrees(&format!("m² {mass2} φ⁴"), at.mean(moments.phi4()), exact.phi4, 0.006);
    }
    let first = run.point(0).unwrap();
    let rate = first.mean(swaps).mean / first.mean(swaps.attempts()).mean;
    assert!(rate > 0.2 && rate < 0.99, "{rate}");
    assert!(first.series(swaps.round_trips()).values().iter().sum::<f64>() > 1000.0);
}

/// An instance whose ground state is known: −916.
#[test]
fn tempering_finds_the_ground_state_of_a_torus() {
    let Some(gpu) = gpu() else { return };
    let graph = Rudy::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/toruspm3-8-50.dat")).unwrap();
    let betas: Vec<f64> = (0..12).map(|step| 0.4 + 0.12 * f64::from(step)).collect();
    let builder = gpu.simulate(graph.glass(None, 1).unwrap(), Tempering::new(Metropolis)).betas(&betas);
    let mut simulation = builder.replicas(16).seed(2).build().unwrap();
    let energy = simulation.observe(Energy);
    let run = simulation.run(Schedule { warmup: 500, samples: 500, thin: 4 }).unwrap();
    let lowest = run.by_beta().flat_map(|at| at.series(energy).values().to_vec()).fold(0.0, f64::min);
    assert_eq!(512.0 * lowest, -916.0);
}

/// Odd sides, 3375 sites: within half a percent of the lowest energy known.
#[test]
fn tempering_comes_close_on_a_larger_torus() {
    let Some(gpu) = gpu() else { return };
    let graph = Rudy::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/toruspm3-15-50.dat")).unwrap();
    let betas: Vec<f64> = (0..21).map(|step| 0.75 + 0.06 * f64::from(step)).collect();
    let builder = gpu.simulate(graph.glass(None, 1).unwrap(), Tempering::new(Metropolis)).betas(&betas);
    let mut simulation = builder.replicas(4).seed(2).build().unwrap();
    let energy = simulation.observe(Energy);
    let run = simulation.run(Schedule { warmup: 5000, samples: 1000, thin: 1 }).unwrap();
    let lowest = run.by_beta().flat_map(|at| at.series(energy).values().to_vec()).fold(0.0, f64::min);
    eprintln!("lowest energy {}", 3375.0 * lowest);
    assert!((-6049.0..=-0.995 * 6049.0).contains(&(3375.0 * lowest)), "{}", 3375.0 * lowest);
}

/// A glass at a low temperature forgets how it began, which single updates do not bring about.
#[test]
fn a_tempered_glass_forgets_its_start() {
    let Some(gpu) = gpu() else { return };
    let betas: Vec<f64> = (0..16).map(|step| 0.4 + 0.06 * f64::from(step)).collect();
    let coldest = |start: Start| -> Estimate {
        let glass = EdwardsAnderson::bimodal(lattice(&[8, 8, 8]), 5);
        let builder = gpu.simulate(glass, Tempering::new(HeatBath)).betas(&betas).replicas(16).seed(6).start(start);
        let mut simulation = builder.build().unwrap();
        let (energy, swaps) = (simulation.observe(Energy), simulation.observe(Swaps));
        let run = simulation.run(Schedule { warmup: 4000, samples: 400, thin: 10 }).unwrap();
        let trips: f64 = run.point(0).unwrap().series(swaps.round_trips()).values().iter().sum();
        assert!(trips > 100.0, "{start:?}: {trips} round trips");
        run.point(15).unwrap().mean(energy)
    };
    let (hot, cold) = (coldest(Start::Hot), coldest(Start::Cold));
    eprintln!("hot {hot}, cold {cold}");
    let error = hot.error.unwrap().hypot(cold.error.unwrap());
    // Independent runs: four standard errors of the difference, which must itself be small.
    assert!(error < 1e-3 && (hot.mean - cold.mean).abs() < 4.0 * error, "hot {hot}, cold {cold}");
}

/// Chains cooled along a schedule sample each temperature, and end lower than chains that were quenched.
#[test]
fn annealing_goes_through_its_temperatures() {
    let Some(gpu) = gpu() else { return };
    for packed in [true, false] {
        let schedule = Schedule { warmup: 100, samples: 400, thin: 2 };
        let dynamics = Anneal::new((HeatBath, Metropolis), &BETAS, 900);
        let builder = gpu.simulate(Ising::new(lattice(&[4, 4])), dynamics).replicas(256).seed(3).packed(packed);
        let mut simulation = builder.build().unwrap();
        let energy = simulation.observe(Energy);
        for beta in BETAS {
            let run = simulation.run(schedule).unwrap();
            let at = run.point(0).unwrap();
            assert_eq!(at.beta(), beta);
            let exact = ising_enumeration(&[4, 4], beta, 0.0);
            agrees(&format!("packed {packed} β {beta}"), at.mean(energy), exact.energy, 0.01);
            agrees(&format!("packed {packed} β {beta} C"), at.specific_heat(energy), exact.specific_heat, 0.03);
        }
    }
    let glass = || EdwardsAnderson::bimodal(lattice(&[8, 8, 8]), 5);
    let betas: Vec<f64> = (1..=40).map(|step| 0.05 * f64::from(step)).collect();
    let mut cooled = gpu.simulate(glass(), Anneal::new(Metropolis, &betas, 25)).replicas(32).build().unwrap();
    let mut quenched = gpu.simulate(glass(), Metropolis).betas(&[2.0]).replicas(32).build().unwrap();
    let (slow, fast) = (cooled.observe(Energy), quenched.observe(Energy));
    let last = Schedule { warmup: 999, samples: 1, thin: 1 };
    let slow = cooled.run(last).unwrap().point(0).unwrap().mean(slow).mean;
    let fast = quenched.run(last).unwrap().point(0).unwrap().mean(fast).mean;
    assert!(slow < fast - 0.005, "cooled {slow}, quenched {fast}");
}

#[test]
fn ladders_that_cannot_be_are_errors() {
    let Some(gpu) = gpu() else { return };
    let refused = |betas: &[f64], every: u64| {
        let dynamics = Tempering::new(HeatBath).every(every);
        gpu.simulate(Ising::new(lattice(&[4, 4])), dynamics).betas(betas).build().map(|_| ()).unwrap_err().to_string()
    };
    for betas in [&[0.3][..], &[0.3, 0.3], &[0.3, 0.5, 0.4], &[0.3, f64::INFINITY]] {
        assert!(refused(betas, 1).contains("replica exchange"), "{betas:?}");
    }
    assert!(refused(&[0.3, 0.4], 0).contains("swaps"));
    // Tables would be longer than memory.
    assert!(refused(&[0.3, 0.3 + 1e-9], 1).contains("ladder"));
    let nested = (Tempering::new(HeatBath), Metropolis);
    assert!(gpu.simulate(Ising::new(lattice(&[4, 4])), nested).betas(&[0.3, 0.4]).build().is_err());
    for (betas, sweeps) in [(&[][..], 1), (&[0.1, -0.2], 1), (&[0.1, f64::NAN], 1), (&[0.1], 0)] {
        let dynamics = Anneal::new(HeatBath, betas, sweeps);
        assert!(gpu.simulate(Ising::new(lattice(&[4, 4])), dynamics).build().is_err(), "{betas:?} {sweeps}");
    }
    let mut plain = gpu.simulate(Ising::new(lattice(&[4, 4])), HeatBath).build().unwrap();
    plain.observe(Swaps);
    assert!(plain.run(Schedule { warmup: 0, samples: 1, thin: 1 }).is_err());
}
