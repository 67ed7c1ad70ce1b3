//! How well a machine explains data.

use super::chains::check_data;
use super::layers::{Keep, Layers, Pass, PassShape, PassSlots, SumShape, pack, pad, padded};
use super::{Layer, RestrictedMachine};
use crate::attention::Vectors;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run};
use crate::plan::{Constants, Plan, Slot, Tick};
use crate::random::Purpose;
use crate::shader::catalogue;

/// Free energies, pseudo-likelihoods and reconstruction errors of the same data under one machine after another, in single
/// precision on the device.
#[derive(Debug)]
pub struct Judge {
    plan: Plan,
    executor: Executor,
    machine: RestrictedMachine,
    parameters: Slot,
    visible: Slot,
    rows: usize,
    totals: Slot,
    free_energy: [Pass; 2],
    reconstruction: [Pass; 3],
    /// Inputs and conditionals, where they are found, and where the latter lie.
    pseudo: Option<([Pass; 2], Slot)>,
    judged: u64,
}

impl Judge {
    /// Puts data on the device, one sample a row, for machines with the units of this one.
    ///
    /// # Errors
    /// [`Error::Input`] for data that the visible units cannot show, [`Error::Limit`] for more than the adapter holds.
    pub fn new(gpu: &Gpu, machine: &RestrictedMachine, data: &Vectors, seed: u64) -> Result<Self> {
        check_data(data, machine, "data")?;
        let rows = data.count();
        let mut plan = Plan::default();
        let layers = Layers::declare(&mut plan, machine, None, (8, false), gpu.lanes()?)?;
        layers.check_rows(rows)?;
        let visible = plan.slot_with("visible", &pad(data, padded(rows)));
        let hidden = layers.states(&mut plan, "hidden", Layer::Hidden, rows);
        let kept = layers.states(&mut plan, "kept", Layer::Hidden, rows);
        let misses = layers.states(&mut plan, "misses", Layer::Visible, rows);
        let totals = plan.slot("totals", padded(rows) as u64);
        // All rows are data here: every scale is 1.
        let shape = |to, keep, sample| PassShape {
            to,
            rows,
            data: padded(rows),
            given_at: 0,
            found_at: 0,
            keep,
            sample,
            clamped: false,
        };
        let up = PassSlots { given: visible, found: hidden, kept };
        let sum = |kept_of, states, kept_slot, own_energy| SumShape {
            kept: kept_of,
            states,
            kept_slot,
            totals,
            rows,
            state_at: 0,
            kept_at: 0,
            add: false,
            own_energy,
        };
        let free_energy = [
            layers.pass(&mut plan, up, shape(Layer::Hidden, Keep::LogPartition, None))?,
            layers.sum(&mut plan, sum(Layer::Hidden, visible, kept, -1.0))?,
        ];
        let down = PassSlots { given: hidden, found: visible, kept: misses };
        let reconstruction = [
            layers.pass(&mut plan, up, shape(Layer::Hidden, Keep::Nothing, Some(Purpose::Reconstruction)))?,
            layers.pass(&mut plan, down, shape(Layer::Visible, Keep::SquaredMiss, None))?,
            layers.sum(&mut plan, sum(Layer::Visible, hidden, misses, 0.0))?,
        ];
        let pseudo = match (machine.units(Layer::Visible).values(), machine.units(Layer::Hidden).text()) {
            (Some([low, high]), Some(text)) => {
                let inputs = layers.pass(&mut plan, up, shape(Layer::Hidden, Keep::Input, None))?;
                let units = machine.size(Layer::Visible);
                let logarithms = plan.slot("logarithms", (rows * units) as u64);
                let (quads, widths) = (layers.width(Layer::Hidden) / 4, layers.width(Layer::Visible) / 4);
                let mut constants = Constants::default();
                constants.set("VISIBLE_QUADS", widths as u32).set("HIDDEN_QUADS", quads as u32);
                constants.set("UNITS", units as u32).set("SUM_OF_VALUES", low + high);
                constants.set("BIAS_AT", layers.bias_at(Layer::Visible) as u32);
                let source = catalogue::CONDITIONALS.source(text)?;
                let bindings = [
                    ("states", visible),
                    ("inputs", kept),
                    ("weights", layers.parameters),
                    ("biases", layers.parameters),
                ];
                let conditionals = layers.kernel(&mut plan, source, constants, &bindings, (rows * units, quads));
                Some(([inputs, conditionals], logarithms))
            }
            _ => None,
        };
        let run = Run { seed_low: seed as u32, seed_high: (seed >> 32) as u32, chains: 8, replicas: 8 };
        let executor = Executor::new(gpu, &mut plan, run)?;
        Ok(Self {
            plan,
            executor,
            machine: machine.clone(),
            parameters: layers.parameters,
            visible,
            rows,
            totals,
            free_energy,
            reconstruction,
            pseudo,
            judged: 0,
        })
    }

