//! A plan under construction: where a model, a dynamics and observables declare their memory and kernels.

use super::{Local, Packing, Scalar, Start};
use crate::error::Result;
use crate::lattice::Lattice;
use crate::packed::PackedLattice;
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, workgroup_for};
use crate::shader::catalogue::{self, Kernel, ModelText};
use crate::two_layer::TwoLayer;

/// A plan under construction: where a model, a dynamics and observables declare their memory and kernels.
#[derive(Debug)]
pub struct Build<'a, M> {
    /// The plan.
    pub plan: &'a mut Plan,
    /// One model a point.
    pub models: &'a [M],
    /// One inverse temperature a point.
    pub betas: &'a [f64],
    /// Chains at every point.
    pub replicas: u32,
    /// All chains.
    pub(crate) chains: u32,
    /// Points that follow each other on one ladder: the inverse temperatures or, where there is one only, the models.
    pub(crate) ladder: u32,
    /// Whether chains may stand at other points than their numbers say.
    pub(crate) tempered: bool,
    /// Whether rows are of places, and not of chains.
    pub(crate) by_place: bool,
    /// Slots that shader variables of other names are bound to.
    pub(crate) rebound: Vec<(&'static str, Slot)>,
    /// Invocations of a workgroup.
    pub lanes: u32,
    /// Bytes of rows that an observable collects before they are read back.
    pub batch_bytes: u64,
    /// The seed, for what the host draws.
    pub seed: u64,
    /// How the chains are packed as bits, where they are; else a site takes a word.
    pub(crate) packed: Option<PackedLattice>,
    /// Invocations that keep the device busy.
    pub(crate) parallelism: u32,
    /// What a two-layer model has declared.
    pub(crate) two_layer: Option<TwoLayer>,
}

impl<M> Build<'_, M> {
    /// All chains, point after point.
    pub fn chains(&self) -> u32 {
        self.chains
    }

    /// With the constants of `shaders/lib/place.wgsl`, and the length of a ladder.
    pub(crate) fn placed(&self, mut constants: Constants) -> Constants {
        constants.set("TEMPERED", u8::from(self.tempered)).set("BY_PLACE", u8::from(self.by_place));
        constants.set("LENGTH", self.ladder).set("REPLICAS", self.replicas);
        constants
    }

    /// A slot that several parts may declare: the first one does.
    pub fn slot_once(&mut self, name: &'static str, words: u64) -> Slot {
        self.plan.find(name).unwrap_or_else(|| self.plan.slot(name, words))
    }
}

impl<M: Local> Build<'_, M> {
    /// The lattice of all points.
    pub fn lattice(&self) -> &Lattice {
        self.models[0].lattice()
    }

    /// The constants of the packed layout.
    pub(crate) fn packed_constants(&self, packed: &PackedLattice) -> Constants {
        let samples = self.models[0].disorder().map_or(1, |disorder| disorder.count(self.replicas));
        let mut constants = packed.constants();
        constants.set("BOND_GROUPS", if samples == 1 { 1 } else { packed.groups() });
        self.placed(constants)
    }

    /// What the packed kernels take for a model.
    pub(crate) fn packed_bonds(&self) -> ModelText<'static> {
        match self.models[0].packing() {
            Some(Packing::Signed) => catalogue::SIGNED,
            Some(Packing::Alike) | None => catalogue::ALIKE,
        }
    }

    /// The constants of the lattice, of how the disorder is shared, of the model, and of the places.
    pub(crate) fn constants(&self) -> Constants {
        let mut constants = self.lattice().constants();
        if let Some(disorder) = self.models[0].disorder() {
            constants.set("REPLICAS_A_SAMPLE", disorder.replicas_a_sample(self.replicas));
        }
        self.placed(constants.with(&self.models[0].constants()))
    }

    /// Declares the couplings of all samples.
    pub(super) fn declare_disorder(&mut self) {
        let model = &self.models[0];
        if let Some(disorder) = model.disorder() {
            let word = |coupling: f64| match M::SCALAR {
                Scalar::Integer => (coupling as i32).cast_unsigned(),
                Scalar::Float => (coupling as f32).to_bits(),
            };
            let mut words = Vec::new();
            for sample in 0..disorder.count(self.replicas) {
                words.extend(disorder.couplings(model.lattice(), sample).into_iter().map(word));
            }
            self.plan.slot_with("couplings", &words);
        }
    }

    /// The model's text, for the catalogue.
    pub fn kernel_source(&self, kernel: &Kernel) -> Result<std::sync::Arc<crate::shader::Source>> {
        let fragment = M::fragment();
        let source = kernel.source(ModelText { name: M::NAME, fragment: &fragment })?;
        if kernel.contract.contains(&"Parameters") {
            source.prove_layout::<M::Parameters>()?;
        }
        Ok(source)
    }

    /// Declares a lattice kernel that runs over `items` sites (or chains) and, where `rows` > 1, chains.
    ///
    /// # Errors
    /// As [`Kernel::source`], and a layout that differs.
    pub fn lattice_kernel(
        &mut self,
        kernel: &Kernel,
        (items, rows): (u32, u32),
        constants: &Constants,
        bindings: &[(&'static str, Slot)],
    ) -> Result<KernelId> {
        let source = self.kernel_source(kernel)?;
        let constants = self.constants().with(constants);
        let bindings = [bindings, &self.rebound].concat();
        Ok(self.plan.kernel(source, constants, workgroup_for(items, rows, self.lanes), &bindings))
    }

    /// The memory of packed chains and their first spins.
    pub(super) fn declare_packed(&mut self, packed: &PackedLattice, start: Start) -> Result<()> {
        let blocks = packed.blocks();
        self.plan.slot("spins", 4 * u64::from(blocks));
        if let Some(disorder) = self.models[0].disorder() {
            let samples: Vec<Vec<f64>> =
                (0..disorder.count(self.replicas)).map(|sample| disorder.couplings(self.lattice(), sample)).collect();
            let (replicas, a_sample, sites) =
                (self.replicas, disorder.replicas_a_sample(self.replicas), self.lattice().sites());
            let signs = packed.bond_signs(samples.len() == 1, |chain, site, axis| {
                let sample = samples.get((chain % replicas / a_sample) as usize);
                sample.and_then(|sample| sample.get(axis * sites as usize + site as usize)).is_some_and(|&j| j < 0.0)
            });
            self.plan.slot_with("bond_signs", &signs);
        }
        let mut constants = packed.constants();
        constants.set("COLD", u8::from(start == Start::Cold));
        let kernel = self.plan.kernel(
            catalogue::PACKED_START.source_alone()?,
            constants,
            workgroup_for(blocks, 1, self.lanes),
            &[],
        );
        self.plan.dispatch(kernel, 0..blocks, 1, 0, Tick::default());
        Ok(())
    }
}
