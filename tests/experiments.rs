//! Experiments as files: points, shards, and what becomes of them when they are interrupted.
#![cfg(all(feature = "cli", unix))]

mod program;

use program::{Scratch, gpu, run, spinfield, stderr};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// An experiment of six points, and where it lies.
fn magnet(scratch: &Scratch, samples: u32) -> String {
    let path = scratch.path("magnet.toml");
    let text = format!(
        "command = \"sample ising\"\nseed = 5\n[parameters]\nreplicas = 4\nwarmup = 20\nsamples = {samples}\ncsv = true\n\
         [sweep]\nlattice = [\"8x8\", \"16x16\"]\nbeta = \"0.3:0.5:0.1\"\n"
    );
    fs::write(&path, text).unwrap();
    path
}

/// A result without what depends on time.
fn result(folder: &str) -> Value {
    let mut value: Value =
        serde_json::from_str(&fs::read_to_string(Path::new(folder).join("result.json")).unwrap()).unwrap();
    value.as_object_mut().unwrap().remove("timing").unwrap();
    value
}

#[test]
fn shards_merged_are_the_whole() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("shards");
    let file = magnet(&scratch, 20);
    let [whole, merged, shared] = ["whole", "merged", "shared"].map(|name| scratch.path(name));
    let output = run(&["run", &file, "--out", &whole]);
    assert!(output.status.success(), "{}", stderr(&output));
    let folders = ["one", "two", "three"].map(|name| scratch.path(name));
    for (number, folder) in folders.iter().enumerate() {
        // Shards may share a folder, too.
        for folder in [folder, &shared] {
            let output = run(&["run", &file, "--out", folder, "--shard", &format!("{}/3", number + 1), "--json"]);
            let found: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert!(found["results"]["points"].as_array().unwrap().len() >= 2, "{found:#}");
        }
    }
    // One shard alone is not the whole.
    let output = run(&["merge", &folders[0], &folders[2], "--out", &merged]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("2 of 6 points have no result: 1, 4"), "{}", stderr(&output));
    let output = run(&["merge", &folders[0], &folders[1], &folders[2], "--out", &merged]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(run(&["merge", &shared]).status.success());
    let wanted = result(&whole);
    assert_eq!(result(&merged), wanted);
    assert_eq!(result(&shared), wanted);
    let points = wanted["results"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    let seeds: std::collections::BTreeSet<u64> = points.iter().map(|point| point["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds.len(), 6);
    assert_eq!(points[4]["parameters"], serde_json::json!({"lattice": "16x16", "beta": 0.4}));
    // A point is what its command makes of its own parameters.
    let single = scratch.path("single");
    let seed = format!("--seed={}", points[4]["seed"]);
    let output = run(&[
        "sample",
        "ising",
        "--replicas=4",
        "--warmup=20",
        "--samples=20",
        "--lattice=16x16",
        "--beta=0.4",
        &seed,
        "--out",
        &single,
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(result(&single)["results"], points[4]["results"]);
    let samples = |folder: &str| fs::read(Path::new(folder).join("samples.npz")).unwrap();
    assert_eq!(samples(&single), samples(&format!("{whole}/points/00004")));
    // What an experiment says of files holds for its points.
    assert!(Path::new(&format!("{whole}/points/00004/points.csv")).is_file());
    // Another experiment in the same folder is refused, the same one is already there.
    let output = run(&["run", &magnet(&scratch, 21), "--out", &whole]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("other parameters"), "{}", stderr(&output));
}

#[test]
fn an_interrupted_experiment_goes_on() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("interrupted");
    let file = magnet(&scratch, 4_000);
    let [whole, broken] = ["whole", "broken"].map(|name| scratch.path(name));
    assert!(run(&["run", &file, "--out", &whole, "--quiet"]).status.success());
    let mut child =
        spinfield(&["run", &file, "--out", &broken, "--checkpoint-interval", "0", "--quiet"]).spawn().unwrap();
    // In the midst of the third point.
    let third = Path::new(&broken).join("points/00002/parameters.json");
    let since = Instant::now();
    while !third.is_file() && child.try_wait().unwrap().is_none() && since.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!Path::new(&broken).join("result.json").exists());
    let first = fs::metadata(Path::new(&broken).join("points/00000/result.json")).unwrap().modified().unwrap();
    let output = run(&["run", &file, "--out", &broken]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("point 0,"), "{}", stderr(&output));
    // What was finished has not been made again.
    assert_eq!(fs::metadata(Path::new(&broken).join("points/00000/result.json")).unwrap().modified().unwrap(), first);
    assert_eq!(result(&broken), result(&whole));
    assert!((0..6).all(|point| Path::new(&broken).join(format!("points/{point:05}/points.csv")).is_file()));
}

#[test]
fn a_point_that_fails_does_not_keep_others() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("failing");
    let file = scratch.path("noisy.toml");
    // Half of the cues have more noise than there can be.
    let text = "command = \"recall\"\nseed = 1\n[parameters]\npatterns = \"random:3\"\nneurons = 64\n[sweep]\nnoise = [0.1, 7.0, 0.2]\n";
    fs::write(&file, text).unwrap();
    let out = scratch.path("out");
    let output = run(&["run", &file, "--out", &out, "--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 of 3 points failed"), "{}", stderr(&output));
    assert!(Path::new(&out).join("points/00002/result.json").is_file());
    assert!(!Path::new(&out).join("result.json").is_file());
    // Without a seed shards would not be of one experiment.
    fs::write(&file, text.replace("seed = 1\n", "")).unwrap();
    let output = run(&["run", &file, "--out", &scratch.path("shard"), "--shard", "1/2"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("seed"), "{}", stderr(&output));
}

#[test]
fn the_experiment_of_the_examples_is_one() {
    let output = run(&["run", "examples/cluster/magnet.toml", "--shard", "9/8"]);
    assert_eq!(output.status.code(), Some(2));
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("example");
    let output = run(&[
        "run",
        "examples/cluster/magnet.toml",
        "--out",
        &scratch.path("out"),
        "--shard",
        "1/10",
        "--quiet",
        "--json",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["results"]["missing"].as_array().unwrap().len(), 9);
    // The scripts beside it name options that exist.
    let script = fs::read_to_string("examples/cluster/slurm.sh").unwrap()
        + &fs::read_to_string("examples/cluster/Snakefile").unwrap();
    for word in script.split_whitespace().filter(|word| ["--out", "--shard", "--force"].contains(word)) {
        let help =
            ["run", "merge"].map(|command| String::from_utf8(run(&[command, "--help"]).stdout).unwrap()).concat();
        assert!(help.contains(word), "{word}");
    }
}
