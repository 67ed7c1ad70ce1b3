//! Spin glasses against enumeration, state by state and replica by replica.

mod common;
mod oracle;

use common::{agrees, gpu, lattice};
use oracle::chi_square_p;
use spinfield::dynamics::Dynamics;
use spinfield::io::rudy::Rudy;
use spinfield::model::{Continuous, Differentiable, Disorder, Local, Scalar, TwoState};
use spinfield::random::{Event, Purpose};
use spinfield::shader::Fragment;
use spinfield::{
    EdwardsAnderson, Energy, Error, FieldMoments, GaussianGlass, Gpu, HeatBath, Hmc, Ising, Lattice, Magnetization,
    Metropolis, Phi4, Proposal, ReplicaOverlap, Samples, Schedule, Start, Trajectories,
};

/// The couplings that a disorder seed means, from the generator's address alone.
fn drawn(lattice: &Lattice, seed: u64, sample: u32) -> Vec<f64> {
    let bonds = (0..lattice.dimensions() as u32).flat_map(|part| (0..lattice.sites()).map(move |index| (part, index)));
    bonds
        .map(|(part, index)| {
            let event = Event { seed, purpose: Purpose::Disorder, index, chain: sample, sweep: 0, part };
            if event.words(0)[0] >> 31 == 1 { 1.0 } else { -1.0 }
        })
        .collect()
}

fn energy(lattice: &Lattice, couplings: &[f64], field: f64, spins: &[f64]) -> f64 {
    let mut sum = 0.0;
    for x in 0..lattice.sites() {
        for axis in 0..lattice.dimensions() {
            let coupling = couplings[axis * lattice.sites() as usize + x as usize];
            sum -= coupling * spins[x as usize] * spins[lattice.ahead(x, axis) as usize];
        }
        sum -= field * spins[x as usize];
    }
    sum
}

fn spins(bits: usize, sites: u32) -> Vec<f64> {
    (0..sites).map(|x| if bits >> x & 1 == 1 { 1.0 } else { -1.0 }).collect()
}

/// Boltzmann's probability of every state, bit x for spin x.
fn probabilities(lattice: &Lattice, couplings: &[f64], field: f64, beta: f64) -> Vec<f64> {
    let sites = lattice.sites();
    let mut weights: Vec<f64> =
        (0..1 << sites).map(|bits| (-beta * energy(lattice, couplings, field, &spins(bits, sites))).exp()).collect();
    let z: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= z);
    weights
}

/// ⟨q²⟩, ⟨q⁴⟩, ⟨|q|⟩, ⟨q_l⟩ of two independent replicas. The distribution of the sites where they differ is the
/// correlation of the Boltzmann weights over the group of spin flips: a Walsh–Hadamard transform, squared, and back.
fn overlaps(lattice: &Lattice, couplings: &[f64], beta: f64) -> [f64; 4] {
    let sites = lattice.sites();
    let mut differ = probabilities(lattice, couplings, 0.0, beta);
    let transform = |values: &mut [f64]| {
        for bit in 0..sites {
            for at in (0..values.len()).filter(|at| at >> bit & 1 == 0) {
                let (a, b) = (values[at], values[at | 1 << bit]);
                (values[at], values[at | 1 << bit]) = (a + b, a - b);
            }
        }
    };
    transform(&mut differ);
    differ.iter_mut().for_each(|value| *value *= *value);
    transform(&mut differ);
    differ.iter_mut().for_each(|value| *value /= f64::from(1 << sites));
    let bonds: Vec<usize> = (0..sites)
        .flat_map(|x| (0..lattice.dimensions()).map(move |axis| (x, axis)))
        .map(|(x, axis)| 1 << x ^ 1 << lattice.ahead(x, axis))
        .collect();
    let mut means = [0.0; 4];
    for (flips, probability) in differ.iter().enumerate() {
        let q = 1.0 - 2.0 * f64::from(flips.count_ones()) / f64::from(sites);
        let broken = bonds.iter().filter(|&&bond| (flips & bond).count_ones() == 1).count();
        let link = 1.0 - 2.0 * broken as f64 / bonds.len() as f64;
        for (mean, value) in means.iter_mut().zip([q * q, q.powi(4), q.abs(), link]) {
            *mean += probability * value;
        }
    }
    means
}

