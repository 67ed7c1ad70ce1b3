//! Simulations as data: saved, restored, interrupted anywhere, and what is left when the device is lost.

mod common;

use common::{gpu, lattice};
use spinfield::dynamics::Dynamics;
use spinfield::io::checkpoint::Sections;
use spinfield::io::raster::{RasterOptions, read_raster};
use spinfield::model::Local;
use spinfield::neurons::fit::{Method, Prior};
use spinfield::random::{Purpose, Stream};
use spinfield::{
    Anneal, Attendant, BlockGibbs, Couplings, Cues, Damage, EdwardsAnderson, Energy, Error, Estimate, Gpu, HeatBath,
    Hmc, Hopfield, Ising, Lattice, Little, Magnetization, Memory, Metropolis, Model, Order, OverRelaxation, Overlap,
    PairwiseSpins, Patterns, Phi4, Potts, Proposal, Recall, RestrictedMachine, Result, Run, Schedule, Simulation,
    Swaps, SwendsenWang, Tempering, Units, Update, Wolff, Xy, learn,
};

/// Stops at every question, and keeps what it is given.
#[derive(Default)]
struct Stopping {
    state: Option<Sections>,
    /// Questions that are answered with no before one with yes.
    patience: u32,
    asked: u32,
}

impl Attendant for Stopping {
    fn due(&mut self) -> bool {
        self.asked += 1;
        self.asked > self.patience
    }

    fn save(&mut self, state: Sections) -> Result<()> {
        self.state = Some(state);
        Err(Error::Interrupted)
    }
}

/// Long enough that each run is asked several times, in the warm-up and between samples.
const SCHEDULE: Schedule = Schedule { warmup: 300, samples: 40, thin: 7 };

/// Runs from chunk to chunk, each in a simulation of its own, and compares all numbers with those of one run.
fn interrupted_is_uninterrupted<M: Model, D: Dynamics<M>>(what: &str, build: impl Fn() -> Simulation<M, D>) {
    let mut whole = build();
    let wanted = whole.run(SCHEDULE).unwrap_or_else(|error| panic!("{what}: {error}"));
    let (mut state, mut stops) = (None, 0);
    let (run, mut simulation) = loop {
        let mut simulation = build();
        let mut attendant = Stopping { patience: stops % 2, ..Stopping::default() };
        match simulation.run_attended(SCHEDULE, state.as_ref(), &mut attendant) {
            Ok(run) => break (run, simulation),
            Err(Error::Interrupted) => (state, stops) = (attendant.state, stops + 1),
            Err(error) => panic!("{what}: {error}"),
        }
        assert!(stops < 1000, "{what} makes no progress");
    };
    assert!(stops >= 3, "{what} was asked {stops} times");
    let numbers = |run: &Run| {
        let sections = run.save();
        (sections.within("recorded").unwrap(), sections.numbers::<f64>("betas").unwrap(), run.updates())
    };
    assert!(numbers(&wanted) == numbers(&run), "{what}, {stops} stops");
    assert!(numbers(&Run::restore(&wanted.save()).unwrap()) == numbers(&wanted));
    assert_eq!(simulation.sweeps(), whole.sweeps());
    // All that is known of the chains, and not only what is looked at.
    assert!(simulation.save().unwrap() == whole.save().unwrap(), "{what}, {stops} stops");
    eprintln!("{what}: {stops} stops");
}

fn lattice_model<M: Local, D: Dynamics<M>>(what: &str, gpu: &Gpu, model: M, dynamics: D, betas: &[f64], swaps: bool) {
    interrupted_is_uninterrupted(what, || {
        let builder = gpu.simulate(model.clone(), dynamics.clone()).betas(betas).replicas(4).seed(8);
        let mut simulation = builder.build().unwrap();
        simulation.observe(Energy);
        simulation.observe(Magnetization);
        if swaps {
            simulation.observe(Swaps);
        }
        simulation
    });
}

