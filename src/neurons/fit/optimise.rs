//! Minimisation of convex functions of many variables.

use crate::error::Result;

/// Steps whose curvature is remembered.
const MEMORY: usize = 12;
/// The share of the decrease that the slope promises with which a step is content.
const CONTENT: f64 = 1e-4;
/// The most halvings of one step.
const HALVINGS: usize = 30;

/// When to stop, and what single precision makes of the function's value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopping {
    /// The largest component of the gradient with which the search is content.
    pub gradient: f64,
    /// The most steps.
    pub steps: usize,
    /// Differences of the function that mean nothing.
    pub noise: f64,
}

/// Where a search ended.
#[derive(Debug, Clone)]
pub(crate) struct Minimum {
    pub at: Vec<f64>,
    /// The function and the largest component of its gradient, at the beginning and after each step.
    pub course: Vec<(f64, f64)>,
    pub converged: bool,
}

/// Minimises f(x) + Σ l_i |x_i| by a limited-memory quasi-Newton method that stays in one orthant a step (J. Nocedal, Math. Comp.
/// 35, 773 (1980); G. Andrew and J. Gao, Proc. ICML 2007, 33): with all l_i = 0 it is L-BFGS. `function` gives f and its
/// gradient.
pub(crate) fn minimise(
    start: Vec<f64>,
    absolute: &[f64],
    stopping: Stopping,
    mut function: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
) -> Result<Minimum> {
    let penalty = |x: &[f64]| x.iter().zip(absolute).map(|(x, l)| l * x.abs()).sum::<f64>();
    let mut at = start;
    let (value, mut gradient) = function(&at)?;
    let mut value = value + penalty(&at);
    let mut course = Vec::new();
    let mut memory: Vec<Pair> = Vec::new();
    loop {
        let slope = subgradient(&at, &gradient, absolute);
        let largest = slope.iter().fold(0.0, |most: f64, g| most.max(g.abs()));
        course.push((value, largest));
        if largest <= stopping.gradient || course.len() > stopping.steps || !largest.is_finite() {
            return Ok(Minimum { at, converged: largest <= stopping.gradient, course });
        }
        let mut direction = quasi_newton(&slope, &memory);
        // The step must go down in each component where the penalty has a corner.
        for ((d, g), l) in direction.iter_mut().zip(&slope).zip(absolute) {
            if *l > 0.0 && *d * g >= 0.0 {
                *d = 0.0;
            }
        }
        let mut promised = dot(&direction, &slope);
        if promised >= 0.0 {
            memory.clear();
            direction = slope.iter().map(|g| -g).collect();
            promised = -dot(&slope, &slope);
        }
        // Scaled variables have curvatures near 1 and values of a few units.
        let longest = direction.iter().fold(0.0, |most: f64, d| most.max(d.abs()));
        let mut step = (1.0 / longest).min(1.0);
        let mut halvings = 0;
        let (next, next_value, next_gradient) = loop {
            let next = moved(&at, &slope, (&direction, step), absolute);
            let (next_value, next_gradient) = function(&next)?;
            let next_value = next_value + penalty(&next);
            if next_value <= value + CONTENT * step * promised + stopping.noise {
                break (next, next_value, next_gradient);
            }
            step *= 0.5;
            halvings += 1;
            if halvings > HALVINGS {
                return Ok(Minimum { at, course, converged: false });
            }
        };
        let pair = Pair {
            moved: next.iter().zip(&at).map(|(new, old)| new - old).collect(),
            turned: next_gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect(),
        };
        if dot(&pair.moved, &pair.turned) > 1e-10 * dot(&pair.moved, &pair.moved) {
            memory.push(pair);
            if memory.len() > MEMORY {
                memory.remove(0);
            }
        }
        (at, value, gradient) = (next, next_value, next_gradient);
    }
}

