//! The restricted Boltzmann machine: its energy and what follows from it without a device.

use super::Units;
use crate::error::{Error, Result};
use crate::random::{Event, Purpose, normal_pair};

/// The most units of a layer: one loop of a kernel runs over four at a time.
pub const MAX_UNITS: usize = 1 << 16;

/// One of the two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// What data are shown to.
    Visible,
    /// What explains them.
    Hidden,
}

/// A restricted Boltzmann machine: visible units v and hidden units h with the energy
///
/// E(v, h) = −a·v − b·h − vᵀWh + Σ_i q(v_i) + Σ_j q(h_j),
///
/// q(u) = u²/2 for Gaussian and rectified [`Units`], a u² + b u⁴ for quartic ones and 0 for others. Given one layer the units
/// of the other are independent, at the inputs x_j = b_j + (Wᵀv)_j and x_i = a_i + (Wh)_i. With K of the hidden units the free energy is
///
/// F(v) = −a·v + Σ_i q(v_i) − Σ_j K(b_j + (Wᵀv)_j),   P(v) = e^(−F(v)) / Z.
///
/// P. Smolensky (1986); G. E. Hinton, Neural Computation 14, 1771 (2002).
#[derive(Debug, Clone, PartialEq)]
pub struct RestrictedMachine {
    units: [Units; 2],
    weights: Vec<f32>,
    visible_biases: Vec<f32>,
    hidden_biases: Vec<f32>,
}

