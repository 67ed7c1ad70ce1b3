//! Hybrid (Hamiltonian) Monte Carlo.

use super::Dynamics;
use super::leaps::Leaps;
use super::strips::Strips;
use crate::error::{Error, Result};
use crate::model::{Build, Differentiable};
use crate::observable::SiteSum;
use crate::plan::{Constants, KernelId, Plan, Tick};
use crate::random::{Event, Purpose, uniform_unit};
use crate::shader::catalogue;

/// A symplectic integrator of second order, as a list of kicks and drifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Integrator {
    /// Half a kick, then drifts and kicks in turn: one force a step.
    #[default]
    Leapfrog,
    /// The minimum-norm splitting of I. P. Omelyan, I. M. Mryglod and R. Folk, Comput. Phys. Commun. 151, 272 (2003),
    /// with λ = 0.1931833275: two forces a step, and at the same step errors ten to a hundred times smaller.
    Omelyan,
}

const OMELYAN: f64 = 0.193_183_327_503_783_6;

impl Integrator {
    /// The (kick, drift) pairs of a trajectory, neighbouring kicks joined; the last drift is 0.
    fn splitting(self, steps: u32, step_size: f64) -> Vec<[f64; 2]> {
        let mut pairs = Vec::new();
        let mut kick = 0.0;
        for _ in 0..steps {
            match self {
                Self::Leapfrog => {
                    pairs.push([kick + 0.5 * step_size, step_size]);
                    kick = 0.5 * step_size;
                }
                Self::Omelyan => {
                    pairs.push([kick + OMELYAN * step_size, 0.5 * step_size]);
                    pairs.push([(1.0 - 2.0 * OMELYAN) * step_size, 0.5 * step_size]);
                    kick = OMELYAN * step_size;
                }
            }
        }
        pairs.push([kick, 0.0]);
        pairs
    }
}

/// Hybrid Monte Carlo: momenta drawn afresh, molecular dynamics with H = ½ Σ p² + βS, and acceptance with probability
/// min(1, e^(−ΔH)) (S. Duane, A. D. Kennedy, B. J. Pendleton and D. Roweth, Phys. Lett. B 195, 216 (1987)).
///
/// A trajectory has length `steps` × `step_size`, in the parametrisation of the model. ΔH is summed as differences a
/// site, and the test is made on the device; ⟨e^(−ΔH)⟩ = 1 holds for every step size.
///
/// In a nearly free field a mode of frequency ω returns to −φ after a length of π/ω, so that a fixed length can keep its
/// size for ever. A [`jitter`](Hmc::jitter) of the length removes such resonances (P. B. Mackenzie, Phys. Lett. B 226,
/// 369 (1989)). A Schwinger–Dyson mean off 1 is their sign; R̂ of the energy hardly shows them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hmc {
    integrator: Integrator,
    steps: u32,
    step_size: f64,
    jitter: f64,
}

impl Hmc {
    /// Trajectories of `steps` leapfrog steps of size `step_size`.
    pub fn new(steps: u32, step_size: f64) -> Self {
        Self { integrator: Integrator::Leapfrog, steps, step_size, jitter: 0.0 }
    }

    /// The same with another integrator.
    #[must_use]
    pub fn integrator(mut self, integrator: Integrator) -> Self {
        self.integrator = integrator;
        self
    }

    /// Step sizes drawn for each trajectory, uniformly within this fraction of the step size on both sides; 0 to below 1
    /// (default: 0).
    #[must_use]
    pub fn jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }
}

/// The kernels of a trajectory.
#[derive(Debug)]
pub struct Trajectory {
    leaps: Leaps,
    error: [SiteSum; 2],
    judge: KernelId,
    adopt: [KernelId; 2],
    /// What `adopt` runs over: sites, or quads of them.
    items: u32,
    chains: u32,
    seed: u64,
    pairs: Vec<[f64; 2]>,
}

impl<M: Differentiable> Dynamics<M> for Hmc {
    type Program = Trajectory;

    fn check(&self) -> Result<()> {
        if self.steps == 0 || self.steps > 10_000 {
            return Err(Error::input("steps of a trajectory", "1 to 10000", self.steps, "10 is a good start"));
        }
        if !(self.step_size > 0.0 && self.step_size < 1e15) {
            let hint = "0.1 is a good start; smaller steps are accepted more often";
            return Err(Error::input("step size", "a finite number > 0", self.step_size, hint));
        }
        if !(0.0..1.0).contains(&self.jitter) {
            let hint = "0.1 varies the length of trajectories by 10 %";
            return Err(Error::input("jitter", "a fraction from 0 to below 1", self.jitter, hint));
        }
        Ok(())
    }

