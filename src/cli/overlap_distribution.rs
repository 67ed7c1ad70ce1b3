//! P(q), the distribution of the overlap of two replicas.

use serde_json::{Value, json};
use spinfield::Estimate;
use spinfield::statistics::Chains;

/// Cells at the most.
const MOST_CELLS: usize = 64;

/// The distribution of an overlap in cells, of independent pairs of replicas or samples of the couplings.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// The middle of each cell.
    pub overlaps: Vec<f64>,
    /// Density in each cell, and its error.
    pub densities: Vec<Estimate>,
}

impl Distribution {
    /// Of overlaps of so many spins, a series a pair. An overlap has N + 1 values; each cell has as many of them as the others
    /// or one more or less, and a density that knows how many, so that no comb appears.
    pub fn of(overlaps: &Chains, sites: usize) -> Self {
        let cells = MOST_CELLS.min(sites + 1);
        let cell_of = |value: usize| value * cells / (sites + 1);
        let (mut widths, mut sums) = (vec![0.0; cells], vec![0.0; cells]);
        for value in 0..=sites {
            widths[cell_of(value)] += 2.0 / sites as f64;
            sums[cell_of(value)] += (2.0 * value as f64 / sites as f64 - 1.0) * 2.0 / sites as f64;
        }
        let mut counts = vec![vec![0.0; overlaps.count()]; cells];
        for (number, overlap) in overlaps.values().iter().enumerate() {
            let value = ((overlap + 1.0) / 2.0 * sites as f64).round().clamp(0.0, sites as f64) as usize;
            counts[cell_of(value)][number % overlaps.count()] += 1.0 / overlaps.len() as f64;
        }
        let density = |(shares, width): (&Vec<f64>, &f64)| {
            Estimate::of_independent(&shares.iter().map(|share| share / width).collect::<Vec<_>>())
        };
        Self {
            overlaps: sums.iter().zip(&widths).map(|(sum, width)| sum / width).collect(),
            densities: counts.iter().zip(&widths).map(density).collect(),
        }
    }

    /// Cells with density and error.
    pub fn json(&self) -> Value {
        let means: Vec<f64> = self.densities.iter().map(|density| density.mean).collect();
        let errors: Vec<Option<f64>> = self.densities.iter().map(|density| density.error).collect();
        json!({"overlap": self.overlaps, "density": means, "error": errors})
    }
}

/// Means over samples of the couplings, point by point, with errors from their spread; a single one is as it is.
pub fn together<'a>(samples: impl Iterator<Item = &'a Vec<Distribution>>) -> Vec<Distribution> {
    let samples: Vec<&Vec<Distribution>> = samples.collect();
    let (first, others) = match &samples[..] {
        [] => return Vec::new(),
        [first, others @ ..] => (*first, others),
    };
    if others.is_empty() {
        return first.clone();
    }
    let at_point = |(point, distribution): (usize, &Distribution)| {
        let at_cell = |cell: usize| {
            let of = |sample: &&Vec<Distribution>| Some(sample.get(point)?.densities.get(cell)?.mean);
            Estimate::of_independent(&samples.iter().filter_map(of).collect::<Vec<_>>())
        };
        let densities = (0..distribution.densities.len()).map(at_cell).collect();
        Distribution { overlaps: distribution.overlaps.clone(), densities }
    };
    first.iter().enumerate().map(at_point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_distribution_is_flat() {
        for sites in [2, 12, 63, 64, 65, 200, 1000] {
            // Every possible overlap once, in each of two pairs.
            let values: Vec<f64> = (0..=sites).map(|k| 2.0 * k as f64 / sites as f64 - 1.0).collect();
            let twice = values.iter().flat_map(|&q| [q, -q]).collect();
            let distribution = Distribution::of(&Chains::from_rows(2, twice).unwrap(), sites);
            let flat = sites as f64 / (2.0 * (sites as f64 + 1.0));
            for density in &distribution.densities {
                assert!((density.mean - flat).abs() < 1e-12, "{sites}: {density:?}");
            }
            assert!(distribution.overlaps.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
