//! Restricted Boltzmann machines against enumeration, quadrature, and published numbers.

mod common;
mod oracle;

use common::gpu;
use oracle::{chi_square_p, erf};
use spinfield::learn::{Gradient, Optimiser};
use spinfield::random::{Purpose, Stream, uniform_below};
use spinfield::{
    BlockGibbs, Cues, Damage, Error, Estimate, Gpu, Hopfield, Judge, Layer, Overlap, Patterns, RestrictedMachine,
    Schedule, Units, Vectors,
};
use std::f64::consts::{PI, SQRT_2};

/// Uniform between −1 and 1.
fn uniform(stream: &mut Stream) -> f64 {
    uniform_below(stream, 1 << 24) as f64 / f64::from(1 << 23) - 1.0
}

/// A machine with weights and biases of either sign, up to `size`.
fn machine(visible: (Units, usize), hidden: (Units, usize), size: f64, seed: u64) -> RestrictedMachine {
    let mut stream = Stream::new(seed, Purpose::Patterns, 0);
    let mut values = |count| (0..count).map(|_| (size * uniform(&mut stream)) as f32).collect();
    let (weights, a, b) = (values(visible.1 * hidden.1), values(visible.1), values(hidden.1));
    RestrictedMachine::new(visible.0, hidden.0, weights, a, b).unwrap()
}

/// The machine of four and three units that PHYSICS gives numbers of.
fn tiny() -> RestrictedMachine {
    let pairs = (0..4).flat_map(|i| (0..3).map(move |j| (i, j)));
    let weight = |(i, j): (i32, i32)| 0.1 * f64::from(i + 1) - 0.15 * f64::from(j + 1) + 0.2 * f64::from((i + j) % 2);
    let weights = pairs.map(|pair| weight(pair) as f32).collect();
    let a = (0..4).map(|i| (0.05 * f64::from(i)) as f32).collect();
    let b = (0..3).map(|j| (-0.1 * f64::from(j)) as f32).collect();
    RestrictedMachine::new(Units::Bernoulli, Units::Bernoulli, weights, a, b).unwrap()
}

/// ln of the weights e^(xu − q(u)) summed over a unit's values, written apart from the library's.
fn unit_sum(units: Units, x: f64) -> f64 {
    match units {
        Units::Bernoulli => (1.0 + x.exp()).ln(),
        Units::Spin => (x.exp() + (-x).exp()).ln(),
        Units::Gaussian => 0.5 * x * x + 0.5 * (2.0 * PI).ln(),
        Units::Relu => 0.5 * x * x + 0.5 * (2.0 * PI).ln() + (0.5 * (1.0 + erf(x / SQRT_2))).ln(),
        Units::Phi4(_) => unreachable!("not among Units::ALL"),
    }
}

/// All states of two-valued units.
fn states(units: Units, count: usize) -> impl Iterator<Item = Vec<f32>> {
    let [low, high] = units.values().unwrap();
    (0..1u32 << count)
        .map(move |bits| (0..count).map(|i| if bits >> i & 1 == 1 { high as f32 } else { low as f32 }).collect())
}

fn log_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::MIN, f64::max);
    most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
}

/// −F of a state of one layer, the other one summed out.
fn log_weight(machine: &RestrictedMachine, layer: Layer, state: &[f32]) -> f64 {
    let other = if layer == Layer::Visible { Layer::Hidden } else { Layer::Visible };
    let own = machine.biases(layer).iter().zip(state);
    let own: f64 = own.map(|(&a, &v)| f64::from(a) * f64::from(v) - quadratic(machine.units(layer), v.into())).sum();
    let mut inputs: Vec<f64> = machine.biases(other).iter().copied().map(f64::from).collect();
    for (n, &v) in state.iter().enumerate() {
        for (m, x) in inputs.iter_mut().enumerate() {
            let weight = if layer == Layer::Visible { machine.weight(n, m) } else { machine.weight(m, n) };
            *x += f64::from(v) * weight;
        }
    }
    own + inputs.into_iter().map(|x| unit_sum(machine.units(other), x)).sum::<f64>()
}

fn quadratic(units: Units, value: f64) -> f64 {
    if matches!(units, Units::Gaussian | Units::Relu) { 0.5 * value * value } else { 0.0 }
}

/// ln Z by enumeration of a two-valued layer, in double precision.
fn log_partition(machine: &RestrictedMachine) -> f64 {
    let two_valued = |layer: &Layer| machine.units(*layer).values().is_some();
    let layers = [Layer::Visible, Layer::Hidden].into_iter().filter(two_valued);
    let layer = layers.min_by_key(|&layer| machine.size(layer)).unwrap();
    let all = states(machine.units(layer), machine.size(layer));
    log_sum(&all.map(|state| log_weight(machine, layer, &state)).collect::<Vec<_>>())
}

