//! What is believed about couplings before the data.

use crate::error::{Error, Result};

/// A prior of the space and time couplings (not of the inputs), as a penalty on the log-likelihood of all ticks together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prior {
    /// None: pairs that never fire together are refused.
    None,
    /// X/2 Σ(J² + K²): normal couplings of variance 1/X.
    Normal(f64),
    /// X Σ(|J| + |K|): couplings with density ∝ e^(−X|J|), of which many are exactly 0.
    Laplace(f64),
}

impl Prior {
    /// # Errors
    /// [`Error::Input`] for a strength that is not a positive number.
    pub(crate) fn check(self) -> Result<()> {
        match self.strength() {
            None => Ok(()),
            Some(strength) if strength > 0.0 && strength.is_finite() => Ok(()),
            Some(strength) => {
                let hint = "1 means couplings of about 1; leave the prior out for none";
                Err(Error::input("strength of the prior", "a positive number", strength, hint))
            }
        }
    }

    /// X, if there is one.
    pub(crate) fn strength(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Normal(strength) | Self::Laplace(strength) => Some(strength),
        }
    }
}
