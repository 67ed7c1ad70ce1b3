//! The general Boltzmann machine: enumeration against the definitions, chains against enumeration, learning against what is known.

use spinfield::boltzmann::Moments;
use spinfield::random::{Purpose, Stream, uniform_below};
use spinfield::{Couplings, GeneralMachine, Gpu, Patterns};

/// A machine with couplings and biases of the order of 1/2, so that nothing is nearly independent or frozen.
fn machine(visible: usize, hidden: usize, seed: u64) -> GeneralMachine {
    let couplings = GeneralMachine::random(visible, hidden, 0.4, seed).unwrap();
    let biases = (0..visible + hidden).map(|unit| 0.5 * (1.3 * unit as f32).sin()).collect();
    GeneralMachine::new(visible, couplings.couplings().clone(), biases).unwrap()
}

/// The signs of a state's number, the lowest bit first.
fn signs(units: usize, number: usize) -> Vec<i8> {
    (0..units).map(|unit| if number >> unit & 1 == 1 { 1 } else { -1 }).collect()
}

fn number(signs: &[i8]) -> usize {
    signs.iter().enumerate().map(|(unit, &sign)| usize::from(sign > 0) << unit).sum()
}

/// Probabilities of all states, from the definition of the energy alone.
fn probabilities(machine: &GeneralMachine) -> (Vec<f64>, f64) {
    let weight = |state: Vec<i8>| {
        let mut energy = 0.0;
        for i in 0..state.len() {
            energy -= f64::from(machine.biases()[i]) * f64::from(state[i]);
            for j in 0..i {
                energy -= f64::from(machine.couplings().row(i)[j]) * f64::from(state[i]) * f64::from(state[j]);
            }
        }
        (-energy).exp()
    };
    let weights: Vec<f64> = (0..1 << machine.units()).map(|state| weight(signs(machine.units(), state))).collect();
    let total: f64 = weights.iter().sum();
    (weights.iter().map(|weight| weight / total).collect(), total.ln())
}

/// Means and correlations of states with these probabilities.
fn moments(units: usize, probabilities: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (mut means, mut correlations) = (vec![0.0; units], vec![0.0; units * units]);
    for (state, p) in probabilities.iter().enumerate() {
        let state = signs(units, state);
        for i in 0..units {
            means[i] += p * f64::from(state[i]);
            for j in 0..units {
                correlations[i * units + j] += p * f64::from(state[i] * state[j]);
            }
        }
    }
    (means, correlations)
}

fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), theirs.len());
    for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() < tolerance, "{what} {at}: {a} and {b}");
    }
}

/// Each moment within so many standard errors of independent states. Of a few hundred numbers one in 10⁴ lies beyond 4.5.
fn assert_within_errors(sampled: &Moments, exact: &Moments, states: f64, what: &str) {
    let pairs = |m: &Moments| m.means().iter().chain(m.correlations()).copied().collect::<Vec<f64>>();
    for (at, (a, b)) in pairs(sampled).into_iter().zip(pairs(exact)).enumerate() {
        let error = ((1.0 - b * b).max(0.0) / states).sqrt() + 1e-9;
        assert!((a - b).abs() < 4.5 * error, "{what} {at}: {a} and {b}, error {error}");
    }
}

/// So many states drawn from these probabilities.
fn drawn(width: usize, probabilities: &[f64], count: usize, seed: u64) -> Patterns {
    let mut stream = Stream::new(seed, Purpose::Patterns, 0);
    let rows: Vec<Vec<i8>> = (0..count)
        .map(|_| {
            let mut left = uniform_below(&mut stream, 1 << 52) as f64 / (1u64 << 52) as f64;
            let found = probabilities.iter().position(|p| {
                left -= p;
                left < 0.0
            });
            signs(width, found.unwrap_or(probabilities.len() - 1))
        })
        .collect();
    Patterns::from_signs(width, &rows).unwrap()
}