#[test]
fn runs_go_on_where_they_were_saved() {
    let Some(gpu) = gpu() else { return };
    let magnet = || Ising::new(lattice(&[8, 8]));
    let glass = EdwardsAnderson::bimodal(lattice(&[4, 4, 4]), 3);
    let betas = [0.3, 0.4, 0.5];
    lattice_model("sites", &gpu, Ising::new(lattice(&[6, 6])), HeatBath, &betas, false);
    lattice_model("packed", &gpu, Ising::new(lattice(&[32, 32])), HeatBath, &betas, false);
    lattice_model("packed, whole sweeps", &gpu, Ising::new(lattice(&[64, 64])), HeatBath, &betas, false);
    lattice_model("tempering", &gpu, glass.clone(), Tempering::new(Metropolis).every(3), &betas, true);
    lattice_model("annealing", &gpu, glass, Anneal::new(HeatBath, &[0.1, 0.5, 1.0], 100), &[1.0], false);
    lattice_model("clusters", &gpu, magnet(), SwendsenWang, &betas, false);
    lattice_model("single clusters", &gpu, magnet(), (Wolff, HeatBath), &betas, false);
    lattice_model("Potts", &gpu, Potts::new(lattice(&[6, 6]), 3), HeatBath, &betas, false);
    lattice_model("XY", &gpu, Xy::new(lattice(&[8, 8])), (Proposal::new(1.0), OverRelaxation), &betas, false);
    lattice_model("field", &gpu, Phi4::new(lattice(&[8, 8]), -0.5, 0.5), Hmc::new(4, 0.1), &[1.0], false);
}

#[test]
fn networks_go_on_where_they_were_saved() {
    let Some(gpu) = gpu() else { return };
    let patterns = Patterns::random(5, 96, &mut Stream::new(2, Purpose::Patterns, 0)).unwrap();
    let cues = Cues::damaged(&patterns, 6, Damage::Noise(0.2), 1).unwrap();
    let network = Hopfield::new(patterns).starting_at(cues);
    let couplings = Couplings::sherrington_kirkpatrick(70, 4).unwrap();
    let glass = PairwiseSpins::new(couplings).field(0.1);
    interrupted_is_uninterrupted("Gibbs", || {
        let mut simulation = gpu.simulate(network.clone(), BlockGibbs).betas(&[2.0]).replicas(6).build().unwrap();
        simulation.observe(Overlap);
        simulation
    });
    interrupted_is_uninterrupted("Little", || {
        let mut simulation = gpu.simulate(network.clone(), Little).betas(&[2.0]).replicas(6).build().unwrap();
        simulation.observe(Overlap);
        simulation
    });
    interrupted_is_uninterrupted("all pairs, tempered", || {
        let dynamics = Tempering::new(HeatBath).every(2);
        let mut simulation = gpu.simulate(glass.clone(), dynamics).betas(&[0.5, 1.0]).replicas(4).build().unwrap();
        simulation.observe(Energy);
        simulation.observe(Swaps);
        simulation
    });
    interrupted_is_uninterrupted("all pairs, annealed", || {
        let dynamics = Anneal::new(Metropolis, &[0.5, 1.0, 2.0], 150);
        let mut simulation = gpu.simulate(glass.clone(), dynamics).replicas(4).build().unwrap();
        simulation.observe(Energy);
        simulation
    });
}

/// Does a piece of work from question to question, each time from what was saved at the last; returns it and the number of stops.
fn stop_by_stop<T>(what: &str, work: impl Fn(Option<&Sections>, &mut Stopping) -> Result<T>) -> (T, u32) {
    let (mut state, mut stops) = (None, 0);
    loop {
        let mut attendant = Stopping { patience: stops % 2, ..Stopping::default() };
        match work(state.as_ref(), &mut attendant) {
            Ok(made) => return (made, stops),
            Err(Error::Interrupted) => (state, stops) = (attendant.state, stops + 1),
            Err(error) => panic!("{what}: {error}"),
        }
        assert!(stops < 1000, "{what} makes no progress");
    }
}

