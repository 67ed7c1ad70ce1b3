//! The mean of correlated chains: the Gamma method of U. Wolff, Comput. Phys. Commun. 156 (2004) 143.

use super::{Chains, Estimate};

/// Wolff's `S`: the assumed ratio of the exponential to the integrated autocorrelation time.
const S: f64 = 1.5;
/// From here on a transform of all lags costs less than one more lag at a time.
const DIRECT_LAGS: usize = 24;
/// From so many chains on their spread gives the error to 9 % or better, free of any assumption on the decay of the
/// autocorrelation; a window would only add its truncation.
const MANY_CHAINS: usize = 64;
/// With fewer chains the spread is noisy, and believed over the window only where it is larger by so many sigmas.
const DISAGREEMENT: f64 = 3.0;
/// A negative `rho(1)` beyond so many sigmas, `1 / sqrt(N)` each, is an alternation and not noise.
const NOISE: f64 = 3.0;

/// The mean over all samples of all chains, its standard error, and the integrated autocorrelation time in samples.
///
/// With `R` chains of `n` samples, `N = R n`, and `Gamma(t)` the autocovariance about the overall mean averaged over
/// all chains (Wolff eqs. 31 and 35),
///
/// ```text
/// error^2 = (1 + 4 W / N) (Gamma(0) + 2 sum_{t=1}^W (1 - t/n) Gamma(t)) / (N - K)
/// K       = 1 + 2 sum_{t=1}^W (1 - t/n)
/// tau     = 1/2 + sum_{t=1}^W rho(t),   rho(t) = Gamma(t) / Gamma(0)
/// ```
///
/// For `W << n` this is Wolff's `2 tau Gamma(0) / N` with the correction of the bias of the subtracted mean (eq. 49),
/// widened by `4 W / N`, the relative variance of the sum itself, as Student's factor does for independent values. The
/// weights `1 - t/n` are those of the variance of a mean of `n` samples, so that the formula also holds for many
/// chains that are hardly longer than `tau`; for `W = n - 1` it is the spread of the chain means. The window `W` is
/// Wolff's automatic one (eqs. 50 to 52, `S` = 1.5). It would close at once on an alternating series, `rho(1) < 0`
/// (fields that are updated with high acceptance), which is therefore first averaged over pairs of samples; the
/// error is then up to 1.4 times too large.
///
/// The error is the spread of the chain means, `sum (m_r - m)^2 / (R (R - 1))`, for 64 chains and more, and also for
/// fewer where that exceeds the above by three sigmas: the chains then disagree, and a window sees nothing slower
/// than itself.
///
/// `tau` comes from the window in all cases, and is a lower bound for chains that are not longer than that. A constant
/// has error 0 and no `tau`, a single value has neither; the mean of nothing is NaN.
pub fn mean(chains: &Chains) -> Estimate {
    let Some(&first) = chains.values().first() else { return Estimate::single(f64::NAN) };
    if chains.values().len() == 1 {
        return Estimate::single(first);
    }
    if chains.values().iter().all(|&x| x == first) {
        return Estimate::exact(first);
    }
    // Summing differences keeps the digits of a small variation about a large offset.
    let mean = first + chains.values().iter().map(|x| x - first).sum::<f64>() / chains.values().len() as f64;
    let mut gamma = Autocovariance::new(chains, mean);
    let spread = gamma.spread_of_chains();
    let (windowed, tau) = gamma.windowed();
    let count = chains.count();
    let variance = match spread {
        Some(spread) if count >= MANY_CHAINS => spread,
        Some(spread) if spread > windowed * (1.0 + DISAGREEMENT * (2.0 / (count as f64 - 1.0)).sqrt()) => spread,
        _ => windowed,
    };
    Estimate::new(mean, Some(variance.sqrt()), tau)
}

/// The integrated autocorrelation time of [`mean`] in samples, `1/2 + sum_t rho(t)`: 0.5 for uncorrelated samples.
///
/// `None` for fewer than two samples per chain and for a constant. Its relative error is about
/// `sqrt(4 (W - tau) / N)` with a window `W` of 4 to 10 `tau` (Wolff eq. 42).
pub fn integrated_autocorrelation_time(chains: &Chains) -> Option<f64> {
    mean(chains).tau
}

