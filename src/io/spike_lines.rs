//! The lines of a text of spike times.

use super::spike_times::{Names, Spike, SpikeFormat, SpikeOptions};
use crate::error::{Error, Result};
use std::path::Path;

/// The largest text that is read.
const MOST_BYTES: u64 = 1 << 30;

/// What the columns of a table may be called, and what a second is in their unit.
const NEURON: [&str; 9] =
    ["neuron", "neuron_id", "unit", "unit_id", "cell", "cell_id", "cluster", "cluster_id", "spike_cluster"];
const TIME: [(&str, f64); 7] = [
    ("time", 1.0),
    ("time_s", 1.0),
    ("time_ms", 1e-3),
    ("t", 1.0),
    ("spike_time", 1.0),
    ("spike_times", 1.0),
    ("timestamp", 1.0),
];
const TRIAL: [&str; 4] = ["trial", "trial_id", "repetition", "sweep"];
const RECORDING: [&str; 3] = ["recording", "session", "dataset"];

/// A finite number, or one that is not: the caller says where it stands.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A whole number of up to 15 digits, also if it is written as a float.
pub(super) fn whole(text: &str) -> Option<i64> {
    number(text).filter(|value| value.fract() == 0.0 && value.abs() < 1e15).map(|value| value as i64)
}

/// A text file of up to 1 GiB.
///
/// # Errors
/// [`Error::File`] if it cannot be read, is larger or is no text.
pub(super) fn read_text(path: &Path) -> Result<String> {
    let failed = |error: std::io::Error| Error::file(path, error, "check the path");
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(Error::file(path, "not a file", "pass an array or a text of spike times"));
    }
    if metadata.len() > MOST_BYTES {
        let problem = format!("{} bytes are too many", metadata.len());
        return Err(Error::file(path, problem, "texts of up to 1 GiB are read; save the raster as .npy"));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes);
    text.map_err(|_| Error::file(path, "neither an array nor a text", "pass a .npy, a .npz, or a text of spike times"))
}

/// The lines that say something, with their numbers counted from 1.
pub(super) struct SpikeLines<'a> {
    lines: Vec<(usize, &'a str)>,
    pub source: &'a Path,
}

fn is_separator(letter: char) -> bool {
    matches!(letter, ',' | ';') || letter.is_whitespace()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(is_separator).filter(|word| !word.is_empty())
}

