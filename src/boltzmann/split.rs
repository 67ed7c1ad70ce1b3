//! Passes in two kernels, for units that take too many operations to be part of the product of matrices.

use super::layers::{Keep, Layers, Pass, PassShape, PassSlots, padded};
use super::{Layer, Units};
use crate::error::Result;
use crate::plan::{Constants, Plan};
use crate::shader::catalogue;

/// Loop iterations for four quartic units at the most: thrice both half lines, with 10 turns of Newton's method, 14 of bisection
/// and 32 cells each, and once 32 cells and 16 bisections to draw them.
const QUARTIC_TRIPS: usize = 3 * 2 * (10 + 14 + 32) + 32 + 16;

impl Layers {
    /// Declares a pass whose first kernel adds the inputs up and whose second one makes units of them.
    ///
    /// # Errors
    /// [`Error::Shader`](crate::Error::Shader) for a defect of a kernel's text.
    pub(super) fn split_pass(&self, plan: &mut Plan, slots: PassSlots, shape: PassShape) -> Result<Pass> {
        let layer: Layer = shape.to;
        let sums = self.states(plan, "sums", layer, shape.rows);
        // Nothing is made of the sums, so any units' text does.
        let summed = PassShape { found_at: 0, keep: Keep::Sum, sample: None, clamped: false, ..shape };
        let product = self.pass_with(plan, PassSlots { kept: sums, ..slots }, summed, catalogue::GAUSSIAN)?;
        let quads = self.width(layer) / 4;
        let mut constants = Constants::default();
        constants.set("FOUND_QUADS", quads as u32).set("UNITS", self.size(layer) as u32);
        constants.set("BASE_AT", (self.base_at(layer) / 4) as u32);
        constants.set("SPLIT", shape.data as u32).set("FOUND_AT", shape.found_at as u32);
        constants.set("PURPOSE", shape.sample.map_or(0, |purpose| purpose as u32));
        constants.set("SAMPLE", u8::from(shape.sample.is_some())).set("CLAMPED", u8::from(shape.clamped));
        constants.set("KEEP", shape.keep as u32);
        if let Units::Phi4(quartic) = self.units(layer) {
            constants.set("UNIT_SQUARE", quartic.square()).set("UNIT_QUARTIC", quartic.quartic());
        }
        let bindings = [
            ("sums", sums),
            ("found", slots.found),
            ("kept", slots.kept),
            ("scales", self.scales),
            ("held", self.held),
            ("biases", self.parameters),
        ];
        let source = catalogue::DRAW_QUARTIC.source_alone()?;
        let units = self.kernel(plan, source, constants, &bindings, (padded(shape.rows) * quads, QUARTIC_TRIPS));
        Ok(product.followed_by(units))
    }
}
