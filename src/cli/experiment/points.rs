//! The points of an experiment: a folder each, made once, in any order and by any process.

use super::Shard;
use super::definition::Definition;
use crate::cli::replay::Difference;
use crate::cli::session::say;
use crate::cli::table::plain;
use crate::cli::verify::in_json;
use crate::cli::{Cli, Common, run_point};
use anyhow::Result;
use serde_json::{Map, Value, json};
use spinfield::Error;
use spinfield::io::output::{OutputFolder, RESULT_FILE, write_bytes};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

/// The file of an experiment's folder that says what it is.
const EXPERIMENT_FILE: &str = "experiment.json";

/// An experiment, and the places of its points.
type Recorded = (Value, Vec<Map<String, Value>>);

/// The points of an experiment and where their results lie.
#[derive(Debug)]
pub struct Points {
    /// Everything that decides the results.
    pub experiment: Value,
    /// What sweeps, with its value, point by point.
    pub places: Vec<Map<String, Value>>,
    /// The folder of all.
    pub folder: PathBuf,
    /// How each is made; none where they are only gathered.
    arguments: Vec<Vec<String>>,
}

impl Points {
    /// Opens the folder of an experiment, or makes it.
    ///
    /// # Errors
    /// An experiment that cannot be run, a folder of another experiment, or one that cannot be written to.
    pub fn open(definition: Definition, folder: &Path, common: &Common, shard: Option<Shard>) -> Result<Self> {
        let before = if common.force { None } else { recorded(folder)? };
        let seed = common.seed.or(definition.seed).or_else(|| {
            // A seed that was drawn before is that of the points that are there.
            before.as_ref().and_then(|(experiment, _)| experiment["seed"].as_u64())
        });
        if seed.is_none() && !definition.sweeps_seed() && shard.is_some_and(|shard| shard.of > 1) {
            let hint = "write `seed = 1` into the experiment, or pass --seed: every shard needs the same";
            return Err(Error::input("seed of a sharded experiment", "a number", "none", hint).into());
        }
        // 53 bits survive every JSON reader.
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) >> 11);
        let experiment = definition.record(Some(seed));
        if let Some((before, _)) = before.filter(|(before, _)| *before != experiment) {
            let keys = ["command", "version", "seed", "parameters", "sweep"];
            let changed: Vec<_> = keys.into_iter().filter(|key| before[key] != experiment[key]).collect();
            let problem = format!("it holds another experiment (other {})", changed.join(", "));
            let hint = "choose another folder, or pass --force to begin again";
            return Err(Error::output(folder, problem, hint).into());
        }
        let count = definition.points();
        let arguments: Vec<Vec<String>> = (0..count)
            .map(|point| {
                let mut arguments = definition.arguments(point);
                if !definition.sweeps_seed() {
                    arguments.push(format!("--seed={}", seed_of(seed, point)));
                }
                arguments
            })
            .collect();
        // What the command's own options refuse is refused before any point is made.
        for (point, arguments) in arguments.iter().enumerate() {
            Cli::of(arguments).map_err(|error| {
                let text = error.to_string();
                let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                let hint = format!("it stands for `spinfield {}`", arguments.join(" "));
                Error::input(format!("point {point} of the experiment"), "what the command takes", what, hint)
            })?;
        }
        let points = Self {
            experiment,
            places: (0..count).map(|point| definition.place(point)).collect(),
            folder: folder.into(),
            arguments,
        };
        fs::create_dir_all(folder).map_err(|error| Error::output(folder, error, "check the path"))?;
        let record = json!({"experiment": points.experiment, "places": points.places});
        let mut text = format!("{record:#}");
        text.push('\n');
        write_bytes(folder.join(EXPERIMENT_FILE), text.as_bytes())?;
        Ok(points)
    }

    /// The points that lie in several folders, as of one experiment in `folder`.
    ///
    /// # Errors
    /// A folder without an experiment, or with another one; what cannot be read or written.
    pub fn gather(folders: &[PathBuf], folder: &Path, force: bool) -> Result<Self> {
        let mut first: Option<Recorded> = None;
        for from in folders {
            let Some(found) = recorded(from)? else {
                let hint = "pass folders that `spinfield run` wrote into";
                return Err(Error::file(from, format!("there is no {EXPERIMENT_FILE}"), hint).into());
            };
            match &first {
                Some(before) if *before != found => {
                    let hint = "shards of one experiment have the same file and seed";
                    let problem = format!("another experiment than that of {}", folders[0].display());
                    return Err(Error::file(from, problem, hint).into());
                }
                Some(_) => {}
                None => first = Some(found),
            }
        }
        let Some((experiment, places)) = first else {
            return Err(Error::input("folders to merge", "at least one", 0, "pass them as arguments").into());
        };
        let points = Self { experiment, places, folder: folder.into(), arguments: Vec::new() };
        for point in 0..points.places.len() {
            for from in
                folders.iter().map(|from| folder_of(from, point)).filter(|from| from.join(RESULT_FILE).is_file())
            {
                copy(&from, &folder_of(folder, point), force)?;
            }
        }
        let record = json!({"experiment": points.experiment, "places": points.places});
        write_bytes(folder.join(EXPERIMENT_FILE), format!("{record:#}\n").as_bytes())?;
        Ok(points)
    }

    /// Makes the points of a shard that are not there yet, one after another. One that fails does not keep the others from
    /// being made.
    ///
    /// # Errors
    /// [`Error::Run`] where points have failed; what ends all of them, as an interrupt or a lost device.
    pub fn make(&self, common: &Common, shard: Option<Shard>) -> Result<()> {
        let mine: Vec<usize> =
            (0..self.places.len()).filter(|&point| shard.is_none_or(|shard| shard.has(point))).collect();
        let mut failed: Vec<(usize, String)> = Vec::new();
        for (done, &point) in mine.iter().enumerate() {
            let folder = folder_of(&self.folder, point);
            if folder.join(RESULT_FILE).is_file() && !common.force {
                continue;
            }
            if !common.quiet {
                let place: Vec<_> =
                    self.places[point].iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
                say(&format!("spinfield: point {point}, {} of {}: {}", done + 1, mine.len(), place.join(", ")));
            }
            let Some(name) = folder.to_str() else {
                return Err(Error::output(&folder, "its name is no text", "choose another folder").into());
            };
            let mut arguments = self.arguments[point].clone();
            arguments.push(format!("--out={name}"));
            match run_point(&arguments, common, &folder) {
                Ok(0) => {}
                Ok(code) => failed.push((point, format!("it ended with code {code}"))),
                Err(error) => {
                    let known = error.chain().find_map(|cause| cause.downcast_ref::<Error>());
                    let of_all = known.is_none_or(|known| [4, 5, 130].contains(&known.exit_code()));
                    if of_all || matches!(known, Some(Error::Output { .. })) {
                        return Err(error);
                    }
                    say(&format!("error: point {point}: {error:#}"));
                    failed.push((point, format!("{error:#}")));
                }
            }
        }
        let Some((point, what)) = failed.first() else { return Ok(()) };
        let what = format!("{} of {} points failed, the first of them point {point}: {what}", failed.len(), mine.len());
        Err(Error::Run { what, hint: "mend the experiment and run it again; finished points are kept".into() }.into())
    }

    /// The file with a point's result.
    pub fn result(&self, point: usize) -> PathBuf {
        folder_of(&self.folder, point).join(RESULT_FILE)
    }
}

