//! `spinfield verify`: a part of a finished run is made again, and compared with what the run has left.
//!
//! The milestones of a run cut it into slices. One of them is drawn, replayed from its first milestone and compared with its
//! second; and the last slice, which ends with all files of the run, so that these are compared in any case.

mod compare;
mod scratch;

use super::experiment;
use super::invocation::PARAMETERS_FILE;
use super::replay::{Difference, Position, Replay, Target, fraction_of};
use super::resume::{Resumption, go_to};
use super::session::Session;
use super::{Cli, Common, replay};
use anyhow::Result;
use clap::Args;
use compare::Comparison;
pub use compare::in_json;
use scratch::Scratch;
use serde_json::{Value, json};
use spinfield::Error;
use spinfield::io::checkpoint::{CURRENT_FILE, Checkpoint, Generations, Milestone, Milestones};
use spinfield::io::output::RESULT_FILE;
use spinfield::report::plot::Section;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Options of verifying.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The folder that was given as --out
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Make the whole run again
    #[arg(long)]
    whole: bool,
}

const EXAMPLES: &str = "Examples:
  spinfield sample ising --lattice 512x512 --beta 0.44 --samples 100000 --out magnet
  spinfield verify magnet              one slice of the run, drawn at random, and the last one
  spinfield verify magnet --whole      all of it, from its beginning";

/// The exit code where something differs.
const DIFFERENT: u8 = 6;

/// A finished run, as its folder has it.
struct Finished {
    folder: PathBuf,
    resumption: Resumption,
    /// Where it was begun, to which the paths among its arguments are relative.
    begun: Option<PathBuf>,
    milestones: Vec<(Milestone, Checkpoint)>,
    /// Why some milestones are not used.
    notices: Vec<String>,
}

/// A stretch of a run between two of its places: 0 is its beginning, others its milestones, and the one behind the last its end.
type Slice = [usize; 2];

/// What was replayed and compared.
#[derive(Debug, Default)]
struct Verdict {
    slices: Vec<Value>,
    compared: Vec<String>,
    left_out: Vec<String>,
    difference: Option<Difference>,
}

/// Verifies.
pub fn run(args: &VerifyArgs, mut common: Common, started: Instant) -> Result<u8> {
    let folder = fs::canonicalize(&args.folder)
        .map_err(|error| Error::file(&args.folder, error, "pass the folder that was given as --out"))?;
    if common.out.as_ref().is_some_and(|out| fs::canonicalize(out).is_ok_and(|out| out == folder)) {
        let hint = "the run's own files would be lost";
        return Err(Error::input("--out of verify", "another folder than the run's", "that one", hint).into());
    }
    let points = experiment::finished_points(&folder)?;
    let mut alone = None;
    if points.is_none() {
        let finished = Finished::open(&folder)?;
        let given = finished.arguments()?.common;
        (common.adapter, common.backend) = (common.adapter.or(given.adapter), common.backend.or(given.backend));
        alone = Some(finished);
    }
    let of_runs = common.clone();
    let mut session = Session::open("verify", common, started)?;
    session.begin(vec![("folder", json!(folder.display().to_string())), ("whole", json!(args.whole))])?;
    session.start_clock();
    let mut verdict = Verdict::default();
    let finished = match (alone, &points) {
        (Some(finished), _) => finished,
        (None, points) => {
            verdict.difference = experiment::disagreement(&folder)?;
            verdict.compared.push(RESULT_FILE.into());
            let points = points.as_deref().unwrap_or_default();
            let drawn = points.get(draw(session.seed, "point", points.len()));
            Finished::open(drawn.ok_or_else(|| unfinished(&folder))?)?
        }
    };
    finished.notices.iter().for_each(|notice| session.note(notice));
    if let Some(text) = finished.resumption.other_adapter(session.gpu.adapter()) {
        session.warn(text);
    }
    if verdict.difference.is_none() {
        finished.verify(args.whole, &session, &of_runs, &mut verdict)?;
    }
    let code = if verdict.difference.is_some() { DIFFERENT } else { 0 };
    let (results, human) = (verdict.json(&finished), verdict.text(&finished));
    let shown = human.clone();
    session.finish((results, std::iter::empty()), 0, &human, |_, _| {
        Ok(vec![Section::Heading("Results".into()), Section::Paragraph(shown)])
    })?;
    Ok(code)
}

fn unfinished(folder: &Path) -> Error {
    let hint = format!("end it with `spinfield resume {}`", folder.display());
    Error::file(folder, "its run has not ended", hint)
}

/// A number below `count`, which is not 0, that the seed decides.
fn draw(seed: u64, what: &str, count: usize) -> usize {
    let hash = blake3::hash(format!("{what} of seed {seed}").as_bytes());
    let word = hash.as_bytes().iter().take(8).fold(0, |word, &byte| word << 8 | u64::from(byte));
    (word % count.max(1) as u64) as usize
}

impl Finished {
    /// Reads the folder of a run.
    fn open(folder: &Path) -> Result<Self> {
        let (resumption, begun) = Resumption::read(folder)?;
        if !folder.join(RESULT_FILE).is_file() || Generations::exist(folder) {
            return Err(unfinished(folder).into());
        }
        resumption.check_program()?;
        let mut finished = Self {
            folder: folder.into(),
            resumption,
            begun: begun.map(PathBuf::from),
            milestones: Vec::new(),
            notices: Vec::new(),
        };
        if !finished.arguments()?.command.has_a_plan() {
            let got = finished.resumption.arguments.first().cloned().unwrap_or_default();
            let hint = "other commands tell of times and of machines, which are not twice the same";
            return Err(Error::input("run to verify", "one that samples, recalls or learns", got, hint).into());
        }
        finished.find_milestones();
        Ok(finished)
    }

