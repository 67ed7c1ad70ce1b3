//! Rasters: what the device counts is what the definitions say, bit for bit, and files come back as they were.

mod common;

use common::gpu;
use spinfield::io::raster::{RasterOptions, read_raster, write_raster};
use spinfield::io::spike_times::{Binning, SpikeFormat, SpikeOptions, SpikeTimes};
use spinfield::neurons::ergodicity::ergodicity;
use spinfield::neurons::statistics::Description;
use spinfield::random::{Purpose, Stream};
use spinfield::{Error, Gpu, Raster, Tuning};
use std::path::{Path, PathBuf};

/// A raster whose neurons fire independently, neuron i with a rate of its own, after a fixed seed.
fn noise(trials: usize, neurons: usize, ticks: usize) -> Raster {
    let mut stream = Stream::new(7, Purpose::Patterns, (trials * neurons + ticks) as u32);
    let mut raster = Raster::new(trials, neurons, ticks).unwrap();
    for (trial, neuron) in (0..trials).flat_map(|trial| (0..neurons).map(move |neuron| (trial, neuron))) {
        for tick in 0..ticks {
            let rate = 0.1 + 0.8 * (neuron % 5) as f64 / 5.0;
            raster.set(trial, neuron, tick, f64::from(rand::Rng::next_u32(&mut stream)) < rate * f64::from(u32::MAX));
        }
    }
    raster
}

/// Σ over trials and ticks of a product, over their number: counts are integers, so that both sides round once.
fn mean(raster: &Raster, ticks: usize, product: impl Fn(usize, usize) -> bool) -> f64 {
    let all = (0..raster.trials()).flat_map(|trial| (0..ticks).map(move |tick| (trial, tick)));
    let count = all.filter(|&(trial, tick)| product(trial, tick)).count();
    count as f64 / (ticks * raster.trials()) as f64
}

#[track_caller]
fn assert_described(gpu: &Gpu, raster: &Raster, lags: usize, blocks: usize) -> Description {
    let found = gpu.describe(raster).lags(lags).blocks(blocks).window(40).run().unwrap();
    let (neurons, ticks, trials) = (raster.neurons(), raster.ticks(), raster.trials());
    let fires = |trial, neuron, tick| raster.fires(trial, neuron, tick);
    let (space, magnetic) = (found.space_correlation(), found.magnetic_correlation());
    let sign = |trial, neuron, tick| if fires(trial, neuron, tick) { 1.0 } else { -1.0 };
    for (i, j) in (0..neurons).flat_map(|i| (0..neurons).map(move |j| (i, j))) {
        let wanted = mean(raster, ticks, |trial, tick| fires(trial, i, tick) && fires(trial, j, tick));
        assert_eq!(space[i * neurons + j], wanted, "{i} {j} of {neurons} x {ticks}");
        if i <= 3 && j <= 3 {
            let spins: f64 = (0..trials).flat_map(|r| (0..ticks).map(move |a| sign(r, i, a) * sign(r, j, a))).sum();
            let wanted = spins / (ticks * trials) as f64;
            assert!((magnetic[i * neurons + j] - wanted).abs() < 1e-12);
        }
    }
    assert_eq!(found.lags(), lags.min(ticks - 1));
    let by_neuron = found.time_correlation_of_neurons();
    for (lag, neuron) in (0..=found.lags()).flat_map(|lag| (0..neurons).map(move |neuron| (lag, neuron))) {
        let again = |trial, tick| fires(trial, neuron, tick) && fires(trial, neuron, tick + lag);
        assert_eq!(by_neuron[lag * neurons + neuron], mean(raster, ticks - lag, again), "lag {lag} of neuron {neuron}");
    }
    for (lag, whole) in found.time_correlation().into_iter().enumerate() {
        let wanted = by_neuron[lag * neurons..][..neurons].iter().sum::<f64>() / neurons as f64;
        assert!((whole.mean - wanted).abs() < 1e-12, "lag {lag}: {} {wanted}", whole.mean);
    }
    let window = found.window();
    assert_eq!(window, ticks.min(40));
    for (a, b) in (0..window).flat_map(|a| (0..window).map(move |b| (a, b))) {
        let pairs = (0..trials).flat_map(|trial| (0..neurons).map(move |neuron| (trial, neuron)));
        let count = pairs.filter(|&(trial, neuron)| fires(trial, neuron, a) && fires(trial, neuron, b)).count();
        assert_eq!(found.tick_correlation()[a * window + b], count as f64 / (neurons * trials) as f64, "{a} {b}");
    }
    let mut population = vec![0u64; neurons + 1];
    for (trial, tick) in (0..trials).flat_map(|trial| (0..ticks).map(move |tick| (trial, tick))) {
        population[raster.active(trial, tick)] += 1;
    }
    assert_eq!(found.population_counts(), population);
    let rates: Vec<f64> = found.rates().iter().map(|rate| rate.mean).collect();
    rates.iter().zip(raster.rates()).for_each(|(found, wanted)| assert!((found - wanted).abs() < 1e-12));
    found
}

