//! Spins with explicit couplings: heat bath and Metropolis site by site, Little's dynamics, annealing.

use super::{Cooled, Dynamics, HeatBath, Little, Metropolis};
use crate::dense::Dense;
use crate::error::{Error, Result};
use crate::model::{Build, PairwiseSpins};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, workgroup_for};
use crate::random::Purpose;
use crate::shader::catalogue;

/// The kernels of a sweep.
#[derive(Debug)]
pub struct DenseSweep {
    dense: Dense,
    kind: DenseKind,
}

#[derive(Debug, Clone, Copy)]
enum DenseKind {
    /// Site after site.
    InTurn(KernelId),
    /// All at once.
    AtOnce { align: KernelId, renew: KernelId },
}

impl DenseSweep {
    /// Declares site after site.
    pub(crate) fn in_turn(dense: Dense, plan: &mut Plan, constants: &Constants) -> Result<Self> {
        let kernel = dense.kernel(plan, catalogue::VISIT.source(catalogue::FREE)?, constants, &[]);
        Ok(Self { dense, kind: DenseKind::InTurn(kernel) })
    }

    /// Declares all at once.
    pub(crate) fn at_once(dense: Dense, plan: &mut Plan, constants: &Constants, lanes: u32) -> Result<Self> {
        plan.slot("next", dense.words());
        let align = dense.kernel(plan, catalogue::ALIGN_DENSE.source(catalogue::FREE)?, constants, &[]);
        let shape = workgroup_for((dense.words() / 4) as u32, 1, lanes);
        let renew = plan.kernel(catalogue::RENEW.source_alone()?, Constants::default(), shape, &[]);
        Ok(Self { dense, kind: DenseKind::AtOnce { align, renew } })
    }

    pub(crate) fn append(&self, sweep: u64, plan: &mut Plan) {
        match self.kind {
            DenseKind::InTurn(kernel) => {
                // The random words do not depend on how a sweep is cut: `row` is no part of their address.
                self.dense.append_in_turn(kernel, plan, |row| Tick { sweep, row, ..Tick::default() });
            }
            DenseKind::AtOnce { align, renew } => {
                let tick = Tick { sweep, ..Tick::default() };
                self.dense.append_at_once(0..self.dense.groups(), align, plan, tick);
                plan.dispatch(renew, 0..(self.dense.words() / 4) as u32, 1, 0, tick);
            }
        }
    }
}

/// Greedy spins: zero temperature, where a spin without a field stays.
pub(crate) fn greedy() -> Constants {
    let mut constants = Constants::default();
    constants.set("GREEDY", 1);
    constants
}

fn in_turn(build: &mut Build<'_, PairwiseSpins>, constants: &Constants) -> Result<DenseSweep> {
    let dense = build.dense();
    build.slot_once("accepted", dense.chains() as u64);
    DenseSweep::in_turn(dense, build.plan, constants)
}

impl Dynamics<PairwiseSpins> for HeatBath {
    type Program = DenseSweep;

    fn prepare(&self, build: &mut Build<'_, PairwiseSpins>) -> Result<DenseSweep> {
        let mut constants = Constants::default();
        constants.set("PURPOSE", Purpose::HeatBath as u32);
        in_turn(build, &constants)
    }

    fn append(&self, program: &DenseSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

impl Dynamics<PairwiseSpins> for Metropolis {
    type Program = DenseSweep;

    fn prepare(&self, build: &mut Build<'_, PairwiseSpins>) -> Result<DenseSweep> {
        // As on a lattice: where some site has no flip that changes βE by 1 or more, nearly all flips would be accepted.
        let weakest = build.models[0].weakest() / build.models[0].unit();
        let mut constants = Constants::default();
        constants.set("PURPOSE", Purpose::Metropolis as u32).set("HEAT_BATH", 0);
        constants.set("LAZY_BELOW", (1.0 / weakest).min(f64::from(f32::MAX)));
        in_turn(build, &constants)
    }

    fn append(&self, program: &DenseSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

impl Dynamics<PairwiseSpins> for Little {
    type Program = DenseSweep;

    fn prepare(&self, build: &mut Build<'_, PairwiseSpins>) -> Result<DenseSweep> {
        let mut constants = Constants::default();
        constants.set("PURPOSE", Purpose::Visible as u32);
        DenseSweep::at_once(build.dense(), build.plan, &constants, build.lanes)
    }

    fn keeps_boltzmann(&self) -> bool {
        false
    }

    fn append(&self, program: &DenseSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

/// What makes the factors of all chains.
#[derive(Debug)]
pub struct Factors(Dense);

/// The factor of each chain.
impl Cooled for PairwiseSpins {
    type Thermostat = Factors;

    fn prepare_cooled<D: Dynamics<Self>>(
        dynamics: &D,
        _: &[f64],
        build: &mut Build<'_, Self>,
    ) -> Result<(D::Program, Slot, Factors)> {
        let factors = build.plan.find("factors");
        let factors = factors.ok_or_else(|| Error::input("model", "temperatures", "none", "report this"))?;
        Ok((dynamics.prepare(build)?, factors, Factors(build.dense())))
    }

    fn temperatures(Factors(dense): &Factors, _: usize, beta: f64) -> Vec<u32> {
        bytemuck::cast_vec(dense.factors(std::iter::repeat_n(beta, dense.chains())))
    }
}
