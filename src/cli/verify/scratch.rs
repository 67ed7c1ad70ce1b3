//! A folder for a replay, removed at its end.

use anyhow::Result;
use spinfield::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A folder among the temporary ones of the system.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one that was not there before.
    pub fn new() -> Result<Self> {
        let place = std::env::temp_dir();
        for number in 0..1000 {
            let folder = place.join(format!("spinfield-verify-{}-{number}", std::process::id()));
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::output(folder, error, "set TMPDIR to a folder with space").into()),
            }
        }
        Err(Error::output(place, "it is full of folders of replays", "remove spinfield-verify-* in it").into())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Puts a copy of a file into it.
    pub fn copy(&self, file: &Path, name: &str) -> Result<()> {
        let to = self.0.join(name);
        fs::copy(file, &to).map_err(|error| Error::output(to, error, "set TMPDIR to a folder with space"))?;
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed stays for the system to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}