#[test]
fn enumeration_is_the_definition() {
    let machine = machine(5, 4, 1);
    let (probabilities, log_partition) = probabilities(&machine);
    // Double precision over 512 states.
    assert!((machine.log_partition().unwrap() - log_partition).abs() < 1e-12);
    let (means, correlations) = moments(9, &probabilities);
    let exact = machine.moments().unwrap();
    assert_close(exact.means(), &means, 1e-12, "mean");
    assert_close(exact.correlations(), &correlations, 1e-12, "correlation");
    let samples: Vec<Vec<i8>> = [3, 17, 30, 17].map(|number| signs(5, number)).into();
    let data = Patterns::from_signs(5, &samples).unwrap();
    let mut clamped = vec![0.0; 512];
    let mut likelihood = 0.0;
    for sample in &samples {
        let shown = number(sample);
        let marginal: f64 = (0..16).map(|hidden| probabilities[shown + 32 * hidden]).sum();
        let free_energy = machine.free_energy(sample).unwrap();
        assert!((-free_energy - log_partition - marginal.ln()).abs() < 1e-12);
        likelihood += marginal.ln() / 4.0;
        for hidden in 0..16 {
            clamped[shown + 32 * hidden] += probabilities[shown + 32 * hidden] / marginal / 4.0;
        }
    }
    assert!((machine.log_likelihood(&data).unwrap() - likelihood).abs() < 1e-12);
    let (means, correlations) = moments(9, &clamped);
    let exact = machine.clamped_moments(&data).unwrap();
    assert_close(exact.means(), &means, 1e-12, "clamped mean");
    assert_close(exact.correlations(), &correlations, 1e-12, "clamped correlation");
    assert_eq!((exact.units(), exact.correlation(2, 3)), (9, exact.correlation(3, 2)));
}

/// The energies of all states in both conventions differ by the constant.
#[test]
fn units_of_0_and_1_are_the_same_machine() {
    let spins = machine(3, 3, 2);
    let (weights, biases, constant) = spins.to_binary();
    let (back, same) = GeneralMachine::from_binary(3, &weights, &biases).unwrap();
    assert!((constant - same).abs() < 1e-6);
    for state in 0..64 {
        let signs = signs(6, state);
        let bit = |unit: usize| f64::from(u8::from(signs[unit] > 0));
        let mut energy = 0.0;
        for i in 0..6 {
            energy -= f64::from(biases[i]) * bit(i);
            energy -= (0..i).map(|j| f64::from(weights[6 * i + j]) * bit(i) * bit(j)).sum::<f64>();
        }
        // Biases are sums of six couplings, rounded to single precision.
        assert!((energy - spins.energy(&signs).unwrap() - constant).abs() < 2e-6);
        assert!((energy - back.energy(&signs).unwrap() - same).abs() < 2e-6);
    }
}

/// Slopes of the exact log-likelihood by differences.
#[test]
fn the_gradient_is_the_slope_of_the_likelihood() {
    let machine = machine(4, 3, 3);
    let data = Patterns::from_signs(4, &[3, 5, 9, 12, 12].map(|number| signs(4, number))).unwrap();
    let gradient = machine.clamped_moments(&data).unwrap().minus(&machine.moments().unwrap());
    let likelihood = |at: usize, other: usize, by: f32| {
        let mut values: Vec<f32> = (0..7).flat_map(|unit| machine.couplings().row(unit).to_vec()).collect();
        let mut biases = machine.biases().to_vec();
        let mut before = biases[at];
        if at == other {
            biases[at] += by;
            before = biases[at] - before;
        } else {
            before = values[7 * at + other];
            values[7 * at + other] += by;
            values[7 * other + at] += by;
            before = values[7 * at + other] - before;
        }
        let changed = GeneralMachine::new(4, Couplings::new(7, values).unwrap(), biases).unwrap();
        // The step as single precision has made it.
        (changed.log_likelihood(&data).unwrap(), f64::from(before))
    };
    for (i, j) in (0..7).flat_map(|i| (0..=i).map(move |j| (i, j))) {
        let ((above, up), (below, down)) = (likelihood(i, j, 1e-3), likelihood(i, j, -1e-3));
        let slope = (above - below) / (up - down);
        let exact = if i == j { gradient.means()[i] } else { gradient.correlation(i, j) };
        // A third derivative of order 1, times the step squared, over 6.
        assert!((slope - exact).abs() < 1e-5, "{i} {j}: {slope} and {exact}");
    }
}

/// χ² of final states of independent chains: its mean is the degrees of freedom f, its variance 2f.
fn chi_squared(counts: &[f64], expected: &[f64], what: &str) {
    // States that are rare are one class.
    let (mut sum, mut classes, mut rare) = (0.0, 0.0, [0.0, 0.0]);
    for (count, wanted) in counts.iter().zip(expected) {
        if *wanted < 10.0 {
            rare = [rare[0] + count, rare[1] + wanted];
        } else {
            sum += (count - wanted).powi(2) / wanted;
            classes += 1.0;
        }
    }
    if rare[1] >= 10.0 {
        sum += (rare[0] - rare[1]).powi(2) / rare[1];
        classes += 1.0;
    }
    let freedom: f64 = classes - 1.0;
    assert!((sum - freedom).abs() < 4.5 * (2.0 * freedom).sqrt(), "{what}: chi squared {sum} of {freedom}");
}

