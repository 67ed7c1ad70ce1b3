//! Exact sums over all rasters of a tiny field.

use super::{NeuralField, Raster};
use crate::error::{Error, Result};

/// The most sites that are not clamped.
const MOST_SITES: usize = 20;

/// Exact means of a tiny field, of neurons that fire (1) or not (0), whatever the field's convention.
#[derive(Debug, Clone)]
pub struct Enumerated {
    neurons: usize,
    ticks: usize,
    /// ln Σ weight; 0 for a causal field of which nothing is clamped.
    pub log_z: f64,
    /// The probability of each raster: of the sites that are not clamped, neuron after neuron, site k is bit k.
    pub probabilities: Vec<f64>,
    /// ⟨φ_x φ_y⟩ over all pairs of sites x = neuron · T + tick.
    sites: Vec<f64>,
}

impl NeuralField {
    /// Sums over all rasters of T ticks in which the sites that fire in `mask` do what they do in `observed`, each of one trial.
    ///
    /// # Errors
    /// [`Error::Limit`] for more than 20 sites to sum over; [`Error::Input`] for rasters of another shape, or a number of ticks
    /// that the field cannot have.
    pub fn enumerate(&self, ticks: usize, clamp: Option<(&Raster, &Raster)>) -> Result<Enumerated> {
        self.check_ticks(ticks)?;
        let neurons = self.neurons();
        for raster in clamp.iter().flat_map(|(mask, observed)| [mask, observed]) {
            if (raster.trials(), raster.neurons(), raster.ticks()) != (1, neurons, ticks) {
                let got = format!("{} x {} x {}", raster.trials(), raster.neurons(), raster.ticks());
                let wanted = format!("1 x {neurons} x {ticks}");
                return Err(Error::input("clamped sites", wanted, got, "give trials x neurons x ticks"));
            }
        }
        let all = neurons * ticks;
        let is_free = |site: &usize| clamp.is_none_or(|(mask, _)| !mask.fires(0, site / ticks, site % ticks));
        let free: Vec<usize> = (0..all).filter(is_free).collect();
        if free.len() > MOST_SITES {
            let (need, have) = (free.len() as u64, MOST_SITES as u64);
            let hint = "the sum has 2^sites terms: sample larger fields".into();
            return Err(Error::Limit { what: "sites of an enumeration".into(), need, have, hint });
        }
        let mut state: Vec<bool> = (0..all)
            .map(|site| clamp.is_some_and(|(_, observed)| observed.fires(0, site / ticks, site % ticks)))
            .collect();
        let mut weights = Vec::with_capacity(1 << free.len());
        for bits in 0..1usize << free.len() {
            show(&mut state, &free, bits);
            weights.push(self.log_weight(ticks, |neuron, tick| state[neuron * ticks + tick])?);
        }
        let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = weights.iter().map(|weight| (weight - largest).exp()).sum();
        let log_z = largest + sum.ln();
        let probabilities: Vec<f64> = weights.iter().map(|weight| (weight - log_z).exp()).collect();
        let mut sites = vec![0.0; all * all];
        for (bits, probability) in probabilities.iter().enumerate() {
            show(&mut state, &free, bits);
            for x in (0..all).filter(|&x| state[x]) {
                for y in (0..all).filter(|&y| state[y]) {
                    sites[x * all + y] += probability;
                }
            }
        }
        Ok(Enumerated { neurons, ticks, log_z, probabilities, sites })
    }
}

/// Puts bits on the free sites of a state.
fn show(state: &mut [bool], free: &[usize], bits: usize) {
    for (k, &site) in free.iter().enumerate() {
        state[site] = bits >> k & 1 == 1;
    }
}

impl Enumerated {
    /// ⟨φ_i^a φ_j^b⟩ of two sites (neuron, tick).
    ///
    /// # Panics
    /// Where there is no such site.
    pub fn pair(&self, [i, a]: [usize; 2], [j, b]: [usize; 2]) -> f64 {
        self.sites[(i * self.ticks + a) * self.neurons * self.ticks + j * self.ticks + b]
    }

    /// ⟨φ_i⟩, over ticks.
    pub fn rate(&self, neuron: usize) -> f64 {
        self.space(neuron, neuron)
    }

    /// ⟨Φ_ij⟩ = ⟨φ_i^a φ_j^a⟩, over ticks.
    pub fn space(&self, i: usize, j: usize) -> f64 {
        (0..self.ticks).map(|a| self.pair([i, a], [j, a])).sum::<f64>() / self.ticks as f64
    }

    /// ⟨φ_i^a φ_i^{a+k}⟩, over a = 0 … T − k − 1.
    pub fn time(&self, lag: usize, neuron: usize) -> f64 {
        let count = self.ticks - lag;
        (0..count).map(|a| self.pair([neuron, a], [neuron, a + lag])).sum::<f64>() / count as f64
    }

    /// ⟨Π_ab⟩ = ⟨φ_i^a φ_i^b⟩, over neurons.
    pub fn overlap(&self, a: usize, b: usize) -> f64 {
        (0..self.neurons).map(|i| self.pair([i, a], [i, b])).sum::<f64>() / self.neurons as f64
    }
}
