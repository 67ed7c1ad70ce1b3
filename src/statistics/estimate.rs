//! A number with its statistical error, and how it prints.

use std::fmt;

/// Significant digits of a mean that has no error to round it by.
const PLAIN_DIGITS: i32 = 6;
/// From this magnitude on a number prints in scientific notation.
const LARGE: f64 = 1e7;
/// More decimals than these print in scientific notation.
const MOST_DECIMALS: i32 = 12;

/// A mean with its standard error (one sigma), both in the unit of the observable.
///
/// Prints in the short notation of the error in brackets, in units of the last digit: `-1.4182(3)`. The error has one
/// significant digit, two where the first is a 1 (`0.61070(14)`). An error that reaches beyond the decimal point is
/// written out: `3.2(1.4)`, `1234(12)`, `1200(200)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean; NaN for no data.
    pub mean: f64,
    /// The standard error, finite and at least 0; `None` where the data cannot tell.
    pub error: Option<f64>,
    /// The integrated autocorrelation time in samples, `1/2 + sum_t rho(t)`: 0.5 for uncorrelated samples. `None`
    /// where there is no time series or it does not vary.
    pub tau: Option<f64>,
}

impl Estimate {
    /// Every estimate passes here, so that no caller ever meets a NaN or infinite error.
    pub(super) fn new(mean: f64, error: Option<f64>, tau: Option<f64>) -> Self {
        Self { mean, error: error.filter(|e| e.is_finite()), tau: tau.filter(|t| t.is_finite()) }
    }

    /// A number known without error.
    pub fn exact(x: f64) -> Self {
        Self::new(x, Some(0.0), None)
    }

    /// A number whose error is unknown.
    pub fn single(x: f64) -> Self {
        Self::new(x, None, None)
    }

    /// The mean `m` of `n` independent values and its standard error, `sqrt(sum (x - m)^2 / (n (n - 1)))`.
    ///
    /// The error is `None` for fewer than two values, the mean is NaN for none.
    pub fn of_independent(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let Some(&first) = values.first() else { return Self::single(f64::NAN) };
        // Summing differences keeps the digits of nearly equal values, and makes a constant exactly constant.
        let mean = first + values.iter().map(|x| x - first).sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
        Self::new(mean, Some((squares / (n * (n - 1.0))).sqrt()), None)
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An error below the resolution of the mean itself cannot be shown as digits of it.
        let error = self.error.filter(|e| e.is_finite() && *e > self.mean.abs() * 1e-15);
        f.pad(&if self.mean.is_finite() { notation(self.mean, error) } else { self.mean.to_string() })
    }
}

fn notation(mean: f64, error: Option<f64>) -> String {
    let scale = mean.abs().max(error.unwrap_or(0.0));
    if scale == 0.0 {
        return "0".into();
    }
    let decimals = error.map_or_else(|| (PLAIN_DIGITS - 1 - exponent(scale)).max(0), decimals_of_error);
    if scale < LARGE && decimals <= MOST_DECIMALS {
        return fixed(mean, error, decimals);
    }
    let power = exponent(scale);
    // Two steps, because the reciprocal of the least positive numbers is infinite.
    let rescale = |x: f64| x * 10f64.powi(-power / 2) * 10f64.powi(-power - (-power / 2));
    let digits = fixed(rescale(mean), error.map(rescale), decimals + power);
    if power == 0 { digits } else { format!("{digits}e{power}") }
}

fn fixed(mean: f64, error: Option<f64>, decimals: i32) -> String {
    let shown = decimals.max(0) as usize;
    let unit = 10f64.powi(-decimals);
    let round = |x: f64| if decimals < 0 { (x / unit).round() * unit } else { x };
    let mut text = format!("{:.shown$}", round(mean));
    if text.chars().all(|c| "-0.".contains(c)) {
        text = text.trim_start_matches('-').to_string();
    }
    match error {
        None if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        None => text,
        Some(error) if decimals <= 0 => format!("{text}({:.0})", round(error)),
        Some(error) => match (error / unit).round() {
            units if units * unit >= 1.0 - unit / 2.0 => format!("{text}({error:.shown$})"),
            units => format!("{text}({units:.0})"),
        },
    }
}

fn decimals_of_error(error: f64) -> i32 {
    let two_digits = format!("{error:e}").starts_with('1');
    i32::from(two_digits) - exponent(error)
}

/// The power of ten of the first digit, taken from the printed form because `log10` errs next to the powers of ten.
fn exponent(x: f64) -> i32 {
    format!("{x:e}").rsplit('e').next().and_then(|e| e.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_error_in_units_of_the_last_digit() {
        let cases = [
            (-1.41824, 0.00031, "-1.4182(3)"),
            (0.610701, 0.000138, "0.61070(14)"),
            (0.5, 0.096, "0.50(10)"),
            (3.21, 1.4, "3.2(1.4)"),
            (3.21, 0.96, "3.2(1.0)"),
            (3.21, 4.0, "3(4)"),
            (1234.4, 12.3, "1234(12)"),
            (1234.4, 234.0, "1200(200)"),
            (-0.0001, 0.3, "0.0(3)"),
            (0.0, 0.02, "0.00(2)"),
            (1.2345678e8, 1.2e4, "1.23457(12)e8"),
            (2.5e-13, 3e-15, "2.50(3)e-13"),
            (1e-3, 1e7, "0.0(1.0)e7"),
            (1e300, 2e298, "1.00(2)e300"),
            (3e-320, 2e-321, "3.0(2)e-320"),
            (1.0, 3e-14, "1.00000000000000(3)"),
            (1.0, 1e-40, "1"),
            (f64::MAX, f64::MAX, "1.8(1.8)e308"),
        ];
        for (mean, error, text) in cases {
            assert_eq!(Estimate::new(mean, Some(error), None).to_string(), text);
        }
    }

    #[test]
    fn prints_a_plain_mean_without_an_error() {
        let cases = [
            (0.5, "0.5"),
            (-2.0, "-2"),
            (0.0, "0"),
            (-1.44421356, "-1.44421"),
            (1234567.8, "1234568"),
            (1.5e7, "1.5e7"),
            (1.23456789e-9, "1.23457e-9"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (mean, text) in cases {
            assert_eq!(Estimate::single(mean).to_string(), text);
            assert_eq!(Estimate::exact(mean).to_string(), text);
        }
        assert_eq!(format!("{:>6}", Estimate::single(0.5)), "   0.5");
    }

    #[test]
    fn independent_values() {
        let e = Estimate::of_independent(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!((e.mean, e.tau), (2.5, None));
        assert!((e.error.unwrap_or(0.0) - (5.0f64 / 12.0).sqrt()).abs() < 1e-15);
        assert_eq!(Estimate::of_independent(&[0.1; 7]), Estimate::exact(0.1));
        assert_eq!(Estimate::of_independent(&[3.0]), Estimate::single(3.0));
        assert!(Estimate::of_independent(&[]).mean.is_nan());
        assert_eq!(Estimate::of_independent(&[f64::NAN, 1.0]).error, None);
    }
}
