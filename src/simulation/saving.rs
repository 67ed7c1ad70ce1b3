//! The state of a simulation as data: the memory that kernels write into, and the number of sweeps.

use super::Simulation;
use crate::dynamics::Dynamics;
use crate::error::{Error, Result};
use crate::io::checkpoint::Sections;
use crate::model::Model;
use crate::plan::Slot;

impl<M: Model, D: Dynamics<M>> Simulation<M, D> {
    /// The state of all chains, what dynamics and observables know of them, and the number of sweeps.
    ///
    /// # Errors
    /// [`Error::Run`] where clusters stayed unfinished, [`Error::DeviceLost`].
    pub fn save(&mut self) -> Result<Sections> {
        self.prepare()?;
        self.wait()?;
        let mut sections = Sections::new();
        sections.put_numbers("sweep", &[self.sweep]).put_numbers("layout", &self.layout());
        sections.put("kind", self.kind());
        let memory = self.executor.save(&self.plan, &self.measurements())?;
        sections.nest("memory", memory);
        Ok(sections)
    }

    /// Takes all chains to where they were when a simulation of the same model, points, replicas, seed and observables was
    /// [saved](Self::save), on the same kind of adapter with the same [`Tuning`](crate::Tuning).
    ///
    /// # Errors
    /// [`Error::Input`] for what was saved of another simulation, [`Error::DeviceLost`].
    pub fn restore(&mut self, saved: &Sections) -> Result<()> {
        self.prepare()?;
        let (own, other) = (self.layout(), saved.array::<u32, 2>("layout")?);
        if own != other {
            let hint = "restore it on the same kind of adapter, with the same tuning";
            let text = |[lanes, parallelism]: [u32; 2]| format!("{lanes} lanes and {parallelism} invocations");
            return Err(Error::input("device of the saved simulation", text(own), text(other), hint));
        }
        if saved.get("kind")? != self.kind() {
            let hint = "give the same model, points, replicas, seed and dynamics as when it was saved";
            return Err(Error::input("saved simulation", "one of this kind", "another", hint));
        }
        let [sweep] = saved.array("sweep")?;
        let memory = saved.required("memory")?;
        let unwanted = self.measurements();
        self.executor.restore(&mut self.plan, &unwanted, &memory)?;
        self.sweep = sweep;
        Ok(())
    }

    /// What the places of spins in memory may depend on.
    fn layout(&self) -> [u32; 2] {
        [self.gpu.tuning().lanes, self.gpu.parallelism()]
    }

    /// A hash of what tells this simulation from others: all that is decided when it is built, but for couplings and patterns.
    fn kind(&self) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new();
        let mut note = |text: String| {
            hasher.update(text.as_bytes()).update(&[0]);
        };
        note(format!(
            "{} {} {:?}",
            self.seed,
            self.replicas,
            self.betas.iter().map(|beta| beta.to_bits()).collect::<Vec<_>>()
        ));
        note(format!("{:?} {:?}", self.models[0].sides(), self.dynamics.beta_at(0)));
        for kernel in &self.plan.kernels {
            note(kernel.source.name().into());
            kernel.constants.iter().for_each(|(name, value)| note(format!("{name} {}", value.to_bits())));
        }
        hasher.finalize().as_bytes().to_vec()
    }

    /// Slots of measurements, which are not kept: they are on their way to the host.
    fn measurements(&self) -> Vec<Slot> {
        self.watched.iter().map(|watched| watched.probe.rows).collect()
    }
}
