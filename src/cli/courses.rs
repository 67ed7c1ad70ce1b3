//! Recorded samples in the order of time, and how long they stay correlated.

use super::lattice::{Measured, Reading, Sampled};
use super::quantities::title_and_label;
use super::table::short;
use spinfield::report::plot::{LinePlot, Series};
use spinfield::statistics::{Chains, autocorrelation_function};

/// Chains that are shown, and samples of each.
const CHAINS: usize = 4;
const SAMPLES: usize = 500;
/// Lags that are shown: so many autocorrelation times, within these bounds.
const TIMES: f64 = 8.0;
const LAGS: [usize; 2] = [10, 400];

/// What was recorded, in the order of the arrays of a run.
const RECORDED: [&str; 2] = ["energy", "magnetization"];

/// Of the point whose energy stays correlated longest: the course of the energy in some of its chains, and the
/// autocorrelation of what was recorded. Empty where nothing was.
pub fn plots(sampled: &Sampled, is_field: bool) -> Vec<(&'static str, LinePlot)> {
    let Some((number, point)) = slowest(&sampled.points) else { return Vec::new() };
    let size = sampled.replicas * sampled.samples;
    let of_point = |series: &'_ [f64]| series.get(number * size..(number + 1) * size).map(<[f64]>::to_vec);
    let recorded: Vec<Vec<f64>> = sampled.series.iter().filter_map(|series| of_point(series)).collect();
    let [energy, ..] = &recorded[..] else { return Vec::new() };
    let at: Vec<String> = point.at.iter().map(|(name, value)| format!("{name} = {}", short(*value))).collect();
    let at = at.join(", ");
    let what = if is_field { "Action" } else { "Energy" };
    let course = LinePlot {
        title: format!("{what} in the course of the run, {at}"),
        x_label: format!("recorded sample ({} apart)", sampled.apart),
        y_label: title_and_label("energy", is_field).1,
        series: courses(energy, sampled.samples),
        ..LinePlot::default()
    };
    let mut plots = vec![("course", course)];
    let lags = (TIMES * tau(point).unwrap_or(1.0)).ceil() as usize;
    let lags = lags.clamp(LAGS[0], LAGS[1]).min(sampled.samples / 2);
    let function = |(name, values): (&str, &Vec<f64>)| {
        // A row a sample, as statistics has them.
        let rows = (0..sampled.samples).flat_map(|sample| values.iter().skip(sample).step_by(sampled.samples).copied());
        let chains = Chains::from_rows(sampled.replicas.max(1), rows.collect()).ok()?;
        let tau = match point.reading(name) {
            Some(Reading::Estimate(Some(estimate))) => estimate.tau.map(|tau| format!(", τ = {tau:.2}")),
            _ => None,
        };
        let points = autocorrelation_function(&chains, lags).into_iter().enumerate();
        let points: Vec<_> = points.map(|(lag, value)| (lag as f64, value, None)).collect();
        let name = if is_field && name == "energy" { "action" } else { name };
        Some(Series { name: format!("{name}{}", tau.unwrap_or_default()), points }).filter(|line| line.points.len() > 1)
    };
    let series: Vec<Series> = RECORDED.into_iter().zip(&recorded).filter_map(function).collect();
    if !series.is_empty() {
        let plot = LinePlot {
            title: format!("Autocorrelation, {at}"),
            x_label: "lag in recorded samples".into(),
            y_label: "autocorrelation ρ".into(),
            series,
            ..LinePlot::default()
        };
        plots.push(("autocorrelation", plot));
    }
    plots
}

fn tau(point: &Measured) -> Option<f64> {
    match point.reading("energy") {
        Some(Reading::Estimate(Some(estimate))) => estimate.tau.filter(|tau| tau.is_finite()),
        _ => None,
    }
}

fn slowest(points: &[Measured]) -> Option<(usize, &Measured)> {
    let time = |point: &Measured| tau(point).unwrap_or(0.0);
    points.iter().enumerate().max_by(|a, b| time(a.1).total_cmp(&time(b.1)))
}

/// The first chains, thinned to what can be seen.
fn courses(values: &[f64], samples: usize) -> Vec<Series> {
    let step = samples.div_ceil(SAMPLES).max(1);
    let line = |(chain, values): (usize, &[f64])| Series {
        name: format!("chain {chain}"),
        points: values.iter().enumerate().step_by(step).map(|(sample, value)| (sample as f64, *value, None)).collect(),
    };
    values.chunks_exact(samples.max(1)).take(CHAINS).enumerate().map(line).collect()
}
