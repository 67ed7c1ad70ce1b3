//! What every run has in common: device, seed, folder, timing, talk, and the JSON around its results.

use super::Common;
use super::delivery::{deliver, envelope, text_of, timing};
use super::dry_run;
use super::invocation::{self, Configuration, PARAMETERS_FILE};
use super::keeper::{self, Keeper, Reached, Store};
use super::points_csv;
use super::resume::check_checkpoint;
use super::stopping;
use super::table::{Table, plain};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde_json::{Map, Value};
use spinfield::io::checkpoint::{Generations, Header};
use spinfield::io::output::OutputFolder;
use spinfield::random::STREAM_VERSION;
use spinfield::report::plot::{Section, report_html};
use spinfield::{Error, Gpu};
use std::fs::{File, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::time::{Duration, Instant};

/// The options of a run with their values, in the order in which the help has them.
pub type Parameters = Vec<(&'static str, Value)>;

/// A run of one subcommand.
pub struct Session {
    /// The device.
    pub gpu: Gpu,
    /// The seed, given or drawn.
    pub seed: u64,
    command: &'static str,
    common: Common,
    parameters: Parameters,
    warnings: Vec<String>,
    started: Instant,
    running: Instant,
    folder: Option<OutputFolder>,
    /// Checkpoints, and what the last one had.
    kept: Option<(Store, Reached)>,
    /// Time that the run took before it was resumed.
    earlier: Duration,
    /// Held while files are written, so that no other process does.
    lock: Option<File>,
    /// Updates that the run makes in all, where they are known.
    expected_updates: Option<u64>,
    /// Whether nobody knows how much work there is.
    is_search: bool,
}

impl Session {
    /// Opens the device.
    pub fn open(command: &'static str, common: Common, started: Instant) -> Result<Self> {
        let mut gpu = Gpu::request(&common.request())?;
        let resumed = common.resumption.as_ref();
        if let Some(resumed) = resumed {
            gpu = gpu.with_parallelism(resumed.parallelism);
        }
        // For tests of what a lost device leaves behind.
        if let Some(call) = std::env::var(LOSE_DEVICE).ok().and_then(|call| call.parse().ok()) {
            gpu.lose_before_call(call);
        }
        if common.dry_run {
            gpu.record_plans();
        }
        // Ctrl-C between here and the first submission must not be lost.
        stopping::interrupt_by(gpu.interrupt_flag());
        // 53 bits survive every JSON reader.
        let seed = resumed.map(|resumed| resumed.seed).or(common.seed);
        let drawn = seed.is_none();
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) >> 11);
        let session = Self {
            gpu,
            seed,
            command,
            common,
            parameters: Vec::new(),
            warnings: Vec::new(),
            started,
            running: Instant::now(),
            folder: None,
            kept: None,
            earlier: Duration::ZERO,
            lock: None,
            expected_updates: None,
            is_search: false,
        };
        let adapter = session.gpu.adapter();
        let software = if adapter.kind == "cpu" { ", a software adapter: correct, but slow" } else { "" };
        session.note(&format!("adapter [{}] {adapter}{software}", adapter.index));
        if drawn {
            session.note(&format!("seed {seed} (drawn; repeat with --seed {seed})"));
        }
        Ok(session)
    }

    /// Whether files are written.
    pub fn writes(&self) -> bool {
        self.common.out.is_some()
    }

    /// Whether a picture is drawn at the end.
    pub fn shows_pictures(&self) -> bool {
        self.common.shows_pictures()
    }

    /// Says how many updates the run makes, so that its progress can tell how fast they are.
    pub fn expect_updates(&mut self, updates: u64) {
        self.expected_updates = Some(updates);
    }

    /// A line of talk.
    pub fn note(&self, text: &str) {
        if !self.common.quiet {
            say(&format!("spinfield: {text}"));
        }
    }

    /// Something that the caller should know about the result; it is also kept with it.
    pub fn warn(&mut self, text: String) {
        if !self.common.quiet {
            say(&format!("warning: {text}"));
        }
        self.warnings.push(text);
    }

    /// Makes the folder, and writes the parameters into it before anything is run.
    pub fn begin(&mut self, parameters: Parameters) -> Result<()> {
        self.parameters = parameters;
        self.parameters.extend(self.common.parameters());
        let Some(out) = self.common.out.clone().filter(|_| !self.common.dry_run) else { return Ok(()) };
        let resumed = self.common.resumption.clone();
        let arguments = match &resumed {
            Some(resumed) => Some(resumed.arguments.clone()),
            None => self.common.of_point.clone().or_else(invocation::arguments),
        };
        let configuration =
            Configuration::new(self.command, self.seed, &self.parameters, arguments.as_deref().unwrap_or_default());
        let folder = match &resumed {
            Some(resumed) => {
                resumed.check(&configuration)?;
                if let Some(text) = resumed.other_adapter(self.gpu.adapter()) {
                    self.warn(text);
                }
                OutputFolder::open(&out)?
            }
            None => self.make_folder(&configuration, arguments.as_deref())?,
        };
        self.lock = lock(&folder)?;
        if resumed.is_some() {
            folder.remove_left_overs()?;
        }
        self.keep_in(&folder, &configuration)?;
        self.folder = Some(folder);
        Ok(())
    }

    /// Makes the folder of a run that begins, and writes into it what it takes to begin it again.
    fn make_folder(&self, configuration: &Configuration, arguments: Option<&[String]>) -> Result<OutputFolder> {
        let out = self.common.out.as_deref().unwrap_or(std::path::Path::new("."));
        if Generations::exist(out) && !self.common.force {
            let hint = format!(
                "go on with `spinfield resume {}`, choose another folder, or pass --force to begin again",
                out.display()
            );
            return Err(Error::output(out, "it holds checkpoints of a run that has not ended", hint).into());
        }
        let folder = OutputFolder::create(out, self.common.force)?;
        drop(lock(&folder)?);
        Generations::remove(out)?;
        let mut parameters = self.envelope();
        parameters.insert("invocation".into(), invocation::record(configuration, arguments, self.gpu.parallelism()));
        folder.write_json(PARAMETERS_FILE, &Value::Object(parameters))?;
        Ok(folder)
    }

    /// Finds the checkpoint to go on from, if there is one.
    fn keep_in(&mut self, folder: &OutputFolder, configuration: &Configuration) -> Result<()> {
        let (files, found) = Generations::open(folder.folder())?;
        let mut reached = Reached::default();
        let names = [Some(self.command), self.parameters.first().and_then(|(_, value)| value.as_str())];
        let names = names.into_iter().flatten().map(str::to_string).collect();
        let mut header = Header { configuration: configuration.hash(), step: 0, stream_version: STREAM_VERSION, names };
        match found {
            Some(found) => {
                check_checkpoint(&found.checkpoint, configuration)?;
                if let Some(notice) = found.notice {
                    self.note(&notice);
                }
                header.step = found.checkpoint.header.step;
                (reached, self.earlier) = keeper::reached(&found.checkpoint.sections)?;
                self.note(&format!("going on from checkpoint {} of {}", header.step, folder.folder().display()));
            }
            None if self.common.resumption.is_some() => {
                self.note("no checkpoint was reached: beginning at the beginning");
            }
            None => {}
        }
        let store = Store {
            files,
            header,
            configuration: configuration.text(),
            interval: self.common.checkpoint_interval(),
            since: (Instant::now(), self.earlier),
            cost: Duration::ZERO,
        };
        self.kept = Some((store, reached));
        Ok(())
    }

    /// Says that the work is a search, whose end nobody knows.
    pub fn begin_search(&mut self) {
        self.is_search = true;
    }

    /// Ends the setup: everything is compiled and on the device.
    pub fn start_clock(&mut self) {
        self.running = Instant::now();
        if self.common.dry_run {
            dry_run::begin(&self.gpu, self.envelope(), self.is_search);
        }
    }

    /// What saves the run and shows how far it is.
    pub fn keeper(&mut self, doing: &'static str) -> Keeper {
        let (store, reached) = self.kept.take().unzip();
        let store = store.map(|store| Store { since: (self.running, self.earlier), ..store });
        let reached = reached.unwrap_or_default();
        Keeper::new(self.progress(doing), store, reached, self.common.quiet).replaying(self.common.replay.clone())
    }

    /// A bar on stderr, where that is a terminal.
    pub fn progress(&self, doing: &'static str) -> ProgressBar {
        // A replay says nothing but how far it is.
        let hidden = self.common.json || (self.common.quiet && self.common.replay.is_none());
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = match self.expected_updates {
            Some(_) => "{msg} [{bar:40}] {percent} % {elapsed} (left: {eta}, {rate} updates/s) {prefix}",
            None => "{msg} [{bar:40}] {percent} % {elapsed} (left: {eta}) {prefix}",
        };
        let updates = self.expected_updates.unwrap_or_default() as f64;
        let rate = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            // A terminal that takes no text shows no rate.
            let _ = write!(text, "{:.2e}", updates * f64::from(state.fraction()) / state.elapsed().as_secs_f64());
        };
        let style = ProgressStyle::with_template(template).map(|style| style.with_key("rate", rate));
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
        ProgressBar::with_draw_target(Some(PROGRESS), target).with_style(style).with_message(doing)
    }

    fn envelope(&self) -> Map<String, Value> {
        envelope(self.command, Some(self.seed), self.gpu.adapter(), &self.parameters, &self.warnings)
    }

    /// Stops the clock, writes the files and prints the result, where `rows` replace a list of it that is
    /// [`ROWS`](super::delivery::ROWS). `files` writes arrays and pictures into the folder and returns what the page
    /// shows of the results.
    pub fn finish(
        self,
        (results, rows): (Value, impl Iterator<Item = Value>),
        updates: u64,
        human: &str,
        files: impl FnOnce(&OutputFolder, &Self) -> Result<Vec<Section>>,
    ) -> Result<u8> {
        if self.common.dry_run {
            return Ok(0);
        }
        let (setup, run) = (self.running.duration_since(self.started), self.running.elapsed() + self.earlier);
        let timing = timing(setup, run, updates);
        let rate = timing["updates_per_ns"].as_f64().unwrap_or_default();
        let rate = if rate < 0.01 { format!("{rate:.1e}") } else { format!("{rate:.3}") };
        let (setup, run) = (setup.as_secs_f64(), run.as_secs_f64());
        let speed = format!("{updates} updates in {run:.3} s ({rate} updates/ns), setup {setup:.3} s");
        let points = self.common.csv.then(|| points_csv::table(&results)).flatten();
        if self.common.csv && points.is_none() {
            self.note("no points.csv: the result is no table of points");
        }
        let mut result = self.envelope();
        result.insert("timing".into(), timing);
        result.insert("results".into(), results);
        let json = || text_of(&Value::Object(result), rows);
        let human = format!("{}, seed {}, {}\n\n{human}\n{speed}\n", self.title(), self.seed, self.gpu.adapter());
        let code = deliver(&self.common, self.folder.as_ref(), (json, &human), |folder| {
            let mut sections = self.preamble(&speed);
            sections.extend(files(folder, &self)?);
            sections.extend(self.appendix());
            if let Some(points) = &points {
                folder.write_text("points.csv", points)?;
            }
            let title = format!("spinfield {}", self.title());
            Ok(folder.write_text("report.html", &report_html(&title, &sections))?)
        })?;
        if let Some(folder) = &self.folder {
            Generations::finish(folder.folder())?;
        }
        Ok(code)
    }

    fn title(&self) -> String {
        match self.parameters.first() {
            Some(("model", model)) => format!("{} {}", self.command, plain(model)),
            _ => self.command.into(),
        }
    }

    /// The page's beginning: what was run, on what, and how long it took.
    fn preamble(&self, speed: &str) -> Vec<Section> {
        let (adapter, version) = (self.gpu.adapter(), env!("CARGO_PKG_VERSION"));
        let about =
            format!("spinfield {version} on {adapter}, driver {}, seed {}. {speed}.", adapter.driver, self.seed);
        let mut sections = vec![Section::Command(self.command_line()), Section::Paragraph(about)];
        sections.extend(self.warnings.iter().cloned().map(Section::Warning));
        sections
    }

    /// What was typed, or stands for it: of a run that goes on, and of a point of an experiment, its own arguments. Without what
    /// says where the results go, so that the same run has the same page.
    fn command_line(&self) -> String {
        let resumed = self.common.resumption.as_ref().map(|resumed| resumed.arguments.clone());
        let typed = || std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let arguments = resumed.or_else(|| self.common.of_point.clone()).unwrap_or_else(typed);
        command_line(invocation::without_delivery(arguments).into_iter())
    }

    /// The page's end: every parameter, defaults included.
    fn appendix(&self) -> [Section; 2] {
        let mut table = Table::new(&["parameter", "value"]);
        table.push(vec!["seed".into(), self.seed.to_string()]);
        for (name, value) in &self.parameters {
            table.push(vec![(*name).into(), plain(value)]);
        }
        [Section::Heading("Parameters".into()), table.section()]
    }
}

