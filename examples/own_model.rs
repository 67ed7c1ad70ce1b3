//! A model of one's own, sine-Gordon theory: this file and its energy in `own_model.wgsl`, nothing in the library.

use spinfield::model::{Continuous, Differentiable, Local, Scalar};
use spinfield::shader::Fragment;
use spinfield::{FieldMoments, Gpu, Hmc, Lattice, Proposal, Result, Schedule};

spinfield::mirror! { struct Parameters { mass2: f32, depth: f32 } }

#[derive(Clone)]
struct SineGordon(Lattice, Parameters);

impl Local for SineGordon {
    const NAME: &'static str = "sine-gordon";
    const SCALAR: Scalar = Scalar::Float;
    type Parameters = Parameters;
    fn fragment() -> Fragment {
        Fragment::new("own_model.wgsl", include_str!("own_model.wgsl"))
    }
    fn lattice(&self) -> &Lattice {
        &self.0
    }
    fn parameters(&self) -> Parameters {
        self.1
    }
}
impl Continuous for SineGordon {} // it can propose, and so admits Metropolis
impl Differentiable for SineGordon {} // it has slopes, and so admits hybrid Monte Carlo

fn main() -> Result<()> {
    let gpu = Gpu::new()?;
    let model = SineGordon(Lattice::square(8)?, Parameters { mass2: 0.5, depth: 1.0 });
    let mut hmc = gpu.simulate(model.clone(), Hmc::new(8, 0.1)).replicas(256).seed(1).build()?;
    let mut metropolis = gpu.simulate(model, Proposal::new(1.5)).replicas(256).seed(2).build()?;
    let (a, b) = (hmc.observe(FieldMoments), metropolis.observe(FieldMoments));
    let by_hmc = hmc.run(Schedule { warmup: 100, samples: 200, thin: 1 })?;
    let by_metropolis = metropolis.run(Schedule { warmup: 300, samples: 200, thin: 3 })?;
    for (at, other) in by_hmc.by_beta().zip(by_metropolis.by_beta()) {
        let (phi2, same, one) = (at.mean(a.phi2()), other.mean(b.phi2()), at.mean(a.schwinger_dyson()));
        println!("phi2 {phi2} by HMC, {same} by Metropolis; phi dS/dphi {one}, exactly 1");
        let error = phi2.error.unwrap_or(0.0).hypot(same.error.unwrap_or(0.0));
        assert!((phi2.mean - same.mean).abs() < 5.0 * error);
        assert!((one.mean - 1.0).abs() < 5.0 * one.error.unwrap_or(0.0));
    }
    Ok(())
}
