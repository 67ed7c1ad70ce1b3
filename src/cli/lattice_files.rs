//! The files of a run on a lattice: arrays, pictures, plots.

use super::courses;
use super::lattice::{Measured, Sampled, Sites, points_table};
use super::quantities::{axis_label, title_and_label};
use super::session::Session;
use super::table::short;
use anyhow::Result;
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::report::canvas::RgbImage;
use spinfield::report::picture::{lattice_picture, tile};
use spinfield::report::plot::{LinePlot, Section, Series};
use std::collections::BTreeSet;

/// The most numbers that an array of a run may have.
pub const MOST_NUMBERS: u64 = 50_000_000;

/// Points that the picture shows.
const MOST_PICTURES: usize = 36;
/// Rows of the picture of a chain of sites.
const MOST_ROWS: usize = 128;

/// What is plotted against the parameter that sweeps, where it was measured.
const PLOTTED: [&str; 9] = [
    "energy",
    "abs_magnetization",
    "binder",
    "specific_heat",
    "susceptibility",
    "phi2",
    "overlap2",
    "link_overlap",
    "swap_acceptance",
];

/// Writes everything but the result, and gives what the page shows of it.
pub fn write(folder: &OutputFolder, session: &Session, sampled: &Sampled, keep: bool) -> Result<Vec<Section>> {
    let numbers = sampled.configurations.iter().map(Vec::len).sum::<usize>();
    let fits = numbers as u64 <= MOST_NUMBERS;
    if keep && !fits {
        session.note(&format!("the configurations ({numbers} numbers) are too many to be written to samples.npz"));
    }
    write_arrays(folder, sampled, keep && fits)?;
    let (picture, caption) = picture(sampled)?;
    let png = picture.to_png()?;
    picture.write_png(folder.path("lattice.png")?)?;
    let mut sections = vec![Section::Heading("Results".into()), points_table(&sampled.points, &[]).section()];
    let hint = "One standard error in units of the last digit stands in brackets, autocorrelation included.";
    sections.push(Section::Paragraph(hint.into()));
    if sampled.points.len() >= 2 {
        for quantity in PLOTTED {
            if let Some(mut plot) = plot(&sampled.points, quantity) {
                let known = sampled.exact.iter().filter(|known| known.quantity == quantity);
                plot.curves = known.map(|known| known.curve.clone()).collect();
                // Beside a curve the points need a name.
                if let ([measured], [_]) = (&mut plot.series[..], &plot.curves[..]) {
                    measured.name = format!("measured, {}", sampled.lattice);
                }
                folder.write_text(&format!("{quantity}.svg"), &plot.to_svg())?;
                sections.push(Section::Plot(plot));
            }
        }
    }
    sections.extend([Section::Heading("Configurations".into()), Section::Picture { png, caption }]);
    let courses = courses::plots(sampled, sampled.sites == Sites::Field);
    if !courses.is_empty() {
        sections.push(Section::Heading("In the course of the run".into()));
        let text =
            "The point whose energy stays correlated longest. What was recorded of all points is in samples.npz.";
        sections.push(Section::Paragraph(text.into()));
    }
    for (name, plot) in courses {
        folder.write_text(&format!("{name}.svg"), &plot.to_svg())?;
        sections.push(Section::Plot(plot));
    }
    Ok(sections)
}

fn write_arrays(folder: &OutputFolder, sampled: &Sampled, keep: bool) -> Result<()> {
    let mut npz = NpzWriter::create(folder.path("samples.npz")?)?;
    let points = sampled.points.len();
    if let Some(first) = sampled.points.first() {
        for (number, (name, _)) in first.at.iter().enumerate() {
            let values: Vec<f64> = sampled.points.iter().map(|point| point.at[number].1).collect();
            npz.add_f64(name, &[points], &values)?;
        }
    }
    for (name, series) in ["energy", "magnetization"].into_iter().zip(&sampled.series) {
        if !series.is_empty() {
            npz.add_f64(name, &[points, sampled.replicas, sampled.samples], series)?;
        }
    }
    let (count, sites) = (sampled.configurations.len(), sampled.lattice.sites() as usize);
    let chains = points * sampled.replicas;
    if keep {
        // From one configuration of all chains after another to (point, replica, configuration, sites).
        let sides = sampled.lattice.sides().iter().map(|&side| side as usize);
        let shape: Vec<usize> = [points, sampled.replicas, count].into_iter().chain(sides).collect();
        let ordered = (0..chains).flat_map(|chain| {
            sampled.configurations.iter().flat_map(move |all| all.iter().skip(chain * sites).take(sites).copied())
        });
        let name = "configurations";
        match sampled.sites {
            Sites::Spins => npz.add_i8(name, &shape, &ordered.map(|value| value as i8).collect::<Vec<_>>())?,
            Sites::States(_) => npz.add_u8(name, &shape, &ordered.map(|value| value as u8).collect::<Vec<_>>())?,
            Sites::Angles | Sites::Field => npz.add_f32(name, &shape, &ordered.collect::<Vec<_>>())?,
        }
    }
    npz.finish().map_err(Into::into)
}

