//! Couplings of recorded neurons, and how well they describe what was recorded.

mod boltzmann;
mod builder;
mod centred;
mod check;
mod conditionals;
mod counts;
mod figure;
mod found;
mod information;
mod layout;
mod mean_field;
mod optimise;
mod prior;
mod pseudo_likelihood;
mod sampler;
mod scores;
mod timeline;

pub use builder::{FitBuilder, Method, NeuralFit};
pub use check::{Agreement, SampledCheck};
pub use figure::figure;
pub use prior::Prior;
pub use pseudo_likelihood::Step;
pub use scores::{CouplingErrors, Scores};
