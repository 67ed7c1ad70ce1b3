//! spinfield runs the statistical mechanics of neural networks and lattice fields on any graphics card.
//!
//! Magnets, φ⁴ fields and Hopfield networks are simulated by compute kernels through Vulkan, Metal, Direct3D 12 or
//! OpenGL, or on a software adapter where there is no card. Every mean comes with an error that includes
//! autocorrelation, and the same seed gives the same numbers.
//!
//! # Overview
//!
//! - [`Gpu`] is a device. [`Gpu::new`] takes the best one, [`Gpu::from_device`] shares one with another program.
//! - A model is its energy: [`Ising`], [`Potts`], [`Phi4`], [`Xy`], the spin glasses [`EdwardsAnderson`] and
//!   [`GaussianGlass`], [`PairwiseSpins`] with [`Couplings`] of every pair, [`Hopfield`], or [one of your own](model::Local).
//! - A dynamics is a type that the model's traits admit: [`HeatBath`] and [`Metropolis`] for discrete sites, the clusters
//!   of [`SwendsenWang`] and [`Wolff`], [`Hmc`] and [`Proposal`] for fields, [`OverRelaxation`] for planar spins,
//!   [`BlockGibbs`] and [`Little`] for networks. A pair runs one after the other, and [`Tempering`] and [`Anneal`] wrap
//!   another dynamics.
//! - [`Gpu::simulate`] joins the two. Inverse temperatures, parameters and independent replicas are all chains of one
//!   [`Simulation`] and advance together.
//! - [`Simulation::observe`] returns a typed handle; [`Simulation::run`] follows a [`Schedule`] and returns a [`Run`],
//!   whose [points](run::Point) turn handles into [`Estimate`]s.
//! - [`Gpu::recall`] retrieves stored [`Patterns`] from damaged [`Cues`] at zero temperature, from Hopfield networks and
//!   dense [memories](Memory); [`Gpu::attend`] retrieves real [`Vectors`].
//! - [`Raster`] is a recording of neurons, [`Gpu::describe`] its rates and correlations. [`NeuralField`] is its lattice field theory:
//!   [`Gpu::fit_neurons`] finds the couplings, [`Gpu::neural_field`] samples them.
//! - [`RestrictedMachine`] is a Boltzmann machine of two layers; [`Gpu::train`] learns one, [`Gpu::machine`] samples it, and
//!   [`boltzmann`] has what judges it.
//!
//! # Examples
//!
//! A magnet across its critical temperature; the lines read like `0.44 -1.4477(12) 0.607(4)`:
//!
//! ```no_run
//! use spinfield::{Energy, Gpu, HeatBath, Ising, Lattice, Magnetization, Schedule};
//!
//! let gpu = Gpu::new()?;
//! let magnet = Ising::new(Lattice::square(32)?);
//! let mut sim = gpu.simulate(magnet, HeatBath).betas(&[0.42, 0.44, 0.46]).replicas(64).seed(1).build()?;
//! let (energy, m) = (sim.observe(Energy), sim.observe(Magnetization));
//! let run = sim.run(Schedule { warmup: 2_000, samples: 1_000, thin: 5 })?;
//! for at in run.by_beta() {
//!     println!("{} {} {}", at.beta(), at.mean(energy), at.binder(m));
//! }
//! # Ok::<(), spinfield::Error>(())
//! ```
//!
//! A thousand patterns in 20,000 neurons, recalled from cues of which a quarter is wrong:
//!
//! ```no_run
//! use spinfield::random::{Purpose, Stream};
//! use spinfield::{Cues, Damage, Gpu, Patterns};
//!
//! let patterns = Patterns::random(1_000, 20_000, &mut Stream::new(1, Purpose::Patterns, 0))?;
//! let cues = Cues::damaged(&patterns, 64, Damage::Noise(0.25), 2)?;
//! let recall = Gpu::new()?.recall(&patterns, &cues).run()?;
//! println!("{} % retrieved", 100.0 * recall.retrieved_fraction());
//! # Ok::<(), spinfield::Error>(())
//! ```
//!
//! φ⁴ theory by hybrid Monte Carlo, with the acceptance and ⟨e^(−ΔH)⟩, which is 1 if all is well:
//!
//! ```no_run
//! use spinfield::{FieldMoments, Gpu, Hmc, Lattice, Phi4, Schedule, Trajectories};
//!
//! let theory = Phi4::new(Lattice::square(16)?, -0.5, 0.5);
//! let mut sim = Gpu::new()?.simulate(theory, Hmc::new(10, 0.1)).replicas(64).build()?;
//! let (field, trajectories) = (sim.observe(FieldMoments), sim.observe(Trajectories));
//! let run = sim.run(Schedule { warmup: 200, samples: 1_000, thin: 1 })?;
//! for at in run.by_beta() {
//!     println!("{} {}", at.mean(field.phi2()), at.mean(field.schwinger_dyson()));
//!     println!("{} {}", at.mean(trajectories.accepted()), at.mean(trajectories.exp_minus_energy_error()));
//! }
//! # Ok::<(), spinfield::Error>(())
//! ```
//!
//! The folder `examples` has these as programs that check themselves, a model of one's own, and a shared device.
//!
//! # What is reproducible
//!
//! Random words are a pure function of seed, purpose, site, chain and sweep: no result depends on the [`Tuning`].
//! Two-state models and recall from Hopfield networks at zero temperature decide by integers and give the same bits on
//! every adapter; so do dense memories where [`Memory::is_exact`], and elsewhere they add floats in a fixed order. Real
//! fields are the same in distribution; never compare their trajectories.
//!
//! What is long can be kept: [`Simulation::save`] and [`restore`](Simulation::restore) turn chains into data and back,
//! [`Simulation::run_attended`] has an [`Attendant`] save a run between two chunks and goes on from there with the same
//! numbers, and [`io::checkpoint`] puts such data into files that know whether they are whole.
//!
//! # Errors
//!
//! Everything that can fail returns [`Error`], whose one line says what, what was wanted, what was got and what to do.
//! What does not fit an adapter is refused before anything is allocated on it.
//!
//! # Lower level
//!
//! You can safely ignore these until you write a dynamics or a kernel: a [`plan::Plan`] is the list of operations that
//! physics hands to the device, [`shader`] joins kernels from WGSL fragments and proves their layouts, and [`random`]
//! is the generator. [`probe`] measures what a device can do at best. [`io`], [`report`] and [`statistics`] need no device
//! at all.
//!
//! # Features
//!
//! - `cli` (default): the program `spinfield` and what only it needs. Libraries take `default-features = false`.

