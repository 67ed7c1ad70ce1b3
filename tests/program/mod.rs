//! What tests of the program share: to run it, and to look into the folders that it leaves.
#![allow(dead_code, reason = "every test file uses a part of the helpers")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Arguments, in one line or word by word.
pub trait Words {
    fn add_to(&self, command: &mut Command);
}

impl Words for str {
    fn add_to(&self, command: &mut Command) {
        command.args(self.split_whitespace());
    }
}

impl Words for String {
    fn add_to(&self, command: &mut Command) {
        self.as_str().add_to(command);
    }
}

impl<const N: usize> Words for [&str; N] {
    fn add_to(&self, command: &mut Command) {
        command.args(self);
    }
}

/// The program with arguments, in the root of the repository.
pub fn spinfield<W: Words + ?Sized>(arguments: &W) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spinfield"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    arguments.add_to(&mut command);
    command
}

/// Runs it to its end.
pub fn run<W: Words + ?Sized>(arguments: &W) -> Output {
    spinfield(arguments).output().unwrap()
}

/// Runs it and gives its exit code.
pub fn code(arguments: &str) -> i32 {
    run(arguments).status.code().unwrap()
}

/// Runs it, and asserts exit code and words on stderr.
#[track_caller]
pub fn refused(command: &str, code: i32, words: &[&str]) {
    let output = run(command);
    let talk = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{command}: {talk}");
    for word in words {
        assert!(talk.contains(word), "{command}: {talk}");
    }
}

/// Output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What was said.
pub fn stderr(output: &Output) -> String {
    text(&output.stderr)
}

/// Whether there is an adapter. Without one a test that needs it is skipped, but fails where `REQUIRE_GPU=1`.
pub fn gpu() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let output = run("adapters");
        let found = output.status.success();
        assert!(found || !std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1"), "{}", stderr(&output));
        if !found {
            assert_eq!(output.status.code(), Some(4));
            eprintln!("SKIP: no adapter");
        }
        found
    })
}

/// A folder of one test, removed at its end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let folder = format!("spinfield-{}-{name}-{}", env!("CARGO_CRATE_NAME"), std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Everything in a folder that does not depend on time: the result without its timing, arrays and pictures as they are,
/// and the page without its speeds. Not the parameters, which say when and where the run was begun, nor milestones.
pub fn contents(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut contents = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        if name == "milestones" {
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        match &name[..] {
            "parameters.json" => bytes.clear(),
            "result.json" => {
                let mut result: Value = serde_json::from_slice(&bytes).unwrap();
                let timing = result.as_object_mut().unwrap().remove("timing").unwrap();
                bytes = format!("{} {result:#}", timing["updates"]).into_bytes();
            }
            "report.html" => {
                let page = text(&bytes);
                let (before, after) = page.split_once(" updates in ").unwrap();
                bytes = format!("{before}{}", after.split_once("</p>").unwrap().1).into_bytes();
            }
            _ => {}
        }
        contents.insert(name, bytes);
    }
    contents
}

/// Asserts that a folder has the same contents.
#[track_caller]
pub fn same(what: &str, whole: &BTreeMap<String, Vec<u8>>, folder: &str) {
    let found = contents(folder);
    assert_eq!(whole.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in whole {
        assert!(*bytes == found[name], "{what}: {name} differs");
    }
}

/// Step of the newest checkpoint, from its header.
pub fn step(folder: &str) -> Option<u64> {
    let file = fs::read(Path::new(folder).join("checkpoint")).ok()?;
    file.get(48..56).map(|step| u64::from_le_bytes(step.try_into().unwrap()))
}

/// Waits until a newer checkpoint than this is there, or the program has ended.
pub fn wait_for_checkpoint(child: &mut Child, folder: &str, before: Option<u64>) -> bool {
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if step(folder) > before {
            return true;
        }
        assert!(since.elapsed() < Duration::from_secs(300), "no checkpoint in {folder}");
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

/// Sends a signal.
pub fn signal(child: &Child, name: &str) {
    let _ = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
}

/// A run that has stopped at its first checkpoint; its folder.
pub fn stopped(scratch: &Scratch, name: &str, command: &str) -> String {
    let out = scratch.path(name);
    let command = format!("{command} --out {out} --checkpoint-interval 0");
    let mut child = spinfield(&command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(wait_for_checkpoint(&mut child, &out, Some(1)), "{command}: it ended before it could be stopped");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    out
}
