//! `spinfield sample phi4`.

use super::Common;
use super::lattice::{self, ChainArgs, Reading, Shape, Sites, name};
use super::session::{Parameters, Session};
use super::values::{Values, check_points};
use anyhow::Result;
use clap::{ArgGroup, Args, ValueEnum};
use serde_json::json;
use spinfield::dynamics::Dynamics;
use spinfield::observable::{Handle, Quantity};
use spinfield::run::Point;
use spinfield::{
    Acceptance, Energy, Error, FieldMoments, Hmc, Integrator, Lattice, Phi4, Proposal, Simulation, Tempering,
    Trajectories,
};
use std::time::Instant;

/// Options of lattice phi^4 theory.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("form").args(["mass2", "kappa"]).required(true))]
pub struct Phi4Args {
    /// Sides of the lattice, 1 to 4 of them; periodic
    #[arg(long, value_name = "LxL", default_value = "16x16")]
    lattice: String,
    /// m^2 of the canonical form; sweeps. May be negative where lambda > 0
    #[arg(long, value_name = "M2", allow_hyphen_values = true, requires = "lambda")]
    mass2: Option<Values>,
    /// lambda of the canonical form, >= 0; sweeps
    #[arg(long, value_name = "L", allow_hyphen_values = true, requires = "mass2")]
    lambda: Option<Values>,
    /// kappa of the hopping form; sweeps
    #[arg(long, value_name = "K", allow_hyphen_values = true, requires = "lambda_hopping")]
    kappa: Option<Values>,
    /// lambda_h of the hopping form, >= 0; sweeps
    #[arg(long, value_name = "L", allow_hyphen_values = true, requires = "kappa")]
    lambda_hopping: Option<Values>,
    /// How the field is updated
    #[arg(long, value_enum, default_value_t = Rule::Hmc)]
    dynamics: Rule,
    /// Integrator of hmc [default: leapfrog]
    #[arg(long, value_enum)]
    integrator: Option<IntegratorName>,
    /// Steps of a trajectory of hmc [default: 10]
    #[arg(long, value_name = "N")]
    steps: Option<u32>,
    /// Step of hmc [default: 0.1], or half width of the proposals of metropolis [default: 1]
    #[arg(long, value_name = "E", allow_hyphen_values = true)]
    step_size: Option<f64>,
    /// Vary the step of each trajectory of hmc by up to this fraction [default: 0.2]. A fixed length (0) can resonate
    /// with a nearly free field, some modes of which then never change their size
    #[arg(long, value_name = "F", allow_hyphen_values = true)]
    jitter: Option<f64>,
    /// Proposals in turn at a site and sweep of metropolis, 1 to 32 [default: 1]
    #[arg(long, value_name = "N")]
    hits: Option<u32>,
    #[command(flatten)]
    chains: ChainArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield sample phi4 --lattice 16x16 --mass2 -0.5 --lambda 0.5
  spinfield sample phi4 --lattice 8x8x8x8 --kappa 0.1:0.2:0.01 --lambda-hopping 1 --out scan
  spinfield sample phi4 --lattice 32 --mass2 1 --lambda 0 --integrator omelyan --steps 5 --step-size 0.3 --json

exp_minus_dh must be 1 and schwinger_dyson must be 1 within their errors, whatever the couplings.";

/// How the field is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// Hybrid Monte Carlo: trajectories of --steps steps of --step-size
    Hmc,
    /// --hits proposals a site and sweep
    Metropolis,
}

/// Integrators of hybrid Monte Carlo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum IntegratorName {
    /// One force a step
    Leapfrog,
    /// Two forces a step, and at the same step errors ten to a hundred times smaller
    Omelyan,
}

