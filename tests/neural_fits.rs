//! Couplings found from rasters: of data drawn on the host from known couplings, and of recordings.

mod common;

use common::gpu;
use spinfield::io::raster::{RasterOptions, read_raster};
use spinfield::neurons::fit::{Method, NeuralFit, Prior, figure};
use spinfield::random::{Purpose, Stream, uniform_below};
use spinfield::{Error, Raster};

/// Uniform between 0 and 1.
fn uniform(stream: &mut Stream) -> f64 {
    (uniform_below(stream, 1 << 30) as f64 + 0.5) / f64::from(1 << 30)
}

fn normal(stream: &mut Stream) -> f64 {
    let radius = (-2.0 * uniform(stream).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(stream)).cos()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Known couplings of N neurons: J N × N, h N.
struct Truth {
    neurons: usize,
    space: Vec<f64>,
    input: Vec<f64>,
}

impl Truth {
    /// Symmetric couplings of either sign.
    fn random(neurons: usize, deviation: f64, input: f64, seed: u64) -> Self {
        let mut stream = Stream::new(seed, Purpose::Patterns, 0);
        let mut space = vec![0.0; neurons * neurons];
        for (i, j) in (0..neurons).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let coupling = deviation * normal(&mut stream);
            space[i * neurons + j] = coupling;
            space[j * neurons + i] = coupling;
        }
        let input = (0..neurons).map(|_| input + 0.3 * normal(&mut stream)).collect();
        Self { neurons, space, input }
    }

    /// Independent ticks: a Gibbs chain on the host with twenty sweeps between them.
    fn ticks(&self, ticks: usize, seed: u64) -> Raster {
        let mut stream = Stream::new(seed, Purpose::Start, 0);
        let mut raster = Raster::new(1, self.neurons, ticks).unwrap();
        let mut state = vec![0.0; self.neurons];
        for tick in 0..ticks {
            for _ in 0..if tick == 0 { 500 } else { 20 } {
                for i in 0..self.neurons {
                    let row = &self.space[i * self.neurons..(i + 1) * self.neurons];
                    let field = self.input[i] + row.iter().zip(&state).map(|(j, f)| j * f).sum::<f64>();
                    state[i] = f64::from(u8::from(uniform(&mut stream) < logistic(field)));
                }
            }
            state.iter().enumerate().for_each(|(i, &f)| raster.set(0, i, tick, f == 1.0));
        }
        raster
    }
}

/// Correlation and slope of the regression of `found` on `truth`, over pairs i < j.
fn regression(neurons: usize, found: &[f64], truth: &[f64]) -> (f64, f64) {
    let pairs = || (0..neurons).flat_map(|i| (0..i).map(move |j| i * neurons + j));
    let count = pairs().count() as f64;
    let mean = |values: &[f64]| pairs().map(|at| values[at]).sum::<f64>() / count;
    let (x, y) = (mean(truth), mean(found));
    let sum = |a: &[f64], ma: f64, b: &[f64], mb: f64| pairs().map(|at| (a[at] - ma) * (b[at] - mb)).sum::<f64>();
    let (xx, xy, yy) = (sum(truth, x, truth, x), sum(truth, x, found, y), sum(found, y, found, y));
    (xy / (xx * yy).sqrt(), xy / xx)
}

/// The largest deviation of sampled rates and pair correlations ⟨ff⟩ from those of the data, in standard errors of the data.
fn worst(fit: &NeuralFit, raster: &Raster) -> f64 {
    let sampled = fit.sampled.as_ref().unwrap();
    let (neurons, ticks) = (raster.neurons(), raster.ticks() as f64);
    let rates = raster.rates();
    // What never happened might have happened once.
    let error = |mean: f64| (mean.max(1.0 / ticks) * (1.0 - mean) / ticks).sqrt();
    let deviation = |data: f64, model: f64| (data - model).abs() / error(data);
    let mut most = rates.iter().zip(&sampled.rates).map(|(d, m)| deviation(*d, *m)).fold(0.0, f64::max);
    let pairs = (0..neurons).flat_map(|i| (i + 1..neurons).map(move |j| (i, j)));
    for ((i, j), covariance) in pairs.zip(&sampled.covariances) {
        let words = raster.row(0, i).iter().zip(raster.row(0, j));
        let together = words.map(|(a, b)| f64::from((a & b).count_ones())).sum::<f64>() / ticks;
        most = most.max(deviation(together, covariance + sampled.rates[i] * sampled.rates[j]));
    }
    most
}

