//! Replica exchange.

use super::Dynamics;
use crate::error::{Error, Result};
use crate::model::{Build, Local, Model, PairwiseSpins, Scalar};
use crate::observable::{SiteSum, Step, Survey, Tally};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, workgroup_for};
use crate::shader::Mirror as _;
use crate::shader::catalogue::{self, EXCHANGE_ENERGY, Kernel, SWAP, SWAP_FACTORS, SWAP_REAL};

/// Thresholds of swaps that a run keeps at the most.
const MOST_THRESHOLDS: usize = 1 << 22;

/// Replica exchange (parallel tempering) around another dynamics: every so many sweeps, chains of neighbouring points swap
/// places with probability min(1, e^((β−β')(E−E'))), even and odd pairs in turn
/// (K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996)).
///
/// The ladder runs along the inverse temperatures of the simulation or, where there is only one, along its models; every
/// replica is a ladder of its own. Chains keep their spins and swap temperatures. What is recorded belongs to the points:
/// the series of a point is what was there, whichever chain it was. [`Swaps`](crate::Swaps) says how well chains travel.
///
/// Where the energy is made of integers, all decisions are, and a run gives the same bits on every adapter. In a field the
/// two parts of the energy are accepted one by one, which is as exact and swaps a little less often. Energies of explicit
/// couplings are sums of `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tempering<D> {
    dynamics: D,
    every: u64,
}

impl<D> Tempering<D> {
    /// Replica exchange around this dynamics, before every sweep but the first.
    pub fn new(dynamics: D) -> Self {
        Self { dynamics, every: 1 }
    }

    /// Swaps after this many sweeps, ≥ 1, instead of after each.
    #[must_use]
    pub fn every(mut self, sweeps: u64) -> Self {
        self.every = sweeps;
        self
    }
}

/// A model whose chains replica exchange can compare: it says how their energies are found, and what decides.
pub trait Exchanged: Model {
    /// Refuses points between which nothing could travel, beyond what is wrong with their betas.
    ///
    /// # Errors
    /// [`Error::Input`] naming the points.
    fn check_points(build: &Build<'_, Self>) -> Result<()>;

    /// Declares what measures the energies into a slot, and the kernel that swaps, with a pair of chains an invocation.
    ///
    /// # Errors
    /// As the catalogue, and [`Error::Input`] for a ladder that would take too long tables.
    fn declare_exchange(build: &mut Build<'_, Self>) -> Result<(Comparison, KernelId)>;
}

/// What measures the energies that chains are compared by.
#[derive(Debug)]
pub struct Comparison(Step);

/// The kernels of replica exchange.
#[derive(Debug)]
pub struct Exchange<P> {
    inner: P,
    energies: Comparison,
    swap: KernelId,
    pairs: u32,
    places: u32,
}

impl<M: Exchanged, D: Dynamics<M>> Dynamics<M> for Tempering<D> {
    type Program = Exchange<D::Program>;

    fn check(&self) -> Result<()> {
        if self.every == 0 {
            return Err(Error::input("sweeps between swaps", "at least 1", 0, "1 swaps before every sweep"));
        }
        if !self.dynamics.keeps_boltzmann() {
            let hint = "use the heat bath or Metropolis";
            let wanted = "one whose stationary state is Boltzmann's";
            return Err(Error::input("dynamics of the replica exchange", wanted, "another (Little's)", hint));
        }
        self.dynamics.check()
    }

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Self::Program> {
        check_betas(build.betas, build.ladder)?;
        M::check_points(build)?;
        build.tempered = true;
        let inner = self.dynamics.prepare(build)?;
        let chains = build.chains();
        build.plan.slot("swaps", 4 * u64::from(chains));
        // Those at the beginning of a ladder start a round trip.
        let begins = |chain: u32| u32::from((chain / build.replicas).is_multiple_of(build.ladder));
        build.plan.slot_with("journeys", &(0..chains).map(begins).collect::<Vec<u32>>());
        let (energies, swap) = M::declare_exchange(build)?;
        Ok(Exchange { inner, energies, swap, pairs: pairs(build), places: chains })
    }

    fn numbers(&self) -> u64 {
        self.dynamics.numbers()
    }

    fn packs(&self) -> bool {
        self.dynamics.packs()
    }

    fn moves_chains(&self) -> bool {
        true
    }

    fn append(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        self.exchange(program, sweep, plan);
        self.dynamics.append(&program.inner, sweep, plan);
    }

    fn append_recorded(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        self.exchange(program, sweep, plan);
        self.dynamics.append_recorded(&program.inner, sweep, plan);
    }

    fn updates_per_site(&self) -> u64 {
        self.dynamics.updates_per_site()
    }
}

impl<D> Tempering<D> {
    /// Before a sweep, so that what the sweep says of itself is of the point where the chain is afterwards.
    fn exchange<M: Exchanged>(&self, program: &Exchange<D::Program>, number: u64, plan: &mut Plan)
    where
        D: Dynamics<M>,
    {
        let sweep = number / self.dynamics.numbers();
        if sweep == 0 || !sweep.is_multiple_of(self.every) {
            return;
        }
        let Comparison(energies) = &program.energies;
        energies.append(program.places, Tick { sweep, ..Tick::default() }, plan);
        let tick = Tick { sweep, part: (sweep / self.every % 2) as u32, ..Tick::default() };
        plan.dispatch(program.swap, 0..program.pairs, 1, 0, tick);
        self.dynamics.append_places_changed(&program.inner, plan);
    }
}

/// Pairs of neighbours that may try to swap at a time.
fn pairs<M>(build: &Build<'_, M>) -> u32 {
    build.chains() / build.ladder * (build.ladder / 2)
}

/// Declares the kernel that swaps.
fn declare_swap<M>(build: &mut Build<'_, M>, kernel: &Kernel, bindings: &[(&'static str, Slot)]) -> Result<KernelId> {
    let mut constants = Constants::default();
    constants.set("LENGTH", build.ladder);
    let shape = workgroup_for(pairs(build), 1, build.lanes);
    Ok(build.plan.kernel(kernel.source_alone()?, constants, shape, bindings))
}

