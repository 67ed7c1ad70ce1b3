//! The Ising model against enumeration, Kaufman's torus, and every single state of small lattices.
//!
//! Gates are four reported errors unless a comment says otherwise; that the errors are honest is `honesty.rs`'s business.

mod common;
mod oracle;

use common::{against_boltzmann, agrees, gpu, lattice};
use oracle::{IsingExact, chi_square_p, ising_enumeration, kaufman};
use spinfield::dynamics::Dynamics;
use spinfield::run::Point;
use spinfield::{
    Acceptance, Energy, Gpu, HeatBath, Ising, Magnetization, Metropolis, Schedule, Start, StructureFactor,
};

fn critical_beta() -> f64 {
    (1.0 + 2_f64.sqrt()).ln() / 2.0
}

fn sides_of(sides: &[u32]) -> Vec<usize> {
    sides.iter().map(|&side| side as usize).collect()
}

/// Every average of a small magnet against its 2^N states.
///
/// The errors are bounded by `scale`, the size of the largest one with these samples; derived quantities, which are
/// larger, have errors up to ten times that. A magnetisation that never turned would have that of 512 independent signs.
fn against_enumeration<D: Dynamics<Ising>>(
    gpu: &Gpu,
    dynamics: D,
    (sides, field): (&[u32], f64),
    betas: &[f64],
    schedule: Schedule,
    scale: f64,
) {
    let model = Ising::new(lattice(sides)).field(field);
    let mut simulation = gpu.simulate(model, dynamics).betas(betas).replicas(512).seed(20).build().unwrap();
    let (energy, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
    let run = simulation.run(schedule).unwrap();
    assert_eq!(run.by_beta().count(), betas.len());
    for at in run.by_beta() {
        let exact: IsingExact = ising_enumeration(&sides_of(sides), at.beta(), field);
        let what = |name: &str| format!("{sides:?} h {field} β {} {name}", at.beta());
        agrees(&what("E/N"), at.mean(energy), exact.energy, scale);
        agrees(&what("m"), at.mean(m), exact.magnetization, 512_f64.sqrt().recip());
        agrees(&what("|m|"), at.mean(m.abs()), exact.abs_magnetization, scale);
        agrees(&what("m²"), at.mean(m.squared()), exact.magnetization2, scale);
        agrees(&what("m⁴"), at.mean(m.fourth()), exact.magnetization4, scale);
        agrees(&what("U4"), at.binder(m), exact.binder, 10.0 * scale);
        agrees(&what("C"), at.specific_heat(energy), exact.specific_heat, 10.0 * scale);
        agrees(&what("χ"), at.susceptibility(m), exact.susceptibility, 10.0 * scale);
        let r_hat = at.r_hat(energy).unwrap();
        // √(1 + 2τ/200) for two halves of 200 samples: τ = 10 gives 1.05.
        assert!((0.999..1.05).contains(&r_hat), "{}", what(&format!("R {r_hat}")));
    }
}

const BETAS: [f64; 5] = [0.2, 0.3, 0.4, 0.5, 0.6];
const LONG: Schedule = Schedule { warmup: 200, samples: 400, thin: 1 };

#[test]
fn heat_bath_is_the_enumeration() {
    let Some(gpu) = gpu() else { return };
    // 512 · 400 samples with 2τ up to 10 and a deviation below 1: errors up to 0.007.
    against_enumeration(&gpu, HeatBath, (&[4, 4], 0.0), &BETAS, LONG, 0.007);
    against_enumeration(&gpu, HeatBath, (&[3, 5], 0.3), &BETAS, LONG, 0.007);
    against_enumeration(&gpu, HeatBath, (&[2, 3, 3], 0.1), &[0.15, 0.25], LONG, 0.007);
    against_enumeration(&gpu, HeatBath, (&[2, 2, 2, 2], 0.0), &[0.1, 0.2], LONG, 0.007);
    against_enumeration(&gpu, HeatBath, (&[16], 0.1), &[0.5, 1.0], LONG, 0.007);
}

#[test]
fn metropolis_is_the_enumeration() {
    let Some(gpu) = gpu() else { return };
    against_enumeration(&gpu, Metropolis, (&[4, 4], 0.0), &BETAS, LONG, 0.007);
    against_enumeration(&gpu, Metropolis, (&[3, 5], 0.3), &BETAS, LONG, 0.007);
    against_enumeration(&gpu, Metropolis, (&[2, 3, 3], 0.1), &[0.15, 0.25], LONG, 0.007);
}

/// Where every kink moves at no cost, and where every move is free, certain acceptance would not be ergodic.
#[test]
fn metropolis_is_ergodic_on_chains_and_at_infinite_temperature() {
    let Some(gpu) = gpu() else { return };
    against_enumeration(&gpu, Metropolis, (&[8], 0.0), &[0.5, 0.8], LONG, 0.01);
    against_enumeration(&gpu, Metropolis, (&[9], 0.0), &[0.5, 0.8], LONG, 0.01);
    // At and near β = 0 each chain must forget its start by itself: m² of 64 sites is 1/64.
    let model = Ising::new(lattice(&[8, 8]));
    let builder = gpu.simulate(model, Metropolis).betas(&[0.0, 1e-6]).start(Start::Cold).replicas(64);
    let mut simulation = builder.build().unwrap();
    let m = simulation.observe(Magnetization);
    let run = simulation.run(LONG).unwrap();
    for at in run.by_beta() {
        agrees("near β = 0 m²", at.mean(m.squared()), 1.0 / 64.0, 0.001);
    }
}

#[test]
fn the_two_dynamics_in_turn_are_the_enumeration() {
    let Some(gpu) = gpu() else { return };
    against_enumeration(&gpu, (HeatBath, Metropolis), (&[4, 4], 0.0), &[0.3, 0.44], LONG, 0.007);
}

/// On a bipartite torus s → −s on one sublattice turns J into −J: same energies, and a staggered order in place of m.
#[test]
fn the_antiferromagnet_has_the_energy_of_the_ferromagnet() {
    let Some(gpu) = gpu() else { return };
    let model = Ising::new(lattice(&[4, 4])).coupling(-1.0);
    let mut simulation = gpu.simulate(model, HeatBath).betas(&BETAS).replicas(512).seed(3).build().unwrap();
    let (energy, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
    let run = simulation.run(LONG).unwrap();
    for at in run.by_beta() {
        let exact = ising_enumeration(&[4, 4], at.beta(), 0.0);
        agrees(&format!("β {} E/N", at.beta()), at.mean(energy), exact.energy, 0.007);
        agrees(&format!("β {} C", at.beta()), at.specific_heat(energy), exact.specific_heat, 0.07);
        assert!(at.mean(m.abs()).mean < exact.abs_magnetization / 1.5, "an antiferromagnet has no magnetisation");
    }
    // J and β only enter as their product; and h as βh.
    let doubled = Ising::new(lattice(&[4, 4])).coupling(2.0).field(0.2);
    let mut simulation = gpu.simulate(doubled, Metropolis).betas(&[0.15]).replicas(512).seed(4).build().unwrap();
    let (energy, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
    let run = simulation.run(LONG).unwrap();
    let (at, exact) = (run.point(0).unwrap(), ising_enumeration(&[4, 4], 0.3, 0.1));
    agrees("J = 2, h = 0.2, β = 0.15: E/2N", at.jackknife(&[energy.into()], |e| e[0] / 2.0), exact.energy, 0.007);
    agrees("J = 2, h = 0.2, β = 0.15: m", at.mean(m), exact.magnetization, 0.007);
}

/// Two bonds between the same sites, twice over: the smallest torus.
#[test]
fn a_side_of_two_has_two_bonds() {
    let Some(gpu) = gpu() else { return };
    against_enumeration(&gpu, HeatBath, (&[2, 2], 0.0), &[0.1, 0.2, 0.3], LONG, 0.007);
    against_enumeration(&gpu, HeatBath, (&[2], 0.2), &[0.3, 0.6], LONG, 0.007);
    // Metropolis always flips a spin without a field, which takes long to mix on so small a lattice.
    against_enumeration(&gpu, Metropolis, (&[2, 4], 0.0), &[0.3], LONG, 0.02);
}

fn critical_point<D: Dynamics<Ising>>(gpu: &Gpu, dynamics: D, start: Start, samples: u64, precision: f64) {
    let side = 32;
    let model = Ising::new(lattice(&[side, side]));
    let builder = gpu.simulate(model, dynamics).betas(&[critical_beta()]).replicas(128).seed(9).start(start);
    let mut simulation = builder.build().unwrap();
    let energy = simulation.observe(Energy);
    let m = simulation.observe(Magnetization);
    let structure = simulation.observe(StructureFactor);
    let run = simulation.run(Schedule { warmup: 1000, samples, thin: 4 }).unwrap();
    let at: Point<'_> = run.point(0).unwrap();
    let (exact, specific_heat) = kaufman(side as usize, critical_beta());
    let estimate = at.mean(energy);
    eprintln!("{start:?} tau {:?} r_hat {:?} in {:?}", estimate.tau, at.r_hat(energy), run.elapsed());
    agrees(&format!("32x32 from {start:?}: E/N"), estimate, exact, precision * exact.abs());
    agrees(&format!("32x32 from {start:?}: C"), at.specific_heat(energy), specific_heat, 0.05 * specific_heat);
    // ξ/L = 0.9050488 at the critical point of the square torus (J. Salas and A. D. Sokal, J. Stat. Phys. 98, 551 (2000));
    // corrections to scaling at L = 32 are below 0.5 %, which is allowed on top of four errors.
    let ratio = at.correlation_length(structure, m).unwrap();
    let (mean, error) = (ratio.mean / f64::from(side), ratio.error.unwrap() / f64::from(side));
    eprintln!("xi/L {mean} +- {error}");
    assert!((mean - 0.905_048_8).abs() < 4.0 * error + 0.005, "ξ/L = {mean} ± {error}");
    assert!(error < 0.03, "ξ/L = {mean} ± {error}");
}

#[test]
fn the_critical_torus_from_a_cold_start() {
    let Some(gpu) = gpu() else { return };
    critical_point(&gpu, HeatBath, Start::Cold, 700, 1.5e-3);
}

#[test]
fn the_critical_torus_from_a_hot_start() {
    let Some(gpu) = gpu() else { return };
    critical_point(&gpu, Metropolis, Start::Hot, 700, 1e-3);
}

/// One configuration of each of many chains against all 2^N Boltzmann weights.
fn ensemble<D: Dynamics<Ising>>(gpu: &Gpu, dynamics: D, sides: &[u32], field: f64, beta: f64, sweeps: u64) {
    let (chi2, cells) = against_boltzmann(gpu, dynamics, sides, [1.0, field], beta, sweeps);
    let p = chi_square_p(chi2, cells - 1.0);
    eprintln!("{sides:?} β {beta}: chi-square {chi2:.1} with {} degrees of freedom, p = {p:.3}", cells - 1.0);
    assert!(cells > 30.0);
    assert!(p > 1e-6, "{sides:?} β {beta}: chi-square {chi2} with {} degrees of freedom, p = {p}", cells - 1.0);
}

#[test]
fn every_state_of_a_small_lattice_is_as_frequent_as_boltzmann_says() {
    let Some(gpu) = gpu() else { return };
    // After 100 sweeps at these temperatures nothing remembers the start: τ is below 4.
    ensemble(&gpu, HeatBath, &[2, 3], 0.2, 0.25, 100);
    ensemble(&gpu, HeatBath, &[3, 3], 0.0, 0.2, 100);
    ensemble(&gpu, HeatBath, &[9], 0.1, 0.5, 100);
    ensemble(&gpu, Metropolis, &[3, 3], 0.1, 0.2, 100);
    ensemble(&gpu, Metropolis, &[2, 2, 2], 0.0, 0.15, 100);
}

/// At β = ∞ a sweep only goes down: no NaN, and from a cold start nothing moves.
#[test]
fn infinite_beta_is_greedy() {
    let Some(gpu) = gpu() else { return };
    for start in [Start::Cold, Start::Hot] {
        let model = Ising::new(lattice(&[6, 6])).field(0.5);
        let builder = gpu.simulate(model, HeatBath).betas(&[f64::INFINITY, 2.0]).replicas(64).seed(8).start(start);
        let mut simulation = builder.build().unwrap();
        let (energy, acceptance) = (simulation.observe(Energy), simulation.observe(Acceptance));
        let run = simulation.run(Schedule { warmup: 0, samples: 60, thin: 1 }).unwrap();
        let at = run.point(0).unwrap();
        let series = at.series(energy);
        for chain in 0..series.count() {
            let energies: Vec<f64> = (0..60).map(|sample| series.get(sample, chain).unwrap()).collect();
            assert!(energies.windows(2).all(|pair| pair[1] <= pair[0]), "{start:?}: {energies:?}");
        }
        if start == Start::Cold {
            // The ground state: −2 a site for the bonds, −h for the field, and nothing is ever accepted.
            assert!(series.values().iter().all(|&energy| energy == -2.5));
            assert!(at.series(acceptance).values().iter().all(|&fraction| fraction == 0.0));
        } else {
            assert!(at.mean(energy).mean < -2.0, "a greedy descent comes close to the ground state");
        }
    }
    let mut simulation =
        gpu.simulate(Ising::new(lattice(&[4, 4])), Metropolis).betas(&[f64::INFINITY]).seed(2).build().unwrap();
    simulation.observe(Energy);
    simulation.run(Schedule { warmup: 10, samples: 10, thin: 1 }).unwrap();
}

/// β = 0: heat bath draws every spin afresh, so that each sweep is an independent, uniform state.
#[test]
fn infinite_temperature_is_free() {
    let Some(gpu) = gpu() else { return };
    let model = Ising::new(lattice(&[4, 4]));
    let mut simulation = gpu.simulate(model, HeatBath).betas(&[0.0]).replicas(256).seed(6).build().unwrap();
    let (energy, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
    let (structure, acceptance) = (simulation.observe(StructureFactor), simulation.observe(Acceptance));
    let run = simulation.run(LONG).unwrap();
    let at = run.point(0).unwrap();
    // Deviations over the root of 102,400 independent samples: 0.35/320, 0.25/320, 0.09/320, 1.4/320, 0.125/320.
    agrees("E/N", at.mean(energy), 0.0, 1.3e-3);
    agrees("m", at.mean(m), 0.0, 1e-3);
    agrees("m²", at.mean(m.squared()), 1.0 / 16.0, 4e-4);
    agrees("F", at.mean(structure.along(0)), 1.0, 4e-3);
    agrees("F", at.mean(structure.along(1)), 1.0, 4e-3);
    agrees("acceptance", at.mean(acceptance), 0.5, 5e-4);
    let tau = at.mean(energy).tau.unwrap();
    assert!((tau - 0.5).abs() < 0.02, "τ = {tau}, 0.5 for independent samples");
}
