//! The picture that judges a fit: what was measured against what the model does.

use super::builder::NeuralFit;
use super::counts::SpikeCounts;
use crate::error::{Error, Result};
use crate::neurons::{Raster, Reading};
use crate::report::canvas::RgbImage;
use crate::report::panels::{SmallPlot, panels};
use crate::report::plot::Scale;
use crate::report::plot::Series;

/// Rates, covariances of pairs, and how often so many neurons fire in a tick: sampled from the fit against those of a raster.
///
/// # Errors
/// [`Error::Input`] for a fit that was not sampled, or a raster of other neurons.
pub fn figure(fit: &NeuralFit, raster: &Raster) -> Result<RgbImage> {
    let Some(sampled) = fit.sampled.as_ref().filter(|sampled| sampled.rates.len() == raster.neurons()) else {
        let hint = "sample the fit, and compare it with a raster of its neurons";
        let got = format!("{} neurons", raster.neurons());
        return Err(Error::input("raster of the picture", "as many neurons as the sampled fit has", got, hint));
    };
    let counts = SpikeCounts::of(raster, 0, Reading::Equilibrium)?;
    let rates = (0..raster.neurons()).map(|i| counts.rate(i));
    let against = |title: &str, data: &mut dyn Iterator<Item = f64>, model: &[f64]| SmallPlot {
        title: title.into(),
        x_label: "measured".into(),
        y_label: "modelled".into(),
        points: vec![unnamed(data.zip(model).map(|(data, &model)| (data, model)))],
        diagonal: true,
        ..SmallPlot::default()
    };
    let mut measured = vec![0.0; raster.neurons() + 1];
    for (trial, tick) in (0..raster.trials()).flat_map(|trial| (0..raster.ticks()).map(move |tick| (trial, tick))) {
        measured[raster.active(trial, tick)] += 1.0 / counts.ticks;
    }
    let most = measured.iter().rposition(|&share| share > 0.0).unwrap_or(0);
    let rare = 0.1 / counts.ticks;
    let shares = |shares: &[f64], name: &str| {
        let shown = shares.iter().enumerate().filter(|&(count, &share)| count <= most || share > rare);
        Series { name: name.into(), ..unnamed(shown.map(|(count, &share)| (count as f64, share))) }
    };
    let population = SmallPlot {
        title: "neurons that fire together".into(),
        x_label: "active neurons in a bin".into(),
        y_label: "fraction of bins".into(),
        y_scale: Scale::Logarithmic,
        points: vec![shares(&measured, "measured")],
        lines: vec![shares(&sampled.population, "modelled"), shares(&independent(&counts), "independent")],
        diagonal: false,
    };
    panels(&[
        against("rates", &mut rates.into_iter(), &sampled.rates),
        against("covariances", &mut counts.covariances().into_iter(), &sampled.covariances),
        population,
    ])
}

fn unnamed(points: impl Iterator<Item = (f64, f64)>) -> Series {
    Series { name: String::new(), points: points.map(|(x, y)| (x, y, None)).collect() }
}

/// How probable it is that so many neurons fire if they are independent.
fn independent(counts: &SpikeCounts) -> Vec<f64> {
    let mut shares = vec![1.0];
    for neuron in 0..counts.layout.neurons {
        let rate = counts.rate(neuron);
        let mut next = vec![0.0; shares.len() + 1];
        for (active, share) in shares.iter().enumerate() {
            next[active] += (1.0 - rate) * share;
            next[active + 1] += rate * share;
        }
        shares = next;
    }
    shares
}
