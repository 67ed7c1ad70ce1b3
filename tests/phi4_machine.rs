//! Machines of quartic units: the units against quadrature, both layers against quadrature and enumeration, learning.

mod common;

use common::gpu;
use spinfield::boltzmann::Quartic;
use spinfield::learn::Gradient;
use spinfield::{Judge, Layer, RestrictedMachine, Units, Vectors};

fn phi4(square: f64, quartic: f64) -> Units {
    Units::Phi4(Quartic::new(square, quartic).unwrap())
}

/// Nodes and weights e^V of a unit at x, between bounds that hold all there is in these tests, with a spacing far below the width
/// of any peak.
fn weights(square: f64, quartic: f64, x: f64) -> Vec<(f64, f64)> {
    let nodes = (0..=200_000).map(|k| -10.0 + 1e-4 * f64::from(k));
    let value = |u: f64| x * u - square * u * u - quartic * u.powi(4);
    let most = nodes.clone().map(value).fold(f64::MIN, f64::max);
    nodes.map(|u| (u, (value(u) - most).exp())).collect()
}

/// Two-peaked, one-peaked and purely quartic units, both limits, strong and weak inputs.
const UNITS: [(f64, f64); 6] = [(0.5, 1e-4), (1.0, 1.0), (0.0, 0.3), (-2.0, 0.5), (-12.0, 4.0), (-200.0, 100.0)];
const INPUTS: [f32; 8] = [-30.0, -4.0, -0.5, 0.0, 0.02, 1.0, 2.5, 8.0];

#[test]
fn units_are_drawn_from_their_weights() {
    let Some(gpu) = gpu() else { return };
    let chains = 1 << 15;
    for (square, quartic) in UNITS {
        // The Gaussian limit does not fit the nodes at an input of -30.
        let inputs: Vec<f32> = INPUTS.map(|x| if square == 0.5 { x.clamp(-4.0, 4.0) } else { x }).into();
        let machine =
            RestrictedMachine::new(phi4(square, quartic), Units::Bernoulli, vec![0.0; 8], inputs.clone(), vec![0.0]);
        let mut sampler = gpu.machine(&machine.unwrap()).chains(chains).seed(3).build().unwrap();
        sampler.sweep(1).unwrap();
        let (values, means) = (sampler.visible().unwrap(), sampler.visible_means().unwrap());
        for (unit, &x) in inputs.iter().enumerate() {
            let nodes = weights(square, quartic, x.into());
            let total: f64 = nodes.iter().map(|(_, w)| w).sum();
            let moment = |power: i32| nodes.iter().map(|(u, w)| w * u.powi(power)).sum::<f64>() / total;
            let drawn: Vec<f64> = values.values().iter().skip(unit).step_by(8).map(|&u| u.into()).collect();
            let what = format!("a {square}, b {quartic}, x {x}");
            for power in 1..=4 {
                let mean = drawn.iter().map(|u| u.powi(power)).sum::<f64>() / drawn.len() as f64;
                let error = ((moment(2 * power) - moment(power).powi(2)) / drawn.len() as f64).sqrt();
                // 192 gates: 4.5 errors are passed once in 700 seeds.
                assert!((mean - moment(power)).abs() < 4.5 * error, "{what}: moment {power} {mean} {}", moment(power));
            }
            // Sixteen classes of equal weight: chi squared of 15 degrees of freedom is above 60 once in 4 million times.
            let mut sums = nodes.clone();
            for k in 1..sums.len() {
                sums[k].1 += sums[k - 1].1;
            }
            let mut counts = [0.0; 16];
            for u in &drawn {
                let below = sums[sums.partition_point(|(node, _)| node < u).min(sums.len() - 1)].1 / total;
                counts[((16.0 * below) as usize).min(15)] += 1.0;
            }
            let expected = drawn.len() as f64 / 16.0;
            let chi2: f64 = counts.iter().map(|n| (n - expected) * (n - expected) / expected).sum();
            assert!(chi2 < 60.0, "{what}: chi2 {chi2} {counts:?}");
            // Sums over 64 cells in single precision; the exponents are up to a hundred times their differences.
            let (found, scale) = (f64::from(means.values()[unit]), moment(2).sqrt());
            assert!((found - moment(1)).abs() < 5e-5 * scale, "{what}: mean {found} {}", moment(1));
            let host = phi4(square, quartic).expectation(x.into());
            assert!((host - moment(1)).abs() < 1e-6 * scale, "{what}: mean on the host {host} {}", moment(1));
        }
    }
}

