//! The files of a training: the machine, its filters, samples, what it fills in, and the course of learning.

use super::samples::Samples;
use super::session::Session;
use super::train::Learned;
use super::train_epochs::some_of;
use anyhow::Result;
use spinfield::io::output::OutputFolder;
use spinfield::report::canvas::RgbImage;
use spinfield::report::picture::{lattice_picture, tile};
use spinfield::report::plot::{LinePlot, Section, Series};
use spinfield::{Layer, Units, Vectors};

/// Pictures of one kind that are shown.
const SHOWN: usize = 64;
/// Pictures in a row of a sheet.
const COLUMNS: usize = 8;
/// Samples that are filled in.
const FILLED: usize = 8;
/// Sweeps of the chains that are shown.
const SWEEPS: u64 = 500;

/// Width and height of samples whose values make up a square.
pub fn sides_of(vectors: &Vectors) -> Option<(usize, usize)> {
    let root = vectors.width().isqrt();
    (root > 1 && root * root == vectors.width()).then_some((root, root))
}

/// Pictures of rows of values in a sheet: of units of this type, or of weights in a map of colours about 0.
pub fn sheet(rows: &[&[f32]], sides: (usize, usize), columns: usize, units: Option<Units>) -> Result<RgbImage> {
    let range = units.and_then(Units::values).map(|_| 1.0);
    let shown = |value: f32| if units == Some(Units::Bernoulli) { 2.0 * value - 1.0 } else { value };
    let picture = |row: &&[f32]| {
        let values: Vec<f32> = row.iter().map(|&value| shown(value)).collect();
        lattice_picture(sides, &values, range)
    };
    let pictures = rows.iter().take(SHOWN).map(picture).collect::<Result<Vec<_>, _>>()?;
    Ok(tile(&pictures, columns)?)
}

/// Writes everything but the result, and gives what the page shows of it.
pub fn write(folder: &OutputFolder, session: &Session, learned: &Learned) -> Result<Vec<Section>> {
    learned.machine.save(folder.path("model.safetensors")?)?;
    let mut sections = vec![Section::Heading("Results".into()), learned.summary().section()];
    sections.push(Section::Heading("Course of learning".into()));
    for (name, plot) in curves(learned) {
        folder.write_text(name, &plot.to_svg())?;
        sections.push(Section::Plot(plot));
    }
    let Some(sides) = learned.data.sides else { return Ok(sections) };
    let mut add = |name: &str, title: &str, image: &RgbImage, caption: &str| -> Result<()> {
        image.write_png(folder.path(name)?)?;
        let picture = Section::Picture { png: image.to_png()?, caption: caption.into() };
        sections.extend([Section::Heading(title.into()), picture]);
        Ok(())
    };
    let machine = &learned.machine;
    let hidden = machine.size(Layer::Hidden);
    let filters: Vec<Vec<f32>> =
        (0..hidden.min(SHOWN)).map(|j| machine.weights().iter().skip(j).step_by(hidden).copied().collect()).collect();
    let rows: Vec<&[f32]> = filters.iter().map(Vec::as_slice).collect();
    add(
        "filters.png",
        "Filters",
        &sheet(&rows, sides, COLUMNS, None)?,
        "The weights of hidden units, one picture each",
    )?;
    let units = Some(machine.units(Layer::Visible));
    // Chains that come from elsewhere may stay for long in states of many hidden units that hardly weigh anything.
    let start = some_of(&learned.data.vectors, SHOWN)?;
    let mut chains = session.gpu.machine(machine).start(&start).seed(session.seed).build()?;
    chains.sweep(SWEEPS)?;
    let means = chains.visible_means()?;
    let rows: Vec<&[f32]> = (0..means.count()).map(|row| means.row(row)).collect();
    let caption =
        format!("Means of the visible units of chains that began at samples of the data, after {SWEEPS} sweeps");
    add("samples.png", "Samples", &sheet(&rows, sides, COLUMNS, units)?, &caption)?;
    let image = filled(session, learned, sides)?;
    let caption = "Left to right in each row: a sample, the half that is given, and what the machine fills in";
    add("inpainting.png", "Inpainting", &image, caption)?;
    Ok(sections)
}

/// Samples of which the machine gets the upper half.
fn filled(session: &Session, learned: &Learned, sides: (usize, usize)) -> Result<RgbImage> {
    let Samples { vectors, .. } = learned.test.as_ref().unwrap_or(&learned.data);
    let (count, width) = (vectors.count().min(FILLED), vectors.width());
    let given = sides.0 * (sides.1 / 2);
    let units = learned.machine.units(Layer::Visible);
    let blank = units.values().map_or(0.0, |[low, high]| 0.5 * (low + high)) as f32;
    let mut start = vectors.values()[..count * width].to_vec();
    start.chunks_exact_mut(width).for_each(|row| row[given..].fill(blank));
    let start = Vectors::new(width, start)?;
    let held = (0..count * width).map(|at| at % width < given).collect::<Vec<_>>();
    let mut chains = session.gpu.machine(&learned.machine).start(&start).hold(&held).seed(session.seed).build()?;
    chains.sweep(SWEEPS)?;
    let mut means = chains.visible_means()?.values().to_vec();
    for (row, given_row) in means.chunks_exact_mut(width).zip(start.values().chunks_exact(width)) {
        row[..given].copy_from_slice(&given_row[..given]);
    }
    let triples = (0..count).flat_map(|row| [vectors.row(row), start.row(row), &means[row * width..(row + 1) * width]]);
    sheet(&triples.collect::<Vec<_>>(), sides, 6, Some(units))
}

/// The course of learning.
fn curves(learned: &Learned) -> Vec<(&'static str, LinePlot)> {
    let plot = |title: &str, y_label: &str, value: &dyn Fn(usize) -> Option<f64>| {
        let point = |k: usize| Some((learned.epochs[k].epoch as f64, value(k)?, None));
        let points: Vec<_> = (0..learned.epochs.len()).filter_map(point).collect();
        LinePlot {
            title: title.into(),
            x_label: "epoch".into(),
            y_label: y_label.into(),
            series: vec![Series { name: String::new(), points }],
            ..LinePlot::default()
        }
    };
    let epochs = &learned.epochs;
    let all = [
        ("pseudo_likelihood.svg", plot("Pseudo-likelihood", "nats a sample", &|k| epochs[k].pseudo_likelihood)),
        ("reconstruction_error.svg", plot("Reconstruction error", "mean square", &|k| Some(epochs[k].reconstruction))),
        (
            "free_energy_gap.svg",
            plot("Free energy of held-out samples less that of others", "nats a sample", &|k| epochs[k].gap),
        ),
    ];
    all.into_iter().filter(|(_, plot)| plot.series.iter().any(|series| !series.points.is_empty())).collect()
}
