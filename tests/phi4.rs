//! φ⁴ theory against transfer matrices and the free field, and hybrid Monte Carlo against what it promises of itself.
//!
//! Gates are four reported errors unless a comment says otherwise. Sums are in f32: with at most a few hundred sites their
//! rounding (1e-7 times the root of the terms) stays far below the statistical errors.

mod common;
mod oracle;

use common::{agrees, gpu, lattice};
use oracle::{erf, free_propagator_phi2, phi4_ring, phi4_two_by};
use spinfield::dynamics::Dynamics;
use spinfield::model::{Continuous, Differentiable, Disorder, Local, Scalar};
use spinfield::run::Point;
use spinfield::shader::Fragment;
use spinfield::{
    Acceptance, Energy, Error, FieldMoments, Gpu, Hmc, Integrator, Lattice, Magnetization, Phi4, Proposal, Schedule,
    Start, Trajectories,
};

/// ⟨φ²⟩, ⟨φ⁴⟩, ⟨φφ'⟩, V⟨m²⟩ and the action a site.
type Averages = [f64; 5];

/// m² and λ of the rows: free, in the symmetric phase, and in a double well.
const ROWS: [(f64, f64); 3] = [(1.0, 0.0), (1.0, 0.5), (-1.0, 0.5)];

fn ring(length: u32, (mass2, lambda): (f64, f64)) -> (Phi4, Averages) {
    let exact = phi4_ring(length as usize, mass2, lambda);
    let averages = [exact.phi2, exact.phi4, exact.link, exact.susceptibility, exact.action];
    (Phi4::new(lattice(&[length]), mass2, lambda), averages)
}

fn two_by(length: u32, (mass2, lambda): (f64, f64)) -> (Phi4, Averages) {
    let exact = phi4_two_by(length as usize, mass2, lambda);
    let averages = [exact.phi2, exact.phi4, exact.link, exact.susceptibility, exact.action];
    (Phi4::new(lattice(&[2, length]), mass2, lambda), averages)
}

/// Every average of each point against its truth; all points are those of one simulation. `scale` bounds the errors, in
/// units of the values' own sizes.
fn against<D: Dynamics<Phi4>>(gpu: &Gpu, dynamics: D, cases: &[(Phi4, Averages)], samples: u64, scale: f64) {
    let what = format!("{dynamics:?}", dynamics = std::any::type_name::<D>());
    let models: Vec<Phi4> = cases.iter().map(|(model, _)| model.clone()).collect();
    let builder = gpu.simulate(models[0].clone(), dynamics).models(models).replicas(256).seed(40);
    let mut simulation = builder.build().unwrap();
    let (energy, m, moments) =
        (simulation.observe(Energy), simulation.observe(Magnetization), simulation.observe(FieldMoments));
    let run = simulation.run(Schedule { warmup: 100, samples, thin: 1 }).unwrap();
    assert_eq!(run.by_beta().count(), cases.len());
    for (at, (model, exact)) in run.by_beta().zip(cases) {
        let sites = f64::from(spinfield::model::Model::sites(model));
        let name = |quantity: &str| format!("{what} {model:?} {quantity}");
        let bound = |truth: f64| scale * (0.2 + truth.abs());
        agrees(&name("φ²"), at.mean(moments.phi2()), exact[0], bound(exact[0]));
        agrees(&name("φ⁴"), at.mean(moments.phi4()), exact[1], 2.0 * bound(exact[1]));
        agrees(&name("link"), at.mean(moments.link()), exact[2], bound(exact[2]));
        agrees(&name("χ"), at.jackknife(&[m.squared()], |means| sites * means[0]), exact[3], 3.0 * bound(exact[3]));
        agrees(&name("S/N"), at.mean(energy), exact[4], bound(exact[4]));
        agrees(&name("Schwinger–Dyson"), at.mean(moments.schwinger_dyson()), 1.0, scale);
        agrees(&name("m"), at.mean(m), 0.0, 10.0 * scale);
    }
}

fn rings() -> Vec<(Phi4, Averages)> {
    ROWS.map(|row| ring(8, row)).to_vec()
}

fn tori() -> Vec<(Phi4, Averages)> {
    ROWS.map(|row| two_by(4, row)).to_vec()
}

/// Trajectories of length 0.9. On a free field a mode with ω · length = π only changes its sign and never forgets; all
/// cases here have ω < 3.1.
const LEAPFROG: fn() -> Hmc = || Hmc::new(6, 0.15);

