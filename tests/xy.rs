//! The XY model on a ring, where transfer matrices give everything, under Metropolis, hybrid Monte Carlo
//! and over-relaxation.

use spinfield::{Energy, Gpu, Hmc, Lattice, Magnetization, OverRelaxation, Proposal, Schedule, Xy};

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
    let mut hits =
        gpu.simulate(model(), Proposal::new(1.8).hits(4)).betas(&[beta]).replicas(512).seed(7).build().unwrap();
    let seen_often = (hits.observe(Energy), hits.observe(Magnetization));
    let run_often = hits.run(schedule).unwrap();
    let mut hybrid = gpu.simulate(model(), Hmc::new(8, 0.2)).betas(&[beta]).replicas(512).seed(2).build().unwrap();
    let seen_too = (hybrid.observe(Energy), hybrid.observe(Magnetization));
    let run_too = hybrid.run(schedule).unwrap();
    for (run, (energy, magnetization)) in [(run, seen), (run_often, seen_often), (run_too, seen_too)] {
        let at = run.point(0).unwrap();
        for (estimate, truth) in [(at.mean(energy), -link), (at.mean(magnetization.squared()), order)] {
            let error = estimate.error.unwrap();
            assert!(error < 2e-3, "{estimate}");
            assert!((estimate.mean - truth).abs() < 4.5 * error, "{estimate} against {truth}");
        }
    }
}

/// ⟨cos(θ_x − θ_y)⟩ along a bond and ⟨m²⟩ of the 3 × 3 torus: the trapezoidal rule over angles, which for a periodic
/// analytic function converges exponentially. One angle is fixed by symmetry, and rows are coupled by a matrix: a state
/// of a row is three angles of `GRID` values each.
fn small_torus(beta: f64) -> f64 {
    const GRID: usize = 10;
    let cosines: Vec<f64> = (0..GRID).map(|k| (std::f64::consts::TAU * k as f64 / GRID as f64).cos()).collect();
    let cosine = |a: usize, b: usize| cosines[(a + GRID - b) % GRID];
    let rows: Vec<[usize; 3]> =
        (0..GRID.pow(3)).map(|state| [state % GRID, state / GRID % GRID, state / GRID / GRID]).collect();
    let along = |row: &[usize; 3]| cosine(row[0], row[1]) + cosine(row[1], row[2]) + cosine(row[2], row[0]);
    // Z = trace T³ at β and its derivative; rows' own energies are halved onto both sides.
    let matrix = |beta: f64| -> Vec<Vec<f64>> {
        let between = |a: &[usize; 3], b: &[usize; 3]| (0..3).map(|x| cosine(a[x], b[x])).sum::<f64>();
        let element = |a: &[usize; 3], b: &[usize; 3]| (beta * (between(a, b) + 0.5 * (along(a) + along(b)))).exp();
        rows.iter().map(|a| rows.iter().map(|b| element(a, b)).collect()).collect()
    };
    let trace_of_cube = |beta: f64| {
        let t = matrix(beta);
        // By rotation symmetry the first angle of the first row can be 0: Σ over those rows of (T³)_aa.
        let mut trace = 0.0;
        for a in (0..rows.len()).filter(|&a| rows[a][0] == 0) {
            // T is symmetric: (T³)_aa = (T a)ᵀ T (T a).
            let column = &t[a];
            trace += t
                .iter()
                .zip(column)
                .map(|(row, &c)| c * row.iter().zip(column).map(|(x, y)| x * y).sum::<f64>())
                .sum::<f64>();
        }
        trace
    };
    let step = 1e-3;
    (trace_of_cube(beta + step).ln() - trace_of_cube(beta - step).ln()) / (2.0 * step) / 18.0
}

