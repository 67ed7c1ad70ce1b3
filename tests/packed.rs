//! Spins packed as bits against their plain Rust twin, bit for bit, and against the probabilities that they stand for.

mod common;
mod oracle;

use common::{lattice, tunings};
use oracle::{PackedMagnet, PackedRule, chi_square_p};
use spinfield::dynamics::Dynamics;
use spinfield::gpu::adapters;
use spinfield::model::TwoState;
use spinfield::random::{Event, Purpose, Stream, uniform_below};
use spinfield::{
    AdapterRequest, EdwardsAnderson, Energy, Gpu, HeatBath, Ising, Metropolis, Samples, Schedule, Start, SwendsenWang,
    Tempering,
};
use std::collections::HashSet;

const RULES: [PackedRule; 2] =
    [(Purpose::HeatBath as u32, |x| 1.0 / (1.0 + x.exp())), (Purpose::Metropolis as u32, |x| (-x).exp().min(1.0))];

/// Random magnets: one to four dimensions, all numbers of folds, one to several groups of chains, every sign of the
/// coupling, with and without a field, with points at β = 0 and ∞.
fn magnets(count: u32, seed: u64) -> Vec<(PackedMagnet, PackedRule)> {
    let mut stream = Stream::new(seed, Purpose::Cue, 0);
    let mut pick = |from: &[u32]| from[uniform_below(&mut stream, from.len() as u64) as usize];
    let shapes: [&[&[u32]]; 4] = [
        &[&[2], &[6], &[64], &[128], &[512], &[40], &[4096]],
        &[&[4, 4], &[6, 10], &[2, 256], &[64, 6], &[24, 24], &[8, 128], &[32, 32], &[2, 2], &[2, 4096]],
        &[&[4, 4, 4], &[2, 6, 8], &[8, 4, 16], &[6, 6, 2], &[10, 2, 4]],
        &[&[2, 2, 2, 2], &[4, 2, 6, 8], &[4, 4, 4, 4], &[2, 4, 2, 32]],
    ];
    (0..count)
        .map(|number| {
            let shapes = shapes[number as usize % 4];
            let sides = shapes[pick(&(0..shapes.len() as u32).collect::<Vec<_>>()) as usize].to_vec();
            let betas = [&[0.3][..], &[0.1, 0.6], &[0.0, 0.44, f64::INFINITY], &[0.2, 0.25, 0.3, 0.35, 0.4]];
            let magnet = PackedMagnet {
                sides,
                coupling: [1.0, -1.0, 0.7][pick(&[0, 1, 2]) as usize],
                field: [0.0, 0.0, 0.2, -0.15][pick(&[0, 1, 2, 3]) as usize],
                betas: betas[pick(&[0, 1, 2, 3]) as usize].to_vec(),
                replicas: pick(&[1, 2, 3, 7, 20]),
                seed: u64::from(number) << 32 | u64::from(pick(&[1, 2, 3])),
                cold: pick(&[0, 0, 1]) == 1,
                negative: None,
            };
            (magnet, RULES[pick(&[0, 1]) as usize])
        })
        .collect()
}

/// The same as a glass of ±1 couplings, in samples of the replicas or one for all.
fn as_glass((magnet, rule): (PackedMagnet, PackedRule)) -> (PackedMagnet, PackedRule, Samples) {
    let samples = if magnet.seed % 2 == 0 { Samples::Shared } else { Samples::PerReplica };
    let glass = EdwardsAnderson::bimodal(lattice(&magnet.sides), magnet.seed);
    let count = if samples == Samples::Shared { 1 } else { magnet.replicas };
    let negative = (0..count).map(|sample| glass.couplings(sample).iter().map(|&coupling| coupling < 0).collect());
    (PackedMagnet { coupling: 1.0, negative: Some(negative.collect()), ..magnet }, rule, samples)
}

/// Configurations, hash, and energies a site after some sweeps.
type Outcome = (Vec<f32>, String, Vec<f64>);

fn with<M: TwoState, D: Dynamics<M>>(gpu: &Gpu, magnet: &PackedMagnet, model: M, dynamics: D, sweeps: u64) -> Outcome {
    let start = if magnet.cold { Start::Cold } else { Start::Hot };
    let builder = gpu.simulate(model, dynamics).betas(&magnet.betas).replicas(magnet.replicas);
    let mut simulation = builder.seed(magnet.seed).start(start).build().unwrap();
    let energy = simulation.observe(Energy);
    let run = simulation.run(Schedule { warmup: sweeps - 1, samples: 1, thin: 1 }).unwrap();
    let energies = run.by_beta().flat_map(|at| at.series(energy).values().to_vec()).collect();
    (simulation.configurations().unwrap(), simulation.state_hash().unwrap(), energies)
}