#[test]
fn chains_have_the_distribution_of_the_machine() {
    let gpu = Gpu::new().unwrap();
    let machine = machine(5, 4, 4);
    let (probabilities, _) = probabilities(&machine);
    let chains = 40_000;
    // A hundred sweeps are many times the correlation time of nine units at couplings of 0.4.
    let mut free = gpu.general_machine(&machine).chains(chains).seed(5).build().unwrap();
    free.sweep(100).unwrap();
    let states = free.states().unwrap();
    let mut counts = vec![0.0; 512];
    (0..chains).for_each(|chain| counts[number(&states.signs(chain))] += 1.0);
    let expected: Vec<f64> = probabilities.iter().map(|p| p * chains as f64).collect();
    chi_squared(&counts, &expected, "free");
    assert_within_errors(&free.moments(1).unwrap(), &machine.moments().unwrap(), chains as f64, "free moment");
    // Half of the chains each are clamped to one of two samples.
    let data = Patterns::from_signs(5, &[signs(5, 6), signs(5, 25)]).unwrap();
    let mut clamped = gpu.general_machine(&machine).chains(chains).clamp(&data).seed(6).build().unwrap();
    clamped.sweep(100).unwrap();
    let states = clamped.states().unwrap();
    for (sample, shown) in [(0, 6), (1, 25)] {
        let mut counts = vec![0.0; 16];
        for chain in (sample..chains).step_by(2) {
            let state = number(&states.signs(chain));
            assert_eq!(state & 31, shown, "a clamped unit has moved");
            counts[state >> 5] += 1.0;
        }
        let joint: Vec<f64> = (0..16).map(|hidden| probabilities[shown + 32 * hidden]).collect();
        let total: f64 = joint.iter().sum();
        let expected: Vec<f64> = joint.iter().map(|p| p / total * (chains / 2) as f64).collect();
        chi_squared(&counts, &expected, "clamped");
    }
}

