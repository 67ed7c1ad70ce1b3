//! Quenched couplings of the bonds.

use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::random::{Event, Purpose, normal_pair};
use std::sync::Arc;

/// Which chains share a sample of the disorder. All points of a run see the same samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Samples {
    /// One sample for all chains: the averages are those of one instance.
    #[default]
    Shared,
    /// A sample for every two replicas, 2k and 2k + 1, whose overlap can then be averaged over the disorder.
    PerPair,
    /// A sample for every replica.
    PerReplica,
}

/// The quenched couplings J of a lattice's bonds, and which chains share them.
///
/// Sample `k` has one coupling for each bond ahead, in the order `[direction][site]`. Drawn ones are a pure function of
/// (disorder seed, site, sample, direction) under [`Purpose::Disorder`], computed on the host in `f64`, and do not
/// depend on the seed of the run, on its points, or on how many replicas there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Disorder {
    source: Source,
    samples: Samples,
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    /// ±1, each with probability ½.
    Bimodal(u64),
    /// N(0, 1).
    Gaussian(u64),
    /// Given integers, the only sample.
    Given(Arc<[i32]>),
}

impl Disorder {
    /// ±1 with equal probabilities.
    pub fn bimodal(seed: u64) -> Self {
        Self { source: Source::Bimodal(seed), samples: Samples::Shared }
    }

    /// Normal, of mean 0 and variance 1.
    pub fn gaussian(seed: u64) -> Self {
        Self { source: Source::Gaussian(seed), samples: Samples::Shared }
    }

    /// These integers, in the order `[direction][site]`.
    pub fn given(couplings: &[i32]) -> Self {
        Self { source: Source::Given(couplings.into()), samples: Samples::Shared }
    }

    /// The same disorder, shared otherwise.
    #[must_use]
    pub fn shared_as(mut self, samples: Samples) -> Self {
        self.samples = samples;
        self
    }

    /// Which chains share a sample.
    pub fn samples(&self) -> Samples {
        self.samples
    }

    /// Consecutive replicas of a point that share a sample.
    pub fn replicas_a_sample(&self, replicas: u32) -> u32 {
        match self.samples {
            Samples::Shared => replicas,
            Samples::PerPair => 2,
            Samples::PerReplica => 1,
        }
    }

    /// How many samples so many replicas take.
    pub fn count(&self, replicas: u32) -> u32 {
        replicas.div_ceil(self.replicas_a_sample(replicas).max(1))
    }

    /// Given couplings are one sample.
    pub(super) fn check(&self) -> Result<()> {
        match (&self.source, self.samples) {
            (Source::Given(_), Samples::PerPair | Samples::PerReplica) => {
                let hint = "draw the couplings, or share the given ones";
                Err(Error::input("samples of given couplings", "Samples::Shared", format!("{:?}", self.samples), hint))
            }
            _ => Ok(()),
        }
    }

    /// The given couplings, where they were not drawn.
    pub(super) fn given_couplings(&self) -> Option<&[i32]> {
        match &self.source {
            Source::Given(couplings) => Some(couplings),
            _ => None,
        }
    }

    /// The couplings of one sample as numbers.
    pub fn couplings(&self, lattice: &Lattice, sample: u32) -> Vec<f64> {
        let drawn = |seed: u64, value: fn([u32; 4]) -> f64| {
            let event = Event { seed, purpose: Purpose::Disorder, index: 0, chain: sample, sweep: 0, part: 0 };
            let directions = 0..lattice.dimensions() as u32;
            directions
                .flat_map(|part| (0..lattice.sites()).map(move |index| Event { index, part, ..event }))
                .map(|event| value(event.words(0)))
                .collect()
        };
        match &self.source {
            Source::Bimodal(seed) => drawn(*seed, |words| if words[0] >> 31 == 1 { 1.0 } else { -1.0 }),
            Source::Gaussian(seed) => drawn(*seed, |words| normal_pair([words[0], words[1]])[0]),
            Source::Given(couplings) => couplings.iter().map(|&coupling| f64::from(coupling)).collect(),
        }
    }
}
