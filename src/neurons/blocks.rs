//! Means over blocks of ticks, with errors from how the blocks differ.

/// Relative rounding errors of a sum of squares over the blocks.
const ROUNDING: f64 = 1e-13;

/// Ratios Σ_b y_b / Σ_b n_b of many quantities that share their blocks' sizes n_b.
///
/// With B blocks the error of a ratio r is the root of B/(B − 1) Σ_b (y_b − n_b r)² / (Σ_b n_b)²: the jackknife's, to first
/// order (B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11). It holds where blocks are much longer
/// than the autocorrelation time, whatever that is, and its own relative error is 1/√(2(B − 1)).
#[derive(Debug, Clone, Default)]
pub(super) struct BlockMeans {
    blocks: u32,
    weight: f64,
    weight2: f64,
    sums: Vec<f64>,
    squares: Vec<f64>,
    crossed: Vec<f64>,
}

impl BlockMeans {
    /// For so many quantities.
    pub fn new(quantities: usize) -> Self {
        let zeros = || vec![0.0; quantities];
        Self { sums: zeros(), squares: zeros(), crossed: zeros(), ..Self::default() }
    }

    /// Adds a block of `weight` ticks with the sums of the quantities over it. A block without a tick is none.
    pub fn add(&mut self, weight: f64, values: impl Iterator<Item = f64>) {
        if weight <= 0.0 {
            return;
        }
        self.blocks += 1;
        self.weight += weight;
        self.weight2 += weight * weight;
        for (((sum, square), crossed), value) in
            self.sums.iter_mut().zip(&mut self.squares).zip(&mut self.crossed).zip(values)
        {
            *sum += value;
            *square += value * value;
            *crossed += weight * value;
        }
    }

    /// A quantity's mean a tick.
    pub fn mean(&self, quantity: usize) -> f64 {
        self.sums[quantity] / self.weight
    }

    /// One standard error of the mean; none of a single block.
    pub fn error(&self, quantity: usize) -> Option<f64> {
        if self.blocks < 2 {
            return None;
        }
        let (blocks, mean) = (f64::from(self.blocks), self.mean(quantity));
        let spread = self.squares[quantity] - 2.0 * mean * self.crossed[quantity] + mean * mean * self.weight2;
        // What rounding leaves of a quantity that is the same in all blocks.
        let spread = if spread > ROUNDING * self.squares[quantity] { spread } else { 0.0 };
        Some((blocks / (blocks - 1.0) * spread).sqrt() / self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of equal size give the standard error of independent values; unequal ones the jackknife's, to first order.
    #[test]
    fn errors_are_those_of_the_blocks() {
        let values = [3.0, 5.0, 4.0, 8.0, 1.0];
        let mut equal = BlockMeans::new(2);
        values.iter().for_each(|&value| equal.add(10.0, [value, 7.0].into_iter()));
        let wanted = crate::Estimate::of_independent(&values.map(|value| value / 10.0));
        assert!((equal.mean(0) - wanted.mean).abs() < 1e-15);
        assert!((equal.error(0).unwrap() - wanted.error.unwrap()).abs() < 1e-15);
        assert_eq!(equal.error(1), Some(0.0));
        let mut single = BlockMeans::new(1);
        single.add(4.0, [2.0].into_iter());
        single.add(0.0, [0.0].into_iter());
        assert_eq!((single.mean(0), single.error(0)), (0.5, None));
        let (weights, mut unequal) = ([10.0, 12.0, 9.0, 11.0, 10.0], BlockMeans::new(1));
        weights.iter().zip(values).for_each(|(&weight, value)| unequal.add(weight, [value].into_iter()));
        let all: f64 = weights.iter().sum();
        let ratio = 21.0 / all;
        let without = weights.iter().zip(values).map(|(weight, value)| (21.0 - value) / (all - weight));
        let jackknife = (0.8 * without.map(|r| (r - ratio).powi(2)).sum::<f64>()).sqrt();
        assert!((unequal.error(0).unwrap() / jackknife - 1.0).abs() < 0.03, "{:?} {jackknife}", unequal.error(0));
    }
}