/// The number of the device's call before which it is lost.
const LOSE_DEVICE: &str = "SPINFIELD_LOSE_DEVICE_BEFORE_CALL";

/// Keeps others from working in a folder as long as the file lives.
fn lock(folder: &OutputFolder) -> Result<Option<File>> {
    let Ok(file) = File::open(folder.path(PARAMETERS_FILE)?) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            let hint = "wait until it has ended, or end it";
            Err(Error::output(folder.folder(), "another process is at work in it", hint).into())
        }
        // Some file systems have no locks.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// The program with these arguments, quoted where a shell would take a word apart.
fn command_line(words: impl Iterator<Item = String>) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:,=+@%".contains(letter);
    let word = |word: String| {
        let bare = !word.is_empty() && word.chars().all(is_plain);
        if bare { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    std::iter::once("spinfield".to_string()).chain(words.map(word)).collect::<Vec<_>>().join(" ")
}

/// Steps of a progress bar.
pub const PROGRESS: u64 = 1000;

/// Moves a bar to a fraction.
pub fn advance(bar: &ProgressBar, fraction: f64) {
    dry_run::reached(&bar.message(), fraction);
    bar.set_position((fraction * PROGRESS as f64) as u64);
}

/// Writes a line to stderr, if anybody listens.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A text of several lines as one.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_typed_again() {
        let line = |words: &[&str]| command_line(words.iter().map(ToString::to_string));
        assert_eq!(line(&["sample", "--beta", "0.3:0.6:0.1"]), "spinfield sample --beta 0.3:0.6:0.1");
        assert_eq!(line(&["a b", "it's", "", "$HOME"]), r"spinfield 'a b' 'it'\''s' '' '$HOME'");
    }
}