impl RestrictedMachine {
    /// A machine of these weights, visible × hidden row by row, and biases.
    ///
    /// # Errors
    /// [`Error::Input`] for a layer without units, weights that do not fit the biases, or a number that is not finite;
    /// [`Error::Limit`] for more than [`MAX_UNITS`] units in a layer.
    pub fn new(
        visible: Units,
        hidden: Units,
        weights: Vec<f32>,
        visible_biases: Vec<f32>,
        hidden_biases: Vec<f32>,
    ) -> Result<Self> {
        let (rows, columns) = (visible_biases.len(), hidden_biases.len());
        check_sizes(rows, columns)?;
        if weights.len() != rows * columns {
            let wanted = format!("{rows} x {columns}, as many as the biases, {} in all", rows * columns);
            let hint = "weights are visible x hidden, row by row; transpose them if they are hidden x visible";
            return Err(Error::input("weights", wanted, weights.len(), hint));
        }
        let named = [("weight", &weights), ("visible bias", &visible_biases), ("hidden bias", &hidden_biases)];
        for (what, values) in named {
            if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                let hint = "a machine that learned this has diverged: use a smaller learning rate";
                return Err(Error::input(format!("{what} {at}"), "a finite number", values[at], hint));
            }
        }
        Ok(Self { units: [visible, hidden], weights, visible_biases, hidden_biases })
    }

    /// A machine to learn with: weights from the normal law of mean 0 and this standard deviation, no biases. The weights
    /// of a pair of units depend on the seed alone, not on the machine's size or the adapter.
    ///
    /// # Errors
    /// As [`RestrictedMachine::new`], and [`Error::Input`] for a deviation that is not a number from 0 on.
    pub fn random(visible: (Units, usize), hidden: (Units, usize), deviation: f64, seed: u64) -> Result<Self> {
        check_sizes(visible.1, hidden.1)?;
        if !(0.0..=1e6).contains(&deviation) {
            return Err(Error::input("standard deviation of the weights", "0 to 1e6", deviation, "0.01 is common"));
        }
        let weight = |i: usize, j: usize| {
            let event = Event { seed, purpose: Purpose::Weights, index: j as u32, chain: i as u32, sweep: 0, part: 0 };
            let words = event.words(0);
            (deviation * normal_pair([words[0], words[1]])[0]) as f32
        };
        let pairs = (0..visible.1).flat_map(|i| (0..hidden.1).map(move |j| (i, j)));
        let weights = pairs.map(|(i, j)| weight(i, j)).collect();
        Self::new(visible.0, hidden.0, weights, vec![0.0; visible.1], vec![0.0; hidden.1])
    }

    /// Sets the visible biases.
    ///
    /// # Errors
    /// As [`RestrictedMachine::new`].
    pub fn with_visible_biases(self, biases: Vec<f32>) -> Result<Self> {
        Self::new(self.units[0], self.units[1], self.weights, biases, self.hidden_biases)
    }

    /// The same machine with its layers exchanged.
    #[must_use]
    pub fn turned(&self) -> Self {
        let columns = self.hidden_biases.len();
        let column = |j| self.weights.iter().skip(j).step_by(columns).copied();
        Self {
            units: [self.units[1], self.units[0]],
            weights: (0..columns).flat_map(column).collect(),
            visible_biases: self.hidden_biases.clone(),
            hidden_biases: self.visible_biases.clone(),
        }
    }

    /// The type of the units of a layer.
    pub fn units(&self, layer: Layer) -> Units {
        self.units[layer as usize]
    }

    /// How many units a layer has.
    pub fn size(&self, layer: Layer) -> usize {
        self.biases(layer).len()
    }

    /// W, visible × hidden row by row.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The biases of a layer.
    pub fn biases(&self, layer: Layer) -> &[f32] {
        match layer {
            Layer::Visible => &self.visible_biases,
            Layer::Hidden => &self.hidden_biases,
        }
    }

    /// W_ij.
    pub fn weight(&self, visible: usize, hidden: usize) -> f64 {
        self.weights.get(visible * self.hidden_biases.len() + hidden).copied().map_or(0.0, f64::from)
    }

    /// E(v, h).
    ///
    /// # Errors
    /// [`Error::Input`] for states whose lengths are not those of the layers.
    pub fn energy(&self, visible: &[f32], hidden: &[f32]) -> Result<f64> {
        let inputs = self.inputs(Layer::Hidden, visible)?;
        self.check_length(Layer::Hidden, hidden)?;
        let pull: f64 = inputs.iter().zip(hidden).map(|(x, &h)| x * f64::from(h)).sum();
        Ok(self.onsite(visible) - pull + hidden.iter().map(|&h| self.units[1].energy(h.into())).sum::<f64>())
    }

    /// F(v) in double precision, so that P(v) = e^(−F(v))/Z.
    ///
    /// # Errors
    /// [`Error::Input`] for a state whose length is not that of the visible layer.
    pub fn free_energy(&self, visible: &[f32]) -> Result<f64> {
        let inputs = self.inputs(Layer::Hidden, visible)?;
        Ok(self.onsite(visible) - inputs.iter().map(|&x| self.units[1].log_partition(x)).sum::<f64>())
    }

    /// The inputs x of a layer's units, given the other layer's state.
    ///
    /// # Errors
    /// [`Error::Input`] for a state whose length is not that of the other layer.
    pub fn inputs(&self, layer: Layer, other: &[f32]) -> Result<Vec<f64>> {
        let columns = self.hidden_biases.len();
        let mut inputs: Vec<f64> = self.biases(layer).iter().copied().map(f64::from).collect();
        match layer {
            Layer::Hidden => {
                self.check_length(Layer::Visible, other)?;
                for (row, &v) in self.weights.chunks_exact(columns).zip(other) {
                    for (x, &w) in inputs.iter_mut().zip(row) {
                        *x += f64::from(v) * f64::from(w);
                    }
                }
            }
            Layer::Visible => {
                self.check_length(Layer::Hidden, other)?;
                for (row, x) in self.weights.chunks_exact(columns).zip(&mut inputs) {
                    *x += row.iter().zip(other).map(|(&w, &h)| f64::from(w) * f64::from(h)).sum::<f64>();
                }
            }
        }
        Ok(inputs)
    }

    /// This machine with the two-valued units of a layer written in the other convention, 0 and 1 or −1 and 1, and the
    /// constant C: E(v, h) here is E(v′, h′) + C there for the same states, so that ln Z here is ln Z there − C.
    ///
    /// # Errors
    /// [`Error::Input`] where the layer's units, or those asked for, have more than two values.
    pub fn recoded(&self, layer: Layer, to: Units) -> Result<(Self, f64)> {
        let from = self.units(layer);
        let (Some([low, high]), Some([new_low, new_high])) = (from.values(), to.values()) else {
            let hint = "only 0/1 and -1/+1 units can be written as each other";
            return Err(Error::input("units to recode", "bernoulli or spin", format!("{from} to {to}"), hint));
        };
        // u = offset + scale u′.
        let scale = (high - low) / (new_high - new_low);
        let offset = low - scale * new_low;
        let mut machine = self.clone();
        machine.units[layer as usize] = to;
        machine.weights.iter_mut().for_each(|w| *w *= scale as f32);
        let columns = self.hidden_biases.len();
        let (own, other, sums): (_, _, Vec<f64>) = match layer {
            Layer::Visible => {
                let column = |j| self.weights.iter().skip(j).step_by(columns).copied().map(f64::from).sum();
                (&mut machine.visible_biases, &mut machine.hidden_biases, (0..columns).map(column).collect())
            }
            Layer::Hidden => {
                let row = |row: &[f32]| row.iter().copied().map(f64::from).sum();
                let sums = self.weights.chunks_exact(columns).map(row).collect();
                (&mut machine.hidden_biases, &mut machine.visible_biases, sums)
            }
        };
        let constant = -offset * own.iter().copied().map(f64::from).sum::<f64>();
        own.iter_mut().for_each(|bias| *bias *= scale as f32);
        for (bias, sum) in other.iter_mut().zip(sums) {
            *bias = (f64::from(*bias) + offset * sum) as f32;
        }
        Ok((machine, constant))
    }

    /// −a·v + Σ q(v_i).
    fn onsite(&self, visible: &[f32]) -> f64 {
        let unit = |(&a, &v): (&f32, &f32)| self.units[0].energy(v.into()) - f64::from(a) * f64::from(v);
        self.visible_biases.iter().zip(visible).map(unit).sum()
    }

    fn check_length(&self, layer: Layer, state: &[f32]) -> Result<()> {
        if state.len() == self.size(layer) {
            return Ok(());
        }
        let what = format!("units of a {} state", if layer == Layer::Visible { "visible" } else { "hidden" });
        Err(Error::input(what, self.size(layer).to_string(), state.len(), "states are as long as their layer"))
    }
}

fn check_sizes(visible: usize, hidden: usize) -> Result<()> {
    for (what, units) in [("visible units", visible), ("hidden units", hidden)] {
        if units == 0 {
            return Err(Error::input(what, "at least 1", units, "give the machine two layers"));
        }
        if units > MAX_UNITS {
            let hint = "use fewer units".into();
            return Err(Error::Limit { what: what.into(), need: units as u64, have: MAX_UNITS as u64, hint });
        }
    }
    let (need, have) = (visible as u64 * hidden as u64, 1 << 28);
    if need > have {
        return Err(Error::Limit { what: "weights".into(), need, have, hint: "use fewer units".into() });
    }
    Ok(())
}
