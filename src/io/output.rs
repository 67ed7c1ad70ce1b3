//! The folder that a run writes into, and files that appear whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::disk::{self, DiskFile};
use crate::error::{Error, Result};

/// The file whose presence marks a finished result.
pub const RESULT_FILE: &str = "result.json";

/// A folder for the files of one run (`--out`).
///
/// Every file is written under a temporary name in the folder, flushed to the disk and renamed, so that a reader, also
/// one after a crash, sees the old content or the new, never a part.
#[derive(Debug, Clone)]
pub struct OutputFolder {
    folder: PathBuf,
}

impl OutputFolder {
    /// Makes the folder, with its parents, and checks by writing that it can be written to.
    ///
    /// A folder that holds a `result.json` is refused unless `force`, which removes that file at once: a run that
    /// is then interrupted must not be taken for the finished one before it. Other files stay until overwritten.
    ///
    /// # Errors
    /// [`Error::Output`] if a result exists and `force` is not set, or the folder cannot be made or written to.
    pub fn create(folder: impl AsRef<Path>, force: bool) -> Result<Self> {
        let folder = folder.as_ref().to_path_buf();
        fs::create_dir_all(&folder).map_err(|error| failure(&folder, &error))?;
        let result = folder.join(RESULT_FILE);
        // Not following links: a dangling one is still a result that someone put there.
        let exists = fs::symlink_metadata(&result).is_ok();
        if exists && !force {
            return Err(Error::output(
                &folder,
                format!("it already holds a result ({RESULT_FILE})"),
                "choose another folder, or pass --force to overwrite it",
            ));
        }
        probe(&folder)?;
        if exists {
            fs::remove_file(&result).map_err(|error| failure(&result, &error))?;
        }
        Ok(Self { folder })
    }

    /// The folder of an earlier run, whose result may exist, after a check that it can be written to.
    ///
    /// # Errors
    /// [`Error::File`] if there is no such folder, [`Error::Output`] if it cannot be written to.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref().to_path_buf();
        let metadata = fs::metadata(&folder).map_err(|error| Error::file(&folder, error, "check the path"))?;
        if !metadata.is_dir() {
            return Err(Error::file(&folder, "not a folder", "pass the folder that was given as --out"));
        }
        probe(&folder)?;
        Ok(Self { folder })
    }

    /// Removes the temporary files that processes which were killed have left behind. No other process may be at work in the
    /// folder.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn remove_left_overs(&self) -> Result<()> {
        let entries = fs::read_dir(&self.folder).map_err(|error| failure(&self.folder, &error))?;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if is_temporary(name) {
                fs::remove_file(&path).map_err(|error| failure(&path, &error))?;
            }
        }
        Ok(())
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of the file `name` in the folder; the file need not exist.
    ///
    /// # Errors
    /// [`Error::Input`] if `name` is not the plain name of a file, but empty or a path.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(part)), None) if part == name && !name.contains(['\0', '\\']) => {
                Ok(self.folder.join(name))
            }
            _ => Err(Error::input(
                "name of an output file",
                "a plain file name",
                format!("{name:?}"),
                "leave out folders",
            )),
        }
    }

    /// Writes `value` as indented JSON with a final newline.
    ///
    /// # Errors
    /// [`Error::Input`] for a name that is not plain, [`Error::Output`] with the system's reason if writing fails.
    pub fn write_json(&self, name: &str, value: &Value) -> Result<()> {
        let path = self.path(name)?;
        let mut text = serde_json::to_string_pretty(value).map_err(|error| Error::output(&path, error, HINT))?;
        text.push('\n');
        write_bytes(&path, text.as_bytes())
    }

    /// Writes `text` as it is.
    ///
    /// # Errors
    /// [`Error::Input`] for a name that is not plain, [`Error::Output`] with the system's reason if writing fails.
    pub fn write_text(&self, name: &str, text: &str) -> Result<()> {
        write_bytes(&self.path(name)?, text.as_bytes())
    }
}

