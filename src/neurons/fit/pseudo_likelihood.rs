//! Maximum pseudo-likelihood, and maximum likelihood of the causal chain: concave, with gradients from the device.

use super::centred::Centred;
use super::conditionals::Conditionals;
use super::counts::SpikeCounts;
use super::found::Found;
use super::layout::Layout;
use super::optimise::{Minimum, Stopping, minimise};
use super::prior::Prior;
use crate::attendant::Attendant;
use crate::error::Result;
use crate::io::checkpoint::Sections;
use crate::random::{Purpose, Stream, uniform_below};

/// A search ends where no derivative is larger than this share of its standard error.
const CONTENT: f64 = 0.02;
/// What single precision leaves of derivatives in units of √information.
const PRECISION: f64 = 2e-5;
/// Relative error of log-likelihoods in single precision.
const NOISE: f64 = 2e-7;

/// The conditional likelihood of a recording with a prior, in scaled parameters.
#[derive(Debug)]
pub(crate) struct Objective {
    conditionals: Conditionals,
    centred: Centred,
    prior: Prior,
    steps: usize,
}

/// One stage of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What is made smaller: −ln P a neuron and tick with the prior's share; of Boltzmann learning the root mean square of the
    /// deviations.
    pub misfit: f64,
    /// The largest deviation of a moment of the field from that of the data, in standard errors of the data.
    pub deviation: f64,
}

impl Objective {
    /// No neuron may be constant.
    pub fn new(conditionals: Conditionals, counts: &SpikeCounts, prior: Prior, steps: usize) -> Self {
        Self { conditionals, centred: Centred::new(counts), prior, steps }
    }

    /// Maximises, from independent neurons or `from` where such a search was saved.
    ///
    /// # Errors
    /// What the device and the attendant report, and [`Error::Input`](crate::Error::Input) for what was saved of another search.
    pub fn maximise(&mut self, keeping: (Option<&Sections>, &mut dyn Attendant)) -> Result<Found> {
        let weights = vec![1.0; self.conditionals.ticks().len()];
        let minimum = self.search(self.centred.independent(), &weights, keeping)?;
        let (ticks, neurons) = (self.ticks(&weights), self.conditionals.layout().neurons as f64);
        let step = |&(value, slope): &(f64, f64)| Step { misfit: value / neurons, deviation: slope * ticks.sqrt() };
        Ok(Found {
            parameters: self.centred.parameters(&minimum.at),
            converged: minimum.converged,
            course: minimum.course.iter().map(step).collect(),
            errors: None,
        })
    }

    /// Parameters of a sample of the bootstrap: blocks of ticks are drawn with replacement, and fitted.
    ///
    /// # Errors
    /// As [`maximise`](Self::maximise).
    pub fn resampled(
        &mut self,
        parameters: &[f64],
        (sample, seed): (usize, u64),
        keeping: (Option<&Sections>, &mut dyn Attendant),
    ) -> Result<Vec<f64>> {
        let start = self.centred.place(parameters);
        let blocks = self.blocks();
        let mut stream = Stream::new(seed, Purpose::Bootstrap, sample as u32);
        let mut weights = vec![0.0; self.conditionals.ticks().len()];
        for _ in &blocks {
            weights[blocks[uniform_below(&mut stream, blocks.len() as u64) as usize]] += 1.0;
        }
        let found = self.search(start, &weights, keeping)?;
        Ok(self.centred.parameters(&found.at))
    }

    /// The blocks that hold ticks.
    pub fn blocks(&self) -> Vec<usize> {
        (0..self.conditionals.ticks().len()).filter(|&block| self.conditionals.ticks()[block] > 0.0).collect()
    }

    fn ticks(&self, weights: &[f64]) -> f64 {
        self.conditionals.ticks().iter().zip(weights).map(|(ticks, weight)| ticks * weight).sum()
    }

    fn search(
        &mut self,
        start: Vec<f64>,
        weights: &[f64],
        keeping: (Option<&Sections>, &mut dyn Attendant),
    ) -> Result<Minimum> {
        let ticks = self.ticks(weights);
        let layout = self.conditionals.layout();
        let (centred, prior, conditionals) = (&self.centred, self.prior, &mut self.conditionals);
        let absolute = match prior {
            Prior::Laplace(strength) => absolute_weights(layout, &centred.scales, strength / ticks),
            _ => vec![0.0; layout.len()],
        };
        let gradient = (CONTENT / ticks.sqrt()).max(PRECISION);
        let stopping = Stopping { gradient, steps: self.steps, noise: NOISE * layout.neurons as f64 };
        minimise(start, &absolute, stopping, keeping, |place| {
            let parameters = centred.parameters(place);
            let sums = conditionals.evaluate(&parameters, weights)?;
            let likelihood: f64 = sums.likelihoods.iter().zip(weights).map(|(value, weight)| value * weight).sum();
            let mut value = -likelihood / ticks;
            let mut gradient: Vec<f64> = sums.gradient.iter().map(|g| -g / ticks).collect();
            if let Prior::Normal(strength) = prior {
                for (g, x) in gradient.iter_mut().zip(&parameters).skip(layout.neurons) {
                    *g += strength / ticks * x;
                    value += 0.5 * strength / ticks * x * x;
                }
            }
            Ok((value, centred.slope(&gradient)))
        })
    }
}

/// The penalty of |place| where couplings have the penalty `strength`.
fn absolute_weights(layout: Layout, scales: &[f64], strength: f64) -> Vec<f64> {
    let of = |(place, scale): (usize, &f64)| if place < layout.neurons { 0.0 } else { strength / scale };
    scales.iter().enumerate().map(of).collect()
}
