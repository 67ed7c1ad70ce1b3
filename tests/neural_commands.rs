//! The commands on recorded neurons: `neurons sample`, `decimate` and `fit`.

mod common;

use common::{agrees, gpu};
use rand::Rng as _;
use serde_json::{Value, json};
use spinfield::io::array::read_array;
use spinfield::io::npz::NpzWriter;
use spinfield::io::raster::write_raster;
use spinfield::random::{Purpose, Stream, uniform_unit};
use spinfield::{Estimate, NeuralField, Raster};
use std::fmt::Write as _;

/// Runs the program in the repository's root.
fn program(line: &str) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_spinfield"));
    command.args(line.split_whitespace()).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn results(line: &str) -> Value {
    let output = program(&format!("{line} --json --quiet"));
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    all["results"].clone()
}

fn estimate(value: &Value) -> Estimate {
    Estimate { mean: value["mean"].as_f64().unwrap(), error: value["error"].as_f64(), tau: value["tau"].as_f64() }
}

/// A folder of this name in the tests' own place, empty.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn the_program_samples_rasters() {
    let Some(_) = gpu() else { return };
    let out = folder("neurons-sample");
    let line =
        "neurons sample tests/data/couplings.npz --bins 6 --replicas 40 --warmup 30 --samples 300 --lags 2 --seed 3";
    let found = results(&format!("{line} --out {}", out.display()));
    let field = NeuralField::load("tests/data/couplings.npz").unwrap();
    let exact = field.enumerate(6, None).unwrap();
    agrees("rate", estimate(&found["rate"][0]), exact.rate(0), 0.01);
    let lag = 0.5 * (exact.time(2, 0) + exact.time(2, 1));
    agrees("time", estimate(&found["time_correlation"][2]), lag, 0.01);
    assert_eq!(found["time_correlation"][2]["lag"], 2);
    let space = Estimate {
        mean: found["space_correlation"][0][1].as_f64().unwrap(),
        error: found["space_correlation_error"][0][1].as_f64(),
        tau: None,
    };
    agrees("space", space, exact.space(0, 1), 0.01);
    assert!(found["r_hat"].as_f64().unwrap() < 1.05);
    assert_eq!(found["population"].as_array().unwrap().len(), 3);
    let raster = read_array(out.join("raster.npz"), Some("raster")).unwrap();
    assert_eq!(raster.shape, [40, 2, 6]);
    for file in ["moments.npz", "hypermatrix.png", "rates.svg", "population.svg", "report.html", "result.json"] {
        assert!(out.join(file).is_file(), "{file}");
    }
    // The same seed, the same rasters.
    assert_eq!(results(line)["state_hash"], found["state_hash"]);
    // Couplings that say nothing of bins.
    let output = program("neurons sample tests/data/couplings.npz");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--bins"));
}

#[test]
fn the_program_coarse_grains_rasters() {
    let Some(_) = gpu() else { return };
    let out = folder("neurons-decimate");
    let spikes = "examples/data/spikes/spikes_15.npz";
    let found = results(&format!("neurons decimate {spikes} --space 2 --time 3 --out {}", out.display()));
    let size = |of: &str| ["neurons", "bins"].map(|name| found[of][name].as_u64().unwrap());
    assert_eq!((size("before"), size("after")), ([15, 40_000], [7, 13_333]));
    // Decimation keeps what neurons and bins it keeps: rates of every second neuron, up to which bins are left.
    let rate = |of: &str, neuron: usize| found[of]["rate"][neuron]["mean"].as_f64().unwrap();
    for neuron in 0..7 {
        assert!((rate("after", neuron) - rate("before", 2 * neuron)).abs() < 0.01);
    }
    let coarse = read_array(out.join("raster.npz"), Some("raster")).unwrap();
    assert_eq!(coarse.shape, [7, 13_333]);
    // Wider bins have more spikes in them, majorities fewer.
    let mean = |mode: &str| {
        let found = results(&format!("neurons decimate {spikes} --time 3 --mode {mode}"));
        found["after"]["offset"]["mean"].as_f64().unwrap()
    };
    let before = found["before"]["offset"]["mean"].as_f64().unwrap();
    assert!(mean("or") > 1.5 * before && mean("majority") < before, "{before}");
}