fn with_rule<M: TwoState>(gpu: &Gpu, magnet: &PackedMagnet, model: M, rule: PackedRule, sweeps: u64) -> Outcome {
    if rule.0 == Purpose::HeatBath as u32 {
        with(gpu, magnet, model, HeatBath, sweeps)
    } else {
        with(gpu, magnet, model, Metropolis, sweeps)
    }
}

fn device(gpu: &Gpu, magnet: &PackedMagnet, rule: PackedRule, samples: Option<Samples>, sweeps: u64) -> Outcome {
    match samples {
        None => {
            let model = Ising::new(lattice(&magnet.sides)).coupling(magnet.coupling).field(magnet.field);
            with_rule(gpu, magnet, model, rule, sweeps)
        }
        Some(samples) => {
            let glass = EdwardsAnderson::bimodal(lattice(&magnet.sides), magnet.seed);
            with_rule(gpu, magnet, glass.field(magnet.field).samples(samples), rule, sweeps)
        }
    }
}

fn hash_of(spins: &[f32]) -> String {
    blake3::hash(&spins.iter().map(|&spin| (spin as i8).cast_unsigned()).collect::<Vec<u8>>()).to_string()
}

#[test]
fn packed_magnets_and_glasses_are_their_twins() {
    let Some(gpu) = common::gpu() else { return };
    let clean = magnets(60, 1).into_iter().map(|(magnet, rule)| (magnet, rule, None));
    let glasses = magnets(40, 2).into_iter().map(|case| {
        let (magnet, rule, samples) = as_glass(case);
        (magnet, rule, Some(samples))
    });
    for (magnet, rule, samples) in clean.chain(glasses) {
        let (spins, energies) = magnet.run(rule, 25);
        let (found, hash, measured) = device(&gpu, &magnet, rule, samples, 25);
        assert!(found == spins, "{samples:?} {magnet:?}: the configurations differ");
        assert_eq!(measured, energies, "{samples:?} {magnet:?}");
        assert_eq!(hash, hash_of(&spins), "{samples:?} {magnet:?}");
    }
}

/// Whole sweeps in one dispatch, rows of one to four blocks: magnets and glasses, with and without a field, few and many
/// chains, strips that do and do not divide the side.
#[test]
fn whole_sweeps_are_their_twins() {
    let Some(gpu) = common::gpu() else { return };
    let cases: [(&[u32], u32, f64); 7] = [
        (&[128, 256], 1, 0.0),
        (&[138, 512], 1, 0.1),
        (&[130, 6], 2, -0.2),
        (&[128, 1024], 1, 0.0),
        (&[2, 64], 300, 0.0),
        (&[30, 32], 60, 0.05),
        (&[6, 6], 1600, 0.0),
    ];
    for (number, (sides, replicas, field)) in cases.into_iter().enumerate() {
        let (betas, seed) = (vec![0.3, 0.5], 60 + number as u64);
        let magnet = PackedMagnet {
            sides: sides.to_vec(),
            coupling: 1.0,
            field,
            betas,
            replicas,
            seed,
            cold: false,
            negative: None,
        };
        let plan = {
            let builder = gpu.simulate(Ising::new(lattice(sides)), HeatBath).betas(&magnet.betas).replicas(replicas);
            builder.build().unwrap().plan_of_one_sweep()
        };
        assert!(plan.contains("spins_after"), "{sides:?} x {replicas} goes by half-sweeps: {plan}");
        let rule = RULES[number % 2];
        let (glass, rule_of_glass, samples) = as_glass((magnet.clone(), rule));
        // Eight whole ones in pairs and one that is recorded; and one that is left over as well.
        let sweeps = [9, 10][number % 2];
        assert!(device(&gpu, &magnet, rule, None, sweeps).0 == magnet.run(rule, sweeps).0, "{magnet:?}");
        let sweeps = 19 - sweeps;
        let found = device(&gpu, &glass, rule_of_glass, Some(samples), sweeps).0;
        assert!(found == glass.run(rule_of_glass, sweeps).0, "{samples:?} {sides:?} x {replicas}");
    }
}

/// Small ones: what counts is how long they run.
fn long_runs() -> Vec<(PackedMagnet, PackedRule, Option<Samples>)> {
    let shortened = |magnet: PackedMagnet| {
        let replicas = magnet.replicas.min(3);
        let betas = magnet.betas[..1].to_vec();
        PackedMagnet { replicas, betas, ..magnet }
    };
    let small = |magnet: &PackedMagnet| magnet.sides.iter().product::<u32>() <= 256;
    let cases = magnets(120, 3).into_iter().filter(|(magnet, _)| small(magnet)).take(50);
    let alternate = |(number, (magnet, rule)): (usize, (PackedMagnet, PackedRule))| {
        if number % 2 == 0 {
            (shortened(magnet), rule, None)
        } else {
            let (magnet, rule, samples) = as_glass((shortened(magnet), rule));
            (magnet, rule, Some(samples))
        }
    };
    cases.enumerate().map(alternate).collect()
}

