//! Arrays in and out: numpy's `.npy` and `.npz`.
//!
//! Nothing that a file declares is believed before it is checked against the file's own size, so that a few bytes cannot
//! ask for gigabytes; nothing is unpickled, and nothing is extracted to disk.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::image::grey_level;
use super::npy::{Fault, read_npy};
use super::npz::Archive;
use crate::error::{Error, Result};

/// The most elements of an array that is read: 2 GiB at 8 bytes each.
pub const MAX_ELEMENTS: u64 = 1 << 28;

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

pub(super) fn shape_text(shape: &[usize]) -> String {
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

/// Reads a single text of a `.npz` archive, which [`NpzWriter::add_text`](super::npz::NpzWriter::add_text) or numpy wrote:
/// `|S` or `<U`, of no or one axis.
///
/// # Errors
/// [`Error::File`] if the file is not a sound archive, lacks `key`, or holds anything but one short text there.
pub fn read_text(path: impl AsRef<Path>, key: &str) -> Result<String> {
    let path = path.as_ref();
    let (mut file, bytes) = open(path)?;
    if !is_archive(&mut file, path)? {
        return Err(Error::file(path, "not a .npz archive", "save it with numpy.savez_compressed"));
    }
    let mut archive = Archive::open(file, bytes, path)?;
    let index = archive.choose(Some(key))?;
    archive.read_text(index)
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

#[cfg(test)]
mod tests {
    use super::super::npz::NpzWriter;
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
