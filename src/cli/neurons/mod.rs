//! `spinfield neurons`.

mod fit;
mod fit_report;
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
    /// Find the couplings of a raster, and judge how well they describe it
    ///
    /// The weight of a raster f of 0 and 1 is exp(sum J_ij f_i(a) f_j(a) + sum K_ki f_i(a) f_i(a+k) + sum h_i f_i(a)), each pair
    /// once; kinetic finds a causal chain instead, in which bins follow from those before. `log_pseudo_likelihood` is the mean over
    /// neurons and bins of ln P(f | everything else) in nats, beside it that of independent neurons. The fit is then sampled from
    /// random starts: `mean_error` and `correlation_error` are root mean squares of the differences of rates and of covariances of
    /// pairs in a bin, `correlation_r2` = 1 - sum (C_data - C_model)^2 / sum (C_data - mean)^2, `time_correlation_error` that of the
    /// covariances of neurons with themselves over 5 lags; `unstable` says that the sampled mean rate is more than 20 % off.
    /// `test` has the same of --test. With --out, couplings.npz is the field (`spinfield neurons sample` draws from it), fit.npz has
    /// errors and what was sampled, agreement.png shows measured against modelled. Exit code 1 if the search does not converge.
    Fit(Box<fit::FitArgs>),
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
        NeuronsCommand::Fit(args) => fit::run(args, common, started),
        NeuronsCommand::Stats(args) => stats::run(args, common, started),
    }
}