/// Writes a whole file atomically: temporary file beside it, fsync, rename, fsync of the folder.
///
/// # Errors
/// [`Error::Output`] with the system's reason; an earlier file of that name is then untouched.
pub fn write_bytes(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path.as_ref())?;
    file.writer().and_then(|writer| writer.write_all(bytes)).map_err(|error| failure(path.as_ref(), &error))?;
    file.finish()
}

const HINT: &str = "check the path and its permissions";

/// The name of the temporary file of `name`; no two files of a process have one serial number.
fn temporary_name(name: &OsStr, serial: u64) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}-{serial}.tmp", std::process::id()));
    hidden
}

/// Whether a name is one of [`temporary_name`].
fn is_temporary(name: &str) -> bool {
    let stem = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp"));
    let numbers = stem.and_then(|stem| stem.rsplit_once('.')).and_then(|(_, numbers)| numbers.split_once('-'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.is_some_and(|(process, serial)| is_number(process) && is_number(serial))
}

/// A file under a temporary name that takes its own only in [`finish`](Self::finish); dropped before, it vanishes.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    target: PathBuf,
    temporary: PathBuf,
    writer: Option<BufWriter<DiskFile>>,
}

impl AtomicFile {
    /// Opens the temporary file in the folder of `target`, where a rename cannot cross file systems.
    pub(crate) fn create(target: &Path) -> Result<Self> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let Some(name) = target.file_name() else {
            return Err(Error::output(target, "not the name of a file", "name a file to write"));
        };
        // A rename over a folder would be reported in the system's words only after all the work of writing.
        if target.is_dir() {
            return Err(Error::output(target, "a folder of that name exists", "choose another name"));
        }
        // Left-overs of a killed process with our number are stepped over.
        for _ in 0..1000 {
            let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
            let temporary = target.with_file_name(temporary_name(name, serial));
            match DiskFile::create_new(&temporary) {
                Ok(file) => {
                    return Ok(Self { target: target.into(), temporary, writer: Some(BufWriter::new(file)) });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failure(target, &error)),
            }
        }
        Err(Error::output(target, "too many temporary files beside it", "remove the hidden .tmp files"))
    }

    pub(crate) fn writer(&mut self) -> io::Result<&mut BufWriter<DiskFile>> {
        self.writer.as_mut().ok_or_else(|| io::Error::other("the file is closed"))
    }

    /// A second handle on the temporary file, for writers that want to own one.
    pub(crate) fn handle(&mut self) -> Result<DiskFile> {
        let copy = self.writer().and_then(|writer| writer.get_ref().try_clone());
        copy.map_err(|error| failure(&self.target, &error))
    }

    /// Makes the content durable and gives the file its name.
    pub(crate) fn finish(self) -> Result<()> {
        self.finish_after(|| Ok(()))
    }

    /// The same with something to do when the content is durable, just before the file takes its name.
    pub(crate) fn finish_after(mut self, before: impl FnOnce() -> io::Result<()>) -> Result<()> {
        self.commit(before).map_err(|error| failure(&self.target, &error))
    }

    fn commit(&mut self, before: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut writer = self.writer.take().ok_or_else(|| io::Error::other("the file is closed"))?;
        let written = writer.flush().and_then(|()| writer.get_ref().sync_all());
        // Close before renaming, which some systems demand.
        drop(writer);
        let named = written.and_then(|()| before()).and_then(|()| disk::rename(&self.temporary, &self.target));
        if let Err(error) = named {
            let _ = fs::remove_file(&self.temporary);
            return Err(error);
        }
        disk::sync_folder(&self.target)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // Without flushing: what is buffered belongs to a file that is not wanted.
            drop(writer.into_parts());
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Permission bits do not tell whether writing works (read-only mounts, quotas, full disks): try it.
fn probe(folder: &Path) -> Result<()> {
    let mut file = AtomicFile::create(&folder.join("probe")).map_err(|error| match error {
        Error::Output { problem, hint, .. } => Error::output(folder, problem, hint),
        other => other,
    })?;
    let written = file.writer().and_then(|writer| {
        writer.write_all(&[0; 4096])?;
        writer.flush()?;
        writer.get_ref().sync_all()
    });
    written.map_err(|error| failure(folder, &error))
}

/// The system's reason and what helps.
pub(crate) fn failure(path: &Path, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "choose a folder that you may write to",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "free some space or choose another disk"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file stands in the way: choose another folder"
        }
        io::ErrorKind::NotFound => "make the folder first",
        _ => HINT,
    };
    Error::output(path, error, hint)
}

