//! Observables of spins with explicit couplings.

use super::{Acceptance, Energy, Magnetization, Observable, Probe, ReplicaOverlap, Row, Step, rows_slot};
use crate::dense::Dense;
use crate::error::{Error, Result};
use crate::model::{Build, Model as _, PairwiseSpins};
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, workgroup_for};
use crate::shader::catalogue::{self, Kernel};

/// A kernel that looks at all blocks of spins in turn, and writes the rows of the chains.
#[derive(Debug, Clone)]
pub(crate) struct Survey {
    dense: Dense,
    kernel: KernelId,
}

impl Survey {
    /// Declares the kernel, which writes the rows of a sample into a slot.
    ///
    /// # Errors
    /// As the catalogue.
    pub(crate) fn declare(build: &mut Build<'_, PairwiseSpins>, energy: bool, rows: Slot) -> Result<Self> {
        let dense = build.dense();
        let partials = build.slot_once("partials", 4 * dense.chains() as u64);
        let mut constants = Constants::default();
        constants.set("ENERGY", u8::from(energy));
        let constants = build.placed(constants);
        let bindings = [("rows", rows), ("partials", partials)];
        let source = catalogue::SURVEY.source_alone()?;
        Ok(Self { dense, kernel: dense.kernel(build.plan, source, &constants, &bindings) })
    }

    pub(crate) fn append(&self, tick: Tick, plan: &mut Plan) {
        self.dense.append_in_turn(self.kernel, plan, |part| Tick { part, ..tick });
    }
}

fn survey(build: &mut Build<'_, PairwiseSpins>, energy: bool) -> Result<Probe> {
    let rows = rows_slot(build, 1);
    let survey = Survey::declare(build, energy, rows)?;
    Ok(Probe { steps: vec![Step::Survey(survey)], rows, resets: false })
}

/// An invocation a chain, or a pair of chains.
fn by_chain(build: &mut Build<'_, PairwiseSpins>, kernel: &Kernel, items: u32, trips: u64) -> Result<Probe> {
    let rows = rows_slot(build, 1);
    let mut constants = build.placed(Constants::default());
    let (sites, quads) = (build.models[0].sites(), build.dense().quads());
    constants.set("SITES", sites).set("QUADS", quads);
    let shape = workgroup_for(items, 1, build.lanes);
    let kernel = build.plan.kernel(kernel.source_alone()?, constants, shape, &[("rows", rows)]);
    Ok(Probe { steps: vec![Step::Kernel { kernel, trips }], rows, resets: false })
}

impl Observable<PairwiseSpins> for Energy {
    fn probe(&self, build: &mut Build<'_, PairwiseSpins>) -> Result<Probe> {
        survey(build, true)
    }

    fn columns(&self, _: &PairwiseSpins) -> usize {
        1
    }

    fn decode(&self, model: &PairwiseSpins, rows: &[Row], columns: &mut [f64]) {
        let unit = model.unit();
        let sites = model.couplings().sites() as f64;
        for (column, row) in columns.iter_mut().zip(rows) {
            *column = -0.5 * unit * f64::from(f32::from_bits(row[0])) / sites;
        }
    }
}

impl Observable<PairwiseSpins> for Magnetization {
    fn probe(&self, build: &mut Build<'_, PairwiseSpins>) -> Result<Probe> {
        survey(build, false)
    }

    fn columns(&self, _: &PairwiseSpins) -> usize {
        2
    }

    fn decode(&self, model: &PairwiseSpins, rows: &[Row], columns: &mut [f64]) {
        if let ([first, size], [row]) = (columns, rows) {
            *first = 2.0 * f64::from(row[1]) / model.couplings().sites() as f64 - 1.0;
            *size = first.abs();
        }
    }
}

impl Observable<PairwiseSpins> for ReplicaOverlap {
    fn probe(&self, build: &mut Build<'_, PairwiseSpins>) -> Result<Probe> {
        if !build.replicas.is_multiple_of(2) {
            let hint = "overlaps are those of pairs of replicas";
            return Err(Error::input("replicas of an overlap", "an even number", build.replicas, hint));
        }
        let (pairs, quads) = (build.chains() / 2, build.dense().quads());
        by_chain(build, &catalogue::AGREE, pairs, quads.into())
    }

    fn chains_a_row(&self) -> u32 {
        2
    }

    fn columns(&self, _: &PairwiseSpins) -> usize {
        3
    }

    fn decode(&self, model: &PairwiseSpins, rows: &[Row], columns: &mut [f64]) {
        if let ([overlap, size, link], [row]) = (columns, rows) {
            let sites = model.couplings().sites() as f64;
            *overlap = 2.0 * f64::from(row[0]) / sites - 1.0;
            *size = overlap.abs();
            // Every pair is a bond: its mean of s_i s_j s'_i s'_j over i < j is a function of q.
            *link = (sites * *overlap * *overlap - 1.0) / (sites - 1.0);
        }
    }
}

impl Observable<PairwiseSpins> for Acceptance {
    fn probe(&self, build: &mut Build<'_, PairwiseSpins>) -> Result<Probe> {
        if build.plan.find("accepted").is_none() {
            let hint = "choose the observables of this dynamics";
            return Err(Error::input("observable", "one that fits the dynamics", "acceptance of single sites", hint));
        }
        by_chain(build, &catalogue::FLIPS, build.chains(), 0)
    }

    fn columns(&self, _: &PairwiseSpins) -> usize {
        1
    }

    fn decode(&self, model: &PairwiseSpins, rows: &[Row], columns: &mut [f64]) {
        for (column, row) in columns.iter_mut().zip(rows) {
            *column = f64::from(row[0]) / model.couplings().sites() as f64;
        }
    }
}