const LONG: Schedule = Schedule { warmup: 500, samples: 400, thin: 2 };

/// 3 × 3 × 2 sites: odd sides, three colours, and two independent bonds along the side of 2.
#[test]
fn overlaps_of_a_sample_are_those_of_the_enumeration() {
    let Some(gpu) = gpu() else { return };
    let shape = lattice(&[3, 3, 2]);
    let (seed, betas) = (11, [0.4, 0.8]);
    let couplings = drawn(&shape, seed, 0);
    let model = EdwardsAnderson::bimodal(shape.clone(), seed);
    assert!(model.couplings(0).iter().map(|&j| f64::from(j)).eq(couplings.iter().copied()));
    let mut simulation = gpu.simulate(model, HeatBath).betas(&betas).replicas(512).seed(1).build().unwrap();
    let (energy_of, q) = (simulation.observe(Energy), simulation.observe(ReplicaOverlap));
    let run = simulation.run(LONG).unwrap();
    for at in run.by_beta() {
        let exact = overlaps(&shape, &couplings, at.beta());
        let probabilities = probabilities(&shape, &couplings, 0.0, at.beta());
        let of = |bits: usize| energy(&shape, &couplings, 0.0, &spins(bits, 18)) / 18.0;
        let mean: f64 = probabilities.iter().enumerate().map(|(bits, p)| p * of(bits)).sum();
        let what = |name: &str| format!("3x3x2 β {} {name}", at.beta());
        // 512 · 400 samples (256 · 400 pairs) of deviations below 0.5 with 2τ up to 10: below 0.005.
        agrees(&what("E/N"), at.mean(energy_of), mean, 0.005);
        agrees(&what("q²"), at.mean(q.squared()), exact[0], 0.005);
        agrees(&what("q⁴"), at.mean(q.fourth()), exact[1], 0.005);
        agrees(&what("|q|"), at.mean(q.abs()), exact[2], 0.005);
        agrees(&what("q"), at.mean(q), 0.0, 0.02);
        agrees(&what("q_l"), at.mean(q.link()), exact[3], 0.005);
        // Half as many series as replicas: nothing is counted twice.
        assert_eq!((at.series(q).count(), at.series(q).len()), (256, 400));
        assert_eq!(at.series(energy_of).count(), 512);
    }
}

/// One configuration of each of many chains against every Boltzmann weight.
fn every_state<M: TwoState, D: Dynamics<M>>(
    gpu: &Gpu,
    what: &str,
    (model, dynamics): (M, D),
    (couplings, field, beta): (&[f64], f64, f64),
) {
    let shape = model.lattice().clone();
    let mut simulation = gpu.simulate(model, dynamics).betas(&[beta]).replicas(1 << 15).seed(3).build().unwrap();
    simulation.advance(60, &mut |_| {}).unwrap();
    let sites = shape.sites() as usize;
    let mut counts = vec![0.0; 1 << sites];
    for state in simulation.configurations().unwrap().chunks_exact(sites) {
        assert!(state.iter().all(|spin| spin.abs() == 1.0));
        counts[(0..sites).map(|x| usize::from(state[x] > 0.0) << x).sum::<usize>()] += 1.0;
    }
    let chains: f64 = counts.iter().sum();
    // States that should turn up less than five times share a cell.
    let (mut chi2, mut cells, mut rare) = (0.0, 0.0, [0.0; 2]);
    for (count, probability) in counts.iter().zip(probabilities(&shape, couplings, field, beta)) {
        let expected = chains * probability;
        if expected < 5.0 {
            rare = [rare[0] + count, rare[1] + expected];
        } else {
            chi2 += (count - expected) * (count - expected) / expected;
            cells += 1.0;
        }
    }
    if rare[1] > 0.0 {
        chi2 += (rare[0] - rare[1]) * (rare[0] - rare[1]) / rare[1];
        cells += 1.0;
    }
    let p = chi_square_p(chi2, cells - 1.0);
    eprintln!("{what}: chi-square {chi2:.1} in {cells} cells, p = {p:.3}");
    assert!(cells > 30.0 && p > 1e-6, "{what}: chi-square {chi2} in {cells} cells, p = {p}");
}

