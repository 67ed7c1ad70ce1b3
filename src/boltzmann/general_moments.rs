//! Means and correlations of the units of a general Boltzmann machine.

/// Means ⟨s_i⟩ and correlations ⟨s_i s_j⟩ of N units, or differences of such.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    units: usize,
    means: Vec<f64>,
    /// Row by row; 1 on the diagonal of moments.
    correlations: Vec<f64>,
}

impl Moments {
    /// N.
    pub fn units(&self) -> usize {
        self.units
    }

    /// ⟨s_i⟩, by unit.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// ⟨s_i s_j⟩, row by row.
    pub fn correlations(&self) -> &[f64] {
        &self.correlations
    }

    /// ⟨s_i s_j⟩; 0 for units that do not exist.
    pub fn correlation(&self, i: usize, j: usize) -> f64 {
        let exist = i < self.units && j < self.units;
        if exist { self.correlations[i * self.units + j] } else { 0.0 }
    }

    /// These less others, of as many units: of data less those of a machine this is the gradient of the log-likelihood.
    #[must_use]
    pub fn minus(&self, others: &Self) -> Self {
        let less = |ours: &[f64], theirs: &[f64]| ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
        Self {
            units: self.units.min(others.units),
            means: less(&self.means, &others.means),
            correlations: less(&self.correlations, &others.correlations),
        }
    }

    /// The mean of several.
    pub(super) fn mean_of(units: usize, each: &[Self]) -> Self {
        let mut mean = Self { units, means: vec![0.0; units], correlations: vec![0.0; units * units] };
        let share = 1.0 / each.len().max(1) as f64;
        for one in each {
            mean.means.iter_mut().zip(&one.means).for_each(|(sum, value)| *sum += share * value);
            mean.correlations.iter_mut().zip(&one.correlations).for_each(|(sum, value)| *sum += share * value);
        }
        mean
    }

    /// Moments from the counts of `shaders/dense/correlate.wgsl` over so many states, rows of `padded` sites.
    pub(super) fn from_counts(units: usize, padded: usize, states: u64, counts: &[u32]) -> Self {
        let share = |i: usize, j: usize| f64::from(counts[i.min(j) * padded + i.max(j)]) / states as f64;
        let correlation = |i: usize, j: usize| if i == j { 1.0 } else { 1.0 - 2.0 * share(i, j) };
        Self {
            units,
            means: (0..units).map(|i| 2.0 * share(i, i) - 1.0).collect(),
            correlations: (0..units)
                .flat_map(|i| (0..units).map(move |j| (i, j)))
                .map(|(i, j)| correlation(i, j))
                .collect(),
        }
    }
}

/// Weighted sums over states whose logarithms of weights may be large.
pub(super) struct MomentSums {
    units: usize,
    largest: f64,
    total: f64,
    means: Vec<f64>,
    /// Pairs i > j, i in turn.
    pairs: Vec<f64>,
}

impl MomentSums {
    /// Of so many units; 0 where only the total is wanted.
    pub fn new(units: usize) -> Self {
        let pairs = vec![0.0; units * units.saturating_sub(1) / 2];
        Self { units, largest: f64::NEG_INFINITY, total: 0.0, means: vec![0.0; units], pairs }
    }

    pub fn take(&mut self, state: &[i8], log_weight: f64) {
        if log_weight > self.largest {
            let shrink = (self.largest - log_weight).exp();
            self.total *= shrink;
            self.means.iter_mut().chain(&mut self.pairs).for_each(|sum| *sum *= shrink);
            self.largest = log_weight;
        }
        let weight = (log_weight - self.largest).exp();
        self.total += weight;
        let mut pairs = self.pairs.iter_mut();
        for (i, (sum, &own)) in self.means.iter_mut().zip(state).enumerate() {
            let own = weight * f64::from(own);
            *sum += own;
            state.iter().take(i).zip(&mut pairs).for_each(|(&other, pair)| *pair += own * f64::from(other));
        }
    }

    /// The logarithm of the summed weights.
    pub fn log_total(&self) -> f64 {
        self.largest + self.total.ln()
    }

    pub fn moments(&self) -> Moments {
        let mut correlations = vec![1.0; self.units * self.units];
        let pairs = (0..self.units).flat_map(|i| (0..i).map(move |j| (i, j)));
        for ((i, j), sum) in pairs.zip(&self.pairs) {
            correlations[i * self.units + j] = sum / self.total;
            correlations[j * self.units + i] = sum / self.total;
        }
        Moments { units: self.units, means: self.means.iter().map(|sum| sum / self.total).collect(), correlations }
    }
}
