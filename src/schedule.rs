//! How long a simulation runs.

use crate::error::{Error, Result};

/// Sweeps before the first sample, samples, and sweeps from one sample to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Sweeps (or trajectories) that are made and not recorded.
    pub warmup: u64,
    /// Samples recorded a chain, at least 1.
    pub samples: u64,
    /// Sweeps before each sample, at least 1.
    pub thin: u64,
}

impl Schedule {
    /// All sweeps.
    ///
    /// # Errors
    /// [`Error::Input`] for no samples, a thin of 0, or more than 2⁶² sweeps.
    pub fn sweeps(&self) -> Result<u64> {
        for (name, value) in [("samples", self.samples), ("thin", self.thin)] {
            if value == 0 {
                return Err(Error::input(name, "at least 1", value, "1 records every sweep"));
            }
        }
        self.samples
            .checked_mul(self.thin)
            .and_then(|sampling| sampling.checked_add(self.warmup))
            .filter(|&sweeps| sweeps < 1 << 62)
            .ok_or_else(|| Error::input("schedule", "fewer than 2^62 sweeps", format!("{self:?}"), "ask for less"))
    }
}