#[test]
fn over_relaxation_keeps_the_measure_of_ring_and_torus() {
    let gpu = match Gpu::new() {
        Ok(gpu) => gpu,
        Err(error) if std::env::var_os("REQUIRE_GPU").is_some() => panic!("{error}"),
        Err(error) => return println!("SKIP: {error}"),
    };
    let pair = (Proposal::new(1.8), OverRelaxation);
    let schedule = Schedule { warmup: 200, samples: 400, thin: 1 };
    let (length, beta) = (8, 1.3);
    let [link, order] = ring(length, beta);
    let ring_model = Xy::new(Lattice::new(&[length as u32]).unwrap());
    let mut simulation = gpu.simulate(ring_model, pair).betas(&[beta]).replicas(512).seed(3).build().unwrap();
    let (energy, m) = (simulation.observe(Energy), simulation.observe(Magnetization));
    let run = simulation.run(schedule).unwrap();
    let at = run.point(0).unwrap();
    let mut checks = vec![(at.mean(energy), -link), (at.mean(m.squared()), order)];
    let beta = 0.9;
    let torus = Xy::new(Lattice::square(3).unwrap());
    let mut simulation = gpu.simulate(torus, pair).betas(&[beta]).replicas(512).seed(4).build().unwrap();
    let energy = simulation.observe(Energy);
    let run = simulation.run(schedule).unwrap();
    // Two bonds a site. The grid of ten angles is off by less than I_10(4 β)/I_0 < 1e-5 a site.
    checks.push((run.point(0).unwrap().mean(energy), -2.0 * small_torus(beta)));
    for (estimate, truth) in checks {
        let error = estimate.error.unwrap();
        eprintln!("{estimate} exactly {truth}");
        assert!(error < 2e-3, "{estimate}");
        assert!((estimate.mean - truth).abs() < 4.5 * error, "{estimate} against {truth}");
    }
}

#[test]
fn over_relaxation_keeps_the_energy_and_moves_fast() {
    let gpu = match Gpu::new() {
        Ok(gpu) => gpu,
        Err(error) if std::env::var_os("REQUIRE_GPU").is_some() => panic!("{error}"),
        Err(error) => return println!("SKIP: {error}"),
    };
    // Couplings of both signs in size and a hot start: nothing special.
    let model = Xy::new(Lattice::new(&[5, 4, 6]).unwrap()).coupling(-1.7);
    let mut simulation = gpu.simulate(model, OverRelaxation).replicas(8).seed(5).build().unwrap();
    let energy = simulation.observe(Energy);
    let before = simulation.configurations().unwrap();
    let run = simulation.run(Schedule { warmup: 0, samples: 200, thin: 1 }).unwrap();
    let after = simulation.configurations().unwrap();
    let series = run.point(0).unwrap().series(energy);
    for chain in 0..8 {
        let first = series.get(0, chain).unwrap();
        let drift = (0..200).map(|sample| (series.get(sample, chain).unwrap() - first).abs()).fold(0.0, f64::max);
        // Each reflection is off by at most 4e-7 in the angle and so in second order only, and by the rounding of 5e-7 of
        // angles up to 2π; 200 sweeps add up at random: 1.7 · 3 · 5e-7 · √200/√120 < 1e-5 a site.
        assert!(drift < 1e-5, "chain {chain}: the energy a site drifted by {drift}");
    }
    let moved = before.iter().zip(&after).filter(|(a, b)| (**a - **b).abs() > 0.1).count();
    assert!(moved > before.len() / 2);
    // τ of the order parameter at low temperature, where spin waves are slow: at the same number of sweeps of the pair it
    // is many times shorter. A factor 2 tells that from noise.
    let tau = |over: bool| {
        let model = Xy::new(Lattice::square(12).unwrap());
        let schedule = Schedule { warmup: 300, samples: 2000, thin: 1 };
        let (betas, replicas) = ([1.0], 32);
        let tau_of = |run: spinfield::Run, m| run.point(0).unwrap().mean(m).tau.unwrap();
        if over {
            let pair = ((Proposal::new(1.8), OverRelaxation), (OverRelaxation, OverRelaxation));
            let mut simulation = gpu.simulate(model, pair).betas(&betas).replicas(replicas).seed(6).build().unwrap();
            let m = simulation.observe(Magnetization);
            tau_of(simulation.run(schedule).unwrap(), m)
        } else {
            let mut simulation =
                gpu.simulate(model, Proposal::new(1.8)).betas(&betas).replicas(replicas).seed(6).build().unwrap();
            let m = simulation.observe(Magnetization);
            tau_of(simulation.run(schedule).unwrap(), m)
        }
    };
    let (with, without) = (tau(true), tau(false));
    eprintln!("τ of m: {with:.1} with over-relaxation, {without:.1} without");
    assert!(2.0 * with < without, "{with} and {without}");
}
