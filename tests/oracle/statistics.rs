//! Tail probabilities and scores.

/// The probability that chi-square with `dof` degrees of freedom exceeds `chi2`.
pub fn chi_square_p(chi2: f64, dof: f64) -> f64 {
    assert!(dof > 0.0 && chi2 >= 0.0, "chi-square {chi2} with {dof} degrees of freedom");
    let (_, upper) = incomplete_gamma(dof / 2.0, chi2 / 2.0);
    upper
}

/// How many standard errors lie between a value and the truth. A value without error must be the truth itself: it scores
/// 0 or an infinity.
pub fn z_score(value: f64, error: f64, truth: f64) -> f64 {
    if value == truth { 0.0 } else { (value - truth) / error.abs() }
}

/// The error function.
pub fn erf(x: f64) -> f64 {
    let (lower, _) = incomplete_gamma(0.5, x * x);
    lower.copysign(x)
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x): the power series below a + 1, the
/// continued fraction (modified Lentz) above.
fn incomplete_gamma(a: f64, x: f64) -> (f64, f64) {
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        let lower = (front * sum).min(1.0);
        return (lower, 1.0 - lower);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let factor = -i * (i - a);
        b += 2.0;
        d = 1.0 / (factor * d + b);
        c = b + factor / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    let upper = front * fraction;
    (1.0 - upper, upper)
}

/// The logarithm of the gamma function for a positive argument: Stirling's series after a shift to large arguments.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 1.0);
    while x < 20.0 {
        shift *= x;
        x += 1.0;
    }
    let inverse2 = 1.0 / (x * x);
    let series = (1.0 / 12.0
        - inverse2 * (1.0 / 360.0 - inverse2 * (1.0 / 1260.0 - inverse2 * (1.0 / 1680.0 - inverse2 / 1188.0))))
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - f64::ln(shift)
}
