//! Kernels that find the likelihood of recorded neurons given the others, and its gradient.

use super::{Fragment, Kernel};

const UNPACK: Fragment = shader!("lib/unpack.wgsl");
const SPIKE_WORDS: Fragment = shader!("lib/spike_words.wgsl");

/// Residuals and log-likelihoods, tick by tick.
pub static PSEUDO_RESIDUALS: Kernel = Kernel {
    name: "pseudo_residuals",
    entry: shader!("neurons/pseudo_residuals.wgsl"),
    library: &[UNPACK, SPIKE_WORDS],
    contract: &[],
};
/// Derivatives by space couplings and inputs.
pub static PAIR_GRADIENT: Kernel =
    Kernel { name: "pair_gradient", entry: shader!("neurons/pair_gradient.wgsl"), library: &[UNPACK], contract: &[] };
/// Derivatives by time couplings, and sums of log-likelihoods.
pub static LAG_GRADIENT: Kernel = Kernel {
    name: "lag_gradient",
    entry: shader!("neurons/lag_gradient.wgsl"),
    library: &[SPIKE_WORDS],
    contract: &[],
};

/// Every kernel that fits recorded neurons.
pub static NEURON_FIT_KERNELS: &[&Kernel] = &[&PSEUDO_RESIDUALS, &PAIR_GRADIENT, &LAG_GRADIENT];
