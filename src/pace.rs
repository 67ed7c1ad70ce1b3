//! How much work is handed to a device before somebody looks up.

use crate::error::Result;
use crate::gpu::Executor;
use crate::plan::Plan;
use std::time::{Duration, Instant};

/// Seconds that a chunk should take: so long may a wish to stop have to wait.
const CHUNK: f64 = 0.5;
/// Operations that a chunk holds at the most.
const LONGEST: usize = 16_384;
/// Operations of the first chunk, which nothing is known of, and of any at the least.
const FIRST: usize = 256;
const SHORTEST: usize = 64;

/// The operations that take a chunk's time. What it says changes no result.
#[derive(Debug)]
pub(crate) struct Pace {
    operations: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { operations: FIRST }
    }
}

impl Pace {
    /// Operations of a chunk.
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// Takes note of how long so many operations took.
    pub fn learn(&mut self, operations: usize, took: Duration) {
        let fit = CHUNK / took.as_secs_f64().max(1e-9) * operations as f64;
        self.operations = (fit as usize).clamp(SHORTEST, 4 * self.operations).min(LONGEST);
    }
}

/// A chunk of work on its way to a device.
#[derive(Debug)]
pub(crate) struct Chunk {
    pace: Pace,
    since: Instant,
}

impl Chunk {
    /// Begins now.
    pub fn begin() -> Self {
        Self { pace: Pace::default(), since: Instant::now() }
    }

    /// Lets the device make what is planned, where that is long or wanted, and begins anew; says whether. Of the chunk the device
    /// has been `handed` so many operations before.
    pub fn end_if_long(
        &mut self,
        executor: &mut Executor,
        plan: &mut Plan,
        handed: usize,
        wanted: bool,
    ) -> Result<bool> {
        let operations = handed + plan.ops.len();
        if operations < self.pace.operations() && !wanted {
            return Ok(false);
        }
        executor.execute(plan)?;
        executor.finish()?;
        self.pace.learn(operations, self.since.elapsed());
        self.since = Instant::now();
        Ok(true)
    }
}
