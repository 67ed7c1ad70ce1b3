//! Block Gibbs sampling of a restricted machine.

use super::attended::OnDevice;
use super::layers::{Keep, Layers, Pass, PassShape, PassSlots, pad, padded};
use super::{Layer, RestrictedMachine, Units};
use crate::attendant::Attendant;
use crate::attention::Vectors;
use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run};
use crate::io::checkpoint::Sections;
use crate::plan::{Plan, Slot, Tick};
use crate::random::Purpose;

/// Chains of a machine before they are built. From [`Gpu::machine`].
#[derive(Debug, Clone)]
pub struct MachineBuilder<'a> {
    gpu: Gpu,
    machine: &'a RestrictedMachine,
    chains: usize,
    seed: u64,
    start: Option<&'a Vectors>,
    held: Option<&'a [bool]>,
}

impl Gpu {
    /// Chains of a restricted machine, to be sampled by turns of h | v and v | h.
    pub fn machine<'a>(&self, machine: &'a RestrictedMachine) -> MachineBuilder<'a> {
        MachineBuilder { gpu: self.clone(), machine, chains: 64, seed: 0, start: None, held: None }
    }
}

impl<'a> MachineBuilder<'a> {
    /// How many independent chains there are (default: 64). With a start, as many as it has states.
    #[must_use]
    pub fn chains(mut self, chains: usize) -> Self {
        self.chains = chains;
        self
    }

    /// The seed (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The visible states that the chains start from, one a chain. Otherwise they start from v | h at h = 0.
    #[must_use]
    pub fn start(mut self, start: &'a Vectors) -> Self {
        self.start = Some(start);
        self
    }

    /// Which visible units keep their values of the start, chain after chain: the others are filled in (inpainting).
    #[must_use]
    pub fn hold(mut self, held: &'a [bool]) -> Self {
        self.held = Some(held);
        self
    }

    /// Puts the chains on the device.
    ///
    /// # Errors
    /// [`Error::Input`] for no chains, a start or a mask of other lengths or values than the machine's, or a mask without a
    /// start; [`Error::Limit`] for what the adapter cannot hold.
    pub fn build(self) -> Result<MachineChains> {
        let machine = self.machine;
        let chains = self.start.map_or(self.chains, Vectors::count);
        if chains == 0 {
            return Err(Error::input("chains", "at least 1", 0, "64 chains fill a small device"));
        }
        machine.check_normalisable()?;
        let visible = machine.size(Layer::Visible);
        if let Some(start) = self.start {
            check_data(start, machine, "start")?;
        }
        if let Some(held) = self.held {
            if self.start.is_none() {
                let hint = "give the states whose units are held as the start";
                return Err(Error::input("held units", "a start that they are held at", "none", hint));
            }
            if held.len() != chains * visible {
                let hint = "give one value a visible unit of every chain";
                return Err(Error::input("held units", (chains * visible).to_string(), held.len(), hint));
            }
        }
        let mut plan = Plan::default();
        let clamped = self.held.is_some();
        let layers = Layers::declare(&mut plan, machine, None, (chains, clamped), self.gpu.lanes()?)?;
        let [visible, hidden] = ["visible", "hidden"].map(|name| {
            let layer = if name == "visible" { Layer::Visible } else { Layer::Hidden };
            layers.states(&mut plan, name, layer, chains)
        });
        let means = layers.states(&mut plan, "means", Layer::Visible, chains);
        let nothing = plan.slot("nothing", 4);
        let shape = |to, keep, purpose| PassShape {
            to,
            rows: chains,
            data: 0,
            given_at: 0,
            found_at: 0,
            keep,
            sample: Some(purpose),
            clamped: clamped && to == Layer::Visible,
        };
        let up = PassSlots { given: visible, found: hidden, kept: nothing };
        let up = layers.pass(&mut plan, up, shape(Layer::Hidden, Keep::Nothing, Purpose::Hidden))?;
        let down = PassSlots { given: hidden, found: visible, kept: means };
        let down = layers.pass(&mut plan, down, shape(Layer::Visible, Keep::Mean, Purpose::Visible))?;
        let rows = padded(chains) as u32;
        let run = Run { seed_low: self.seed as u32, seed_high: (self.seed >> 32) as u32, chains: rows, replicas: rows };
        let mut executor = Executor::new(&self.gpu, &mut plan, run)?;
        match self.start {
            Some(start) => executor.write(visible, bytemuck::cast_slice(&pad(start, 0)))?,
            None => down.append(&mut plan, Tick { kick: 1.0, ..Tick::default() }),
        }
        if let Some(held) = self.held {
            let mask = held.iter().map(|&held| f32::from(u8::from(held))).collect();
            let mask = Vectors::new(machine.size(Layer::Visible), mask)?;
            executor.write(layers.held, bytemuck::cast_slice(&pad(&mask, 0)))?;
        }
        executor.execute(&mut plan)?;
        Ok(MachineChains { plan, executor, layers, chains, up, down, slots: [visible, hidden, means], sweeps: 0 })
    }
}

/// Chains of a restricted machine on a device.
#[derive(Debug)]
pub struct MachineChains {
    plan: Plan,
    executor: Executor,
    layers: Layers,
    chains: usize,
    up: Pass,
    down: Pass,
    slots: [Slot; 3],
    sweeps: u64,
}

