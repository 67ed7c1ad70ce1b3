//! `spinfield verify`: finished runs are the same when parts of them are made again, and what was changed is found.
#![cfg(all(feature = "cli", unix))]

mod program;

use program::{Scratch, gpu, refused, run, spinfield, stderr, stopped, text};
use serde_json::Value;
use spinfield::io::checkpoint::{Checkpoint, Milestones};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Runs a command into a folder.
#[track_caller]
fn finished(scratch: &Scratch, name: &str, command: &str) -> String {
    let out = scratch.path(name);
    let output = run(&format!("{command} --out {out} --quiet"));
    assert!(output.status.success(), "{command}: {}", stderr(&output));
    out
}

/// What a verification with this exit code found.
#[track_caller]
fn verified(arguments: &str, code: i32) -> Value {
    let output = run(&format!("verify {arguments} --json"));
    assert_eq!(output.status.code(), Some(code), "{arguments}: {}{}", stderr(&output), text(&output.stdout));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["command"], "verify");
    assert_eq!(result["results"]["identical"], code == 0, "{result:#}");
    result["results"].clone()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

const CHAINS: &str = "--replicas 2 --warmup 20 --samples 30 --seed 5";

/// A folder that is called as a command is no input of it.
#[test]
fn a_folder_may_be_called_as_a_command() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("namesake");
    let folder = scratch.path("");
    let in_folder = |arguments: &str| spinfield(arguments).current_dir(&folder).output().unwrap();
    let output = in_folder(&format!("sample xy --lattice 6x6 --beta 0.9 {CHAINS} --out xy --quiet"));
    assert!(output.status.success(), "{}", stderr(&output));
    let output = in_folder("verify xy");
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Short runs have no milestones, and are made again as a whole.
#[test]
fn every_command_is_verified() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("commands");
    let digits = "--data tests/data/digits_2500.npz --key digits --take 60 --seed 4";
    let spikes = "examples/data/spikes/spikes_15.npz --neurons 0:6 --seed 2";
    let commands = [
        ("ising", format!("sample ising --lattice 8x8 --beta 0.3,0.4 {CHAINS} --configurations 2 --csv")),
        ("potts", format!("sample potts --states 3 --lattice 6x6 --beta 0.9 {CHAINS}")),
        ("xy", format!("sample xy --lattice 6x6 --beta 0.9 {CHAINS}")),
        ("phi4", format!("sample phi4 --lattice 6x6 --mass2 -0.5 --lambda 0.5 {CHAINS}")),
        ("sk", format!("sample sk --spins 40 --beta 0.5,1 {CHAINS} --disorder-samples 2 --tempering")),
        ("recall", "recall --patterns examples/data/digits --noise 0.2 --seed 1".into()),
        ("capacity", "capacity --neurons 100 --load 0.05,0.2 --seed 1".into()),
        ("basin", "basin --neurons 100 --load 0.05 --seed 1".into()),
        ("machine", format!("train rbm {digits} --hidden 6 --batch 16 --epochs 2 --test 0.2")),
        ("general", format!("train general {digits} --steps 12 --chains 64")),
        ("stats", format!("neurons stats {spikes}")),
        ("decimate", format!("neurons decimate {spikes}")),
        ("fit", format!("neurons fit {spikes} --bootstrap 2")),
    ];
    for (name, command) in commands {
        let out = finished(&scratch, name, &command);
        let found = verified(&out, 0);
        let compared = names(&found["compared"]);
        assert!(compared.contains(&"result.json") && compared.contains(&"report.html"), "{name}: {compared:?}");
        assert!(found["milestones"].as_array().unwrap().is_empty() && names(&found["left_out"]).is_empty());
    }
    // What was saved is read again, from where the command was given.
    for (name, command) in [
        ("generated", "generate machine/model.safetensors --samples 4 --sweeps 5 --seed 1"),
        ("scored", "score machine/model.safetensors --data ../../data.npz --key digits --take 20 --seed 1"),
        ("sampled", "neurons sample fit/couplings.npz --bins 20 --samples 20 --warmup 10 --seed 1"),
    ] {
        let folder = scratch.path("");
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/digits_2500.npz");
        let command = command.replace("../../data.npz", data);
        let made = spinfield(&format!("{command} --out {name} --quiet")).current_dir(&folder).output().unwrap();
        assert!(made.status.success(), "{}", stderr(&made));
        verified(&scratch.path(name), 0);
    }
}