/// The folders of all points of an experiment; `None` where the folder is none of an experiment.
///
/// # Errors
/// [`Error::File`] for what is no experiment, or has no result yet.
pub fn finished_points(folder: &Path) -> Result<Option<Vec<PathBuf>>> {
    let Some((_, places)) = recorded(folder)? else { return Ok(None) };
    if !folder.join(RESULT_FILE).is_file() {
        let hint = "run the experiment again: what is finished is kept";
        return Err(Error::file(folder, "not all of its points have been made", hint).into());
    }
    Ok(Some((0..places.len()).map(|point| folder_of(folder, point)).collect()))
}

/// Where the result of an experiment is not that of its points.
///
/// # Errors
/// [`Error::File`] for a result that cannot be read.
pub fn disagreement(folder: &Path) -> Result<Option<Difference>> {
    let read = |path: PathBuf| -> Result<Value> {
        let hint = "run the experiment again";
        let bytes = fs::read(&path).map_err(|error| Error::file(&path, error, hint))?;
        Ok(serde_json::from_slice(&bytes).map_err(|error| Error::file(&path, error, hint))?)
    };
    let whole = read(folder.join(RESULT_FILE))?;
    let none = Vec::new();
    for (point, joined) in whole["results"]["points"].as_array().unwrap_or(&none).iter().enumerate() {
        let own = read(folder_of(folder, point).join(RESULT_FILE))?;
        for key in ["seed", "warnings", "results"] {
            let place = format!("{RESULT_FILE} at results.points[{point}].{key}");
            if let Some(difference) = in_json(&place, &joined[key], &own[key]) {
                return Ok(Some(difference));
            }
        }
    }
    Ok(None)
}

fn folder_of(folder: &Path, point: usize) -> PathBuf {
    folder.join("points").join(format!("{point:05}"))
}

/// A seed of its own for every point, as far as 53 bits go.
fn seed_of(seed: u64, point: usize) -> u64 {
    let hash = blake3::hash(format!("seed {seed} of point {point}").as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |value, &byte| value << 8 | u64::from(byte)) >> 11
}

/// The experiment of a folder, and the places of its points.
fn recorded(folder: &Path) -> Result<Option<Recorded>> {
    let path = folder.join(EXPERIMENT_FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let broken = |problem: String| Error::file(&path, problem, "run the experiment again with --force");
    let text = fs::read_to_string(&path).map_err(|error| broken(error.to_string()))?;
    let mut record: Value = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    let places: Option<Vec<Map<String, Value>>> =
        record["places"].as_array().and_then(|all| all.iter().map(|place| place.as_object().cloned()).collect());
    match places {
        Some(places) if record["experiment"].is_object() => Ok(Some((record["experiment"].take(), places))),
        _ => Err(broken("it is no experiment".into()).into()),
    }
}

/// Copies a point's files, the result last, so that a point with a result is whole.
fn copy(from: &Path, to: &Path, force: bool) -> Result<()> {
    let same = fs::canonicalize(from).is_ok_and(|from| fs::canonicalize(to).is_ok_and(|to| from == to));
    if same || (to.join(RESULT_FILE).is_file() && !force) {
        return Ok(());
    }
    let folder = OutputFolder::create(to, force)?;
    let read = |path: &Path| fs::read(path).map_err(|error| Error::file(path, error, "check the shard's folder"));
    let entries = fs::read_dir(from).map_err(|error| Error::file(from, error, "check the shard's folder"))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_file())?.file_name().into_string().ok())
        .collect();
    names.sort_by_key(|name| (name == RESULT_FILE, name.clone()));
    for name in names {
        write_bytes(folder.path(&name)?, &read(&from.join(&name))?)?;
    }
    Ok(())
}
