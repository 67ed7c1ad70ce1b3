//! What the studies of retrieval have in common: networks of random patterns, their cues, and how those end.

use super::input;
use super::lattice::name;
use super::recall_args::{OrderName, Rule, StoringRule};
use super::session::{Parameters, Session};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::io::npz::NpzWriter;
use spinfield::learn::{self, PseudoInverse};
use spinfield::theory::hopfield;
use spinfield::{BlockGibbs, Cues, Error, Estimate, Hopfield, Little, Order, Overlap, Patterns, Schedule, Update};

/// Options of the networks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Networks")]
pub struct NetworkArgs {
    /// Neurons
    #[arg(long, value_name = "N", default_value_t = 2000)]
    pub neurons: usize,
    /// Independent sets of random patterns at every load; errors are their spread
    #[arg(long, value_name = "D", default_value_t = 4)]
    pub disorder_samples: u32,
    /// Cues a set, dealt round the patterns
    #[arg(long, value_name = "C", default_value_t = 8)]
    pub cues: usize,
    /// How patterns are stored
    #[arg(long, value_enum, default_value_t = StoringRule::Hebb)]
    pub rule: StoringRule,
    /// How neurons are updated [default: asynchronous at T = 0, gibbs at T > 0]
    #[arg(long, value_enum)]
    pub dynamics: Option<Rule>,
    /// Order of an asynchronous sweep
    #[arg(long, value_enum, default_value_t = OrderName::Random)]
    pub order: OrderName,
    /// Give the synchronous rule its self-coupling: nothing then breaks down at the critical load
    #[arg(long)]
    pub keep_diagonal: bool,
    /// Most sweeps at T = 0
    #[arg(long, value_name = "MAX", default_value_t = 200)]
    pub sweeps: u32,
    /// Sweeps before the first sample at T > 0
    #[arg(long, value_name = "W", default_value_t = 100)]
    pub warmup: u64,
    /// Sweeps that are sampled at T > 0
    #[arg(long, value_name = "S", default_value_t = 100)]
    pub samples: u64,
    /// Overlap from which on a cue counts as retrieved [default: 0.95 at T = 0, 0.5 at T > 0]
    #[arg(long, value_name = "M", allow_hyphen_values = true)]
    pub retrieved: Option<f64>,
}

/// The overlaps at the end of one set of patterns: of each cue at each temperature.
pub struct Ends {
    pub overlaps: Vec<Vec<f64>>,
    pub updates: u64,
}

impl NetworkArgs {
    /// Refuses what makes no sense at these temperatures.
    pub fn check(&self, temperatures: &[f64]) -> Result<(), Error> {
        for (option, value) in [
            ("--neurons", self.neurons as u64),
            ("--disorder-samples", self.disorder_samples.into()),
            ("--cues", self.cues as u64),
            ("--sweeps", self.sweeps.into()),
            ("--samples", self.samples),
        ] {
            if value == 0 {
                return Err(Error::input(option, "at least 1", 0, "leave it out for the default"));
            }
        }
        if let Some(bad) = temperatures.iter().find(|t| !(**t == 0.0 || (1e-30..=1e30).contains(*t))) {
            return Err(Error::input("--temperature", "0, or 1e-30 to 1e30", bad, "0 is recall without noise"));
        }
        if let Some(bad) = self.retrieved.filter(|overlap| !(0.0..=1.0).contains(overlap)) {
            return Err(Error::input("--retrieved", "an overlap between 0 and 1", bad, "0.95 is usual at T = 0"));
        }
        let any = |hot: bool| temperatures.iter().any(|&temperature| (temperature > 0.0) == hot);
        if let Some(rule) = self.dynamics.filter(|rule| !any(rule.is_hot())) {
            let wanted =
                if rule.is_hot() { "synchronous or asynchronous at T = 0" } else { "gibbs or little at T > 0" };
            return Err(Error::input("--dynamics", wanted, name(rule), "choose other temperatures, or leave it out"));
        }
        if self.keep_diagonal && self.dynamics != Some(Rule::Synchronous) {
            let got = self.dynamics.map_or("asynchronous dynamics".into(), name);
            return Err(Error::input("--keep-diagonal", "--dynamics synchronous at T = 0", got, "leave it out"));
        }
        if matches!(self.rule, StoringRule::Storkey | StoringRule::Sequence) {
            let hint = "Storkey's rule and sequences are in spinfield recall";
            return Err(Error::input("--rule", "hebb or pseudo-inverse", name(self.rule), hint));
        }
        if self.rule == StoringRule::PseudoInverse && any(true) {
            let hint = "leave out --temperature, or use --rule hebb";
            return Err(Error::input("--temperature", "0 with --rule pseudo-inverse", "more", hint));
        }
        Ok(())
    }

