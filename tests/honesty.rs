//! Reported errors are honest: of many small, correlated runs two thirds lie within one error of the truth, no fewer and
//! not many more.

mod common;
mod oracle;

use common::{gpu, lattice};
use oracle::{ising_enumeration, phi4_ring};
use spinfield::{Energy, Estimate, FieldMoments, HeatBath, Ising, Magnetization, Phi4, Proposal, Schedule};

/// Experiments: seeds, times independent points of each.
const SEEDS: u64 = 40;
const POINTS: usize = 20;
/// Chains and samples of an experiment, few enough that the estimate of τ itself is noisy.
const REPLICAS: u32 = 16;
const SCHEDULE: Schedule = Schedule { warmup: 150, samples: 200, thin: 1 };

/// Deviations from the truth and reported errors of one quantity.
struct Pulls {
    what: &'static str,
    truth: f64,
    /// Deviation, error and τ.
    seen: Vec<(f64, f64, Option<f64>)>,
}

impl Pulls {
    fn new(what: &'static str, truth: f64) -> Self {
        Self { what, truth, seen: Vec::new() }
    }

    fn add(&mut self, estimate: Estimate) {
        self.seen.push((estimate.mean - self.truth, estimate.error.unwrap(), estimate.tau));
    }

    fn fraction_inside(&self, scale: impl Fn(Option<f64>) -> f64) -> f64 {
        let inside = self.seen.iter().filter(|(deviation, error, tau)| deviation.abs() < error * scale(*tau));
        inside.count() as f64 / self.seen.len() as f64
    }

    /// The gates, for 800 experiments. The fraction within one error is 0.683 ± 0.016, so that 0.61 to 0.75 are over four
    /// sigma; the mean squared pull is 1 ± 0.05, and up to 0.1 more because errors are themselves uncertain.
    fn assert_honest(&self) {
        let count = self.seen.len() as f64;
        let inside = self.fraction_inside(|_| 1.0);
        let square = self.seen.iter().map(|(deviation, error, _)| (deviation / error).powi(2)).sum::<f64>() / count;
        let sum: f64 = self.seen.iter().map(|(deviation, ..)| deviation).sum();
        let bias = sum / self.seen.iter().map(|(deviation, ..)| deviation.powi(2)).sum::<f64>().sqrt();
        let what = self.what;
        eprintln!("{what}: {inside:.3} within one error, squared pull {square:.3}, bias {bias:+.2} sigma");
        assert_eq!(self.seen.len(), SEEDS as usize * POINTS);
        assert!((0.61..0.75).contains(&inside), "{what}: {inside} of the runs lie within one error");
        assert!((0.8..1.25).contains(&square), "{what}: the mean squared pull is {square}");
        // What all runs have in common: four times the error of their mean.
        assert!(bias.abs() < 4.0, "{what}: all runs together are {bias:+.1} errors off");
    }

    /// That the gates are sharp: errors that take samples for independent are far too small here.
    fn assert_correlated(&self) {
        let mean_tau = self.seen.iter().map(|(_, _, tau)| tau.unwrap()).sum::<f64>() / self.seen.len() as f64;
        let naive = self.fraction_inside(|tau| (2.0 * tau.unwrap()).sqrt().recip());
        eprintln!("{}: τ = {mean_tau:.2}; without it {naive:.3} within one error", self.what);
        assert!(mean_tau > 1.2 && naive < 0.55, "{}: τ = {mean_tau} hardly matters", self.what);
    }
}

#[test]
fn errors_of_a_magnet_are_honest() {
    let Some(gpu) = gpu() else { return };
    let beta = 0.4;
    let exact = ising_enumeration(&[4, 4], beta, 0.0);
    let mut pulls = [
        Pulls::new("E/N", exact.energy),
        Pulls::new("|m|", exact.abs_magnetization),
        Pulls::new("m²", exact.magnetization2),
        Pulls::new("U4", exact.binder),
        Pulls::new("C", exact.specific_heat),
        Pulls::new("χ", exact.susceptibility),
    ];
    for seed in 0..SEEDS {
        let builder = gpu.simulate(Ising::new(lattice(&[4, 4])), HeatBath).betas(&[beta; POINTS]);
        let mut simulation = builder.replicas(REPLICAS).seed(seed).build().unwrap();
        let (energy, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
        let run = simulation.run(SCHEDULE).unwrap();
        for at in run.by_beta() {
            let estimates = [
                at.mean(energy),
                at.mean(m.abs()),
                at.mean(m.squared()),
                at.binder(m),
                at.specific_heat(energy),
                at.susceptibility(m),
            ];
            pulls.iter_mut().zip(estimates).for_each(|(pulls, estimate)| pulls.add(estimate));
        }
    }
    pulls.iter().for_each(Pulls::assert_honest);
    pulls[..3].iter().for_each(Pulls::assert_correlated);
}

#[test]
fn errors_of_a_field_are_honest() {
    let Some(gpu) = gpu() else { return };
    let (mass2, lambda) = (-0.5, 0.5);
    let exact = phi4_ring(8, mass2, lambda);
    let mut pulls = [
        Pulls::new("S/N", exact.action),
        Pulls::new("φ²", exact.phi2),
        Pulls::new("link", exact.link),
        Pulls::new("χ", exact.susceptibility),
        Pulls::new("Schwinger–Dyson", 1.0),
    ];
    for seed in 0..SEEDS {
        let builder = gpu.simulate(Phi4::new(lattice(&[8]), mass2, lambda), Proposal::new(1.0)).betas(&[1.0; POINTS]);
        let mut simulation = builder.replicas(REPLICAS).seed(1000 + seed).build().unwrap();
        let (energy, m, moments) =
            (simulation.observe(Energy), simulation.observe(Magnetization), simulation.observe(FieldMoments));
        let run = simulation.run(SCHEDULE).unwrap();
        for at in run.by_beta() {
            let estimates = [
                at.mean(energy),
                at.mean(moments.phi2()),
                at.mean(moments.link()),
                at.jackknife(&[m.squared()], |means| 8.0 * means[0]),
                at.mean(moments.schwinger_dyson()),
            ];
            pulls.iter_mut().zip(estimates).for_each(|(pulls, estimate)| pulls.add(estimate));
        }
    }
    pulls.iter().for_each(Pulls::assert_honest);
    pulls[1..3].iter().for_each(Pulls::assert_correlated);
}
