//! Models: a struct, its energy as a formula, and a WGSL fragment of a few one-line functions.
//!
//! [`Model`] is what a [`Simulation`](crate::Simulation) needs to hold a system on the device. Lattice models implement
//! [`Local`] (and get [`Model`] from it): the energy of a bond, the energy of a site, and how a site begins. What else a
//! model can do is said by [`TwoState`], [`Symmetric`], [`Continuous`] and [`Differentiable`], and decides which dynamics it admits.

mod build;
mod disorder;
mod edwards_anderson;
mod gaussian_glass;
mod hopfield;
mod ising;
mod pairwise;
mod phi4;
mod potts;
mod xy;

pub use build::Build;
pub use disorder::{Disorder, Samples};
pub use edwards_anderson::{EdwardsAnderson, LARGEST_COUPLING};
pub use gaussian_glass::GaussianGlass;
pub use hopfield::Hopfield;
pub use ising::Ising;
pub use pairwise::PairwiseSpins;
pub use phi4::Phi4;
pub use potts::{MOST_STATES, Potts};
pub use xy::Xy;

use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::packed::PackedLattice;
use crate::plan::{Constants, Tick};
use crate::shader::catalogue::{self};
use crate::shader::{Fragment, Mirror};

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
            return build.declare_packed(&packed, start);
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
