//! The last two checkpoints of a run, in its folder.

use super::{Checkpoint, Milestones};
use crate::error::{Error, Result};
use crate::io::disk;
use crate::io::output::{AtomicFile, failure};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The newest checkpoint of a folder.
pub const CURRENT_FILE: &str = "checkpoint";
/// The one before it.
pub const PREVIOUS_FILE: &str = "checkpoint.previous";

/// Writes the checkpoints of a run and keeps the last two of them.
///
/// A crash at any moment leaves at least one whole checkpoint of those that were there before.
#[derive(Debug)]
pub struct Generations {
    folder: PathBuf,
    /// Whether the newest file is whole: a damaged one must not take the place of a good one before it.
    current_is_whole: bool,
}

/// A checkpoint that was found, and what had to be said about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// The newest one that is whole.
    pub checkpoint: Checkpoint,
    /// Why it is not the newest file.
    pub notice: Option<String>,
}

impl Generations {
    /// Those in a folder, with the newest checkpoint that is whole, if there is any file of one.
    ///
    /// # Errors
    /// [`Error::File`] where there are files but none is whole, or they cannot be read.
    pub fn open(folder: impl AsRef<Path>) -> Result<(Self, Option<Found>)> {
        let folder = folder.as_ref().to_path_buf();
        let (current, previous) = (read(&folder.join(CURRENT_FILE))?, read(&folder.join(PREVIOUS_FILE))?);
        let current_is_whole = matches!(current, Some(Ok(_)));
        let found = match (current, previous) {
            (Some(Ok(checkpoint)), _) => Some(Found { checkpoint, notice: None }),
            (None, None) => None,
            (current, Some(Ok(checkpoint))) => {
                let why = match current {
                    Some(Err(problem)) => format!("`{CURRENT_FILE}` is damaged ({problem})"),
                    _ => format!("there is no `{CURRENT_FILE}`"),
                };
                Some(Found { checkpoint, notice: Some(format!("{why}: going on from the one before it")) })
            }
            (current, previous) => {
                let problems = [(CURRENT_FILE, current), (PREVIOUS_FILE, previous)].into_iter().filter_map(|file| {
                    let problem = file.1?.err()?;
                    Some(format!("`{}`: {problem}", file.0))
                });
                let problem = format!("no checkpoint is whole: {}", problems.collect::<Vec<_>>().join("; "));
                return Err(Error::file(&folder, problem, "remove these files to begin again from the beginning"));
            }
        };
        Ok((Self { folder, current_is_whole }, found))
    }

    /// Whether a folder holds files of checkpoints, whole or not.
    pub fn exist(folder: impl AsRef<Path>) -> bool {
        [CURRENT_FILE, PREVIOUS_FILE].iter().any(|name| fs::symlink_metadata(folder.as_ref().join(name)).is_ok())
    }

    /// Writes a checkpoint, durably, and keeps the one before it.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason; what was whole before still is.
    pub fn write(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let current = self.folder.join(CURRENT_FILE);
        let mut file = AtomicFile::create(&current)?;
        file.writer()
            .and_then(|writer| writer.write_all(&checkpoint.encode()))
            .map_err(|error| failure(&current, &error))?;
        let (keeps, previous) = (self.current_is_whole, self.folder.join(PREVIOUS_FILE));
        let written = file.finish_after(|| match keeps {
            true => {
                Milestones::of(&self.folder).take(&previous);
                disk::rename(&current, &previous)
            }
            false => Ok(()),
        });
        // Where the new file got no name, the old one may have moved on.
        self.current_is_whole = written.is_ok() || matches!(read(&current), Ok(Some(Ok(_))));
        written
    }

    /// Ends the checkpoints of a run that has ended: a few stay as [`Milestones`].
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn finish(folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        let milestones = Milestones::of(folder);
        milestones.take(&folder.join(PREVIOUS_FILE));
        milestones.take_last(&folder.join(CURRENT_FILE));
        Self::remove_files(folder)
    }

