//! The program's studies of memories: every memory, loads far above one, real patterns, and what is refused or warned of.
#![cfg(feature = "cli")]

mod common;

use serde_json::{Value, json};
use spinfield::io::array::read_array;
use spinfield::io::image::{folder_of_pngs, read_png};
use spinfield::io::npz::NpzWriter;
use spinfield::io::threshold::{Threshold, binarise};
use spinfield::{Cues, Damage, Patterns};
use std::path::Path;
use std::process::{Command, Output};

const DIGITS: &str = "examples/data/digits";

fn run(arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spinfield"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments.split_whitespace()).output().unwrap()
}

#[track_caller]
fn json(arguments: &str) -> Value {
    let output = run(&format!("{arguments} --seed 1 --json --quiet"));
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The error of a command that must be refused as bad input.
#[track_caller]
fn refused(arguments: &str) -> String {
    let output = run(&format!("{arguments} --quiet"));
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{arguments}: {talk}");
    assert!(talk.starts_with("error[E0") && talk.contains(" - "), "{arguments}: {talk}");
    talk
}

fn scratch(name: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("studies-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder.display().to_string()
}

fn points(result: &Value) -> &Vec<Value> {
    result["results"]["points"].as_array().unwrap()
}

fn retrieved(point: &Value) -> f64 {
    point["retrieved_fraction"]["mean"].as_f64().unwrap()
}

/// At N = 64 a square holds some 0.2 N patterns, a rectified cube about 2 · 0.14/3 · N² = 6 N: a load of 3 tells them apart. The fourth power holds 0.14/15 · N³ = 38 N.
#[test]
fn powers_hold_more_the_higher_they_are() {
    let Some(_) = common::gpu() else { return };
    let out = format!("{}/out", scratch("exponents"));
    let options = "--neurons 64 --load 0.05,3,20 --exponent 2:4:1 --disorder-samples 2";
    let result = json(&format!("capacity {options} --out {out}"));
    let points = points(&result);
    assert_eq!(points.len(), 9);
    for point in points {
        let (n, load) = (point["exponent"].as_u64().unwrap(), point["load"].as_f64().unwrap());
        let holds = load
            < match n {
                2 => 0.1,
                3 => 5.0,
                _ => 100.0,
            };
        assert_eq!(retrieved(point) > 0.9, holds, "{point}");
        assert!(point["theory_overlap"].is_null() && point["memory"] == json!(format!("dense:{n}")));
    }
    // 0.14 N^(n−2)/(2n − 3)!!, twice that for the cube, which is rectified.
    let estimates = result["results"]["estimate_line"].as_array().unwrap();
    let wanted = [0.14, 0.28 / 3.0 * 64.0, 0.14 / 15.0 * 4096.0];
    for (row, (wanted, n)) in estimates.iter().zip(wanted.into_iter().zip(2..)) {
        assert!((row[0].as_f64().unwrap() - wanted).abs() < 1e-9 && row[1] == json!(f64::from(n)), "{row}");
    }
    assert_eq!((estimates.len(), &result["results"]["theory_line"]), (3, &json!([])));
    let array = |key: &str| read_array(format!("{out}/capacity.npz"), Some(key)).unwrap().shape;
    assert_eq!((array("overlap"), array("exponent"), array("load")), (vec![3, 3], vec![3], vec![3]));
    for name in ["capacity.png", "overlaps.png", "overlap.svg", "report.html"] {
        assert!(std::fs::metadata(format!("{out}/{name}")).unwrap().len() > 500, "{name}");
    }
}

/// From an overlap of 0.6, in 128 neurons: what each memory and rule holds, and what it does not.
#[test]
fn basins_in_every_memory() {
    let Some(_) = common::gpu() else { return };
    for (memory, held, lost) in [
        ("--memory hopfield", "0.03", Some("1")),
        ("--rule storkey", "0.1", Some("1")),
        ("--rule pseudo-inverse", "0.2", Some("0.9")),
        ("--memory dense:3", "2", Some("40")),
        ("--memory dense:3:plain", "1", Some("40")),
        ("--memory exponential", "50", None),
        ("--memory softmax --inverse-temperature 0.5 --dynamics synchronous", "50", None),
    ] {
        let at = |load: &str| {
            let options = format!("--neurons 128 --load {load} --overlap 0.6 --disorder-samples 2 --cues 16");
            retrieved(&points(&json(&format!("basin {options} {memory}")))[0])
        };
        assert!(at(held) > 0.95, "{memory} at {held}: {}", at(held));
        assert!(lost.is_none_or(|load| at(load) < 0.2), "{memory} at {lost:?}");
    }
}

/// The theory is only of Hebb's rule in a Hopfield network of random patterns.
#[test]
fn the_theory_stands_where_it_applies() {
    let Some(_) = common::gpu() else { return };
    for (options, applies) in [
        ("", true),
        ("--memory dense:2", false),
        ("--rule pseudo-inverse", false),
        ("--rule storkey", false),
        ("--centred", false),
    ] {
        let result = json(&format!("capacity --neurons 100 --load 0.05 --disorder-samples 1 --cues 2 {options}"));
        assert_eq!(points(&result)[0]["theory_overlap"].is_number(), applies, "{options}");
        assert_eq!(result["results"]["breaks"][0]["theory"].is_number(), applies, "{options}");
        assert_eq!(result["results"]["theory_line"] != json!([]), applies, "{options}");
    }
}

/// A load of real patterns is the first of them: all that is linearly independent is stored by the pseudo-inverse.
#[test]
fn real_patterns_are_studied() {
    let Some(_) = common::gpu() else { return };
    let result = json(&format!("capacity --patterns {DIGITS} --rule pseudo-inverse --noise 0.1"));
    let counts: Vec<u64> = points(&result).iter().map(|point| point["patterns"].as_u64().unwrap()).collect();
    assert_eq!(counts, [2, 3, 4, 5, 6, 8, 9, 10, 11, 12], "tenths of twelve, rounded up");
    assert!(points(&result).iter().all(|point| point["rank"] == point["patterns"] && retrieved(point) == 1.0));
    assert_eq!((&result["parameters"]["neurons"], &result["parameters"]["disorder_samples"]), (&json!(784), &json!(1)));
    let hebb = json(&format!("capacity --patterns {DIGITS} --noise 0.1 --load 0.00255,0.0153"));
    assert_eq!((retrieved(&points(&hebb)[0]), retrieved(&points(&hebb)[1])), (1.0, 0.0));
    assert!(hebb["warnings"].to_string().contains("pseudo-inverse"), "{}", hebb["warnings"]);
    let key = "--patterns tests/data/digits_2500.npz --key digits --take 40";
    let basin = json(&format!("basin {key} --rule pseudo-inverse --overlap 0.8,1"));
    let last = &points(&basin)[1];
    assert_eq!((&last["patterns"], &last["rank"], retrieved(last)), (&json!(40), &json!(40), 1.0));
    let resized = json(&format!("basin --patterns {DIGITS}/0_a.png {DIGITS}/1_a.png --resize 14x14 --overlap 1"));
    assert_eq!((&resized["parameters"]["neurons"], points(&resized).len()), (&json!(196), 1));
    assert!(refused(&format!("basin --patterns {DIGITS} --load 0.1")).contains("1 to 12 patterns"));
    assert!(refused(&format!("basin --patterns {DIGITS} --threshold 256")).contains("256"));
    assert!(refused("basin --patterns random:4").contains("--patterns"));
    assert!(refused("capacity --take 4").contains("--take") && refused("capacity --key a").contains("--key"));
    for usage in ["--neurons 50", "--disorder-samples 2"] {
        assert_eq!(run(&format!("basin --patterns {DIGITS} {usage}")).status.code(), Some(2), "{usage}");
    }
}

/// Real patterns less their mean are what the library makes of the mean of all their neurons.
#[test]
fn the_mean_of_real_patterns_is_taken_off() {
    let Some(gpu) = common::gpu() else { return };
    let files = folder_of_pngs(format!("{}/{DIGITS}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let rows: Vec<Vec<i8>> = files.iter().map(|path| binarise(&read_png(path).unwrap(), Threshold::Mean)).collect();
    let patterns = Patterns::from_signs(784, &rows).unwrap();
    let mean = rows.iter().flatten().map(|&sign| f64::from(sign)).sum::<f64>() / (12.0 * 784.0);
    assert!((patterns.mean() - mean).abs() < 1e-12 && mean < -0.2, "{mean}");
    let cues = Cues::damaged(&patterns, 12, Damage::Noise(0.02), 1).unwrap();
    let recall = gpu.recall(&patterns, &cues).centred(patterns.mean()).run().unwrap();
    let command = format!("recall --patterns {DIGITS} --noise 0.02");
    let centred = json(&format!("{command} --centred"));
    assert!((centred["results"]["stored_mean"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert_eq!(centred["results"]["state_hash"], json!(recall.state_hash()));
    let plain = json(&command);
    assert!(plain["results"]["stored_mean"].is_null());
    assert_ne!(plain["results"]["state_hash"], centred["results"]["state_hash"]);
    // Neurons of real patterns may be blank as well; they may not be drawn with a bias.
    let blank = json("recall --patterns examples/data/photographs --take 3 --blank 0.3 --noise 0.1");
    assert_eq!(blank["results"]["retrieved_fraction"], json!(1.0));
    assert!(refused(&format!("{command} --bias 0.3")).contains("--centred"));
    for other in ["--memory dense:3", "--rule pseudo-inverse", "--rule storkey", "--temperature 0.2"] {
        assert!(refused(&format!("{command} --centred {other}")).contains("centred"), "{other}");
    }
}

#[test]
fn doubtful_patterns_and_loads_are_warned_of() {
    let Some(_) = common::gpu() else { return };
    let path = format!("{}/mirror.npz", scratch("warnings"));
    let signs: Vec<i8> = (0..40).map(|i| if i * i % 7 < 3 { 1 } else { -1 }).collect();
    let mirror = signs.iter().map(|sign| -sign);
    let all: Vec<i8> = signs.iter().copied().chain(mirror).chain(signs.iter().copied()).collect();
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_i8("a", &[3, 40], &all).unwrap();
    npz.finish().unwrap();
    let warnings = |command: &str| json(command)["warnings"].to_string();
    for command in [format!("recall --patterns {path}"), format!("basin --patterns {path} --overlap 1")] {
        let said = warnings(&command);
        assert!(said.contains("0 and 1 are complementary") && said.contains("0 and 2 are identical"), "{said}");
    }
    // The overlap that theory expects: none.
    for command in ["recall --patterns random:60 --neurons 200", "capacity --neurons 200 --load 0.3 --cues 1"] {
        let said = warnings(command);
        assert!(said.contains("0.138") && said.contains("(overlap 0)"), "{said}");
    }
    let hot = warnings("recall --patterns random:24 --neurons 200 --temperature 0.4 --cues 2 --samples 5");
    assert!(hot.contains("overlaps that decay to 0"), "{hot}");
    let dense = "--memory dense:3 --dynamics synchronous --cues 2";
    for command in [
        format!("recall --patterns random:2000 --neurons 60 {dense}"),
        format!("capacity --neurons 60 --load 33 --disorder-samples 1 {dense}"),
    ] {
        assert!(warnings(&command).contains("spin-glass"), "{command}");
    }
    assert!(warnings(&format!("basin --neurons 60 --load 1 --overlap 0.8 {dense}")).contains("self-coupling"));
    assert_eq!(warnings("basin --neurons 60 --load 1 --overlap 0.8 --cues 2 --memory dense:3"), "[]");
}

#[test]
fn what_a_study_cannot_do_is_refused() {
    let Some(_) = common::gpu() else { return };
    for (arguments, names) in [
        ("recall --patterns random:0 --neurons 50", "random:COUNT"),
        ("recall --patterns random:3 --neurons 50 --cues 1048577", "cues"),
        ("recall --patterns random:3 --neurons 1048577 --cues 1", "neurons"),
        ("recall --patterns random:3 --neurons 50 --memory dense:1", "2 to 20"),
        ("capacity --exponent 1", "2 to 20"),
        ("capacity --exponent 2.5", "2 to 20"),
        ("capacity --exponent 3 --temperature 0.1", "hopfield at T > 0"),
        ("capacity --exponent 3 --rule pseudo-inverse", "--rule"),
        ("capacity --exponent 3 --inverse-temperature 2", "--inverse-temperature"),
        ("capacity --memory boltzmann", "memory"),
        ("capacity --memory dense:3:plain --dynamics synchronous", "convex"),
        ("capacity --memory exponential --rule storkey", "--rule"),
        ("capacity --rule storkey --temperature 0.1", "storkey"),
        ("basin --rule storkey --order random", "storkey"),
        ("basin --rule storkey --neurons 16385 --load 0.001", "Storkey"),
        ("basin --temperature 0.1 --dynamics glauber", "gibbs"),
        ("basin --memory softmax --inverse-temperature 0", "1e-6"),
        ("basin --load 1e300", "--load"),
    ] {
        let talk = refused(arguments);
        assert!(talk.contains(names), "{arguments}: {talk}");
    }
    assert_eq!(run("capacity --exponent 3 --memory dense:2").status.code(), Some(2));
}
