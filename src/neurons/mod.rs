//! Recorded neurons as a lattice field in space and time.
//!
//! A recording of N neurons over T clock ticks is a binary field φ_i^a on an N × T lattice (G. Bardella, S. Franchini,
//! P. Pani and S. Ferraina, "Lattice physics approaches for neural networks", arXiv:2405.12022).

mod blocks;
mod chains;
mod coincidences;
mod decimation;
mod enumeration;
pub mod ergodicity;
mod field;
mod file;
pub mod fit;
mod moments;
mod orientation;
mod raster;
pub mod statistics;
mod strands;
mod weights;

pub use chains::{FieldBuilder, FieldChains};
pub use decimation::{Coarsening, coarsen};
pub use enumeration::Enumerated;
pub use field::{Convention, NeuralField, Reading};
pub use moments::RasterMoments;
pub use raster::Raster;