/// The autocorrelation `rho(t) = Gamma(t) / Gamma(0)` of [`mean`] at the lags 0, 1, … `longest` in samples, or as many as there
/// are (half of the samples, of a single chain); empty for fewer than two samples per chain and for a constant.
///
/// The noise of each value is about `sqrt(2 tau / N)` of all `N` samples.
pub fn autocorrelation_function(chains: &Chains, longest: usize) -> Vec<f64> {
    let Some(&first) = chains.values().first() else { return Vec::new() };
    let mean = first + chains.values().iter().map(|x| x - first).sum::<f64>() / chains.values().len() as f64;
    let mut gamma = Autocovariance::new(chains, mean);
    let gamma0 = gamma.at(0);
    if gamma.samples() < 2 || gamma0 <= 0.0 || gamma0.is_nan() {
        return Vec::new();
    }
    (0..=longest.min(gamma.longest_lag())).map(|lag| gamma.at(lag) / gamma0).collect()
}

struct Autocovariance {
    chains: usize,
    centred: Vec<f64>,
    /// Sums over pairs at every lag, once a lag beyond the direct ones was asked for.
    transformed: Vec<f64>,
}

impl Autocovariance {
    fn new(chains: &Chains, mean: f64) -> Self {
        let centred = chains.values().iter().map(|x| x - mean).collect();
        Self { chains: chains.count(), centred, transformed: Vec::new() }
    }

    fn samples(&self) -> usize {
        self.centred.len() / self.chains
    }

    /// A single chain says nothing about lags comparable with itself: its covariances there sum up to zero.
    fn longest_lag(&self) -> usize {
        let last = self.samples().saturating_sub(1);
        if self.chains == 1 { last / 2 } else { last }
    }

    /// The variance of the mean and the autocorrelation time, by the automatic window.
    fn windowed(&mut self) -> (f64, Option<f64>) {
        let total = self.centred.len() as f64;
        let gamma0 = self.at(0);
        let alternates = self.samples() >= 4 && self.at(1) < -NOISE / total.sqrt() * gamma0;
        let (variance, tau) = if alternates {
            let variance = self.paired().windowed().0;
            (variance, variance * total / (2.0 * gamma0))
        } else {
            self.sum_to_window(gamma0)
        };
        // Noise may leave less than nothing; uncorrelated is then the safe side.
        let (variance, tau) = if variance > 0.0 { (variance, tau) } else { (gamma0 / (total - 1.0), 0.5) };
        (variance, (self.samples() > 1 && gamma0 > 0.0).then_some(if tau > 0.0 { tau } else { 0.5 }))
    }

    fn sum_to_window(&mut self, gamma0: f64) -> (f64, f64) {
        let (n, total) = (self.samples() as f64, self.centred.len() as f64);
        let (mut sum, mut weighted, mut weights, mut lag) = (0.0, gamma0, 1.0, 0.0);
        for window in 1..=self.longest_lag() {
            lag = window as f64;
            let gamma = self.at(window);
            sum += gamma;
            weighted += 2.0 * (1.0 - lag / n) * gamma;
            weights += 2.0 * (1.0 - lag / n);
            // The window closes where the noise of one more term outweighs what it still misses.
            let decay = S / (gamma0 / sum).ln_1p();
            if sum <= 0.0 || (-lag / decay).exp() < decay / (lag * total).sqrt() {
                break;
            }
        }
        let variance = weighted / (total - weights);
        // Subtracting the measured mean lowered every Gamma by the variance of that mean.
        let tau = 0.5 + (sum + lag * variance) / (gamma0 + variance);
        (variance * (1.0 + 4.0 * lag / total), tau)
    }

