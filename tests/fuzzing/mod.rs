//! Campaigns of damaged files against a reader: the same inputs in every run, none of which may panic, take much memory, or be
//! refused without a code and advice.

pub mod corpus;
pub mod mutation;

use peak_alloc::PeakAlloc;
use spinfield::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Counts what this program has allocated, and the most so far.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One campaign at a time, as memory is counted for the whole program.
static ALONE: Mutex<()> = Mutex::new(());

/// SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014).
pub struct Random(pub u64);

impl Random {
    /// The next word.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Less than `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// One of them.
    pub fn one<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// Inputs a campaign: those of `SPINFIELD_FUZZ`, else `ordinary`.
pub fn inputs(ordinary: u64) -> u64 {
    match std::env::var("SPINFIELD_FUZZ") {
        Ok(text) => text.parse().expect("SPINFIELD_FUZZ is a number of inputs"),
        Err(_) => ordinary,
    }
}

/// The file that a campaign hands to its reader.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"))
}

/// Asserts that an error has a code and advice, in one line that shows nothing of the program's inside.
#[track_caller]
pub fn assert_helpful(what: &str, error: &Error) {
    let message = error.to_string();
    let parts = message.rsplit_once(" - ");
    assert!(parts.is_some_and(|(problem, hint)| problem.len() > 5 && hint.len() > 5), "{what}: `{message}`");
    assert!(!message.contains('\n') && message.len() < 2000, "{what}: `{message}`");
    assert!(error.code().starts_with('E') && (3..=5).contains(&error.exit_code()), "{what}: `{message}`");
}

/// Hands the seeds, then 20,000 damaged ones, half of them repaired so that the damage gets further, to a reader. The last argument
/// of the reader chooses among its options.
///
/// The memory that a reader may take: 256 MiB and four times the file.
pub fn campaign(
    name: &str,
    seeds: &[Vec<u8>],
    repair: fn(&mut Random, &mut Vec<u8>),
    read: impl Fn(&Path, u64) -> Result<(), Error>,
) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = scratch(name);
    let attempt = |number: u64, bytes: &[u8], choice: u64| {
        std::fs::write(&file, bytes).unwrap();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&file, choice)));
        let taken = MEMORY.peak_usage().saturating_sub(before);
        let what = || format!("input {number} of {name}, choice {choice}, kept as {}", file.display());
        let outcome = outcome.unwrap_or_else(|_| panic!("{}: panicked", what()));
        assert!(taken <= (256 << 20) + 4 * bytes.len(), "{}: {taken} bytes for {} of file", what(), bytes.len());
        if let Err(error) = &outcome {
            assert_helpful(&what(), error);
        }
        outcome.is_ok()
    };
    for (number, seed) in seeds.iter().enumerate() {
        let accepted = (0..4).any(|choice| attempt(number as u64, seed, choice));
        assert!(accepted, "seed {number} of {name} is refused: it tests nothing");
    }
    let mut random = Random(seed_of(name));
    let (total, mut accepted) = (inputs(20_000), 0);
    for number in 0..total {
        let mut bytes = mutation::damaged(&mut random, seeds);
        if random.below(2) == 0 {
            repair(&mut random, &mut bytes);
        }
        accepted += u64::from(attempt(number, &bytes, random.next() % 4));
    }
    eprintln!("{name}: {total} inputs, {accepted} accepted, {} refused", total - accepted);
    // Damage that is always found, or never, tests one path only.
    assert!(accepted > total / 1000 && accepted < total, "{name}: {accepted} of {total} were accepted");
    let _ = std::fs::remove_file(file);
}

/// A seed of the campaign's own.
fn seed_of(name: &str) -> u64 {
    name.bytes().fold(0, |seed, byte| Random(seed ^ u64::from(byte)).next())
}

/// One crafted file, which must be refused within the bounds of memory.
pub fn refused(name: &str, bytes: &[u8], read: impl Fn(&Path) -> Result<(), Error>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = scratch("crafted");
    std::fs::write(&file, bytes).unwrap();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let error = read(&file).expect_err(name);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert_helpful(name, &error);
    assert!(taken <= (256 << 20) + 4 * bytes.len(), "{name}: {taken} bytes for {} of file: {error}", bytes.len());
    let _ = std::fs::remove_file(file);
}