// 256 · 400 samples with 2τ up to 10 are worth 1e4 independent ones, each a mean over eight sites: 1 % and less.
const SCALE: f64 = 0.01;

#[test]
fn leapfrog_is_the_transfer_matrix() {
    let Some(gpu) = gpu() else { return };
    against(&gpu, LEAPFROG(), &rings(), 400, SCALE);
    against(&gpu, LEAPFROG(), &tori(), 400, SCALE);
}

#[test]
fn omelyan_is_the_transfer_matrix() {
    let Some(gpu) = gpu() else { return };
    let omelyan = Hmc::new(3, 0.3).integrator(Integrator::Omelyan);
    against(&gpu, omelyan, &rings(), 400, SCALE);
    against(&gpu, omelyan, &tori(), 400, SCALE);
}

#[test]
fn proposals_are_the_transfer_matrix() {
    let Some(gpu) = gpu() else { return };
    against(&gpu, Proposal::new(1.2), &rings(), 800, SCALE);
    against(&gpu, Proposal::new(1.2), &tori(), 800, SCALE);
    // Three colours.
    against(&gpu, Proposal::new(1.2), &[ring(5, (1.0, 0.5))], 800, SCALE);
    // HMC and local updates in turn.
    against(&gpu, (Hmc::new(4, 0.3), Proposal::new(1.2)), &[ring(8, (-1.0, 0.5))], 400, SCALE);
}

/// Attempts in turn at a site whose neighbours stay leave the same measure. An odd number leaves half a draw unused.
#[test]
fn several_hits_are_the_transfer_matrix() {
    let Some(gpu) = gpu() else { return };
    for hits in [3, 4] {
        against(&gpu, Proposal::new(1.2).hits(hits), &rings(), 400, SCALE);
        against(&gpu, Proposal::new(1.2).hits(hits), &tori(), 400, SCALE);
    }
    against(&gpu, Proposal::new(1.2).hits(4), &[ring(5, (1.0, 0.5))], 400, SCALE);
}

/// Four hits take a sweep as far as four sweeps do while the neighbours hardly matter, and one attempt is accepted as often.
#[test]
fn hits_are_attempts_of_their_own() {
    let Some(gpu) = gpu() else { return };
    let (model, _) = ring(8, (8.0, 0.0));
    let measured = [1, 4].map(|hits| {
        let dynamics = Proposal::new(0.5).hits(hits);
        let mut simulation = gpu.simulate(model.clone(), dynamics).replicas(256).seed(47).build().unwrap();
        let (acceptance, moments) = (simulation.observe(Acceptance), simulation.observe(FieldMoments));
        let run = simulation.run(Schedule { warmup: 100, samples: 400, thin: 1 }).unwrap();
        assert_eq!(run.updates(), 8 * 256 * 500 * u64::from(hits));
        let at = run.point(0).unwrap();
        (at.mean(acceptance), at.mean(moments.phi2()).tau.unwrap())
    });
    let [(once, slow), (often, fast)] = measured;
    // Each attempt starts from the equilibrium of its site: the rates agree within their errors.
    let error = once.error.unwrap().hypot(often.error.unwrap());
    eprintln!("accepted {once} and {often}; τ {slow:.2} and {fast:.2}");
    assert!((once.mean - often.mean).abs() < 4.0 * error, "{once} and {often}");
    // τ = 1/2 is the least that there is; a factor 2 tells four hits from one.
    assert!(fast - 0.5 < 0.5 * (slow - 0.5), "{fast} and {slow}");
}

/// φ⁴ with couplings on its bonds: whatever has them goes site by site.
#[derive(Debug, Clone)]
struct Coupled(Phi4, Disorder);

impl Local for Coupled {
    const NAME: &'static str = "coupled-phi4";
    const SCALAR: Scalar = Scalar::Float;
    type Parameters = <Phi4 as Local>::Parameters;

    fn fragment() -> Fragment {
        let text = format!("alias Coupling = Scalar;\n{}", Phi4::fragment().text);
        Fragment { file: "coupled.wgsl".into(), text: text.into() }
    }

    fn lattice(&self) -> &Lattice {
        self.0.lattice()
    }

    fn parameters(&self) -> Self::Parameters {
        self.0.parameters()
    }

    fn disorder(&self) -> Option<&Disorder> {
        Some(&self.1)
    }
}

impl Continuous for Coupled {}
impl Differentiable for Coupled {}

