//! `spinfield sample sk`.

use super::Common;
use super::lattice::{Reading, check_betas, name};
use super::session::{Session, advance};
use super::table::Table;
use super::values::{Values, check_points};
use anyhow::Result;
use clap::{Args, ValueEnum};
use rand::Rng as _;
use serde_json::{Map, Value, json};
use spinfield::dynamics::Dynamics;
use spinfield::io::npz::NpzWriter;
use spinfield::random::{Purpose, Stream};
use spinfield::{
    Acceptance, Anneal, Couplings, Energy, Error, HeatBath, Little, Magnetization, Metropolis, PairwiseSpins,
    ReplicaOverlap, Run, Schedule, Simulation,
};
use std::path::PathBuf;
use std::time::Instant;

/// Options of the glass.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SkArgs {
    /// Spins, >= 2
    #[arg(long, value_name = "N", required_unless_present = "couplings")]
    spins: Option<usize>,
    /// Couplings of your own instead of drawn ones: a symmetric matrix with a diagonal of zeros, from a .npy or .npz
    #[arg(long, value_name = "FILE", conflicts_with_all = ["spins", "disorder_seed"])]
    couplings: Option<PathBuf>,
    /// Array of a .npz
    #[arg(long, requires = "couplings")]
    key: Option<String>,
    /// Seed of the couplings; drawn from --seed where absent, and stored
    #[arg(long, value_name = "N")]
    disorder_seed: Option<u64>,
    /// Inverse temperature, >= 0; sweeps. The glass freezes at 1
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    beta: Values,
    /// Uniform field h
    #[arg(long, value_name = "H", default_value_t = 0.0, allow_hyphen_values = true)]
    field: f64,
    /// How spins are updated
    #[arg(long, value_enum, default_value_t = Rule::HeatBath)]
    dynamics: Rule,
    /// Independent chains at every point; 2k and 2k + 1 are pairs with an overlap
    #[arg(long, value_name = "R", default_value_t = 32, help_heading = "Chains")]
    replicas: u32,
    /// Sweeps that are made first and not recorded
    #[arg(long, value_name = "W", default_value_t = 1000, help_heading = "Chains")]
    warmup: u64,
    /// Samples that are recorded of each chain
    #[arg(long, value_name = "S", default_value_t = 100, help_heading = "Chains")]
    samples: u64,
    /// Sweeps from one recorded sample to the next
    #[arg(long, value_name = "K", default_value_t = 1, help_heading = "Chains")]
    thin: u64,
    /// Annealing: the same chains go through the betas in their order, with --warmup and --samples at each
    #[arg(long, help_heading = "Chains")]
    anneal: bool,
}

const EXAMPLES: &str = "Examples:
  spinfield sample sk --spins 1024 --beta 0.5,1,1.5
  spinfield sample sk --spins 1023 --beta 0.5:5:0.1 --anneal --warmup 20 --samples 2 --replicas 64
  spinfield sample sk --couplings J.npy --beta 1 --dynamics metropolis --json";

/// How spins are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// One after another, a spin takes a value by its probability given all others
    HeatBath,
    /// One after another, a flip is accepted with probability min(1, exp(-beta dE))
    Metropolis,
    /// All at once; its stationary state is not Boltzmann's
    Little,
}

/// Samples.
pub fn run(args: &SkArgs, common: Common, started: Instant) -> Result<u8> {
    check_betas(&args.beta)?;
    check_points(args.beta.0.len())?;
    let schedule = Schedule { warmup: args.warmup, samples: args.samples, thin: args.thin };
    schedule.sweeps()?;
    let given = args.couplings.as_ref().map(|path| read_couplings(path, args.key.as_deref())).transpose()?;
    let session = Session::open("sample", common, started)?;
    // An address that no coupling has; 53 bits survive every JSON reader.
    let drawn = || Stream::new(session.seed, Purpose::Disorder, u32::MAX).next_u64() >> 11;
    let seed = given.is_none().then(|| args.disorder_seed.unwrap_or_else(drawn));
    let couplings = match (given, seed) {
        (Some(given), _) => given,
        (None, seed) => Couplings::sherrington_kirkpatrick(args.spins.unwrap_or_default(), seed.unwrap_or_default())?,
    };
    let model = PairwiseSpins::new(couplings).field(args.field);
    match (args.dynamics, args.anneal) {
        (Rule::HeatBath, false) => sample(HeatBath, model, seed, args, session),
        (Rule::Metropolis, false) => sample(Metropolis, model, seed, args, session),
        (Rule::Little, false) => sample(Little, model, seed, args, session),
        (rule, true) => {
            let sweeps = schedule.sweeps()?;
            let betas = &args.beta.0;
            match rule {
                Rule::HeatBath => sample(Anneal::new(HeatBath, betas, sweeps), model, seed, args, session),
                Rule::Metropolis => sample(Anneal::new(Metropolis, betas, sweeps), model, seed, args, session),
                Rule::Little => sample(Anneal::new(Little, betas, sweeps), model, seed, args, session),
            }
        }
    }
}

/// A matrix of couplings from an array of N x N.
pub fn read_couplings(path: &PathBuf, key: Option<&str>) -> Result<Couplings> {
    let array = spinfield::io::array::read_array(path, key)?;
    let values: Vec<f32> = array.to_finite()?.into_iter().map(|value| value as f32).collect();
    match array.shape[..] {
        [rows, columns] if rows == columns => Ok(Couplings::new(rows, values)?),
        _ => {
            let problem = format!("an array of shape {:?}, where couplings are a square matrix", array.shape);
            Err(Error::file(path, problem, "give a row and a column a site").into())
        }
    }
}

