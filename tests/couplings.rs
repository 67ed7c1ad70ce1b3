//! Spins with explicit couplings: against enumeration, and a plain program of a few lines.

mod common;

use common::gpu;
use spinfield::dynamics::Dynamics;
use spinfield::learn::{hebb, sequence};
use spinfield::random::{Purpose, Stream};
use spinfield::{
    Acceptance, Anneal, Couplings, Cues, Damage, Energy, Gpu, HeatBath, Little, Magnetization, Metropolis, Order,
    PairwiseSpins, Patterns, ReplicaOverlap, Schedule, Swaps, Tempering, Tuning, Update,
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
    let couplings = hebb(&patterns).unwrap();
    let cues = Cues::damaged(&patterns, 40, Damage::Noise(0.25), 2).unwrap();
    for update in [Update::Synchronous, Update::Asynchronous(Order::Fixed), Update::Asynchronous(Order::Random)] {
        let explicit = gpu.recall_with_couplings(&couplings, &patterns, &cues).update(update).seed(9).run().unwrap();
        let implicit = gpu.recall(&patterns, &cues).update(update).seed(9).run().unwrap();
        assert_eq!(explicit.states(), implicit.states(), "{update:?}");
        for (a, b) in explicit.cues().iter().zip(implicit.cues()) {
            assert_eq!((a.overlap, a.sweeps, a.period, a.nearest), (b.overlap, b.sweeps, b.period, b.nearest));
            assert!((a.energy - b.energy).abs() < 1e-6, "{a:?} {b:?}");
        }
        for (a, b) in explicit.course().iter().zip(implicit.course()) {
            assert_eq!(a, b);
        }
    }
    let ends = |order: Order, seed: u64| {
        let builder = gpu.recall_with_couplings(&couplings, &patterns, &cues).update(Update::Asynchronous(order));
        builder.seed(seed).sweeps(1).run().unwrap().state_hash()
    };
    assert_ne!(ends(Order::Random, 9), ends(Order::Random, 10), "another seed is another order");
    assert_ne!(ends(Order::Random, 9), ends(Order::Fixed, 9));
    assert!(gpu.recall_with_couplings(&couplings, &patterns, &cues).sweeps(0).run().is_err());
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

/// Replica exchange in a field: energy, magnetisation and the whole distribution of the replica overlap at every place of
/// the ladder, by enumeration of all states and pairs of states.
#[test]
fn a_tempered_glass_is_the_enumeration() {
    let Some(gpu) = gpu() else { return };
    let betas = [0.3, 0.8, 1.5, 3.0];
    // 34 ladders in 136 chains: a pair of replicas rarely stays in one word.
    let builder =
        gpu.simulate(glass(), Tempering::new((Metropolis, HeatBath)).every(2)).betas(&betas).replicas(34).seed(4);
    let mut simulation = builder.build().unwrap();
    let (e, m, q) = (simulation.observe(Energy), simulation.observe(Magnetization), simulation.observe(ReplicaOverlap));
    let (swaps, acceptance) = (simulation.observe(Swaps), simulation.observe(Acceptance));
    let run = simulation.run(Schedule { warmup: 100, samples: 2_000, thin: 2 }).unwrap();
    let energies = energies(&glass());
    for (at, beta) in run.by_beta().zip(betas) {
        let weights: Vec<f64> = energies.iter().map(|energy| (-beta * energy).exp()).collect();
        let (energy, products) = exact(&weights, &energies);
        // Half a percent of the energy, 1 % of the others: what 68,000 samples a point with tau up to 10 are good for.
        common::agrees(&format!("beta {beta}: energy"), at.mean(e), energy, 0.005);
        let magnetization = (0..12).map(|i| products[13 * i]).sum::<f64>() / 12.0;
        common::agrees("magnetisation", at.mean(m), magnetization, 0.01);
        let overlaps = overlap_distribution(&weights);
        let moment = |power: i32| -> f64 {
            overlaps.iter().enumerate().map(|(k, p)| p * (k as f64 / 6.0 - 1.0).powi(power)).sum()
        };
        common::agrees("q2", at.mean(q.squared()), moment(2), 0.01);
        common::agrees("q4", at.mean(q.fourth()), moment(4), 0.01);
        for (k, &probability) in overlaps.iter().enumerate() {
            let is_there = at.series(q).map(|q| if (q - (k as f64 / 6.0 - 1.0)).abs() < 1e-9 { 1.0 } else { 0.0 });
            // An overlap that is hardly ever seen tells no error.
            if probability > 0.003 {
                let share = spinfield::statistics::mean(&is_there);
                common::agrees(&format!("P(q = {k}/6 - 1)"), share, probability, 0.01);
            }
        }
        let last = at.index() + 1 == betas.len();
        let total = |quantity: spinfield::observable::Quantity| at.series(quantity).values().iter().sum::<f64>();
        // Of 4,000 sweeps every second is after a swap, and every second of these tries this pair.
        assert_eq!(total(swaps.attempts()), if last { 0.0 } else { 34.0 * 1_000.0 });
        assert!(last || (0.2..1.0).contains(&(total(swaps.into()) / total(swaps.attempts()))), "beta {beta}");
        assert_eq!(total(swaps.round_trips()) > 1_000.0, at.index() == 0);
        // Few spins are free at the lowest temperature.
        assert!(at.mean(acceptance).mean > 0.005);
    }
    // The states that are handed out stand in the order of the rows.
    let states = simulation.states().unwrap();
    for (place, found) in run
        .by_beta()
        .flat_map(|at| at.series(e).values().iter().rev().take(34).rev().copied().collect::<Vec<_>>())
        .enumerate()
    {
        let index = states.signs(place).iter().enumerate().fold(0, |bits, (i, &s)| bits | usize::from(s > 0) << i);
        assert!((found - energies[index] / 12.0).abs() < 1e-5, "place {place}");
    }
}

/// P(q) of two independent states, by the number of sites where they agree.
fn overlap_distribution(weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let mut shares = vec![0.0; 13];
    for (one, weight) in weights.iter().enumerate() {
        for (other, its_weight) in weights.iter().enumerate() {
            shares[12 - (one ^ other).count_ones() as usize] += weight / total * its_weight / total;
        }
    }
    shares
}

#[test]
fn what_cannot_be_exchanged_is_refused() {
    let Some(gpu) = gpu() else { return };
    let refused = |betas: &[f64]| {
        let builder = gpu.simulate(glass(), Tempering::new(HeatBath)).betas(betas).replicas(2);
        builder.build().map(|_| ()).unwrap_err().to_string()
    };
    for betas in [&[0.3][..], &[0.3, 0.3], &[0.3, 0.5, 0.4], &[0.3, f64::INFINITY]] {
        assert!(refused(betas).contains("replica exchange"), "{betas:?}: {}", refused(betas));
    }
    let models = gpu.simulate(glass(), Tempering::new(HeatBath)).models([glass(), glass()]).betas(&[0.4]);
    assert!(models.build().map(|_| ()).unwrap_err().to_string().contains("replica exchange"));
    let little = gpu.simulate(glass(), Tempering::new((HeatBath, Little))).betas(&[0.3, 0.4]).build();
    assert!(little.map(|_| ()).unwrap_err().to_string().contains("Boltzmann"));
}

/// A cyclic sequence at a low load: every sweep goes on to the next pattern, whichever the cue came from, and the
/// state comes back after as many sweeps as there are patterns.
#[test]
fn a_sequence_visits_every_pattern_in_order() {
    let Some(gpu) = gpu() else { return };
    let (neurons, count) = (500, 11);
    let patterns = Patterns::random(count, neurons, &mut Stream::new(2, Purpose::Patterns, 0)).unwrap();
    let couplings = sequence(&patterns).unwrap();
    let cues = Cues::damaged(&patterns, 34, Damage::Noise(0.2), 3).unwrap();
    let recall = gpu.recall_with_couplings(&couplings, &patterns, &cues).sweeps(40).run().unwrap();
    assert_eq!((recall.visits().len(), recall.visits()[0].len()), (34, 41));
    for (cue, visits) in recall.visits().iter().enumerate() {
        for (sweep, visit) in visits.iter().enumerate() {
            assert_eq!(visit.pattern, (cues.targets()[cue] + sweep) % count, "cue {cue} after sweep {sweep}");
            // Crosstalk of ten patterns in 500 neurons: (1 - m)/2 = erfc(1/sqrt(2 * 0.02))/2 is below 1e-11.
            assert!(sweep < 3 || visit.overlap == 1.0, "cue {cue} after sweep {sweep}: {visit:?}");
            // The course is the overlap with the cue's own pattern, that of the visits wherever it is visited.
            assert!(visit.pattern != cues.targets()[cue] || recall.course()[cue][sweep] == visit.overlap);
        }
    }
    for cue in recall.cues() {
        assert_eq!((cue.sweeps, cue.period, cue.converged()), (40, Some(11), false));
        assert!(cue.energy.is_nan());
    }
    // Symmetric couplings have no visits, and asymmetric ones neither energy, temperature nor order.
    assert!(gpu.recall_with_couplings(&hebb(&patterns).unwrap(), &patterns, &cues).run().unwrap().visits().is_empty());
    for update in [Update::Asynchronous(Order::Fixed), Update::Asynchronous(Order::Random)] {
        let refused = gpu.recall_with_couplings(&couplings, &patterns, &cues).update(update).run();
        assert!(refused.unwrap_err().to_string().contains("asymmetric"));
    }
    let refused = gpu.simulate(PairwiseSpins::new(couplings), HeatBath).build().map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("asymmetric"), "{refused}");
}
