//! `spinfield train general`.

use super::Common;
use super::keeper::Keeper;
use super::samples::DataArgs;
use super::score_general::{self, patterns};
use super::session::{Parameters, Session};
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spinfield::io::checkpoint::Sections;
use spinfield::learn::GeneralTrainer;
use spinfield::report::picture::lattice_picture;
use spinfield::report::plot::{LinePlot, Section, Series};
use spinfield::{Attendant, Error, GeneralMachine, Patterns, Units};
use std::time::Instant;

/// Steps between two points of the course of learning.
const STRIDE: u64 = 10;
/// Units whose couplings are shown as a picture.
const MOST_SHOWN: usize = 1024;

/// Options of the training.
#[derive(Debug, Args)]
pub struct TrainGeneralArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Hidden units; without any the machine learns means and correlations of the data (the inverse Ising problem)
    #[arg(long, value_name = "H", default_value_t = 0)]
    hidden: usize,
    /// Steps
    #[arg(long, value_name = "S", default_value_t = 1000)]
    steps: u64,
    /// Clamped chains a step; all of them where absent
    #[arg(long, value_name = "B")]
    batch: Option<usize>,
    /// Clamped chains a sample
    #[arg(long, value_name = "R", default_value_t = 1)]
    replicas: usize,
    /// Free chains
    #[arg(long, value_name = "C", default_value_t = 1024)]
    chains: usize,
    /// Sweeps of all chains before every step
    #[arg(long, value_name = "K", default_value_t = 1)]
    sweeps: u32,
    /// Sweeps of all chains before the first step
    #[arg(long, value_name = "K", default_value_t = 0)]
    burn_in: u32,
    /// Learning rate
    #[arg(long, value_name = "R", default_value_t = 0.05, allow_hyphen_values = true)]
    learning_rate: f64,
    /// Learning rate at the end, approached in equal steps; that of the beginning where absent
    #[arg(long, value_name = "R", allow_hyphen_values = true)]
    final_learning_rate: Option<f64>,
    /// Coefficient of the penalty J^2 / 2
    #[arg(long, value_name = "W", default_value_t = 0.0, allow_hyphen_values = true)]
    weight_decay: f64,
    /// Standard deviation of the first couplings
    #[arg(long, value_name = "S", default_value_t = 0.01)]
    initial_weights: f64,
}

/// Trains.
pub fn run(args: &TrainGeneralArgs, common: Common, started: Instant) -> Result<u8> {
    let samples = args.data.read(Units::Spin)?;
    let data = patterns(&samples)?;
    let mut session = Session::open("train", common, started)?;
    if args.steps == 0 {
        return Err(Error::input("--steps", "at least 1", 0, "1000 are a beginning").into());
    }
    let start = GeneralMachine::random(data.neurons(), args.hidden, args.initial_weights, session.seed)?;
    let gpu = session.gpu.clone();
    let mut builder = gpu.train_general(&start, &data).replicas(args.replicas).chains(args.chains).sweeps(args.sweeps);
    if let Some(batch) = args.batch {
        builder = builder.batch(batch);
    }
    let builder = builder.burn_in(args.burn_in).learning_rate(args.learning_rate).weight_decay(args.weight_decay);
    let mut trainer = builder.seed(session.seed).build()?;
    trainer.set_learning_rate(args.rate(args.steps))?;
    session.begin(args.parameters(&data))?;
    session.start_clock();
    let mut keeper = session.keeper("learning");
    let course = keeper.gently(|keeper| args.learn(&mut trainer, keeper))?;
    keeper.clear();
    let machine = trainer.machine().clone();
    let judged = score_general::judge(&machine, &data, &mut session)?;
    let mut results = judged.json();
    let point = |&(step, error): &(u64, f64)| json!({"step": step, "moment_error": error});
    results["steps"] = Value::Array(course.iter().map(point).collect());
    let mut table = judged.table();
    let last = course.last().map_or(f64::NAN, |(_, error)| *error);
    table.push(vec!["rms difference of correlations".into(), format!("{last:.4}")]);
    let sizes = format!("{} visible and {} hidden units", machine.visible(), machine.hidden());
    let human = format!("{sizes}, {} samples, {} steps\n\n{}", data.count(), args.steps, table.text());
    let clamped = (args.batch.unwrap_or(data.count() * args.replicas) * args.hidden) as u64;
    let updates = args.steps * u64::from(args.sweeps) * ((args.chains * machine.units()) as u64 + clamped);
    session.finish((results, std::iter::empty()), updates, &human, |folder, _| {
        machine.save(folder.path("model.safetensors")?)?;
        let plot = curve(&course);
        folder.write_text("moment_error.svg", &plot.to_svg())?;
        let mut sections = vec![Section::Heading("Results".into()), table.section(), Section::Plot(plot)];
        if machine.units() <= MOST_SHOWN {
            let values: Vec<f32> = (0..machine.units()).flat_map(|i| machine.couplings().row(i).to_vec()).collect();
            let image = lattice_picture((machine.units(), machine.units()), &values, None)?;
            image.write_png(folder.path("couplings.png")?)?;
            let caption = "The couplings, visible units first".into();
            sections.push(Section::Picture { png: image.to_png()?, caption });
        }
        Ok(sections)
    })
}

