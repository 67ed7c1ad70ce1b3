//! Runs of the program that are interrupted, killed and short of disk, and what `spinfield resume` makes of them.
#![cfg(all(feature = "cli", unix))]

mod program;

use program::{
    Scratch, contents, gpu, refused, run, same, signal, spinfield, step, stopped, text, wait_for_checkpoint,
};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs without stopping, and again with an interrupt after every checkpoint (so many at the most); returns the number of
/// interrupts.
fn interrupted(scratch: &Scratch, name: &str, command: &str, most: u32) -> u32 {
    let (whole, parts) = (scratch.path(&format!("{name}-whole")), scratch.path(&format!("{name}-parts")));
    let uninterrupted = run(&format!("{command} --out {whole} --quiet"));
    assert!(uninterrupted.status.success(), "{command}: {}", text(&uninterrupted.stderr));
    let whole = contents(&whole);
    let mut stops = 0;
    let mut next = format!("{command} --out {parts} --checkpoint-interval 0");
    loop {
        let before = step(&parts);
        let mut child = spinfield(&next).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if stops < most && wait_for_checkpoint(&mut child, &parts, before) {
            signal(&child, if stops % 2 == 0 { "INT" } else { "TERM" });
        }
        let output = child.wait_with_output().unwrap();
        let talk = text(&output.stderr);
        match output.status.code() {
            Some(0) => break,
            Some(130) => {
                assert!(talk.contains(&format!("go on with `spinfield resume {parts}`")), "{talk}");
                assert!(!Path::new(&parts).join("result.json").exists());
            }
            code => panic!("{next}: {code:?}: {talk}"),
        }
        stops += 1;
        next = format!("resume {parts} --checkpoint-interval 0");
    }
    same(command, &whole, &parts);
    eprintln!("{name}: {stops} interrupts");
    stops
}

#[test]
fn interrupted_samplings_end_with_the_same_files() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("sample");
    let chains = "--replicas 4 --warmup 1000 --samples 1500 --seed 5";
    let glass = "sample ising --lattice 6x6x6 --coupling bimodal --beta 0.3:0.9:0.2";
    let commands = [
        ("tempering", format!("{glass} {chains} --tempering --configurations 3")),
        ("annealing", format!("{glass} {chains} --samples 500 --anneal --configurations 2 --dynamics metropolis")),
        ("clusters", format!("sample ising --lattice 16x16 --beta 0.4,0.5 {chains} --dynamics wolff")),
        ("potts", format!("sample potts --states 3 --lattice 12x12 --beta 0.9,1.1 {chains}")),
        ("xy", format!("sample xy --lattice 12x12 --beta 0.9,1.1 {chains}")),
        ("phi4", format!("sample phi4 --lattice 8x8 --mass2 -0.5 --lambda 0.5 {chains}")),
    ];
    for (name, command) in commands {
        let command = command.replace("--samples 1500 --seed 5 --samples 500", "--samples 500 --seed 5");
        assert!(interrupted(&scratch, name, &command, 4) >= 2, "{name}: too short to be interrupted");
    }
}

#[test]
fn interrupted_glasses_and_networks_end_with_the_same_files() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("networks");
    let recall = "recall --patterns random:10 --neurons 200 --cues 8 --temperature 0.4 --seed 3 --warmup 500";
    let cold = "recall --patterns random:420 --neurons 3000 --cues 64 --noise 0.05 --seed 1";
    let commands = [
        (
            "sk",
            "sample sk --spins 96 --beta 0.5:1.5:0.5 --replicas 4 --warmup 300 --samples 300 --disorder-samples 3 \
             --tempering --seed 2"
                .to_string(),
        ),
        ("sk-anneal", "sample sk --spins 96 --beta 0.5:1.5:0.5 --replicas 4 --samples 300 --anneal --seed 2".into()),
        ("gibbs", format!("{recall} --samples 3000")),
        ("little", format!("{recall} --samples 3000 --dynamics little")),
        ("explicit", format!("{recall} --samples 300 --rule storkey")),
        ("cold", format!("{cold} --dynamics asynchronous")),
        ("cold-at-once", cold.to_string()),
        ("cooled", "recall --patterns random:40 --neurons 400 --cues 32 --anneal 0.6:3000 --seed 2".into()),
        (
            "cold-explicit",
            "recall --patterns random:60 --neurons 400 --cues 32 --rule storkey --noise 0.3 --seed 2".into(),
        ),
        ("sequence", "recall --patterns random:10 --neurons 300 --cues 16 --rule sequence --sweeps 60 --seed 2".into()),
    ];
    for (name, command) in commands {
        assert!(interrupted(&scratch, name, &command, 4) >= 2, "{name}: too short to be interrupted");
    }
}

