//! Arrays in and out: numpy's `.npy` and `.npz`.
//!
//! Nothing that a file declares is believed before it is checked against the file's own size, so that a few bytes cannot
//! ask for gigabytes; nothing is unpickled, and nothing is extracted to disk.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use npyz::WriterBuilder;
use npyz::zip;

use super::image::grey_level;
use super::output::{AtomicFile, failure};
use crate::error::{Error, Result};

/// The most elements of an array that is read: 2 GiB at 8 bytes each.
pub const MAX_ELEMENTS: u64 = 1 << 28;

/// numpy itself allows 64 axes.
const MAX_AXES: usize = 64;

/// The longest header of an array; numpy writes 128 bytes.
const MAX_HEADER: usize = 64 << 10;

/// The longest directory of an archive.
const MAX_DIRECTORY: u64 = 16 << 20;

/// Deflate cannot shrink further than this, so an entry that declares more is a lie.
const MAX_RATIO: u64 = 1032;

/// The elements of an array in C order (last axis fastest).
#[derive(Debug, Clone, PartialEq)]
pub enum ArrayData {
    /// Booleans (as 0 and 1) and integers of up to 64 bits.
    Integers(Vec<i64>),
    /// Floating-point numbers of 32 or 64 bits, which may be NaN or infinite.
    Floats(Vec<f64>),
}

/// An array as read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The length of each axis; empty for a single number.
    pub shape: Vec<usize>,
    /// The elements in C order, as many as the product of `shape`.
    pub data: ArrayData,
    /// The file that it came from.
    pub source: PathBuf,
    /// Its key, if the file was an archive.
    pub key: Option<String>,
}

/// Patterns or images taken from an array: `count` of them with `neurons` values each.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// How many: the first axis.
    pub count: usize,
    /// Values in each: the product of the further axes.
    pub neurons: usize,
    /// Height and width, the last two axes, if there are three or more and they make up all of a sample.
    pub sides: Option<(usize, usize)>,
    /// The values, sample after sample: `count` × `neurons`.
    pub values: SampleValues,
}

/// The values of [`Samples`].
#[derive(Debug, Clone, PartialEq)]
pub enum SampleValues {
    /// −1 or +1, of an integer array that held only {0,1} or only {−1,1}.
    Binary(Vec<i8>),
    /// From 0 to 1; an 8-bit level k is k/255.
    Grey(Vec<f32>),
}

impl Array {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match &self.data {
            ArrayData::Integers(values) => values.len(),
            ArrayData::Floats(values) => values.len(),
        }
    }

    /// Whether an axis has length 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as f64, in C order; integers beyond 2⁵³ are rounded.
    ///
    /// # Errors
    /// [`Error::File`] if an element is NaN or infinite, with their number and the first index.
    pub fn to_finite(&self) -> Result<Vec<f64>> {
        match &self.data {
            ArrayData::Integers(values) => Ok(values.iter().map(|value| *value as f64).collect()),
            ArrayData::Floats(values) => {
                self.check_finite(values)?;
                Ok(values.clone())
            }
        }
    }

    /// Takes the array as patterns or images. The first axis counts them and further axes are flattened; an array with
    /// one axis is a single sample.
    ///
    /// An integer array that holds only {0,1} or only {−1,1} gives signs as it is. Every other one is grey: integers
    /// from 0 to 255 are divided by 255, floats must lie in `[0, 1]`.
    ///
    /// # Errors
    /// [`Error::File`] if the array is empty or a single number, a float is NaN, infinite or outside of `[0, 1]`, or an
    /// integer outside of 0..255.
    pub fn into_patterns_or_grey(self) -> Result<Samples> {
        let count = match self.shape.len() {
            0 => return Err(self.problem("it is a single number", "save an array with one pattern a row")),
            1 => 1,
            _ => self.shape.first().copied().unwrap_or(0),
        };
        let neurons = match self.len().checked_div(count) {
            None | Some(0) => {
                let problem = format!("it is empty, with shape {}", shape_text(&self.shape));
                return Err(self.problem(problem, "save at least one pattern of at least one neuron"));
            }
            Some(neurons) => neurons,
        };
        let sides = match self.shape.as_slice() {
            [_, .., height, width] if height * width == neurons => Some((*height, *width)),
            _ => None,
        };
        let values = match &self.data {
            ArrayData::Integers(values) => self.integer_samples(values)?,
            ArrayData::Floats(values) => self.float_samples(values)?,
        };
        Ok(Samples { count, neurons, sides, values })
    }

    fn integer_samples(&self, values: &[i64]) -> Result<SampleValues> {
        if values.iter().all(|value| matches!(value, 0 | 1)) || values.iter().all(|value| matches!(value, -1 | 1)) {
            return Ok(SampleValues::Binary(values.iter().map(|value| if *value == 1 { 1 } else { -1 }).collect()));
        }
        let mut grey = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            match u8::try_from(*value) {
                Ok(level) => grey.push(grey_level(level)),
                Err(_) => {
                    let problem = format!("{value} at {} is neither binary nor a grey level", self.index_text(i));
                    let hint = "integers must be only 0 and 1, only -1 and 1, or grey levels of 0..255";
                    return Err(self.problem(problem, hint));
                }
            }
        }
        Ok(SampleValues::Grey(grey))
    }

    fn float_samples(&self, values: &[f64]) -> Result<SampleValues> {
        self.check_finite(values)?;
        if let Some((i, value)) = values.iter().enumerate().find(|(_, value)| !(0.0..=1.0).contains(*value)) {
            let hint = if values.iter().all(|value| value.abs() == 1.0) {
                "save patterns of -1 and 1 as integers, for example with .astype('int8')"
            } else if values.iter().all(|value| (0.0..=255.0).contains(value)) {
                "divide grey levels of 0..255 by 255, or save them as uint8"
            } else {
                "floats must lie in [0,1]: rescale them"
            };
            return Err(self.problem(format!("{value} at {} is not in [0,1]", self.index_text(i)), hint));
        }
        Ok(SampleValues::Grey(values.iter().map(|value| *value as f32).collect()))
    }

    fn check_finite(&self, values: &[f64]) -> Result<()> {
        let Some(first) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
        let (nan, all) = values.iter().fold((0usize, 0usize), |(nan, all), value| {
            (nan + usize::from(value.is_nan()), all + usize::from(!value.is_finite()))
        });
        let problem = format!("{nan} NaN and {} infinite values, the first at {}", all - nan, self.index_text(first));
        Err(self.problem(problem, "replace or drop them before saving"))
    }

    /// The index of element `i` as numpy writes it.
    fn index_text(&self, i: usize) -> String {
        let mut index: Vec<usize> = Vec::new();
        let mut rest = i;
        for side in self.shape.iter().rev() {
            index.push(rest.checked_rem(*side).unwrap_or(0));
            rest = rest.checked_div(*side).unwrap_or(0);
        }
        index.reverse();
        shape_text(&index)
    }

    fn problem(&self, problem: impl std::fmt::Display, hint: &str) -> Error {
        match &self.key {
            Some(key) => Error::file(&self.source, format!("array `{key}`: {problem}"), hint),
            None => Error::file(&self.source, problem, hint),
        }
    }
}