#[test]
fn known_couplings_come_back() {
    let Some(gpu) = gpu() else { return };
    let truth = Truth::random(20, 0.5, -1.5, 1);
    let raster = truth.ticks(50_000, 2);
    let fit = gpu.fit_neurons(&raster).run().unwrap();
    assert!(fit.converged, "{:?}", fit.course);
    let (correlation, slope) = regression(20, fit.field.space(), &truth.space);
    eprintln!("pseudo-likelihood: correlation {correlation:.4}, slope {slope:.4}, {} steps", fit.course.len());
    assert!(correlation > 0.98 && (slope - 1.0).abs() < 0.05);
    let sampled = fit.sampled.as_ref().unwrap();
    assert!(!sampled.unstable && sampled.r_hat.unwrap() < 1.05, "{sampled:?}");

    let fit = gpu.fit_neurons(&raster).method(Method::Boltzmann).run().unwrap();
    let (correlation, slope) = regression(20, fit.field.space(), &truth.space);
    let worst = worst(&fit, &raster);
    eprintln!("Boltzmann: correlation {correlation:.4}, slope {slope:.4}, {} steps, {worst:.2}", fit.course.len());
    // Chains of their own, from random starts: what learning has seen is not what is compared here.
    assert!(fit.converged && worst < 3.0, "{:?}", fit.course);
    assert!(correlation > 0.98 && (slope - 1.0).abs() < 0.05);
}

/// Standard errors of independent ticks are those of the bootstrap, and the truth lies within them.
#[test]
fn bootstrap_errors_are_those_of_the_truth() {
    let Some(gpu) = gpu() else { return };
    let truth = Truth::random(10, 0.5, -1.0, 3);
    let raster = truth.ticks(40_000, 4);
    let fit = gpu.fit_neurons(&raster).bootstrap(20).check(false).seed(1).run().unwrap();
    let errors = fit.errors.as_ref().unwrap();
    let pairs = (0..10).flat_map(|i| (0..i).map(move |j| i * 10 + j));
    let squares = pairs.map(|at| ((fit.field.space()[at] - truth.space[at]) / errors.space[at]).powi(2));
    let square = squares.sum::<f64>() / 45.0;
    eprintln!("mean square of the deviations in errors: {square:.2}");
    // Student's t of 19 degrees of freedom has a mean square of 19/17; over 45 of them it varies by about 0.3.
    assert!((0.5..2.2).contains(&square));
}

/// What is done to space couplings, time couplings and inputs.
type Change<'a> = dyn Fn(&mut [f64], &mut [f64], &mut [f64]) + 'a;

/// ∂/∂θ of the likelihood is what the search needs: at the maximum each moment is that of the model, so that any direction is
/// downhill.
#[test]
fn the_maximum_is_one() {
    let Some(gpu) = gpu() else { return };
    let truth = Truth::random(6, 0.8, -1.0, 5);
    for (method, lags) in [(Method::PseudoLikelihood, 2), (Method::Kinetic, 2), (Method::PseudoLikelihood, 0)] {
        let raster = truth.ticks(3_000, 6);
        let best = gpu.fit_neurons(&raster).method(method).lags(lags).check(false).run().unwrap();
        assert!(best.converged);
        // The likelihood written apart from the library's, tick by tick.
        let at = |change: &Change<'_>| {
            let mut space = best.field.space().to_vec();
            let (mut time, mut input) = (best.field.time().to_vec(), best.field.input().to_vec());
            change(&mut space, &mut time, &mut input);
            conditional_likelihood(&raster, method == Method::Kinetic, (&space, &time, &input))
        };
        let top = at(&|_, _, _| ());
        eprintln!("{method:?}, {lags} lags: {top:.6} and {:.6}", best.training.log_pseudo_likelihood);
        assert!((top - best.training.log_pseudo_likelihood).abs() < 2e-6, "{top}");
        for sign in [-0.1, 0.1] {
            for i in 0..6 {
                assert!(at(&|_, _, input| input[i] += sign) < top, "input {i}");
                if lags > 0 {
                    assert!(at(&|_, time, _| time[6 + i] += sign) < top, "time coupling {i}");
                }
                for j in (0..6).filter(|&j| j != i) {
                    let both = |space: &mut [f64]| {
                        space[6 * i + j] += sign;
                        if method != Method::Kinetic {
                            space[6 * j + i] += sign;
                        }
                    };
                    assert!(at(&|space, _, _| both(space)) < top, "space coupling {i} {j}");
                }
            }
        }
    }
}

