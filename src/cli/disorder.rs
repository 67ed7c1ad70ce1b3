//! Couplings of spins: clean, drawn, or from a file.

use super::lattice::{Reading, name};
use super::session::Parameters;
use anyhow::Result;
use clap::{Args, ValueEnum};
use rand::Rng;
use serde_json::json;
use spinfield::io::rudy::Rudy;
use spinfield::observable::Handle;
use spinfield::random::{Purpose, Stream};
use spinfield::run::Point;
use spinfield::{EdwardsAnderson, Energy, Error, GaussianGlass, Lattice, ReplicaOverlap, Samples};
use std::path::PathBuf;

/// Options of the couplings.
#[derive(Debug, Args)]
pub struct DisorderArgs {
    /// Couplings J of neighbours [default: ferro]
    #[arg(long, value_enum, conflicts_with = "couplings")]
    coupling: Option<Coupling>,
    /// Seed of the couplings that --coupling bimodal and gaussian draw; drawn from --seed where absent, and stored
    #[arg(long, value_name = "N")]
    disorder_seed: Option<u64>,
    /// Which chains share a sample of the drawn couplings; all points see the same samples [default: shared]
    #[arg(long, value_enum)]
    disorder_samples: Option<SamplesName>,
    /// Couplings from a graph in the rudy format (`nodes edges`, then `i j w`): J = w. One that is no periodic lattice takes a
    /// matrix of its nodes
    #[arg(long, value_name = "FILE")]
    couplings: Option<PathBuf>,
    /// Take the weights of --couplings for a maximum cut, J = -w, and report cuts
    #[arg(long, requires = "couplings")]
    pub maxcut: bool,
}

/// Couplings of neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Coupling {
    /// J = 1: neighbours align
    Ferro,
    /// J = -1: neighbours oppose each other
    Antiferro,
    /// Quenched disorder, J = +1 or -1 with equal probabilities
    #[value(aliases = ["\u{b1}j", "+-j"])]
    Bimodal,
    /// Quenched disorder, J normal with mean 0 and variance 1
    Gaussian,
}

/// Which chains share a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SamplesName {
    /// One sample for all
    Shared,
    /// A sample for every two replicas
    PerPair,
    /// A sample for every replica
    PerReplica,
}

/// The couplings of a run.
#[derive(Debug)]
pub enum Bonds {
    /// J the same everywhere.
    Clean {
        /// The lattice.
        lattice: Lattice,
        /// J.
        sign: f64,
    },
    /// Quenched integers.
    Integer {
        /// The model without a field.
        glass: EdwardsAnderson,
        /// The seed, of drawn couplings.
        seed: Option<u64>,
        /// The sum of all weights, where cuts are wanted.
        cut: Option<f64>,
        /// Which chains share a sample.
        samples: Samples,
    },
    /// Quenched reals.
    Gaussian {
        /// The model without a field.
        glass: GaussianGlass,
        /// The seed.
        seed: u64,
        /// Which chains share a sample.
        samples: Samples,
    },
}

impl DisorderArgs {
    fn coupling(&self) -> Coupling {
        self.coupling.unwrap_or(Coupling::Ferro)
    }

    fn drawn(&self) -> bool {
        self.couplings.is_none() && matches!(self.coupling(), Coupling::Bimodal | Coupling::Gaussian)
    }

    /// Refuses options that would have no effect.
    pub fn check(&self, fields: &[f64]) -> Result<(), Error> {
        let without = [
            ("--disorder-seed", self.disorder_seed.is_some()),
            ("--disorder-samples", self.disorder_samples.is_some()),
        ];
        if let Some((option, _)) = without.into_iter().find(|(_, given)| *given && !self.drawn()) {
            let hint = "leave it out, or choose --coupling bimodal or gaussian";
            return Err(Error::input(option, "couplings that are drawn", "others", hint));
        }
        if let Some(field) = fields.iter().find(|&&field| self.maxcut && field != 0.0) {
            return Err(Error::input("--field of --maxcut", "0", field, "a cut has no field"));
        }
        Ok(())
    }

    /// The graph of a file that is no periodic lattice, where none is asked for.
    pub fn general_graph(&self, lattice: Option<&Lattice>) -> Result<Option<Rudy>, Error> {
        match (&self.couplings, lattice) {
            (Some(path), None) => Ok(Some(Rudy::read(path)?).filter(|graph| graph.lattice().is_err())),
            _ => Ok(None),
        }
    }

