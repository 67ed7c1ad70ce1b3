//! `spinfield resume`.

use super::Common;
use super::invocation::{Configuration, PARAMETERS_FILE};
use super::session::say;
use anyhow::Result;
use clap::Args;
use serde_json::Value;
use spinfield::gpu::AdapterDescription;
use spinfield::io::checkpoint::Generations;
use spinfield::io::output::{OutputFolder, RESULT_FILE};
use spinfield::{Error, random::STREAM_VERSION};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Options of resuming.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ResumeArgs {
    /// The folder that was given as --out
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl ResumeArgs {
    /// For this folder.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }
}

const EXAMPLES: &str = "Examples:
  spinfield sample ising --lattice 512x512 --beta 0.44 --samples 100000 --out magnet
  spinfield resume magnet      after Ctrl-C, a crash or a power cut";

/// A run that is to be continued, as its folder has it.
#[derive(Debug, Clone)]
pub struct Resumption {
    /// The seed, given or drawn.
    pub seed: u64,
    /// As they were typed.
    pub arguments: Vec<String>,
    /// By how many invocations at a time memory was laid out.
    pub parallelism: u32,
    /// What decided the result.
    configuration: Configuration,
    adapter: Value,
}

/// What to do about a folder.
pub enum Plan {
    /// The run has ended.
    Finished,
    /// It goes on, as these arguments say.
    GoOn(Resumption),
}

/// Reads the folder, and goes to where the run was begun.
pub fn plan(args: &ResumeArgs, common: &mut Common) -> Result<Plan> {
    if common.out.is_some() || common.seed.is_some() || common.force {
        let hint = "the folder is the run's own, and its seed as well";
        return Err(Error::input("options of resume", "no --out, --seed or --force", "one of them", hint).into());
    }
    let folder = fs::canonicalize(&args.folder)
        .map_err(|error| Error::file(&args.folder, error, "pass the folder that was given as --out"))?;
    let (resumption, begun) = Resumption::read(&folder)?;
    common.out = Some(folder.clone());
    if folder.join(RESULT_FILE).is_file() && !Generations::exist(&folder) {
        return finished(&folder, common);
    }
    OutputFolder::open(&folder)?;
    go_to(begun.as_deref().map(Path::new))?;
    Ok(Plan::GoOn(resumption))
}

/// Goes to where a run was begun, to which the paths among its arguments are relative; stays where that is no more.
pub fn go_to(begun: Option<&Path>) -> Result<(), Error> {
    match begun.filter(|begun| begun.is_dir()) {
        Some(begun) => {
            std::env::set_current_dir(begun).map_err(|error| Error::file(begun, error, "check its permissions"))
        }
        None => Ok(()),
    }
}

/// Says so, and prints the result where it is asked for.
fn finished(folder: &Path, common: &Common) -> Result<Plan> {
    if !common.quiet {
        say(&format!("spinfield: the run in {} is already complete", folder.display()));
    }
    if common.json {
        let path = folder.join(RESULT_FILE);
        let text = fs::read(&path).map_err(|error| Error::file(&path, error, "check its permissions"))?;
        let _ = std::io::stdout().write_all(&text);
    }
    Ok(Plan::Finished)
}

impl Resumption {
    /// What a run's folder says, with the folder where the run was begun.
    pub fn read(folder: &Path) -> Result<(Self, Option<String>), Error> {
        let path = &folder.join(PARAMETERS_FILE);
        let text = fs::read_to_string(path)
            .map_err(|error| Error::file(path, error, "pass the folder that was given as --out of a run"))?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| Error::file(path, error, "begin the run again with --force"))?;
        let none = |what: &str| {
            let hint = "it is no run that can be continued: begin it again with --force";
            Error::file(path, format!("no {what}"), hint)
        };
        let invocation = &value["invocation"];
        let arguments = invocation["arguments"].as_array().and_then(|all| {
            all.iter().map(|argument| argument.as_str().map(str::to_string)).collect::<Option<Vec<String>>>()
        });
        let parallelism = invocation["parallelism"].as_u64().and_then(|number| u32::try_from(number).ok());
        let resumption = Self {
            seed: value["seed"].as_u64().ok_or_else(|| none("seed"))?,
            arguments: arguments.ok_or_else(|| none("arguments of the command, or one that is no text"))?,
            parallelism: parallelism.ok_or_else(|| none("`parallelism`"))?,
            configuration: Configuration::recorded(&value),
            adapter: value["adapter"].clone(),
        };
        Ok((resumption, invocation["folder"].as_str().map(str::to_string)))
    }

    /// Refuses what would be another run than the one that was begun.
    pub fn check(&self, now: &Configuration) -> Result<(), Error> {
        refuse("run to resume", &self.configuration, now)
    }

    /// Refuses a run of another version of the program, or of its random numbers.
    pub fn check_program(&self) -> Result<(), Error> {
        let changes = self.configuration.changes_of_program();
        if changes.is_empty() {
            return Ok(());
        }
        let hint = "verify it with the program that made it";
        Err(Error::input("run to verify", "one of this program", format!("changes in {}", changes.join(", ")), hint))
    }

    /// Whether a checkpoint is of this run.
    pub fn is_of(&self, checkpoint: &spinfield::io::checkpoint::Checkpoint) -> bool {
        checkpoint.header.configuration == self.configuration.hash()
    }

    /// What to say where the device is another one.
    pub fn other_adapter(&self, adapter: &AdapterDescription) -> Option<String> {
        let same = ["name", "backend", "driver"].map(|key| self.adapter[key].as_str().unwrap_or_default());
        let now = [&adapter.name, &adapter.backend, &adapter.driver];
        (same != now.map(String::as_str)).then(|| {
            format!(
                "{OTHER_ADAPTER} {} ({}, driver {}) and goes on on {} ({}, driver {}): models that decide by integers \
                 give the same numbers there, others the same within their errors",
                same[0], same[1], same[2], now[0], now[1], now[2]
            )
        })
    }
}

/// How the warning of another adapter begins.
pub const OTHER_ADAPTER: &str = "the run began on";

/// Refuses a checkpoint of another configuration than the run's.
pub fn check_checkpoint(checkpoint: &spinfield::io::checkpoint::Checkpoint, now: &Configuration) -> Result<(), Error> {
    let header = &checkpoint.header;
    if header.configuration == now.hash() && header.stream_version == STREAM_VERSION {
        return Ok(());
    }
    let before = checkpoint.sections.text("configuration").ok().and_then(Configuration::parse);
    match before {
        Some(before) => refuse("checkpoint", &before, now),
        None => Ok(()),
    }?;
    let (wanted, got) = (blake3::Hash::from_bytes(now.hash()), blake3::Hash::from_bytes(header.configuration));
    Err(Error::input("configuration of the checkpoint", wanted.to_string(), got, HINT))
}

const HINT: &str = "resume with the program, files and parameters that the run began with, or begin again with --force";

fn refuse(what: &str, before: &Configuration, now: &Configuration) -> Result<(), Error> {
    let changes = before.changes(now);
    if changes.is_empty() {
        return Ok(());
    }
    Err(Error::input(what, "the configuration that it began with", format!("changes in {}", changes.join(", ")), HINT))
}
