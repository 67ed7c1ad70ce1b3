//! What a raster shows: rates, correlations in space and time, and how many neurons fire together.

use super::blocks::BlockMeans;
use super::coincidences::{BitRows, Coincidences, Counted};
use super::raster::Raster;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::plan::MAX_TRIPS;
use crate::statistics::{Chains, Estimate, mean};
use faer::{MatRef, Side};
use std::ops::Range;

/// A description of a raster before it is made. From [`Gpu::describe`].
#[derive(Debug, Clone)]
pub struct DescriptionBuilder<'a> {
    gpu: Gpu,
    raster: &'a Raster,
    lags: usize,
    blocks: usize,
    window: usize,
}

impl Gpu {
    /// Describes a raster; pairs of neurons and of ticks are counted on the device, in integers.
    ///
    /// ```no_run
    /// use spinfield::{Gpu, Raster};
    /// let raster = Raster::from_values(&[0, 1, 1, 0, 0, 1], 1, 2, 3)?;
    /// let description = Gpu::new()?.describe(&raster).run()?;
    /// // Neuron 0 fires in two of three ticks, and in one of them with neuron 1.
    /// assert_eq!(description.space_correlation(), [2.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]);
    /// # Ok::<(), spinfield::Error>(())
    /// ```
    pub fn describe<'a>(&self, raster: &'a Raster) -> DescriptionBuilder<'a> {
        DescriptionBuilder { gpu: self.clone(), raster, lags: 20, blocks: 32, window: 512 }
    }
}

impl DescriptionBuilder<'_> {
    /// The longest lag in ticks (default: 20; never more than a trial has).
    #[must_use]
    pub fn lags(mut self, lags: usize) -> Self {
        self.lags = lags;
        self
    }

    /// Into about how many blocks the ticks are cut to find errors (default: 32). A block is at least 32 ticks long and should be
    /// much longer than what neurons remember.
    #[must_use]
    pub fn blocks(mut self, blocks: usize) -> Self {
        self.blocks = blocks;
        self
    }

    /// How many of a trial's first ticks the correlations of ticks are found for (default: 512; 0 for none).
    #[must_use]
    pub fn window(mut self, ticks: usize) -> Self {
        self.window = ticks;
        self
    }

    /// Counts.
    ///
    /// # Errors
    /// [`Error::Input`] for no block; [`Error::Limit`] for more neurons, or a longer window, than the adapter can count pairs
    /// of.
    pub fn run(&self) -> Result<Description> {
        let raster = self.raster;
        if self.blocks == 0 {
            return Err(Error::input("blocks", "at least 1", 0, "errors need two and more"));
        }
        let lags = self.lags.min(raster.ticks() - 1);
        let rates = raster.rates();
        let rows = BitRows::of_neurons(raster);
        let groups = rows.groups();
        let batch = groups.div_ceil(self.blocks).min(MAX_TRIPS as usize);
        let mut device = Coincidences::new(&self.gpu, rows, batch, lags)?;
        let mut moments = Moments::new(&rates, lags);
        for first in (0..groups).step_by(batch) {
            let counted = device.count(first)?;
            let ticks = |lag: usize| ticks_with_later(raster, first..(first + batch).min(groups), lag);
            moments.add(&rates, &counted, ticks);
        }
        let activity = raster.activity();
        Ok(Description {
            neurons: raster.neurons(),
            ticks: raster.ticks(),
            trials: raster.trials(),
            rates: (0..raster.neurons()).map(|neuron| mean(&series(raster, neuron, 0..raster.ticks()))).collect(),
            offset: offset(raster, &activity),
            moments,
            window: self.count_ticks()?,
            activity,
        })
    }

    /// Correlations of the window's ticks.
    fn count_ticks(&self) -> Result<Window> {
        let ticks = self.window.min(self.raster.ticks());
        if ticks == 0 {
            return Ok(Window { ticks, values: Vec::new() });
        }
        let rows = BitRows::of_ticks(&self.raster.window(0..ticks)?);
        let (groups, batch) = (rows.groups(), rows.groups().min(MAX_TRIPS as usize));
        let mut device = Coincidences::new(&self.gpu, rows, batch, 0)?;
        let mut values = vec![0.0; ticks * ticks];
        for first in (0..groups).step_by(batch) {
            let counted = device.count(first)?;
            for (a, b) in pairs(ticks) {
                values[a * ticks + b] += f64::from(counted.together(a, b));
            }
        }
        let all = (self.raster.neurons() * self.raster.trials()) as f64;
        for (a, b) in pairs(ticks) {
            values[a * ticks + b] /= all;
            values[b * ticks + a] = values[a * ticks + b];
        }
        Ok(Window { ticks, values })
    }
}

