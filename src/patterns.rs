//! Stored patterns of ±1, packed one bit a neuron.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::random::uniform_below;

/// Neurons in one word.
const WORD: usize = 32;

/// How many patterns of one kind of degeneracy are named before the rest is only counted.
const NAMED: usize = 8;

/// P patterns of N neurons with values ±1, bit-packed.
///
/// A pattern takes `words()` = ceil(N/32) words; bit `b` of word `w` of a pattern is neuron `32 w + b`, 1 standing for +1.
/// The padding bits beyond neuron N − 1 are always 0, so two patterns are equal exactly when their words are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    count: usize,
    neurons: usize,
    words: usize,
    bits: Vec<u32>,
}

impl Patterns {
    /// Packs `rows`, one pattern each, of `neurons` values −1 or +1.
    ///
    /// # Errors
    /// [`Error::Input`] if there is no row or no neuron, a row has another length, or a value is neither −1 nor +1.
    pub fn from_signs(neurons: usize, rows: &[Vec<i8>]) -> Result<Self> {
        let (words, total) = packed_size(rows.len(), neurons)?;
        let mut bits = Vec::new();
        reserve(&mut bits, total)?;
        for (p, row) in rows.iter().enumerate() {
            if row.len() != neurons {
                return Err(Error::input(
                    format!("length of pattern {p}"),
                    format!("{neurons} neurons, like the others"),
                    row.len(),
                    "give every pattern the same number of neurons",
                ));
            }
            if let Some((i, value)) = row.iter().enumerate().find(|(_, value)| **value != 1 && **value != -1) {
                return Err(Error::input(
                    format!("pattern {p} at neuron {i}"),
                    "-1 or +1",
                    value,
                    "binarise the patterns first",
                ));
            }
            bits.extend(pack_signs(row));
        }
        Ok(Self { count: rows.len(), neurons, words, bits })
    }

    /// Takes patterns that are packed already, `ceil(neurons/32)` words each, one after another.
    ///
    /// # Errors
    /// [`Error::Input`] if there is no pattern or no neuron, the words are not a whole number of patterns, or a
    /// padding bit is set.
    pub fn from_words(neurons: usize, bits: Vec<u32>) -> Result<Self> {
        let words = neurons.div_ceil(WORD);
        let count = bits.len().checked_div(words).unwrap_or(0);
        let (words, total) = packed_size(count, neurons)?;
        if total != bits.len() {
            return Err(Error::input(
                "packed patterns",
                format!("a multiple of {words} words for {neurons} neurons"),
                format!("{} words", bits.len()),
                "pass ceil(N/32) words for every pattern",
            ));
        }
        let padding = !last_word_mask(neurons);
        if let Some(p) = bits.chunks_exact(words).position(|row| row.last().is_some_and(|word| word & padding != 0)) {
            return Err(Error::input(
                format!("packed pattern {p}"),
                format!("zero in the padding bits beyond neuron {}", neurons.saturating_sub(1)),
                "a padding bit that is 1",
                "clear the bits from N on",
            ));
        }
        Ok(Self { count, neurons, words, bits })
    }

    /// `count` patterns whose neurons are independently ±1 with probability one half.
    ///
    /// # Errors
    /// [`Error::Input`] if there is no pattern or no neuron, or they do not fit in memory.
    pub fn random(count: usize, neurons: usize, rng: &mut (impl rand::Rng + ?Sized)) -> Result<Self> {
        let (words, total) = packed_size(count, neurons)?;
        let mask = last_word_mask(neurons);
        let mut bits = Vec::new();
        reserve(&mut bits, total)?;
        for _ in 0..count {
            bits.extend((1..words).map(|_| rng.next_u32()));
            bits.push(rng.next_u32() & mask);
        }
        Ok(Self { count, neurons, words, bits })
    }

