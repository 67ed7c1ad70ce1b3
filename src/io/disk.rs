//! The few operations on files that must not lose data, in one place so that tests can make each of them fail.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct DiskFile(File);

impl DiskFile {
    /// Makes a file that must not exist yet.
    pub fn create_new(path: &Path) -> io::Result<Self> {
        faults::strike("create")?;
        OpenOptions::new().write(true).create_new(true).open(path).map(Self)
    }

    /// A second handle on it.
    pub fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// Makes the content durable.
    pub fn sync_all(&self) -> io::Result<()> {
        faults::strike("sync")?;
        self.0.sync_all()
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = faults::strike_write(bytes.len())?;
        self.0.write(&bytes[..most])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for DiskFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// Gives a file another name, in the place of what had it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    faults::strike("rename")?;
    fs::rename(from, to)
}

/// Makes the entry of `file` in its folder durable: without it a crash can undo a rename.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    if cfg!(unix) {
        faults::strike("sync of the folder")?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return match File::open(folder)?.sync_all() {
            // Some network and user-space file systems cannot sync a folder; the file itself is safe there.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            other => other,
        };
    }
    Ok(())
}

/// Nothing fails by itself.
#[cfg(not(test))]
mod faults {
    use std::io;

    pub fn strike(_: &'static str) -> io::Result<()> {
        Ok(())
    }

    pub fn strike_write(bytes: usize) -> io::Result<usize> {
        Ok(bytes)
    }
}

/// Failures on demand, in the thread that asks for them.
#[cfg(test)]
pub(crate) mod faults {
    use std::cell::RefCell;
    use std::io;

    /// How an operation goes wrong.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Fault {
        /// It fails, and so do all after it: the disk is full or gone.
        Lasting(io::ErrorKind),
        /// It fails once.
        Once(io::ErrorKind),
        /// A write takes one byte only; nothing is wrong with that.
        ShortWrite,
    }

    #[derive(Debug)]
    struct Plan {
        fault: Fault,
        at: usize,
        made: usize,
    }

    thread_local! {
        static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
    }

    /// Does something while the operation of this number fails; also gives how many operations were begun.
    pub(crate) fn during<T>(fault: Fault, at: usize, body: impl FnOnce() -> T) -> (T, usize) {
        PLAN.with(|plan| *plan.borrow_mut() = Some(Plan { fault, at, made: 0 }));
        let value = body();
        (value, PLAN.with(|plan| plan.borrow_mut().take()).map_or(0, |plan| plan.made))
    }

    fn next() -> Option<Fault> {
        PLAN.with(|plan| {
            let mut plan = plan.borrow_mut();
            let plan = plan.as_mut()?;
            let number = plan.made;
            plan.made += 1;
            let lasting = matches!(plan.fault, Fault::Lasting(_)) && number > plan.at;
            (number == plan.at || lasting).then_some(plan.fault)
        })
    }

    pub(super) fn strike(what: &'static str) -> io::Result<()> {
        match next() {
            Some(Fault::Lasting(kind) | Fault::Once(kind)) => Err(io::Error::new(kind, format!("injected: {what}"))),
            _ => Ok(()),
        }
    }

    pub(super) fn strike_write(bytes: usize) -> io::Result<usize> {
        match next() {
            Some(Fault::ShortWrite) => Ok(bytes.min(1)),
            Some(Fault::Lasting(kind) | Fault::Once(kind)) => Err(io::Error::new(kind, "injected: write")),
            None => Ok(bytes),
        }
    }
}
