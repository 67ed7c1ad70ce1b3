//! Likelihoods of fits, and errors of their couplings.

use super::check::Agreement;
use super::conditionals::Conditionals;
use super::counts::SpikeCounts;
use super::layout::Layout;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::neurons::{Raster, Reading};

/// How well a field describes a stretch of a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Ticks of all trials that count.
    pub bins: usize,
    /// The mean over neurons and ticks of ln P(f | everything else), in nats.
    pub log_pseudo_likelihood: f64,
    /// The same of independent neurons with the rates of the data that were fitted.
    pub independent: f64,
    /// Of sampled rates and covariances with those of the stretch; `None` where the fit was not sampled.
    pub agreement: Option<Agreement>,
}

/// Standard errors of the parameters of a field, in the shapes of [`NeuralField`](crate::NeuralField).
#[derive(Debug, Clone, PartialEq)]
pub struct CouplingErrors {
    /// N × N, zero on the diagonal.
    pub space: Vec<f64>,
    /// Lags × N.
    pub time: Vec<f64>,
    /// N.
    pub input: Vec<f64>,
}

impl CouplingErrors {
    pub(crate) fn of(layout: Layout, errors: &[f64]) -> Self {
        let input = errors[..layout.neurons].to_vec();
        Self { space: layout.matrix(errors), time: errors[layout.times()].to_vec(), input }
    }
}

/// A rate that is neither 0 nor 1, of so many spikes: half a spike and half a silence more (Krichevsky and Trofimov) where a neuron
/// is constant.
pub(crate) fn open_rate(spikes: f64, ticks: f64) -> f64 {
    if spikes == 0.0 || spikes == ticks { (spikes + 0.5) / (ticks + 1.0) } else { spikes / ticks }
}

impl Scores {
    /// Of a stretch under parameters that were found from `fitted`.
    ///
    /// # Errors
    /// What the device reports.
    pub(crate) fn of(
        gpu: &Gpu,
        (raster, counts): (&Raster, &SpikeCounts),
        (parameters, fitted): (&[f64], &SpikeCounts),
        reading: Reading,
    ) -> Result<Self> {
        let Layout { neurons, lags, .. } = counts.layout;
        let mut conditionals = Conditionals::new(gpu, raster, lags, reading)?;
        let none = vec![0.0; conditionals.ticks().len()];
        let likelihood: f64 = conditionals.evaluate(parameters, &none)?.likelihoods.iter().sum();
        let independent: f64 = (0..neurons)
            .map(|i| {
                let rate = open_rate(fitted.events[i], fitted.ticks);
                counts.events[i] * rate.ln() + (counts.ticks - counts.events[i]) * (1.0 - rate).ln()
            })
            .sum();
        let all = neurons as f64 * counts.ticks;
        Ok(Self {
            bins: counts.ticks as usize,
            log_pseudo_likelihood: likelihood / all,
            independent: independent / all,
            agreement: None,
        })
    }
}
