//! Functions of several means: the jackknife over blocks of chains and time.

use super::{Chains, Estimate, integrated_autocorrelation_time, mean};

/// From so many chains on every block is made of whole chains, which are independent without a doubt.
const WHOLE_CHAINS: usize = 32;
/// Fewer blocks leave the error, and what correlation is left between neighbours, too uncertain.
const FEWEST_BLOCKS: usize = 128;
/// More blocks make no better error.
const MOST_BLOCKS: usize = 512;
/// Wanted length of a block in units of the integrated autocorrelation time.
const BLOCK_LENGTH: f64 = 20.0;

/// A function `f` of the means of several observables of one run, with its bias removed, and its standard error.
///
/// `f` gets the means in the order of `columns`: `|m| m[1] - m[0] * m[0]` for a variance, `|m| 1.0 - m[1] /
/// (3.0 * m[0] * m[0])` for a Binder ratio of `<m^2>` and `<m^4>`. It is called up to 513 times. `tau` is that of the
/// slowest column, in samples.
///
/// A block is one or more whole chains (32 chains and more), or else a segment of one chain, 20 `tau` long where that
/// leaves 128 blocks and shorter otherwise; there are at most 512. With `theta` from all data, `theta_j` without block
/// `j`, and `h_j` the ratio of all samples to those of block `j`, the estimate over `g` blocks is (Busing, Meijer and
/// van der Leeden, Stat. Comput. 9 (1999) 3; for equal blocks Quenouille's and Tukey's)
///
/// ```text
/// theta_J = g theta - sum_j (1 - 1/h_j) theta_j,    p_j = h_j theta - (h_j - 1) theta_j
/// ```
///
/// The error is that of the mean of the pseudo-values `p_j` (scaled to equal variance where blocks differ in length),
/// taken as chains of segments by the Gamma method of [`mean`]. That accounts for what correlation is left between
/// neighbouring blocks; without it this is the usual `sum (p_j - theta_J)^2 / (g (g - 1))`.
///
/// Errors of quantities of higher order need long runs to be honest, because the data that determine them also
/// determine their error: for Gaussian data a variance wants some 300 `tau` in all, a Binder ratio 4,000. In runs
/// below 300 `tau` blocks are as short as `tau`, and up to a tenth of an error of the bias stays.
///
/// The error is `None` for a single block, for columns of different shapes, and where `f` is not finite with or
/// without some block; the estimate is then `theta`. It is 0 where `f` does not vary.
pub fn jackknife(columns: &[&Chains], f: impl Fn(&[f64]) -> f64) -> Estimate {
    let tau = columns.iter().filter_map(|c| integrated_autocorrelation_time(c)).reduce(f64::max);
    let Some((first, rest)) = columns.split_first() else { return Estimate::single(f(&[])) };
    let layout = Layout::new(first.count(), first.len(), tau.unwrap_or(0.5));
    let sums: Vec<Sums> = columns.iter().map(|c| Sums::new(c, &layout)).collect();
    let theta = f(&sums.iter().map(Sums::mean).collect::<Vec<_>>());
    if layout.blocks() < 2 || !theta.is_finite() || rest.iter().any(|c| !c.same_shape(first)) {
        return Estimate::new(theta, None, tau);
    }
    let without: Vec<f64> =
        (0..layout.blocks()).map(|j| f(&sums.iter().map(|s| s.mean_without(j)).collect::<Vec<_>>())).collect();
    if without.iter().all(|&x| x == theta) {
        return Estimate::new(theta, Some(0.0), tau);
    }
    let g = without.len() as f64;
    let ratios = layout.sizes().map(|size| (first.count() * first.len()) as f64 / size as f64);
    let shifts: Vec<(f64, f64)> = ratios.zip(without).map(|(h, without)| (h, (h - 1.0) * (theta - without))).collect();
    let bias: f64 = shifts.iter().map(|(h, shift)| shift / h).sum();
    let estimate = theta + bias;
    if !estimate.is_finite() {
        return Estimate::new(theta, None, tau);
    }
    // Dividing by the standard deviation that a block of this size should have, in units of that of a mean block.
    let scaled = shifts.iter().map(|(h, shift)| (theta + shift - estimate) * ((g - 1.0) / (h - 1.0)).sqrt());
    let error = Chains::from_rows(layout.groups, scaled.collect()).ok().and_then(|p| mean(&p).error);
    Estimate::new(estimate, error, tau)
}

