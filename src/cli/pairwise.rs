//! Sampling of spins with explicit couplings: one sample of the couplings or several, and what they say together.

use super::keeper::Keeper;
use super::lattice::{Measured, Protocol, Reading, points_table};
use super::lattice_warnings::{warn_of_disagreement, warn_of_rare_swaps};
use super::overlap_distribution::{self, Distribution};
use super::pairwise_files;
use super::session::{Parameters, Session};
use super::stages::{self, Stage};
use anyhow::Result;
use clap::ValueEnum;
use serde_json::{Map, Value, json};
use spinfield::dynamics::Dynamics;
use spinfield::io::checkpoint::Sections;
use spinfield::observable::Quantity;
use spinfield::run::Point;
use spinfield::statistics::{Chains, jackknife};
use spinfield::{
    Acceptance, Anneal, Couplings, Energy, Error, Estimate, HeatBath, Little, Magnetization, Metropolis, PairwiseSpins,
    Patterns, ReplicaOverlap, Run, Schedule, Simulation, Start, Swaps, Tempering,
};

/// How spins are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SpinUpdate {
    /// One after another, a spin takes a value by its probability given all others
    HeatBath,
    /// One after another, a flip is accepted with probability min(1, exp(-beta dE))
    Metropolis,
    /// All at once; its stationary state is not Boltzmann's
    Little,
}

/// What is to be sampled, and how.
pub struct Job<'a> {
    /// The seed of each sample of the couplings, where they are drawn.
    pub seeds: &'a [Option<u64>],
    /// The couplings of a sample.
    pub couplings: &'a dyn Fn(usize) -> Result<Couplings, Error>,
    /// Uniform field.
    pub field: f64,
    /// Inverse temperatures.
    pub betas: Vec<f64>,
    /// What goes round the dynamics.
    pub protocol: Protocol,
    /// The dynamics.
    pub update: SpinUpdate,
    /// Chains a point.
    pub replicas: u32,
    /// Sweeps at each point.
    pub schedule: Schedule,
    /// How chains begin.
    pub start: Start,
    /// The sum of all weights, where cuts are wanted.
    pub total_weight: Option<f64>,
    /// Whether the last configurations are written.
    pub keeps_configurations: bool,
    /// For the record.
    pub parameters: Parameters,
}

/// What one sample of the couplings gave.
#[derive(Debug)]
pub struct OfSample {
    /// The seed of its couplings.
    pub seed: Option<u64>,
    /// A point an inverse temperature.
    pub points: Vec<Measured>,
    /// P(q) at each of them; none without pairs of replicas.
    pub overlaps: Vec<Distribution>,
    /// The last states of all chains; of an annealing those of its last point.
    pub states: Patterns,
    /// Attempted site updates.
    pub updates: u64,
}

/// Everything that a run leaves behind.
#[derive(Debug)]
pub struct Sampled {
    /// Spins.
    pub sites: usize,
    /// Chains a point.
    pub replicas: usize,
    /// Sample by sample.
    pub samples: Vec<OfSample>,
    /// All of them together.
    pub points: Vec<Measured>,
    /// P(q) of all of them together.
    pub overlaps: Vec<Distribution>,
    /// Whether the states are written.
    pub keeps_configurations: bool,
    state_hash: String,
}

/// Samples, and delivers the results.
pub fn run(job: Job<'_>, session: Session) -> Result<u8> {
    match job.update {
        SpinUpdate::HeatBath => with(HeatBath, job, session),
        SpinUpdate::Metropolis => with(Metropolis, job, session),
        SpinUpdate::Little => with(Little, job, session),
    }
}

/// Refuses a matrix that the adapter cannot bind before it is made.
pub fn check_size(session: &Session, sites: usize) -> Result<(), Error> {
    let need = (sites.next_multiple_of(32) as u64).saturating_pow(2).saturating_mul(4);
    let have = session.gpu.adapter().max_binding_bytes;
    if need <= have {
        return Ok(());
    }
    let most = (have / 4).isqrt() / 32 * 32;
    let what = format!("the matrix of couplings of {sites} spins (bytes)");
    Err(Error::Limit { what, need, have, hint: format!("it must fit in one binding: use at most {most} spins here") })
}