fn shape_text(shape: &[usize]) -> String {
    let axes: Vec<_> = shape.iter().map(usize::to_string).collect();
    format!("({}{})", axes.join(", "), if axes.len() == 1 { "," } else { "" })
}

/// Reads an array from a `.npy` file, or from a `.npz` archive, in which `key` names it; it may be left out if there is
/// only one. The kind of file is told from its first bytes, not its name.
///
/// Booleans, integers of 8 to 64 bits and floats of 32 or 64 bits are read, in either byte order and in C or Fortran order
/// (which is brought into C order).
///
/// # Errors
/// [`Error::File`] if the file cannot be read, is damaged or cut short, declares more than it holds or more than
/// [`MAX_ELEMENTS`], holds another type (objects are never unpickled), lacks `key`, or `key` is left out where there are
/// several. [`Error::Input`] for a key with a `.npy` file.
pub fn read_array(path: impl AsRef<Path>, key: Option<&str>) -> Result<Array> {
    let path = path.as_ref();
    let (mut file, bytes) = open(path)?;
    if is_archive(&mut file, path)? {
        let mut archive = Archive::open(file, bytes, path)?;
        let index = archive.choose(key)?;
        return archive.read(index);
    }
    if let Some(key) = key {
        let got = format!("{key:?} for {}", path.display());
        return Err(Error::input("key of an array", "none for a .npy file", got, "leave out the key, or pass a .npz"));
    }
    let mut reader = BufReader::new(file);
    read_npy(&mut reader, bytes)
        .map(|(shape, data)| Array { shape, data, source: path.into(), key: None })
        .map_err(|Fault(problem, hint)| Error::file(path, problem, hint))
}

/// The keys of the arrays in a `.npz` archive, in the order of the archive.
///
/// # Errors
/// [`Error::File`] if the file cannot be read or is not a sound archive.
pub fn array_keys(path: impl AsRef<Path>) -> Result<Vec<String>> {
    let path = path.as_ref();
    let (mut file, bytes) = open(path)?;
    if !is_archive(&mut file, path)? {
        return Err(Error::file(path, "not a .npz archive", "save it with numpy.savez_compressed"));
    }
    Ok(Archive::open(file, bytes, path)?.entries.into_iter().map(|entry| entry.key).collect())
}

fn open(path: &Path) -> Result<(File, u64)> {
    let unreadable = |error| Error::file(path, error, "check the path");
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Error::file(path, "not a file", "pass a .npy or .npz file"));
    }
    Ok((file, metadata.len()))
}

fn is_archive(file: &mut File, path: &Path) -> Result<bool> {
    let mut magic = Vec::new();
    let read = file.by_ref().take(4).read_to_end(&mut magic).and_then(|_| file.rewind());
    read.map_err(|error| Error::file(path, error, "check the file"))?;
    // The second is an archive without entries.
    Ok(magic == b"PK\x03\x04" || magic == b"PK\x05\x06")
}

/// What is wrong with the bytes of an array, and what to do; where it stood is for the caller to say.
#[derive(Debug)]
struct Fault(String, &'static str);

const CUT: &str = "the file is damaged or cut short: save it again";
const NUMERIC: &str = "save it as a plain array of integers or floats, for example with .astype('float32')";

fn fault<T>(problem: impl Into<String>, hint: &'static str) -> std::result::Result<T, Fault> {
    Err(Fault(problem.into(), hint))
}

fn io_fault(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault("it ends too early".into(), CUT),
        _ => Fault(error.to_string(), CUT),
    }
}

/// How an element is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Element {
    /// `b`ool, signed `i`nteger, `u`nsigned integer or `f`loat.
    kind: char,
    bytes: usize,
    big_endian: bool,
}

impl Element {
    fn parse(text: &str) -> std::result::Result<Self, Fault> {
        let (order, kind, bytes) = match text.as_bytes() {
            [order, kind, digit] => (char::from(*order), char::from(*kind), usize::from(digit.wrapping_sub(b'0'))),
            [_, kind, ..] => (' ', char::from(*kind), 0),
            _ => (' ', ' ', 0),
        };
        match (order, kind, bytes) {
            ('|' | '<' | '>', 'b' | 'i' | 'u', 1) | ('<' | '>', 'i' | 'u', 2 | 4 | 8) | ('<' | '>', 'f', 4 | 8) => {
                Ok(Self { kind, bytes, big_endian: order == '>' })
            }
            (_, 'O', _) => fault("it holds Python objects (a pickle), which are never loaded", NUMERIC),
            (_, 'c', _) => fault(format!("it holds complex numbers ({text})"), NUMERIC),
            _ => fault(format!("elements of type {text:?} are not read"), NUMERIC),
        }
    }

