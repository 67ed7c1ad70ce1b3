//! Learning a restricted Boltzmann machine from data.

use super::trainer::Trainer;
use crate::attention::Vectors;
use crate::boltzmann::RestrictedMachine;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use std::fmt;
use std::str::FromStr;

/// Where the machine's own averages come from, the negative part of dL/dW = ⟨vhᵀ⟩_data − ⟨vhᵀ⟩_machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gradient {
    /// k Gibbs sweeps from the samples of the batch themselves (CD-k; G. E. Hinton, Neural Computation 14, 1771 (2002)): fast,
    /// biased.
    ContrastiveDivergence(u32),
    /// k Gibbs sweeps from where chains of their own stopped at the last step (PCD-k; T. Tieleman, ICML 2008): follows the
    /// likelihood's gradient while the chains keep up with the weights.
    Persistent(u32),
    /// As PCD-1, with so many chains for each one, at inverse temperatures s equally spaced from the machine's own (1) to
    /// independent units with the data's means (0), which exchange their states (G. Desjardins, A. Courville and Y. Bengio, AISTATS
    /// 2010): chains then get from one mode to another, at as many times the cost.
    Tempered(u32),
    /// All states of a layer of at most 16 two-valued units, weighed: no noise but that of the batches.
    Exact,
}

impl Gradient {
    /// Sweeps a step.
    pub fn sweeps(self) -> u32 {
        match self {
            Self::ContrastiveDivergence(sweeps) | Self::Persistent(sweeps) => sweeps,
            Self::Tempered(_) | Self::Exact => 1,
        }
    }

    /// Inverse temperatures of a chain.
    pub(super) fn levels(self) -> u32 {
        if let Self::Tempered(levels) = self { levels } else { 1 }
    }
}

impl fmt::Display for Gradient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContrastiveDivergence(sweeps) => write!(f, "cd:{sweeps}"),
            Self::Persistent(sweeps) => write!(f, "pcd:{sweeps}"),
            Self::Tempered(levels) => write!(f, "pt:{levels}"),
            Self::Exact => f.write_str("exact"),
        }
    }
}

impl FromStr for Gradient {
    type Err = Error;

    /// `cd:K`, `pcd:K`, `pt:LEVELS` or `exact`; without a number 1 sweep, or 10 levels.
    fn from_str(text: &str) -> Result<Self> {
        if text == "exact" {
            return Ok(Self::Exact);
        }
        let (kind, number) = text.split_once(':').map_or((text, None), |(kind, number)| (kind, Some(number)));
        let number = number.map(|number| number.parse::<u32>()).transpose().ok();
        match (kind, number) {
            ("cd", Some(sweeps)) => Ok(Self::ContrastiveDivergence(sweeps.unwrap_or(1))),
            ("pcd", Some(sweeps)) => Ok(Self::Persistent(sweeps.unwrap_or(1))),
            ("pt", Some(levels)) => Ok(Self::Tempered(levels.unwrap_or(10))),
            _ => Err(Error::input("gradient", "cd:K, pcd:K, pt or exact", text, "for example pcd:5")),
        }
    }
}

/// How a gradient g becomes a step of the parameters, at the learning rate r.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// u ← m u + r g, θ ← θ + u, with the momentum m in `[0, 1)`; 0 is plain ascent.
    Momentum(f64),
    /// Adam (D. P. Kingma and J. Ba, arXiv:1412.6980) with the memories of the gradient's mean and of its square in `[0, 1)`.
    Adam {
        /// Of the mean, 0.9 by custom.
        mean: f64,
        /// Of the square, 0.999 by custom.
        square: f64,
    },
}

/// A training before it begins. From [`Gpu::train`].
#[derive(Debug, Clone)]
pub struct TrainBuilder<'a> {
    pub(super) gpu: Gpu,
    pub(super) machine: &'a RestrictedMachine,
    pub(super) data: &'a Vectors,
    pub(super) gradient: Gradient,
    pub(super) optimiser: Optimiser,
    pub(super) batch: usize,
    pub(super) chains: usize,
    pub(super) learning_rate: f64,
    pub(super) weight_decay: f64,
    pub(super) centred: bool,
    pub(super) shuffled: bool,
    pub(super) seed: u64,
}

