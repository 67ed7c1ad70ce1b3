//! Models: a struct, its energy as a formula, and a WGSL fragment of a few one-line functions.
//!
//! [`Model`] is what a [`Simulation`](crate::Simulation) needs to hold a system on the device. Lattice models implement
//! [`Local`] (and get [`Model`] from it): the energy of a bond, the energy of a site, and how a site begins. What else a
//! model can do is said by [`TwoState`], [`Symmetric`], [`Continuous`] and [`Differentiable`], and decides which dynamics it admits.

mod disorder;
mod edwards_anderson;
mod gaussian_glass;
mod hopfield;
mod ising;
mod phi4;
mod potts;
mod xy;

pub use disorder::{Disorder, Samples};
pub use edwards_anderson::{EdwardsAnderson, LARGEST_COUPLING};
pub use gaussian_glass::GaussianGlass;
pub use hopfield::Hopfield;
pub use ising::Ising;
pub use phi4::Phi4;
pub use potts::{MOST_STATES, Potts};
pub use xy::Xy;

use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::packed::PackedLattice;
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, workgroup_for};
use crate::shader::catalogue::{self, Kernel, ModelText};
use crate::shader::{Fragment, Mirror};
use crate::two_layer::TwoLayer;

/// The type of a model's sites and energies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// `i32`: energies are whole multiples of [`Local::units`], and trajectories the same bits on every adapter.
    Integer,
    /// `f32`.
    Float,
}

/// How chains begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// Random, as at infinite temperature.
    #[default]
    Hot,
    /// Ordered.
    Cold,
}

/// A system that a simulation can hold on the device.
pub trait Model: Clone + Send + Sync + 'static {
    /// The model's name, for messages.
    fn name(&self) -> &'static str;

    /// Whether the parameters make sense.
    ///
    /// # Errors
    /// [`Error::Input`] naming the parameter.
    fn check(&self) -> Result<()>;

    /// Sites, neurons or units of one chain.
    fn sites(&self) -> u32;

    /// Bytes of one chain's state on the device: what does not fit is refused before the host prepares anything.
    fn state_bytes(&self) -> u64 {
        4 * u64::from(self.sites())
    }

    /// Bytes that all points share, as quenched couplings, for so many replicas.
    fn shared_bytes(&self, _replicas: u32) -> u64 {
        0
    }

    /// The shape of one chain, for arrays and correlation lengths.
    fn sides(&self) -> Vec<u32> {
        vec![self.sites()]
    }

    /// The layout as bits of these points' chains, where models and lattice have one.
    #[doc(hidden)]
    fn packed(_models: &[Self], _chains: u32) -> Option<PackedLattice> {
        None
    }

    /// Declares the memory that every dynamics shares and appends the first configurations.
    ///
    /// # Errors
    /// As the catalogue: a contract that the fragment does not keep.
    fn declare(build: &mut Build<'_, Self>, start: Start) -> Result<()>;
}

/// A lattice model with energies of bonds and sites,
/// E = Σ_x Σ_μ J_{x,μ} `bond`(x, x+μ) + Σ_x `onsite`(x), and weight e^(−βE). The couplings J are 1 in a clean model; a
/// quenched one gives its [`disorder`](Local::disorder) and says so by `alias Coupling` in its fragment.
///
/// Its fragment defines `alias Site`, `alias Scalar`, `struct Parameters` and the functions `bond(a, b, point)`,
/// `onsite(a, point)`, `order(a)`, `hot(random)` and `cold()`. The example `own_model` is a complete one.
pub trait Local: Clone + Send + Sync + 'static {
    /// The model's name, for messages.
    const NAME: &'static str;
    /// What `alias Site` and `alias Scalar` are.
    const SCALAR: Scalar;
    /// What the components of `order` are: `alias Order` in the fragment, which may be left out where it is `Scalar`.
    const ORDER: Scalar = Self::SCALAR;
    /// The twin of the fragment's `struct Parameters`.
    type Parameters: Mirror;

    /// The WGSL fragment.
    fn fragment() -> Fragment;

    /// The lattice.
    fn lattice(&self) -> &Lattice;

    /// The parameters that the device needs.
    fn parameters(&self) -> Self::Parameters;

    /// What one unit of a bond's and of a site's energy is worth.
    fn units(&self) -> [f64; 2] {
        [1.0, 1.0]
    }

    /// How the spins can be packed as bits, 32 a word: for models of s = ±1 whose energy in [`units`](Local::units) is
    /// −Σ ±s s' over the bonds and −Σ s over the sites.
    fn packing(&self) -> Option<Packing> {
        None
    }

    /// Values of the fragment's own `override` constants, the same at all points.
    fn constants(&self) -> Constants {
        Constants::default()
    }

    /// The quenched couplings of the bonds, the same at all points. Its fragment then has `alias Coupling = Scalar`.
    fn disorder(&self) -> Option<&Disorder> {
        None
    }

    /// Whether the parameters make sense; the default refuses what is not finite.
    ///
    /// # Errors
    /// [`Error::Input`] naming the parameter.
    fn check(&self) -> Result<()> {
        let words = self.parameters().words();
        let not_finite = words
            .iter()
            .zip(Self::Parameters::FIELDS)
            .find(|(bits, field)| field.kind == "f32" && !f32::from_bits(**bits).is_finite());
        match not_finite {
            Some((bits, field)) => {
                let hint = "parameters must be finite numbers within the range of f32";
                Err(Error::input(format!("{} of {}", field.name, Self::NAME), "finite", f32::from_bits(*bits), hint))
            }
            None => Ok(()),
        }
    }
}

