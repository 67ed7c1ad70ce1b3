//! Minimisation of convex functions of many variables.

use super::found::pairs;
use crate::attendant::{Attendant, Within};
use crate::error::Result;
use crate::io::checkpoint::{Sections, unfit};

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

/// A search under way: all that decides how it goes on.
#[derive(Debug)]
struct Descent {
    at: Vec<f64>,
    /// The function, penalty included, and the gradient, penalty not included.
    value: f64,
    gradient: Vec<f64>,
    /// The last steps.
    memory: Vec<Pair>,
    course: Vec<(f64, f64)>,
}

/// Minimises f(x) + Σ l_i |x_i| by a limited-memory quasi-Newton method that stays in one orthant a step (J. Nocedal, Math. Comp.
/// 35, 773 (1980); G. Andrew and J. Gao, Proc. ICML 2007, 33): with all l_i = 0 it is L-BFGS. `function` gives f and its
/// gradient. After each step the attendant may have the search saved; it goes on `from` what was saved.
pub(crate) fn minimise(
    start: Vec<f64>,
    absolute: &[f64],
    stopping: Stopping,
    (from, attendant): (Option<&Sections>, &mut dyn Attendant),
    mut function: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
) -> Result<Minimum> {
    let mut penalised = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
        let (value, gradient) = function(x)?;
        Ok((value + x.iter().zip(absolute).map(|(x, l)| l * x.abs()).sum::<f64>(), gradient))
    };
    let mut descent = match from {
        Some(saved) => Descent::restore(saved, start.len())?,
        None => {
            let (value, gradient) = penalised(&start)?;
            Descent { at: start, value, gradient, memory: Vec::new(), course: Vec::new() }
        }
    };
    loop {
        let slope = subgradient(&descent.at, &descent.gradient, absolute);
        let largest = slope.iter().fold(0.0, |most: f64, g| most.max(g.abs()));
        descent.course.push((descent.value, largest));
        if largest <= stopping.gradient || descent.course.len() > stopping.steps || !largest.is_finite() {
            return Ok(descent.end(largest <= stopping.gradient));
        }
        if !descent.step(&slope, absolute, stopping.noise, &mut penalised)? {
            return Ok(descent.end(false));
        }
        let mut attendant = Within::step_of_search(attendant, descent.course.len() - 1, |state| state);
        attendant.progress(1.0);
        if attendant.due() {
            attendant.save(descent.save())?;
        }
    }
}

impl Descent {
    /// Makes a step; says whether there is one that leads down.
    fn step(
        &mut self,
        slope: &[f64],
        absolute: &[f64],
        noise: f64,
        function: &mut impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
    ) -> Result<bool> {
        let mut direction = quasi_newton(slope, &self.memory);
        // The step must go down in each component where the penalty has a corner.
        for ((d, g), l) in direction.iter_mut().zip(slope).zip(absolute) {
            if *l > 0.0 && *d * g >= 0.0 {
                *d = 0.0;
            }
        }
        let mut promised = dot(&direction, slope);
        if promised >= 0.0 {
            self.memory.clear();
            direction = slope.iter().map(|g| -g).collect();
            promised = -dot(slope, slope);
        }
        // Scaled variables have curvatures near 1 and values of a few units.
        let longest = direction.iter().fold(0.0, |most: f64, d| most.max(d.abs()));
        let mut step = (1.0 / longest).min(1.0);
        for _ in 0..=HALVINGS {
            let next = moved(&self.at, slope, (&direction, step), absolute);
            let (value, gradient) = function(&next)?;
            if value <= self.value + CONTENT * step * promised + noise {
                self.go(next, value, gradient);
                return Ok(true);
            }
            step *= 0.5;
        }
        Ok(false)
    }

    fn go(&mut self, next: Vec<f64>, value: f64, gradient: Vec<f64>) {
        let pair = Pair {
            moved: next.iter().zip(&self.at).map(|(new, old)| new - old).collect(),
            turned: gradient.iter().zip(&self.gradient).map(|(new, old)| new - old).collect(),
        };
        if dot(&pair.moved, &pair.turned) > 1e-10 * dot(&pair.moved, &pair.moved) {
            self.memory.push(pair);
            if self.memory.len() > MEMORY {
                self.memory.remove(0);
            }
        }
        (self.at, self.value, self.gradient) = (next, value, gradient);
    }