#[test]
fn the_tiny_machine_has_its_published_numbers() {
    let machine = tiny();
    let (mut all, mut v_mean, mut h_mean, mut corner) = (0.0, [0.0; 4], [0.0; 3], 0.0);
    for v in states(Units::Bernoulli, 4) {
        for h in states(Units::Bernoulli, 3) {
            let weight = (-machine.energy(&v, &h).unwrap()).exp();
            all += weight;
            v_mean.iter_mut().zip(&v).for_each(|(mean, &v)| *mean += weight * f64::from(v));
            h_mean.iter_mut().zip(&h).for_each(|(mean, &h)| *mean += weight * f64::from(h));
            corner += weight * f64::from(v[0] * h[0]);
        }
    }
    let close = |found: f64, known: f64| assert!((found - known).abs() < 1e-7, "{found} {known}");
    close(all.ln(), 5.104_615_149_3);
    let known = [0.457_068_91, 0.533_049_2, 0.557_490_61, 0.629_883_53];
    v_mean.into_iter().zip(known).for_each(|(found, known)| close(found / all, known));
    let known = [0.615_368_41, 0.505_281_48, 0.408_094_78];
    h_mean.into_iter().zip(known).for_each(|(found, known)| close(found / all, known));
    close(corner / all, 0.278_292_478_7);
    let state = [1.0, 0.0, 1.0, 0.0];
    close(machine.free_energy(&state).unwrap(), -1.991_979_369);
    close(-machine.free_energy(&state).unwrap() - log_partition(&machine), -3.112_635_780_3);

    let Some(gpu) = gpu() else { return };
    let found = gpu.exact_log_partition(&machine).unwrap();
    assert!((found - 5.104_615_149_3).abs() < 1e-5, "{found}");
    let data = Vectors::new(4, state.to_vec()).unwrap();
    let mut judge = Judge::new(&gpu, &machine, &data, 1).unwrap();
    let free = judge.free_energies().unwrap()[0];
    assert!((free + 1.991_979_369).abs() < 1e-5, "{free}");
}

/// Every pair of unit types with a layer that can be enumerated, above and below the 64 states of one invocation.
#[test]
fn enumeration_on_the_device_is_that_of_the_host() {
    let Some(gpu) = gpu() else { return };
    for visible in Units::ALL {
        for hidden in Units::ALL {
            for sizes in [(1, 5), (7, 3), (9, 20), (20, 10)] {
                let machine = machine((visible, sizes.0), (hidden, sizes.1), 0.5, 3);
                if machine.enumerable().is_none() {
                    assert!(gpu.exact_log_partition(&machine).unwrap_err().to_string().contains("anneal"));
                    continue;
                }
                let (found, truth) = (gpu.exact_log_partition(&machine).unwrap(), log_partition(&machine));
                // Sums of up to twenty terms of order ten in single precision; rectified units are good to 1e-6.
                assert!((found - truth).abs() < 2e-5, "{visible} {hidden} {sizes:?}: {found} {truth}");
            }
        }
    }
}

/// Chi-square over independent chains after 30 sweeps, ten of them annealed, for every pair of unit types: visible states where they have two
/// values, sixteenths of the marginal's quadrature where they are real.
#[test]
fn block_gibbs_samples_the_machine() {
    let Some(gpu) = gpu() else { return };
    let chains = 1 << 16;
    let place = |units| Units::ALL.iter().position(|one| *one == units).unwrap() as u64;
    for visible in Units::ALL {
        for hidden in Units::ALL {
            // One visible and two hidden real units with weights below 0.6 stay normalisable.
            let size = if visible.values().is_some() { 3 } else { 1 };
            let largest = if visible.values().and(hidden.values()).is_some() { 1.5 } else { 0.6 };
            let machine = machine((visible, size), (hidden, 2), largest, 7 + place(visible) + 10 * place(hidden));
            let mut sampler = gpu.machine(&machine).chains(chains).seed(5).build().unwrap();
            sampler.anneal(10).unwrap();
            sampler.sweep(20).unwrap();
            let found = sampler.visible().unwrap();
            let (counts, expected) = match visible.values() {
                Some([_, high]) => {
                    let weights: Vec<f64> =
                        states(visible, 3).map(|v| log_weight(&machine, Layer::Visible, &v).exp()).collect();
                    let total: f64 = weights.iter().sum();
                    let mut counts = vec![0.0; 8];
                    for row in found.values().chunks_exact(3) {
                        let bit = |i: usize| usize::from(f64::from(row[i]) == high) << i;
                        counts[bit(0) | bit(1) | bit(2)] += 1.0;
                    }
                    (counts, weights.iter().map(|weight| chains as f64 * weight / total).collect::<Vec<_>>())
                }
                None => {
                    let low = if visible == Units::Relu { 0.0 } else { -12.0 };
                    let (steps, width) = (24_000, (12.0 - low) / 24_000.0);
                    let weight = |k: usize| {
                        let at = (low + (k as f64 + 0.5) * width) as f32;
                        log_weight(&machine, Layer::Visible, &[at]).exp()
                    };
                    let mut cumulative: Vec<f64> = (0..steps).map(weight).collect();
                    for k in 1..steps {
                        cumulative[k] += cumulative[k - 1];
                    }
                    let mut counts = vec![0.0; 16];
                    for &value in found.values() {
                        let k = ((f64::from(value) - low) / width) as usize;
                        let share = cumulative[k.min(steps - 1)] / cumulative[steps - 1];
                        counts[((16.0 * share) as usize).min(15)] += 1.0;
                    }
                    (counts, vec![chains as f64 / 16.0; 16])
                }
            };
            let chi2: f64 = counts.iter().zip(&expected).map(|(n, e)| (n - e) * (n - e) / e).sum();
            let p = chi_square_p(chi2, (counts.len() - 1) as f64);
            eprintln!("{visible} {hidden}: chi2 {chi2:.1} of {} cells, p {p:.4}", counts.len());
            // Sixteen gates: a right program fails one of them once in 6,000 seeds, and the seed is fixed.
            assert!(p > 1e-5, "{visible} {hidden}: {chi2} {counts:?} {expected:?}");
        }
    }
}