impl MachineChains {
    /// Makes block Gibbs sweeps: all hidden units given the visible ones, then all visible ones.
    ///
    /// # Errors
    /// [`Error::Interrupted`], or what the device reports.
    pub fn sweep(&mut self, sweeps: u64) -> Result<()> {
        self.sweep_at(sweeps, |_| 1.0)
    }

    /// Makes sweeps while weights and biases grow from nothing to the machine's own in equal steps, so that the chains spread
    /// over its modes before these part. The chains are not yet in equilibrium afterwards.
    ///
    /// # Errors
    /// As [`MachineChains::sweep`].
    pub fn anneal(&mut self, sweeps: u64) -> Result<()> {
        self.sweep_at(sweeps, |sweep| (sweep + 1) as f64 / sweeps as f64)
    }

    /// [Anneals](Self::anneal) the chains, and [sweeps](Self::sweep) them on, with somebody who may have them saved on the way; goes
    /// on `from` what was saved of the same sweeps of chains of the same machine and seed, and ends with the same states as if it
    /// had never stopped.
    ///
    /// # Errors
    /// As [`MachineChains::sweep`], those of the attendant, and [`Error::Input`] for what was saved of other chains.
    pub fn run_attended(
        &mut self,
        annealed: u64,
        sweeps: u64,
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> Result<()> {
        let at = |sweep: u64| if sweep < annealed { (sweep + 1) as f64 / annealed as f64 } else { 1.0 };
        self.sweep_attended([annealed, sweeps], from, attendant, |chains, sweep| chains.append(at(sweep)))
    }

    /// The chains as data, and the number of their sweeps.
    ///
    /// # Errors
    /// What the device reports.
    pub fn save(&mut self) -> Result<Sections> {
        self.save_chains()
    }

    /// Takes chains of the same machine, number, held units and seed to where they were [saved](Self::save).
    ///
    /// # Errors
    /// [`Error::Input`] for what was saved of others; what the device reports.
    pub fn restore(&mut self, saved: &Sections) -> Result<()> {
        self.restore_chains(saved)
    }

    fn append(&mut self, inverse_temperature: f64) {
        self.sweeps += 1;
        let tick = Tick { sweep: self.sweeps, kick: inverse_temperature as f32, ..Tick::default() };
        self.up.append(&mut self.plan, tick);
        self.down.append(&mut self.plan, tick);
    }

    fn sweep_at(&mut self, sweeps: u64, inverse_temperature: impl Fn(u64) -> f64) -> Result<()> {
        for sweep in 0..sweeps {
            self.append(inverse_temperature(sweep));
            if self.plan.ops.len() >= 1024 {
                self.executor.execute(&mut self.plan)?;
            }
        }
        self.executor.execute(&mut self.plan)
    }

    /// Sweeps made so far.
    pub fn sweeps(&self) -> u64 {
        self.sweeps
    }

    /// The visible states, one row a chain.
    ///
    /// # Errors
    /// What the device reports; [`Error::Input`] for states that are not finite, of a machine that has no partition function.
    pub fn visible(&mut self) -> Result<Vectors> {
        self.read(Layer::Visible, self.slots[0])
    }

    /// The hidden states from which the visible ones were drawn, one row a chain.
    ///
    /// # Errors
    /// As [`MachineChains::visible`].
    pub fn hidden(&mut self) -> Result<Vectors> {
        self.read(Layer::Hidden, self.slots[1])
    }

    /// The means of the visible units given the hidden states, one row a chain; zeros before the first sweep of chains that
    /// were given a start.
    ///
    /// # Errors
    /// As [`MachineChains::visible`].
    pub fn visible_means(&mut self) -> Result<Vectors> {
        self.read(Layer::Visible, self.slots[2])
    }

    fn read(&mut self, layer: Layer, slot: Slot) -> Result<Vectors> {
        let bits = self.executor.read(slot, self.plan.slots[slot.0].bytes)?;
        self.layers.unpad(layer, &bits, self.chains)
    }
}

impl OnDevice for MachineChains {
    fn device(&mut self) -> (&mut Executor, &mut Plan) {
        (&mut self.executor, &mut self.plan)
    }

    fn course(&mut self) -> (&mut u64, Vec<Slot>) {
        (&mut self.sweeps, Vec::new())
    }
}

/// Refuses data that a machine's visible units cannot show; two-valued units also show means between their values.
pub(crate) fn check_data(data: &Vectors, machine: &RestrictedMachine, what: &str) -> Result<()> {
    let (units, width) = (machine.units(Layer::Visible), machine.size(Layer::Visible));
    if data.width() != width {
        let hint = "a sample has one value a visible unit";
        return Err(Error::input(format!("values in a sample of the {what}"), width.to_string(), data.width(), hint));
    }
    if let Some(at) = data.values().iter().position(|&value| !units.admits(value.into(), true)) {
        let wanted = match units {
            Units::Bernoulli => "0 to 1",
            Units::Spin => "-1 to 1",
            Units::Gaussian | Units::Phi4(_) => "a finite number",
            Units::Relu => "a number from 0 on",
        };
        let hint = "rescale the data, or choose other visible units";
        let place = format!("value {} of sample {} of the {what}", at % width, at / width);
        return Err(Error::input(place, format!("{wanted} for {units} units"), data.values()[at], hint));
    }
    Ok(())
}