#[test]
fn every_state_is_as_frequent_as_boltzmann_says() {
    let Some(gpu) = gpu() else { return };
    let shape = || lattice(&[3, 3]);
    let (seed, field, beta) = (5, 0.3, 0.4);
    let couplings = drawn(&shape(), seed, 0);
    let glass = EdwardsAnderson::bimodal(shape(), seed).field(field);
    every_state(&gpu, "±J heat bath", (glass.clone(), HeatBath), (&couplings, field, beta));
    every_state(&gpu, "±J Metropolis", (glass, Metropolis), (&couplings, field, beta));
    // Given couplings of several sizes, some of them absent.
    let given = [3, -1, 2, 0, 1, -2, 1, 4, -3, 1, 0, 2, -1, 1, 2, -2, 1, 1];
    let couplings = given.map(f64::from);
    let glass = EdwardsAnderson::with_couplings(shape(), &given).unwrap().field(field);
    every_state(&gpu, "given, heat bath", (glass.clone(), HeatBath), (&couplings, field, 0.2));
    every_state(&gpu, "given, Metropolis", (glass, Metropolis), (&couplings, field, 0.2));
    let glass = GaussianGlass::new(shape(), seed).field(field);
    let couplings: Vec<f64> = glass.couplings(0).into_iter().map(f64::from).collect();
    every_state(&gpu, "Gaussian, heat bath", (glass.clone(), HeatBath), (&couplings, field, beta));
    every_state(&gpu, "Gaussian, Metropolis", (glass.clone(), Metropolis), (&couplings, field, beta));
    // Hot enough to be lazy.
    every_state(&gpu, "Gaussian, lazy", (glass, Metropolis), (&couplings, field, 0.1));
}

/// Without their bonds two sites know nothing of each other; where all attempts were certain they would flip together.
#[test]
fn free_spins_are_independent_under_metropolis() {
    let Some(gpu) = gpu() else { return };
    let model = EdwardsAnderson::with_couplings(lattice(&[4, 4]), &[0; 32]).unwrap();
    let builder = gpu.simulate(model, Metropolis).betas(&[1.0]).replicas(64).seed(2).start(Start::Cold);
    let mut simulation = builder.build().unwrap();
    let m = simulation.observe(Magnetization);
    let run = simulation.run(Schedule { warmup: 50, samples: 400, thin: 1 }).unwrap();
    // m² is 1/16 with a deviation of 0.09: over 25,600 samples 0.0006.
    agrees("m²", run.point(0).unwrap().mean(m.squared()), 1.0 / 16.0, 0.001);
}

/// Which chain has which sample: the energies that the device measures are those of the configurations with the couplings
/// of that sample, at every point.
#[test]
fn chains_have_the_samples_that_they_should() {
    let Some(gpu) = gpu() else { return };
    let shape = lattice(&[4, 3]);
    let (replicas, points) = (6, 2);
    for (samples, of) in
        [(Samples::Shared, [0; 6]), (Samples::PerPair, [0, 0, 1, 1, 2, 2]), (Samples::PerReplica, [0, 1, 2, 3, 4, 5])]
    {
        let (seed, field) = (7, 0.25);
        let integer = EdwardsAnderson::bimodal(shape.clone(), seed).field(field).samples(samples);
        let real = GaussianGlass::new(shape.clone(), seed).field(field).samples(samples);
        let couplings_of_integer: Vec<Vec<f64>> = (0..6).map(|sample| drawn(&shape, seed, sample)).collect();
        let couplings_of_real: Vec<Vec<f64>> =
            (0..6).map(|sample| real.couplings(sample).into_iter().map(f64::from).collect()).collect();
        let check = |energies: Vec<f64>, configurations: Vec<f32>, couplings: &[Vec<f64>], tolerance: f64| {
            assert_eq!(energies.len(), replicas * points);
            for (chain, state) in configurations.chunks_exact(12).enumerate() {
                let spins: Vec<f64> = state.iter().map(|&spin| f64::from(spin)).collect();
                let exact = energy(&shape, &couplings[of[chain % replicas]], field, &spins) / 12.0;
                let seen = energies[chain];
                assert!((seen - exact).abs() <= tolerance, "{samples:?} chain {chain}: {seen} and not {exact}");
            }
        };
        let once = Schedule { warmup: 5, samples: 1, thin: 1 };
        let betas = [0.3, 0.6];
        let mut simulation = gpu.simulate(integer, HeatBath).betas(&betas).replicas(6).seed(4).build().unwrap();
        let handle = simulation.observe(Energy);
        let run = simulation.run(once).unwrap();
        let energies = run.by_beta().flat_map(|at| at.series(handle).values().to_vec()).collect();
        check(energies, simulation.configurations().unwrap(), &couplings_of_integer, 1e-12);
        let mut simulation = gpu.simulate(real, HeatBath).betas(&betas).replicas(6).seed(4).build().unwrap();
        let handle = simulation.observe(Energy);
        let run = simulation.run(once).unwrap();
        let energies = run.by_beta().flat_map(|at| at.series(handle).values().to_vec()).collect();
        // Two dozen terms of size one in f32.
        check(energies, simulation.configurations().unwrap(), &couplings_of_real, 1e-6);
    }
}