    fn arguments(&self) -> Result<Cli> {
        Ok(Cli::of(&self.resumption.arguments)?)
    }

    /// Those that are whole and of this run; of several at one place the first.
    fn find_milestones(&mut self) {
        for milestone in Milestones::of(&self.folder).list() {
            let name = format!("milestone {}", milestone.step);
            match milestone.read() {
                Err(error) => self.notices.push(format!("{name} is left out: {error}")),
                Ok(checkpoint) if !self.resumption.is_of(&checkpoint) => {
                    self.notices.push(format!("{name} is left out: it is of another run"));
                }
                Ok(checkpoint) => {
                    let position = Position::of(&checkpoint.sections);
                    let before = self.milestones.last().and_then(|(_, before)| Position::of(&before.sections));
                    if position.is_some() && position != before {
                        self.milestones.push((milestone, checkpoint));
                    }
                }
            }
        }
    }

    fn verify(&self, whole: bool, session: &Session, common: &Common, verdict: &mut Verdict) -> Result<()> {
        let end = self.milestones.len() + 1;
        let drawn = draw(session.seed, "slice", end);
        let slices: Vec<Slice> = match whole {
            true => vec![[0, end]],
            false if drawn + 1 == end => vec![[drawn, end]],
            false => vec![[drawn, drawn + 1], [end - 1, end]],
        };
        for slice in slices {
            session.note(&format!("replaying the run {}", self.stretch(slice)));
            self.replay(slice, common, verdict)?;
            verdict.slices.push(self.slice_json(slice));
            if verdict.difference.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Replays a slice, and compares what it ends with.
    fn replay(&self, [from, to]: Slice, common: &Common, verdict: &mut Verdict) -> Result<()> {
        let scratch = Scratch::new()?;
        if let Some((milestone, _)) = from.checked_sub(1).and_then(|from| self.milestones.get(from)) {
            scratch.copy(&milestone.path, CURRENT_FILE)?;
        }
        scratch.copy(&self.folder.join(PARAMETERS_FILE), PARAMETERS_FILE)?;
        let target = to.checked_sub(1).and_then(|to| self.milestones.get(to)).and_then(|(milestone, checkpoint)| {
            Target::new(format!("milestone {}", milestone.step), checkpoint.sections.clone())
        });
        let of_run = Arc::new(Replay { target });
        let here = std::env::current_dir();
        go_to(self.begun.as_deref())?;
        let ended = replay(self.resumption.clone(), common, scratch.folder(), of_run.clone());
        if let Ok(here) = here {
            std::env::set_current_dir(here)?;
        }
        let met = of_run.target.as_ref().and_then(|target| Some((target.name(), target.outcome()?)));
        if let Some((name, difference)) = met {
            verdict.compared.push(name.into());
            verdict.difference = difference;
            return Ok(());
        }
        // A run whose search does not converge ends with all its files, and with a code of its own.
        let gave_up = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(Error::Run { .. }));
        if !ended.as_ref().is_err_and(gave_up) || !scratch.folder().join(RESULT_FILE).is_file() {
            ended?;
        }
        let Comparison { compared, left_out, difference } = compare::folders(&self.folder, scratch.folder())?;
        verdict.compared.extend(compared);
        verdict.left_out.extend(left_out);
        verdict.difference = difference;
        Ok(())
    }

    /// How much of the run was done at a place of it.
    fn fraction(&self, place: usize) -> f64 {
        match place.checked_sub(1).map(|milestone| self.milestones.get(milestone)) {
            None => 0.0,
            Some(None) => 1.0,
            Some(Some((_, checkpoint))) => fraction_of(&checkpoint.sections).unwrap_or(f64::NAN),
        }
    }

    fn step(&self, place: usize) -> Option<u64> {
        Some(self.milestones.get(place.checked_sub(1)?)?.0.step)
    }

    fn stretch(&self, [from, to]: Slice) -> String {
        let name = |place: usize| match self.step(place) {
            Some(step) => format!("milestone {step} ({:.1} %)", 100.0 * self.fraction(place)),
            None if place == 0 => "its beginning".into(),
            None => "its end".into(),
        };
        format!("from {} to {}", name(from), name(to))
    }

    fn slice_json(&self, slice: Slice) -> Value {
        let [from, to] = slice.map(|place| json!({"milestone": self.step(place), "fraction": self.fraction(place)}));
        json!({"from": from, "to": to, "text": self.stretch(slice)})
    }
}

impl Verdict {
    fn json(&self, finished: &Finished) -> Value {
        let difference = self.difference.as_ref().map(|difference| {
            json!({"place": difference.place, "recorded": difference.recorded, "replayed": difference.replayed})
        });
        json!({
            "run": finished.folder.display().to_string(),
            "milestones": finished.milestones.iter().map(|(milestone, _)| milestone.step).collect::<Vec<_>>(),
            "slices": self.slices,
            "compared": self.compared,
            "left_out": self.left_out,
            "identical": self.difference.is_none(),
            "difference": difference,
        })
    }

    fn text(&self, finished: &Finished) -> String {
        let mut text = format!("run {}\n", finished.folder.display());
        for slice in &self.slices {
            text.push_str(&format!("replayed {}\n", slice["text"].as_str().unwrap_or_default()));
        }
        text.push_str(&format!("compared {}\n", self.compared.join(", ")));
        if !self.left_out.is_empty() {
            text.push_str(&format!("not compared {}\n", self.left_out.join(", ")));
        }
        text.push_str(&match &self.difference {
            None => "the same, byte for byte but for timings".to_string(),
            Some(difference) => format!("DIFFERENT in {difference}"),
        });
        text
    }
}
