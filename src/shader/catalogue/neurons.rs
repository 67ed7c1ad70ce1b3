//! Kernels of recorded neurons.

use super::dense::{DENSE, DENSE_BLOCK, DENSE_RULE};
use super::fragments::RANDOM;
use super::{Fragment, Kernel, ModelText};

const STRANDS: Fragment = shader!("lib/strands.wgsl");
const NEURONS_ALONE: Fragment = shader!("lib/neurons.wgsl");
// A model is one fragment.
static NEURONS_ON_STRANDS: Fragment = Fragment::new(
    "shaders/lib/strands.wgsl and neurons.wgsl",
    concat!(include_str!("../../../shaders/lib/strands.wgsl"), include_str!("../../../shaders/lib/neurons.wgsl")),
);

/// What sweeps of the family of explicit couplings take for a model: neurons with couplings in time.
pub static NEURONS: ModelText<'static> = ModelText { name: "neurons", fragment: &NEURONS_ON_STRANDS };
/// One tick given the ticks before it.
pub static FOLLOW: Kernel = Kernel {
    name: "follow",
    entry: shader!("neurons/follow.wgsl"),
    library: &[RANDOM, DENSE, DENSE_RULE, DENSE_BLOCK, STRANDS, NEURONS_ALONE],
    contract: &[],
};
/// Spikes of each neuron, and spikes that are followed by another.
pub static TALLY: Kernel =
    Kernel { name: "tally", entry: shader!("neurons/tally.wgsl"), library: &[STRANDS], contract: &[] };
/// How many neurons fire at once, and spikes of each replica.
pub static CROWD: Kernel =
    Kernel { name: "crowd", entry: shader!("neurons/crowd.wgsl"), library: &[STRANDS], contract: &[] };

/// Every kernel of recorded neurons.
pub static NEURON_KERNELS: &[&Kernel] = &[&FOLLOW, &TALLY, &CROWD];
