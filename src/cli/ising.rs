//! `spinfield sample ising`.

use super::Common;
use super::disorder::{Bonds, DisorderArgs};
use super::exact_curves;
use super::lattice::{self, ChainArgs, Protocol, Reading, Shape, Sites, StartName, check_betas, name};
use super::pairwise::{self, Job, SpinUpdate};
use super::session::{Parameters, Session};
use super::values::{Values, check_points};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;
use spinfield::dynamics::Dynamics;
use spinfield::io::rudy::Rudy;
use spinfield::model::TwoState;
use spinfield::{
    Acceptance, Anneal, Energy, Error, HeatBath, Ising, Lattice, Metropolis, ReplicaOverlap, Schedule, SwendsenWang,
    Tempering, Wolff,
};
use std::time::Instant;

/// Options of the Ising magnet.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct IsingArgs {
    /// Sides of the lattice, 1 to 4 of them; periodic [default: 64x64, or those of --couplings]
    #[arg(long, value_name = "LxL")]
    lattice: Option<String>,
    /// Inverse temperature, >= 0; sweeps. The square lattice orders at 0.4407, the cubic one at 0.2217
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    beta: Values,
    /// Uniform field h; sweeps
    #[arg(long, value_name = "H", default_value = "0", allow_hyphen_values = true)]
    field: Values,
    #[command(flatten)]
    disorder: DisorderArgs,
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
  spinfield sample ising --lattice 32x32 --beta 0.5 --configurations 100 --thin 50 --out snapshots
  spinfield sample ising --lattice 8x8x8 --coupling bimodal --disorder-samples per-pair --beta 0.4:1:0.1
  spinfield sample ising --couplings toruspm3-8-50.dat --maxcut --beta 2
  spinfield sample ising --couplings G1.txt --maxcut --anneal --beta 0.05:2:0.05 --warmup 0 --samples 25";

/// How sites are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rule {
    /// A site takes a value by its probability given its neighbours
    HeatBath,
    /// Another value is accepted with probability min(1, exp(-beta dE))
    Metropolis,
    /// All clusters of tied neighbours take random signs; best near the critical point
    SwendsenWang,
    /// The cluster of one random site flips, at the cost of a sweep
    Wolff,
}

/// Samples.
pub fn run(args: &IsingArgs, common: Common, started: Instant) -> Result<u8> {
    let given: Option<Lattice> = args.lattice.as_deref().map(str::parse).transpose()?;
    check_betas(&args.beta)?;
    check_points(args.beta.0.len().saturating_mul(args.field.0.len()))?;
    args.disorder.check(&args.field.0)?;
    if let Some(graph) = args.disorder.general_graph(given.as_ref())? {
        return sample_graph(args, &graph, common, started);
    }
    let mut session = Session::open("sample", common, started)?;
    let bonds = args.disorder.bonds(given, session.seed)?;
    let lattice = bonds.lattice().clone();
    args.chains.check(&session, &lattice, args.beta.0.len() * args.field.0.len())?;
    let fields = args.field.0.iter();
    match &bonds {
        Bonds::Clean { sign, .. } => {
            warn_of_stripes(args, &lattice, *sign, &mut session);
            let magnet = Ising::new(lattice).coupling(*sign);
            with_magnets(fields.map(|&field| magnet.clone().field(field)).collect(), &bonds, args, session)
        }
        Bonds::Integer { glass, .. } => {
            with_models(fields.map(|&field| glass.clone().field(field)).collect(), &bonds, args, session)
        }
        Bonds::Gaussian { glass, .. } => {
            with_models(fields.map(|&field| glass.clone().field(field)).collect(), &bonds, args, session)
        }
    }
}

fn with_models<M: TwoState>(models: Vec<M>, bonds: &Bonds, args: &IsingArgs, session: Session) -> Result<u8> {
    match args.dynamics {
        Rule::HeatBath => with(HeatBath, models, bonds, args, session),
        Rule::Metropolis => with(Metropolis, models, bonds, args, session),
        Rule::SwendsenWang | Rule::Wolff => {
            let hint = "frustrated bonds make clusters that span the lattice: use heat-bath, with --tempering";
            Err(Error::input("--dynamics", "heat-bath or metropolis for a glass", name(args.dynamics), hint).into())
        }
    }
}

/// The magnet also admits clusters.
fn with_magnets(models: Vec<Ising>, bonds: &Bonds, args: &IsingArgs, session: Session) -> Result<u8> {
    match args.dynamics {
        Rule::SwendsenWang => with(SwendsenWang, models, bonds, args, session),
        Rule::Wolff => with(Wolff, models, bonds, args, session),
        Rule::HeatBath | Rule::Metropolis => with_models(models, bonds, args, session),
    }
}

fn with<M: TwoState, D: Dynamics<M>>(
    dynamics: D,
    models: Vec<M>,
    bonds: &Bonds,
    args: &IsingArgs,
    session: Session,
) -> Result<u8> {
    match args.chains.protocol(&args.beta.0) {
        Protocol::Plain => sample(dynamics, models, bonds, args, session),
        Protocol::Tempering { every } => sample(Tempering::new(dynamics).every(every), models, bonds, args, session),
        Protocol::Anneal { betas, sweeps } => {
            sample(Anneal::new(dynamics, &betas, sweeps), models, bonds, args, session)
        }
    }
}