/// The last configuration of the first chain of every point, or of as many as fit.
fn picture(sampled: &Sampled) -> Result<(RgbImage, String)> {
    let sides: Vec<usize> = sampled.lattice.sides().iter().map(|&side| side as usize).collect();
    let sites = sampled.lattice.sites() as usize;
    let last = sampled.configurations.last().map_or(&[][..], Vec::as_slice);
    let count = sampled.points.len();
    let shown: Vec<usize> = match count {
        0..=MOST_PICTURES => (0..count).collect(),
        _ => (0..MOST_PICTURES).map(|k| k * (count - 1) / (MOST_PICTURES - 1)).collect(),
    };
    // Of a chain of sites the replicas are rows; of three and four dimensions the first plane is shown.
    let (width, height, what) = match sides[..] {
        [length] => (length, sampled.replicas.min(MOST_ROWS), "each row the last configuration of a chain"),
        [height, width] => (width, height, "the last configuration of the first chain"),
        [.., height, width] => (width, height, "the first plane of the last configuration of the first chain"),
        [] => (1, 1, ""),
    };
    let of_point = |point: usize| last.iter().skip(point * sampled.replicas * sites).take(width * height);
    let largest = shown.iter().flat_map(|&point| of_point(point)).fold(0f32, |largest, value| largest.max(value.abs()));
    let half_turn = std::f32::consts::PI;
    let (range, middle) = match sampled.sites {
        Sites::Spins => (None, 0.0),
        Sites::States(states) => (Some(states as f32 - 1.0), 0.0),
        Sites::Angles => (Some(half_turn), half_turn),
        Sites::Field => (Some(largest).filter(|range| *range > 0.0), 0.0),
    };
    let mut images = Vec::new();
    for &point in &shown {
        let values: Vec<f32> = of_point(point).map(|value| value - middle).collect();
        images.push(lattice_picture((width, height), &values, range)?);
    }
    // Pixels of a page are not for nothing: many large lattices are drawn smaller by showing fewer.
    let fits = images.first().map_or(1, |image| (32 << 20) / (image.width() * image.height()).max(1)).max(1);
    images.truncate(fits);
    let columns = images.len().isqrt() + usize::from(images.len().isqrt().pow(2) < images.len());
    let colours = match sampled.sites {
        Sites::Spins => "light is +1, dark is -1".to_string(),
        Sites::States(states) => format!("from white for state 0 to dark red for state {}", states - 1),
        Sites::Angles => "from blue for an angle of 0 over white for pi to red for 2 pi".to_string(),
        Sites::Field => format!("red is positive, blue is negative, up to {largest:.3}"),
    };
    let order = match images.len() {
        1 => String::new(),
        some if some == count => "; points in their order, row by row".to_string(),
        some => format!("; {some} of {count} points in their order, row by row"),
    };
    Ok((tile(&images, columns)?, format!("{what}: {colours}{order}")))
}

/// A quantity against the parameter with the most values, a line for each combination of the others.
pub fn plot(points: &[Measured], quantity: &str) -> Option<LinePlot> {
    let first = points.first()?;
    first.reading(quantity)?;
    let distinct = |axis: usize| points.iter().map(|point| point.at[axis].1.to_bits()).collect::<BTreeSet<_>>().len();
    let axis = (0..first.at.len()).rev().max_by_key(|&axis| distinct(axis))?;
    let mut series: Vec<Series> = Vec::new();
    for point in points {
        let others = point.at.iter().enumerate().filter(|(other, _)| *other != axis && distinct(*other) > 1);
        let name: Vec<String> = others.map(|(_, (name, value))| format!("{name} = {}", short(*value))).collect();
        let name = name.join(", ");
        let (value, error) = point.reading(quantity)?.for_plot();
        let at = (point.at[axis].1, value, error);
        match series.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push(at),
            None => series.push(Series { name, points: vec![at] }),
        }
    }
    series.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
    let is_field = !first.at.iter().any(|(name, _)| matches!(*name, "beta" | "temperature"));
    let (title, y_label) = title_and_label(quantity, is_field);
    Some(LinePlot { title, x_label: axis_label(first.at[axis].0), y_label, series, ..LinePlot::default() })
}