/// All pairs whose first is not the later.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |i| (i..count).map(move |j| (i, j)))
}

/// How many ticks of these groups of 32 have one `lag` ticks later in the same trial.
fn ticks_with_later(raster: &Raster, groups: Range<usize>, lag: usize) -> f64 {
    let first = |group: usize| 32 * (group % raster.words());
    let with_later = raster.ticks().saturating_sub(lag);
    groups.map(|group| with_later.saturating_sub(first(group)).min(32)).sum::<usize>() as f64
}

/// A neuron's ticks of a range, a trial a chain.
pub(super) fn series(raster: &Raster, neuron: usize, ticks: Range<usize>) -> Chains {
    let ticks = ticks.flat_map(|tick| (0..raster.trials()).map(move |trial| (trial, tick)));
    let value = |(trial, tick)| f64::from(u8::from(raster.fires(trial, neuron, tick)));
    Chains::from_recording(raster.trials(), ticks.map(value).collect())
}

/// The mean of everything, from how many neurons fire in each tick.
fn offset(raster: &Raster, activity: &[u32]) -> Estimate {
    let ticks = (0..raster.ticks()).flat_map(|tick| (0..raster.trials()).map(move |trial| (trial, tick)));
    let value = |(trial, tick)| f64::from(activity[trial * raster.ticks() + tick]) / raster.neurons() as f64;
    mean(&Chains::from_recording(raster.trials(), ticks.map(value).collect()))
}

/// Moments of pairs and lags over blocks.
///
/// Errors of connected moments take the fluctuation of the rates with them: C = ⟨xy⟩ − ⟨x⟩⟨y⟩ fluctuates, to first order, as
/// the mean of xy − ⟨y⟩x − ⟨x⟩y.
#[derive(Debug, Clone)]
struct Moments {
    /// Pairs i <= j, and the same connected.
    pairs: BlockMeans,
    connected: BlockMeans,
    /// By lag from 1: of each neuron, of all, of all connected.
    lags: Vec<BlockMeans>,
}

impl Moments {
    fn new(rates: &[f64], lags: usize) -> Self {
        let neurons = rates.len();
        let count = neurons * (neurons + 1) / 2;
        let lags = vec![BlockMeans::new(neurons + 2); lags];
        Self { pairs: BlockMeans::new(count), connected: BlockMeans::new(count), lags }
    }

    fn add(&mut self, rates: &[f64], counted: &Counted, ticks: impl Fn(usize) -> f64) {
        let neurons = rates.len();
        let together = |(i, j)| f64::from(counted.together(i, j));
        self.pairs.add(ticks(0), pairs(neurons).map(together));
        let alone: Vec<f64> = (0..neurons).map(|i| f64::from(counted.alone(i))).collect();
        let connected = |(i, j): (usize, usize)| together((i, j)) - rates[j] * alone[i] - rates[i] * alone[j];
        self.connected.add(ticks(0), pairs(neurons).map(connected));
        for (lag, means) in self.lags.iter_mut().enumerate().map(|(at, means)| (at + 1, means)) {
            let later: Vec<f64> = (0..neurons).map(|i| f64::from(counted.later(i, lag))).collect();
            let all = later.iter().sum::<f64>() / neurons as f64;
            let share = ticks(lag) / ticks(0);
            let moved: f64 = alone.iter().zip(rates).map(|(alone, rate)| 2.0 * rate * alone * share).sum();
            means.add(ticks(lag), later.into_iter().chain([all, all - moved / neurons as f64]));
        }
    }
}

