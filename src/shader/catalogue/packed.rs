//! Kernels of the packed family.

use super::fragments::{NORMAL, PLACE, RANDOM, XOSHIRO};
use super::{Fragment, Kernel, ModelText};

const PACKED: Fragment = shader!("lib/packed.wgsl");
const PACKED_CHAINS: Fragment = shader!("lib/packed_chains.wgsl");
const PACKED_SPINS: Fragment = shader!("lib/packed_spins.wgsl");
const PACKED_NEIGHBOURS: Fragment = shader!("lib/packed_neighbours.wgsl");
static PACKED_ALIKE: Fragment = shader!("lib/packed_alike.wgsl");
static PACKED_SIGNED: Fragment = shader!("lib/packed_signed.wgsl");
const COUNTERS: Fragment = shader!("lib/counters.wgsl");
const PACKED_FLIPS: Fragment = shader!("lib/packed_flips.wgsl");

/// First configurations of packed spins.
pub static PACKED_START: Kernel =
    Kernel { name: "start", entry: shader!("packed/start.wgsl"), library: &[RANDOM, PACKED], contract: &[] };
/// Acceptance thresholds of packed chains.
pub static PACKED_ASSIGN: Kernel = Kernel {
    name: "assign",
    entry: shader!("packed/assign.wgsl"),
    library: &[PLACE, RANDOM, PACKED, PACKED_CHAINS],
    contract: &[],
};
/// Half a sweep of packed spins.
pub static PACKED_SWEEP: Kernel = Kernel {
    name: "sweep",
    entry: shader!("packed/sweep.wgsl"),
    library: &[RANDOM, XOSHIRO, PACKED, PACKED_NEIGHBOURS, PACKED_FLIPS],
    contract: &["with_signs"],
};
/// A whole sweep of packed spins in two dimensions.
pub static PACKED_FULL_SWEEP: Kernel = Kernel {
    name: "full_sweep",
    entry: shader!("packed/full_sweep.wgsl"),
    library: &[RANDOM, XOSHIRO, PACKED, PACKED_NEIGHBOURS, PACKED_FLIPS],
    contract: &["with_signs"],
};
/// Sums of spins and of bonds of packed chains.
pub static PACKED_TALLY: Kernel = Kernel {
    name: "tally",
    entry: shader!("packed/tally.wgsl"),
    library: &[PLACE, RANDOM, PACKED, PACKED_CHAINS, PACKED_SPINS, PACKED_NEIGHBOURS, COUNTERS],
    contract: &["with_signs"],
};
/// Packed chains in the order of their places.
pub static PACKED_GATHER: Kernel = Kernel {
    name: "gather",
    entry: shader!("packed/gather.wgsl"),
    library: &[PACKED, RANDOM, PACKED_CHAINS],
    contract: &[],
};
/// What packed kernels take for a model: bonds that are all alike.
pub static ALIKE: ModelText<'static> = ModelText { name: "alike", fragment: &PACKED_ALIKE };
/// What packed kernels take for a model: bonds of either sign.
pub static SIGNED: ModelText<'static> = ModelText { name: "signed", fragment: &PACKED_SIGNED };
/// Waves of packed spins.
pub static PACKED_SLICES: Kernel = Kernel {
    name: "slices",
    entry: shader!("packed/slices.wgsl"),
    library: &[PLACE, RANDOM, NORMAL, PACKED, PACKED_CHAINS, PACKED_SPINS, PACKED_NEIGHBOURS, COUNTERS],
    contract: &[],
};

/// Every kernel of the packed family.
pub static PACKED_KERNELS: &[&Kernel] =
    &[&PACKED_START, &PACKED_ASSIGN, &PACKED_SWEEP, &PACKED_FULL_SWEEP, &PACKED_TALLY, &PACKED_GATHER, &PACKED_SLICES];
