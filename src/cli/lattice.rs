//! What sampling of lattice models has in common: chains, observables, results.

use super::exact_curves::ExactCurve;
use super::lattice_files;
use super::lattice_warnings::{warn_of_broken_identities, warn_of_disagreement, warn_of_rare_swaps};
use super::session::{Parameters, Session};
use super::stages::{self, Stage};
use super::table::{Table, estimate, short};
use super::terminal_picture;
use super::values::Values;
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use spinfield::dynamics::Dynamics;
use spinfield::model::Local;
use spinfield::observable::Handle;
use spinfield::run::Point;
use spinfield::{
    Energy, Error, Estimate, Lattice, Magnetization, Run, Schedule, Simulation, Start, StructureFactor, Swaps,
};

/// Options of the chains.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Chains")]
pub struct ChainArgs {
    /// Independent chains at every point
    #[arg(long, value_name = "R", default_value_t = 16)]
    pub replicas: u32,
    /// Sweeps (or trajectories) that are made first and not recorded
    #[arg(long, value_name = "W", default_value_t = 1000)]
    pub warmup: u64,
    /// Samples that are recorded of each chain
    #[arg(long, value_name = "S", default_value_t = 1000)]
    pub samples: u64,
    /// Sweeps from one recorded sample to the next
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub thin: u64,
    /// How chains begin: random, or ordered. A hot start of a ferromagnet in its ordered phase can freeze into stripes
    #[arg(long, value_enum, default_value_t = StartName::Hot)]
    pub start: StartName,
    /// Replica exchange: chains of neighbouring points swap places, along --beta or else the coupling that is swept.
    /// Each replica is a ladder of its own
    #[arg(long)]
    pub tempering: bool,
    /// Sweeps from one swap to the next [default: 1]
    #[arg(long, value_name = "K", requires = "tempering")]
    pub swap_every: Option<u64>,
    /// Annealing: the same chains go through the betas in their order, with --warmup and --samples at each
    #[arg(long, conflicts_with = "tempering")]
    pub anneal: bool,
    /// Configurations of each chain that --out keeps: those of its last N samples
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub configurations: u32,
}

/// What goes round the dynamics of a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Protocol {
    /// Nothing: chains stay at their points.
    Plain,
    /// Replica exchange.
    Tempering {
        /// Sweeps from one swap to the next.
        every: u64,
    },
    /// Annealing.
    Anneal {
        /// The temperatures, in order.
        betas: Vec<f64>,
        /// Sweeps at each.
        sweeps: u64,
    },
}

impl Protocol {
    /// The betas of a simulation: annealing has one point.
    pub fn betas<'a>(&self, betas: &'a [f64]) -> &'a [f64] {
        if matches!(self, Self::Anneal { .. }) { betas.get(..1).unwrap_or_default() } else { betas }
    }
}

/// How chains begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StartName {
    /// Random, as at infinite temperature
    Hot,
    /// Ordered
    Cold,
}

/// What the numbers of a configuration are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sites {
    /// −1 and +1.
    Spins,
    /// 0 up to this number, which is not among them.
    States(u32),
    /// Angles from 0 to 2π.
    Angles,
    /// Reals.
    Field,
}

/// What is sampled: a lattice, the points that are swept, and what a site holds.
#[derive(Debug)]
pub struct Shape {
    /// The lattice.
    pub lattice: Lattice,
    /// The points, each with the parameters that can sweep.
    pub points: Vec<Vec<(&'static str, f64)>>,
    /// What a site holds.
    pub sites: Sites,
    /// What is known exactly.
    pub exact: Vec<ExactCurve>,
}

/// The sign of the coupling J.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sign {
    /// J = 1: neighbours align
    Ferro,
    /// J = -1: neighbours oppose each other
    Antiferro,
}

impl Sign {
    /// J.
    pub fn value(self) -> f64 {
        if self == Self::Ferro { 1.0 } else { -1.0 }
    }
}

