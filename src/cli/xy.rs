//! `spinfield sample xy`.

use super::Common;
use super::lattice::{self, ChainArgs, Protocol, Reading, Shape, Sign, Sites, check_betas, name};
use super::session::Session;
use super::values::{Values, check_points};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;
use spinfield::dynamics::Dynamics;
use spinfield::{Acceptance, Anneal, Energy, Lattice, OverRelaxation, Proposal, Tempering, Xy};
use std::time::Instant;

/// Options of the XY model.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct XyArgs {
    /// Sides of the lattice, 1 to 4 of them; periodic
    #[arg(long, value_name = "LxL", default_value = "64x64")]
    lattice: String,
    /// Inverse temperature, >= 0; sweeps
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    beta: Values,
    /// Sign of the coupling J of neighbours
    #[arg(long, value_enum, default_value_t = Sign::Ferro)]
    coupling: Sign,
    /// How sites are updated
    #[arg(long, value_enum, default_value_t = Rule::OverRelaxation)]
    dynamics: Rule,
    /// Half width of the proposals, in radians
    #[arg(long, value_name = "E", default_value_t = 1.8, allow_hyphen_values = true)]
    step_size: f64,
    /// Proposals in turn at a site and sweep, 1 to 32
    #[arg(long, value_name = "N", default_value_t = 1)]
    hits: u32,
    #[command(flatten)]
    chains: ChainArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield sample xy --lattice 32x32 --beta 1.12
  spinfield sample xy --lattice 16x16 --beta 0.6:1.4:0.1 --out vortices";

/// How sites are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// --hits proposals a site and sweep
    Metropolis,
    /// A sweep of metropolis, then one of reflections on the local field, which keep the energy
    OverRelaxation,
}

/// Samples.
pub fn run(args: &XyArgs, common: Common, started: Instant) -> Result<u8> {
    let lattice: Lattice = args.lattice.parse()?;
    check_betas(&args.beta)?;
    check_points(args.beta.0.len())?;
    let session = Session::open("sample", common, started)?;
    args.chains.check(&session, &lattice, args.beta.0.len())?;
    let proposal = Proposal::new(args.step_size).hits(args.hits);
    match args.dynamics {
        Rule::Metropolis => with(proposal, args, lattice, session),
        Rule::OverRelaxation => with((proposal, OverRelaxation), args, lattice, session),
    }
}

fn with<D: Dynamics<Xy>>(dynamics: D, args: &XyArgs, lattice: Lattice, session: Session) -> Result<u8> {
    match args.chains.protocol(&args.beta.0) {
        Protocol::Plain => sample(dynamics, args, lattice, session),
        Protocol::Tempering { every } => sample(Tempering::new(dynamics).every(every), args, lattice, session),
        Protocol::Anneal { betas, sweeps } => sample(Anneal::new(dynamics, &betas, sweeps), args, lattice, session),
    }
}

fn sample<D: Dynamics<Xy>>(dynamics: D, args: &XyArgs, lattice: Lattice, session: Session) -> Result<u8> {
    let betas = args.chains.protocol(&args.beta.0).betas(&args.beta.0);
    let model = Xy::new(lattice.clone()).coupling(args.coupling.value());
    let builder = session.gpu.simulate(model, dynamics).betas(betas).replicas(args.chains.replicas);
    let mut simulation = builder.seed(session.seed).start(args.chains.start()).build()?;
    let (energy, acceptance) = (simulation.observe(Energy), simulation.observe(Acceptance));
    let mut parameters = vec![
        ("model", json!("xy")),
        ("lattice", json!(lattice.to_string())),
        ("beta", json!(args.beta.0)),
        ("coupling", json!(name(args.coupling))),
        ("dynamics", json!(name(args.dynamics))),
        ("step_size", json!(args.step_size)),
        ("hits", json!(args.hits)),
    ];
    parameters.extend(args.chains.parameters());
    let points = args.beta.0.iter().map(|&beta| vec![("beta", beta)]).collect();
    let shape = Shape { lattice, points, sites: Sites::Angles, exact: Vec::new() };
    lattice::run(session, (simulation, energy), &args.chains, shape, parameters, |at, _| {
        vec![("acceptance", Reading::Estimate(Some(at.mean(acceptance))))]
    })
}