const TRAINING: &str = "train rbm --data tests/data/digits_2500.npz --key digits --take 300 --hidden 30 --epochs 12 \
                        --ais-chains 16 --ais-steps 100 --test 0.2 --seed 4";

#[test]
fn interrupted_trainings_and_studies_end_with_the_same_files() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("training");
    let commands = [
        ("pcd", format!("{TRAINING} --centred --adam --learning-rate 0.002")),
        ("pt", format!("{TRAINING} --gradient pt:4 --momentum 0.5 --final-learning-rate 0.01")),
        ("cd", format!("{TRAINING} --gradient cd:2 --weight-decay 0.001")),
        ("capacity", "capacity --neurons 200 --load 0.05:0.2:0.05 --temperature 0,0.3 --seed 1".into()),
        ("powers", "capacity --neurons 100 --exponent 2,3 --load 0.1,0.5,1 --seed 1".into()),
        ("basin", "basin --neurons 200 --load 0.05,0.1,0.12 --seed 1".into()),
    ];
    for (name, command) in commands {
        assert!(interrupted(&scratch, name, &command, 4) >= 2, "{name}: too short to be interrupted");
    }
}

/// What takes long besides chains of spins: annealing for ln Z, steps of general machines, rasters, one point of a study.
#[test]
fn interrupted_machines_and_rasters_end_with_the_same_files() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("machines");
    let data = "--data tests/data/digits_2500.npz --key digits --take 100 --seed 4";
    let [machine, coupled, kinetic] = ["machine", "coupled", "kinetic"].map(|name| scratch.path(name));
    for command in [
        format!("train rbm {data} --hidden 30 --epochs 2 --ais-steps 10 --out {machine}"),
        format!("train general {data} --steps 5 --chains 64 --batch 64 --out {coupled}"),
        format!(
            "neurons fit examples/data/spikes/spikes_15.npz --neurons 0:8 --method kinetic --time-coupling 1 --seed 1 \
             --out {kinetic}"
        ),
    ] {
        let output = run(&command);
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
    }
    let annealing = "--ais-chains 32 --ais-steps 800";
    let fit = "neurons fit examples/data/spikes/spikes_15.npz --neurons 0:8 --seed 1";
    let commands = [
        ("annealing", format!("score {machine}/model.safetensors {data} {annealing}")),
        ("learning-and-annealing", format!("train rbm {data} --hidden 30 --epochs 1 {annealing}")),
        ("generated", format!("generate {machine}/model.safetensors --sweeps 3000 --seed 1")),
        ("coupled-units", format!("generate {coupled}/model.safetensors --sweeps 2000 --seed 1")),
        ("general", format!("train general {data} --steps 60 --chains 256 --batch 64")),
        ("rasters", "neurons sample tests/data/couplings.npz --bins 200 --warmup 500 --samples 800 --seed 1".into()),
        ("causal", format!("neurons sample {kinetic}/couplings.npz --bins 200 --warmup 0 --samples 300 --seed 1")),
        ("bootstrap", format!("{fit} --bootstrap 80")),
        ("boltzmann", format!("{fit} --method boltzmann --time-coupling 1")),
        ("kinetic", format!("{fit} --method kinetic --time-coupling 1 --test 0.2")),
        (
            "point",
            "capacity --neurons 400 --load 0.1 --temperature 0.3 --samples 3000 --disorder-samples 1 --seed 1".into(),
        ),
    ];
    for (name, command) in commands {
        assert!(interrupted(&scratch, name, &command, 4) >= 2, "{name}: too short to be interrupted");
    }
}