/// Blocks in rows: `segments` of time by `groups` of chains, each as even as whole numbers allow.
struct Layout {
    chains: usize,
    samples: usize,
    groups: usize,
    segments: usize,
}

impl Layout {
    fn new(chains: usize, samples: usize, tau: f64) -> Self {
        let groups = chains.min(MOST_BLOCKS);
        let wanted = (samples as f64 / (BLOCK_LENGTH * tau)) as usize;
        let fewest = FEWEST_BLOCKS.div_ceil(groups);
        let segments = if chains >= WHOLE_CHAINS { 1 } else { wanted.clamp(fewest, MOST_BLOCKS / groups) };
        Self { chains, samples, groups, segments: segments.min(samples) }
    }

    fn blocks(&self) -> usize {
        self.groups * self.segments
    }

    fn group(&self, chain: usize) -> usize {
        chain * self.groups / self.chains
    }

    fn segment(&self, sample: usize) -> usize {
        sample * self.segments / self.samples
    }

    /// Samples of each block.
    fn sizes(&self) -> impl Iterator<Item = usize> {
        let part = |i: usize, parts: usize, all: usize| ((i + 1) * all).div_ceil(parts) - (i * all).div_ceil(parts);
        (0..self.blocks()).map(move |block| {
            let (segment, group) = (block / self.groups, block % self.groups);
            part(segment, self.segments, self.samples) * part(group, self.groups, self.chains)
        })
    }
}

/// What one column adds up to in each block, counted from its first value so that a constant stays exact.
struct Sums {
    origin: f64,
    count: f64,
    total: f64,
    blocks: Vec<(f64, f64)>,
}

impl Sums {
    fn new(column: &Chains, layout: &Layout) -> Self {
        let origin = column.values().first().copied().unwrap_or(f64::NAN);
        let mut blocks: Vec<(f64, f64)> = layout.sizes().map(|size| (0.0, size as f64)).collect();
        let groups: Vec<usize> = (0..layout.chains).map(|chain| layout.group(chain)).collect();
        for (sample, row) in column.rows().enumerate().take(layout.samples) {
            let start = layout.segment(sample) * layout.groups;
            for (x, group) in row.iter().zip(&groups) {
                if let Some((sum, _)) = blocks.get_mut(start + group) {
                    *sum += x - origin;
                }
            }
        }
        let total = column.values().iter().map(|x| x - origin).sum();
        Self { origin, count: column.values().len() as f64, total, blocks }
    }

    fn mean(&self) -> f64 {
        self.origin + self.total / self.count
    }

    fn mean_without(&self, block: usize) -> f64 {
        let (sum, size) = self.blocks.get(block).copied().unwrap_or_default();
        self.origin + (self.total - sum) / (self.count - size)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Random, ar1, assert_honest, chains, honesty, rho_of};
    use super::*;

    fn variance(x: &Chains) -> Estimate {
        jackknife(&[x, &x.map(|x| x * x)], |m| m[1] - m[0] * m[0])
    }

    fn binder(x: &Chains) -> Estimate {
        jackknife(&[&x.map(|x| x * x), &x.map(|x| x.powi(4))], |m| 1.0 - m[1] / (3.0 * m[0] * m[0]))
    }

