//! The doctor's kernels and the probes.

use super::Kernel;
use super::fragments::{FINITE, NORMAL, RANDOM};

/// The doctor's kernel of the generator.
pub static GENERATE: Kernel =
    Kernel { name: "generate", entry: shader!("doctor/generate.wgsl"), library: &[RANDOM, NORMAL], contract: &[] };
/// The doctor's loop.
pub static COUNT_LOOPS: Kernel =
    Kernel { name: "count_loops", entry: shader!("doctor/count_loops.wgsl"), library: &[], contract: &[] };
/// The doctor's test of numbers.
pub static CLASSIFY: Kernel =
    Kernel { name: "classify", entry: shader!("doctor/classify.wgsl"), library: &[FINITE], contract: &[] };
/// The doctor's barriers and atomics.
pub static EXCHANGE: Kernel =
    Kernel { name: "exchange", entry: shader!("doctor/exchange.wgsl"), library: &[], contract: &[] };

/// Every kernel of the doctor.
pub static DOCTOR_KERNELS: &[&Kernel] = &[&GENERATE, &COUNT_LOOPS, &CLASSIFY, &EXCHANGE];

/// The probe of bandwidth.
pub static COPY: Kernel = Kernel { name: "copy", entry: shader!("bench/copy.wgsl"), library: &[], contract: &[] };
/// The probe of integer arithmetic.
pub static MIX: Kernel = Kernel { name: "mix", entry: shader!("bench/mix.wgsl"), library: &[], contract: &[] };
/// The probe of what a dispatch costs.
pub static IDLE: Kernel = Kernel { name: "idle", entry: shader!("bench/idle.wgsl"), library: &[], contract: &[] };

/// Every kernel of the probes.
pub static BENCH_KERNELS: &[&Kernel] = &[&COPY, &MIX, &IDLE];
