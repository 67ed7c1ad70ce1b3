//! Library fragments that kernels of several families are joined with.

use super::Fragment;

pub(super) const ENGINE: Fragment = shader!("lib/engine.wgsl");
pub(super) const RANDOM: Fragment = shader!("lib/random.wgsl");
pub(super) const XOSHIRO: Fragment = shader!("lib/xoshiro.wgsl");
pub(super) const NORMAL: Fragment = shader!("lib/normal.wgsl");
pub(super) const ANGLE: Fragment = shader!("lib/angle.wgsl");
pub(super) const INTEGER: Fragment = shader!("lib/integer.wgsl");
pub(super) const LATTICE: Fragment = shader!("lib/lattice.wgsl");
pub(super) const COLOURING: Fragment = shader!("lib/colouring.wgsl");
pub(super) const POINT: Fragment = shader!("lib/point.wgsl");
pub(super) const FIELD: Fragment = shader!("lib/field.wgsl");
pub(super) const LOCAL_ENERGY: Fragment = shader!("lib/local_energy.wgsl");
pub(super) const OCCUPANTS: Fragment = shader!("lib/occupants.wgsl");
pub(super) const PLACE: Fragment = shader!("lib/place.wgsl");
/// The factor of a bond: 1. Where a model declares `Coupling`, [`QUENCHED`] takes its place.
pub(super) const CLEAN: Fragment = shader!("lib/clean.wgsl");
pub(super) const QUENCHED: Fragment = shader!("lib/quenched.wgsl");
pub(super) const TWO_STATE: Fragment = shader!("lib/two_state.wgsl");
pub(super) const MULTI_STATE: Fragment = shader!("lib/multi_state.wgsl");
pub(super) const MOMENTUM: Fragment = shader!("lib/momentum.wgsl");
pub(super) const CLUSTERS: Fragment = shader!("lib/clusters.wgsl");
pub(super) const FINITE: Fragment = shader!("lib/finite.wgsl");
pub(super) const QUADS: Fragment = shader!("lib/quads.wgsl");
pub(super) const ATTEMPTS: Fragment = shader!("lib/attempts.wgsl");
