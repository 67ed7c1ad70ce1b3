//! Whether independent chains agree with each other.

use super::Chains;

/// Split R-hat: the ratio of the spread over all half chains to that within them.
///
/// Each chain is cut into two halves of `h` samples (the middle one of an odd number is left out). With `B / h` the
/// variance of the means of the halves and `W` the mean of their variances,
///
/// ```text
/// R-hat = sqrt(((h - 1) / h W + B / h) / W)
/// ```
///
/// (Gelman et al., Bayesian Data Analysis, 3rd ed., section 11.4; Vehtari et al., Bayesian Analysis 16 (2021) 667,
/// without rank normalisation.) About 1 for converged chains; above 1.01 to 1.1 they are too short, or stuck in
/// different states. Infinite for chains that are frozen at different values.
///
/// `None` for fewer than 4 samples per chain and where nothing varies at all.
pub fn r_hat(chains: &Chains) -> Option<f64> {
    let half = chains.len() / 2;
    if half < 2 {
        return None;
    }
    let first = halves(chains.rows().take(half), chains.count());
    let second = halves(chains.rows().skip(chains.len() - half), chains.count());
    let moments: Vec<(f64, f64)> = first.into_iter().chain(second).collect();
    let (h, count) = (half as f64, moments.len() as f64);
    let within = moments.iter().map(|(_, variance)| variance).sum::<f64>() / count;
    let origin = moments.first().map_or(0.0, |(mean, _)| *mean);
    let centre = origin + moments.iter().map(|(mean, _)| mean - origin).sum::<f64>() / count;
    let between = moments.iter().map(|(mean, _)| (mean - centre).powi(2)).sum::<f64>() / (count - 1.0);
    let ratio = ((h - 1.0) / h + between / within).sqrt();
    (!ratio.is_nan()).then_some(ratio)
}

/// The mean and the variance of every column.
fn halves<'a>(rows: impl Iterator<Item = &'a [f64]>, chains: usize) -> Vec<(f64, f64)> {
    // Welford's recurrence: one pass over the rows in memory order, and exact zeros for a constant.
    let mut state = vec![(0.0, 0.0); chains];
    let mut n = 0.0;
    for row in rows {
        n += 1.0;
        for ((mean, squares), x) in state.iter_mut().zip(row) {
            let delta = x - *mean;
            *mean += delta / n;
            *squares += delta * (x - *mean);
        }
    }
    state.iter_mut().for_each(|(_, squares)| *squares /= n - 1.0);
    state
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Random, ar1, chains};
    use super::*;

    #[test]
    fn agreeing_chains_are_near_one() {
        let mut random = Random(3);
        for count in [1, 2, 8] {
            let r = r_hat(&ar1(&mut random, 0.5, count, 2000)).unwrap_or(0.0);
            assert!((0.999..1.01).contains(&r), "{count} chains: {r}");
        }
    }

    #[test]
    fn stuck_or_drifting_chains_are_not() {
        let mut random = Random(4);
        let same = ar1(&mut random, 0.5, 4, 500);
        let shifted = |f: &dyn Fn(usize) -> f64| {
            chains(4, same.values().iter().enumerate().map(|(i, x)| x + f(i)).collect::<Vec<_>>())
        };
        assert!(r_hat(&shifted(&|i| 2.0 * (i % 4) as f64)).unwrap_or(0.0) > 1.5);
        assert!(r_hat(&shifted(&|i| i as f64 / 500.0)).unwrap_or(0.0) > 1.2);
    }

    #[test]
    fn agrees_with_the_formula() {
        // Halves (1, 3) and (2, 6): means 2 and 4, variances 2 and 8.
        let expected = ((0.5 * 5.0 + 2.0) / 5.0f64).sqrt();
        for values in [vec![1.0, 3.0, 2.0, 6.0], vec![1.0, 3.0, 99.0, 2.0, 6.0]] {
            assert!((r_hat(&chains(1, values)).unwrap_or(0.0) - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn odd_input() {
        assert_eq!(r_hat(&chains(2, vec![])), None);
        assert_eq!(r_hat(&chains(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])), None);
        assert_eq!(r_hat(&chains(2, vec![0.1; 20])), None);
        assert_eq!(r_hat(&chains(2, [1.0, 2.0].repeat(10))), Some(f64::INFINITY));
        assert_eq!(r_hat(&chains(1, vec![f64::NAN; 8])), None);
    }
}
