//! The fields of neurons that `spinfield bench` measures.

use super::bench_cases::Suite::{self, Full, Quick};
use super::bench_cases::{Case, Family, Prepared};
use super::bench_costs::Cost;
use spinfield::neurons::{Convention, NeuralField};
use spinfield::{Couplings, Error, Gpu};
use std::time::Instant;

/// Sizes of a family: suite; neurons, ticks, replicas; sweeps.
type Sizes<'a> = &'a [(Suite, [usize; 3], u64)];

/// Every case of fields of neurons.
pub fn fields() -> Vec<Case> {
    let family = |name| Family { name, cost: Cost::NONE, measures: None };
    [
        family("neural-field")
            .sampled(&[(Quick, [15, 100, 64], 50), (Quick, [100, 1_000, 1], 20), (Full, [1_000, 10_000, 1], 1)], false),
        // Tick after tick, in as many dispatches.
        family("neural-field-causal").sampled(&[(Quick, [100, 200, 64], 1), (Full, [1_000, 1_000, 64], 1)], true),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Family {
    /// Whole rasters of random couplings to all neurons and one tick back. Bringing nothing back is counted, as nothing is read.
    fn sampled(self, sizes: Sizes<'_>, causal: bool) -> Vec<Case> {
        let case = |&(suite, [neurons, ticks, replicas], sweeps): &(Suite, [usize; 3], u64)| {
            let prepare = move |gpu: &Gpu, seed: u64, sweeps: u64| {
                let field = random_field(neurons, seed)?;
                let field = if causal { field.causal() } else { field };
                let mut chains = gpu.neural_field(&field, ticks).chains(replicas).seed(seed).build()?;
                let (sites, chains_count) = ((neurons * ticks) as u64, replicas as u64);
                let repeat = move || {
                    let started = Instant::now();
                    chains.sweep(sweeps)?;
                    chains.finish()?;
                    Ok((sites * chains_count * sweeps, started.elapsed()))
                };
                Ok(Prepared { sites, chains: chains_count, repeat: Box::new(repeat) })
            };
            self.case(suite, &format!("{neurons}n-{ticks}t-r{replicas}"), sweeps, Box::new(prepare))
        };
        sizes.iter().map(case).collect()
    }
}

/// Neurons that fire rarely, couplings of a glass, and a tick's memory.
fn random_field(neurons: usize, seed: u64) -> Result<NeuralField, Error> {
    let glass = Couplings::sherrington_kirkpatrick(neurons, seed)?;
    let space = (0..neurons).flat_map(|i| glass.row(i).iter().map(|&j| f64::from(j))).collect();
    let field = NeuralField::new(neurons, Convention::Gas)?.with_space(space)?;
    field.with_time(1, vec![0.3; neurons])?.with_input(vec![-2.0; neurons])
}
