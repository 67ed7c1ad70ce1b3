//! Spike times in text files, and how they become rasters.
//!
//! | format | a line |
//! |---|---|
//! | [`NeuronTime`](SpikeFormat::NeuronTime) | `neuron time`: a whole number and a time |
//! | [`Trains`](SpikeFormat::Trains) | all times of one neuron |
//! | [`Table`](SpikeFormat::Table) | a row under a header that names the columns: `neuron`, `time` (or `time_s`, `time_ms`), and if there are any `trial` and `recording` |
//!
//! Empty lines and lines that begin with `#` are skipped; commas, semicolons and blanks separate. A neuron or a trial without
//! a single spike is not in such a file.

use super::spike_lines::{SpikeLines, number, whole};
use crate::error::{Error, Result};
use crate::neurons::Raster;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The most bytes of a raster that is made from spike times.
const MOST_BYTES: f64 = (1u64 << 30) as f64;
/// Bytes that a raster may take however few spikes it has.
const ANYWAY: f64 = (64u64 << 20) as f64;
/// Bytes that each spike adds to these: a mean of less than one spike in 131,072 bins is a wrong unit of time, or a file made to
/// fill the memory.
const PER_SPIKE: f64 = (16u64 << 10) as f64;
/// How far beyond an edge of a bin, in bins, a time may lie and still count as on the edge: times are written in decimals.
const EDGE: f64 = 1e-6;
/// So many names are listed in a message.
const NAMED: usize = 12;

/// How a text holds spike times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpikeFormat {
    /// Told from the text: a table if its first line is not numbers; else [`NeuronTime`](Self::NeuronTime) if at least half
    /// of the lines are a whole number and another one; else [`Trains`](Self::Trains).
    #[default]
    Auto,
    /// `neuron time`.
    NeuronTime,
    /// A neuron a line.
    Trains,
    /// Columns with a header.
    Table,
}

/// What to read of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpikeOptions {
    /// How the text holds them.
    pub format: SpikeFormat,
    /// Which recording of a table that has several.
    pub recording: Option<String>,
    /// Seconds of the file's unit of time; `None`: 1, or 0.001 in a table whose column is `time_ms`.
    pub time_unit: Option<f64>,
}

/// How spike times become ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Binning {
    /// The width of a bin in seconds.
    pub bin: f64,
    /// Where the first bin begins, in seconds; it may be negative. `None`: 0, and no spike may be earlier.
    pub start: Option<f64>,
    /// How long the raster is, in seconds; a last bin that does not fit in is left out. `None`: up to the last spike.
    pub duration: Option<f64>,
}

/// One spike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spike {
    /// Which neuron, in [`SpikeTimes::neurons`].
    pub neuron: usize,
    /// Which trial, in [`SpikeTimes::trials`].
    pub trial: usize,
    /// When, in seconds.
    pub time: f64,
    /// The line of the file, counted from 1.
    pub line: usize,
}

/// The spikes of one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTimes {
    spikes: Vec<Spike>,
    neurons: Vec<String>,
    trials: Vec<String>,
    source: PathBuf,
}

/// A raster made from spike times.
#[derive(Debug, Clone, PartialEq)]
pub struct Binned {
    /// 1 wherever there is at least one spike.
    pub raster: Raster,
    /// Spikes that fell into a bin which had one already.
    pub merged: u64,
    /// Spikes before the first bin or after the last.
    pub outside: u64,
}