    /// Takes another machine of the same units.
    ///
    /// # Errors
    /// [`Error::Input`] for other units or layers of other sizes.
    pub fn set_machine(&mut self, machine: &RestrictedMachine) -> Result<()> {
        let kind = |machine: &RestrictedMachine| {
            [Layer::Visible, Layer::Hidden].map(|layer| (machine.units(layer), machine.size(layer)))
        };
        if kind(machine) != kind(&self.machine) {
            let text = |machine| kind(machine).map(|(units, size)| format!("{size} {units}")).join(" and ");
            let hint = "make a judge for each kind of machine";
            return Err(Error::input("units of the machine", text(&self.machine), text(machine), hint));
        }
        self.executor.write(self.parameters, bytemuck::cast_slice(&pack(machine, None)))?;
        self.machine = machine.clone();
        Ok(())
    }

    /// Takes other data, as many samples as before.
    ///
    /// # Errors
    /// [`Error::Input`] for another number of samples, or data that the visible units cannot show.
    pub fn set_data(&mut self, data: &Vectors) -> Result<()> {
        check_data(data, &self.machine, "data")?;
        if data.count() != self.rows {
            let hint = "make a judge for each number of samples";
            return Err(Error::input("samples of the data", self.rows.to_string(), data.count(), hint));
        }
        self.executor.write(self.visible, bytemuck::cast_slice(&pad(data, 0)))
    }

    /// Sums that were found so far; each has random words of its own.
    pub fn judged(&self) -> u64 {
        self.judged
    }

    /// Goes on as a judge would that had found so many sums.
    pub fn go_on_after(&mut self, judged: u64) {
        self.judged = judged;
    }

    /// F of every sample: ln P(v) = −F(v) − ln Z.
    ///
    /// # Errors
    /// [`Error::Run`] for one that is not finite, or what the device reports.
    pub fn free_energies(&mut self) -> Result<Vec<f64>> {
        let totals = self.totals_of(&self.free_energy.clone())?;
        Ok(totals.into_iter().map(|total| -total).collect())
    }

    /// The mean over units and samples of (v − ⟨v | h⟩)², h drawn given the sample v.
    ///
    /// # Errors
    /// As [`Judge::free_energies`].
    pub fn reconstruction_error(&mut self) -> Result<f64> {
        let totals = self.totals_of(&self.reconstruction.clone())?;
        Ok(totals.iter().sum::<f64>() / (self.rows * self.machine.size(Layer::Visible)) as f64)
    }

    /// Σ_i ln P(v_i | all other v) of every sample, each term found exactly: not one random unit's, scaled up, which is
    /// what scikit-learn reports. `None` for visible units of more than two values, and for quartic hidden units, whose sums would
    /// be taken anew for every visible unit.
    ///
    /// # Errors
    /// As [`Judge::free_energies`].
    pub fn pseudo_likelihoods(&mut self) -> Result<Option<Vec<f64>>> {
        let Some((passes, logarithms)) = self.pseudo else { return Ok(None) };
        for pass in passes {
            pass.append(&mut self.plan, Tick { kick: 1.0, ..Tick::default() });
        }
        self.executor.execute(&mut self.plan)?;
        let units = self.machine.size(Layer::Visible);
        let bits = self.executor.read(logarithms, 4 * (self.rows * units) as u64)?;
        let row = |row: &[u32]| row.iter().map(|&bits| f64::from(f32::from_bits(bits))).sum();
        finite(bits.chunks_exact(units).map(row).collect(), "pseudo-likelihood").map(Some)
    }

    /// Whether [`Judge::pseudo_likelihoods`] finds any.
    pub fn finds_pseudo_likelihoods(&self) -> bool {
        self.pseudo.is_some()
    }

    fn totals_of(&mut self, passes: &[Pass]) -> Result<Vec<f64>> {
        self.judged += 1;
        for pass in passes {
            pass.append(&mut self.plan, Tick { sweep: self.judged, kick: 1.0, ..Tick::default() });
        }
        self.executor.execute(&mut self.plan)?;
        let bits = self.executor.read(self.totals, 4 * self.rows as u64)?;
        finite(bits.into_iter().map(|bits| f32::from_bits(bits).into()).collect(), "sum")
    }
}

fn finite(values: Vec<f64>, what: &str) -> Result<Vec<f64>> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(sample) => Err(Error::Run {
            what: format!("the {what} of sample {sample} is not finite"),
            hint: "the machine's weights or the data are too large for single precision".into(),
        }),
    }
}
