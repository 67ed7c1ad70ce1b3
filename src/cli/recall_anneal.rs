//! Annealed recall: cues are cooled before they settle at zero temperature.

use super::keeper::Part;
use super::memory_args::Learnt;
use super::recall_args::RecallArgs;
use anyhow::Result;
use spinfield::io::checkpoint::Sections;
use spinfield::{
    Anneal, Attendant, BlockGibbs, Cues, Error, Gpu, HeatBath, Hopfield, Memory, PairwiseSpins, Patterns, Schedule,
};
use std::str::FromStr;

/// What `--anneal` takes: the first temperature, and the sweeps from there down to zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cooling {
    pub temperature: f64,
    pub sweeps: u32,
}

impl FromStr for Cooling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (temperature, sweeps) = text.split_once(':').unwrap_or((text, "100"));
        let wrong = || format!("`{text}` is not T or T:SWEEPS, for example 0.5:100");
        let temperature: f64 = temperature.parse().map_err(|_| wrong())?;
        let sweeps: u32 = sweeps.parse().map_err(|_| wrong())?;
        // The device has single precision.
        if (1e-20..=1e20).contains(&temperature) && sweeps > 0 {
            Ok(Self { temperature, sweeps })
        } else {
            Err(wrong())
        }
    }
}

impl Cooling {
    /// One sweep at each temperature T(1 - k/SWEEPS).
    fn betas(self) -> Vec<f64> {
        let left = |k: u32| self.temperature * f64::from(self.sweeps - k) / f64::from(self.sweeps);
        (0..self.sweeps).map(|k| 1.0 / left(k)).collect()
    }

    /// Cools the cues, or goes on from where that was saved.
    pub fn cool(
        self,
        gpu: &Gpu,
        (patterns, learnt): (&Patterns, &Learnt),
        cues: &Cues,
        seed: u64,
        (from, attendant): (Option<&Sections>, &mut dyn Attendant),
    ) -> Result<Cooled> {
        let betas = self.betas();
        let schedule = Schedule { warmup: u64::from(self.sweeps) - 1, samples: 1, thin: 1 };
        let replicas = cues.targets().len() as u32;
        // An annealing has one point, whose beta is not used.
        let (states, updates) = match &learnt.couplings {
            Some(couplings) => {
                let model = PairwiseSpins::new(couplings.clone()).starting_at(cues.clone());
                let builder = gpu.simulate(model, Anneal::new(HeatBath, &betas, 1)).betas(&[1.0]);
                let mut simulation = builder.replicas(replicas).seed(seed).build()?;
                let updates = simulation.run_attended(schedule, from, attendant)?.updates();
                (simulation.states()?, updates)
            }
            None => {
                let model = Hopfield::new(patterns.clone()).starting_at(cues.clone());
                let builder = gpu.simulate(model, Anneal::new(BlockGibbs, &betas, 1)).betas(&[1.0]);
                let mut simulation = builder.replicas(replicas).seed(seed).build()?;
                let updates = simulation.run_attended(schedule, from, attendant)?.updates();
                (simulation.states()?, updates)
            }
        };
        Ok(Cooled { states, updates })
    }
}

/// Cues after cooling.
pub struct Cooled {
    pub states: Patterns,
    pub updates: u64,
}

impl Part for Cooled {
    fn save(&self) -> Sections {
        let words: Vec<u32> = (0..self.states.count()).flat_map(|cue| self.states.words_of(cue)).copied().collect();
        let mut sections = Sections::new();
        sections.put_numbers("numbers", &[self.states.neurons() as u64, self.updates]);
        sections.put_numbers("states", &words);
        sections
    }

    fn restore(saved: &Sections) -> Result<Self, Error> {
        let [neurons, updates] = saved.array::<u64, 2>("numbers")?;
        Ok(Self { states: Patterns::from_words(neurons as usize, saved.numbers("states")?)?, updates })
    }
}

impl RecallArgs {
    /// Refuses what has no temperature to begin with.
    pub fn check_annealing(&self, memory: Memory) -> Result<(), Error> {
        let Some(cooling) = self.anneal else { return Ok(()) };
        let got = if self.temperature > 0.0 {
            format!("a sample at T = {}", self.temperature)
        } else if self.is_asymmetric() {
            "asymmetric couplings".into()
        } else if memory != Memory::Hopfield {
            memory.to_string()
        } else if self.blank.is_some() || self.bias.is_some() || self.storing.centred || self.has_projection() {
            "other couplings".into()
        } else {
            return Ok(());
        };
        let wanted =
            "a Hopfield network of whole patterns by Hebb's rule, or symmetric couplings, that settles at T = 0";
        let hint = format!("leave out --anneal {}:{}, or the other option", cooling.temperature, cooling.sweeps);
        Err(Error::input("--anneal", wanted, got, hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_fall_to_zero() {
        assert_eq!("0.5".parse(), Ok(Cooling { temperature: 0.5, sweeps: 100 }));
        let cooling: Cooling = "2:4".parse().unwrap();
        assert_eq!(cooling.betas(), [0.5, 1.0 / 1.5, 1.0, 2.0]);
        for wrong in ["", "0", "-1", "nan", "inf", "1:", "1:0", "1:-5", "1:2:3", ":5", "x"] {
            assert!(wrong.parse::<Cooling>().is_err(), "{wrong}");
        }
    }
}
