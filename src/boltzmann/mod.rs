//! Boltzmann machines: sampling, likelihoods, and their kinship with Hopfield networks.
//!
//! - [`RestrictedMachine`] is the model: [`Units`] of two layers, weights and biases, its energies in double precision.
//! - [`Gpu::machine`](crate::Gpu::machine) samples it by block Gibbs sampling, with visible units held where wanted.
//! - [`Gpu::exact_log_partition`](crate::Gpu::exact_log_partition) enumerates the smaller layer;
//!   [`Gpu::anneal_log_partition`](crate::Gpu::anneal_log_partition) estimates ln Z of any machine, with its error.
//! - [`Judge`] finds free energies, pseudo-likelihoods and reconstruction errors of data.
//! - [`learn::Trainer`](crate::learn::Trainer) learns a machine from data.
//! - [`RestrictedMachine::of_hopfield`] turns patterns into a machine with the same weights of states, and
//!   [`RestrictedMachine::to_patterns`] goes back.
//! - [`Units::Phi4`] units make a restricted machine a φ⁴ field whose couplings are learnt.
//! - [`GeneralMachine`] couples all units to all; [`Gpu::general_machine`](crate::Gpu::general_machine) samples it, free or
//!   clamped to data, and [`learn::GeneralTrainer`](crate::learn::GeneralTrainer) learns it.

mod annealed;
mod attended;
mod chains;
mod density;
mod duality;
mod file;
mod general;
mod general_chains;
mod general_file;
mod general_moments;
mod judge;
mod layers;
mod machine;
mod partition;
mod quartic;
mod split;
mod units;

pub(crate) use annealed::base_biases;
pub use annealed::{AnnealBuilder, Annealed};
pub(crate) use chains::check_data;
pub use chains::{MachineBuilder, MachineChains};
pub use general::GeneralMachine;
pub(crate) use general_chains::{GROUP, Population, PopulationShape, Weights, random_states, run_of};
pub use general_chains::{GeneralBuilder, GeneralChains};
pub use general_moments::Moments;
pub use judge::Judge;
pub(crate) use layers::{Keep, Layers, Pass, PassShape, PassSlots, SumShape, pad, padded, unpack};
pub use machine::{Layer, MAX_UNITS, RestrictedMachine};
pub use partition::MAX_ENUMERATED;
pub use quartic::Quartic;
pub use units::Units;