/// Strips of quads and single sites make the same trajectories from the same momenta: couplings that are all 1 change
/// nothing but the kernels.
#[test]
fn strips_and_sites_make_the_same_trajectories() {
    let Some(gpu) = gpu() else { return };
    for sides in [&[8, 8][..], &[6, 4], &[3, 16], &[3, 5, 12], &[4, 6, 4], &[2, 3, 5, 8]] {
        for replicas in [1, 3, 200] {
            let strips = Phi4::new(lattice(sides), -1.0, 0.5);
            let bonds = strips.lattice().sites() as usize * sides.len();
            let sites = Coupled(strips.clone(), Disorder::given(&vec![1; bonds]));
            let hmc = Hmc::new(5, 0.1);
            let mut strips = gpu.simulate(strips, hmc).replicas(replicas).seed(48).build().unwrap();
            let mut sites = gpu.simulate(sites, hmc).replicas(replicas).seed(48).build().unwrap();
            assert!(strips.plan_of_one_sweep().contains("slide<") && sites.plan_of_one_sweep().contains("leap<"));
            let hot = strips.configurations().unwrap();
            assert_eq!(hot, sites.configurations().unwrap());
            strips.advance(1, &mut |_| {}).unwrap();
            sites.advance(1, &mut |_| {}).unwrap();
            let (a, b) = (strips.configurations().unwrap(), sites.configurations().unwrap());
            let moved = hot.iter().zip(&a).filter(|(before, after)| before != after).count();
            let off = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            // Six kicks and drifts, each off by a few roundings (1.2e-7) of terms up to 10.
            assert!(off < 1e-5, "{sides:?} x {replicas}: {off}");
            assert!(2 * moved > a.len(), "{sides:?} x {replicas}: {moved} sites moved");
        }
    }
}

/// Strips and single sites make the same attempts: each is a pure function of its site's address and neighbours.
#[test]
fn strips_and_sites_make_the_same_attempts() {
    let Some(gpu) = gpu() else { return };
    for sides in [&[8, 8][..], &[6, 4], &[2, 16], &[64, 128], &[4, 6, 4], &[2, 4, 6, 8]] {
        for (replicas, hits) in [(1, 1), (3, 4), (200, 3), (2, 19)] {
            let strips = Phi4::new(lattice(sides), -1.0, 0.5);
            let bonds = strips.lattice().sites() as usize * sides.len();
            let sites = Coupled(strips.clone(), Disorder::given(&vec![1; bonds]));
            let proposal = Proposal::new(1.5).hits(hits);
            let mut strips = gpu.simulate(strips, proposal).replicas(replicas).seed(49).build().unwrap();
            let mut sites = gpu.simulate(sites, proposal).replicas(replicas).seed(49).build().unwrap();
            let (plan, other) = (strips.plan_of_one_sweep(), sites.plan_of_one_sweep());
            assert!(plan.contains("metropolis_strips<") && other.contains("metropolis<"), "{plan}{other}");
            let accepted = [strips.observe(Acceptance), sites.observe(Acceptance)];
            let schedule = Schedule { warmup: 0, samples: 1, thin: 1 };
            let (a, b) = (strips.run(schedule).unwrap(), sites.run(schedule).unwrap());
            let rates = [a.point(0).unwrap().mean(accepted[0]).mean, b.point(0).unwrap().mean(accepted[1]).mean];
            let (a, b) = (strips.configurations().unwrap(), sites.configurations().unwrap());
            // A sum in another order turns a decision where the uniform is within its rounding (about 1e-6) of the
            // probability: one in a thousand sites is far more than that makes.
            let off = a.iter().zip(&b).filter(|(a, b)| (*a - *b).abs() > 1e-5).count();
            assert!(1000 * off <= a.len(), "{sides:?} x {replicas}, {hits} hits: {off} of {} sites", a.len());
            assert!((rates[0] - rates[1]).abs() < 1e-3 && rates[0] > 0.3, "{sides:?} x {replicas}: {rates:?}");
        }
    }
}