/// Rectified units far on either side of their cut: means and squares against quadrature.
#[test]
fn rectified_units_are_cut_normals() {
    let Some(gpu) = gpu() else { return };
    for bias in [-60.0f32, -12.0, -2.5, -1.9, 0.0, 1.5, 5.0] {
        let machine = RestrictedMachine::new(Units::Relu, Units::Bernoulli, vec![0.0], vec![bias], vec![0.0]).unwrap();
        let mut sampler = gpu.machine(&machine).chains(1 << 15).seed(3).build().unwrap();
        sampler.sweep(1).unwrap();
        let values = sampler.visible().unwrap();
        let x = f64::from(bias);
        let high = x.max(0.0) + 10.0;
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        for k in 0..2_000_000 {
            let u = (k as f64 + 0.5) * high / 2e6;
            let weight = (x * u - 0.5 * u * u - 0.5 * x.max(0.0).powi(2)).exp();
            sum += weight;
            first += weight * u;
            second += weight * u * u;
        }
        let (mean, square) = (first / sum, second / sum);
        let found = values.values().iter().copied().map(f64::from).sum::<f64>() / f64::from(1 << 15);
        let deviation = ((square - mean * mean) / f64::from(1 << 15)).sqrt();
        assert!((found - mean).abs() < 4.0 * deviation, "{bias}: {found} {mean} {deviation}");
        let told = f64::from(sampler.visible_means().unwrap().values()[0]);
        // The mean's formula is the difference of two numbers of the size of the bias.
        assert!((told / mean - 1.0).abs() < 3e-4, "{bias}: {told} {mean}");
    }
}

#[test]
fn held_units_stay_and_the_others_follow_them() {
    let Some(gpu) = gpu() else { return };
    let machine = machine((Units::Bernoulli, 4), (Units::Bernoulli, 3), 2.0, 21);
    let chains = 1 << 16;
    let start = Vectors::new(4, [1.0, 0.0, 0.0, 0.0].repeat(chains)).unwrap();
    let held = [true, false, true, false].repeat(chains);
    let mut sampler = gpu.machine(&machine).start(&start).hold(&held).seed(2).build().unwrap();
    sampler.sweep(40).unwrap();
    let mut counts = [0.0; 4];
    for row in sampler.visible().unwrap().values().chunks_exact(4) {
        assert_eq!((row[0], row[2]), (1.0, 0.0));
        counts[row[1] as usize + 2 * row[3] as usize] += 1.0;
    }
    let weight = |k: usize| log_weight(&machine, Layer::Visible, &[1.0, (k % 2) as f32, 0.0, (k / 2) as f32]).exp();
    let total: f64 = (0..4).map(weight).sum();
    let expected = |k: usize| chains as f64 * weight(k) / total;
    let chi2: f64 = (0..4).map(|k| (counts[k] - expected(k)).powi(2) / expected(k)).sum();
    assert!(chi_square_p(chi2, 3.0) > 1e-4, "{chi2} {counts:?}");
}