    /// `count` patterns whose neurons are independently +1 with probability (1 + `bias`)/2, decided by 32-bit thresholds.
    ///
    /// # Errors
    /// [`Error::Input`] for a bias outside of −1 to 1, if there is no pattern or no neuron, or they do not fit in memory.
    pub fn biased(count: usize, neurons: usize, bias: f64, rng: &mut (impl rand::Rng + ?Sized)) -> Result<Self> {
        if !(-1.0..=1.0).contains(&bias) {
            return Err(Error::input("bias of the patterns", "-1 to 1", bias, "0 makes both signs equally likely"));
        }
        let (words, total) = packed_size(count, neurons)?;
        // Of 2^32 words; +1 always is 2^32.
        let threshold = ((1.0 + bias) * f64::from(1u32 << 31)).round() as u64;
        let mut bits = Vec::new();
        reserve(&mut bits, total)?;
        for _ in 0..count {
            for word in 0..words {
                let used = WORD.min(neurons - WORD * word);
                bits.push((0..used).fold(0, |bits, b| bits | u32::from(u64::from(rng.next_u32()) < threshold) << b));
            }
        }
        Ok(Self { count, neurons, words, bits })
    }

    /// The number of patterns, P.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The number of neurons in a pattern, N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// The mean of all neurons of all patterns, between −1 and 1.
    pub fn mean(&self) -> f64 {
        let ones: u64 = self.bits.iter().map(|word| u64::from(word.count_ones())).sum();
        2.0 * ones as f64 / (self.count as f64 * self.neurons as f64) - 1.0
    }

    /// The number of words of a pattern, ceil(N/32).
    pub fn words(&self) -> usize {
        self.words
    }

    /// The words of all patterns, one pattern after another: P × `words()`.
    pub fn bits(&self) -> &[u32] {
        &self.bits
    }

    /// The words of pattern `p`; empty if there is no such pattern.
    pub fn words_of(&self, p: usize) -> &[u32] {
        if p >= self.count {
            return &[];
        }
        let start = p * self.words;
        self.bits.get(start..start + self.words).unwrap_or(&[])
    }

    /// Neuron `i` of pattern `p`: −1 or +1; 0 if there is no such neuron or pattern.
    pub fn sign(&self, p: usize, i: usize) -> i8 {
        if i >= self.neurons {
            return 0;
        }
        self.words_of(p).get(i / WORD).map_or(0, |word| sign_of_bit(*word, i % WORD))
    }

    /// All neurons of pattern `p` as −1 or +1; empty if there is no such pattern.
    pub fn signs(&self, p: usize) -> Vec<i8> {
        unpack_signs(self.neurons, self.words_of(p))
    }

    /// The patterns with the given indices, in that order; an index may repeat.
    ///
    /// # Errors
    /// [`Error::Input`] if no index is given or one is out of range.
    pub fn select(&self, indices: &[usize]) -> Result<Self> {
        let (words, total) = packed_size(indices.len(), self.neurons)?;
        let mut bits = Vec::new();
        reserve(&mut bits, total)?;
        for &p in indices {
            self.exists(p)?;
            bits.extend_from_slice(self.words_of(p));
        }
        Ok(Self { count: indices.len(), neurons: self.neurons, words, bits })
    }

    /// The first `count` patterns.
    ///
    /// # Errors
    /// [`Error::Input`] if `count` is 0 or more than there are.
    pub fn take(&self, count: usize) -> Result<Self> {
        if count == 0 || count > self.count {
            return Err(Error::input(
                "number of patterns to take",
                format!("1 to {}", self.count),
                count,
                "take no more patterns than there are",
            ));
        }
        let bits = self.bits.get(..count * self.words).unwrap_or(&[]).to_vec();
        Ok(Self { count, neurons: self.neurons, words: self.words, bits })
    }

    /// The exact signed overlap Σᵢ ξᵢ sᵢ of pattern `p` with pattern `q` of `other`, between −N and N; 0 if one of
    /// them does not exist or the numbers of neurons differ.
    pub fn overlap(&self, p: usize, other: &Self, q: usize) -> i64 {
        if self.neurons != other.neurons || p >= self.count || q >= other.count {
            return 0;
        }
        packed_overlap(self.neurons, self.words_of(p), other.words_of(q))
    }

    /// The words of pattern `p` with exactly `flips` distinct neurons flipped, every such set being equally likely.
    ///
    /// # Errors
    /// [`Error::Input`] if there is no such pattern, or `flips` exceeds the number of neurons.
    pub fn with_noise(&self, p: usize, flips: usize, rng: &mut (impl rand::Rng + ?Sized)) -> Result<Vec<u32>> {
        let chosen = self.choose(p, flips, "neurons to flip", rng)?;
        Ok(self.words_of(p).iter().zip(&chosen).map(|(word, chosen)| word ^ chosen).collect())
    }