    /// Patterns of a load, checked.
    pub fn patterns_of(&self, load: f64) -> Result<usize, Error> {
        let patterns = (load * self.neurons as f64).round();
        if !(patterns >= 1.0 && patterns < f64::from(1 << 30)) {
            let wanted = format!("at least one pattern in {} neurons", self.neurons);
            return Err(Error::input("--load", wanted, load, "a load of 0.1 is 100 patterns in 1000 neurons"));
        }
        Ok(patterns as usize)
    }

    /// The overlap from which on a cue counts as retrieved.
    pub fn threshold(&self, temperature: f64) -> f64 {
        let usual = if temperature > 0.0 { 0.5 } else { spinfield::recall::RETRIEVED };
        self.retrieved.unwrap_or(usual)
    }

    /// The `sample`-th set of patterns of a load.
    pub fn draw(&self, patterns: usize, seed: u64) -> Result<Patterns> {
        Ok(input::random(&patterns.to_string(), (Some(self.neurons), None), (None, None), seed)?.patterns)
    }

    /// For the record.
    pub fn parameters(&self) -> Parameters {
        vec![
            ("neurons", json!(self.neurons)),
            ("disorder_samples", json!(self.disorder_samples)),
            ("cues", json!(self.cues)),
            ("rule", json!(name(self.rule))),
            ("dynamics", json!(self.dynamics.map(name))),
            ("order", json!(name(self.order))),
            ("keep_diagonal", json!(self.keep_diagonal)),
            ("sweeps", json!(self.sweeps)),
            ("warmup", json!(self.warmup)),
            ("samples", json!(self.samples)),
            ("retrieved", json!(self.retrieved)),
        ]
    }

    /// Says which loads are above what the theory allows.
    pub fn warn(&self, loads: &[f64], session: &mut Session) {
        let most = hopfield::largest_load(0.0);
        if self.keep_diagonal {
            session.warn("with --keep-diagonal states freeze near their cues: overlaps say little about memory".into());
        }
        if self.rule == StoringRule::Hebb && loads.iter().all(|&load| load > most) {
            session.warn(format!(
                "all loads are above the critical load {most:.3} of Hebb's rule: the theory has no retrieval states there \
                 (overlap 0)"
            ));
        }
    }

    /// Runs the cues of one set of patterns at all temperatures.
    pub fn run(
        &self,
        session: &Session,
        patterns: &Patterns,
        cues: &Cues,
        temperatures: &[f64],
        seed: u64,
    ) -> Result<Ends> {
        let mut ends = Ends { overlaps: vec![Vec::new(); temperatures.len()], updates: 0 };
        if temperatures.contains(&0.0) {
            let (overlaps, updates) = self.settle(session, patterns, cues, seed)?;
            ends.updates += updates;
            let cold = ends.overlaps.iter_mut().zip(temperatures).filter(|(_, temperature)| **temperature == 0.0);
            cold.for_each(|(ends, _)| ends.clone_from(&overlaps));
        }
        let betas: Vec<f64> = temperatures.iter().filter(|t| **t > 0.0).map(|temperature| 1.0 / temperature).collect();
        if !betas.is_empty() {
            let (overlaps, updates) = self.sample(session, patterns, cues, &betas, seed)?;
            ends.updates += updates;
            let hot = ends.overlaps.iter_mut().zip(temperatures).filter(|(_, temperature)| **temperature > 0.0);
            hot.zip(overlaps).for_each(|((ends, _), overlaps)| *ends = overlaps);
        }
        Ok(ends)
    }

