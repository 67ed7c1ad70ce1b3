//! Means, errors and convergence of correlated time series.
//!
//! A run gives each observable as [`Chains`]: many independent chains, each a correlated series. [`mean`] gives the
//! mean with an error that knows the autocorrelation, [`jackknife`] does the same for a non-linear function of several
//! means (susceptibility, specific heat, Binder ratio), and [`r_hat`] tells whether the chains agree with each other.
//! All is plain `f64` on the host; a column of two million values takes about a tenth of a second.

mod autocorrelation;
mod convergence;
mod estimate;
mod jackknife;

pub use autocorrelation::{autocorrelation_function, integrated_autocorrelation_time, mean};
pub use convergence::r_hat;
pub use estimate::Estimate;
pub use jackknife::jackknife;

use crate::error::{Error, Result};

/// Equally long series of one observable, one per independent chain.
///
/// The layout is that of the recorded output, `values[sample * chains + chain]`: a row is one sample of all chains.
#[derive(Debug, Clone, PartialEq)]
pub struct Chains {
    chains: usize,
    values: Vec<f64>,
}

impl Chains {
    /// Takes rows of `chains` values each, in order of time. No rows at all are allowed.
    ///
    /// # Errors
    /// [`Error::Input`] when `chains` is 0 or the last row is not full.
    pub fn from_rows(chains: usize, values: Vec<f64>) -> Result<Self> {
        if chains == 0 || !values.len().is_multiple_of(chains) {
            let got = format!("{} values for {chains} chains", values.len());
            return Err(Error::input("statistics", "full rows of at least one chain", got, "drop the unfinished row"));
        }
        Ok(Self { chains, values })
    }

    /// Rows that are full because a recording made them so.
    pub(crate) fn from_recording(chains: usize, values: Vec<f64>) -> Self {
        debug_assert!(chains > 0 && values.len().is_multiple_of(chains));
        Self { chains, values }
    }

    /// Samples per chain.
    pub fn len(&self) -> usize {
        self.values.len() / self.chains
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Chains; at least 1.
    pub fn count(&self) -> usize {
        self.chains
    }

    /// One value, or `None` outside of `sample < len()` and `chain < count()`.
    pub fn get(&self, sample: usize, chain: usize) -> Option<f64> {
        if chain >= self.chains {
            return None;
        }
        self.values.get(sample.checked_mul(self.chains)?.checked_add(chain)?).copied()
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The series of a function of the observable, such as its square.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self { chains: self.chains, values: self.values.iter().map(|&x| f(x)).collect() }
    }

    /// The series of a function of two observables of the same run.
    ///
    /// # Errors
    /// [`Error::Input`] when the two differ in chains or samples.
    pub fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Result<Self> {
        if !self.same_shape(other) {
            let shape = |c: &Self| format!("{} samples of {} chains", c.len(), c.count());
            return Err(Error::input("statistics", shape(self), shape(other), "combine observables of one run only"));
        }
        let values = self.values.iter().zip(&other.values).map(|(&x, &y)| f(x, y)).collect();
        Ok(Self { chains: self.chains, values })
    }

    fn same_shape(&self, other: &Self) -> bool {
        self.chains == other.chains && self.values.len() == other.values.len()
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.chains)
    }
}

#[cfg(test)]
mod testing {
    use super::{Chains, Estimate};

    /// Splitmix64 (Steele, Lea and Flood 2014): the tests' own fixed numbers, whatever the library uses.
    pub struct Random(pub u64);

    impl Random {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }

        pub fn normal(&mut self) -> f64 {
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
            radius * (std::f64::consts::TAU * self.uniform()).cos()
        }
    }

    pub fn chains(count: usize, values: Vec<f64>) -> Chains {
        Chains::from_rows(count, values).expect("full rows")
    }

    /// Stationary chains `x' = rho x + sqrt(1 - rho^2) noise`: mean 0, variance 1, `tau = (1 + rho) / (2 (1 - rho))`.
    pub fn ar1(random: &mut Random, rho: f64, count: usize, samples: usize) -> Chains {
        let mut values: Vec<f64> = (0..count).map(|_| random.normal()).collect();
        values.reserve(count * samples);
        for i in 0..count * samples.saturating_sub(1) {
            values.push(rho * values[i] + (1.0 - rho * rho).sqrt() * random.normal());
        }
        chains(count, values)
    }

    pub fn rho_of(tau: f64) -> f64 {
        (2.0 * tau - 1.0) / (2.0 * tau + 1.0)
    }

    /// Repeats an experiment: the fraction of results within one error of the truth (0.68 for honest errors), the mean
    /// of `(deviation / error)^2` (1), and the mean deviation in units of its own uncertainty.
    pub fn honesty(truth: f64, repeats: usize, mut experiment: impl FnMut() -> Estimate) -> (f64, f64, f64) {
        let (mut inside, mut squares, mut sum, mut sum2) = (0, 0.0, 0.0, 0.0);
        for _ in 0..repeats {
            let estimate = experiment();
            let deviation = estimate.mean - truth;
            let pull = deviation / estimate.error.expect("an error");
            inside += usize::from(pull.abs() < 1.0);
            squares += pull * pull;
            sum += deviation;
            sum2 += deviation * deviation;
        }
        let n = repeats as f64;
        (f64::from(inside as u32) / n, squares / n, sum / sum2.sqrt())
    }

    pub fn assert_honest(what: &str, (inside, square, bias): (f64, f64, f64)) {
        eprintln!("{what}: {inside:.3} within one error, square {square:.3}, bias {bias:+.2} sigma");
        assert!((0.63..0.73).contains(&inside), "{what}: {inside}");
        assert!((0.85..1.2).contains(&square), "{what}: {square}");
        assert!(bias.abs() < 4.0, "{what}: {bias}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns() -> Result<()> {
        let x = Chains::from_rows(3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
        assert_eq!((x.len(), x.count(), x.is_empty()), (2, 3, false));
        assert_eq!((x.get(1, 0), x.get(1, 3), x.get(2, 0)), (Some(4.0), None, None));
        assert_eq!(x.get(usize::MAX, 1), None);
        assert_eq!(x.zip(&x.map(|x| -x), |x, y| x + y)?.values(), [0.0; 6]);
        Ok(())
    }

    #[test]
    fn wrong_shapes_are_refused() -> Result<()> {
        assert!(Chains::from_rows(0, vec![]).is_err());
        assert!(Chains::from_rows(2, vec![1.0]).is_err());
        let (x, y) = (Chains::from_rows(2, vec![1.0, 2.0])?, Chains::from_rows(1, vec![1.0, 2.0])?);
        assert!(x.zip(&y, |x, _| x).is_err());
        assert!(Chains::from_rows(2, vec![])?.is_empty());
        Ok(())
    }
}
