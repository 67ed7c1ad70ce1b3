//! Plans through wgpu's backend that computes nothing: every call is checked against the limits that WebGPU promises, and
//! nothing may panic on zeros. The listings of two plans stand here word for word.

use spinfield::boltzmann::Quartic;
use spinfield::learn::{Gradient, Optimiser, PseudoInverse, Rule, storkey};
use spinfield::model::{Differentiable, Local, Model, TwoState};
use spinfield::neurons::Convention;
use spinfield::neurons::fit::{Method, Prior};
use spinfield::plan::{Constants, MAX_TRIPS, Plan, Tick};
use spinfield::random::{Purpose, Stream};
use spinfield::shader::Fragment;
use spinfield::shader::catalogue::{self, ModelText};
use spinfield::{
    Acceptance, BlockGibbs, Couplings, Cues, Damage, EdwardsAnderson, Energy, Error, FieldMoments, GaussianGlass,
    GeneralMachine, Gpu, HeatBath, Hmc, Hopfield, Integrator, Ising, Judge, Lattice, Little, Magnetization, Metropolis,
    NeuralField, Order, OverRelaxation, Overlap, PairwiseSpins, Patterns, Phi4, Potts, Proposal, Raster,
    ReplicaOverlap, RestrictedMachine, Run, Samples, Schedule, Simulation, StructureFactor, Swaps, SwendsenWang,
    Tempering, Trajectories, Tuning, Units, Update, Vectors, Wolff, Xy,
};

const SHORT: Schedule = Schedule { warmup: 3, samples: 5, thin: 2 };
const SIDES: [&[u32]; 6] = [&[7], &[4, 6], &[3, 5, 4], &[2, 3, 4, 5], &[32, 32], &[2, 3, 4, 8]];

/// A device with the limits that WebGPU promises (8 storage buffers, 16 KiB of workgroup memory, 256 invocations):
/// wgpu refuses what goes beyond them.
fn device() -> Gpu {
    let (device, queue) = wgpu::Device::noop(&wgpu::DeviceDescriptor {
        required_limits: wgpu::Limits::default(),
        ..wgpu::DeviceDescriptor::default()
    });
    Gpu::from_device(device, queue)
}

fn lattice(sides: &[u32]) -> Lattice {
    Lattice::new(sides).unwrap()
}

/// A run's estimates of zeros: nothing measured is off zero, and nothing derived from it panics.
fn assert_zeros(run: &Run, points: usize, energy: spinfield::observable::Handle<Energy>) {
    assert_eq!(run.by_beta().count(), points);
    for at in run.by_beta() {
        let estimate = at.mean(energy);
        assert_eq!((estimate.mean, estimate.error), (0.0, Some(0.0)));
        assert!(at.beta().is_infinite() || at.specific_heat(energy).mean == 0.0);
        assert_eq!(at.series(energy).len(), 5);
        assert_eq!(at.series(energy).count(), 3);
    }
    assert!(run.updates() > 0);
}

fn two_state<D>(dynamics: D)
where
    D: spinfield::dynamics::Dynamics<Ising>,
    Ising: TwoState,
{
    let gpu = device();
    for (sides, packed) in SIDES.into_iter().flat_map(|sides| [(sides, true), (sides, false)]) {
        let model = Ising::new(lattice(sides)).field(0.25);
        let builder = gpu.simulate(model, dynamics.clone()).betas(&[0.1, 0.4, f64::INFINITY]).replicas(3);
        let mut simulation = builder.packed(packed).build().unwrap();
        let (energy, magnetization) = (simulation.observe(Energy), simulation.observe(Magnetization));
        let (structure, acceptance) = (simulation.observe(StructureFactor), simulation.observe(Acceptance));
        let run = simulation.run(SHORT).unwrap();
        assert_zeros(&run, 3, energy);
        for at in run.by_beta() {
            // 0/0: no number, and no panic.
            assert!(at.binder(magnetization).mean.is_nan());
            assert!(at.correlation_length(structure, magnetization).is_none());
            assert_eq!(at.mean(acceptance).mean, 0.0);
            assert!(!at.binder(magnetization).to_string().is_empty());
        }
        assert_eq!(simulation.sweeps(), 13);
        let sites = sides.iter().product::<u32>();
        // A bit that is not set is a spin that points down.
        let packed = packed && dynamics.packs() && sides.iter().all(|side| side % 2 == 0);
        let spin = if packed { -1.0 } else { 0.0 };
        assert_eq!(simulation.configurations().unwrap(), vec![spin; 9 * sites as usize]);
        assert_eq!(simulation.state_hash().unwrap().len(), 64);
    }
}

#[test]
fn heat_bath() {
    two_state(HeatBath);
}