#[test]
fn counts_are_those_of_the_definitions() {
    let Some(gpu) = gpu() else { return };
    let sizes = [1, 31, 33].into_iter().flat_map(|neurons| [1, 31, 33, 1000].map(|ticks| (1, neurons, ticks)));
    for (trials, neurons, ticks) in sizes.chain([(3, 5, 31), (2, 7, 64), (4, 2, 1), (5, 33, 70)]) {
        for (lags, blocks) in [(70, 1), (3, 7)] {
            assert_described(&gpu, &noise(trials, neurons, ticks), lags, blocks);
        }
    }
    let mut always = Raster::new(2, 3, 45).unwrap();
    (0..90).for_each(|at| always.set(at / 45, 1, at % 45, true));
    let found = assert_described(&gpu, &always, 50, 2);
    assert_eq!(found.constant(), [vec![0, 2], vec![1]]);
    assert_eq!(found.offset().mean, 1.0 / 3.0);
}

/// How work is cut over lanes changes no bit.
#[test]
fn tunings_change_nothing() {
    let Some(gpu) = gpu() else { return };
    let raster = noise(2, 37, 500);
    let wanted = gpu.describe(&raster).run().unwrap();
    for lanes in [1, 8, 256] {
        let found = gpu.clone().with_tuning(Tuning { lanes, ..Tuning::default() }).describe(&raster).run().unwrap();
        assert_eq!(found.space_correlation(), wanted.space_correlation());
        assert_eq!(found.time_correlation(), wanted.time_correlation());
    }
}

/// PHYSICS: T Φ and N Π have the same spectrum but for zeros, as ΩΩᵀ and ΩᵀΩ have.
#[test]
fn spectra_of_space_and_time_coincide() {
    let Some(gpu) = gpu() else { return };
    let found = gpu.describe(&noise(1, 12, 45)).window(45).run().unwrap();
    let (space, time) = (found.spectrum().unwrap(), found.tick_spectrum().unwrap());
    assert_eq!((space.len(), time.len()), (12, 45));
    for (space, time) in space.iter().zip(&time) {
        assert!((space - time).abs() < 1e-9 * space.max(1.0), "{space} {time}");
    }
    assert!(time[12..].iter().all(|value| value.abs() < 1e-9));
    let trace: f64 = found.covariance_spectrum().unwrap().iter().sum();
    let variances: f64 = found.rates().iter().map(|rate| rate.mean * (1.0 - rate.mean)).sum();
    assert!((trace - variances).abs() < 1e-9);
}

