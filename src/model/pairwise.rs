//! Spins with explicit couplings.

use super::{Build, Model, Start};
use crate::couplings::Couplings;
use crate::cues::Cues;
use crate::dense::{Dense, strengths, unit_for};
use crate::error::{Error, Result};
use crate::patterns::Patterns;
use crate::random::{Purpose, Stream};
use rand::Rng as _;
use std::sync::Arc;

/// N spins s = ±1 with explicit couplings of every pair, E = −½ Σ_ij J_ij s_i s_j − Σ_i h_i s_i and weight e^(−βE): the
/// glass of Sherrington and Kirkpatrick, a Boltzmann machine, a network with couplings of one's own.
///
/// Under [`HeatBath`](crate::HeatBath) and [`Metropolis`](crate::Metropolis) the sites of every chain are visited one after
/// another in their order, under [`Little`](crate::Little) all at once. Couplings and fields are rounded to multiples of a
/// power of two, 2⁻³⁰ to 2⁻²⁹ of the largest Σ_j |J_ij| + |h_i|: fields are then exact integers, however long a run, and do
/// not depend on how sums are cut. Exponentials decide: runs on different adapters agree in distribution, not bit by bit.
///
/// Memory on the device: 4 bytes an entry of the matrix, with N rounded up to a multiple of 32, which must fit in one
/// binding (128 MiB on the least adapter: N = 5,792).
#[derive(Debug, Clone)]
pub struct PairwiseSpins {
    couplings: Couplings,
    fields: Arc<[f32]>,
    cues: Option<Arc<Cues>>,
    /// The smallest and the largest that the field of a site can be.
    strengths: [f64; 2],
}

impl PairwiseSpins {
    /// Spins with these couplings, without a field.
    pub fn new(couplings: Couplings) -> Self {
        let fields = vec![0.0; couplings.sites()].into();
        Self { couplings, fields, cues: None, strengths: [0.0; 2] }.measured()
    }

    /// The glass of Sherrington and Kirkpatrick, J_ij ~ N(0, 1/N), of N spins.
    ///
    /// # Errors
    /// As [`Couplings::sherrington_kirkpatrick`].
    pub fn sherrington_kirkpatrick(sites: usize, disorder_seed: u64) -> Result<Self> {
        Couplings::sherrington_kirkpatrick(sites, disorder_seed).map(Self::new)
    }

    /// These spins in a uniform field h.
    #[must_use]
    pub fn field(mut self, field: f64) -> Self {
        self.fields = vec![field as f32; self.couplings.sites()].into();
        self.measured()
    }

    /// These spins in a field h_i of each site.
    #[must_use]
    pub fn fields(mut self, fields: &[f32]) -> Self {
        self.fields = fields.into();
        self.measured()
    }

    fn measured(mut self) -> Self {
        self.strengths = strengths(&self.couplings, &self.fields);
        self
    }

    /// Chains begin at these cues, chain r at cue r modulo their number, instead of at random or all up.
    #[must_use]
    pub fn starting_at(mut self, cues: Cues) -> Self {
        self.cues = Some(Arc::new(cues));
        self
    }

    /// The couplings.
    pub fn couplings(&self) -> &Couplings {
        &self.couplings
    }

    /// The fields h_i.
    pub fn site_fields(&self) -> &[f32] {
        &self.fields
    }

    /// What one unit of the device's integers is worth: it depends on couplings and fields alone.
    pub(crate) fn unit(&self) -> f64 {
        unit_for(self.strengths[1])
    }

    /// The smallest, over sites, of what a field can be at the most.
    pub(crate) fn weakest(&self) -> f64 {
        self.strengths[0]
    }

    /// Bytes of the couplings on the device.
    pub(crate) fn matrix_bytes(&self) -> u64 {
        4 * (self.couplings.sites().next_multiple_of(32) as u64).pow(2)
    }

    /// The layout on the device.
    pub(crate) fn dense(&self, chains: u32, lanes: u32, parallelism: u32) -> Dense {
        Dense::new(self.couplings.sites(), self.unit(), chains, lanes, parallelism)
    }
}

impl Model for PairwiseSpins {
    fn name(&self) -> &'static str {
        "pairwise-spins"
    }

    fn check(&self) -> Result<()> {
        self.couplings.check_symmetric("couplings of chains at a temperature")?;
        let sites = self.couplings.sites();
        if self.fields.len() != sites {
            let hint = "give a field a site, or one for all";
            return Err(Error::input("fields", format!("{sites} numbers"), self.fields.len(), hint));
        }
        if let Some(site) = self.fields.iter().position(|field| !field.is_finite()) {
            let hint = "fields must be finite numbers within the range of f32";
            return Err(Error::input(format!("field of site {site}"), "finite", self.fields[site], hint));
        }
        match &self.cues {
            Some(cues) if cues.states().neurons() != sites => {
                let hint = "cues and couplings must have the same size";
                Err(Error::input("cue", format!("{sites} neurons"), cues.states().neurons(), hint))
            }
            _ => Ok(()),
        }
    }

    fn sites(&self) -> u32 {
        self.couplings.sites() as u32
    }

    fn state_bytes(&self) -> u64 {
        4 * u64::from(self.sites().div_ceil(32))
    }

    fn shared_bytes(&self, _: u32) -> u64 {
        self.matrix_bytes()
    }

    fn declare(build: &mut Build<'_, Self>, start: Start) -> Result<()> {
        let model = build.models[0].clone();
        let differs = |other: &Self| {
            let same_cues = match (&other.cues, &model.cues) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (a, b) => a.is_none() && b.is_none(),
            };
            !other.couplings.same_as(&model.couplings) || other.fields != model.fields || !same_cues
        };
        if build.models.iter().any(differs) {
            let hint = "give every set of couplings and fields, and of cues, a simulation of its own";
            return Err(Error::input("couplings, fields and cues of the points", "one set", "several", hint));
        }
        let dense = build.dense();
        let (chains, words) = (build.chains(), model.couplings.sites().div_ceil(32));
        let replicas = build.replicas;
        let state = |chain: u32| -> Vec<u32> {
            match (&model.cues, start) {
                (Some(cues), _) => {
                    let states: &Patterns = cues.states();
                    states.words_of((chain % replicas) as usize % states.count()).to_vec()
                }
                (None, Start::Cold) => vec![u32::MAX; words],
                (None, Start::Hot) => {
                    let mut stream = Stream::new(build.seed, Purpose::Start, chain);
                    (0..words).map(|_| stream.next_u32()).collect()
                }
            }
        };
        let states: Vec<Vec<u32>> = (0..chains).map(state).collect();
        let betas = build.betas.iter().flat_map(|&beta| (0..replicas).map(move |_| beta));
        let factors = dense.factors(betas);
        for identity in ["places", "occupants"] {
            build.plan.slot_with(identity, &(0..chains).collect::<Vec<u32>>());
        }
        dense.declare(build.plan, &model.couplings, &model.fields, &states)?;
        build.plan.slot_with("factors", &factors);
        Ok(())
    }
}

impl Build<'_, PairwiseSpins> {
    /// The layout of the spins on the device.
    pub(crate) fn dense(&self) -> Dense {
        self.models[0].dense(self.chains(), self.lanes, self.parallelism)
    }
}
