//! Retrieval against the replica-symmetric theory, at sizes that a test affords. The theory is of infinitely many neurons:
//! a sample of patterns moves m by |dm/dα| · √(2α/N) or so, which is below 0.001 here except where said.

mod common;

use common::gpu;
use spinfield::random::{Purpose, Stream};
use spinfield::theory::hopfield;
use spinfield::{BlockGibbs, Cues, Damage, Gpu, Hopfield, Order, Overlap, Patterns, Recall, Schedule, Start, Update};

fn random_patterns(count: usize, neurons: usize, seed: u64) -> Patterns {
    Patterns::random(count, neurons, &mut Stream::new(seed, Purpose::Patterns, 0)).unwrap()
}

fn asynchronous(gpu: &Gpu, load: f64, neurons: usize, cues: usize, seed: u64) -> Recall {
    let patterns = random_patterns((load * neurons as f64).round() as usize, neurons, seed);
    let cues = Cues::damaged(&patterns, cues, Damage::Noise(0.0), seed).unwrap();
    let update = Update::Asynchronous(Order::Random);
    gpu.recall(&patterns, &cues).update(update).sweeps(200).seed(seed).run().unwrap()
}

fn mean(recall: &Recall) -> f64 {
    recall.cues().iter().map(|cue| cue.overlap).sum::<f64>() / recall.cues().len() as f64
}

/// The rows of the theory's table at T = 0, for asynchronous dynamics.
#[test]
fn overlaps_at_zero_temperature_are_the_theorys() {
    let Some(gpu) = gpu() else { return };
    for (load, neurons) in [(0.05, 10_000), (0.1, 10_000)] {
        let (got, theory) = (mean(&asynchronous(&gpu, load, neurons, 4, 1)), hopfield::retrieval(load, 0.0).unwrap());
        eprintln!("load {load}: {got:.5}, theory {:.5}", theory.overlap);
        assert!((got - theory.overlap).abs() < 0.003, "load {load}");
    }
}

/// The rows at T > 0, sampled through the Gaussian layer from the stored patterns.
#[test]
fn overlaps_at_a_temperature_are_the_theorys() {
    let Some(gpu) = gpu() else { return };
    for (load, temperatures) in [(0.05, &[0.2, 0.4][..]), (0.1, &[0.2])] {
        let neurons = 10_000;
        let model = Hopfield::new(random_patterns((load * neurons as f64) as usize, neurons, 2));
        let betas: Vec<f64> = temperatures.iter().map(|temperature| 1.0 / temperature).collect();
        let builder = gpu.simulate(model, BlockGibbs).betas(&betas).replicas(8).start(Start::Cold).seed(3);
        let mut simulation = builder.build().unwrap();
        let overlap = simulation.observe(Overlap);
        let run = simulation.run(Schedule { warmup: 30, samples: 30, thin: 1 }).unwrap();
        for (at, &temperature) in run.by_beta().zip(temperatures) {
            let theory = hopfield::retrieval(load, temperature).unwrap().overlap;
            eprintln!("load {load}, T {temperature}: {}, theory {theory:.5}", at.mean(overlap));
            assert!((at.mean(overlap).mean - theory).abs() < 0.003, "load {load}, T {temperature}");
        }
    }
}

/// Retrieval breaks down between loads of 0.13 and 0.16. At N = 3,000 half of the patterns hold out to about 0.15; the break
/// sinks towards 0.138 as N grows.
#[test]
fn memory_breaks_down_at_the_critical_load() {
    let Some(gpu) = gpu() else { return };
    let below = asynchronous(&gpu, 0.125, 3_000, 16, 4);
    let above = asynchronous(&gpu, 0.17, 3_000, 16, 5);
    eprintln!("retrieved {} below, {} above", below.retrieved_fraction(), above.retrieved_fraction());
    assert!(
        below.retrieved_fraction() == 1.0
            && (mean(&below) - hopfield::retrieval(0.125, 0.0).unwrap().overlap).abs() < 0.003
    );
    assert!(above.retrieved_fraction() < 0.5 && mean(&above) < 0.8);
}

/// The break is where the curves of two sizes cross: the larger network retrieves more below it and less above. Curves of
/// N = 2,000 and 10,000 (512 and 64 cues a load) cross at 0.141; loads here are far enough from it for 64 cues, whose
/// fraction has a standard deviation of up to 0.06.
#[test]
fn the_curves_of_two_sizes_cross_at_the_critical_load() {
    let Some(gpu) = gpu() else { return };
    let fraction = |load: f64, neurons: usize| asynchronous(&gpu, load, neurons, 64, 8).retrieved_fraction();
    let [[small_below, large_below], [small_above, large_above]] =
        [0.13, 0.155].map(|load| [500, 6_000].map(|neurons| fraction(load, neurons)));
    eprintln!("retrieved at 0.13: {small_below}, {large_below}; at 0.155: {small_above}, {large_above}");
    assert!(large_below > small_below && large_above < small_above - 0.1);
}

/// m₁ = erf(m₀/√(2α)) after one sweep of Little's dynamics. The sweep's neurons are nearly independent: 16 chains of 8,000
/// have a standard deviation of √((1 − m²)/128,000).
#[test]
fn first_step_is_the_theorys() {
    let Some(gpu) = gpu() else { return };
    for (load, initial) in [(0.05, 0.2), (0.15, 0.6), (0.5, 0.4)] {
        let patterns = random_patterns((load * 8_000.0) as usize, 8_000, 6);
        let cues = Cues::damaged(&patterns, 16, Damage::Noise(0.5 * (1.0 - initial)), 7).unwrap();
        let got = mean(&gpu.recall(&patterns, &cues).sweeps(1).run().unwrap());
        let theory = hopfield::first_step_overlap(initial, load);
        let error = ((1.0 - theory * theory) / 128_000.0).sqrt();
        eprintln!("load {load} from {initial}: {got:.5}, theory {theory:.5} ± {error:.5}");
        assert!((got - theory).abs() < 4.0 * error, "load {load} from {initial}");
    }
}