fn machine(visible: Units, hidden: Units, sizes: [usize; 2]) -> RestrictedMachine {
    let random = RestrictedMachine::random((visible, sizes[0]), (hidden, sizes[1]), 0.5, 9).unwrap();
    let biases = |count: usize, by: f32| (0..count).map(|k| by * (1.7 * k as f32 + 0.4).sin()).collect();
    let weights = random.weights().to_vec();
    RestrictedMachine::new(visible, hidden, weights, biases(sizes[0], 0.4), biases(sizes[1], -0.3)).unwrap()
}

#[test]
fn free_energies_and_log_partitions_are_those_of_the_host() {
    let Some(gpu) = gpu() else { return };
    for (square, quartic) in [(1.0, 1.0), (-2.0, 0.5), (-200.0, 100.0)] {
        let both = machine(phi4(square, quartic), phi4(-0.5, 0.2), [5, 7]);
        let rows: Vec<f32> = (0..30).map(|k| (0.9 * k as f32).sin() * 1.3).collect();
        let data = Vectors::new(5, rows).unwrap();
        let found = Judge::new(&gpu, &both, &data, 1).unwrap().free_energies().unwrap();
        for (row, found) in data.values().chunks_exact(5).zip(found) {
            let truth = both.free_energy(row).unwrap();
            // Relative to terms of up to 200 a unit, in single precision.
            assert!((found - truth).abs() < 1e-5 * quartic.max(3.0), "{square} {quartic}: {found} {truth}");
        }
        let half = machine(Units::Bernoulli, phi4(square, quartic), [9, 4]);
        let log_weights: Vec<f64> = (0..512u32)
            .map(|bits| {
                let state: Vec<f32> = (0..9).map(|i| (bits >> i & 1) as f32).collect();
                -half.free_energy(&state).unwrap()
            })
            .collect();
        let most = log_weights.iter().copied().fold(f64::MIN, f64::max);
        let truth = most + log_weights.iter().map(|w| (w - most).exp()).sum::<f64>().ln();
        let found = gpu.exact_log_partition(&half).unwrap();
        assert!((found - truth).abs() < 5e-5 * quartic.max(1.0).sqrt(), "{square} {quartic}: {found} {truth}");
    }
}

/// Two fields with a coupling: moments of both against quadrature in two dimensions.
#[test]
fn two_fields_are_sampled_together() {
    let Some(gpu) = gpu() else { return };
    let (visible, hidden) = (phi4(-1.0, 0.5), phi4(0.3, 0.4));
    let machine = RestrictedMachine::new(visible, hidden, vec![0.8], vec![0.2], vec![-0.1]).unwrap();
    let chains = 1 << 12;
    let mut sampler = gpu.machine(&machine).chains(chains).seed(4).build().unwrap();
    sampler.sweep(25).unwrap();
    // The hidden states that are read are those from which the visible ones were drawn: a joint sample.
    let (v, h) = (sampler.visible().unwrap(), sampler.hidden().unwrap());
    let nodes = || (-400..=400).map(|k| 0.01 * k as f32);
    let pairs = nodes().flat_map(|v| nodes().map(move |h| (v, h)));
    let weighted: Vec<(f64, f64, f64)> =
        pairs.map(|(v, h)| (v.into(), h.into(), (-machine.energy(&[v], &[h]).unwrap()).exp())).collect();
    let total: f64 = weighted.iter().map(|(_, _, w)| w).sum();
    for (p, q) in [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (4, 0), (2, 2), (0, 4)] {
        let moment = |m: i32| weighted.iter().map(|(v, h, w)| w * (v.powi(p) * h.powi(q)).powi(m)).sum::<f64>() / total;
        let terms = v.values().iter().zip(h.values()).map(|(&v, &h)| f64::from(v).powi(p) * f64::from(h).powi(q));
        let mean = terms.sum::<f64>() / chains as f64;
        let error = ((moment(2) - moment(1).powi(2)) / chains as f64).sqrt();
        assert!((mean - moment(1)).abs() < 4.5 * error, "v^{p} h^{q}: {mean} {} error {error}", moment(1));
    }
}