#[test]
fn both_conventions_are_one_machine() {
    let mut stream = Stream::new(8, Purpose::Cue, 0);
    for (from, to) in [(Units::Bernoulli, Units::Spin), (Units::Spin, Units::Bernoulli)] {
        let original = machine((from, 6), (from, 5), 1.0, 4);
        for layers in [&[Layer::Visible][..], &[Layer::Hidden], &[Layer::Visible, Layer::Hidden]] {
            let (mut recoded, mut constant) = (original.clone(), 0.0);
            for &layer in layers {
                let (next, more) = recoded.recoded(layer, to).unwrap();
                (recoded, constant) = (next, constant + more);
            }
            let shift = log_partition(&original) - log_partition(&recoded);
            assert!((shift + constant).abs() < 1e-5, "{shift} {constant}");
            for _ in 0..50 {
                let mut bits =
                    |count: usize| (0..count).map(|_| uniform_below(&mut stream, 2) == 1).collect::<Vec<_>>();
                let (v, h) = (bits(6), bits(5));
                let value = |units: Units, bit: bool| units.values().unwrap()[usize::from(bit)] as f32;
                let of = |machine: &RestrictedMachine| {
                    let v: Vec<f32> = v.iter().map(|&bit| value(machine.units(Layer::Visible), bit)).collect();
                    let h: Vec<f32> = h.iter().map(|&bit| value(machine.units(Layer::Hidden), bit)).collect();
                    machine.energy(&v, &h).unwrap()
                };
                // Weights of order one, rounded to single precision on the way.
                assert!((of(&original) - of(&recoded) - constant).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn data_are_judged_as_on_the_host() {
    let Some(gpu) = gpu() else { return };
    for (visible, hidden) in
        [(Units::Bernoulli, Units::Bernoulli), (Units::Spin, Units::Relu), (Units::Gaussian, Units::Spin)]
    {
        let machine = machine((visible, 13), (hidden, 10), 0.7, 9);
        let mut stream = Stream::new(1, Purpose::Cue, 0);
        let mut value = || match visible.values() {
            Some(values) => values[uniform_below(&mut stream, 2) as usize] as f32,
            None => 2.0 * uniform(&mut stream) as f32,
        };
        let data = Vectors::new(13, (0..13 * 21).map(|_| value()).collect()).unwrap();
        let zero = RestrictedMachine::random((visible, 13), (hidden, 10), 0.0, 1).unwrap();
        let mut judge = Judge::new(&gpu, &zero, &data, 1).unwrap();
        judge.set_machine(&machine).unwrap();
        let free = judge.free_energies().unwrap();
        let pseudo = judge.pseudo_likelihoods().unwrap();
        assert_eq!((free.len(), pseudo.is_some()), (21, visible.values().is_some()));
        for (sample, &free) in free.iter().enumerate() {
            let v = data.row(sample);
            assert!((free + log_weight(&machine, Layer::Visible, v)).abs() < 3e-5);
            if let (Some(pseudo), Some([low, high])) = (&pseudo, visible.values()) {
                let term = |i: usize| {
                    let mut other = v.to_vec();
                    other[i] = (low + high) as f32 - v[i];
                    let logs = [v, &other].map(|state| log_weight(&machine, Layer::Visible, state));
                    logs[0] - log_sum(&logs)
                };
                let truth: f64 = (0..13).map(term).sum();
                assert!((pseudo[sample] - truth).abs() < 3e-5, "{} {truth}", pseudo[sample]);
            }
        }
        // A mean of squares within [0, 4] over 273 units.
        assert!((0.0..4.0).contains(&judge.reconstruction_error().unwrap()));
    }
}

/// Without weights a reconstruction is the mean of independent units: (v − ½)² = ¼ for every bit.
#[test]
fn reconstruction_errors_are_mean_squares() {
    let Some(gpu) = gpu() else { return };
    let machine = RestrictedMachine::random((Units::Bernoulli, 5), (Units::Bernoulli, 3), 0.0, 1).unwrap();
    let data = Vectors::new(5, [0.0, 1.0, 1.0, 0.0, 1.0].repeat(7)).unwrap();
    let error = Judge::new(&gpu, &machine, &data, 1).unwrap().reconstruction_error().unwrap();
    assert!((error - 0.25).abs() < 1e-6, "{error}");
}

#[test]
fn annealing_finds_the_partition_function_with_an_honest_error() {
    let Some(gpu) = gpu() else { return };
    let mut pulls = Vec::new();
    for (visible, hidden) in [
        (Units::Bernoulli, Units::Bernoulli),
        (Units::Spin, Units::Gaussian),
        (Units::Gaussian, Units::Bernoulli),
        (Units::Bernoulli, Units::Relu),
    ] {
        let size = if [visible, hidden] == [Units::Bernoulli; 2] { 1.0 } else { 0.3 };
        let machine = machine((visible, 12), (hidden, 16), size, 2);
        let truth = gpu.exact_log_partition(&machine).unwrap();
        for seed in 0..8 {
            let found = gpu.anneal_log_partition(&machine).chains(200).steps(300).seed(seed).reverse(30).run().unwrap();
            for estimate in [found.log_partition, found.reverse.unwrap()] {
                let error = estimate.error.unwrap();
                eprintln!("{visible} {hidden}: {estimate}, exactly {truth:.4}, {:.0} chains", found.effective_chains);
                assert!((estimate.mean - truth).abs() < 0.05 && error < 0.02, "{estimate} {truth}");
                pulls.push((estimate.mean - truth) / error);
            }
        }
    }
    // 64 pulls: their mean square lies within 1 ± 5 √(2/64) if the errors are what they say.
    let square = pulls.iter().map(|pull| pull * pull).sum::<f64>() / pulls.len() as f64;
    assert!((0.3..1.9).contains(&square), "{square}");
    assert!(pulls.iter().all(|pull| pull.abs() < 4.5), "{pulls:?}");
}

#[test]
fn machines_survive_their_files() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine.safetensors");
    for (visible, hidden) in [(Units::Bernoulli, Units::Relu), (Units::Spin, Units::Gaussian)] {
        let machine = machine((visible, 5), (hidden, 3), 1.0, 2);
        machine.save(&path).unwrap();
        assert_eq!(RestrictedMachine::load(&path).unwrap(), machine);
    }
    let tensor = |shape: &[usize]| {
        let shape = shape.to_vec();
        spinfield::io::safetensors::Tensor { values: vec![0.5; shape.iter().product()], shape }
    };
    let mut file = spinfield::io::safetensors::Tensors::default();
    for (name, shape) in [("W", &[2, 3][..]), ("a", &[2]), ("b", &[3])] {
        file.tensors.insert(name.into(), tensor(shape));
    }
    file.write(&path).unwrap();
    // Without a word about units they are 0 and 1.
    assert_eq!(RestrictedMachine::load(&path).unwrap().units(Layer::Hidden), Units::Bernoulli);
    let refused = |change: &dyn Fn(&mut spinfield::io::safetensors::Tensors), part: &str| {
        let mut changed = file.clone();
        change(&mut changed);
        changed.write(&path).unwrap();
        let error = RestrictedMachine::load(&path).unwrap_err();
        assert!(matches!(error, Error::File { .. }) && error.to_string().contains(part), "{part}: {error}");
    };
    refused(&|file| drop(file.tensors.remove("a")), "`a`");
    refused(&|file| drop(file.tensors.insert("W".into(), tensor(&[3, 2]))), "transpose");
    refused(&|file| drop(file.tensors.insert("W".into(), tensor(&[6]))), "shape");
    refused(&|file| drop(file.metadata.insert("hidden_units".into(), "softmax".into())), "softmax");
    refused(&|file| file.tensors.get_mut("b").unwrap().values[1] = f32::NAN, "finite");
}

/// The mean log-likelihood, exactly.
fn log_likelihood(machine: &RestrictedMachine, data: &Vectors) -> f64 {
    let rows = data.values().chunks_exact(data.width());
    let sum: f64 = rows.map(|v| log_weight(machine, Layer::Visible, v)).sum();
    sum / data.count() as f64 - log_partition(machine)
}

/// A step of rate 1 is the gradient: against finite differences of the exact log-likelihood, by enumeration of either layer,
/// and within what 2¹⁴ chains that have forgotten their start can tell.
#[test]
fn a_step_follows_the_gradient() {
    let Some(gpu) = gpu() else { return };
    for (visible, hidden, sizes) in [
        (Units::Bernoulli, Units::Bernoulli, (5, 4)),
        (Units::Bernoulli, Units::Spin, (2, 11)),
        (Units::Spin, Units::Gaussian, (5, 4)),
        (Units::Gaussian, Units::Spin, (9, 2)),
        (Units::Bernoulli, Units::Relu, (5, 4)),
    ] {
        let start = machine((visible, sizes.0), (hidden, sizes.1), 0.5, 6);
        let mut stream = Stream::new(4, Purpose::Cue, 0);
        let mut value = || match visible.values() {
            Some(values) => values[uniform_below(&mut stream, 2) as usize] as f32,
            None => 2.0 * uniform(&mut stream) as f32,
        };
        // 19 samples, one batch that is no multiple of eight.
        let data = Vectors::new(sizes.0, (0..sizes.0 * 19).map(|_| value()).collect()).unwrap();
        let parameters = |machine: &RestrictedMachine| {
            let biases = [Layer::Visible, Layer::Hidden].map(|layer| machine.biases(layer).to_vec());
            [machine.weights().to_vec(), biases[0].clone(), biases[1].clone()].concat()
        };
        let old = parameters(&start);
        let after = |gradient| {
            let builder = gpu.train(&start, &data).gradient(gradient).chains(1 << 14).batch(19);
            let mut trainer = builder.learning_rate(1.0).seed(3).build().unwrap();
            trainer.epoch().unwrap();
            parameters(trainer.machine())
        };
        let (exact, sampled) = (after(Gradient::Exact), after(Gradient::Persistent(30)));
        let tempered = after(Gradient::Tempered(2));
        assert!(tempered.iter().all(|value| value.is_finite()));
        for at in 0..old.len() {
            let moved = |by: f32| {
                let mut moved = old.clone();
                moved[at] += by;
                let (w, biases) = moved.split_at(sizes.0 * sizes.1);
                let (a, b) = biases.split_at(sizes.0);
                let machine = RestrictedMachine::new(visible, hidden, w.to_vec(), a.to_vec(), b.to_vec()).unwrap();
                log_likelihood(&machine, &data)
            };
            let slope = (moved(0.015_625) - moved(-0.015_625)) / 0.031_25;
            let [found, drawn] = [&exact, &sampled].map(|new| f64::from(new[at] - old[at]));
            // Differences of second order at a step of 1/64: a sixth of 2.4e-4 times third derivatives of up to about ten.
            assert!((found - slope).abs() < 5e-4, "{visible} {hidden} {at}: {found} {slope}");
            // Products of units vary by about 1 to 2, so 2^14 chains tell 0.015.
            assert!((drawn - slope).abs() < 0.06, "{visible} {hidden} {at}: {drawn} {slope}");
        }
    }
}

/// The centred step against the plain one, both exact: with offsets m and l, the mean of the averages over data and machine,
/// dW is less m dbᵀ + da lᵀ, da is less dW l, and db less dWᵀ m.
#[test]
fn a_centred_step_is_the_plain_one_seen_from_the_offsets() {
    let Some(gpu) = gpu() else { return };
    let (visible, hidden) = (11, 5);
    let start = machine((Units::Bernoulli, visible), (Units::Bernoulli, hidden), 0.8, 6);
    let mut stream = Stream::new(4, Purpose::Cue, 0);
    let values = (0..visible * 13).map(|_| uniform_below(&mut stream, 3).min(1) as f32).collect();
    let data = Vectors::new(visible, values).unwrap();
    let step = |centred: bool| {
        let builder = gpu.train(&start, &data).gradient(Gradient::Exact).batch(13).learning_rate(1.0).centred(centred);
        let mut trainer = builder.build().unwrap();
        trainer.epoch().unwrap();
        let after = trainer.machine().clone();
        let difference = |new: &[f32], old: &[f32]| -> Vec<f64> {
            new.iter().zip(old).map(|(new, old)| f64::from(new - old)).collect()
        };
        let biases = [Layer::Visible, Layer::Hidden].map(|layer| difference(after.biases(layer), start.biases(layer)));
        (difference(after.weights(), start.weights()), biases)
    };
    let ((plain, [da, db]), (centred, [ca, cb])) = (step(false), step(true));
    // Averages over the data; the machine's are these less the plain steps.
    let average = |rows: Vec<Vec<f64>>| -> Vec<f64> {
        (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64).collect()
    };
    let shown = |row: usize| data.row(row).iter().copied().map(f64::from).collect();
    let answered = |row: usize| {
        let inputs = start.inputs(Layer::Hidden, data.row(row)).unwrap();
        inputs.into_iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect()
    };
    let offset = |average: Vec<f64>, step: &[f64]| -> Vec<f64> {
        average.iter().zip(step).map(|(data, step)| data - 0.5 * step).collect()
    };
    let m = offset(average((0..13).map(shown).collect()), &da);
    let l = offset(average((0..13).map(answered).collect()), &db);
    let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 2e-6, "{found} {wanted}");
    for i in 0..visible {
        for j in 0..hidden {
            close(centred[i * hidden + j], plain[i * hidden + j] - m[i] * db[j] - da[i] * l[j]);
        }
        close(ca[i], da[i] - (0..hidden).map(|j| centred[i * hidden + j] * l[j]).sum::<f64>());
    }
    for j in 0..hidden {
        close(cb[j], db[j] - (0..visible).map(|i| centred[i * hidden + j] * m[i]).sum::<f64>());
    }
}

/// The 30 patterns of 4 x 4 whose rows, or whose columns, are all alike.
fn bars_and_stripes() -> Vectors {
    let mut patterns = Vec::new();
    for bits in 0..16u32 {
        let bit = |k: usize| (bits >> k & 1) as f32;
        patterns.push((0..16).map(|at| bit(at / 4)).collect::<Vec<_>>());
        if bits != 0 && bits != 15 {
            patterns.push((0..16).map(|at| bit(at % 4)).collect());
        }
    }
    assert_eq!(patterns.len(), 30);
    Vectors::new(16, patterns.concat()).unwrap()
}

#[test]
fn bars_and_stripes_are_learned() {
    let Some(gpu) = gpu() else { return };
    let data = bars_and_stripes();
    let start = RestrictedMachine::random((Units::Bernoulli, 16), (Units::Bernoulli, 20), 0.1, 1).unwrap();
    let builder = gpu.train(&start, &data).gradient(Gradient::Tempered(8)).chains(256).batch(30).seed(2);
    let mut trainer = builder.optimiser(Optimiser::Momentum(0.5)).build().unwrap();
    let epochs = 4_000;
    for epoch in 0..epochs {
        trainer.set_learning_rate(0.25 * (1.0 - f64::from(epoch) / f64::from(epochs))).unwrap();
        trainer.epoch().unwrap();
    }
    let log_z = gpu.exact_log_partition(trainer.machine()).unwrap();
    let free = Judge::new(&gpu, trainer.machine(), &data, 1).unwrap().free_energies().unwrap();
    let (likelihood, optimum) = (-free.iter().sum::<f64>() / 30.0 - log_z, -(30.0f64.ln()));
    eprintln!("{likelihood:.4} of {optimum:.4} nats a pattern");
    assert!(likelihood < optimum + 1e-4 && likelihood > optimum - 0.1, "{likelihood} {optimum}");
}

/// Every optimiser and gradient: same seed, same bits, in one go or interrupted.
#[test]
fn resumed_training_is_uninterrupted_training() {
    let Some(gpu) = gpu() else { return };
    let data = bars_and_stripes();
    let start = RestrictedMachine::random((Units::Bernoulli, 16), (Units::Bernoulli, 12), 0.05, 1).unwrap();
    for gradient in
        [Gradient::Persistent(2), Gradient::ContrastiveDivergence(1), Gradient::Tempered(3), Gradient::Exact]
    {
        for optimiser in
            [Optimiser::Momentum(0.0), Optimiser::Momentum(0.9), Optimiser::Adam { mean: 0.9, square: 0.99 }]
        {
            let builder = gpu.train(&start, &data).gradient(gradient).optimiser(optimiser).chains(20).batch(11);
            let builder = builder.learning_rate(0.01).weight_decay(1e-3).seed(9);
            let mut whole = builder.build().unwrap();
            (0..7).for_each(|_| whole.epoch().unwrap());
            let mut first = builder.build().unwrap();
            (0..3).for_each(|_| first.epoch().unwrap());
            let state = first.state().unwrap();
            let mut second = builder.build().unwrap();
            second.resume(&state).unwrap();
            (0..4).for_each(|_| second.epoch().unwrap());
            assert_eq!((second.epochs(), second.steps()), (7, 21));
            assert_eq!(whole.machine(), second.machine(), "{gradient:?} {optimiser:?}");
            assert_eq!(whole.state().unwrap(), second.state().unwrap());
            assert_ne!(whole.machine(), first.machine());
            let mut other = builder.clone().seed(10).build().unwrap();
            (0..7).for_each(|_| other.epoch().unwrap());
            assert_ne!(whole.machine(), other.machine());
        }
    }
}

#[test]
fn momenta_are_followed() {
    let Some(gpu) = gpu() else { return };
    let data = bars_and_stripes();
    let likelihood = |optimiser: Optimiser, rate: f64| {
        let start = RestrictedMachine::random((Units::Bernoulli, 16), (Units::Bernoulli, 12), 0.05, 1).unwrap();
        let builder = gpu.train(&start, &data).optimiser(optimiser).learning_rate(rate).batch(30).seed(1);
        let mut trainer = builder.build().unwrap();
        (0..300).for_each(|_| trainer.epoch().unwrap());
        log_likelihood(trainer.machine(), &data)
    };
    // From −11.1 of independent units: ten times the rate, and the step size of Adam, get further in 300 steps.
    let [plain, momentum] = [(0.0, 0.02), (0.9, 0.02)].map(|(m, rate)| likelihood(Optimiser::Momentum(m), rate));
    let fast = likelihood(Optimiser::Momentum(0.0), 0.2);
    let adam = likelihood(Optimiser::Adam { mean: 0.9, square: 0.999 }, 0.02);
    eprintln!("{plain} {momentum} {fast} {adam}");
    assert!(momentum > plain + 0.5 && (momentum - fast).abs() < 0.5 && adam > plain + 0.5);
}

#[test]
fn a_training_that_diverges_says_so() {
    let Some(gpu) = gpu() else { return };
    let data = Vectors::new(6, (0..60).map(|k| (k % 7) as f32 * 3.0).collect()).unwrap();
    let start = RestrictedMachine::random((Units::Gaussian, 6), (Units::Relu, 5), 0.3, 1).unwrap();
    let mut trainer = gpu.train(&start, &data).batch(10).learning_rate(10.0).build().unwrap();
    let error = (0..50).find_map(|_| trainer.epoch().err()).unwrap();
    assert!(matches!(error, Error::Run { .. }) && error.to_string().contains("learning rate"), "{error}");
}

/// F(s) = βE(s) − (P/2) ln 2π with the diagonal kept, over random states; and back.
#[test]
fn a_hopfield_network_is_a_machine() {
    let (neurons, count, beta) = (40, 6, 1.7);
    let patterns = Patterns::random(count, neurons, &mut Stream::new(3, Purpose::Patterns, 0)).unwrap();
    let machine = RestrictedMachine::of_hopfield(&patterns, beta).unwrap();
    let random = Patterns::random(100, neurons, &mut Stream::new(4, Purpose::Patterns, 0)).unwrap();
    for k in 0..100 {
        let signs = random.signs(k);
        let overlap =
            |p: usize| (0..neurons).map(|i| i32::from(patterns.sign(p, i)) * i32::from(signs[i])).sum::<i32>();
        let energy: f64 = -(0..count).map(|p| f64::from(overlap(p)).powi(2)).sum::<f64>() / (2.0 * neurons as f64);
        let state: Vec<f32> = signs.into_iter().map(f32::from).collect();
        let free = machine.free_energy(&state).unwrap() + 0.5 * count as f64 * (2.0 * PI).ln();
        // The weights' rounding to single precision, relative: 6e-8 of an energy of order ten.
        assert!((free - beta * energy).abs() < 1e-6 * energy.abs().max(1.0), "{free} {}", beta * energy);
    }
    let (back, again) = machine.to_patterns().unwrap();
    assert!((again - beta).abs() < 1e-6);
    (0..count).for_each(|p| assert_eq!(back.signs(p), patterns.signs(p)));
    assert!(tiny().to_patterns().unwrap_err().to_string().contains("spins"));
}

/// Both samplers of a Hopfield network at a temperature give the same overlap with the pattern that they start from.
#[test]
fn a_machine_retrieves_as_its_network_does() {
    let Some(gpu) = gpu() else { return };
    // At T = 0.4 and this size patterns are left too rarely to be seen.
    let (neurons, count, beta, chains) = (400, 5, 2.5, 250);
    let patterns = Patterns::random(count, neurons, &mut Stream::new(3, Purpose::Patterns, 0)).unwrap();
    let machine = RestrictedMachine::of_hopfield(&patterns, beta).unwrap();
    let own = |chain: usize| patterns.signs(chain % count).into_iter().map(f32::from);
    let start = Vectors::new(neurons, (0..chains).flat_map(own).collect()).unwrap();
    let mut sampler = gpu.machine(&machine).start(&start).seed(4).build().unwrap();
    sampler.sweep(50).unwrap();
    let (mut of_machine, mut hidden) = (vec![0.0; chains], vec![0.0; chains]);
    let samples = 20;
    for _ in 0..samples {
        sampler.sweep(3).unwrap();
        let (states, layer) = (sampler.visible().unwrap(), sampler.hidden().unwrap());
        for chain in 0..chains {
            let overlap: f32 = states.row(chain).iter().zip(start.row(chain)).map(|(s, xi)| s * xi).sum();
            let unit = f64::from(layer.row(chain)[chain % count]) / (beta * neurons as f64).sqrt();
            of_machine[chain] += f64::from(overlap) / (neurons * samples) as f64;
            hidden[chain] += unit / samples as f64;
        }
    }
    let cues = Cues::damaged(&patterns, count, Damage::Noise(0.0), 1).unwrap();
    let network = Hopfield::new(patterns).starting_at(cues);
    let builder = gpu.simulate(network, BlockGibbs).betas(&[beta]).replicas(chains as u32).seed(5);
    let mut simulation = builder.build().unwrap();
    let overlap = simulation.observe(Overlap);
    let run = simulation.run(Schedule { warmup: 50, samples: samples as u64, thin: 3 }).unwrap();
    let of_network = run.by_beta().next().unwrap().mean(overlap);
    for (what, values) in [("visible", of_machine), ("hidden", hidden)] {
        let estimate = Estimate::of_independent(&values);
        eprintln!("{what} {estimate}, network {of_network}");
        let both = estimate.error.unwrap().hypot(of_network.error.unwrap());
        // ⟨z | s⟩ = √(βN) m: both are the overlap.
        assert!((estimate.mean - of_network.mean).abs() < 4.0 * both && both < 0.005 && estimate.mean > 0.9);
    }
}

fn refused(gpu: &Gpu, machine: &RestrictedMachine, data: &Vectors) -> Vec<Error> {
    let train = || gpu.train(machine, data);
    [
        train().batch(0).build().err(),
        train().batch(data.count() + 1).build().err(),
        train().chains(0).build().err(),
        train().learning_rate(-0.1).build().err(),
        train().learning_rate(f64::NAN).build().err(),
        train().weight_decay(-1.0).build().err(),
        train().optimiser(Optimiser::Momentum(1.0)).build().err(),
        train().gradient(Gradient::Persistent(0)).build().err(),
        train().gradient(Gradient::Tempered(1)).build().err(),
        {
            let large = RestrictedMachine::random((Units::Bernoulli, 17), (Units::Bernoulli, 17), 0.1, 1).unwrap();
            let data = Vectors::new(17, vec![0.0; 17 * data.count()]).unwrap();
            gpu.train(&large, &data).gradient(Gradient::Exact).build().err()
        },
        gpu.machine(machine).chains(0).build().err(),
        gpu.machine(machine).hold(&[true]).build().err(),
        gpu.machine(machine).start(data).hold(&[true]).build().err(),
        gpu.anneal_log_partition(machine).chains(1).run().err(),
        gpu.anneal_log_partition(machine).steps(0).run().err(),
    ]
    .into_iter()
    .map(Option::unwrap)
    .collect()
}

#[test]
fn what_makes_no_sense_is_refused() {
    let bernoulli = Units::Bernoulli;
    for (weights, a, b) in [
        (vec![], vec![], vec![0.0]),
        (vec![], vec![0.0], vec![]),
        (vec![0.0; 5], vec![0.0; 2], vec![0.0; 3]),
        (vec![f32::NAN; 6], vec![0.0; 2], vec![0.0; 3]),
        (vec![0.0; 6], vec![0.0, f32::INFINITY], vec![0.0; 3]),
    ] {
        assert!(matches!(RestrictedMachine::new(bernoulli, bernoulli, weights, a, b), Err(Error::Input { .. })));
    }
    let Some(gpu) = gpu() else { return };
    let machine = RestrictedMachine::random((bernoulli, 4), (bernoulli, 3), 0.1, 1).unwrap();
    let data = Vectors::new(4, vec![1.0; 20]).unwrap();
    for error in refused(&gpu, &machine, &data) {
        assert!(matches!(error, Error::Input { .. }), "{error}");
    }
    for (width, values, part) in
        [(4, vec![1.5; 4], "0 to 1"), (4, vec![-0.1; 4], "0 to 1"), (3, vec![0.0; 3], "values")]
    {
        let data = Vectors::new(width, values).unwrap();
        assert!(gpu.train(&machine, &data).build().unwrap_err().to_string().contains(part));
        assert!(Judge::new(&gpu, &machine, &data, 1).unwrap_err().to_string().contains(part));
        assert!(gpu.machine(&machine).start(&data).build().unwrap_err().to_string().contains(part));
    }
    let wild =
        RestrictedMachine::new(Units::Gaussian, Units::Gaussian, vec![0.8; 4], vec![0.0; 2], vec![0.0; 2]).unwrap();
    assert!(gpu.machine(&wild).build().unwrap_err().to_string().contains("amplification"));
}

/// Gaussian units whose data vary too much for a machine with a density: learning stops there and says so.
#[test]
fn learning_stops_where_the_density_ends() {
    let Some(gpu) = gpu() else { return };
    let signs = (0..32).flat_map(|p: u32| [if p.is_multiple_of(2) { 3.0 } else { -3.0 }; 6]).collect();
    let data = Vectors::new(6, signs).unwrap();
    for (hidden, seed) in [(Units::Gaussian, 1), (Units::Relu, 2)] {
        let start = RestrictedMachine::random((Units::Gaussian, 6), (hidden, 4), 0.01, seed).unwrap();
        let mut trainer = gpu.train(&start, &data).batch(32).learning_rate(0.02).build().unwrap();
        let error = loop {
            assert!(trainer.machine().amplification().unwrap() < 1.0 && trainer.epochs() < 200);
            match trainer.epoch() {
                Ok(()) => {}
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("density") && error.contains("epoch"), "{hidden}: {error}");
    }
}

/// A mode that chains from independent units never find: their way back agrees with their way there, and both are wrong by tens of
/// nats. A way back from a state of that mode shows it.
#[test]
fn a_way_back_from_the_data_shows_a_mode_that_was_missed() {
    let Some(gpu) = gpu() else { return };
    let (visible, hidden) = (20, 10);
    // All units up: -E = 200 - 60 - 100; all down: 0. On the way all hidden units are down while few visible ones are up.
    let machine = RestrictedMachine::new(
        Units::Bernoulli,
        Units::Bernoulli,
        vec![1.0; visible * hidden],
        vec![-3.0; visible],
        vec![-10.0; hidden],
    );
    let machine = machine.unwrap();
    let exact = gpu.exact_log_partition(&machine).unwrap();
    let annealing = || gpu.anneal_log_partition(&machine).chains(64).steps(200).seed(1).reverse(20);
    let alone = annealing().run().unwrap();
    let data = Vectors::new(visible, vec![1.0; 3 * visible]).unwrap();
    let shown = annealing().reverse_from(&data).unwrap().run().unwrap();
    assert_eq!(alone.log_partition, shown.log_partition);
    assert!(alone.log_partition.mean < exact - 30.0, "{} {exact}", alone.log_partition);
    assert!((alone.reverse.unwrap().mean - alone.log_partition.mean).abs() < 1.0, "{alone:?}");
    // From above, by what is lost where the mode ends.
    assert!(shown.reverse.unwrap().mean > exact - 1.0, "{shown:?} {exact}");
    assert!(annealing().reverse_from(&Vectors::new(3, vec![1.0; 3]).unwrap()).is_err());
}
