//! The manners of the command line: completions, manual pages, pictures in the terminal, tables of points.
#![cfg(feature = "cli")]

mod common;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spinfield"));
    command.args(arguments.split_whitespace()).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().unwrap()
}

#[track_caller]
fn printed(arguments: &str) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn completions_of_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&format!("completions {shell}"));
        for word in ["spinfield", "phi4", "replicas", "decimate"] {
            assert!(script.contains(word), "{shell} knows no {word}");
        }
    }
    assert_eq!(run("completions tcsh").status.code(), Some(2));
    assert_eq!(run("completions").status.code(), Some(2));
}

/// A shell that has read the script completes words as the parser takes them.
#[test]
fn bash_completes() {
    if Command::new("bash").arg("--version").output().is_err() {
        eprintln!("SKIP: no bash");
        return;
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("completions.bash");
    std::fs::write(&file, printed("completions bash")).unwrap();
    let complete = |words: &[&str]| {
        let script = format!(
            "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; _spinfield spinfield '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            file.display(),
            words.join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        String::from_utf8(Command::new("bash").args(["-c", &script]).output().unwrap().stdout).unwrap()
    };
    assert_eq!(complete(&["spinfield", "sample", "is"]).trim(), "ising");
    assert_eq!(complete(&["spinfield", "sample", "ising", "--swap-e"]).trim(), "--swap-every");
    assert!(complete(&["spinfield", "sample", "ising", "--dynamics", "sw"]).contains("swendsen-wang"));
}

#[test]
fn a_manual_page_a_subcommand() {
    let out = folder("manual");
    printed(&format!("man --out {}", out.display()));
    let page = |name: &str| std::fs::read_to_string(out.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    for name in ["spinfield.1", "spinfield-recall.1", "spinfield-sample.1", "spinfield-neurons-decimate.1"] {
        assert!(page(name).contains(".TH"), "{name}");
    }
    let ising = page("spinfield-sample-ising.1");
    for text in ["swendsen\\-wang", "Examples:", "\\-\\-replicas", "\\-\\-out"] {
        assert!(ising.contains(text), "{text}: {ising}");
    }
    // What the help lists has a page.
    for line in
        printed("help").lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty())
    {
        let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else { continue };
        let name = name.split_whitespace().next().unwrap();
        if name != "help" {
            page(&format!("spinfield-{name}.1"));
        }
    }
    assert!(printed("man").contains(".TH"));
    let blocked = out.join("spinfield.1").join("inside");
    assert_eq!(run(&format!("man --out {}", blocked.display())).status.code(), Some(3));
}

const MAGNET: &str = "sample ising --lattice 8x6 --beta 50 --start cold --warmup 1 --samples 2 --replicas 2 --seed 1";

#[test]
fn a_lattice_in_the_terminal() {
    let Some(_) = common::gpu() else { return };
    let text = printed(&format!("{MAGNET} --picture always"));
    // Three lines of six cells, all of one colour: every spin is up.
    let lines: Vec<&str> = text.lines().filter(|line| line.contains('▀')).collect();
    assert_eq!(lines.len(), 4, "{text}");
    for line in &lines {
        assert_eq!((line.matches('▀').count(), line.matches("\x1b[").count()), (6, 2), "{line:?}");
        assert_eq!(line, &lines[0]);
    }
    assert!(text.contains("the first chain at beta 50, field 0"));
    // No terminal, no picture; and none among data.
    for quiet in ["", "--picture never", "--picture always --quiet", "--picture always --json"] {
        assert!(!printed(&format!("{MAGNET} {quiet}")).contains('▀'), "{quiet}");
    }
    for model in ["potts --states 3 --beta 1", "xy --beta 1", "phi4 --mass2 1 --lambda 1"] {
        let short = "--lattice 4x4 --warmup 5 --samples 5 --replicas 2 --seed 1 --picture always";
        let text = printed(&format!("sample {model} {short}"));
        assert_eq!(text.matches('▀').count(), 8, "{model}: {text}");
    }
}

#[test]
fn a_recall_in_the_terminal() {
    let Some(_) = common::gpu() else { return };
    let of_digits = "recall --patterns examples/data/digits --take 3 --noise 0.1 --seed 1 --picture always";
    let text = printed(of_digits);
    assert!(text.contains("cue") && text.contains("stored") && text.contains('▀'), "{text}");
    let of_random = "recall --patterns random:5 --neurons 200 --noise 0.2 --seed 1 --picture always";
    let text = printed(of_random);
    assert!(text.contains("overlap of the first cue, sweep 0 to") && text.contains("█ 1.000"), "{text}");
}

/// The table holds the numbers of the result, bit for bit.
#[test]
fn points_as_a_table() {
    let Some(_) = common::gpu() else { return };
    let out = folder("points");
    let run_two = format!(
        "sample ising --lattice 4x4 --beta 0.2,0.4 --warmup 5 --samples 20 --replicas 2 --seed 1 --out {}",
        out.display()
    );
    printed(&format!("{run_two} --csv"));
    let result: Value = serde_json::from_str(&std::fs::read_to_string(out.join("result.json")).unwrap()).unwrap();
    let text = std::fs::read_to_string(out.join("points.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |name: &str| header.iter().position(|own| *own == name).unwrap_or_else(|| panic!("{header:?}"));
    for (point, line) in result["results"]["points"].as_array().unwrap().iter().zip(lines.by_ref()) {
        let number = |name: &str| line[column(name)].parse::<f64>().unwrap();
        assert_eq!(number("beta"), point["beta"].as_f64().unwrap());
        assert_eq!(number("energy"), point["energy"]["mean"].as_f64().unwrap());
        assert_eq!(number("energy_error"), point["energy"]["error"].as_f64().unwrap());
    }
    assert!(lines.next().is_none() && text.lines().count() == 3);
    // Tables go into a folder.
    assert_eq!(run(&format!("{MAGNET} --csv")).status.code(), Some(2));
}

/// A dry run tells what a run would take, and leaves nothing behind.
#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let Some(_) = common::gpu() else { return };
    let out = folder("dry");
    let long =
        "sample ising --lattice 64x64 --beta 0.3,0.4 --samples 100000 --thin 1000 --replicas 4 --seed 1 --dry-run";
    let result: Value = serde_json::from_str(&printed(&format!("{long} --json --out {}", out.display()))).unwrap();
    assert!(!out.exists());
    let dry = &result["dry_run"];
    let plans = dry["plans"].as_array().unwrap();
    assert_eq!(plans.len(), 1);
    let slots = plans[0]["slots"].as_array().unwrap();
    let bytes = |name: &str| slots.iter().find(|slot| slot["name"] == name).unwrap()["bytes"].as_u64().unwrap();
    // A bit a spin: 64 x 64 x 8 chains.
    assert_eq!(bytes("spins"), 4096);
    let sum: u64 = slots.iter().map(|slot| slot["bytes"].as_u64().unwrap()).sum();
    assert_eq!(plans[0]["bytes"].as_u64().unwrap(), sum);
    assert!(dry["largest"]["bytes"].as_u64().unwrap() <= dry["largest"]["allowed"].as_u64().unwrap());
    assert!(plans[0]["kernels"].as_array().unwrap().iter().any(|kernel| kernel["dispatches"].as_u64().unwrap() > 0));
    let [timed, fraction, expected] = ["timed_s", "fraction", "expected_s"].map(|key| dry[key].as_f64().unwrap());
    assert!(fraction > 0.0 && fraction < 1.0 && (expected * fraction / timed - 1.0).abs() < 1e-9);
    // A short run is made as a whole, and its results are still not told.
    let text = printed(&format!("{MAGNET} --dry-run"));
    assert!(text.contains("largest buffer") && text.contains("the whole run was made"), "{text}");
    assert_eq!(run("adapters --dry-run").status.code(), Some(3));
}