    /// The words of pattern `p` with exactly `count` distinct neurons replaced by random signs (half of which agree
    /// with the pattern on average).
    ///
    /// # Errors
    /// [`Error::Input`] if there is no such pattern, or `count` exceeds the number of neurons.
    pub fn with_mask(&self, p: usize, count: usize, rng: &mut (impl rand::Rng + ?Sized)) -> Result<Vec<u32>> {
        let chosen = self.choose(p, count, "neurons to mask", rng)?;
        let words = self.words_of(p).iter().zip(&chosen);
        Ok(words.map(|(word, chosen)| (word & !chosen) | (rng.next_u32() & chosen)).collect())
    }

    /// Names duplicate, complementary and constant patterns, one readable sentence a finding; empty if there is none.
    ///
    /// Such patterns are legal, but they are not independent memories: a check against capacity would mislead.
    pub fn degenerate(&self) -> Vec<String> {
        let mut first: HashMap<&[u32], usize> = HashMap::with_capacity(self.count);
        let (mut duplicates, mut complements, mut constants) =
            (Findings::default(), Findings::default(), Findings::default());
        let mask = last_word_mask(self.neurons);
        for (p, row) in self.bits.chunks_exact(self.words.max(1)).enumerate() {
            let ones: u64 = row.iter().map(|word| u64::from(word.count_ones())).sum();
            if ones == 0 {
                constants.add(|| format!("pattern {p} is constant: every neuron is -1"));
            } else if ones == self.neurons as u64 {
                constants.add(|| format!("pattern {p} is constant: every neuron is +1"));
            }
            if let Some(earlier) = first.get(row) {
                duplicates.add(|| format!("patterns {earlier} and {p} are identical"));
                continue;
            }
            let mut complement: Vec<u32> = row.iter().map(|word| !word).collect();
            if let Some(last) = complement.last_mut() {
                *last &= mask;
            }
            if let Some(earlier) = first.get(complement.as_slice()) {
                complements
                    .add(|| format!("patterns {earlier} and {p} are complementary: one is the mirror of the other"));
            }
            first.insert(row, p);
        }
        let mut warnings = duplicates.finish("duplicate patterns");
        warnings.extend(complements.finish("complementary patterns"));
        warnings.extend(constants.finish("constant patterns"));
        warnings
    }

    fn exists(&self, p: usize) -> Result<()> {
        if p < self.count {
            return Ok(());
        }
        let wanted = format!("0 to {}", self.count.saturating_sub(1));
        Err(Error::input("index of a pattern", wanted, p, "patterns are numbered from 0"))
    }

    /// A set of exactly `count` distinct neurons, as packed bits.
    fn choose(&self, p: usize, count: usize, what: &str, rng: &mut (impl rand::Rng + ?Sized)) -> Result<Vec<u32>> {
        self.exists(p)?;
        if count > self.neurons {
            return Err(Error::input(what, format!("0 to {}", self.neurons), count, "use a fraction from 0 to 1"));
        }
        // Floyd's algorithm: `count` draws, whatever their share of N, and every subset equally likely.
        let mut chosen = vec![0u32; self.words];
        for last in self.neurons - count..self.neurons {
            let drawn = usize::try_from(uniform_below(rng, last as u64 + 1)).unwrap_or(last);
            if !set_bit(&mut chosen, drawn) {
                set_bit(&mut chosen, last);
            }
        }
        Ok(chosen)
    }
}

/// Packs signs into words: a positive value is bit 1, anything else 0.
pub fn pack_signs(signs: &[i8]) -> Vec<u32> {
    let bit = |(b, sign): (usize, &i8)| u32::from(*sign > 0) << b;
    signs.chunks(WORD).map(|chunk| chunk.iter().enumerate().map(bit).fold(0, |word, bit| word | bit)).collect()
}

/// The first `neurons` bits of `words` as −1 or +1; fewer if there are fewer bits.
pub fn unpack_signs(neurons: usize, words: &[u32]) -> Vec<i8> {
    words.iter().flat_map(|word| (0..WORD).map(move |b| sign_of_bit(*word, b))).take(neurons).collect()
}

/// The signed overlap N − 2·(number of differing bits) of two packed states of `neurons` neurons with zero padding.
pub fn packed_overlap(neurons: usize, a: &[u32], b: &[u32]) -> i64 {
    let differing: i64 = a.iter().zip(b).map(|(a, b)| i64::from((a ^ b).count_ones())).sum();
    i64::try_from(neurons).unwrap_or(i64::MAX) - 2 * differing
}

