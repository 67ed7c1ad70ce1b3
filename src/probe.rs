//! What an adapter can do at best, to hold the kernels against: bandwidth, integer arithmetic, the cost of a dispatch.
//!
//! A probe is a kernel that does one thing only, through the same executor as every simulation. The figures are those that
//! a kernel of this library can hope for, not those of a data sheet.
//!
//! ```no_run
//! use spinfield::{Gpu, probe::Probe};
//!
//! let mut copy = Gpu::new()?.probe(Probe::Memory)?;
//! copy.run()?; // the first run may still compile
//! println!("{:.1} GB/s", copy.amount() / copy.run()?.as_secs_f64() / 1e9);
//! copy.verify()?;
//! # Ok::<(), spinfield::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run};
use crate::plan::{Constants, Dispatch, KernelId, Op, Plan, Slot, Tick};
use crate::shader::catalogue::{COPY, IDLE, MIX};
use std::time::{Duration, Instant};

/// What is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Copying between two buffers of 64 MiB each (less where an adapter binds less), read once and written once: larger
    /// than most caches. The amount is bytes, read and written.
    Memory,
    /// Copying between two buffers of 256 KiB on a software adapter, of 4 MiB on others, over and over: they stay in a
    /// cache. The amount is bytes, read and written.
    Cache,
    /// Additions, exclusive ors and rotations of 32-bit words in registers, sixteen independent chains an invocation. The
    /// amount is operations; a rotation, which WGSL lacks, is three.
    Integers,
    /// Dispatches of an empty kernel, one workgroup each. The amount is dispatches.
    Dispatches,
}

impl Probe {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Cache, Self::Integers, Self::Dispatches];
}

const LANES: u32 = 64;
/// Blocks of four words that one invocation copies in one pass: see `shaders/bench/copy.wgsl`.
const BLOCKS: u32 = 16;
/// Passes over what fits a cache.
const PASSES: u32 = 64;
/// Blocks from where one such pass reads to where the next one does.
const SHIFT: u32 = LANES;
/// Rounds of the arithmetic.
const ROUNDS: u32 = 256;
/// 16 words, 4 steps a round, 5 operations a step.
const OPERATIONS: u32 = 16 * 4 * 5;
/// Words that are checked at the most.
const CHECKED: u64 = 1 << 12;

/// A probe that is ready to run. From [`Gpu::probe`].
#[derive(Debug)]
pub struct PreparedProbe {
    probe: Probe,
    plan: Plan,
    executor: Executor,
    dispatch: Dispatch,
    dispatches: u32,
    amount: f64,
    /// Where the kernel writes, and the words of it.
    target: Option<(Slot, u64)>,
    passes: u32,
}

impl Gpu {
    /// Allocates and compiles a probe.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and what else a driver may refuse.
    pub fn probe(&self, probe: Probe) -> Result<PreparedProbe> {
        let software = self.adapter().kind == "cpu";
        let mut plan = Plan::default();
        let mut target = None;
        let mut passes = 1;
        let (kernel, items, trips, dispatches, amount) = match probe {
            Probe::Memory | Probe::Cache => {
                let most = self.adapter().max_binding_bytes.max(1 << 16);
                let bytes = match (probe, software) {
                    (Probe::Memory, _) => 64 << 20,
                    (_, true) => 256 << 10,
                    (_, false) => 4 << 20,
                };
                let bytes = bytes.min(1 << most.ilog2());
                let length = (bytes / 16) as u32;
                passes = if probe == Probe::Cache { PASSES } else { 1 };
                plan.slot_with("original", &(0..4 * length).map(original).collect::<Vec<u32>>());
                target = Some((plan.slot("duplicate", bytes / 4), bytes / 4));
                let mut constants = Constants::default();
                constants.set("EXTENT", length).set("PASSES", passes).set("SHIFT", SHIFT);
                let kernel = plan.kernel(COPY.source_alone()?, constants, [LANES, 1], &[]);
                let dispatches = if probe == Probe::Cache || !software { 32 } else { 8 };
                (kernel, length / BLOCKS, passes * BLOCKS, dispatches, 2.0 * bytes as f64 * f64::from(passes))
            }
            Probe::Integers => {
                let items = 16 * self.parallelism();
                target = Some((plan.slot("mixed", 4 * u64::from(items)), 4 * u64::from(items)));
                let mut constants = Constants::default();
                constants.set("ROUNDS", ROUNDS);
                let kernel = plan.kernel(MIX.source_alone()?, constants, [LANES, 1], &[]);
                let operations = f64::from(items) * f64::from(ROUNDS * OPERATIONS);
                // A trip is long here: that work is cut rightly matters more than the number of loops.
                (kernel, items, ROUNDS, 8, operations)
            }
            Probe::Dispatches => {
                (plan.kernel(IDLE.source_alone()?, Constants::default(), [LANES, 1], &[]), 1, 0, 4096, 1.0)
            }
        };
        let executor = Executor::new(self, &mut plan, Run { seed_low: 0, seed_high: 0, chains: 1, replicas: 1 })?;
        let dispatch = dispatch(kernel, items, trips);
        let amount = amount * f64::from(dispatches);
        Ok(PreparedProbe { probe, plan, executor, dispatch, dispatches, amount, target, passes })
    }
}

fn dispatch(kernel: KernelId, items: u32, trips: u32) -> Dispatch {
    Dispatch { kernel, items: 0..items, chains: 1, trips: trips.into(), tick: Tick::default() }
}

/// A word of the buffer that is copied.
fn original(word: u32) -> u32 {
    word.wrapping_mul(0x9e37_79b9)
}

impl PreparedProbe {
    /// What one run does, in the units that [`Probe`] names.
    pub fn amount(&self) -> f64 {
        self.amount
    }

    /// Runs once, and waits.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], [`Error::Interrupted`].
    pub fn run(&mut self) -> Result<Duration> {
        self.executor.finish()?;
        let started = Instant::now();
        for _ in 0..self.dispatches {
            self.plan.push(Op::Dispatch(self.dispatch.clone()));
        }
        self.executor.execute(&mut self.plan)?;
        self.executor.finish()?;
        Ok(started.elapsed())
    }

    /// Checks what the last run left behind, as far as it left something: work that a driver cut short or left out cannot
    /// be timed.
    ///
    /// # Errors
    /// [`Error::Run`] where a word differs.
    pub fn verify(&mut self) -> Result<()> {
        let Some((slot, words)) = self.target else { return Ok(()) };
        let seen = self.executor.read(slot, 4 * words.min(CHECKED))?;
        let expected = |at: u32| match self.probe {
            Probe::Integers => mixed(at / 4, at % 4),
            _ => original((at + 4 * (self.passes - 1) * SHIFT) & (words as u32 - 1)),
        };
        let wrong = (0..).zip(&seen).filter(|&(at, &word)| word != expected(at)).count();
        if wrong == 0 && !seen.is_empty() {
            return Ok(());
        }
        Err(Error::Run {
            what: format!("{wrong} of {} words of the probe {:?} are wrong", seen.len(), self.probe),
            hint: "this adapter does not compute correctly: see `spinfield doctor`".into(),
        })
    }
}

/// What one invocation leaves in one of its four words: twin of `shaders/bench/mix.wgsl`.
fn mixed(index: u32, component: u32) -> u32 {
    let key = index.wrapping_mul(2 * component + 1);
    let chain = |first: u32| {
        let step = |x: u32, _| (x.wrapping_add(key) ^ 0x9e37_79b9).rotate_left(7);
        (0..4 * ROUNDS).fold(first, step)
    };
    (1..=4).map(chain).fold(0, |all, chain| all ^ chain)
}