/// The mean of ln P(f | everything else), or of ln P(f | past).
fn conditional_likelihood(raster: &Raster, causal: bool, (space, time, input): (&[f64], &[f64], &[f64])) -> f64 {
    let (neurons, ticks) = (raster.neurons(), raster.ticks());
    let lags = time.len() / neurons;
    let first = if causal { lags.max(1) } else { 0 };
    let fires = |i: usize, tick: usize| f64::from(u8::from(raster.fires(0, i, tick)));
    let mut sum = 0.0;
    for tick in first..ticks {
        for i in 0..neurons {
            let from = if causal { tick - 1 } else { tick };
            let mut z = input[i] + (0..neurons).map(|j| space[i * neurons + j] * fires(j, from)).sum::<f64>();
            for lag in 1..=lags {
                let earlier = tick.checked_sub(lag).map_or(0.0, |tick| fires(i, tick));
                let later = if causal || tick + lag >= ticks { 0.0 } else { fires(i, tick + lag) };
                z += time[(lag - 1) * neurons + i] * (earlier + later);
            }
            sum += fires(i, tick) * z - z.max(0.0) - (-z.abs()).exp().ln_1p();
        }
    }
    sum / (neurons * (ticks - first)) as f64
}

#[test]
fn a_causal_chain_comes_back_within_its_errors() {
    let Some(gpu) = gpu() else { return };
    let neurons = 8;
    let mut stream = Stream::new(7, Purpose::Patterns, 0);
    let space: Vec<f64> = (0..neurons * neurons)
        .map(|at| if at % (neurons + 1) == 0 { 0.0 } else { 0.6 * normal(&mut stream) })
        .collect();
    let time: Vec<f64> = (0..2 * neurons).map(|at| if at < neurons { -0.8 } else { 0.5 }).collect();
    let mut raster = Raster::new(1, neurons, 40_000).unwrap();
    for tick in 0..raster.ticks() {
        for i in 0..neurons {
            let before = |j: usize, lag: usize| tick.checked_sub(lag).is_some_and(|tick| raster.fires(0, j, tick));
            let mut z = -1.2;
            z += (0..neurons).filter(|&j| before(j, 1)).map(|j| space[i * neurons + j]).sum::<f64>();
            z += (1..=2).filter(|&lag| before(i, lag)).map(|lag| time[(lag - 1) * neurons + i]).sum::<f64>();
            raster.set(0, i, tick, uniform(&mut stream) < logistic(z));
        }
    }
    let fit = gpu.fit_neurons(&raster).method(Method::Kinetic).lags(2).bootstrap(40).run().unwrap();
    assert!(fit.converged);
    let errors = fit.errors.as_ref().unwrap();
    let off = |found: &[f64], truth: &[f64], errors: &[f64]| {
        let pulls: Vec<f64> =
            found.iter().zip(truth).zip(errors).filter(|(_, e)| **e > 0.0).map(|((f, t), e)| (f - t) / e).collect();
        (
            pulls.iter().map(|z| z * z).sum::<f64>() / pulls.len() as f64,
            pulls.iter().fold(0.0, |m: f64, z| m.max(z.abs())),
        )
    };
    let (times, spaces) = (off(fit.field.time(), &time, &errors.time), off(fit.field.space(), &space, &errors.space));
    eprintln!("time couplings {times:?}, space couplings {spaces:?} (mean square and largest, in errors)");
    // Student's t of 39 degrees of freedom has a mean square of 39/37 = 1.05. Over 54 seeds it was 1.09(5) of the time and 1.09(3) of
    // the space couplings; over the 16 time couplings of one it varies by about 0.37.
    assert!(times.0 < 2.5 && times.1 < 4.0 && spaces.0 < 2.0 && spaces.1 < 4.5);
    let mean = |lag: usize| fit.field.time()[lag * neurons..(lag + 1) * neurons].iter().sum::<f64>() / neurons as f64;
    assert!((mean(0) + 0.8).abs() < 0.05 && (mean(1) - 0.5).abs() < 0.05);
}