/// The hopping form at the κ and λ of a canonical one: the same numbers, with φ = √(2κ) φ_h and S = S_h − λ_h N.
#[test]
fn the_hopping_form_is_the_canonical_one_rescaled() {
    let Some(gpu) = gpu() else { return };
    let rescaled = |kappa: f64, lambda: f64, [phi2, phi4, link, chi, action]: Averages| {
        let scale = 2.0 * kappa;
        [phi2 / scale, phi4 / scale / scale, link / scale, chi / scale, action + lambda]
    };
    let canonical = |dimensions: f64, kappa: f64, lambda: f64| {
        ((1.0 - 2.0 * lambda) / kappa - 2.0 * dimensions, lambda / (4.0 * kappa * kappa))
    };
    let cases = [(0.3, 0.2), (0.25, 0.8)].map(|(kappa, lambda)| {
        let (_, averages) = ring(8, canonical(1.0, kappa, lambda));
        (Phi4::hopping(lattice(&[8]), kappa, lambda), rescaled(kappa, lambda, averages))
    });
    // In these units frequencies are √(2κ) times as large.
    against(&gpu, Hmc::new(6, 0.15), &cases, 400, SCALE);
    let (kappa, lambda) = (0.2, 0.4);
    let (_, averages) = two_by(4, canonical(2.0, kappa, lambda));
    let torus = (Phi4::hopping(lattice(&[2, 4]), kappa, lambda), rescaled(kappa, lambda, averages));
    against(&gpu, Hmc::new(6, 0.15), &[torus], 400, SCALE);
}

/// β multiplies the action: βS at λ = 0 is S of φ√β.
#[test]
fn beta_multiplies_the_action() {
    let Some(gpu) = gpu() else { return };
    let (model, exact) = ring(8, (1.0, 0.0));
    for hmc in [true, false] {
        let betas = [0.5, 1.0, 2.0];
        let check = |at: Point<'_>, moments: spinfield::observable::Handle<FieldMoments>| {
            let phi2 = at.jackknife(&[moments.phi2()], |means| at.beta() * means[0]);
            agrees(&format!("β {} βφ²", at.beta()), phi2, exact[0], SCALE);
            agrees("Schwinger–Dyson", at.mean(moments.schwinger_dyson()), 1.0, SCALE);
        };
        let schedule = Schedule { warmup: 100, samples: 400, thin: 1 };
        if hmc {
            let builder = gpu.simulate(model.clone(), Hmc::new(6, 0.12)).betas(&betas);
            let mut simulation = builder.replicas(256).seed(41).build().unwrap();
            let moments = simulation.observe(FieldMoments);
            simulation.run(schedule).unwrap().by_beta().for_each(|at| check(at, moments));
        } else {
            let builder = gpu.simulate(model.clone(), Proposal::new(1.2)).betas(&betas);
            let mut simulation = builder.replicas(256).seed(42).build().unwrap();
            let moments = simulation.observe(FieldMoments);
            let acceptance = simulation.observe(Acceptance);
            let run = simulation.run(schedule).unwrap();
            run.by_beta().for_each(|at| check(at, moments));
            let rates: Vec<f64> = run.by_beta().map(|at| at.mean(acceptance).mean).collect();
            assert!(rates.windows(2).all(|pair| pair[1] < pair[0]), "colder is accepted less: {rates:?}");
            assert!(rates.iter().all(|rate| (0.3..0.9).contains(rate)), "{rates:?}");
        }
    }
}

/// λ = 0 is a sum over momenta, in any shape and number of dimensions.
#[test]
fn the_free_field_has_its_propagator() {
    let Some(gpu) = gpu() else { return };
    // The last sides of the first, the third and the fifth are multiples of four, and strips slide over them.
    let shapes =
        [(&[8, 8][..], 0.25), (&[3, 4, 5], 0.5), (&[5, 3, 4], 0.5), (&[2, 3, 4, 3], 1.0), (&[2, 3, 3, 4], 1.0)];
    for (sides, mass2) in shapes {
        let model = Phi4::new(lattice(sides), mass2, 0.0);
        // ω up to √17: 0.6 is short of π/ω for every mode.
        let mut simulation = gpu.simulate(model, Hmc::new(4, 0.15)).replicas(64).seed(43).build().unwrap();
        let (moments, m) = (simulation.observe(FieldMoments), simulation.observe(Magnetization));
        let run = simulation.run(Schedule { warmup: 100, samples: 300, thin: 1 }).unwrap();
        let at = run.point(0).unwrap();
        let sites: Vec<usize> = sides.iter().map(|&side| side as usize).collect();
        let exact = free_propagator_phi2(&sites, mass2);
        agrees(&format!("{sides:?} φ²"), at.mean(moments.phi2()), exact, 0.01 * exact);
        // The mode of zero momentum: V⟨m²⟩ = 1/m².
        let volume = sites.iter().product::<usize>() as f64;
        let chi = at.jackknife(&[m.squared()], |means| volume * mass2 * means[0]);
        agrees(&format!("{sides:?} m²χ"), chi, 1.0, 0.05);
        agrees(&format!("{sides:?} Schwinger–Dyson"), at.mean(moments.schwinger_dyson()), 1.0, 0.01);
    }
}