/// Recall at zero temperature, whatever is kept on the device from sweep to sweep.
#[test]
fn recalls_go_on_where_they_were_saved() {
    let Some(gpu) = gpu() else { return };
    let patterns = Patterns::random(70, 500, &mut Stream::new(2, Purpose::Patterns, 0)).unwrap();
    let cues = Cues::damaged(&patterns, 40, Damage::Noise(0.15), 1).unwrap();
    let projection = learn::PseudoInverse::of(&patterns).unwrap();
    let recall = || gpu.recall(&patterns, &cues).seed(5);
    let cubic = Memory::Dense { n: 3, rectified: true };
    let recalls = [
        ("at once", recall()),
        ("with the diagonal", recall().update(Update::SynchronousWithDiagonal)),
        ("in turn", recall().update(Update::Asynchronous(Order::Random))),
        ("in a fixed order", recall().update(Update::Asynchronous(Order::Fixed))),
        ("centred", recall().centred(0.1).update(Update::Asynchronous(Order::Random))),
        ("projection", recall().rule(learn::Rule::PseudoInverse(&projection))),
        ("dense", recall().memory(cubic).update(Update::Asynchronous(Order::Random))),
        ("softmax", recall().memory(Memory::Softmax { inverse_temperature: 0.02 })),
    ];
    let same = |what: &str, whole: &Recall, parts: &Recall, stops: u32| {
        assert!(whole.states() == parts.states() && whole.course() == parts.course(), "{what}, {stops} stops");
        assert!(whole.cues() == parts.cues() || whole.cues()[0].energy.is_nan(), "{what}, {stops} stops");
        assert!(whole.visits() == parts.visits() && whole.updates() == parts.updates(), "{what}, {stops} stops");
        eprintln!("{what}: {stops} stops in {} sweeps", whole.course()[0].len() - 1);
    };
    let mut all = 0;
    for (what, recall) in recalls {
        let whole = recall.run().unwrap_or_else(|error| panic!("{what}: {error}"));
        let (parts, stops) = stop_by_stop(what, |from, attendant| recall.prepare()?.run_attended(from, attendant));
        same(what, &whole, &parts, stops);
        all += stops;
    }
    assert!(all > 20, "{all} stops");
    // What was saved of a recall is no other's.
    let mut kept = Kept::default();
    recall().prepare().unwrap().run_attended(None, &mut kept).unwrap();
    let fewer = Cues::damaged(&patterns, 3, Damage::Noise(0.15), 1).unwrap();
    for other in [gpu.recall(&patterns, &fewer), recall().sweeps(5)] {
        let other = other.prepare().unwrap().run_attended(kept.0.as_ref(), &mut Kept::default());
        assert!(matches!(other, Err(Error::Input { .. })));
    }

    let stored = Couplings::new(500, learn::storkey(&patterns).unwrap()).unwrap();
    let few = Patterns::random(6, 500, &mut Stream::new(3, Purpose::Patterns, 0)).unwrap();
    let leading = learn::sequence(&few).unwrap();
    let starts = Cues::damaged(&few, 5, Damage::Noise(0.1), 1).unwrap();
    let explicit = [
        (
            "Storkey, in turn",
            gpu.recall_with_couplings(&stored, &patterns, &cues).update(Update::Asynchronous(Order::Random)),
        ),
        ("Storkey, at once", gpu.recall_with_couplings(&stored, &patterns, &cues)),
        ("sequence", gpu.recall_with_couplings(&leading, &few, &starts).sweeps(20)),
    ];
    for (what, recall) in explicit {
        let whole = recall.run().unwrap_or_else(|error| panic!("{what}: {error}"));
        let (parts, stops) = stop_by_stop(what, |from, attendant| recall.run_attended(from, attendant));
        same(what, &whole, &parts, stops);
        assert!(stops >= 2, "{what}: {stops} stops");
    }
    // Cues that settle have visited nothing, and are none of those that go on.
    let symmetric = learn::hebb(&few).unwrap();
    let mut kept = Kept::default();
    gpu.recall_with_couplings(&symmetric, &few, &starts).run_attended(None, &mut kept).unwrap();
    let other = gpu.recall_with_couplings(&leading, &few, &starts).run_attended(kept.0.as_ref(), &mut Kept::default());
    assert!(matches!(other, Err(Error::Input { .. })));
}