#[test]
fn mean_field_is_good_where_couplings_are_weak() {
    let Some(gpu) = gpu() else { return };
    let truth = Truth::random(12, 0.25, -0.5, 8);
    let raster = truth.ticks(50_000, 9);
    for method in [Method::MeanField, Method::Tap] {
        let fit = gpu.fit_neurons(&raster).method(method).run().unwrap();
        let (correlation, slope) = regression(12, fit.field.space(), &truth.space);
        eprintln!("{method:?}: correlation {correlation:.4}, slope {slope:.4}");
        assert!(correlation > 0.97 && (slope - 1.0).abs() < 0.15 && !fit.sampled.unwrap().unstable);
    }
}

#[test]
fn a_prior_holds_couplings_back() {
    let Some(gpu) = gpu() else { return };
    let truth = Truth::random(10, 0.5, -1.5, 10);
    let raster = truth.ticks(4_000, 11);
    let fit = |prior| gpu.fit_neurons(&raster).prior(prior).check(false).run().unwrap();
    let size = |fit: &NeuralFit| fit.field.space().iter().map(|j| j * j).sum::<f64>();
    let [free, normal, laplace] = [Prior::None, Prior::Normal(100.0), Prior::Laplace(25.0)].map(fit);
    assert!(free.converged && normal.converged && laplace.converged);
    eprintln!(
        "Σ J²: {:.3}, {:.3} with a normal prior, {:.3} with Laplace's",
        size(&free),
        size(&normal),
        size(&laplace)
    );
    assert!(size(&normal) < 0.7 * size(&free) && size(&laplace) < 0.7 * size(&free));
    let zeros = |fit: &NeuralFit| fit.field.space().iter().filter(|j| **j == 0.0).count() - 10;
    assert_eq!((zeros(&free), zeros(&normal)), (0, 0));
    assert!((10..80).contains(&zeros(&laplace)), "{}", zeros(&laplace));
}

/// Trials of as many ticks as there are lags, or little more: an error or a fit, never a panic.
#[test]
fn short_trials_are_fitted_or_refused() {
    let Some(gpu) = gpu() else { return };
    let mut stream = Stream::new(8, Purpose::Patterns, 0);
    for (ticks, fits) in [(3, false), (4, true), (9, true)] {
        let values: Vec<u8> = (0..200 * 3 * ticks).map(|_| u8::from(uniform(&mut stream) < 0.3)).collect();
        let raster = Raster::from_values(&values, 200, 3, ticks).unwrap();
        let fit = gpu.fit_neurons(&raster).method(Method::Boltzmann).lags(3).steps(3).check(false).run();
        match fit {
            Err(error) => assert!(!fits && error.to_string().contains("ticks of a trial"), "{ticks}: {error}"),
            Ok(fit) => assert!(fits && fit.field.time().iter().all(|k| k.is_finite()), "{ticks}"),
        }
    }
}