/// On every adapter that there is; `.ci/run` runs it on further ones, which must reach the same states.
#[test]
fn ten_thousand_sweeps_end_in_the_same_state_everywhere() {
    let Some(_) = common::gpu() else { return };
    let cases = long_runs();
    assert_eq!(cases.len(), 50);
    let states: Vec<Vec<f32>> = cases.iter().map(|(magnet, rule, _)| magnet.run(*rule, 10_000).0).collect();
    // Not all in their ground states: otherwise equality says little.
    assert!(states.iter().filter(|state| state.contains(&1.0) && state.contains(&-1.0)).count() > 40);
    let twins: Vec<String> = states.iter().map(|state| hash_of(state)).collect();
    for adapter in adapters() {
        let request = AdapterRequest { adapter: Some(adapter.index.to_string()), backend: None };
        let gpu = Gpu::request(&request).unwrap_or_else(|error| panic!("{adapter}: {error}"));
        for ((magnet, rule, samples), twin) in cases.iter().zip(&twins) {
            let hash = device(&gpu, magnet, *rule, *samples, 10_000).1;
            assert_eq!(&hash, twin, "{adapter}: {samples:?} {magnet:?}");
        }
        println!("state_hash {} {adapter}", blake3::hash(twins.concat().as_bytes()));
    }
}

#[test]
fn no_tuning_changes_packed_spins() {
    let Some(gpu) = common::gpu() else { return };
    for (magnet, rule) in magnets(4, 4) {
        let reference = device(&gpu, &magnet, rule, None, 30);
        for tuning in tunings() {
            assert!(device(&gpu.with_tuning(tuning), &magnet, rule, None, 30) == reference, "{magnet:?} {tuning:?}");
        }
    }
    // Ladders as well, where chains move.
    let ladder = |gpu: &Gpu| {
        let glass = EdwardsAnderson::bimodal(lattice(&[4, 6, 4]), 1);
        let builder = gpu.simulate(glass, Tempering::new(Metropolis)).betas(&[0.3, 0.5, 0.7, 0.9]).replicas(4);
        let mut simulation = builder.seed(9).build().unwrap();
        simulation.advance(200, &mut |_| {}).unwrap();
        simulation.state_hash().unwrap()
    };
    let reference = ladder(&gpu);
    for tuning in tunings() {
        assert_eq!(ladder(&gpu.with_tuning(tuning)), reference, "{tuning:?}");
    }
}