    #[test]
    fn errors_are_honest() {
        let mut random = Random(7);
        for (tau, count, samples, repeats) in
            [(0.5, 1, 1000, 800), (5.0, 1, 3000, 600), (5.0, 4, 500, 800), (20.0, 16, 1000, 400), (5.0, 700, 20, 400)]
        {
            let found = honesty(1.0, repeats, || variance(&ar1(&mut random, rho_of(tau), count, samples)));
            assert_honest(&format!("variance: tau {tau}, {count} chains of {samples}"), found);
        }
        for (tau, count, samples, repeats) in
            [(0.5, 1, 3000, 600), (5.0, 1, 10_000, 400), (5.0, 16, 1000, 400), (0.5, 700, 20, 400)]
        {
            let found = honesty(0.0, repeats, || binder(&ar1(&mut random, rho_of(tau), count, samples)));
            assert_honest(&format!("Binder: tau {tau}, {count} chains of {samples}"), found);
        }
    }

    #[test]
    fn removes_the_bias_of_independent_samples() {
        let x = chains(1, vec![1.0, 2.0, 4.0, 5.0, 8.0]);
        assert!((variance(&x).mean - 7.5).abs() < 1e-12);
    }

    #[test]
    fn a_linear_function_agrees_with_the_mean() {
        let mut random = Random(8);
        for (count, samples) in [(1, 5000), (7, 1234), (40, 100), (1500, 3)] {
            let x = ar1(&mut random, 0.6, count, samples);
            let (plain, blocked) = (mean(&x), jackknife(&[&x], |m| m[0]));
            assert!((plain.mean - blocked.mean).abs() < 1e-12);
            let ratio = blocked.error.unwrap_or(0.0) / plain.error.unwrap_or(0.0);
            assert!((0.75..1.33).contains(&ratio), "{count} chains of {samples}: {ratio}");
            assert_eq!(plain.tau, blocked.tau);
        }
    }

    #[test]
    fn blocks_cover_every_sample_once() {
        for (chain, samples) in [(1, 10), (1, 5000), (3, 1001), (31, 77), (33, 9), (1000, 2), (513, 4)] {
            let layout = Layout::new(chain, samples, 3.0);
            assert_eq!(layout.sizes().sum::<usize>(), chain * samples);
            assert!(layout.blocks() <= MOST_BLOCKS && layout.sizes().all(|size| size > 0));
            let ones = Sums::new(&chains(chain, (0..chain * samples).map(|i| f64::from(i > 0)).collect()), &layout);
            let origin = if ones.blocks[0].1 > 1.0 { ones.blocks[0].1 - 1.0 } else { 0.0 };
            assert_eq!(ones.blocks[0].0, origin);
            assert!(ones.blocks[1..].iter().all(|(sum, size)| sum == size));
        }
    }

    #[test]
    fn odd_input() {
        let constant = chains(2, vec![0.1; 40]);
        assert_eq!(variance(&constant).error, Some(0.0));
        assert_eq!(jackknife(&[], |m| m.len() as f64), Estimate::single(0.0));
        assert_eq!(jackknife(&[&chains(1, vec![2.0])], |m| m[0] * m[0]), Estimate::single(4.0));
        assert!(jackknife(&[&chains(2, vec![])], |m| m[0]).mean.is_nan());
        assert_eq!(jackknife(&[&constant], |m| 1.0 / (m[0] - m[0])).error, None);
        let pole = |m: &[f64]| 1.0 / (m[0] - 1.0);
        let near_pole = jackknife(&[&chains(1, vec![1.0, 1.0, 1.75])], pole);
        assert_eq!(near_pole, Estimate { mean: 4.0, error: None, tau: near_pole.tau });
        assert_eq!(jackknife(&[&constant, &chains(1, vec![1.0, 2.0])], |m| m[1]).error, None);
        assert_eq!(variance(&chains(1, vec![f64::NAN; 5])).error, None);
        for n in 2..70 {
            let x = chains(1, (0..n).map(|i| f64::from(i * i % 7)).collect());
            assert!(variance(&x).error.is_some_and(|e| e >= 0.0), "{n}");
        }
    }
}