/// A fresh folder for one test, removed when dropped.
#[cfg(test)]
pub(crate) struct Scratch(pub(crate) PathBuf);

#[cfg(test)]
impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("spinfield-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

#[cfg(test)]
impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_result_is_kept_unless_forced() {
        let scratch = Scratch::new("output-force");
        let folder = scratch.0.join("deep/er");
        let out = OutputFolder::create(&folder, false).unwrap();
        assert!(names(&folder).is_empty());
        out.write_json("parameters.json", &serde_json::json!({"a": [1, 2]})).unwrap();
        OutputFolder::create(&folder, false).unwrap();
        out.write_json(RESULT_FILE, &serde_json::json!({"b": 1})).unwrap();
        let error = OutputFolder::create(&folder, false).unwrap_err();
        assert_eq!(error.code(), "E008");
        assert!(error.to_string().contains("--force"), "{error}");
        OutputFolder::open(&folder).unwrap();
        assert_eq!(names(&folder), ["parameters.json", RESULT_FILE]);
        OutputFolder::create(&folder, true).unwrap();
        assert_eq!(names(&folder), ["parameters.json"]);
    }

    #[test]
    fn writes_replace_and_leave_nothing_behind() {
        let scratch = Scratch::new("output-replace");
        let out = OutputFolder::create(&scratch.0, false).unwrap();
        out.write_text("a.txt", "one").unwrap();
        out.write_text("a.txt", "two").unwrap();
        assert_eq!(fs::read_to_string(out.path("a.txt").unwrap()).unwrap(), "two");
        let mut unfinished = AtomicFile::create(&out.path("a.txt").unwrap()).unwrap();
        unfinished.writer().unwrap().write_all(b"three").unwrap();
        drop(unfinished);
        assert_eq!(names(&scratch.0), ["a.txt"]);
        assert_eq!(fs::read_to_string(out.path("a.txt").unwrap()).unwrap(), "two");
        fs::create_dir(scratch.0.join("b")).unwrap();
        assert_eq!(out.write_text("b", "x").unwrap_err().code(), "E008");
    }

    #[test]
    fn left_overs_are_known_by_their_names() {
        let scratch = Scratch::new("output-left-overs");
        let out = OutputFolder::create(&scratch.0, false).unwrap();
        let mut file = AtomicFile::create(&out.path("a.txt").unwrap()).unwrap();
        file.writer().unwrap().flush().unwrap();
        // As if the process had been killed.
        std::mem::forget(file);
        for name in [".hidden", ".a.1-.tmp", "a.1-2.tmp", ".tmp"] {
            fs::write(scratch.0.join(name), "").unwrap();
        }
        assert_eq!(names(&scratch.0).len(), 5);
        out.remove_left_overs().unwrap();
        assert_eq!(names(&scratch.0), [".a.1-.tmp", ".hidden", ".tmp", "a.1-2.tmp"]);
    }

    #[test]
    fn names_and_places_that_cannot_be() {
        let scratch = Scratch::new("output-names");
        let out = OutputFolder::create(&scratch.0, false).unwrap();
        for name in ["", ".", "..", "a/b", "/etc/passwd", "../x", "a/", "./a", "a\\b", "a\0"] {
            assert_eq!(out.path(name).unwrap_err().code(), "E006", "{name:?}");
        }
        out.write_text("file", "").unwrap();
        assert_eq!(OutputFolder::create(scratch.0.join("file"), true).unwrap_err().code(), "E008");
        assert_eq!(OutputFolder::create(scratch.0.join("file/below"), true).unwrap_err().code(), "E008");
        assert_eq!(OutputFolder::open(scratch.0.join("missing")).unwrap_err().code(), "E007");
        assert_eq!(OutputFolder::open(scratch.0.join("file")).unwrap_err().code(), "E007");
        #[cfg(target_os = "linux")]
        assert_eq!(OutputFolder::create("/proc/none", false).unwrap_err().code(), "E008");
    }
}