/// The rest of a raster given some of its sites, against their sum over all rasters that have these.
#[test]
fn the_program_clamps_what_was_observed() {
    let Some(_) = gpu() else { return };
    let folder = folder("neurons-clamp");
    std::fs::create_dir_all(&folder).unwrap();
    let (neurons, bins) = (2, 5);
    let raster = |sites: &[(usize, usize)]| {
        let mut raster = Raster::new(1, neurons, bins).unwrap();
        sites.iter().for_each(|&(neuron, bin)| raster.set(0, neuron, bin, true));
        raster
    };
    let (mask, observed) = (raster(&[(0, 1), (0, 2), (1, 4)]), raster(&[(0, 2), (1, 4)]));
    let both = folder.join("both.npz");
    let mut npz = NpzWriter::create(&both).unwrap();
    for (name, raster) in [("mask", &mask), ("raster", &observed)] {
        npz.add_u8(name, &[neurons, bins], &raster.values()).unwrap();
        write_raster(folder.join(format!("{name}.npy")), raster, 1.0).unwrap();
    }
    npz.finish().unwrap();
    let line = "neurons sample tests/data/couplings.npz --bins 5 --replicas 64 --warmup 30 --samples 400 --seed 3";
    let found = results(&format!("{line} --clamp {}", both.display()));
    let exact = NeuralField::load("tests/data/couplings.npz").unwrap();
    let exact = exact.enumerate(bins, Some((&mask, &observed))).unwrap();
    for neuron in 0..neurons {
        agrees("rate of a neuron that is clamped in part", estimate(&found["rate"][neuron]), exact.rate(neuron), 0.01);
    }
    let exactly = |value: &Value, wanted: f64| (value.as_f64().unwrap() - wanted).abs() < 1e-12;
    assert!(exactly(&found["clamped_fraction"], 0.3));
    let parts = format!("--clamp {0}/raster.npy --clamp-mask {0}/mask.npy", folder.display());
    assert_eq!(results(&format!("{line} {parts}")), found);
    // A whole neuron that is clamped has the mean of what was observed.
    let neuron = raster(&[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]);
    write_raster(folder.join("mask.npy"), &neuron, 1.0).unwrap();
    let held = results(&format!("{line} {parts}"));
    assert!(exactly(&held["rate"][0]["mean"], 0.2) && exactly(&held["clamped_fraction"], 0.5), "{}", held["rate"]);
    for (options, code, says) in [
        ("--clamp-mask mask.npy".to_string(), 2, "--clamp"),
        (format!("--clamp {}/raster.npy", folder.display()), 3, "key"),
        (parts.replace("--clamp ", "--bins 6 --clamp "), 2, "--bins"),
        (parts.replace("mask.npy", "none.npy"), 3, "none.npy"),
    ] {
        let output = program(&format!("{line} {options}"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && told.contains(says), "{options}: {told}");
    }
}

/// Spike times in a table of recordings, as published recordings of antennal lobes have them: two units that fire together and one
/// that does not, for 200 seconds in bins of 50 milliseconds.
#[test]
fn the_program_fits_spike_times() {
    let Some(_) = gpu() else { return };
    let folder = folder("neurons-fit");
    std::fs::create_dir_all(&folder).unwrap();
    let mut stream = Stream::new(3, Purpose::Patterns, 0);
    let mut text = String::from("recording,neuron,time_s\n");
    for bin in 0..4_000 {
        let mut chance = |p: f32| uniform_unit(stream.next_u32()) < p;
        let together = chance(0.05);
        for (neuron, fires) in [("u1", together || chance(0.05)), ("u2", together || chance(0.05)), ("u3", chance(0.2))]
        {
            if fires {
                writeln!(text, "night,{neuron},{:.4}", 0.05 * (f64::from(bin) + 0.5)).unwrap();
            }
        }
    }
    text.push_str("day,u1,3.5\n");
    let table = folder.join("units.csv");
    std::fs::write(&table, text).unwrap();
    let spikes = format!("{} --recording night --bin 0.05 --duration 200", table.display());
    let described = results(&format!("neurons stats {spikes}"));
    assert_eq!((&described["neurons"], &described["bin_seconds"]), (&json!(3), &json!(0.05)));
    let out = folder.join("fitted");
    let line = format!("neurons fit {spikes} --test 0.25 --bootstrap 10 --seed 1");
    let found = results(&format!("{line} --out {}", out.display()));
    for key in ["neurons", "bins", "log_pseudo_likelihood", "mean_error", "correlation_error", "correlation_r2"] {
        assert!(found[key].is_number() && (key == "neurons" || found["test"][key].is_number()), "{key}: {found}");
    }
    assert_eq!((&found["unstable"], &found["converged"], &found["bins"]), (&json!(false), &json!(true), &json!(3_000)));
    let coupling = |i: usize, j: usize| {
        let couplings = read_array(out.join("couplings.npz"), Some("space_coupling")).unwrap();
        couplings.to_finite().unwrap()[3 * i + j]
    };
    // ln of (n11 n00)/(n10 n01) with the probabilities above, 3.0; a bootstrap of 3,000 bins knows it to 0.2.
    let odds: f64 = (0.05 + 0.95 * 0.0025) * 0.95 * 0.9025 / (0.95 * 0.0475f64).powi(2);
    assert!((coupling(0, 1) - odds.ln()).abs() < 0.8, "{} {}", coupling(0, 1), odds.ln());
    assert!(coupling(0, 2).abs() < 0.8 && coupling(0, 1) == coupling(1, 0));
    // A search that is given up keeps what it has, and says so.
    let given_up = folder.join("given-up");
    let output = program(&format!("{line} --steps 1 --out {}", given_up.display()));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did not converge"));
    assert!(given_up.join("couplings.npz").is_file() && given_up.join("result.json").is_file());
}
