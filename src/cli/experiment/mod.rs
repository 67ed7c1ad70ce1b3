//! `spinfield run` and `spinfield merge`: experiments as files, point by point.

mod definition;
mod joined;
mod points;
#[cfg(test)]
mod tests;

use super::{Cli, Common};
use anyhow::Result;
use clap::{Args, CommandFactory};
use definition::Definition;
use joined::Joined;
use points::Points;
pub use points::{disagreement, finished_points};
use spinfield::Error;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

/// Options of run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct RunArgs {
    /// The experiment
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
    /// Make only this share of the points: every Nth, from the Ith on
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

const EXAMPLE: &str = "An experiment:
  command = \"sample ising\"          # any command that has results
  seed = 1                          # those of the points follow from it
  out = \"magnet\"                    # or --out on the command line
  [parameters]                      # the command's options, without dashes
  lattice = \"32x32\"
  replicas = 16
  tempering = false
  [sweep]                           # each combination is a point
  beta = \"0.40:0.48:0.01\"           # a range, or a list
  field = [0.0, 0.01]

Examples:
  spinfield run magnet.toml --out magnet
  spinfield run magnet.toml --out magnet --shard 2/8    the second of eight shares, as of a job array
  spinfield merge magnet";

/// Options of merge.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The folders that the shards wrote into, or the one that all of them did
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
}

/// A share of the points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `of`.
    number: usize,
    of: usize,
}

impl Shard {
    /// Whether a point belongs to it.
    fn has(self, point: usize) -> bool {
        point % self.of == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if 1 <= number && number <= of => Ok(Self { number, of }),
            _ => Err("a share is I/N with 1 <= I <= N, for example 2/8".into()),
        }
    }
}

/// Makes the points of an experiment, and joins them where all are there.
pub fn run(args: &RunArgs, mut common: Common, started: Instant) -> Result<u8> {
    let definition = Definition::read(&args.file, &Cli::command())?;
    if common.out.is_none() {
        common.out = definition.out.as_ref().map(PathBuf::from);
    }
    let Some(out) = common.out.clone() else {
        let hint = "pass --out DIR, or write `out` into the experiment";
        return Err(Error::input("folder of the results", "a folder", "none", hint).into());
    };
    let points = Points::open(definition, &out, &common, args.shard)?;
    points.make(&common, args.shard)?;
    Joined::of(&points, started)?.deliver(common, args.shard.is_none())
}

/// Joins the points that shards have made.
pub fn merge(args: &MergeArgs, mut common: Common, started: Instant) -> Result<u8> {
    let out = common.out.clone().unwrap_or_else(|| args.folders[0].clone());
    let points = Points::gather(&args.folders, &out, common.force)?;
    common.out = Some(out);
    Joined::of(&points, started)?.deliver(common, true)
}