    /// Removes all checkpoints of a folder, in which another run begins.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn remove(folder: impl AsRef<Path>) -> Result<()> {
        Milestones::of(folder.as_ref()).remove()?;
        Self::remove_files(folder.as_ref())
    }

    fn remove_files(folder: &Path) -> Result<()> {
        // The newest first: what is left is then older, and never newer, than what is gone.
        for name in [CURRENT_FILE, PREVIOUS_FILE] {
            let path = folder.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(failure(&path, &error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A file, if there is one, or what is wrong with its content.
fn read(path: &Path) -> Result<Option<Result<Checkpoint, super::Damage>>> {
    match fs::read(path) {
        Ok(file) => Ok(Some(Checkpoint::decode(&file))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path, error, "check its permissions")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::MILESTONES_FOLDER;
    use super::super::tests::example;
    use super::*;
    use crate::io::disk::faults::{Fault, during};
    use crate::io::output::Scratch;

    fn newest(folder: &Path) -> (u64, bool) {
        let found = Generations::open(folder).unwrap().1.unwrap();
        (found.checkpoint.header.step, found.notice.is_some())
    }

    #[test]
    fn two_generations_are_kept() {
        let scratch = Scratch::new("generations");
        let (mut store, none) = Generations::open(&scratch.0).unwrap();
        assert!(none.is_none() && !Generations::exist(&scratch.0));
        for step in 1..=3 {
            store.write(&example(step)).unwrap();
        }
        assert_eq!(newest(&scratch.0), (3, false));
        let (current, previous) = (scratch.0.join(CURRENT_FILE), scratch.0.join(PREVIOUS_FILE));
        let whole = fs::read(&current).unwrap();
        // Damaged: the one before; and what is written then does not push it away.
        fs::write(&current, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(newest(&scratch.0), (2, true));
        let (mut store, found) = Generations::open(&scratch.0).unwrap();
        assert!(found.unwrap().notice.unwrap().contains("is damaged (section `simulation/spins` at byte"));
        store.write(&example(4)).unwrap();
        assert_eq!(newest(&scratch.0), (4, false));
        fs::remove_file(&current).unwrap();
        assert_eq!(newest(&scratch.0), (2, true));
        // Neither: an error that names both, and exit code 3.
        fs::write(&current, b"").unwrap();
        fs::write(&previous, b"x").unwrap();
        let error = Generations::open(&scratch.0).unwrap_err();
        assert!(error.to_string().contains("`checkpoint`:") && error.exit_code() == 3, "{error}");
        Generations::remove(&scratch.0).unwrap();
        assert!(!Generations::exist(&scratch.0));
    }

    /// Every operation of a write fails, once or from then on: a whole checkpoint stays, the old one or the new one, and
    /// the next write succeeds.
    #[test]
    fn no_failing_operation_loses_a_checkpoint() {
        let scratch = Scratch::new("faults");
        let fresh = || {
            Generations::remove(&scratch.0).unwrap();
            let mut store = Generations::open(&scratch.0).unwrap().0;
            store.write(&example(1)).unwrap();
            store.write(&example(2)).unwrap();
            store
        };
        let mut store = fresh();
        let (done, operations) = during(Fault::ShortWrite, usize::MAX, || store.write(&example(3)));
        done.unwrap();
        assert!(operations >= 6, "create, write, sync, two renames, sync of the folder: {operations}");
        let kinds = [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::Other];
        for (at, kind) in (0..operations).flat_map(|at| kinds.map(|kind| (at, kind))) {
            for fault in [Fault::Once(kind), Fault::Lasting(kind)] {
                let mut store = fresh();
                let (written, _) = during(fault, at, || store.write(&example(3)));
                let error = written.expect_err("a failed operation is an error");
                assert_eq!(error.code(), "E008", "{error}");
                let (step, _) = newest(&scratch.0);
                // Only the last operation comes after the new file has its name.
                assert_eq!(step, if at + 1 == operations { 3 } else { 2 }, "{fault:?} at {at}");
                store.write(&example(4)).unwrap();
                assert_eq!(newest(&scratch.0), (4, false));
                let mut names: Vec<_> =
                    fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                names.sort();
                assert_eq!(names, [CURRENT_FILE, PREVIOUS_FILE, MILESTONES_FOLDER]);
            }
        }
        for at in 0..operations {
            for fault in [Fault::ShortWrite, Fault::Once(ErrorKind::Interrupted)] {
                let mut store = fresh();
                let (written, _) = during(fault, at, || store.write(&example(3)));
                assert!(written.is_ok() || !matches!(fault, Fault::ShortWrite), "{written:?}");
                assert!(newest(&scratch.0).0 >= 2);
            }
        }
    }
}
