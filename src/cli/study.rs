//! What the studies of retrieval have in common: networks of random or real patterns, their cues, and how those end.

use super::input::{self, Loaded};
use super::keeper::{Keeper, Part};
use super::memory_args::{Cold, Learnt, StoringRule, update_of};
use super::recall_args::Rule;
use super::recall_report::advice_on_similarity;
use super::session::Session;
use super::study_args::NetworkArgs;
use anyhow::Result;
use spinfield::io::checkpoint::Sections;
use spinfield::io::npz::NpzWriter;
use spinfield::theory::hopfield;
use spinfield::{
    Attendant, BlockGibbs, Cues, Error, Estimate, Hopfield, Little, Memory, Overlap, Patterns, Schedule, Within,
};

/// Networks as the options ask for them.
pub struct Network<'a> {
    args: &'a NetworkArgs,
    real: Option<Loaded>,
}

/// What was saved of a piece of work, and who may have it saved again.
type Keeping<'a> = (Option<&'a Sections>, &'a mut dyn Attendant);

/// How the cues of one set of patterns ended.
pub struct Ends {
    /// Of each cue at each temperature.
    pub overlaps: Vec<Vec<f64>>,
    pub updates: u64,
    /// Linearly independent patterns, where the rule tells.
    pub rank: Option<usize>,
}

impl Part for Ends {
    fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("updates", &[self.updates]);
        sections.put_numbers("rank", &self.rank.iter().map(|&rank| rank as u64).collect::<Vec<_>>());
        for (number, overlaps) in self.overlaps.iter().enumerate() {
            sections.put_numbers(format!("temperature {number:08}"), overlaps);
        }
        sections
    }

    fn restore(saved: &Sections) -> Result<Self, Error> {
        let [updates] = saved.array("updates")?;
        let rank = saved.numbers::<u64>("rank")?.first().map(|&rank| rank as usize);
        let names = saved.iter().map(|section| section.0).filter(|name| name.starts_with("temperature "));
        let overlaps = names.map(|name| saved.numbers(name)).collect::<Result<_, Error>>()?;
        Ok(Self { overlaps, updates, rank })
    }
}

impl<'a> Network<'a> {
    /// Of real patterns or of random ones.
    pub fn new(args: &'a NetworkArgs, real: Option<Loaded>) -> Self {
        Self { args, real }
    }

    /// The patterns, where they are not drawn.
    pub fn real(&self) -> Option<&Loaded> {
        self.real.as_ref()
    }

    pub fn neurons(&self) -> usize {
        self.real().map_or(self.args.neurons.unwrap_or(2000), |real| real.patterns.neurons())
    }

    /// Independent sets of patterns.
    pub fn sets(&self) -> u32 {
        if self.real.is_some() { 1 } else { self.args.disorder_samples.unwrap_or(4) }
    }

    /// Cues a set.
    pub fn cues(&self) -> usize {
        self.args.cues.unwrap_or(self.real().map_or(8, |real| real.patterns.count().min(64)))
    }

    /// The cues of a set of so many patterns: real ones have one each, unless told.
    pub fn cues_of(&self, patterns: usize) -> usize {
        match (self.args.cues, &self.real) {
            (None, Some(_)) => self.cues().min(patterns),
            _ => self.cues(),
        }
    }

    /// Patterns of a load, checked.
    pub fn patterns_of(&self, load: f64) -> Result<usize, Error> {
        let neurons = self.neurons();
        let patterns = (load * neurons as f64).round();
        let most = self.real().map_or(1 << 30, |real| real.patterns.count());
        if !(patterns >= 1.0 && patterns <= most as f64) {
            let (wanted, hint) = match &self.real {
                Some(_) => (
                    format!(
                        "1 to {most} patterns, loads of {:.3e} to {:.3e}",
                        1.0 / neurons as f64,
                        most as f64 / neurons as f64
                    ),
                    "there are no more patterns in the files: leave --load out for all of them",
                ),
                None => (
                    format!("at least one pattern in {neurons} neurons, and less than 2^30"),
                    "a load of 0.1 is 100 patterns in 1000 neurons",
                ),
            };
            return Err(Error::input("--load", wanted, load, hint));
        }
        Ok(patterns as usize)
    }

