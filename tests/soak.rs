//! Long use of one device: its memory grows neither with dispatches nor with what is built and dropped.
//! `SPINFIELD_SOAK=1000000` makes that many dispatches.
#![cfg(target_os = "linux")]

mod common;

use common::{gpu, lattice};
use spinfield::dynamics::HeatBath;
use spinfield::{Gpu, Ising, Simulation};

/// What a process may grow by after its warm-up: allocators keep some of what they are given back.
const GROWTH: i64 = 2 << 20;

fn dispatches() -> u64 {
    std::env::var("SPINFIELD_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000)
}

/// Bytes of this process that lie in memory.
fn resident() -> i64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    4096 * pages.split(' ').nth(1).unwrap().parse::<i64>().unwrap()
}

/// A magnet of one word a site: two dispatches a sweep.
fn magnet(gpu: &Gpu, seed: u64) -> Simulation<Ising, HeatBath> {
    let builder = gpu.simulate(Ising::new(lattice(&[16, 16])), HeatBath).betas(&[0.4]).packed(false);
    builder.seed(seed).build().unwrap()
}

#[test]
fn memory_is_steady() {
    let Some(gpu) = gpu() else { return };
    let mut simulation = magnet(&gpu, 1);
    let mut advance = |sweeps| {
        simulation.advance(sweeps, &mut |_| ()).unwrap();
        simulation.state_hash().unwrap();
    };
    let chunk = dispatches() / 20;
    advance(chunk.min(2_000));
    let before = resident();
    (0..10).for_each(|_| advance(chunk));
    let growth = resident() - before;
    eprintln!("{} dispatches: {growth} bytes more", 20 * chunk);
    assert!(growth < GROWTH, "{growth}");

    let rebuild = |count| (0..count).for_each(|seed| magnet(&gpu, seed).advance(1, &mut |_| ()).unwrap());
    rebuild(50);
    let before = resident();
    let count = dispatches() / 100;
    rebuild(count);
    let growth = resident() - before;
    eprintln!("{count} simulations built and dropped: {growth} bytes more");
    assert!(growth < GROWTH, "{growth}");
}
