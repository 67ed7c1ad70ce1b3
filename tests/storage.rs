//! Hebb's rule for patterns with blanks and for biased ones, against plain Rust and what they are for.

mod common;

use common::gpu;
use spinfield::random::{Purpose, Stream};
use spinfield::{Cues, Damage, Error, Memory, Order, Patterns, Update};

const UPDATES: [Update; 3] = [Update::Synchronous, Update::SynchronousWithDiagonal, Update::Asynchronous(Order::Fixed)];

fn biased(count: usize, neurons: usize, bias: f64, seed: u64) -> Patterns {
    Patterns::biased(count, neurons, bias, &mut Stream::new(seed, Purpose::Patterns, 0)).unwrap()
}

/// Recall from the matrix N J of these real patterns, entry by entry; everything here is a multiple of 1/4 and exact.
fn twin(rows: &[Vec<f64>], cue: &[i8], update: Update, sweeps: u32) -> (Vec<i8>, f64) {
    let neurons = cue.len();
    let coupling = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
    let matrix: Vec<f64> = (0..neurons * neurons).map(|at| coupling(at / neurons, at % neurons)).collect();
    let keep = update == Update::SynchronousWithDiagonal;
    let field = |state: &[i8], i: usize, keep: bool| -> f64 {
        let others = (0..neurons).filter(|&j| keep || j != i);
        others.map(|j| matrix[i * neurons + j] * f64::from(state[j])).sum()
    };
    let mut state = cue.to_vec();
    for _ in 0..sweeps {
        let before = state.clone();
        for i in 0..neurons {
            let seen = if matches!(update, Update::Asynchronous(_)) { &state } else { &before };
            let field = field(seen, i, keep);
            state[i] = if field == 0.0 { before[i] } else { field.signum() as i8 };
        }
    }
    let energy: f64 = (0..neurons).map(|i| -0.5 * f64::from(state[i]) * field(&state, i, false)).sum();
    (state, energy / (neurons * neurons) as f64)
}

#[test]
fn blanks_and_means_are_their_twins() {
    let Some(gpu) = gpu() else { return };
    for (neurons, count, chains) in [(33, 3, 2), (70, 13, 5), (96, 8, 4)] {
        for (bias, blank) in [(0.0, Some(0.25)), (0.0, Some(0.7)), (0.5, None), (-0.5, None)] {
            let patterns = biased(count, neurons, bias, 1);
            let blanks = biased(count, neurons, 2.0 * blank.unwrap_or(0.0) - 1.0, 2);
            let value = |p: usize, i: usize| {
                let hidden = blanks.sign(p, i) > 0;
                if hidden { 0.0 } else { f64::from(patterns.sign(p, i)) - bias }
            };
            let rows: Vec<Vec<f64>> = (0..count).map(|p| (0..neurons).map(|i| value(p, i)).collect()).collect();
            let cues = Cues::damaged(&patterns, chains, Damage::Noise(0.2), 3).unwrap();
            for update in UPDATES {
                let builder = gpu.recall(&patterns, &cues).update(update).sweeps(6);
                let builder = if blank.is_some() { builder.blanks(&blanks) } else { builder.centred(bias) };
                let recall = builder.run().unwrap();
                for (cue, end) in recall.cues().iter().enumerate() {
                    let what = format!("{neurons} {count} {bias} {blank:?} {update:?} {cue}");
                    // A chain that ended in a cycle stays where that was seen.
                    let (state, energy) = twin(&rows, &cues.states().signs(cue), update, end.sweeps);
                    assert_eq!(recall.states().signs(cue), state, "{what}");
                    assert!((end.energy - energy).abs() < 1e-12, "{what}: {} {energy}", end.energy);
                    let p = end.pattern;
                    let seen = (0..neurons).filter(|&i| blanks.sign(p, i) < 0 || blank.is_none());
                    let overlap: i32 = seen.clone().map(|i| i32::from(patterns.sign(p, i) * state[i])).sum();
                    assert_eq!(end.overlap, f64::from(overlap) / seen.count() as f64, "{what}");
                }
            }
        }
    }
}

