//! ln Z by enumeration of the smaller layer.

use super::{Judge, Layer, RestrictedMachine};
use crate::attention::Vectors;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run};
use crate::plan::{Constants, Plan, Tick, workgroup_for};
use crate::shader::catalogue;

/// The most two-valued units that are enumerated: 16.8 million states.
pub const MAX_ENUMERATED: usize = 24;

/// States that one invocation takes, which differ in the lowest bits only.
const LOW_BITS: usize = 6;
/// Places for bits in a row of the kernel's couplings, and the place of the bias.
const PLACES: usize = 28;
const BIAS: usize = 6;
/// Invocations whose sums are read back at once.
const CHUNK: u32 = 1 << 15;
/// States whose free energies are found at once.
const ROWS: u32 = 1 << 12;

impl RestrictedMachine {
    /// The layer that can be enumerated: two-valued units, at most [`MAX_ENUMERATED`]; the smaller one where both can.
    pub fn enumerable(&self) -> Option<Layer> {
        let layers = [Layer::Visible, Layer::Hidden].into_iter();
        let two_valued = layers.filter(|&layer| self.units(layer).values().is_some());
        two_valued.filter(|&layer| self.size(layer) <= MAX_ENUMERATED).min_by_key(|&layer| self.size(layer))
    }
}

impl Gpu {
    /// ln Z of a machine, of which the smaller two-valued layer is enumerated on the device: the other layer is summed in
    /// closed form for each of its states. The weights of states are found in single precision, relative to the largest of
    /// 64, and added in double precision: the error is about 10⁻⁷ of the largest −F.
    ///
    /// # Errors
    /// [`Error::Input`] for a machine without a layer of at most [`MAX_ENUMERATED`] two-valued units.
    pub fn exact_log_partition(&self, machine: &RestrictedMachine) -> Result<f64> {
        let Some(layer) = machine.enumerable() else {
            let sizes = [Layer::Visible, Layer::Hidden].map(|l| format!("{} {}", machine.size(l), machine.units(l)));
            let wanted = format!("at most {MAX_ENUMERATED} two-valued units");
            let hint = "estimate ln Z by annealing";
            return Err(Error::input("units of the layer to enumerate", wanted, sizes.join(" and "), hint));
        };
        let other = if layer == Layer::Visible { Layer::Hidden } else { Layer::Visible };
        let Some(text) = machine.units(other).text() else { return self.sum_free_energies(machine, layer) };
        let (bits, rows) = (machine.size(layer), machine.size(other));
        let [low, high] = machine.units(layer).values().unwrap_or_default();
        let step = high - low;
        // Every unit is low + step x bit.
        let weight = |m: usize, n: usize| match layer {
            Layer::Visible => machine.weight(n, m),
            Layer::Hidden => machine.weight(m, n),
        };
        let place = |n: usize| if n < LOW_BITS { n } else { n + 2 };
        let mut couplings = vec![0.0f32; PLACES * rows];
        for (m, row) in couplings.chunks_exact_mut(PLACES).enumerate() {
            let lowest: f64 = (0..bits).map(|n| low * weight(m, n)).sum();
            row[BIAS] = (f64::from(machine.biases(other)[m]) + lowest) as f32;
            for n in 0..bits {
                row[place(n)] = (step * weight(m, n)) as f32;
            }
        }
        let mut linear = [0.0f32; PLACES];
        (bits..LOW_BITS).for_each(|n| linear[n] = -1e30);
        for (n, &bias) in machine.biases(layer).iter().enumerate() {
            linear[place(n)] = (step * f64::from(bias)) as f32;
        }
        let invocations = 1u32 << bits.saturating_sub(LOW_BITS);
        let mut plan = Plan::default();
        plan.slot_with("couplings", &couplings);
        plan.slot_with("linear", &linear);
        let sums = plan.slot("sums", 2 * u64::from(invocations));
        let mut constants = Constants::default();
        constants.set("ROWS", rows as u32);
        let workgroup = workgroup_for(invocations, 1, self.lanes()?);
        let source = catalogue::ENUMERATE.source(text)?;
        let kernel = plan.kernel(source, constants, workgroup, &[]);
        let run = Run { seed_low: 0, seed_high: 0, chains: 1, replicas: 1 };
        let mut executor = Executor::new(self, &mut plan, run)?;
        for first in (0..invocations).step_by(CHUNK as usize) {
            let last = invocations.min(first + CHUNK);
            plan.dispatch(kernel, first..last, 1, rows as u64, Tick::default());
            executor.execute(&mut plan)?;
        }
        let found = executor.read(sums, 8 * u64::from(invocations))?;
        let terms = found.chunks_exact(2).map(|pair| (f32::from_bits(pair[0]).into(), f32::from_bits(pair[1]).into()));
        let terms: Vec<(f64, f64)> = terms.collect();
        let most = terms.iter().map(|(most, _)| *most).fold(f64::MIN, f64::max);
        let sum: f64 = terms.iter().map(|(at, sum)| (at - most).exp() * sum).sum();
        let lowest: f64 = machine.biases(layer).iter().map(|&bias| low * f64::from(bias)).sum();
        let log_partition = lowest + most + sum.ln();
        if !log_partition.is_finite() {
            let what = "ln Z is not finite".to_string();
            return Err(Error::Run { what, hint: "the weights are too large for single precision".into() });
        }
        Ok(log_partition)
    }

    /// ln Σ e^(−F) over all states of a layer, for other units than the kernel of enumeration can sum.
    fn sum_free_energies(&self, machine: &RestrictedMachine, layer: Layer) -> Result<f64> {
        let machine = if layer == Layer::Visible { machine.clone() } else { machine.turned() };
        let units = machine.size(Layer::Visible);
        let [low, high] = machine.units(Layer::Visible).values().unwrap_or_default().map(|value| value as f32);
        let value = |state: u32, unit: usize| if state >> unit & 1 == 1 { high } else { low };
        let (count, rows) = (1u32 << units, ROWS.min(1 << units));
        let states = |first: u32| {
            let values = (first..first + rows).flat_map(|state| (0..units).map(move |unit| value(state, unit)));
            Vectors::new(units, values.collect())
        };
        let mut judge = Judge::new(self, &machine, &states(0)?, 0)?;
        let (mut most, mut sum) = (f64::NEG_INFINITY, 0.0);
        for first in (0..count).step_by(rows as usize) {
            judge.set_data(&states(first)?)?;
            for free in judge.free_energies()? {
                if -free > most {
                    sum *= (most + free).exp();
                    most = -free;
                }
                sum += (-free - most).exp();
            }
        }
        Ok(most + sum.ln())
    }
}
