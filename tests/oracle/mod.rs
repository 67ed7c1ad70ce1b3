//! Independent truth for the tests: exact ensembles, closed forms and saddle points, in plain `f64` on the host.
//!
//! Nothing here uses the crate or a GPU, and nothing here shares a formula's code with the kernels, so that agreement
//! means something. The tests of the oracles themselves are `tests/oracles.rs`.
//!
//! Conventions: spins are ±1, `E = -sum_<ij> s_i s_j - h sum_i s_i` with weight `exp(-beta E)`; lattices are periodic,
//! every site has one forward bond in each direction, so that a side of 2 has two bonds between the same sites; energies
//! are per site. The φ⁴ action is `S = sum_x [1/2 sum_mu (phi_{x+mu} - phi_x)^2 + m2/2 phi_x^2 + lambda phi_x^4]` with
//! weight `exp(-S)`.
#![allow(dead_code, unused_imports, reason = "every test file uses a part of the oracles")]

mod hopfield;
mod ising;
mod packed;
mod phi4;
mod random;
mod statistics;

pub use hopfield::{Retrieval, hopfield_overlap, hopfield_retrieval};
pub use ising::{IsingExact, ising_enumeration, kaufman};
pub use packed::{PackedMagnet, PackedRule};
pub use phi4::{RingExact, TwoByExact, free_propagator_phi2, phi4_ring, phi4_two_by};
pub use random::{KnownAnswer, THREEFRY4X32_13, threefry4x32};
pub use statistics::{chi_square_p, erf, z_score};
