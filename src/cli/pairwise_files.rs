//! The files of a run of spins with explicit couplings.

use super::lattice::{Measured, points_table};
use super::lattice_files::{MOST_NUMBERS, plot};
use super::pairwise::{OfSample, Sampled};
use super::session::Session;
use super::table::short;
use anyhow::Result;
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::report::heat_map::HeatMap;
use spinfield::report::plot::{LinePlot, Scale, Section, Series};

/// What is plotted against the temperature.
const PLOTTED: [&str; 5] = ["energy", "overlap2", "overlap_binder", "specific_heat", "swap_acceptance"];
/// What the arrays have of each sample of the couplings.
const OF_SAMPLES: [(&str, &str); 4] = [
    ("energy", "sample_energy"),
    ("overlap2", "sample_overlap2"),
    ("overlap4", "sample_overlap4"),
    ("lowest_energy", "sample_lowest_energy"),
];
/// Lines of the plot of P(q).
const MOST_LINES: usize = 6;
/// Replicas of the picture of their overlaps.
const MOST_REPLICAS: usize = 128;

/// Writes everything but the result, and gives what the page shows of it.
pub fn write(folder: &OutputFolder, session: &Session, sampled: &Sampled) -> Result<Vec<Section>> {
    write_arrays(folder, session, sampled)?;
    let mut sections = vec![Section::Heading("Results".into()), points_table(&sampled.points, &[]).section()];
    let over = if sampled.samples.len() > 1 { "over samples of the couplings" } else { "autocorrelation included" };
    let hint = format!("One standard error in units of the last digit stands in brackets, {over}.");
    sections.push(Section::Paragraph(hint));
    if sampled.points.len() >= 2 {
        let against_temperature = by_temperature(&sampled.points);
        for quantity in PLOTTED {
            if let Some(plot) = plot(&against_temperature, quantity) {
                folder.write_text(&format!("{quantity}.svg"), &plot.to_svg())?;
                sections.push(Section::Plot(plot));
            }
        }
    }
    if !sampled.overlaps.is_empty() {
        let plot = distributions(sampled);
        folder.write_text("overlap_distribution.svg", &plot.to_svg())?;
        sections.extend([Section::Heading("Distribution of the overlap of replicas".into()), Section::Plot(plot)]);
    }
    if let Some(first) = sampled.samples.first().filter(|_| sampled.replicas >= 2) {
        let map = replicas(sampled, first);
        map.to_image()?.write_png(folder.path("replicas.png")?)?;
        let beta = sampled.points.last().and_then(|point| point.at.first()).map_or(0.0, |at| at.1);
        let caption = format!(
            "Overlaps |q| of the last states of all replicas with each other, from 0 (light) to 1 (dark), at beta = {} of the \
             first sample",
            short(beta)
        );
        sections.push(Section::Map { map, caption });
    }
    Ok(sections)
}

/// The same points by their temperature, where all have one.
fn by_temperature(points: &[Measured]) -> Vec<Measured> {
    let moved = |point: &Measured| match point.at[..] {
        [("beta", beta)] if beta > 0.0 => {
            Some(Measured { at: vec![("temperature", 1.0 / beta)], readings: point.readings.clone() })
        }
        _ => None,
    };
    points.iter().map(moved).collect::<Option<Vec<_>>>().unwrap_or_else(|| points.to_vec())
}

fn write_arrays(folder: &OutputFolder, session: &Session, sampled: &Sampled) -> Result<()> {
    let mut npz = NpzWriter::create(folder.path("samples.npz")?)?;
    let (samples, points) = (sampled.samples.len(), sampled.points.len());
    let betas: Vec<f64> = sampled.points.iter().filter_map(|point| point.at.first()).map(|at| at.1).collect();
    npz.add_f64("beta", &[points], &betas)?;
    let seeds: Option<Vec<i64>> = sampled.samples.iter().map(|sample| sample.seed.map(u64::cast_signed)).collect();
    if let Some(seeds) = seeds {
        npz.add_i64("disorder_seed", &[samples], &seeds)?;
    }
    for (quantity, name) in OF_SAMPLES {
        let value = |point: &Measured| point.reading(quantity).map_or(f64::NAN, |reading| reading.for_plot().0);
        let rows = sampled.samples.iter().flat_map(|sample| sample.points.iter().map(value));
        npz.add_f64(name, &[samples, points], &rows.collect::<Vec<_>>())?;
    }
    if let Some(first) = sampled.overlaps.first() {
        let cells = first.overlaps.len();
        npz.add_f64("overlap", &[cells], &first.overlaps)?;
        let densities = sampled.overlaps.iter().flat_map(|at| at.densities.iter().map(|density| density.mean));
        npz.add_f64("overlap_distribution", &[points, cells], &densities.collect::<Vec<_>>())?;
    }
    let states = sampled.samples.first().map_or(0, |sample| sample.states.count());
    let numbers = (samples * states).saturating_mul(sampled.sites) as u64;
    if numbers > MOST_NUMBERS {
        session.note(&format!("the configurations ({numbers} numbers) are too many to be written to samples.npz"));
    } else if sampled.keeps_configurations {
        let of_sample = |sample: &OfSample| -> Vec<i8> {
            (0..sample.states.count()).flat_map(|chain| sample.states.signs(chain)).collect()
        };
        let signs: Vec<i8> = sampled.samples.iter().flat_map(of_sample).collect();
        let places = [states / sampled.replicas, sampled.replicas, sampled.sites];
        let shape = if samples > 1 { [&[samples], &places[..]].concat() } else { places.to_vec() };
        npz.add_i8("configurations", &shape, &signs)?;
    }
    npz.finish().map_err(Into::into)
}

/// P(q) at some of the points.
fn distributions(sampled: &Sampled) -> LinePlot {
    let count = sampled.overlaps.len();
    let shown: Vec<usize> = match count {
        0..=MOST_LINES => (0..count).collect(),
        _ => (0..MOST_LINES).map(|line| line * (count - 1) / (MOST_LINES - 1)).collect(),
    };
    let line = |&point: &usize| {
        let at = &sampled.overlaps[point];
        let beta = sampled.points[point].at.first().map_or(0.0, |at| at.1);
        let cells = at.overlaps.iter().zip(&at.densities);
        Series {
            name: format!("beta = {}", short(beta)),
            points: cells.map(|(&overlap, density)| (overlap, density.mean, density.error)).collect(),
        }
    };
    LinePlot {
        title: "Density of the overlap".into(),
        x_label: "overlap q of two replicas".into(),
        y_label: "P(q)".into(),
        series: shown.iter().map(line).collect(),
        ..LinePlot::default()
    }
}

/// |q| of all pairs of replicas at the last point.
fn replicas(sampled: &Sampled, sample: &OfSample) -> HeatMap {
    let shown = sampled.replicas.min(MOST_REPLICAS);
    let first = sample.states.count() - sampled.replicas;
    let overlap = |a: usize, b: usize| {
        sample.states.overlap(first + a, &sample.states, first + b).unsigned_abs() as f64 / sampled.sites as f64
    };
    let places: Vec<f64> = (0..shown).map(|replica| replica as f64).collect();
    HeatMap {
        title: "Overlaps |q| of replicas".into(),
        x_label: "replica".into(),
        y_label: "replica".into(),
        x: places.clone(),
        x_scale: Scale::Linear,
        y: places,
        values: (0..shown).flat_map(|a| (0..shown).map(move |b| (a, b))).map(|(a, b)| overlap(a, b)).collect(),
        lines: Vec::new(),
    }
}
