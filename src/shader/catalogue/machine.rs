//! Kernels of restricted Boltzmann machines, and the types of units that they take for a model.

use super::fragments::{NORMAL, RANDOM, XOSHIRO};
use super::{Fragment, Kernel, ModelText};

const UNIT: Fragment = shader!("lib/unit.wgsl");
const KEPT: Fragment = shader!("lib/kept.wgsl");
const MADE: Fragment = shader!("lib/made.wgsl");
const HALF_LINE: Fragment = shader!("lib/half_line.wgsl");
const QUARTIC: Fragment = shader!("unit/phi4.wgsl");
const BATCH: Fragment = shader!("lib/batch.wgsl");
const BINARY: Fragment = shader!("lib/binary.wgsl");
const SHAPE: Fragment = shader!("lib/machine_shape.wgsl");
const OPTIMISER: Fragment = shader!("lib/optimiser.wgsl");

/// Units of a layer given the other layer.
pub static LAYER: Kernel = Kernel {
    name: "layer",
    entry: shader!("machine/layer.wgsl"),
    library: &[RANDOM, NORMAL, UNIT, KEPT, MADE],
    contract: &["log_partition", "expectation", "sampled"],
};
/// Quartic units of their summed inputs.
pub static DRAW_QUARTIC: Kernel = Kernel {
    name: "draw_quartic",
    entry: shader!("machine/draw_quartic.wgsl"),
    library: &[RANDOM, NORMAL, UNIT, KEPT, MADE, HALF_LINE, QUARTIC],
    contract: &[],
};
/// Free energies and the like, row by row.
pub static SUM_ROWS: Kernel =
    Kernel { name: "sum_rows", entry: shader!("machine/sum_rows.wgsl"), library: &[], contract: &[] };
/// Samples in the order of an epoch.
pub static DEAL: Kernel = Kernel { name: "deal", entry: shader!("machine/deal.wgsl"), library: &[], contract: &[] };
/// A step up the gradient of the log-likelihood.
pub static LEARN: Kernel =
    Kernel { name: "learn", entry: shader!("machine/learn.wgsl"), library: &[SHAPE, BATCH, OPTIMISER], contract: &[] };
/// Samples of two-valued units in the order of an epoch.
pub static BINARY_DEAL: Kernel =
    Kernel { name: "binary_deal", entry: shader!("machine/binary_deal.wgsl"), library: &[BINARY], contract: &[] };
/// Hidden means of a batch, and sweeps of chains, of two-valued units.
pub static BINARY_CHAINS: Kernel = Kernel {
    name: "binary_chains",
    entry: shader!("machine/binary_chains.wgsl"),
    library: &[RANDOM, XOSHIRO, UNIT, SHAPE, BINARY],
    contract: &[],
};
/// A step up the gradient of the log-likelihood, of two-valued units.
pub static BINARY_LEARN: Kernel = Kernel {
    name: "binary_learn",
    entry: shader!("machine/binary_learn.wgsl"),
    library: &[SHAPE, BINARY, OPTIMISER],
    contract: &[],
};
/// Offsets of centred units.
pub static OFFSETS: Kernel =
    Kernel { name: "offsets", entry: shader!("machine/offsets.wgsl"), library: &[SHAPE, BATCH], contract: &[] };
/// What the offsets take off the biases' gradient.
pub static RECENTRE: Kernel =
    Kernel { name: "recentre", entry: shader!("machine/recentre.wgsl"), library: &[SHAPE, BATCH], contract: &[] };
/// Replica exchange between the chains of a machine.
pub static EXCHANGE_LEVELS: Kernel = Kernel {
    name: "exchange_levels",
    entry: shader!("machine/exchange_levels.wgsl"),
    library: &[RANDOM],
    contract: &[],
};
/// Shares of all states in a gradient.
pub static NORMALISE: Kernel =
    Kernel { name: "normalise", entry: shader!("machine/normalise.wgsl"), library: &[], contract: &[] };
/// Weights of all states of a layer.
pub static ENUMERATE: Kernel = Kernel {
    name: "enumerate",
    entry: shader!("machine/enumerate.wgsl"),
    library: &[NORMAL, UNIT],
    contract: &["log_partition"],
};
/// Probabilities of visible units given all others.
pub static CONDITIONALS: Kernel = Kernel {
    name: "conditionals",
    entry: shader!("machine/conditionals.wgsl"),
    library: &[NORMAL, UNIT],
    contract: &["log_partition"],
};

/// Every kernel of restricted Boltzmann machines.
pub static MACHINE_KERNELS: &[&Kernel] = &[
    &LAYER,
    &DRAW_QUARTIC,
    &SUM_ROWS,
    &DEAL,
    &LEARN,
    &BINARY_DEAL,
    &BINARY_CHAINS,
    &BINARY_LEARN,
    &OFFSETS,
    &RECENTRE,
    &EXCHANGE_LEVELS,
    &NORMALISE,
    &ENUMERATE,
    &CONDITIONALS,
];

static BERNOULLI_TEXT: Fragment = shader!("unit/bernoulli.wgsl");
static SPIN_TEXT: Fragment = shader!("unit/spin.wgsl");
static GAUSSIAN_TEXT: Fragment = shader!("unit/gaussian.wgsl");
static RELU_TEXT: Fragment = shader!("unit/relu.wgsl");

/// Units of 0 and 1.
pub static BERNOULLI: ModelText<'static> = ModelText { name: "bernoulli", fragment: &BERNOULLI_TEXT };
/// Units of −1 and 1.
pub static SPIN: ModelText<'static> = ModelText { name: "spin", fragment: &SPIN_TEXT };
/// Real units.
pub static GAUSSIAN: ModelText<'static> = ModelText { name: "gaussian", fragment: &GAUSSIAN_TEXT };
/// Units that are not negative.
pub static RELU: ModelText<'static> = ModelText { name: "relu", fragment: &RELU_TEXT };
/// Every type of unit that is part of larger kernels.
pub static UNITS: &[&ModelText<'static>] = &[&BERNOULLI, &SPIN, &GAUSSIAN, &RELU];
