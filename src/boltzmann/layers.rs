//! A machine's parameters and passes on the device, laid out as `shaders/machine/layer.wgsl` says.

use super::{Layer, RestrictedMachine, Units};
use crate::attention::Vectors;
use crate::error::{Error, Result};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, workgroup_for};
use crate::random::Purpose;
use crate::shader::Source;
use crate::shader::catalogue::{self, ModelText};
use std::sync::Arc;

/// Rows and units lie in groups of this many.
const TILE: usize = 8;

/// Padded to whole tiles.
pub(crate) fn padded(count: usize) -> usize {
    count.next_multiple_of(TILE)
}

/// What a pass keeps of each unit besides its value; the numbers of `KEEP` in the shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Nothing = 0,
    Mean = 1,
    LogPartition = 2,
    Growth = 3,
    Pull = 4,
    Input = 5,
    SquaredMiss = 6,
    Sum = 7,
}

/// The slots of a pass: what is given, what is found, what is kept of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PassSlots {
    pub given: Slot,
    pub found: Slot,
    pub kept: Slot,
}

/// A pass from one layer to the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PassShape {
    /// The layer that is found.
    pub to: Layer,
    /// Rows in all, and those of them that are data.
    pub rows: usize,
    pub data: usize,
    /// The first chain among the given rows, and the first row that is found.
    pub given_at: usize,
    pub found_at: usize,
    pub keep: Keep,
    /// What the units' values are drawn with; `None` where they stay as they are.
    pub sample: Option<Purpose>,
    /// Whether units hold their values where the mask says so.
    pub clamped: bool,
}

/// A declared kernel and its items.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass {
    kernel: KernelId,
    items: u32,
    trips: u64,
    /// What turns sums into units, where that is a kernel of its own.
    units: Option<(KernelId, u32, u64)>,
}

impl Pass {
    pub fn append(&self, plan: &mut Plan, tick: Tick) {
        for (kernel, items, trips) in [Some(self.step()), self.units].into_iter().flatten() {
            plan.dispatch(kernel, 0..items, 1, trips, tick);
        }
    }

    /// This pass and what turns its sums into units.
    pub(super) fn followed_by(self, units: Self) -> Self {
        Self { units: Some(units.step()), ..self }
    }

    fn step(&self) -> (KernelId, u32, u64) {
        (self.kernel, self.items, self.trips)
    }
}

/// What rows are summed up to: see `shaders/machine/sum_rows.wgsl`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SumShape {
    /// The layer of which something was kept; the other one's states are weighed by their biases.
    pub kept: Layer,
    pub states: Slot,
    pub kept_slot: Slot,
    pub totals: Slot,
    pub rows: usize,
    pub state_at: usize,
    pub kept_at: usize,
    pub add: bool,
    /// The factor of the states' own energies.
    pub own_energy: f64,
}

/// A machine's parameters on the device.
#[derive(Debug, Clone)]
pub(crate) struct Layers {
    sizes: [usize; 2],
    units: [Units; 2],
    lanes: u32,
    /// W, the biases of both layers, what the biases are without interaction, and W transposed.
    pub parameters: Slot,
    /// Chains' factors of the inverse temperature.
    pub scales: Slot,
    /// Units that hold their values.
    pub held: Slot,
}

impl Layers {
    /// Declares a machine's parameters, for so many chains. Without interaction the visible units have the biases `base`.
    /// With `clamped`, `held` is a mask of the visible units of all chains.
    ///
    /// # Errors
    /// [`Error::Limit`] for more rows of units than 32 bits can count.
    pub fn declare(
        plan: &mut Plan,
        machine: &RestrictedMachine,
        base: Option<&[f32]>,
        (chains, clamped): (usize, bool),
        lanes: u32,
    ) -> Result<Self> {
        let layers = [Layer::Visible, Layer::Hidden];
        let slot = Slot(0);
        let mut declared = Self {
            sizes: layers.map(|layer| machine.size(layer)),
            units: layers.map(|layer| machine.units(layer)),
            lanes,
            parameters: slot,
            scales: slot,
            held: slot,
        };
        declared.check_rows(chains)?;
        declared.parameters = plan.slot_with("parameters", &pack(machine, base));
        declared.scales = plan.slot_with("scales", &vec![1.0f32; padded(chains)]);
        declared.held = declared.states(plan, "held", Layer::Visible, if clamped { chains } else { 1 });
        Ok(declared)
    }

    /// The shape of the workgroups of a kernel over `items` invocations. Each has much to do, so few of them are dealt out in
    /// small groups: sixteen groups keep the cores of a software adapter busy evenly.
    fn workgroup(&self, items: u32) -> [u32; 2] {
        let lanes = (items / 16).checked_next_power_of_two().unwrap_or(self.lanes);
        workgroup_for(items, 1, lanes.clamp(self.lanes.min(8), self.lanes))
    }