    /// The eight bytes that stand for the value as a little-endian number, sign extended.
    fn widen(self, raw: &[u8]) -> [u8; 8] {
        let mut wide = [0; 8];
        if self.big_endian {
            wide.iter_mut().zip(raw.iter().rev()).for_each(|(to, from)| *to = *from);
        } else {
            wide.iter_mut().zip(raw).for_each(|(to, from)| *to = *from);
        }
        let top = if self.big_endian { raw.first() } else { raw.last() };
        if self.kind == 'i' && top.is_some_and(|byte| *byte >= 0x80) {
            wide.iter_mut().skip(raw.len()).for_each(|byte| *byte = 0xff);
        }
        wide
    }

    fn float(self, raw: &[u8]) -> f64 {
        let wide = self.widen(raw);
        if self.bytes == 4 {
            let [a, b, c, d, ..] = wide;
            f64::from(f32::from_le_bytes([a, b, c, d]))
        } else {
            f64::from_le_bytes(wide)
        }
    }

    /// None where a u64 is beyond i64.
    fn integer(self, raw: &[u8]) -> Option<i64> {
        let value = i64::from_le_bytes(self.widen(raw));
        match self.kind {
            'u' if value < 0 => None,
            // Any other byte than 0 is true.
            'b' => Some(i64::from(value != 0)),
            _ => Some(value),
        }
    }
}

/// What the header of a `.npy` declares.
#[derive(Debug, PartialEq)]
struct Header {
    element: Element,
    fortran: bool,
    shape: Vec<u64>,
}

impl Header {
    /// Parses `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`: only what numpy writes, without recursion.
    fn parse(text: &str) -> std::result::Result<Self, Fault> {
        let malformed = |what: &str| Fault(format!("its header is malformed: {what}"), CUT);
        let (mut element, mut fortran, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{').ok_or_else(|| malformed("no dictionary"))?.trim_start();
        while !rest.starts_with('}') {
            let (key, after) = quoted(rest).ok_or_else(|| malformed("a key is not a string"))?;
            rest = after.trim_start().strip_prefix(':').ok_or_else(|| malformed("a key has no value"))?.trim_start();
            match key {
                "descr" if rest.starts_with('[') => return fault("it is a structured array", NUMERIC),
                "descr" => {
                    let (value, after) = quoted(rest).ok_or_else(|| malformed("descr is not a string"))?;
                    element = Some(Element::parse(value)?);
                    rest = after;
                }
                "fortran_order" => {
                    let value = [("True", true), ("False", false)];
                    let found = value.iter().find_map(|(word, value)| Some((*value, rest.strip_prefix(word)?)));
                    let (value, after) = found.ok_or_else(|| malformed("fortran_order is not True or False"))?;
                    fortran = Some(value);
                    rest = after;
                }
                "shape" => {
                    let tuple = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
                    let (value, after) = tuple.ok_or_else(|| malformed("shape is not a tuple"))?;
                    shape = Some(axes(value).ok_or_else(|| malformed("shape is not a tuple of lengths"))?);
                    rest = after;
                }
                other => return Err(malformed(&format!("unknown key {other:?}"))),
            }
            rest = rest.trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after.trim_start(),
                None if rest.starts_with('}') => {}
                None => return Err(malformed("no comma or closing brace")),
            }
        }
        let element = element.ok_or_else(|| malformed("descr is missing"))?;
        let fortran = fortran.ok_or_else(|| malformed("fortran_order is missing"))?;
        let shape = shape.ok_or_else(|| malformed("shape is missing"))?;
        Ok(Self { element, fortran, shape })
    }

    /// Elements and bytes, checked against the absolute cap.
    fn size(&self) -> std::result::Result<(u64, u64), Fault> {
        let count = self.shape.iter().try_fold(1u64, |product, side| product.checked_mul(*side));
        match count.filter(|count| *count <= MAX_ELEMENTS) {
            Some(count) => Ok((count, count * self.element.bytes as u64)),
            None => fault(
                format!("it declares shape {:?}, at most {MAX_ELEMENTS} elements are read", self.shape),
                "split the array into smaller ones",
            ),
        }
    }
}

/// A Python string without escapes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (quote, body) = [('\'', text.strip_prefix('\'')), ('"', text.strip_prefix('"'))]
        .into_iter()
        .find_map(|(quote, body)| Some((quote, body?)))?;
    body.split_once(quote).filter(|(value, _)| !value.contains('\\'))
}

/// The lengths in the tuple `3, 4` (Python 2 wrote `3L`).
fn axes(text: &str) -> Option<Vec<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    let lengths = text.strip_suffix(',').unwrap_or(text).split(',').take(MAX_AXES + 1);
    let axes: Option<Vec<u64>> = lengths
        .map(|length| {
            let length = length.trim();
            let digits = length.strip_suffix('L').unwrap_or(length);
            digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        })
        .collect();
    axes.filter(|axes| axes.len() <= MAX_AXES)
}

/// Reads an array of which `bytes` are there, header included, and nothing may follow.
fn read_npy(reader: &mut impl Read, bytes: u64) -> std::result::Result<(Vec<usize>, ArrayData), Fault> {
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(io_fault)?;
    let [magic @ .., major, _minor] = start;
    if magic != *b"\x93NUMPY" {
        return fault("neither a .npy array nor a .npz archive", "save it with numpy.save or numpy.savez_compressed");
    }
    let (length_bytes, mut length) = match major {
        1 => (2, [0; 4]),
        2 | 3 => (4, [0; 4]),
        _ => return fault(format!("version {major} of the .npy format is not known"), "save it with numpy.save"),
    };
    reader
        .by_ref()
        .take(length_bytes)
        .read_exact(length.get_mut(..length_bytes as usize).unwrap_or(&mut []))
        .map_err(io_fault)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HEADER || length as u64 > bytes {
        return fault(format!("its header declares a length of {length} bytes"), CUT);
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text).map_err(io_fault)?;
    let header = Header::parse(std::str::from_utf8(&text).map_err(|_| Fault("its header is not text".into(), CUT))?)?;
    let (count, data_bytes) = header.size()?;
    let there = bytes.saturating_sub(8 + length_bytes + length as u64);
    if data_bytes != there {
        let problem = format!("shape {:?} needs {data_bytes} bytes of data, but {there} are there", header.shape);
        return fault(problem, CUT);
    }
    let shape: Vec<usize> = header.shape.iter().filter_map(|side| usize::try_from(*side).ok()).collect();
    let element = header.element;
    let data = if element.kind == 'f' {
        ArrayData::Floats(read_elements(reader, count, element.bytes, |raw| Some(element.float(raw)))?)
    } else {
        ArrayData::Integers(read_elements(reader, count, element.bytes, |raw| element.integer(raw))?)
    };
    // The end of the stream, where an archive checks its sum.
    if reader.read(&mut [0]).map_err(io_fault)? != 0 {
        return fault("bytes follow the array", CUT);
    }
    if header.fortran && shape.len() > 1 {
        let data = match data {
            ArrayData::Integers(values) => ArrayData::Integers(to_c_order(&values, &shape)),
            ArrayData::Floats(values) => ArrayData::Floats(to_c_order(&values, &shape)),
        };
        return Ok((shape, data));
    }
    Ok((shape, data))
}

