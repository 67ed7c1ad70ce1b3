//! Dense memories against plain Rust, identities, theory and real digits.

mod common;
mod oracle;

use common::gpu;
use oracle::erf;
use spinfield::io::array::{SampleValues, read_array};
use spinfield::random::{Event, Purpose, Stream, permutation};
use spinfield::{Cues, Damage, Error, Gpu, Memory, Order, Patterns, Recall, Update};

const CONVEX: Update = Update::SynchronousWithDiagonal;
const RANDOM: Update = Update::Asynchronous(Order::Random);
const FIXED: Update = Update::Asynchronous(Order::Fixed);

fn dense(n: u32, rectified: bool) -> Memory {
    Memory::Dense { n, rectified }
}

fn softmax(inverse_temperature: f64) -> Memory {
    Memory::Softmax { inverse_temperature }
}

fn random_patterns(count: usize, neurons: usize, seed: u64) -> Patterns {
    Patterns::random(count, neurons, &mut Stream::new(seed, Purpose::Patterns, 0)).unwrap()
}

fn recall(gpu: &Gpu, memory: Memory, (patterns, cues): (&Patterns, &Cues), update: Update, sweeps: u32) -> Recall {
    gpu.recall(patterns, cues).memory(memory).update(update).sweeps(sweeps).seed(11).run().unwrap()
}

/// F in exact integers.
fn power(memory: Memory, x: i64) -> i128 {
    match memory {
        Memory::Dense { n, rectified } => i128::from(if rectified { x.max(0) } else { x }).pow(n),
        _ => panic!("{memory} is no power"),
    }
}

/// The field of a neuron from all overlaps and the state.
type Field<'a> = &'a dyn Fn(&[i64], usize, &[i8]) -> f64;

/// Recall as plain Rust finds it from the definition: fields from F of the two states of a neuron, or from its slope.
fn twin(field: Field<'_>, rows: &[Vec<i8>], cue: &[i8], update: Update, sweeps: u32) -> Vec<i8> {
    let overlap = |row: &[i8], state: &[i8]| row.iter().zip(state).map(|(a, b)| i64::from(a * b)).sum::<i64>();
    let mut state = cue.to_vec();
    let aligned = |field: f64, spin: i8| if field == 0.0 { spin } else { field.signum() as i8 };
    for sweep in 0..u64::from(sweeps) {
        let mut overlaps: Vec<i64> = rows.iter().map(|row| overlap(row, &state)).collect();
        let before = state.clone();
        match update {
            Update::Asynchronous(order) => {
                let event = Event { seed: 11, purpose: Purpose::Order, index: 0, chain: 0, sweep, part: 0 };
                let count = state.len() as u32;
                let order = match order {
                    Order::Random => permutation(count, &mut Stream::of(event)),
                    Order::Fixed => (0..count).collect(),
                };
                for i in order.into_iter().map(|i| i as usize) {
                    let spin = aligned(field(&overlaps, i, &state), state[i]);
                    if spin != state[i] {
                        overlaps.iter_mut().zip(rows).for_each(|(x, row)| *x += i64::from(2 * spin * row[i]));
                        state[i] = spin;
                    }
                }
            }
            _ => state = (0..state.len()).map(|i| aligned(field(&overlaps, i, &before), before[i])).collect(),
        }
        if state == before {
            break;
        }
    }
    state
}

/// Sizes with words, quads of patterns and of chains that are full and that are not.
const NETWORKS: [(usize, usize, usize); 4] = [(33, 3, 2), (64, 40, 5), (100, 300, 4), (128, 160, 8)];

fn equal_their_twins(
    gpu: &Gpu,
    memory: Memory,
    update: Update,
    field: impl Fn(&[Vec<i8>], &[i64], usize, &[i8]) -> f64,
) -> usize {
    let mut moved = 0;
    for (neurons, count, chains) in NETWORKS {
        let patterns = random_patterns(count, neurons, 1);
        let rows: Vec<Vec<i8>> = (0..count).map(|p| patterns.signs(p)).collect();
        let cues = Cues::damaged(&patterns, chains, Damage::Noise(0.3), 2).unwrap();
        let recall = recall(gpu, memory, (&patterns, &cues), update, 20);
        for cue in 0..chains {
            let start = cues.states().signs(cue);
            let end = twin(&|overlaps, i, state| field(&rows, overlaps, i, state), &rows, &start, update, 20);
            assert_eq!(recall.states().signs(cue), end, "{memory} {update:?} {neurons} {count} {cue}");
            moved += usize::from(start != end);
        }
    }
    moved
}

