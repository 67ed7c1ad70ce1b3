//! What `spinfield bench` measures: a table of kernel families and sizes.
//!
//! A family is one entry of [`table`]; its sizes are lines of the form (suite, lattice, replicas, sweeps). Sweeps are chosen
//! so that a repetition takes roughly a tenth of a second on a software adapter with two cores.

use super::bench_costs::{self as costs, Cost};
use super::bench_networks::networks;
use super::bench_neurons::fields;
use spinfield::dynamics::Dynamics;
use spinfield::model::{Local, Model};
use spinfield::{
    EdwardsAnderson, Energy, Error, Gpu, HeatBath, Hmc, Ising, Lattice, Magnetization, Metropolis, OverRelaxation,
    Phi4, Potts, Proposal, Schedule, Simulation, SimulationBuilder, SwendsenWang, Tempering, Xy,
};
use std::time::{Duration, Instant};

/// Which suites a size belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Suite {
    /// About half a minute on a software adapter
    Quick,
    /// All of quick and larger systems, a few minutes
    Full,
}
use Suite::{Full, Quick};

/// One case, before anything is allocated.
pub struct Case {
    /// Family and size.
    pub name: String,
    /// The kernel family.
    pub family: &'static str,
    /// The least suite that it belongs to.
    pub suite: Suite,
    /// Sweeps of a repetition, on a software adapter.
    pub sweeps: u64,
    /// What an update costs nominally.
    pub cost: Cost,
    /// Where a repetition measures as well: the family that makes the same sweeps without.
    pub measures: Option<&'static str>,
    prepare: Prepare,
}

pub type Prepare = Box<dyn Fn(&Gpu, u64, u64) -> Result<Prepared, Error>>;
pub type Repeat = Box<dyn FnMut() -> Result<(u64, Duration), Error>>;

/// A case on the device.
pub struct Prepared {
    /// Sites or neurons of a chain.
    pub sites: u64,
    /// Chains.
    pub chains: u64,
    /// Makes one repetition and gives the updates that it attempted and the time that it took.
    pub repeat: Repeat,
}

impl Case {
    /// Allocates and compiles.
    pub fn prepare(&self, gpu: &Gpu, seed: u64, sweeps: u64) -> Result<Prepared, Error> {
        (self.prepare)(gpu, seed, sweeps)
    }
}

/// A kernel family and what all its sizes share.
pub struct Family {
    pub name: &'static str,
    pub cost: Cost,
    /// Whether energy and magnetisation are measured after every sweep, and the family that does without.
    pub measures: Option<&'static str>,
}

