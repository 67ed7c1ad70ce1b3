//! `spinfield bench`: what it says, not how fast anything is.
#![cfg(feature = "cli")]

mod common;

use serde_json::Value;
use spinfield::Gpu;
use spinfield::probe::Probe;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Two cases of one repetition: both kinds, swept only and measured as well.
const LEAST: &str = "bench --cases ising-heat-bath/256x256,ising-measured/256x256 --repetitions 1";

fn run(arguments: &str, file: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spinfield"));
    command.args(arguments.split_whitespace()).args(file);
    command.output().unwrap()
}

#[track_caller]
fn json(arguments: &str, file: Option<&Path>) -> Value {
    let output = run(arguments, file);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Positive and finite, in order.
#[track_caller]
fn is_spread(value: &Value) {
    let names = ["minimum", "lower_quartile", "median", "upper_quartile", "maximum"];
    let numbers = names.map(|name| value[name].as_f64().unwrap_or_else(|| panic!("no {name} in {value}")));
    assert!(numbers[0] > 0.0 && numbers.iter().all(|number| number.is_finite()) && numbers.is_sorted(), "{value}");
}

#[test]
fn results_have_every_key_and_a_baseline_is_compared() {
    let Some(_) = common::gpu() else { return };
    let folder = scratch("keys");
    let before = folder.join("before.json");
    let first = json(&format!("{LEAST} --json"), None);
    std::fs::write(&before, first.to_string()).unwrap();
    assert_eq!((&first["command"], &first["seed"]), (&"bench".into(), &1.into()));
    let results = &first["results"];
    assert_eq!(
        (&results["suite"], &results["repetitions"], &results["format"]),
        (&"quick".into(), &1.into(), &1.into())
    );
    assert!(results["baseline"].is_null() && results["left_out"].as_array().unwrap().is_empty());
    let probes: Vec<&Value> = results["probes"].as_array().unwrap().iter().collect();
    let names: Vec<&str> = probes.iter().map(|probe| probe["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["copy_memory", "copy_cache", "integers", "dispatch"]);
    probes.iter().for_each(|probe| is_spread(probe));
    let cases = results["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        is_spread(&case["updates_per_ns"]);
        assert_eq!((case["sites"].as_u64(), case["chains"].as_u64()), (Some(1 << 16), Some(1)));
        let sweeps = case["sweeps"].as_u64().unwrap();
        assert_eq!(case["updates"].as_u64().unwrap(), sweeps << 16, "attempted updates");
        assert!(case["setup_s"].as_f64().unwrap() > 0.0 && case["warmup_s"].as_f64().unwrap() > 0.0);
        assert!(case["baseline"].is_null());
    }
    let (bare, measured) = (&cases[0], &cases[1]);
    assert_eq!((&bare["measuring"], &measured["measuring"]), (&false.into(), &true.into()));
    assert_eq!(measured["bare_case"], bare["name"]);
    let rate = |case: &Value| case["updates_per_ns"]["median"].as_f64().unwrap();
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    assert!(close(measured["slowdown"].as_f64().unwrap(), rate(bare) / rate(measured)));
    // The fraction is what it says: nominal bytes times the rate, of the probe.
    let part = rate(bare) * bare["bytes_per_update"].as_f64().unwrap() / probes[0]["median"].as_f64().unwrap();
    assert!(close(bare["fraction"]["copy_memory"].as_f64().unwrap(), part));
    assert!(measured["fraction"]["integers"].is_null());

    // Once more against the first: another filter, so that a case is missing in the baseline.
    let out = folder.join("out");
    let again = "bench --cases ising-heat-bath/256x256,ising-words/64x64 --repetitions 1 --json --baseline";
    let second = json(&format!("{again} {} --out", before.display()), Some(&out));
    let cases = second["results"]["cases"].as_array().unwrap();
    let compared = &cases[0]["baseline"];
    assert!(close(compared["ratio"].as_f64().unwrap(), rate(&cases[0]) / rate(bare)));
    assert_eq!(compared["updates_per_ns"], bare["updates_per_ns"]);
    assert!(compared["outside_spread"].is_boolean() && compared["same_work"] == true);
    assert!(cases[1]["baseline"].is_null());
    assert_eq!(second["results"]["baseline"]["not_in_baseline"], serde_json::json!(["ising-words/64x64"]));
    assert_eq!(second["results"]["baseline"]["not_run"], serde_json::json!([]), "only what was asked for");
    for file in ["result.json", "report.html", "speed.png", "speed.svg"] {
        assert!(out.join(file).metadata().unwrap().len() > 0, "{file}");
    }
    assert_eq!(serde_json::from_slice::<Value>(&std::fs::read(out.join("result.json")).unwrap()).unwrap(), second);

    // Another machine: said, and no failure.
    let mut other = first.clone();
    other["adapter"]["name"] = "another".into();
    std::fs::write(&before, other.to_string()).unwrap();
    let third = json(&format!("{LEAST} --json --baseline"), Some(&before));
    assert!(third["warnings"][0].as_str().unwrap().contains("another adapter"), "{}", third["warnings"]);
    let people = run(&format!("{LEAST} --baseline"), Some(&before));
    let text = String::from_utf8(people.stdout).unwrap();
    assert!(text.contains("ratio") && text.contains("GB/s") && text.contains("ising-measured/256x256"), "{text}");
}

#[test]
fn bad_baselines_and_filters_are_refused_before_anything_runs() {
    let folder = scratch("bad");
    let file = folder.join("baseline.json");
    for (text, said) in
        [("{", "no JSON"), ("{}", "not a result"), (r#"{"command":"bench","results":{}}"#, "format null")]
    {
        std::fs::write(&file, text).unwrap();
        let output = run("bench --baseline", Some(&file));
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), talk.lines().count()), (Some(3), 1), "{talk}");
        assert!(talk.contains(said) && talk.contains("error[E007]"), "{talk}");
    }
    assert_eq!(run("bench --baseline", Some(&folder.join("none.json"))).status.code(), Some(3));
    let output = run("bench --cases nothing-of-this-name", None);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(talk.contains("ising-metropolis/64x64") && talk.contains("hopfield-gibbs"), "{talk}");
    for wrong in ["bench --repetitions 0", "bench --suite slow", "bench --repetitions 1001"] {
        assert_eq!(run(wrong, None).status.code(), Some(2), "{wrong}");
    }
}

/// The probes do what they count: every adapter must leave the words that the host expects.
#[test]
fn probes_do_their_work() {
    let Some(gpu) = common::gpu() else { return };
    for probe in Probe::ALL {
        let mut prepared = Gpu::probe(&gpu, probe).unwrap();
        if probe != Probe::Dispatches {
            assert!(prepared.verify().is_err(), "{probe:?} has not run yet");
        }
        assert!(!prepared.run().unwrap().is_zero() && prepared.amount() > 0.0);
        prepared.verify().unwrap();
    }
}