/// Refuses what is no inverse temperature.
pub fn check_betas(betas: &Values) -> Result<(), Error> {
    match betas.0.iter().find(|beta| !beta.is_finite() || **beta < 0.0) {
        None => Ok(()),
        Some(beta) => {
            let hint = "beta is the inverse temperature 1/T";
            Err(Error::input("--beta", "finite numbers >= 0", beta, hint))
        }
    }
}

impl ChainArgs {
    /// The library's word for the start.
    pub fn start(&self) -> Start {
        if self.start == StartName::Hot { Start::Hot } else { Start::Cold }
    }

    /// Sweeps from one swap of replica exchange to the next, where there is any.
    pub fn swaps(&self) -> Option<u64> {
        self.tempering.then(|| self.swap_every.unwrap_or(1))
    }

    /// What goes round the dynamics.
    pub fn protocol(&self, betas: &[f64]) -> Protocol {
        if let Some(every) = self.swaps() {
            Protocol::Tempering { every }
        } else if self.anneal {
            let sweeps = self.warmup.saturating_add(self.samples.saturating_mul(self.thin));
            Protocol::Anneal { betas: betas.to_vec(), sweeps }
        } else {
            Protocol::Plain
        }
    }

    /// For the record.
    pub fn parameters(&self) -> Parameters {
        vec![
            ("replicas", json!(self.replicas)),
            ("warmup", json!(self.warmup)),
            ("samples", json!(self.samples)),
            ("thin", json!(self.thin)),
            ("start", json!(name(self.start))),
            ("tempering", json!(self.tempering)),
            ("swap_every", json!(self.swaps())),
            ("anneal", json!(self.anneal)),
            ("configurations", json!(self.configurations)),
        ]
    }

    /// Configurations before the last one that are kept: none where nothing is written.
    fn earlier(&self, writes: bool) -> u64 {
        if writes { u64::from(self.configurations.saturating_sub(1)) } else { 0 }
    }

    /// Refuses what cannot be kept; what the device cannot hold is refused when the simulation is built.
    pub fn check(&self, session: &Session, lattice: &Lattice, points: usize) -> Result<(), Error> {
        Schedule { warmup: self.warmup, samples: self.samples, thin: self.thin }.sweeps()?;
        if u64::from(self.configurations) > self.samples {
            let wanted = format!("at most the {} samples", self.samples);
            let hint = "record more samples, or keep fewer configurations";
            return Err(Error::input("--configurations", wanted, self.configurations, hint));
        }
        let sites = u64::from(lattice.sites());
        let numbers = sites.saturating_mul(u64::from(self.replicas)).saturating_mul(points as u64);
        if session.writes() && self.configurations > 1 {
            let need = numbers.saturating_mul(u64::from(self.configurations));
            if need > lattice_files::MOST_NUMBERS {
                let hint = "keep fewer configurations".into();
                let what = "configurations x points x replicas x sites".into();
                return Err(Error::Limit { what, need, have: lattice_files::MOST_NUMBERS, hint });
            }
        }
        Ok(())
    }
}

/// The name of a choice, as it is typed.
pub fn name(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}

/// One number of a result.
#[derive(Debug, Clone, Copy)]
pub enum Reading {
    /// With an error, where there is a value.
    Estimate(Option<Estimate>),
    /// Without.
    Number(Option<f64>),
}

impl Reading {
    /// For the result.
    pub fn json(self) -> Value {
        match self {
            Self::Estimate(value) => value.as_ref().map_or(Value::Null, estimate),
            Self::Number(value) => json!(value),
        }
    }

    /// For people.
    pub fn text(self) -> String {
        match self {
            Self::Estimate(value) => value.map_or("-".into(), |value| value.to_string()),
            Self::Number(Some(value)) if value.fract() == 0.0 => format!("{value}"),
            Self::Number(value) => value.map_or("-".into(), |value| format!("{value:.4}")),
        }
    }