/// How often spins flip, by the number of their broken bonds and by their value, against the exact probabilities: a G-test.
#[test]
fn flips_are_as_frequent_as_the_rule_says() {
    let Some(gpu) = common::gpu() else { return };
    let cases: [(&[u32], f64, f64, PackedRule); 5] = [
        (&[128, 128], 0.0, 0.4406868, RULES[1]),
        (&[128, 128], 0.0, 0.4406868, RULES[0]),
        (&[16, 16, 16], 0.0, 0.2216546, RULES[1]),
        (&[64, 128], 0.15, 0.35, RULES[1]),
        (&[8, 8, 8, 8], -0.1, 0.12, RULES[0]),
    ];
    for (sides, field, beta, rule) in cases {
        let lattice = lattice(sides);
        let (sites, dimensions) = (lattice.sites() as usize, sides.len());
        let start = Start::Hot;
        let model = Ising::new(lattice.clone()).field(field);
        let states = |gpu: &Gpu| -> Vec<Vec<f32>> {
            let mut states = Vec::new();
            macro_rules! record {
                ($dynamics:expr) => {{
                    let builder = gpu.simulate(model.clone(), $dynamics).betas(&[beta]).replicas(4);
                    let mut simulation = builder.seed(5).start(start).build().unwrap();
                    simulation.advance(100, &mut |_| {}).unwrap();
                    for _ in 0..30 {
                        states.push(simulation.configurations().unwrap());
                        simulation.advance(1, &mut |_| {}).unwrap();
                    }
                }};
            }
            if rule.0 == Purpose::HeatBath as u32 {
                record!(HeatBath)
            } else {
                record!(Metropolis)
            }
            states
        };
        // By the spin's value and the number of its broken bonds: attempts and flips.
        let mut counts = vec![[0.0_f64; 2]; 2 * (2 * dimensions + 1)];
        for pair in states(&gpu).windows(2) {
            for chain in 0..4 {
                let at = |state: &[f32], site: u32| state[chain * sites + site as usize];
                for site in 0..lattice.sites() {
                    // The second colour sees the first one as it is after the sweep.
                    let around = if lattice.colour(site) == 0 { &pair[0] } else { &pair[1] };
                    let here = at(&pair[0], site);
                    let neighbours =
                        (0..dimensions).flat_map(|axis| [lattice.ahead(site, axis), lattice.behind(site, axis)]);
                    let broken = neighbours.filter(|&other| at(around, other) != here).count();
                    let class = &mut counts[usize::from(here > 0.0) * (2 * dimensions + 1) + broken];
                    class[0] += 1.0;
                    class[1] += f64::from(u8::from(at(&pair[1], site) != here));
                }
            }
        }
        let (mut g, mut freedom) = (0.0, 0.0);
        for (class, [attempts, flips]) in counts.iter().enumerate() {
            let (up, broken) = (class > 2 * dimensions, class % (2 * dimensions + 1));
            let rise = 4.0 * (dimensions as f64 - broken as f64) + if up { 2.0 * field } else { -2.0 * field };
            let p = (rule.1)(beta * rise);
            if p >= 1.0 {
                assert_eq!(attempts, flips, "{sides:?}: certain flips");
            } else if attempts * p.min(1.0 - p) >= 5.0 {
                let term =
                    |seen: f64, expected: f64| if seen > 0.0 { 2.0 * seen * (seen / expected).ln() } else { 0.0 };
                g += term(*flips, attempts * p) + term(attempts - flips, attempts * (1.0 - p));
                freedom += 1.0;
            }
        }
        let p = chi_square_p(g, freedom);
        eprintln!("{sides:?} β {beta} h {field}: G = {g:.1} with {freedom} degrees of freedom, p = {p:.3}");
        assert!(freedom >= 2.0 && p > 1e-6, "{sides:?} β {beta} h {field}: G = {g} with {freedom}, p = {p}");
        // Too good is as wrong: G of that many degrees is hardly ever this small.
        assert!(p < 1.0 - 1e-6);
    }
}

/// Kernels that draw random words, by the beginning of their names.
const DRAWING: [&str; 10] =
    ["sweep", "flip", "redraw", "metropolis", "unite", "turn", "refresh", "judge", "swap", "hidden"];

/// Every dispatch that draws does so at a sweep and part of its own.
fn no_address_serves_twice<M: TwoState, D: Dynamics<M>>(gpu: &Gpu, model: M, dynamics: D) {
    let builder = gpu.simulate(model, dynamics).betas(&[0.2, 0.3, 0.4]).replicas(4);
    let mut simulation = builder.build().unwrap();
    let mut seen = HashSet::new();
    for _ in 0..40 {
        let plan = simulation.plan_of_one_sweep();
        for line in plan.lines().filter_map(|line| line.strip_prefix("dispatch ")) {
            if DRAWING.iter().any(|name| line.starts_with(name)) {
                assert!(seen.insert(line.to_string()), "drawn twice: {line}");
            }
        }
        simulation.advance(1, &mut |_| {}).unwrap();
    }
    assert!(seen.len() >= 40);
}

#[test]
fn no_random_number_serves_twice() {
    let Some(gpu) = common::gpu() else { return };
    let magnet = || Ising::new(lattice(&[4, 4]));
    no_address_serves_twice(&gpu, magnet(), HeatBath);
    no_address_serves_twice(&gpu, magnet(), (Metropolis, Metropolis));
    no_address_serves_twice(&gpu, magnet(), ((Metropolis, HeatBath), Metropolis));
    no_address_serves_twice(&gpu, magnet(), (Metropolis, (Metropolis, (Metropolis, SwendsenWang))));
    no_address_serves_twice(&gpu, magnet(), Tempering::new((Metropolis, Metropolis)).every(2));
    no_address_serves_twice(&gpu, EdwardsAnderson::bimodal(lattice(&[3, 3]), 1), Tempering::new(Metropolis));
    // And the words themselves: purposes, sites or blocks, chains or groups, sweeps, parts.
    let mut words = HashSet::new();
    for (purpose, _) in Purpose::ALL {
        for (index, chain, sweep) in (0..32).flat_map(|i| (0..8).flat_map(move |c| (0..24).map(move |s| (i, c, s)))) {
            // Sweeps beyond 2^32 have their high word in the key.
            let sweep = if sweep < 12 { sweep } else { (sweep - 11) << 32 };
            for part in 0..2 {
                let event = Event { seed: 3, purpose, index, chain, sweep, part };
                assert!(words.insert(event.words(0)), "{event:?} repeats words");
            }
        }
    }
}
