//! How chains travel along the ladders of replica exchange.

use super::{Handle, Observable, Probe, Quantity, Row, Step, rows_slot};
use crate::error::{Error, Result};
use crate::model::{Build, Model};
use crate::plan::workgroup_for;
use crate::shader::catalogue::JOURNAL;

/// What [`Tempering`](crate::dynamics::Tempering) did since the sample before: the handle stands for the swaps with the next
/// point that succeeded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Swaps;

impl Handle<Swaps> {
    /// Swaps with the next point that were tried; none at a ladder's end.
    pub fn attempts(self) -> Quantity {
        self.column(1)
    }

    /// Chains that came back to the ladder's first point after they had been at its last one; counted at the first.
    pub fn round_trips(self) -> Quantity {
        self.column(2)
    }
}

impl<M: Model> Observable<M> for Swaps {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        if build.plan.find("swaps").is_none() {
            let hint = "wrap the dynamics in Tempering";
            return Err(Error::input("observable", "one that fits the dynamics", "swaps", hint));
        }
        let rows = rows_slot(build, 1);
        let shape = workgroup_for(build.chains(), 1, build.lanes);
        let kernel = build.plan.kernel(JOURNAL.source_alone()?, Default::default(), shape, &[("rows", rows)]);
        Ok(Probe { steps: vec![Step::Kernel { kernel, trips: 0 }], rows, resets: true })
    }

    fn columns(&self, _: &M) -> usize {
        3
    }

    fn decode(&self, _: &M, rows: &[Row], columns: &mut [f64]) {
        if let ([successes, attempts, trips], [row]) = (columns, rows) {
            [*attempts, *successes, *trips] = [row[0], row[1], row[2]].map(f64::from);
        }
    }
}
