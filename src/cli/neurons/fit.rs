//! `spinfield neurons fit`.

use super::fit_report::Report;
use super::raster_args::{RasterArgs, warn_of};
use crate::cli::Common;
use crate::cli::lattice::name;
use crate::cli::session::{Parameters, Session};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;
use spinfield::neurons::fit::{Method, NeuralFit, Prior};
use spinfield::{Error, Raster};
use std::time::Instant;

/// Options of a fit.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FitArgs {
    #[command(flatten)]
    raster: RasterArgs,
    /// How couplings are found
    #[arg(long, value_enum, default_value_t = FitMethod::PseudoLikelihood)]
    method: FitMethod,
    /// Couplings of each neuron with itself over 1 to so many bins
    #[arg(long, value_name = "LAGS", default_value_t = 0)]
    time_coupling: usize,
    /// Strength of the prior, 0 for none: couplings are about 1/sqrt(X) (l2) or 1/X (l1); for mean-field and tap, bins of
    /// independent neurons that are added. Given and above 0, it admits neurons that never or always fire as well [default: 1,
    /// for mean-field and tap 0]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    prior: Option<f64>,
    /// Shape of the prior: normal couplings, or couplings of which many are exactly 0
    #[arg(long, value_enum, default_value_t = PriorKind::L2)]
    prior_kind: PriorKind,
    /// Hold out the last bins of every trial, this fraction of them, and judge the fit by them
    #[arg(long, value_name = "FRACTION", allow_hyphen_values = true)]
    test: Option<f64>,
    /// Errors of the couplings from so many fits of blocks of bins drawn with replacement
    #[arg(long, value_name = "B", default_value_t = 0)]
    bootstrap: usize,
    /// The most steps of the search
    #[arg(long, value_name = "S", default_value_t = 500)]
    steps: usize,
}

const EXAMPLES: &str = "Examples:
  spinfield neurons fit examples/data/spikes/spikes_15.npz --test 0.2 --out fitted
  spinfield neurons fit examples/data/spikes/spikes_15.npz --method boltzmann
  spinfield neurons fit units.csv --recording night --bin 0.02 --time-coupling 3 --prior 1 --bootstrap 20";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FitMethod {
    /// The inverse of the covariances
    MeanField,
    /// The same, corrected by Thouless, Anderson and Palmer
    Tap,
    /// Each neuron as likely as possible given all others
    PseudoLikelihood,
    /// Sampled rates and correlations as in the data: maximum likelihood
    Boltzmann,
    /// Maximum likelihood of a causal chain, in which a bin depends on those before it
    Kinetic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PriorKind {
    /// X/2 times the sum of squares
    L2,
    /// X times the sum of sizes
    L1,
}

/// Fits.
pub fn run(args: &FitArgs, common: Common, started: Instant) -> Result<u8> {
    let prior = args.prior()?;
    if args.test == Some(0.0) {
        let hint = "leave it out to fit all bins";
        return Err(Error::input("--test", "a fraction between 0 and 1", 0, hint).into());
    }
    let recorded = args.raster.read()?;
    let mut session = Session::open("neurons fit", common, started)?;
    warn_of(&recorded, &mut session);
    session.begin(args.parameters(&recorded.raster))?;
    session.begin_search();
    session.start_clock();
    let builder = session.gpu.fit_neurons(&recorded.raster).names(&recorded.neurons).method(args.method());
    let builder = builder.admit_constant(args.prior.is_some_and(|strength| strength > 0.0));
    let builder = builder.lags(args.time_coupling).prior(prior).held_out(args.test.unwrap_or(0.0));
    let builder = builder.bootstrap(args.bootstrap).steps(args.steps).seed(session.seed);
    let mut keeper = session.keeper("fitting");
    let from = keeper.begin("fit");
    let fit = keeper.gently(|keeper| builder.run_attended(from.as_ref(), keeper))?;
    keeper.clear();
    warn_of_fit(&fit, args.method(), &recorded.neurons, &mut session);
    let updates = fit.sampled.as_ref().map_or(0, |sampled| sampled.updates);
    let report = Report::new(&recorded, &fit, args.test)?;
    let (results, text) = (report.json(), report.text());
    session.finish((results, std::iter::empty()), updates, &text, |folder, _| report.write(folder))?;
    if fit.converged {
        return Ok(0);
    }
    let what = format!("the fit did not converge in {} steps; its couplings are where it was given up", args.steps);
    let hint = "give a prior (--prior 1), allow more --steps, or leave out neurons that hardly ever fire".into();
    Err(Error::Run { what, hint }.into())
}

fn warn_of_fit(fit: &NeuralFit, method: Method, names: &[String], session: &mut Session) {
    let named: Vec<&str> = fit.constant.iter().filter_map(|&neuron| names.get(neuron)).map(String::as_str).collect();
    if !named.is_empty() {
        let named = named.join(", ");
        session.warn(format!(
            "couplings of neurons that never or always fire are 0, their inputs those of half a spike: {named}"
        ));
    }
    let Some(sampled) = &fit.sampled else { return };
    if sampled.unstable {
        let helps = match method {
            Method::Boltzmann => "A stronger --prior helps",
            _ => "A stronger --prior or --method boltzmann helps",
        };
        session.warn(format!(
            "the fit is unstable: sampled, it fires at another rate than the data, by more than 20 %. {helps}"
        ));
    }
    if let Some(r_hat) = sampled.r_hat.filter(|r_hat| *r_hat >= 1.05) {
        let text = format!("chains of the fit do not agree after {} sweeps: R-hat is {r_hat:.3}", sampled.sweeps);
        session.warn(text);
    }
}

impl FitArgs {
    fn method(&self) -> Method {
        match self.method {
            FitMethod::MeanField => Method::MeanField,
            FitMethod::Tap => Method::Tap,
            FitMethod::PseudoLikelihood => Method::PseudoLikelihood,
            FitMethod::Boltzmann => Method::Boltzmann,
            FitMethod::Kinetic => Method::Kinetic,
        }
    }

    fn prior(&self) -> Result<Prior, Error> {
        let strength = self.strength();
        match self.prior_kind {
            _ if strength == 0.0 => Ok(Prior::None),
            _ if !(strength > 0.0 && strength.is_finite()) => {
                Err(Error::input("--prior", "a number from 0 on", strength, "1 means couplings of about 1"))
            }
            PriorKind::L2 => Ok(Prior::Normal(strength)),
            PriorKind::L1 => Ok(Prior::Laplace(strength)),
        }
    }

    fn strength(&self) -> f64 {
        let by_covariance = matches!(self.method, FitMethod::MeanField | FitMethod::Tap);
        self.prior.unwrap_or(if by_covariance { 0.0 } else { 1.0 })
    }

    fn parameters(&self, raster: &Raster) -> Parameters {
        let mut parameters = self.raster.parameters();
        parameters.extend([
            ("method", json!(name(self.method))),
            ("time_coupling", json!(self.time_coupling)),
            ("prior", json!(self.strength())),
            ("prior_kind", json!(name(self.prior_kind))),
            ("test", json!(self.test)),
            ("bootstrap", json!(self.bootstrap)),
            ("steps", json!(self.steps)),
            ("trials_read", json!(raster.trials())),
        ]);
        parameters
    }
}