    /// The overlap from which on a cue counts as retrieved.
    pub fn threshold(&self, temperature: f64) -> f64 {
        let usual = if temperature > 0.0 { 0.5 } else { spinfield::recall::RETRIEVED };
        self.args.retrieved.unwrap_or(usual)
    }

    /// One set of so many patterns.
    pub fn draw(&self, patterns: usize, seed: u64) -> Result<Patterns> {
        match &self.real {
            Some(real) => Ok(real.patterns.take(patterns)?),
            None => Ok(input::random(&patterns.to_string(), (Some(self.neurons()), None), None, seed)?.patterns),
        }
    }

    /// Whether the theory of Amit, Gutfreund and Sompolinsky is of this network.
    pub fn has_theory(&self, memory: Memory) -> bool {
        let plain = self.args.storing.rule == StoringRule::Hebb && !self.args.storing.centred;
        plain && memory == Memory::Hopfield && self.real.is_none() && !self.args.keep_diagonal
    }

    /// Says which loads are above what the theory allows, and what else makes results doubtful.
    pub fn warn(&self, memories: &[Memory], loads: &[f64], session: &mut Session) {
        let all_above = |most: f64| loads.iter().all(|&load| load > most);
        let most = hopfield::largest_load(0.0);
        if self.args.keep_diagonal && memories.contains(&Memory::Hopfield) {
            session.warn("with --keep-diagonal states freeze near their cues: overlaps say little about memory".into());
        } else if self.args.dynamics == Some(Rule::Synchronous) && memories.iter().any(|&m| m != Memory::Hopfield) {
            session.warn(
                "all neurons of a dense memory are updated with their self-coupling: beyond the critical load states freeze \
                 near their cues, and overlaps say little about memory; --dynamics asynchronous has none"
                    .into(),
            );
        }
        for &memory in memories {
            if self.has_theory(memory) && all_above(most) {
                session.warn(format!(
                    "all loads are above the critical load {most:.3} of Hebb's rule: the theory has no retrieval states \
                     there (overlap 0)"
                ));
            } else if memory != Memory::Hopfield && all_above(memory.capacity(self.neurons()) / self.neurons() as f64) {
                session.warn(format!(
                    "all loads are above the {:.3} that a {memory} memory of {} neurons holds of random patterns: expect \
                     spin-glass states",
                    memory.capacity(self.neurons()) / self.neurons() as f64,
                    self.neurons()
                ));
            }
        }
        let Some(real) = &self.real else { return };
        for warning in real.patterns.degenerate() {
            session.warn(warning);
        }
        if self.args.storing.rule == StoringRule::Hebb && memories.contains(&Memory::Hopfield) {
            advice_on_similarity(&real.patterns).into_iter().for_each(|warning| session.warn(warning));
        }
    }