    /// T = 0.
    fn settle(&self, session: &Session, patterns: &Patterns, cues: &Cues, seed: u64) -> Result<(Vec<f64>, u64)> {
        let learnt = match self.rule {
            StoringRule::Hebb | StoringRule::Storkey | StoringRule::Sequence => None,
            StoringRule::PseudoInverse => Some(PseudoInverse::of(patterns)?),
        };
        let update = match (self.dynamics, self.order) {
            (Some(Rule::Synchronous), _) if self.keep_diagonal => Update::SynchronousWithDiagonal,
            (Some(Rule::Synchronous), _) => Update::Synchronous,
            (_, OrderName::Random) => Update::Asynchronous(Order::Random),
            (_, OrderName::Fixed) => Update::Asynchronous(Order::Fixed),
        };
        let rule = learnt.as_ref().map_or(learn::Rule::Hebb, learn::Rule::PseudoInverse);
        let recall =
            session.gpu.recall(patterns, cues).rule(rule).update(update).sweeps(self.sweeps).seed(seed).run()?;
        Ok((recall.cues().iter().map(|cue| cue.overlap).collect(), recall.updates()))
    }

    /// T > 0: the mean overlap of each cue's chain, temperature after temperature.
    fn sample(
        &self,
        session: &Session,
        patterns: &Patterns,
        cues: &Cues,
        betas: &[f64],
        seed: u64,
    ) -> Result<(Vec<Vec<f64>>, u64)> {
        let schedule = Schedule { warmup: self.warmup, samples: self.samples, thin: 1 };
        let model = Hopfield::new(patterns.clone()).starting_at(cues.clone());
        let count = cues.targets().len();
        let run = match self.dynamics {
            Some(Rule::Little) => {
                let simulation = session.gpu.simulate(model, Little).betas(betas).replicas(count as u32).seed(seed);
                let mut simulation = simulation.build()?;
                let overlap = simulation.observe(Overlap);
                (simulation.run(schedule)?, overlap)
            }
            _ => {
                let simulation = session.gpu.simulate(model, BlockGibbs).betas(betas).replicas(count as u32).seed(seed);
                let mut simulation = simulation.build()?;
                let overlap = simulation.observe(Overlap);
                (simulation.run(schedule)?, overlap)
            }
        };
        let (run, overlap) = run;
        let means = run.by_beta().map(|at| {
            let series = at.series(overlap);
            let mut sums = vec![0.0; count];
            for row in series.values().chunks_exact(count) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            sums.into_iter().map(|sum| sum / self.samples as f64).collect()
        });
        Ok((means.collect(), run.updates()))
    }
}

/// The mean over sets of patterns of the mean over cues; its error from the sets where there are several, else from the cues.
pub fn over_sets(values: &[Vec<f64>]) -> Estimate {
    match values {
        [one] => Estimate::of_independent(one),
        several => {
            let mean = |cues: &Vec<f64>| cues.iter().sum::<f64>() / cues.len() as f64;
            Estimate::of_independent(&several.iter().map(mean).collect::<Vec<_>>())
        }
    }
}

/// The first place where a falling (or rising) quantity passes one half, by linear interpolation.
pub fn half_way(points: &[(f64, f64)]) -> Option<f64> {
    points.windows(2).find_map(|pair| match *pair {
        [(x, y), (next_x, next_y)] if (y - 0.5) * (next_y - 0.5) <= 0.0 && y != next_y => {
            Some(x + (0.5 - y) / (next_y - y) * (next_x - x))
        }
        _ => None,
    })
}

/// Adds the means of estimates to an archive, and their errors (NaN where there is none) under `name`_error.
pub fn add_estimates<'a>(
    npz: &mut NpzWriter,
    name: &str,
    shape: &[usize],
    estimates: impl Iterator<Item = &'a Estimate> + Clone,
) -> Result<(), Error> {
    let means: Vec<f64> = estimates.clone().map(|estimate| estimate.mean).collect();
    let errors: Vec<f64> = estimates.map(|estimate| estimate.error.unwrap_or(f64::NAN)).collect();
    npz.add_f64(name, shape, &means)?;
    npz.add_f64(&format!("{name}_error"), shape, &errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_way_is_interpolated() {
        assert_eq!(half_way(&[(0.0, 1.0), (1.0, 1.0), (2.0, 0.0)]), Some(1.5));
        assert_eq!(half_way(&[(0.0, 0.0), (1.0, 0.5)]), Some(1.0));
        assert_eq!(half_way(&[(0.0, 1.0), (1.0, 0.75)]), None);
    }
}