#[test]
fn what_has_no_finite_field_is_named() {
    let Some(gpu) = gpu() else { return };
    let truth = Truth::random(5, 0.3, -1.0, 12);
    let raster = truth.ticks(2_000, 13);
    let mut constant = raster.clone();
    for tick in 0..2_000 {
        constant.set(0, 1, tick, false);
        constant.set(0, 3, tick, true);
    }
    let error = gpu.fit_neurons(&constant).run().unwrap_err().to_string();
    assert!(error.contains("neuron 1 never fires, 3 always fires") && error.contains("--prior"), "{error}");
    let fit = gpu.fit_neurons(&constant).admit_constant(true).run().unwrap();
    assert_eq!(fit.constant, [1, 3]);
    assert!(fit.field.space()[5..10].iter().all(|j| *j == 0.0));
    assert!((fit.field.input()[1] - (0.5f64 / 2000.5).ln()).abs() < 1e-3, "{:?}", fit.field.input());
    let mut apart = raster.clone();
    for tick in (0..2_000).filter(|&tick| raster.fires(0, 2, tick)) {
        apart.set(0, 4, tick, false);
    }
    for method in [Method::PseudoLikelihood, Method::Boltzmann] {
        let error = gpu.fit_neurons(&apart).method(method).prior(Prior::None).run().unwrap_err().to_string();
        assert!(error.contains("2 and 4 together"), "{error}");
    }
    let fit = gpu.fit_neurons(&apart).prior(Prior::Normal(1.0)).run().unwrap();
    assert!(fit.converged && fit.field.space()[5 * 2 + 4] < -1.5);
    // Two neurons that are one: no inverse.
    let mut twins = raster.clone();
    (0..2_000).for_each(|tick| twins.set(0, 0, tick, raster.fires(0, 1, tick)));
    let error = gpu.fit_neurons(&twins).method(Method::MeanField).prior(Prior::None).run().unwrap_err();
    assert!(matches!(error, Error::Run { .. }) && error.to_string().contains("singular"), "{error}");
    assert!(gpu.fit_neurons(&twins).method(Method::MeanField).prior(Prior::Normal(100.0)).run().is_ok());
    let block = raster.window(0..32).unwrap();
    let wrong = [
        gpu.fit_neurons(&block).bootstrap(5),
        gpu.fit_neurons(&raster).method(Method::MeanField).lags(1),
        gpu.fit_neurons(&raster).method(Method::Boltzmann).prior(Prior::Laplace(1.0)),
        gpu.fit_neurons(&raster).method(Method::Tap).bootstrap(5),
        gpu.fit_neurons(&raster).prior(Prior::Normal(0.0)),
        gpu.fit_neurons(&raster).prior(Prior::Laplace(f64::NAN)),
        gpu.fit_neurons(&raster).held_out(1.0),
        gpu.fit_neurons(&raster).held_out(f64::NAN),
        gpu.fit_neurons(&raster).held_out(-0.5),
        gpu.fit_neurons(&raster).lags(32),
        gpu.fit_neurons(&raster).bootstrap(1),
        gpu.fit_neurons(&raster).steps(0),
    ];
    for builder in wrong {
        assert!(matches!(builder.run(), Err(Error::Input { .. })), "{builder:?}");
    }
    // One step does not get there, and says so.
    let fit = gpu.fit_neurons(&raster).steps(1).check(false).run().unwrap();
    assert!(!fit.converged && fit.course.len() == 2);
}

fn recorded(name: &str) -> Raster {
    let path = format!("{}/examples/data/spikes/{name}.npz", env!("CARGO_MANIFEST_DIR"));
    read_raster(path, &RasterOptions::default()).unwrap().raster
}