    fn prepare(&self, build: &mut Build<'_, M>) -> Result<Trajectory> {
        let (sites, chains) = (build.lattice().sites(), build.chains());
        let words = u64::from(sites) * u64::from(chains);
        let state = build.slot_once("state", words);
        let positions = [build.slot_once("position_a", words), build.slot_once("position_b", words)];
        build.slot_once("momentum", words);
        build.slot_once("trajectory", 4 * u64::from(chains));
        let energy_error = build.slot_once("energy_error", 4 * u64::from(chains));
        let shape = (sites, chains);
        let none = Constants::default();
        let strips = Strips::new(build, 2);
        // Where strips slide, everything else goes by quads of sites as well.
        let items = if strips.is_some() { sites / 4 } else { sites };
        let (density, adopt) = match strips {
            Some(_) => (&catalogue::ENERGY_ERROR_QUADS, &catalogue::ADOPT_QUADS),
            None => (&catalogue::ENERGY_ERROR, &catalogue::ADOPT),
        };
        let mut of_items = Constants::default();
        of_items.set("ITEMS", items);
        let error = |build: &mut Build<'_, M>, end| {
            SiteSum::declare_items(build, density, energy_error, &[("position_before", end)], (items, chains))
        };
        let adopt = |build: &mut Build<'_, M>, end| {
            build.lattice_kernel(adopt, (items, chains), &of_items, &[("position_before", end)])
        };
        let [a, b] = positions;
        Ok(Trajectory {
            leaps: Leaps::declare(build, strips, shape, [state, a, b])?,
            error: [error(build, a)?, error(build, b)?],
            judge: build.lattice_kernel(&catalogue::JUDGE, (chains, 1), &none, &[])?,
            adopt: [adopt(build, a)?, adopt(build, b)?],
            items,
            chains,
            seed: build.seed,
            pairs: self.integrator.splitting(self.steps, self.step_size),
        })
    }

    fn append(&self, program: &Trajectory, sweep: u64, plan: &mut Plan) {
        let tick = Tick { sweep, ..Tick::default() };
        let chains = program.chains;
        // One length for all chains: it must not depend on the state, and need not depend on the chain.
        let event = Event { seed: program.seed, purpose: Purpose::Length, index: 0, chain: 0, sweep, part: 0 };
        let stretch = 1.0 + self.jitter * (2.0 * f64::from(uniform_unit(event.words(0)[0])) - 1.0);
        let pairs = program.pairs.iter().map(|pair| pair.map(|step| stretch * step));
        let end = program.leaps.append(pairs, tick, plan);
        program.error[end].append(0, tick, plan);
        plan.dispatch(program.judge, 0..chains, 1, 0, tick);
        plan.dispatch(program.adopt[end], 0..program.items, chains, 0, tick);
    }

    fn updates_per_site(&self) -> u64 {
        u64::from(self.steps)
    }
}

impl Trajectory {
    /// Appends a trajectory forward and the same one back: the first buffer named should then hold the state again, but
    /// for rounding.
    pub(crate) fn append_there_and_back(&self, sweep: u64, plan: &mut Plan) -> usize {
        let tick = Tick { sweep, ..Tick::default() };
        // The splitting as single maps K D K D … K, run backwards with opposite signs: kicks keep their order of
        // pairing with the drift before them.
        let forward = self.pairs.clone();
        let mut back = Vec::new();
        for (at, [kick, _]) in forward.iter().enumerate().rev() {
            let drift = if at == 0 { 0.0 } else { forward[at - 1][1] };
            back.push([-kick, -drift]);
        }
        self.leaps.append(forward.into_iter().chain(back), tick, plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splittings_are_symmetric_and_have_the_whole_length() {
        for integrator in [Integrator::Leapfrog, Integrator::Omelyan] {
            let pairs = integrator.splitting(5, 0.2);
            let kicks: Vec<f64> = pairs.iter().map(|pair| pair[0]).collect();
            let drifts: Vec<f64> = pairs.iter().map(|pair| pair[1]).collect();
            assert!((kicks.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!((drifts.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for (forward, backward) in kicks.iter().zip(kicks.iter().rev()) {
                assert!((forward - backward).abs() < 1e-12);
            }
        }
    }
}
