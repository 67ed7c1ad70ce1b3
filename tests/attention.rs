//! Continuous memories against the same formulas in double precision.

mod common;

use common::gpu;
use spinfield::random::{Purpose, Stream};
use spinfield::{Cues, Damage, Error, Patterns, Vectors};

/// Uniform between −1 and 1.
fn random_vectors(count: usize, width: usize, seed: u64) -> Vectors {
    let patterns = Patterns::random(count, 24 * width, &mut Stream::new(seed, Purpose::Patterns, 0)).unwrap();
    let value = |p: usize, i: usize| {
        (0..24).fold(0.0, |sum, bit| sum + f64::from(patterns.sign(p, 24 * i + bit)) * 0.5f64.powi(bit as i32 + 1))
    };
    let all = (0..count).flat_map(|p| (0..width).map(move |i| (p, i)));
    Vectors::new(width, all.map(|(p, i)| value(p, i) as f32).collect()).unwrap()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn wide(row: &[f32]) -> Vec<f64> {
    row.iter().copied().map(f64::from).collect()
}

/// Weights, and the log of the sum of exponentials, of one state.
fn softmax(stored: &[Vec<f64>], state: &[f64], beta: f64) -> (Vec<f64>, f64) {
    let scores: Vec<f64> = stored.iter().map(|row| beta * dot(row, state)).collect();
    let most = scores.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
    (scores.iter().map(|score| (score - most).exp() / sum).collect(), most + sum.ln())
}

fn step(stored: &[Vec<f64>], state: &[f64], beta: f64) -> (Vec<f64>, Vec<f64>) {
    let weights = softmax(stored, state, beta).0;
    let component = |i: usize| stored.iter().zip(&weights).map(|(row, weight)| weight * row[i]).sum();
    ((0..state.len()).map(component).collect(), weights)
}

#[test]
fn attention_is_its_formula() {
    let Some(gpu) = gpu() else { return };
    for (count, width, queries, beta, steps) in
        [(1, 1, 1, 1.0, 1), (7, 5, 3, 2.0, 1), (64, 32, 8, 0.5, 3), (203, 49, 21, 3.0, 2), (33, 70, 6, 1e-6, 1)]
    {
        let stored = random_vectors(count, width, 1);
        let asked = random_vectors(queries, width, 2);
        let attended = gpu.attend(&stored, &asked).inverse_temperature(beta).steps(steps).run().unwrap();
        assert_eq!((attended.vectors().count(), attended.vectors().width()), (queries, width));
        assert_eq!((attended.weights().count(), attended.weights().width()), (queries, count));
        let rows: Vec<Vec<f64>> = (0..count).map(|p| wide(stored.row(p))).collect();
        for query in 0..queries {
            let (mut state, mut weights) = (wide(asked.row(query)), Vec::new());
            for _ in 0..steps {
                (state, weights) = step(&rows, &state, beta);
            }
            // Scores of up to 48 in single precision: errors of 10⁻⁵ in the exponent, and each step adds its own.
            let close =
                |device: &[f32], host: &[f64]| device.iter().zip(host).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-4);
            assert!(close(attended.vectors().row(query), &state), "{count} {width} {queries}: vector {query}");
            assert!(close(attended.weights().row(query), &weights), "{count} {width} {queries}: weights {query}");
            let total: f32 = attended.weights().row(query).iter().sum();
            assert!((total - 1.0).abs() < 1e-5);
        }
    }
}

/// E = −(1/β) ln Σ e^(β ξ·x) + ½|x|², at every β between a single fixed point and one a pattern.
#[test]
fn attention_never_raises_its_energy() {
    let Some(gpu) = gpu() else { return };
    let (stored, queries) = (random_vectors(100, 20, 3), random_vectors(50, 20, 4));
    let rows: Vec<Vec<f64>> = (0..100).map(|p| wide(stored.row(p))).collect();
    let mut falls = 0;
    for beta in [0.01, 0.3, 1.0, 3.0, 30.0] {
        let energy = |x: &[f64]| -softmax(&rows, x, beta).1 / beta + 0.5 * dot(x, x);
        let mut before: Vec<f64> = (0..50).map(|query| energy(&wide(queries.row(query)))).collect();
        for steps in 1..=6 {
            let attended = gpu.attend(&stored, &queries).inverse_temperature(beta).steps(steps).run().unwrap();
            for (query, before) in before.iter_mut().enumerate() {
                let after = energy(&wide(attended.vectors().row(query)));
                // Single precision at a fixed point.
                assert!(after <= *before + 1e-5, "{beta} {steps} {query}: {before} to {after}");
                falls += usize::from(after < *before - 1e-5);
                *before = after;
            }
        }
    }
    assert!(falls > 300, "{falls}");
}

/// Patterns of signs are vectors too: one step at β = 1 brings a cue of 128 components with 26 wrong ones to its pattern.
#[test]
fn attention_retrieves_patterns() {
    let Some(gpu) = gpu() else { return };
    let patterns = Patterns::random(1_000, 128, &mut Stream::new(5, Purpose::Patterns, 0)).unwrap();
    let cues = Cues::damaged(&patterns, 1_000, Damage::Noise(0.2), 6).unwrap();
    let attended = gpu.attend(&Vectors::from(&patterns), &Vectors::from(cues.states())).run().unwrap();
    let own = |query: usize| attended.weights().row(query)[query] > 0.99;
    let exact = |query: usize| {
        let signs = patterns.signs(query);
        attended.vectors().row(query).iter().zip(signs).all(|(x, xi)| (x - f32::from(xi)).abs() < 0.02)
    };
    // The overlap of a cue is 76; a wrong pattern reaches it by chance at 76/√128 = 6.7 deviations.
    assert!((0..1_000).all(|query| own(query) && exact(query)));
}

#[test]
fn what_cannot_be_attended_is_refused() {
    for (width, values) in
        [(0, vec![1.0]), (2, vec![]), (2, vec![1.0; 3]), (1, vec![f32::NAN]), (1, vec![f32::INFINITY])]
    {
        assert!(matches!(Vectors::new(width, values), Err(Error::Input { .. })));
    }
    let Some(gpu) = gpu() else { return };
    let (a, b) = (random_vectors(3, 4, 1), random_vectors(2, 5, 1));
    assert!(gpu.attend(&a, &b).run().unwrap_err().to_string().contains("width"));
    assert!(gpu.attend(&a, &a).steps(0).run().unwrap_err().to_string().contains("steps"));
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(gpu.attend(&a, &a).inverse_temperature(beta).run().unwrap_err().to_string().contains("inverse"));
    }
    let long = Vectors::new(1, vec![1.0; 40_000]).unwrap();
    assert!(matches!(gpu.attend(&long, &long).run(), Err(Error::Limit { .. })));
}
