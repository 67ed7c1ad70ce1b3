//! `spinfield bench`.

use super::Common;
use super::bench_baseline::{Baseline, Comparison};
use super::bench_cases::{Case, Suite, table};
use super::bench_costs::Cost;
use super::bench_report;
use super::bench_timing::Spread;
use super::lattice::name;
use super::session::{Session, advance};
use anyhow::Result;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory};
use indicatif::ProgressBar;
use serde_json::json;
use spinfield::Error;
use spinfield::probe::Probe;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Options of the benchmark.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchArgs {
    /// Which cases are run
    #[arg(long, value_enum, default_value_t = Suite::Quick)]
    suite: Suite,
    /// An earlier result (the output of --json, or the result.json of --out) of the same suite: prints the ratio of the
    /// medians for each case, with a mark where each lies outside of what the repetitions of the other span. The exit
    /// code is 0 however slow a case has become
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Only cases whose name has this in it, or one of several parts A,B
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    cases: Vec<String>,
    /// Timed repetitions of each case, after one that is not counted [default: 5 of quick, 9 of full]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    repetitions: Option<u32>,
}

const EXAMPLES: &str = "Examples:
  spinfield bench
  spinfield bench --suite quick --json > before.json
  spinfield bench --suite quick --baseline before.json --out runs/speed
  spinfield bench --cases ising-metropolis,phi4 --repetitions 20";

/// Work is fixed, and the same for every run: the seed is 1 unless one is given.
const SEED: u64 = 1;

/// On anything but a software adapter a repetition makes so many times the sweeps of the table.
const HARDWARE: u64 = 16;

/// One probe as it was measured.
pub struct Probed {
    /// Its name.
    pub name: &'static str,
    /// The unit of its figures.
    pub unit: &'static str,
    /// The figures.
    pub spread: Spread,
    /// Time to allocate and compile.
    pub setup: Duration,
}

/// One case as it was measured.
pub struct Measured {
    /// Its name.
    pub name: String,
    /// The kernel family.
    pub family: &'static str,
    /// Sites of a chain, chains, sweeps of a repetition, updates attempted in a repetition.
    pub sizes: [u64; 4],
    /// Updates per nanosecond.
    pub rate: Spread,
    /// Time to allocate and compile.
    pub setup: Duration,
    /// Time of the repetition that is not counted.
    pub warmup: Duration,
    /// Nominal costs of an update.
    pub cost: Cost,
    /// Where a repetition measures as well: the case that does not, and how many times longer it takes with measuring.
    pub measures: Option<(String, Option<f64>)>,
    /// The same case of before.
    pub comparison: Option<Comparison>,
}

/// Everything that was measured.
pub struct Bench {
    /// The suite.
    pub suite: Suite,
    /// Timed repetitions.
    pub repetitions: u32,
    /// What the adapter can do at best.
    pub probes: Vec<Probed>,
    /// The cases.
    pub cases: Vec<Measured>,
    /// Cases that the adapter cannot hold.
    pub left_out: Vec<String>,
    /// What it was compared with.
    pub baseline: Option<Baseline>,
}

impl BenchArgs {
    fn asks_for(&self, name: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|part| name.contains(part.trim()))
    }
}

/// Runs the benchmark.
pub fn run(args: &BenchArgs, mut common: Common, started: Instant) -> Result<u8> {
    let chosen = choose(args)?;
    let suite = name(args.suite);
    let mut baseline = args.baseline.as_ref().map(|path| Baseline::read(path, &suite)).transpose()?;
    if let Some(baseline) = &mut baseline {
        baseline.keep(|name| args.asks_for(name));
    }
    common.seed.get_or_insert(SEED);
    let mut session = Session::open("bench", common, started)?;
    let repetitions = args.repetitions.unwrap_or(if args.suite == Suite::Quick { 5 } else { 9 });
    session.begin(vec![
        ("suite", json!(suite)),
        ("baseline", json!(args.baseline.as_ref().map(|path| path.display().to_string()))),
        ("cases", json!(args.cases)),
        ("repetitions", json!(repetitions)),
    ])?;
    warn_of_conditions(&mut session, baseline.as_ref());
    session.start_clock();
    let bar = session.progress("measuring");
    let steps = (Probe::ALL.len() + chosen.len()) as f64;
    let mut bench =
        Bench { suite: args.suite, repetitions, probes: Vec::new(), cases: Vec::new(), left_out: Vec::new(), baseline };
    for probe in Probe::ALL {
        bench.probes.push(measure_probe(&session, probe, repetitions)?);
        advance(&bar, bench.probes.len() as f64 / steps);
    }
    let updates = bench.measure(&chosen, &mut session, &bar, steps)?;
    bar.finish_and_clear();
    bench.relate();
    let human = bench_report::text(&bench);
    let results = (bench_report::json(&bench), std::iter::empty());
    session.finish(results, updates, &human, |folder, _| bench_report::write(folder, &bench))
}