fn with<D: Dynamics<PairwiseSpins>>(dynamics: D, job: Job<'_>, session: Session) -> Result<u8> {
    match job.protocol.clone() {
        Protocol::Plain => sample_all(dynamics, job, session),
        Protocol::Tempering { every } => sample_all(Tempering::new(dynamics).every(every), job, session),
        Protocol::Anneal { betas, sweeps } => sample_all(Anneal::new(dynamics, &betas, sweeps), job, session),
    }
}

fn sample_all<D: Dynamics<PairwiseSpins>>(dynamics: D, mut job: Job<'_>, mut session: Session) -> Result<u8> {
    if !job.replicas.is_multiple_of(2) {
        session.warn("overlaps are null: they take an even number of replicas".into());
    }
    let mut simulation = job.simulation(&dynamics, &session, 0)?;
    session.begin(std::mem::take(&mut job.parameters))?;
    simulation.prepare()?;
    session.start_clock();
    let mut keeper = session.keeper("sampling");
    let (mut samples, mut updates, mut hasher) = (Vec::new(), 0, blake3::Hasher::new());
    let count = job.seeds.len();
    for (number, &seed) in job.seeds.iter().enumerate() {
        keeper.span(number as f64 / count as f64, (number + 1) as f64 / count as f64);
        let sample = keeper.part(&format!("sample {number}"), |from, keeper| {
            if number > 0 {
                simulation = job.simulation(&dynamics, &session, number)?;
            }
            job.sample(&mut simulation, seed, from, keeper)
        })?;
        for chain in 0..sample.states.count() {
            let bytes: Vec<u8> = sample.states.signs(chain).into_iter().map(i8::cast_unsigned).collect();
            hasher.update(&bytes);
        }
        updates += sample.updates;
        samples.push(sample);
    }
    keeper.clear();
    let sites = simulation.states()?.neurons();
    let points = together(&samples);
    warn_of_disagreement(&mut session, &points, job.schedule.samples as usize);
    warn_of_rare_swaps(&mut session, &points, simulation.ladder(), sites as f64);
    let overlaps = overlap_distribution::together(samples.iter().map(|sample| &sample.overlaps));
    let (replicas, keeps_configurations) = (job.replicas as usize, job.keeps_configurations);
    let state_hash = hasher.finalize().to_string();
    let sampled = Sampled { sites, replicas, samples, points, overlaps, keeps_configurations, state_hash };
    let results = (sampled.json(), std::iter::empty());
    let human = sampled.text();
    session.finish(results, updates, &human, |folder, session| pairwise_files::write(folder, session, &sampled))
}

