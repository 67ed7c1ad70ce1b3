//! `spinfield generate`.

use super::Common;
use super::generators::{Drawn, Machine};
use super::session::Session;
use super::table::Table;
use super::train_files::{sheet, sides_of};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::io::npz::NpzWriter;
use spinfield::report::plot::Section;
use spinfield::statistics::Estimate;
use spinfield::{GeneralMachine, Vectors};
use std::path::PathBuf;
use std::time::Instant;

/// Options of the samples.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// A machine as `train` saves it: .safetensors with W (visible x hidden), a and b, or J (units x units) and h
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// How many samples, each from a chain of its own
    #[arg(long, value_name = "N", default_value_t = 64)]
    samples: usize,
    /// Sweeps of each chain, of a restricted machine after as many while the weights grow to their values
    #[arg(long, value_name = "K", default_value_t = 1000)]
    sweeps: u64,
}

/// Generates.
pub fn run(args: &GenerateArgs, common: Common, started: Instant) -> Result<u8> {
    let general = GeneralMachine::is_in(&args.model)?;
    let mut session = Session::open("generate", common, started)?;
    let mut machine = match general {
        true => Machine::general(&args.model, &session, args.samples)?,
        false => Machine::restricted(&args.model, &session, args.samples)?,
    };
    session.begin(vec![
        ("model", json!(args.model.to_string_lossy())),
        ("samples", json!(args.samples)),
        ("sweeps", json!(args.sweeps)),
    ])?;
    session.start_clock();
    let mut keeper = session.keeper("generating");
    let from = keeper.begin("chains");
    keeper.gently(|keeper| machine.run(args.sweeps, from.as_ref(), keeper))?;
    keeper.clear();
    let Drawn { samples: drawn, means, units: kind } = machine.drawn()?;
    let hash = blake3::hash(bytemuck::cast_slice(drawn.values())).to_string();
    let average = |row: usize| drawn.row(row).iter().map(|&value| f64::from(value)).sum::<f64>() / drawn.width() as f64;
    let mean = Estimate::of_independent(&(0..drawn.count()).map(average).collect::<Vec<_>>());
    let results = json!({
        "samples": drawn.count(),
        "visible": drawn.width(),
        "mean_visible": super::table::estimate(&mean),
        "state_hash": hash,
    });
    let human = format!("{} samples of {} units, mean {mean}\n\nstate {hash}", drawn.count(), drawn.width());
    let updates = machine.updates_a_sweep() * args.sweeps;
    session.finish((results, std::iter::empty()), updates, &human, |folder, _| {
        let mut npz = NpzWriter::create(folder.path("samples.npz")?)?;
        for (name, vectors) in [("samples", Some(&drawn)), ("means", means.as_ref())] {
            let Some(vectors) = vectors else { continue };
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
                let image = sheet(&rows, sides, 8, Some(kind))?;
                image.write_png(folder.path(name)?)?;
                Ok(Section::Picture { png: image.to_png()?, caption: caption.into() })
            };
            sections.push(picture(&drawn, "samples.png", "Samples")?);
            if let Some(means) = &means {
                sections.push(picture(means, "means.png", "Their means given the hidden units")?);
            }
        }
        Ok(sections)
    })
}
