//! What a recording says about the parameters: how often neurons fire, fire together, and fire again.

use super::layout::Layout;
use super::timeline::Timeline;
use crate::error::Result;
use crate::neurons::{Raster, Reading};

/// Events in the ticks that count; their numbers are the sufficient statistics of the field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpikeCounts {
    pub layout: Layout,
    /// Ticks that count.
    pub ticks: f64,
    pub trials: usize,
    /// Of each parameter, in its place: spikes; ticks at which a pair fires together (in a causal chain: i one tick
    /// after j); spikes with another one of the same neuron so many ticks before.
    pub events: Vec<f64>,
}

impl SpikeCounts {
    /// Counts on the host, 32 ticks at a time.
    ///
    /// # Errors
    /// As [`Timeline::new`].
    pub fn of(raster: &Raster, lags: usize, reading: Reading) -> Result<Self> {
        let line = Timeline::new(raster, lags, reading, 1, usize::MAX)?;
        let layout = line.layout;
        let Layout { neurons, lags, .. } = layout;
        let fires = |neuron: usize| &line.fires[neuron * line.stride..][..line.stride];
        let drives = |unit: usize| &line.drives[unit * line.stride..][..line.stride];
        let counting = drives(neurons);
        let both = |a: &[u32], b: &[u32]| -> f64 {
            let words = a.iter().zip(b).zip(counting);
            words.map(|((a, b), counts)| f64::from((a & b & counts).count_ones())).sum()
        };
        let mut events: Vec<f64> = (0..neurons).map(|i| both(fires(i), fires(i))).collect();
        events.extend(layout.each_pair().map(|(i, j)| both(fires(i), drives(j))));
        for lag in 1..=lags {
            for neuron in 0..neurons {
                let row = fires(neuron);
                let earlier: Vec<u32> = std::iter::once(0)
                    .chain(row.windows(2).map(|pair| (pair[1] << lag) | (pair[0] >> (32 - lag))))
                    .collect();
                events.push(both(row, &earlier));
            }
        }
        Ok(Self { layout, ticks: line.ticks.iter().sum(), trials: raster.trials(), events })
    }

    /// Events a tick, of each parameter; at a lag k an event has k ticks fewer a trial in which to happen.
    pub fn means(&self) -> Vec<f64> {
        let mut means: Vec<f64> = self.events.iter().map(|events| events / self.ticks).collect();
        for lag in 1..=self.layout.lags {
            for neuron in 0..self.layout.neurons {
                let place = self.layout.time(lag, neuron);
                means[place] = self.events[place] / (self.ticks - (lag * self.trials) as f64).max(1.0);
            }
        }
        means
    }

    /// Connected covariances of neurons with themselves, lag after lag.
    pub fn lagged_covariances(&self) -> Vec<f64> {
        let means = self.means();
        let times = means[self.layout.times()].iter().enumerate();
        times.map(|(at, mean)| mean - self.rate(at % self.layout.neurons).powi(2)).collect()
    }

    /// Spikes a tick of a neuron.
    pub fn rate(&self, neuron: usize) -> f64 {
        self.events[neuron] / self.ticks
    }

    /// Connected covariances ⟨f_i f_j⟩ − ⟨f_i⟩⟨f_j⟩ of the pairs, in their order; of one tick if this is an equilibrium's.
    pub fn covariances(&self) -> Vec<f64> {
        let pairs = self.layout.each_pair().zip(&self.events[self.layout.pairs()]);
        pairs.map(|((i, j), together)| together / self.ticks - self.rate(i) * self.rate(j)).collect()
    }

    /// Neurons whose inputs would be infinite.
    pub fn constant(&self) -> Vec<usize> {
        let constant = |&i: &usize| self.events[i] == 0.0 || self.events[i] == self.ticks;
        (0..self.layout.neurons).filter(constant).collect()
    }

    /// Events that never happen, which make a coupling infinite: two neurons and lag 0, or a neuron twice and a lag.
    pub fn missing_events(&self) -> Vec<(usize, usize, usize)> {
        let layout = self.layout;
        let pairs = layout.each_pair().map(|(i, j)| (layout.pair(i, j), (i, j, 0)));
        let lags = (1..=layout.lags).flat_map(|lag| (0..layout.neurons).map(move |i| (lag, i)));
        let times = lags.map(|(lag, i)| (layout.time(lag, i), (i, i, lag)));
        pairs.chain(times).filter(|&(place, _)| self.events[place] == 0.0).map(|(_, event)| event).collect()
    }
}