/// Machines that are sampled, annealed ones as well.
#[test]
fn chains_of_machines_go_on_where_they_were_saved() {
    let Some(gpu) = gpu() else { return };
    let machine = RestrictedMachine::random((Units::Bernoulli, 20), (Units::Bernoulli, 12), 0.5, 3).unwrap();
    let build = || gpu.machine(&machine).chains(40).seed(2).build();
    let mut whole = build().unwrap();
    whole.anneal(500).unwrap();
    whole.sweep(900).unwrap();
    let (mut parts, stops) = stop_by_stop("restricted", |from, attendant| {
        let mut chains = build()?;
        chains.run_attended(500, 900, from, attendant)?;
        Ok(chains)
    });
    assert!(stops >= 2 && whole.save().unwrap() == parts.save().unwrap(), "{stops} stops");
    assert_eq!(whole.visible().unwrap().values(), parts.visible().unwrap().values());
    assert!(build().unwrap().restore(&Sections::new()).is_err());
    // As many sweeps, but not the same.
    let mut kept = Kept::default();
    build().unwrap().run_attended(500, 900, None, &mut kept).unwrap();
    let other = build().unwrap().run_attended(400, 1000, kept.0.as_ref(), &mut Kept::default());
    assert!(matches!(other, Err(Error::Input { .. })));
}

/// Fits stop at every question: within searches, samples of a bootstrap and the check.
#[test]
fn fits_go_on_where_they_were_saved() {
    let Some(gpu) = gpu() else { return };
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/spikes/spikes_15.npz");
    let raster = read_raster(archive, &RasterOptions::default()).unwrap().raster;
    let raster = raster.window(0..2_000).unwrap().take_neurons(&[4, 5, 6, 7]).unwrap();
    let fit = || gpu.fit_neurons(&raster).seed(3);
    let fits = [
        ("pseudo-likelihood", fit().bootstrap(3)),
        ("corners", fit().prior(Prior::Laplace(3.0)).check(false)),
        ("causal", fit().method(Method::Kinetic).lags(2)),
        ("Boltzmann", fit().method(Method::Boltzmann)),
    ];
    for (what, fit) in fits {
        let whole = fit.run().unwrap_or_else(|error| panic!("{what}: {error}"));
        let (parts, stops) = stop_by_stop(what, |from, attendant| fit.run_attended(from, attendant));
        assert!(stops >= 3, "{what} was asked {stops} times");
        assert_eq!(format!("{whole:?}"), format!("{parts:?}"), "{what}, {stops} stops");
        eprintln!("{what}: {stops} stops");
        // What was saved of another fit is refused, and nothing is fitted with it.
        let mut kept = Kept::default();
        fit.run_attended(None, &mut kept).unwrap();
        for other in [fit.clone().steps(400), fit.clone().bootstrap(2), fit.clone().seed(4)] {
            assert!(matches!(other.run_attended(kept.0.as_ref(), &mut Kept::default()), Err(Error::Input { .. })));
        }
    }
}

#[test]
fn other_simulations_are_refused() {
    let Some(gpu) = gpu() else { return };
    let build = |side: u32, replicas: u32| {
        let magnet = Ising::new(Lattice::square(side).unwrap());
        gpu.simulate(magnet, HeatBath).betas(&[0.4]).replicas(replicas).build().unwrap()
    };
    let mut simulation = build(8, 4);
    simulation.advance(10, &mut |_| {}).unwrap();
    let saved = simulation.save().unwrap();
    let mut twin = build(8, 4);
    twin.restore(&saved).unwrap();
    assert_eq!((twin.sweeps(), twin.state_hash().unwrap()), (10, simulation.state_hash().unwrap()));
    for mut other in [build(10, 4), build(8, 5)] {
        let before = other.state_hash().unwrap();
        let error = other.restore(&saved).unwrap_err();
        assert_eq!((error.code(), other.sweeps()), ("E006", 0), "{error}");
        assert_eq!(other.state_hash().unwrap(), before, "nothing is half restored");
    }
    let error = build(8, 4).restore(&Sections::new()).unwrap_err();
    assert!(error.to_string().contains("`layout`"), "{error}");
    let wide = gpu.with_parallelism(1 << 17);
    let magnet = Ising::new(Lattice::square(8).unwrap());
    let mut other = wide.simulate(magnet, HeatBath).betas(&[0.4]).replicas(4).build().unwrap();
    assert!(other.restore(&saved).unwrap_err().to_string().contains("same kind of adapter"));
    // What was saved of another schedule is no part of this run.
    let mut attendant = Stopping::default();
    build(8, 4).run_attended(SCHEDULE, None, &mut attendant).unwrap_err();
    let other = Schedule { samples: 41, ..SCHEDULE };
    assert!(build(8, 4).run_attended(other, attendant.state.as_ref(), &mut Stopping::default()).is_err());
}

