//! What every run has in common: device, seed, folder, timing, talk, and the JSON around its results.

use super::Common;
use super::delivery::{deliver, envelope, text_of, timing};
use super::table::{Table, plain};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};
use spinfield::io::output::OutputFolder;
use spinfield::report::plot::{Section, report_html};
use spinfield::{Error, Gpu};
use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

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
}

impl Session {
    /// Opens the device.
    pub fn open(command: &'static str, common: Common, started: Instant) -> Result<Self> {
        let gpu = Gpu::request(&common.request())?;
        // Ctrl-C between here and the first submission must not be lost.
        let _ = INTERRUPT.set(gpu.interrupt_flag());
        // 53 bits survive every JSON reader.
        let seed = common.seed.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) >> 11);
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
        };
        let adapter = session.gpu.adapter();
        let software = if adapter.kind == "cpu" { ", a software adapter: correct, but slow" } else { "" };
        session.note(&format!("adapter [{}] {adapter}{software}", adapter.index));
        if session.common.seed.is_none() {
            session.note(&format!("seed {seed} (drawn; repeat with --seed {seed})"));
        }
        Ok(session)
    }

    /// Whether files are written.
    pub fn writes(&self) -> bool {
        self.common.out.is_some()
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
        if let Some(out) = &self.common.out {
            let folder = OutputFolder::create(out, self.common.force)?;
            folder.write_json("parameters.json", &Value::Object(self.envelope()))?;
            self.folder = Some(folder);
        }
        Ok(())
    }

    /// Ends the setup: everything is compiled and on the device.
    pub fn start_clock(&mut self) {
        self.running = Instant::now();
    }

    /// A bar on stderr, where that is a terminal.
    pub fn progress(&self, doing: &'static str) -> ProgressBar {
        let hidden = self.common.quiet || self.common.json;
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent} % {elapsed} (left: {eta})");
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
        let (setup, run) = (self.running.duration_since(self.started), self.running.elapsed());
        let timing = timing(setup, run, updates);
        let rate = timing["updates_per_ns"].as_f64().unwrap_or_default();
        let rate = if rate < 0.01 { format!("{rate:.1e}") } else { format!("{rate:.3}") };
        let (setup, run) = (setup.as_secs_f64(), run.as_secs_f64());
        let speed = match updates {
            0 => format!("run {run:.3} s, setup {setup:.3} s"),
            _ => format!("{updates} updates in {run:.3} s ({rate} updates/ns), setup {setup:.3} s"),
        };
        let mut result = self.envelope();
        result.insert("timing".into(), timing);
        result.insert("results".into(), results);
        let json = || text_of(&Value::Object(result), rows);
        let human = format!("{}, seed {}, {}\n\n{human}\n{speed}\n", self.title(), self.seed, self.gpu.adapter());
        deliver(&self.common, self.folder.as_ref(), (json, &human), |folder| {
            let mut sections = self.preamble(&speed);
            sections.extend(files(folder, &self)?);
            sections.extend(self.appendix());
            let title = format!("spinfield {}", self.title());
            Ok(folder.write_text("report.html", &report_html(&title, &sections))?)
        })
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
        let mut sections = vec![Section::Command(command_line(std::env::args_os())), Section::Paragraph(about)];
        sections.extend(self.warnings.iter().cloned().map(Section::Warning));
        sections
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

/// What was typed, quoted where a shell would take a word apart.
fn command_line(words: impl Iterator<Item = OsString>) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:,=+@%".contains(letter);
    let word = |word: OsString| {
        let word = word.to_string_lossy().into_owned();
        let bare = !word.is_empty() && word.chars().all(is_plain);
        if bare { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    // The program itself by its name, wherever it lies.
    std::iter::once("spinfield".to_string()).chain(words.skip(1).map(word)).collect::<Vec<_>>().join(" ")
}

/// Steps of a progress bar.
pub const PROGRESS: u64 = 1000;

/// Moves a bar to a fraction.
pub fn advance(bar: &ProgressBar, fraction: f64) {
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

/// The flag of the device in use.
static INTERRUPT: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// The first Ctrl-C ends the run after the submission in flight; where nothing runs yet, or at the second one, the program
/// ends at once.
pub fn listen_for_interrupts() {
    let handler = || match INTERRUPT.get() {
        Some(flag) if !flag.swap(true, Ordering::Relaxed) => {}
        _ => std::process::exit(i32::from(Error::Interrupted.exit_code())),
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        log::warn!("Ctrl-C ends the program at once: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_typed_again() {
        let line = |words: &[&str]| command_line(words.iter().map(OsString::from));
        assert_eq!(
            line(&["/usr/bin/spinfield", "sample", "--beta", "0.3:0.6:0.1"]),
            "spinfield sample --beta 0.3:0.6:0.1"
        );
        assert_eq!(line(&["x", "a b", "it's", "", "$HOME"]), r"spinfield 'a b' 'it'\''s' '' '$HOME'");
    }
}