    /// The value and its error, for a plot.
    pub fn for_plot(self) -> (f64, Option<f64>) {
        match self {
            Self::Estimate(value) => value.map_or((f64::NAN, None), |value| (value.mean, value.error)),
            Self::Number(value) => (value.unwrap_or(f64::NAN), None),
        }
    }
}

/// What was measured at one point.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The parameters that can sweep.
    pub at: Vec<(&'static str, f64)>,
    /// Everything else.
    pub readings: Vec<(&'static str, Reading)>,
}

impl Measured {
    /// A reading by name.
    pub fn reading(&self, name: &str) -> Option<Reading> {
        self.readings.iter().find(|reading| reading.0 == name).map(|reading| reading.1)
    }
}

/// Everything that a run leaves behind.
#[derive(Debug)]
pub struct Sampled {
    /// The lattice.
    pub lattice: Lattice,
    /// What a site holds.
    pub sites: Sites,
    /// Chains a point.
    pub replicas: usize,
    /// Samples a chain.
    pub samples: usize,
    /// What lies between two of them.
    pub apart: String,
    /// What is known exactly.
    pub exact: Vec<ExactCurve>,
    /// The points.
    pub points: Vec<Measured>,
    /// Energy and magnetisation by (point, replica, sample); empty where there are too many.
    pub series: [Vec<f64>; 2],
    /// The last configurations of all chains, one after another; none where nothing is written.
    pub configurations: Vec<Vec<f32>>,
    state_hash: String,
}

/// Runs a simulation whose further observables are read by `extra`, and delivers its results. Its readings take the place of common
/// ones of the same name. The energy is observed first of all: it stands beside the progress bar.
pub fn run<M: Local, D: Dynamics<M>>(
    mut session: Session,
    (mut simulation, e): (Simulation<M, D>, Handle<Energy>),
    chains: &ChainArgs,
    Shape { lattice, points, sites, exact }: Shape,
    parameters: Parameters,
    extra: impl Fn(&Point<'_>, Handle<Energy>) -> Vec<(&'static str, Reading)>,
) -> Result<u8> {
    let m = simulation.observe(Magnetization);
    let s = simulation.observe(StructureFactor);
    let swaps = chains.tempering.then(|| simulation.observe(Swaps));
    session.begin(parameters)?;
    simulation.prepare()?;
    session.start_clock();
    // The last configurations are read between samples; the stream of samples is the same.
    let later = chains.earlier(session.writes());
    let schedule = Schedule { warmup: chains.warmup, samples: chains.samples - later, thin: chains.thin };
    let sweeps = schedule.warmup.saturating_add((schedule.samples + later).saturating_mul(schedule.thin));
    let chains_in_all = u64::from(chains.replicas).saturating_mul(points.len() as u64);
    session.expect_updates(sweeps.saturating_mul(chains_in_all).saturating_mul(lattice.sites().into()));
    let mut keeper = session.keeper("sampling");
    // Annealing runs its points one after the other, all others run them together.
    let points_apart = if chains.anneal { points.len() } else { 1 };
    let one = Schedule { warmup: 0, samples: 1, thin: chains.thin };
    let mut of_point = vec![Stage::of(schedule)];
    of_point.extend((0..later).map(|_| Stage { schedule: one, continues: true }));
    let stages = of_point.repeat(points_apart);
    let writes = session.writes();
    let from = keeper.begin("chains");
    let staged = keeper.gently(|keeper| {
        let take =
            |simulation: &mut Simulation<M, D>| if writes { simulation.configurations() } else { Ok(Vec::new()) };
        stages::run(keeper, &mut simulation, &stages, from, take)
    })?;
    let runs = staged.runs;
    // The n-th configurations of all points stand together.
    let mut configurations = vec![Vec::new(); if writes { of_point.len() } else { 0 }];
    for of_point in staged.taken.chunks(of_point.len()) {
        configurations.iter_mut().zip(of_point).for_each(|(kept, taken)| kept.extend(taken));
    }
    let state_hash = simulation.state_hash()?;
    // The first chain of the last point.
    let picture = match session.shows_pictures() {
        true => {
            let all = simulation.configurations()?;
            let of_point = chains.replicas as usize * lattice.sites() as usize;
            let last = all.chunks_exact(of_point).last().unwrap_or_default();
            terminal_picture::lattice(lattice.sides(), last, sites)
        }
        false => String::new(),
    };
    keeper.clear();
    let mut measured = Vec::new();
    let all_points: Vec<Point<'_>> = runs.iter().flat_map(Run::by_beta).collect();
    let ladder = simulation.ladder();
    for (at, labels) in all_points.iter().copied().zip(points) {
        let energy = at.mean(e);
        let mut readings = vec![
            ("energy", Reading::Estimate(Some(energy))),
            ("magnetization", Reading::Estimate(Some(at.mean(m)))),
            ("abs_magnetization", Reading::Estimate(Some(at.mean(m.abs())))),
            ("magnetization2", Reading::Estimate(Some(at.mean(m.squared())))),
            ("magnetization4", Reading::Estimate(Some(at.mean(m.fourth())))),
            ("binder", Reading::Estimate(Some(at.binder(m)))),
        ];
        // A field has no temperature.
        if sites != Sites::Field {
            readings.push(("specific_heat", Reading::Estimate(Some(at.specific_heat(e)))));
        }
        readings.push(("susceptibility", Reading::Estimate(Some(at.susceptibility(m)))));
        // The second-moment length takes <m> = 0 for granted.
        let in_a_field = labels.iter().any(|(name, value)| *name == "field" && *value != 0.0);
        let length = if in_a_field { None } else { at.correlation_length(s, m) };
        readings.push(("correlation_length", Reading::Estimate(length)));
        let r_hat = readings.len();
        readings.push(("r_hat", Reading::Number(at.r_hat(e))));
        if let Some(swaps) = swaps {
            let first = at.index() / ladder * ladder;
            let trips = all_points.get(first).map(|first| first.series(swaps.round_trips()).values().iter().sum());
            let last = at.index() + 1 == first + ladder;
            let counts = [swaps.into(), swaps.attempts()];
            let rate = (!last).then(|| at.jackknife(&counts, |means| means[0] / means[1]));
            readings.push(("swap_acceptance", Reading::Estimate(rate.filter(|rate| rate.mean.is_finite()))));
            readings.push(("round_trips", Reading::Number(trips)));
        }
        for special in extra(&at, e) {
            match readings.iter().position(|common| common.0 == special.0) {
                Some(common) => readings[common] = special,
                None => readings.push(special),
            }
        }
        readings[r_hat..].rotate_left(1);
        measured.push(Measured { at: labels, readings });
    }
    let (replicas, samples) = (chains.replicas as usize, chains.samples as usize);
    warn_of_disagreement(&mut session, &measured, samples);
    warn_of_broken_identities(&mut session, &measured);
    warn_of_rare_swaps(&mut session, &measured, ladder, f64::from(lattice.sites()));
    let numbers = (measured.len() * replicas) as u64 * chains.samples;
    let mut series = [Vec::new(), Vec::new()];
    if session.writes() && numbers <= lattice_files::MOST_NUMBERS {
        for at in &all_points {
            for (column, quantity) in series.iter_mut().zip([at.series(e), at.series(m)]) {
                for replica in 0..replicas {
                    column.extend((0..samples).filter_map(|sample| quantity.get(sample, replica)));
                }
            }
        }
    } else if session.writes() {
        session.note(&format!("the series of {numbers} samples are too long to be written; the results are complete"));
    }
    let updates = runs.iter().map(Run::updates).sum();
    let apart = match chains.thin {
        1 => "one sweep".to_string(),
        thin => format!("{thin} sweeps"),
    };
    let sampled = Sampled {
        lattice,
        sites,
        replicas,
        samples,
        apart,
        exact,
        points: measured,
        series,
        configurations,
        state_hash,
    };
    let keep = chains.configurations > 0;
    let human = match (&picture[..], sampled.points.last()) {
        ("", _) | (_, None) => sampled.text(),
        (picture, Some(point)) => {
            let place: Vec<String> = point.at.iter().map(|(name, value)| format!("{name} {}", short(*value))).collect();
            format!("{}\n\nthe first chain at {}, in the end\n{picture}", sampled.text(), place.join(", "))
        }
    };
    let results = (sampled.json(), std::iter::empty());
    session.finish(results, updates, &human, |folder, session| lattice_files::write(folder, session, &sampled, keep))
}

impl Sampled {
    fn json(&self) -> Value {
        let point = |point: &Measured| {
            let at = point.at.iter().map(|(name, value)| ((*name).to_string(), json!(value)));
            let readings = point.readings.iter().map(|(name, reading)| ((*name).to_string(), reading.json()));
            Value::Object(at.chain(readings).collect::<Map<_, _>>())
        };
        let points: Vec<Value> = self.points.iter().map(point).collect();
        json!({"sites": self.lattice.sites(), "points": points, "state_hash": self.state_hash})
    }

    fn text(&self) -> String {
        let sites = self.lattice.sites();
        let table = match &self.points[..] {
            [point] => {
                let mut table = Table::new(&["", "mean", "tau"]);
                for (name, value) in &point.at {
                    table.push(vec![(*name).into(), short(*value), String::new()]);
                }
                for (name, reading) in &point.readings {
                    let tau = match reading {
                        Reading::Estimate(Some(Estimate { tau: Some(tau), .. })) => format!("{tau:.2}"),
                        _ => String::new(),
                    };
                    table.push(vec![(*name).into(), reading.text(), tau]);
                }
                table
            }
            points => points_table(points, &SHOWN),
        };
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        format!(
            "{} ({sites} sites), {}, {}, {}\n\n{}\nstate {}",
            self.lattice,
            count(self.points.len(), "point"),
            count(self.replicas, "chain"),
            count(self.samples, "sample"),
            table.text(),
            self.state_hash
        )
    }
}

/// What a table of several points shows on a terminal; the JSON and the page have everything.
const SHOWN: [&str; 12] = [
    "energy",
    "abs_magnetization",
    "binder",
    "specific_heat",
    "susceptibility",
    "correlation_length",
    "phi2",
    "overlap2",
    "lowest_energy",
    "best_cut",
    "acceptance",
    "r_hat",
];

/// A row a point, with these readings, or all where none is named.
pub fn points_table(points: &[Measured], shown: &[&str]) -> Table {
    let wanted = |name: &str| shown.is_empty() || shown.contains(&name);
    let Some(first) = points.first() else { return Table::default() };
    let names = first.at.iter().map(|at| at.0).chain(first.readings.iter().map(|r| r.0).filter(|name| wanted(name)));
    let mut table = Table::new(&names.map(|name| shortened(name, !shown.is_empty())).collect::<Vec<_>>());
    for point in points {
        let readings = point.readings.iter().filter(|reading| wanted(reading.0)).map(|reading| reading.1.text());
        table.push(point.at.iter().map(|at| short(at.1)).chain(readings).collect());
    }
    table
}

fn shortened(name: &str, short: bool) -> &str {
    match name {
        "abs_magnetization" if short => "|m|",
        "correlation_length" if short => "xi",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        chains: ChainArgs,
    }

    #[test]
    fn configurations_are_kept_for_files_only() {
        let earlier = |arguments: &str, writes| {
            let arguments = std::iter::once("program").chain(arguments.split_whitespace());
            Only::parse_from(arguments).chains.earlier(writes)
        };
        assert_eq!(earlier("--configurations 100", true), 99);
        assert_eq!(earlier("--configurations 100", false), 0);
        assert_eq!(earlier("--configurations 0", true), 0);
        assert_eq!(earlier("", true), 0);
    }
}