/// What trajectories of length 0.8 say of themselves on a square torus: ⟨ΔH⟩, the root of ⟨ΔH²⟩ with its error, acceptance.
fn trajectories(gpu: &Gpu, side: u32, hmc: Hmc, samples: u64) -> (spinfield::Estimate, spinfield::Estimate, f64) {
    let model = Phi4::new(lattice(&[side, side]), 0.5, 0.25);
    let mut simulation = gpu.simulate(model, hmc).replicas(256).seed(44).build().unwrap();
    let (say, moments) = (simulation.observe(Trajectories), simulation.observe(FieldMoments));
    let run = simulation.run(Schedule { warmup: 50, samples, thin: 1 }).unwrap();
    let at = run.point(0).unwrap();
    // Creutz's equality: 1 at every step size, in equilibrium.
    agrees(&format!("{hmc:?} exp(-ΔH)"), at.mean(say.exp_minus_energy_error()), 1.0, 0.05);
    agrees(&format!("{hmc:?} Schwinger–Dyson"), at.mean(moments.schwinger_dyson()), 1.0, 0.01);
    let rms = at.jackknife(&[say.energy_error().pow(2)], |means| means[0].sqrt());
    let (mean, accepted) = (at.mean(say.energy_error()), at.mean(say.accepted()).mean);
    eprintln!("{hmc:?}: ΔH {mean}, rms {rms}, accepted {accepted:.4}");
    (mean, rms, accepted)
}

#[test]
fn the_energy_error_falls_as_the_square_of_the_step() {
    let Some(gpu) = gpu() else { return };
    let at = |steps: u32, integrator: Integrator| {
        trajectories(&gpu, 8, Hmc::new(steps, 0.8 / f64::from(steps)).integrator(integrator), 100).1
    };
    let mut sizes = Vec::new();
    for integrator in [Integrator::Leapfrog, Integrator::Omelyan] {
        let (coarse, fine) = (at(8, integrator), at(16, integrator));
        let ratio = coarse.mean / fine.mean;
        let error = ratio * (coarse.error.unwrap() / coarse.mean).hypot(fine.error.unwrap() / fine.mean);
        eprintln!("{integrator:?}: ratio {ratio:.4} ± {error:.4}");
        // The next order is a fraction of (ωε)² ≤ 0.1 at ε = 0.1: half of that is allowed, on top of four errors.
        assert!((ratio - 4.0).abs() < 0.05 * 4.0 + 4.0 * error, "{integrator:?}: {ratio} ± {error}");
        sizes.push(fine.mean);
    }
    // Omelyan's coefficients (0.0054, 0.0066) against leapfrog's (1/24, 1/12): 11 times smaller in norm; on a harmonic
    // mode the two enter as a difference, and 0.125 against 0.0012 is the most that can be won.
    assert!((11.0..100.0).contains(&(sizes[0] / sizes[1])), "{sizes:?}");
}

/// ΔH is normal on a large lattice, with the variance 2⟨ΔH⟩ (by Creutz's equality): acceptance is erfc(√⟨ΔH⟩ / 2)
/// (S. Gupta, A. Irbäck, F. Karsch and B. Petersson, Phys. Lett. B 242, 437 (1990)).
#[test]
fn acceptance_follows_from_the_energy_error() {
    let Some(gpu) = gpu() else { return };
    for steps in [3, 4] {
        let (mean, _, accepted) = trajectories(&gpu, 16, Hmc::new(steps, 0.8 / f64::from(steps)), 80);
        let predicted = 1.0 - erf(mean.mean.sqrt() / 2.0);
        // d erfc(√x/2)/dx = e^(−x/4)/(2 √(πx)), and the binomial error of 20,480 trajectories.
        let slope = (-mean.mean / 4.0).exp() / (2.0 * (std::f64::consts::PI * mean.mean).sqrt());
        let error = (slope * mean.error.unwrap()).hypot((accepted * (1.0 - accepted) / 20_480.0).sqrt());
        eprintln!("accepted {accepted:.4}, from ⟨ΔH⟩ {predicted:.4} ± {error:.4}");
        // 0.005 for what is not normal in 256 sites.
        assert!((accepted - predicted).abs() < 4.0 * error + 0.005, "{accepted}, not {predicted} ± {error}");
    }
}