    /// The type of a layer's units.
    pub(super) fn units(&self, layer: Layer) -> Units {
        self.units[layer as usize]
    }

    /// Units of a layer.
    pub fn size(&self, layer: Layer) -> usize {
        self.sizes[layer as usize]
    }

    /// Units of a layer, padded.
    pub fn width(&self, layer: Layer) -> usize {
        padded(self.sizes[layer as usize])
    }

    /// Values of four bytes that are learned: W and the biases.
    pub fn learned(&self) -> usize {
        let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| self.width(layer));
        visible * hidden + visible + hidden
    }

    /// Refuses states that 32-bit indices cannot count.
    pub fn check_rows(&self, rows: usize) -> Result<()> {
        let widest = self.width(Layer::Visible).max(self.width(Layer::Hidden)) as u64;
        let (need, have) = (widest.saturating_mul(padded(rows) as u64), u64::from(u32::MAX / 2));
        if need > have {
            let hint = "use fewer chains, samples or units".into();
            return Err(Error::Limit { what: "rows x units".into(), need, have, hint });
        }
        Ok(())
    }

    /// Declares zeroed states of a layer.
    pub fn states(&self, plan: &mut Plan, name: &'static str, layer: Layer, rows: usize) -> Slot {
        plan.slot(name, (padded(rows) * self.width(layer)) as u64)
    }

    /// Where a layer's biases lie among the parameters.
    pub fn bias_at(&self, layer: Layer) -> usize {
        let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| self.width(layer));
        visible * hidden + if layer == Layer::Visible { 0 } else { visible }
    }

    /// Where the biases lie that a layer has without interaction.
    pub(super) fn base_at(&self, layer: Layer) -> usize {
        self.bias_at(layer) + self.width(Layer::Visible) + self.width(Layer::Hidden)
    }

    /// Where W transposed lies among the parameters.
    pub fn transposed_at(&self) -> usize {
        self.base_at(Layer::Hidden) + self.width(Layer::Hidden)
    }

    /// Declares a pass.
    ///
    /// # Errors
    /// [`Error::Shader`] for a defect of the kernel's text.
    pub fn pass(&self, plan: &mut Plan, slots: PassSlots, shape: PassShape) -> Result<Pass> {
        match self.units[shape.to as usize].text() {
            Some(text) => self.pass_with(plan, slots, shape, text),
            None => self.split_pass(plan, slots, shape),
        }
    }

    /// As [`Layers::pass`], with the text of these units.
    pub(super) fn pass_with(
        &self,
        plan: &mut Plan,
        slots: PassSlots,
        shape: PassShape,
        text: ModelText<'_>,
    ) -> Result<Pass> {
        let from = if shape.to == Layer::Visible { Layer::Hidden } else { Layer::Visible };
        let (given, found) = (self.width(from) / 4, self.width(shape.to) / 4);
        let mut constants = Constants::default();
        constants.set("GIVEN_QUADS", given as u32).set("FOUND_QUADS", found as u32);
        constants.set("UNITS", self.size(shape.to) as u32);
        constants.set("BIAS_AT", (self.bias_at(shape.to) / 4) as u32);
        constants.set("BASE_AT", (self.base_at(shape.to) / 4) as u32);
        constants.set("SPLIT", shape.data as u32);
        constants.set("GIVEN_AT", shape.given_at as u32).set("FOUND_AT", shape.found_at as u32);
        constants.set("PURPOSE", shape.sample.map_or(0, |purpose| purpose as u32));
        constants.set("SAMPLE", u8::from(shape.sample.is_some())).set("CLAMPED", u8::from(shape.clamped));
        constants.set("KEEP", shape.keep as u32);
        let weights_at = if shape.to == Layer::Hidden { 0 } else { self.transposed_at() / 4 };
        constants.set("WEIGHTS_AT", weights_at as u32);
        let bindings = [
            ("given", slots.given),
            ("found", slots.found),
            ("kept", slots.kept),
            ("scales", self.scales),
            ("held", self.held),
            ("weights", self.parameters),
            ("biases", self.parameters),
        ];
        let items = (padded(shape.rows) / TILE * found / 2) as u32;
        let source = catalogue::LAYER.source(text)?;
        let kernel = plan.kernel(source, constants, self.workgroup(items), &bindings);
        // Rectified units take two turns of Newton's method for each of sixteen fours.
        Ok(Pass { kernel, items, trips: given as u64 + 32, units: None })
    }

    /// Declares a sum over the units of rows.
    ///
    /// # Errors
    /// [`Error::Shader`] for a defect of the kernel's text.
    pub fn sum(&self, plan: &mut Plan, shape: SumShape) -> Result<Pass> {
        let other = if shape.kept == Layer::Visible { Layer::Hidden } else { Layer::Visible };
        let (kept, states) = (self.width(shape.kept) / 4, self.width(other) / 4);
        let mut constants = Constants::default();
        constants.set("KEPT_QUADS", kept as u32).set("STATE_QUADS", states as u32);
        constants.set("LINEAR_AT", (self.bias_at(other) / 4) as u32);
        constants.set("BASE_AT", (self.base_at(other) / 4) as u32);
        constants.set("STATE_AT", shape.state_at as u32).set("KEPT_AT", shape.kept_at as u32);
        let [square, quartic] = self.units[other as usize].coefficients().map(|c| shape.own_energy * c);
        constants.set("ADD", u8::from(shape.add)).set("SQUARED", square).set("QUARTIC", quartic);
        let bindings = [
            ("states", shape.states),
            ("kept", shape.kept_slot),
            ("biases", self.parameters),
            ("totals", shape.totals),
        ];
        let items = shape.rows as u32;
        let source = catalogue::SUM_ROWS.source_alone()?;
        let kernel = plan.kernel(source, constants, self.workgroup(items), &bindings);
        Ok(Pass { kernel, items, trips: (kept + states) as u64, units: None })
    }

    /// Declares any other kernel of the machine.
    pub fn kernel(
        &self,
        plan: &mut Plan,
        source: Arc<Source>,
        constants: Constants,
        bindings: &[(&'static str, Slot)],
        (items, trips): (usize, usize),
    ) -> Pass {
        let items = items as u32;
        let kernel = plan.kernel(source, constants, self.workgroup(items), bindings);
        Pass { kernel, items, trips: trips as u64, units: None }
    }

    /// Declares a kernel of so many workgroups of so many lanes, each lane making so many trips.
    pub fn groups(
        &self,
        plan: &mut Plan,
        source: Arc<Source>,
        constants: Constants,
        bindings: &[(&'static str, Slot)],
        (groups, lanes, trips): (usize, usize, usize),
    ) -> Pass {
        let kernel = plan.kernel(source, constants, [lanes as u32, 1], bindings);
        Pass { kernel, items: (groups * lanes) as u32, trips: trips as u64, units: None }
    }

    /// Rows of a layer as the device has them, without their padding.
    pub fn unpad(&self, layer: Layer, bits: &[u32], rows: usize) -> Result<Vectors> {
        let size = self.size(layer);
        let rows = bits.chunks_exact(self.width(layer)).take(rows);
        Vectors::new(size, rows.flat_map(|row| row.iter().take(size).map(|&bits| f32::from_bits(bits))).collect())
    }
}

/// Rows of units, padded with zeros to whole tiles of units and to `rows` rows.
pub(crate) fn pad(states: &Vectors, rows: usize) -> Vec<f32> {
    let width = padded(states.width());
    let mut all = vec![0.0; width * rows.max(states.count())];
    for (to, from) in all.chunks_exact_mut(width).zip(states.values().chunks_exact(states.width())) {
        to[..from.len()].copy_from_slice(from);
    }
    all
}

/// Everything that the parameters' slot holds.
pub(crate) fn pack(machine: &RestrictedMachine, base: Option<&[f32]>) -> Vec<f32> {
    let sizes = [Layer::Visible, Layer::Hidden].map(|layer| machine.size(layer));
    let [visible, hidden] = sizes.map(padded);
    let mut parameters = vec![0.0; visible * hidden];
    let mut transposed = vec![0.0; visible * hidden];
    for (i, row) in machine.weights().chunks_exact(sizes[1]).enumerate() {
        parameters[i * hidden..i * hidden + sizes[1]].copy_from_slice(row);
        for (j, &weight) in row.iter().enumerate() {
            transposed[j * visible + i] = weight;
        }
    }
    for layer in [Layer::Visible, Layer::Hidden] {
        let biases = machine.biases(layer);
        parameters.extend(biases.iter().copied().chain(std::iter::repeat_n(0.0, padded(biases.len()) - biases.len())));
    }
    parameters.extend(base.unwrap_or_default());
    parameters.resize(visible * hidden + 2 * (visible + hidden), 0.0);
    parameters.extend(transposed);
    parameters
}

/// The machine of which these are the parameters.
///
/// # Errors
/// [`Error::Input`] for parameters that are not finite.
pub(crate) fn unpack(like: &RestrictedMachine, parameters: &[u32]) -> Result<RestrictedMachine> {
    let sizes = [Layer::Visible, Layer::Hidden].map(|layer| like.size(layer));
    let [visible, hidden] = sizes.map(padded);
    let values = |at: usize, count: usize| parameters[at..at + count].iter().map(|&bits| f32::from_bits(bits));
    let weights = (0..sizes[0]).flat_map(|i| values(i * hidden, sizes[1])).collect();
    let at = visible * hidden;
    RestrictedMachine::new(
        like.units(Layer::Visible),
        like.units(Layer::Hidden),
        weights,
        values(at, sizes[0]).collect(),
        values(at + visible, sizes[1]).collect(),
    )
}
