//! φ⁴ theory on a ring of eight sites by hybrid Monte Carlo, against the exact ⟨φ²⟩.

use spinfield::{Energy, FieldMoments, Gpu, Hmc, Lattice, Phi4, Result, Schedule, Trajectories};

fn main() -> Result<()> {
    let gpu = Gpu::new()?;
    // S = sum [ (phi' - phi)^2 / 2 + phi^2 / 2 + phi^4 / 2 ]; trajectories of 8 leapfrog steps of 0.1.
    let ring = Phi4::new(Lattice::new(&[8])?, 1.0, 0.5);
    let mut sim = gpu.simulate(ring, Hmc::new(8, 0.1)).replicas(1024).seed(1).build()?;
    let (action, field) = (sim.observe(Energy), sim.observe(FieldMoments));
    let trajectories = sim.observe(Trajectories);
    let run = sim.run(Schedule { warmup: 50, samples: 500, thin: 1 })?;
    for at in run.by_beta() {
        let (phi2, weight) = (at.mean(field.phi2()), at.mean(trajectories.exp_minus_energy_error()));
        println!("phi2       {phi2}, exactly 0.2600751");
        println!("action     {}", at.mean(action));
        println!("acceptance {}", at.mean(trajectories.accepted()));
        println!("e^-dH      {weight}, exactly 1");
        // The transfer matrix of the ring gives phi2 to ten digits.
        assert!((phi2.mean - 0.260_075_110_0).abs() < 5.0 * phi2.error.unwrap_or(0.0));
        assert!((weight.mean - 1.0).abs() < 5.0 * weight.error.unwrap_or(0.0));
    }
    Ok(())
}
