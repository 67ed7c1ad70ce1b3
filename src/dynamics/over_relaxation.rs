//! Moves that keep the energy.

use super::two_state::certain_sweep;
use super::{ColourSweep, Dynamics};
use crate::error::Result;
use crate::model::{Build, Planar};
use crate::plan::{Constants, Plan};
use crate::shader::catalogue;

/// Over-relaxation of planar spins: each is reflected on its local field, θ → 2φ − θ with φ the field's angle, colour after
/// colour (M. Creutz, Phys. Rev. D 36, 515 (1987)).
///
/// It keeps the energy and draws no random numbers, so that alone it is not ergodic: pair it with another dynamics, as in
/// `(Proposal::new(1.8), OverRelaxation)`. Spin waves then decorrelate much faster than by Metropolis alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OverRelaxation;

impl<M: Planar> Dynamics<M> for OverRelaxation {
    type Program = ColourSweep;

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<ColourSweep> {
        certain_sweep(build, &catalogue::REFLECT, &Constants::default(), &[])
    }

    fn append(&self, program: &ColourSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}
