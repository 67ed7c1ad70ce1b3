//! The networks that `spinfield bench` measures: memories, their sampling, and spins that are all coupled.

use super::bench_cases::Suite::{self, Full, Quick};
use super::bench_cases::{Case, Family, Prepared, advancing};
use super::bench_costs::{self as costs, Cost};
use spinfield::learn::{PseudoInverse, Rule, storkey};
use spinfield::random::{Purpose, Stream};
use spinfield::{
    BlockGibbs, Couplings, Cues, Damage, Error, Gpu, HeatBath, Hopfield, Memory, Order, PairwiseSpins, Patterns,
    Update, Vectors,
};
use std::time::Instant;

/// Sizes of a family: suite; neurons, patterns and cues; sweeps.
type Sizes<'a> = &'a [(Suite, [usize; 3], u64)];

/// What is recalled.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stored {
    In(Memory),
    PseudoInverse,
    Storkey,
}

const HOPFIELD: Stored = Stored::In(Memory::Hopfield);
const CUBIC: Stored = Stored::In(Memory::Dense { n: 3, rectified: true });
const SOFTMAX: Stored = Stored::In(Memory::Softmax { inverse_temperature: 1.0 });

/// Every case of networks.
pub fn networks() -> Vec<Case> {
    let family = |name| Family { name, cost: Cost::NONE, measures: None };
    let one_after_another = Update::Asynchronous(Order::Random);
    [
        // A quarter as many patterns as neurons are too many for Hebb's rule, so that hardly a cue settles within the
        // sweeps. A million neurons recall one of a thousand patterns.
        family("recall-synchronous").recalls(
            &[
                (Quick, [2_000, 500, 64], 8),
                (Quick, [10_000, 2_500, 64], 1),
                (Full, [10_000, 2_500, 256], 1),
                (Full, [1_000_000, 1_000, 1], 4),
            ],
            (HOPFIELD, Update::Synchronous),
        ),
        family("recall-asynchronous")
            .recalls(&[(Quick, [500, 125, 64], 3), (Full, [2_000, 500, 64], 1)], (HOPFIELD, one_after_another)),
        // Dense memories settle within two sweeps, and no more are made: those that followed would not count.
        family("recall-dense").recalls(
            &[(Quick, [2_000, 2_000, 64], 2), (Full, [2_000, 2_000, 1_024], 2)],
            (CUBIC, Update::SynchronousWithDiagonal),
        ),
        family("recall-dense-asynchronous").recalls(&[(Quick, [200, 400, 64], 2)], (CUBIC, one_after_another)),
        family("recall-softmax").recalls(
            &[(Quick, [2_000, 2_000, 64], 2), (Full, [2_000, 20_000, 64], 2)],
            (SOFTMAX, Update::SynchronousWithDiagonal),
        ),
        // Half as many patterns as neurons, which leaves no basins to speak of.
        family("recall-pseudo-inverse").recalls(
            &[(Quick, [1_000, 500, 64], 8), (Full, [4_000, 2_000, 64], 4)],
            (Stored::PseudoInverse, Update::Synchronous),
        ),
        family("recall-storkey").recalls(
            &[(Quick, [512, 128, 64], 8), (Full, [1_024, 256, 64], 8)],
            (Stored::Storkey, Update::Asynchronous(Order::Fixed)),
        ),
        family("attention").attention(&[(Quick, [784, 1_000, 64], 1), (Full, [784, 10_000, 64], 1)]),
        family("hopfield-gibbs").gibbs(&[
            (Quick, [1_000, 100, 64], 100),
            (Quick, [10_000, 1_000, 64], 2),
            (Full, [10_000, 1_000, 512], 1),
        ]),
        family("sk-heat-bath").glasses(&[
            (Quick, [256, 64], 200),
            (Quick, [1_024, 64], 30),
            (Full, [1_024, 512], 5),
            (Full, [4_096, 64], 2),
        ]),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Family {
    /// Recall at zero temperature from the cues, again in every repetition; what is prepared anew is not counted.
    fn recalls(self, sizes: Sizes<'_>, (stored, update): (Stored, Update)) -> Vec<Case> {
        let case = |&(suite, [neurons, count, cues], sweeps): &(Suite, [usize; 3], u64)| {
            let prepare = move |gpu: &Gpu, seed: u64, sweeps: u64| {
                let (patterns, cues) = network([neurons, count, cues], seed)?;
                let projection = (stored == Stored::PseudoInverse).then(|| PseudoInverse::of(&patterns)).transpose()?;
                let couplings = match stored {
                    Stored::Storkey => Some(Couplings::new(neurons, storkey(&patterns)?)?),
                    _ => None,
                };
                let gpu = gpu.clone();
                let (sites, chains) = (neurons as u64, cues.targets().len() as u64);
                let settles = matches!(stored, Stored::In(memory) if memory != Memory::Hopfield);
                let sweeps = if settles { sweeps.min(2) } else { sweeps };
                let repeat = move || {
                    let recall = if let Some(couplings) = &couplings {
                        let recall = gpu.recall_with_couplings(couplings, &patterns, &cues);
                        recall.update(update).sweeps(sweeps as u32).run()?
                    } else {
                        let memory = if let Stored::In(memory) = stored { memory } else { Memory::Hopfield };
                        let rule = projection.as_ref().map_or(Rule::Hebb, Rule::PseudoInverse);
                        let recall = gpu.recall(&patterns, &cues).memory(memory).rule(rule).update(update);
                        recall.sweeps(sweeps as u32).seed(seed).run()?
                    };
                    Ok((recall.updates(), recall.elapsed()))
                };
                Ok(Prepared { sites, chains, repeat: Box::new(repeat) })
            };
            let one_after_another = matches!(update, Update::Asynchronous(_));
            let exact = |memory: Memory| memory.is_exact(neurons, count, one_after_another);
            let integers = !one_after_another && matches!(stored, Stored::In(memory) if exact(memory));
            let family = Self { cost: costs::two_layer(count, integers), ..self };
            family.case(suite, &format!("{neurons}n-{count}p-{cues}c"), sweeps, Box::new(prepare))
        };
        sizes.iter().map(case).collect()
    }

    /// Real vectors: components, stored vectors, queries. An update is a component of a query; bringing vectors to the
    /// device and back is counted.
    fn attention(self, sizes: Sizes<'_>) -> Vec<Case> {
        let case = |&(suite, [width, count, queries], sweeps): &(Suite, [usize; 3], u64)| {
            let prepare = move |gpu: &Gpu, seed: u64, sweeps: u64| {
                let (patterns, cues) = network([width, count, queries], seed)?;
                let (stored, asked) = (Vectors::from(&patterns), Vectors::from(cues.states()));
                let gpu = gpu.clone();
                let (sites, chains) = (width as u64, queries as u64);
                let repeat = move || {
                    let started = Instant::now();
                    gpu.attend(&stored, &asked).inverse_temperature(0.1).steps(sweeps as u32).run()?;
                    Ok((sites * chains * sweeps, started.elapsed()))
                };
                Ok(Prepared { sites, chains, repeat: Box::new(repeat) })
            };
            self.case(suite, &format!("{width}n-{count}p-{queries}c"), sweeps, Box::new(prepare))
        };
        sizes.iter().map(case).collect()
    }

    /// A network at a temperature: neurons, patterns, chains.
    fn gibbs(self, sizes: Sizes<'_>) -> Vec<Case> {
        let case = |&(suite, [neurons, count, cues], sweeps): &(Suite, [usize; 3], u64)| {
            let prepare = move |gpu: &Gpu, seed: u64, sweeps: u64| {
                let (patterns, starts) = network([neurons, count, cues], seed)?;
                let model = Hopfield::new(patterns).starting_at(starts);
                let builder = gpu.simulate(model, BlockGibbs).betas(&[2.5]).replicas(cues as u32).seed(seed);
                advancing(builder.build()?, neurons as u64, sweeps)
            };
            self.case(suite, &format!("{neurons}n-{count}p-{cues}c"), sweeps, Box::new(prepare))
        };
        sizes.iter().map(case).collect()
    }

    /// Glasses of Sherrington and Kirkpatrick at the critical temperature: spins, replicas.
    fn glasses(self, sizes: &[(Suite, [usize; 2], u64)]) -> Vec<Case> {
        let case = |&(suite, [spins, replicas], sweeps): &(Suite, [usize; 2], u64)| {
            let prepare = move |gpu: &Gpu, seed: u64, sweeps: u64| {
                let model = PairwiseSpins::sherrington_kirkpatrick(spins, seed)?;
                let builder = gpu.simulate(model, HeatBath).replicas(replicas as u32).seed(seed);
                advancing(builder.build()?, spins as u64, sweeps)
            };
            self.case(suite, &format!("{spins}n-r{replicas}"), sweeps, Box::new(prepare))
        };
        sizes.iter().map(case).collect()
    }
}

/// Random patterns, and cues of which a quarter is wrong.
fn network([neurons, patterns, cues]: [usize; 3], seed: u64) -> Result<(Patterns, Cues), Error> {
    let patterns = Patterns::random(patterns, neurons, &mut Stream::new(seed, Purpose::Patterns, 0))?;
    let cues = Cues::damaged(&patterns, cues, Damage::Noise(0.25), seed)?;
    Ok((patterns, cues))
}
