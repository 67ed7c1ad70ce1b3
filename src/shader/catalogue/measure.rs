//! Measurements of the lattice family.

use super::fragments::{CLEAN, FIELD, LATTICE, MOMENTUM, NORMAL, OCCUPANTS, POINT, QUADS, RANDOM};
use super::{Density, Sums};

/// Energy: sums over bonds and over sites.
pub static ENERGY: Density = Density {
    name: "energy",
    fragment: shader!("measure/energy.wgsl"),
    library: &[LATTICE, POINT, FIELD, CLEAN],
    sums: Sums::ModelScalar,
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite"],
};
/// Order parameter.
pub static MAGNETIZATION: Density = Density {
    name: "magnetization",
    fragment: shader!("measure/magnetization.wgsl"),
    library: &[LATTICE, FIELD],
    sums: Sums::ModelOrder,
    contract: &["Site", "Scalar", "order"],
};
/// Overlap and link overlap of pairs of replicas.
pub static OVERLAP: Density = Density {
    name: "overlap",
    fragment: shader!("measure/overlap.wgsl"),
    library: &[LATTICE, FIELD, OCCUPANTS],
    sums: Sums::ModelOrder,
    contract: &["Site", "Scalar", "order", "flipped"],
};
/// Fourier component at the smallest momentum.
pub static STRUCTURE: Density = Density {
    name: "structure",
    fragment: shader!("measure/structure.wgsl"),
    library: &[NORMAL, RANDOM, LATTICE, FIELD],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "order"],
};
/// Powers of a real field, links, Schwinger–Dyson.
pub static MOMENTS: Density = Density {
    name: "moments",
    fragment: shader!("measure/moments.wgsl"),
    library: &[LATTICE, POINT, FIELD, CLEAN],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "Parameters", "bond_slope", "onsite_slope"],
};
/// Accepted attempts of the last sweep.
pub static ACCEPTANCE: Density = Density {
    name: "acceptance",
    fragment: shader!("measure/acceptance.wgsl"),
    library: &[LATTICE],
    sums: Sums::Integer,
    contract: &[],
};
/// Energy error of a trajectory.
pub static ENERGY_ERROR: Density = Density {
    name: "energy_error",
    fragment: shader!("measure/energy_error.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, POINT, FIELD, CLEAN, MOMENTUM],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite"],
};
/// The same by quads of sites.
pub static ENERGY_ERROR_QUADS: Density = Density {
    name: "energy_error_quads",
    fragment: shader!("measure/energy_error_quads.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, QUADS, POINT, MOMENTUM],
    sums: Sums::Float,
    contract: ENERGY_ERROR.contract,
};

/// Energy differences to the neighbours in a ladder.
pub static EXCHANGE_ENERGY: Density = Density {
    name: "exchange",
    fragment: shader!("measure/exchange.wgsl"),
    library: &[LATTICE, POINT, FIELD, CLEAN],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite"],
};

/// Every measurement of the lattice family.
pub static DENSITIES: &[&Density] = &[
    &ENERGY,
    &MAGNETIZATION,
    &OVERLAP,
    &STRUCTURE,
    &MOMENTS,
    &ACCEPTANCE,
    &ENERGY_ERROR,
    &ENERGY_ERROR_QUADS,
    &EXCHANGE_ENERGY,
];
