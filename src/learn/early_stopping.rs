//! Early stopping: the best machine of a training, and when to look no further.

use crate::boltzmann::{Layer, RestrictedMachine};
use crate::error::{Error, Result};
use crate::io::checkpoint::Sections;

/// Keeps the machine of the best epoch, and stops a training that has not found a better one for some epochs (L. Prechelt, in
/// Neural Networks: Tricks of the Trade, Springer (1998)).
///
/// The score is what held-out samples say, the greater the better. Free energies of one layer of samples cannot be compared
/// between epochs, since ln Z changes, but [`held_out_score`] can.
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    patience: u64,
    best: Option<Best>,
}

/// The best epoch so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// Its score.
    pub score: f64,
    /// Its number.
    pub epoch: u64,
    /// The machine after it.
    pub machine: RestrictedMachine,
}

impl EarlyStopping {
    /// Stops after so many epochs in succession without a better score.
    ///
    /// # Errors
    /// [`Error::Input`] for no patience.
    pub fn new(patience: u64) -> Result<Self> {
        if patience == 0 {
            return Err(Error::input("patience", "at least 1 epoch", 0, "10 epochs pass over noise"));
        }
        Ok(Self { patience, best: None })
    }

    /// Takes the score and the machine of an epoch, in order; whether the training should stop. A score that is not a number is
    /// no better than any.
    pub fn take(&mut self, epoch: u64, score: f64, machine: &RestrictedMachine) -> bool {
        if !score.is_nan() && self.best.as_ref().is_none_or(|best| score > best.score) {
            self.best = Some(Best { score, epoch, machine: machine.clone() });
        }
        self.exhausted(epoch)
    }

    /// Whether an epoch is so far from the best one that the training should stop.
    pub fn exhausted(&self, epoch: u64) -> bool {
        self.best.as_ref().is_some_and(|best| epoch.saturating_sub(best.epoch) >= self.patience)
    }

    /// The best epoch as sections of a checkpoint.
    pub fn save(&self) -> Sections {
        let mut sections = Sections::new();
        if let Some(best) = &self.best {
            sections.put_numbers("epoch", &[best.epoch]).put_numbers("score", &[best.score]);
            sections.put_numbers("weights", best.machine.weights());
            sections.put_numbers("visible", best.machine.biases(Layer::Visible));
            sections.put_numbers("hidden", best.machine.biases(Layer::Hidden));
        }
        sections
    }

    /// Goes on from the sections of [`save`](Self::save), of machines like this one.
    ///
    /// # Errors
    /// [`Error::Input`] for sections that are no machine.
    pub fn restore(&mut self, saved: &Sections, like: &RestrictedMachine) -> Result<()> {
        self.best = match saved.array("epoch") {
            Err(_) => None,
            Ok([epoch]) => {
                let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| like.units(layer));
                let [weights, a, b] = ["weights", "visible", "hidden"].map(|name| saved.numbers(name));
                let ([score], machine) =
                    (saved.array("score")?, RestrictedMachine::new(visible, hidden, weights?, a?, b?)?);
                Some(Best { score, epoch, machine })
            }
        };
        Ok(())
    }

    /// The best epoch so far.
    pub fn best(&self) -> Option<&Best> {
        self.best.as_ref()
    }
}

/// A stand-in for the log-likelihood of held-out samples, comparable between epochs: with the gap of free energies
/// ΔF = F̄(held out) − F̄(training), in which ln Z cancels, L(held out) = L(training) − ΔF exactly, and the pseudo-likelihood of
/// training samples takes the place of their likelihood.
pub fn held_out_score(pseudo_likelihood: f64, free_energy_gap: f64) -> f64 {
    pseudo_likelihood - free_energy_gap
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boltzmann::Units;

    #[test]
    fn the_best_epoch_is_kept_and_patience_ends() {
        assert!(EarlyStopping::new(0).is_err());
        let machine = |bias: f32| {
            RestrictedMachine::new(Units::Bernoulli, Units::Bernoulli, vec![0.0], vec![bias], vec![0.0]).unwrap()
        };
        let mut stopping = EarlyStopping::new(3).unwrap();
        let scores = [f64::NAN, -9.0, -5.0, -7.0, -5.0, f64::NAN, -1.0];
        let stops: Vec<bool> =
            (1..).zip(scores).map(|(epoch, score)| stopping.take(epoch, score, &machine(epoch as f32))).collect();
        // Three epochs after the third there is none better; a tie is not.
        assert_eq!(stops, [false, false, false, false, false, true, false]);
        assert_eq!(stopping.best(), Some(&Best { score: -1.0, epoch: 7, machine: machine(7.0) }));
    }
}