fn read_elements<T>(
    reader: &mut impl Read,
    count: u64,
    bytes: usize,
    convert: impl Fn(&[u8]) -> Option<T>,
) -> std::result::Result<Vec<T>, Fault> {
    let mut values = Vec::new();
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let memory = values.try_reserve_exact(count);
    memory.map_err(|_| Fault(format!("{count} elements do not fit in memory"), "split the array into smaller ones"))?;
    let mut buffer = vec![0; 8192 * bytes];
    while values.len() < count {
        let now = (count - values.len()).min(8192);
        let Some(chunk) = buffer.get_mut(..now * bytes) else { break };
        reader.read_exact(chunk).map_err(io_fault)?;
        for raw in chunk.chunks_exact(bytes) {
            match convert(raw) {
                Some(value) => values.push(value),
                None => return fault(format!("element {} exceeds 64 signed bits", values.len()), NUMERIC),
            }
        }
    }
    Ok(values)
}

/// Elements with the first axis fastest, brought into the order with the last axis fastest.
fn to_c_order<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    let strides: Vec<usize> = shape
        .iter()
        .scan(1usize, |stride, side| {
            let this = *stride;
            *stride = stride.saturating_mul(*side);
            Some(this)
        })
        .collect();
    let mut index = vec![0usize; shape.len()];
    let mut offset = 0usize;
    let mut ordered = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        ordered.extend(values.get(offset));
        for ((i, side), stride) in index.iter_mut().zip(shape).zip(&strides).rev() {
            *i += 1;
            offset += stride;
            if *i < *side {
                break;
            }
            offset -= *i * stride;
            *i = 0;
        }
    }
    ordered
}

/// An array in an archive, as its directory describes it.
#[derive(Debug)]
struct Entry {
    key: String,
    /// 0 stored, 8 deflated.
    method: u16,
    flags: u16,
    crc: u32,
    packed: u64,
    unpacked: u64,
    offset: u64,
}

/// A `.npz`. Its directory is checked here, strictly; the zip library then sees only one sound entry at a time.
struct Archive<'a> {
    file: BufReader<File>,
    path: &'a Path,
    entries: Vec<Entry>,
    /// Where the directory begins: entries lie before it.
    directory: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

impl<'a> Archive<'a> {
    fn open(file: File, bytes: u64, path: &'a Path) -> Result<Self> {
        let mut file = BufReader::new(file);
        let (entries, directory) =
            read_directory(&mut file, bytes).map_err(|Fault(problem, hint)| Error::file(path, problem, hint))?;
        Ok(Self { file, path, entries, directory })
    }

    /// The index of the entry for `key`, or of the only one.
    fn choose(&self, key: Option<&str>) -> Result<usize> {
        let found = match key {
            Some(key) => self.entries.iter().position(|entry| entry.key == key),
            None if self.entries.len() == 1 => Some(0),
            None => None,
        };
        found.ok_or_else(|| {
            let keys =
                self.entries.iter().take(32).map(|entry| format!("`{}`", entry.key)).collect::<Vec<_>>().join(", ");
            let more = if self.entries.len() > 32 { ", ..." } else { "" };
            match (key, self.entries.is_empty()) {
                (_, true) => {
                    Error::file(self.path, "the archive holds no array", "save it with numpy.savez_compressed")
                }
                (Some(key), _) => {
                    Error::file(self.path, format!("no array `{key}`"), format!("use --key with {keys}{more}"))
                }
                (None, _) => Error::file(
                    self.path,
                    format!("it holds {} arrays", self.entries.len()),
                    format!("choose with --key: {keys}{more}"),
                ),
            }
        })
    }

    fn read(&mut self, index: usize) -> Result<Array> {
        let Some(entry) = self.entries.get(index) else {
            return Err(Error::file(self.path, "no such array", CUT));
        };
        let (shape, data) = read_entry(&mut self.file, entry, self.directory).map_err(|Fault(problem, hint)| {
            Error::file(self.path, format!("array `{}`: {problem}", entry.key), hint)
        })?;
        Ok(Array { shape, data, source: self.path.into(), key: Some(entry.key.clone()) })
    }
}