/// At most `NAMED` messages of one kind, and how many there are.
#[derive(Default)]
struct Findings {
    named: Vec<String>,
    total: usize,
}

impl Findings {
    fn add(&mut self, message: impl FnOnce() -> String) {
        if self.named.len() < NAMED {
            self.named.push(message());
        }
        self.total += 1;
    }

    fn finish(mut self, kind: &str) -> Vec<String> {
        let rest = self.total - self.named.len();
        if rest > 0 {
            self.named.push(format!("and {rest} more {kind}"));
        }
        self.named
    }
}

fn sign_of_bit(word: u32, b: usize) -> i8 {
    if word >> b & 1 == 1 { 1 } else { -1 }
}

/// Sets bit `i`; false if it was set already.
fn set_bit(words: &mut [u32], i: usize) -> bool {
    let Some(word) = words.get_mut(i / WORD) else { return false };
    let bit = 1 << (i % WORD);
    let fresh = *word & bit == 0;
    *word |= bit;
    fresh
}

/// The bits of the last word that belong to neurons.
fn last_word_mask(neurons: usize) -> u32 {
    match neurons % WORD {
        0 => u32::MAX,
        used => (1 << used) - 1,
    }
}

/// Words a pattern and in total, checked.
fn packed_size(count: usize, neurons: usize) -> Result<(usize, usize)> {
    if count == 0 {
        return Err(Error::input("number of patterns", "at least 1", 0, "give at least one pattern"));
    }
    if neurons == 0 {
        return Err(Error::input("number of neurons", "at least 1", 0, "give at least one neuron"));
    }
    let words = neurons.div_ceil(WORD);
    match count.checked_mul(words).filter(|total| *total <= isize::MAX as usize / 4) {
        Some(total) => Ok((words, total)),
        None => Err(too_large(format!("{count} patterns of {neurons} neurons"))),
    }
}

fn reserve(bits: &mut Vec<u32>, total: usize) -> Result<()> {
    bits.try_reserve_exact(total).map_err(|_| too_large(format!("{total} words")))
}