/// A machine of quartic units learns couplings that give its teacher's correlations.
#[test]
fn a_field_learns_its_couplings() {
    let Some(gpu) = gpu() else { return };
    let units = phi4(-0.5, 0.25);
    let weights = vec![0.9, 0.2, 0.7, -0.5, -0.8, 0.4];
    let teacher = RestrictedMachine::new(units, units, weights, vec![0.0; 3], vec![0.0; 2]).unwrap();
    let mut sampler = gpu.machine(&teacher).chains(1 << 12).seed(5).build().unwrap();
    sampler.sweep(100).unwrap();
    let data = sampler.visible().unwrap();
    let start = RestrictedMachine::random((units, 3), (units, 2), 0.1, 6).unwrap();
    let builder = gpu.train(&start, &data).gradient(Gradient::Persistent(1)).batch(512).chains(512);
    let mut trainer = builder.learning_rate(0.05).seed(7).build().unwrap();
    for _ in 0..40 {
        trainer.epoch().unwrap();
    }
    let mut sampler = gpu.machine(trainer.machine()).chains(1 << 12).seed(8).build().unwrap();
    sampler.sweep(100).unwrap();
    let dreamt = sampler.visible().unwrap();
    let product = |states: &Vectors, i: usize, j: usize| {
        states.values().chunks_exact(3).map(|row| f64::from(row[i] * row[j])).sum::<f64>() / states.count() as f64
    };
    for (i, j) in [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)] {
        let (wanted, found) = (product(&data, i, j), product(&dreamt, i, j));
        // Standard errors of both sets of 4,096 are about 0.03, and the last steps' noise is as large.
        assert!((wanted - found).abs() < 0.25, "{i} {j}: {wanted} {found}");
    }
    // Without couplings there would be no correlation.
    assert!(product(&data, 0, 1).abs() > 0.4, "{}", product(&data, 0, 1));
}

#[test]
fn quartic_units_are_kept_in_files() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("phi4-machine.safetensors");
    let machine = machine(phi4(-0.5, 0.1), Units::Spin, [4, 3]);
    machine.save(&path).unwrap();
    let loaded = RestrictedMachine::load(&path).unwrap();
    assert_eq!(loaded, machine);
    assert_eq!(loaded.units(Layer::Visible), phi4(-0.5, 0.1));
}

/// One quartic unit with two partners of every other type, on either side: moments of the field against quadrature of its marginal
/// density, the partners summed out in closed form, and its products with them.
#[test]
fn fields_are_sampled_with_units_of_every_type() {
    let Some(gpu) = gpu() else { return };
    let chains = 1 << 12;
    for partner in Units::ALL {
        let field = machine(phi4(-1.0, 0.4), partner, [1, 2]);
        let nodes: Vec<(f64, f64)> = (-2_000..=2_000)
            .map(|k| {
                let v = 0.005 * f64::from(k);
                (v, (-field.free_energy(&[v as f32]).unwrap()).exp())
            })
            .collect();
        let total: f64 = nodes.iter().map(|(_, weight)| weight).sum();
        let average = |value: &dyn Fn(f64) -> f64| nodes.iter().map(|&(v, w)| w * value(v)).sum::<f64>() / total;
        let answer = |v: f64, j: usize| partner.expectation(field.inputs(Layer::Hidden, &[v as f32]).unwrap()[j]);
        for (turned, machine) in [(false, field.clone()), (true, field.turned())] {
            let mut sampler = gpu.machine(&machine).chains(chains).seed(11).build().unwrap();
            sampler.sweep(25).unwrap();
            let (v, h) = (sampler.visible().unwrap(), sampler.hidden().unwrap());
            let (field_states, partners) = if turned { (h, v) } else { (v, h) };
            let check = |what: &str, drawn: &dyn Fn(f64, &[f32]) -> f64, truth: f64| {
                let rows = field_states.values().iter().zip(partners.values().chunks_exact(2));
                let values: Vec<f64> = rows.map(|(&v, h)| drawn(v.into(), h)).collect();
                let mean = values.iter().sum::<f64>() / chains as f64;
                let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / chains as f64;
                let error = (variance / chains as f64).sqrt();
                // 48 gates: 4.5 errors are passed once in 3,000 seeds.
                assert!((mean - truth).abs() < 4.5 * error, "{partner} {turned} {what}: {mean} {truth} error {error}");
            };
            for power in 1..=4 {
                check(&format!("v^{power}"), &|v, _| v.powi(power), average(&|v| v.powi(power)));
            }
            for j in 0..2 {
                check(&format!("v h_{j}"), &|v, h| v * f64::from(h[j]), average(&|v| v * answer(v, j)));
            }
        }
    }
}

/// Annealing against enumeration, with quartic units on the layer that is summed; the layers may be exchanged.
#[test]
fn annealing_finds_the_enumerated_sum() {
    let Some(gpu) = gpu() else { return };
    let machine = machine(Units::Spin, phi4(-0.5, 0.2), [9, 4]);
    let exact = gpu.exact_log_partition(&machine).unwrap();
    let turned = gpu.exact_log_partition(&machine.turned()).unwrap();
    // Both are sums of the same numbers in single precision.
    assert!((exact - turned).abs() < 1e-4, "{exact} {turned}");
    for machine in [machine.clone(), machine.turned()] {
        let found = gpu.anneal_log_partition(&machine).chains(512).steps(300).seed(2).run().unwrap().log_partition;
        let error = found.error.unwrap();
        // Errors are of order 0.01 here; single precision of the sums adds less than 1e-3.
        assert!((found.mean - exact).abs() < 4.5 * error + 1e-3 && error < 0.05, "{found} {exact}");
    }
}