/// A lattice of a family: suite, sides, replicas at every point, sweeps.
type Size = (Suite, &'static str, u32, u64);

/// Critical points of the square and of the cubic Ising magnet.
const SQUARE: f64 = 0.440_687;
const CUBIC: f64 = 0.221_655;

/// Every case of both suites.
pub fn table() -> Vec<Case> {
    let family = |name, cost| Family { name, cost, measures: None };
    let ladder: Vec<f64> = (0..32).map(|step| CUBIC * (0.8 + 0.0125 * f64::from(step))).collect();
    let gradient = |gpu: &Gpu, lattice, hmc| gpu.simulate(Phi4::new(lattice, -0.5, 0.5), hmc);
    let field = |gpu: &Gpu, lattice, proposal| gpu.simulate(Phi4::new(lattice, -0.5, 0.5), proposal);
    let angles = |gpu: &Gpu, lattice, proposal| gpu.simulate(Xy::new(lattice), proposal).betas(&[1.1]);
    let heat_bath = |gpu: &Gpu, lattice, rule| gpu.simulate(Ising::new(lattice), rule).betas(&[SQUARE]);
    [
        family("ising-metropolis", costs::PACKED_SQUARE_METROPOLIS).lattices(
            &[
                (Quick, "64x64", 1, 2500),
                (Quick, "256x256", 1, 800),
                (Quick, "1024x1024", 1, 200),
                (Full, "2048x2048", 1, 50),
                (Quick, "4096x4096", 1, 12),
                (Full, "16384x16384", 1, 1),
            ],
            Metropolis,
            |gpu, lattice, rule| gpu.simulate(Ising::new(lattice), rule).betas(&[SQUARE]),
        ),
        family("ising-heat-bath", costs::PACKED_SQUARE_HEAT_BATH).lattices(
            &[
                (Quick, "64x64", 1, 1500),
                (Quick, "256x256", 1, 800),
                (Quick, "1024x1024", 1, 150),
                (Full, "2048x2048", 1, 40),
                (Quick, "4096x4096", 1, 10),
                (Full, "16384x16384", 1, 1),
            ],
            HeatBath,
            heat_bath,
        ),
        family("ising-replicas", costs::PACKED_SQUARE_METROPOLIS).lattices(
            &[(Quick, "32x32", 64, 1500), (Quick, "32x32", 1024, 150), (Full, "32x32", 16_384, 10)],
            Metropolis,
            |gpu, lattice, rule| gpu.simulate(Ising::new(lattice), rule).betas(&[SQUARE]),
        ),
        family("ising-3d-tempering", costs::PACKED_CUBIC_METROPOLIS).lattices(
            &[(Quick, "16x16x16", 4, 150), (Quick, "32x32x32", 1, 80), (Full, "64x64x64", 1, 10)],
            Tempering::new(Metropolis),
            move |gpu, lattice, rule| gpu.simulate(Ising::new(lattice), rule).betas(&ladder),
        ),
        family("ising-words", costs::WORDS_SQUARE).lattices(
            &[
                (Quick, "64x64", 1, 1000),
                (Quick, "256x256", 1, 60),
                (Quick, "1024x1024", 1, 4),
                (Full, "4096x4096", 1, 1),
            ],
            HeatBath,
            |gpu, lattice, rule| gpu.simulate(Ising::new(lattice), rule).betas(&[SQUARE]).packed(false),
        ),
        Family { name: "ising-measured", cost: Cost::NONE, measures: Some("ising-heat-bath") }.lattices(
            &[(Quick, "256x256", 1, 500), (Quick, "1024x1024", 1, 100), (Full, "4096x4096", 1, 6)],
            HeatBath,
            heat_bath,
        ),
        family("phi4-metropolis", costs::FIELD_METROPOLIS).lattices(
            &[(Quick, "64x64", 1, 600), (Quick, "256x256", 1, 40), (Quick, "1024x1024", 1, 3)],
            Proposal::new(1.0),
            field,
        ),
        family("phi4-leapfrog", costs::LEAPFROG).lattices(
            &[(Quick, "64x64", 1, 75), (Quick, "256x256", 1, 6), (Quick, "1024x1024", 1, 1)],
            Hmc::new(10, 0.1),
            gradient,
        ),
        family("xy-metropolis", costs::FIELD_METROPOLIS).lattices(
            &[(Quick, "64x64", 1, 600), (Quick, "256x256", 1, 50), (Quick, "1024x1024", 1, 3)],
            Proposal::new(1.0),
            angles,
        ),
        family("glass-bimodal", costs::PACKED_GLASS).lattices(
            &[(Quick, "16x16x16", 64, 150), (Quick, "32x32x32", 32, 60), (Full, "64x64x64", 32, 8)],
            Metropolis,
            |gpu, lattice, rule| gpu.simulate(EdwardsAnderson::bimodal(lattice, 1), rule).betas(&[0.9]),
        ),
        family("ising-swendsen-wang", Cost::NONE).lattices(
            &[(Quick, "64x64", 1, 200), (Quick, "256x256", 1, 12), (Quick, "1024x1024", 1, 1)],
            SwendsenWang,
            |gpu, lattice, rule| gpu.simulate(Ising::new(lattice), rule).betas(&[SQUARE]),
        ),
        family("potts3-heat-bath", Cost::NONE).lattices(
            &[(Quick, "64x64", 1, 300), (Quick, "256x256", 1, 20), (Quick, "1024x1024", 1, 2)],
            HeatBath,
            |gpu, lattice, rule| gpu.simulate(Potts::new(lattice, 3), rule).betas(&[1.005]),
        ),
        family("xy-over-relaxation", costs::REFLECTION).lattices(
            &[(Quick, "64x64", 1, 600), (Quick, "256x256", 1, 50), (Quick, "1024x1024", 1, 3)],
            OverRelaxation,
            |gpu, lattice, rule| gpu.simulate(Xy::new(lattice), rule).betas(&[1.1]),
        ),
    ]
    .into_iter()
    .flatten()
    .chain(networks())
    .chain(fields())
    .collect()
}

/// Sweeps of a simulation that nothing observes, from where the last repetition ended.
pub fn advancing<M: Model, D: Dynamics<M>>(
    mut simulation: Simulation<M, D>,
    sites: u64,
    sweeps: u64,
) -> spinfield::Result<Prepared> {
    simulation.wait()?;
    let chains = u64::from(simulation.chains());
    let repeat = move || {
        let started = Instant::now();
        simulation.advance(sweeps, &mut |_| {})?;
        simulation.wait()?;
        Ok((sweeps * sites * chains, started.elapsed()))
    };
    Ok(Prepared { sites, chains, repeat: Box::new(repeat) })
}

impl Family {
    /// Sweeps of a lattice model.
    fn lattices<M: Local, D: Dynamics<M>>(
        self,
        sizes: &[Size],
        dynamics: D,
        build: impl Fn(&Gpu, Lattice, D) -> SimulationBuilder<M, D> + Clone + 'static,
    ) -> Vec<Case> {
        let case = |&(suite, sides, replicas, sweeps): &Size| {
            let (build, dynamics) = (build.clone(), dynamics.clone());
            let measures = self.measures.is_some();
            let prepare = move |gpu: &Gpu, seed: u64, sweeps: u64| {
                let lattice: Lattice = sides.parse()?;
                let sites = u64::from(lattice.sites());
                let mut simulation = build(gpu, lattice, dynamics.clone()).replicas(replicas).seed(seed).build()?;
                if measures {
                    simulation.observe(Energy);
                    simulation.observe(Magnetization);
                }
                simulation.prepare()?;
                simulation.wait()?;
                let chains = u64::from(simulation.chains());
                let updates = sweeps * sites * chains * dynamics.updates_per_site();
                let repeat = move || {
                    let started = Instant::now();
                    if measures {
                        simulation.run(Schedule { warmup: 0, samples: sweeps, thin: 1 })?;
                    } else {
                        simulation.advance(sweeps, &mut |_| {})?;
                        simulation.wait()?;
                    }
                    Ok((updates, started.elapsed()))
                };
                Ok(Prepared { sites, chains, repeat: Box::new(repeat) })
            };
            let size = if replicas == 1 { sides.to_string() } else { format!("{sides}-r{replicas}") };
            self.case(suite, &size, sweeps, Box::new(prepare))
        };
        sizes.iter().map(case).collect()
    }

    /// One size of the family.
    pub fn case(&self, suite: Suite, size: &str, sweeps: u64, prepare: Prepare) -> Case {
        let (family, cost, measures) = (self.name, self.cost, self.measures);
        Case { name: format!("{family}/{size}"), family, suite, sweeps, cost, measures, prepare }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_what_is_measured_has_a_bare_twin() {
        let table = table();
        let names: BTreeSet<&str> = table.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), table.len());
        for case in &table {
            assert!(case.sweeps > 0 && !case.name.contains([' ', ',']), "{}", case.name);
            let Some(bare) = case.measures else { continue };
            let twin = case.name.replace(case.family, bare);
            let twin = table.iter().find(|other| other.name == twin).unwrap();
            assert!(twin.suite == case.suite || twin.suite == Quick, "{}", case.name);
        }
    }
}
