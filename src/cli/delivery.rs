//! How results leave the program: the JSON around them, the files, and stdout.

use super::Common;
use super::session::{Parameters, say};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use spinfield::Error;
use spinfield::gpu::AdapterDescription;
use spinfield::io::output::{OutputFolder, RESULT_FILE};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::time::Duration;

/// What every JSON object has besides its timing and results.
pub fn envelope(
    command: &str,
    seed: Option<u64>,
    adapter: &AdapterDescription,
    parameters: &Parameters,
    warnings: &[String],
) -> Map<String, Value> {
    let parameters = parameters.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    let (name, backend, driver) = (&adapter.name, &adapter.backend, &adapter.driver);
    let fields = [
        ("command", json!(command)),
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("seed", json!(seed)),
        ("adapter", json!({"name": name, "backend": backend, "driver": driver, "type": adapter.kind})),
        ("parameters", Value::Object(parameters)),
        ("warnings", json!(warnings)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// How long a run took, and how fast it was.
pub fn timing(setup: Duration, run: Duration, updates: u64) -> Value {
    let (setup, run) = (setup.as_secs_f64(), run.as_secs_f64());
    json!({"setup_s": setup, "run_s": run, "updates": updates, "updates_per_ns": updates as f64 / run / 1e9})
}

/// Stands in a tree for a list that is written row by row: a tree of a million rows would take a gigabyte.
pub const ROWS: &str = "@rows@";

/// Indented JSON with `rows`, one a line, in the place of [`ROWS`].
pub fn text_of(tree: &Value, rows: impl Iterator<Item = Value>) -> String {
    let mut text = format!("{tree:#}\n");
    // No other whole string behind the parameters is the caller's.
    let mark = format!("\"{ROWS}\"");
    let Some(at) = text.rfind(&mark) else { return text };
    let tail = text.split_off(at).split_off(mark.len());
    for (number, row) in rows.enumerate() {
        let separator = if number == 0 { "[" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}\n      {row}");
    }
    text.push_str(if text.len() == at { "[]" } else { "\n    ]" });
    text.push_str(&tail);
    text
}

/// Writes the files and prints the result, which is not lost where a file cannot be written. `result.json` comes last.
pub fn deliver(
    common: &Common,
    folder: Option<&OutputFolder>,
    (json, human): (impl FnOnce() -> String, &str),
    files: impl FnOnce(&OutputFolder) -> Result<()>,
) -> Result<u8> {
    let json = if common.json || folder.is_some() { json() } else { String::new() };
    let written = folder.map_or(Ok(()), |folder| {
        let others = files(folder);
        let result = folder.write_text(RESULT_FILE, &json);
        others.and(result.map_err(Into::into))
    });
    if let (Ok(()), Some(folder), false) = (&written, folder, common.quiet) {
        say(&format!("spinfield: results are in {}", folder.folder().display()));
    }
    let printed = match common.of_point {
        Some(_) => Ok(0),
        None => print(if common.json { &json } else { human }),
    };
    // What is wrong after the work is no bad input.
    written.and(printed).map_err(|error| error.context(Undelivered))
}

/// The result was found and could not be delivered.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the run has ended, but not all of its result could be delivered")]
pub struct Undelivered;

/// Writes to stdout. A reader that has gone away (`| head`) is no error.
pub fn print(text: &str) -> Result<u8> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::output("stdout", error, "check where the output goes")).context("printing the result")
        }
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_their_place() {
        let of = |tree: &Value, rows: &[Value]| -> Value {
            serde_json::from_str(&text_of(tree, rows.iter().cloned())).unwrap()
        };
        let tree = json!({"parameters": {"key": ROWS}, "results": {"cues": ROWS, "n": 1}, "version": "1"});
        for rows in [vec![], vec![json!({"a": 1})], vec![json!({"a": 1}), json!({"a": null})]] {
            let wanted = json!({"parameters": {"key": ROWS}, "results": {"cues": rows, "n": 1}, "version": "1"});
            assert_eq!(of(&tree, &rows), wanted);
        }
        assert_eq!(of(&json!({"a": 1}), &[]), json!({"a": 1}));
    }
}
