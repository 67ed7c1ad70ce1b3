//! The files of a run against those of its replay.

use crate::cli::invocation::PARAMETERS_FILE;
use crate::cli::replay::{Difference, of_bytes};
use crate::cli::resume::OTHER_ADAPTER;
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::Error;
use spinfield::io::array::{Array, ArrayData, array_keys, read_array, read_text};
use spinfield::io::output::RESULT_FILE;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The page of a run, which tells of its adapter and of how fast it was.
const PAGE: &str = "report.html";

/// What was compared, and the first thing that differs.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Names of files.
    pub compared: Vec<String>,
    /// Those that are not the same on every adapter.
    pub left_out: Vec<String>,
    /// The first difference.
    pub difference: Option<Difference>,
}

/// Compares every file that the replay has written. Others in the folder are not of the run.
pub fn folders(recorded: &Path, replayed: &Path) -> Result<Comparison> {
    let entries = fs::read_dir(replayed).map_err(|error| Error::file(replayed, error, "report this"))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_file())?.file_name().into_string().ok())
        .filter(|name| name != PARAMETERS_FILE)
        .collect();
    // The result has the plainest differences.
    names.sort_by_key(|name| (name != RESULT_FILE, name.clone()));
    let mut comparison = Comparison::default();
    let mut page_is_alike = true;
    for name in names {
        let files = [recorded, replayed].map(|folder| folder.join(&name));
        let Ok(of_run) = fs::read(&files[0]) else {
            let (recorded, replayed) = ("no such file".into(), "one".into());
            comparison.difference = Some(Difference { place: name, recorded, replayed });
            return Ok(comparison);
        };
        let of_replay = fs::read(&files[1]).map_err(|error| Error::file(&files[1], error, "report this"))?;
        if name == PAGE && !page_is_alike {
            comparison.left_out.push(name);
            continue;
        }
        let difference = match name.rsplit_once('.').map(|(_, ending)| ending) {
            _ if name == RESULT_FILE => {
                let [of_run, of_replay] = [&of_run, &of_replay].map(|bytes| serde_json::from_slice::<Value>(bytes));
                match (of_run, of_replay) {
                    (Ok(of_run), Ok(of_replay)) => {
                        page_is_alike = circumstances(&of_run) == circumstances(&of_replay);
                        in_json(&name, &comparable(of_run), &comparable(of_replay))
                    }
                    (of_run, _) => Some(unreadable(&name, of_run.err().map(|error| error.to_string()))),
                }
            }
            _ if name == PAGE => in_text(&name, &without_speed(&of_run), &without_speed(&of_replay)),
            _ if of_run == of_replay => None,
            Some("npz" | "npy") => {
                in_arrays(&name, &files[0], &files[1]).or_else(|| of_bytes(&name, &of_run, &of_replay))
            }
            Some("csv" | "svg" | "html" | "txt" | "json") => in_text(&name, &of_run, &of_replay),
            _ => of_bytes(&name, &of_run, &of_replay),
        };
        comparison.compared.push(name);
        if difference.is_some() {
            comparison.difference = difference;
            return Ok(comparison);
        }
    }
    Ok(comparison)
}

fn unreadable(name: &str, problem: Option<String>) -> Difference {
    let recorded = problem.unwrap_or_else(|| "a file".into());
    Difference { place: name.into(), recorded, replayed: "one that can be read".into() }
}

/// On what a run was made, and what was said of it: all that the page has besides results.
fn circumstances(result: &Value) -> [Value; 3] {
    ["adapter", "parameters", "warnings"].map(|key| result[key].clone())
}

/// A result without what depends on when and where it was made.
fn comparable(mut result: Value) -> Value {
    let updates = result["timing"]["updates"].take();
    if let Some(object) = result.as_object_mut() {
        object.insert("timing".into(), json!({"updates": updates}));
        object.remove("adapter");
    }
    if let Some(parameters) = result["parameters"].as_object_mut() {
        parameters.retain(|name, _| !["adapter", "backend"].contains(&name.as_str()));
    }
    if let Some(warnings) = result["warnings"].as_array_mut() {
        warnings.retain(|warning| !warning.as_str().is_some_and(|text| text.starts_with(OTHER_ADAPTER)));
    }
    result
}