#[test]
fn metropolis() {
    two_state(Metropolis);
}

#[test]
fn discrete_models_of_every_kind() {
    fn zeros<M: Local, D: spinfield::dynamics::Dynamics<M>>(model: impl Fn(Lattice) -> M, dynamics: D) {
        for sides in SIDES {
            let builder = device().simulate(model(lattice(sides)), dynamics.clone());
            let mut simulation = builder.betas(&[0.1, 0.4, f64::INFINITY]).replicas(3).build().unwrap();
            let energy = simulation.observe(Energy);
            simulation.observe(Magnetization);
            simulation.observe(StructureFactor);
            assert_zeros(&simulation.run(SHORT).unwrap(), 3, energy);
            assert_eq!(simulation.state_hash().unwrap().len(), 64);
        }
    }
    let glass = |samples| move |lattice| EdwardsAnderson::bimodal(lattice, 1).samples(samples).field(0.5);
    zeros(glass(Samples::Shared), (HeatBath, Metropolis));
    zeros(glass(Samples::PerPair), HeatBath);
    zeros(glass(Samples::PerReplica), HeatBath);
    zeros(|lattice| GaussianGlass::new(lattice, 1), (HeatBath, Metropolis));
    zeros(|lattice| Potts::new(lattice, 5), (HeatBath, Metropolis));
    zeros(|lattice| Potts::new(lattice, 2).coupling(-1.0), (HeatBath, Metropolis));
    zeros(Xy::new, (Proposal::new(1.0), OverRelaxation));
    // Reflections alone accept nothing that could be counted.
    let mut simulation = device().simulate(Xy::new(lattice(&[4])), OverRelaxation).build().unwrap();
    simulation.observe(Acceptance);
    assert!(matches!(simulation.run(SHORT), Err(Error::Input { .. })));
}

/// The overlaps of pairs: half as many rows as chains.
#[test]
fn the_plan_of_a_glass() {
    let model = EdwardsAnderson::bimodal(lattice(&[4, 6, 3]), 1).samples(Samples::PerPair);
    let mut simulation = device().simulate(model, HeatBath).betas(&[0.3, 0.4]).replicas(6).build().unwrap();
    let overlap = simulation.observe(ReplicaOverlap);
    let listing = simulation.plan_of_one_sweep();
    // Three samples of 3 · 72 bonds; six pairs.
    assert!(listing.contains("slot     couplings        2592 B"), "{listing}");
    assert!(listing.contains("dispatch reduce/overlap<edwards-anderson> items 0..6 chains 1"), "{listing}");
    let run = simulation.run(SHORT).unwrap();
    for at in run.by_beta() {
        assert_eq!((at.series(overlap).count(), at.series(overlap).len()), (3, 5));
        assert_eq!(at.mean(overlap.squared()).mean, 0.0);
    }
}

#[test]
fn two_dynamics_in_turn() {
    two_state((HeatBath, Metropolis));
}

#[test]
fn explicit_couplings() {
    fn zeros<D: spinfield::dynamics::Dynamics<PairwiseSpins>>(dynamics: D) {
        for sites in [2, 33, 300] {
            let model = PairwiseSpins::sherrington_kirkpatrick(sites, 1).unwrap().field(0.5);
            let builder = device().simulate(model, dynamics.clone()).betas(&[0.1, 0.4, f64::INFINITY]).replicas(34);
            let mut simulation = builder.build().unwrap();
            let (energy, magnetization) = (simulation.observe(Energy), simulation.observe(Magnetization));
            let overlap = simulation.observe(ReplicaOverlap);
            let run = simulation.run(SHORT).unwrap();
            for at in run.by_beta() {
                // Rows of zeros: no field, no spin up, no two spins alike.
                assert_eq!(
                    (at.mean(energy).mean, at.mean(magnetization).mean, at.mean(overlap).mean),
                    (0.0, -1.0, -1.0)
                );
                assert_eq!((at.series(energy).count(), at.series(overlap).count()), (34, 17));
            }
            assert_eq!(simulation.states().unwrap().count(), 102);
        }
    }
    zeros(HeatBath);
    zeros((Metropolis, HeatBath));
    zeros(Little);
    let builder = device().simulate(PairwiseSpins::sherrington_kirkpatrick(40, 1).unwrap(), Tempering::new(HeatBath));
    let mut tempered = builder.betas(&[0.1, 0.4, 0.8]).replicas(34).build().unwrap();
    let (energy, swaps) = (tempered.observe(Energy), tempered.observe(Swaps));
    tempered.observe(ReplicaOverlap);
    tempered.observe(Acceptance);
    let run = tempered.run(SHORT).unwrap();
    assert!(run.by_beta().all(|at| at.mean(energy).mean == 0.0 && at.mean(swaps).mean == 0.0));
    assert_eq!(tempered.states().unwrap().count(), 102);
    let spins = || PairwiseSpins::sherrington_kirkpatrick(8, 1).unwrap();
    let gpu = device();
    let refused = [
        gpu.simulate(spins().field(f64::NAN), HeatBath).build().err(),
        gpu.simulate(spins().fields(&[1.0; 7]), HeatBath).build().err(),
        gpu.simulate(spins(), HeatBath)
            .models([spins(), PairwiseSpins::sherrington_kirkpatrick(8, 2).unwrap()])
            .build()
            .err(),
    ];
    for (number, error) in refused.into_iter().enumerate() {
        assert!(matches!(error, Some(Error::Input { .. })), "case {number}: {error:?}");
    }
    let stored = patterns(3, 33);
    let cues = Cues::damaged(&stored, 4, Damage::Noise(0.1), 1).unwrap();
    let learnt = Couplings::new(33, storkey(&stored).unwrap()).unwrap();
    for update in [Update::Synchronous, Update::Asynchronous(Order::Fixed)] {
        let recall = gpu.recall_with_couplings(&learnt, &stored, &cues).update(update).sweeps(4).run().unwrap();
        assert_eq!((recall.states().count(), recall.states().neurons()), (4, 33), "{update:?}");
    }
    // 5,793 x 5,793 numbers, with sites padded to blocks of 32, are more than the 128 MiB that every binding can have.
    let large = PairwiseSpins::new(Couplings::new(5_793, vec![0.0; 5_793 * 5_793]).unwrap());
    assert!(matches!(gpu.simulate(large, HeatBath).build().err(), Some(Error::Limit { .. })));
}

