//! `spinfield sample ising`.

use super::Common;
use super::lattice::{self, ChainArgs, Reading, StartName, name};
use super::session::Session;
use super::values::{Values, check_points};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;
use spinfield::dynamics::Dynamics;
use spinfield::{Acceptance, Error, HeatBath, Ising, Lattice, Metropolis, SwendsenWang, Wolff};
use std::time::Instant;

/// Options of the Ising magnet.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct IsingArgs {
    /// Sides of the lattice, 1 to 4 of them; periodic
    #[arg(long, value_name = "LxL", default_value = "64x64")]
    lattice: String,
    /// Inverse temperature, >= 0; sweeps. The square lattice orders at 0.4407, the cubic one at 0.2217
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    beta: Values,
    /// Uniform field h; sweeps
    #[arg(long, value_name = "H", default_value = "0", allow_hyphen_values = true)]
    field: Values,
    /// Sign of the coupling J of neighbours
    #[arg(long, value_enum, default_value_t = Coupling::Ferro)]
    coupling: Coupling,
    /// How sites are updated
    #[arg(long, value_enum, default_value_t = Rule::HeatBath)]
    dynamics: Rule,
    #[command(flatten)]
    chains: ChainArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield sample ising --lattice 32x32 --beta 0.4
  spinfield sample ising --lattice 16x16 --beta 0.3:0.6:0.02 --out magnet
  spinfield sample ising --lattice 64x64 --beta 0.44068679 --dynamics swendsen-wang
  spinfield sample ising --lattice 8x8x8 --beta 0.25 --field=-0.1,0,0.1 --start cold --json
  spinfield sample ising --lattice 32x32 --beta 0.5 --configurations 100 --thin 50 --out snapshots";

/// The sign of J.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Coupling {
    /// J = 1: neighbours align
    Ferro,
    /// J = -1: neighbours oppose each other
    Antiferro,
}

/// How sites are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// A site takes a value by its probability given its neighbours
    HeatBath,
    /// A flip is accepted with probability min(1, exp(-beta dE))
    Metropolis,
    /// All clusters of tied neighbours take random signs; best near the critical point
    SwendsenWang,
    /// The cluster of one random site flips, at the cost of a sweep
    Wolff,
}

/// Samples.
pub fn run(args: &IsingArgs, common: Common, started: Instant) -> Result<u8> {
    let lattice: Lattice = args.lattice.parse()?;
    if let Some(beta) = args.beta.0.iter().find(|beta| !beta.is_finite() || **beta < 0.0) {
        let hint = "beta is the inverse temperature 1/T";
        return Err(Error::input("--beta", "finite numbers >= 0", beta, hint).into());
    }
    check_points(args.beta.0.len().saturating_mul(args.field.0.len()))?;
    let mut session = Session::open("sample", common, started)?;
    args.chains.check(&session, &lattice, args.beta.0.len() * args.field.0.len())?;
    warn_of_stripes(args, &lattice, &mut session);
    match args.dynamics {
        Rule::HeatBath => with(HeatBath, args, lattice, session),
        Rule::Metropolis => with(Metropolis, args, lattice, session),
        Rule::SwendsenWang => with(SwendsenWang, args, lattice, session),
        Rule::Wolff => with(Wolff, args, lattice, session),
    }
}

fn with<D: Dynamics<Ising>>(dynamics: D, args: &IsingArgs, lattice: Lattice, session: Session) -> Result<u8> {
    let coupling = if args.coupling == Coupling::Ferro { 1.0 } else { -1.0 };
    let model = Ising::new(lattice.clone()).coupling(coupling);
    let mut simulation = session
        .gpu
        .simulate(model.clone(), dynamics)
        .models(args.field.0.iter().map(|&field| model.clone().field(field)))
        .betas(&args.beta.0)
        .replicas(args.chains.replicas)
        .seed(session.seed)
        .start(args.chains.start())
        .build()?;
    let acceptance = simulation.observe(Acceptance);
    let at = |&field: &f64| args.beta.0.iter().map(move |&beta| vec![("beta", beta), ("field", field)]);
    let points = args.field.0.iter().flat_map(at).collect();
    let mut parameters = vec![
        ("model", json!("ising")),
        ("lattice", json!(lattice.to_string())),
        ("beta", json!(args.beta.0)),
        ("field", json!(args.field.0)),
        ("coupling", json!(name(args.coupling))),
        ("dynamics", json!(name(args.dynamics))),
    ];
    parameters.extend(args.chains.parameters());
    lattice::run(session, simulation, &args.chains, (lattice, points), parameters, |at| {
        vec![("acceptance", Reading::Estimate(Some(at.mean(acceptance))))]
    })
}

/// Critical inverse temperatures of the square, cubic and four-dimensional lattice (L. Onsager 1944; A. M. Ferrenberg,
/// J. Xu and D. P. Landau 2018; P. H. Lundow and K. Markström 2009).
const CRITICAL: [f64; 3] = [0.440_687, 0.221_655, 0.149_694];

fn warn_of_stripes(args: &IsingArgs, lattice: &Lattice, session: &mut Session) {
    let critical = lattice.dimensions().checked_sub(2).and_then(|above| CRITICAL.get(above));
    let Some(&critical) = critical else { return };
    let ordered = args.beta.0.iter().any(|&beta| beta > critical) && args.field.0.contains(&0.0);
    // A cluster is as likely to be a stripe as anything else.
    let single = matches!(args.dynamics, Rule::HeatBath | Rule::Metropolis);
    if ordered && single && args.chains.start == StartName::Hot && args.coupling == Coupling::Ferro {
        session.warn(format!(
            "a hot start above the critical beta {critical:.4} without a field can freeze chains into stripes, which \
             single updates hardly ever leave: use --dynamics swendsen-wang or --start cold, and look at r_hat"
        ));
    }
}