#[test]
fn trajectories_can_be_walked_back() {
    let Some(gpu) = gpu() else { return };
    // In strips of quads, and site by site.
    let both = [&[8, 8], &[6, 9]].into_iter();
    for (sides, integrator) in both.flat_map(|sides| [Integrator::Leapfrog, Integrator::Omelyan].map(|i| (sides, i))) {
        let model = Phi4::new(lattice(sides), -1.0, 0.5);
        let hmc = Hmc::new(10, 0.1).integrator(integrator);
        let mut simulation = gpu.simulate(model, hmc).replicas(32).seed(45).build().unwrap();
        simulation.advance(20, &mut |_| {}).unwrap();
        let before = simulation.configurations().unwrap();
        let error = simulation.reversal_error().unwrap();
        eprintln!("{integrator:?}: {error:e}");
        // 40 roundings of fields up to 2 (1.2e-7 each), grown by the curvature of the well.
        assert!(error > 0.0 && error < 1e-5, "{integrator:?}: {error}");
        assert_eq!(simulation.configurations().unwrap(), before, "looking back must not move the chains");
    }
}

#[test]
fn steps_that_are_too_large_are_errors_with_advice() {
    let Some(gpu) = gpu() else { return };
    // Beyond 2/ω every mode grows; with a quartic term the field overflows within one trajectory.
    for (step, lambda) in [(0.9, 0.5), (3.0, 0.5), (1e10, 0.5), (3.0, 0.0)] {
        let model = Phi4::new(lattice(&[8, 8]), 1.0, lambda);
        let mut simulation = gpu.simulate(model, Hmc::new(20, step)).replicas(16).seed(46).build().unwrap();
        simulation.observe(Energy);
        simulation.observe(Trajectories);
        let error = simulation.run(Schedule { warmup: 5, samples: 20, thin: 1 }).unwrap_err();
        assert!(matches!(error, Error::Run { .. }), "{step}: {error}");
        assert!(error.to_string().contains("smaller step"), "{error}");
        assert_eq!(error.exit_code(), 1);
        // What is not a number is never accepted: the state stays finite.
        assert!(simulation.configurations().unwrap().iter().all(|value| value.is_finite() && value.abs() < 100.0));
    }
}

#[test]
fn starts_are_what_they_say() {
    let Some(gpu) = gpu() else { return };
    let model = || Phi4::new(lattice(&[8, 8]), 1.0, 0.5);
    let mut cold = gpu.simulate(model(), Proposal::new(1.0)).replicas(3).start(Start::Cold).build().unwrap();
    assert!(cold.configurations().unwrap().iter().all(|&value| value == 1.0));
    let mut hot = gpu.simulate(model(), Hmc::new(1, 0.1)).replicas(64).start(Start::Hot).build().unwrap();
    let values = hot.configurations().unwrap();
    // Uniform in (−1, 1): the variance is 1/3, with an error of √(4/45/4096) = 0.0047.
    let variance = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / values.len() as f64;
    assert!((variance - 1.0 / 3.0).abs() < 4.0 * 0.0047, "{variance}");
    assert!(values.iter().all(|value| value.abs() < 1.0));
}

/// The mode of zero momentum of a free ring has ω = m = 1 and keeps its size for ever under trajectories of length π;
/// lengths that vary let it forget.
#[test]
fn lengths_that_vary_remove_the_resonance() {
    let Some(gpu) = gpu() else { return };
    let (model, _) = ring(8, (1.0, 0.0));
    let seen = |jitter: f64| {
        let hmc = Hmc::new(20, std::f64::consts::PI / 20.0).jitter(jitter);
        let mut simulation = gpu.simulate(model.clone(), hmc).replicas(128).seed(41).build().unwrap();
        let moments = simulation.observe(FieldMoments);
        let run = simulation.run(Schedule { warmup: 200, samples: 400, thin: 1 }).unwrap();
        run.point(0).unwrap().mean(moments.schwinger_dyson())
    };
    agrees("varied", seen(0.2), 1.0, SCALE);
    let fixed = seen(0.0);
    assert!((fixed.mean - 1.0).abs() > 6.0 * fixed.error.unwrap(), "a fixed length does not resonate: {fixed}");
    assert!(gpu.simulate(model, Hmc::new(1, 0.1).jitter(1.0)).build().is_err());
}