/// Long runs: slices between milestones, whatever the seed draws, of runs that were interrupted as well.
#[test]
fn slices_of_long_runs_are_verified() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("slices");
    let chains = "--replicas 4 --warmup 500 --samples 800 --seed 5";
    let commands = [
        ("tempering", format!("sample ising --lattice 6x6x6 --coupling bimodal --beta 0.3:0.9:0.2 {chains} --tempering")),
        // Whole sweeps in pairs, which depend on how they are handed over.
        ("packed", "sample ising --lattice 64x64 --beta 0.42,0.44 --replicas 8 --samples 4000 --thin 3 --seed 1".into()),
        ("annealing", format!("sample ising --lattice 16x16 --beta 0.3,0.4,0.5 {chains} --anneal --configurations 3")),
        ("thinned", format!("sample ising --lattice 16x16 --beta 0.4 {chains} --thin 7 --dynamics wolff")),
        ("phi4", format!("sample phi4 --lattice 8x8 --mass2 -0.5 --lambda 0.5 {chains}")),
        ("sk", format!("sample sk --spins 96 --beta 0.5,1 {chains} --disorder-samples 3 --tempering")),
        ("recall", "recall --patterns random:10 --neurons 200 --cues 8 --temperature 0.4 --seed 3 --samples 2000".into()),
        ("settling", "recall --patterns random:420 --neurons 3000 --cues 64 --noise 0.05 --seed 1".into()),
        ("capacity", "capacity --neurons 200 --load 0.05:0.2:0.05 --temperature 0,0.3 --seed 1".into()),
        ("rasters", "neurons sample tests/data/couplings.npz --bins 200 --warmup 500 --samples 800 --seed 1".into()),
        (
            "boltzmann",
            "neurons fit examples/data/spikes/spikes_15.npz --neurons 0:8 --method boltzmann --seed 1".into(),
        ),
        (
            "bootstrap",
            "neurons fit examples/data/spikes/spikes_15.npz --neurons 0:8 --bootstrap 20 --seed 1".into(),
        ),
        (
            "general",
            "train general --data tests/data/digits_2500.npz --key digits --take 60 --steps 30 --chains 64 --seed 4".into(),
        ),
        (
            "training",
            "train rbm --data tests/data/digits_2500.npz --key digits --take 300 --hidden 30 --epochs 12 --ais-chains 16 \
             --ais-steps 100 --test 0.2 --seed 4"
                .into(),
        ),
    ];
    let (mut drawn, mut within) = (BTreeSet::new(), 0);
    for (name, command) in commands {
        let out = match name {
            "tempering" | "capacity" => {
                let out = stopped(&scratch, name, &command);
                let output = run(&format!("resume {out} --checkpoint-interval 0 --quiet"));
                assert!(output.status.success(), "{}", stderr(&output));
                out
            }
            _ => finished(&scratch, name, &format!("{command} --checkpoint-interval 0")),
        };
        for seed in 0..2 {
            let found = verified(&format!("{out} --seed {seed}"), 0);
            let milestones = found["milestones"].as_array().unwrap().len();
            assert!((2..=9).contains(&milestones), "{name}: {found:#}");
            let slices = found["slices"].as_array().unwrap();
            drawn.insert(slices[0]["from"]["milestone"].as_u64());
            if slices.len() == 2 {
                within += 1;
                let wanted = format!("milestone {}", slices[0]["to"]["milestone"]);
                assert!(names(&found["compared"]).contains(&wanted.as_str()), "{name}: {found:#}");
                assert!(slices[1]["to"]["milestone"].is_null());
            }
            assert!(names(&found["compared"]).contains(&"result.json"));
        }
        if name == "tempering" {
            let whole = verified(&format!("{out} --whole"), 0);
            assert_eq!(whole["slices"].as_array().unwrap().len(), 1);
        }
    }
    assert!(within > 8 && drawn.len() > 4, "seeds draw slices: {within}, {drawn:?}");
}

