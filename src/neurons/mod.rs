//! Recorded neurons as a lattice field in space and time.
//!
//! A recording of N neurons over T clock ticks is a binary field φ_i^a on an N × T lattice (G. Bardella, S. Franchini,
//! P. Pani and S. Ferraina, "Lattice physics approaches for neural networks", arXiv:2405.12022).

mod field;
mod file;
pub mod fit;
mod raster;

pub use field::{Convention, NeuralField, Reading};
pub use raster::Raster;