#[test]
fn powers_are_their_integer_twins() {
    let Some(gpu) = gpu() else { return };
    for memory in [dense(2, false), dense(3, true), dense(3, false), dense(4, false), dense(2, true)] {
        for update in [CONVEX, RANDOM, FIXED] {
            if update == CONVEX && !memory.is_convex() {
                continue;
            }
            let exact = |&(n, p, _): &(usize, usize, usize)| memory.is_exact(n, p, update != CONVEX);
            assert!(NETWORKS.iter().all(exact), "{memory} {update:?}");
            let Memory::Dense { n, rectified } = memory else { unreachable!() };
            let slope = |x: i64| i128::from(if rectified { x.max(0) } else { x }).pow(n - 1);
            let moved = equal_their_twins(&gpu, memory, update, |rows, overlaps, i, state| {
                let terms = rows.iter().zip(overlaps).map(|(row, &x)| {
                    let (xi, rest) = (i64::from(row[i]), x - i64::from(row[i] * state[i]));
                    match update {
                        Update::Asynchronous(_) => power(memory, xi + rest) - power(memory, rest - xi),
                        _ => i128::from(xi) * slope(x),
                    }
                });
                terms.sum::<i128>() as f64
            });
            assert!(moved >= 10, "{memory} {update:?}: only {moved} cues moved");
        }
    }
}

/// In double precision: single rounds fields by 10⁻⁷ of the largest amplitude, and none of these is as small as that.
#[test]
fn exponentials_and_large_powers_are_their_twins() {
    let Some(gpu) = gpu() else { return };
    for (memory, b) in [(Memory::Exponential, 1.0), (softmax(0.1), 0.1), (softmax(0.5), 0.5)] {
        for update in [CONVEX, RANDOM] {
            assert!(!memory.is_exact(100, 300, update != CONVEX));
            equal_their_twins(&gpu, memory, update, |rows, overlaps, i, state| {
                let most = *overlaps.iter().max().unwrap();
                let terms = rows.iter().zip(overlaps).map(|(row, &x)| {
                    let (xi, rest) = (i64::from(row[i]), x - i64::from(row[i] * state[i]));
                    let weight = |x: i64| (b * (x - most - 1) as f64).exp();
                    match update {
                        Update::Asynchronous(_) => weight(rest + xi) - weight(rest - xi),
                        _ => xi as f64 * weight(x),
                    }
                });
                terms.sum()
            });
        }
    }
    let memory = dense(11, true);
    assert!(!memory.is_exact(100, 300, true));
    equal_their_twins(&gpu, memory, RANDOM, |rows, overlaps, i, state| {
        let terms = rows.iter().zip(overlaps).map(|(row, &x)| {
            let (xi, rest) = (i64::from(row[i]), x - i64::from(row[i] * state[i]));
            power(memory, xi + rest) - power(memory, rest - xi)
        });
        terms.sum::<i128>() as f64
    });
}

/// With F = x² the energy is E = 2N E_Hopfield − NP, whatever the state, and the dynamics are Hopfield's. All numbers here
/// are multiples of 2⁻¹⁴, exact in f64.
#[test]
fn a_square_is_hopfields_energy() {
    let Some(gpu) = gpu() else { return };
    let patterns = random_patterns(40, 128, 3);
    let cues = Cues::damaged(&patterns, 16, Damage::Noise(0.35), 4).unwrap();
    for update in [CONVEX, RANDOM, FIXED] {
        for sweeps in [1, 2, 50] {
            let [square, hopfield] = [dense(2, false), Memory::Hopfield]
                .map(|memory| recall(&gpu, memory, (&patterns, &cues), update, sweeps));
            assert_eq!(square.state_hash(), hopfield.state_hash(), "{update:?}");
            for (square, hopfield) in square.cues().iter().zip(hopfield.cues()) {
                assert_eq!(square.energy, 2.0 * hopfield.energy - 40.0 / 128.0);
            }
        }
    }
}

/// 10,200 random cases: random states, one synchronous sweep each, from far below to far above every capacity.
#[test]
fn synchronous_recall_never_raises_a_convex_energy() {
    let Some(gpu) = gpu() else { return };
    let (neurons, chains) = (61, 340);
    let memories =
        [dense(2, false), dense(3, true), dense(4, false), dense(5, true), Memory::Exponential, softmax(0.1)];
    let (mut cases, mut falls) = (0, 0);
    for memory in memories {
        for (seed, count) in [(1, 3), (2, 7), (3, 30), (4, 100), (5, 400)] {
            let patterns = random_patterns(count, neurons, seed);
            let states = random_patterns(chains, neurons, seed + 10);
            let cues = Cues::given(states.clone(), (0..chains).map(|chain| chain % count).collect()).unwrap();
            let after = recall(&gpu, memory, (&patterns, &cues), CONVEX, 1);
            for chain in 0..chains {
                let overlaps = |states| (0..count).map(move |p| (p, states));
                let [before, after] = [&states, after.states()].map(|states: &Patterns| {
                    overlaps(states).map(|(p, states)| patterns.overlap(p, states, chain)).collect::<Vec<i64>>()
                });
                let (rises, fall) = if memory.is_exact(neurons, count, false) {
                    let sum = |overlaps: &[i64]| overlaps.iter().map(|&x| power(memory, x)).sum::<i128>();
                    (sum(&after) < sum(&before), sum(&after) > sum(&before))
                } else {
                    let energy = |overlaps: &[i64]| memory.energy_per_neuron(overlaps.iter().copied(), neurons);
                    // Fields in single precision: what is a tie to within 10⁻⁶ may be decided either way.
                    let rise = energy(&after) - energy(&before);
                    (rise > 1e-6 * energy(&before).abs(), rise < 0.0)
                };
                assert!(!rises, "{memory} with {count} patterns, chain {chain}");
                cases += 1;
                falls += usize::from(fall);
            }
        }
    }
    eprintln!("{falls} of {cases} energies fell");
    assert!(cases >= 10_000 && falls > 9_000);
}

