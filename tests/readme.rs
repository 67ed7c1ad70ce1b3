//! The README is true: its commands run, its output is what they print, its programs are the examples.
#![cfg(feature = "cli")]

mod common;

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../README.md");

/// The fenced blocks: what stands behind the fence, and the text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut parts = README.split("```");
    let mut blocks = Vec::new();
    parts.next();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        blocks.push(block.split_once('\n').unwrap());
    }
    blocks
}

/// The arguments of each `cargo run --release -- …`.
fn commands() -> Vec<Vec<&'static str>> {
    let lines = blocks().into_iter().filter(|(tag, _)| *tag == "sh").flat_map(|(_, text)| text.lines());
    let after = |line: &'static str| line.split_once("cargo run --release -- ").map(|(_, arguments)| arguments);
    lines.filter_map(after).map(|arguments| arguments.split_whitespace().collect()).collect()
}

#[test]
fn programs_are_the_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut programs = 0;
    for (tag, text) in blocks() {
        let Some((_, file)) = tag.split_once(' ') else { continue };
        let example = std::fs::read_to_string(root.join(file)).unwrap().replace("\r\n", "\n");
        assert_eq!(text.replace("\r\n", "\n"), example, "{file} differs from the README");
        programs += usize::from(file.ends_with(".rs"));
    }
    assert_eq!(programs, 4);
}

#[test]
fn files_that_it_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    let links: Vec<&str> = links.filter(|link| !link.contains("://") && !link.starts_with('#')).collect();
    assert!(links.len() >= 3);
    for link in links {
        assert!(root.join(link).exists(), "{link}");
    }
}

/// Runs a command of the README, writing into a folder of the test's, and returns what it printed.
fn run(number: usize, arguments: &[&str]) -> String {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{number}"));
    let _ = std::fs::remove_dir_all(&out);
    let mut command = Command::new(env!("CARGO_BIN_EXE_spinfield"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    if arguments.first() == Some(&"bench") {
        // The same command with the least of its work.
        command.args(["bench", "--cases", "ising-metropolis/64x64", "--repetitions", "1"]);
        command.args(&arguments[1..]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        return String::from_utf8(output.stdout).unwrap();
    }
    let mut after_out = false;
    for argument in arguments {
        if after_out {
            command.arg(&out)
        } else {
            command.arg(argument)
        };
        after_out = *argument == "--out";
    }
    let output = command.output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {talk}");
    if arguments.contains(&"--out") {
        for file in ["result.json", "report.html", "states.npz"] {
            assert!(out.join(file).exists(), "{arguments:?} wrote no {file}");
        }
        let shown = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/pictures/recall.png")).unwrap();
        assert!(std::fs::read(out.join("recall.png")).unwrap() == shown, "the README's picture is not what it draws");
    }
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn commands_run_and_print_what_it_shows() {
    let Some(_) = common::gpu() else { return };
    let commands = commands();
    assert!(commands.len() >= 4);
    let printed: Vec<String> = commands.iter().enumerate().map(|(number, command)| run(number, command)).collect();
    // Recall at temperature 0 is exact, so that the first command's output is the README's on every adapter.
    let (_, shown) = blocks().into_iter().find(|(tag, _)| *tag == "text").unwrap();
    for line in shown.lines() {
        assert!(
            printed[0].lines().any(|own| own == line),
            "the README shows `{line}`, the program prints\n{}",
            printed[0]
        );
    }
    let digits = printed.iter().find(|text| text.contains("0_a")).unwrap();
    assert!(digits.contains("0 of 12") && digits.contains("0.76("), "{digits}");
}
