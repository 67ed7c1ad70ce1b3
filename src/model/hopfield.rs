//! The Hopfield network.

use super::{Build, Model, Start};
use crate::cues::Cues;
use crate::error::{Error, Result};
use crate::patterns::Patterns;
use crate::random::{Purpose, Stream};
use crate::two_layer::TwoLayer;
use std::sync::Arc;

/// A Hopfield network with Hebb's couplings J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ, J_ii = 0, and energy E = −½ Σ_ij J_ij s_i s_j
/// (J. J. Hopfield, PNAS 79, 2554 (1982)). The matrix is never formed: patterns stay bits.
///
/// For recall at zero temperature see [`Gpu::recall`](crate::Gpu::recall); at a temperature, simulate the network under
/// [`BlockGibbs`](crate::BlockGibbs). Chains begin at the cues in turn, or at the stored patterns where there are none.
#[derive(Debug, Clone)]
pub struct Hopfield {
    patterns: Arc<Patterns>,
    cues: Option<Arc<Cues>>,
}

impl Hopfield {
    /// A network that stores these patterns.
    pub fn new(patterns: Patterns) -> Self {
        Self { patterns: Arc::new(patterns), cues: None }
    }

    /// Chains begin at these cues, chain r at cue r modulo their number.
    #[must_use]
    pub fn starting_at(mut self, cues: Cues) -> Self {
        self.cues = Some(Arc::new(cues));
        self
    }

    /// The stored patterns.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }
}

impl Model for Hopfield {
    fn name(&self) -> &'static str {
        "hopfield"
    }

    fn check(&self) -> Result<()> {
        match &self.cues {
            Some(cues) => cues.check_against(&self.patterns),
            None => Ok(()),
        }
    }

    fn sites(&self) -> u32 {
        self.patterns.neurons() as u32
    }

    fn state_bytes(&self) -> u64 {
        4 * self.patterns.words() as u64
    }

    fn declare(build: &mut Build<'_, Self>, start: Start) -> Result<()> {
        let model = build.models[0].clone();
        let same_cues = |other: &Self| match (&other.cues, &model.cues) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if build.models.iter().any(|other| !Arc::ptr_eq(&other.patterns, &model.patterns) || !same_cues(other)) {
            let hint = "give every set of patterns, and of cues, a simulation of its own";
            return Err(Error::input("patterns and cues of the points", "one set", "several", hint));
        }
        let chains = build.chains() as usize;
        let replicas = build.replicas as usize;
        let random;
        let (begin, targets): (&Patterns, Vec<usize>) = match (&model.cues, start) {
            (Some(cues), _) => (cues.states(), cues.targets().to_vec()),
            (None, Start::Cold) => (&model.patterns, (0..model.patterns.count()).collect()),
            (None, Start::Hot) => {
                let mut stream = Stream::new(build.seed, Purpose::Start, 0);
                random = Patterns::random(chains, model.patterns.neurons(), &mut stream)?;
                (&random, (0..model.patterns.count()).cycle().take(chains).collect())
            }
        };
        let cue_of = |chain: usize| chain % replicas % begin.count();
        let states: Vec<&[u32]> = (0..chains)
            .map(|chain| {
                begin.words_of(if model.cues.is_none() && start == Start::Hot { chain } else { cue_of(chain) })
            })
            .collect();
        let targets: Vec<u32> = (0..chains).map(|chain| targets[cue_of(chain) % targets.len()] as u32).collect();
        let betas: Vec<f32> = build.betas.iter().map(|&beta| beta as f32).collect();
        build.plan.slot_with("betas", &betas);
        let layer = TwoLayer::declare(build.plan, &model.patterns, &states, &targets, build.lanes)?;
        build.two_layer = Some(layer);
        Ok(())
    }
}
