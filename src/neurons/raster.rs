//! Rasters: which neuron fired in which tick of which trial, one bit each.

use crate::error::{Error, Result};
use crate::io::checkpoint::{Sections, unfit};
use std::ops::Range;

/// Ticks in one word.
const WORD: usize = 32;

/// A spike raster: trials × neurons × ticks of 0 (silent) or 1 (fires).
///
/// Every (trial, neuron) row takes `words()` = ceil(T/32) words; tick t is bit t % 32 of word t / 32. The padding bits
/// beyond tick T − 1 are always 0, so two rasters are equal exactly when their words are. Trials are repetitions that have
/// nothing to do with each other in time: no correlation of ticks reaches from one into the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    trials: usize,
    neurons: usize,
    ticks: usize,
    words: usize,
    bits: Vec<u32>,
}

impl Raster {
    /// A raster in which no neuron ever fires.
    ///
    /// # Errors
    /// [`Error::Input`] for no trial, no neuron or no tick, or more than fits in memory.
    pub fn new(trials: usize, neurons: usize, ticks: usize) -> Result<Self> {
        for (what, hint, count) in [
            ("trials", "a raster has at least one repetition", trials),
            ("neurons", "a raster has at least one neuron", neurons),
            ("ticks", "a raster has at least one tick", ticks),
        ] {
            if count == 0 {
                return Err(Error::input(format!("number of {what} of a raster"), "at least 1", 0, hint));
            }
        }
        let words = ticks.div_ceil(WORD);
        let too_large = || {
            let got = format!("{trials} trials of {neurons} neurons over {ticks} ticks");
            Error::input(
                "size of a raster",
                "what fits in memory",
                got,
                "use wider bins, fewer neurons or fewer trials",
            )
        };
        let total = trials.checked_mul(neurons).and_then(|rows| rows.checked_mul(words)).ok_or_else(too_large)?;
        let mut bits = Vec::new();
        bits.try_reserve_exact(total).map_err(|_| too_large())?;
        bits.resize(total, 0);
        Ok(Self { trials, neurons, ticks, words, bits })
    }

    /// Packs values 0 or 1 in the order (trial, neuron, tick), the last fastest.
    ///
    /// # Errors
    /// [`Error::Input`] for a value that is neither 0 nor 1, with its place, for another number of values than
    /// trials × neurons × ticks, and as [`new`](Self::new).
    pub fn from_values(values: &[u8], trials: usize, neurons: usize, ticks: usize) -> Result<Self> {
        let mut raster = Self::new(trials, neurons, ticks)?;
        // In the range of usize, as the raster has at least a bit of memory for each.
        let wanted = trials * neurons * ticks;
        if values.len() != wanted {
            let wanted = format!("{wanted} = {trials} trials x {neurons} neurons x {ticks} ticks");
            return Err(Error::input("values of a raster", wanted, values.len(), "give every tick of every neuron"));
        }
        if let Some(at) = values.iter().position(|&value| value > 1) {
            let (row, tick) = (at / ticks, at % ticks);
            let what = format!("trial {}, neuron {}, tick {tick} of a raster", row / neurons, row % neurons);
            return Err(Error::input(what, "0 or 1", values[at], "several spikes in a tick count as 1"));
        }
        for (row, values) in raster.bits.chunks_exact_mut(raster.words).zip(values.chunks_exact(ticks)) {
            for (word, values) in row.iter_mut().zip(values.chunks(WORD)) {
                *word = values.iter().enumerate().fold(0, |word, (bit, &value)| word | u32::from(value) << bit);
            }
        }
        Ok(raster)
    }

