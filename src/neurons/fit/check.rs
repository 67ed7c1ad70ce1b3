//! Whether what a fit says comes true when it is sampled.

use super::counts::SpikeCounts;
use super::sampler::Sampler;
use crate::attendant::{Attendant, Within};
use crate::error::Result;
use crate::io::checkpoint::{Sections, unfit};
use crate::neurons::RasterMoments;
use crate::schedule::Schedule;
use crate::statistics::r_hat;

/// Samples of a measurement, sweeps between two of them, and sweeps before it: more than a thousand from random starts.
const SCHEDULE: [u64; 3] = [100, 10, 500];
/// The same of a causal chain, whose sweeps are independent of each other.
const CAUSAL_SCHEDULE: [u64; 3] = [50, 1, 0];
/// Chains agree below this.
const AGREED: f64 = 1.05;
/// How often a measurement whose chains do not agree is made, each time after twice as many sweeps.
const ATTEMPTS: u32 = 4;
/// A sampled mean rate further than this share from that of the data is a fit that runs away.
const RUNAWAY: f64 = 0.2;
/// Lags over which neurons are compared with themselves.
pub(crate) const LAGS: usize = 5;

/// What a fitted field does, sampled from random starts.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledCheck {
    /// Of each neuron, in spikes a tick.
    pub rates: Vec<f64>,
    /// Connected same-tick covariances ⟨f_i f_j⟩ − ⟨f_i⟩⟨f_j⟩ of the pairs i < j, row by row.
    pub covariances: Vec<f64>,
    /// The fraction of ticks in which so many neurons fire, from 0 to N.
    pub population: Vec<f64>,
    /// Connected covariances of each neuron with itself, lag by lag from 1 to 5.
    pub lagged: Vec<f64>,
    /// Split R-hat of the number of neurons that fire; `None` where that never changes.
    pub r_hat: Option<f64>,
    /// Sweeps made, warm-up included.
    pub sweeps: u64,
    /// Attempted updates of sites in these.
    pub updates: u64,
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
    /// Root mean square over neurons and lags 1 to 5 of the difference of covariances of a neuron with itself.
    pub lagged_error: f64,
}

impl SampledCheck {
    /// Samples a field whose chains have just been started at random, and compares its mean rate with that of the counts; goes on
    /// `from` what was saved on the way.
    ///
    /// # Errors
    /// What the device and the attendant report, and [`Error::Input`](crate::Error::Input) for what was saved of another check.
    pub(crate) fn run(
        counts: &SpikeCounts,
        sampler: &mut Sampler,
        (from, attendant): (Option<&Sections>, &mut dyn Attendant),
    ) -> Result<Self> {
        let [samples, thin, warmup] = if sampler.is_causal() { CAUSAL_SCHEDULE } else { SCHEDULE };
        let schedule = |attempt: u32| Schedule { warmup: warmup << attempt, samples, thin };
        let (mut attempt, mut sampling) = (0, None);
        if let Some(saved) = from {
            [attempt] = saved.array("attempt")?;
            if attempt >= ATTEMPTS {
                return Err(unfit("attempt", format!("below {ATTEMPTS}"), attempt));
            }
            sampling = Some(saved.required("sampling")?);
        }
        loop {
            let mut attendant = Within::step_of_search(attendant, attempt as usize, |sampling| {
                let mut state = Sections::new();
                state.put_numbers("attempt", &[attempt]).nest("sampling", sampling);
                state
            });
            let measured = sampler.measure(schedule(attempt), sampling.take().as_ref(), &mut attendant)?;
            let sweeps = (0..=attempt).map(|attempt| schedule(attempt).sweeps()).sum::<Result<u64>>()?;
            let updates = sweeps * sampler.ticks() * counts.layout.neurons as u64;
            let check = Self::of(counts, &measured, [sweeps, updates]);
            let agreed = check.r_hat.is_none_or(|r_hat| r_hat < AGREED);
            // A fit that has run away does not come back.
            attempt += 1;
            if agreed || check.unstable || attempt == ATTEMPTS {
                return Ok(check);
            }
        }
    }

    fn of(counts: &SpikeCounts, measured: &RasterMoments, [sweeps, updates]: [u64; 2]) -> Self {
        let neurons = measured.neurons();
        let rates: Vec<f64> = measured.rates().iter().map(|rate| rate.mean).collect();
        let pairs = (0..neurons).flat_map(|i| (i + 1..neurons).map(move |j| (i, j)));
        let lagged = measured.time().iter().take(LAGS * neurons).enumerate();
        let sampled = rates.iter().sum::<f64>();
        let wanted = counts.events[..neurons].iter().sum::<f64>() / counts.ticks;
        Self {
            covariances: pairs.map(|(i, j)| measured.covariance(i, j)).collect(),
            population: measured.population().iter().map(|share| share.mean).collect(),
            // Ticks without couplings between them are independent.
            lagged: match measured.time() {
                [] => vec![0.0; LAGS * neurons],
                _ => lagged.map(|(at, time)| time.mean - rates[at % neurons].powi(2)).collect(),
            },
            r_hat: r_hat(measured.activity()),
            sweeps,
            updates,
            unstable: (sampled - wanted).abs() > RUNAWAY * wanted,
            rates,
        }
    }

    /// How far the samples are from a recording, whose counts are those of one tick and of [`LAGS`] lags.
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
            lagged_error: root_mean_square(
                counts.lagged_covariances().iter().zip(&self.lagged).map(|(data, model)| data - model),
            ),
        }
    }
}

/// √ of the mean of squares; 0 of nothing.
pub(crate) fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value * value, count + 1));
    (sum / f64::from(count.max(1))).sqrt()
}
