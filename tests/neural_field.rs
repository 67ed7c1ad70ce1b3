//! Fields of neurons: exact sums, published identities, and sampling against both.

mod common;

use common::{agrees, gpu, tunings};
use spinfield::Estimate;
use spinfield::neurons::{Coarsening, Convention, NeuralField, Raster, coarsen};
use spinfield::random::{Purpose, Stream, uniform_unit};
use spinfield::statistics::r_hat;

/// The tiny field of three neurons and three ticks: A_01 = −0.6, A_02 = 0.4, A_12 = −0.3, symmetric, each pair twice; B = −0.5
/// between neighbouring ticks, once; I = 0.2.
fn tiny() -> NeuralField {
    let space = vec![0.0, 1.2, -0.8, 1.2, 0.0, 0.6, -0.8, 0.6, 0.0];
    let field = NeuralField::new(3, Convention::Gas).unwrap().with_space(space).unwrap();
    field.with_time(1, vec![0.5; 3]).unwrap().with_input(vec![-0.2; 3]).unwrap()
}

/// A field with couplings and inputs of every kind, from a seed; causal ones are not symmetric.
fn anything(neurons: usize, lags: usize, ticks: Option<usize>, convention: Convention, causal: bool) -> NeuralField {
    use rand::Rng as _;
    let mut stream = Stream::new(11, Purpose::Disorder, (neurons * 10 + lags) as u32);
    let mut value = |size: f32| f64::from(size * (2.0 * uniform_unit(stream.next_u32()) - 1.0));
    let mut space = vec![0.0; neurons * neurons];
    for i in 0..neurons {
        for j in 0..i {
            let coupling = value(1.0);
            space[i * neurons + j] = coupling;
            space[j * neurons + i] = if causal { value(1.0) } else { coupling };
        }
    }
    let field = NeuralField::new(neurons, convention).unwrap();
    let field = if causal { field.causal() } else { field };
    let time = (0..lags * neurons).map(|_| value(0.8)).collect();
    let input = (0..neurons * ticks.unwrap_or(1)).map(|_| value(0.7)).collect();
    field.with_space(space).unwrap().with_time(lags, time).unwrap().with_input(input).unwrap()
}

/// A raster of random bits.
fn random_raster(trials: usize, neurons: usize, ticks: usize, seed: u64) -> Raster {
    use rand::Rng as _;
    let mut stream = Stream::new(seed, Purpose::Patterns, 0);
    let values: Vec<u8> = (0..trials * neurons * ticks).map(|_| (stream.next_u32() >> 31) as u8).collect();
    Raster::from_values(&values, trials, neurons, ticks).unwrap()
}

/// Chi-square of so many rasters against the probabilities of an enumeration, in standard deviations above its mean; cells of
/// fewer than five expected are pooled.
fn surprise(rasters: &Raster, probabilities: &[f64], free: &[(usize, usize)]) -> f64 {
    let mut counts = vec![0.0; probabilities.len()];
    for trial in 0..rasters.trials() {
        let bit = |(k, &(neuron, tick)): (usize, &(usize, usize))| usize::from(rasters.fires(trial, neuron, tick)) << k;
        counts[free.iter().enumerate().map(bit).sum::<usize>()] += 1.0;
    }
    let all = rasters.trials() as f64;
    let (mut chi2, mut cells, mut rest) = (0.0, 0.0, (0.0, 0.0));
    for (count, probability) in counts.iter().zip(probabilities) {
        let expected = all * probability;
        if expected < 5.0 {
            rest = (rest.0 + count, rest.1 + expected);
        } else {
            chi2 += (count - expected).powi(2) / expected;
            cells += 1.0;
        }
    }
    if rest.1 > 0.0 {
        chi2 += (rest.0 - rest.1).powi(2) / f64::max(rest.1, 1.0);
    }
    let freedom: f64 = cells - 1.0;
    eprintln!("chi-square {chi2:.1} of {freedom}, {} rasters", all);
    (chi2 - freedom) / (2.0 * freedom).sqrt()
}

fn sites(neurons: usize, ticks: usize) -> Vec<(usize, usize)> {
    (0..neurons).flat_map(|neuron| (0..ticks).map(move |tick| (neuron, tick))).collect()
}

