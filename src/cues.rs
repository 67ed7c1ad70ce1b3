//! Cues: damaged states from which patterns are to be recalled.

use crate::error::{Error, Result};
use crate::patterns::Patterns;
use crate::random::{Purpose, Stream};

/// Damaged states, and the patterns that they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Cues {
    states: Patterns,
    targets: Vec<usize>,
}

/// How a cue is damaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Damage {
    /// This fraction of the neurons, chosen at random, is flipped.
    Noise(f64),
    /// This fraction of the neurons, chosen at random, is set at random.
    Mask(f64),
}

impl Cues {
    /// `count` damaged copies, dealt round the patterns. Exactly round(fraction · N) distinct neurons are damaged.
    ///
    /// # Errors
    /// [`Error::Input`] for no cues or a fraction outside of 0 to 1.
    pub fn damaged(patterns: &Patterns, count: usize, damage: Damage, seed: u64) -> Result<Self> {
        let (name, fraction) = match damage {
            Damage::Noise(fraction) => ("noise", fraction),
            Damage::Mask(fraction) => ("mask", fraction),
        };
        if !(0.0..=1.0).contains(&fraction) {
            return Err(Error::input(name, "a fraction between 0 and 1", fraction, "0.2 damages a fifth"));
        }
        if count == 0 || count > 1 << 24 {
            return Err(Error::input("cues", "1 to 2^24", count, "one cue is enough to recall one pattern"));
        }
        let damaged = (fraction * patterns.neurons() as f64).round() as usize;
        let mut bits = Vec::new();
        let mut targets = Vec::new();
        for cue in 0..count {
            let target = cue % patterns.count();
            let mut stream = Stream::new(seed, Purpose::Cue, cue as u32);
            bits.extend(match damage {
                Damage::Noise(_) => patterns.with_noise(target, damaged, &mut stream)?,
                Damage::Mask(_) => patterns.with_mask(target, damaged, &mut stream)?,
            });
            targets.push(target);
        }
        Ok(Self { states: Patterns::from_words(patterns.neurons(), bits)?, targets })
    }

    /// States of the caller's own, each with the index of the pattern that it should retrieve.
    ///
    /// # Errors
    /// [`Error::Input`] where the two differ in number.
    pub fn given(states: Patterns, targets: Vec<usize>) -> Result<Self> {
        if states.count() != targets.len() {
            let hint = "name one pattern a cue";
            return Err(Error::input("targets of the cues", states.count().to_string(), targets.len(), hint));
        }
        Ok(Self { states, targets })
    }

    /// The damaged states.
    pub fn states(&self) -> &Patterns {
        &self.states
    }

    /// The pattern that each should retrieve.
    pub fn targets(&self) -> &[usize] {
        &self.targets
    }

    pub(crate) fn check_against(&self, patterns: &Patterns) -> Result<()> {
        if self.states.neurons() != patterns.neurons() {
            let hint = "cues and patterns must have the same size; resize images";
            let wanted = format!("{} neurons", patterns.neurons());
            return Err(Error::input("cue", wanted, self.states.neurons(), hint));
        }
        match self.targets.iter().find(|&&target| target >= patterns.count()) {
            Some(target) => {
                let wanted = format!("a pattern below {}", patterns.count());
                Err(Error::input("target of a cue", wanted, target, "patterns are counted from 0"))
            }
            None => Ok(()),
        }
    }
}
