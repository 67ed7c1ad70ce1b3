//! Annealing.

use super::Dynamics;
use crate::error::{Error, Result};
use crate::model::{Build, Local};
use crate::plan::{Op, Plan, Slot};
use crate::shader::Mirror as _;

/// Simulated annealing around another dynamics: all chains make some sweeps at the first inverse temperature, then at the
/// next, and so on; after the last they stay there (S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, Science 220, 671 (1983)).
///
/// The simulation has one point, whose beta is not used. A run that ends while a temperature lasts is
/// at that temperature: its points say which. Fit the schedule of each run to [`sweeps`](Anneal::new), or let one run go
/// through them all for the last configuration alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Anneal<D> {
    dynamics: D,
    betas: Vec<f64>,
    sweeps: u64,
}

impl<D> Anneal<D> {
    /// Annealing along these inverse temperatures, with `sweeps` sweeps at each.
    pub fn new(dynamics: D, betas: &[f64], sweeps: u64) -> Self {
        Self { dynamics, betas: betas.to_vec(), sweeps }
    }

    fn step(&self, sweep: u64) -> usize {
        (sweep / self.sweeps.max(1)).min(self.betas.len() as u64 - 1) as usize
    }

    /// What is annealed.
    pub(super) fn dynamics(&self) -> &D {
        &self.dynamics
    }

    /// The inverse temperature of a sweep.
    pub(super) fn beta_of(&self, sweep: u64) -> Option<f64> {
        self.betas.get(self.step(sweep)).copied()
    }

    /// The same, where it is another one than that of the sweep before.
    pub(super) fn new_beta(&self, sweep: u64) -> Option<f64> {
        if sweep > 0 && self.step(sweep) == self.step(sweep - 1) { None } else { self.beta_of(sweep) }
    }

    /// Refuses a schedule without sweeps, or with something else than temperatures.
    pub(super) fn check_schedule(&self) -> Result<()> {
        if self.sweeps == 0 {
            return Err(Error::input("sweeps at each temperature", "at least 1", 0, "give the number of sweeps"));
        }
        let bad = self.betas.iter().find(|beta| beta.is_nan() || **beta < 0.0);
        if self.betas.is_empty() || bad.is_some() {
            let got = bad.map_or("none".to_string(), f64::to_string);
            return Err(Error::input(
                "betas of the annealing",
                "numbers >= 0",
                got,
                "give rising inverse temperatures",
            ));
        }
        Ok(())
    }

    /// Refuses several points.
    pub(super) fn check_points(&self, points: usize) -> Result<()> {
        if points != 1 {
            return Err(Error::input("points of an annealing", "1", points, "run one annealing a point"));
        }
        Ok(())
    }
}

/// The dynamics at every temperature, and where the chains are.
#[derive(Debug)]
pub struct Annealing<P> {
    inner: P,
    places: Slot,
    chains: u32,
}

impl<M: Local, D: Dynamics<M>> Dynamics<M> for Anneal<D> {
    type Program = Annealing<D::Program>;

    fn check(&self) -> Result<()> {
        self.check_schedule()?;
        self.dynamics.check()
    }

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Self::Program> {
        self.check_points(build.models.len())?;
        let models = vec![build.models[0].clone(); self.betas.len()];
        let chains = build.chains();
        let places = build.slot_once("places", u64::from(chains));
        // The inner dynamics sees a point for every temperature, and chains that are all at one of them.
        let parameters: Vec<u32> = models.iter().flat_map(|model| model.parameters().words()).collect();
        let betas: Vec<f32> = self.betas.iter().map(|&beta| beta as f32).collect();
        let parameters = build.plan.slot_with("annealed_parameters", &parameters);
        let betas = build.plan.slot_with("annealed_betas", &betas);
        let mut inner_build = Build {
            plan: &mut *build.plan,
            models: &models,
            betas: &self.betas,
            tempered: true,
            rebound: vec![("parameters", parameters), ("betas", betas)],
            packed: build.packed.clone(),
            two_layer: None,
            ..*build
        };
        let inner = self.dynamics.prepare(&mut inner_build)?;
        Ok(Annealing { inner, places, chains })
    }

    fn numbers(&self) -> u64 {
        self.dynamics.numbers()
    }

    fn packs(&self) -> bool {
        self.dynamics.packs()
    }

    fn beta_at(&self, sweep: u64) -> Option<f64> {
        self.beta_of(sweep)
    }

    fn append(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        self.cool(program, sweep, plan);
        self.dynamics.append(&program.inner, sweep, plan);
    }

    fn append_recorded(&self, program: &Self::Program, sweep: u64, plan: &mut Plan) {
        self.cool(program, sweep, plan);
        self.dynamics.append_recorded(&program.inner, sweep, plan);
    }

    fn updates_per_site(&self) -> u64 {
        self.dynamics.updates_per_site()
    }
}

impl<D> Anneal<D> {
    /// Takes all chains to the temperature of this sweep, where it is another one than before.
    fn cool<M: Local>(&self, program: &Annealing<D::Program>, number: u64, plan: &mut Plan)
    where
        D: Dynamics<M>,
    {
        let sweep = number / self.dynamics.numbers();
        if self.new_beta(sweep).is_none() {
            return;
        }
        let first = self.step(sweep) as u32 * program.chains;
        let places: Vec<u32> = (first..first + program.chains).collect();
        plan.push(Op::Write(program.places, bytemuck::cast_slice(&places).into()));
        self.dynamics.append_places_changed(&program.inner, plan);
    }
}