#[test]
fn general_machines() {
    for (visible, hidden) in [(2, 0), (5, 31), (40, 30)] {
        let machine = GeneralMachine::random(visible, hidden, 0.1, 1).unwrap();
        let data = patterns(3, visible);
        let mut chains = device().general_machine(&machine).chains(70).build().unwrap();
        // No unit is up, and no two differ.
        let moments = chains.moments(2).unwrap();
        assert!(moments.means().iter().all(|&mean| mean == -1.0));
        assert!(moments.correlations().iter().all(|&correlation| correlation == 1.0));
        assert_eq!(chains.states().unwrap().count(), 70);
        let mut clamped = device().general_machine(&machine).clamp(&data).build().unwrap();
        clamped.sweep(3).unwrap();
        assert_eq!((clamped.sweeps(), clamped.states().unwrap().neurons()), (3, visible + hidden));
        let builder = device().train_general(&machine, &data).replicas(30).batch(40).chains(33).sweeps(2);
        let mut trainer = builder.build().unwrap();
        trainer.steps(3).unwrap();
        assert_eq!(trainer.machine(), &machine);
    }
    // 5,793 units take more than the 128 MiB that every binding can have.
    let couplings = Couplings::new(5_793, vec![0.0; 5_793 * 5_793]).unwrap();
    let large = GeneralMachine::new(5, couplings, vec![0.0; 5_793]).unwrap();
    assert!(matches!(device().general_machine(&large).build().err(), Some(Error::Limit { .. })));
}

#[test]
fn clusters() {
    two_state(SwendsenWang);
    two_state(Wolff);
    two_state((HeatBath, SwendsenWang));
}

/// φ⁴ with what every dynamics of it can measure.
fn field<D>(sides: &[u32], dynamics: D, trajectories: bool) -> Result<Simulation<Phi4, D>, Error>
where
    D: spinfield::dynamics::Dynamics<Phi4>,
    Phi4: Differentiable,
{
    let mut simulation = device()
        .simulate(Phi4::new(lattice(sides), 0.5, 0.5), dynamics)
        .models([Phi4::new(lattice(sides), 0.5, 0.5), Phi4::hopping(lattice(sides), 0.1, 0.5)])
        .replicas(3)
        .build()?;
    let energy = simulation.observe(Energy);
    simulation.observe(Magnetization);
    simulation.observe(FieldMoments);
    simulation.observe(StructureFactor);
    if trajectories {
        simulation.observe(Trajectories);
    } else {
        simulation.observe(Acceptance);
    }
    let run = simulation.run(SHORT)?;
    assert_zeros(&run, 2, energy);
    Ok(simulation)
}

#[test]
fn field_theory_under_every_dynamics() {
    for sides in SIDES {
        field(sides, Proposal::new(0.5), false).unwrap();
        field(sides, Proposal::new(0.5).hits(3), false).unwrap();
        for integrator in [Integrator::Leapfrog, Integrator::Omelyan] {
            let mut simulation = field(sides, Hmc::new(3, 0.1).integrator(integrator), true).unwrap();
            assert_eq!(simulation.reversal_error().unwrap(), 0.0);
        }
    }
}

