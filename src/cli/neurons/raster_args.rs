//! Options of a recording.

use crate::cli::session::{Parameters, Session};
use clap::{Args, ValueEnum};
use serde_json::json;
use spinfield::Error;
use spinfield::io::raster::{RasterOptions, RecordedRaster, read_raster};
use spinfield::io::spike_times::{SpikeFormat, SpikeOptions};
use std::ops::Range;
use std::path::PathBuf;

/// How a text holds spike times.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Told from the text
    Auto,
    /// A neuron's number and a time on each line
    NeuronTime,
    /// All times of a neuron on one line
    Trains,
    /// Columns named by a header: neuron, time (or time_s, time_ms), and if there are any trial and recording
    Table,
}

/// Options of the raster.
#[derive(Debug, Clone, Args)]
pub struct RasterArgs {
    /// A .npy or .npz of neurons x bins or trials x neurons x bins, or a text of spike times: `neuron time` on each line, one
    /// train a line, or a table with a header
    #[arg(value_name = "RASTER")]
    pub raster: PathBuf,
    /// Array of a .npz
    #[arg(long, help_heading = "Raster")]
    pub key: Option<String>,
    /// The array is bins x neurons
    #[arg(long, help_heading = "Raster")]
    pub transpose: bool,
    /// Width of a bin; spike times need it
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, help_heading = "Raster")]
    pub bin: Option<f64>,
    /// Where the first bin begins; may be negative where times count from a stimulus [default: 0]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, help_heading = "Raster")]
    pub start: Option<f64>,
    /// How long to read [default: up to the last spike]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, help_heading = "Raster")]
    pub duration: Option<f64>,
    /// How a text holds spike times
    #[arg(long, value_enum, default_value = "auto", help_heading = "Raster")]
    pub format: Format,
    /// Seconds of a text's unit of time: 0.001 for milliseconds [default: 1, or as a column time_ms says]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, help_heading = "Raster")]
    pub time_unit: Option<f64>,
    /// Recording of a table that has several
    #[arg(long, value_name = "NAME", help_heading = "Raster")]
    pub recording: Option<String>,
    /// Only these neurons, by their places from 0; B does not belong to them
    #[arg(long, value_name = "A:B", help_heading = "Raster")]
    pub neurons: Option<String>,
    /// Only these trials, likewise
    #[arg(long, value_name = "A:B", help_heading = "Raster")]
    pub trials: Option<String>,
}

impl RasterArgs {
    /// For the record.
    pub fn parameters(&self) -> Parameters {
        let format = self.format.to_possible_value().map(|value| value.get_name().to_string());
        vec![
            ("raster", json!(self.raster.to_string_lossy())),
            ("key", json!(self.key)),
            ("transpose", json!(self.transpose)),
            ("bin", json!(self.bin)),
            ("start", json!(self.start)),
            ("duration", json!(self.duration)),
            ("format", json!(format)),
            ("time_unit", json!(self.time_unit)),
            ("recording", json!(self.recording)),
            ("neurons", json!(self.neurons)),
            ("trials", json!(self.trials)),
        ]
    }

    /// Reads the raster, and keeps the neurons and trials that are wanted.
    ///
    /// # Errors
    /// As [`read_raster`], and [`Error::Input`] for ranges that are none of the raster's.
    pub fn read(&self) -> Result<RecordedRaster, Error> {
        let format = match self.format {
            Format::Auto => SpikeFormat::Auto,
            Format::NeuronTime => SpikeFormat::NeuronTime,
            Format::Trains => SpikeFormat::Trains,
            Format::Table => SpikeFormat::Table,
        };
        let spikes = SpikeOptions { format, recording: self.recording.clone(), time_unit: self.time_unit };
        let options = RasterOptions {
            key: self.key.clone(),
            transpose: self.transpose,
            bin: self.bin,
            start: self.start,
            duration: self.duration,
            spikes,
        };
        let mut recorded = read_raster(&self.raster, &options)?;
        if let Some(text) = &self.neurons {
            let range = range("--neurons", text)?;
            recorded.raster = recorded.raster.select(range.clone())?;
            recorded.neurons = recorded.neurons.get(range).unwrap_or(&[]).to_vec();
        }
        if let Some(text) = &self.trials {
            let range = range("--trials", text)?;
            let indices: Vec<usize> = range.clone().take(recorded.trials.len() + 1).collect();
            recorded.raster = recorded.raster.take_trials(&indices)?;
            recorded.trials = recorded.trials.get(range).unwrap_or(&[]).to_vec();
        }
        Ok(recorded)
    }
}

/// Tells what was done to the file's values, and names neurons that never or always fire: their fields are infinite.
pub fn warn_of(recorded: &RecordedRaster, session: &mut Session) {
    for note in &recorded.notes {
        session.warn(note.clone());
    }
    let rates = recorded.raster.rates();
    for (rate, what) in [(0.0, "never fire"), (1.0, "fire in every bin")] {
        let names: Vec<&str> = rates
            .iter()
            .zip(&recorded.neurons)
            .filter(|(known, _)| **known == rate)
            .map(|(_, name)| name.as_str())
            .collect();
        if !names.is_empty() {
            let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            let rest = if names.len() > NAMED { ", ..." } else { "" };
            session.warn(format!("{} of {} neurons {what}: {shown}{rest}", names.len(), rates.len()));
        }
    }
}

/// So many neurons are named in a warning.
const NAMED: usize = 10;

/// A range A:B.
fn range(what: &str, text: &str) -> Result<Range<usize>, Error> {
    let parts = text.split_once(':').and_then(|(a, b)| Some(a.trim().parse().ok()?..b.trim().parse().ok()?));
    parts.ok_or_else(|| Error::input(what, "A:B, two whole numbers", format!("{text:?}"), "0:10 is the first ten"))
}
