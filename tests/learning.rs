//! Learning rules against their definitions, on the host in double precision.

mod common;

use common::gpu;
use spinfield::io::image::{folder_of_pngs, read_png};
use spinfield::io::threshold::{Threshold, binarise};
use spinfield::learn::{PseudoInverse, Rule, hebb, unlearn};
use spinfield::random::{Purpose, Stream};
use spinfield::recall::RecalledCue;
use spinfield::{Cues, Damage, Hopfield, Little, Order, Patterns, Start, Update};

fn random_patterns(count: usize, neurons: usize, seed: u64) -> Patterns {
    Patterns::random(count, neurons, &mut Stream::new(seed, Purpose::Patterns, 0)).unwrap()
}

const FIXED: Update = Update::Asynchronous(Order::Fixed);
const RANDOM: Update = Update::Asynchronous(Order::Random);

/// N/2 random patterns are fixed points of every dynamics: Jξ = ξ, and J_ii = 1/2 is taken off.
#[test]
fn the_pseudo_inverse_stores_half_as_many_patterns_as_neurons() {
    let Some(gpu) = gpu() else { return };
    let patterns = random_patterns(500, 1_000, 1);
    let learnt = PseudoInverse::of(&patterns).unwrap();
    assert_eq!(learnt.rank(), 500);
    // The eigenvalues of such correlations lie within (1 ± √α)² (V. Marchenko and L. Pastur, 1967): their ratio is 34.
    assert!((20.0..45.0).contains(&learnt.condition()), "{}", learnt.condition());
    // The trace of a projector is its rank.
    let trace: f64 = (0..1_000).map(|i| learnt.self_coupling(i)).sum();
    assert!((trace - 500.0).abs() < 1e-8, "{trace}");
    let cues = Cues::damaged(&patterns, 500, Damage::Noise(0.0), 2).unwrap();
    for update in [Update::Synchronous, Update::SynchronousWithDiagonal, FIXED, RANDOM] {
        let recall = gpu.recall(&patterns, &cues).rule(Rule::PseudoInverse(&learnt)).update(update).run().unwrap();
        assert!(recall.cues().iter().all(|cue| cue.overlap == 1.0 && cue.sweeps == 1 && cue.converged()), "{update:?}");
        // sᵀJs = N for a state in the span: −½(1 − P/N).
        assert!(recall.cues().iter().all(|cue| (cue.energy + 0.25).abs() < 1e-6), "{update:?}");
    }
    let recall = gpu.recall(&patterns, &cues).run().unwrap();
    assert!(recall.retrieved_fraction() < 0.1, "Hebb's rule has broken down long before");
}

/// The couplings, from linear equations on the host: C w = ξ_j by elimination, J_ij = ξ_i · w / N.
fn couplings(patterns: &Patterns) -> Vec<Vec<f64>> {
    let (count, neurons) = (patterns.count(), patterns.neurons());
    let mut rows: Vec<Vec<f64>> = (0..count)
        .map(|p| {
            let correlations = (0..count).map(|q| patterns.overlap(p, patterns, q) as f64 / neurons as f64);
            correlations.chain(patterns.signs(p).into_iter().map(f64::from)).collect()
        })
        .collect();
    for pivot in 0..count {
        let best = (pivot..count).max_by(|&a, &b| rows[a][pivot].abs().total_cmp(&rows[b][pivot].abs())).unwrap();
        rows.swap(pivot, best);
        let top = rows[pivot].clone();
        for (p, row) in rows.iter_mut().enumerate().filter(|(p, _)| *p != pivot) {
            let factor = row[pivot] / top[pivot];
            assert!(p < count && factor.is_finite());
            row.iter_mut().zip(&top).for_each(|(value, top)| *value -= factor * top);
        }
    }
    let entry = |i: usize, j: usize| {
        (0..count).map(|p| f64::from(patterns.sign(p, i)) * rows[p][count + j] / rows[p][p]).sum::<f64>()
            / neurons as f64
    };
    (0..neurons).map(|i| (0..neurons).map(|j| entry(i, j)).collect()).collect()
}

/// Synchronous and asynchronous sweeps against the matrix, neuron by neuron, in sizes that fill no word and no quad.
#[test]
fn sweeps_are_those_of_the_matrix() {
    let Some(gpu) = gpu() else { return };
    for (count, neurons) in [(1, 5), (7, 45), (30, 100), (61, 130)] {
        let patterns = random_patterns(count, neurons, 3);
        let learnt = PseudoInverse::of(&patterns).unwrap();
        let matrix = couplings(&patterns);
        for (i, row) in matrix.iter().enumerate() {
            assert!((row[i] - learnt.self_coupling(i)).abs() < 1e-9, "J_{i}{i}");
        }
        let cues = Cues::damaged(&patterns, 9, Damage::Noise(0.3), 4).unwrap();
        let field = |state: &[i8], i: usize, diagonal: bool| -> f64 {
            (0..neurons).filter(|&j| diagonal || j != i).map(|j| matrix[i][j] * f64::from(state[j])).sum()
        };
        for update in [Update::Synchronous, Update::SynchronousWithDiagonal, FIXED] {
            let rule = Rule::PseudoInverse(&learnt);
            let recall = gpu.recall(&patterns, &cues).rule(rule).update(update).sweeps(1).run().unwrap();
            for cue in 0..9 {
                let (mut state, before) = (cues.states().signs(cue), cues.states().signs(cue));
                for i in 0..neurons {
                    let from = if update == FIXED { &state } else { &before };
                    let field = field(from, i, update == Update::SynchronousWithDiagonal);
                    // A random field comes this close to zero with a probability of 10⁻⁴.
                    if field.abs() > 1e-4 {
                        state[i] = if field > 0.0 { 1 } else { -1 };
                    }
                }
                assert_eq!(recall.states().signs(cue), state, "{count} {neurons} {update:?} cue {cue}");
                let energy: f64 = (0..neurons).map(|i| f64::from(state[i]) * field(&state, i, false)).sum();
                assert!((recall.cues()[cue].energy + 0.5 * energy / neurons as f64).abs() < 1e-6);
            }
        }
    }
}