/// Patterns that are blank where the others are not: a network retrieves all of them at once.
#[test]
fn several_patterns_are_retrieved_at_once() {
    let Some(gpu) = gpu() else { return };
    let (neurons, count) = (900, 3);
    let patterns = biased(count, neurons, 0.0, 4);
    let third = |p: usize| (0..neurons).map(|i| if 3 * i / neurons == p { -1 } else { 1 }).collect::<Vec<i8>>();
    let blanks = Patterns::from_signs(neurons, &[third(0), third(1), third(2)]).unwrap();
    // One cue with a fifth of every pattern's third wrong.
    let whole: Vec<i8> = (0..neurons).map(|i| patterns.sign(3 * i / neurons, i)).collect();
    let whole = Patterns::from_signs(neurons, &[whole]).unwrap();
    let damaged = Cues::damaged(&whole, 1, Damage::Noise(0.2), 5).unwrap();
    let states = damaged.states().select(&[0; 3]).unwrap();
    let cues = Cues::given(states, vec![0, 1, 2]).unwrap();
    for update in UPDATES {
        let recall = gpu.recall(&patterns, &cues).blanks(&blanks).update(update).run().unwrap();
        assert!(recall.cues().iter().all(|cue| cue.overlap == 1.0), "{update:?}");
    }
}

/// Of biased patterns every one pulls all neurons towards the common mean unless it is taken off.
#[test]
fn biased_patterns_need_their_mean_taken_off() {
    let Some(gpu) = gpu() else { return };
    let patterns = biased(40, 2_000, 0.5, 6);
    let ones: u32 = patterns.bits().iter().map(|word| word.count_ones()).sum();
    // 80,000 draws of probability 3/4: one standard deviation is 122.
    assert!(ones.abs_diff(60_000) < 500, "{ones}");
    let cues = Cues::damaged(&patterns, 40, Damage::Noise(0.1), 7).unwrap();
    for update in UPDATES {
        let recall = || gpu.recall(&patterns, &cues).update(update);
        let (plain, centred) = (recall().run().unwrap(), recall().centred(0.5).run().unwrap());
        eprintln!("{update:?}: {} and {}", plain.retrieved_fraction(), centred.retrieved_fraction());
        assert_eq!((plain.retrieved_fraction(), centred.retrieved_fraction()), (0.0, 1.0), "{update:?}");
    }
}

#[test]
fn what_cannot_be_stored_is_refused() {
    assert!(matches!(Patterns::biased(2, 9, 1.5, &mut Stream::new(0, Purpose::Patterns, 0)), Err(Error::Input { .. })));
    assert_eq!(biased(2, 40, 1.0, 1).signs(1), vec![1; 40]);
    assert_eq!(biased(2, 40, -1.0, 1).signs(1), vec![-1; 40]);
    let Some(gpu) = gpu() else { return };
    let patterns = biased(3, 40, 0.0, 1);
    let cues = Cues::damaged(&patterns, 2, Damage::Noise(0.1), 1).unwrap();
    let refused = |blanks: &Patterns| gpu.recall(&patterns, &cues).blanks(blanks).run().unwrap_err().to_string();
    assert!(refused(&biased(2, 40, 0.0, 1)).contains("2 of 40 neurons"));
    assert!(refused(&biased(3, 40, 1.0, 1)).contains("pattern 0"));
    for mean in [1.0, -1.0, f64::NAN] {
        assert!(gpu.recall(&patterns, &cues).centred(mean).run().unwrap_err().to_string().contains("between -1 and 1"));
    }
    let error = gpu.recall(&patterns, &cues).centred(0.1).memory(Memory::Exponential).run().unwrap_err().to_string();
    assert!(error.contains("hopfield"), "{error}");
}
