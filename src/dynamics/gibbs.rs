//! Sampling of Hopfield networks at a temperature.

use super::{Cooled, Dynamics};
use crate::error::{Error, Result};
use crate::model::{Build, Hopfield};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick};
use crate::shader::catalogue;
use crate::two_layer::TwoLayer;

/// Exact sampling of a Hopfield network at T = 1/β > 0 through its Gaussian hidden layer.
///
/// e^{(β/2N) Σ_μ (ξ^μ·s)²} is the mean of e^{√(β/N) Σ_μ z_μ ξ^μ·s} over normal z (Hubbard–Stratonovich), so that drawing
/// z | s ~ N(√(β/N) ξ·s, 1) and then s_i | z with P(s_i = 1) = 1/(1 + e^{−2√(β/N) Σ_μ z_μ ξ_i^μ}) in turn samples the
/// network's Boltzmann measure: block Gibbs, everything within a layer at once (A. Barra, A. Bernacchia, E. Santucci and
/// P. Contucci, Neural Networks 34, 1 (2012)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockGibbs;

/// Little's synchronous dynamics at T > 0: all neurons at once from h = Js, P(s_i = 1) = 1/(1 + e^{−2βh_i})
/// (W. A. Little, Math. Biosci. 19, 101 (1974)). Its stationary measure is not Boltzmann's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Little;

/// The kernels of a sweep: hidden, visible, overlaps.
#[derive(Debug)]
pub struct LayerSweep {
    layer: TwoLayer,
    hidden: KernelId,
    visible: KernelId,
}

fn prepare(build: &mut Build<'_, Hopfield>, little: bool) -> Result<LayerSweep> {
    if let Some(beta) = build.betas.iter().find(|beta| !beta.is_finite()) {
        return Err(Error::input("beta", "finite", beta, "recall at zero temperature is synchronous or asynchronous"));
    }
    let layer = build.two_layer.clone().ok_or_else(|| Error::input("model", "two layers", "one", "report this"))?;
    let amplitudes = layer.quads() * layer.stride();
    build.slot_once("amplitudes", 4 * u64::from(amplitudes));
    let mut constants = Constants::default();
    constants.set("NOISE", u8::from(!little)).set("LITTLE", u8::from(little));
    let states = layer.words() * layer.stride();
    let hidden = layer.kernel(build.plan, &catalogue::HIDDEN, amplitudes, &constants, &[])?;
    let visible = layer.kernel(build.plan, &catalogue::VISIBLE, states, &constants, &[])?;
    Ok(LayerSweep { layer, hidden, visible })
}

impl LayerSweep {
    fn append(&self, sweep: u64, plan: &mut Plan) {
        let tick = Tick { sweep, ..Tick::default() };
        let (quads, words, stride) = (self.layer.quads(), self.layer.words(), self.layer.stride());
        plan.dispatch(self.hidden, 0..quads * stride, 1, 0, tick);
        plan.dispatch(self.visible, 0..words * stride, 1, u64::from(quads), tick);
        self.layer.append_projection(sweep, plan);
    }
}

impl Dynamics<Hopfield> for BlockGibbs {
    type Program = LayerSweep;

    fn prepare(&self, build: &mut Build<'_, Hopfield>) -> Result<LayerSweep> {
        prepare(build, false)
    }

    fn append(&self, program: &LayerSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

impl Dynamics<Hopfield> for Little {
    type Program = LayerSweep;

    fn prepare(&self, build: &mut Build<'_, Hopfield>) -> Result<LayerSweep> {
        prepare(build, true)
    }

    fn append(&self, program: &LayerSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

/// One temperature, of all chains.
impl Cooled for Hopfield {
    type Thermostat = ();

    fn prepare_cooled<D: Dynamics<Self>>(
        dynamics: &D,
        _: &[f64],
        build: &mut Build<'_, Self>,
    ) -> Result<(D::Program, Slot, ())> {
        let betas = build.plan.find("betas");
        let betas = betas.ok_or_else(|| Error::input("model", "temperatures", "none", "report this"))?;
        Ok((dynamics.prepare(build)?, betas, ()))
    }

    fn temperatures((): &(), _: usize, beta: f64) -> Vec<u32> {
        vec![(beta as f32).to_bits()]
    }
}