/// PHYSICS: the papers' action A = Σ_a Σ_ij A_ij φ_i^a φ_j^a + Σ_i Σ_ab B_ab φ_i^a φ_i^b + Σ_ia I_i^a φ_i^a is
/// T ⟨A, Φ⟩ + N ⟨B, Π⟩ + ⟨I, Ω⟩, whatever the couplings.
#[test]
fn the_action_follows_from_the_correlations() {
    let Some(gpu) = gpu() else { return };
    let (neurons, ticks) = (6, 37);
    let raster = noise(1, neurons, ticks);
    let found = gpu.describe(&raster).window(ticks).run().unwrap();
    let mut stream = Stream::new(5, Purpose::Patterns, 1);
    let mut couplings = |count: usize| -> Vec<f64> {
        (0..count).map(|_| f64::from(rand::Rng::next_u32(&mut stream)) / 2_147_483_648.0 - 1.0).collect()
    };
    let (space, time, input) = (couplings(neurons * neurons), couplings(ticks * ticks), couplings(neurons * ticks));
    let fires = |i, a| f64::from(u8::from(raster.fires(0, i, a)));
    let mut action = 0.0;
    for (i, a) in (0..neurons).flat_map(|i| (0..ticks).map(move |a| (i, a))) {
        let of_space: f64 = (0..neurons).map(|j| space[i * neurons + j] * fires(j, a)).sum();
        let of_time: f64 = (0..ticks).map(|b| time[a * ticks + b] * fires(i, b)).sum();
        action += fires(i, a) * (of_space + of_time + input[i * ticks + a]);
    }
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let values: Vec<f64> = raster.values().into_iter().map(f64::from).collect();
    let from_correlations = ticks as f64 * product(&space, &found.space_correlation())
        + neurons as f64 * product(&time, found.tick_correlation())
        + product(&input, &values);
    assert!((action - from_correlations).abs() < 1e-9, "{action} {from_correlations}");
}

/// Errors are honest: of 300 rasters of neurons with memory, about 68 % have each estimate within one error of the truth.
/// 32 blocks give Student's t with 31 degrees of freedom, 67.5 %; the standard deviation of the fraction is 2.7 %, and the gate
/// four of them.
#[test]
fn errors_cover_the_truth() {
    let Some(gpu) = gpu() else { return };
    let (ticks, keep) = (4096, 0.5);
    let mut stream = Stream::new(11, Purpose::Patterns, 0);
    let mut uniform = || f64::from(rand::Rng::next_u32(&mut stream)) / 4_294_967_296.0;
    // A hidden tick that both neurons follow with probability `keep` each, else a coin of their own; the hidden one is kept from
    // tick to tick with probability 1/2: rate 1/2, cov 1/4 keep², lag-1 autocovariance 1/4 keep² / 2.
    let [mut rate, mut pair, mut lagged] = [0; 3];
    for _ in 0..300 {
        let mut raster = Raster::new(1, 2, ticks).unwrap();
        let mut hidden = uniform() < 0.5;
        for tick in 0..ticks {
            if uniform() < 0.5 {
                hidden = uniform() < 0.5;
            }
            for neuron in 0..2 {
                let fires = if uniform() < keep { hidden } else { uniform() < 0.5 };
                raster.set(0, neuron, tick, fires);
            }
        }
        let found = gpu.describe(&raster).lags(1).window(0).run().unwrap();
        let within = |value: f64, error: f64, truth: f64| usize::from((value - truth).abs() < error);
        rate += within(found.rates()[0].mean, found.rates()[0].error.unwrap(), 0.5);
        pair += within(found.covariance()[1], found.covariance_error().unwrap()[1], 0.25 * keep * keep);
        let later = found.autocovariance()[1];
        lagged += within(later.mean, later.error.unwrap(), 0.125 * keep * keep);
    }
    for (what, count) in [("rate", rate), ("covariance", pair), ("autocovariance", lagged)] {
        let fraction = count as f64 / 300.0;
        eprintln!("{what}: {fraction:.3} within one error");
        assert!((fraction - 0.675).abs() < 0.108, "{what}: {fraction}");
    }
}

/// Independent neurons: the measured distribution is the one of independent neurons, by chi-square.
#[test]
fn independent_neurons_fire_together_by_chance() {
    let Some(gpu) = gpu() else { return };
    let raster = noise(1, 20, 20_000);
    let found = gpu.describe(&raster).lags(0).window(0).run().unwrap();
    let expected: Vec<f64> = found.independent_population().into_iter().map(|share| share * 20_000.0).collect();
    assert!((expected.iter().sum::<f64>() - 20_000.0).abs() < 1e-6);
    let cells = found.population_counts().into_iter().zip(expected).filter(|(_, expected)| *expected >= 5.0);
    let (chi2, count) = cells.fold((0.0, 0), |(chi2, count), (seen, expected)| {
        (chi2 + (seen as f64 - expected).powi(2) / expected, count + 1)
    });
    // Mean `count`, standard deviation √(2 count): five of them.
    assert!(chi2 < f64::from(count) + 5.0 * f64::from(2 * count).sqrt(), "{chi2} for {count} cells");
    // Rates are equal but for chance in all halves of time.
    let time = ergodicity(&raster).time.unwrap();
    assert!(time.split < 0.01 && time.interleaved < 0.01, "{time:?}");
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/spikes").join(name)
}

