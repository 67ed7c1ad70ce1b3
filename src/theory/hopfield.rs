//! The replica-symmetric theory of the Hopfield network with P = αN random patterns, Hebb's couplings and no
//! self-coupling (D. J. Amit, H. Gutfreund and H. Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985); Ann. Phys. 173, 30
//! (1987)).
//!
//! At load α and temperature T = 1/β the overlap m with one stored pattern, the mean square magnetisation q and the
//! noise r of all other patterns solve
//!
//! m = ∫Dz tanh β(m + √(αr) z), q = ∫Dz tanh² β(m + √(αr) z), r = q/(1 − C)², C = β(1 − q),
//!
//! where Dz is the normal measure. At T = 0 they are m = erf(y), y = m/√(2αr), C = √(2/(παr)) e^(−y²), r = 1/(1 − C)².
//! Retrieval states (m > 0) exist below the line T_M(α), which ends at α_c = 0.1379 at T = 0; they are the global minima
//! of the free energy below T_c(α); a spin glass (m = 0, q > 0) exists below T_g(α) = 1 + √α.
//!
//! # Method
//! Iteration of the equations fails at low temperature, so they are turned round: σ = √(αr) is given, and the load
//! follows. At a given σ the right side of the equation for m is concave, so that it has one positive root at most, and
//! α(σ) = σ²(1 − C)²/q. This load rises from 0 to the largest with retrieval, then falls while m vanishes: the rising
//! branch is the retrieval state. Below T = 10⁻³ the equations of T = 0 are used; m differs by less than 10⁻⁵.
//!
//! ```
//! use spinfield::theory::hopfield;
//! let state = hopfield::retrieval(0.1, 0.0).unwrap();
//! assert!((state.overlap - 0.997_999_27).abs() < 1e-8);
//! assert!(hopfield::retrieval(0.14, 0.0).is_none());
//! ```

use libm::erf;
use std::f64::consts::{PI, SQRT_2};

/// The temperature below which the equations of T = 0 are used.
const COLD: f64 = 1e-3;

/// Points of the scan that brackets the largest load of a temperature.
const SCAN: usize = 32;

/// A saddle point of the free energy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// m, the overlap with the retrieved pattern; 0 in the spin glass.
    pub overlap: f64,
    /// q, the mean square of the local magnetisations; 1 at T = 0.
    pub order: f64,
    /// r, the sum over the other patterns of the square overlaps, in units of α.
    pub noise: f64,
    /// C = β(1 − q), the mean local susceptibility; finite at T = 0.
    pub susceptibility: f64,
    /// The free energy a neuron, in units of J, as it follows from E = −½ Σ J s s' with J_ii = 0.
    pub free_energy: f64,
}

/// The retrieval state, globally stable or not; `None` where there is none, or where `load` ≤ 0 or `temperature` < 0 make
/// no sense.
pub fn retrieval(load: f64, temperature: f64) -> Option<State> {
    if !(load > 0.0 && (0.0..1.0).contains(&temperature)) {
        return None;
    }
    let peak = peak(temperature);
    let at = |sigma| Point::at(sigma, temperature);
    if at(peak).load < load {
        return None;
    }
    // α(σ) rises from 0 to its peak.
    let sigma = bisect(0.0, peak, |sigma| at(sigma).load < load);
    Some(at(sigma).state(load, sigma, temperature))
}

/// The spin glass: m = 0 and q > 0. `None` from [`glass_temperature`] on, and where `load` ≤ 0 or `temperature` < 0.
pub fn glass(load: f64, temperature: f64) -> Option<State> {
    if !(load > 0.0 && temperature >= 0.0 && temperature < glass_temperature(load)) {
        return None;
    }
    let at = |sigma| Point::without_overlap(sigma, temperature);
    // α(σ) rises where C < 1, and it grows like σ².
    let short = |sigma: f64| {
        let point = at(sigma);
        point.susceptibility >= 1.0 || point.load < load
    };
    let mut high = 1.0;
    while short(high) && high < 1e6 {
        high *= 2.0;
    }
    let sigma = bisect(0.0, high, short);
    Some(at(sigma).state(load, sigma, temperature))
}