fn sample<D: Dynamics<PairwiseSpins>>(
    dynamics: D,
    model: PairwiseSpins,
    seed: Option<u64>,
    args: &SkArgs,
    mut session: Session,
) -> Result<u8> {
    let betas = if args.anneal { &args.beta.0[..1] } else { &args.beta.0[..] };
    let sites = model.couplings().sites();
    let builder = session.gpu.simulate(model, dynamics).betas(betas).replicas(args.replicas).seed(session.seed);
    let mut simulation = builder.build()?;
    let (e, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
    let paired = args.replicas.is_multiple_of(2);
    let overlap = paired.then(|| simulation.observe(ReplicaOverlap));
    let acceptance = (args.dynamics != Rule::Little).then(|| simulation.observe(Acceptance));
    if !paired {
        session.warn("overlaps are null: they take an even number of replicas".into());
    }
    session.begin(vec![
        ("model", json!("sk")),
        ("spins", json!(sites)),
        ("couplings", json!(args.couplings.as_ref().map(|path| path.display().to_string()))),
        ("key", json!(args.key)),
        ("disorder_seed", json!(seed)),
        ("beta", json!(args.beta.0)),
        ("field", json!(args.field)),
        ("dynamics", json!(name(args.dynamics))),
        ("replicas", json!(args.replicas)),
        ("warmup", json!(args.warmup)),
        ("samples", json!(args.samples)),
        ("thin", json!(args.thin)),
        ("anneal", json!(args.anneal)),
    ])?;
    simulation.prepare()?;
    session.start_clock();
    let runs = run_all(&mut simulation, args, &session)?;
    let state_hash = simulation.state_hash()?;
    let mut points = Vec::new();
    for at in runs.iter().flat_map(Run::by_beta) {
        let mean = |quantity: Option<spinfield::observable::Quantity>| Reading::Estimate(quantity.map(|q| at.mean(q)));
        let lowest = at.series(e).values().iter().copied().reduce(f64::min);
        points.push(vec![
            ("beta", Reading::Number(Some(at.beta()))),
            ("energy", mean(Some(e.into()))),
            ("magnetization", mean(Some(m.into()))),
            ("abs_magnetization", mean(Some(m.abs()))),
            ("magnetization2", mean(Some(m.squared()))),
            ("magnetization4", mean(Some(m.fourth()))),
            ("binder", Reading::Estimate(Some(at.binder(m)))),
            ("specific_heat", Reading::Estimate(Some(at.specific_heat(e)))),
            ("susceptibility", Reading::Estimate(Some(at.susceptibility(m)))),
            ("overlap2", mean(overlap.map(|overlap| overlap.squared()))),
            ("link_overlap", mean(overlap.map(|overlap| overlap.link()))),
            ("lowest_energy", Reading::Number(lowest)),
            ("acceptance", mean(acceptance.map(Into::into))),
            ("r_hat", Reading::Number(at.r_hat(e))),
        ]);
    }
    let updates = runs.iter().map(Run::updates).sum();
    let table = table_of(&points);
    let human = format!("{sites} spins, {} chains a point\n\n{}\nstate {state_hash}", args.replicas, table.text());
    let object = |point: &Vec<(&str, Reading)>| {
        let entry = |(name, reading): &(&str, Reading)| ((*name).to_string(), reading.json());
        Value::Object(point.iter().map(entry).collect::<Map<_, _>>())
    };
    let list: Vec<Value> = points.iter().map(object).collect();
    let results = json!({"sites": sites, "points": list, "state_hash": state_hash});
    let states = simulation.states()?;
    session.finish((results, std::iter::empty()), updates, &human, |folder, _| {
        let mut npz = NpzWriter::create(folder.path("samples.npz")?)?;
        let signs: Vec<i8> = (0..states.count()).flat_map(|chain| states.signs(chain)).collect();
        let replicas = args.replicas as usize;
        npz.add_f64("beta", &[args.beta.0.len()], &args.beta.0)?;
        npz.add_i8("configurations", &[states.count() / replicas, replicas, sites], &signs)?;
        npz.finish()?;
        Ok(vec![table.section()])
    })
}

/// All points at once, or one after another where they are steps of an annealing.
fn run_all<D: Dynamics<PairwiseSpins>>(
    simulation: &mut Simulation<PairwiseSpins, D>,
    args: &SkArgs,
    session: &Session,
) -> Result<Vec<Run>> {
    let schedule = Schedule { warmup: args.warmup, samples: args.samples, thin: args.thin };
    let bar = session.progress("sampling");
    let stages = if args.anneal { args.beta.0.len() } else { 1 };
    let mut runs = Vec::new();
    for stage in 0..stages {
        let mut whole = |fraction: f64| advance(&bar, (stage as f64 + fraction) / stages as f64);
        runs.push(simulation.run_with(schedule, &mut whole)?);
    }
    bar.finish_and_clear();
    Ok(runs)
}

/// What a terminal and the page show.
fn table_of(points: &[Vec<(&'static str, Reading)>]) -> Table {
    const SHOWN: [&str; 6] = ["beta", "energy", "overlap2", "lowest_energy", "acceptance", "r_hat"];
    let mut table = Table::new(&SHOWN);
    for point in points {
        let shown = point.iter().filter(|(name, _)| SHOWN.contains(name));
        table.push(shown.map(|(_, reading)| reading.text()).collect());
    }
    table
}
