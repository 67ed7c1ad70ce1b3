//! Hybrid (Hamiltonian) Monte Carlo.

use super::Dynamics;
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
    refresh: KernelId,
    /// From the state into the first buffer; from the first into the second and back.
    first_leap: KernelId,
    leaps: [KernelId; 2],
    error: [SiteSum; 2],
    judge: KernelId,
    adopt: [KernelId; 2],
    sites: u32,
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
        let none = Constants::default();
        let shape = (sites, chains);
        let leap = |build: &mut Build<'_, M>, before, after| {
            let bindings = [("position_before", before), ("position_after", after)];
            build.lattice_kernel(&catalogue::LEAP, shape, &none, &bindings)
        };
        let [a, b] = positions;
        Ok(Trajectory {
            refresh: build.lattice_kernel(&catalogue::REFRESH, shape, &none, &[])?,
            first_leap: leap(build, state, a)?,
            leaps: [leap(build, a, b)?, leap(build, b, a)?],
            error: [
                SiteSum::declare(build, &catalogue::ENERGY_ERROR, energy_error, &[("position_before", a)])?,
                SiteSum::declare(build, &catalogue::ENERGY_ERROR, energy_error, &[("position_before", b)])?,
            ],
            judge: build.lattice_kernel(&catalogue::JUDGE, (chains, 1), &none, &[])?,
            adopt: [
                build.lattice_kernel(&catalogue::ADOPT, shape, &none, &[("position_before", a)])?,
                build.lattice_kernel(&catalogue::ADOPT, shape, &none, &[("position_before", b)])?,
            ],
            sites,
            chains,
            seed: build.seed,
            pairs: self.integrator.splitting(self.steps, self.step_size),
        })
    }

    fn append(&self, program: &Trajectory, sweep: u64, plan: &mut Plan) {
        let tick = Tick { sweep, ..Tick::default() };
        let (sites, chains) = (0..program.sites, program.chains);
        plan.dispatch(program.refresh, sites.clone(), chains, 0, tick);
        // One length for all chains: it must not depend on the state, and need not depend on the chain.
        let event = Event { seed: program.seed, purpose: Purpose::Length, index: 0, chain: 0, sweep, part: 0 };
        let stretch = 1.0 + self.jitter * (2.0 * f64::from(uniform_unit(event.words(0)[0])) - 1.0);
        let pairs = program.pairs.iter().map(|pair| pair.map(|step| stretch * step));
        let end = program.append_leaps(pairs, tick, plan);
        program.error[end].append(0, tick, plan);
        plan.dispatch(program.judge, 0..chains, 1, 0, tick);
        plan.dispatch(program.adopt[end], sites, chains, 0, tick);
    }

    fn updates_per_site(&self) -> u64 {
        u64::from(self.steps)
    }
}

impl Trajectory {
    /// Appends kicks and drifts; returns which buffer holds the end, 0 or 1.
    fn append_leaps(&self, pairs: impl Iterator<Item = [f64; 2]>, tick: Tick, plan: &mut Plan) -> usize {
        let mut last = 0;
        for (number, [kick, drift]) in pairs.enumerate() {
            let kernel = if number == 0 { self.first_leap } else { self.leaps[(number + 1) % 2] };
            let tick = Tick { kick: kick as f32, drift: drift as f32, ..tick };
            plan.dispatch(kernel, 0..self.sites, self.chains, 4, tick);
            last = number % 2;
        }
        last
    }

    /// Appends a trajectory forward and the same one back: the first buffer named should then hold the state again, but
    /// for rounding.
    pub(crate) fn append_there_and_back(&self, sweep: u64, plan: &mut Plan) -> usize {
        let tick = Tick { sweep, ..Tick::default() };
        plan.dispatch(self.refresh, 0..self.sites, self.chains, 0, tick);
        // The splitting as single maps K D K D … K, run backwards with opposite signs: kicks keep their order of
        // pairing with the drift before them.
        let forward = self.pairs.clone();
        let mut back = Vec::new();
        for (at, [kick, _]) in forward.iter().enumerate().rev() {
            let drift = if at == 0 { 0.0 } else { forward[at - 1][1] };
            back.push([-kick, -drift]);
        }
        self.append_leaps(forward.into_iter().chain(back), tick, plan)
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
