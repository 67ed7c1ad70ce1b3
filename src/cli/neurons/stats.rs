//! `spinfield neurons stats`.

use super::raster_args::{RasterArgs, warn_of};
use super::stats_report::Report;
use crate::cli::Common;
use crate::cli::session::Session;
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::neurons::ergodicity::ergodicity;
use std::time::Instant;

/// Options of stats.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatsArgs {
    #[command(flatten)]
    raster: RasterArgs,
    /// The longest lag of time correlations, in bins
    #[arg(long, value_name = "BINS", default_value_t = 20)]
    lags: usize,
    /// How many of a trial's first bins the correlations of bins are found for and shown
    #[arg(long, value_name = "BINS", default_value_t = 300)]
    window: usize,
    /// Blocks of bins from which errors of correlations come; each should be much longer than what neurons remember
    #[arg(long, value_name = "B", default_value_t = 32)]
    blocks: usize,
}

const EXAMPLES: &str = "Examples:
  spinfield neurons stats examples/data/spikes/spikes_15.npz --out described
  spinfield neurons stats spikes.txt --bin 0.01 --json
  spinfield neurons stats units.csv --recording night --bin 0.02 --duration 600";

/// By so many standard errors a neuron's rate changes between halves before it is called a drift: one of a million by chance.
const DRIFT: f64 = 5.0;

/// Describes a raster.
pub fn run(args: &StatsArgs, common: Common, started: Instant) -> Result<u8> {
    let recorded = args.raster.read()?;
    let mut session = Session::open("neurons stats", common, started)?;
    warn_of(&recorded, &mut session);
    let mut parameters = args.raster.parameters();
    parameters.extend([("lags", json!(args.lags)), ("window", json!(args.window)), ("blocks", json!(args.blocks))]);
    session.begin(parameters)?;
    session.start_clock();
    let builder = session.gpu.describe(&recorded.raster).lags(args.lags).window(args.window).blocks(args.blocks);
    let description = builder.run()?;
    let ergodicity = ergodicity(&recorded.raster);
    let drifting = ergodicity.drift.iter().filter(|drift| drift.abs() > DRIFT).count();
    if drifting > 0 {
        session.warn(format!(
            "rates of {drifting} of {} neurons differ between the halves of the bins by more than {DRIFT} standard errors: \
             correlations then contain the drift",
            description.neurons()
        ));
    }
    let report = Report::new(&recorded, description, ergodicity, drifting)?;
    let (results, text) = (report.json(), report.text());
    // No site is updated: each is looked at.
    let (neurons, bins) = (recorded.raster.neurons(), recorded.raster.ticks() * recorded.raster.trials());
    session.finish((results, std::iter::empty()), (neurons * bins) as u64, &text, |folder, _| report.write(folder))
}