impl Job<'_> {
    /// The chains of one sample.
    fn simulation<D: Dynamics<PairwiseSpins>>(
        &self,
        dynamics: &D,
        session: &Session,
        sample: usize,
    ) -> Result<Simulation<PairwiseSpins, D>> {
        let model = PairwiseSpins::new((self.couplings)(sample)?).field(self.field);
        let builder = session.gpu.simulate(model, dynamics.clone()).betas(self.protocol.betas(&self.betas));
        // Samples have chains of their own, each from a seed of its own.
        let seed = session.seed.wrapping_add(sample as u64);
        Ok(builder.replicas(self.replicas).seed(seed).start(self.start).build()?)
    }

    /// Runs all points at once, or one after another where they are steps of an annealing.
    fn sample<D: Dynamics<PairwiseSpins>>(
        &self,
        simulation: &mut Simulation<PairwiseSpins, D>,
        seed: Option<u64>,
        from: Option<Sections>,
        keeper: &mut Keeper,
    ) -> Result<OfSample> {
        let (energy, magnetization) = (simulation.observe(Energy), simulation.observe(Magnetization));
        let overlap = self.replicas.is_multiple_of(2).then(|| simulation.observe(ReplicaOverlap));
        let acceptance = (self.update != SpinUpdate::Little).then(|| simulation.observe(Acceptance));
        let swaps = matches!(self.protocol, Protocol::Tempering { .. }).then(|| simulation.observe(Swaps));
        let stages = if matches!(self.protocol, Protocol::Anneal { .. }) { self.betas.len() } else { 1 };
        let stages = vec![Stage::of(self.schedule); stages];
        let staged =
            keeper.gently(|keeper| stages::run(keeper, simulation, &stages, from, |_| Ok(Vec::<u8>::new())))?;
        let runs = staged.runs;
        let all: Vec<Point<'_>> = runs.iter().flat_map(Run::by_beta).collect();
        let states = simulation.states()?;
        let sites = states.neurons();
        let mut points = Vec::new();
        for at in &all {
            let mean = |quantity: Option<Quantity>| Reading::Estimate(quantity.map(|quantity| at.mean(quantity)));
            let lowest = at.series(energy).values().iter().copied().reduce(f64::min);
            let ratio = overlap.map(|q| at.jackknife(&[q.squared(), q.fourth()], overlap_ratio));
            let mut readings = vec![
                ("energy", mean(Some(energy.into()))),
                ("magnetization", mean(Some(magnetization.into()))),
                ("abs_magnetization", mean(Some(magnetization.abs()))),
                ("magnetization2", mean(Some(magnetization.squared()))),
                ("magnetization4", mean(Some(magnetization.fourth()))),
                ("binder", Reading::Estimate(Some(at.binder(magnetization)))),
                ("specific_heat", Reading::Estimate(Some(at.specific_heat(energy)))),
                ("susceptibility", Reading::Estimate(Some(at.susceptibility(magnetization)))),
                ("overlap2", mean(overlap.map(|overlap| overlap.squared()))),
                ("overlap4", mean(overlap.map(|overlap| overlap.fourth()))),
                ("overlap_binder", Reading::Estimate(ratio)),
                ("link_overlap", mean(overlap.map(|overlap| overlap.link()))),
                ("lowest_energy", Reading::Number(lowest)),
            ];
            if let Some(weight) = self.total_weight {
                // E = sum w s s' is W less twice the weight of what is cut.
                let cut = |energy: f64| 0.5 * (weight - sites as f64 * energy);
                let mean = at.jackknife(&[energy.into()], |means| cut(means[0]));
                readings.push(("cut", Reading::Estimate(Some(mean))));
                readings.push(("best_cut", Reading::Number(lowest.map(|lowest| cut(lowest).round()))));
            }
            if let Some(swaps) = swaps {
                let trips = all.first().map(|first| first.series(swaps.round_trips()).values().iter().sum());
                let rate = at.jackknife(&[swaps.into(), swaps.attempts()], |means| means[0] / means[1]);
                readings.push(("swap_acceptance", Reading::Estimate(Some(rate).filter(|rate| rate.mean.is_finite()))));
                readings.push(("round_trips", Reading::Number(trips)));
            }
            readings.push(("acceptance", mean(acceptance.map(Into::into))));
            readings.push(("r_hat", Reading::Number(at.r_hat(energy))));
            points.push(Measured { at: vec![("beta", at.beta())], readings });
        }
        let overlaps = overlap
            .map_or(Vec::new(), |overlap| all.iter().map(|at| Distribution::of(&at.series(overlap), sites)).collect());
        let updates = runs.iter().map(Run::updates).sum();
        Ok(OfSample { seed, points, overlaps, states, updates })
    }
}

/// (3 − ⟨q⁴⟩/⟨q²⟩²)/2: 0 where q is normal, 1 where it is ±q₀ (R. N. Bhatt and A. P. Young, Phys. Rev. Lett. 54, 924 (1985)).
fn overlap_ratio(means: &[f64]) -> f64 {
    match means {
        [q2, q4] => 0.5 * (3.0 - q4 / (q2 * q2)),
        _ => f64::NAN,
    }
}