const MAGNET: &str = "sample ising --lattice 16x16 --beta 0.4,0.5 --tempering --replicas 4 --samples 4000 --seed 5";

#[test]
fn only_the_run_that_was_begun_is_resumed() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("refused");
    let whole = scratch.path("whole");
    assert!(run(&format!("{MAGNET} --out {whole} --quiet")).status.success());
    // Complete: said, and the result printed where JSON is wanted.
    refused(&format!("resume {whole}"), 0, &["already complete"]);
    let again = run(&format!("resume {whole} --json"));
    assert_eq!(again.stdout, fs::read(Path::new(&whole).join("result.json")).unwrap());
    // Nothing to resume.
    refused(&format!("resume {}", scratch.path("nowhere")), 3, &["E007"]);
    refused(&format!("resume {}", scratch.path("")), 3, &["parameters.json"]);
    refused(&format!("resume {whole} --seed 3"), 3, &["--seed"]);

    let out = stopped(&scratch, "parts", MAGNET);
    // It is not begun again by mistake.
    refused(&format!("{MAGNET} --out {out}"), 3, &["checkpoints", "spinfield resume", "--force"]);
    let parameters = Path::new(&out).join("parameters.json");
    let as_begun = fs::read_to_string(&parameters).unwrap();
    for (from, to, name) in [
        ("\"replicas\": 4", "\"replicas\": 5", "`replicas` (5 before, 4 now)"),
        (env!("CARGO_PKG_VERSION"), "9.9.9", "`version` (\"9.9.9\" before"),
        ("\"stream_version\": 1", "\"stream_version\": 7", "`stream_version` (7 before, 1 now)"),
        // The arguments and what they mean, both: the checkpoint knows better.
        ("4000", "4001", "`samples` (4000 before, 4001 now)"),
    ] {
        assert!(as_begun.contains(from), "{from}");
        fs::write(&parameters, as_begun.replace(from, to)).unwrap();
        refused(&format!("resume {out}"), 3, &["E006", name]);
    }
    fs::write(&parameters, "{").unwrap();
    refused(&format!("resume {out}"), 3, &["E007", "parameters.json"]);
    fs::write(&parameters, &as_begun).unwrap();

    // Damaged: the one before, with a word about it; where that is damaged too, an error.
    let (current, previous) = (Path::new(&out).join("checkpoint"), Path::new(&out).join("checkpoint.previous"));
    let (newest, older) = (fs::read(&current).unwrap(), fs::read(&previous).unwrap());
    let mut damaged = newest.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 16;
    fs::write(&current, &damaged).unwrap();
    fs::write(&previous, &older[..100]).unwrap();
    refused(&format!("resume {out}"), 3, &["E007", "`checkpoint`: section `", "`checkpoint.previous`: ", "at byte"]);
    fs::write(&previous, &older).unwrap();
    let moved = scratch.path("moved");
    fs::rename(&out, &moved).unwrap();
    refused(&format!("resume {moved}"), 0, &["`checkpoint` is damaged", "the one before it"]);
    same("after damage", &contents(&whole), &moved);
}

/// The files that a run reads are part of it.
#[test]
fn changed_input_is_refused() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("input");
    let graph = scratch.path("graph.txt");
    let of_weight = |weight: i32| {
        let edges = [(1, 2, weight), (2, 3, 1), (3, 1, -1), (3, 4, 1), (4, 5, 1), (5, 1, -1)];
        let lines: Vec<String> = edges.iter().map(|(a, b, w)| format!("{a} {b} {w}\n")).collect();
        fs::write(&graph, format!("5 6\n{}", lines.concat())).unwrap();
    };
    of_weight(1);
    let command = format!("sample ising --couplings {graph} --beta 0.5 --replicas 4 --samples 4000 --seed 1");
    let out = stopped(&scratch, "run", &command);
    of_weight(2);
    refused(&format!("resume {out}"), 3, &["E006", "graph.txt"]);
    of_weight(1);
    refused(&format!("resume {out}"), 0, &[]);
}

