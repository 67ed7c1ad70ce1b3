//! `spinfield neurons sample`.

use super::clamp::{ClampArgs, Clamped};
use super::sample_report::Report;
use crate::cli::Common;
use crate::cli::session::Session;
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::neurons::{NeuralField, Reading};
use spinfield::{Error, Schedule, statistics::r_hat};
use std::path::PathBuf;
use std::time::Instant;

/// R-hat of the chains' activities from which on they are said to disagree.
const DISAGREEMENT: f64 = 1.05;

/// Options of sampling.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SampleArgs {
    /// Couplings as `neurons fit` writes them: a .npz with space_coupling, time_coupling, input, convention and reading
    #[arg(value_name = "COUPLINGS")]
    couplings: PathBuf,
    /// Bins of a raster [default: as many as the input has]
    #[arg(long, value_name = "T")]
    bins: Option<usize>,
    /// How many rasters are sampled beside each other, from random starts
    #[arg(long, value_name = "R", default_value_t = 32)]
    replicas: usize,
    /// Sweeps before the first sample; a causal field needs none
    #[arg(long, value_name = "W", default_value_t = 500)]
    warmup: u64,
    /// How many samples of every replica
    #[arg(long, value_name = "S", default_value_t = 1000)]
    samples: u64,
    /// Sweeps from sample to sample
    #[arg(long, value_name = "K", default_value_t = 1)]
    thin: u64,
    /// The longest lag of time correlations, in bins [default: that of the couplings, at least 1]
    #[arg(long, value_name = "BINS")]
    lags: Option<usize>,
    #[command(flatten)]
    clamp: ClampArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield neurons sample fitted/couplings.npz --bins 100 --replicas 64 --out drawn
  spinfield neurons sample couplings.npz --bins 10000 --replicas 1 --samples 200 --json
  spinfield neurons sample couplings.npz --bins 100 --clamp observed.npy --clamp-mask mask.npy";

/// Samples.
pub fn run(args: &SampleArgs, common: Common, started: Instant) -> Result<u8> {
    let field = NeuralField::load(&args.couplings)?;
    let Some(bins) = args.bins.or(field.input_ticks()) else {
        let hint = "only an input of neurons x bins says how many there are";
        return Err(Error::input("--bins", "a number of bins for these couplings", "none", hint).into());
    };
    let clamped = args.clamp.read()?;
    let mut session = Session::open("neurons sample", common, started)?;
    let mut builder = session.gpu.neural_field(&field, bins).chains(args.replicas).seed(session.seed);
    if let Some(lags) = args.lags {
        builder = builder.lags(lags);
    }
    if let Some(Clamped { mask, observed }) = &clamped {
        builder = builder.clamp(mask, observed);
    }
    let mut chains = builder.build()?;
    let mut parameters = vec![
        ("couplings", json!(args.couplings.to_string_lossy())),
        ("bins", json!(bins)),
        ("replicas", json!(args.replicas)),
        ("warmup", json!(args.warmup)),
        ("samples", json!(args.samples)),
        ("thin", json!(args.thin)),
        ("lags", json!(args.lags)),
    ];
    parameters.extend(args.clamp.parameters());
    session.begin(parameters)?;
    session.start_clock();
    let schedule = Schedule { warmup: args.warmup, samples: args.samples, thin: args.thin };
    let sweeps = schedule.sweeps()?;
    let mut keeper = session.keeper("sampling");
    let from = keeper.begin("chains");
    let moments = keeper.gently(|keeper| chains.run_attended(schedule, from.as_ref(), keeper))?;
    keeper.clear();
    let states = chains.states()?;
    let r_hat = r_hat(moments.activity());
    if field.reading() == Reading::Equilibrium && r_hat.is_some_and(|r| r > DISAGREEMENT) {
        session.warn(format!(
            "the activities of the replicas disagree (R-hat {:.3}): some stay in a phase that others left; warm up longer, or \
             mistrust the couplings",
            r_hat.unwrap_or(f64::NAN)
        ));
    }
    let described = session.gpu.describe(&states).lags(0).window(bins.min(Report::WINDOW)).run()?;
    let clamped = clamped.map_or(0.0, |clamped| clamped.fraction());
    let report = Report { field: &field, moments: &moments, states: &states, described: &described, r_hat, clamped };
    let (results, human) = (report.json(), report.text());
    let updates = (field.neurons() * bins * args.replicas) as u64 * sweeps;
    session.finish((results, std::iter::empty()), updates, &human, |folder, _| report.write(folder))
}