/// Means over the samples of the couplings, with errors from their spread; a single one is as it is.
fn together(samples: &[OfSample]) -> Vec<Measured> {
    let first = match samples {
        [] => return Vec::new(),
        [only] => return only.points.clone(),
        [first, ..] => first,
    };
    let of_point = |(number, point): (usize, &Measured)| {
        let all: Vec<&Measured> = samples.iter().filter_map(|sample| sample.points.get(number)).collect();
        let together = |(name, reading): &(&'static str, Reading)| (*name, joined(&all, name, *reading));
        let mut readings: Vec<(&'static str, Reading)> = point.readings.iter().map(together).collect();
        let error = Estimate::of_independent(&means(&all, "lowest_energy")).error;
        readings.push(("lowest_energy_error", Reading::Number(error)));
        Measured { at: point.at.clone(), readings }
    };
    first.points.iter().enumerate().map(of_point).collect()
}

/// One reading of all samples as one.
fn joined(samples: &[&Measured], name: &str, first: Reading) -> Reading {
    let values = means(samples, name);
    let ratio = |second: &str, fourth: &str, function: fn(&[f64]) -> f64| {
        let [second, fourth] = [second, fourth].map(|name| means(samples, name));
        let columns = [second, fourth].map(|values| Chains::from_rows(values.len().max(1), values));
        match columns {
            [Ok(second), Ok(fourth)] if second.len() == 1 && fourth.len() == 1 => {
                Reading::Estimate(Some(jackknife(&[&second, &fourth], function)))
            }
            _ => Reading::Estimate(None),
        }
    };
    match (name, first) {
        // Ratios of means over the samples, and not means of ratios.
        ("binder", _) => ratio("magnetization2", "magnetization4", |means| match means {
            [m2, m4] => 1.0 - m4 / (3.0 * m2 * m2),
            _ => f64::NAN,
        }),
        ("overlap_binder", _) => ratio("overlap2", "overlap4", overlap_ratio),
        (_, Reading::Estimate(_)) => {
            let all = values.len() == samples.len();
            Reading::Estimate(all.then(|| Estimate::of_independent(&values)))
        }
        ("r_hat", _) => Reading::Number(values.into_iter().reduce(f64::max)),
        ("round_trips", _) => Reading::Number(Some(values.into_iter().sum())),
        (_, Reading::Number(_)) => {
            let mean = Estimate::of_independent(&values).mean;
            Reading::Number((values.len() == samples.len() && mean.is_finite()).then_some(mean))
        }
    }
}

/// The means of a reading, of the samples that have one.
fn means(samples: &[&Measured], name: &str) -> Vec<f64> {
    let of = |sample: &&Measured| match sample.reading(name)? {
        Reading::Estimate(estimate) => estimate.map(|estimate| estimate.mean),
        Reading::Number(number) => number,
    };
    samples.iter().filter_map(of).collect()
}

/// What a terminal shows; the JSON and the page have everything.
const SHOWN: [&str; 8] =
    ["energy", "overlap2", "overlap_binder", "lowest_energy", "best_cut", "swap_acceptance", "acceptance", "r_hat"];

impl Sampled {
    fn json(&self) -> Value {
        let object = |point: &Measured| {
            let at = point.at.iter().map(|(name, value)| ((*name).to_string(), json!(value)));
            let readings = point.readings.iter().map(|(name, reading)| ((*name).to_string(), reading.json()));
            at.chain(readings).collect::<Map<_, _>>()
        };
        let with_overlaps = |(number, point): (usize, &Measured)| {
            let mut object = object(point);
            let distribution = self.overlaps.get(number).map_or(Value::Null, Distribution::json);
            object.insert("overlap_distribution".into(), distribution);
            object
        };
        let points: Vec<Map<String, Value>> = self.points.iter().enumerate().map(with_overlaps).collect();
        let mut results = json!({"sites": self.sites, "points": points, "state_hash": self.state_hash});
        if self.samples.len() > 1 {
            let row = |sample: &OfSample| {
                let points: Vec<Map<String, Value>> = sample.points.iter().map(object).collect();
                json!({"disorder_seed": sample.seed, "points": points})
            };
            results["samples"] = self.samples.iter().map(row).collect();
        }
        results
    }

    fn text(&self) -> String {
        let table = points_table(&self.points, &SHOWN);
        let samples = match self.samples.len() {
            1 => String::new(),
            count => format!(", {count} samples of the couplings"),
        };
        format!(
            "{} spins, {} chains a point{samples}\n\n{}\nstate {}",
            self.sites,
            self.replicas,
            table.text(),
            self.state_hash
        )
    }
}
