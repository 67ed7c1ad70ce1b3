//! `spinfield sample sk`.

use super::Common;
use super::lattice::{Protocol, check_betas, name};
use super::pairwise::{self, Job, SpinUpdate};
use super::session::Session;
use super::values::{Values, check_points};
use anyhow::Result;
use clap::Args;
use rand::Rng as _;
use serde_json::json;
use spinfield::random::{Purpose, Stream};
use spinfield::{Couplings, Error, Schedule, Start};
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
    /// Independent samples of the couplings, from --disorder-seed on [default: 1]. Means and errors are then over samples
    #[arg(long, value_name = "K", conflicts_with = "couplings")]
    disorder_samples: Option<u32>,
    /// Inverse temperature, >= 0; sweeps. The glass freezes at 1
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    beta: Values,
    /// Uniform field h
    #[arg(long, value_name = "H", default_value_t = 0.0, allow_hyphen_values = true)]
    field: f64,
    /// How spins are updated
    #[arg(long, value_enum, default_value_t = SpinUpdate::HeatBath)]
    dynamics: SpinUpdate,
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
    /// Replica exchange: chains of neighbouring betas swap places. Each replica is a ladder of its own
    #[arg(long, help_heading = "Chains")]
    tempering: bool,
    /// Sweeps from one swap to the next [default: 1]
    #[arg(long, value_name = "K", requires = "tempering", help_heading = "Chains")]
    swap_every: Option<u64>,
    /// Annealing: the same chains go through the betas in their order, with --warmup and --samples at each
    #[arg(long, help_heading = "Chains", conflicts_with = "tempering")]
    anneal: bool,
}

const EXAMPLES: &str = "Examples:
  spinfield sample sk --spins 1024 --beta 0.5,1,1.5
  spinfield sample sk --spins 1023 --beta 0.5:5:0.1 --anneal --warmup 20 --samples 2 --replicas 64
  spinfield sample sk --spins 128 --beta 0.5:2.5:0.1 --tempering --disorder-samples 50 --out glass
  spinfield sample sk --couplings J.npy --beta 1 --dynamics metropolis --json";

/// The most samples of the couplings in one run.
const MOST_SAMPLES: u32 = 1 << 16;

/// Samples.
pub fn run(args: &SkArgs, common: Common, started: Instant) -> Result<u8> {
    check_betas(&args.beta)?;
    check_points(args.beta.0.len())?;
    let count = args.disorder_samples.unwrap_or(1);
    if !(1..=MOST_SAMPLES).contains(&count) {
        let wanted = format!("1 to {MOST_SAMPLES}");
        return Err(Error::input("--disorder-samples", wanted, count, "leave it out for a single one").into());
    }
    let schedule = Schedule { warmup: args.warmup, samples: args.samples, thin: args.thin };
    let sweeps = schedule.sweeps()?;
    let given = args.couplings.as_ref().map(|path| read_couplings(path, args.key.as_deref())).transpose()?;
    let session = Session::open("sample", common, started)?;
    // An address that no coupling has; 53 bits survive every JSON reader.
    let drawn = || Stream::new(session.seed, Purpose::Disorder, u32::MAX).next_u64() >> 11;
    let seed = given.is_none().then(|| args.disorder_seed.unwrap_or_else(drawn));
    let seeds: Vec<Option<u64>> = match seed {
        Some(seed) => (0..u64::from(count)).map(|sample| Some(seed.wrapping_add(sample))).collect(),
        None => vec![None],
    };
    let sites = given.as_ref().map(Couplings::sites).or(args.spins).unwrap_or_default();
    pairwise::check_size(&session, sites)?;
    let protocol = match (args.tempering, args.anneal) {
        (true, _) => Protocol::Tempering { every: args.swap_every.unwrap_or(1) },
        (_, true) => Protocol::Anneal { betas: args.beta.0.clone(), sweeps },
        _ => Protocol::Plain,
    };
    let parameters = vec![
        ("model", json!("sk")),
        ("spins", json!(sites)),
        ("couplings", json!(args.couplings.as_ref().map(|path| path.display().to_string()))),
        ("key", json!(args.key)),
        ("disorder_seed", json!(seed)),
        ("disorder_samples", json!(seed.map(|_| count))),
        ("beta", json!(args.beta.0)),
        ("field", json!(args.field)),
        ("dynamics", json!(name(args.dynamics))),
        ("replicas", json!(args.replicas)),
        ("warmup", json!(args.warmup)),
        ("samples", json!(args.samples)),
        ("thin", json!(args.thin)),
        ("tempering", json!(args.tempering)),
        ("swap_every", json!(args.tempering.then(|| args.swap_every.unwrap_or(1)))),
        ("anneal", json!(args.anneal)),
    ];
    let couplings = |sample: usize| match (&given, seeds.get(sample)) {
        (None, Some(&Some(seed))) => Couplings::sherrington_kirkpatrick(sites, seed),
        (Some(given), _) => Ok(given.clone()),
        (None, _) => Err(Error::input("couplings", "drawn or given ones", "none", "report this")),
    };
    let (betas, replicas, field) = (args.beta.0.clone(), args.replicas, args.field);
    let job = Job {
        seeds: &seeds,
        couplings: &couplings,
        field,
        betas,
        protocol,
        update: args.dynamics,
        replicas,
        schedule,
        start: Start::Hot,
        total_weight: None,
        keeps_configurations: true,
        parameters,
    };
    pairwise::run(job, session)
}

/// Symmetric couplings from an array of N x N.
pub fn read_couplings(path: &PathBuf, key: Option<&str>) -> Result<Couplings> {
    let (sites, values) = read_matrix(path, key)?;
    Ok(Couplings::new(sites, values)?)
}

/// The side and the entries of an array of N x N.
pub fn read_matrix(path: &PathBuf, key: Option<&str>) -> Result<(usize, Vec<f32>)> {
    let array = spinfield::io::array::read_array(path, key)?;
    let values: Vec<f32> = array.to_finite()?.into_iter().map(|value| value as f32).collect();
    match array.shape[..] {
        [rows, columns] if rows == columns => Ok((rows, values)),
        _ => {
            let problem = format!("an array of shape {:?}, where couplings are a square matrix", array.shape);
            Err(Error::file(path, problem, "give a row and a column a site").into())
        }
    }
}