fn too_large(got: String) -> Error {
    Error::input("packed patterns", "what fits in memory", got, "use fewer patterns or fewer neurons")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// SplitMix64.
    struct Mix(u64);

    impl rand::TryRng for Mix {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> std::result::Result<u32, Infallible> {
            Ok((self.try_next_u64()? >> 32) as u32)
        }
        fn try_next_u64(&mut self) -> std::result::Result<u64, Infallible> {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            Ok(z ^ z >> 31)
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), Infallible> {
            bytes.iter_mut().for_each(|byte| *byte = self.0 as u8);
            Ok(())
        }
    }

    #[test]
    fn signs_and_words_agree() {
        for neurons in [1, 5, 31, 32, 33, 64, 100] {
            let patterns = Patterns::random(7, neurons, &mut Mix(neurons as u64)).unwrap();
            let rows: Vec<_> = (0..7).map(|p| patterns.signs(p)).collect();
            assert_eq!(Patterns::from_signs(neurons, &rows).unwrap(), patterns);
            assert_eq!(Patterns::from_words(neurons, patterns.bits().to_vec()).unwrap(), patterns);
            for p in 0..7 {
                for q in 0..7 {
                    let direct: i64 = rows[p].iter().zip(&rows[q]).map(|(a, b)| i64::from(a * b)).sum();
                    assert_eq!(patterns.overlap(p, &patterns, q), direct);
                }
                assert!((0..neurons).all(|i| patterns.sign(p, i) == rows[p][i]));
            }
            assert_eq!(patterns.take(3).unwrap(), patterns.select(&[0, 1, 2]).unwrap());
            assert_eq!(patterns.select(&[6, 6]).unwrap().signs(1), rows[6]);
            assert_eq!((patterns.sign(7, 0), patterns.sign(0, neurons), patterns.words_of(7).len()), (0, 0, 0));
        }
    }

    #[test]
    fn bad_patterns_are_refused() {
        let code = |result: Result<Patterns>| result.unwrap_err().code();
        assert_eq!(code(Patterns::from_signs(2, &[])), "E006");
        assert_eq!(code(Patterns::from_signs(0, &[vec![]])), "E006");
        assert_eq!(code(Patterns::from_signs(2, &[vec![1, -1], vec![1]])), "E006");
        assert!(Patterns::from_signs(2, &[vec![1, 0]]).unwrap_err().to_string().contains("neuron 1"));
        assert_eq!(code(Patterns::from_words(33, vec![1, 1, 1])), "E006");
        assert_eq!(code(Patterns::from_words(33, vec![1, 2])), "E006");
        assert_eq!(code(Patterns::from_words(0, vec![])), "E006");
        assert_eq!(code(Patterns::from_words(3, vec![])), "E006");
        assert_eq!(code(Patterns::random(usize::MAX, usize::MAX, &mut Mix(0))), "E006");
        assert_eq!(code(Patterns::random(1 << 40, 1 << 30, &mut Mix(0))), "E006");
        let one = Patterns::from_words(3, vec![5]).unwrap();
        assert_eq!(code(one.take(2)), "E006");
        assert_eq!(code(one.take(0)), "E006");
        assert_eq!(code(one.select(&[1])), "E006");
        assert!(one.with_noise(0, 4, &mut Mix(0)).is_err() && one.with_mask(1, 0, &mut Mix(0)).is_err());
    }

    #[test]
    fn noise_flips_exactly_so_many() {
        let mut rng = Mix(3);
        for neurons in [1, 33, 64, 90] {
            let patterns = Patterns::random(2, neurons, &mut rng).unwrap();
            for flips in 0..=neurons {
                let cue = Patterns::from_words(neurons, patterns.with_noise(1, flips, &mut rng).unwrap()).unwrap();
                assert_eq!(cue.overlap(0, &patterns, 1), neurons as i64 - 2 * flips as i64);
            }
        }
    }

    #[test]
    fn noise_and_mask_are_uniform() {
        let mut rng = Mix(5);
        let patterns = Patterns::from_words(10, vec![0b11_0011_0101]).unwrap();
        let (mut noise, mut mask) = ([0u32; 10], [0u32; 10]);
        for _ in 0..20_000 {
            let flipped = patterns.with_noise(0, 3, &mut rng).unwrap()[0] ^ patterns.bits()[0];
            let masked = patterns.with_mask(0, 5, &mut rng).unwrap()[0] ^ patterns.bits()[0];
            assert!(masked >> 10 == 0);
            (0..10).for_each(|i| {
                noise[i] += flipped >> i & 1;
                mask[i] += masked >> i & 1;
            });
        }
        // Means 6,000 and 5,000 with standard deviations of 65 and 61.
        assert!(noise.iter().all(|n| n.abs_diff(6_000) < 350), "{noise:?}");
        assert!(mask.iter().all(|n| n.abs_diff(5_000) < 350), "{mask:?}");
    }

    #[test]
    fn uniform_below_stays_below() {
        let mut rng = Mix(7);
        let mut seen = [0u32; 6];
        (0..60_000).for_each(|_| seen[uniform_below(&mut rng, 6) as usize] += 1);
        assert!(seen.iter().all(|n| n.abs_diff(10_000) < 500), "{seen:?}");
        for bound in [0, 1, 2, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, u64::MAX] {
            assert!((0..100).all(|_| uniform_below(&mut rng, bound) < bound.max(1)));
        }
    }

    #[test]
    fn degenerate_patterns_are_named() {
        let rows = [vec![1, -1, 1], vec![-1, 1, -1], vec![1, -1, 1], vec![1, 1, 1], vec![-1, -1, -1]];
        let warnings = Patterns::from_signs(3, &rows).unwrap().degenerate().join("\n");
        assert!(warnings.contains("patterns 0 and 2 are identical"), "{warnings}");
        assert!(warnings.contains("patterns 0 and 1 are complementary"), "{warnings}");
        assert!(warnings.contains("pattern 3 is constant: every neuron is +1"), "{warnings}");
        assert!(warnings.contains("pattern 4 is constant: every neuron is -1"), "{warnings}");
        assert!(Patterns::random(20, 256, &mut Mix(1)).unwrap().degenerate().is_empty());
        let many = Patterns::from_words(1, vec![1; 100]).unwrap().degenerate();
        assert!(many.iter().any(|w| w == "and 91 more duplicate patterns"), "{many:?}");
    }
}
