//! Archives of arrays: `.npz`, read with suspicion and written whole.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use npyz::WriterBuilder;
use npyz::zip;

use super::array::{Array, MAX_ELEMENTS, shape_text};
use super::disk::DiskFile;
use super::npy::{CUT, Fault, MAX_HEADER, fault, io_fault, read_npy, read_text};
use super::output::{AtomicFile, failure};
use crate::error::{Error, Result};

/// The longest directory of an archive.
const MAX_DIRECTORY: u64 = 16 << 20;

/// Deflate cannot shrink further than this, so an entry that declares more is a lie.
const MAX_RATIO: u64 = 1032;

/// Up to this size, unpacked, any ratio is believed. Elements take up to eight times as much when they are read.
const ANY_RATIO_UP_TO: u64 = 16 << 20;

/// Larger entries that shrank further than this hold next to nothing: a small file must not take gigabytes of memory.
const MAX_LARGE_RATIO: u64 = 250;

/// An array in an archive, as its directory describes it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// 0 stored, 8 deflated.
    method: u16,
    flags: u16,
    crc: u32,
    packed: u64,
    unpacked: u64,
    offset: u64,
}

/// A `.npz`. Its directory is checked here, strictly; the zip library then sees only one sound entry at a time.
pub(super) struct Archive<'a> {
    file: BufReader<File>,
    path: &'a Path,
    pub(super) entries: Vec<Entry>,
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
    pub(super) fn open(file: File, bytes: u64, path: &'a Path) -> Result<Self> {
        let mut file = BufReader::new(file);
        let (entries, directory) =
            read_directory(&mut file, bytes).map_err(|Fault(problem, hint)| Error::file(path, problem, hint))?;
        Ok(Self { file, path, entries, directory })
    }

    /// The index of the entry for `key`, or of the only one.
    pub(super) fn choose(&self, key: Option<&str>) -> Result<usize> {
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

    pub(super) fn read(&mut self, index: usize) -> Result<Array> {
        let (key, (shape, data)) = self.read_with(index, |mut reader, bytes| read_npy(&mut reader, bytes))?;
        Ok(Array { shape, data, source: self.path.into(), key: Some(key) })
    }

    /// Reads a single text.
    pub(super) fn read_text(&mut self, index: usize) -> Result<String> {
        Ok(self.read_with(index, |mut reader, bytes| read_text(&mut reader, bytes))?.1)
    }

    /// The key of an array, and what is read of it.
    fn read_with<T>(
        &mut self,
        index: usize,
        read: impl FnOnce(&mut dyn Read, u64) -> std::result::Result<T, Fault>,
    ) -> Result<(String, T)> {
        let Some(entry) = self.entries.get(index) else {
            return Err(Error::file(self.path, "no such array", CUT));
        };
        let found = read_entry(&mut self.file, entry, self.directory, read).map_err(|Fault(problem, hint)| {
            Error::file(self.path, format!("array `{}`: {problem}", entry.key), hint)
        })?;
        Ok((entry.key.clone(), found))
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

fn read_entry<T>(
    file: &mut (impl Read + Seek),
    entry: &Entry,
    directory: u64,
    read: impl FnOnce(&mut dyn Read, u64) -> std::result::Result<T, Fault>,
) -> std::result::Result<T, Fault> {
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
    if entry.unpacked > ANY_RATIO_UP_TO && entry.unpacked / MAX_LARGE_RATIO > entry.packed {
        let problem =
            format!("{} packed bytes unpack to {}, over {MAX_LARGE_RATIO} times as many", entry.packed, entry.unpacked);
        return fault(problem, "an array that is nearly constant is read uncompressed: save it with numpy.save");
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
    read(&mut unpacking, entry.unpacked)
}

/// Writes named arrays of any shape into a deflated `.npz`, which numpy loads as it is.
///
/// The archive appears under its name, whole and durable, in [`finish`](Self::finish); dropped before, it leaves nothing.
/// Equal arrays give equal bytes.
pub struct NpzWriter {
    path: PathBuf,
    // Before `file`: what is dropped first closes its handle, and some systems remove no open file.
    archive: npyz::npz::NpzWriter<io::BufWriter<DiskFile>>,
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