impl<M: Local> Exchanged for M {
    fn check_points(build: &Build<'_, Self>) -> Result<()> {
        let alike = |pair: &[M]| pair[0].parameters().words() == pair[1].parameters().words();
        for (betas, models) in build.betas.chunks(build.ladder as usize).zip(build.models.chunks(build.ladder as usize))
        {
            if betas.windows(2).all(|pair| pair[0] == pair[1]) && models.windows(2).any(alike) {
                let hint = "leave out betas, or models, that are given twice";
                return Err(Error::input("points of the replica exchange", "all different", "two alike", hint));
            }
        }
        Ok(())
    }

    fn declare_exchange(build: &mut Build<'_, Self>) -> Result<(Comparison, KernelId)> {
        let target = build.plan.slot("energies", 4 * u64::from(build.chains()));
        build.by_place = true;
        let (energies, kernel) = match (build.packed.clone(), M::SCALAR) {
            (Some(packed), _) => (SiteSum::tally(build, &packed, Tally::Energy, "spins", target)?, &SWAP),
            (None, Scalar::Integer) => (SiteSum::declare(build, &catalogue::ENERGY, target, &[])?, &SWAP),
            (None, Scalar::Float) => (SiteSum::declare(build, &EXCHANGE_ENERGY, target, &[])?, &SWAP_REAL),
        };
        build.by_place = false;
        let mut bindings: Vec<(&'static str, Slot)> = vec![("energies", target)];
        if M::SCALAR == Scalar::Integer {
            let (factors, thresholds) = swap_tables(build)?;
            bindings.push(("factors", build.plan.slot_with("factors", &factors)));
            bindings.push(("swap_thresholds", build.plan.slot_with("swap_thresholds", &thresholds)));
        }
        Ok((Comparison(Step::Sum(energies, 0)), declare_swap(build, kernel, &bindings)?))
    }
}

impl Exchanged for PairwiseSpins {
    fn check_points(build: &Build<'_, Self>) -> Result<()> {
        if build.betas.windows(2).all(|pair| pair[0] == pair[1]) {
            let hint = "give several betas: all points have the same couplings and fields";
            return Err(Error::input("points of the replica exchange", "all different", "two alike", hint));
        }
        Ok(())
    }