/// 15 neurons of a public data set: what is held out is as well described as two stretches of the data describe each other.
#[test]
fn fifteen_neurons() {
    let Some(gpu) = gpu() else { return };
    let raster = recorded("spikes_15");
    for method in [Method::PseudoLikelihood, Method::Boltzmann] {
        let fit = gpu.fit_neurons(&raster).method(method).held_out(0.5).run().unwrap();
        let (training, held_out) = (fit.training, fit.held_out.unwrap());
        let r2 = [training, held_out].map(|scores| scores.agreement.unwrap().correlation_r2.unwrap());
        eprintln!(
            "{method:?}: {} steps, ln P {:.5} (independent {:.5}), held out {:.5} ({:.5}), r2 {r2:.3?}",
            fit.course.len(),
            training.log_pseudo_likelihood,
            training.independent,
            held_out.log_pseudo_likelihood,
            held_out.independent,
        );
        let sampled = fit.sampled.as_ref().unwrap();
        assert!(fit.converged && !sampled.unstable && sampled.r_hat.unwrap() < 1.05);
        assert!(held_out.log_pseudo_likelihood > held_out.independent + 0.005);
        // Covariances of the two halves of the data have r² = 0.92 with each other.
        assert!(r2[1] > 0.87 && r2[0] > if method == Method::Boltzmann { 0.98 } else { 0.95 });
        if method == Method::Boltzmann {
            assert!(worst(&fit, &raster.window(0..20_000).unwrap()) < 3.0);
        }
        assert!((sampled.population.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(figure(&fit, &raster).unwrap().height(), 600);
    }
}

#[test]
fn couplings_in_time_explain_correlations_in_time() {
    let Some(gpu) = gpu() else { return };
    let raster = recorded("spikes_15_spatiotemporal");
    let fit = |lags| gpu.fit_neurons(&raster).lags(lags).held_out(0.25).run().unwrap();
    let [without, with] = [fit(0), fit(3)].map(|fit| {
        let held_out = fit.held_out.unwrap();
        assert!(fit.converged && !fit.sampled.unwrap().unstable);
        let errors = [fit.training, held_out].map(|scores| scores.agreement.unwrap().lagged_error);
        (errors, held_out.log_pseudo_likelihood)
    });
    eprintln!("errors of the covariances in time, ln P: {without:?} without and {with:?} with lags 1 to 3");
    assert!(with.0[0] < 0.5 * without.0[0]);
    // 10,000 bins know covariances of 0.1 to 0.001 only: most of what is left.
    assert!(with.0[1] < 0.8 * without.0[1] && with.1 > without.1 + 0.0003);
}

/// Neurons that share a drive: their numbers have a heavier tail than a pairwise model can have, and the conditional likelihood,
/// which sees few ticks with many spikes, finds couplings whose field lives in a phase where nearly all neurons fire. The most
/// likely pairwise field exists, but is close to that: a plateau reaches from the numbers of the data up to nearly all neurons.
#[test]
fn a_fit_that_runs_away_is_caught() {
    let Some(gpu) = gpu() else { return };
    let (neurons, ticks) = (60, 20_000);
    let mut stream = Stream::new(14, Purpose::Patterns, 0);
    let mut raster = Raster::new(1, neurons, ticks).unwrap();
    for tick in 0..ticks {
        let rate = logistic(-2.0 + 0.6 * normal(&mut stream));
        (0..neurons).for_each(|i| raster.set(0, i, tick, uniform(&mut stream) < rate));
    }
    let fit = gpu.fit_neurons(&raster).prior(Prior::None).run().unwrap();
    let sampled = fit.sampled.unwrap();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (data, model) = (mean(&raster.rates()), mean(&sampled.rates));
    eprintln!("rate {model:.4}, of the data {data:.4}; R-hat {:?}, {} steps", sampled.r_hat, fit.course.len());
    assert!(fit.converged && sampled.unstable && model > 3.0 * data);

    let fit = gpu.fit_neurons(&raster).method(Method::Boltzmann).run().unwrap();
    let sampled = fit.sampled.as_ref().unwrap();
    let worst = worst(&fit, &raster);
    eprintln!("Boltzmann: {worst:.2}, R-hat {:?}, {} steps", sampled.r_hat, fit.course.len());
    assert!(fit.converged && worst < 3.0 && !sampled.unstable && sampled.r_hat.unwrap() < 1.05, "{:?}", fit.course);
    // All neurons are alike but for the noise of the data, which makes couplings of 0.08 vary by 0.06; in second order that changes
    // their mean by about a hundredth.
    let (input, coupling) = most_likely_alike(&raster);
    let found = (mean(fit.field.input()), mean(fit.field.space()) * 60.0 / 59.0);
    eprintln!("input and coupling {found:.4?}, of neurons that are alike {:.4?}", (input, coupling));
    assert!((found.0 / input - 1.0).abs() < 0.03 && (found.1 / coupling - 1.0).abs() < 0.03);
    // The data have 24 neurons or more at 1 % of the ticks, and 48 never.
    let tail = |from: usize| sampled.population[from..].iter().sum::<f64>();
    assert!(tail(24) < 0.03 && tail(48) > 5e-4, "{} {}", tail(24), tail(48));
}

/// Neurons that never fire twice within their refractory time: the most likely coupling is that at which the prior's pull is one
/// event per unit of it, K = −(expected events), as the derivative of ln P by K is (0 − events) − K.
#[test]
fn refractory_neurons_are_learnt() {
    let Some(gpu) = gpu() else { return };
    let (neurons, ticks) = (5, 20_000);
    let mut stream = Stream::new(6, Purpose::Patterns, 0);
    let mut raster = Raster::new(1, neurons, ticks).unwrap();
    for tick in 0..ticks {
        for i in 0..neurons {
            let refractory = tick > 0 && raster.fires(0, i, tick - 1);
            raster.set(0, i, tick, !refractory && uniform(&mut stream) < 0.3);
        }
    }
    let fit = gpu.fit_neurons(&raster).method(Method::Boltzmann).lags(2).steps(30).run().unwrap();
    let sampled = fit.sampled.as_ref().unwrap();
    eprintln!("{} steps, worst {:.2}, couplings {:.2?}", fit.course.len(), worst(&fit, &raster), fit.field.time());
    assert!(fit.converged && worst(&fit, &raster) < 3.0, "{:?}", fit.course);
    for i in 0..neurons {
        let coupling = fit.field.time()[i];
        let events = ticks as f64 * (sampled.lagged[i] + sampled.rates[i].powi(2));
        // The search is content within 2 events; the check has 2.5 samples of each tick, so √(5/2.5) = 1.4 of noise.
        assert!((events + coupling).abs() < 6.0, "neuron {i}: {events:.1} events, K = {coupling:.2}");
        // Neither lag is known from the other: after two ticks they fire as ever.
        assert!(fit.field.time()[neurons + i].abs() < 0.5, "neuron {i}: {:?}", fit.field.time());
    }
}

/// The most likely input and coupling if they are the same for all neurons: Newton's method for the weights C(N, n)
/// exp(h n + J n (n − 1)/2) of n active neurons, in exact sums over n.
fn most_likely_alike(raster: &Raster) -> (f64, f64) {
    let numbers = 0..=raster.neurons();
    let features = |n: usize| [n as f64, n as f64 * (n as f64 - 1.0) / 2.0];
    let active: Vec<[f64; 2]> = (0..raster.ticks()).map(|tick| features(raster.active(0, tick))).collect();
    let wanted = [0, 1].map(|k| active.iter().map(|f| f[k]).sum::<f64>() / active.len() as f64);
    let ways: Vec<f64> = numbers
        .clone()
        .scan(0.0, |ways, n| {
            let now = *ways;
            *ways += ((raster.neurons() - n) as f64 / (n + 1) as f64).ln();
            Some(now)
        })
        .collect();
    let rate = wanted[0] / raster.neurons() as f64;
    let mut at = [(rate / (1.0 - rate)).ln(), 0.0];
    for _ in 0..10_000 {
        let exponent = |n: usize| ways[n] + at[0] * features(n)[0] + at[1] * features(n)[1];
        let top = numbers.clone().map(exponent).fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = numbers.clone().map(|n| (exponent(n) - top).exp()).collect();
        let all: f64 = weights.iter().sum();
        let mean =
            |f: &dyn Fn([f64; 2]) -> f64| numbers.clone().map(|n| weights[n] * f(features(n))).sum::<f64>() / all;
        let means = [mean(&|f| f[0]), mean(&|f| f[1])];
        let [a, b, d] = [(0, 0), (0, 1), (1, 1)].map(|(k, l)| mean(&|f| (f[k] - means[k]) * (f[l] - means[l])));
        let gap = [wanted[0] - means[0], wanted[1] - means[1]];
        let determinant = a * d - b * b;
        let step = [(d * gap[0] - b * gap[1]) / determinant, (a * gap[1] - b * gap[0]) / determinant];
        // Short enough not to jump over the phase transition.
        let share = (0.05 / step[0].abs()).min(0.003 / step[1].abs()).min(1.0);
        at = [at[0] + share * step[0], at[1] + share * step[1]];
        if step[0].abs() < 1e-9 && step[1].abs() < 1e-9 {
            return (at[0], at[1]);
        }
    }
    panic!("no convergence")
}