/// Another adapter: a warning, in the result as well, and the same numbers. There is one adapter only here, so that the record
/// is made to say another name.
#[test]
fn another_adapter_goes_on_with_a_warning() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("adapter");
    let whole: Value = serde_json::from_slice(&run(&format!("{MAGNET} --json")).stdout).unwrap();
    let out = stopped(&scratch, "run", MAGNET);
    let parameters = Path::new(&out).join("parameters.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&parameters).unwrap()).unwrap();
    record["adapter"]["name"] = "a card that is gone".into();
    fs::write(&parameters, record.to_string()).unwrap();
    let output = run(&format!("resume {out} --json --adapter 0"));
    assert!(output.status.success() && text(&output.stderr).contains("a card that is gone"), "{output:?}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["results"], whole["results"]);
    assert_eq!(result["parameters"]["adapter"], "0");
    let warned = result["warnings"].as_array().unwrap().iter();
    assert!(warned.filter(|text| text.as_str().unwrap().contains("a card that is gone")).count() == 1);
}

/// Where no checkpoint was reached, and where a command has none.
#[test]
fn what_has_no_checkpoint_begins_again() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("beginning");
    let (whole, parts) = (scratch.path("whole"), scratch.path("parts"));
    let recall = "recall --patterns examples/data/digits --noise 0.2 --seed 1 --quiet";
    for command in [recall, MAGNET] {
        assert!(run(&format!("{command} --force --out {whole}")).status.success());
        assert!(run(&format!("{command} --force --out {parts}")).status.success());
        // As if it had been killed before the end.
        fs::remove_file(Path::new(&parts).join("result.json")).unwrap();
        refused(&format!("resume {parts}"), 0, &["beginning at the beginning"]);
        same(command, &contents(&whole), &parts);
    }
    // A drawn seed is part of the run.
    let drawn = scratch.path("drawn");
    let json = |command: &str| -> Value { serde_json::from_slice(&run(command).stdout).unwrap() };
    let first = json(&format!("{} --out {drawn} --json", MAGNET.replace(" --seed 5", "")));
    fs::remove_file(Path::new(&drawn).join("result.json")).unwrap();
    let second = json(&format!("resume {drawn} --json"));
    assert_eq!((&first["seed"], &first["results"]), (&second["seed"], &second["results"]));
}

/// A file size limit stands for a full disk: the run goes on, says so, and the last whole checkpoint stays.
#[test]
fn a_full_disk_leaves_the_last_checkpoint() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("full");
    let clusters = "sample ising --lattice 64x64 --beta 0.43 --dynamics wolff --replicas 2 --samples 1500 --seed 5";
    let out = stopped(&scratch, "run", clusters);
    let before = fs::read(Path::new(&out).join("checkpoint")).unwrap();
    // Its checkpoints are larger than the 16 blocks of 512 or 1024 bytes, and so is its page; the signal that the limit sends
    // is ignored.
    assert!(before.len() > 16_384, "{}", before.len());
    let limited = |rest: &str| {
        let script = format!("trap '' XFSZ; ulimit -f 16; exec {} {rest}", env!("CARGO_BIN_EXE_spinfield"));
        Command::new("sh").args(["-c", &script]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
    };
    let output = limited(&format!("resume {out} --checkpoint-interval 0 --json"));
    let talk = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(
        talk.contains("no checkpoint: ") && talk.contains("error[E008]") && talk.contains("free some space"),
        "{talk}"
    );
    // The result is not lost: it was printed.
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(fs::read(Path::new(&out).join("checkpoint")).unwrap() == before, "the last good checkpoint");
    let names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_str().unwrap().ends_with(".tmp")), "{names:?}");
    refused(&format!("resume {out}"), 0, &["going on from checkpoint"]);
    let result: Value = serde_json::from_slice(&fs::read(Path::new(&out).join("result.json")).unwrap()).unwrap();
    assert_eq!(result["results"], printed["results"]);
}

