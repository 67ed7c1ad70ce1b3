//! Rasters in and out: arrays of 0 and 1, and texts of spike times.

use super::array::{Array, ArrayData, read_array};
use super::npy::write_npy;
use super::npz::NpzWriter;
use super::output::write_bytes;
use super::spike_times::{Binning, SpikeFormat, SpikeOptions, SpikeTimes};
use crate::error::{Error, Result};
use crate::neurons::Raster;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

/// What to read of a file, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RasterOptions {
    /// The array of a `.npz`; it may be left out if there is only one.
    pub key: Option<String>,
    /// Whether the array's last two axes are (tick, neuron) rather than (neuron, tick).
    pub transpose: bool,
    /// The width of a bin in seconds. Spike times need it; of an array it only says what a column is.
    pub bin: Option<f64>,
    /// Where the first bin begins, in seconds.
    pub start: Option<f64>,
    /// How long the raster is, in seconds.
    pub duration: Option<f64>,
    /// What to read of a text.
    pub spikes: SpikeOptions,
}

/// A raster with what its file tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRaster {
    /// The raster.
    pub raster: Raster,
    /// What the neurons are called: their numbers from 0 where the file is an array.
    pub neurons: Vec<String>,
    /// What the trials are called, likewise.
    pub trials: Vec<String>,
    /// The width of a bin in seconds, if it is known.
    pub bin: Option<f64>,
    /// What was done to the file's values that the reader should know: spikes merged or left out.
    pub notes: Vec<String>,
}

/// Reads a raster from a `.npy` or `.npz` of neurons × ticks or trials × neurons × ticks, or from a text of spike times. The
/// kind of file is told from its first bytes, not its name.
///
/// Arrays hold counts of spikes, of which any number above 0 becomes 1, or only −1 (silent) and 1; floats must be whole. One
/// axis is a single neuron.
///
/// # Errors
/// [`Error::File`] for what is no such file, with the place: as [`read_array`] and [`SpikeTimes::read`], and for negative or
/// broken counts. [`Error::Input`] for options that do not suit the file, and as [`SpikeTimes::bin`].
pub fn read_raster(path: impl AsRef<Path>, options: &RasterOptions) -> Result<RecordedRaster> {
    let path = path.as_ref();
    if !is_array(path)? {
        return from_spike_times(path, options);
    }
    let of_spikes = options.spikes.recording.is_some() || options.spikes.time_unit.is_some();
    if of_spikes || options.spikes.format != SpikeFormat::Auto {
        let hint = "formats, recordings and units of time are of texts of spike times";
        return Err(Error::input("options of an array", "none of a text", path.display(), hint));
    }
    let array = read_array(path, options.key.as_deref())?;
    let mut recorded = from_array(&array, options.transpose)?;
    recorded.bin = options.bin;
    if options.bin.is_some() || options.start.is_some() || options.duration.is_some() {
        recorded.raster = cut(recorded.raster, options)?;
    }
    Ok(recorded)
}