/// What the packed kernels need to know of a model apart from its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// All bonds are alike: −Σ s s'.
    Alike,
    /// Bonds have quenched couplings ±1.
    Signed,
}

/// A lattice model whose sites have two values; the fragment adds `flipped(a)`.
pub trait TwoState: Local {
    /// The most that the energy of one bond of unit coupling changes when a site flips, in units of [`Local::units`].
    const BOND_CHANGE: u32;
    /// The most that the energy of one site changes.
    const ONSITE_CHANGE: u32;

    /// The smallest and the largest Σ|J| over the bonds of one site; 0 for the smallest where bonds are missing. Only
    /// models of integer energies are asked.
    fn strength(&self) -> [u32; 2] {
        let bonds = 2 * self.lattice().dimensions() as u32;
        [bonds, bonds]
    }
}

/// A two-state model whose bonds do not notice when both of their sites flip:
/// `bond(flipped(a), flipped(b), point)` = `bond(a, b, point)`. Then clusters of sites can flip together.
pub trait Symmetric: TwoState {}

/// A lattice model with real sites; the fragment adds `propose(here, uniform, width)`, whose proposals are symmetric.
pub trait Continuous: Local {}

/// A model with a gradient; the fragment adds `bond_slope(a, b, point)` and `onsite_slope(a, point)`, the derivatives in
/// `a`. `bond` must be symmetric in its two sites.
pub trait Differentiable: Continuous {}

/// A model of planar spins, whose sites are angles and whose energy is linear in the direction of each; the fragment adds
/// `pull(b, point)`, what a neighbour b adds to a site's local field, and `reflected(a, field)`.
pub trait Planar: Continuous {}

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
    fn declare_disorder(&mut self) {
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
}

impl<M: Local> Model for M {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn check(&self) -> Result<()> {
        Local::check(self)
    }

    fn sites(&self) -> u32 {
        self.lattice().sites()
    }

    fn shared_bytes(&self, replicas: u32) -> u64 {
        let bonds = u64::from(self.sites()) * self.lattice().dimensions() as u64;
        self.disorder().map_or(0, |disorder| 4 * bonds * u64::from(disorder.count(replicas)))
    }

    fn sides(&self) -> Vec<u32> {
        self.lattice().sides().to_vec()
    }

    fn packed(models: &[Self], chains: u32) -> Option<PackedLattice> {
        let packing = models.first()?.packing()?;
        let alike = models.iter().all(|model| model.packing() == Some(packing));
        PackedLattice::new(models[0].lattice(), chains).filter(|_| alike)
    }

    fn declare(build: &mut Build<'_, Self>, start: Start) -> Result<()> {
        let (sites, chains) = (build.lattice().sites(), build.chains());
        if let Some(other) = build.models.iter().find(|model| model.lattice() != build.models[0].lattice()) {
            let hint = "give every lattice a simulation of its own";
            return Err(Error::input("lattices of the points", build.lattice().to_string(), other.lattice(), hint));
        }
        let first = &build.models[0];
        if build.models.iter().any(|model| model.disorder() != first.disorder()) {
            let hint = "give every sample of the disorder a simulation of its own, or a replica";
            return Err(Error::input("disorder of the points", "the same", "several", hint));
        }
        if build.models.iter().any(|model| model.constants() != first.constants()) {
            let hint = "give each of them a simulation of its own";
            return Err(Error::input(format!("constants of the points ({})", M::NAME), "the same", "several", hint));
        }
        for identity in ["places", "occupants"] {
            build.plan.slot_with(identity, &(0..chains).collect::<Vec<u32>>());
        }
        if let Some(packed) = build.packed.clone() {
            return declare_packed(build, &packed, start);
        }
        let parameters: Vec<u32> = build.models.iter().flat_map(|model| model.parameters().words()).collect();
        let betas: Vec<f32> = build.betas.iter().map(|&beta| beta as f32).collect();
        build.plan.slot_with("parameters", &parameters);
        build.plan.slot_with("betas", &betas);
        build.plan.slot("state", u64::from(sites) * u64::from(chains));
        build.declare_disorder();
        let mut constants = Constants::default();
        constants.set("COLD", u8::from(start == Start::Cold));
        let kernel = build.lattice_kernel(&catalogue::START, (sites, chains), &constants, &[])?;
        build.plan.dispatch(kernel, 0..sites, chains, 0, Tick::default());
        Ok(())
    }
}

/// The memory of packed chains and their first spins.
fn declare_packed<M: Local>(build: &mut Build<'_, M>, packed: &PackedLattice, start: Start) -> Result<()> {
    let blocks = packed.blocks();
    build.plan.slot("spins", 4 * u64::from(blocks));
    if let Some(disorder) = build.models[0].disorder() {
        let samples: Vec<Vec<f64>> =
            (0..disorder.count(build.replicas)).map(|sample| disorder.couplings(build.lattice(), sample)).collect();
        let (replicas, a_sample, sites) =
            (build.replicas, disorder.replicas_a_sample(build.replicas), build.lattice().sites());
        let signs = packed.bond_signs(samples.len() == 1, |chain, site, axis| {
            let sample = samples.get((chain % replicas / a_sample) as usize);
            sample.and_then(|sample| sample.get(axis * sites as usize + site as usize)).is_some_and(|&j| j < 0.0)
        });
        build.plan.slot_with("bond_signs", &signs);
    }
    let mut constants = packed.constants();
    constants.set("COLD", u8::from(start == Start::Cold));
    let kernel = build.plan.kernel(
        catalogue::PACKED_START.source_alone()?,
        constants,
        workgroup_for(blocks, 1, build.lanes),
        &[],
    );
    build.plan.dispatch(kernel, 0..blocks, 1, 0, Tick::default());
    Ok(())
}
