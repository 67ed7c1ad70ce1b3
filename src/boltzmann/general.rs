//! The general Boltzmann machine: its energy, and what enumeration says of it without a device.

use super::general_moments::{MomentSums, Moments};
use super::{MAX_ENUMERATED, Units};
use crate::couplings::Couplings;
use crate::error::{Error, Result};
use crate::model::PairwiseSpins;
use crate::patterns::Patterns;
use crate::random::{Event, Purpose, normal_pair};

/// A general Boltzmann machine: N spins s = ±1 of which the first are visible and the others hidden, all coupled to all,
///
/// E(s) = −½ Σ_ij J_ij s_i s_j − Σ_i h_i s_i,   P(s) = e^(−E(s)) / Z,   P(v) = e^(−F(v)) / Z,   F(v) = −ln Σ_h e^(−E(v, h)).
///
/// Without hidden units it reproduces means and pair correlations of data and nothing more (the inverse Ising problem); hidden
/// units carry what pairs cannot. What learning needs is
///
/// ∂ ln P / ∂J_ij = ⟨s_i s_j⟩_data − ⟨s_i s_j⟩_machine,   ∂ ln P / ∂h_i = ⟨s_i⟩_data − ⟨s_i⟩_machine,
///
/// where the visible units are clamped to the data in the first average and free in the second.
///
/// D. H. Ackley, G. E. Hinton and T. J. Sejnowski, Cognitive Science 9, 147 (1985).
#[derive(Debug, Clone, PartialEq)]
pub struct GeneralMachine {
    visible: usize,
    couplings: Couplings,
    biases: Vec<f32>,
}

impl GeneralMachine {
    /// A machine of these couplings and biases, whose first `visible` units are shown data.
    ///
    /// # Errors
    /// [`Error::Input`] for no visible unit or more than there are, asymmetric couplings, or biases of another length or not
    /// finite.
    pub fn new(visible: usize, couplings: Couplings, biases: Vec<f32>) -> Result<Self> {
        let units = couplings.sites();
        couplings.check_symmetric("couplings of a Boltzmann machine")?;
        if visible == 0 || visible > units {
            let hint = "the first units are visible, the others hidden";
            return Err(Error::input("visible units", format!("1 to {units}, all units"), visible, hint));
        }
        if biases.len() != units {
            return Err(Error::input("biases", format!("{units}, one a unit"), biases.len(), "give every unit a bias"));
        }
        if let Some(at) = biases.iter().position(|bias| !bias.is_finite()) {
            let hint = "a machine that learned this has diverged: use a smaller learning rate";
            return Err(Error::input(format!("bias {at}"), "a finite number", biases[at], hint));
        }
        Ok(Self { visible, couplings, biases })
    }

