//! Whether what a fit says comes true when it is sampled.

use super::counts::SpikeCounts;
use super::layout::Layout;
use super::sampler::Sampler;
use crate::error::Result;
use crate::statistics::{Chains, r_hat};

/// Sweeps before and during a measurement.
const SWEEPS: u64 = 1_000;
/// Sweeps between two records of how many neurons fire.
const RECORDED: u64 = 20;
/// Chains agree below this.
const AGREED: f64 = 1.05;
/// How often a measurement whose chains do not agree is made anew, after twice as many sweeps each time.
const ATTEMPTS: u32 = 4;
/// A sampled mean rate further than this share from that of the data is a fit that runs away.
const RUNAWAY: f64 = 0.2;

/// What a fitted field does, sampled from random starts.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledCheck {
    /// Of each neuron, in spikes a tick.
    pub rates: Vec<f64>,
    /// Connected same-tick covariances ⟨f_i f_j⟩ − ⟨f_i⟩⟨f_j⟩ of the pairs i < j, row by row.
    pub covariances: Vec<f64>,
    /// The fraction of ticks in which so many neurons fire, from 0 to N.
    pub population: Vec<f64>,
    /// Connected covariances of each neuron with itself, lag by lag from 1 on; empty where they were not sampled.
    pub lagged: Vec<f64>,
    /// Split R-hat of the number of neurons that fire; `None` where that never changes.
    pub r_hat: Option<f64>,
    /// Sweeps made, warm-up included.
    pub sweeps: u64,
    /// Whether the mean rate is more than 20 % off that of the data: the field has a phase that the data never visit.
    pub unstable: bool,
}

/// How far a field is from a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Root mean square over neurons of the difference of rates.
    pub mean_error: f64,
    /// Root mean square over pairs of the difference of covariances.
    pub correlation_error: f64,
    /// 1 − Σ(C_data − C_model)²/Σ(C_data − mean)² over pairs; `None` where covariances do not vary.
    pub correlation_r2: Option<f64>,
}

impl SampledCheck {
    /// Samples a field whose chains have just been started at random.
    ///
    /// # Errors
    /// What the device reports.
    pub(crate) fn run(counts: &SpikeCounts, sampler: &mut impl Sampler) -> Result<Self> {
        let layout = counts.layout;
        let mut sweeps = 0;
        let mut warmup = SWEEPS / 2;
        for attempt in 1.. {
            sampler.sweep(warmup)?;
            let mut moments = vec![0.0; layout.len()];
            let mut active: Vec<Vec<u32>> = Vec::new();
            for _ in 0..SWEEPS / RECORDED {
                let share = RECORDED as f64 / SWEEPS as f64;
                moments.iter_mut().zip(sampler.moments(RECORDED)?).for_each(|(sum, value)| *sum += share * value);
                active.push(sampler.active()?);
            }
            sweeps += warmup + SWEEPS;
            let values: Vec<f64> = active.iter().flatten().map(|&count| f64::from(count)).collect();
            let chains = Chains::from_rows(active.first().map_or(1, Vec::len), values)?;
            let agreement = r_hat(&chains);
            if agreement.is_none_or(|r_hat| r_hat < AGREED) || attempt == ATTEMPTS {
                return Ok(Self::of(counts, &moments, &active, agreement, sweeps));
            }
            warmup = 2 * sweeps;
        }
        unreachable!("the attempts end")
    }

    fn of(
        counts: &SpikeCounts,
        moments: &[f64],
        active: &[Vec<u32>],
        r_hat: Option<f64>,
        sweeps: u64,
    ) -> Self {
        let layout = counts.layout;
        let rates = moments[..layout.neurons].to_vec();
        let mut population = vec![0.0; layout.neurons + 1];
        let share = 1.0 / active.iter().map(Vec::len).sum::<usize>() as f64;
        active.iter().flatten().for_each(|&count| population[count as usize] += share);
        let [sampled, wanted] = [rates.iter().sum::<f64>(), counts.events[..layout.neurons].iter().sum::<f64>() / counts.ticks];
        Self {
            covariances: covariances(layout, moments),
            population,
            lagged: Vec::new(),
            r_hat,
            sweeps,
            unstable: (sampled - wanted).abs() > RUNAWAY * wanted,
            rates,
        }
    }

    /// How far the samples are from a recording.
    pub(crate) fn agreement(&self, counts: &SpikeCounts) -> Agreement {
        let rates = (0..counts.layout.neurons).map(|i| counts.rate(i));
        let measured = counts.covariances();
        let mean = measured.iter().sum::<f64>() / measured.len() as f64;
        let off: f64 = measured.iter().zip(&self.covariances).map(|(data, model)| (data - model).powi(2)).sum();
        let spread: f64 = measured.iter().map(|data| (data - mean).powi(2)).sum();
        Agreement {
            mean_error: root_mean_square(rates.zip(&self.rates).map(|(data, model)| data - model)),
            correlation_error: (off / measured.len().max(1) as f64).sqrt(),
            correlation_r2: (spread > 0.0).then(|| 1.0 - off / spread),
        }
    }
}

/// Connected covariances of the pairs from means of ff.
fn covariances(layout: Layout, moments: &[f64]) -> Vec<f64> {
    layout.each_pair().map(|(i, j)| moments[layout.pair(i, j)] - moments[i] * moments[j]).collect()
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value * value, count + 1));
    (sum / f64::from(count.max(1))).sqrt()
}
