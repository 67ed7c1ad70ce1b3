//! Recall and sampling of Hopfield networks against theory, enumeration and what must hold for every state.

mod common;
mod oracle;

use common::gpu;
use oracle::{chi_square_p, erf, hopfield_overlap};
use spinfield::io::image::{folder_of_pngs, read_png};
use spinfield::io::threshold::{Threshold, binarise};
use spinfield::random::{Purpose, Stream};
use spinfield::{
    Anneal, BlockGibbs, Cues, Damage, Hopfield, Order, Overlap, Patterns, Recall, Schedule, Start, Update,
};

fn random_patterns(count: usize, neurons: usize, seed: u64) -> Patterns {
    Patterns::random(count, neurons, &mut Stream::new(seed, Purpose::Patterns, 0)).unwrap()
}

fn pictures(folder: &str) -> Patterns {
    let folder = format!("{}/examples/data/{folder}", env!("CARGO_MANIFEST_DIR"));
    let signs = |path| binarise(&read_png(path).unwrap(), Threshold::Mean);
    let rows: Vec<Vec<i8>> = folder_of_pngs(folder).unwrap().iter().map(signs).collect();
    Patterns::from_signs(rows[0].len(), &rows).unwrap()
}

/// The mean overlap at the end, over cues.
fn mean_overlap(recall: &Recall) -> f64 {
    recall.cues().iter().map(|cue| cue.overlap).sum::<f64>() / recall.cues().len() as f64
}

const SYNCHRONOUS: Update = Update::Synchronous;
const ASYNCHRONOUS: Update = Update::Asynchronous(Order::Random);

/// The critical load is α_c = 0.138 at zero temperature: far below every cue is retrieved, far above none.
#[test]
fn load_decides_between_retrieval_and_glass() {
    let Some(gpu) = gpu() else { return };
    // The asynchronous sweep goes neuron by neuron and is slow: fewer cues, and a smaller glass.
    for (load, retrieved, update, neurons, cues) in [
        (0.05, 1.0, SYNCHRONOUS, 20_000, 32),
        (0.05, 1.0, ASYNCHRONOUS, 20_000, 4),
        (0.20, 0.0, SYNCHRONOUS, 20_000, 16),
        (0.20, 0.0, ASYNCHRONOUS, 8_000, 2),
    ] {
        let patterns = random_patterns((load * neurons as f64) as usize, neurons, 1);
        let cues = Cues::damaged(&patterns, cues, Damage::Noise(0.25), 2).unwrap();
        let recall = gpu.recall(&patterns, &cues).update(update).sweeps(30).run().unwrap();
        eprintln!("load {load} {update:?}: {} retrieved, m {}", recall.retrieved_fraction(), mean_overlap(&recall));
        assert_eq!(recall.retrieved_fraction(), retrieved, "load {load} {update:?}");
        for (cue, row) in recall.cues().iter().enumerate() {
            let overlap = recall.states().overlap(cue, &patterns, row.pattern) as f64 / neurons as f64;
            assert_eq!(row.overlap, overlap, "the reported overlap is that of the reported state");
            assert_eq!(row.initial_overlap, 0.5);
        }
        if retrieved == 1.0 {
            // Replica symmetry at zero temperature gives m = 0.99999 at α = 0.05.
            assert!((mean_overlap(&recall) - hopfield_overlap(load, 0.0)).abs() < 1e-3);
        }
    }
}

/// After one synchronous sweep from overlap m₀ the overlap is erf(m₀/√(2α)) (W. Kinzel, Z. Phys. B 60, 205 (1985)): in
/// the first step the crosstalk is Gaussian, as the state knows nothing of the other patterns yet.
#[test]
fn first_step_of_littles_dynamics() {
    let Some(gpu) = gpu() else { return };
    for (load, noise) in [(0.1, 0.25), (0.2, 0.35), (0.5, 0.2)] {
        let neurons = 8_000;
        let patterns = random_patterns((load * f64::from(neurons)) as usize, neurons as usize, 3);
        let cues = Cues::damaged(&patterns, 16, Damage::Noise(noise), 4).unwrap();
        let recall = gpu.recall(&patterns, &cues).sweeps(1).run().unwrap();
        let expected = erf((1.0 - 2.0 * noise) / (2.0 * load).sqrt());
        // 16 chains of 8,000 neurons that are nearly independent: one standard deviation is √((1 − m²)/128,000) ≤ 0.0028,
        // and the theory's own corrections are of order 1/N.
        let error = ((1.0 - expected * expected) / (16.0 * f64::from(neurons))).sqrt();
        eprintln!("load {load}: m1 {} against {expected} ± {error}", mean_overlap(&recall));
        assert!((mean_overlap(&recall) - expected).abs() < 5.0 * error);
    }
}