/// The probability that Krotov and Hopfield's rule flips a neuron of one of K random patterns, F = x³: the sum of K − 1 terms
/// ±(F(h + 1) − F(h − 1)) exceeds the pattern's own N³ − (N − 2)³. Gaussian, with the fourth cumulant as Edgeworth's first
/// correction: 9 % at these sizes, the next one is of the order of its square.
fn flip_error(neurons: usize, count: usize) -> f64 {
    // h is a sum of N − 1 signs; its distribution from one sign to the next.
    let mut distribution = vec![1.0];
    for _ in 1..neurons {
        let half = |k: Option<usize>| k.and_then(|k| distribution.get(k)).copied().unwrap_or(0.0) / 2.0;
        distribution = (0..=distribution.len()).map(|k: usize| half(Some(k)) + half(k.checked_sub(1))).collect();
    }
    let moment = |power: i32| -> f64 {
        let term = |(k, weight): (usize, &f64)| {
            let h = 2.0 * k as f64 - (neurons - 1) as f64;
            weight * (6.0 * h * h + 2.0).powi(power)
        };
        distribution.iter().enumerate().map(term).sum()
    };
    let (variance, terms) = (moment(2), (count - 1) as f64);
    let excess = moment(4) / (variance * variance) - 3.0;
    let size = neurons as f64;
    let z = (size.powi(3) - (size - 2.0).powi(3)) / (terms * variance).sqrt();
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    0.5 * (1.0 - erf(z / 2f64.sqrt())) + excess / (24.0 * terms) * (z.powi(3) - 3.0 * z) * density
}

/// Asymptotically ½ erfc √(N²/(6K)); finite sizes add 10 to 20 %. A program in double precision that looks at every neuron
/// of every pattern, without any dynamics, found 1.455(16)·10⁻⁴ and 9.12(10)·10⁻⁴ in 300 sets of patterns.
#[test]
fn one_flip_errors_of_the_cubic_memory() {
    let Some(gpu) = gpu() else { return };
    for (neurons, count, sets, simulated) in [(200, 1_000, 24, 1.455e-4), (100, 333, 40, 9.12e-4)] {
        let (mut flips, mut updates) = (0.0, 0.0);
        for set in 0..sets {
            let patterns = random_patterns(count, neurons, 100 + set);
            let cues = Cues::damaged(&patterns, count, Damage::Noise(0.0), 0).unwrap();
            let recall = recall(&gpu, dense(3, false), (&patterns, &cues), FIXED, 1);
            // Up to its first flip a state is the pattern itself; later ones would be likelier.
            for p in 0..count {
                let words = recall.states().words_of(p).iter().zip(patterns.words_of(p)).enumerate();
                let mut differ = words.filter(|(_, (a, b))| a != b);
                let first = differ.next().map(|(word, (a, b))| 32 * word + (a ^ b).trailing_zeros() as usize);
                flips += if first.is_some() { 1.0 } else { 0.0 };
                updates += first.map_or(neurons, |neuron| neuron + 1) as f64;
            }
        }
        let (rate, theory) = (flips / updates, flip_error(neurons, count));
        let asymptotic = 0.5 * (1.0 - erf(((neurons * neurons) as f64 / (6.0 * count as f64)).sqrt()));
        eprintln!(
            "N = {neurons}, K = {count}: {rate:.3e} of {flips} flips; {theory:.3e}, asymptotically {asymptotic:.3e}"
        );
        // About 700 and 1,150 flips: one standard error is 4 % and 3 %.
        assert!((rate / theory - 1.0).abs() < 0.1, "{rate} against {theory}");
        assert!((rate / simulated - 1.0).abs() < 0.1, "{rate} against {simulated}");
        assert!((rate / asymptotic - 1.0).abs() < 0.2, "{rate} against {asymptotic}");
    }
}