/// The device vanishes before every single call of a run: an error that says so, and what was saved before goes on on
/// another device to the same numbers.
#[test]
fn a_device_lost_at_any_call_is_an_error_and_no_more() {
    let Some(_) = gpu() else { return };
    let schedule = Schedule { warmup: 20, samples: 3, thin: 2 };
    let build = |gpu: &Gpu| -> Result<Simulation<Ising, HeatBath>> {
        let magnet = Ising::new(Lattice::square(8)?);
        let mut simulation = gpu.simulate(magnet, HeatBath).betas(&[0.3, 0.5]).replicas(2).seed(3).build()?;
        simulation.observe(Energy);
        Ok(simulation)
    };
    let finish = |gpu: &Gpu, kept: &mut Kept| -> Result<(Sections, String)> {
        let mut simulation = build(gpu)?;
        let from = kept.0.clone();
        let run = simulation.run_attended(schedule, from.as_ref(), kept)?;
        Ok((run.save().within("recorded").unwrap_or_default(), simulation.state_hash()?))
    };
    let whole = Gpu::new().unwrap();
    whole.lose_before_call(u64::MAX);
    let wanted = finish(&whole, &mut Kept::default()).unwrap();
    let calls = whole.calls();
    assert!(calls > 20, "{calls}");
    let mut resumed = 0;
    for call in 0..calls + 2 {
        let gpu = Gpu::new().unwrap();
        gpu.lose_before_call(call);
        let mut kept = Kept::default();
        match finish(&gpu, &mut kept) {
            Ok(found) => assert!(found == wanted, "call {call}"),
            Err(error) => {
                assert!(matches!(error, Error::DeviceLost(_)) && error.exit_code() == 5, "call {call}: {error}");
                // To go on takes as long as the rest of the run: now and then is enough.
                if kept.0.is_some() && call % 3 == 0 {
                    resumed += 1;
                    assert!(finish(&whole, &mut kept).unwrap() == wanted, "resumed after call {call}");
                }
            }
        }
    }
    assert!(resumed > 3, "{resumed} of {calls}");
    eprintln!("lost before each of {calls} calls, {resumed} times with something saved");
}

/// Has everything saved, and goes on.
#[derive(Default)]
struct Kept(Option<Sections>);

impl Attendant for Kept {
    fn due(&mut self) -> bool {
        true
    }

    fn save(&mut self, state: Sections) -> Result<()> {
        self.0 = Some(state);
        Ok(())
    }
}

/// Hears how the first observable stands.
#[derive(Default)]
struct Curious(Vec<(String, Estimate)>);

impl Attendant for Curious {
    fn wants_reading(&mut self) -> bool {
        true
    }

    fn reading(&mut self, observable: &str, mean: &Estimate) {
        self.0.push((observable.into(), *mean));
    }
}

/// What is told on the way is the mean of the samples so far, of the first point.
#[test]
fn means_are_told_on_the_way() {
    let Some(gpu) = gpu() else { return };
    let magnet = Ising::new(lattice(&[8, 8]));
    let mut simulation = gpu.simulate(magnet, HeatBath).betas(&[0.2, 0.6]).replicas(4).seed(3).build().unwrap();
    let energy = simulation.observe(Energy);
    simulation.observe(Magnetization);
    let mut curious = Curious::default();
    let schedule = Schedule { warmup: 200, samples: 2000, thin: 2 };
    let run = simulation.run_attended(schedule, None, &mut curious).unwrap();
    let series = run.point(0).unwrap().series(energy);
    let (name, last) = curious.0.last().unwrap();
    assert_eq!(name, "Energy");
    // The last batches of samples may still be on their way when it is told.
    let mut sum = 0.0;
    let is_of_a_beginning = (0..2000).any(|sample| {
        sum += (0..4).filter_map(|chain| series.get(sample, chain)).sum::<f64>();
        (sum / (4 * (sample + 1)) as f64 - last.mean).abs() < 1e-12
    });
    assert!(is_of_a_beginning, "{last}");
    assert!(last.error.is_some());
}
