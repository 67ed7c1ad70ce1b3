//! The example programs run, end well and print what the README says. Each also asserts its own physics.

mod common;

use std::path::PathBuf;
use std::process::Command;

/// Runs an example and returns what it printed. `cargo test` builds the examples beside the tests.
fn run(name: &str) -> Option<String> {
    run_with(name, &[])
}

fn run_with(name: &str, arguments: &[&str]) -> Option<String> {
    common::gpu()?;
    let test = std::env::current_exe().unwrap();
    let folder: PathBuf = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is not built: run `cargo build --examples` first", program.display());
    let output = Command::new(program).args(arguments).output().unwrap();
    let (text, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {:?}\n{text}{talk}", output.status.code());
    eprint!("{text}");
    Some(text.into_owned())
}

/// Whether a word is a mean with its error in brackets, such as `-1.4182(3)`.
fn is_estimate(word: &str) -> bool {
    let parts = word.strip_suffix(')').and_then(|word| word.split_once('('));
    parts.is_some_and(|(mean, error)| mean.parse::<f64>().is_ok() && error.parse::<f64>().is_ok())
}

#[test]
fn ising_across_tc() {
    let Some(text) = run("ising_across_tc") else { return };
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 5, "{text}");
    assert!(rows.iter().all(|row| row.len() == 4 && is_estimate(row[1]) && is_estimate(row[2])), "{text}");
}

#[test]
fn recall_100k() {
    let Some(text) = run("recall_100k") else { return };
    assert!(text.starts_with("64 of 64 retrieved, in "), "{text}");
}

#[test]
fn phi4_hmc() {
    let Some(text) = run("phi4_hmc") else { return };
    for name in ["phi2", "action", "acceptance", "e^-dH"] {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
        assert!(is_estimate(line.split_whitespace().nth(1).unwrap().trim_end_matches(',')), "{line}");
    }
}

#[test]
fn own_model() {
    let Some(text) = run("own_model") else { return };
    assert!(text.contains("by HMC") && text.contains("by Metropolis") && text.contains("exactly 1"), "{text}");
}

#[test]
fn embed() {
    let Some(text) = run("embed") else { return };
    assert!(text.starts_with("21 doubled twice is 84; "), "{text}");
}

#[test]
fn neurons() {
    let picture = concat!(env!("CARGO_TARGET_TMPDIR"), "/neurons.png");
    let Some(text) = run_with("neurons", &[picture]) else { return };
    // The example asserts how well the fits describe what they have not seen.
    assert!(text.starts_with("15 neurons, 40000 bins, 0.1142 spikes") && text.lines().count() == 5, "{text}");
    let drawn = spinfield::io::image::read_png(picture).unwrap();
    assert_eq!((drawn.width, drawn.height), (1800, 600));
}

#[test]
fn digits() {
    let picture = concat!(env!("CARGO_TARGET_TMPDIR"), "/digits.png");
    let Some(text) = run_with("digits", &["0.2", picture]) else { return };
    // The example asserts what each memory retrieves.
    assert!(text.contains("100 digits stored, of which 100") && text.matches("softmax").count() == 2, "{text}");
    let drawn = spinfield::io::image::read_png(picture).unwrap();
    let shown = spinfield::io::image::read_png(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/pictures/digits.png"));
    let shown = shown.unwrap();
    assert_eq!((drawn.width, drawn.height), (shown.width, shown.height), "the README's picture is of another shape");
}
