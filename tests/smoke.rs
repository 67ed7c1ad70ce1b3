use spinfield::*;
#[test]
fn ising() {
    let gpu = Gpu::new().unwrap();
    println!("{}", gpu.adapter());
    let mut sim = gpu
        .simulate(Ising::new(Lattice::square(4).unwrap()), HeatBath)
        .betas(&[0.2, 0.3, 0.4, 0.5, 0.6])
        .replicas(1024)
        .seed(1)
        .build()
        .unwrap();
    let (e, m) = (sim.observe(Energy), sim.observe(Magnetization));
    let a = sim.observe(Acceptance);
    let s = sim.observe(StructureFactor);
    println!("{}", sim.plan_of_one_sweep());
    let t = std::time::Instant::now();
    let run = sim.run(Schedule { warmup: 100, samples: 2000, thin: 1 }).unwrap();
    println!("{:?}", t.elapsed());
    for at in run.by_beta() {
        println!(
            "{} {} {} {} {} {} {} {:?} {:?}",
            at.beta(),
            at.mean(e),
            at.mean(m.abs()),
            at.mean(m.squared()),
            at.binder(m),
            at.specific_heat(e),
            at.mean(a),
            at.correlation_length(s, m).map(|x| x.to_string()),
            at.r_hat(e)
        );
    }
    println!("{:?} {}", t.elapsed(), sim.state_hash().unwrap());
    let mut sim = gpu
        .simulate(Phi4::new(Lattice::new(&[8]).unwrap(), 1.0, 0.5), Hmc::new(10, 0.2))
        .replicas(1024)
        .seed(1)
        .build()
        .unwrap();
    let (e, m, f, tr) =
        (sim.observe(Energy), sim.observe(Magnetization), sim.observe(FieldMoments), sim.observe(Trajectories));
    let t = std::time::Instant::now();
    println!("reversal {}", sim.reversal_error().unwrap());
    let run = sim.run(Schedule { warmup: 50, samples: 500, thin: 1 }).unwrap();
    for at in run.by_beta() {
        println!(
            "{} phi2 {} phi4 {} link {} sd {} dh {} acc {} exp {} m2 {}",
            at.mean(e),
            at.mean(f.phi2()),
            at.mean(f.phi4()),
            at.mean(f.link()),
            at.mean(f.schwinger_dyson()),
            at.mean(tr.energy_error()),
            at.mean(tr.accepted()),
            at.mean(tr.exp_minus_energy_error()),
            at.mean(m.squared())
        );
    }
    println!("{:?}", t.elapsed());
}
