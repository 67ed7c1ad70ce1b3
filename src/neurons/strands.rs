//! How rasters lie in the device's words: see `shaders/lib/strands.wgsl`.

use super::Raster;
use crate::dense::WIDTH;
use crate::error::{Error, Result};
use crate::plan::Constants;
use std::ops::Range;

/// The layout of R replicas of T ticks: every replica is cut into strands of successive ticks, a bit each, so that one
/// replica fills words as well as many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Strands {
    pub ticks: usize,
    pub replicas: usize,
    /// Ticks of one colour have no couplings to each other.
    pub colours: usize,
    /// Silent ticks before the first.
    pub lead: usize,
    /// Strands a replica, a power of two up to 32.
    parts: usize,
    /// Ticks of a strand, `lead` included.
    stretch: usize,
}

impl Strands {
    /// The layout that takes the fewest groups, with strands no shorter than `longest` ticks.
    pub fn new(ticks: usize, replicas: usize, colours: usize, longest: usize) -> Self {
        let cut = |parts: usize| {
            let stretch = ticks.div_ceil(parts).max(longest).next_multiple_of(colours);
            Self { ticks, replicas, colours, lead: 0, parts, stretch }
        };
        let layouts = [2, 4, 8, 16, 32].map(cut);
        layouts.into_iter().fold(cut(1), |best, other| if other.groups() < best.groups() { other } else { best })
    }

    /// The layout of replicas that are drawn tick after tick, after so many silent ones.
    pub fn causal(ticks: usize, replicas: usize, lead: usize, longest: usize) -> Self {
        Self { ticks, replicas, colours: 1, lead, parts: 1, stretch: (lead + ticks).max(longest) }
    }

    /// Words of strands.
    fn words(&self) -> usize {
        (self.replicas * self.parts).div_ceil(WIDTH)
    }

    /// Groups of 32 strands at one tick.
    pub fn groups(&self) -> usize {
        self.words() * self.stretch
    }

    /// The groups of one colour.
    pub fn of_colour(&self, colour: usize) -> Range<u32> {
        let size = self.groups() / self.colours;
        (colour * size) as u32..((colour + 1) * size) as u32
    }

    /// The groups of one tick, where replicas are not cut.
    pub fn of_tick(&self, tick: usize) -> Range<u32> {
        let first = (self.lead + tick) * self.words();
        first as u32..(first + self.words()) as u32
    }

    /// Group and bit of a tick of a replica.
    fn place(&self, replica: usize, tick: usize) -> (usize, usize) {
        let at = tick + self.lead;
        let (strand, local) = (replica * self.parts + at / self.stretch, at % self.stretch);
        let row = local % self.colours * (self.stretch / self.colours) + local / self.colours;
        (row * self.words() + strand / WIDTH, strand % WIDTH)
    }

    /// The constants of `shaders/lib/strands.wgsl`.
    pub fn constants(&self) -> Constants {
        let every = |bit: usize| (0..WIDTH).filter(|at| at % self.parts == bit).fold(0u32, |all, at| all | 1 << at);
        let mut constants = Constants::default();
        constants.set("STRAND_WORDS", self.words() as u32).set("STRETCH", self.stretch as u32);
        constants.set("COLOURS", self.colours as u32).set("REPLICA_STRANDS", self.parts as u32);
        constants.set("FIRST_STRANDS", every(0)).set("LAST_STRANDS", every(self.parts - 1));
        constants.set("LEAD", self.lead as u32).set("TICKS", self.ticks as u32);
        constants
    }

    /// Words of 32 strands, [group][neuron], of N neurons padded to so many. `rows` gives the words of a replica and a
    /// neuron, 32 ticks each; all else has the bit `outside`.
    pub fn pack<'a>(
        &self,
        neurons: usize,
        padded: usize,
        outside: bool,
        rows: impl Fn(usize, usize) -> std::borrow::Cow<'a, [u32]>,
    ) -> Vec<u32> {
        let mut words = vec![if outside { u32::MAX } else { 0 }; self.groups() * padded];
        for replica in 0..self.replicas {
            for neuron in 0..neurons {
                let row = rows(replica, neuron);
                for tick in 0..self.ticks {
                    let (group, bit) = self.place(replica, tick);
                    let word = &mut words[group * padded + neuron];
                    *word = *word & !(1 << bit) | (row[tick / 32] >> (tick % 32) & 1) << bit;
                }
            }
        }
        words
    }

    /// The replicas as trials of a raster.
    ///
    /// # Errors
    /// As [`Raster::new`].
    pub fn unpack(&self, neurons: usize, padded: usize, words: &[u32]) -> Result<Raster> {
        let mut raster = Raster::new(self.replicas, neurons, self.ticks)?;
        for replica in 0..self.replicas {
            for tick in 0..self.ticks {
                let (group, bit) = self.place(replica, tick);
                for (neuron, word) in words[group * padded..][..neurons].iter().enumerate() {
                    if word >> bit & 1 == 1 {
                        raster.set(replica, neuron, tick, true);
                    }
                }
            }
        }
        Ok(raster)
    }

    /// Refuses what 32 bits cannot address: words, lanes of a tick's blocks, and random words by tick and quad.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub fn check(&self, padded: usize) -> Result<()> {
        let need = (self.groups() as u64 * padded as u64 * 2).max(self.ticks as u64 * padded as u64);
        let have = u64::from(u32::MAX);
        if need <= have {
            return Ok(());
        }
        let hint = "use fewer ticks, neurons or chains".into();
        Err(Error::Limit { what: "sites of a field of neurons, twice,".into(), need, have, hint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn rasters_survive_the_way_to_the_device_and_back() {
        for (ticks, replicas, colours) in [(1, 1, 1), (3, 70, 2), (100, 1, 2), (97, 5, 3), (64, 33, 1), (1000, 3, 4)] {
            let mut raster = Raster::new(replicas, 5, ticks).unwrap();
            for site in 0..replicas * 5 * ticks {
                let fires = (site as u32).wrapping_mul(0x9E37_79B9) >> 31 == 1;
                raster.set(site / (5 * ticks), site / ticks % 5, site % ticks, fires);
            }
            for strands in [
                Strands::new(ticks, replicas, colours, colours - 1),
                Strands::causal(ticks, replicas, colours, colours),
            ] {
                let words = strands.pack(5, 32, false, |replica, neuron| Cow::Borrowed(raster.row(replica, neuron)));
                assert_eq!(words.len(), 32 * strands.groups());
                assert_eq!(strands.unpack(5, 32, &words).unwrap(), raster);
                let spikes: u64 = (0..5).map(|neuron| raster.spikes(neuron)).sum();
                assert_eq!(words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>(), spikes);
            }
        }
    }

    #[test]
    fn one_replica_fills_words_as_well_as_many() {
        assert_eq!(Strands::new(10_000, 1, 2, 1).groups(), 314);
        assert_eq!(Strands::new(100, 32, 2, 1).groups(), 100);
        assert_eq!(Strands::new(100, 8, 1, 0).groups(), 25);
    }
}
