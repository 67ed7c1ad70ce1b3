//! The replica-symmetric theory of the Hopfield model at high load (D. J. Amit, H. Gutfreund, H. Sompolinsky, Phys. Rev.
//! Lett. 55, 1530 (1985)).
//!
//! `m = ∫Dz tanh β(m + σ z)`, `q = ∫Dz tanh² β(m + σ z)`, `σ² = α r`, `r = q/D²` with `D = 1 - β(1 - q)`, where Dz is the
//! normal measure. The naive iteration fails at low temperature, so the equations are turned round. At a given noise σ
//! the equation for m has at most one positive root, as its right side is concave for m ≥ 0, and D > 0 there. That root
//! gives the load at which σ would be the noise, `α(σ) = σ² D²/q`: it rises from 0 to the largest load with retrieval
//! and falls back to 0 where m vanishes. The rising branch is the retrieval state, the falling one is unstable.

use super::statistics::erf;
use std::f64::consts::PI;

/// The retrieval state.
#[derive(Clone, Copy, Debug)]
pub struct Retrieval {
    /// m, the overlap with the retrieved pattern.
    pub overlap: f64,
    /// q, the mean square of the local magnetisations (1 at temperature 0).
    pub order: f64,
    /// r, the mean square overlap with the other patterns, in units of α.
    pub noise: f64,
}

/// The overlap with a stored pattern at load `alpha` (greater than 0) and temperature: 0 where there is no retrieval state.
pub fn hopfield_overlap(alpha: f64, temperature: f64) -> f64 {
    hopfield_retrieval(alpha, temperature).map_or(0.0, |state| state.overlap)
}

/// The retrieval state at load `alpha` (greater than 0) and temperature (0, or from 1e-3 on), whether it is the global
/// minimum of the free energy or only a local one.
pub fn hopfield_retrieval(alpha: f64, temperature: f64) -> Option<Retrieval> {
    assert!(alpha > 0.0 && (temperature == 0.0 || temperature >= 1e-3), "load {alpha}, temperature {temperature}");
    if temperature >= 1.0 {
        return None;
    }
    // (the load, the state) at noise σ.
    let at = |sigma: f64| {
        let (m, q, d) = if temperature == 0.0 { cold(sigma) } else { warm(sigma, 1.0 / temperature) };
        (sigma * sigma * d * d / q, Retrieval { overlap: m, order: q, noise: q / (d * d) })
    };
    let end = if temperature == 0.0 { (2.0 / PI).sqrt() } else { last_noise(1.0 / temperature) };

    // The top of α(σ) by golden section, after a coarse scan.
    let steps = 64;
    let load = |k: usize| at(end * k as f64 / steps as f64).0;
    let top = (1..steps).max_by(|&a, &b| load(a).total_cmp(&load(b)))?;
    let (mut low, mut high) = (end * (top - 1) as f64 / steps as f64, end * (top + 1) as f64 / steps as f64);
    let golden = (5_f64.sqrt() - 1.0) / 2.0;
    while high - low > 1e-9 * end {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if at(left).0 < at(right).0 { low = left } else { high = right }
    }
    let peak = (low + high) / 2.0;
    if at(peak).0 < alpha {
        return None;
    }
    let (mut low, mut high) = (0.0, peak);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if at(middle).0 < alpha { low = middle } else { high = middle }
    }
    Some(at(high).1)
}

/// (m, q, D) at noise σ and temperature 0, from `m = erf(m/(√2 σ))`.
fn cold(sigma: f64) -> (f64, f64, f64) {
    let slope = |m: f64| (2.0 / PI).sqrt() / sigma * (-m * m / (2.0 * sigma * sigma)).exp();
    let m = root(|m| (erf(m / (std::f64::consts::SQRT_2 * sigma)), slope(m)));
    (m, 1.0, 1.0 - slope(m))
}

/// (m, q, D) at noise σ and inverse temperature β.
fn warm(sigma: f64, beta: f64) -> (f64, f64, f64) {
    let m = root(|m| {
        let (mean, square) = averages(m, sigma, beta);
        (mean, beta * (1.0 - square))
    });
    let q = averages(m, sigma, beta).1;
    (m, q, 1.0 - beta * (1.0 - q))
}

/// The positive root of `m = f(m)` for a concave f, given f and its slope: Newton's method from above, which approaches
/// the root from one side only.
fn root(f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut m = 1.0;
    for _ in 0..200 {
        let (value, slope) = f(m);
        let next = m - (m - value) / (1.0 - slope);
        if !(next > 0.0 && next < m) {
            break;
        }
        m = next;
    }
    m
}

/// The noise at which the positive root of m vanishes: `β ∫Dz sech²(β σ z) = 1`.
fn last_noise(beta: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if beta * (1.0 - averages(0.0, middle, beta).1) > 1.0 { low = middle } else { high = middle }
    }
    low
}

/// `∫Dz tanh β(m + σz)` and the same of tanh², by the trapezoid rule, which converges exponentially: the step is set by
/// the distance of the poles of tanh from the real axis and by the width of the normal distribution.
fn averages(m: f64, sigma: f64, beta: f64) -> (f64, f64) {
    let step = (0.25 / (beta * sigma).max(1e-9)).min(0.5);
    let half = (9.0 / step).ceil() as i64;
    let (mut norm, mut mean, mut square) = (0.0, 0.0, 0.0);
    for k in -half..=half {
        let z = k as f64 * step;
        let weight = (-0.5 * z * z).exp();
        let value = (beta * (m + sigma * z)).tanh();
        norm += weight;
        mean += weight * value;
        square += weight * value * value;
    }
    (mean / norm, square / norm)
}
