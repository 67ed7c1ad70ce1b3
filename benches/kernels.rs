//! Site updates a second of every kernel family, through the public interface: `cargo bench`.
//!
//! Each number is of the default adapter, whose name is printed first. A sweep's time ends when the device has made it.

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use spinfield::dynamics::Dynamics;
use spinfield::model::Model;
use spinfield::random::{Purpose, Stream};
use spinfield::{
    BlockGibbs, Cues, Damage, Energy, Gpu, HeatBath, Hmc, Hopfield, Ising, Lattice, Magnetization, Metropolis, Order,
    Patterns, Phi4, Proposal, Schedule, Simulation, SwendsenWang, Tempering, Update, Wolff,
};
use std::time::{Duration, Instant};

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// Ten samples of a tenth of a second: enough to see a factor, short enough to be run often.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group
}

/// Times whole sweeps.
fn sweeps<M: Model, D: Dynamics<M>>(group: &mut Group<'_>, id: BenchmarkId, updates: u64, mut sim: Simulation<M, D>) {
    group.throughput(Throughput::Elements(updates));
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|count| {
            sim.wait().unwrap();
            let started = Instant::now();
            sim.advance(count, &mut |_| {}).unwrap();
            sim.wait().unwrap();
            started.elapsed()
        });
    });
}

fn lattices(criterion: &mut Criterion, gpu: &Gpu) {
    let mut flip = group(criterion, "flip");
    for side in [256_u32, 512, 1024] {
        let sim = gpu.simulate(Ising::new(Lattice::square(side).unwrap()), HeatBath).betas(&[0.44]).build().unwrap();
        sweeps(&mut flip, BenchmarkId::from_parameter(side), u64::from(side).pow(2), sim);
    }
    // The same number of sites as 1024², as many small systems.
    let sim = gpu.simulate(Ising::new(Lattice::square(32).unwrap()), HeatBath).betas(&[0.44]).replicas(1024);
    sweeps(&mut flip, BenchmarkId::from_parameter("1024 x 32"), 1 << 20, sim.build().unwrap());
    flip.finish();

    // Packed as bits, as above; a word a site; and packed under replica exchange over 32 temperatures.
    let mut layouts = group(criterion, "layouts");
    for side in [256_u32, 1024] {
        let lattice = Lattice::square(side).unwrap();
        let words = gpu.simulate(Ising::new(lattice.clone()), HeatBath).betas(&[0.44]).packed(false).build().unwrap();
        sweeps(&mut layouts, BenchmarkId::new("words", side), u64::from(side).pow(2), words);
        let packed = gpu.simulate(Ising::new(lattice), Metropolis).betas(&[0.44]).build().unwrap();
        sweeps(&mut layouts, BenchmarkId::new("packed metropolis", side), u64::from(side).pow(2), packed);
    }
    let ladder: Vec<f64> = (0..32).map(|step| 0.17 + 0.003 * f64::from(step)).collect();
    let cube = Ising::new(Lattice::new(&[32, 32, 32]).unwrap());
    let sim = gpu.simulate(cube, Tempering::new(Metropolis)).betas(&ladder).build().unwrap();
    sweeps(&mut layouts, BenchmarkId::new("tempering", "32 x 32^3"), 32 << 15, sim);
    layouts.finish();

    // A Wolff cluster counts as a sweep: all sites are labelled for it.
    let mut clusters = group(criterion, "clusters 16 x 256");
    let magnet = || Ising::new(Lattice::square(256).unwrap());
    let critical = (1.0 + 2_f64.sqrt()).ln() / 2.0;
    for (name, beta) in [("hot", 0.2), ("critical", critical), ("ordered", 0.8)] {
        let mut sim = gpu.simulate(magnet(), SwendsenWang).betas(&[beta]).replicas(16).build().unwrap();
        sim.advance(50, &mut |_| {}).unwrap();
        sweeps(&mut clusters, BenchmarkId::new("swendsen-wang", name), 16 << 16, sim);
    }
    let mut sim = gpu.simulate(magnet(), Wolff).betas(&[critical]).replicas(16).build().unwrap();
    sim.advance(50, &mut |_| {}).unwrap();
    sweeps(&mut clusters, BenchmarkId::new("wolff", "critical"), 16 << 16, sim);
    clusters.finish();

    let (lattice, steps) = (Lattice::square(256).unwrap(), 10);
    let phi4 = || Phi4::new(lattice.clone(), -0.5, 0.5);
    let mut field = group(criterion, "phi4 256");
    let sim = gpu.simulate(phi4(), Proposal::new(1.0)).build().unwrap();
    sweeps(&mut field, BenchmarkId::from_parameter("metropolis"), 1 << 16, sim);
    let sim = gpu.simulate(phi4(), Proposal::new(1.0).hits(4)).build().unwrap();
    sweeps(&mut field, BenchmarkId::from_parameter("metropolis, 4 hits"), 4 << 16, sim);
    for replicas in [1, 16] {
        let sim = gpu.simulate(phi4(), Hmc::new(steps, 0.1)).replicas(replicas).build().unwrap();
        let updates = u64::from(replicas * steps) << 16;
        sweeps(&mut field, BenchmarkId::new("leapfrog", format!("{replicas} chains")), updates, sim);
    }
    field.finish();

    // What a sample costs beside the one sweep that it is taken after.
    let mut measure = group(criterion, "sweep and sample 256");
    let mut sim = gpu.simulate(Ising::new(lattice.clone()), HeatBath).betas(&[0.44]).build().unwrap();
    sim.observe(Energy);
    sim.observe(Magnetization);
    measure.throughput(Throughput::Elements(1 << 16));
    measure.bench_function("energy, magnetization", |bencher| {
        bencher.iter_custom(|count| sim.run(Schedule { warmup: 0, samples: count, thin: 1 }).unwrap().elapsed());
    });
    measure.finish();
}

