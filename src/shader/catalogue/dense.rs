//! Kernels of the family of explicit couplings.

use super::fragments::{OCCUPANTS, PLACE, RANDOM};
use super::{Fragment, Kernel, ModelText};

pub(super) const DENSE: Fragment = shader!("lib/dense.wgsl");
pub(super) const DENSE_RULE: Fragment = shader!("lib/dense_rule.wgsl");
pub(super) const DENSE_BLOCK: Fragment = shader!("lib/dense_block.wgsl");
static DENSE_FREE: Fragment = shader!("lib/dense_free.wgsl");

/// What a sweep asks of what stands in for a model: what acts on sites besides the matrix, which of them keep their values,
/// and where their random words are.
const CHAINS: &[&str] = &["driven", "exempt", "words_of"];

/// What sweeps take for a model: chains on which nothing else acts.
pub static FREE: ModelText<'static> = ModelText { name: "free", fragment: &DENSE_FREE };

/// Spins with explicit couplings, one after another.
pub static VISIT: Kernel = Kernel {
    name: "visit",
    entry: shader!("dense/visit.wgsl"),
    library: &[RANDOM, DENSE, DENSE_RULE, DENSE_BLOCK],
    contract: CHAINS,
};
/// The same all at once: next values.
pub static ALIGN_DENSE: Kernel = Kernel {
    name: "align_all",
    entry: shader!("dense/align_all.wgsl"),
    library: &[RANDOM, DENSE, DENSE_RULE, DENSE_BLOCK],
    contract: CHAINS,
};
/// Next values become the spins.
pub static RENEW: Kernel = Kernel { name: "renew", entry: shader!("dense/renew.wgsl"), library: &[], contract: &[] };
/// Energies and magnetisations of spins with explicit couplings.
pub static SURVEY: Kernel =
    Kernel { name: "survey", entry: shader!("dense/survey.wgsl"), library: &[DENSE], contract: &[] };
/// Overlaps of pairs of replicas.
pub static AGREE: Kernel =
    Kernel { name: "agree", entry: shader!("dense/agree.wgsl"), library: &[PLACE, OCCUPANTS], contract: &[] };
/// Flips of the last sweep.
pub static FLIPS: Kernel =
    Kernel { name: "flips", entry: shader!("dense/flips.wgsl"), library: &[PLACE], contract: &[] };

/// Correlations of all pairs of sites over chains.
pub static CORRELATE: Kernel =
    Kernel { name: "correlate", entry: shader!("dense/correlate.wgsl"), library: &[], contract: &[] };

/// Every kernel of the family of explicit couplings.
pub static DENSE_KERNELS: &[&Kernel] = &[&VISIT, &ALIGN_DENSE, &RENEW, &SURVEY, &AGREE, &FLIPS, &CORRELATE];