/// A load of 5 and one of 500.
#[test]
fn dense_memories_hold_what_hopfields_cannot() {
    let Some(gpu) = gpu() else { return };
    let retrieved = |memory, count, noise, update| {
        let patterns = random_patterns(count, 200, 7);
        let cues = Cues::damaged(&patterns, 200, Damage::Noise(noise), 8).unwrap();
        let recall = recall(&gpu, memory, (&patterns, &cues), update, 50);
        eprintln!("{memory} {update:?}, {count} patterns: {} retrieved", recall.retrieved_fraction());
        recall.retrieved_fraction()
    };
    for update in [CONVEX, RANDOM] {
        assert!(retrieved(dense(3, true), 1_000, 0.1, update) > 0.98);
    }
    assert!(retrieved(dense(3, false), 1_000, 0.1, RANDOM) > 0.98);
    // Far beyond α_c = 0.138.
    assert_eq!(retrieved(Memory::Hopfield, 1_000, 0.0, RANDOM), 0.0);
    assert!(retrieved(Memory::Exponential, 100_000, 0.1, CONVEX) > 0.98);
    assert!(retrieved(Memory::Exponential, 20_000, 0.1, RANDOM) > 0.98);
}

/// 2,500 handwritten digits against the decoder that takes the nearest pattern.
#[test]
fn softmax_retrieves_real_digits() {
    let Some(gpu) = gpu() else { return };
    let path = format!("{}/tests/data/digits_2500.npz", env!("CARGO_MANIFEST_DIR"));
    let digits = read_array(path, None).unwrap().into_patterns_or_grey().unwrap();
    let SampleValues::Binary(signs) = digits.values else { panic!("digits are bits") };
    let rows: Vec<Vec<i8>> = signs.chunks_exact(digits.neurons).map(<[i8]>::to_vec).collect();
    let patterns = Patterns::from_signs(digits.neurons, &rows).unwrap();
    assert_eq!((patterns.count(), patterns.neurons()), (2_500, 784));
    for (noise, least) in [(0.2, 0.99), (0.3, 0.0)] {
        let cues = Cues::damaged(&patterns, 2_500, Damage::Noise(noise), 1).unwrap();
        let recall = recall(&gpu, softmax(1.0), (&patterns, &cues), CONVEX, 20);
        let share = |exact: &dyn Fn(usize) -> bool| (0..2_500).filter(|&cue| exact(cue)).count() as f64 / 2_500.0;
        let exact = share(&|cue| recall.states().words_of(cue) == patterns.words_of(cue));
        let nearest = share(&|cue| {
            let overlap = |&p: &usize| patterns.overlap(p, cues.states(), cue);
            (0..2_500).max_by_key(overlap) == Some(cue)
        });
        eprintln!("noise {noise}: {exact} exactly, {nearest} nearest to their own");
        assert!(exact >= least && (exact - nearest).abs() <= 0.01);
    }
    // Correlated patterns at three times the load that random ones may have: Hebb's rule keeps none.
    let cues = Cues::damaged(&patterns, 100, Damage::Noise(0.2), 1).unwrap();
    assert_eq!(recall(&gpu, Memory::Hopfield, (&patterns, &cues), Update::Synchronous, 20).retrieved_fraction(), 0.0);
}

#[test]
fn what_a_memory_cannot_do_is_refused() {
    for (text, names) in
        [("dense:1", "2 to 20"), ("dense:21", "2 to 20"), ("dense", "dense:N"), ("dense:3:odd", "dense:N")]
    {
        let error = text.parse::<Memory>().unwrap_err();
        assert!(matches!(error, Error::Input { .. }) && error.to_string().contains(names), "{error}");
    }
    for text in ["hopfield", "dense:2", "dense:3", "dense:3:plain", "dense:4:rectified", "exponential", "softmax"] {
        assert_eq!(text.parse::<Memory>().unwrap().to_string(), text);
    }
    let Some(gpu) = gpu() else { return };
    let patterns = random_patterns(3, 40, 1);
    let cues = Cues::damaged(&patterns, 2, Damage::Noise(0.1), 1).unwrap();
    let refused = |memory, update| gpu.recall(&patterns, &cues).memory(memory).update(update).run().unwrap_err();
    for (memory, update, names) in [
        (dense(3, false), CONVEX, "convex"),
        (dense(3, true), Update::Synchronous, "self-coupling"),
        (dense(1, false), RANDOM, "2 to 20"),
        (softmax(0.0), CONVEX, "1e-6 to 1e6"),
        (softmax(f64::NAN), CONVEX, "1e-6 to 1e6"),
    ] {
        let error = refused(memory, update);
        assert!(matches!(error, Error::Input { .. }) && error.to_string().contains(names), "{error}");
    }
}