fn sample<M: TwoState, D: Dynamics<M>>(
    dynamics: D,
    models: Vec<M>,
    bonds: &Bonds,
    args: &IsingArgs,
    mut session: Session,
) -> Result<u8> {
    let mut simulation = session
        .gpu
        .simulate(models[0].clone(), dynamics)
        .models(models)
        .betas(args.chains.protocol(&args.beta.0).betas(&args.beta.0))
        .replicas(args.chains.replicas)
        .seed(session.seed)
        .start(args.chains.start())
        .build()?;
    let (energy, acceptance) = (simulation.observe(Energy), simulation.observe(Acceptance));
    let paired = bonds.pairs(args.chains.replicas);
    let overlap = paired.then(|| simulation.observe(ReplicaOverlap));
    if bonds.disordered() && !paired {
        session.warn("overlaps are null: they take an even number of replicas, and a sample for two of them".into());
    }
    let at = |&field: &f64| args.beta.0.iter().map(move |&beta| vec![("beta", beta), ("field", field)]);
    let points = args.field.0.iter().flat_map(at).collect();
    let mut parameters: Parameters = vec![
        ("model", json!("ising")),
        ("lattice", json!(bonds.lattice().to_string())),
        ("beta", json!(args.beta.0)),
        ("field", json!(args.field.0)),
    ];
    parameters.extend(args.disorder.parameters(bonds));
    parameters.push(("dynamics", json!(name(args.dynamics))));
    parameters.extend(args.chains.parameters());
    let exact = match bonds {
        Bonds::Clean { lattice, sign } => exact_curves::of_ising(lattice, *sign, &args.beta.0, &args.field.0),
        Bonds::Integer { .. } | Bonds::Gaussian { .. } => Vec::new(),
    };
    let shape = Shape { lattice: bonds.lattice().clone(), points, sites: Sites::Spins, exact };
    lattice::run(session, (simulation, energy), &args.chains, shape, parameters, |at, energy| {
        let mut readings = bonds.readings(at, energy, overlap);
        readings.push(("acceptance", Reading::Estimate(Some(at.mean(acceptance)))));
        readings
    })
}

/// Spins on a graph that is no lattice, as explicit couplings.
fn sample_graph(args: &IsingArgs, graph: &Rudy, common: Common, started: Instant) -> Result<u8> {
    let update = match args.dynamics {
        Rule::HeatBath => SpinUpdate::HeatBath,
        Rule::Metropolis => SpinUpdate::Metropolis,
        Rule::SwendsenWang | Rule::Wolff => {
            let hint = "use heat-bath or metropolis, with --tempering or --anneal";
            let wanted = "heat-bath or metropolis on a graph that is no lattice";
            return Err(Error::input("--dynamics", wanted, name(args.dynamics), hint).into());
        }
    };
    let &[field] = &args.field.0[..] else {
        let hint = "run one field after another";
        return Err(Error::input("--field", "one on a graph that is no lattice", args.field.0.len(), hint).into());
    };
    let chains = &args.chains;
    if chains.configurations > 1 {
        let hint = "leave it out: the last configurations are written";
        let wanted = "0 or 1 on a graph that is no lattice";
        return Err(Error::input("--configurations", wanted, chains.configurations, hint).into());
    }
    let schedule = Schedule { warmup: chains.warmup, samples: chains.samples, thin: chains.thin };
    schedule.sweeps()?;
    let session = Session::open("sample", common, started)?;
    pairwise::check_size(&session, graph.nodes() as usize)?;
    let couplings = graph.couplings(if args.disorder.maxcut { -1 } else { 1 })?;
    let mut parameters: Parameters = vec![
        ("model", json!("ising")),
        ("lattice", json!(null)),
        ("beta", json!(args.beta.0)),
        ("field", json!(args.field.0)),
    ];
    parameters.extend(args.disorder.graph_parameters());
    parameters.push(("dynamics", json!(name(args.dynamics))));
    parameters.extend(chains.parameters());
    let job = Job {
        seeds: &[None],
        couplings: &|_| Ok(couplings.clone()),
        field,
        betas: args.beta.0.clone(),
        protocol: chains.protocol(&args.beta.0),
        update,
        replicas: chains.replicas,
        schedule,
        start: chains.start(),
        total_weight: args.disorder.maxcut.then_some(graph.total_weight() as f64),
        keeps_configurations: chains.configurations > 0,
        parameters,
    };
    pairwise::run(job, session)
}

/// Critical inverse temperatures of the square, cubic and four-dimensional lattice (L. Onsager 1944; A. M. Ferrenberg,
/// J. Xu and D. P. Landau 2018; P. H. Lundow and K. Markström 2009).
const CRITICAL: [f64; 3] = [0.440_687, 0.221_655, 0.149_694];

fn warn_of_stripes(args: &IsingArgs, lattice: &Lattice, sign: f64, session: &mut Session) {
    let critical = lattice.dimensions().checked_sub(2).and_then(|above| CRITICAL.get(above));
    let Some(&critical) = critical else { return };
    let ordered = args.beta.0.iter().any(|&beta| beta > critical) && args.field.0.contains(&0.0);
    // A cluster is as likely to be a stripe as anything else.
    let single = matches!(args.dynamics, Rule::HeatBath | Rule::Metropolis);
    if ordered && single && args.chains.start == StartName::Hot && sign > 0.0 {
        session.warn(format!(
            "a hot start above the critical beta {critical:.4} without a field can freeze chains into stripes, which \
             single updates hardly ever leave: use --dynamics swendsen-wang or --start cold, and look at r_hat"
        ));
    }
}