/// The largest load with retrieval states at a temperature: the line T_M, turned round. α_c = 0.13790556649 at T = 0, and
/// 0 from T = 1 on.
pub fn largest_load(temperature: f64) -> f64 {
    if temperature >= 1.0 { 0.0 } else { Point::at(peak(temperature), temperature).load }
}

/// T_M: retrieval states exist below; 0 for loads above α_c.
pub fn retrieval_temperature(load: f64) -> f64 {
    if load <= 0.0 {
        return 1.0;
    }
    if largest_load(0.0) <= load { 0.0 } else { bisect(0.0, 1.0, |temperature| largest_load(temperature) > load) }
}

/// T_c: below, the retrieval states are the global minima of the free energy; 0 for loads above 0.05185434.
pub fn transition_temperature(load: f64) -> f64 {
    if load <= 0.0 {
        return 1.0;
    }
    let lowest = |temperature: f64| match (retrieval(load, temperature), glass(load, temperature)) {
        (Some(state), Some(glass)) => state.free_energy < glass.free_energy,
        _ => false,
    };
    // At T = 0 by the equations of T = 0.
    if lowest(0.0) { bisect(0.0, 1.0, lowest) } else { 0.0 }
}

/// T_g = 1 + √α: the spin glass exists below.
pub fn glass_temperature(load: f64) -> f64 {
    1.0 + load.max(0.0).sqrt()
}

/// The line T_M as pairs of load and temperature, from (α_c, 0) to (0, 1).
pub fn retrieval_line(points: usize) -> Vec<(f64, f64)> {
    let last = points.max(2) - 1;
    let temperatures = (0..=last).map(|k| k as f64 / last as f64);
    temperatures.map(|temperature| (largest_load(temperature), temperature)).collect()
}

/// The overlap after one synchronous sweep at T = 0 from overlap `initial`: m₁ = erf(m₀/√(2α)), exact for N → ∞, as the
/// noise is Gaussian while the state knows nothing of the other patterns (W. Kinzel, Z. Phys. B 60, 205 (1985)).
pub fn first_step_overlap(initial: f64, load: f64) -> f64 {
    erf(initial / (2.0 * load).sqrt())
}

/// What follows from a given noise σ = √(αr).
#[derive(Clone, Copy)]
struct Point {
    overlap: f64,
    order: f64,
    susceptibility: f64,
    load: f64,
}

impl Point {
    fn new(overlap: f64, order: f64, susceptibility: f64, sigma: f64) -> Self {
        let load = if order > 0.0 { (sigma * (1.0 - susceptibility)).powi(2) / order } else { 0.0 };
        Self { overlap, order, susceptibility, load }
    }

    fn at(sigma: f64, temperature: f64) -> Self {
        if temperature < COLD {
            let slope = |m: f64| (2.0 / PI).sqrt() / sigma * (-0.5 * (m / sigma).powi(2)).exp();
            let m = concave_root(|m| (erf(m / (SQRT_2 * sigma)), slope(m)));
            return Self::new(m, 1.0, slope(m), sigma);
        }
        let beta = 1.0 / temperature;
        let m = concave_root(|m| {
            let [mean, square] = magnetisations(m, sigma, beta);
            (mean, beta * (1.0 - square))
        });
        let q = magnetisations(m, sigma, beta)[1];
        Self::new(m, q, beta * (1.0 - q), sigma)
    }

    fn without_overlap(sigma: f64, temperature: f64) -> Self {
        if temperature < COLD {
            return Self::new(0.0, 1.0, (2.0 / PI).sqrt() / sigma, sigma);
        }
        let q = magnetisations(0.0, sigma, 1.0 / temperature)[1];
        Self::new(0.0, q, (1.0 - q) / temperature, sigma)
    }

