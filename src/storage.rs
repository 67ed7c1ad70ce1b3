//! How a Hopfield network stores patterns: by Hebb's rule, whole, with blanks, or less their mean; or by the pseudo-inverse rule.

use crate::error::{Error, Result};
use crate::learn::PseudoInverse;
use crate::memory::Memory;
use crate::patterns::Patterns;
use std::borrow::Cow;

/// What is stored of a pattern ξ.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Storage<'a> {
    /// ξ itself.
    Whole,
    /// ξ where this set has −1 and 0 where it has +1 (E. Agliari et al., Phys. Rev. Lett. 109, 268101 (2012)).
    Blank(&'a Patterns),
    /// ξ − b (D. J. Amit, H. Gutfreund and H. Sompolinsky, Phys. Rev. A 35, 2293 (1987)).
    Centred(f64),
    /// ξ itself, by the pseudo-inverse rule.
    Projected(&'a PseudoInverse),
}

impl Storage<'_> {
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Whole)
    }

    pub fn check(self, patterns: &Patterns, memory: Memory) -> Result<()> {
        if !self.is_whole() && memory != Memory::Hopfield {
            let hint = "blanks, a mean and the pseudo-inverse rule are of Hopfield networks";
            return Err(Error::input("memory", "hopfield with the way in which patterns are stored", memory, hint));
        }
        match self {
            Self::Blank(blanks) if (blanks.count(), blanks.neurons()) != (patterns.count(), patterns.neurons()) => {
                let shape = |patterns: &Patterns| format!("{} of {} neurons", patterns.count(), patterns.neurons());
                let hint = "give one set of blanks a pattern";
                Err(Error::input("blanks", shape(patterns), shape(blanks), hint))
            }
            Self::Blank(blanks) => match (0..blanks.count()).find(|&p| signs(self, patterns, p) == 0) {
                Some(p) => Err(Error::input(
                    format!("blanks of pattern {p}"),
                    "a neuron that is not",
                    "all",
                    "store less blanks",
                )),
                None => Ok(()),
            },
            Self::Centred(bias) if !(bias > -1.0 && bias < 1.0) => {
                let hint = "b is the mean of the patterns; at -1 or 1 nothing would be left of them";
                Err(Error::input("mean that is taken off", "a number between -1 and 1", bias, hint))
            }
            Self::Projected(learnt) => learnt.check_against(patterns),
            _ => Ok(()),
        }
    }

    /// The sets of signs that lie on the device: pairs with the mean ξ, or a last one of ones.
    pub fn rows<'p>(self, patterns: &'p Patterns) -> Result<Cow<'p, Patterns>> {
        let bits = match self {
            Self::Whole | Self::Projected(_) => return Ok(Cow::Borrowed(patterns)),
            Self::Blank(blanks) => {
                let pair = |p: usize| {
                    let words = || patterns.words_of(p).iter().zip(blanks.words_of(p));
                    words().map(|(xi, blank)| xi | blank).chain(words().map(|(xi, blank)| xi & !blank))
                };
                (0..patterns.count()).flat_map(pair).collect()
            }
            Self::Centred(_) => {
                let ones = Patterns::from_signs(patterns.neurons(), &[vec![1; patterns.neurons()]])?;
                [patterns.bits(), ones.bits()].concat()
            }
        };
        Ok(Cow::Owned(Patterns::from_words(patterns.neurons(), bits)?))
    }

    /// The row that a pattern begins at.
    pub fn row(self, pattern: usize) -> usize {
        if matches!(self, Self::Blank(_)) { 2 * pattern } else { pattern }
    }

    /// ξ·s from the overlaps of the rows.
    pub fn overlap(self, of_row: impl Fn(usize) -> i32, pattern: usize) -> i64 {
        match self {
            Self::Blank(_) => i64::from((of_row(2 * pattern) + of_row(2 * pattern + 1)) / 2),
            _ => i64::from(of_row(pattern)),
        }
    }

    /// The overlap of a pattern with itself.
    pub fn whole(self, patterns: &Patterns, pattern: usize) -> f64 {
        signs(self, patterns, pattern) as f64
    }

    /// N J_ii for every neuron.
    pub fn own(self, patterns: &Patterns) -> Vec<f64> {
        if let Self::Projected(learnt) = self {
            return learnt.self_couplings().to_vec();
        }
        let (mut own, count) = (vec![0.0; patterns.neurons()], patterns.count());
        for p in 0..count {
            let blank = |i: usize| matches!(self, Self::Blank(blanks) if blanks.sign(p, i) > 0);
            let mean = if let Self::Centred(mean) = self { mean } else { 0.0 };
            for (i, (own, xi)) in own.iter_mut().zip(patterns.signs(p)).enumerate() {
                *own += if blank(i) { 0.0 } else { (f64::from(xi) - mean).powi(2) };
            }
        }
        own
    }

    /// Energy a neuron in this memory: −½ sᵀJs/N with J_ii = 0, from the overlaps, the sum of N J_ii, and Σ s_i.
    pub fn energy(self, overlaps: impl Iterator<Item = i64> + Clone, own: f64, sum: i64, neurons: usize) -> f64 {
        if let Self::Projected(learnt) = self {
            return learnt.energy(&overlaps.map(|x| x as f64).collect::<Vec<_>>());
        }
        let (size, mean) = (neurons as f64, if let Self::Centred(mean) = self { mean } else { 0.0 });
        let squares: f64 = overlaps.map(|x| (x as f64 - mean * sum as f64).powi(2)).sum();
        -0.5 * (squares - own) / (size * size)
    }
}

/// How many neurons of a pattern are not blank.
fn signs(storage: Storage<'_>, patterns: &Patterns, pattern: usize) -> usize {
    match storage {
        Storage::Blank(blanks) => {
            let blank: u32 = blanks.words_of(pattern).iter().map(|word| word.count_ones()).sum();
            patterns.neurons() - blank as usize
        }
        _ => patterns.neurons(),
    }
}