const MAGNET: &str =
    "sample ising --lattice 16x16 --beta 0.4,0.5 --tempering --replicas 4 --samples 2000 --seed 5 --csv";

#[test]
fn whatever_was_changed_is_found() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("changed");
    let out = finished(&scratch, "run", &format!("{MAGNET} --checkpoint-interval 0"));
    verified(&out, 0);
    let at = |name: &str| Path::new(&out).join(name);
    // A flipped bit at every place of an array's file, in the middle of a picture, of a table, of the page.
    for name in ["samples.npz", "lattice.png", "points.csv", "report.html"] {
        let path = at(name);
        let Ok(whole) = fs::read(&path) else { panic!("the run has no {name}") };
        for place in [whole.len() / 7, whole.len() / 2, whole.len() - 5] {
            let mut changed = whole.clone();
            changed[place] ^= 4;
            fs::write(&path, &changed).unwrap();
            let found = verified(&out, 6);
            let said = found["difference"]["place"].as_str().unwrap().to_string();
            assert!(said.starts_with(name), "{name}: {said}");
        }
        fs::write(&path, whole).unwrap();
    }
    // An edited number, with its place and both values.
    let path = at("result.json");
    let whole = fs::read_to_string(&path).unwrap();
    let mut result: Value = serde_json::from_str(&whole).unwrap();
    let energy = result["results"]["points"][1]["energy"]["mean"].as_f64().unwrap();
    result["results"]["points"][1]["energy"]["mean"] = Value::from(energy - 0.001);
    fs::write(&path, result.to_string()).unwrap();
    let found = verified(&out, 6);
    assert_eq!(found["difference"]["place"], "result.json at results.points[1].energy.mean");
    assert_eq!(found["difference"]["recorded"].as_str().unwrap().parse::<f64>().unwrap(), energy - 0.001);
    assert_eq!(found["difference"]["replayed"].as_str().unwrap().parse::<f64>().unwrap(), energy);
    let output = run(&format!("verify {out}"));
    assert!(
        output.status.code() == Some(6) && text(&output.stdout).contains("DIFFERENT in result.json at"),
        "{output:?}"
    );
    // Timings and the same numbers in another order are no difference.
    let mut result: Value = serde_json::from_str(&whole).unwrap();
    result["timing"]["run_s"] = Value::from(1e9);
    fs::write(&path, format!("{result:#}")).unwrap();
    verified(&out, 0);
    fs::write(&path, "{").unwrap();
    assert!(verified(&out, 6)["difference"]["place"] == "result.json");
    fs::remove_file(at("samples.npz")).unwrap();
    fs::write(&path, whole).unwrap();
    assert_eq!(verified(&out, 6)["difference"]["recorded"], "no such file");
}

