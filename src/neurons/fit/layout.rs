//! The parameters of a field as one vector, which is what an optimiser moves.

use crate::error::Result;
use crate::neurons::{Convention, NeuralField};
use std::ops::Range;

/// Where the parameters stand: N inputs, N(N−1)/2 space couplings of the pairs i < j row by row, then N time couplings a lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// N.
    pub neurons: usize,
    /// Lags 1 to so many have time couplings.
    pub lags: usize,
}

impl Layout {
    /// How many parameters there are.
    pub fn len(self) -> usize {
        self.pairs().end + self.lags * self.neurons
    }

    /// The places of the space couplings.
    pub fn pairs(self) -> Range<usize> {
        self.neurons..self.neurons + self.neurons * self.neurons.saturating_sub(1) / 2
    }

    /// The places of the time couplings.
    pub fn times(self) -> Range<usize> {
        self.pairs().end..self.len()
    }

    /// The place of the space coupling of two different neurons.
    pub fn pair(self, i: usize, j: usize) -> usize {
        let (low, high) = (i.min(j), i.max(j));
        self.neurons + low * (2 * self.neurons - low - 1) / 2 + high - low - 1
    }

    /// The place of the time coupling of a neuron with itself `lag` ticks later.
    pub fn time(self, lag: usize, neuron: usize) -> usize {
        self.pairs().end + (lag - 1) * self.neurons + neuron
    }

    /// The pairs i < j in their order.
    pub fn each_pair(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.neurons).flat_map(move |i| (i + 1..self.neurons).map(move |j| (i, j)))
    }

    /// The field of these parameters, of 0/1 neurons.
    pub fn field(self, parameters: &[f64]) -> Result<NeuralField> {
        let mut space = vec![0.0; self.neurons * self.neurons];
        for (i, j) in self.each_pair() {
            let coupling = parameters[self.pair(i, j)];
            space[i * self.neurons + j] = coupling;
            space[j * self.neurons + i] = coupling;
        }
        let field = NeuralField::new(self.neurons, Convention::Gas)?.with_space(space)?;
        let field = field.with_input(parameters[..self.neurons].to_vec())?;
        if self.lags == 0 { Ok(field) } else { field.with_time(self.lags, parameters[self.times()].to_vec()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_one_place() {
        for (neurons, lags) in [(1, 0), (2, 1), (5, 3)] {
            let layout = Layout { neurons, lags };
            let mut places: Vec<usize> = (0..neurons).collect();
            places.extend(layout.each_pair().map(|(i, j)| layout.pair(j, i)));
            places.extend((1..=lags).flat_map(|lag| (0..neurons).map(move |i| layout.time(lag, i))));
            assert_eq!(places, (0..layout.len()).collect::<Vec<_>>());
        }
    }
}