/// Units that are held reach into the block where free ones begin; units and chains fill neither blocks nor words.
#[test]
fn clamped_units_may_fill_blocks_in_part() {
    let gpu = Gpu::new().unwrap();
    let machine = machine(69, 6, 7);
    let data = Patterns::random(3, 69, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
    let chains = 30_003;
    let mut clamped = gpu.general_machine(&machine).chains(chains).clamp(&data).seed(8).build().unwrap();
    clamped.sweep(60).unwrap();
    let exact = machine.clamped_moments(&data).unwrap();
    assert_within_errors(&clamped.moments(1).unwrap(), &exact, chains as f64, "clamped moment");
    let states = clamped.states().unwrap();
    assert!((0..chains).all(|chain| states.signs(chain)[..69] == data.signs(chain % 3)));
}

#[test]
fn moments_on_the_device_are_those_of_the_states() {
    let gpu = Gpu::new().unwrap();
    let machine = machine(30, 11, 9);
    for chains in [1, 32, 70] {
        let build = || gpu.general_machine(&machine).chains(chains).seed(3).build().unwrap();
        let (mut chains_at_once, mut one_by_one) = (build(), build());
        let summed = chains_at_once.moments(3).unwrap();
        let (mut means, mut correlations) = (vec![0.0; 41], vec![0.0; 41 * 41]);
        for _ in 0..3 {
            one_by_one.sweep(1).unwrap();
            let states = one_by_one.states().unwrap();
            for state in (0..chains).map(|chain| states.signs(chain)) {
                let share = 1.0 / (3 * chains) as f64;
                for i in 0..41 {
                    means[i] += share * f64::from(state[i]);
                    (0..41).for_each(|j| correlations[41 * i + j] += share * f64::from(state[i] * state[j]));
                }
            }
        }
        assert_close(summed.means(), &means, 1e-12, "mean");
        assert_close(summed.correlations(), &correlations, 1e-12, "correlation");
    }
}

/// A fully visible machine finds the couplings that made the data.
#[test]
fn a_visible_machine_recovers_known_couplings() {
    let gpu = Gpu::new().unwrap();
    let truth = machine(8, 0, 10);
    let (probabilities, _) = probabilities(&truth);
    let samples = 4_096;
    let data = drawn(8, &probabilities, samples, 11);
    let start = GeneralMachine::random(8, 0, 0.0, 0).unwrap();
    let mut trainer = gpu.train_general(&start, &data).chains(2_048).learning_rate(0.2).seed(12).build().unwrap();
    for rate in [0.2, 0.1, 0.03, 0.01] {
        trainer.set_learning_rate(rate).unwrap();
        trainer.steps(250).unwrap();
    }
    let learnt = trainer.machine();
    assert_within_errors(&learnt.moments().unwrap(), &truth.moments().unwrap(), samples as f64, "moment");
    // 2 S KL(truth | likeliest) is chi squared with as many degrees of freedom as there are parameters (Wilks), 36 with
    // standard deviation 8.5; the last steps' own noise is far smaller.
    let (ours, _) = self::probabilities(learnt);
    let divergence: f64 = probabilities.iter().zip(&ours).map(|(p, q)| p * (p / q).ln()).sum();
    assert!(2.0 * samples as f64 * divergence < 36.0 + 4.0 * 8.5, "{}", 2.0 * samples as f64 * divergence);
}

/// Three bits of even parity have the means and pair correlations of no data at all: the best machine without hidden units
/// gives each of the eight states 1/8. With hidden units the four that exist get 1/4.
#[test]
fn hidden_units_learn_parity() {
    let gpu = Gpu::new().unwrap();
    let data = Patterns::from_signs(3, &[0b000, 0b011, 0b101, 0b110].map(|number| signs(3, number))).unwrap();
    let start = GeneralMachine::random(3, 4, 0.3, 1).unwrap();
    let builder = gpu.train_general(&start, &data).replicas(256).chains(1_024).learning_rate(0.1);
    let mut trainer = builder.seed(2).build().unwrap();
    trainer.steps(1_500).unwrap();
    let likelihood = trainer.machine().log_likelihood(&data).unwrap();
    assert!(likelihood > -(4.0f64.ln()) - 0.1, "{likelihood}");
    let visible = GeneralMachine::random(3, 0, 0.3, 1).unwrap();
    let mut trainer = gpu.train_general(&visible, &data).replicas(256).learning_rate(0.1).build().unwrap();
    trainer.steps(300).unwrap();
    assert!(trainer.machine().log_likelihood(&data).unwrap() < -(8.0f64.ln()) + 0.05);
}

#[test]
fn the_same_seed_gives_the_same_couplings() {
    let gpu = Gpu::new().unwrap();
    let data = Patterns::random(100, 20, &mut Stream::new(2, Purpose::Patterns, 0)).unwrap();
    let start = GeneralMachine::random(20, 15, 0.05, 3).unwrap();
    let learnt = |seed| {
        // Batches of 64 and of 36 in turn.
        let builder = gpu.train_general(&start, &data).batch(64).chains(100).sweeps(2).weight_decay(0.01);
        let mut trainer = builder.seed(seed).build().unwrap();
        trainer.steps(5).unwrap();
        assert_eq!(trainer.steps_made(), 5);
        trainer.machine().clone()
    };
    assert_eq!(learnt(4), learnt(4));
    assert_ne!(learnt(4), learnt(5));
}

#[test]
fn rates_that_are_too_large_end_with_a_message() {
    let data = Patterns::random(10, 6, &mut Stream::new(3, Purpose::Patterns, 0)).unwrap();
    let start = GeneralMachine::random(6, 2, 0.05, 3).unwrap();
    let mut trainer = Gpu::new().unwrap().train_general(&start, &data).learning_rate(1e6).build().unwrap();
    let error = trainer.steps(50).unwrap_err().to_string();
    assert!(error.contains("diverged"), "{error}");
}

/// What is written is read again, and pseudo-likelihoods are those of the conditional probabilities.
#[test]
fn machines_are_kept_in_files_and_judge_without_a_device() {
    let machine = GeneralMachine::random(5, 0, 0.7, 3).unwrap();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("general.safetensors");
    machine.save(&path).unwrap();
    assert!(GeneralMachine::is_in(&path).unwrap());
    assert_eq!(GeneralMachine::load(&path).unwrap(), machine);
    let state = [1i8, -1, -1, 1, 1];
    let data = Patterns::from_signs(5, &[state.to_vec()]).unwrap();
    let energy = |state: &[i8]| machine.energy(state).unwrap();
    let expected: f64 = (0..5)
        .map(|unit| {
            let mut other = state;
            other[unit] = -other[unit];
            -(1.0 + (energy(&state) - energy(&other)).exp()).ln()
        })
        .sum();
    let found = machine.pseudo_likelihoods(&data).unwrap().unwrap()[0];
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    assert!(GeneralMachine::random(4, 1, 0.1, 1).unwrap().pseudo_likelihoods(&data).is_err());
    assert_eq!(GeneralMachine::random(5, 1, 0.1, 1).unwrap().pseudo_likelihoods(&data).unwrap(), None);
}