#[test]
fn couplings_of_numpy_are_read() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/couplings.npz");
    let field = NeuralField::new(2, Convention::Gas).unwrap().with_space(vec![0.0, 0.5, 0.5, 0.0]).unwrap();
    let field = field.with_time(1, vec![0.25, -0.25]).unwrap().with_input(vec![-1.0, -2.0]).unwrap();
    assert_eq!(NeuralField::load(path).unwrap(), field);
}

#[test]
fn the_tiny_field_has_its_exact_numbers() {
    // Computed independently, ten digits: the tolerance is their last digit.
    let exact = tiny().enumerate(3, None).unwrap();
    let mean = (0..3).map(|i| exact.rate(i)).sum::<f64>() / 3.0;
    let overlap = |lag: usize| exact.overlap(0, lag);
    for (what, found, wanted) in [
        ("ln Z", exact.log_z, 7.683_888_713_4),
        ("mean", mean, 0.660_699_919_4),
        ("Phi_01", exact.space(0, 1), 0.573_885_275_3),
        ("Phi_02", exact.space(0, 2), 0.313_718_276_4),
        ("Pi_01", overlap(1), 0.485_079_440_1),
        ("Pi_02", overlap(2), 0.425_123_888_1),
    ] {
        assert!((found - wanted).abs() < 1e-10, "{what}: {found}, not {wanted}");
    }
}

#[test]
fn the_tiny_field_is_sampled_rightly() {
    let Some(gpu) = gpu() else { return };
    let exact = tiny().enumerate(3, None).unwrap();
    let mut chains = gpu.neural_field(&tiny(), 3).chains(128).lags(2).seed(5).build().unwrap();
    chains.sweep(100).unwrap();
    let moments = chains.moments(400, 2).unwrap();
    for i in 0..3 {
        agrees("rate", moments.rates()[i], exact.rate(i), 0.005);
        for j in 0..i {
            agrees("space", moments.space()[3 * i + j], exact.space(i, j), 0.005);
        }
        for lag in 1..3 {
            agrees("time", moments.time()[(lag - 1) * 3 + i], exact.time(lag, i), 0.005);
        }
    }
    // Of the enumeration: the probability that k neurons fire at a tick.
    let mut crowds = [0.0; 4];
    for (bits, probability) in exact.probabilities.iter().enumerate() {
        for tick in 0..3 {
            crowds[(0..3).filter(|neuron| bits >> (3 * neuron + tick) & 1 == 1).count()] += probability / 3.0;
        }
    }
    for (estimate, truth) in moments.population().iter().zip(crowds) {
        agrees("population", *estimate, truth, 0.005);
    }
    assert_eq!((moments.activity().count(), moments.activity().len()), (128, 400));
    assert!(r_hat(moments.activity()).unwrap() < 1.01);
}

#[test]
fn the_action_is_made_of_correlations() {
    // A = T <A, Phi> + N <B, Pi> + <I, Omega>: of any raster, here with an input a tick and uniform time couplings.
    let (neurons, ticks) = (6, 9);
    let raster = random_raster(1, neurons, ticks, 3);
    let phi = |i: usize, a: usize| f64::from(u8::from(raster.fires(0, i, a)));
    let drawn = anything(neurons, 0, Some(ticks), Convention::Gas, false);
    let times = [0.7, -0.3];
    let time = times.iter().flat_map(|&k| vec![k; neurons]).collect();
    let field = drawn.with_time(2, time).unwrap();
    let mut action = 0.0;
    for i in 0..neurons {
        for j in 0..neurons {
            let space = (0..ticks).map(|a| phi(i, a) * phi(j, a)).sum::<f64>() / ticks as f64;
            action += ticks as f64 * -0.5 * field.space()[i * neurons + j] * space;
        }
    }
    for a in 0..ticks {
        for b in 0..ticks {
            let overlap = (0..neurons).map(|i| phi(i, a) * phi(i, b)).sum::<f64>() / neurons as f64;
            let coupling = times.get(a.abs_diff(b).wrapping_sub(1)).copied().unwrap_or(0.0);
            action += neurons as f64 * -0.5 * coupling * overlap;
        }
    }
    for (i, a) in sites(neurons, ticks) {
        action -= field.input()[i * ticks + a] * phi(i, a);
    }
    let weight = field.log_weight(ticks, |i, a| raster.fires(0, i, a)).unwrap();
    assert!((weight + action).abs() < 1e-12, "{weight} {action}");
}

