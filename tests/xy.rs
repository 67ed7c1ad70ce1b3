//! The XY model on a ring, where transfer matrices give everything, under Metropolis and hybrid Monte Carlo.

use spinfield::{Energy, Gpu, Hmc, Lattice, Magnetization, Proposal, Schedule, Xy};

/// I_n(x) by its series; the terms fall fast for x of order 1.
fn bessel(order: i32, x: f64) -> f64 {
    let order = order.unsigned_abs();
    let mut term = (1..=order).fold(1.0, |product, k| product * x / 2.0 / f64::from(k));
    let mut sum = term;
    for k in 1..60u32 {
        term *= x * x / 4.0 / (f64::from(k) * f64::from(k + order));
        sum += term;
    }
    sum
}

/// <cos(theta_x - theta_{x+1})> and <m^2> of a ring: Z = sum_n I_n^N, and a cosine inserted between two sites r apart
/// shifts n by one on one of the two arcs.
fn ring(length: i32, beta: f64) -> [f64; 2] {
    let z: f64 = (-40..=40).map(|n| bessel(n, beta).powi(length)).sum();
    let correlation =
        |r: i32| (-40..=40).map(|n| bessel(n, beta).powi(length - r) * bessel(n + 1, beta).powi(r)).sum::<f64>() / z;
    [correlation(1), (0..length).map(correlation).sum::<f64>() / f64::from(length)]
}

#[test]
fn ring_agrees_with_the_transfer_matrix() {
    let gpu = match Gpu::new() {
        Ok(gpu) => gpu,
        Err(error) if std::env::var_os("REQUIRE_GPU").is_some() => panic!("{error}"),
        Err(error) => return println!("SKIP: {error}"),
    };
    let (length, beta) = (8, 1.3);
    let [link, order] = ring(length, beta);
    let model = || Xy::new(Lattice::new(&[length as u32]).unwrap());
    let schedule = Schedule { warmup: 200, samples: 400, thin: 2 };
    let mut metropolis =
        gpu.simulate(model(), Proposal::new(1.8)).betas(&[beta]).replicas(512).seed(1).build().unwrap();
    let seen = (metropolis.observe(Energy), metropolis.observe(Magnetization));
    let run = metropolis.run(schedule).unwrap();
    let mut hybrid = gpu.simulate(model(), Hmc::new(8, 0.2)).betas(&[beta]).replicas(512).seed(2).build().unwrap();
    let seen_too = (hybrid.observe(Energy), hybrid.observe(Magnetization));
    let run_too = hybrid.run(schedule).unwrap();
    for (run, (energy, magnetization)) in [(run, seen), (run_too, seen_too)] {
        let at = run.point(0).unwrap();
        for (estimate, truth) in [(at.mean(energy), -link), (at.mean(magnetization.squared()), order)] {
            let error = estimate.error.unwrap();
            assert!(error < 2e-3, "{estimate}");
            assert!((estimate.mean - truth).abs() < 4.5 * error, "{estimate} against {truth}");
        }
    }
}
