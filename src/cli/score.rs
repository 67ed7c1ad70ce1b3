//! `spinfield score`.

use super::Common;
use super::histogram::histogram;
use super::judgement::AnnealingArgs;
use super::samples::DataArgs;
use super::score_general;
use super::session::Session;
use super::table::{Table, estimate};
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spinfield::io::npz::NpzWriter;
use spinfield::report::plot::{LinePlot, Section, Series};
use spinfield::statistics::Estimate;
use spinfield::{GeneralMachine, Judge, Layer, RestrictedMachine};
use std::path::PathBuf;
use std::time::Instant;

/// Options of the score.
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// A machine as `train` saves it: .safetensors with W (visible x hidden), a and b, or J (units x units) and h
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    annealing: AnnealingArgs,
}

/// The most cells of the histogram of the samples.
const CELLS: usize = 30;

/// How the samples spread: by their log-likelihood where `log_z` is given, and else by their free energy.
fn distribution(free: &[f64], log_z: Option<f64>) -> LinePlot {
    let (title, x_label) = match log_z {
        Some(_) => ("Log-likelihood of the samples", "ln p (nats)"),
        None => ("Free energy of the samples", "free energy (nats)"),
    };
    let values: Vec<f64> = free.iter().map(|free| log_z.map_or(*free, |log_z| -free - log_z)).collect();
    LinePlot {
        title: title.into(),
        x_label: x_label.into(),
        y_label: "number of samples".into(),
        series: vec![Series { name: String::new(), points: histogram(&values, values.len().isqrt().clamp(4, CELLS)) }],
        ..LinePlot::default()
    }
}

/// Scores.
pub fn run(args: &ScoreArgs, common: Common, started: Instant) -> Result<u8> {
    if GeneralMachine::is_in(&args.model)? {
        return score_general::run(&args.model, &args.data, common, started);
    }
    let machine = RestrictedMachine::load(&args.model)?;
    let samples = args.data.read(machine.units(Layer::Visible))?;
    let mut session = Session::open("score", common, started)?;
    let mut judge = Judge::new(&session.gpu, &machine, &samples.vectors, session.seed)?;
    let mut parameters = vec![("model", json!(args.model.to_string_lossy()))];
    parameters.extend(args.data.parameters());
    parameters.extend(args.annealing.parameters());
    session.begin(parameters)?;
    session.start_clock();
    let mut keeper = session.keeper("annealing");
    let log_z = args.annealing.log_partition(&machine, Some(&samples.vectors), &mut session, &mut keeper)?;
    keeper.clear();
    let free = judge.free_energies()?;
    let pseudo = judge.pseudo_likelihoods()?.filter(|_| samples.binary);
    let reconstruction = judge.reconstruction_error()?;
    if !samples.binary {
        session.warn("log_likelihood is null: the data are not binary".into());
    }
    let likelihood = samples.binary.then(|| log_z.likelihood(&free));
    let pseudo = pseudo.map(|pseudo| Estimate::of_independent(&pseudo));
    let optional = |value: &Option<Estimate>| value.as_ref().map_or(Value::Null, estimate);
    let results = json!({
        "samples": samples.vectors.count(),
        "log_z": log_z.json(),
        "log_likelihood": optional(&likelihood),
        "pseudo_likelihood": optional(&pseudo),
        "reconstruction_error": reconstruction,
    });
    let mut table = Table::new(&["quantity", "nats a sample"]);
    let text = |value: Option<Estimate>| value.map_or("-".into(), |value| value.to_string());
    table.push(vec!["ln Z".into(), log_z.value.to_string()]);
    table.push(vec!["log-likelihood".into(), text(likelihood)]);
    table.push(vec!["pseudo-likelihood".into(), text(pseudo)]);
    let human = format!("{} samples\n\n{}", samples.vectors.count(), table.text());
    let updates = samples.vectors.count() as u64 * machine.size(Layer::Hidden) as u64;
    session.finish((results, std::iter::empty()), updates, &human, |folder, _| {
        let mut npz = NpzWriter::create(folder.path("scores.npz")?)?;
        npz.add_f64("free_energy", &[free.len()], &free)?;
        npz.finish()?;
        let plot = distribution(&free, samples.binary.then_some(log_z.value.mean));
        folder.write_text("distribution.svg", &plot.to_svg())?;
        Ok(vec![Section::Heading("Results".into()), table.section(), Section::Plot(plot)])
    })
}
