//! Two-state sites: acceptance by tables of integers.

use super::packed::{PackedSweep, prepare_packed};
use super::{ColourSweep, Dynamics};
use crate::error::{Error, Result};
use crate::model::{Build, Local, Scalar, TwoState};
use crate::plan::{Constants, Plan};
use crate::random::Purpose;
use crate::shader::catalogue;

/// Heat bath of two-state sites: a site takes its new value with probability 1/(1 + e^(βΔE)), whatever its old one was
/// (R. J. Glauber, J. Math. Phys. 4, 294 (1963)). At β = ∞ a site follows its field and is random where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeatBath;

impl<M: TwoState> Dynamics<M> for HeatBath {
    type Program = TwoStateSweep;

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<TwoStateSweep> {
        if M::SCALAR == Scalar::Float {
            let mut constants = Constants::default();
            constants.set("PURPOSE", Purpose::HeatBath as u32).set("HEAT_BATH", 1);
            return colour_sweep(build, &catalogue::FLIP_REAL, &constants, &[]).map(TwoStateSweep::Sites);
        }
        prepare_two_state(build, Purpose::HeatBath, |_, _| heat_bath_probability)
    }

    fn packs(&self) -> bool {
        true
    }

    fn append(&self, program: &TwoStateSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, false, plan);
    }

    fn append_several(&self, program: &TwoStateSweep, sweeps: std::ops::Range<u64>, plan: &mut Plan) {
        program.append_several(sweeps, plan);
    }

    fn append_places_changed(&self, program: &TwoStateSweep, plan: &mut Plan) {
        program.append_places_changed(plan);
    }

    fn append_recorded(&self, program: &TwoStateSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, true, plan);
    }
}

/// A sweep over sites with a word each, or over sites packed as bits.
#[derive(Debug)]
pub enum TwoStateSweep {
    /// A word a site.
    Sites(ColourSweep),
    /// A bit a site.
    Packed(PackedSweep),
}

impl TwoStateSweep {
    pub(super) fn append_places_changed(&self, plan: &mut Plan) {
        if let Self::Packed(program) = self {
            program.assign(plan);
        }
    }

    pub(super) fn append_several(&self, sweeps: std::ops::Range<u64>, plan: &mut Plan) {
        match self {
            Self::Sites(program) => sweeps.for_each(|sweep| program.append(sweep, plan)),
            Self::Packed(program) => program.append_several(sweeps, plan),
        }
    }

    pub(super) fn append(&self, sweep: u64, recorded: bool, plan: &mut Plan) {
        match self {
            Self::Sites(program) => program.append(sweep, plan),
            Self::Packed(program) => program.append(sweep, recorded, plan),
        }
    }
}

/// 1/(1 + e^x) with x = βΔE.
pub(super) fn heat_bath_probability(x: f64) -> f64 {
    1.0 / (1.0 + x.exp())
}

/// min(1, e^(−x)) with x = βΔE.
pub(super) fn metropolis_probability(x: f64) -> f64 {
    (-x).exp().min(1.0)
}

/// Half of [`metropolis_probability`], for where certain moves would not be ergodic.
pub(super) fn lazy_metropolis_probability(x: f64) -> f64 {
    0.5 * metropolis_probability(x)
}

/// A probability as the kernels compare it: a random word below `threshold` accepts, and 2³² − 1 means always.
/// Probabilities below 1 are rounded to multiples of 2⁻³² and never reach certainty.
pub(crate) fn threshold(probability: f64) -> u32 {
    if probability >= 1.0 {
        return u32::MAX;
    }
    ((probability * 4_294_967_296.0).round() as u32).min(u32::MAX - 1)
}

/// βΔE, where an infinite β decides by the sign of ΔE alone and 0 · ∞ is 0.
pub(super) fn scaled(beta: f64, rise: f64) -> f64 {
    if rise == 0.0 { 0.0 } else { beta * rise }
}

/// The acceptance thresholds of one point: a row for each change of the bonds from −`bonds` to `bonds`, a column for each
/// change of the site from −`onsite` to `onsite`.
pub(crate) fn threshold_table(beta: f64, units: [f64; 2], [bonds, onsite]: [u32; 2], probability: Rule) -> Vec<u32> {
    let (bonds, onsite) = (i64::from(bonds), i64::from(onsite));
    let mut table = Vec::new();
    for bond_change in -bonds..=bonds {
        for onsite_change in -onsite..=onsite {
            let rise = units[0] * bond_change as f64 + units[1] * onsite_change as f64;
            table.push(threshold(probability(scaled(beta, rise))));
        }
    }
    table
}

/// The largest changes that one flip makes: of all its bonds, and of its site.
pub(crate) fn spans<M: TwoState>(models: &[M]) -> [u32; 2] {
    // All points have the same couplings.
    [models[0].strength()[1] * M::BOND_CHANGE, M::ONSITE_CHANGE]
}

/// The most bytes of thresholds, 1 GiB.
const LARGEST_TABLE: u64 = 1 << 30;