    /// The series of the means of successive pairs; an odd last sample is left out.
    fn paired(&self) -> Self {
        let pairs = self.centred.chunks_exact(2 * self.chains).map(|rows| rows.split_at(self.chains));
        let centred = pairs.flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b))).collect();
        Self { chains: self.chains, centred, transformed: Vec::new() }
    }

    /// The variance of the mean from the chain means alone, or `None` for a single chain.
    fn spread_of_chains(&self) -> Option<f64> {
        let count = self.chains as f64;
        let mut sums = vec![0.0; self.chains];
        for row in self.centred.chunks_exact(self.chains) {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let n = self.samples() as f64;
        let squares: f64 = sums.iter().map(|sum| (sum / n).powi(2)).sum();
        (self.chains > 1).then(|| squares / (count * (count - 1.0)))
    }

    /// `Gamma(lag)`, the mean product over all pairs of one chain.
    fn at(&mut self, lag: usize) -> f64 {
        // Rows make the lagged product of all chains at once the product of the series with its own tail.
        let tail = self.centred.get(lag * self.chains..).unwrap_or_default();
        let pairs = tail.len() as f64;
        if lag < DIRECT_LAGS {
            return dot(&self.centred, tail) / pairs;
        }
        if self.transformed.is_empty() {
            self.transformed = self.transform();
        }
        self.transformed.get(lag).copied().unwrap_or(0.0) / pairs
    }

    /// The sums over pairs at every lag, as the transform of the power spectrum (Wiener and Khinchin).
    fn transform(&self) -> Vec<f64> {
        let size = (self.samples() + self.longest_lag() + 1).next_power_of_two();
        let roots = roots_of_unity(size);
        let mut power = vec![0.0; size];
        let (mut re, mut im) = (vec![0.0; size], vec![0.0; size]);
        for chain in (0..self.chains).step_by(2) {
            re.fill(0.0);
            im.fill(0.0);
            // Two chains share one transform: their cross terms are odd in frequency and end up imaginary.
            for ((re, im), row) in re.iter_mut().zip(&mut im).zip(self.centred.chunks_exact(self.chains)) {
                *re = row.get(chain).copied().unwrap_or(0.0);
                *im = row.get(chain + 1).copied().unwrap_or(0.0);
            }
            fourier(&mut re, &mut im, &roots);
            power.iter_mut().zip(re.iter().zip(&im)).for_each(|(p, (re, im))| *p += re * re + im * im);
        }
        im.fill(0.0);
        fourier(&mut power, &mut im, &roots);
        power.truncate(self.longest_lag() + 1);
        power.iter().map(|sum| sum / size as f64).collect()
    }
}