/// A milestone whose state is another one, with all its checksums right.
#[test]
fn a_state_that_no_run_comes_to_is_found() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("state");
    let out = finished(&scratch, "run", &format!("{MAGNET} --checkpoint-interval 0"));
    let milestones = Milestones::of(&out).list();
    let count = milestones.len();
    let middle = &milestones[count / 2];
    let whole = fs::read(&middle.path).unwrap();
    let mut checkpoint = Checkpoint::decode(&whole).unwrap();
    let names: Vec<String> = checkpoint.sections.iter().map(|(name, _)| name.to_string()).collect();
    let spins = names.iter().find(|name| name.ends_with("spins")).unwrap_or_else(|| panic!("{names:?}"));
    let mut state = checkpoint.sections.get(spins).unwrap().to_vec();
    // Many spins: one of those that a sweep visits first is drawn anew before anything has looked at it.
    state.iter_mut().for_each(|byte| *byte ^= 0xff);
    checkpoint.sections.put(spins.clone(), state);
    fs::write(&middle.path, checkpoint.encode()).unwrap();
    let mut found = 0;
    for seed in 0..8 {
        let output = run(&format!("verify {out} --json --seed {seed}"));
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        let slice = &result["results"]["slices"][0];
        let touched = ["from", "to"].map(|end| slice[end]["milestone"] == middle.step);
        assert_eq!(output.status.code(), Some(if touched.contains(&true) { 6 } else { 0 }), "{result:#}");
        found += u32::from(touched.contains(&true));
    }
    assert!(found > 0);
    // Damaged ones are left out, with a word about it; without any the whole is replayed.
    fs::write(&middle.path, &whole[..whole.len() - 1]).unwrap();
    let output = run(&format!("verify {out} --json"));
    let said = format!("milestone {} is left out", middle.step);
    assert!(output.status.success() && stderr(&output).contains(&said), "{output:?}");
    fs::remove_dir_all(Path::new(&out).join("milestones")).unwrap();
    assert_eq!(verified(&out, 0)["slices"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_verified_is_refused() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("refused");
    refused(&format!("verify {}", scratch.path("nowhere")), 3, &["E007"]);
    refused(&format!("verify {}", scratch.path("")), 3, &["E007", "parameters.json"]);
    assert_eq!(run("verify").status.code(), Some(2));
    let out = stopped(&scratch, "parts", &MAGNET.replace("--samples 2000", "--samples 4000"));
    refused(&format!("verify {out}"), 3, &["has not ended", "spinfield resume"]);
    let out = finished(&scratch, "run", &format!("sample ising --lattice 4x4 --beta 0.4 {CHAINS}"));
    let parameters = Path::new(&out).join("parameters.json");
    let record = fs::read_to_string(&parameters).unwrap();
    for (from, to, name) in [
        (env!("CARGO_PKG_VERSION"), "9.9.9", "`version` (\"9.9.9\" before"),
        ("\"stream_version\": 1", "\"stream_version\": 7", "`stream_version` (7 before, 1 now)"),
        ("\"replicas\": 2", "\"replicas\": 3", "`replicas` (3 before, 2 now)"),
    ] {
        fs::write(&parameters, record.replace(from, to)).unwrap();
        refused(&format!("verify {out}"), 3, &["E006", name]);
    }
    // Another adapter is said.
    let mut other: Value = serde_json::from_str(&record).unwrap();
    other["adapter"]["name"] = "a card that is gone".into();
    fs::write(&parameters, other.to_string()).unwrap();
    let output = run(&format!("verify {out}"));
    assert!(output.status.success() && stderr(&output).contains("a card that is gone"), "{output:?}");
    refused(&format!("verify {out} --out {out} --force"), 3, &["E006", "would be lost"]);
    let out = finished(&scratch, "verdict", &format!("verify {out}"));
    refused(&format!("verify {out}"), 3, &["E006", "got verify"]);
    refused(&format!("verify {out} --dry-run"), 3, &["E006"]);
}

#[test]
fn experiments_are_verified_point_by_point() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("experiment");
    let (file, out) = (scratch.path("magnet.toml"), scratch.path("out"));
    let experiment = "command = \"sample ising\"\nseed = 5\n[parameters]\nreplicas = 2\nwarmup = 20\nsamples = 20\n\
                      lattice = \"6x6\"\n[sweep]\nbeta = [0.3, 0.4, 0.5]\n";
    fs::write(&file, experiment).unwrap();
    assert!(run(&format!("run {file} --out {out} --quiet")).status.success());
    let drawn: Vec<String> =
        (0..6).map(|seed| verified(&format!("{out} --seed {seed}"), 0)["run"].to_string()).collect();
    assert!(drawn.iter().any(|run| *run != drawn[0]), "{drawn:?}");
    let path = Path::new(&out).join("result.json");
    let mut whole: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    whole["results"]["points"][2]["results"]["sites"] = 37.into();
    fs::write(&path, whole.to_string()).unwrap();
    let found = verified(&out, 6);
    assert_eq!(found["difference"]["place"], "result.json at results.points[2].results.sites");
    fs::remove_file(path).unwrap();
    refused(&format!("verify {out}"), 3, &["E007", "not all of its points"]);
}