/// A probability of acceptance, as a function of βΔE.
pub(super) type Rule = fn(f64) -> f64;

/// One table of thresholds a point.
fn tables<M: Local>(build: &Build<'_, M>, spans: [u32; 2], rule: impl Fn(f64, &M) -> Rule) -> Vec<Vec<u32>> {
    let of_point = |(model, &beta): (&M, &f64)| threshold_table(beta, model.units(), spans, rule(beta, model));
    build.models.iter().zip(build.betas).map(of_point).collect()
}

/// Declares the sweep of two-state sites with integer energies, packed or not, by the rule of the point.
pub(super) fn prepare_two_state<M: TwoState>(
    build: &mut Build<'_, M>,
    purpose: Purpose,
    rule: impl Fn(f64, &M) -> Rule,
) -> Result<TwoStateSweep> {
    let spans = spans(build.models);
    match build.packed.clone() {
        Some(packed) => {
            let tables = tables(build, spans, rule);
            prepare_packed(build, &packed, purpose, &tables).map(TwoStateSweep::Packed)
        }
        None => prepare_table(build, &catalogue::FLIP, purpose, spans, rule).map(TwoStateSweep::Sites),
    }
}

/// Declares a flip kernel with one table a point of changes up to `spans`, by the rule of the point.
pub(super) fn prepare_table<M: Local>(
    build: &mut Build<'_, M>,
    kernel: &catalogue::Kernel,
    purpose: Purpose,
    spans: [u32; 2],
    rule: impl Fn(f64, &M) -> Rule,
) -> Result<ColourSweep> {
    let entries: u64 = spans.iter().map(|&span| 2 * u64::from(span) + 1).product();
    let need = 4 * entries * build.models.len() as u64;
    if need > LARGEST_TABLE {
        return Err(Error::Limit {
            what: "the acceptance thresholds of all points, in bytes,".into(),
            need,
            have: LARGEST_TABLE,
            hint: "use fewer points, or smaller couplings".into(),
        });
    }
    let thresholds = tables(build, spans, rule).concat();
    let thresholds = build.plan.slot_with("thresholds", &thresholds);
    let mut constants = Constants::default();
    constants.set("PURPOSE", purpose as u32).set("BOND_SPAN", spans[0]).set("ONSITE_SPAN", spans[1]);
    colour_sweep(build, kernel, &constants, &[("thresholds", thresholds)])
}

/// Declares a kernel that visits the lattice colour by colour and notes what it accepted.
pub(super) fn colour_sweep<M: Local>(
    build: &mut Build<'_, M>,
    kernel: &catalogue::Kernel,
    constants: &Constants,
    bindings: &[(&'static str, crate::plan::Slot)],
) -> Result<ColourSweep> {
    let words = u64::from(build.lattice().sites()) * u64::from(build.chains());
    build.slot_once("accepted", words);
    certain_sweep(build, kernel, constants, bindings)
}

/// Declares a kernel that visits the lattice colour by colour and accepts whatever it does.
pub(super) fn certain_sweep<M: Local>(
    build: &mut Build<'_, M>,
    kernel: &catalogue::Kernel,
    constants: &Constants,
    bindings: &[(&'static str, crate::plan::Slot)],
) -> Result<ColourSweep> {
    let lattice = build.lattice().clone();
    let chains = build.chains();
    let colours = lattice.declare_colours(build.plan);
    let widest = colours.iter().map(|sites| sites.len() as u32).max().unwrap_or(1);
    let kernel = build.lattice_kernel(kernel, (widest, chains), constants, bindings)?;
    // Most loop over at most four directions only.
    Ok(ColourSweep { kernel, colours, chains, trips: 4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_is_apart_and_nothing_else_is_rounded_to_it() {
        assert_eq!(threshold(1.0), u32::MAX);
        assert_eq!(threshold(1.0 - 1e-15), u32::MAX - 1);
        assert_eq!(threshold(0.5), 1 << 31);
        assert_eq!(threshold(0.0), 0);
    }

    #[test]
    fn infinite_beta_is_greedy_with_the_textbook_ties() {
        let heat = threshold_table(f64::INFINITY, [1.0, 0.0], [4, 1], heat_bath_probability);
        let metropolis = threshold_table(f64::INFINITY, [1.0, 0.0], [4, 1], metropolis_probability);
        assert_eq!([heat[0], heat[4 * 3 + 1], heat[8 * 3]], [u32::MAX, 1 << 31, 0]);
        assert_eq!([metropolis[0], metropolis[4 * 3 + 1], metropolis[8 * 3]], [u32::MAX, u32::MAX, 0]);
    }

    #[test]
    fn tables_satisfy_detailed_balance() {
        for probability in [heat_bath_probability, metropolis_probability] {
            for x in [0.1_f64, 1.0, 3.7, 12.0] {
                let ratio = probability(x) / probability(-x);
                assert!((ratio / (-x).exp() - 1.0).abs() < 1e-12);
            }
        }
    }
}
