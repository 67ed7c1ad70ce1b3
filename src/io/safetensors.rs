//! Tensors in the format that PyTorch users exchange: a header of JSON, then the raw numbers
//! (<https://github.com/huggingface/safetensors>). Nothing in such a file can run.

use super::array::MAX_ELEMENTS;
use super::output::write_bytes;
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// The longest header that is read, in bytes.
const LONGEST_HEADER: u64 = 1 << 20;
/// The most axes of a tensor.
const MOST_AXES: usize = 8;

/// A tensor in single precision, in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// As many values as the product of the lengths.
    pub values: Vec<f32>,
}

/// The tensors of a file by their names, and what is said about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tensors {
    /// By name.
    pub tensors: BTreeMap<String, Tensor>,
    /// Free texts by name.
    pub metadata: BTreeMap<String, String>,
}

impl Tensors {
    /// Reads a file of tensors of 32- or 64-bit floats (`F32`, `F64`, the latter rounded).
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, is cut short, its header is too long or no such header, or a tensor is of another
    /// type, larger than it should be, or lies elsewhere than its shape says. Sizes are checked before memory is taken.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |error: std::io::Error| Error::file(path, error, "check that the file exists and is readable");
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let wrong = |problem: String| Error::file(path, problem, "give a .safetensors file of 32-bit floats");
        if length > 8 * MAX_ELEMENTS + LONGEST_HEADER {
            return Err(wrong(format!("{length} bytes are too many")));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        Self::parse(&bytes).map_err(wrong)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (count, rest) = bytes.split_first_chunk::<8>().ok_or("no header: the file is shorter than 8 bytes")?;
        let count = u64::from_le_bytes(*count);
        if count > LONGEST_HEADER || count > rest.len() as u64 {
            let most = LONGEST_HEADER.min(rest.len() as u64);
            return Err(format!("a header of {count} bytes, where at most {most} can be; not a safetensors file"));
        }
        let (header, data) = rest.split_at(count as usize);
        let header: Map<String, Value> =
            serde_json::from_slice(header).map_err(|error| format!("a header that is no JSON object: {error}"))?;
        check_places(&header, data.len())?;
        let mut read = Self::default();
        for (name, entry) in header {
            if name == "__metadata__" {
                let texts = entry.as_object().ok_or("metadata that are no JSON object")?;
                let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_string()));
                read.metadata = texts.iter().filter_map(text).collect();
            } else {
                let tensor = tensor_of(&entry, data).map_err(|problem| format!("tensor `{name}`: {problem}"))?;
                read.tensors.insert(name, tensor);
            }
        }
        Ok(read)
    }

    /// Writes the file, whole or not at all. Equal tensors give equal bytes.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut header = Map::new();
        if !self.metadata.is_empty() {
            header.insert("__metadata__".into(), json!(self.metadata));
        }
        let mut data = Vec::new();
        for (name, tensor) in &self.tensors {
            let begin = data.len();
            data.extend(tensor.values.iter().flat_map(|value| value.to_le_bytes()));
            let entry = json!({"dtype": "F32", "shape": tensor.shape, "data_offsets": [begin, data.len()]});
            header.insert(name.clone(), entry);
        }
        let mut text = Value::Object(header).to_string().into_bytes();
        // Readers map the file: the numbers begin at a multiple of eight.
        text.resize(text.len().next_multiple_of(8), b' ');
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.append(&mut text);
        bytes.append(&mut data);
        write_bytes(path, &bytes)
    }
}

/// Refuses tensors that share bytes, which the format forbids: many names of the same bytes would each take memory of their own.
fn check_places(header: &Map<String, Value>, bytes: usize) -> Result<(), String> {
    let place = |entry: &Value| {
        let offsets = entry.get("data_offsets")?;
        Some([offsets.get(0)?.as_u64()?, offsets.get(1)?.as_u64()?])
    };
    let tensors = header.iter().filter(|(name, _)| *name != "__metadata__");
    let mut places: Vec<[u64; 2]> =
        tensors.filter_map(|(_, entry)| place(entry)).filter(|[begin, end]| begin < end).collect();
    places.sort_unstable();
    match places.windows(2).find(|pair| pair[0][1] > pair[1][0]) {
        Some(pair) => Err(format!("two tensors share the bytes from {} of {bytes}", pair[1][0])),
        None => Ok(()),
    }
}