/// Samples.
pub fn run(args: &Phi4Args, common: Common, started: Instant) -> Result<u8> {
    let lattice: Lattice = args.lattice.parse()?;
    let (names, first, second, hopping) = match (&args.mass2, &args.lambda, &args.kappa, &args.lambda_hopping) {
        (Some(mass2), Some(lambda), None, None) => (["mass2", "lambda"], mass2, lambda, false),
        (None, None, Some(kappa), Some(lambda)) => (["kappa", "lambda_hopping"], kappa, lambda, true),
        _ => {
            let hint = "give one form, not parts of both";
            let wanted = "--mass2 and --lambda, or --kappa and --lambda-hopping";
            return Err(Error::input("couplings", wanted, "something else", hint).into());
        }
    };
    check_points(first.0.len().saturating_mul(second.0.len()))?;
    if args.dynamics == Rule::Metropolis && (args.steps.is_some() || args.integrator.is_some() || args.jitter.is_some())
    {
        let hint = "leave out --steps, --integrator and --jitter, or choose --dynamics hmc";
        let got = "--steps, --integrator or --jitter";
        return Err(Error::input("--dynamics metropolis", "no trajectories", got, hint).into());
    }
    if args.dynamics == Rule::Hmc && args.hits.is_some() {
        let hint = "leave out --hits, or choose --dynamics metropolis";
        return Err(Error::input("--dynamics hmc", "no proposals", "--hits", hint).into());
    }
    let session = Session::open("sample", common, started)?;
    let points: Vec<Vec<(&str, f64)>> =
        first.0.iter().flat_map(|&a| second.0.iter().map(move |&b| vec![(names[0], a), (names[1], b)])).collect();
    args.chains.check(&session, &lattice, points.len())?;
    let model = |point: &Vec<(&str, f64)>| match hopping {
        true => Phi4::hopping(lattice.clone(), point[0].1, point[1].1),
        false => Phi4::new(lattice.clone(), point[0].1, point[1].1),
    };
    let models: Vec<Phi4> = points.iter().map(model).collect();
    let hmc = args.dynamics == Rule::Hmc;
    let steps = hmc.then(|| args.steps.unwrap_or(10));
    let step_size = args.step_size.unwrap_or(if hmc { 0.1 } else { 1.0 });
    let integrator = hmc.then(|| args.integrator.unwrap_or(IntegratorName::Leapfrog));
    let jitter = hmc.then(|| args.jitter.unwrap_or(0.2));
    let hits = (!hmc).then(|| args.hits.unwrap_or(1));
    let values = |values: &Option<Values>| json!(values.as_ref().map(|values| &values.0));
    let mut parameters: Parameters = vec![
        ("model", json!("phi4")),
        ("lattice", json!(lattice.to_string())),
        ("mass2", values(&args.mass2)),
        ("lambda", values(&args.lambda)),
        ("kappa", values(&args.kappa)),
        ("lambda_hopping", values(&args.lambda_hopping)),
        ("dynamics", json!(name(args.dynamics))),
        ("integrator", json!(integrator.map(name))),
        ("steps", json!(steps)),
        ("step_size", json!(step_size)),
        ("jitter", json!(jitter)),
        ("hits", json!(hits)),
    ];
    parameters.extend(args.chains.parameters());
    let shape = Shape { lattice, points, sites: Sites::Field, exact: Vec::new() };
    if args.chains.anneal {
        let hint = "a field has no temperature: sweep a coupling with --tempering";
        return Err(Error::input("--anneal", "a model of spins", "phi4", hint).into());
    }
    if args.chains.tempering && names_swept(args) != 1 {
        let hint = "sweep one coupling and give one value of the other";
        return Err(Error::input("--tempering", "one coupling that is swept", names_swept(args), hint).into());
    }
    let chains = (&models[..], args);
    match (integrator, steps, jitter) {
        (Some(integrator), Some(steps), Some(jitter)) => {
            let integrator = match integrator {
                IntegratorName::Leapfrog => Integrator::Leapfrog,
                IntegratorName::Omelyan => Integrator::Omelyan,
            };
            let dynamics = Hmc::new(steps, step_size).integrator(integrator).jitter(jitter);
            match args.chains.swaps() {
                Some(every) => {
                    with_trajectories(Tempering::new(dynamics).every(every), chains, session, shape, parameters)
                }
                None => with_trajectories(dynamics, chains, session, shape, parameters),
            }
        }
        _ => {
            let dynamics = Proposal::new(step_size).hits(hits.unwrap_or(1));
            match args.chains.swaps() {
                Some(every) => {
                    with_proposals(Tempering::new(dynamics).every(every), chains, session, shape, parameters)
                }
                None => with_proposals(dynamics, chains, session, shape, parameters),
            }
        }
    }
}

/// Couplings that are swept.
fn names_swept(args: &Phi4Args) -> usize {
    let given = [&args.mass2, &args.lambda, &args.kappa, &args.lambda_hopping];
    given.into_iter().flatten().filter(|values| values.0.len() > 1).count()
}

fn with_trajectories<D: Dynamics<Phi4>>(
    dynamics: D,
    chains: (&[Phi4], &Phi4Args),
    session: Session,
    shape: Shape,
    parameters: Parameters,
) -> Result<u8> {
    let mut simulation = simulation(dynamics, chains, &session)?;
    let energy = simulation.observe(Energy);
    let (moments, trajectories) = (simulation.observe(FieldMoments), simulation.observe(Trajectories));
    let errors = [trajectories.exp_minus_energy_error(), trajectories.energy_error()];
    let accepted = trajectories.accepted();
    lattice::run(session, (simulation, energy), &chains.1.chains, shape, parameters, |at, _| {
        readings(at, moments, Some(errors), accepted)
    })
}

fn with_proposals<D: Dynamics<Phi4>>(
    dynamics: D,
    chains: (&[Phi4], &Phi4Args),
    session: Session,
    shape: Shape,
    parameters: Parameters,
) -> Result<u8> {
    let mut simulation = simulation(dynamics, chains, &session)?;
    let energy = simulation.observe(Energy);
    let (moments, accepted) = (simulation.observe(FieldMoments), simulation.observe(Acceptance));
    lattice::run(session, (simulation, energy), &chains.1.chains, shape, parameters, |at, _| {
        readings(at, moments, None, accepted.into())
    })
}

/// What is read of the field; e^(-dH) and dH are null where there are no trajectories.
fn readings(
    at: &Point<'_>,
    moments: Handle<FieldMoments>,
    errors: Option<[Quantity; 2]>,
    accepted: Quantity,
) -> Vec<(&'static str, Reading)> {
    let estimate = |quantity: Option<Quantity>| Reading::Estimate(quantity.map(|quantity| at.mean(quantity)));
    vec![
        ("phi2", estimate(Some(moments.phi2()))),
        ("phi4", estimate(Some(moments.phi4()))),
        ("link", estimate(Some(moments.link()))),
        ("schwinger_dyson", estimate(Some(moments.schwinger_dyson()))),
        ("exp_minus_dh", estimate(errors.map(|errors| errors[0]))),
        ("delta_h", estimate(errors.map(|errors| errors[1]))),
        ("acceptance", estimate(Some(accepted))),
    ]
}

fn simulation<D: Dynamics<Phi4>>(
    dynamics: D,
    (models, args): (&[Phi4], &Phi4Args),
    session: &Session,
) -> Result<Simulation<Phi4, D>> {
    let builder = session.gpu.simulate(models[0].clone(), dynamics).models(models.iter().cloned());
    let builder = builder.replicas(args.chains.replicas).seed(session.seed).start(args.chains.start());
    Ok(builder.build()?)
}