    /// Runs the cues of one set of patterns at all temperatures.
    pub fn run(
        &self,
        session: &Session,
        (patterns, memory): (&Patterns, Memory),
        cues: &Cues,
        temperatures: &[f64],
        seed: u64,
        (from, keeper): (Option<Sections>, &mut Keeper),
    ) -> Result<Ends> {
        let cold = temperatures.contains(&0.0);
        let betas: Vec<f64> = temperatures.iter().filter(|t| **t > 0.0).map(|temperature| 1.0 / temperature).collect();
        let middle = if betas.is_empty() { 1.0 } else { 0.5 * f64::from(u8::from(cold)) };
        let saved = |name: &str| from.as_ref().and_then(|from| from.within(name));
        let settled = match saved("settled") {
            _ if !cold => None,
            Some(settled) => Some(Ends::restore(&settled)?),
            None => Some(keeper.gently(|keeper| {
                let mut attendant = Within::new(keeper, [0.0, middle], |state| Sections::new().with("settling", state));
                let from = saved("settling");
                self.settle(session, (patterns, memory), cues, seed, (from.as_ref(), &mut attendant))
            })?),
        };
        let sampled = match &betas[..] {
            [] => None,
            betas => Some(keeper.gently(|keeper| {
                let mut attendant = Within::new(keeper, [middle, 1.0], |state| {
                    let state = Sections::new().with("sampling", state);
                    match &settled {
                        Some(settled) => state.with("settled", settled.save()),
                        None => state,
                    }
                });
                let from = saved("sampling");
                self.sample(session, (patterns, cues), betas, seed, (from.as_ref(), &mut attendant))
            })?),
        };
        let mut hot = sampled.iter().flat_map(|sampled| &sampled.overlaps);
        let cold = settled.iter().flat_map(|settled| &settled.overlaps).next();
        let of = |&temperature: &f64| if temperature > 0.0 { hot.next() } else { cold }.cloned().unwrap_or_default();
        Ok(Ends {
            overlaps: temperatures.iter().map(of).collect(),
            updates: settled.iter().chain(&sampled).map(|ends| ends.updates).sum(),
            rank: settled.as_ref().and_then(|settled| settled.rank),
        })
    }

    /// T = 0.
    fn settle(
        &self,
        session: &Session,
        (patterns, memory): (&Patterns, Memory),
        cues: &Cues,
        seed: u64,
        keeping: Keeping<'_>,
    ) -> Result<Ends> {
        let args = self.args;
        let learnt = Learnt::by(args.storing.rule, patterns)?;
        let dynamics = args.dynamics.filter(|rule| !rule.is_hot()).unwrap_or(Rule::Asynchronous);
        let network = Cold {
            patterns,
            blanks: None,
            memory,
            mean: args.storing.mean_of(patterns),
            learnt: &learnt,
            update: update_of(memory, dynamics, args.order(), args.keep_diagonal),
            sweeps: args.sweeps,
            seed,
        };
        let recall = network.recall(&session.gpu, cues, || (), keeping)?;
        let overlaps = vec![recall.cues().iter().map(|cue| cue.overlap).collect()];
        Ok(Ends { overlaps, updates: recall.updates(), rank: learnt.rank() })
    }

    /// T > 0: the mean overlap of each cue's chain, temperature after temperature.
    fn sample(
        &self,
        session: &Session,
        (patterns, cues): (&Patterns, &Cues),
        betas: &[f64],
        seed: u64,
        (from, attendant): Keeping<'_>,
    ) -> Result<Ends> {
        let schedule = Schedule { warmup: self.args.warmup, samples: self.args.samples, thin: 1 };
        let model = Hopfield::new(patterns.clone()).starting_at(cues.clone());
        let count = cues.targets().len();
        let run = match self.args.dynamics {
            Some(Rule::Little) => {
                let simulation = session.gpu.simulate(model, Little).betas(betas).replicas(count as u32).seed(seed);
                let mut simulation = simulation.build()?;
                let overlap = simulation.observe(Overlap);
                (simulation.run_attended(schedule, from, attendant)?, overlap)
            }
            _ => {
                let simulation = session.gpu.simulate(model, BlockGibbs).betas(betas).replicas(count as u32).seed(seed);
                let mut simulation = simulation.build()?;
                let overlap = simulation.observe(Overlap);
                (simulation.run_attended(schedule, from, attendant)?, overlap)
            }
        };
        let (run, overlap) = run;
        let means = run.by_beta().map(|at| {
            let series = at.series(overlap);
            let mut sums = vec![0.0; count];
            for row in series.values().chunks_exact(count) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            sums.into_iter().map(|sum| sum / self.args.samples as f64).collect()
        });
        Ok(Ends { overlaps: means.collect(), updates: run.updates(), rank: None })
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
