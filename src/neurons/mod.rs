//! Lattice field theory of recorded neurons (G. Bardella, S. Franchini, P. Pani, S. Ferraina, arXiv:2405.12022): a recording
//! of N neurons over T clock ticks is a binary field on a lattice of space and time.

mod field;
mod file;

pub use field::{Convention, NeuralField, Reading};
