//! The parameters of a field as one vector, which is what an optimiser moves.

use crate::error::Result;
use crate::neurons::{Convention, NeuralField, Reading};
use std::ops::Range;

/// Where the parameters stand: N inputs, the space couplings row by row, then N time couplings a lag. In equilibrium there is
/// one space coupling of each pair i < j; in a causal chain one of each i ≠ j, what neuron j does to neuron i.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// N.
    pub neurons: usize,
    /// Lags 1 to so many have time couplings.
    pub lags: usize,
    /// Whether couplings are symmetric.
    pub reading: Reading,
}

impl Layout {
    /// How many parameters there are.
    pub fn len(self) -> usize {
        self.pairs().end + self.lags * self.neurons
    }

    /// The places of the space couplings.
    pub fn pairs(self) -> Range<usize> {
        let ordered = self.neurons * self.neurons.saturating_sub(1);
        self.neurons..self.neurons + if self.is_symmetric() { ordered / 2 } else { ordered }
    }

    /// The places of the time couplings.
    pub fn times(self) -> Range<usize> {
        self.pairs().end..self.len()
    }

    /// The place of the space coupling of two different neurons.
    pub fn pair(self, i: usize, j: usize) -> usize {
        if !self.is_symmetric() {
            return self.neurons + i * (self.neurons - 1) + j - usize::from(j > i);
        }
        let (low, high) = (i.min(j), i.max(j));
        self.neurons + low * (2 * self.neurons - low - 1) / 2 + high - low - 1
    }

    /// The place of the time coupling of a neuron with itself `lag` ticks later.
    pub fn time(self, lag: usize, neuron: usize) -> usize {
        self.pairs().end + (lag - 1) * self.neurons + neuron
    }

    /// The pairs that have a space coupling, in their order.
    pub fn each_pair(self) -> impl Iterator<Item = (usize, usize)> + Clone {
        let second = move |i: usize| if self.is_symmetric() { i + 1..self.neurons } else { 0..self.neurons };
        (0..self.neurons).flat_map(move |i| second(i).filter(move |&j| j != i).map(move |j| (i, j)))
    }

    /// Whether J_ij is J_ji.
    pub fn is_symmetric(self) -> bool {
        self.reading == Reading::Equilibrium
    }

    /// The space couplings, or something of theirs, as a matrix: N × N, row after row, with zeros on the diagonal.
    pub fn matrix(self, parameters: &[f64]) -> Vec<f64> {
        let mut matrix = vec![0.0; self.neurons * self.neurons];
        for (i, j) in self.each_pair() {
            matrix[i * self.neurons + j] = parameters[self.pair(i, j)];
            if self.is_symmetric() {
                matrix[j * self.neurons + i] = parameters[self.pair(i, j)];
            }
        }
        matrix
    }

    /// The parameters of a field without couplings in time, of 0/1 neurons.
    pub fn parameters(self, field: &NeuralField) -> Vec<f64> {
        let pairs = self.each_pair().map(|(i, j)| field.space()[i * self.neurons + j]);
        field.input().iter().copied().chain(pairs).collect()
    }

    /// The field of these parameters, of 0/1 neurons.
    pub fn field(self, parameters: &[f64]) -> Result<NeuralField> {
        let field = NeuralField::new(self.neurons, Convention::Gas)?;
        let field = if self.is_symmetric() { field } else { field.causal() };
        let field = field.with_space(self.matrix(parameters))?.with_input(parameters[..self.neurons].to_vec())?;
        field.with_time(self.lags, parameters[self.times()].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_one_place() {
        for reading in [Reading::Equilibrium, Reading::Causal] {
            for (neurons, lags) in [(1, 0), (2, 1), (5, 3)] {
                let layout = Layout { neurons, lags, reading };
                let mut places: Vec<usize> = (0..neurons).collect();
                places.extend(layout.each_pair().map(|(i, j)| layout.pair(i, j)));
                places.extend((1..=lags).flat_map(|lag| (0..neurons).map(move |i| layout.time(lag, i))));
                assert_eq!(places, (0..layout.len()).collect::<Vec<_>>());
                if layout.is_symmetric() {
                    assert!(layout.each_pair().all(|(i, j)| layout.pair(i, j) == layout.pair(j, i)));
                }
            }
        }
    }
}