/// Whether a file begins as `.npy` and `.npz` do.
fn is_array(path: &Path) -> Result<bool> {
    let failed = |error: std::io::Error| Error::file(path, error, "check the path");
    let mut magic = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(6).read_to_end(&mut magic).map_err(failed)?;
    Ok(magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06") || magic == b"\x93NUMPY")
}

fn from_spike_times(path: &Path, options: &RasterOptions) -> Result<RecordedRaster> {
    for (what, given) in [("key", options.key.is_some()), ("transpose", options.transpose)] {
        if given {
            let hint = "leave it out, or pass a .npy or .npz";
            return Err(Error::input(what, "an array", format!("the text {}", path.display()), hint));
        }
    }
    let times = SpikeTimes::read(path, &options.spikes)?;
    let bin = options.bin.ok_or_else(|| {
        let hint = "give one, for example --bin 0.01";
        Error::input("width of a bin", "seconds, as the file holds spike times", "none", hint)
    })?;
    let binned = times.bin(&Binning { bin, start: options.start, duration: options.duration })?;
    let mut notes = Vec::new();
    let total = times.spikes().len();
    for (count, what) in [
        (binned.merged, "fell into a bin that had one already, and were merged with it"),
        (binned.outside, "lie outside of the bins, and were left out"),
    ] {
        if count > 0 {
            notes.push(format!("{count} of {total} spikes {what}"));
        }
    }
    let (neurons, trials) = (times.neurons().to_vec(), times.trials().to_vec());
    Ok(RecordedRaster { raster: binned.raster, neurons, trials, bin: Some(bin), notes })
}

fn from_array(array: &Array, transpose: bool) -> Result<RecordedRaster> {
    let refuse = |problem: String, hint: &str| match &array.key {
        Some(key) => Error::file(&array.source, format!("array `{key}`: {problem}"), hint),
        None => Error::file(&array.source, problem, hint),
    };
    let (trials, mut neurons, mut ticks) = match array.shape[..] {
        [ticks] => (1, 1, ticks),
        [neurons, ticks] => (1, neurons, ticks),
        [trials, neurons, ticks] => (trials, neurons, ticks),
        _ => {
            let problem = format!("it has {} axes", array.shape.len());
            return Err(refuse(problem, "save neurons x bins, or trials x neurons x bins"));
        }
    };
    if array.is_empty() {
        return Err(refuse(
            format!("it is empty, with shape {:?}", array.shape),
            "save at least one bin of one neuron",
        ));
    }
    let counts = counts(array).map_err(|(at, problem)| {
        let (row, tick) = (at / ticks, at % ticks);
        let place = format!("trial {}, neuron {}, bin {tick}", row / neurons, row % neurons);
        refuse(format!("{problem} at {place}"), "a raster holds counts of spikes, or only -1 and 1")
    })?;
    let mut values = counts.values;
    let mut notes = Vec::new();
    if transpose {
        let (old, size) = (values, neurons * ticks);
        values = (0..old.len()).map(|at| old[at / size * size + at % neurons * ticks + at % size / neurons]).collect();
        (neurons, ticks) = (ticks, neurons);
    }
    if counts.merged > 0 {
        notes.push(format!("{} spikes share a bin with an earlier one of their neuron and were merged", counts.merged));
    }
    if neurons > ticks {
        notes.push(format!(
            "{neurons} neurons over {ticks} bins: neurons are the last axis but one; --transpose turns an array of bins x \
             neurons"
        ));
    }
    let raster = Raster::from_values(&values, trials, neurons, ticks)?;
    let numbers = |count: usize| (0..count).map(|at| at.to_string()).collect();
    Ok(RecordedRaster { raster, neurons: numbers(neurons), trials: numbers(trials), bin: None, notes })
}

/// Counts as 0 and 1.
struct Counts {
    values: Vec<u8>,
    /// Spikes beyond the first one of their bin.
    merged: u64,
}

/// Counts of an array, or where a value is none and what it is.
fn counts(array: &Array) -> std::result::Result<Counts, (usize, String)> {
    let whole: Cow<'_, [i64]> = match &array.data {
        ArrayData::Integers(values) => values.into(),
        ArrayData::Floats(values) => {
            let whole = |(at, value): (usize, &f64)| {
                let sound = value.fract() == 0.0 && value.abs() < 1e15;
                if sound { Ok(*value as i64) } else { Err((at, format!("the value {value}"))) }
            };
            values.iter().enumerate().map(whole).collect::<std::result::Result<Vec<_>, _>>()?.into()
        }
    };
    let signs = whole.contains(&-1) && whole.iter().all(|value| value.abs() == 1);
    if let Some(at) = whole.iter().position(|&value| value < 0).filter(|_| !signs) {
        return Err((at, format!("the value {}", whole[at])));
    }
    let merged = whole.iter().map(|&value| (value - 1).max(0) as u64).fold(0, u64::saturating_add);
    Ok(Counts { values: whole.iter().map(|&value| u8::from(value > 0)).collect(), merged })
}

