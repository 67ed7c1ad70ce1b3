//! Metropolis updates, of two-state and of real sites.

use super::strips::Strips;
use super::two_state::{
    Rule, TwoStateSweep, colour_sweep, lazy_metropolis_probability, metropolis_probability, prepare_two_state,
};
use super::{ColourSweep, Dynamics};
use crate::error::{Error, Result};
use crate::model::{Build, Continuous, Local, Scalar, TwoState};
use crate::plan::{Constants, KernelId, Plan, Tick};
use crate::random::Purpose;
use crate::shader::catalogue;

/// Metropolis updates of discrete sites: another value, of several a random one, is accepted with probability
/// min(1, e^(−βΔE)) (N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953)).
///
/// Sites of a colour move together, colours in a fixed order: balance holds, detailed balance does not. Where nearly all
/// moves are accepted this hardly mixes: as β → 0 every site flips in every sweep, and on a chain (one dimension) kinks
/// run ballistically, so that the number that run left less the number that run right never changes. On chains, and
/// where some site has no flip that changes βE by 1 or more, an attempt is therefore made with probability ½, which leaves the same measure
/// invariant. [`HeatBath`](super::HeatBath) mixes better in both cases. For real sites see [`Proposal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metropolis;

impl<M: TwoState> Dynamics<M> for Metropolis {
    type Program = TwoStateSweep;

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<TwoStateSweep> {
        if M::SCALAR == Scalar::Float {
            return prepare_real(build).map(TwoStateSweep::Sites);
        }
        let changes = [build.models[0].strength()[0] * M::BOND_CHANGE, M::ONSITE_CHANGE];
        prepare_two_state(build, Purpose::Metropolis, |beta, model| rule(beta, model, changes))
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

/// The rule of a point where the site that is bound least changes its energy by these at the most: bonds, and site.
pub(super) fn rule<M: Local>(beta: f64, model: &M, changes: [u32; 2]) -> Rule {
    let [bonds, onsite] = changes.map(f64::from);
    let [coupling, field] = model.units().map(f64::abs);
    let largest = beta * (coupling * bonds + field * onsite);
    let lazy = model.lattice().dimensions() == 1 || largest < 1.0;
    if lazy { lazy_metropolis_probability } else { metropolis_probability }
}

/// Metropolis by the exponential, for couplings that are 1 in size on average.
fn prepare_real<M: TwoState>(build: &mut Build<'_, M>) -> Result<ColourSweep> {
    let dimensions = build.lattice().dimensions();
    let lazy_below = match dimensions {
        1 => f64::from(f32::MAX),
        _ => 1.0 / f64::from(2 * dimensions as u32 * M::BOND_CHANGE),
    };
    let mut constants = Constants::default();
    constants.set("PURPOSE", Purpose::Metropolis as u32).set("HEAT_BATH", 0).set("LAZY_BELOW", lazy_below);
    colour_sweep(build, &catalogue::FLIP_REAL, &constants, &[])
}

/// Metropolis updates of real sites: attempts drawn by the model's `propose` with this width (for φ⁴ uniformly within
/// ± width), one a site and sweep unless [`hits`](Self::hits) says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proposal {
    width: f64,
    hits: u32,
}

/// The most attempts that one visit of a site makes.
const MOST_HITS: u32 = 32;

impl Proposal {
    /// Proposals of this width, > 0.
    pub fn new(width: f64) -> Self {
        Self { width, hits: 1 }
    }

    /// Attempts in turn at each site of a sweep while its neighbours stay, 1 to 32 (default: 1). Each is a Metropolis step
    /// of its own, so that the measure is the same for any number; from 4 to 8 of them come near a heat bath at a fraction
    /// of what as many sweeps cost.
    #[must_use]
    pub fn hits(mut self, hits: u32) -> Self {
        self.hits = hits;
        self
    }
}

/// The kernels of attempts at real sites.
#[derive(Debug)]
pub enum ProposalSweep {
    /// Site by site.
    Sites(ColourSweep),
    /// In strips.
    Strips(StripSweep),
}

/// A kernel that goes down strips of rows, on lattices of two colours.
#[derive(Debug)]
pub struct StripSweep {
    plain: KernelId,
    /// The same, which also notes what was accepted.
    recording: KernelId,
    /// Of all chains.
    lanes: u32,
    trips: u64,
}

impl ProposalSweep {
    fn append(&self, sweep: u64, recorded: bool, plan: &mut Plan) {
        match self {
            Self::Sites(sites) => sites.append(sweep, plan),
            Self::Strips(strips) => {
                let kernel = if recorded { strips.recording } else { strips.plain };
                for part in 0..2 {
                    let tick = Tick { part, sweep, ..Tick::default() };
                    plan.dispatch(kernel, 0..strips.lanes, 1, strips.trips, tick);
                }
            }
        }
    }
}

impl<M: Continuous> Dynamics<M> for Proposal {
    type Program = ProposalSweep;

    fn check(&self) -> Result<()> {
        if self.hits == 0 || self.hits > MOST_HITS {
            let wanted = format!("1 to {MOST_HITS}");
            return Err(Error::input("hits of a proposal", wanted, self.hits, "4 is a good choice"));
        }
        if self.width > 0.0 && self.width < 1e15 {
            return Ok(());
        }
        Err(Error::input("width of the proposals", "a finite number > 0", self.width, "1 is a good start for a field"))
    }

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<ProposalSweep> {
        let attempts = u64::from(build.lattice().sites()) * u64::from(self.hits);
        if attempts > u64::from(u32::MAX) {
            let hint = "attempts of a chain are counted in 32 bits: use fewer hits, or a smaller lattice".into();
            return Err(Error::Limit { what: "sites x hits".into(), need: attempts, have: u64::from(u32::MAX), hint });
        }
        let mut constants = Constants::default();
        constants.set("WIDTH", self.width).set("HITS", self.hits);
        let two_colours = build.lattice().colours() == 2;
        let Some(Strips { rows, lanes, .. }) = Strips::new(build, 1).filter(|_| two_colours) else {
            let mut sweep = colour_sweep(build, &catalogue::METROPOLIS, &constants, &[])?;
            sweep.trips = u64::from(self.hits.div_ceil(2));
            return Ok(ProposalSweep::Sites(sweep));
        };
        build.slot_once("accepted", u64::from(build.lattice().sites()) * u64::from(build.chains()));
        constants.set("STRIP", rows).set("LANES", lanes);
        let lanes = lanes * build.chains();
        let mut kernel = |recorded: bool| {
            constants.set("RECORD", u8::from(recorded));
            build.lattice_kernel(&catalogue::METROPOLIS_STRIPS, (lanes, 1), &constants, &[])
        };
        let (plain, recording) = (kernel(false)?, kernel(true)?);
        // A strip's rows, each with the attempts beyond those that are no loop.
        let trips = u64::from(rows * (1 + self.hits.div_ceil(2)));
        Ok(ProposalSweep::Strips(StripSweep { plain, recording, lanes, trips }))
    }

    fn append(&self, program: &ProposalSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, false, plan);
    }

    fn append_recorded(&self, program: &ProposalSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, true, plan);
    }

    fn updates_per_site(&self) -> u64 {
        u64::from(self.hits)
    }
}
