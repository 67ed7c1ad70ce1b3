//! Spins with explicit couplings: against enumeration, and a plain program of a few lines.

mod common;

use common::gpu;
use spinfield::dynamics::Dynamics;
use spinfield::random::{Purpose, Stream};
use spinfield::{
    Acceptance, Anneal, Couplings, Cues, Damage, Energy, Gpu, HeatBath, Little, Magnetization, Metropolis, Order,
    PairwiseSpins, Patterns, ReplicaOverlap, Schedule, Tuning, Update,
};

/// A glass of 12 spins in a field of each site: no state has the energy of its mirror image.
fn glass() -> PairwiseSpins {
    let fields: Vec<f32> = (0..12).map(|i| 0.1 * (i as f32 - 4.0)).collect();
    PairwiseSpins::sherrington_kirkpatrick(12, 3).unwrap().fields(&fields)
}

fn signs(state: u32) -> Vec<i8> {
    (0..12).map(|site| if state >> site & 1 == 1 { 1 } else { -1 }).collect()
}

/// Energy of each of the 4,096 states.
fn energies(model: &PairwiseSpins) -> Vec<f64> {
    (0..1u32 << 12)
        .map(|state| {
            let signs = signs(state);
            let field: f64 = model.site_fields().iter().zip(&signs).map(|(&h, &s)| f64::from(h) * f64::from(s)).sum();
            model.couplings().energy(&signs).unwrap() - field
        })
        .collect()
}

/// Means of the energy a site and of all s_i s_j and s_i under weights of the states.
fn exact(weights: &[f64], energies: &[f64]) -> (f64, Vec<f64>) {
    let total: f64 = weights.iter().sum();
    let mut products = vec![0.0; 144];
    for (state, weight) in weights.iter().enumerate() {
        let signs = signs(state as u32);
        for (at, product) in products.iter_mut().enumerate() {
            let (i, j) = (at / 12, at % 12);
            // The diagonal takes the means of the spins themselves.
            let value = if i == j { signs[i] } else { signs[i] * signs[j] };
            *product += weight / total * f64::from(value);
        }
    }
    (weights.iter().zip(energies).map(|(w, e)| w * e).sum::<f64>() / total / 12.0, products)
}

/// One state of each of 2¹⁴ independent chains: means of all s_i s_j and s_i.
fn sampled<D: Dynamics<PairwiseSpins>>(gpu: &Gpu, dynamics: D, beta: f64, sweeps: u64) -> Vec<f64> {
    let mut simulation = gpu.simulate(glass(), dynamics).betas(&[beta]).replicas(1 << 14).seed(5).build().unwrap();
    simulation.advance(sweeps, &mut |_| {}).unwrap();
    let all = simulation.configurations().unwrap();
    let mut products = vec![0.0; 144];
    for state in all.chunks_exact(12) {
        for (at, product) in products.iter_mut().enumerate() {
            let (i, j) = (at / 12, at % 12);
            *product += f64::from(if i == j { state[i] } else { state[i] * state[j] }) / f64::from(1 << 14);
        }
    }
    products
}

/// Means of ±1 over 2¹⁴ independent chains have an error of at most 1/128: the largest of 78 pulls is below 4.5 with
/// probability 0.9995.
fn assert_products(what: &str, found: &[f64], truth: &[f64]) {
    let pulls = found.iter().zip(truth).map(|(found, truth)| (found - truth) / ((1.0 - truth * truth).sqrt() / 128.0));
    let worst = pulls.map(f64::abs).fold(0.0, f64::max);
    eprintln!("{what}: the worst product is {worst:.2} errors off");
    assert!(worst < 4.5, "{what}: {worst}");
}

fn boltzmann(beta: f64) -> (f64, Vec<f64>) {
    let energies = energies(&glass());
    let weights: Vec<f64> = energies.iter().map(|energy| (-beta * energy).exp()).collect();
    exact(&weights, &energies)
}