    fn end(self, converged: bool) -> Minimum {
        Minimum { at: self.at, course: self.course, converged }
    }

    fn save(&self) -> Sections {
        let course: Vec<f64> = self.course.iter().flat_map(|&(value, slope)| [value, slope]).collect();
        let side = |of: fn(&Pair) -> &Vec<f64>| self.memory.iter().flat_map(of).copied().collect::<Vec<f64>>();
        let mut sections = Sections::new();
        sections.put_numbers("at", &self.at).put_numbers("value", &[self.value]);
        sections.put_numbers("gradient", &self.gradient).put_numbers("course", &course);
        sections.put_numbers("moved", &side(|pair| &pair.moved)).put_numbers("turned", &side(|pair| &pair.turned));
        sections
    }

    fn restore(saved: &Sections, width: usize) -> Result<Self> {
        let [moved, turned] = ["moved", "turned"].map(|name| saved.numbers::<f64>(name));
        let (moved, turned) = (moved?, turned?);
        if moved.len() != turned.len() || !moved.len().is_multiple_of(width) {
            return Err(unfit("moved", format!("as `turned`, {width} a step"), moved.len()));
        }
        let pair = |(moved, turned): (&[f64], &[f64])| Pair { moved: moved.into(), turned: turned.into() };
        let [value] = saved.array("value")?;
        Ok(Self {
            at: saved.as_many("at", width)?,
            value,
            gradient: saved.as_many("gradient", width)?,
            memory: moved.chunks_exact(width).zip(turned.chunks_exact(width)).map(pair).collect(),
            course: pairs(saved, "course")?.into_iter().map(|[value, slope]| (value, slope)).collect(),
        })
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
    use crate::attendant::Unattended;
    use crate::error::Error;

    /// Without anybody to save it.
    fn alone(
        start: Vec<f64>,
        absolute: &[f64],
        stopping: Stopping,
        function: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
    ) -> Minimum {
        minimise(start, absolute, stopping, (None, &mut Unattended(&mut |_| {})), function).unwrap()
    }

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
        let minimum = alone(vec![0.0; 20], &[0.0; 20], stopping, function);
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
        let minimum = alone(vec![1.0; 4], &[1.0; 4], STOPPING, separable);
        for (x, c) in minimum.at.iter().zip(centres) {
            assert!((x - (c.abs() - 1.0).max(0.0) * c.signum()).abs() < 1e-9, "{:?}", minimum.at);
        }
        assert_eq!(minimum.at[1..3], [0.0, 0.0]);
        let minimum = alone(vec![0.0; 20], &[5.0; 20], STOPPING, function);
        assert!(minimum.converged, "{:?}", minimum.course);
    }

    #[test]
    fn a_function_without_a_minimum_does_not_converge() {
        let endless = |x: &[f64]| Ok(((-x[0]).exp(), vec![-(-x[0]).exp()]));
        let minimum = alone(vec![0.0], &[0.0], Stopping { gradient: 1e-30, ..STOPPING }, endless);
        assert!(!minimum.converged && minimum.at[0] > 10.0);
    }

    /// Stops the search at every question.
    struct AtEveryStep(Option<Sections>);

    impl Attendant for AtEveryStep {
        fn due(&mut self) -> bool {
            true
        }

        fn save(&mut self, state: Sections) -> Result<()> {
            self.0 = Some(state);
            Err(Error::Interrupted)
        }
    }

    #[test]
    fn a_search_goes_on_where_it_was_saved() {
        let absolute: Vec<f64> = (0..20).map(|k| 0.3 * f64::from(k % 3)).collect();
        let stopping = Stopping { gradient: 1e-6, steps: 200, noise: 1e-14 };
        let whole = alone(vec![0.0; 20], &absolute, stopping, function);
        let mut state = AtEveryStep(None);
        let mut stops = 0;
        let parts = loop {
            let from = state.0.take();
            match minimise(vec![0.0; 20], &absolute, stopping, (from.as_ref(), &mut state), function) {
                Ok(minimum) => break minimum,
                Err(error) => assert!(matches!(error, Error::Interrupted), "{error}"),
            }
            stops += 1;
        };
        assert_eq!((stops, whole.converged), (whole.course.len() - 1, true));
        assert!(parts.at == whole.at && parts.course == whole.course && parts.converged);
    }
}