/// The entries that are arrays, and where the directory begins.
fn read_directory(file: &mut (impl Read + Seek), bytes: u64) -> std::result::Result<(Vec<Entry>, u64), Fault> {
    const ZIP64: &str = "save fewer arrays in an archive, or a .npy file";
    // The end record: 22 bytes and a comment of up to 65,535 that ends the file.
    let mut tail = Vec::new();
    let tail_start = bytes.saturating_sub(22 + 65535);
    file.seek(SeekFrom::Start(tail_start)).map_err(io_fault)?;
    file.by_ref().take(22 + 65535).read_to_end(&mut tail).map_err(io_fault)?;
    let end = tail.windows(22).enumerate().rev().find(|(at, record)| {
        record.starts_with(b"PK\x05\x06") && at + 22 + usize::from(u16_at(record, 20)) == tail.len()
    });
    let Some((at, end)) = end else { return fault("the end of the archive is missing", CUT) };
    let (count, length, start) = (u16_at(end, 10), u64::from(u32_at(end, 12)), u64::from(u32_at(end, 16)));
    if count == u16::MAX || length == u64::from(u32::MAX) || start == u64::from(u32::MAX) {
        return fault("archives over 4 GiB or with 65535 arrays are not read", ZIP64);
    }
    if start + length > tail_start + at as u64 {
        return fault("its directory lies outside of the file", CUT);
    }
    if length > MAX_DIRECTORY {
        return fault(format!("its directory of {length} bytes is too long"), ZIP64);
    }
    let mut directory = vec![0; length as usize];
    file.seek(SeekFrom::Start(start)).map_err(io_fault)?;
    file.read_exact(&mut directory).map_err(io_fault)?;
    let mut rest = directory.as_slice();
    let mut entries: Vec<Entry> = Vec::new();
    let mut keys = std::collections::HashSet::new();
    for number in 0..count {
        let lengths = [u16_at(rest, 28), u16_at(rest, 30), u16_at(rest, 32)].map(usize::from);
        let [name_length, extra_length, comment_length] = lengths;
        let record = 46 + name_length + extra_length + comment_length;
        if rest.len() < record || !rest.starts_with(b"PK\x01\x02") {
            return fault(format!("entry {number} of its directory is damaged"), CUT);
        }
        let name = String::from_utf8_lossy(rest.get(46..46 + name_length).unwrap_or(&[]));
        // Other files may lie in an archive; they are no arrays and never looked at.
        if let Some(key) = name.strip_suffix(".npy") {
            if !keys.insert(key.to_string()) {
                return fault(format!("array `{key}` appears twice"), "save every array under its own key");
            }
            entries.push(Entry {
                key: key.to_string(),
                flags: u16_at(rest, 8),
                method: u16_at(rest, 10),
                crc: u32_at(rest, 16),
                packed: u64::from(u32_at(rest, 20)),
                unpacked: u64::from(u32_at(rest, 24)),
                offset: u64::from(u32_at(rest, 42)),
            });
        }
        rest = rest.get(record..).unwrap_or(&[]);
    }
    Ok((entries, start))
}

fn read_entry(
    file: &mut (impl Read + Seek),
    entry: &Entry,
    directory: u64,
) -> std::result::Result<(Vec<usize>, ArrayData), Fault> {
    let limit = u64::from(u32::MAX);
    if entry.packed == limit || entry.unpacked == limit || entry.offset == limit {
        return fault("arrays over 4 GiB are not read", "split the array into smaller ones");
    }
    if entry.flags & 1 != 0 {
        return fault("it is encrypted", "save it without a password");
    }
    let sound = match entry.method {
        0 => entry.packed == entry.unpacked,
        8 => entry.unpacked <= entry.packed.saturating_mul(MAX_RATIO),
        method => return fault(format!("compression method {method} is not read"), "use numpy.savez_compressed"),
    };
    if !sound {
        let problem = format!("{} packed bytes cannot hold the {} declared", entry.packed, entry.unpacked);
        return fault(problem, CUT);
    }
    if entry.unpacked > MAX_ELEMENTS * 8 + MAX_HEADER as u64 {
        return fault(format!("it declares {} bytes, too many", entry.unpacked), "split the array into smaller ones");
    }
    let mut local = [0; 30];
    file.seek(SeekFrom::Start(entry.offset)).map_err(io_fault)?;
    file.read_exact(&mut local).map_err(io_fault)?;
    let start = entry.offset + 30 + u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28));
    if !local.starts_with(b"PK\x03\x04") || start + entry.packed > directory {
        return fault("its place in the archive is damaged", CUT);
    }
    // A fresh archive with this one entry, whose every field is known to be sound, for the zip library to unpack: it
    // trusts the fields of the directory more than a hostile file deserves.
    let (method, packed, unpacked) = (entry.method.to_le_bytes(), entry.packed as u32, entry.unpacked as u32);
    let mut common = vec![20, 0, 0, 0];
    common.extend(method);
    common.extend([0, 0, 0x21, 0]);
    [entry.crc, packed, unpacked, 1].iter().for_each(|field| common.extend(field.to_le_bytes()));
    let mut single = Vec::new();
    let memory = single.try_reserve_exact(entry.packed as usize + 128);
    memory.map_err(|_| Fault(format!("{} packed bytes do not fit in memory", entry.packed), "split the array"))?;
    single.extend(b"PK\x03\x04");
    single.extend(&common);
    single.push(b'a');
    file.seek(SeekFrom::Start(start)).map_err(io_fault)?;
    let copied = file.by_ref().take(entry.packed).read_to_end(&mut single).map_err(io_fault)?;
    if copied as u64 != entry.packed {
        return fault("it ends too early", CUT);
    }
    let directory_start = single.len() as u32;
    single.extend(b"PK\x01\x02\x14\0");
    single.extend(&common);
    single.extend([0; 14]);
    single.push(b'a');
    single.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0");
    single.extend(directory_start.to_le_bytes());
    single.extend([0, 0]);
    let damaged = |error: &dyn std::fmt::Display| Fault(format!("it cannot be unpacked: {error}"), CUT);
    let mut archive = zip::ZipArchive::new(Cursor::new(single)).map_err(|error| damaged(&error))?;
    let mut unpacking = archive.by_index(0).map_err(|error| damaged(&error))?;
    read_npy(&mut unpacking, entry.unpacked)
}

/// Writes named arrays of any shape into a deflated `.npz`, which numpy loads as it is.
///
/// The archive appears under its name, whole and durable, in [`finish`](Self::finish); dropped before, it leaves nothing.
/// Equal arrays give equal bytes.
pub struct NpzWriter {
    path: PathBuf,
    // Before `file`: what is dropped first closes its handle, and some systems remove no open file.
    archive: npyz::npz::NpzWriter<io::BufWriter<File>>,
    file: AtomicFile,
    names: Vec<String>,
}

