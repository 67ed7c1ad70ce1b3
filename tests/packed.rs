//! Spins packed as bits against their plain Rust twin, bit for bit, and against the probabilities that they stand for.

mod common;
mod oracle;

use common::lattice;
use oracle::{PackedMagnet, PackedRule};
use rand::Rng;
use spinfield::dynamics::Dynamics;
use spinfield::gpu::adapters;
use spinfield::random::{Purpose, Stream, uniform_below};
use spinfield::{
    Acceptance, AdapterRequest, Energy, Gpu, HeatBath, Ising, Magnetization, Metropolis, Schedule, Start,
    StructureFactor, Tuning,
};

const RULES: [PackedRule; 2] =
    [(Purpose::HeatBath as u32, |x| 1.0 / (1.0 + x.exp())), (Purpose::Metropolis as u32, |x| (-x).exp().min(1.0))];

/// Random magnets: one to four dimensions, all numbers of folds, one to several groups of chains, every sign of the
/// coupling, with and without a field, with points at β = 0 and ∞.
fn magnets(count: u32, seed: u64) -> Vec<(PackedMagnet, PackedRule)> {
    let mut stream = Stream::new(seed, Purpose::Cue, 0);
    let mut pick = |from: &[u32]| from[uniform_below(&mut stream, from.len() as u64) as usize];
    let shapes: [&[&[u32]]; 4] = [
        &[&[2], &[6], &[64], &[128], &[512], &[40]],
        &[&[4, 4], &[6, 10], &[2, 256], &[64, 6], &[24, 24], &[8, 128], &[32, 32], &[2, 2]],
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

fn with<D: Dynamics<Ising>>(
    gpu: &Gpu,
    magnet: &PackedMagnet,
    dynamics: D,
    sweeps: u64,
) -> (Vec<f32>, String, Vec<f64>) {
    let model = Ising::new(lattice(&magnet.sides)).coupling(magnet.coupling).field(magnet.field);
    let start = if magnet.cold { Start::Cold } else { Start::Hot };
    let builder = gpu.simulate(model, dynamics).betas(&magnet.betas).replicas(magnet.replicas);
    let mut simulation = builder.seed(magnet.seed).start(start).build().unwrap();
    let energy = simulation.observe(Energy);
    let run = simulation.run(Schedule { warmup: sweeps - 1, samples: 1, thin: 1 }).unwrap();
    let energies = run.by_beta().flat_map(|at| at.series(energy).values().to_vec()).collect();
    (simulation.configurations().unwrap(), simulation.state_hash().unwrap(), energies)
}

fn device(gpu: &Gpu, magnet: &PackedMagnet, rule: PackedRule, sweeps: u64) -> (Vec<f32>, String, Vec<f64>) {
    if rule.0 == Purpose::HeatBath as u32 {
        with(gpu, magnet, HeatBath, sweeps)
    } else {
        with(gpu, magnet, Metropolis, sweeps)
    }
}

#[test]
fn packed_magnets_are_their_twins() {
    let Some(gpu) = common::gpu() else { return };
    for (magnet, rule) in magnets(60, 1) {
        let (spins, energies) = magnet.run(rule, 25);
        let (found, hash, measured) = device(&gpu, &magnet, rule, 25);
        assert!(found == spins, "{magnet:?}: the configurations differ");
        assert_eq!(measured, energies, "{magnet:?}");
        let bytes: Vec<u8> = spins.iter().map(|&spin| (spin as i8).cast_unsigned()).collect();
        assert_eq!(hash, blake3::hash(&bytes).to_string(), "{magnet:?}");
    }
}
