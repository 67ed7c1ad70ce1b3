//! What should be known about a run on a lattice before its numbers are believed.

use super::lattice::{Measured, Reading};
use super::session::Session;
use super::table::short;
use spinfield::Estimate;

/// Chains of one point that tell different energies.
pub fn warn_of_disagreement(session: &mut Session, points: &[Measured], samples: usize) {
    let of = |point: &Measured| match point.reading("r_hat") {
        Some(Reading::Number(Some(value))) => value,
        _ => 1.0,
    };
    // A few samples always disagree.
    if samples < 50 {
        return;
    }
    let worst = points.iter().max_by(|a, b| of(a).total_cmp(&of(b)));
    if let Some(point) = worst.filter(|point| of(point) > 1.1) {
        let at: Vec<String> = point.at.iter().map(|(name, value)| format!("{name} = {}", short(*value))).collect();
        session.warn(format!(
            "the chains disagree (R-hat of the energy {:.2} at {}): they have not forgotten how they began, or are stuck \
             in different states, so that means and errors cannot be trusted; use a longer --warmup, more --samples, or \
             --start cold",
            of(point),
            at.join(", ")
        ));
    }
}

/// Means that are 1 at any coupling and step size. Five errors are far out even among many points.
pub fn warn_of_broken_identities(session: &mut Session, points: &[Measured]) {
    for (name, hint) in [
        (
            "schwinger_dyson",
            "some modes move too little: record more samples, or change --steps, --step-size or --jitter",
        ),
        ("exp_minus_dh", "the integrator is unstable: use a smaller --step-size"),
    ] {
        let worst = points.iter().filter_map(|point| match point.reading(name) {
            Some(Reading::Estimate(Some(Estimate { mean, error: Some(error), .. }))) if error > 0.0 => {
                Some((mean - 1.0).abs() / error)
            }
            _ => None,
        });
        let worst = worst.fold(0.0, f64::max);
        if worst > 5.0 {
            session.warn(format!("{name} should be 1 and is {worst:.0} errors off: {hint}"));
        }
    }
}