/// Asynchronous sweeps never raise the energy and end in fixed points, as J is symmetric with a zero diagonal.
#[test]
fn asynchronous_recall_descends() {
    let Some(gpu) = gpu() else { return };
    let patterns = random_patterns(150, 500, 5);
    let learnt = PseudoInverse::of(&patterns).unwrap();
    let cues = Cues::damaged(&patterns, 16, Damage::Noise(0.35), 6).unwrap();
    let recall = |sweeps| {
        let builder = gpu.recall(&patterns, &cues).rule(Rule::PseudoInverse(&learnt)).update(RANDOM);
        builder.sweeps(sweeps).seed(7).run().unwrap()
    };
    let mut before = vec![f64::INFINITY; 16];
    for sweeps in 1..=6 {
        let after: Vec<f64> = recall(sweeps).cues().iter().map(|cue| cue.energy).collect();
        assert!(before.iter().zip(&after).all(|(before, after)| after <= before), "sweep {sweeps}");
        before = after;
    }
    assert!(recall(100).cues().iter().all(|cue| cue.converged()));
}

/// Twice the same pattern and its mirror image add nothing; as many patterns as neurons make J the identity.
#[test]
fn dependent_patterns_do_no_harm() {
    let Some(gpu) = gpu() else { return };
    let few = random_patterns(10, 200, 8);
    let mut rows: Vec<Vec<i8>> = (0..10).map(|p| few.signs(p)).collect();
    rows.push(few.signs(3));
    rows.push(few.signs(4).iter().map(|sign| -sign).collect());
    let many = Patterns::from_signs(200, &rows).unwrap();
    let (one, other) = (PseudoInverse::of(&few).unwrap(), PseudoInverse::of(&many).unwrap());
    assert_eq!((one.rank(), other.rank()), (10, 10));
    assert!((0..200).all(|i| (one.self_coupling(i) - other.self_coupling(i)).abs() < 1e-10));
    let cues = Cues::damaged(&few, 10, Damage::Noise(0.2), 9).unwrap();
    let recall = |patterns, rule| gpu.recall(patterns, &cues).rule(Rule::PseudoInverse(rule)).run().unwrap();
    assert_eq!(recall(&few, &one).state_hash(), recall(&many, &other).state_hash());
    let full = random_patterns(150, 64, 10);
    let learnt = PseudoInverse::of(&full).unwrap();
    assert_eq!(learnt.rank(), 64);
    assert!((0..64).all(|i| (learnt.self_coupling(i) - 1.0).abs() < 1e-9), "J is the identity");
    // Sixty patterns whose halves are alike span twenty directions: J_ij = ½ where i and j are the same neuron of a half.
    let half = random_patterns(60, 20, 14);
    let rows: Vec<Vec<i8>> = (0..60).map(|p| [half.signs(p), half.signs(p)].concat()).collect();
    let tied = PseudoInverse::of(&Patterns::from_signs(40, &rows).unwrap()).unwrap();
    assert_eq!(tied.rank(), 20);
    assert!((0..40).all(|i| (tied.self_coupling(i) - 0.5).abs() < 1e-9));
    let cues = Cues::damaged(&full, 8, Damage::Noise(0.2), 11).unwrap();
    for update in [Update::Synchronous, FIXED] {
        let recall = gpu.recall(&full, &cues).rule(Rule::PseudoInverse(&learnt)).update(update).run().unwrap();
        assert_eq!(recall.states(), cues.states(), "without fields every state stays: {update:?}");
    }
    let error = gpu.recall(&few, &cues).rule(Rule::PseudoInverse(&learnt)).run().unwrap_err().to_string();
    assert!(error.contains("cue") || error.contains("learn the patterns"), "{error}");
    let others = random_patterns(150, 64, 12);
    let error = gpu.recall(&others, &cues).rule(Rule::PseudoInverse(&learnt)).run().unwrap_err().to_string();
    assert!(error.contains("learn the patterns that are to be recalled"), "{error}");
}