    /// As data.
    pub(crate) fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("shape", &[self.trials, self.neurons, self.ticks].map(|size| size as u64));
        sections.put_numbers("bits", &self.bits);
        sections
    }

    /// From what was [saved](Self::save).
    ///
    /// # Errors
    /// [`Error::Input`] for bits that do not fit the shape, or a shape other than these trials, neurons and ticks.
    pub(crate) fn restore(saved: &Sections, shape: [usize; 3]) -> Result<Self> {
        let [trials, neurons, ticks] = shape;
        let (of_saved, bits) = (saved.array::<u64, 3>("shape")?, saved.numbers::<u32>("bits")?);
        let words = ticks.div_ceil(WORD);
        if of_saved != shape.map(|size| size as u64) {
            return Err(unfit("shape", format!("{shape:?}"), format!("{of_saved:?}")));
        }
        let beyond = |row: &[u32]| row.last().is_some_and(|word| word & !last_word_mask(ticks) != 0);
        if bits.len() != trials * neurons * words || bits.chunks_exact(words.max(1)).any(beyond) {
            let wanted = format!("{} words without spikes after the last tick", trials * neurons * words);
            return Err(unfit("bits", wanted, format!("{} words", bits.len())));
        }
        Ok(Self { trials, neurons, ticks, words, bits })
    }

    /// The number of trials.
    pub fn trials(&self) -> usize {
        self.trials
    }

    /// The number of neurons, N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// The number of ticks of a trial, T.
    pub fn ticks(&self) -> usize {
        self.ticks
    }

    /// The number of words of a row, ceil(T/32).
    pub fn words(&self) -> usize {
        self.words
    }

    /// All words in the order (trial, neuron, word).
    pub fn bits(&self) -> &[u32] {
        &self.bits
    }

    /// The words of one neuron in one trial; empty if there is no such neuron or trial.
    pub fn row(&self, trial: usize, neuron: usize) -> &[u32] {
        self.place(trial, neuron).and_then(|start| self.bits.get(start..start + self.words)).unwrap_or(&[])
    }

    /// Whether a neuron fires; false if there is no such trial, neuron or tick.
    pub fn fires(&self, trial: usize, neuron: usize, tick: usize) -> bool {
        // Padding bits are 0, and words beyond the row are absent.
        self.row(trial, neuron).get(tick / WORD).is_some_and(|word| word >> (tick % WORD) & 1 == 1)
    }

    /// Lets a neuron fire or be silent; does nothing if there is no such trial, neuron or tick.
    pub fn set(&mut self, trial: usize, neuron: usize, tick: usize, fires: bool) {
        let Some(start) = self.place(trial, neuron).filter(|_| tick < self.ticks) else { return };
        if let Some(word) = self.bits.get_mut(start + tick / WORD) {
            let bit = 1 << (tick % WORD);
            *word = if fires { *word | bit } else { *word & !bit };
        }
    }

    /// The number of spikes of a neuron, over all trials and ticks.
    pub fn spikes(&self, neuron: usize) -> u64 {
        let rows = (0..self.trials).map(|trial| self.row(trial, neuron));
        rows.flatten().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The fraction of ticks in which each neuron fires, over all trials.
    pub fn rates(&self) -> Vec<f64> {
        let all = self.trials as f64 * self.ticks as f64;
        (0..self.neurons).map(|neuron| self.spikes(neuron) as f64 / all).collect()
    }

    /// How many neurons fire in a tick of a trial.
    pub fn active(&self, trial: usize, tick: usize) -> usize {
        (0..self.neurons).filter(|&neuron| self.fires(trial, neuron, tick)).count()
    }

    /// The values 0 and 1 in the order (trial, neuron, tick), as [`from_values`](Self::from_values) takes them.
    pub fn values(&self) -> Vec<u8> {
        let row = |row: &[u32]| {
            let value = |tick: usize| (row[tick / WORD] >> (tick % WORD) & 1) as u8;
            (0..self.ticks).map(value).collect::<Vec<_>>()
        };
        self.bits.chunks_exact(self.words).flat_map(row).collect()
    }

    /// The neurons of a range, numbered anew from 0.
    ///
    /// # Errors
    /// [`Error::Input`] for an empty range or one beyond the last neuron.
    pub fn select(&self, neurons: Range<usize>) -> Result<Self> {
        check_range("neurons", &neurons, self.neurons)?;
        let mut part = Self::new(self.trials, neurons.len(), self.ticks)?;
        for (rows, all) in part
            .bits
            .chunks_exact_mut(neurons.len() * self.words)
            .zip(self.bits.chunks_exact(self.neurons * self.words))
        {
            rows.copy_from_slice(&all[neurons.start * self.words..neurons.end * self.words]);
        }
        Ok(part)
    }

    /// The ticks of a range in every trial, numbered anew from 0.
    ///
    /// # Errors
    /// [`Error::Input`] for an empty range or one beyond the last tick.
    pub fn window(&self, ticks: Range<usize>) -> Result<Self> {
        check_range("ticks", &ticks, self.ticks)?;
        let mut part = Self::new(self.trials, self.neurons, ticks.len())?;
        let (first, shift) = (ticks.start / WORD, ticks.start % WORD);
        let rows = part.bits.chunks_exact_mut(part.words).zip(self.bits.chunks_exact(self.words));
        for (row, all) in rows {
            for (at, word) in row.iter_mut().enumerate() {
                let low = all[first + at] >> shift;
                let next = all.get(first + at + 1).copied().unwrap_or(0);
                *word = if shift == 0 { low } else { low | next << (WORD - shift) };
            }
            if let Some(word) = row.last_mut() {
                *word &= last_word_mask(ticks.len());
            }
        }
        Ok(part)
    }

    /// Some of the trials, in the order of the indices; an index may repeat.
    ///
    /// # Errors
    /// [`Error::Input`] for no index or one beyond the last trial.
    pub fn take_trials(&self, trials: &[usize]) -> Result<Self> {
        let mut part = Self::new(trials.len(), self.neurons, self.ticks)?;
        let size = self.neurons * self.words;
        for (rows, &trial) in part.bits.chunks_exact_mut(size).zip(trials) {
            check_range("trials", &(trial..trial.saturating_add(1)), self.trials)?;
            rows.copy_from_slice(&self.bits[trial * size..(trial + 1) * size]);
        }
        Ok(part)
    }

    /// Some of the neurons, in the order of the indices; an index may repeat.
    ///
    /// # Errors
    /// [`Error::Input`] for no index or one beyond the last neuron.
    pub fn take_neurons(&self, neurons: &[usize]) -> Result<Self> {
        let mut part = Self::new(self.trials, neurons.len(), self.ticks)?;
        for trial in 0..self.trials {
            for (place, &neuron) in neurons.iter().enumerate() {
                check_range("neurons", &(neuron..neuron.saturating_add(1)), self.neurons)?;
                let start = (trial * neurons.len() + place) * self.words;
                part.bits[start..start + self.words].copy_from_slice(self.row(trial, neuron));
            }
        }
        Ok(part)
    }

    /// Where the words of a row begin.
    fn place(&self, trial: usize, neuron: usize) -> Option<usize> {
        (trial < self.trials && neuron < self.neurons).then(|| (trial * self.neurons + neuron) * self.words)
    }
}