#[test]
fn what_a_dynamics_cannot_measure_is_an_error_of_the_run() {
    let error = field(&[4, 4], Proposal::new(0.5), true).unwrap_err();
    assert!(matches!(error, Error::Input { .. }), "{error}");
    let error = field(&[4, 4], Hmc::new(3, 0.1), false).unwrap_err();
    assert!(matches!(error, Error::Input { .. }), "{error}");
}

fn patterns(count: usize, neurons: usize) -> Patterns {
    Patterns::random(count, neurons, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap()
}

fn network<D: spinfield::dynamics::Dynamics<Hopfield>>(dynamics: D) {
    for (neurons, count, replicas) in [(33, 3, 1), (64, 5, 4), (100, 9, 6)] {
        let model = Hopfield::new(patterns(count, neurons));
        assert_eq!(model.sites() as usize, neurons);
        let mut simulation =
            device().simulate(model, dynamics.clone()).betas(&[0.5, 2.0]).replicas(replicas).build().unwrap();
        let overlap = simulation.observe(Overlap);
        let run = simulation.run(SHORT).unwrap();
        for at in run.by_beta() {
            assert_eq!(at.mean(overlap).mean, 0.0);
            // −½ (Σ m² − P/N) at m = 0.
            assert!((at.mean(overlap.energy()).mean - 0.5 * count as f64 / neurons as f64).abs() < 1e-12);
        }
        assert_eq!(simulation.states().unwrap().count(), 2 * replicas as usize);
        assert_eq!(simulation.state_hash().unwrap().len(), 64);
    }
}

#[test]
fn networks_at_a_temperature() {
    network(BlockGibbs);
    network(Little);
}

#[test]
fn recall_in_every_mode_and_shape() {
    // Lanes beyond what the workgroup memory of the asynchronous kernel allows must not reach the device.
    for lanes in [1, 8, 32, 64, 100, 256] {
        let gpu = device().with_tuning(Tuning { lanes, ..Tuning::default() });
        for (neurons, count, cues) in [(33, 3, 1), (64, 5, 4), (100, 9, 6)] {
            let stored = patterns(count, neurons);
            let cues = Cues::damaged(&stored, cues, Damage::Mask(0.3), 2).unwrap();
            for update in [
                Update::Synchronous,
                Update::SynchronousWithDiagonal,
                Update::Asynchronous(Order::Random),
                Update::Asynchronous(Order::Fixed),
            ] {
                let recall = gpu.recall(&stored, &cues).update(update).sweeps(4).run();
                let recall = recall.unwrap_or_else(|error| panic!("{update:?} at {lanes} lanes: {error}"));
                // Nothing settles where nothing is computed.
                assert!(recall.course().iter().all(|course| *course == [0.0; 5]));
                assert!(recall.cues().iter().all(|cue| cue.period.is_none() && cue.overlap == 0.0 && !cue.retrieved()));
                assert_eq!(recall.retrieved_fraction(), 0.0);
            }
            let nothing = |recall: spinfield::Recall| assert!(recall.cues().iter().all(|cue| cue.overlap == 0.0));
            for update in [Update::SynchronousWithDiagonal, Update::Asynchronous(Order::Fixed)] {
                let recall = || gpu.recall(&stored, &cues).update(update).sweeps(4);
                for memory in ["dense:3", "dense:15", "exponential"] {
                    nothing(recall().memory(memory.parse().unwrap()).run().unwrap());
                }
                nothing(recall().centred(0.2).run().unwrap());
                let blanks = Patterns::biased(count, neurons, -0.5, &mut Stream::new(1, Purpose::Blank, 0)).unwrap();
                nothing(recall().blanks(&blanks).run().unwrap());
            }
            let learnt = PseudoInverse::of(&stored).unwrap();
            for update in [Update::Synchronous, Update::SynchronousWithDiagonal, Update::Asynchronous(Order::Fixed)] {
                let recall = gpu.recall(&stored, &cues).rule(Rule::PseudoInverse(&learnt)).update(update).sweeps(4);
                nothing(recall.run().unwrap());
            }
            let vectors = Vectors::from(&stored);
            assert_eq!(gpu.attend(&vectors, &vectors).run().unwrap().weights().width(), count);
        }
    }
}

/// Sums of zeros: the search is content where it begins, Boltzmann learning never is, and nothing is divided by 0.
#[test]
fn neural_fits() {
    for (lanes, trials, neurons, ticks) in [(1, 1, 1, 2), (8, 3, 5, 40), (64, 2, 33, 100), (256, 1, 7, 5_000)] {
        let gpu = device().with_tuning(Tuning { lanes, ..Tuning::default() });
        let mut raster = Raster::new(trials, neurons, ticks).unwrap();
        let sites = (0..neurons).flat_map(|i| (0..ticks).map(move |t| (i, t)));
        sites
            .filter(|(i, t)| (i * 2_654_435_761 + t * 40_503 + i * t * 97) >> 3 & 3 == 0)
            .for_each(|(i, t)| raster.set(0, i, t, true));
        for (method, lags) in [
            (Method::PseudoLikelihood, 0),
            (Method::PseudoLikelihood, 31),
            (Method::Kinetic, 1),
            (Method::Boltzmann, 0),
            (Method::Boltzmann, 2),
            (Method::MeanField, 0),
        ] {
            let builder = gpu.fit_neurons(&raster).method(method).lags(lags.min(ticks - 2)).prior(Prior::Normal(10.0));
            let fit = builder.admit_constant(true).steps(2).check(lags < 2 && ticks > 2).run().unwrap();
            assert_eq!((fit.field.neurons(), fit.training.log_pseudo_likelihood), (neurons, 0.0));
            assert!(fit.converged || method == Method::Boltzmann, "{method:?}");
        }
    }
}

/// Sizes that are no multiples of a word or a quad, one block and several, with and without lags and a window.
#[test]
fn rasters() {
    for (lanes, trials, neurons, ticks) in [(1, 1, 1, 1), (8, 3, 5, 31), (64, 2, 33, 100), (256, 1, 7, 3_000)] {
        let gpu = device().with_tuning(Tuning { lanes, ..Tuning::default() });
        let mut raster = Raster::new(trials, neurons, ticks).unwrap();
        raster.set(0, 0, 0, true);
        for (lags, window, blocks) in [(0, 0, 1), (40, 64, 32)] {
            let found = gpu.describe(&raster).lags(lags).window(window).blocks(blocks).run().unwrap();
            assert!(found.space_correlation().iter().all(|&value| value == 0.0));
            assert!(found.tick_correlation().iter().all(|&value| value == 0.0));
            assert!(found.time_correlation().iter().skip(1).all(|value| value.mean == 0.0));
            // What is linear in the bits is counted on the host.
            assert!((found.rates()[0].mean * (trials * ticks) as f64 - 1.0).abs() < 1e-9);
            assert_eq!(found.population_counts().iter().sum::<u64>(), (trials * ticks) as u64);
        }
    }
}

/// Strands that are cut and not, one block and several, all that acts in time, clamped sites, causal draws.
#[test]
fn fields_of_neurons() {
    for (lanes, neurons, ticks, chains) in [(1, 1, 2, 1), (8, 5, 31, 3), (64, 33, 100, 40), (256, 70, 9, 64)] {
        let gpu = device().with_tuning(Tuning { lanes, ..Tuning::default() });
        let silent = Raster::new(1, neurons, ticks).unwrap();
        for (lags, causal) in [(0, false), (1, false), (3, false), (2, true)] {
            let field = NeuralField::new(neurons, Convention::Magnetic).unwrap();
            let field = field.with_time(lags, vec![0.5; lags * neurons]).unwrap();
            let field = if causal { field.causal() } else { field };
            let mut builder = gpu.neural_field(&field, ticks).chains(chains).start(&silent);
            if !causal {
                builder = builder.clamp(&silent, &silent);
            }
            let mut built = builder.build().unwrap();
            built.sweep(2).unwrap();
            assert_eq!(built.states().unwrap(), Raster::new(chains, neurons, ticks).unwrap());
            let moments = built.moments(3, 2).unwrap();
            assert!(moments.rates().iter().chain(moments.space()).all(|rate| rate.mean == 0.0));
            assert_eq!((moments.activity().len(), moments.activity().count()), (3, chains));
            built.set_field(&field).unwrap();
            assert_eq!(built.sweeps(), 8);
        }
    }
}

/// Every unit type on either side, layers and rows that are no multiples of a tile, all gradients.
#[test]
fn restricted_machines() {
    for (lanes, visible, hidden) in [(1, 5, 3), (64, 9, 30), (256, 16, 40)] {
        let gpu = device().with_tuning(Tuning { lanes, ..Tuning::default() });
        let quartic = Units::Phi4(Quartic::new(-0.5, 0.2).unwrap());
        let types = || Units::ALL.into_iter().chain([quartic]);
        for units in types().flat_map(|first| types().map(move |second| (first, second))) {
            let machine = RestrictedMachine::random((units.0, visible), (units.1, hidden), 0.01, 1).unwrap();
            let data = Vectors::new(visible, vec![1.0; 13 * visible]).unwrap();
            let zeros = |vectors: Vectors| assert!(vectors.values().iter().all(|&value| value == 0.0));
            let held = vec![true; 13 * visible];
            let mut chains = gpu.machine(&machine).start(&data).hold(&held).build().unwrap();
            chains.sweep(3).unwrap();
            zeros(chains.hidden().unwrap());
            zeros(chains.visible_means().unwrap());
            let annealed = gpu.anneal_log_partition(&machine).chains(5).steps(2).reverse(1).run().unwrap();
            assert_eq!((annealed.log_partition.error, annealed.effective_chains), (Some(0.0), 5.0));
            // The sum of no weights has no logarithm; free energies of quartic units are 0 here.
            let summed = gpu.exact_log_partition(&machine);
            let refused = matches!(summed, Err(Error::Run { .. } | Error::Input { .. }));
            assert!(refused || [units.0, units.1].contains(&quartic));
            let mut judge = Judge::new(&gpu, &machine, &data, 1).unwrap();
            assert_eq!(judge.free_energies().unwrap(), [0.0; 13]);
            assert_eq!(judge.reconstruction_error().unwrap(), 0.0);
            let two_valued = units.0.values().is_some() && units.1 != quartic;
            assert_eq!(judge.pseudo_likelihoods().unwrap().is_some(), two_valued);
            let chained = [Gradient::ContrastiveDivergence(2), Gradient::Persistent(2), Gradient::Tempered(3)];
            let enumerated =
                Some(Gradient::Exact).filter(|_| machine.enumerable().is_some_and(|l| machine.size(l) <= 16));
            for gradient in chained.into_iter().chain(enumerated) {
                let builder = gpu.train(&machine, &data).gradient(gradient).batch(4).chains(3);
                let optimiser = Optimiser::Adam { mean: 0.9, square: 0.99 };
                let mut trainer = builder.optimiser(optimiser).centred(lanes == 64).build().unwrap();
                trainer.epoch().unwrap();
                assert_eq!(trainer.machine(), &machine);
                assert_eq!((trainer.epochs(), trainer.steps()), (1, 4));
            }
        }
    }
    // 70,000 chains of 2,000 units are more than the 128 MiB that every binding can have.
    let machine = RestrictedMachine::random((Units::Bernoulli, 2_000), (Units::Bernoulli, 8), 0.01, 1).unwrap();
    assert!(matches!(device().machine(&machine).chains(70_000).build().err(), Some(Error::Limit { .. })));
}

#[test]
fn the_plan_of_an_ising_sweep() {
    let builder = device().simulate(Ising::new(lattice(&[4, 4])), HeatBath).betas(&[0.3, 0.4]).replicas(3);
    let mut simulation = builder.packed(false).build().unwrap();
    simulation.observe(Energy);
    let expected = "\
slot     places           24 B
slot     occupants        24 B
slot     parameters       16 B
slot     betas            16 B
slot     state            384 B
slot     thresholds       680 B
slot     accepted         384 B
slot     colour_sites     64 B
slot     rows             393216 B
dispatch flip<ising>              items 0..8 chains 6 sweep 0 part 0 row 0
dispatch flip<ising>              items 8..16 chains 6 sweep 0 part 1 row 0
dispatch reduce/energy<ising>     items 0..6 chains 1 sweep 0 part 0 row 0
";
    assert_eq!(simulation.plan_of_one_sweep(), expected, "\n{}", simulation.plan_of_one_sweep());
}

/// 4 x 4 spins are two folds of two columns: 64 chains would fit a block, and all six share one group.
#[test]
fn the_plan_of_a_packed_sweep() {
    let builder = device().simulate(Ising::new(lattice(&[4, 4])), HeatBath).betas(&[0.3, 0.4]).replicas(3);
    let mut simulation = builder.build().unwrap();
    simulation.observe(Energy);
    let expected = "\
slot     places           24 B
slot     occupants        24 B
slot     spins            128 B
slot     thresholds       40 B
slot     threshold_bits   1360 B
slot     accepted         128 B
slot     rows             393216 B
dispatch sweep<alike>             items 0..4 chains 1 sweep 0 part 0 row 0
dispatch sweep<alike>             items 0..4 chains 1 sweep 0 part 1 row 0
dispatch tally<alike>             items 0..1 chains 1 sweep 0 part 0 row 0
";
    assert_eq!(simulation.plan_of_one_sweep(), expected, "\n{}", simulation.plan_of_one_sweep());
}

#[test]
fn the_plan_of_a_cluster_update() {
    let mut simulation =
        device().simulate(Ising::new(lattice(&[4, 4])), SwendsenWang).betas(&[0.3, 0.4]).replicas(3).build().unwrap();
    simulation.observe(Acceptance);
    let expected = "\
slot     places           24 B
slot     occupants        24 B
slot     parameters       16 B
slot     betas            16 B
slot     state            384 B
slot     accepted         384 B
slot     labels           384 B
slot     unsettled        16 B
slot     tie_thresholds   80 B
slot     rows             393216 B
dispatch isolate                  items 0..16 chains 6 sweep 0 part 0 row 0
dispatch unite<ising>             items 0..16 chains 6 sweep 0 part 0 row 0
dispatch turn<ising>              items 0..16 chains 6 sweep 0 part 0 row 0
dispatch reduce/acceptance        items 0..6 chains 1 sweep 0 part 0 row 0
";
    assert_eq!(simulation.plan_of_one_sweep(), expected, "\n{}", simulation.plan_of_one_sweep());
}

#[test]
fn the_plan_of_a_trajectory() {
    let model = Phi4::new(lattice(&[4, 4]), 0.5, 0.5);
    let mut simulation = device().simulate(model, Hmc::new(2, 0.25)).replicas(5).build().unwrap();
    simulation.observe(Trajectories);
    let expected = "\
slot     places           20 B
slot     occupants        20 B
slot     parameters       16 B
slot     betas            16 B
slot     state            320 B
slot     position_a       320 B
slot     position_b       320 B
slot     momentum         320 B
slot     trajectory       80 B
slot     energy_error     80 B
slot     rows             327680 B
dispatch slide<phi4>              items 0..20 chains 1 sweep 0 part 0 row 0 kick 0.125 drift 0.25
dispatch slide<phi4>              items 0..20 chains 1 sweep 0 part 0 row 0 kick 0.25 drift 0.25
dispatch slide<phi4>              items 0..20 chains 1 sweep 0 part 0 row 0 kick 0.125 drift 0
dispatch reduce/energy_error_quads<phi4> items 0..5 chains 1 sweep 0 part 0 row 0
dispatch judge                    items 0..5 chains 1 sweep 0 part 0 row 0
dispatch adopt                    items 0..4 chains 5 sweep 0 part 0 row 0
dispatch record                   items 0..5 chains 1 sweep 0 part 0 row 0
";
    assert_eq!(simulation.plan_of_one_sweep(), expected, "\n{}", simulation.plan_of_one_sweep());
}

/// Sides that are no multiples of four go site by site.
#[test]
fn the_plan_of_a_trajectory_site_by_site() {
    let mut simulation = device().simulate(Phi4::new(lattice(&[4, 6]), 0.5, 0.5), Hmc::new(1, 0.25)).build().unwrap();
    simulation.observe(Trajectories);
    let listing = simulation.plan_of_one_sweep();
    let expected = "\
dispatch refresh                  items 0..6 chains 1 sweep 0 part 0 row 0
dispatch leap<phi4>               items 0..24 chains 1 sweep 0 part 0 row 0 kick 0.125 drift 0.25
dispatch leap<phi4>               items 0..24 chains 1 sweep 0 part 0 row 0 kick 0.125 drift 0
dispatch reduce/energy_error<phi4> items 0..1 chains 1 sweep 0 part 0 row 0
dispatch judge                    items 0..1 chains 1 sweep 0 part 0 row 0
dispatch adopt<phi4>              items 0..24 chains 1 sweep 0 part 0 row 0
";
    assert!(listing.contains(expected), "\n{listing}");
}

/// A large lattice is summed in two stages, by segments.
#[test]
fn the_plan_of_a_large_lattice_has_segments() {
    let builder = device().simulate(Ising::new(lattice(&[64, 64])), HeatBath).replicas(2).packed(false);
    let mut simulation = builder.build().unwrap();
    simulation.observe(Magnetization);
    let listing = simulation.plan_of_one_sweep();
    let sums: Vec<&str> = listing.lines().filter(|line| line.starts_with("dispatch ")).skip(2).collect();
    // 4096 sites in 64 segments of 64, of two chains.
    assert_eq!(sums.len(), 2, "{listing}");
    assert!(sums[0].contains("reduce/magnetization<ising>") && sums[0].contains("items 0..128"), "{listing}");
    assert!(sums[1].contains("total<i32>") && sums[1].contains("items 0..2"), "{listing}");
}

#[test]
fn loops_that_are_too_long_are_errors() {
    let nothing = Fragment::new("", "");
    let source = catalogue::JUDGE.source(ModelText { name: "", fragment: &nothing }).unwrap();
    let mut plan = Plan::default();
    let kernel = plan.kernel(source, Constants::default(), [64, 1], &[]);
    plan.dispatch(kernel, 0..1, 1, MAX_TRIPS, Tick::default());
    plan.check().unwrap();
    plan.dispatch(kernel, 0..1, 1, MAX_TRIPS + 1, Tick::default());
    let error = plan.check().unwrap_err();
    assert!(matches!(error, Error::Limit { need, have: MAX_TRIPS, .. } if need == MAX_TRIPS + 1), "{error}");
    assert!(error.to_string().contains("`judge`"), "{error}");
    // 32 · 32,768 neurons are as many as a loop over words may have; one more word is refused before it is allocated.
    let neurons = 32 * MAX_TRIPS as usize;
    for (neurons, fits) in [(neurons, true), (neurons + 1, false)] {
        let stored = patterns(1, neurons);
        let cues = Cues::damaged(&stored, 1, Damage::Noise(0.1), 1).unwrap();
        let outcome = device().recall(&stored, &cues).sweeps(1).run();
        match outcome {
            Err(error) => assert!(!fits && matches!(error, Error::Limit { .. }), "{error}"),
            Ok(_) => assert!(fits),
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_allocated() {
    // 2^26 sites of four bytes are 256 MiB; WebGPU promises bindings of 128 MiB.
    let model = Ising::new(lattice(&[1 << 10, 1 << 10]));
    let error = device().simulate(model, HeatBath).replicas(64).packed(false).build().map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Limit { need, have, .. } if need == 1 << 28 && have == 1 << 27), "{error}");
    // State words are counted in 32 bits.
    let model = Ising::new(lattice(&[1 << 10, 1 << 10]));
    let error = device().simulate(model, HeatBath).replicas(1 << 12).build().map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Limit { need, .. } if need == 1 << 32), "{error}");
    // Packed, 2^31 sites are 256 MiB.
    let model = Ising::new(lattice(&[1 << 10, 1 << 10]));
    let error = device().simulate(model, HeatBath).replicas(1 << 11).build().map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Limit { need, have, .. } if need == 1 << 28 && have == 1 << 27), "{error}");
    // 1,000,000 neurons times 1,200 patterns are 150 MB of bits.
    let stored = Patterns::from_words(1_000_000, vec![0; 1_200 * 31_250]).unwrap();
    let cues = Cues::given(stored.take(1).unwrap(), vec![0]).unwrap();
    let error = device().recall(&stored, &cues).run().unwrap_err();
    assert!(matches!(error, Error::Limit { need: 150_000_000, have, .. } if have == 1 << 27), "{error}");
    let gpu = device().with_tuning(Tuning { lanes: 257, ..Tuning::default() });
    let error = gpu.simulate(Ising::new(lattice(&[4])), HeatBath).build().unwrap_err();
    assert!(matches!(error, Error::Input { .. }), "{error}");
}