/// The cases of the suite that are asked for.
fn choose(args: &BenchArgs) -> Result<Vec<Case>> {
    let of_suite: Vec<Case> =
        table().into_iter().filter(|case| args.suite == Suite::Full || case.suite == Suite::Quick).collect();
    let names: Vec<String> = of_suite.iter().map(|case| case.name.clone()).collect();
    let chosen: Vec<Case> = of_suite.into_iter().filter(|case| args.asks_for(&case.name)).collect();
    if chosen.is_empty() {
        let problem = format!(
            "no case of suite {} has {} in its name; there are\n  {}",
            name(args.suite),
            args.cases.join(" or "),
            names.join("\n  ")
        );
        let mut program = super::Cli::command();
        program.build();
        let error = match program.find_subcommand_mut("bench") {
            Some(command) => command.error(ErrorKind::ValueValidation, problem),
            None => clap::Error::raw(ErrorKind::ValueValidation, problem),
        };
        return Err(error.into());
    }
    Ok(chosen)
}

fn warn_of_conditions(session: &mut Session, baseline: Option<&Baseline>) {
    let adapter = session.gpu.adapter();
    let now = json!({"name": adapter.name, "driver": adapter.driver});
    let other = baseline.and_then(|baseline| baseline.other_adapter(&now));
    if let Some(other) = other {
        session.warn(format!("the baseline is of another adapter ({other}): ratios compare machines, not versions"));
    }
    if cfg!(debug_assertions) {
        session.warn("this program was built without --release: the host's share of the time is too large".into());
    }
}

fn measure_probe(session: &Session, probe: Probe, repetitions: u32) -> Result<Probed, Error> {
    let begun = Instant::now();
    let mut prepared = session.gpu.probe(probe)?;
    let setup = begun.elapsed();
    prepared.run()?;
    let amount = prepared.amount();
    let mut values = Vec::new();
    for _ in 0..repetitions {
        let nanoseconds = nanoseconds(prepared.run()?);
        // Bytes and operations per nanosecond are 10^9 a second; a dispatch is given in microseconds.
        values.push(if probe == Probe::Dispatches { nanoseconds / amount / 1e3 } else { amount / nanoseconds });
    }
    prepared.verify()?;
    let (name, unit) = match probe {
        Probe::Memory => ("copy_memory", "GB/s"),
        Probe::Cache => ("copy_cache", "GB/s"),
        Probe::Integers => ("integers", "10^9 operations/s"),
        Probe::Dispatches => ("dispatch", "us"),
    };
    Ok(Probed { name, unit, spread: Spread::of(values), setup })
}

fn nanoseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e9).max(1.0)
}

impl Bench {
    /// Measures the cases one after another and gives the updates attempted in all.
    fn measure(&mut self, chosen: &[Case], session: &mut Session, bar: &ProgressBar, steps: f64) -> Result<u64, Error> {
        let mut updates = 0;
        for (number, case) in chosen.iter().enumerate() {
            match measure_case(session, case, self.repetitions) {
                Ok((measured, made)) => {
                    updates += made;
                    self.cases.push(measured);
                }
                // A smaller adapter runs what it can hold.
                Err(error @ Error::Limit { .. }) => {
                    session.warn(format!("{} is left out: {error}", case.name));
                    self.left_out.push(case.name.clone());
                }
                Err(error) => return Err(error),
            }
            advance(bar, (self.probes.len() + number + 1) as f64 / steps);
        }
        Ok(updates)
    }

    /// Finds for each case what it is to be held against.
    fn relate(&mut self) {
        let rates: Vec<(String, f64)> = self.cases.iter().map(|case| (case.name.clone(), case.rate.median)).collect();
        for case in &mut self.cases {
            if let Some((bare, slowdown)) = &mut case.measures {
                let rate = rates.iter().find(|(name, _)| name == bare);
                *slowdown = rate.map(|(_, rate)| rate / case.rate.median);
            }
            let before = self.baseline.as_ref();
            let [sites, chains, sweeps, _] = case.sizes;
            case.comparison =
                before.and_then(|baseline| baseline.compare(&case.name, &case.rate, [sites, chains, sweeps]));
        }
    }

    /// Names of the cases that were measured.
    pub fn names(&self) -> Vec<String> {
        self.cases.iter().map(|case| case.name.clone()).collect()
    }

    /// The median of a probe.
    pub fn probe(&self, name: &str) -> Option<f64> {
        self.probes.iter().find(|probe| probe.name == name).map(|probe| probe.spread.median)
    }
}

fn measure_case(session: &Session, case: &Case, repetitions: u32) -> Result<(Measured, u64), Error> {
    let hardware = session.gpu.adapter().kind != "cpu";
    let sweeps = case.sweeps * if hardware { HARDWARE } else { 1 };
    let begun = Instant::now();
    let mut prepared = case.prepare(&session.gpu, session.seed, sweeps)?;
    let setup = begun.elapsed();
    let (updates, warmup) = (prepared.repeat)()?;
    let (mut rates, mut all) = (Vec::new(), updates);
    for _ in 0..repetitions {
        let (updates, time) = (prepared.repeat)()?;
        all += updates;
        rates.push(updates as f64 / nanoseconds(time));
    }
    let measured = Measured {
        name: case.name.clone(),
        family: case.family,
        sizes: [prepared.sites, prepared.chains, sweeps, updates],
        rate: Spread::of(rates),
        setup,
        warmup,
        cost: case.cost,
        measures: case.measures.map(|bare| (case.name.replace(case.family, bare), None)),
        comparison: None,
    };
    Ok((measured, all))
}