impl SpikeTimes {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::File`] with the line, for what is not as the [format](self) wants it; [`Error::Input`] for a recording that
    /// is not in the file, none where there are several, or a unit of time that is not a positive number.
    pub fn read(path: impl AsRef<Path>, options: &SpikeOptions) -> Result<Self> {
        let path = path.as_ref();
        Self::parse(&super::spike_lines::read_text(path)?, path, options)
    }

    /// Reads a text; `source` is for messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(text: &str, source: impl AsRef<Path>, options: &SpikeOptions) -> Result<Self> {
        let lines = SpikeLines::new(text, source.as_ref());
        if let Some(unit) = options.time_unit.filter(|unit| !(unit.is_finite() && *unit > 0.0)) {
            return Err(Error::input("unit of spike times", "a positive number of seconds", unit, "0.001 is 1 ms"));
        }
        let format = match options.format {
            SpikeFormat::Auto => lines.format()?,
            format => format,
        };
        if let (Some(recording), true) = (&options.recording, format != SpikeFormat::Table) {
            let hint = "only a table with a column `recording` has several";
            return Err(Error::input("recording", "none for this file", format!("{recording:?}"), hint));
        }
        let mut names = [Names::default(), Names::default()];
        let spikes = match format {
            SpikeFormat::Table => lines.table(options, &mut names)?,
            SpikeFormat::Trains => lines.trains(options.time_unit.unwrap_or(1.0), &mut names)?,
            SpikeFormat::NeuronTime | SpikeFormat::Auto => lines.pairs(options.time_unit.unwrap_or(1.0), &mut names)?,
        };
        if spikes.is_empty() {
            return Err(Error::file(
                lines.source,
                "it holds no spike",
                "a spike file has at least one line of numbers",
            ));
        }
        let [(neurons, neuron_of), (trials, trial_of)] = names.map(Names::sorted);
        let named = |spike: Spike| Spike { neuron: neuron_of[spike.neuron], trial: trial_of[spike.trial], ..spike };
        Ok(Self { spikes: spikes.into_iter().map(named).collect(), neurons, trials, source: lines.source.into() })
    }

    /// The spikes, in the file's order.
    pub fn spikes(&self) -> &[Spike] {
        &self.spikes
    }

    /// What the neurons are called: whole numbers in their order, else names in alphabetical order.
    pub fn neurons(&self) -> &[String] {
        &self.neurons
    }

    /// What the trials are called, likewise; a single empty name where the file knows none.
    pub fn trials(&self) -> &[String] {
        &self.trials
    }

    /// The raster with bins of one width: tick t holds the times from start + t·bin up to the next. Several spikes in a bin
    /// count as one. A time within a millionth of a bin below an edge counts as on the edge, and so as in the next bin.
    ///
    /// # Errors
    /// [`Error::Input`] for a width or a duration that is not a positive number, a start that is not a number, or a bin wider
    /// than the recording; [`Error::File`] for a negative time where no start is given, for a raster beyond 1 GiB or one that is nearly empty
    /// beyond 64 MiB (less than a spike in 131,072 bins), and
    /// where no spike lies within the bins.
    pub fn bin(&self, binning: &Binning) -> Result<Binned> {
        let start = binning.start.unwrap_or(0.0);
        for (what, value) in [("width of a bin", Some(binning.bin)), ("duration", binning.duration)] {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
                return Err(Error::input(what, "a positive number of seconds", value, "5 to 50 ms are usual bins"));
            }
        }
        if !start.is_finite() {
            return Err(Error::input("start of the first bin", "a number of seconds", start, "leave it out for 0"));
        }
        let refuse = |spike: &Spike, problem: &str, hint: &str| {
            Error::file(&self.source, format!("line {}: {problem} {}", spike.line, spike.time), hint)
        };
        if let Some(early) = self.spikes.iter().find(|spike| spike.time < 0.0 && binning.start.is_none()) {
            let hint =
                "times count from the beginning of the recording; where they count from a stimulus, give the start";
            return Err(refuse(early, "the negative time", hint));
        }
        let last =
            self.spikes.iter().fold(&self.spikes[0], |last, spike| if spike.time > last.time { spike } else { last });
        let length = binning.duration.unwrap_or(last.time - start);
        let place = |time: f64| ((time - start) / binning.bin + EDGE).floor();
        let ticks = match binning.duration {
            Some(duration) => (duration / binning.bin + EDGE).floor(),
            None => place(last.time) + 1.0,
        };
        if length < binning.bin * (1.0 - EDGE) {
            let wanted = format!("at most the recording's length, {length} s");
            let hint = "choose a narrower bin, or give the recording's duration";
            return Err(Error::input("width of a bin", wanted, binning.bin, hint));
        }
        let rows = (self.neurons.len() * self.trials.len()) as f64;
        // A row is of whole words.
        let words = (ticks / 32.0).ceil();
        let most = MOST_BYTES.min(ANYWAY + PER_SPIKE * self.spikes.len() as f64);
        if rows * words * 4.0 > most {
            let hint = format!(
                "at {} trials x {} neurons there is room for {:.3e} ticks: is the unit of time right? widen the bins, or give \
                 a duration",
                self.trials.len(),
                self.neurons.len(),
                8.0 * most / rows
            );
            let problem = format!("{ticks:e} ticks for {} spikes, the last one at", self.spikes.len());
            return Err(refuse(last, &problem, &hint));
        }
        let mut raster = Raster::new(self.trials.len(), self.neurons.len(), ticks as usize)?;
        let (mut merged, mut outside) = (0, 0);
        for spike in &self.spikes {
            let tick = place(spike.time);
            if !(tick >= 0.0 && tick < ticks) {
                outside += 1;
                continue;
            }
            merged += u64::from(raster.fires(spike.trial, spike.neuron, tick as usize));
            raster.set(spike.trial, spike.neuron, tick as usize, true);
        }
        if outside == self.spikes.len() as u64 {
            let (first, last) = (start, start + ticks * binning.bin);
            let problem = format!("no spike lies between {first} and {last} s");
            return Err(Error::file(&self.source, problem, "choose another start or duration"));
        }
        Ok(Binned { raster, merged, outside })
    }
}

/// Names in the order in which they first appear: whatever their size, a table as long as there are different ones.
#[derive(Debug, Default)]
pub(super) struct Names {
    index: HashMap<String, usize>,
}

impl Names {
    /// The number of a name.
    pub fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.index.get(name) {
            return number;
        }
        let number = self.index.len();
        self.index.insert(name.into(), number);
        number
    }

    pub fn contains(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Some of them, for a message.
    pub fn listed(self) -> String {
        let (names, _) = self.sorted();
        let rest = names.len().saturating_sub(NAMED);
        let listed = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if rest > 0 { format!("{listed} and {rest} more") } else { listed }
    }

    /// The names in order, and where each number is in it.
    pub fn sorted(self) -> (Vec<String>, Vec<usize>) {
        let mut names: Vec<(String, usize)> = self.index.into_iter().collect();
        let all_whole = names.iter().all(|(name, _)| whole(name).is_some());
        names.sort_by(|(a, _), (b, _)| {
            match (number(a), number(b)) {
                (Some(a), Some(b)) if all_whole => a.total_cmp(&b),
                _ => Ordering::Equal,
            }
            .then_with(|| a.cmp(b))
        });
        let mut place = vec![0; names.len()];
        for (at, (_, number)) in names.iter().enumerate() {
            place[*number] = at;
        }
        (names.into_iter().map(|(name, _)| name).collect(), place)
    }
}