#[test]
fn a_folder_has_one_run_at_a_time() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("lock");
    let out = scratch.path("run");
    let endless = MAGNET.replace("--samples 4000", "--samples 10000 --thin 1000");
    let mut child = spinfield(&format!("{endless} --out {out} --checkpoint-interval 0"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(wait_for_checkpoint(&mut child, &out, Some(1)));
    refused(&format!("resume {out}"), 3, &["E008", "another process"]);
    refused(&format!("{MAGNET} --out {out} --force"), 3, &["E008"]);
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// The device is lost in the middle: exit code 5, the checkpoint stands, and the run goes on.
#[test]
fn a_lost_device_loses_no_run() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("lost");
    let whole = scratch.path("whole");
    let magnet = MAGNET.replace("--samples 4000", "--samples 800");
    assert!(run(&format!("{magnet} --out {whole} --quiet")).status.success());
    let mut lost = 0;
    for call in [0, 20, 40, 80, 120, 160] {
        let out = scratch.path(&format!("lost-{call}"));
        let mut command = spinfield(&format!("{magnet} --out {out} --checkpoint-interval 0"));
        let output = command.env("SPINFIELD_LOSE_DEVICE_BEFORE_CALL", call.to_string()).output().unwrap();
        let talk = text(&output.stderr);
        if output.status.success() {
            continue;
        }
        assert_eq!(output.status.code(), Some(5), "call {call}: {talk}");
        assert!(talk.contains("error[E010]"), "{talk}");
        lost += 1;
        if Path::new(&out).join("parameters.json").exists() {
            refused(&format!("resume {out}"), 0, &[]);
            same("after a loss", &contents(&whole), &out);
        }
    }
    assert!(lost >= 3, "{lost}");
}

/// A generator for moments, so that they differ from run to run and are reported.
struct Moments(u64);

impl Moments {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Kills runs with SIGKILL, at random moments and while a checkpoint is being written, and compares what they end with.
fn killed(name: &str, command: &str, kills: u64) {
    let scratch = Scratch::new(name);
    let whole = scratch.path("whole");
    let since = Instant::now();
    assert!(run(&format!("{command} --out {whole} --quiet")).status.success());
    let (alone, whole) = (since.elapsed().as_millis() as u64, contents(&whole));
    let seed = std::env::var("SPINFIELD_KILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut moments = Moments(seed);
    let (mut done, mut runs, mut in_writes) = (0, 0, 0);
    while done < kills {
        let out = scratch.path(&format!("run-{runs}"));
        let mut next = format!("{command} --out {out} --checkpoint-interval 0");
        // A few kills a run, so that later parts of it are hit as well.
        for _ in 0..4 {
            let mut child = spinfield(&next).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let aimed = done % 2 == 1;
            let before = Instant::now();
            let moment = Duration::from_millis(moments.below(alone * 2 / 3));
            loop {
                let writing = aimed && is_writing(&out);
                if writing || before.elapsed() >= moment || child.try_wait().unwrap().is_some() {
                    in_writes += u64::from(writing);
                    break;
                }
                std::thread::sleep(Duration::from_micros(200));
            }
            let ended = child.try_wait().unwrap().is_some();
            if !ended {
                signal(&child, "KILL");
                child.wait().unwrap();
            }
            done += u64::from(!ended);
            if Path::new(&out).join("parameters.json").exists() {
                next = format!("resume {out} --checkpoint-interval 0");
            }
            if ended || done == kills {
                break;
            }
        }
        let output = run(&next);
        assert!(output.status.success(), "{next}, seed {seed}: {}", text(&output.stderr));
        same(&format!("{next}, seed {seed}"), &whole, &out);
        fs::remove_dir_all(&out).unwrap();
        runs += 1;
    }
    eprintln!("{name}: {done} kills of {runs} runs, {in_writes} of them while a checkpoint was written");
}

/// Whether the temporary file of a checkpoint is there.
fn is_writing(folder: &str) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.into_iter().any(|name| name.starts_with(".checkpoint."))
}

fn kills() -> u64 {
    std::env::var("SPINFIELD_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

#[test]
fn a_killed_tempering_ends_with_the_same_bytes() {
    if gpu() {
        killed("kill-tempering", &format!("{MAGNET} --configurations 2"), kills());
    }
}

#[test]
fn a_killed_training_ends_with_the_same_bytes() {
    if gpu() {
        killed("kill-training", &format!("{TRAINING} --momentum 0.5"), kills());
    }
}
