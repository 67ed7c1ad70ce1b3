//! What should be known about a run on a lattice before its numbers are believed.

use super::lattice::{Measured, Reading};
use super::session::Session;
use super::table::short;
use spinfield::Estimate;
use spinfield::dynamics::propose_ladder;

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

/// Neighbours in a ladder that hardly ever swap, with a better ladder where the specific heats tell one.
pub fn warn_of_rare_swaps(session: &mut Session, points: &[Measured], ladder: usize, sites: f64) {
    let mean = |point: &Measured, name: &str| match point.reading(name) {
        Some(Reading::Estimate(Some(estimate))) => Some(estimate.mean),
        _ => None,
    };
    let rare = |point: &Measured| mean(point, "swap_acceptance").is_some_and(|rate| rate < 0.05);
    let Some(worst) = points.iter().position(rare) else { return };
    let beta = |point: &Measured| point.at.iter().find(|label| label.0 == "beta").map(|label| label.1);
    let of_ladder = points.chunks(ladder.max(1)).nth(worst / ladder.max(1)).unwrap_or_default();
    let known: Option<(Vec<f64>, Vec<f64>)> = of_ladder
        .iter()
        .map(|point| {
            let beta = beta(point)?;
            Some((beta, (sites * mean(point, "specific_heat")?).sqrt() / beta))
        })
        .collect();
    let proposal = known.and_then(|(betas, deviations)| propose_ladder(&betas, &deviations, 0.3).ok());
    let advice = match proposal.filter(|betas| betas.len() <= 200) {
        Some(betas) => {
            let betas: Vec<String> = betas.iter().map(|beta| format!("{beta:.4}")).collect();
            format!("use --beta {}", betas.join(","))
        }
        None => "use more points, closer to each other".into(),
    };
    let at: Vec<String> = points[worst].at.iter().map(|(name, value)| format!("{name} = {}", short(*value))).collect();
    session.warn(format!("fewer than 5 % of the swaps from {} succeed: {advice}", at.join(", ")));
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