/// The ticks of an array between two times.
fn cut(raster: Raster, options: &RasterOptions) -> Result<Raster> {
    let (start, length) = (options.start.unwrap_or(0.0), raster.ticks() as f64);
    let Some(bin) = options.bin else {
        let hint = "give the width of a bin";
        return Err(Error::input("start or duration of an array", "with the width of a bin", "none", hint));
    };
    if !(bin.is_finite() && bin > 0.0) {
        return Err(Error::input("width of a bin", "a positive number of seconds", bin, "5 to 50 ms are usual bins"));
    }
    let (first, last) = ((start / bin).round(), options.duration.map_or(length, |span| ((start + span) / bin).round()));
    if !(first >= 0.0 && first < last && last <= length) {
        let (wanted, got) = (format!("within {} s", length * bin), format!("{start} to {} s", last * bin));
        return Err(Error::input("start and duration of an array", wanted, got, "an array begins at 0 s"));
    }
    raster.window(first as usize..last as usize)
}

/// Writes a raster in the format that the file's ending names, as [`read_raster`] reads it.
///
/// | ending | content |
/// |---|---|
/// | `.npy` | bytes 0 and 1, neurons × ticks, or trials × neurons × ticks where there are several |
/// | `.npz` | the same, under the key `raster` |
/// | `.csv` | a table `neuron,time_s`, or `neuron,trial,time_s` |
/// | `.txt` | `neuron time` a line, of a single trial |
/// | `.trains` | all times of a neuron a line, of a single trial |
///
/// Times are the middles of bins of `bin` seconds. A text knows nothing of a silent neuron, nor of silence at the end.
///
/// # Errors
/// [`Error::Input`] for another ending, several trials in a format that has none, a silent neuron among trains (whose numbers
/// are those of their lines), or a width that is not a positive number; [`Error::Output`] with the system's reason.
pub fn write_raster(path: impl AsRef<Path>, raster: &Raster, bin: f64) -> Result<()> {
    let path = path.as_ref();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_lowercase();
    let several = raster.trials() > 1;
    let shape = [raster.trials(), raster.neurons(), raster.ticks()];
    let shape = if several { &shape[..] } else { &shape[1..] };
    match ending.as_str() {
        "npy" => return write_npy(path, shape, &raster.values()),
        "npz" => {
            let mut npz = NpzWriter::create(path)?;
            npz.add_u8("raster", shape, &raster.values())?;
            return npz.finish();
        }
        "csv" | "txt" | "trains" => {}
        _ => {
            let (wanted, hint) = (".npy, .npz, .csv, .txt or .trains", "the ending says how the raster is written");
            return Err(Error::input("ending of a raster's file", wanted, path.display(), hint));
        }
    }
    if !(bin.is_finite() && bin > 0.0) {
        return Err(Error::input("width of a bin", "a positive number of seconds", bin, "spike times need it"));
    }
    if several && ending != "csv" {
        let got = format!("{} of them", raster.trials());
        return Err(Error::input("trials", format!("one in a .{ending}"), got, "write a .csv, .npy or .npz"));
    }
    let silent = (0..raster.neurons()).find(|&neuron| raster.spikes(neuron) == 0);
    if let Some(neuron) = silent.filter(|_| ending == "trains") {
        let hint = "a line without a spike is skipped, which would number the others anew; write a .npy or .npz";
        return Err(Error::input("trains", "at least one spike of each neuron", format!("none of {neuron}"), hint));
    }
    write_bytes(path, spike_text(raster, bin, &ending).as_bytes())
}

fn spike_text(raster: &Raster, bin: f64, ending: &str) -> String {
    let several = raster.trials() > 1;
    let mut text = match (ending, several) {
        ("csv", true) => "neuron,trial,time_s\n".to_string(),
        ("csv", false) => "neuron,time_s\n".into(),
        _ => format!("# {} neurons, {} bins of {bin} s\n", raster.neurons(), raster.ticks()),
    };
    for (trial, neuron) in (0..raster.trials()).flat_map(|trial| (0..raster.neurons()).map(move |i| (trial, i))) {
        let mut separator = "";
        for tick in (0..raster.ticks()).filter(|&tick| raster.fires(trial, neuron, tick)) {
            let time = (tick as f64 + 0.5) * bin;
            // Writing to a string cannot fail.
            let _ = match (ending, several) {
                ("csv", true) => writeln!(text, "{neuron},{trial},{time}"),
                ("csv", false) => writeln!(text, "{neuron},{time}"),
                ("txt", _) => writeln!(text, "{neuron} {time}"),
                _ => write!(text, "{separator}{time}"),
            };
            separator = " ";
        }
        if ending == "trains" {
            text.push('\n');
        }
    }
    text
}
