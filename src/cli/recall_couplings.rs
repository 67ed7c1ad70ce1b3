//! The explicit couplings of a recall: where they come from.

use super::memory_args::{Learnt, StoringRule};
use super::recall_args::RecallArgs;
use super::sk::read_matrix;
use anyhow::Result;
use spinfield::{Couplings, Error, Patterns, learn};
use std::str::FromStr;

/// What `--unlearn` takes: dreams, and how much each takes off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unlearning {
    pub dreams: u32,
    pub rate: f64,
}

impl FromStr for Unlearning {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (dreams, rate) = text.split_once(':').unwrap_or((text, "0.01"));
        let wrong = || format!("`{text}` is not STEPS or STEPS:RATE, for example 500:0.01");
        let rate: f64 = rate.parse().map_err(|_| wrong())?;
        let dreams = dreams.parse().map_err(|_| wrong())?;
        if rate.is_finite() && rate > 0.0 { Ok(Self { dreams, rate }) } else { Err(wrong()) }
    }
}

impl RecallArgs {
    /// Whether the couplings are a matrix.
    pub fn is_explicit(&self) -> bool {
        self.couplings.is_some()
            || self.unlearn.is_some()
            || matches!(self.storing.rule, StoringRule::Storkey | StoringRule::Sequence)
    }

    /// Whether they lead from pattern to pattern.
    pub fn is_sequence(&self) -> bool {
        self.couplings.is_none() && self.storing.rule == StoringRule::Sequence
    }

    /// Whether they may be asymmetric: without an energy.
    pub fn is_asymmetric(&self) -> bool {
        self.asymmetric || self.is_sequence()
    }

    /// Refuses what cannot be unlearnt from.
    pub fn check_unlearning(&self) -> Result<(), Error> {
        let from = match (self.is_asymmetric(), self.storing.rule) {
            (true, _) => "asymmetric ones",
            (false, StoringRule::PseudoInverse) => "those of the pseudo-inverse, which are never formed",
            (false, _) => return Ok(()),
        };
        match self.unlearn {
            Some(_) => {
                let wanted = "couplings of Hebb's or Storkey's rule, or symmetric ones from a file";
                Err(Error::input("--unlearn", wanted, from, "leave it out, or choose another rule"))
            }
            None => Ok(()),
        }
    }

    /// What the rule makes of the patterns, or the couplings of a file; unlearnt from, if that is asked for.
    pub fn learn(&self, patterns: &Patterns, seed: u64) -> Result<Learnt> {
        let mut learnt = match (&self.couplings, self.storing.rule) {
            (Some(path), _) => {
                let (sites, values) = read_matrix(path, None)?;
                let make = if self.asymmetric { Couplings::asymmetric } else { Couplings::new };
                Learnt { couplings: Some(make(sites, values)?), projection: None }
            }
            (None, StoringRule::Hebb) if self.unlearn.is_some() => {
                Learnt { couplings: Some(learn::hebb(patterns)?), projection: None }
            }
            (None, rule) => Learnt::by(rule, patterns)?,
        };
        if let (Some(couplings), Some(Unlearning { dreams, rate })) = (&learnt.couplings, self.unlearn) {
            learnt.couplings = Some(learn::unlearn(couplings, dreams, rate, seed)?);
        }
        Ok(learnt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dreams_and_their_rate() {
        assert_eq!("500".parse(), Ok(Unlearning { dreams: 500, rate: 0.01 }));
        assert_eq!("20:0.5".parse(), Ok(Unlearning { dreams: 20, rate: 0.5 }));
        for wrong in ["", "-1", "1.5", "5:", ":0.1", "5:0", "5:-0.1", "5:nan", "5:0.1:2", "x"] {
            assert!(wrong.parse::<Unlearning>().is_err(), "{wrong}");
        }
    }
}
