//! What the tests share: one device, and gates in units of the reported error.
#![allow(dead_code, reason = "every test file uses a part of the helpers")]

use spinfield::{Estimate, Gpu, Lattice};
use std::sync::OnceLock;

/// The device that all tests of a file share; pipelines are cached in it.
///
/// Without an adapter this prints SKIP and gives `None`, but panics where `REQUIRE_GPU=1`.
pub fn gpu() -> Option<Gpu> {
    static SHARED: OnceLock<Option<Gpu>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match Gpu::new() {
        Ok(gpu) => {
            eprintln!("adapter: {}", gpu.adapter());
            Some(gpu)
        }
        Err(error) if std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1") => panic!("{error}"),
        Err(error) => {
            eprintln!("SKIP: {error}");
            None
        }
    });
    shared.clone()
}

/// A lattice with these sides.
pub fn lattice(sides: &[u32]) -> Lattice {
    Lattice::new(sides).unwrap()
}

/// Asserts that an estimate lies within four of its own errors of the truth, and that the error is of use: positive, and
/// at most `largest`.
///
/// Four sigma: a right program fails one gate in 16,000; seeds are fixed, so that it fails always or never.
#[track_caller]
pub fn agrees(what: &str, estimate: Estimate, truth: f64, largest: f64) {
    let error = estimate.error.unwrap_or_else(|| panic!("{what}: {estimate} has no error"));
    let pull = (estimate.mean - truth) / error;
    eprintln!("{what}: {estimate}, exactly {truth:.6} ({pull:+.2} sigma)");
    assert!(error > 0.0 && error <= largest, "{what}: the error of {estimate} is not within (0, {largest}]");
    assert!(pull.abs() < 4.0, "{what}: {estimate} is {pull:+.1} errors off {truth}");
}
