//! Observables of Hopfield networks.

use super::{Handle, Observable, Probe, Quantity, Row, Step, rows_slot};
use crate::error::{Error, Result};
use crate::model::{Build, Hopfield};
use crate::plan::Constants;
use crate::shader::catalogue;

/// Retrieval of each chain: the overlap m = (1/N) ξ·s with the pattern that its cue came from (exact), for which the
/// handle stands, and the energy a neuron.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overlap;

impl Handle<Overlap> {
    /// E/N = −½ (Σ_μ m_μ² − P/N), the self-coupling left out.
    pub fn energy(self) -> Quantity {
        self.column(1)
    }
}

impl Observable<Hopfield> for Overlap {
    fn probe(&self, build: &mut Build<'_, Hopfield>) -> Result<Probe> {
        let rows = rows_slot(build, 1);
        let layer = build.two_layer.clone().ok_or_else(|| Error::input("model", "two layers", "one", "report this"))?;
        let none = Constants::default();
        let kernel = layer.kernel(build.plan, &catalogue::RETRIEVAL, layer.chains(), &none, &[("rows", rows)])?;
        Ok(Probe { steps: vec![Step::Kernel { kernel, trips: u64::from(layer.quads()) }], rows, resets: false })
    }

    fn columns(&self, _: &Hopfield) -> usize {
        2
    }

    fn decode(&self, model: &Hopfield, rows: &[Row], columns: &mut [f64]) {
        let neurons = model.patterns().neurons() as f64;
        let load = model.patterns().count() as f64 / neurons;
        if let ([overlap, energy], [row]) = (columns, rows) {
            *overlap = f64::from(row[0].cast_signed()) / neurons;
            *energy = -0.5 * (f64::from(f32::from_bits(row[1])) - load);
        }
    }
}
