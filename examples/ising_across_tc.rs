//! The Ising magnet across its critical temperature: energy and Binder cumulant with errors, beside the exact energy.

use spinfield::{Energy, Gpu, HeatBath, Ising, Lattice, Magnetization, Result, Schedule};

fn main() -> Result<()> {
    let gpu = Gpu::new()?;
    let mut sim = gpu
        .simulate(Ising::new(Lattice::square(16)?), HeatBath)
        .betas(&[0.40, 0.42, 0.44, 0.46, 0.48])
        .replicas(64)
        .seed(1)
        .build()?;
    let (energy, m) = (sim.observe(Energy), sim.observe(Magnetization));
    let run = sim.run(Schedule { warmup: 500, samples: 1_000, thin: 2 })?;
    // For 16 x 16 sites: B. Kaufman, Phys. Rev. 76, 1232 (1949).
    let exact = [-1.13132, -1.28240, -1.44774, -1.58257, -1.67764];
    println!("beta   energy      Binder      exact energy");
    for (at, exact) in run.by_beta().zip(exact) {
        let mean = at.mean(energy);
        println!("{:.4} {mean} {} {exact:.5}", at.beta(), at.binder(m));
        assert!((mean.mean - exact).abs() < 5.0 * mean.error.unwrap_or(0.0));
    }
    Ok(())
}