fn networks(criterion: &mut Criterion, gpu: &Gpu) {
    let network = |count, neurons| {
        let patterns = Patterns::random(count, neurons, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
        let cues = |cues| Cues::damaged(&patterns, cues, Damage::Noise(0.25), 2).unwrap();
        (patterns.clone(), cues(64), cues(8))
    };
    let (neurons, (patterns, cues, chains)) = (10_000, network(1_000, 10_000));
    let mut layers = group(criterion, "10,000 neurons, 1,000 patterns");
    // One sweep of 64 cues; the device's set-up is not counted.
    layers.throughput(Throughput::Elements(64 * neurons));
    layers.bench_function("project, align", |bencher| {
        let recall = gpu.recall(&patterns, &cues).sweeps(1);
        bencher.iter_custom(|count| (0..count).map(|_| recall.run().unwrap().elapsed()).sum());
    });
    let sim = gpu.simulate(Hopfield::new(patterns.clone()).starting_at(chains), BlockGibbs).betas(&[2.5]).replicas(8);
    sweeps(&mut layers, BenchmarkId::from_parameter("gibbs, 8 chains"), 8 * neurons, sim.build().unwrap());
    layers.finish();

    let (neurons, (patterns, cues, _)) = (2_000, network(100, 2_000));
    let mut relax = group(criterion, "2,000 neurons, 100 patterns");
    relax.throughput(Throughput::Elements(64 * neurons));
    relax.bench_function("relax", |bencher| {
        let recall = gpu.recall(&patterns, &cues).update(Update::Asynchronous(Order::Random)).sweeps(1);
        bencher.iter_custom(|count| (0..count).map(|_| recall.run().unwrap().elapsed()).sum());
    });
    relax.finish();
}

fn kernels(criterion: &mut Criterion) {
    let gpu = Gpu::new().unwrap();
    println!("{}", gpu.adapter());
    lattices(criterion, &gpu);
    networks(criterion, &gpu);
}

criterion_group!(benches, kernels);
criterion_main!(benches);