/// On a large lattice overlaps are summed in two stages; host sums over configurations are the same.
#[test]
fn overlaps_are_those_of_the_configurations() {
    let Some(gpu) = gpu() else { return };
    let shape = lattice(&[8, 7, 10]);
    let model = EdwardsAnderson::bimodal(shape.clone(), 1).samples(Samples::PerPair);
    let mut simulation = gpu.simulate(model, HeatBath).betas(&[0.5, 1.0]).replicas(4).seed(4).build().unwrap();
    let (q, m) = (simulation.observe(ReplicaOverlap), simulation.observe(Magnetization));
    let run = simulation.run(Schedule { warmup: 20, samples: 1, thin: 1 }).unwrap();
    let states = simulation.configurations().unwrap();
    let states: Vec<&[f32]> = states.chunks_exact(560).collect();
    let overlaps = run.by_beta().flat_map(|at| [at.series(q), at.series(q.link())].map(|s| s.values().to_vec()));
    let overlaps: Vec<Vec<f64>> = overlaps.collect();
    for pair in 0..4 {
        let (a, b) = (states[2 * pair], states[2 * pair + 1]);
        let product = |x: u32| f64::from(a[x as usize] * b[x as usize]);
        let exact: f64 = (0..560).map(product).sum::<f64>() / 560.0;
        let bonds = (0..560).flat_map(|x| (0..3).map(move |axis| (x, axis)));
        let links: f64 = bonds.map(|(x, axis)| product(x) * product(shape.ahead(x, axis))).sum::<f64>() / 1680.0;
        assert_eq!(overlaps[pair / 2 * 2][pair % 2], exact);
        assert_eq!(overlaps[pair / 2 * 2 + 1][pair % 2], links);
    }
    // What is observed beside it is not disturbed.
    for (at, states) in run.by_beta().zip(states.chunks_exact(4)) {
        let means: Vec<f64> = states.iter().map(|s| f64::from(s.iter().sum::<f32>()) / 560.0).collect();
        assert_eq!(at.series(m).values(), means);
    }
}

#[test]
fn overlaps_need_pairs_that_share_a_sample() {
    let Some(gpu) = gpu() else { return };
    let refused = |model: EdwardsAnderson, replicas: u32| {
        let mut simulation = gpu.simulate(model, HeatBath).replicas(replicas).build().unwrap();
        simulation.observe(ReplicaOverlap);
        let error = simulation.run(Schedule { warmup: 0, samples: 1, thin: 1 }).unwrap_err();
        assert!(matches!(error, Error::Input { .. }), "{error}");
        error.to_string()
    };
    let glass = || EdwardsAnderson::bimodal(lattice(&[4, 4]), 1);
    assert!(refused(glass(), 3).contains("even"));
    assert!(refused(glass().samples(Samples::PerReplica), 4).contains("share"));
    // Points of one run have one disorder.
    let others = [glass(), EdwardsAnderson::bimodal(lattice(&[4, 4]), 2)];
    let error = gpu.simulate(glass(), HeatBath).models(others).build().unwrap_err();
    assert!(error.to_string().contains("disorder"), "{error}");
    let fields = [0.0, 0.5].map(|field| glass().field(field));
    assert!(gpu.simulate(glass(), HeatBath).models(fields).build().is_ok());
}