/// The course of learning.
fn curve(course: &[(u64, f64)]) -> LinePlot {
    let points = course.iter().map(|&(step, error)| (step as f64, error, None)).collect();
    LinePlot {
        title: "Course of learning".into(),
        x_label: "step".into(),
        y_label: "rms difference of correlations".into(),
        series: vec![Series { name: "data less machine".into(), points }],
        ..LinePlot::default()
    }
}

impl TrainGeneralArgs {
    /// Learns step by step, from where the keeper had it; gives the course, a point every so many steps.
    fn learn(&self, trainer: &mut GeneralTrainer, keeper: &mut Keeper) -> Result<Vec<(u64, f64)>> {
        let mut course = Vec::new();
        if let Some(from) = keeper.begin("steps") {
            trainer.restore(&from.within("trainer").unwrap_or_default())?;
            course = from.numbers("steps")?.into_iter().zip(from.numbers("errors")?).collect();
        }
        while trainer.steps_made() < self.steps {
            trainer.set_learning_rate(self.rate(trainer.steps_made()))?;
            trainer.steps(1)?;
            let made = trainer.steps_made();
            if made.is_multiple_of(STRIDE) || made == self.steps {
                course.push((made, trainer.moment_error()));
            }
            keeper.progress(made as f64 / self.steps as f64);
            if keeper.due() {
                let (steps, errors): (Vec<u64>, Vec<f64>) = course.iter().copied().unzip();
                let mut state = Sections::new();
                state.put_numbers("steps", &steps).put_numbers("errors", &errors);
                state.nest("trainer", trainer.save()?);
                keeper.save_now(Some(state))?;
            }
        }
        Ok(course)
    }

    /// The rate of a step, counted from 0.
    fn rate(&self, step: u64) -> f64 {
        let last = self.final_learning_rate.unwrap_or(self.learning_rate);
        let share = step as f64 / (self.steps.saturating_sub(1)).max(1) as f64;
        self.learning_rate + (last - self.learning_rate) * share.min(1.0)
    }

    fn parameters(&self, data: &Patterns) -> Parameters {
        let mut parameters: Parameters = vec![("model", json!("general"))];
        parameters.extend(self.data.parameters());
        parameters.extend([
            ("visible", json!(data.neurons())),
            ("hidden", json!(self.hidden)),
            ("steps", json!(self.steps)),
            ("batch", json!(self.batch)),
            ("replicas", json!(self.replicas)),
            ("chains", json!(self.chains)),
            ("sweeps", json!(self.sweeps)),
            ("burn_in", json!(self.burn_in)),
            ("learning_rate", json!(self.learning_rate)),
            ("final_learning_rate", json!(self.rate(self.steps))),
            ("weight_decay", json!(self.weight_decay)),
            ("initial_weights", json!(self.initial_weights)),
            ("samples", json!(data.count())),
        ]);
        parameters
    }
}