/// The product of a tail with the equally long head of the series, in eight partial sums, since the compiler may not
/// reorder a single one into vector registers.
fn dot(series: &[f64], tail: &[f64]) -> f64 {
    let (a, b) = (series.get(..tail.len()).unwrap_or_default().chunks_exact(8), tail.chunks_exact(8));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    let mut partial = [0.0; 8];
    for (a, b) in a.zip(b) {
        partial.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    rest + partial.iter().sum::<f64>()
}

/// `exp(-2 pi i k / size)` for `k < size / 2`.
fn roots_of_unity(size: usize) -> Vec<(f64, f64)> {
    let angle = |k: usize| -std::f64::consts::TAU * k as f64 / size as f64;
    (0..size / 2).map(|k| angle(k).sin_cos()).map(|(sin, cos)| (cos, sin)).collect()
}

/// The discrete Fourier transform in place (Cooley and Tukey, radix 2); the length is a power of two.
fn fourier(re: &mut [f64], im: &mut [f64], roots: &[(f64, f64)]) {
    let size = re.len();
    let unused = usize::BITS - size.trailing_zeros();
    for i in 1..size {
        let j = i.reverse_bits() >> unused;
        if i < j {
            re.swap(i, j);
            im.swap(i, j);
        }
    }
    let mut half = 1;
    while half < size {
        for (re, im) in re.chunks_exact_mut(2 * half).zip(im.chunks_exact_mut(2 * half)) {
            let (re0, re1) = re.split_at_mut(half);
            let (im0, im1) = im.split_at_mut(half);
            let roots = roots.iter().step_by(size / (2 * half));
            for ((a, b), ((c, d), (cos, sin))) in re0.iter_mut().zip(im0).zip(re1.iter_mut().zip(im1).zip(roots)) {
                let (x, y) = (*c * cos - *d * sin, *c * sin + *d * cos);
                (*c, *d) = (*a - x, *b - y);
                (*a, *b) = (*a + x, *b + y);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Random, ar1, assert_honest, chains, honesty, rho_of};
    use super::*;

    #[test]
    fn tau_of_an_autoregressive_process() {
        let mut random = Random(1);
        for (rho, count, samples) in [(0.0, 1, 50_000), (0.8, 16, 4000), (0.95, 128, 1000), (0.98, 1, 200_000)] {
            let (tau, expected) = (mean(&ar1(&mut random, rho, count, samples)).tau, (1.0 + rho) / (2.0 * (1.0 - rho)));
            let ratio = tau.unwrap_or(0.0) / expected;
            assert!((0.9..1.1).contains(&ratio), "rho {rho}: {tau:?}, expected {expected}");
        }
    }

    #[test]
    fn autocorrelation_decays_as_the_process_does() {
        let rho: f64 = 0.8;
        let found = autocorrelation_function(&ar1(&mut Random(4), rho, 16, 4000), 40);
        assert_eq!((found.len(), found[0]), (41, 1.0));
        for (lag, value) in found.iter().enumerate() {
            // Five sigmas of sqrt(2 tau / N) with tau = 4.5 and N = 64,000.
            assert!((value - rho.powi(lag as i32)).abs() < 0.06, "lag {lag}: {value}");
        }
        // Of a single chain half of the lags.
        assert_eq!(autocorrelation_function(&chains(1, vec![1.0, 2.0, 3.0, 1.0]), 9).len(), 2);
        for constant in [vec![], vec![1.0], vec![2.0; 8]] {
            assert!(autocorrelation_function(&chains(1, constant), 5).is_empty());
        }
    }

    #[test]
    fn errors_are_honest() {
        let mut random = Random(2);
        for (tau, count, samples, repeats) in [
            (0.5, 1, 50, 3000),
            (0.5, 1, 2000, 800),
            (5.0, 1, 500, 2000),
            (5.0, 4, 125, 2000),
            (5.0, 64, 50, 800),
            (20.0, 1, 2000, 800),
            (20.0, 4, 500, 800),
            (20.0, 16, 125, 800),
            (20.0, 64, 50, 800),
        ] {
            let found = honesty(0.0, repeats, || mean(&ar1(&mut random, rho_of(tau), count, samples)));
            assert_honest(&format!("tau {tau}, {count} chains of {samples}"), found);
        }
    }

    #[test]
    fn an_alternating_series_has_a_small_error_on_the_safe_side() {
        let mut random = Random(9);
        for rho in [-0.5, -0.9, -0.99] {
            let (_, square, _) = honesty(0.0, 300, || mean(&ar1(&mut random, rho, 4, 500)));
            assert!((0.4..1.2).contains(&square), "rho {rho}: {square}");
        }
    }

    #[test]
    fn disagreeing_chains_widen_the_error() {
        let mut random = Random(5);
        for count in [4, 100] {
            let x = ar1(&mut random, 0.0, count, 500);
            let stuck = x.values().iter().enumerate().map(|(i, x)| x + 9.0 * (i % count % 2) as f64).collect();
            let spread = 4.5 / (count as f64 - 1.0).sqrt();
            let error = mean(&chains(count, stuck)).error.unwrap_or(0.0);
            assert!((error / spread - 1.0).abs() < 0.05, "{count} chains: {error}, expected {spread}");
        }
    }

    #[test]
    fn transform_agrees_with_the_sums() {
        let mut random = Random(6);
        for (count, samples) in [(1, 100), (2, 64), (5, 77)] {
            let mut gamma = Autocovariance::new(&ar1(&mut random, 0.7, count, samples), 0.1);
            let sums = gamma.transform();
            for (lag, sum) in sums.iter().enumerate() {
                let direct = dot(&gamma.centred, &gamma.centred[lag * count..]);
                assert!((direct - sum).abs() < 1e-10, "{count} chains, lag {lag}: {direct} {sum}");
            }
            assert_eq!(sums.len(), gamma.longest_lag() + 1);
            let pairs = ((samples - 30) * count) as f64;
            assert!((gamma.at(30) - sums[30] / pairs).abs() < 1e-12);
        }
    }

    #[test]
    fn odd_input() {
        assert!(mean(&chains(3, vec![])).mean.is_nan());
        assert_eq!(mean(&chains(1, vec![0.3])), Estimate::single(0.3));
        assert_eq!(mean(&chains(2, vec![0.1; 14])), Estimate::exact(0.1));
        assert_eq!(mean(&chains(4, vec![1.0, 2.0, 3.0, 4.0])), Estimate::of_independent(&[1.0, 2.0, 3.0, 4.0]));
        assert_eq!(mean(&chains(1, vec![f64::NAN; 9])).error, None);
        assert_eq!(mean(&chains(1, vec![f64::INFINITY, 0.0, 1.0])).error, None);
        for n in 2..40 {
            for values in [(0..n).map(f64::from).collect(), (0..n).map(|i| f64::from(i % 2)).collect::<Vec<_>>()] {
                let e = mean(&chains(1, values));
                assert!(e.error.is_some_and(|e| e > 0.0) && e.tau.is_some_and(|t| t > 0.0), "{n}: {e:?}");
            }
        }
    }
}
