//! Learning rules: how patterns become couplings.
//!
//! | rule | couplings | held as |
//! |---|---|---|
//! | Hebb | J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ | the patterns' bits |
//! | [pseudo-inverse](PseudoInverse) | J_ij = (1/N) Σ_μν ξ_i^μ (C⁺)_μν ξ_j^ν, C the patterns' correlations | the bits and C⁺ |
//! | [Storkey](storkey()) | pattern after pattern, from the local fields | the N × N matrix |
//! | [unlearning](unlearn()) | from any couplings, dream after dream | the N × N matrix |
//! | [sequence](sequence()) | J_ij = (1/N) Σ_μ ξ_i^{μ+1} ξ_j^μ, asymmetric | the N × N matrix |
//!
//! Self-couplings J_ii are taken off unless a dynamics says otherwise.
//!
//! A [`Trainer`] learns a [restricted Boltzmann machine](crate::RestrictedMachine) from data, by stochastic ascent of the
//! log-likelihood; a [`GeneralTrainer`] learns a [general one](crate::GeneralMachine).

mod binary;
mod contrastive;
mod correlations;
mod early_stopping;
mod general;
mod negative;
mod pseudo_inverse;
mod steps;
mod storkey;
mod trainer;
mod unlearning;

pub use contrastive::{Gradient, Optimiser, TrainBuilder};
pub use correlations::{hebb, sequence};
pub use early_stopping::{Best, EarlyStopping, held_out_score};
pub use general::{GeneralTrainBuilder, GeneralTrainer};
pub use pseudo_inverse::PseudoInverse;
pub use storkey::storkey;
pub use trainer::{Trainer, TrainerState};
pub use unlearning::unlearn;

/// How a recall's patterns are stored.
#[derive(Debug, Clone, Copy, Default)]
pub enum Rule<'a> {
    /// J = (1/N) Σ_μ ξ^μ ξ^μᵀ (J. J. Hopfield, PNAS 79, 2554 (1982)): random patterns are retrieved up to P = 0.138 N.
    #[default]
    Hebb,
    /// The projector onto the patterns: linearly independent ones are all fixed points, however correlated.
    PseudoInverse(&'a PseudoInverse),
}
