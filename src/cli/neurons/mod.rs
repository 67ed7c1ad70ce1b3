//! `spinfield neurons`.

mod raster_args;
mod stats;
mod stats_report;

use super::Common;
use anyhow::Result;
use clap::Subcommand;
use std::time::Instant;

/// What can be done with a raster.
#[derive(Debug, Subcommand)]
pub enum NeuronsCommand {
    /// Describe a raster: rates, correlations in space and time, population counts, ergodicity
    ///
    /// `rate` is each neuron's fraction of bins with a spike, `space_correlation` the N x N means Phi_ij = <f_i f_j> over bins,
    /// `covariance` the same less the product of the rates; `time_correlation` the mean of f_i(a) f_i(a+k) over neurons and bins
    /// by lag k. Errors of rates include autocorrelation, others come from blocks of bins. `spectrum` holds the eigenvalues of
    /// T Phi (those of N Pi, Pi the correlations of bins, are the same but for zeros) and of the covariance; `population`
    /// the number of bins with 0, 1, ... active neurons; `ergodicity` Wasserstein distances of rates and activities between
    /// halves. With --out, stats.npz has all arrays, raster.npz the raster, and hypermatrix.png shows raster, Phi and Pi.
    Stats(Box<stats::StatsArgs>),
}

/// Runs a subcommand.
pub fn run(command: &NeuronsCommand, common: Common, started: Instant) -> Result<u8> {
    match command {
        NeuronsCommand::Stats(args) => stats::run(args, common, started),
    }
}