/// Twelve digits, of which Hebb's rule retrieves few, are all fixed points of the pseudo-inverse, and most are retrieved.
#[test]
fn correlated_pictures_are_stored() {
    let Some(gpu) = gpu() else { return };
    let folder = format!("{}/examples/data/digits", env!("CARGO_MANIFEST_DIR"));
    let signs = |path| binarise(&read_png(path).unwrap(), Threshold::Mean);
    let rows: Vec<Vec<i8>> = folder_of_pngs(folder).unwrap().iter().map(signs).collect();
    let patterns = Patterns::from_signs(rows[0].len(), &rows).unwrap();
    let learnt = PseudoInverse::of(&patterns).unwrap();
    assert_eq!(learnt.rank(), patterns.count());
    let retrieved = |noise, rule| {
        let cues = Cues::damaged(&patterns, patterns.count(), Damage::Noise(noise), 1).unwrap();
        gpu.recall(&patterns, &cues).rule(rule).run().unwrap().retrieved_fraction()
    };
    let rule = Rule::PseudoInverse(&learnt);
    eprintln!(
        "from 10 % noise: {} by Hebb, {} by the pseudo-inverse",
        retrieved(0.1, Rule::Hebb),
        retrieved(0.1, rule)
    );
    assert_eq!(retrieved(0.0, rule), 1.0);
    assert!(retrieved(0.1, rule) >= 0.9 && retrieved(0.1, Rule::Hebb) <= 0.5);
}

/// The mean of the Gaussian hidden layer gives the next layer its field: under Little's dynamics, which uses the mean, one
/// sweep from a given state has ⟨s_i⟩ = tanh βh_i with h = Js and J_ii = 0.
#[test]
fn conditional_means_of_the_gaussian_layer_are_the_fields() {
    let Some(gpu) = gpu() else { return };
    let (neurons, chains, beta) = (37, 1 << 14, 0.9);
    let patterns = random_patterns(5, neurons, 13);
    let cues = Cues::damaged(&patterns, 1, Damage::Noise(0.3), 14).unwrap();
    let model = Hopfield::new(patterns.clone()).starting_at(cues.clone());
    let builder = gpu.simulate(model, Little).betas(&[beta]).replicas(chains).start(Start::Cold).seed(15);
    let mut simulation = builder.build().unwrap();
    simulation.advance(1, &mut |_| {}).unwrap();
    let states = simulation.states().unwrap();
    let state = cues.states().signs(0);
    let mut chi2 = 0.0;
    for i in 0..neurons {
        let coupling = |j: usize| (0..5).map(|p| patterns.sign(p, i) * patterns.sign(p, j)).sum::<i8>();
        let field: f64 =
            (0..neurons).filter(|&j| j != i).map(|j| f64::from(coupling(j) * state[j])).sum::<f64>() / neurons as f64;
        let wanted = (beta * field).tanh();
        let mean = (0..states.count()).map(|chain| f64::from(states.sign(chain, i))).sum::<f64>() / f64::from(chains);
        chi2 += (mean - wanted).powi(2) / ((1.0 - wanted * wanted) / f64::from(chains));
    }
    eprintln!("chi-square {chi2:.1} in 37 neurons");
    // The distribution has mean 37 and standard deviation 8.6; a diagonal left in would give hundreds.
    assert!(chi2 < 37.0 + 5.0 * 8.6);
}

/// At a load of 0.2, above what Hebb's rule holds, dreams bring the patterns back; at a low load they take spurious states off,
/// so that more of the random states end in a pattern; too many take the patterns off as well.
#[test]
fn dreams_take_spurious_states_off() {
    let Some(gpu) = gpu() else { return };
    let neurons = 200;
    let retrieved = |count: usize, dreams: u32, damage: Damage| {
        let patterns = random_patterns(count, neurons, 16);
        let couplings = unlearn(&hebb(&patterns).unwrap(), dreams, 0.01, 17).unwrap();
        let cues = Cues::damaged(&patterns, 64, damage, 18).unwrap();
        let recall = gpu.recall_with_couplings(&couplings, &patterns, &cues).update(RANDOM).seed(19).run().unwrap();
        assert!(recall.cues().iter().all(|cue| cue.converged()));
        let overlap = |(cue, end): (usize, &RecalledCue)| patterns.overlap(end.nearest, recall.states(), cue);
        let found = recall.cues().iter().enumerate().map(overlap).filter(|overlap| overlap.abs() >= 190).count();
        (recall.retrieved_fraction(), found as f64 / 64.0)
    };
    let noise = Damage::Noise(0.1);
    let [awake, rested, erased] = [0, 1_000, 30_000].map(|dreams| retrieved(40, dreams, noise).0);
    eprintln!("retrieved at a load of 0.2: {awake}, {rested} after 1,000 dreams, {erased} after 30,000");
    assert!(awake < 0.3 && rested > 0.95 && erased < 0.5);
    let [awake, rested] = [0, 300].map(|dreams| retrieved(12, dreams, Damage::Mask(1.0)).1);
    eprintln!("random states that end in a pattern or its mirror image: {awake}, {rested} after 300 dreams");
    // Standard errors of fractions of 64 are up to 0.06.
    assert!(rested > awake + 0.25);
}