    fn declare_exchange(build: &mut Build<'_, Self>) -> Result<(Comparison, KernelId)> {
        // Rows are by place, as those of what is observed of tempered chains.
        let target = build.plan.slot("energies", 4 * u64::from(build.chains()));
        build.by_place = true;
        let survey = Survey::declare(build, true, target)?;
        build.by_place = false;
        let swap = declare_swap(build, &SWAP_FACTORS, &[("energies", target)])?;
        Ok((Comparison(Step::Survey(survey)), swap))
    }
}

/// Refuses ladders along which nothing could travel.
fn check_betas(betas: &[f64], ladder: u32) -> Result<()> {
    if ladder < 2 {
        let hint = "give several betas, or several models";
        return Err(Error::input("ladder of the replica exchange", "at least two points", ladder, hint));
    }
    for betas in betas.chunks(ladder as usize) {
        let steps: Vec<f64> = betas.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let along_models = steps.iter().all(|&step| step == 0.0);
        if !along_models && !steps.iter().all(|&step| step > 0.0) && !steps.iter().all(|&step| step < 0.0) {
            let hint = "sort them, and leave out those that are given twice";
            return Err(Error::input(
                "betas of the replica exchange",
                "a rising or falling ladder",
                format!("{betas:?}"),
                hint,
            ));
        }
        if betas.iter().any(|beta| beta.is_infinite()) {
            let hint = "a large beta does as well: beta E = 50 is as good as certain";
            return Err(Error::input("betas of the replica exchange", "finite numbers", "infinity", hint));
        }
    }
    Ok(())
}

/// For every point the ranges of its two tables, and all tables: thresholds of e^(−a n) for n = 0, 1, … until no random
/// word could be smaller.
fn swap_tables<M: Local>(build: &Build<'_, M>) -> Result<(Vec<[u32; 4]>, Vec<u32>)> {
    let (mut factors, mut thresholds) = (Vec::new(), Vec::new());
    let weights: Vec<[f64; 2]> =
        build.models.iter().zip(build.betas).map(|(model, &beta)| model.units().map(|unit| beta * unit)).collect();
    for (point, weight) in weights.iter().enumerate() {
        let last = (point as u32 + 1).is_multiple_of(build.ladder);
        let next = weights.get(point + 1).filter(|_| !last).unwrap_or(weight);
        let mut factor = [0; 4];
        for part in 0..2 {
            // ln of the ratio is rate times the difference, lower less higher.
            let rate = weight[part] - next[part];
            let first = thresholds.len() as u32;
            if rate != 0.0 {
                // Below 2^-33 a probability rounds to 0.
                let count = (33.0 * std::f64::consts::LN_2 / rate.abs()).ceil() + 1.0;
                if thresholds.len() as f64 + count > MOST_THRESHOLDS as f64 {
                    let hint = "take fewer points, or points that are further apart";
                    return Err(Error::input(
                        "steps of the ladder",
                        "large enough for tables of 2^22 swaps",
                        rate,
                        hint,
                    ));
                }
                thresholds
                    .extend((0..count as u32).map(|n| super::two_state::threshold((-rate.abs() * f64::from(n)).exp())));
                let falling = if rate > 0.0 { 1 << 31 } else { 0 };
                factor[2 * part] = first;
                factor[2 * part + 1] = count as u32 | falling;
            }
        }
        factors.push(factor);
    }
    Ok((factors, thresholds))
}

/// Inverse temperatures for replica exchange between the first and the last of `betas`, such that neighbours swap with this
/// probability: `deviations` are the standard deviations of the total energy βE is made of, √(N C)/β with the specific heat
/// a site C, at those betas, in any order of them.
///
/// Two Gaussian energies of deviation σ swap with probability erfc(σ Δβ/2), so that the steps are equal in ∫σ dβ
/// (W. Janke, in "Rugged Free Energy Landscapes", Lect. Notes Phys. 736 (2008)).
///
/// # Errors
/// [`Error::Input`] for fewer than two betas, deviations that are not positive, or a probability outside (0, 1).
pub fn propose_ladder(betas: &[f64], deviations: &[f64], acceptance: f64) -> Result<Vec<f64>> {
    let mut known: Vec<(f64, f64)> = betas.iter().copied().zip(deviations.iter().copied()).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bad = |beta: f64, deviation: f64| !(beta.is_finite() && deviation > 0.0 && deviation.is_finite());
    if known.len() < 2 || betas.len() != deviations.len() || known.iter().any(|&(beta, deviation)| bad(beta, deviation))
    {
        let got = format!("{} betas and {} deviations", betas.len(), deviations.len());
        let hint = "measure the specific heat at two betas at least";
        return Err(Error::input("ladder", "betas with a positive deviation of the energy each", got, hint));
    }
    if !(acceptance > 0.0 && acceptance < 1.0) {
        return Err(Error::input("acceptance of swaps", "between 0 and 1", acceptance, "0.3 is a good start"));
    }
    // Trapezoids between the betas that are known; within one the integral is a parabola.
    let areas: Vec<f64> =
        known.windows(2).map(|pair| 0.5 * (pair[0].1 + pair[1].1) * (pair[1].0 - pair[0].0)).collect();
    let total: f64 = areas.iter().sum();
    let steps = (total / (2.0 * inverse_erfc(acceptance))).ceil().max(1.0);
    let at = |mut area: f64| {
        for (pair, &whole) in known.windows(2).zip(&areas) {
            if area <= whole {
                let [(from, low), (to, high)] = [pair[0], pair[1]];
                let slope = (high - low) / (to - from);
                // low x + slope x²/2 = area, in the form without cancellation.
                return from + 2.0 * area / (low + (low * low + 2.0 * slope * area).max(0.0).sqrt());
            }
            area -= whole;
        }
        known[known.len() - 1].0
    };
    let mut ladder: Vec<f64> = (0..=steps as u64).map(|step| at(total * step as f64 / steps)).collect();
    if betas.first() > betas.last() {
        ladder.reverse();
    }
    Ok(ladder)
}

/// The x with erfc(x) = p, by bisection.
fn inverse_erfc(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 6.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if erfc(middle) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// erfc(x) for x ≥ 0 to 1.2·10⁻⁷ (W. H. Press et al., Numerical Recipes, 2nd ed., section 6.2).
fn erfc(x: f64) -> f64 {
    const SERIES: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x);
    let sum = SERIES.iter().rev().fold(0.0, |sum, term| sum * t + term);
    t * (sum - x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_deviation_gives_equal_steps() {
        let ladder = propose_ladder(&[0.0, 1.0], &[10.0, 10.0], 0.5).unwrap();
        // erfc(x) = 1/2 at 0.476936: 10 Δβ/2 = 0.477 gives at least 10.5 steps.
        assert_eq!(ladder.len(), 12);
        assert!(ladder.windows(2).all(|pair| (pair[1] - pair[0] - 1.0 / 11.0).abs() < 1e-9));
        assert!((inverse_erfc(0.5) - 0.476_936_276).abs() < 1e-6);
    }

    #[test]
    fn steps_are_shorter_where_the_energy_varies_more() {
        let ladder = propose_ladder(&[1.0, 0.0], &[30.0, 10.0], 0.3).unwrap();
        assert_eq!((ladder[0], *ladder.last().unwrap()), (1.0, 0.0));
        let steps: Vec<f64> = ladder.windows(2).map(|pair| pair[0] - pair[1]).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
        assert!(propose_ladder(&[1.0], &[1.0], 0.3).is_err());
        assert!(propose_ladder(&[0.0, 1.0], &[1.0, f64::NAN], 0.3).is_err());
        assert!(propose_ladder(&[0.0, 1.0], &[1.0, 1.0], 1.0).is_err());
    }
}