/// The synchronous rule with its diagonal: E = −½ Σ_μ x_μ²/N with x = ξ·s is convex in s, so that no sweep raises it and
/// every cue ends in a fixed point, whatever the load.
#[test]
fn kept_diagonal_never_raises_its_energy() {
    let Some(gpu) = gpu() else { return };
    let patterns = random_patterns(800, 2_000, 5);
    let cues = Cues::damaged(&patterns, 16, Damage::Noise(0.4), 6).unwrap();
    let energies = |states: &Patterns| -> Vec<i64> {
        let energy = |s| -(0..patterns.count()).map(|p| patterns.overlap(p, states, s).pow(2)).sum::<i64>();
        (0..states.count()).map(energy).collect()
    };
    let recall =
        |sweeps| gpu.recall(&patterns, &cues).update(Update::SynchronousWithDiagonal).sweeps(sweeps).run().unwrap();
    let mut before = energies(cues.states());
    let mut falls = 0;
    for sweeps in 1..=12 {
        let after = energies(recall(sweeps).states());
        assert!(before.iter().zip(&after).all(|(before, after)| after <= before), "sweep {sweeps} raised an energy");
        falls += before.iter().zip(&after).filter(|(before, after)| after < before).count();
        before = after;
    }
    assert!(falls >= 16, "the cues did move");
    assert!(recall(500).cues().iter().all(|cue| cue.period == Some(1)), "every cue settles");
}

/// Two neurons coupled by +1 in the state (+1, −1): each follows the other, for ever.
#[test]
fn cycle_of_two_states_is_reported() {
    let Some(gpu) = gpu() else { return };
    let patterns = Patterns::from_signs(2, &[vec![1, 1]]).unwrap();
    let cue = || Cues::given(Patterns::from_signs(2, &[vec![1, -1]]).unwrap(), vec![0]).unwrap();
    let end = |update| gpu.recall(&patterns, &cue()).update(update).run().unwrap().cues()[0].clone();
    let cycle = end(SYNCHRONOUS);
    assert_eq!((cycle.period, cycle.converged(), cycle.overlap), (Some(2), false, 0.0));
    for update in [Update::SynchronousWithDiagonal, ASYNCHRONOUS, Update::Asynchronous(Order::Fixed)] {
        assert_eq!(end(update).period, Some(1), "{update:?}");
    }
    assert_eq!(end(ASYNCHRONOUS).overlap.abs(), 1.0, "one after another, the two agree in the end");
}

/// One state of each of 2¹⁵ independent chains against all 1,024 states of ten neurons.
#[test]
fn block_gibbs_samples_boltzmanns_measure() {
    let Some(gpu) = gpu() else { return };
    let (neurons, chains, beta) = (10, 1 << 15, 0.8);
    let patterns = random_patterns(3, neurons, 7);
    let mut sim = gpu
        .simulate(Hopfield::new(patterns.clone()), BlockGibbs)
        .betas(&[beta])
        .replicas(chains)
        .start(Start::Hot)
        .seed(8)
        .build()
        .unwrap();
    sim.advance(100, &mut |_| {}).unwrap();
    let states = sim.states().unwrap();
    let mut seen = vec![0.0; 1 << neurons];
    (0..states.count()).for_each(|chain| seen[states.words_of(chain)[0] as usize] += 1.0);
    let weight = |state: u32| {
        let state = Patterns::from_words(neurons, vec![state]).unwrap();
        let squares: i64 = (0..3).map(|p| patterns.overlap(p, &state, 0).pow(2)).sum();
        (0.5 * beta * squares as f64 / neurons as f64).exp()
    };
    let weights: Vec<f64> = (0..1 << neurons).map(weight).collect();
    let partition: f64 = weights.iter().sum();
    // States that are expected less than five times are taken together.
    let (mut chi2, mut cells, mut rest) = (0.0, 0.0, [0.0; 2]);
    for (seen, weight) in seen.into_iter().zip(weights) {
        let expected = f64::from(chains) * weight / partition;
        if expected < 5.0 {
            rest = [rest[0] + seen, rest[1] + expected];
        } else {
            chi2 += (seen - expected) * (seen - expected) / expected;
            cells += 1.0;
        }
    }
    if rest[1] > 0.0 {
        chi2 += (rest[0] - rest[1]) * (rest[0] - rest[1]) / rest[1];
        cells += 1.0;
    }
    let p = chi_square_p(chi2, cells - 1.0);
    eprintln!("chi-square {chi2:.1} in {cells} cells, p = {p:.3}");
    assert!(cells > 500.0 && p > 1e-6);
}