impl<'a> SpikeLines<'a> {
    pub fn new(text: &'a str, source: &'a Path) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        Self { lines: lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect(), source }
    }

    fn refuse(&self, line: usize, problem: impl std::fmt::Display, hint: &str) -> Error {
        Error::file(self.source, format!("line {line}: {problem}"), hint)
    }

    /// How the text holds its spikes.
    ///
    /// # Errors
    /// [`Error::File`] for an empty text.
    pub fn format(&self) -> Result<SpikeFormat> {
        let Some((_, first)) = self.lines.first() else {
            return Err(Error::file(self.source, "it is empty", "a spike file has at least one line of numbers"));
        };
        if words(first).any(|word| number(word).is_none()) {
            return Ok(SpikeFormat::Table);
        }
        let is_pair = |line: &str| {
            let mut words = words(line);
            matches!((words.next(), words.next(), words.next()), (Some(neuron), Some(_), None) if whole(neuron).is_some())
        };
        let pairs = self.lines.iter().filter(|(_, line)| is_pair(line)).count();
        Ok(if 2 * pairs >= self.lines.len() { SpikeFormat::NeuronTime } else { SpikeFormat::Trains })
    }

    /// A time in seconds.
    fn time(&self, line: usize, word: &str, unit: f64) -> Result<f64> {
        let hint = "spike times are finite numbers";
        let time = number(word).ok_or_else(|| self.refuse(line, format!("`{word}` is not a time"), hint))?;
        if !(time * unit).is_finite() {
            return Err(self.refuse(line, format!("the time {word}"), hint));
        }
        Ok(time * unit)
    }

    /// `neuron time` a line.
    pub fn pairs(&self, unit: f64, [neurons, trials]: &mut [Names; 2]) -> Result<Vec<Spike>> {
        let mut spikes = Vec::with_capacity(self.lines.len());
        for &(line, text) in &self.lines {
            let words: Vec<&str> = words(text).take(3).collect();
            let [neuron, time] = words[..] else {
                let hint =
                    "every line is `neuron time`; where a line has all times of a neuron, say that they are trains";
                return Err(self.refuse(line, format!("`{text}` is not `neuron time`"), hint));
            };
            let hint = "neurons are whole numbers";
            let neuron = whole(neuron).ok_or_else(|| self.refuse(line, format!("the neuron `{neuron}`"), hint))?;
            let (neuron, trial) = (neurons.number(&neuron.to_string()), trials.number(""));
            spikes.push(Spike { neuron, trial, time: self.time(line, time, unit)?, line });
        }
        Ok(spikes)
    }

    /// All times of a neuron a line.
    pub fn trains(&self, unit: f64, [neurons, trials]: &mut [Names; 2]) -> Result<Vec<Spike>> {
        let mut spikes = Vec::new();
        for (at, &(line, text)) in self.lines.iter().enumerate() {
            let (neuron, trial) = (neurons.number(&at.to_string()), trials.number(""));
            for word in words(text) {
                spikes.push(Spike { neuron, trial, time: self.time(line, word, unit)?, line });
            }
        }
        Ok(spikes)
    }

    /// Rows under a header.
    pub fn table(&self, options: &SpikeOptions, [neurons, trials]: &mut [Names; 2]) -> Result<Vec<Spike>> {
        let Some((&(at, header), rows)) = self.lines.split_first() else {
            return Err(Error::file(self.source, "it is empty", "a table begins with a line that names its columns"));
        };
        let separator = [',', ';', '\t'].into_iter().find(|&separator| header.contains(separator));
        let columns = Columns::of(&fields(header, separator)).map_err(|problem| {
            let hint = "a table names its columns: `neuron` and `time` (or `time_s`, `time_ms`), and may have `trial` and \
                        `recording`";
            self.refuse(at, problem, hint)
        })?;
        if let (Some(recording), None) = (&options.recording, columns.recording) {
            let hint = "leave it out: the table has no column `recording`";
            return Err(Error::input("recording", "none for this file", format!("{recording:?}"), hint));
        }
        let unit = options.time_unit.unwrap_or(columns.unit);
        let (mut spikes, mut recordings) = (Vec::with_capacity(rows.len()), Names::default());
        for &(line, text) in rows {
            let fields = fields(text, separator);
            if fields.len() != columns.count {
                let problem = format!("{} fields, where the header has {}: `{text}`", fields.len(), columns.count);
                return Err(self.refuse(line, problem, "every row has a field for each column"));
            }
            if let Some(column) = columns.recording {
                recordings.number(fields[column]);
                if options.recording.as_ref().is_some_and(|wanted| wanted != fields[column]) {
                    continue;
                }
            }
            let neuron = fields[columns.neuron];
            if neuron.is_empty() {
                return Err(self.refuse(line, "a neuron without a name", "every row names its neuron"));
            }
            let trial = trials.number(columns.trial.map_or("", |column| fields[column]));
            let time = self.time(line, fields[columns.time], unit)?;
            spikes.push(Spike { neuron: neurons.number(neuron), trial, time, line });
        }
        match &options.recording {
            None if recordings.len() > 1 => {
                let hint = "neurons of different recordings were not recorded together: choose one";
                Err(Error::input("recording", format!("one of {}", recordings.listed()), "none", hint))
            }
            Some(wanted) if !recordings.contains(wanted) => {
                let hint = "choose one that the table has";
                Err(Error::input("recording", format!("one of {}", recordings.listed()), format!("{wanted:?}"), hint))
            }
            _ => Ok(spikes),
        }
    }
}

fn bare(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).unwrap_or(field)
}

/// The fields of a row without quotes.
fn fields(line: &str, separator: Option<char>) -> Vec<&str> {
    match separator {
        Some(separator) => line.split(separator).map(bare).collect(),
        None => line.split_whitespace().map(bare).collect(),
    }
}

/// Which column is what.
struct Columns {
    count: usize,
    neuron: usize,
    time: usize,
    trial: Option<usize>,
    recording: Option<usize>,
    /// Seconds of the time's unit.
    unit: f64,
}

impl Columns {
    fn of(header: &[&str]) -> std::result::Result<Self, String> {
        let names: Vec<String> = header.iter().map(|name| name.to_lowercase()).collect();
        let find = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let missing = |what: &str| format!("no column for the {what} in `{}`", header.join(", "));
        let neuron = find(&NEURON).ok_or_else(|| missing("neuron"))?;
        let time = find(&TIME.map(|(name, _)| name)).ok_or_else(|| missing("time"))?;
        let unit = TIME.iter().find(|(name, _)| names.get(time).is_some_and(|known| known == name));
        let unit = unit.map_or(1.0, |(_, unit)| *unit);
        Ok(Self { count: header.len(), neuron, time, trial: find(&TRIAL), recording: find(&RECORDING), unit })
    }
}
