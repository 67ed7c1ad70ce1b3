//! A recording laid out for the likelihood of each neuron given the others.

use super::layout::Layout;
use crate::error::{Error, Result};
use crate::neurons::{Raster, Reading};

/// Trials one after the other on a line of words of 32 ticks, each padded to whole words and followed by a silent one, so that no
/// lag of up to 31 ticks reaches from one trial into another. The line is cut into blocks of as many words each.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub layout: Layout,
    pub block_words: usize,
    pub blocks: usize,
    /// Of a row of bits: the words of all blocks, and a silent one before and after them.
    pub stride: usize,
    /// [neuron][word]; as many rows as fill groups of four.
    pub fires: Vec<u32>,
    /// [unit][word]: what the space couplings multiply, and a last unit that fires wherever a tick counts.
    pub drives: Vec<u32>,
    /// Ticks that count, in each block.
    pub ticks: Vec<f64>,
}

/// Ticks that no conditional reaches beyond: the silent word between two trials is as long as that.
pub(crate) const MAX_LAGS: usize = 31;

impl Timeline {
    /// Lays out a recording in about `wanted` blocks, of `most_words` words at the most.
    ///
    /// # Errors
    /// [`Error::Input`] for more than 31 lags, or causal trials that are too short to have a past.
    pub fn new(raster: &Raster, lags: usize, reading: Reading, wanted: usize, most_words: usize) -> Result<Self> {
        let neurons = raster.neurons();
        if lags > MAX_LAGS {
            let hint = "use wider bins to reach further back";
            return Err(Error::input("lags of the time couplings", format!("at most {MAX_LAGS}"), lags, hint));
        }
        // The past of the first ticks of a trial is not known.
        let first = if reading == Reading::Causal { lags.max(1) } else { 0 };
        if raster.ticks() <= first {
            let hint = "use fewer lags or longer trials";
            return Err(Error::input("ticks of a trial", format!("more than {first}"), raster.ticks(), hint));
        }
        let trial_words = raster.ticks().div_ceil(32);
        let words = raster.trials() * (trial_words + 1);
        let block_words = words.div_ceil(wanted).clamp(1, most_words);
        let blocks = words.div_ceil(block_words);
        let stride = blocks * block_words + 2;
        let rows = (neurons + 1).next_multiple_of(4);
        let mut fires = vec![0; rows * stride];
        let mut drives = vec![0; (neurons + 1) * stride];
        let starts = (0..raster.trials()).map(|trial| 1 + trial * (trial_words + 1));
        for (trial, start) in starts.enumerate() {
            for neuron in 0..neurons {
                let row = raster.row(trial, neuron);
                fires[neuron * stride + start..][..trial_words].copy_from_slice(&row[..trial_words]);
            }
            for tick in first..raster.ticks() {
                drives[neurons * stride + start + tick / 32] |= 1 << (tick % 32);
            }
        }
        for at in 1..neurons * stride {
            drives[at] = match reading {
                Reading::Equilibrium => fires[at],
                // One tick later, into the silent word as well.
                Reading::Causal => (fires[at] << 1) | (fires[at - 1] >> 31),
            };
        }
        let counting = drives[neurons * stride + 1..][..blocks * block_words].chunks_exact(block_words);
        let ticks = counting.map(|block| block.iter().map(|word| f64::from(word.count_ones())).sum()).collect();
        let layout = Layout { neurons, lags, reading };
        Ok(Self { layout, block_words, blocks, stride, fires, drives, ticks })
    }

    /// The same with silent blocks behind, in which no tick counts.
    pub fn padded(mut self, blocks: usize) -> Self {
        let stride = blocks * self.block_words + 2;
        let widen = |rows: &[u32]| -> Vec<u32> {
            let row = |row: &[u32]| row.iter().copied().chain(std::iter::repeat_n(0, stride - row.len())).collect();
            rows.chunks_exact(self.stride).flat_map::<Vec<u32>, _>(row).collect()
        };
        (self.fires, self.drives) = (widen(&self.fires), widen(&self.drives));
        self.ticks.resize(blocks, 0.0);
        (self.stride, self.blocks) = (stride, blocks);
        self
    }

    /// [tick][unit / 32]: the driving units, tick by tick.
    pub fn drives_by_tick(&self) -> Vec<u32> {
        let unit_words = self.unit_words();
        let mut turned = vec![0u32; 32 * (self.stride - 2) * unit_words];
        for (unit, row) in self.drives.chunks_exact(self.stride).enumerate() {
            for (word, &bits) in row[1..self.stride - 1].iter().enumerate() {
                let mut left = bits;
                while left != 0 {
                    let tick = 32 * word + left.trailing_zeros() as usize;
                    turned[tick * unit_words + unit / 32] |= 1 << (unit % 32);
                    left &= left - 1;
                }
            }
        }
        turned
    }

    /// Words that the driving units take a tick.
    pub fn unit_words(&self) -> usize {
        (self.layout.neurons + 1).div_ceil(32)
    }
}
