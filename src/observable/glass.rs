//! Observables of spin glasses.

use super::lattice::number;
use super::{Handle, Observable, Probe, Quantity, Row, SiteSum, Step, Tally, rows_slot};
use crate::error::{Error, Result};
use crate::model::{Build, TwoState};
use crate::shader::catalogue;

/// Overlap of two replicas of the same point and sample, q = (1/N) Σ_x s_x^a s_x^b, for which the handle stands, and their
/// link overlap q_l = (1/Nd) Σ_x Σ_μ s_x^a s_{x+μ}^a s_x^b s_{x+μ}^b (S. Caracciolo, G. Parisi, S. Patarnello and
/// N. Sourlas, Europhys. Lett. 11, 783 (1990)).
///
/// Replicas 2k and 2k + 1 are a pair, so that half as many series as replicas are recorded, all independent; a function
/// of overlaps and of quantities of single chains together has no error. The number of replicas must be even, and the two
/// of a pair must share their sample of the disorder.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReplicaOverlap;

impl Handle<ReplicaOverlap> {
    /// |q|.
    pub fn abs(self) -> Quantity {
        self.column(1)
    }

    /// q².
    pub fn squared(self) -> Quantity {
        self.column(0).pow(2)
    }

    /// q⁴.
    pub fn fourth(self) -> Quantity {
        self.column(0).pow(4)
    }

    /// q_l.
    pub fn link(self) -> Quantity {
        self.column(2)
    }
}

impl<M: TwoState> Observable<M> for ReplicaOverlap {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        if !build.replicas.is_multiple_of(2) {
            let hint = "overlaps are those of pairs of replicas";
            return Err(Error::input("replicas of an overlap", "an even number", build.replicas, hint));
        }
        // With an even number of replicas to a sample no pair has two samples.
        let shared = build.models[0].disorder().map_or(build.replicas, |d| d.replicas_a_sample(build.replicas));
        if !shared.is_multiple_of(2) {
            let hint = "share one sample among all replicas (Samples::Shared), or among pairs (Samples::PerPair)";
            return Err(Error::input("samples of an overlap", "the same for both replicas", "one a replica", hint));
        }
        let rows = rows_slot(build, 1);
        let pairs = build.chains() / 2;
        let sum = match build.packed.clone() {
            Some(packed) => SiteSum::tally(build, &packed, Tally::Overlap, "spins", rows)?,
            None => SiteSum::declare_rows(build, &catalogue::OVERLAP, rows, &[], pairs)?,
        };
        Ok(Probe { steps: vec![Step::Sum(sum, 0)], rows, resets: false })
    }

    fn chains_a_row(&self) -> u32 {
        2
    }

    fn columns(&self, _: &M) -> usize {
        3
    }

    fn decode(&self, model: &M, rows: &[Row], columns: &mut [f64]) {
        let sites = f64::from(model.lattice().sites());
        if let ([overlap, size, link], [row]) = (columns, rows) {
            *overlap = number(M::ORDER, row[0]) / sites;
            *size = overlap.abs();
            *link = number(M::ORDER, row[1]) / (sites * model.lattice().dimensions() as f64);
        }
    }
}
