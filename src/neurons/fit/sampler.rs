//! Moments of a field by sampling it.

use super::layout::Layout;
use crate::boltzmann::{GeneralChains, GeneralMachine};
use crate::error::Result;
use crate::gpu::Gpu;

/// Chains that sample a field whose parameters may change.
pub(crate) trait Sampler {
    /// Takes other parameters; the states stay.
    fn set(&mut self, parameters: &[f64]) -> Result<()>;
    /// Lets the chains forget.
    fn sweep(&mut self, sweeps: u64) -> Result<()>;
    /// The means of what the parameters multiply, a tick, over all chains and so many sweeps, in the places of the parameters.
    fn moments(&mut self, sweeps: u64) -> Result<Vec<f64>>;
    /// How many neurons fire in each tick of each chain: the ticks of a chain follow each other.
    fn active(&mut self) -> Result<Vec<u32>>;
    /// Independent ticks that a sweep gives, about.
    fn ticks(&self) -> u64;
}

/// Single ticks: without time couplings ticks are independent, and a chain is one of them.
#[derive(Debug)]
pub(crate) struct TickSampler {
    layout: Layout,
    chains: GeneralChains,
    count: usize,
}

impl TickSampler {
    /// Chains that start at random.
    ///
    /// # Errors
    /// As [`GeneralMachine::from_binary`], and what the device reports.
    pub fn new(gpu: &Gpu, layout: Layout, parameters: &[f64], count: usize, seed: u64) -> Result<Self> {
        let machine = machine(layout, parameters)?;
        let chains = gpu.general_machine(&machine).chains(count).seed(seed).build()?;
        Ok(Self { layout, chains, count })
    }
}

fn machine(layout: Layout, parameters: &[f64]) -> Result<GeneralMachine> {
    let neurons = layout.neurons;
    let weights: Vec<f32> = layout.matrix(parameters).into_iter().map(|coupling| coupling as f32).collect();
    let biases: Vec<f32> = parameters[..neurons].iter().map(|&input| input as f32).collect();
    Ok(GeneralMachine::from_binary(neurons, &weights, &biases)?.0)
}

impl Sampler for TickSampler {
    fn set(&mut self, parameters: &[f64]) -> Result<()> {
        self.chains.set_machine(&machine(self.layout, parameters)?)
    }

    fn sweep(&mut self, sweeps: u64) -> Result<()> {
        self.chains.sweep(sweeps)
    }

    fn moments(&mut self, sweeps: u64) -> Result<Vec<f64>> {
        let spins = self.chains.moments(sweeps)?;
        let rates: Vec<f64> = spins.means().iter().map(|mean| 0.5 * (1.0 + mean)).collect();
        // ⟨ff⟩ = ¼ (1 + ⟨s⟩ + ⟨s⟩ + ⟨ss⟩).
        let together = |(i, j): (usize, usize)| 0.5 * (rates[i] + rates[j]) - 0.25 * (1.0 - spins.correlation(i, j));
        let pairs: Vec<f64> = self.layout.each_pair().map(together).collect();
        Ok([rates, pairs].concat())
    }

    fn active(&mut self) -> Result<Vec<u32>> {
        let states = self.chains.states()?;
        let active = |chain: usize| states.words_of(chain).iter().map(|word| word.count_ones()).sum();
        Ok((0..states.count()).map(active).collect())
    }

    fn ticks(&self) -> u64 {
        self.count as u64
    }
}
