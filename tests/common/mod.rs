//! What the tests share: one device, and gates in units of the reported error.
#![allow(dead_code, reason = "every test file uses a part of the helpers")]

use spinfield::dynamics::Dynamics;
use spinfield::{Estimate, Gpu, Ising, Lattice, Tuning};
use std::sync::OnceLock;
use std::time::Duration;

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

/// How work may be cut: lanes, time of a submission, bytes of a batch, and what is long. None of it may change a bit.
pub fn tunings() -> Vec<Tuning> {
    let normal = Tuning::default();
    let mut tunings: Vec<Tuning> = [1, 8, 32, 64, 256].map(|lanes| Tuning { lanes, ..normal }).to_vec();
    tunings.extend([1, 50].map(|time| Tuning { submission: Duration::from_millis(time), ..normal }));
    tunings.extend([1 << 10, 4 << 20].map(|batch_bytes| Tuning { batch_bytes, ..normal }));
    tunings.push(Tuning { long_sweep: 0, ..normal });
    tunings
}

/// Chi-square, and the number of its cells, of one configuration of each of 2¹⁵ chains against the Boltzmann weights of all
/// 2^N states of a magnet with these J and h.
pub fn against_boltzmann<D: Dynamics<Ising>>(
    gpu: &Gpu,
    dynamics: D,
    sides: &[u32],
    [coupling, field]: [f64; 2],
    beta: f64,
    sweeps: u64,
) -> (f64, f64) {
    let model = Ising::new(lattice(sides)).coupling(coupling).field(field);
    let mut simulation = gpu.simulate(model, dynamics).betas(&[beta]).replicas(1 << 15).seed(31).build().unwrap();
    simulation.advance(sweeps, &mut |_| {}).unwrap();
    let sites = sides.iter().product::<u32>() as usize;
    let mut counts = vec![0.0; 1 << sites];
    for state in simulation.configurations().unwrap().chunks_exact(sites) {
        assert!(state.iter().all(|spin| spin.abs() == 1.0));
        counts[state.iter().fold(0, |bits, &spin| 2 * bits + usize::from(spin > 0.0))] += 1.0;
    }
    let lattice = lattice(sides);
    let energy = |bits: usize| {
        let spin = |site: u32| if bits >> (sites as u32 - 1 - site) & 1 == 1 { 1.0 } else { -1.0 };
        let bonds = (0..lattice.sites()).flat_map(|x| (0..sides.len()).map(move |axis| (x, axis)));
        let bonds: f64 = bonds.map(|(x, axis)| spin(x) * spin(lattice.ahead(x, axis))).sum();
        -coupling * bonds - field * (0..lattice.sites()).map(spin).sum::<f64>()
    };
    let weights: Vec<f64> = (0..1 << sites).map(|bits| (-beta * energy(bits)).exp()).collect();
    let (partition, chains): (f64, f64) = (weights.iter().sum(), counts.iter().sum());
    // States that should turn up less than five times share a cell: the rule of thumb for chi-square.
    let (mut chi2, mut cells, mut rare) = (0.0, 0.0, (0.0, 0.0));
    for (count, weight) in counts.iter().zip(&weights) {
        let expected = chains * weight / partition;
        if expected < 5.0 {
            rare = (rare.0 + count, rare.1 + expected);
        } else {
            chi2 += (count - expected).powi(2) / expected;
            cells += 1.0;
        }
    }
    if rare.1 > 0.0 {
        chi2 += (rare.0 - rare.1).powi(2) / rare.1;
        cells += 1.0;
    }
    (chi2, cells)
}
