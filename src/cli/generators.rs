//! Saved machines that draw samples.

use super::session::Session;
use anyhow::Result;
use spinfield::boltzmann::{GeneralChains, MachineChains};
use spinfield::io::checkpoint::Sections;
use spinfield::{Attendant, GeneralMachine, Layer, RestrictedMachine, Units, Vectors};
use std::path::Path;

/// Chains of a machine of either kind.
pub enum Machine {
    Restricted { chains: Box<MachineChains>, visible: Units, updates: u64 },
    General { chains: Box<GeneralChains>, visible: usize, updates: u64 },
}

/// What was drawn.
pub struct Drawn {
    /// Of the visible units, one row a chain.
    pub samples: Vectors,
    /// Their means given the hidden units, where those make them independent.
    pub means: Option<Vectors>,
    /// The type of the visible units.
    pub units: Units,
}

impl Machine {
    /// Chains of a restricted machine.
    pub fn restricted(path: &Path, session: &Session, count: usize) -> Result<Self> {
        let machine = RestrictedMachine::load(path)?;
        let chains = Box::new(session.gpu.machine(&machine).chains(count).seed(session.seed).build()?);
        // Sweeps of annealing and as many of the machine itself.
        let updates = 2 * (machine.size(Layer::Visible) + machine.size(Layer::Hidden)) as u64 * count as u64;
        Ok(Self::Restricted { chains, visible: machine.units(Layer::Visible), updates })
    }

    /// Chains of a general machine.
    pub fn general(path: &Path, session: &Session, count: usize) -> Result<Self> {
        let machine = GeneralMachine::load(path)?;
        let chains = Box::new(session.gpu.general_machine(&machine).chains(count).seed(session.seed).build()?);
        Ok(Self::General { chains, visible: machine.visible(), updates: (machine.units() * count) as u64 })
    }

    /// Makes sweeps, or goes on `from` where these were saved. Chains of a restricted machine are spread over its modes first, by as
    /// many sweeps: those that began with the machine itself could not leave the nearest one. Those of a general one begin at random.
    pub fn run(
        &mut self,
        sweeps: u64,
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> spinfield::Result<()> {
        match self {
            Self::Restricted { chains, .. } => chains.run_attended(sweeps, sweeps, from, attendant),
            Self::General { chains, .. } => chains.run_attended(sweeps, from, attendant),
        }
    }

    /// The states as they are.
    pub fn drawn(&mut self) -> Result<Drawn> {
        match self {
            Self::Restricted { chains, visible, .. } => {
                Ok(Drawn { samples: chains.visible()?, means: Some(chains.visible_means()?), units: *visible })
            }
            Self::General { chains, visible, .. } => {
                let states = chains.states()?;
                let row = |p| states.signs(p).into_iter().take(*visible).map(f32::from);
                let samples = Vectors::new(*visible, (0..states.count()).flat_map(row).collect())?;
                Ok(Drawn { samples, means: None, units: Units::Spin })
            }
        }
    }

    /// Updates of units by all chains for each of the sweeps.
    pub fn updates_a_sweep(&self) -> u64 {
        match self {
            Self::Restricted { updates, .. } | Self::General { updates, .. } => *updates,
        }
    }
}
