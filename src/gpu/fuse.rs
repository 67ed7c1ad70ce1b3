//! A device that is lost on purpose, at a call that a test chooses.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the calls of a device, once it is lit.
#[derive(Debug)]
pub(super) struct Fuse {
    made: AtomicU64,
    /// The call before which the device is lost.
    last: AtomicU64,
}

/// A fuse that is not lit.
const COLD: u64 = u64::MAX;

impl Default for Fuse {
    fn default() -> Self {
        Self { made: AtomicU64::new(0), last: AtomicU64::new(COLD) }
    }
}

impl Fuse {
    /// Counts from here on, up to this call.
    pub fn light(&self, last: u64) {
        self.made.store(0, Ordering::Relaxed);
        self.last.store(last.min(COLD - 1), Ordering::Relaxed);
    }

    /// Calls since.
    pub fn burnt(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Counts a call; whether it is the last. One load where the fuse is not lit.
    pub fn burns_out(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last != COLD && self.made.fetch_add(1, Ordering::Relaxed) == last
    }
}