mod attendant;
pub mod attention;
pub mod boltzmann;
pub mod couplings;
pub mod cues;
mod dense;
pub mod doctor;
pub mod dynamics;
pub mod error;
pub mod explicit_recall;
pub mod gpu;
pub mod io;
pub mod lattice;
pub mod learn;
pub mod memory;
pub mod model;
pub mod neurons;
pub mod observable;
mod pace;
mod packed;
pub mod patterns;
pub mod plan;
pub mod probe;
pub mod random;
pub mod recall;
mod recorder;
pub mod report;
mod response;
pub mod run;
pub mod schedule;
pub mod shader;
pub mod simulation;
pub mod statistics;
mod storage;
pub mod theory;
mod two_layer;

pub use attendant::{Attendant, Within};
pub use attention::{Attended, Vectors};
pub use boltzmann::{Annealed, GeneralMachine, Judge, Layer, MachineChains, RestrictedMachine, Units};
pub use couplings::Couplings;
pub use cues::{Cues, Damage};
pub use dynamics::{
    Anneal, BlockGibbs, HeatBath, Hmc, Integrator, Little, Metropolis, OverRelaxation, Proposal, SwendsenWang,
    Tempering, Wolff,
};
pub use error::{Error, Result};
pub use gpu::{AdapterRequest, Gpu, Tuning, wgpu};
pub use lattice::Lattice;
pub use memory::Memory;
pub use model::*;
pub use neurons::{NeuralField, Raster};
pub use observable::{
    Acceptance, Energy, FieldMoments, Magnetization, Overlap, ReplicaOverlap, StructureFactor, Swaps, Trajectories,
};
pub use patterns::Patterns;
pub use recall::{Order, Recall, Update};
pub use run::Run;
pub use schedule::Schedule;
pub use simulation::{Simulation, SimulationBuilder};
pub use statistics::Estimate;
