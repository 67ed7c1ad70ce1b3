//! `spinfield neurons`.

mod clamp;
mod decimate;
mod fit;
mod fit_report;
mod raster_args;
mod sample;
mod sample_report;
mod stats;
mod stats_report;

use super::Common;
use anyhow::Result;
use clap::Subcommand;
use std::time::Instant;

/// What can be done with a raster.
#[derive(Debug, Subcommand)]
pub enum NeuronsCommand {
    /// Coarse-grain a raster: blocks of neurons and bins become a site each
    ///
    /// Rates, correlations in time and spectra stand beside each other `before` and `after`; a lag of one coarse bin is one of
    /// --time fine bins. Neurons and bins at the end that fill no block are left out. With --out, raster.npz has the coarse
    /// raster.
    Decimate(Box<decimate::DecimateArgs>),
    /// Draw rasters from couplings
    ///
    /// In equilibrium whole rasters, neurons x bins, are sampled by heat bath from random starts; bins that have no couplings to
    /// each other (every (lags + 1)-th) are visited at once. Causal couplings draw bin after bin, every sample anew. `rate` is each
    /// neuron's probability of a spike in a bin, `space_correlation` the means Phi_ij = <f_i f_j> in a bin, `time_correlation` the
    /// mean of f_i(a) f_i(a+k) over neurons and bins by lag k, `population` how probable it is that 0, 1, ... neurons fire in a bin:
    /// all of spikes 0 and 1, whatever the convention of the couplings. With --clamp some sites of a field in equilibrium are held
    /// to what was observed, and the others sampled given these; all means include them. With --out, raster.npz has the last
    /// `raster` (replica, neuron, bin), moments.npz all means, and hypermatrix.png shows raster and correlations.
    Sample(Box<sample::SampleArgs>),
    /// Find the couplings of a raster, and judge how well they describe it
    ///
    /// The weight of a raster f of 0 and 1 is exp(sum J_ij f_i(a) f_j(a) + sum K_ki f_i(a) f_i(a+k) + sum h_i f_i(a)), each pair
    /// once; kinetic finds a causal chain instead, in which bins follow from those before. `log_pseudo_likelihood` is the mean over
    /// neurons and bins of ln P(f | everything else), for kinetic of ln P(f | past), in nats, beside it that of independent neurons.
    /// The fit is then sampled from random starts: `mean_error` and `correlation_error` are root mean squares of the differences of
    /// rates and of covariances of pairs in a bin, `correlation_r2` = 1 - sum (C_data - C_model)^2 / sum (C_data - mean)^2,
    /// `time_correlation_error` that of the covariances of neurons with themselves over 5 lags; `unstable` says that the sampled
    /// mean rate is more than 20 % off. `test` has the same of --test. With --out, couplings.npz is the field (`spinfield neurons
    /// sample` draws from it), fit.npz has errors and what was sampled, agreement.png shows measured against modelled. Exit code 1
    /// if the search does not converge.
    Fit(Box<fit::FitArgs>),
    /// Describe a raster: rates, correlations in space and time, population counts, ergodicity
    ///
    /// `rate` is each neuron's fraction of bins with a spike, `space_correlation` the N x N means Phi_ij = <f_i f_j> over bins,
    /// `covariance` the same less the product of the rates; `time_correlation` the mean of f_i(a) f_i(a+k) over neurons and bins
    /// by lag k. Errors of rates include autocorrelation, others come from blocks of bins. `spectrum` holds the eigenvalues of
    /// T Phi (those of N Pi, Pi the correlations of bins, are the same but for zeros) and of the covariance; `population`
    /// the number of bins with 0, 1, ... active neurons; `ergodicity` Wasserstein distances of rates and activities between
    /// halves. Matrices of more than 256 neurons are null in the JSON. With --out, stats.npz has all arrays, raster.npz the
    /// raster, and hypermatrix.png shows raster, Phi and Pi.
    Stats(Box<stats::StatsArgs>),
}

/// Runs a subcommand.
pub fn run(command: &NeuronsCommand, common: Common, started: Instant) -> Result<u8> {
    match command {
        NeuronsCommand::Decimate(args) => decimate::run(args, common, started),
        NeuronsCommand::Sample(args) => sample::run(args, common, started),
        NeuronsCommand::Fit(args) => fit::run(args, common, started),
        NeuronsCommand::Stats(args) => stats::run(args, common, started),
    }
}
