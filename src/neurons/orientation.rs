//! The same bits seen from the ticks.

use super::raster::Raster;

impl Raster {
    /// The bits with the neurons in the words, in the order (trial, word w, tick): bit b of word w is neuron 32 w + b, and there
    /// are as many ticks as the words of a row have bits. Padding is 0.
    pub fn by_tick(&self) -> Vec<u32> {
        let (groups, ticks) = (self.neurons().div_ceil(32), 32 * self.words());
        let mut turned = vec![0; self.trials() * groups * ticks];
        for (at, row) in turned.chunks_exact_mut(ticks).enumerate() {
            let (trial, group) = (at / groups, at % groups);
            for (word, block) in row.as_chunks_mut::<32>().0.iter_mut().enumerate() {
                let neuron_word = |neuron: usize| self.row(trial, 32 * group + neuron).get(word).copied().unwrap_or(0);
                *block = std::array::from_fn(neuron_word);
                transpose(block);
            }
        }
        turned
    }

    /// How many neurons fire in each tick, in the order (trial, tick).
    pub fn activity(&self) -> Vec<u32> {
        self.activity_of(0..self.neurons())
    }

    /// How many of these neurons fire in each tick, in the order (trial, tick).
    pub(crate) fn activity_of(&self, neurons: impl Iterator<Item = usize> + Clone) -> Vec<u32> {
        let mut activity = vec![0; self.trials() * self.ticks()];
        for (trial, ticks) in activity.chunks_exact_mut(self.ticks()).enumerate() {
            for neuron in neurons.clone() {
                for (word, ticks) in self.row(trial, neuron).iter().zip(ticks.chunks_mut(32)) {
                    let mut left = *word;
                    // Padding bits are 0: no bit lies beyond the last tick.
                    while left != 0 {
                        ticks[left.trailing_zeros() as usize] += 1;
                        left &= left - 1;
                    }
                }
            }
        }
        activity
    }
}

/// Swaps bit j of word i with bit i of word j, by squares of half the size each time (H. S. Warren, "Hacker's Delight", 2nd
/// ed., section 7-3).
fn transpose(words: &mut [u32; 32]) {
    let (mut width, mut low) = (16, 0x0000_ffff);
    while width > 0 {
        for i in (0..32).filter(|i| i & width == 0) {
            let swapped = (words[i] >> width ^ words[i + width]) & low;
            words[i] ^= swapped << width;
            words[i + width] ^= swapped;
        }
        width /= 2;
        low ^= low << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orientations_hold_the_same_bits() {
        for (trials, neurons, ticks) in [(1, 1, 1), (2, 31, 33), (3, 33, 64), (1, 70, 100)] {
            let mut raster = Raster::new(trials, neurons, ticks).unwrap();
            let all = || (0..trials).flat_map(|r| (0..neurons).flat_map(move |i| (0..ticks).map(move |a| (r, i, a))));
            for (r, i, a) in all() {
                raster.set(r, i, a, (r * 7 + i * i * 5 + a * a * 3 + i * a) % 11 < 4);
            }
            let (turned, activity) = (raster.by_tick(), raster.activity());
            let (groups, padded) = (neurons.div_ceil(32), ticks.next_multiple_of(32));
            assert_eq!((turned.len(), activity.len()), (trials * groups * padded, trials * ticks));
            for (r, i, a) in all() {
                let word = turned[(r * groups + i / 32) * padded + a];
                assert_eq!(word >> (i % 32) & 1 == 1, raster.fires(r, i, a), "{r} {i} {a}");
                assert_eq!(activity[r * ticks + a] as usize, raster.active(r, a));
            }
            let ones: u32 = turned.iter().map(|word| word.count_ones()).sum();
            assert_eq!(ones, activity.iter().sum::<u32>());
        }
    }
}
