//! Checkpoints that stay when their run has ended: a few, spread over its course, between which it can be replayed.

use super::{Checkpoint, Damage, Reader};
use crate::error::{Error, Result};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of a run's milestones, within its own.
pub const MILESTONES_FOLDER: &str = "milestones";
/// So many are kept, and the last checkpoint of the run besides.
const MOST: u64 = 8;
/// Bytes of all of them together: fewer are kept of a large run.
const MOST_BYTES: u64 = if cfg!(test) { 64 << 10 } else { 64 << 20 };

/// The milestones of a run.
///
/// Nothing depends on them but what replays the run: they may be removed at any time, and one that cannot be kept is no error.
#[derive(Debug)]
pub struct Milestones {
    folder: PathBuf,
}

/// One that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// The [step](super::Header::step) of the checkpoint.
    pub step: u64,
    /// Its file.
    pub path: PathBuf,
}

impl Milestones {
    /// Those of the run in a folder.
    pub fn of(run: impl AsRef<Path>) -> Self {
        Self { folder: run.as_ref().join(MILESTONES_FOLDER) }
    }

    /// All that are there, in the order of their steps.
    pub fn list(&self) -> Vec<Milestone> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        let milestone = |entry: io::Result<fs::DirEntry>| {
            let path = entry.ok()?.path();
            let step = path.file_name()?.to_str()?.parse().ok()?;
            Some(Milestone { step, path })
        };
        let mut found: Vec<Milestone> = entries.filter_map(milestone).collect();
        found.sort_by_key(|milestone| milestone.step);
        found
    }

    /// Moves a file here that is no longer wanted where it is, if its step is one to be kept.
    pub(super) fn take(&self, file: &Path) {
        self.keep(file, false);
    }

    /// The same of the last checkpoint of a run, which is kept whatever its step.
    pub(super) fn take_last(&self, file: &Path) {
        self.keep(file, true);
    }

    fn keep(&self, file: &Path, is_last: bool) {
        let Some(step) = step_of(file) else { return };
        let spacing = spacing(step);
        if !is_last && !step.is_multiple_of(spacing) {
            return;
        }
        let moved = fs::create_dir_all(&self.folder)
            .and_then(|()| fs::rename(file, self.folder.join(format!("{step:012}"))))
            .map(|()| self.thin_out(spacing, is_last.then_some(step)));
        if let Err(error) = moved {
            log::warn!("a checkpoint is not kept as a milestone: {error}");
        }
    }

    /// Removes those that stand too close, and more where they are large.
    fn thin_out(&self, mut spacing: u64, last: Option<u64>) {
        let size = |milestone: &Milestone| fs::metadata(&milestone.path).map_or(0, |metadata| metadata.len());
        let mut kept = self.list();
        loop {
            kept.retain(|milestone| {
                let stays = milestone.step.is_multiple_of(spacing) || Some(milestone.step) == last;
                if !stays {
                    let _ = fs::remove_file(&milestone.path);
                }
                stays
            });
            if kept.is_empty() || kept.iter().map(size).sum::<u64>() <= MOST_BYTES {
                return;
            }
            spacing = spacing.saturating_mul(2);
            if kept.iter().all(|milestone| Some(milestone.step) == last) {
                kept.iter().for_each(|milestone| drop(fs::remove_file(&milestone.path)));
                return;
            }
        }
    }

    /// Removes all of them.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn remove(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::output(&self.folder, error, "check its permissions"))
            }
            _ => Ok(()),
        }
    }
}

impl Milestone {
    /// The checkpoint.
    ///
    /// # Errors
    /// [`Error::File`] for one that cannot be read or is damaged.
    pub fn read(&self) -> Result<Checkpoint> {
        let hint = "milestones may be removed: the run is then replayed without them";
        let file = fs::read(&self.path).map_err(|error| Error::file(&self.path, error, hint))?;
        Checkpoint::decode(&file).map_err(|damage| Error::file(&self.path, damage, hint))
    }
}

/// The distance of steps that are kept in a run that has come so far: a power of two.
fn spacing(newest: u64) -> u64 {
    (newest / (MOST + 1) + 1).next_power_of_two()
}

/// The step of a file, from its header.
fn step_of(path: &Path) -> Option<u64> {
    use io::Read as _;
    let mut begin = Vec::new();
    fs::File::open(path).ok()?.take(64).read_to_end(&mut begin).ok()?;
    let mut reader = Reader { file: &begin, at: 0, part: String::new(), began: 0 };
    let mut step = || -> std::result::Result<u64, Damage> {
        reader.head()?;
        reader.u64()
    };
    step().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::super::{Generations, Header};
    use super::*;
    use crate::io::output::Scratch;

    fn steps(folder: &Path) -> Vec<u64> {
        Milestones::of(folder).list().iter().map(|milestone| milestone.step).collect()
    }

    #[test]
    fn a_few_are_kept_all_over_the_run() {
        let scratch = Scratch::new("milestones");
        let mut store = Generations::open(&scratch.0).unwrap().0;
        for step in 1..=100 {
            store.write(&example(step)).unwrap();
            let kept = steps(&scratch.0);
            assert!(kept.len() as u64 <= MOST, "{kept:?}");
            let evenly = kept.iter().zip(1..).all(|(&step, number)| step == number * kept[0]);
            assert!(evenly && (step < 20 || kept.len() as u64 >= MOST / 2 - 1), "{kept:?}");
        }
        // The last two are still those to go on from.
        assert_eq!(steps(&scratch.0), [16, 32, 48, 64, 80, 96]);
        Generations::finish(&scratch.0).unwrap();
        assert!(!Generations::exist(&scratch.0));
        assert_eq!(steps(&scratch.0), [16, 32, 48, 64, 80, 96, 100]);
        let all = Milestones::of(&scratch.0).list();
        assert!(all.iter().all(|milestone| milestone.read().unwrap() == example(milestone.step)));
        fs::write(&all[0].path, b"\x89SPF").unwrap();
        assert_eq!(all[0].read().unwrap_err().code(), "E007");
        Generations::remove(&scratch.0).unwrap();
        assert!(steps(&scratch.0).is_empty());
    }

    #[test]
    fn they_take_no_more_than_their_share_of_the_disk() {
        let scratch = Scratch::new("large-milestones");
        let mut store = Generations::open(&scratch.0).unwrap().0;
        let large = |step: u64, bytes: u64| {
            let header = Header { step, ..example(step).header };
            let mut sections = super::super::Sections::new();
            sections.put("spins", vec![0; bytes as usize]);
            Checkpoint { header, sections }
        };
        for step in 1..=7 {
            store.write(&large(step, MOST_BYTES / 3)).unwrap();
        }
        assert_eq!(steps(&scratch.0), [2, 4]);
        store.write(&large(8, MOST_BYTES)).unwrap();
        store.write(&large(9, MOST_BYTES)).unwrap();
        Generations::finish(&scratch.0).unwrap();
        assert!(steps(&scratch.0).is_empty(), "{:?}", steps(&scratch.0));
    }
}
