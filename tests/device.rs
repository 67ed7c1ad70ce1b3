//! The device layer: requests, limits, loss, interruption, and engines that share a device.

use spinfield::random::{Purpose, Stream};
use spinfield::{
    AdapterRequest, Cues, Damage, Energy, Error, Gpu, HeatBath, Ising, Lattice, Patterns, Schedule, Tuning,
};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A device, or `None` where there is none and none is required.
fn gpu() -> Option<Gpu> {
    match Gpu::new() {
        Ok(gpu) => Some(gpu),
        Err(error) if std::env::var_os("REQUIRE_GPU").is_some() => panic!("{error}"),
        Err(error) => {
            println!("SKIP: {error}");
            None
        }
    }
}

const SCHEDULE: Schedule = Schedule { warmup: 20, samples: 20, thin: 2 };

#[test]
fn a_request_that_matches_nothing_lists_what_there_is() {
    let Some(gpu) = gpu() else { return };
    for request in [
        AdapterRequest { adapter: Some("no such card".into()), backend: None },
        AdapterRequest { adapter: Some("1000".into()), backend: None },
        AdapterRequest { adapter: None, backend: Some("glide".into()) },
    ] {
        let error = Gpu::request(&request).unwrap_err();
        assert!(matches!(error, Error::NoAdapter { .. }) && error.exit_code() == 4);
        assert!(error.to_string().contains(&gpu.adapter().name), "{error}");
    }
    assert!(Gpu::request(&AdapterRequest { adapter: Some(gpu.adapter().index.to_string()), backend: None }).is_ok());
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_allocated() {
    let Some(gpu) = gpu() else { return };
    let sites = gpu.adapter().max_binding_bytes / 4 + 4096;
    let side = (sites as f64).sqrt().ceil() as u32;
    let Ok(lattice) = Lattice::square(side) else { return };
    let error = gpu.simulate(Ising::new(lattice), HeatBath).build().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Limit { .. }), "{text}");
    assert!(
        text.contains("state of all chains") && text.contains(&gpu.adapter().max_binding_bytes.to_string()),
        "{text}"
    );

    let patterns = Patterns::random(100_000, 30_000, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
    let cues = Cues::damaged(&patterns, 1, Damage::Noise(0.1), 1).unwrap();
    let error = gpu.recall(&patterns, &cues).run().unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
}

#[test]
fn a_lost_device_is_an_error() {
    let Some(gpu) = gpu() else { return };
    let mut simulation = gpu.simulate(Ising::new(Lattice::square(16).unwrap()), HeatBath).replicas(4).build().unwrap();
    let energy = simulation.observe(Energy);
    assert!(simulation.run(SCHEDULE).unwrap().point(0).unwrap().mean(energy).mean < 0.0);
    gpu.device().destroy();
    let errors = [
        simulation.run(SCHEDULE).map(|_| ()).unwrap_err(),
        simulation.configurations().map(|_| ()).unwrap_err(),
        gpu.simulate(Ising::new(Lattice::square(8).unwrap()), HeatBath).build().map(|_| ()).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::DeviceLost(_)) && error.exit_code() == 5, "{error}");
    }
}

#[test]
fn an_interrupt_ends_a_long_run() {
    let Some(gpu) = gpu() else { return };
    let gpu = gpu.with_tuning(Tuning::default());
    let mut simulation = gpu.simulate(Ising::new(Lattice::square(64).unwrap()), HeatBath).build().unwrap();
    let flag = gpu.interrupt_flag();
    let waiting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        flag.store(true, Ordering::Relaxed);
    });
    let error = simulation.run(Schedule { warmup: 1 << 40, samples: 1, thin: 1 }).unwrap_err();
    assert!(matches!(error, Error::Interrupted) && error.exit_code() == 130);
    waiting.join().unwrap();
    gpu.interrupt_flag().store(false, Ordering::Relaxed);
    assert!(simulation.run(SCHEDULE).is_ok(), "the simulation can go on after an interrupt");
}

#[test]
fn two_engines_on_one_device_do_not_disturb_each_other() {
    let Some(gpu) = gpu() else { return };
    let other = Gpu::from_device(gpu.device().clone(), gpu.queue().clone());
    let build = |gpu: &Gpu, seed| {
        gpu.simulate(Ising::new(Lattice::square(12).unwrap()), HeatBath).betas(&[0.3]).replicas(8).seed(seed).build()
    };
    let (mut alone, mut first, mut second) =
        (build(&gpu, 1).unwrap(), build(&gpu, 1).unwrap(), build(&other, 2).unwrap());
    for _ in 0..10 {
        first.advance(5, &mut |_| {}).unwrap();
        second.advance(5, &mut |_| {}).unwrap();
    }
    alone.advance(50, &mut |_| {}).unwrap();
    assert_eq!(first.state_hash().unwrap(), alone.state_hash().unwrap());
    assert_ne!(first.state_hash().unwrap(), second.state_hash().unwrap());
}

#[test]
fn the_doctor_finds_nothing_wrong() {
    let Some(gpu) = gpu() else { return };
    for check in gpu.self_test() {
        assert!(check.passed, "{}: {}", check.name, check.detail);
    }
}
