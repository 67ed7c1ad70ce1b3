//! Couplings of a field of neurons on the device.

use super::{Convention, NeuralField, Reading};
use crate::couplings::Couplings;
use crate::dense::{Dense, unit_for};
use crate::error::{Error, Result};
use crate::plan::{Op, Plan, Slot};

/// What a gas of neurons weighs, as integers. The kernels know the gas only.
#[derive(Debug)]
pub(crate) struct Weights {
    dense: Dense,
    ticks: usize,
    lags: usize,
    /// Whether there is an input of every tick.
    driven: bool,
    slots: [Slot; 5],
}

/// The same field as a gas.
///
/// # Errors
/// As [`NeuralField::over`].
pub(crate) fn as_gas(field: &NeuralField, ticks: usize) -> Result<NeuralField> {
    let between_ticks = field.lags() > 0 || field.reading() == Reading::Causal;
    match field.convention() {
        Convention::Magnetic if between_ticks => field.clone().over(ticks)?.to(Convention::Gas),
        _ => field.to(Convention::Gas),
    }
}

/// The largest that the log odds of a site can be, at the most.
fn largest(gas: &NeuralField) -> f64 {
    let n = gas.neurons();
    let of_neuron = |neuron: usize| {
        let space: f64 = gas.space()[neuron * n..][..n].iter().map(|j| j.abs()).sum();
        let time: f64 = gas.time().iter().skip(neuron).step_by(n).map(|k| k.abs()).sum();
        let ticks = gas.input().len() / n;
        let input = gas.input()[neuron * ticks..][..ticks].iter().fold(0.0f64, |most, h| most.max(h.abs()));
        space + 2.0 * time + input
    };
    (0..n).map(of_neuron).fold(0.0, f64::max)
}

impl Weights {
    /// Declares the memory for the weights of such a gas.
    pub fn declare(plan: &mut Plan, gas: &NeuralField, dense: Dense, ticks: usize) -> Self {
        let padded = 4 * u64::from(dense.quads());
        let driven = gas.input_ticks().is_some();
        let inputs = if driven { padded * ticks as u64 } else { 4 };
        let slots = [
            plan.slot("couplings", padded * padded),
            plan.slot("offsets", padded),
            plan.slot("time_couplings", (padded * gas.lags() as u64).max(4)),
            plan.slot("inputs", inputs),
            plan.slot("factors", dense.chains() as u64),
        ];
        Self { dense, ticks, lags: gas.lags(), driven, slots }
    }

    /// Whether there is an input of every tick.
    pub fn driven(&self) -> bool {
        self.driven
    }

    /// Appends what puts a gas on the device.
    ///
    /// # Errors
    /// [`Error::Input`] for a field of another shape.
    pub fn append(&self, gas: &NeuralField, plan: &mut Plan) -> Result<()> {
        gas.check_ticks(self.ticks)?;
        if gas.lags() != self.lags || gas.input_ticks().is_some() != self.driven {
            let shape = |lags: usize, driven: bool| {
                format!("{lags} lags and an input {}", if driven { "a tick" } else { "for all ticks" })
            };
            let got = shape(gas.lags(), gas.input_ticks().is_some());
            let hint = "chains keep the shape of the field that they were built for: build new ones";
            return Err(Error::input("field of these chains", shape(self.lags, self.driven), got, hint));
        }
        let n = gas.neurons();
        let quads = self.dense.quads() as usize;
        let mut dense = self.dense;
        // The kernels add up twice the log odds.
        dense.unit = unit_for(2.0 * largest(gas));
        let twice = |value: f64| 2 * (value / dense.unit).round() as i32;
        // A matrix has two sites at the least; the kernels leave the second alone.
        let sites = n.max(2);
        let mut space = vec![0.0f32; sites * sites];
        for (row, values) in space.chunks_exact_mut(sites).zip(gas.space().chunks_exact(n)) {
            row.iter_mut().zip(values).for_each(|(to, &from)| *to = from as f32);
        }
        let order: Vec<u32> = (0..n as u32).collect();
        let matrix = dense.lay_out(&Couplings::asymmetric(sites, space)?, &vec![0.0; sites], &order).matrix;
        let mut offsets = vec![0; 4 * quads];
        let mut inputs = vec![0; if self.driven { 4 * quads * self.ticks } else { 4 }];
        if self.driven {
            for (site, &input) in gas.input().iter().enumerate() {
                inputs[site % self.ticks * 4 * quads + site / self.ticks] = twice(input);
            }
        } else {
            offsets.iter_mut().zip(gas.input()).for_each(|(to, &input)| *to = twice(input));
        }
        let mut times = vec![0; (4 * quads * self.lags).max(4)];
        for (to, from) in times.chunks_exact_mut(4 * quads).zip(gas.time().chunks_exact(n)) {
            to.iter_mut().zip(from).for_each(|(to, &k)| *to = twice(k));
        }
        // P(fires) = 1 / (1 + exp(-log odds)), where the kernels have 2 log odds, and take 2 beta of it.
        let factors = dense.factors(std::iter::repeat_n(0.25, dense.chains()));
        let [couplings_at, offsets_at, times_at, inputs_at, factors_at] = self.slots;
        for (slot, words) in [(couplings_at, &matrix), (offsets_at, &offsets), (times_at, &times), (inputs_at, &inputs)]
        {
            plan.push(Op::Write(slot, bytemuck::cast_slice(words).into()));
        }
        plan.push(Op::Write(factors_at, bytemuck::cast_slice(&factors).into()));
        Ok(())
    }
}
