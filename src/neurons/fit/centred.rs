//! Parameters in which the likelihood is nearly round.
//!
//! Neurons count from their rates, δf = f − p, which separates inputs from couplings, and each parameter is measured in units
//! of what a tick tells about it if neurons were independent. Couplings keep their values; inputs become
//! h'_i = h_i + Σ_j J_ij p_j + Σ_k K_ki u_ki, where u_ki is the mean of what K_ki multiplies.

use super::counts::SpikeCounts;
use super::layout::Layout;

/// The map between parameters and their scaled, centred form.
#[derive(Debug, Clone)]
pub(crate) struct Centred {
    layout: Layout,
    rates: Vec<f64>,
    /// What a time coupling joins: each of two sites with the other, or in a causal chain the later with the earlier one; 0 where
    /// time couplings count spikes from 0.
    sides: f64,
    /// √ of the information of a tick, by parameter.
    pub scales: Vec<f64>,
}

impl Centred {
    /// For the conditional likelihoods of this recording, in which no neuron is constant.
    pub fn new(counts: &SpikeCounts) -> Self {
        let layout = counts.layout;
        let rates: Vec<f64> = (0..layout.neurons).map(|i| counts.rate(i)).collect();
        let sides = if layout.is_symmetric() { 2.0 } else { 1.0 };
        let variance = |i: usize| rates[i] * (1.0 - rates[i]);
        let mut scales: Vec<f64> = (0..layout.neurons).map(|i| variance(i).sqrt()).collect();
        scales.extend(layout.each_pair().map(|(i, j)| (sides * variance(i) * variance(j)).sqrt()));
        for _ in 0..layout.lags {
            scales.extend((0..layout.neurons).map(|i| sides.sqrt() * variance(i)));
        }
        Self { layout, rates, sides, scales }
    }

    /// The same with time couplings that count spikes from 0, so that the coupling of events that hardly ever happen, two spikes within
    /// the refractory time, is alone what these say.
    pub fn with_events_in_time(self) -> Self {
        Self { sides: 0.0, ..self }
    }

    /// Spikes a tick of each neuron.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Independent neurons.
    pub fn independent(&self) -> Vec<f64> {
        let mut place = vec![0.0; self.layout.len()];
        for (i, &rate) in self.rates.iter().enumerate() {
            place[i] = self.scales[i] * (rate / (1.0 - rate)).ln();
        }
        place
    }

    /// The parameters at a place.
    pub fn parameters(&self, place: &[f64]) -> Vec<f64> {
        let mut parameters: Vec<f64> = place.iter().zip(&self.scales).map(|(x, scale)| x / scale).collect();
        self.shift_inputs(&mut parameters, -1.0);
        parameters
    }

    /// The place of parameters.
    pub fn place(&self, parameters: &[f64]) -> Vec<f64> {
        let mut place = parameters.to_vec();
        self.shift_inputs(&mut place, 1.0);
        place.iter_mut().zip(&self.scales).for_each(|(x, scale)| *x *= scale);
        place
    }

    /// Derivatives by the place from those by the parameters.
    pub fn slope(&self, gradient: &[f64]) -> Vec<f64> {
        let mut slope = self.centre(gradient);
        slope.iter_mut().zip(&self.scales).for_each(|(g, scale)| *g /= scale);
        slope
    }

    /// Derivatives by centred parameters; moments, which are such derivatives, change in the same way.
    pub fn centre(&self, gradient: &[f64]) -> Vec<f64> {
        let mut centred = gradient.to_vec();
        for (i, j) in self.layout.each_pair() {
            let back = if self.layout.is_symmetric() { self.rates[i] * gradient[j] } else { 0.0 };
            centred[self.layout.pair(i, j)] -= self.rates[j] * gradient[i] + back;
        }
        for (lag, i) in self.each_time() {
            centred[self.layout.time(lag, i)] -= self.sides * self.rates[i] * gradient[i];
        }
        centred
    }

    /// Parameters after a change of the centred ones.
    pub fn moved(&self, parameters: &[f64], change: &[f64]) -> Vec<f64> {
        let mut change = change.to_vec();
        self.shift_inputs(&mut change, -1.0);
        parameters.iter().zip(&change).map(|(parameter, change)| parameter + change).collect()
    }

    fn each_time(&self) -> impl Iterator<Item = (usize, usize)> {
        let Layout { neurons, lags, .. } = self.layout;
        (1..=lags).flat_map(move |lag| (0..neurons).map(move |i| (lag, i)))
    }

    fn shift_inputs(&self, parameters: &mut [f64], sign: f64) {
        for (i, j) in self.layout.each_pair() {
            let coupling = sign * parameters[self.layout.pair(i, j)];
            parameters[i] += coupling * self.rates[j];
            if self.layout.is_symmetric() {
                parameters[j] += coupling * self.rates[i];
            }
        }
        for (lag, i) in self.each_time() {
            parameters[i] += sign * parameters[self.layout.time(lag, i)] * self.sides * self.rates[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neurons::Reading;

    #[test]
    fn places_and_parameters_are_each_others_inverse() {
        for reading in [Reading::Equilibrium, Reading::Causal] {
            let layout = Layout { neurons: 4, lags: 2, reading };
            let events = (0..layout.len()).map(|k| 100.0 + 7.0 * k as f64).collect();
            let centred = Centred::new(&SpikeCounts { layout, ticks: 1000.0, trials: 1, events });
            let parameters: Vec<f64> = (0..layout.len()).map(|k| (k as f64).sin()).collect();
            let back = centred.parameters(&centred.place(&parameters));
            assert!(back.iter().zip(&parameters).all(|(a, b)| (a - b).abs() < 1e-12));
            // A linear function has the same value at both.
            let gradient: Vec<f64> = (0..layout.len()).map(|k| (3.0 * k as f64).cos()).collect();
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let there = dot(&centred.slope(&gradient), &centred.place(&parameters));
            assert!((there - dot(&gradient, &parameters)).abs() < 1e-10);
        }
    }
}