/// The bits of a row's last word that belong to ticks.
fn last_word_mask(ticks: usize) -> u32 {
    match ticks % WORD {
        0 => u32::MAX,
        used => (1 << used) - 1,
    }
}

fn check_range(what: &str, range: &Range<usize>, count: usize) -> Result<()> {
    if range.start < range.end && range.end <= count {
        return Ok(());
    }
    let wanted = format!("A:B with A < B, from 0 to {count}");
    let got = format!("{}:{}", range.start, range.end);
    Err(Error::input(format!("range of {what}"), wanted, got, "numbers begin at 0, and the end does not belong to it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values without a pattern, by a linear congruential generator.
    fn values(count: usize) -> Vec<u8> {
        let mut state = 12_345u32;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::from(state >> 30 == 0)
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn values_come_back() {
        for (trials, neurons, ticks) in [(1, 1, 1), (1, 3, 31), (2, 5, 32), (3, 2, 33), (1, 33, 100)] {
            let values = values(trials * neurons * ticks);
            let mut raster = Raster::from_values(&values, trials, neurons, ticks).unwrap();
            assert_eq!(raster.values(), values);
            assert_eq!((raster.words(), raster.row(0, 0).len()), (ticks.div_ceil(32), ticks.div_ceil(32)));
            let mut again = Raster::new(trials, neurons, ticks).unwrap();
            for (at, &value) in values.iter().enumerate() {
                let (row, tick) = (at / ticks, at % ticks);
                assert_eq!(raster.fires(row / neurons, row % neurons, tick), value == 1);
                again.set(row / neurons, row % neurons, tick, value == 1);
            }
            assert_eq!(again, raster);
            let spikes: u64 = values.iter().map(|&value| u64::from(value)).sum();
            assert_eq!((0..neurons).map(|i| raster.spikes(i)).sum::<u64>(), spikes);
            let active = (0..trials).flat_map(|trial| (0..ticks).map(move |tick| (trial, tick)));
            assert_eq!(active.map(|(trial, tick)| raster.active(trial, tick)).sum::<usize>() as u64, spikes);
            let rates: f64 = raster.rates().iter().sum();
            assert!((rates * (trials * ticks) as f64 - spikes as f64).abs() < 1e-9);
            raster.set(0, 0, ticks, true);
            assert_eq!(raster, again);
            assert!(!raster.fires(trials, 0, 0) && !raster.fires(0, neurons, 0) && !raster.fires(0, 0, ticks));
        }
    }

    #[test]
    fn parts_hold_what_the_whole_does() {
        let (trials, neurons, ticks) = (3, 7, 101);
        let raster = Raster::from_values(&values(trials * neurons * ticks), trials, neurons, ticks).unwrap();
        for (from, to) in [(0, 101), (1, 33), (32, 64), (31, 96), (100, 101), (37, 101)] {
            let part = raster.window(from..to).unwrap().select(2..6).unwrap().take_trials(&[2, 0]).unwrap();
            assert_eq!((part.trials(), part.neurons(), part.ticks()), (2, 4, to - from));
            let mut by_hand = Raster::new(2, 4, to - from).unwrap();
            for (trial, neuron, tick) in
                (0..2).flat_map(|r| (0..4).flat_map(move |i| (from..to).map(move |a| (r, i, a))))
            {
                by_hand.set(trial, neuron, tick - from, raster.fires([2, 0][trial], neuron + 2, tick));
            }
            assert_eq!(part, by_hand, "{from} {to}");
        }
    }

    #[test]
    fn what_is_no_raster_is_refused() {
        let refused = |result: Result<Raster>| result.unwrap_err().to_string();
        assert!(refused(Raster::new(0, 1, 1)).contains("trials"));
        assert!(refused(Raster::new(1, 0, 1)).contains("neurons"));
        assert!(refused(Raster::new(1, 1, 0)).contains("ticks"));
        assert!(refused(Raster::new(usize::MAX, usize::MAX, 1)).contains("memory"));
        assert!(refused(Raster::new(1 << 30, 1 << 30, 1)).contains("memory"));
        assert!(refused(Raster::from_values(&[0; 5], 1, 2, 3)).contains("6 = 1 trials x 2 neurons x 3 ticks"));
        let wrong = refused(Raster::from_values(&[0, 0, 0, 0, 0, 0, 0, 2], 2, 2, 2));
        assert!(wrong.contains("trial 1, neuron 1, tick 1") && wrong.contains("got 2"), "{wrong}");
        let raster = Raster::new(1, 3, 10).unwrap();
        #[expect(clippy::reversed_empty_ranges, reason = "a caller can make one")]
        for range in [0..0, 2..1, 0..4, 3..4, 0..usize::MAX] {
            assert!(refused(raster.select(range)).contains("range of neurons"));
        }
        assert!(refused(raster.window(5..11)).contains("5:11"));
        assert!(refused(raster.take_trials(&[1])).contains("trials") && raster.take_trials(&[]).is_err());
    }
}