#[derive(Debug, Clone)]
struct Window {
    ticks: usize,
    values: Vec<f64>,
}

/// What a raster φ of N neurons and T ticks shows; means go over trials as well.
#[derive(Debug, Clone)]
pub struct Description {
    neurons: usize,
    ticks: usize,
    trials: usize,
    rates: Vec<Estimate>,
    offset: Estimate,
    moments: Moments,
    window: Window,
    activity: Vec<u32>,
}

impl Description {
    /// The number of neurons, N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// The longest lag in ticks.
    pub fn lags(&self) -> usize {
        self.moments.lags.len()
    }

    /// The ticks that [`tick_correlation`](Self::tick_correlation) is of.
    pub fn window(&self) -> usize {
        self.window.ticks
    }

    /// f_i = (1/T) Σ_a φ_i^a, with errors that include autocorrelation.
    pub fn rates(&self) -> &[Estimate] {
        &self.rates
    }

    /// The mean of all φ_i^a.
    pub fn offset(&self) -> Estimate {
        self.offset
    }

    /// Neurons that never fire, and neurons that fire in every tick: fields of them are infinite.
    pub fn constant(&self) -> [Vec<usize>; 2] {
        let with_rate = |rate: f64| (0..self.neurons).filter(|&i| self.rate(i) == rate).collect();
        [with_rate(0.0), with_rate(1.0)]
    }

    /// A neuron's rate as its count over the number of ticks.
    fn rate(&self, neuron: usize) -> f64 {
        self.moments.pairs.mean(self.pair(neuron, neuron))
    }

    /// Where the pair i, j stands among pairs.
    fn pair(&self, i: usize, j: usize) -> usize {
        let (i, j) = (i.min(j), i.max(j));
        // Rows of N, N − 1, … pairs.
        i * self.neurons - i * i.saturating_sub(1) / 2 + j - i
    }

    /// N × N values, row after row.
    fn matrix<T>(&self, value: impl Fn(usize, usize) -> T) -> Vec<T> {
        (0..self.neurons).flat_map(|i| (0..self.neurons).map(move |j| (i, j))).map(|(i, j)| value(i, j)).collect()
    }

    /// Φ_ij = (1/T) Σ_a φ_i^a φ_j^a: N × N values from 0 to 1, row after row, with the rates on the diagonal.
    pub fn space_correlation(&self) -> Vec<f64> {
        self.matrix(|i, j| self.moments.pairs.mean(self.pair(i, j)))
    }

    /// One standard error of each Φ_ij, from blocks; none where there is a single block.
    pub fn space_correlation_error(&self) -> Option<Vec<f64>> {
        self.matrix(|i, j| self.moments.pairs.error(self.pair(i, j))).into_iter().collect()
    }

    /// C_ij = Φ_ij − f_i f_j: N × N values, with f_i (1 − f_i) on the diagonal.
    pub fn covariance(&self) -> Vec<f64> {
        self.matrix(|i, j| self.moments.pairs.mean(self.pair(i, j)) - self.rate(i) * self.rate(j))
    }

    /// One standard error of each C_ij, from blocks, to first order in the fluctuations.
    pub fn covariance_error(&self) -> Option<Vec<f64>> {
        self.matrix(|i, j| self.moments.connected.error(self.pair(i, j))).into_iter().collect()
    }

    /// The correlations of spins s = 2φ − 1: ⟨s_i s_j⟩ = 4 Φ_ij − 2 f_i − 2 f_j + 1, N × N values from −1 to 1.
    pub fn magnetic_correlation(&self) -> Vec<f64> {
        self.matrix(|i, j| 4.0 * self.moments.pairs.mean(self.pair(i, j)) - 2.0 * (self.rate(i) + self.rate(j)) + 1.0)
    }

    /// By lag k = 0, 1, …: the mean of φ_i^a φ_i^{a+k} over neurons and over the ticks a that have one k later; at lag 0 the
    /// [`offset`](Self::offset).
    pub fn time_correlation(&self) -> Vec<Estimate> {
        let later = self.moments.lags.iter();
        let estimate = |means: &BlockMeans| self.blocked(means.mean(self.neurons), means.error(self.neurons));
        std::iter::once(self.offset).chain(later.map(estimate)).collect()
    }