/// A glass whose couplings are all 1 is a magnet, bit by bit: the couplings are a factor and nothing else.
#[test]
fn a_glass_without_disorder_is_the_magnet() {
    let Some(gpu) = gpu() else { return };
    for sides in [&[5, 4][..], &[2, 3, 4]] {
        let shape = lattice(sides);
        let ones = vec![1; shape.dimensions() * shape.sites() as usize];
        let glass = EdwardsAnderson::with_couplings(shape.clone(), &ones).unwrap().field(0.1);
        let magnet = Ising::new(shape).field(0.1);
        let mut glassy = gpu.simulate(glass, (HeatBath, Metropolis)).betas(&[0.3]).replicas(3).seed(1).build().unwrap();
        let mut plain = gpu.simulate(magnet, (HeatBath, Metropolis)).betas(&[0.3]).replicas(3).seed(1).build().unwrap();
        glassy.advance(30, &mut |_| {}).unwrap();
        plain.advance(30, &mut |_| {}).unwrap();
        assert_eq!(glassy.state_hash().unwrap(), plain.state_hash().unwrap());
    }
}

/// At β = ∞ a sweep only goes down, in real energies as well.
#[test]
fn infinite_beta_is_greedy() {
    let Some(gpu) = gpu() else { return };
    let model = GaussianGlass::new(lattice(&[6, 6]), 1);
    let builder = gpu.simulate(model, HeatBath).betas(&[f64::INFINITY]).replicas(16).seed(2);
    let mut simulation = builder.build().unwrap();
    let handle = simulation.observe(Energy);
    let run = simulation.run(Schedule { warmup: 0, samples: 40, thin: 1 }).unwrap();
    let series = run.point(0).unwrap().series(handle);
    for chain in 0..16 {
        let energies: Vec<f64> = (0..40).map(|sample| series.get(sample, chain).unwrap()).collect();
        // Rounding of sums of 72 terms.
        assert!(energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6), "{energies:?}");
        assert_eq!(energies[39], energies[38]);
        assert!(energies[39] < -1.0);
    }
}

/// A real instance: 8 × 8 × 8, its weights as many of one sign as of the other, and a ground state of -916 (the best cut
/// known, 458, is W/2 + 916/2 by the gauge symmetry of even sides).
#[test]
fn a_real_instance_is_read_and_not_undercut() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/toruspm3-8-50.dat");
    let graph = Rudy::read(path).unwrap();
    assert_eq!((graph.nodes(), graph.edges().len(), graph.total_weight()), (512, 1536, 0));
    assert_eq!(graph.lattice().unwrap(), lattice(&[8, 8, 8]));
    let model = graph.glass(None, 1).unwrap();
    // The first lines of the file: 1 2 -1, 2 3 1, 3 4 -1, 4 5 1; the last axis is the fastest.
    assert_eq!(model.couplings(0)[1024..1028], [-1, 1, -1, 1]);
    assert!(model.is_bimodal());
    assert_eq!(graph.glass(None, -1).unwrap().couplings(0)[1024], 1);
    let Some(gpu) = gpu() else { return };
    // A strong field holds all spins up: the energy is -W - N h.
    let up = model.clone().field(100.0);
    let builder = gpu.simulate(up, HeatBath).betas(&[f64::INFINITY]).start(Start::Cold);
    let mut simulation = builder.build().unwrap();
    let energy = simulation.observe(Energy);
    let run = simulation.run(Schedule { warmup: 0, samples: 2, thin: 1 }).unwrap();
    assert_eq!(run.point(0).unwrap().series(energy).values(), [-100.0, -100.0]);
    let mut simulation = gpu.simulate(model, HeatBath).betas(&[1.0, 1.5]).replicas(16).seed(1).build().unwrap();
    let energy = simulation.observe(Energy);
    let run = simulation.run(Schedule { warmup: 200, samples: 400, thin: 2 }).unwrap();
    for at in run.by_beta() {
        let lowest = at.series(energy).values().iter().copied().fold(0.0, f64::min);
        // Whole energies, never below the ground state; 98 % of it takes no art.
        assert_eq!((512.0 * lowest).fract(), 0.0);
        assert!((-916.0..-898.0).contains(&(512.0 * lowest)), "{}", 512.0 * lowest);
    }
}

