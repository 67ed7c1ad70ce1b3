//! `spinfield generate`.

use super::Common;
use super::session::{Session, advance};
use super::table::Table;
use super::train_files::{sheet, sides_of};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::io::npz::NpzWriter;
use spinfield::report::plot::Section;
use spinfield::statistics::Estimate;
use spinfield::{Layer, RestrictedMachine, Vectors};
use std::path::PathBuf;
use std::time::Instant;

/// Sweeps between two looks at the progress bar.
const STRIDE: u64 = 100;

/// Options of the samples.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// A machine as `train rbm` saves it: .safetensors with W (visible x hidden), a and b
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// How many samples, each from a chain of its own
    #[arg(long, value_name = "N", default_value_t = 64)]
    samples: usize,
    /// Block Gibbs sweeps of each chain, after as many while the weights grow to their values
    #[arg(long, value_name = "K", default_value_t = 1000)]
    sweeps: u64,
}

/// Generates.
pub fn run(args: &GenerateArgs, common: Common, started: Instant) -> Result<u8> {
    let machine = RestrictedMachine::load(&args.model)?;
    let mut session = Session::open("generate", common, started)?;
    let mut chains = session.gpu.machine(&machine).chains(args.samples).seed(session.seed).build()?;
    session.begin(vec![
        ("model", json!(args.model.to_string_lossy())),
        ("samples", json!(args.samples)),
        ("sweeps", json!(args.sweeps)),
    ])?;
    session.start_clock();
    let bar = session.progress("generating");
    let mut made = 0;
    // Chains that began with the machine itself could not leave the nearest mode.
    chains.anneal(args.sweeps)?;
    while made < args.sweeps {
        chains.sweep(STRIDE.min(args.sweeps - made))?;
        made += STRIDE.min(args.sweeps - made);
        advance(&bar, made as f64 / args.sweeps as f64);
    }
    bar.finish_and_clear();
    let (drawn, means) = (chains.visible()?, chains.visible_means()?);
    let hash = blake3::hash(bytemuck::cast_slice(drawn.values())).to_string();
    let average = |row: usize| drawn.row(row).iter().map(|&value| f64::from(value)).sum::<f64>() / drawn.width() as f64;
    let mean = Estimate::of_independent(&(0..drawn.count()).map(average).collect::<Vec<_>>());
    let results = json!({
        "samples": drawn.count(),
        "visible": drawn.width(),
        "mean_visible": super::table::estimate(&mean),
        "state_hash": hash,
    });
    let units = (machine.size(Layer::Visible) + machine.size(Layer::Hidden)) as u64;
    let human = format!("{} samples of {} units, mean {mean}\n\nstate {hash}", drawn.count(), drawn.width());
    let updates = units * args.samples as u64 * 2 * args.sweeps;
    session.finish((results, std::iter::empty()), updates, &human, |folder, _| {
        let mut npz = NpzWriter::create(folder.path("samples.npz")?)?;
        for (name, vectors) in [("samples", &drawn), ("means", &means)] {
            npz.add_f32(name, &[vectors.count(), vectors.width()], vectors.values())?;
        }
        npz.finish()?;
        let mut table = Table::new(&["quantity", "value"]);
        table.push(vec!["samples".into(), drawn.count().to_string()]);
        table.push(vec!["visible units".into(), drawn.width().to_string()]);
        table.push(vec!["mean of the visible units".into(), mean.to_string()]);
        let mut sections = vec![Section::Heading("Results".into()), table.section()];
        if let Some(sides) = sides_of(&drawn) {
            let picture = |vectors: &Vectors, name: &str, caption: &str| -> Result<Section> {
                let rows: Vec<&[f32]> = (0..vectors.count()).map(|row| vectors.row(row)).collect();
                let image = sheet(&rows, sides, 8, Some(machine.units(Layer::Visible)))?;
                image.write_png(folder.path(name)?)?;
                Ok(Section::Picture { png: image.to_png()?, caption: caption.into() })
            };
            sections.push(picture(&drawn, "samples.png", "Samples")?);
            sections.push(picture(&means, "means.png", "Their means given the hidden units")?);
        }
        Ok(sections)
    })
}