    /// A machine to learn with: couplings from the normal law of mean 0 and this standard deviation, no biases. The coupling
    /// of a pair depends on the seed alone.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`Couplings::new`], and [`Error::Input`] for a deviation that is not a number from 0 on.
    pub fn random(visible: usize, hidden: usize, deviation: f64, seed: u64) -> Result<Self> {
        if !(0.0..=1e6).contains(&deviation) {
            return Err(Error::input("standard deviation of the couplings", "0 to 1e6", deviation, "0.01 is common"));
        }
        let units = visible.saturating_add(hidden);
        crate::couplings::check_sites(units)?;
        let mut values = vec![0.0; units * units];
        for (i, j) in (0..units).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let event = Event { seed, purpose: Purpose::Weights, index: j as u32, chain: i as u32, sweep: 0, part: 0 };
            let [a, b, ..] = event.words(0);
            let value = (deviation * normal_pair([a, b])[0]) as f32;
            values[i * units + j] = value;
            values[j * units + i] = value;
        }
        Self::new(visible, Couplings::new(units, values)?, vec![0.0; units])
    }

    /// The machine of 0/1 units u with E(u) = −½ Σ_ij W_ij u_i u_j − Σ_i b_i u_i, `weights` row by row, and a constant C: with
    /// s = 2u − 1, E(u) = E(s) + C. Couplings are W/4 and biases h_i = b_i/2 + ¼ Σ_j W_ij.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`Couplings::new`].
    pub fn from_binary(visible: usize, weights: &[f32], biases: &[f32]) -> Result<(Self, f64)> {
        let weights = Couplings::new(biases.len(), weights.to_vec())?;
        let couplings = weights.values().iter().map(|weight| 0.25 * weight).collect();
        let sums: Vec<f64> = (0..biases.len()).map(|unit| sum(weights.row(unit))).collect();
        let shifted = biases.iter().zip(&sums).map(|(&bias, sum)| (0.5 * f64::from(bias) + 0.25 * sum) as f32);
        let machine = Self::new(visible, Couplings::new(biases.len(), couplings)?, shifted.collect())?;
        Ok((machine, -0.5 * sum(biases) - 0.125 * sums.iter().sum::<f64>()))
    }

    /// Weights W = 4J, row by row, and biases b_i = 2h_i − 2 Σ_j J_ij of the same machine with 0/1 units, and the constant C
    /// of [`from_binary`](Self::from_binary).
    pub fn to_binary(&self) -> (Vec<f32>, Vec<f32>, f64) {
        let sums: Vec<f64> = (0..self.units()).map(|unit| sum(self.couplings.row(unit))).collect();
        let biases = self.biases.iter().zip(&sums).map(|(&bias, sum)| (2.0 * (f64::from(bias) - sum)) as f32).collect();
        let weights = self.couplings.values().iter().map(|coupling| 4.0 * coupling).collect();
        (weights, biases, 0.5 * sums.iter().sum::<f64>() - sum(&self.biases))
    }

    /// N, visible and hidden units.
    pub fn units(&self) -> usize {
        self.biases.len()
    }

    /// The number of visible units, which come first.
    pub fn visible(&self) -> usize {
        self.visible
    }

    /// The number of hidden units.
    pub fn hidden(&self) -> usize {
        self.units() - self.visible
    }

    /// J.
    pub fn couplings(&self) -> &Couplings {
        &self.couplings
    }

    /// h.
    pub fn biases(&self) -> &[f32] {
        &self.biases
    }

    /// The same spins as a model to [simulate](crate::Gpu::simulate): replica exchange, annealing, energies.
    pub fn spins(&self) -> PairwiseSpins {
        PairwiseSpins::new(self.couplings.clone()).fields(&self.biases)
    }

    /// E(s) of all N units.
    ///
    /// # Errors
    /// [`Error::Input`] for a state of another length.
    pub fn energy(&self, state: &[i8]) -> Result<f64> {
        let pull = |(&bias, &sign): (&f32, &i8)| f64::from(bias) * f64::from(sign);
        Ok(self.couplings.energy(state)? - self.biases.iter().zip(state).map(pull).sum::<f64>())
    }

    /// ln Z, of all 2^N states.
    ///
    /// # Errors
    /// [`Error::Limit`] for more than [`MAX_ENUMERATED`] units.
    pub fn log_partition(&self) -> Result<f64> {
        let mut sum = MomentSums::new(0);
        self.enumerate(0, &mut vec![-1; self.units()], &mut sum)?;
        Ok(sum.log_total())
    }

    /// F(v), of all states of the hidden units.
    ///
    /// # Errors
    /// [`Error::Input`] for a state that is not of ±1 or of another length than the visible units', [`Error::Limit`] for more
    /// than [`MAX_ENUMERATED`] hidden units.
    pub fn free_energy(&self, visible: &[i8]) -> Result<f64> {
        let data = Patterns::from_signs(visible.len(), &[visible.to_vec()])?;
        self.check_data(&data)?;
        let mut sum = MomentSums::new(0);
        self.enumerate(self.visible, &mut self.clamped(visible), &mut sum)?;
        Ok(-sum.log_total())
    }

    /// The exact mean of ln P(v) over data, in nats a sample.
    ///
    /// # Errors
    /// As [`log_partition`](Self::log_partition), and [`Error::Input`] for data of another width.
    pub fn log_likelihood(&self, data: &Patterns) -> Result<f64> {
        self.check_data(data)?;
        let log_partition = self.log_partition()?;
        let free_energies: Result<Vec<f64>> = (0..data.count()).map(|p| self.free_energy(&data.signs(p))).collect();
        Ok(-free_energies?.iter().sum::<f64>() / data.count() as f64 - log_partition)
    }

    /// Σ_i ln P(s_i | all others) of every sample, with P(s_i | others) = 1/(1 + e^(−2 s_i x_i)) at the input
    /// x_i = h_i + Σ_j J_ij s_j; `None` for machines with hidden units.
    ///
    /// # Errors
    /// [`Error::Input`] for data of another width.
    pub fn pseudo_likelihoods(&self, data: &Patterns) -> Result<Option<Vec<f64>>> {
        self.check_data(data)?;
        if self.hidden() > 0 {
            return Ok(None);
        }
        let sample = |p: usize| -> f64 {
            let state: Vec<f64> = data.signs(p).into_iter().map(f64::from).collect();
            let unit = |(i, (&bias, &sign)): (usize, (&f32, &f64))| {
                let pull: f64 = self.couplings.row(i).iter().zip(&state).map(|(&j, s)| f64::from(j) * s).sum();
                Units::Bernoulli.expectation(2.0 * sign * (f64::from(bias) + pull)).ln()
            };
            self.biases.iter().zip(&state).enumerate().map(unit).sum()
        };
        Ok(Some((0..data.count()).map(sample).collect()))
    }

    /// Exact means and correlations of all units, of all 2^N states. The work is N²/2 a state.
    ///
    /// # Errors
    /// As [`log_partition`](Self::log_partition).
    pub fn moments(&self) -> Result<Moments> {
        let mut sums = MomentSums::new(self.units());
        self.enumerate(0, &mut vec![-1; self.units()], &mut sums)?;
        Ok(sums.moments())
    }

    /// Exact means and correlations with the visible units clamped to data, averaged over the data.
    ///
    /// # Errors
    /// As [`free_energy`](Self::free_energy).
    pub fn clamped_moments(&self, data: &Patterns) -> Result<Moments> {
        self.check_data(data)?;
        let each: Result<Vec<Moments>> = (0..data.count())
            .map(|p| {
                let mut sums = MomentSums::new(self.units());
                self.enumerate(self.visible, &mut self.clamped(&data.signs(p)), &mut sums)?;
                Ok(sums.moments())
            })
            .collect();
        Ok(Moments::mean_of(self.units(), &each?))
    }

    /// Refuses data of another width than the visible units'.
    pub(crate) fn check_data(&self, data: &Patterns) -> Result<()> {
        if data.neurons() == self.visible {
            return Ok(());
        }
        let hint = "a sample has one value a visible unit";
        Err(Error::input("values in a sample of the data", self.visible.to_string(), data.neurons(), hint))
    }

    /// All units, the visible ones as given.
    fn clamped(&self, visible: &[i8]) -> Vec<i8> {
        let mut state = visible.to_vec();
        state.resize(self.units(), -1);
        state
    }

    /// Takes in all states of the units from `first` on, which are down at the beginning. Each differs from the one before in
    /// one unit (a Gray code), so that a state costs N operations.
    fn enumerate(&self, first: usize, state: &mut [i8], sums: &mut MomentSums) -> Result<()> {
        let free = self.units() - first;
        if free > MAX_ENUMERATED {
            let hint = "sample larger machines: Gpu::general_machine, or Gpu::simulate with GeneralMachine::spins";
            return Err(Error::Limit {
                what: "enumeration of a Boltzmann machine (free units)".into(),
                need: free as u64,
                have: MAX_ENUMERATED as u64,
                hint: hint.into(),
            });
        }
        let field = |unit: usize| {
            let terms = self.couplings.row(unit).iter().zip(&*state);
            f64::from(self.biases[unit]) + terms.map(|(&j, &s)| f64::from(j) * f64::from(s)).sum::<f64>()
        };
        let mut fields: Vec<f64> = (0..self.units()).map(field).collect();
        let mut energy = self.energy(state)?;
        sums.take(state, -energy);
        for number in 1..1u32 << free {
            let unit = first + number.trailing_zeros() as usize;
            let old = f64::from(state[unit]);
            energy += 2.0 * old * fields[unit];
            state[unit] = -state[unit];
            let row = self.couplings.row(unit).iter();
            fields.iter_mut().zip(row).for_each(|(field, &j)| *field -= 2.0 * old * f64::from(j));
            sums.take(state, -energy);
        }
        Ok(())
    }
}

fn sum(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum()
}