spinfield::mirror! { struct Parameters { hopping: f32, quadratic: f32, quartic: f32, constant: f32 } }

/// A free field with ±1 couplings of its own, S = -Σ J φ φ' + A Σ φ²: quenched disorder is for every lattice model.
#[derive(Clone)]
struct DisorderedField(Lattice, Disorder);

const QUADRATIC: f64 = 2.5;

impl Local for DisorderedField {
    const NAME: &'static str = "disordered-field";
    const SCALAR: Scalar = Scalar::Float;
    type Parameters = Parameters;
    fn fragment() -> Fragment {
        let text = format!("{}alias Coupling = Scalar;\n", Phi4::fragment().text);
        Fragment { file: "disordered_field.wgsl".into(), text: text.into() }
    }
    fn lattice(&self) -> &Lattice {
        &self.0
    }
    fn parameters(&self) -> Parameters {
        Parameters { hopping: 1.0, quadratic: QUADRATIC as f32, quartic: 0.0, constant: 0.0 }
    }
    fn disorder(&self) -> Option<&Disorder> {
        Some(&self.1)
    }
}
impl Continuous for DisorderedField {}
impl Differentiable for DisorderedField {}

/// ⟨φ²⟩ is the mean diagonal element of the inverse of M = 2A δ - J (both directions of a bond), whose smallest eigenvalue
/// is at least 2A - 4 = 1. Its Neumann series converges as (4/5)^n.
fn free_phi2(lattice: &Lattice, couplings: &[f64]) -> f64 {
    let sites = lattice.sites() as usize;
    let column = |site: usize| {
        let (mut power, mut sum) = (vec![0.0; sites], 0.0);
        power[site] = 1.0 / (2.0 * QUADRATIC);
        for _ in 0..200 {
            sum += power[site];
            let mut next = vec![0.0; sites];
            for x in 0..sites {
                for axis in 0..lattice.dimensions() {
                    let (ahead, coupling) = (lattice.ahead(x as u32, axis) as usize, couplings[axis * sites + x]);
                    next[x] += coupling * power[ahead] / (2.0 * QUADRATIC);
                    next[ahead] += coupling * power[x] / (2.0 * QUADRATIC);
                }
            }
            power = next;
        }
        sum
    };
    (0..sites).map(column).sum::<f64>() / sites as f64
}

#[test]
fn a_field_can_be_disordered() {
    let Some(gpu) = gpu() else { return };
    let shape = lattice(&[3, 4]);
    let exact = free_phi2(&shape, &drawn(&shape, 8, 0));
    let model = || DisorderedField(shape.clone(), Disorder::bimodal(8));
    let schedule = Schedule { warmup: 100, samples: 200, thin: 1 };
    let mut hybrid = gpu.simulate(model(), Hmc::new(6, 0.2).jitter(0.2)).replicas(256).seed(1).build().unwrap();
    let (field, trajectories) = (hybrid.observe(FieldMoments), hybrid.observe(Trajectories));
    let run = hybrid.run(schedule).unwrap();
    let at = run.point(0).unwrap();
    // 3072 · 200 sites of variance 2 · 0.4², few of them independent: below 0.002; ΔH is 0.3 in size: below 0.005.
    agrees("φ² by HMC", at.mean(field.phi2()), exact, 0.002);
    agrees("φ ∂S/∂φ", at.mean(field.schwinger_dyson()), 1.0, 0.01);
    agrees("exp(-ΔH)", at.mean(trajectories.exp_minus_energy_error()), 1.0, 0.005);
    assert!(at.mean(trajectories.accepted()).mean > 0.7);
    let mut metropolis = gpu.simulate(model(), Proposal::new(1.2)).replicas(256).seed(2).build().unwrap();
    let field = metropolis.observe(FieldMoments);
    let run = metropolis.run(schedule).unwrap();
    agrees("φ² by Metropolis", run.point(0).unwrap().mean(field.phi2()), exact, 0.004);
}