    /// The same less its value for independent ticks, (1/N) Σ_i f_i².
    pub fn autocovariance(&self) -> Vec<Estimate> {
        let squares = (0..self.neurons).map(|i| self.rate(i).powi(2)).sum::<f64>() / self.neurons as f64;
        let first = self.blocked(self.offset.mean - squares, None);
        let connected =
            |means: &BlockMeans| self.blocked(means.mean(self.neurons) - squares, means.error(self.neurons + 1));
        std::iter::once(first).chain(self.moments.lags.iter().map(connected)).collect()
    }

    fn blocked(&self, mean: f64, error: Option<f64>) -> Estimate {
        Estimate { mean, error: error.filter(|error| error.is_finite()), tau: None }
    }

    /// The means of φ_i^a φ_i^{a+k} of each neuron by itself: (K + 1) × N values, lag after lag.
    pub fn time_correlation_of_neurons(&self) -> Vec<f64> {
        let first = (0..self.neurons).map(|i| self.rate(i));
        let later = self.moments.lags.iter().flat_map(|means| (0..self.neurons).map(|i| means.mean(i)));
        first.chain(later).collect()
    }

    /// Π_ab = (1/N) Σ_i φ_i^a φ_i^b of the [window](Self::window)'s ticks, row after row.
    pub fn tick_correlation(&self) -> &[f64] {
        &self.window.values
    }

    /// How many neurons fire in each tick, in the order (trial, tick).
    pub fn activity(&self) -> &[u32] {
        &self.activity
    }

    /// In how many ticks 0, 1, …, N neurons fire together.
    pub fn population_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.neurons + 1];
        self.activity.iter().for_each(|&active| counts[active as usize] += 1);
        counts
    }

    /// The probabilities of 0, 1, …, N neurons together if they were independent, each with its rate.
    pub fn independent_population(&self) -> Vec<f64> {
        let mut probability = vec![0.0; self.neurons + 1];
        probability[0] = 1.0;
        for known in 0..self.neurons {
            let rate = self.rate(known);
            for count in (0..=known + 1).rev() {
                let one_less = if count > 0 { probability[count - 1] } else { 0.0 };
                probability[count] = probability[count] * (1.0 - rate) + one_less * rate;
            }
        }
        probability
    }

    /// The eigenvalues of T Φ, falling. Those of N Π over all ticks are the same but for zeros (with several trials, of all
    /// their ticks in a row, T standing for their number).
    ///
    /// # Errors
    /// [`Error::Run`] if they are not found.
    pub fn spectrum(&self) -> Result<Vec<f64>> {
        let all = self.ticks as f64 * self.trials as f64;
        Ok(eigenvalues(self.neurons, &self.space_correlation())?.into_iter().map(|value| value * all).collect())
    }

    /// The eigenvalues of C, falling: the variances of principal components.
    ///
    /// # Errors
    /// [`Error::Run`] if they are not found.
    pub fn covariance_spectrum(&self) -> Result<Vec<f64>> {
        eigenvalues(self.neurons, &self.covariance())
    }

    /// The eigenvalues of N Π, falling, for the [window](Self::window)'s ticks.
    ///
    /// # Errors
    /// [`Error::Run`] if they are not found.
    pub fn tick_spectrum(&self) -> Result<Vec<f64>> {
        let values = eigenvalues(self.window.ticks, &self.window.values)?;
        Ok(values.into_iter().map(|value| value * self.neurons as f64).collect())
    }
}

/// The eigenvalues of a symmetric matrix, falling.
fn eigenvalues(size: usize, values: &[f64]) -> Result<Vec<f64>> {
    let matrix = MatRef::from_row_major_slice(values, size, size);
    let mut values = matrix.self_adjoint_eigenvalues(Side::Lower).map_err(|error| Error::Run {
        what: format!("the eigenvalues of a matrix of correlations were not found ({error:?})"),
        hint: "report this, with the raster".into(),
    })?;
    values.sort_by(|a, b| b.total_cmp(a));
    Ok(values)
}
