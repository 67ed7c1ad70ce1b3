use spinfield::random::{Purpose, Stream};
use spinfield::*;
fn pats(p: usize, n: usize) -> Patterns {
    Patterns::random(p, n, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap()
}
#[test]
fn recall() {
    let gpu = Gpu::new().unwrap();
    for (n, p, c) in
        [(999usize, 30usize, 7usize), (4096, 10, 10), (20000, 1000, 64), (20000, 4000, 16), (100000, 1000, 64)]
    {
        let patterns = pats(p, n);
        let cues = Cues::damaged(&patterns, c, Damage::Noise(0.25), 3).unwrap();
        for u in [
            Update::Synchronous,
            Update::SynchronousWithDiagonal,
            Update::Asynchronous(Order::Random),
            Update::Asynchronous(Order::Fixed),
        ] {
            if n > 50000 && matches!(u, Update::Asynchronous(_)) {
                continue;
            }
            let r = gpu.recall(&patterns, &cues).update(u).sweeps(30).run().unwrap();
            let ov: f64 = r.cues().iter().map(|c| c.overlap).sum::<f64>() / c as f64;
            println!(
                "{n} {p} {u:?}: retrieved {} overlap {ov} sweeps {:?} periods {:?} {:?}",
                r.retrieved_fraction(),
                r.cues().iter().map(|c| c.sweeps).max(),
                r.cues().iter().filter(|c| c.period == Some(2)).count(),
                r.elapsed()
            );
            for (i, cue) in r.cues().iter().enumerate().take(3) {
                // twin check of overlap
                let o = r.states().overlap(i, &patterns, cue.pattern) as f64 / n as f64;
                assert_eq!(o, cue.overlap);
            }
        }
    }
    for (n, p, t) in [(20000usize, 1000usize, 0.4), (20000, 2000, 0.2)] {
        let patterns = pats(p, n);
        let cues = Cues::damaged(&patterns, 16, Damage::Noise(0.0), 3).unwrap();
        let t0 = std::time::Instant::now();
        let mut sim = gpu
            .simulate(Hopfield::new(patterns).starting_at(cues), BlockGibbs)
            .betas(&[1.0 / t])
            .replicas(16)
            .seed(5)
            .build()
            .unwrap();
        let o = sim.observe(Overlap);
        let run = sim.run(Schedule { warmup: 50, samples: 50, thin: 1 }).unwrap();
        for at in run.by_beta() {
            println!("T={t} m={} e={} {:?}", at.mean(o), at.mean(o.energy()), t0.elapsed());
        }
    }
}