fn samples_boltzmann<D: Dynamics<PairwiseSpins>>(what: &str, dynamics: D) {
    let Some(gpu) = gpu() else { return };
    for beta in [0.4, 1.3] {
        let (energy, products) = boltzmann(beta);
        assert_products(what, &sampled(&gpu, dynamics.clone(), beta, 60), &products);
        let builder = gpu.simulate(glass(), dynamics.clone()).betas(&[0.1, beta]).replicas(32).seed(6);
        let mut simulation = builder.build().unwrap();
        let (e, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
        let run = simulation.run(Schedule { warmup: 50, samples: 1_000, thin: 1 }).unwrap();
        let at = run.point(1).unwrap();
        common::agrees(&format!("{what} at {beta}"), at.mean(e), energy, 0.01);
        let magnetization = (0..12).map(|i| products[13 * i]).sum::<f64>() / 12.0;
        common::agrees("its magnetisation", at.mean(m), magnetization, 0.01);
    }
}

#[test]
fn heat_bath_samples_boltzmanns_measure() {
    samples_boltzmann("heat bath", HeatBath);
}

#[test]
fn metropolis_samples_boltzmanns_measure() {
    samples_boltzmann("metropolis", Metropolis);
    samples_boltzmann("both in turn", (Metropolis, HeatBath));
}

/// Little's dynamics has a measure of its own, P(s) ∝ e^{β h·s} Π_i 2 cosh β(h_i + Σ_j J_ij s_j) for symmetric couplings
/// (P. Peretto, Biol. Cybern. 50, 51 (1984)).
#[test]
fn littles_dynamics_has_its_own_measure() {
    let Some(gpu) = gpu() else { return };
    let (model, beta) = (glass(), 0.6);
    let weight = |state: u32| -> f64 {
        let signs = signs(state);
        let of_site = |i: usize| {
            let h = f64::from(model.site_fields()[i]);
            let field: f64 =
                model.couplings().row(i).iter().zip(&signs).map(|(&j, &s)| f64::from(j) * f64::from(s)).sum();
            (beta * h * f64::from(signs[i])).exp() * (beta * (h + field)).cosh()
        };
        (0..12).map(of_site).product()
    };
    let weights: Vec<f64> = (0..1 << 12).map(weight).collect();
    let (_, littles) = exact(&weights, &weights);
    let found = sampled(&gpu, Little, beta, 300);
    assert_products("Little", &found, &littles);
    let (_, boltzmanns) = boltzmann(beta);
    let apart = found.iter().zip(&boltzmanns).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart > 0.1, "the test tells the two measures apart: {apart}");
}