    /// f = α/2 + m²/2 + αrC/2 + (α/2β)[ln(1 − C) − βq/(1 − C)] − T ∫Dz ln 2cosh β(m + σz).
    fn state(self, load: f64, sigma: f64, temperature: f64) -> State {
        let Self { overlap: m, order: q, susceptibility: c, .. } = self;
        let noise = q / (1.0 - c).powi(2);
        let entropy = if temperature < COLD {
            // ∫Dz |m + σz|
            m * erf(m / (SQRT_2 * sigma)) + sigma * (2.0 / PI).sqrt() * (-0.5 * (m / sigma).powi(2)).exp()
        } else {
            let log_cosh = |h: f64| {
                let x = (h / temperature).abs();
                x + (-2.0 * x).exp().ln_1p()
            };
            temperature * normal_means(m, sigma, 1.0 / temperature, |h| [log_cosh(h)])[0]
        };
        let logarithm = if temperature < COLD { 0.0 } else { temperature * (1.0 - c).ln() };
        let free_energy = 0.5 * (load + m * m + load * noise * c + load * (logarithm - q / (1.0 - c))) - entropy;
        State { overlap: m, order: q, noise, susceptibility: c, free_energy }
    }
}

/// The σ of the largest load.
fn peak(temperature: f64) -> f64 {
    // The positive root of m vanishes where the slope at m = 0 is 1.
    let end = if temperature < COLD {
        (2.0 / PI).sqrt()
    } else {
        let beta = 1.0 / temperature;
        bisect(0.0, 1.0, |sigma| beta * (1.0 - magnetisations(0.0, sigma, beta)[1]) > 1.0)
    };
    let load = |sigma: f64| Point::at(sigma, temperature).load;
    let step = end / SCAN as f64;
    let top = (1..SCAN).max_by(|&a, &b| load(a as f64 * step).total_cmp(&load(b as f64 * step))).unwrap_or(1);
    let (mut low, mut high) = ((top - 1) as f64 * step, (top + 1) as f64 * step);
    let golden = (5_f64.sqrt() - 1.0) / 2.0;
    // A peak is flat: its place is known to the root of the precision of its height.
    while high - low > 1e-8 * end {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if load(left) < load(right) { low = left } else { high = right }
    }
    0.5 * (low + high)
}

/// The place where `below` turns from true to false.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) { low = middle } else { high = middle }
    }
    high
}

/// The positive root of m = f(m) for a concave f ≤ 1, given its value and slope: Newton's method from above never passes
/// the root.
fn concave_root(f: impl Fn(f64) -> (f64, f64)) -> f64 {
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

/// ∫Dz tanh β(m + σz), and the same of tanh².
fn magnetisations(m: f64, sigma: f64, beta: f64) -> [f64; 2] {
    normal_means(m, sigma, beta, |h| {
        let tanh = (beta * h).tanh();
        [tanh, tanh * tanh]
    })
}

/// ∫Dz f(m + σz) by the trapezoid rule, which converges exponentially: its step follows from the poles of tanh βσz and from
/// the width of the normal measure.
fn normal_means<const K: usize>(m: f64, sigma: f64, beta: f64, f: impl Fn(f64) -> [f64; K]) -> [f64; K] {
    let step = (0.3 / (beta * sigma).max(1e-9)).min(0.5);
    let half = (8.5 / step).ceil() as i32;
    let (mut norm, mut sums) = (0.0, [0.0; K]);
    for k in -half..=half {
        let z = f64::from(k) * step;
        let weight = (-0.5 * z * z).exp();
        norm += weight;
        for (sum, value) in sums.iter_mut().zip(f(m + sigma * z)) {
            *sum += weight * value;
        }
    }
    sums.map(|sum| sum / norm)
}
