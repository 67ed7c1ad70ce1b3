//! Hopfield networks as restricted machines.

use super::{Layer, RestrictedMachine, Units};
use crate::error::{Error, Result};
use crate::patterns::Patterns;

impl RestrictedMachine {
    /// The machine whose visible spins have the distribution of a Hopfield network of these patterns at inverse temperature
    /// β: Gaussian hidden units, one a pattern, with the weights W_iμ = √(β/N) ξ_i^μ and no biases.
    ///
    /// e^((β/2N) Σ_μ (ξ_μ·s)²) = ∫ Π_μ dz_μ e^(−z_μ²/2) e^(√(β/N) Σ_μ z_μ ξ_μ·s) / √2π (Hubbard and Stratonovich): F(s) is
    /// βE(s) − (P/2) ln 2π with E(s) = −½ sᵀJs, J = (1/N) Σ_μ ξ_μ ξ_μᵀ and its diagonal, a constant −P/2, kept. The hidden units
    /// are the overlaps: ⟨z_μ | s⟩ = √(βN) m_μ. Retrieval is inference of the hidden units from a damaged visible state.
    /// A. Barra, A. Bernacchia, E. Santucci and P. Contucci, Neural Networks 34, 1 (2012).
    ///
    /// # Errors
    /// [`Error::Input`] for a β that is not a positive number, [`Error::Limit`] for too many units.
    pub fn of_hopfield(patterns: &Patterns, beta: f64) -> Result<Self> {
        if !(1e-12..=1e12).contains(&beta) {
            let hint = "the weights are sqrt(beta / N) times the patterns";
            return Err(Error::input("inverse temperature", "1e-12 to 1e12", beta, hint));
        }
        let (neurons, count) = (patterns.neurons(), patterns.count());
        let scale = (beta / neurons as f64).sqrt() as f32;
        let weight = |(i, p): (usize, usize)| scale * f32::from(patterns.sign(p, i));
        let pairs = (0..neurons).flat_map(|i| (0..count).map(move |p| (i, p)));
        let weights = pairs.map(weight).collect();
        Self::new(Units::Spin, Units::Gaussian, weights, vec![0.0; neurons], vec![0.0; count])
    }

    /// The patterns and the inverse temperature of the Hopfield network with the same distribution, the inverse of
    /// [`RestrictedMachine::of_hopfield`].
    ///
    /// # Errors
    /// [`Error::Input`] for other than visible spins and Gaussian hidden units, for biases, or for weights that are not all
    /// of one size up to rounding: such a machine is a network of real patterns.
    pub fn to_patterns(&self) -> Result<(Patterns, f64)> {
        let units = [Layer::Visible, Layer::Hidden].map(|layer| self.units(layer));
        if units != [Units::Spin, Units::Gaussian] {
            let got = units.map(|units| units.to_string()).join(" and ");
            let hint = "write 0/1 units as spins first";
            return Err(Error::input(
                "units of a Hopfield network",
                "visible spins and gaussian hidden units",
                got,
                hint,
            ));
        }
        let biased = [Layer::Visible, Layer::Hidden].into_iter().any(|l| self.biases(l).iter().any(|&b| b != 0.0));
        if biased {
            let hint = "biases are fields, which patterns do not hold";
            return Err(Error::input("biases of a Hopfield network", "none", "some", hint));
        }
        let size = self.weights().first().map_or(0.0, |w| w.abs());
        if let Some(at) = self.weights().iter().position(|w| size == 0.0 || (w.abs() / size - 1.0).abs() > 1e-5) {
            let (i, p) = (at / self.size(Layer::Hidden), at % self.size(Layer::Hidden));
            let hint = "only patterns of +-1 have weights of one size";
            let what = format!("weight {i}, {p}");
            return Err(Error::input(what, format!("+-{size}, as the first"), self.weights()[at], hint));
        }
        let neurons = self.size(Layer::Visible);
        let signs = |p: usize| (0..neurons).map(|i| if self.weight(i, p) > 0.0 { 1 } else { -1 }).collect();
        let rows: Vec<Vec<i8>> = (0..self.size(Layer::Hidden)).map(signs).collect();
        Ok((Patterns::from_signs(neurons, &rows)?, neurons as f64 * f64::from(size).powi(2)))
    }
}
