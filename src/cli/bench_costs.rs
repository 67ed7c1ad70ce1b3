//! What one update costs nominally, so that a rate can be held against what the adapter can do at best.
//!
//! Bytes are counted as if caches were perfect: what a kernel must read and write of the chains' state once a sweep, 32-bit
//! and 128-bit accesses at their size; tables and random words cost none. Operations are those on 32-bit integers that
//! the WGSL spells out, a rotation as three, address arithmetic of the sliding kernels left out. Where most of the
//! arithmetic is on real numbers, or depends on the state, there is no figure.

/// Nominal bytes and integer operations of one attempted update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Bytes moved.
    pub bytes: Option<f64>,
    /// Integer operations.
    pub operations: Option<f64>,
}

impl Cost {
    /// No figure means anything.
    pub const NONE: Self = Self { bytes: None, operations: None };
}

/// `shaders/lib/random.wgsl`: 13 rounds of 2 additions, 2 rotations and 2 exclusive ors, 3 key injections of 5, 8 to begin.
const THREEFRY: f64 = 13.0 * 10.0 + 3.0 * 5.0 + 8.0;

/// `shaders/lib/xoshiro.wgsl`: a word.
const XOSHIRO: f64 = 14.0;

/// Planes that a block of 128 spins draws on average at a critical point.
const PLANES: f64 = 12.0;

/// `shaders/packed/sweep.wgsl`, a word of 32 spins: `bonds` to load, compare and count the neighbours; for each class 3 to
/// select its spins and in each plane 5 to spread its threshold; in each plane besides a random word and 7 to compare; one
/// Threefry for four words; 4 to end.
const fn packed(bonds: f64, classes: f64) -> f64 {
    (bonds + 3.0 * classes + PLANES * (XOSHIRO + 5.0 * classes + 7.0) + THREEFRY / 4.0 + 4.0) / 32.0
}

/// Blocks of 128 bits: three loads (here, ahead, beside) and a store. Two classes are uncertain: 0 and 1 broken bonds.
pub const PACKED_SQUARE_METROPOLIS: Cost =
    Cost { bytes: Some(4.0 * 16.0 / 128.0), operations: Some(packed(20.0, 2.0)) };

/// The same with all five classes uncertain.
pub const PACKED_SQUARE_HEAT_BATH: Cost = Cost { bytes: Some(4.0 * 16.0 / 128.0), operations: Some(packed(20.0, 5.0)) };

/// Two more loads, 0 to 2 broken bonds uncertain. The exchange of replicas and the energies that it needs are left out: the
/// fraction shows what they take.
pub const PACKED_CUBIC_METROPOLIS: Cost = Cost { bytes: Some(6.0 * 16.0 / 128.0), operations: Some(packed(27.0, 3.0)) };

/// The same with six signs to take into account, whose bytes depend on how many chains share them.
pub const PACKED_GLASS: Cost = Cost { bytes: None, operations: Some(packed(33.0, 3.0)) };

/// `shaders/lattice/flip.wgsl` on the square lattice: the number of the site, the site read and written, each site of the
/// other colour read once, acceptance noted, four bytes each. One Threefry, 36 to find four neighbours, 16 for their
/// energies, 20 to look the threshold up.
pub const WORDS_SQUARE: Cost = Cost { bytes: Some(5.0 * 4.0), operations: Some(THREEFRY + 36.0 + 16.0 + 20.0) };

/// `shaders/lattice/metropolis_strips.wgsl`: a quad read for two of its sites, each written.
pub const FIELD_METROPOLIS: Cost = Cost { bytes: Some(3.0 * 4.0), operations: None };

/// `shaders/lattice/reflect.wgsl`: the same without acceptance.
pub const REFLECTION: Cost = Cost { bytes: Some(4.0 * 4.0), operations: None };

/// `shaders/lattice/leap.wgsl`, trajectories of ten steps: eleven times position and momentum read and written, and once a
/// trajectory the momenta drawn (4), the energy error summed (12) and the field adopted (8).
pub const LEAPFROG: Cost = Cost { bytes: Some((11.0 * 16.0 + 24.0) / 10.0), operations: None };

/// Recall, a neuron: with every pattern an exclusive or, a count and an addition for 32 neurons (`project.wgsl`), then
/// three operations for its field (`fields.wgsl`). Asynchronous recall finds fields again after every flip.
pub fn two_layer(patterns: usize, synchronous: bool) -> Cost {
    let operations = patterns as f64 * (3.0 / 32.0 + 3.0);
    Cost { bytes: None, operations: synchronous.then_some(operations) }
}