/// The overlap of the retrieval state, against the replica-symmetric theory of Amit, Gutfreund and Sompolinsky.
#[test]
fn gibbs_overlap_is_the_theorys() {
    let Some(gpu) = gpu() else { return };
    let (load, temperature) = (0.05, 0.4);
    let patterns = random_patterns(1_000, 20_000, 9);
    let mut sim = gpu
        .simulate(Hopfield::new(patterns), BlockGibbs)
        .betas(&[1.0 / temperature])
        .replicas(12)
        .start(Start::Cold)
        .seed(10)
        .build()
        .unwrap();
    let overlap = sim.observe(Overlap);
    let run = sim.run(Schedule { warmup: 40, samples: 40, thin: 1 }).unwrap();
    let (mean, theory) = (run.point(0).unwrap().mean(overlap), hopfield_overlap(load, temperature));
    eprintln!("overlap {mean} against {theory:.6}");
    // The theory is of infinite N: the sample of patterns moves m by about 1/√N = 0.007 times its slope in the load,
    // which is below 1 here.
    assert!((theory - 0.966_187).abs() < 1e-5 && (mean.mean - theory).abs() < 0.005);
}

/// Ten photographs, which are correlated, and still recalled; twelve digits, which Hebb's rule cannot tell apart.
#[test]
fn pictures_are_recalled_as_far_as_hebbs_rule_goes() {
    let Some(gpu) = gpu() else { return };
    let retrieved = |folder: &str| {
        let patterns = pictures(folder);
        let cues = Cues::damaged(&patterns, patterns.count(), Damage::Noise(0.2), 1).unwrap();
        let recall = gpu.recall(&patterns, &cues).run().unwrap();
        eprintln!("{folder}: {} retrieved, m {}", recall.retrieved_fraction(), mean_overlap(&recall));
        (recall.retrieved_fraction(), mean_overlap(&recall))
    };
    assert!(retrieved("photographs").0 >= 0.8);
    assert!(retrieved("digits").0 <= 0.5, "if digits are recalled, the README is wrong about them");
}

/// An annealing that stays at one temperature samples as if there were none; one that ends there ends at its overlaps.
#[test]
fn annealing_is_sampling_at_each_temperature() {
    let Some(gpu) = gpu() else { return };
    let patterns = random_patterns(20, 500, 6);
    let schedule = Schedule { warmup: 0, samples: 12, thin: 1 };
    let plain = |beta: f64, begin: Patterns| {
        let cues = Cues::given(begin, (0..20).collect()).unwrap();
        let model = Hopfield::new(patterns.clone()).starting_at(cues);
        let mut simulation = gpu.simulate(model, BlockGibbs).betas(&[beta]).replicas(20).seed(4).build().unwrap();
        simulation.run(schedule).unwrap();
        simulation.states().unwrap()
    };
    let annealed = |betas: &[f64], sweeps: u64| {
        let cues = Cues::given(patterns.clone(), (0..20).collect()).unwrap();
        let model = Hopfield::new(patterns.clone()).starting_at(cues);
        let dynamics = Anneal::new(BlockGibbs, betas, sweeps);
        let mut simulation = gpu.simulate(model, dynamics).betas(&[9.0]).replicas(20).seed(4).build().unwrap();
        simulation.run(schedule).unwrap();
        simulation.states().unwrap()
    };
    assert_eq!(annealed(&[2.0], 1), plain(2.0, patterns.clone()));
    assert_eq!(annealed(&[2.0, 2.0, 2.0], 5), plain(2.0, patterns.clone()));
    // Hot first: the overlaps are gone, and a cold end does not bring them back.
    let mean = |states: &Patterns| (0..20).map(|p| patterns.overlap(p, states, p) as f64 / 500.0).sum::<f64>() / 20.0;
    let [hot, cold] = [[0.01, 5.0], [5.0, 2.0]].map(|betas| mean(&annealed(&betas, 6)));
    assert!(hot.abs() < 0.2 && cold > 0.8, "{hot} {cold}");
}