fn tensor_of(entry: &Value, data: &[u8]) -> Result<Tensor, String> {
    let width = match entry.get("dtype").and_then(Value::as_str) {
        Some("F32") => 4,
        Some("F64") => 8,
        other => return Err(format!("type {}, where F32 or F64 is needed", other.unwrap_or("unknown"))),
    };
    let numbers = |key: &str| -> Option<Vec<u64>> { entry.get(key)?.as_array()?.iter().map(Value::as_u64).collect() };
    let shape = numbers("shape").filter(|shape| shape.len() <= MOST_AXES).ok_or("no shape of whole numbers")?;
    let elements = shape.iter().try_fold(1u64, |all, &side| all.checked_mul(side)).filter(|&all| all <= MAX_ELEMENTS);
    let elements = elements.ok_or_else(|| format!("shape {shape:?} has too many elements"))?;
    let [begin, end] = numbers("data_offsets").unwrap_or_default()[..] else { return Err("no data_offsets".into()) };
    let bytes =
        usize::try_from(begin).ok().zip(usize::try_from(end).ok()).and_then(|(begin, end)| data.get(begin..end));
    let bytes = bytes.ok_or_else(|| format!("bytes {begin} to {end} of {}: the file is cut short", data.len()))?;
    if bytes.len() as u64 != width * elements {
        return Err(format!("{} bytes for a shape {shape:?} of {width}-byte floats", bytes.len()));
    }
    let values = match width {
        4 => bytes.chunks_exact(4).map(bytemuck::pod_read_unaligned::<f32>).collect(),
        _ => bytes.chunks_exact(8).map(|chunk| bytemuck::pod_read_unaligned::<f64>(chunk) as f32).collect(),
    };
    Ok(Tensor { shape: shape.into_iter().map(|side| side as usize).collect(), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn a_file_of_the_format_s_description_is_read() {
        let header = r#"{"__metadata__":{"format":"pt"},"W":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},
            "d":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}"#;
        let data = [&0.5f64.to_le_bytes()[..], &1.0f32.to_le_bytes(), &(-2.0f32).to_le_bytes()].concat();
        let read = Tensors::parse(&bytes_of(header, &data)).unwrap();
        assert_eq!(read.metadata["format"], "pt");
        assert_eq!(read.tensors["W"], Tensor { shape: vec![1, 2], values: vec![1.0, -2.0] });
        assert_eq!(read.tensors["d"], Tensor { shape: vec![], values: vec![0.5] });
    }

    #[test]
    fn lies_are_refused() {
        let entry = |dtype: &str, shape: &str, offsets: &str| {
            format!(r#"{{"W":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        for header in [
            entry("F16", "[2]", "[0,4]"),
            entry("F32", "[2]", "[0,4]"),
            entry("F32", "[2]", "[4,12]"),
            entry("F32", "[2]", "[8,0]"),
            entry("F32", "[-2]", "[0,8]"),
            entry("F32", "[1.5]", "[0,8]"),
            entry("F32", "[4294967296,4294967296]", "[0,8]"),
            entry("F32", "[18446744073709551615]", "[0,8]"),
            entry("F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]"),
            entry("F32", "[2]", "[0,18446744073709551615]"),
            entry("F32", "[2]", "[0]"),
            r#"{"W":3}"#.into(),
            "[]".into(),
            "{".into(),
            r#"{"__metadata__":3}"#.into(),
        ] {
            assert!(Tensors::parse(&bytes_of(&header, &[0; 8])).is_err(), "{header}");
        }
        // Two names of the same bytes.
        let twice = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
        assert!(Tensors::parse(&bytes_of(twice, &[0; 8])).unwrap_err().contains("share"));
        assert!(Tensors::parse(&[1, 2, 3]).is_err());
        assert!(Tensors::parse(&u64::MAX.to_le_bytes()).is_err());
        let whole = bytes_of(&entry("F32", "[2]", "[0,8]"), &[0; 8]);
        assert!(Tensors::parse(&whole).is_ok());
        (0..whole.len()).for_each(|end| assert!(Tensors::parse(&whole[..end]).is_err(), "{end}"));
    }
}