    /// The couplings, on a given lattice or their own.
    pub fn bonds(&self, lattice: Option<Lattice>, seed: u64) -> Result<Bonds> {
        if let Some(path) = &self.couplings {
            let graph = Rudy::read(path)?;
            let glass = graph.glass(lattice, if self.maxcut { -1 } else { 1 })?;
            let cut = self.maxcut.then_some(graph.total_weight() as f64);
            return Ok(Bonds::Integer { glass, seed: None, cut, samples: Samples::Shared });
        }
        let lattice = match lattice {
            Some(lattice) => lattice,
            None => Lattice::square(64)?,
        };
        // An address that no coupling has; 53 bits survive every JSON reader.
        let draw = || Stream::new(seed, Purpose::Disorder, u32::MAX).next_u64() >> 11;
        let seed = self.disorder_seed.unwrap_or_else(draw);
        let samples = match self.disorder_samples.unwrap_or(SamplesName::Shared) {
            SamplesName::Shared => Samples::Shared,
            SamplesName::PerPair => Samples::PerPair,
            SamplesName::PerReplica => Samples::PerReplica,
        };
        Ok(match self.coupling() {
            Coupling::Ferro => Bonds::Clean { lattice, sign: 1.0 },
            Coupling::Antiferro => Bonds::Clean { lattice, sign: -1.0 },
            Coupling::Bimodal => {
                let glass = EdwardsAnderson::bimodal(lattice, seed).samples(samples);
                Bonds::Integer { glass, seed: Some(seed), cut: None, samples }
            }
            Coupling::Gaussian => {
                Bonds::Gaussian { glass: GaussianGlass::new(lattice, seed).samples(samples), seed, samples }
            }
        })
    }

    /// For the record.
    pub fn parameters(&self, bonds: &Bonds) -> Parameters {
        self.parameters_with(bonds.seed())
    }

    /// For the record of a graph that is no lattice.
    pub fn graph_parameters(&self) -> Parameters {
        self.parameters_with(None)
    }

    fn parameters_with(&self, seed: Option<u64>) -> Parameters {
        let samples = self.drawn().then(|| name(self.disorder_samples.unwrap_or(SamplesName::Shared)));
        let file = self.couplings.as_ref().map(|path| path.display().to_string());
        vec![
            ("coupling", json!(file.is_none().then(|| name(self.coupling())))),
            ("disorder_seed", json!(seed)),
            ("disorder_samples", json!(samples)),
            ("couplings", json!(file)),
            ("maxcut", json!(self.maxcut)),
        ]
    }
}

impl Bonds {
    /// The lattice.
    pub fn lattice(&self) -> &Lattice {
        use spinfield::model::Local;
        match self {
            Self::Clean { lattice, .. } => lattice,
            Self::Integer { glass, .. } => glass.lattice(),
            Self::Gaussian { glass, .. } => glass.lattice(),
        }
    }

    /// Whether the couplings are quenched.
    pub fn disordered(&self) -> bool {
        !matches!(self, Self::Clean { .. })
    }

    fn seed(&self) -> Option<u64> {
        match self {
            Self::Clean { .. } => None,
            Self::Integer { seed, .. } => *seed,
            Self::Gaussian { seed, .. } => Some(*seed),
        }
    }

    fn samples(&self) -> Samples {
        match self {
            Self::Clean { .. } => Samples::Shared,
            Self::Integer { samples, .. } | Self::Gaussian { samples, .. } => *samples,
        }
    }

    /// Whether replicas have partners to overlap with.
    pub fn pairs(&self, replicas: u32) -> bool {
        self.disordered() && replicas.is_multiple_of(2) && self.samples() != Samples::PerReplica
    }

    /// What is read of a glass.
    pub fn readings(
        &self,
        at: &Point<'_>,
        energy: Handle<Energy>,
        overlap: Option<Handle<ReplicaOverlap>>,
    ) -> Vec<(&'static str, Reading)> {
        if !self.disordered() {
            return Vec::new();
        }
        let lowest = at.series(energy).values().iter().copied().reduce(f64::min);
        let mut readings = vec![
            ("overlap2", Reading::Estimate(overlap.map(|overlap| at.mean(overlap.squared())))),
            ("link_overlap", Reading::Estimate(overlap.map(|overlap| at.mean(overlap.link())))),
            ("lowest_energy", Reading::Number(lowest)),
        ];
        if let Self::Integer { cut: Some(weight), .. } = self {
            // E = sum w s s' is W less twice the weight of what is cut.
            let sites = f64::from(self.lattice().sites());
            let cut = |energy: f64| 0.5 * (weight - sites * energy);
            readings.push(("cut", Reading::Estimate(Some(at.jackknife(&[energy.into()], |means| cut(means[0]))))));
            readings.push(("best_cut", Reading::Number(lowest.map(|lowest| cut(lowest).round()))));
        }
        // Chains of different samples have different energies, however long they run: that is no disagreement, and their
        // variance is not thermal.
        if self.samples() != Samples::Shared {
            let none = ["specific_heat", "susceptibility"].map(|name| (name, Reading::Estimate(None)));
            readings.extend(none);
            readings.push(("r_hat", Reading::Number(None)));
        }
        readings
    }
}
