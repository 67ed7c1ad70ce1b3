//! Kernels of the lattice family.

use super::fragments::{
    ATTEMPTS, CLEAN, CLUSTERS, COLOURING, FIELD, FINITE, INTEGER, LATTICE, LOCAL_ENERGY, MOMENTUM, MULTI_STATE, NORMAL,
    PLACE, POINT, QUADS, RANDOM, TWO_STATE,
};
use super::{Fragment, Kernel};

const SITE_ITEM: Fragment = Fragment::new("src/shader/catalogue", "alias Item = Site;\n");
const QUAD_ITEM: Fragment = Fragment::new("src/shader/catalogue", "alias Item = vec4<f32>;\n");

/// First configurations.
pub static START: Kernel = Kernel {
    name: "start",
    entry: shader!("lattice/start.wgsl"),
    library: &[RANDOM, LATTICE, FIELD],
    contract: &["Site", "hot", "cold"],
};
/// Two-state sites, by table.
pub static FLIP: Kernel = Kernel {
    name: "flip",
    entry: shader!("lattice/flip.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, LOCAL_ENERGY, TWO_STATE],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "flipped"],
};
/// Two-state sites whose energies are real, by the exponential.
pub static FLIP_REAL: Kernel = Kernel {
    name: "flip_real",
    entry: shader!("lattice/flip_real.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, LOCAL_ENERGY],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "flipped"],
};
/// Sites of several states, by table.
pub static FLIP_AMONG: Kernel = Kernel {
    name: "flip",
    entry: shader!("lattice/flip.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, LOCAL_ENERGY, MULTI_STATE],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "STATES"],
};
/// Sites of several states, drawn from their neighbours.
pub static REDRAW: Kernel = Kernel {
    name: "redraw",
    entry: shader!("lattice/redraw.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD],
    contract: &["Site", "Parameters", "STATES"],
};
/// Real-valued sites, some attempts each.
pub static METROPOLIS: Kernel = Kernel {
    name: "metropolis",
    entry: shader!("lattice/metropolis.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, ATTEMPTS],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "propose"],
};
/// The same in strips of sites.
pub static METROPOLIS_STRIPS: Kernel = Kernel {
    name: "metropolis_strips",
    entry: shader!("lattice/metropolis_strips.wgsl"),
    library: &[RANDOM, LATTICE, QUADS, PLACE, POINT, ATTEMPTS],
    contract: METROPOLIS.contract,
};
/// Sites reflected on their local fields.
pub static REFLECT: Kernel = Kernel {
    name: "reflect",
    entry: shader!("lattice/reflect.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN],
    contract: &["Site", "Scalar", "Parameters", "pull", "reflected"],
};
/// Every site a cluster of its own.
pub static ISOLATE: Kernel =
    Kernel { name: "isolate", entry: shader!("lattice/isolate.wgsl"), library: &[LATTICE, CLUSTERS], contract: &[] };
/// Clusters along active bonds.
pub static UNITE: Kernel = Kernel {
    name: "unite",
    entry: shader!("lattice/unite.wgsl"),
    library: &[RANDOM, LATTICE, PLACE, POINT, FIELD, CLUSTERS],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "flipped"],
};
/// New values of clusters.
pub static TURN: Kernel = Kernel {
    name: "turn",
    entry: shader!("lattice/turn.wgsl"),
    library: &[RANDOM, INTEGER, LATTICE, FIELD, CLUSTERS],
    contract: &["Site", "flipped"],
};
/// Momenta of hybrid Monte Carlo.
pub static REFRESH: Kernel = Kernel {
    name: "refresh",
    entry: shader!("lattice/refresh.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, MOMENTUM],
    contract: &[],
};
/// One kick and one drift.
pub static LEAP: Kernel = Kernel {
    name: "leap",
    entry: shader!("lattice/leap.wgsl"),
    library: &[LATTICE, PLACE, POINT, CLEAN],
    contract: &["Site", "Scalar", "Parameters", "bond_slope", "onsite_slope"],
};
/// One kick and one drift of strips of sites.
pub static SLIDE: Kernel = Kernel {
    name: "slide",
    entry: shader!("lattice/slide.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, QUADS, PLACE, POINT, MOMENTUM],
    contract: LEAP.contract,
};
/// Acceptance of trajectories.
pub static JUDGE: Kernel =
    Kernel { name: "judge", entry: shader!("lattice/judge.wgsl"), library: &[RANDOM, FINITE], contract: &[] };
/// Accepted trajectories become the state.
pub static ADOPT: Kernel =
    Kernel { name: "adopt", entry: shader!("lattice/adopt.wgsl"), library: &[SITE_ITEM], contract: &["Site"] };
/// The same by quads of sites.
pub static ADOPT_QUADS: Kernel =
    Kernel { name: "adopt", entry: shader!("lattice/adopt.wgsl"), library: &[QUAD_ITEM], contract: &[] };
/// What a trajectory says of itself.
pub static RECORD: Kernel =
    Kernel { name: "record", entry: shader!("lattice/record.wgsl"), library: &[PLACE], contract: &[] };

/// Every kernel of the lattice family.
pub static LATTICE_KERNELS: &[&Kernel] = &[
    &START,
    &FLIP,
    &FLIP_REAL,
    &FLIP_AMONG,
    &REDRAW,
    &METROPOLIS,
    &METROPOLIS_STRIPS,
    &REFLECT,
    &ISOLATE,
    &UNITE,
    &TURN,
    &REFRESH,
    &LEAP,
    &SLIDE,
    &JUDGE,
    &ADOPT,
    &ADOPT_QUADS,
    &RECORD,
];