impl NpzWriter {
    /// Begins an archive that is to become `path`.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason if the file cannot be made.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let mut file = AtomicFile::create(path.as_ref())?;
        let archive = npyz::npz::NpzWriter::new(io::BufWriter::new(file.handle()?));
        Ok(Self { path: path.as_ref().into(), file, archive, names: Vec::new() })
    }

    /// Adds 64-bit floats of the given shape in C order; an empty shape is a single number.
    ///
    /// # Errors
    /// [`Error::Input`] if the values do not fill the shape, or the name is empty, used already or has a slash;
    /// [`Error::Output`] with the system's reason if writing fails.
    pub fn add_f64(&mut self, name: &str, shape: &[usize], values: &[f64]) -> Result<()> {
        self.add(name, shape, values)
    }

    /// Adds 32-bit floats; else like [`add_f64`](Self::add_f64).
    ///
    /// # Errors
    /// As [`add_f64`](Self::add_f64).
    pub fn add_f32(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<()> {
        self.add(name, shape, values)
    }

    /// Adds signed bytes, such as spins; else like [`add_f64`](Self::add_f64).
    ///
    /// # Errors
    /// As [`add_f64`](Self::add_f64).
    pub fn add_i8(&mut self, name: &str, shape: &[usize], values: &[i8]) -> Result<()> {
        self.add(name, shape, values)
    }

    /// Adds unsigned bytes; else like [`add_f64`](Self::add_f64).
    ///
    /// # Errors
    /// As [`add_f64`](Self::add_f64).
    pub fn add_u8(&mut self, name: &str, shape: &[usize], values: &[u8]) -> Result<()> {
        self.add(name, shape, values)
    }

    /// Adds 64-bit integers; else like [`add_f64`](Self::add_f64).
    ///
    /// # Errors
    /// As [`add_f64`](Self::add_f64).
    pub fn add_i64(&mut self, name: &str, shape: &[usize], values: &[i64]) -> Result<()> {
        self.add(name, shape, values)
    }

    /// Adds a text as a single byte string (`|S`); numpy reads it with `.item().decode()`.
    ///
    /// # Errors
    /// [`Error::Input`] for an empty text, which numpy cannot tell from none, and as [`add_f64`](Self::add_f64).
    pub fn add_text(&mut self, name: &str, text: &str) -> Result<()> {
        let kind = format!("|S{}", text.len()).parse().ok().filter(|_| !text.is_empty());
        let Some(kind) = kind else {
            return Err(Error::input("text for a .npz", "at least one letter", format!("{text:?}"), "leave it out"));
        };
        let options = self.begin(name, &[], 1, text.len())?;
        let written = self.archive.array::<[u8]>(name, options).and_then(|array| {
            let mut array = array.dtype(npyz::DType::new_scalar(kind)).shape(&[]).begin_nd()?;
            array.push(text.as_bytes())?;
            array.finish()
        });
        written.map_err(|error| failure(&self.path, &error))
    }

    fn add<T: npyz::AutoSerialize + Copy>(&mut self, name: &str, shape: &[usize], values: &[T]) -> Result<()> {
        let options = self.begin(name, shape, values.len(), size_of::<T>())?;
        let shape: Vec<u64> = shape.iter().map(|side| *side as u64).collect();
        let written = self.archive.array(name, options).and_then(|array| {
            let mut array = array.default_dtype().shape(&shape).begin_nd()?;
            array.extend(values.iter().copied())?;
            array.finish()
        });
        written.map_err(|error| failure(&self.path, &error))
    }

    /// Checks an array and takes its name.
    fn begin(&mut self, name: &str, shape: &[usize], values: usize, bytes: usize) -> Result<zip::write::FileOptions> {
        if name.is_empty()
            || name.len() > 1024
            || name.contains(['/', '\\', '\0'])
            || self.names.iter().any(|n| n == name)
        {
            let wanted = "a new name without slashes, of 1 to 1024 bytes";
            return Err(Error::input("name of an array in a .npz", wanted, format!("{name:?}"), "choose another name"));
        }
        if shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side)) != Some(values) {
            let got = format!("{values} values for shape {}", shape_text(shape));
            return Err(Error::input(
                format!("array `{name}`"),
                "as many values as its shape has",
                got,
                "check the shape",
            ));
        }
        self.names.push(name.into());
        // A fixed time of 1980, else equal runs would give different bytes.
        Ok(zip::write::FileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .large_file(values.saturating_mul(bytes) as u64 >= u64::from(u32::MAX) - (1 << 20)))
    }

    /// Completes the archive, makes it durable and gives it its name.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason; a file that had the name before is then untouched.
    pub fn finish(mut self) -> Result<()> {
        let closed = self.archive.zip_writer().finish().map_err(io::Error::from).and_then(|mut writer| {
            // Not left to the drop, which would swallow a full disk.
            io::Write::flush(&mut writer)
        });
        closed.map_err(|error| failure(&self.path, &error))?;
        self.file.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::Scratch;
    use super::*;

    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\0".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn header(descr: &str, fortran: bool, shape: &str) -> String {
        let fortran = if fortran { "True" } else { "False" };
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
    }

    fn parse(bytes: &[u8]) -> std::result::Result<Array, String> {
        let (shape, data) = read_npy(&mut &*bytes, bytes.len() as u64).map_err(|fault| fault.0)?;
        Ok(Array { shape, data, source: "a.npy".into(), key: None })
    }

    fn array(descr: &str, shape: &str, data: &[u8]) -> Array {
        parse(&npy(&header(descr, false, shape), data)).unwrap()
    }

    #[test]
    fn every_type_and_order_is_read() {
        use ArrayData::*;
        assert_eq!(array("|u1", "(2,)", &[0, 255]).data, Integers(vec![0, 255]));
        assert_eq!(array("|i1", "(2,)", &[1, 255]).data, Integers(vec![1, -1]));
        assert_eq!(array("|b1", "(3,)", &[0, 1, 2]).data, Integers(vec![0, 1, 1]));
        assert_eq!(array("<i2", "(1,)", &[0xfe, 0xff]).data, Integers(vec![-2]));
        assert_eq!(array(">i2", "(2,)", &[0xff, 0xfe, 1, 2]).data, Integers(vec![-2, 258]));
        assert_eq!(array("<u4", "()", &[255, 255, 255, 255]).data, Integers(vec![0xffff_ffff]));
        assert_eq!(array(">i8", "(1,)", &(-3i64).to_be_bytes()).data, Integers(vec![-3]));
        assert_eq!(array("<u8", "(1,)", &7u64.to_le_bytes()).data, Integers(vec![7]));
        assert_eq!(array("<f4", "(1,)", &0.5f32.to_le_bytes()).data, Floats(vec![0.5]));
        assert_eq!(array(">f4", "(1,)", &0.5f32.to_be_bytes()).data, Floats(vec![0.5]));
        assert_eq!(array(">f8", "(1,)", &(-0.1f64).to_be_bytes()).data, Floats(vec![-0.1]));
        assert_eq!(array("<f8", "(0, 3)", &[]).data, Floats(vec![]));
        let fortran = parse(&npy(&header("|u1", true, "(2, 3, 2)"), &[0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])).unwrap();
        assert_eq!((fortran.shape, fortran.data), (vec![2, 3, 2], Integers((0..12).collect())));
        assert_eq!(parse(&npy(&header("|u1", true, "(0, 3)"), &[])).unwrap().len(), 0);
        let odd = "{\"shape\":(2L,),'fortran_order':False , 'descr':\"|u1\"}";
        assert_eq!(parse(&npy(odd, &[3, 4])).unwrap().data, Integers(vec![3, 4]));
    }

    #[test]
    fn what_is_not_an_array_of_numbers_is_refused() {
        let refused =
            |descr: &str, shape: &str, data: &[u8]| parse(&npy(&header(descr, false, shape), data)).unwrap_err();
        assert!(refused("|O", "(1,)", &[0; 8]).contains("pickle"));
        assert!(refused("<c16", "(1,)", &[0; 16]).contains("complex"));
        for descr in ["<U4", "|S3", "<f2", "<f16", "<M8[ns]", "<i3", "", "<", "=i4", "|i4", "\u{e9}\u{e9}"] {
            refused(descr, "(1,)", &[0; 4]);
        }
        assert!(refused("<u8", "(1,)", &[255; 8]).contains("64 signed bits"));
        assert!(refused("<f8", "(3,)", &[0; 16]).contains("needs 24 bytes"));
        assert!(refused("<f8", "(1,)", &[0; 9]).contains("needs 8 bytes"));
        assert!(refused("<f8", "(1000000, 1000000)", &[]).contains("at most"));
        assert!(refused("<f8", "(18446744073709551615, 18446744073709551615)", &[]).contains("at most"));
        for shape in ["(-1,)", "(1.5,)", "(1,,2)", "(,)", "[1]", "(1", "(99999999999999999999,)", "(a,)", "(+1,)"] {
            refused("|u1", shape, &[0]);
        }
        refused("|u1", &format!("({})", "1,".repeat(65)), &[0]);
        let structured = "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}";
        assert!(parse(&npy(structured, &[0; 8])).unwrap_err().contains("structured"));
        for text in
            ["", "{", "{}", "{'descr'", "{'descr':", "{'x': 1}", "{'descr': '|u1', 'shape': (1,)}", "{'a", "((((("]
        {
            assert!(parse(&npy(text, &[0])).is_err(), "{text}");
        }
    }

    #[test]
    fn damaged_arrays_never_panic() {
        let good = npy(&header("<f4", false, "(2, 3)"), &[0; 24]);
        assert!(parse(&good).is_ok());
        for end in 0..good.len() {
            assert!(parse(&good[..end]).is_err());
        }
        for (i, bit) in (0..good.len()).flat_map(|i| (0..8).map(move |bit| (i, bit))) {
            let mut bad = good.clone();
            bad[i] ^= 1 << bit;
            let _ = parse(&bad);
        }
    }

    #[test]
    fn archives_round_trip() {
        let scratch = Scratch::new("npz");
        let path = scratch.0.join("a.npz");
        let write = |path: &Path| {
            let mut writer = NpzWriter::create(path).unwrap();
            writer.add_f64("weights", &[2, 3], &[0.0, 1.5, -2.0, 3.0, 4.0, f64::NAN]).unwrap();
            writer.add_f32("bias", &[3], &[0.5, 0.25, 1.0]).unwrap();
            writer.add_i8("spins", &[2, 2, 2], &[1, -1, 1, -1, 1, 1, 1, -1]).unwrap();
            writer.add_u8("levels", &[1, 300], &[7; 300]).unwrap();
            writer.add_i64("step", &[], &[-5]).unwrap();
            writer.add_f64("none", &[0, 4], &[]).unwrap();
            writer.add_text("convention", "gas").unwrap();
            assert_eq!(writer.add_text("empty", "").unwrap_err().code(), "E006");
            assert_eq!(writer.add_f64("step", &[], &[0.0]).unwrap_err().code(), "E006");
            assert_eq!(writer.add_f64("a/b", &[], &[0.0]).unwrap_err().code(), "E006");
            assert_eq!(writer.add_f64("short", &[2], &[0.0]).unwrap_err().code(), "E006");
            assert_eq!(writer.add_f64("huge", &[usize::MAX, 2], &[0.0]).unwrap_err().code(), "E006");
            assert!(path == scratch.0.join("b.npz") || !path.exists());
            writer.finish().unwrap();
        };
        write(&path);
        write(&scratch.0.join("b.npz"));
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(scratch.0.join("b.npz")).unwrap());
        assert_eq!(array_keys(&path).unwrap(), ["weights", "bias", "spins", "levels", "step", "none", "convention"]);
        let read = |key: &str| read_array(&path, Some(key)).unwrap();
        assert_eq!((read("weights").shape, read("weights").key.unwrap()), (vec![2, 3], "weights".to_string()));
        let error = read("weights").to_finite().unwrap_err().to_string();
        assert!(error.contains("`weights`: 1 NaN and 0 infinite values, the first at (1, 2)"), "{error}");
        assert_eq!(read("bias").data, ArrayData::Floats(vec![0.5, 0.25, 1.0]));
        assert_eq!(read("spins").data, ArrayData::Integers(vec![1, -1, 1, -1, 1, 1, 1, -1]));
        assert_eq!(read("levels").data, ArrayData::Integers(vec![7; 300]));
        assert_eq!((read("step").shape, read("step").data), (vec![], ArrayData::Integers(vec![-5])));
        assert!(read("none").is_empty());
        assert_eq!(read_array(&path, Some("convention")).unwrap_err().code(), "E007");
        let error = read_array(&path, Some("absent")).unwrap_err().to_string();
        assert!(error.contains("`weights`, `bias`"), "{error}");
        assert!(read_array(&path, None).unwrap_err().to_string().contains("--key"));
        drop(NpzWriter::create(scratch.0.join("c.npz")).unwrap());
        assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 2);
        assert_eq!(NpzWriter::create(scratch.0.join("no/c.npz")).err().unwrap().code(), "E008");
    }

    #[test]
    fn damaged_archives_never_panic() {
        let scratch = Scratch::new("npz-damage");
        let (good, bad) = (scratch.0.join("good.npz"), scratch.0.join("bad.npz"));
        let mut writer = NpzWriter::create(&good).unwrap();
        writer.add_u8("a", &[2, 5], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).unwrap();
        writer.finish().unwrap();
        let bytes = std::fs::read(&good).unwrap();
        assert_eq!(read_array(&good, None).unwrap().shape, [2, 5]);
        for end in 0..bytes.len() {
            std::fs::write(&bad, &bytes[..end]).unwrap();
            assert!(matches!(read_array(&bad, None).unwrap_err().code(), "E007"));
        }
        for i in 0..bytes.len() {
            for value in [0, 255, bytes[i] ^ 1, bytes[i] ^ 128] {
                let mut damaged = bytes.clone();
                damaged[i] = value;
                std::fs::write(&bad, &damaged).unwrap();
                // The check sum guards the data: what is read is what was written.
                if let Ok(array) = read_array(&bad, None) {
                    assert_eq!(array.data, ArrayData::Integers((1..=10).collect()), "byte {i}");
                }
            }
        }
        std::fs::write(&bad, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").unwrap();
        assert!(read_array(&bad, None).unwrap_err().to_string().contains("holds no array"));
        std::fs::write(&bad, npy(&header("|u1", false, "(1,)"), &[1])).unwrap();
        assert_eq!(read_array(&bad, Some("a")).unwrap_err().code(), "E006");
        assert_eq!(array_keys(&bad).unwrap_err().code(), "E007");
        assert_eq!(read_array(&scratch.0, None).unwrap_err().code(), "E007");
    }

    #[test]
    fn an_entry_that_declares_too_much_is_refused() {
        let scratch = Scratch::new("npz-bomb");
        let path = scratch.0.join("a.npz");
        let mut writer = NpzWriter::create(&path).unwrap();
        writer.add_u8("a", &[4], &[1, 2, 3, 4]).unwrap();
        writer.finish().unwrap();
        let good = std::fs::read(&path).unwrap();
        let at = good.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        for declared in [u32::MAX, u32::MAX - 1, 1 << 30, 200, 0] {
            let mut bad = good.clone();
            bad[at + 24..at + 28].copy_from_slice(&declared.to_le_bytes());
            std::fs::write(&path, &bad).unwrap();
            assert_eq!(read_array(&path, None).unwrap_err().code(), "E007", "{declared}");
        }
        let mut bad = good.clone();
        bad[at + 8] |= 1;
        std::fs::write(&path, &bad).unwrap();
        assert!(read_array(&path, None).unwrap_err().to_string().contains("encrypted"));
    }

    #[test]
    fn samples_follow_the_rules() {
        let samples = |descr: &str, shape: &str, data: &[u8]| array(descr, shape, data).into_patterns_or_grey();
        let one = samples("|u1", "(4,)", &[0, 1, 1, 0]).unwrap();
        assert_eq!((one.count, one.neurons, one.sides), (1, 4, None));
        assert_eq!(one.values, SampleValues::Binary(vec![-1, 1, 1, -1]));
        let two = samples("|i1", "(2, 1, 2)", &[255, 1, 1, 1]).unwrap();
        assert_eq!((two.count, two.neurons, two.sides), (2, 2, Some((1, 2))));
        assert_eq!(two.values, SampleValues::Binary(vec![-1, 1, 1, 1]));
        assert_eq!(samples("|u1", "(1, 2, 1, 2)", &[0; 4]).unwrap().sides, None);
        assert_eq!(samples("|u1", "(2,)", &[0, 255]).unwrap().values, SampleValues::Grey(vec![0.0, 1.0]));
        assert_eq!(
            samples("<i2", "(2,)", &[1, 0, 51, 0]).unwrap().values,
            SampleValues::Grey(vec![grey_level(1), 0.2])
        );
        assert!(samples("|i1", "(3,)", &[0, 1, 255]).unwrap_err().to_string().contains("-1 at (2,)"));
        assert!(samples("<i2", "(1, 1)", &[0, 1]).unwrap_err().to_string().contains("256 at (0, 0)"));
        let float = |values: &[f32]| {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            samples("<f4", &format!("({},)", values.len()), &bytes)
        };
        assert_eq!(float(&[0.0, 0.25, 1.0]).unwrap().values, SampleValues::Grey(vec![0.0, 0.25, 1.0]));
        assert!(float(&[-1.0, 1.0]).unwrap_err().to_string().contains("int8"));
        assert!(float(&[0.0, 200.0]).unwrap_err().to_string().contains("divide"));
        assert!(
            float(&[0.0, f32::NAN, f32::INFINITY])
                .unwrap_err()
                .to_string()
                .contains("1 NaN and 1 infinite values, the first at (1,)")
        );
        for (shape, len) in [("()", 1), ("(0,)", 0), ("(0, 3)", 0), ("(3, 0)", 0)] {
            assert_eq!(samples("|u1", shape, &vec![0; len]).unwrap_err().code(), "E007");
        }
    }
}