/// Energies that the device measures are those of the states that it hands out, at sizes that do not fill blocks, groups
/// or a single dispatch; overlaps and magnetisations likewise. And nothing depends on the lanes.
#[test]
fn what_is_measured_is_the_state() {
    let Some(gpu) = gpu() else { return };
    for (sites, replicas) in [(2, 2), (33, 34), (700, 4), (2_100, 2)] {
        let model = PairwiseSpins::sherrington_kirkpatrick(sites, 1).unwrap().field(0.3);
        let run = |lanes: u32| {
            let gpu = gpu.clone().with_tuning(Tuning { lanes, ..gpu.tuning() });
            let builder = gpu.simulate(model.clone(), HeatBath).betas(&[0.5, 1.5]).replicas(replicas).seed(2);
            let mut simulation = builder.build().unwrap();
            let (e, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
            let (q, a) = (simulation.observe(ReplicaOverlap), simulation.observe(Acceptance));
            simulation.advance(3, &mut |_| {}).unwrap();
            let before = simulation.states().unwrap();
            let run = simulation.run(Schedule { warmup: 0, samples: 1, thin: 1 }).unwrap();
            let read = |quantity: spinfield::observable::Quantity| -> Vec<f64> {
                run.by_beta().flat_map(|at| at.series(quantity).values().to_vec()).collect()
            };
            let all = [read(e.into()), read(m.into()), read(q.into()), read(a.into())];
            (all, before, simulation.states().unwrap())
        };
        let (measured, before, states) = run(64);
        assert_eq!((&measured, &states), (&run(256).0, &run(256).2), "{sites} sites");
        let n = sites as f64;
        for (chain, &found) in measured[0].iter().enumerate() {
            let signs = states.signs(chain);
            let sum: f64 = signs.iter().map(|&sign| f64::from(sign)).sum();
            let energy = (model.couplings().energy(&signs).unwrap() - f64::from(0.3f32) * sum) / n;
            // Sums of f32 over the sites.
            assert!((found - energy).abs() < 1e-5, "{sites}: {found} {energy}");
            assert!((measured[1][chain] - sum / n).abs() < 1e-12);
            // A sweep offers each site one flip.
            let flips = 0.5 * (n - before.overlap(chain, &states, chain) as f64);
            assert!((measured[3][chain] - flips / n).abs() < 1e-12);
        }
        for (pair, found) in measured[2].iter().enumerate() {
            let overlap = states.overlap(2 * pair, &states, 2 * pair + 1) as f64 / n;
            assert!((found - overlap).abs() < 1e-12, "{sites}: pair {pair}");
        }
    }
}

/// On Hebb's couplings as a matrix, cues end where they end on the patterns themselves: fields are the same up to rounding,
/// and P is odd, so that no field is 0 (each is a sum of N - 1 odd numbers, N even, and an odd multiple of P).
#[test]
fn hebbs_matrix_recalls_as_the_patterns_do() {
    let Some(gpu) = gpu() else { return };
    let (neurons, count) = (200, 21);
    let patterns = Patterns::random(count, neurons, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
    let signs: Vec<Vec<i8>> = (0..count).map(|p| patterns.signs(p)).collect();
    let entry = |i: usize, j: usize| -> f32 {
        let sum: i32 = signs.iter().map(|pattern| i32::from(pattern[i] * pattern[j])).sum();
        if i == j { 0.0 } else { sum as f32 / neurons as f32 }
    };
    let matrix = (0..neurons * neurons).map(|at| entry(at / neurons, at % neurons)).collect();
    let couplings = Couplings::new(neurons, matrix).unwrap();
    let cues = Cues::damaged(&patterns, 40, Damage::Noise(0.25), 2).unwrap();
    for update in [Update::Synchronous, Update::Asynchronous(Order::Fixed)] {
        let explicit = gpu.recall_with_couplings(&couplings, &patterns, &cues).update(update).run().unwrap();
        let implicit = gpu.recall(&patterns, &cues).update(update).run().unwrap();
        assert_eq!(explicit.states(), implicit.states(), "{update:?}");
        for (a, b) in explicit.cues().iter().zip(implicit.cues()) {
            assert_eq!((a.overlap, a.sweeps, a.period, a.nearest), (b.overlap, b.sweeps, b.period, b.nearest));
            assert!((a.energy - b.energy).abs() < 1e-6, "{a:?} {b:?}");
        }
        for (a, b) in explicit.course().iter().zip(implicit.course()) {
            assert_eq!(a, b);
        }
    }
    let random = gpu.recall_with_couplings(&couplings, &patterns, &cues).update(Update::Asynchronous(Order::Random));
    assert!(random.run().is_err() && gpu.recall_with_couplings(&couplings, &patterns, &cues).sweeps(0).run().is_err());
    let small = Couplings::sherrington_kirkpatrick(7, 1).unwrap();
    assert!(gpu.recall_with_couplings(&small, &patterns, &cues).run().is_err());
}

/// The ground state of the glass: −0.763167 + 0.70 N^(−2/3) a spin, which is −0.7563 at N = 1,023 (S. Boettcher, Eur. Phys.
/// J. B 46, 501 (2005)).
#[test]
fn annealing_finds_the_ground_states_of_the_glass() {
    let Some(gpu) = gpu() else { return };
    let (sites, steps) = (1_023, 100);
    let betas: Vec<f64> = (0..steps).map(|step| 0.5 + 4.5 * f64::from(step) / f64::from(steps - 1)).collect();
    let lowest = |seed: u64| {
        let model = PairwiseSpins::sherrington_kirkpatrick(sites, seed).unwrap();
        let builder = gpu.simulate(model, Anneal::new(HeatBath, &betas, 10)).replicas(64).seed(seed);
        let mut simulation = builder.build().unwrap();
        let energy = simulation.observe(Energy);
        simulation.advance(999, &mut |_| {}).unwrap();
        let run = simulation.run(Schedule { warmup: 0, samples: 1, thin: 1 }).unwrap();
        let at = run.point(0).unwrap();
        assert_eq!(at.beta(), 5.0);
        at.series(energy).values().iter().copied().fold(0.0, f64::min)
    };
    let found: Vec<f64> = (1..=4).map(lowest).collect();
    let mean = found.iter().sum::<f64>() / 4.0;
    let theory = -0.763_167 + 0.70 * (sites as f64).powf(-2.0 / 3.0);
    eprintln!("{found:?}: {mean} against {theory}");
    assert!((mean / theory - 1.0).abs() < 0.01, "{mean} against {theory}");
}
