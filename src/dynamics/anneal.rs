//! Annealing.

use super::Dynamics;
use crate::error::{Error, Result};
use crate::model::{Build, Local, Model};
use crate::plan::{Op, Plan, Slot};
use crate::shader::Mirror as _;
use std::fmt::Debug;

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

    /// Refuses a schedule without sweeps, or with something else than temperatures.
    fn check_schedule(&self) -> Result<()> {
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
}

/// A model whose chains can be cooled all together.
pub trait Cooled: Model {
    /// What the contents of the slot of temperatures are made of.
    type Thermostat: Debug + Send;

    /// Prepares the dynamics to be made at each of these inverse temperatures; the slot says at which the chains are.
    ///
    /// # Errors
    /// As [`Dynamics::prepare`].
    fn prepare_cooled<D: Dynamics<Self>>(
        dynamics: &D,
        betas: &[f64],
        build: &mut Build<'_, Self>,
    ) -> Result<(D::Program, Slot, Self::Thermostat)>;

    /// What the slot holds at the step-th inverse temperature, `beta`.
    fn temperatures(thermostat: &Self::Thermostat, step: usize, beta: f64) -> Vec<u32>;
}

/// The dynamics that is annealed, and where its temperatures stand.
#[derive(Debug)]
pub struct Annealing<P, T> {
    inner: P,
    slot: Slot,
    thermostat: T,
}

impl<M: Cooled, D: Dynamics<M>> Dynamics<M> for Anneal<D> {
    type Program = Annealing<D::Program, M::Thermostat>;

    fn check(&self) -> Result<()> {
        self.check_schedule()?;
        self.dynamics.check()
    }

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Self::Program> {
        let points = build.models.len();
        if points != 1 {
            return Err(Error::input("points of an annealing", "1", points, "run one annealing a point"));
        }
        let (inner, slot, thermostat) = M::prepare_cooled(&self.dynamics, &self.betas, build)?;
        Ok(Annealing { inner, slot, thermostat })
    }

    fn numbers(&self) -> u64 {
        self.dynamics.numbers()
    }

    fn packs(&self) -> bool {
        self.dynamics.packs()
    }

    fn beta_at(&self, sweep: u64) -> Option<f64> {
        self.betas.get(self.step(sweep)).copied()
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
    fn cool<M: Cooled>(&self, program: &Annealing<D::Program, M::Thermostat>, number: u64, plan: &mut Plan)
    where
        D: Dynamics<M>,
    {
        let sweep = number / self.dynamics.numbers();
        let step = self.step(sweep);
        if sweep > 0 && step == self.step(sweep - 1) {
            return;
        }
        let words = M::temperatures(&program.thermostat, step, self.betas[step]);
        plan.push(Op::Write(program.slot, bytemuck::cast_slice(&words).into()));
        self.dynamics.append_places_changed(&program.inner, plan);
    }
}

/// Temperatures are places, those of all chains at one of them together.
impl<M: Local> Cooled for M {
    type Thermostat = u32;

    fn prepare_cooled<D: Dynamics<M>>(
        dynamics: &D,
        betas: &[f64],
        build: &mut Build<'_, M>,
    ) -> Result<(D::Program, Slot, u32)> {
        let models = vec![build.models[0].clone(); betas.len()];
        let chains = build.chains();
        let places = build.slot_once("places", u64::from(chains));
        // The inner dynamics sees a point for every temperature, and chains that are all at one of them.
        let parameters: Vec<u32> = models.iter().flat_map(|model| model.parameters().words()).collect();
        let singles: Vec<f32> = betas.iter().map(|&beta| beta as f32).collect();
        let parameters = build.plan.slot_with("annealed_parameters", &parameters);
        let annealed = build.plan.slot_with("annealed_betas", &singles);
        let mut inner_build = Build {
            plan: &mut *build.plan,
            models: &models,
            betas,
            tempered: true,
            rebound: vec![("parameters", parameters), ("betas", annealed)],
            packed: build.packed.clone(),
            two_layer: None,
            ..*build
        };
        Ok((dynamics.prepare(&mut inner_build)?, places, chains))
    }

    fn temperatures(chains: &u32, step: usize, _: f64) -> Vec<u32> {
        let first = step as u32 * chains;
        (first..first + chains).collect()
    }
}