/// The first place in which two trees differ, by its path.
pub fn in_json(place: &str, recorded: &Value, replayed: &Value) -> Option<Difference> {
    match (recorded, replayed) {
        (Value::Object(of_run), Value::Object(of_replay)) => {
            let keys: BTreeSet<&String> = of_run.keys().chain(of_replay.keys()).collect();
            keys.into_iter().find_map(|key| {
                let inner =
                    if place.ends_with(".json") { format!("{place} at {key}") } else { format!("{place}.{key}") };
                in_json(&inner, of_run.get(key).unwrap_or(&Value::Null), of_replay.get(key).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(of_run), Value::Array(of_replay)) if of_run.len() == of_replay.len() => {
            let pairs = of_run.iter().zip(of_replay).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (of_run, of_replay))| in_json(&format!("{place}[{index}]"), of_run, of_replay))
        }
        _ if recorded == replayed => None,
        _ => Some(Difference { place: place.into(), recorded: brief(recorded), replayed: brief(replayed) }),
    }
}

fn brief(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("{} values", values.len()),
        other => clipped(&other.to_string()),
    }
}

/// The first line that differs.
fn in_text(name: &str, recorded: &[u8], replayed: &[u8]) -> Option<Difference> {
    if recorded == replayed {
        return None;
    }
    let lines = |bytes: &[u8]| -> Vec<String> { String::from_utf8_lossy(bytes).lines().map(str::to_string).collect() };
    let (of_run, of_replay) = (lines(recorded), lines(replayed));
    let same = of_run.iter().zip(&of_replay).take_while(|(of_run, of_replay)| of_run == of_replay).count();
    let of = |lines: &[String]| lines.get(same).map_or_else(|| "the end".into(), |line| clipped(line));
    let place = format!("{name}, line {}", same + 1);
    Some(Difference { place, recorded: of(&of_run), replayed: of(&of_replay) })
}

/// So much of a line is shown.
const SHOWN: usize = 80;

fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.into(),
    }
}

/// A page without its sentence on how fast the run was.
fn without_speed(page: &[u8]) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    let parts = page.split_once(" updates in ").and_then(|(before, after)| Some((before, after.split_once("</p>")?.1)));
    parts.map_or_else(|| page.to_string(), |(before, after)| format!("{before}{after}")).into_bytes()
}

/// The first number of an array that differs; `None` where all are the same, and the files differ in something else.
fn in_arrays(name: &str, recorded: &Path, replayed: &Path) -> Option<Difference> {
    let keys = |path: &Path| -> Result<Vec<Option<String>>, Error> {
        match path.extension().is_some_and(|ending| ending == "npz") {
            true => Ok(array_keys(path)?.into_iter().map(Some).collect()),
            false => Ok(vec![None]),
        }
    };
    let of_run = match keys(recorded) {
        Err(error) => return Some(unreadable(name, Some(error.to_string()))),
        Ok(keys) => keys,
    };
    let of_replay = keys(replayed).ok()?;
    if of_run != of_replay {
        let [recorded, replayed] =
            [of_run, of_replay].map(|keys| keys.into_iter().flatten().collect::<Vec<_>>().join(", "));
        return Some(Difference { place: format!("{name}, names of arrays"), recorded, replayed });
    }
    of_run.iter().find_map(|key| {
        let place = key.as_ref().map_or_else(|| name.to_string(), |key| format!("{name}, {key}"));
        match [recorded, replayed].map(|path| read_array(path, key.as_deref())) {
            [Ok(of_run), Ok(of_replay)] => in_array(&place, &of_run, &of_replay),
            // Text, or damaged.
            [Err(error), _] => {
                match [recorded, replayed].map(|path| read_text(path, key.as_deref().unwrap_or_default())) {
                    [Ok(recorded), Ok(replayed)] if recorded == replayed => None,
                    [Ok(recorded), Ok(replayed)] => Some(Difference { place, recorded, replayed }),
                    _ => Some(unreadable(&place, Some(error.to_string()))),
                }
            }
            _ => None,
        }
    })
}