#[test]
fn both_conventions_are_one_measure() {
    for (lags, causal) in [(0, false), (1, false), (3, false), (0, true), (2, true)] {
        for convention in [Convention::Gas, Convention::Magnetic] {
            let field = anything(3, lags, None, convention, causal).over(4).unwrap();
            let other = match convention {
                Convention::Gas => Convention::Magnetic,
                Convention::Magnetic => Convention::Gas,
            };
            let mapped = field.to(other).unwrap();
            let [one, two] = [&field, &mapped].map(|field| field.enumerate(4, None).unwrap().probabilities);
            let off = one.iter().zip(&two).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(off < 1e-14, "{lags} lags, causal {causal}: {off}");
            let back = mapped.to(convention).unwrap();
            let values = |field: &NeuralField| [field.space(), field.time(), field.input()].concat();
            let off = values(&back).iter().zip(values(&field)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(off < 1e-14, "{off}");
        }
    }
}

#[test]
fn a_causal_law_is_normalised() {
    let exact = anything(3, 2, Some(4), Convention::Magnetic, true).enumerate(4, None).unwrap();
    assert!(exact.log_z.abs() < 1e-12, "{}", exact.log_z);
}

#[test]
fn without_couplings_in_time_ticks_are_draws_of_the_maximum_entropy_model() {
    let Some(gpu) = gpu() else { return };
    let field = anything(10, 0, None, Convention::Gas, false);
    let exact = field.enumerate(1, None).unwrap();
    let mut chains = gpu.neural_field(&field, 500).chains(16).seed(2).build().unwrap();
    chains.sweep(50).unwrap();
    let moments = chains.moments(100, 5).unwrap();
    for i in 0..10 {
        agrees("rate", moments.rates()[i], exact.rate(i), 0.005);
        for j in 0..i {
            agrees("pair", moments.space()[10 * i + j], exact.space(i, j), 0.005);
        }
        // Ticks know nothing of each other.
        agrees("lag", moments.time()[i], exact.rate(i).powi(2), 0.005);
    }
    // Every tick of every chain is a raster of one tick.
    let states = chains.states().unwrap();
    let ticks: Vec<u8> = (0..16 * 500)
        .flat_map(|at| (0..10).map(move |neuron| (at, neuron)))
        .map(|(at, neuron)| u8::from(states.fires(at / 500, neuron, at % 500)))
        .collect();
    let ticks = Raster::from_values(&ticks, 16 * 500, 10, 1).unwrap();
    assert!(surprise(&ticks, &exact.probabilities, &sites(10, 1)).abs() < 4.0);
}

#[test]
fn every_raster_is_as_frequent_as_its_weight() {
    let Some(gpu) = gpu() else { return };
    for (neurons, ticks, lags, driven, convention) in [
        (3, 3, 1, false, Convention::Gas),
        (2, 5, 1, true, Convention::Magnetic),
        (2, 5, 2, false, Convention::Gas),
        (2, 5, 3, true, Convention::Gas),
        (2, 5, 3, false, Convention::Magnetic),
        (1, 4, 7, false, Convention::Gas),
    ] {
        let field = anything(neurons, lags, driven.then_some(ticks), convention, false);
        let exact = field.enumerate(ticks, None).unwrap();
        let mut chains = gpu.neural_field(&field, ticks).chains(1 << 13).seed(4).build().unwrap();
        chains.sweep(25).unwrap();
        let surprise = surprise(&chains.states().unwrap(), &exact.probabilities, &sites(neurons, ticks));
        assert!(surprise.abs() < 4.0, "{neurons} neurons, {ticks} ticks, {lags} lags: {surprise}");
    }
}

#[test]
fn clamped_sites_condition_the_rest() {
    let Some(gpu) = gpu() else { return };
    let (neurons, ticks) = (3, 4);
    let field = anything(neurons, 2, None, Convention::Gas, false);
    let (mut mask, mut observed) = (Raster::new(1, neurons, ticks).unwrap(), Raster::new(1, neurons, ticks).unwrap());
    for (neuron, tick, fires) in [(0, 1, true), (1, 1, false), (2, 3, true)] {
        mask.set(0, neuron, tick, true);
        observed.set(0, neuron, tick, fires);
    }
    let exact = field.enumerate(ticks, Some((&mask, &observed))).unwrap();
    let mut chains = gpu.neural_field(&field, ticks).chains(1 << 13).clamp(&mask, &observed).seed(6).build().unwrap();
    chains.sweep(25).unwrap();
    let states = chains.states().unwrap();
    let free: Vec<_> = sites(neurons, ticks).into_iter().filter(|&(i, a)| !mask.fires(0, i, a)).collect();
    assert_eq!(exact.probabilities.len(), 1 << free.len());
    assert!(surprise(&states, &exact.probabilities, &free).abs() < 4.0);
    let held = |chain: usize| states.fires(chain, 0, 1) && !states.fires(chain, 1, 1) && states.fires(chain, 2, 3);
    assert!((0..1 << 13).all(held));
}

#[test]
fn causal_chains_have_their_exact_law() {
    let Some(gpu) = gpu() else { return };
    for (lags, driven, convention) in
        [(0, false, Convention::Gas), (1, true, Convention::Magnetic), (3, false, Convention::Gas)]
    {
        let field = anything(2, lags, driven.then_some(5), convention, true);
        let exact = field.enumerate(5, None).unwrap();
        let mut chains = gpu.neural_field(&field, 5).chains(1 << 13).seed(8).build().unwrap();
        // The first draw is already one of the law, and the next is independent of it.
        chains.sweep(1).unwrap();
        let first = chains.states().unwrap();
        assert!(surprise(&first, &exact.probabilities, &sites(2, 5)).abs() < 4.0, "{lags} lags");
        chains.sweep(1).unwrap();
        let second = chains.states().unwrap();
        assert!(surprise(&second, &exact.probabilities, &sites(2, 5)).abs() < 4.0, "{lags} lags");
        assert_ne!(first, second);
        let moments = chains.moments(200, 1).unwrap();
        agrees("rate", moments.rates()[0], exact.rate(0), 0.005);
        agrees("space", moments.space()[1], exact.space(0, 1), 0.005);
        agrees("time", moments.time()[1], exact.time(1, 1), 0.005);
    }
}

#[test]
fn counts_of_the_device_are_those_of_its_rasters() {
    let Some(gpu) = gpu() else { return };
    for (neurons, ticks, lags, replicas, causal) in
        [(35, 67, 5, 3, false), (5, 200, 40, 1, false), (4, 3, 2, 70, false), (35, 20, 3, 33, true)]
    {
        let field = anything(neurons, 2, None, Convention::Gas, causal);
        let builder = gpu.neural_field(&field, ticks).chains(replicas).lags(lags).seed(1);
        let mut chains = builder.build().unwrap();
        let moments = chains.moments(1, 3).unwrap();
        let states = chains.states().unwrap();
        let fires = |r: usize, i: usize, a: usize| f64::from(u8::from(states.fires(r, i, a)));
        let all = (replicas * ticks) as f64;
        let over = |lag: usize, f: &dyn Fn(usize, usize) -> f64| -> f64 {
            (0..replicas).flat_map(|r| (0..ticks - lag).map(move |a| (r, a))).map(|(r, a)| f(r, a)).sum()
        };
        let mut crowds = vec![0.0; neurons + 1];
        for (r, a) in (0..replicas).flat_map(|r| (0..ticks).map(move |a| (r, a))) {
            crowds[states.active(r, a)] += 1.0 / all;
        }
        let close = |what: &str, estimate: Estimate, exact: f64| {
            assert!((estimate.mean - exact).abs() < 1e-12, "{what}: {} {exact}", estimate.mean);
        };
        for i in 0..neurons {
            close("rate", moments.rates()[i], states.rates()[i]);
            for j in 0..neurons {
                let both = over(0, &|r, a| fires(r, i, a) * fires(r, j, a)) / all;
                close("space", moments.space()[i * neurons + j], both);
            }
            for lag in 1..=lags {
                let both = over(lag, &|r, a| fires(r, i, a) * fires(r, i, a + lag));
                let all = (replicas * (ticks - lag)) as f64;
                close("time", moments.time()[(lag - 1) * neurons + i], both / all);
            }
        }
        for (count, &exact) in crowds.iter().enumerate() {
            close("population", moments.population()[count], exact);
        }
        for r in 0..replicas {
            let spikes: usize = (0..ticks).map(|a| states.active(r, a)).sum();
            let activity = moments.activity().get(0, r).unwrap();
            assert!((activity - spikes as f64 / (neurons * ticks) as f64).abs() < 1e-12);
        }
        // One sample has no error.
        assert!(moments.rates()[0].error.is_none() && moments.space()[1].error.is_none());
    }
}

#[test]
fn no_bit_depends_on_layout_or_tuning() {
    let Some(gpu) = gpu() else { return };
    for (lags, causal) in [(0, false), (1, false), (3, false), (2, true)] {
        let ticks = 100;
        let field = anything(40, lags, Some(ticks), Convention::Gas, causal);
        let of = |gpu: &spinfield::Gpu, chains: usize| {
            let mut chains = gpu.neural_field(&field, ticks).chains(chains).seed(3).build().unwrap();
            chains.sweep(2).unwrap();
            chains.states().unwrap()
        };
        // One replica is cut into many strands, 40 are not cut at all.
        let many = of(&gpu, 40);
        for replicas in [1, 5, 11] {
            assert_eq!(
                of(&gpu, replicas),
                many.take_trials(&(0..replicas).collect::<Vec<_>>()).unwrap(),
                "{lags} lags"
            );
        }
        for tuning in if lags == 0 { Vec::new() } else { tunings() } {
            assert_eq!(of(&gpu.with_tuning(tuning), 2), many.take_trials(&[0, 1]).unwrap(), "{tuning:?}");
        }
    }
}

#[test]
fn chains_take_other_couplings() {
    let Some(gpu) = gpu() else { return };
    let field = anything(7, 2, None, Convention::Magnetic, false);
    let nothing = NeuralField::new(7, Convention::Magnetic).unwrap().with_time(2, vec![0.0; 14]).unwrap();
    let build = |field: &NeuralField| gpu.neural_field(field, 20).chains(3).seed(9).build().unwrap();
    let (mut straight, mut changed) = (build(&field), build(&nothing));
    changed.set_field(&field).unwrap();
    straight.sweep(5).unwrap();
    changed.sweep(5).unwrap();
    assert_eq!(straight.states().unwrap(), changed.states().unwrap());
    for wrong in [
        NeuralField::new(8, Convention::Magnetic).unwrap(),
        NeuralField::new(7, Convention::Gas).unwrap(),
        nothing.clone().causal(),
        nothing.clone().over(21).unwrap(),
    ] {
        assert!(changed.set_field(&wrong).is_err());
    }
}

#[test]
fn a_chain_decimates_as_its_closed_form_says() {
    let Some(gpu) = gpu() else { return };
    let coupling: f64 = 0.9;
    let chain = NeuralField::new(1, Convention::Magnetic).unwrap().with_time(1, vec![coupling]).unwrap();
    let mut chains = gpu.neural_field(&chain, 1_500).chains(128).seed(12).build().unwrap();
    // Neighbours agree over 1 / -ln tanh 0.9 = 3 ticks: sixty sweeps forget the start.
    chains.sweep(60).unwrap();
    let states = chains.states().unwrap();
    for b in 1..=5 {
        let coarse = coarsen(&states, 1, b, Coarsening::Decimate).unwrap();
        let of_replica = |r: usize| {
            let bonds = coarse.ticks() - 1;
            let agree = (0..bonds).filter(|&a| coarse.fires(r, 0, a) == coarse.fires(r, 0, a + 1)).count();
            2.0 * agree as f64 / bonds as f64 - 1.0
        };
        let values: Vec<f64> = (0..128).map(of_replica).collect();
        // Neighbours of an open chain have <s s'> = tanh K' exactly, so the estimate is one of tanh K'.
        agrees("tanh K'", Estimate::of_independent(&values), coupling.tanh().powi(b as i32), 0.01);
    }
}

/// A thousand neurons over 10,000 ticks, in 500 pairs with weights 1, e^h, e^h and e^(2h + J): sampled, and described.
#[test]
fn large_rasters_are_sampled_and_described() {
    let Some(gpu) = gpu() else { return };
    let (neurons, ticks, coupling, input) = (1_000, 10_000, 1.0f64, -1.0f64);
    let mut space = vec![0.0; neurons * neurons];
    (0..neurons).for_each(|i| space[i * neurons + (i ^ 1)] = coupling);
    let field = NeuralField::new(neurons, Convention::Gas).unwrap().with_space(space).unwrap();
    let field = field.with_input(vec![input; neurons]).unwrap();
    let mut chains = gpu.neural_field(&field, ticks).chains(1).seed(15).build().unwrap();
    // A sweep leaves (P(f = 1 | 1) - P(f = 1 | 0))^2 = 0.05 of what a pair remembers of its start.
    chains.sweep(4).unwrap();
    let description = gpu.describe(&chains.states().unwrap()).lags(0).window(0).run().unwrap();
    let (single, both) = (input.exp(), (2.0 * input + coupling).exp());
    let all = 1.0 + 2.0 * single + both;
    let together: Vec<f64> =
        (0..neurons).step_by(2).map(|i| description.space_correlation()[i * neurons + i + 1]).collect();
    let rates: Vec<f64> = (0..neurons).step_by(2).map(|i| description.rates()[i].mean).collect();
    agrees("pairs", Estimate::of_independent(&together), both / all, 3e-4);
    agrees("rates", Estimate::of_independent(&rates), (single + both) / all, 3e-4);
    // Neurons of different pairs know nothing of each other: the mean of 499,000 covariances of variance below (1/4)^2 / T.
    let covariance = description.covariance();
    let apart = (0..neurons).flat_map(|i| (0..i).map(move |j| (i, j))).filter(|(i, j)| i ^ 1 != *j);
    let sum: f64 = apart.map(|(i, j)| covariance[i * neurons + j]).sum();
    assert!((sum / 499_000.0).abs() < 4.0 * 0.25 / (499_000.0 * ticks as f64).sqrt(), "{sum}");
}

#[test]
fn bad_input_is_named() {
    let Some(gpu) = gpu() else { return };
    let (field, causal) = (tiny(), tiny().causal());
    let raster = |trials, neurons, ticks| Raster::new(trials, neurons, ticks).unwrap();
    let (right, wide, long, few) = (raster(1, 3, 4), raster(1, 4, 4), raster(1, 3, 5), raster(2, 3, 4));
    let driven = tiny().over(5).unwrap();
    for (builder, word) in [
        (gpu.neural_field(&field, 4).chains(0), "chains"),
        (gpu.neural_field(&field, 0), "ticks"),
        (gpu.neural_field(&driven, 4), "5, as its input has"),
        (gpu.neural_field(&field, 4).lags(4), "0 to 3"),
        (gpu.neural_field(&field, 4).clamp(&wide, &right), "mask"),
        (gpu.neural_field(&field, 4).clamp(&right, &long), "values of clamped"),
        (gpu.neural_field(&field, 4).start(&few), "1 or 32"),
        (gpu.neural_field(&causal, 4).clamp(&right, &right), "causal"),
        (gpu.neural_field(&field, 1 << 30), "needs"),
        (gpu.neural_field(&field, 1 << 20).chains(1 << 12), "needs"),
    ] {
        let error = builder.build().map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let mut chains = gpu.neural_field(&field, 4).build().unwrap();
    assert!(chains.moments(0, 1).is_err() && chains.moments(1, 0).is_err());
    assert!(field.enumerate(7, None).unwrap_err().to_string().contains("needs 21"));
    assert!(field.enumerate(4, Some((&right, &wide))).is_err());
}
