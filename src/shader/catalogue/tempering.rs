//! Kernels of replica exchange.

use super::fragments::{FINITE, RANDOM};
use super::{Fragment, Kernel};

const LADDER: Fragment = shader!("lib/ladder.wgsl");

/// Replica exchange where energies are integers.
pub static SWAP: Kernel =
    Kernel { name: "swap", entry: shader!("tempering/swap.wgsl"), library: &[RANDOM, LADDER], contract: &[] };
/// Replica exchange where energies are real.
pub static SWAP_REAL: Kernel = Kernel {
    name: "swap_real",
    entry: shader!("tempering/swap_real.wgsl"),
    library: &[RANDOM, FINITE, LADDER],
    contract: &[],
};
/// Replica exchange where a chain carries its temperature, as spins with explicit couplings do.
pub static SWAP_FACTORS: Kernel = Kernel {
    name: "swap_factors",
    entry: shader!("tempering/swap_factors.wgsl"),
    library: &[RANDOM, FINITE, LADDER],
    contract: &[],
};
/// What happened to the places of the ladders.
pub static JOURNAL: Kernel =
    Kernel { name: "journal", entry: shader!("tempering/journal.wgsl"), library: &[], contract: &[] };

/// Every kernel of replica exchange.
pub static TEMPERING_KERNELS: &[&Kernel] = &[&SWAP, &SWAP_REAL, &SWAP_FACTORS, &JOURNAL];