/// How the place moved in a step, and how the gradient changed.
#[derive(Debug)]
struct Pair {
    moved: Vec<f64>,
    turned: Vec<f64>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The steepest slope where the penalty has a corner: 0 within it.
fn subgradient(at: &[f64], gradient: &[f64], absolute: &[f64]) -> Vec<f64> {
    let component = |((&x, &g), &l): ((&f64, &f64), &f64)| match x {
        _ if l == 0.0 => g,
        x if x > 0.0 => g + l,
        x if x < 0.0 => g - l,
        _ => (g + l).min(0.0) + (g - l).max(0.0),
    };
    at.iter().zip(gradient).zip(absolute).map(component).collect()
}

/// The place after a step; components with a corner stop there instead of changing their sign.
fn moved(at: &[f64], slope: &[f64], (direction, step): (&[f64], f64), absolute: &[f64]) -> Vec<f64> {
    let component = |k: usize| {
        let next = at[k] + step * direction[k];
        let side = if at[k] == 0.0 { -slope[k] } else { at[k] };
        if absolute[k] > 0.0 && next * side <= 0.0 { 0.0 } else { next }
    };
    (0..at.len()).map(component).collect()
}

/// −H⁻¹ g by the two loops of the method.
fn quasi_newton(gradient: &[f64], memory: &[Pair]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.to_vec();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = dot(&pair.moved, &q) / dot(&pair.moved, &pair.turned);
        q.iter_mut().zip(&pair.turned).for_each(|(q, y)| *q -= share * y);
        shares.push(share);
    }
    if let Some(last) = memory.last() {
        let scale = dot(&last.moved, &last.turned) / dot(&last.turned, &last.turned);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for (pair, share) in memory.iter().zip(shares.into_iter().rev()) {
        let own = dot(&pair.turned, &q) / dot(&pair.moved, &pair.turned);
        q.iter_mut().zip(&pair.moved).for_each(|(q, s)| *q += (share - own) * s);
    }
    q.iter_mut().for_each(|q| *q = -*q);
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOPPING: Stopping = Stopping { gradient: 1e-9, steps: 200, noise: 0.0 };

    /// ½ Σ c_k (x_k − k)² + ¼ Σ (x_k − x_{k+1})⁴, convex and badly scaled.
    fn function(x: &[f64]) -> Result<(f64, Vec<f64>)> {
        let (mut value, mut gradient) = (0.0, vec![0.0; x.len()]);
        for (k, &x) in x.iter().enumerate() {
            let (curvature, apart) = (10f64.powi(k as i32 % 4), x - k as f64);
            value += 0.5 * curvature * apart * apart;
            gradient[k] += curvature * apart;
        }
        for k in 0..x.len() - 1 {
            let apart = x[k] - x[k + 1];
            value += 0.25 * apart.powi(4);
            gradient[k] += apart.powi(3);
            gradient[k + 1] -= apart.powi(3);
        }
        Ok((value, gradient))
    }

    #[test]
    fn a_smooth_function_is_minimised() {
        // Values of about 5 are known to 1e-15, which curvatures of up to 1,000 make 1e-6 of the gradient.
        let stopping = Stopping { gradient: 1e-6, steps: 200, noise: 1e-14 };
        let minimum = minimise(vec![0.0; 20], &[0.0; 20], stopping, function).unwrap();
        assert!(minimum.converged, "{} steps, {:?}", minimum.course.len(), minimum.course.last());
        let (_, gradient) = function(&minimum.at).unwrap();
        assert!(gradient.iter().all(|g| g.abs() <= 1e-6));
    }

    #[test]
    fn corners_hold_what_the_penalty_outweighs() {
        // ½ (x − c)² + l |x| has its minimum at the soft threshold.
        let centres: [f64; 4] = [3.0, 0.5, -0.2, -2.0];
        let separable = |x: &[f64]| {
            let apart: Vec<f64> = x.iter().zip(centres).map(|(x, c)| x - c).collect();
            Ok((0.5 * dot(&apart, &apart), apart))
        };
        let minimum = minimise(vec![1.0; 4], &[1.0; 4], STOPPING, separable).unwrap();
        for (x, c) in minimum.at.iter().zip(centres) {
            assert!((x - (c.abs() - 1.0).max(0.0) * c.signum()).abs() < 1e-9, "{:?}", minimum.at);
        }
        assert_eq!(minimum.at[1..3], [0.0, 0.0]);
        let minimum = minimise(vec![0.0; 20], &[5.0; 20], STOPPING, function).unwrap();
        assert!(minimum.converged, "{:?}", minimum.course);
    }

    #[test]
    fn a_function_without_a_minimum_does_not_converge() {
        let endless = |x: &[f64]| Ok(((-x[0]).exp(), vec![-(-x[0]).exp()]));
        let minimum = minimise(vec![0.0], &[0.0], Stopping { gradient: 1e-30, ..STOPPING }, endless).unwrap();
        assert!(!minimum.converged && minimum.at[0] > 10.0);
    }
}