#[test]
fn parameters_out_of_range_are_errors_and_not_panics() {
    let gpu = device();
    let magnet = || Ising::new(lattice(&[4, 4]));
    let field = || Phi4::new(lattice(&[4, 4]), 1.0, 0.0);
    let mut refused = vec![
        gpu.simulate(magnet(), HeatBath).betas(&[]).build().err(),
        gpu.simulate(magnet(), HeatBath).betas(&[f64::NAN]).build().err(),
        gpu.simulate(magnet(), HeatBath).betas(&[-0.1]).build().err(),
        gpu.simulate(magnet(), HeatBath).replicas(0).build().err(),
        gpu.simulate(magnet().field(f64::INFINITY), HeatBath).build().err(),
        gpu.simulate(magnet(), HeatBath).models([magnet(), Ising::new(lattice(&[4]))]).build().err(),
    ];
    for (steps, size) in [(0, 0.1), (10_001, 0.1), (1, 0.0), (1, f64::NAN), (1, f64::INFINITY)] {
        refused.push(gpu.simulate(field(), Hmc::new(steps, size)).build().err());
    }
    for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused.push(gpu.simulate(field(), Proposal::new(width)).build().err());
    }
    for hits in [0, 33, u32::MAX] {
        refused.push(gpu.simulate(field(), Proposal::new(1.0).hits(hits)).build().err());
    }
    refused.push(gpu.simulate(Phi4::new(lattice(&[4]), 0.0, 0.0), Proposal::new(1.0)).build().err());
    for (number, error) in refused.into_iter().enumerate() {
        assert!(matches!(error, Some(Error::Input { .. })), "case {number}: {error:?}");
    }
    let mut simulation = gpu.simulate(magnet(), HeatBath).build().unwrap();
    for (samples, thin) in [(0, 1), (1, 0), (1 << 40, 1 << 40)] {
        assert!(simulation.run(Schedule { warmup: 0, samples, thin }).is_err());
    }
    assert_eq!(Ising::NAME, "ising");
}
