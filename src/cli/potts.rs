//! `spinfield sample potts`.

use super::Common;
use super::ising::Rule;
use super::lattice::{self, ChainArgs, Protocol, Reading, Shape, Sign, Sites, check_betas, name};
use super::session::Session;
use super::values::{Values, check_points};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::dynamics::Dynamics;
use spinfield::{Acceptance, Anneal, Energy, Error, HeatBath, Lattice, Metropolis, Potts, Tempering};
use std::time::Instant;

/// Options of the Potts model.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PottsArgs {
    /// Sides of the lattice, 1 to 4 of them; periodic
    #[arg(long, value_name = "LxL", default_value = "64x64")]
    lattice: String,
    /// Number of states q, 2 to 256
    #[arg(long, value_name = "Q", default_value_t = 3)]
    states: u32,
    /// Inverse temperature, >= 0; sweeps
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    beta: Values,
    /// Sign of the coupling J of neighbours
    #[arg(long, value_enum, default_value_t = Sign::Ferro)]
    coupling: Sign,
    /// How sites are updated
    #[arg(long, value_enum, default_value_t = Rule::HeatBath)]
    dynamics: Rule,
    #[command(flatten)]
    chains: ChainArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield sample potts --states 3 --lattice 32x32 --beta 1.005
  spinfield sample potts --states 10 --lattice 16x16 --beta 1.3:1.5:0.02 --start cold --out transition";

/// Samples.
pub fn run(args: &PottsArgs, common: Common, started: Instant) -> Result<u8> {
    let lattice: Lattice = args.lattice.parse()?;
    check_betas(&args.beta)?;
    check_points(args.beta.0.len())?;
    let session = Session::open("sample", common, started)?;
    args.chains.check(&session, &lattice, args.beta.0.len())?;
    match args.dynamics {
        Rule::HeatBath => with(HeatBath, args, lattice, session),
        Rule::Metropolis => with(Metropolis, args, lattice, session),
        Rule::SwendsenWang | Rule::Wolff => {
            let hint = "clusters are for the Ising magnet";
            Err(Error::input("--dynamics", "heat-bath or metropolis for Potts", name(args.dynamics), hint).into())
        }
    }
}

fn with<D: Dynamics<Potts>>(dynamics: D, args: &PottsArgs, lattice: Lattice, session: Session) -> Result<u8> {
    match args.chains.protocol(&args.beta.0) {
        Protocol::Plain => sample(dynamics, args, lattice, session),
        Protocol::Tempering { every } => sample(Tempering::new(dynamics).every(every), args, lattice, session),
        Protocol::Anneal { betas, sweeps } => sample(Anneal::new(dynamics, &betas, sweeps), args, lattice, session),
    }
}

fn sample<D: Dynamics<Potts>>(dynamics: D, args: &PottsArgs, lattice: Lattice, session: Session) -> Result<u8> {
    let betas = args.chains.protocol(&args.beta.0).betas(&args.beta.0);
    let model = Potts::new(lattice.clone(), args.states).coupling(args.coupling.value());
    let builder = session.gpu.simulate(model, dynamics).betas(betas).replicas(args.chains.replicas);
    let mut simulation = builder.seed(session.seed).start(args.chains.start()).build()?;
    let (energy, acceptance) = (simulation.observe(Energy), simulation.observe(Acceptance));
    let mut parameters = vec![
        ("model", json!("potts")),
        ("lattice", json!(lattice.to_string())),
        ("states", json!(args.states)),
        ("beta", json!(args.beta.0)),
        ("coupling", json!(name(args.coupling))),
        ("dynamics", json!(name(args.dynamics))),
    ];
    parameters.extend(args.chains.parameters());
    let points = args.beta.0.iter().map(|&beta| vec![("beta", beta)]).collect();
    let shape = Shape { lattice, points, sites: Sites::States(args.states), exact: Vec::new() };
    lattice::run(session, (simulation, energy), &args.chains, shape, parameters, |at, _| {
        vec![("acceptance", Reading::Estimate(Some(at.mean(acceptance))))]
    })
}
