//! What every run has in common: device, seed, folder, timing, talk, and the JSON around its results.

use super::Common;
use super::table::{Table, plain};
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};
use spinfield::gpu::AdapterDescription;
use spinfield::io::output::{OutputFolder, RESULT_FILE};
use spinfield::report::plot::{Section, report_html};
use spinfield::{Error, Gpu};
use std::hash::{BuildHasher, RandomState};
use std::io::{ErrorKind, Write};
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

    /// The device's name and kind, for a headline.
    pub fn adapter(&self) -> &AdapterDescription {
        self.gpu.adapter()
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

    /// Ends the setup: makes the folder, and writes the parameters into it before anything is run.
    pub fn begin(&mut self, parameters: Parameters) -> Result<()> {
        self.parameters = parameters;
        self.parameters.push(("adapter", json!(self.common.adapter)));
        self.parameters.push(("backend", json!(self.common.backend)));
        if let Some(out) = &self.common.out {
            let folder = OutputFolder::create(out, self.common.force)?;
            folder.write_json("parameters.json", &Value::Object(self.envelope()))?;
            self.folder = Some(folder);
        }
        self.running = Instant::now();
        Ok(())
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
        let parameters: Map<String, Value> =
            self.parameters.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        let adapter = self.gpu.adapter();
        let fields = [
            ("command", json!(self.command)),
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("seed", json!(self.seed)),
            (
                "adapter",
                json!({"name": adapter.name, "backend": adapter.backend, "driver": adapter.driver,
                       "type": adapter.kind}),
            ),
            ("parameters", Value::Object(parameters)),
            ("warnings", json!(self.warnings)),
        ];
        fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// Stops the clock, writes the files and prints the result. `files` writes arrays and pictures into the folder and
    /// returns what the page shows of the results; `result.json` comes last, for it marks a finished run.
    pub fn finish(
        self,
        results: Value,
        updates: u64,
        human: &str,
        files: impl FnOnce(&OutputFolder) -> Result<Vec<Section>>,
    ) -> Result<u8> {
        let setup = self.running.duration_since(self.started).as_secs_f64();
        let run = self.running.elapsed().as_secs_f64();
        let rate = updates as f64 / run / 1e9;
        let mut result = self.envelope();
        let timing = json!({"setup_s": setup, "run_s": run, "updates": updates, "updates_per_ns": rate});
        result.insert("timing".into(), timing);
        result.insert("results".into(), results);
        let result = Value::Object(result);
        let rate = if rate < 0.01 { format!("{rate:.1e}") } else { format!("{rate:.3}") };
        let speed = format!("{updates} updates in {run:.3} s ({rate} updates/ns), setup {setup:.3} s");
        if let Some(folder) = &self.folder {
            let mut sections = self.preamble(&speed);
            sections.extend(files(folder)?);
            let title = format!("spinfield {}", self.title());
            folder.write_text("report.html", &report_html(&title, &sections))?;
            folder.write_json(RESULT_FILE, &result)?;
            self.note(&format!("results are in {}", folder.folder().display()));
        }
        if self.common.json {
            return print(&format!("{result:#}\n"));
        }
        print(&format!("{}, seed {}, {}\n\n{human}\n{speed}\n", self.title(), self.seed, self.gpu.adapter()))
    }

    fn title(&self) -> String {
        match self.parameters.first() {
            Some(("model", model)) => format!("{} {}", self.command, plain(model)),
            _ => self.command.into(),
        }
    }

    /// The page's beginning: what was asked for, and how long it took.
    fn preamble(&self, speed: &str) -> Vec<Section> {
        let mut table = Table::new(&["parameter", "value"]);
        table.push(vec!["seed".into(), self.seed.to_string()]);
        for (name, value) in &self.parameters {
            table.push(vec![(*name).into(), plain(value)]);
        }
        let adapter = self.gpu.adapter();
        let version = env!("CARGO_PKG_VERSION");
        let about = format!("spinfield {version} on {adapter}, driver {}. {speed}.", adapter.driver);
        let mut sections: Vec<Section> =
            self.warnings.iter().map(|text| Section::Paragraph(format!("Warning: {text}"))).collect();
        sections.extend([Section::Paragraph(about), Section::Heading("Parameters".into()), table.section()]);
        sections
    }
}

/// Steps of a progress bar.
pub const PROGRESS: u64 = 1000;

/// Moves a bar to a fraction.
pub fn advance(bar: &ProgressBar, fraction: f64) {
    bar.set_position((fraction * PROGRESS as f64) as u64);
}

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

/// Writes a line to stderr, if anybody listens.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
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