impl Gpu {
    /// Learns from data, one sample a row, beginning with this machine: stochastic ascent of the log-likelihood, all of it on
    /// the device, where the data are put once.
    pub fn train<'a>(&self, machine: &'a RestrictedMachine, data: &'a Vectors) -> TrainBuilder<'a> {
        TrainBuilder {
            gpu: self.clone(),
            machine,
            data,
            gradient: Gradient::Persistent(1),
            optimiser: Optimiser::Momentum(0.0),
            batch: 64.min(data.count()),
            chains: 64,
            learning_rate: 0.05,
            weight_decay: 0.0,
            centred: false,
            shuffled: true,
            seed: 0,
        }
    }
}

impl TrainBuilder<'_> {
    /// Where the machine's averages come from (default: PCD-1).
    #[must_use]
    pub fn gradient(mut self, gradient: Gradient) -> Self {
        self.gradient = gradient;
        self
    }

    /// How the parameters follow the gradient (default: without momentum).
    #[must_use]
    pub fn optimiser(mut self, optimiser: Optimiser) -> Self {
        self.optimiser = optimiser;
        self
    }

    /// Samples a step (default: 64); the last batch of an epoch has what is left.
    #[must_use]
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }

    /// Persistent chains (default: 64). Contrastive divergence has one a sample of the batch.
    #[must_use]
    pub fn chains(mut self, chains: usize) -> Self {
        self.chains = chains;
        self
    }

    /// The learning rate (default: 0.05).
    #[must_use]
    pub fn learning_rate(mut self, rate: f64) -> Self {
        self.learning_rate = rate;
        self
    }

    /// λ of the penalty ½ λ Σ W² (default: 0); biases are free.
    #[must_use]
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.weight_decay = decay;
        self
    }

    /// Whether units count from the mean of their averages over data and machine (default: no), by which learning does not
    /// depend on which value is called 0 (K. Cho, T. Raiko and A. Ilin, Neural Computation 25, 805 (2013); J. Melchior, A. Fischer
    /// and L. Wiskott, JMLR 17(99), 1 (2016)).
    #[must_use]
    pub fn centred(mut self, centred: bool) -> Self {
        self.centred = centred;
        self
    }

    /// Whether each epoch takes the samples in a new order of its own (default: yes).
    #[must_use]
    pub fn shuffled(mut self, shuffled: bool) -> Self {
        self.shuffled = shuffled;
        self
    }

    /// The seed (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Puts data and machine on the device.
    ///
    /// # Errors
    /// [`Error::Input`] for data that the visible units cannot show or a parameter out of range, [`Error::Limit`] for more
    /// than the adapter holds.
    pub fn build(&self) -> Result<Trainer> {
        let count = self.data.count();
        if self.batch == 0 || self.batch > count {
            let hint = "a batch has no more samples than there are";
            return Err(Error::input("batch", format!("1 to {count}, the samples"), self.batch, hint));
        }
        if self.chains == 0 {
            return Err(Error::input("chains", "at least 1", 0, "as many as samples in a batch are common"));
        }
        check_rate(self.learning_rate)?;
        let ranges = match self.optimiser {
            Optimiser::Momentum(momentum) => vec![("momentum", momentum)],
            Optimiser::Adam { mean, square } => vec![("Adam's memory of the mean", mean), ("Adam's memory", square)],
        };
        for (what, value) in ranges {
            if !(0.0..1.0).contains(&value) {
                return Err(Error::input(what, "from 0 on and below 1", value, "0.9 is common"));
            }
        }
        if !(0.0..=1e6).contains(&self.weight_decay) {
            return Err(Error::input("weight decay", "0 to 1e6", self.weight_decay, "1e-4 is common"));
        }
        let sweeps = self.gradient.sweeps();
        if !(1..=10_000).contains(&sweeps) {
            return Err(Error::input("sweeps a step", "1 to 10000", sweeps, "CD-1 and PCD-1 make one"));
        }
        if let Gradient::Tempered(levels) = self.gradient
            && !(2..=256).contains(&levels)
        {
            return Err(Error::input("levels of tempering", "2 to 256", levels, "10 are common"));
        }
        Trainer::new(self)
    }
}

/// Refuses what is no learning rate.
pub(super) fn check_rate(rate: f64) -> Result<()> {
    if (0.0..=1e6).contains(&rate) {
        return Ok(());
    }
    Err(Error::input("learning rate", "0 to 1e6", rate, "0.01 to 0.1 is common"))
}