fn in_array(place: &str, recorded: &Array, replayed: &Array) -> Option<Difference> {
    if recorded.shape != replayed.shape {
        let [recorded, replayed] = [recorded, replayed].map(|array| format!("{:?}", array.shape));
        return Some(Difference { place: format!("{place}, shape"), recorded, replayed });
    }
    let (at, recorded_number, replayed_number) = match (&recorded.data, &replayed.data) {
        (ArrayData::Integers(of_run), ArrayData::Integers(of_replay)) => {
            let at = of_run.iter().zip(of_replay).position(|(of_run, of_replay)| of_run != of_replay)?;
            (at, of_run.get(at)?.to_string(), of_replay.get(at)?.to_string())
        }
        (ArrayData::Floats(of_run), ArrayData::Floats(of_replay)) => {
            let at =
                of_run.iter().zip(of_replay).position(|(of_run, of_replay)| of_run.to_bits() != of_replay.to_bits())?;
            (at, of_run.get(at)?.to_string(), of_replay.get(at)?.to_string())
        }
        _ => (0, "numbers of one kind".into(), "of another".into()),
    };
    let mut index = Vec::new();
    let mut rest = at;
    for &side in recorded.shape.iter().rev() {
        index.push(rest % side.max(1));
        rest /= side.max(1);
    }
    index.reverse();
    Some(Difference { place: format!("{place} {index:?}"), recorded: recorded_number, replayed: replayed_number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named() {
        let run = json!({"results": {"points": [{"energy": {"mean": -1.5}}, {"energy": {"mean": 2.0}}]}, "seed": 1});
        assert_eq!(in_json("result.json", &run, &run), None);
        let mut other = run.clone();
        other["results"]["points"][1]["energy"]["mean"] = json!(2.5);
        let text = in_json("result.json", &run, &other).unwrap().to_string();
        assert_eq!(text, "result.json at results.points[1].energy.mean: 2.0 recorded, 2.5 replayed");
        other = run.clone();
        other["results"]["points"] = json!([1]);
        let text = in_json("result.json", &other, &run).unwrap().to_string();
        assert_eq!(text, "result.json at results.points: 1 values recorded, 2 values replayed");
        let text = in_text("points.csv", b"a\nb,1\nc", b"a\nb,2\nc").unwrap().to_string();
        assert_eq!(text, "points.csv, line 2: b,1 recorded, b,2 replayed");
        assert_eq!(in_text("points.csv", b"a\n", b"a\n"), None);
        assert_eq!(without_speed(b"<p>7 updates in 3 s.</p><p>x"), b"<p>7<p>x");
    }

    #[test]
    fn numbers_of_arrays_are_found_by_their_index() {
        let array = |shape: &[usize], values: &[f64]| Array {
            shape: shape.to_vec(),
            data: ArrayData::Floats(values.to_vec()),
            source: "a.npy".into(),
            key: None,
        };
        let run = array(&[2, 3], &[0.0, 1.0, 2.0, f64::NAN, 4.0, 5.0]);
        assert_eq!(in_array("a.npy", &run, &run), None);
        let other = array(&[2, 3], &[0.0, 1.0, 2.0, f64::NAN, -4.0, 5.0]);
        assert_eq!(in_array("a.npy", &run, &other).unwrap().to_string(), "a.npy [1, 1]: 4 recorded, -4 replayed");
        let flat = array(&[6], &[0.0; 6]);
        assert_eq!(in_array("a", &run, &flat).unwrap().to_string(), "a, shape: [2, 3] recorded, [6] replayed");
    }
}
