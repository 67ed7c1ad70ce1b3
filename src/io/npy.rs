//! One array as numpy writes it: header and elements.

use std::io::{self, Read};
use std::path::Path;

use npyz::WriterBuilder as _;

use super::array::{ArrayData, MAX_ELEMENTS};
use super::output::{failure, write_bytes};
use crate::error::Result;

/// numpy itself allows 64 axes.
const MAX_AXES: usize = 64;

/// The longest header of an array; numpy writes 128 bytes.
pub(super) const MAX_HEADER: usize = 64 << 10;

/// What is wrong with the bytes of an array, and what to do; where it stood is for the caller to say.
#[derive(Debug)]
pub(super) struct Fault(pub(super) String, pub(super) &'static str);

pub(super) const CUT: &str = "the file is damaged or cut short: save it again";
const NUMERIC: &str = "save it as a plain array of integers or floats, for example with .astype('float32')";

pub(super) fn fault<T>(problem: impl Into<String>, hint: &'static str) -> std::result::Result<T, Fault> {
    Err(Fault(problem.into(), hint))
}

pub(super) fn io_fault(error: io::Error) -> Fault {
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
    /// How an element is stored, as numpy writes it.
    descr: String,
    fortran: bool,
    shape: Vec<u64>,
}

impl Header {
    /// Parses `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`: only what numpy writes, without recursion.
    fn parse(text: &str) -> std::result::Result<Self, Fault> {
        let malformed = |what: &str| Fault(format!("its header is malformed: {what}"), CUT);
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{').ok_or_else(|| malformed("no dictionary"))?.trim_start();
        while !rest.starts_with('}') {
            let (key, after) = quoted(rest).ok_or_else(|| malformed("a key is not a string"))?;
            rest = after.trim_start().strip_prefix(':').ok_or_else(|| malformed("a key has no value"))?.trim_start();
            match key {
                "descr" if rest.starts_with('[') => return fault("it is a structured array", NUMERIC),
                "descr" => {
                    let (value, after) = quoted(rest).ok_or_else(|| malformed("descr is not a string"))?;
                    descr = Some(value.to_string());
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
        let descr = descr.ok_or_else(|| malformed("descr is missing"))?;
        let fortran = fortran.ok_or_else(|| malformed("fortran_order is missing"))?;
        let shape = shape.ok_or_else(|| malformed("shape is missing"))?;
        Ok(Self { descr, fortran, shape })
    }

    /// The number of elements of so many bytes each, checked against the absolute cap and what is there.
    fn count(&self, bytes: usize, there: u64) -> std::result::Result<u64, Fault> {
        let count = self.shape.iter().try_fold(1u64, |product, side| product.checked_mul(*side));
        let Some(count) = count.filter(|count| *count <= MAX_ELEMENTS) else {
            return fault(
                format!("it declares shape {:?}, at most {MAX_ELEMENTS} elements are read", self.shape),
                "split the array into smaller ones",
            );
        };
        let needed = count * bytes as u64;
        if needed != there {
            let problem = format!("shape {:?} needs {needed} bytes of data, but {there} are there", self.shape);
            return fault(problem, CUT);
        }
        Ok(count)
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

/// Reads the header of an array of which `bytes` are there; also gives the bytes that must follow it.
fn read_header(reader: &mut impl Read, bytes: u64) -> std::result::Result<(Header, u64), Fault> {
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
    Ok((header, bytes.saturating_sub(8 + length_bytes + length as u64)))
}

/// The longest text that is read, in letters.
const MAX_TEXT: u64 = 256;

/// Reads a single text, `|S` or `<U`: an array of one element, of no or one axis.
pub(super) fn read_text(reader: &mut impl Read, bytes: u64) -> std::result::Result<String, Fault> {
    const TEXT: &str = "save a text, for example numpy.array('gas')";
    let (header, there) = read_header(reader, bytes)?;
    let (kind, letters) = match header.descr.split_at_checked(2) {
        Some((kind @ ("|S" | "<U" | ">U"), letters)) => (kind, letters.parse::<u64>().unwrap_or(u64::MAX)),
        _ => return fault(format!("elements of type {:?}, where a text is expected", header.descr), TEXT),
    };
    if !matches!(header.shape.as_slice(), [] | [1]) || letters > MAX_TEXT {
        return fault(
            format!("{} texts of {letters} letters, where a short one is expected", header.shape.len()),
            TEXT,
        );
    }
    let width = if kind == "|S" { 1 } else { 4 };
    header.count(width * letters as usize, there)?;
    let mut raw = vec![0; width * letters as usize];
    reader.read_exact(&mut raw).map_err(io_fault)?;
    let text: Option<String> = match kind {
        "|S" => String::from_utf8(raw).ok(),
        _ => raw
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&letter| {
                let code = if kind == "<U" { u32::from_le_bytes(letter) } else { u32::from_be_bytes(letter) };
                char::from_u32(code)
            })
            .collect(),
    };
    let text = text.ok_or_else(|| Fault("its text is no valid Unicode".into(), TEXT))?;
    Ok(text.trim_end_matches('\0').to_string())
}

/// Reads an array of which `bytes` are there, header included, and nothing may follow.
pub(super) fn read_npy(reader: &mut impl Read, bytes: u64) -> std::result::Result<(Vec<usize>, ArrayData), Fault> {
    let (header, there) = read_header(reader, bytes)?;
    let element = Element::parse(&header.descr)?;
    let count = header.count(element.bytes, there)?;
    let shape: Vec<usize> = header.shape.iter().filter_map(|side| usize::try_from(*side).ok()).collect();
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

/// Writes unsigned bytes in C order as a `.npy`; the shape has as many elements.
///
/// # Errors
/// [`Error::Output`](crate::Error::Output) with the system's reason if writing fails.
pub(super) fn write_npy(path: &Path, shape: &[usize], values: &[u8]) -> Result<()> {
    let shape: Vec<u64> = shape.iter().map(|side| *side as u64).collect();
    let mut bytes = Vec::with_capacity(values.len() + 128);
    let array = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes);
    let written = array.begin_nd().and_then(|mut array| {
        array.extend(values.iter().copied())?;
        array.finish()
    });
    written.map_err(|error| failure(path, &error))?;
    write_bytes(path, &bytes)
}