/// The files' own numbers, as examples/data/README.md has them.
#[test]
fn the_rasters_of_the_examples_are_what_they_are_said_to_be() {
    for (name, spikes, empty, most) in
        [("spikes_15.npz", 68_530, 0.220, 10), ("spikes_15_spatiotemporal.npz", 76_432, 0.188, 11)]
    {
        let recorded = read_raster(data(name), &RasterOptions::default()).unwrap();
        let raster = recorded.raster;
        assert_eq!((raster.trials(), raster.neurons(), raster.ticks()), (1, 15, 40_000));
        assert_eq!((0..15).map(|neuron| raster.spikes(neuron)).sum::<u64>(), spikes);
        let activity = raster.activity();
        let silent = activity.iter().filter(|&&active| active == 0).count() as f64 / 40_000.0;
        assert!((silent - empty).abs() < 5e-4 && activity.iter().max() == Some(&most), "{name}: {silent}");
        assert!(recorded.notes.is_empty(), "{:?}", recorded.notes);
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rasters-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn files_come_back() {
    let folder = scratch("files");
    let bin = 0.005;
    for (trials, formats) in [(1, &["npy", "npz", "csv", "txt", "trains"][..]), (3, &["npy", "npz", "csv"])] {
        let mut raster = noise(trials, 12, 345);
        // No spike file knows of silence at the end.
        raster.set(0, 3, 344, true);
        for format in formats {
            let path = folder.join(format!("raster-{trials}.{format}"));
            write_raster(&path, &raster, bin).unwrap();
            let text = !format.starts_with("np");
            let spikes = SpikeOptions {
                format: if *format == "trains" { SpikeFormat::Trains } else { SpikeFormat::Auto },
                ..SpikeOptions::default()
            };
            let options = RasterOptions { bin: text.then_some(bin), spikes, ..RasterOptions::default() };
            let read = read_raster(&path, &options).unwrap();
            assert_eq!(read.raster, raster, "{format}");
            assert_eq!(read.neurons, (0..12).map(|i| i.to_string()).collect::<Vec<_>>());
            assert!(read.notes.is_empty(), "{:?}", read.notes);
        }
    }
    let raster = noise(2, 3, 50);
    let refused =
        |name: &str, raster: &Raster, bin: f64| write_raster(folder.join(name), raster, bin).unwrap_err().to_string();
    assert!(refused("a.mat", &raster, 1.0).contains(".npz"));
    assert!(refused("a.txt", &raster, 1.0).contains("trials"));
    assert!(refused("a.csv", &raster, 0.0).contains("bin"));
    assert!(refused("a.trains", &Raster::new(1, 2, 3).unwrap(), 1.0).contains("none of 0"));
}

fn parsed(text: &str) -> SpikeTimes {
    SpikeTimes::parse(text, "spikes.txt", &SpikeOptions::default()).unwrap()
}

fn binned(text: &str, bin: f64) -> Result<Raster, Error> {
    let times = SpikeTimes::parse(text, "spikes.txt", &SpikeOptions::default())?;
    Ok(times.bin(&Binning { bin, ..Binning::default() })?.raster)
}

#[test]
fn spike_times_fall_into_their_bins() {
    // Decimals on edges: 0.3 / 0.1 is below 3 in binary.
    let times = parsed("# neuron time\n7 0.0\n7 0.3\n\n-2 0.1\n7 0.35\n7 0.6999999999");
    assert_eq!((times.neurons(), times.trials()), (&["-2".to_string(), "7".to_string()][..], &[String::new()][..]));
    let binned_times = times.bin(&Binning { bin: 0.1, ..Binning::default() }).unwrap();
    assert_eq!(binned_times.raster.values(), [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1]);
    assert_eq!((binned_times.merged, binned_times.outside), (1, 0));
    // A window, with what lies outside of it.
    let part = times.bin(&Binning { bin: 0.1, start: Some(0.1), duration: Some(0.25) }).unwrap();
    assert_eq!(part.raster.values(), [1, 0, 0, 0]);
    assert_eq!((part.merged, part.outside), (0, 4));
    // Times before a stimulus.
    let around = parsed("1 -0.5\n1 0.25\n").bin(&Binning { bin: 0.25, start: Some(-0.5), duration: None }).unwrap();
    assert_eq!(around.raster.values(), [1, 0, 0, 1]);
}

#[test]
fn formats_are_told_from_the_text() {
    // Trains, as PySpike has them.
    let trains = parsed("# comment\n\n0.5 1.5 2.5\n1.0 2.0\n0.25\n");
    assert_eq!((trains.neurons().len(), trains.spikes().len()), (3, 6));
    // What numpy.savetxt makes of neurons and times.
    let floats = parsed("3.000000000000000000e+00 1.25e-01\n1.0e+00 2.5e-01\n");
    assert_eq!(floats.neurons(), ["1", "3"]);
    // Sparse and huge names: no table as long as the largest.
    assert_eq!(parsed("999999999999 0.1\n5 0.2\n-7 0.3\n").neurons(), ["-7", "5", "999999999999"]);
    // Columns in any order, other names for them, milliseconds, quotes, blanks.
    let table = parsed("Trial; \"time_ms\" ;unit\n2;100;b\n1;50;a\n10;300;b\n");
    assert_eq!(
        (table.neurons(), table.trials()),
        (&["a", "b"].map(String::from)[..], &["1", "2", "10"].map(String::from)[..])
    );
    assert_eq!(table.spikes()[0].time, 0.1);
    let blanks = parsed("neuron time\n1 0.5\n2 0.75\n");
    assert_eq!(blanks.spikes().len(), 2);
    let recordings = "recording,neuron,time_s\nday,1,0.5\nnight,1,0.25\nnight,2,0.5\n";
    let night = SpikeOptions { recording: Some("night".into()), ..SpikeOptions::default() };
    assert_eq!(SpikeTimes::parse(recordings, "a.csv", &night).unwrap().spikes().len(), 2);
    let none = SpikeTimes::parse(recordings, "a.csv", &SpikeOptions::default()).unwrap_err().to_string();
    assert!(none.contains("`day`, `night`"), "{none}");
    let milliseconds = SpikeOptions { time_unit: Some(1e-3), ..SpikeOptions::default() };
    let times = SpikeTimes::parse("0 250\n1 500\n", "a.txt", &milliseconds).unwrap();
    assert_eq!(times.spikes()[1].time, 0.5);
}

#[test]
fn broken_texts_are_refused_with_their_lines() {
    for (text, parts) in [
        ("", &["empty"][..]),
        ("# nothing\n\n", &["empty"]),
        ("1 0.5\n2 0.25\n3\n", &["line 3", "`3`"]),
        ("1 0.5\n2 0.25\n3 1 2\n", &["line 3"]),
        ("1 0.5\n2 x\n", &["line 2", "`x`"]),
        ("1 0.5\n2 nan\n", &["line 2", "nan"]),
        ("1 0.5\n2 inf\n1 3", &["line 2", "inf"]),
        ("1 0.5\n# a\n2 -0.25\n", &["line 3", "-0.25", "negative"]),
        ("1 0.5\n1.5 2.0\n1 3\n", &["line 2", "1.5"]),
        ("1 0.5\n2 1e12\n", &["line 2", "1000000000000"]),
        ("neuron,time\n", &["no spike"]),
        ("neuron,when\n1,2\n", &["line 1", "time"]),
        ("time,what\n1,2\n", &["line 1", "neuron"]),
        ("neuron,time\n1,2\n1,2,3\n", &["line 3", "3 fields"]),
        ("neuron,time\n1\n", &["line 2", "1 fields"]),
        ("neuron,time\n1,0.5\n,2\n", &["line 3", "without a name"]),
        ("neuron,time\n1,0.5\n1,\n", &["line 3", "not a time"]),
        ("1 0.05\n", &["width", "0.05"]),
        ("1 0\n", &["width"]),
    ] {
        let error = binned(text, 0.1).unwrap_err();
        let message = error.to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{text:?}: {message}");
        assert!(matches!(error.code(), "E006" | "E007"), "{message}");
    }
    for bin in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(binned("1 0.5\n1 2.5\n", bin).unwrap_err().to_string().contains("width of a bin"));
    }
    let outside = Binning { bin: 0.1, start: Some(5.0), duration: Some(1.0) };
    assert!(parsed("1 0.5\n").bin(&outside).unwrap_err().to_string().contains("no spike lies"));
}

/// Saves an array and reads it as a raster.
fn array(name: &str, add: impl FnOnce(&mut spinfield::io::npz::NpzWriter)) -> Result<(Raster, Vec<String>), Error> {
    let path = scratch(name).join("a.npz");
    let mut npz = spinfield::io::npz::NpzWriter::create(&path).unwrap();
    add(&mut npz);
    npz.finish().unwrap();
    read_raster(&path, &RasterOptions::default()).map(|read| (read.raster, read.notes))
}

#[test]
fn arrays_of_counts_and_signs_are_read() {
    let (raster, notes) = array("counts", |npz| npz.add_i64("a", &[2, 3], &[0, 1, 3, 0, 2, 0]).unwrap()).unwrap();
    assert_eq!(raster.values(), [0, 1, 1, 0, 1, 0]);
    assert!(notes.len() == 1 && notes[0].starts_with("3 spikes"), "{notes:?}");
    let (raster, _) = array("signs", |npz| npz.add_i8("a", &[1, 3], &[-1, 1, -1]).unwrap()).unwrap();
    assert_eq!(raster.values(), [0, 1, 0]);
    let (raster, _) = array("floats", |npz| npz.add_f64("a", &[3], &[0.0, 1.0, 1.0]).unwrap()).unwrap();
    assert_eq!((raster.neurons(), raster.values()), (1, vec![0, 1, 1]));
    let (raster, _) =
        array("trials", |npz| npz.add_u8("a", &[2, 2, 3], &[0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1]).unwrap()).unwrap();
    assert!(raster.trials() == 2 && raster.fires(1, 1, 2) && !raster.fires(1, 1, 0));
    let (_, notes) = array("turned", |npz| npz.add_u8("a", &[5, 2], &[1; 10]).unwrap()).unwrap();
    assert!(notes[0].contains("--transpose"), "{notes:?}");
    let turned = read_raster(
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("rasters-trials/a.npz"),
        &RasterOptions { transpose: true, ..RasterOptions::default() },
    );
    let turned = turned.unwrap().raster;
    assert_eq!((turned.trials(), turned.neurons(), turned.ticks()), (2, 3, 2));
    assert_eq!(turned.values(), [0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 1]);
    for (name, place, values) in [
        ("negative", "neuron 1, bin 0", [0.0, 1.0, -2.0, 0.0]),
        ("broken", "neuron 0, bin 1", [0.0, 0.5, 1.0, 0.0]),
        ("nan", "neuron 1, bin 1", [0.0, 0.0, 1.0, f64::NAN]),
    ] {
        let error = array(name, |npz| npz.add_f64("a", &[2, 2], &values).unwrap()).unwrap_err();
        assert!(error.to_string().contains(place) && error.code() == "E007", "{error}");
    }
    for shape in [&[0, 3][..], &[], &[1, 1, 1, 1]] {
        let values = vec![1.0; shape.iter().product()];
        assert_eq!(array("shape", |npz| npz.add_f64("a", shape, &values).unwrap()).unwrap_err().code(), "E007");
    }
    let path = data("spikes_15.npz");
    let window = RasterOptions { bin: Some(0.02), start: Some(2.0), duration: Some(4.0), ..RasterOptions::default() };
    assert_eq!(read_raster(&path, &window).unwrap().raster.ticks(), 200);
    for wrong in [
        RasterOptions { duration: Some(1.0), ..RasterOptions::default() },
        RasterOptions { bin: Some(0.02), duration: Some(900.0), ..RasterOptions::default() },
        RasterOptions { bin: Some(-0.02), ..RasterOptions::default() },
        RasterOptions { bin: Some(0.02), start: Some(f64::NAN), ..RasterOptions::default() },
        RasterOptions { key: Some("other".into()), ..RasterOptions::default() },
        RasterOptions {
            spikes: SpikeOptions { recording: Some("a".into()), ..Default::default() },
            ..Default::default()
        },
    ] {
        assert!(matches!(read_raster(&path, &wrong).unwrap_err().code(), "E006" | "E007"), "{wrong:?}");
    }
}
