//! Rows that arrive from the device become columns of numbers.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::observable::{Observable, Probe, Row};
use crate::plan::Plan;
use crate::run::Recording;
use crate::statistics::{Chains, Estimate, mean};
use std::collections::VecDeque;

/// The most numbers that a run keeps, 8 GiB of them: above it a host is more likely to fail than to need every one.
const MOST_NUMBERS: u64 = 1 << 30;

/// An observable with the kernels that fill its rows.
#[derive(Debug)]
pub(crate) struct Watched<M: Model> {
    pub observable: Box<dyn Observable<M>>,
    pub probe: Probe,
}

impl<M: Model> Watched<M> {
    /// Appends a measurement of all chains into the rows of one sample.
    pub fn append(&self, sample: u32, chains: u32, sweep: u64, plan: &mut Plan) {
        self.probe.append(sample, chains / self.observable.chains_a_row(), sweep, plan);
    }

    /// Bytes of one sample of all chains.
    pub fn sample_bytes(&self, chains: u32) -> u64 {
        self.probe.sample_bytes(chains / self.observable.chains_a_row())
    }
}

/// What a run has recorded so far, and what is still on its way.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub recordings: Vec<Recording>,
    /// The observables whose rows are on their way, in order.
    expected: VecDeque<usize>,
    replicas: usize,
}

impl Recorder {
    /// A recorder of so many samples of all chains.
    ///
    /// # Errors
    /// [`Error::Limit`] where they would not fit in memory.
    pub fn new<M: Model>(watched: &[Watched<M>], models: &[M], replicas: u32, samples: u64) -> Result<Self> {
        let chains = replicas * models.len() as u32;
        let recording = |watched: &Watched<M>| {
            Recording::new(watched.observable.columns(&models[0]), chains / watched.observable.chains_a_row())
        };
        let mut recordings: Vec<Recording> = watched.iter().map(recording).collect();
        let numbers: u64 = recordings.iter().map(|recording| (recording.columns.len() * recording.chains) as u64).sum();
        let need = numbers.saturating_mul(samples);
        let reserved = |recordings: &mut [Recording]| {
            recordings.iter_mut().all(|Recording { columns, chains }| {
                columns.iter_mut().all(|column| column.try_reserve_exact(samples as usize * *chains).is_ok())
            })
        };
        if need > MOST_NUMBERS || !reserved(&mut recordings) {
            return Err(Error::Limit {
                what: "chains x samples x measured numbers".into(),
                need,
                have: MOST_NUMBERS,
                hint: "use fewer samples (and a larger thin), or fewer replicas".into(),
            });
        }
        Ok(Self { recordings, expected: VecDeque::new(), replicas: replicas as usize })
    }

    /// The mean of the first number of the first observable at the first of so many points; `None` before its first sample.
    pub fn first_mean(&self, points: usize) -> Option<Estimate> {
        let recording = self.recordings.first()?;
        let replicas = recording.chains / points.max(1);
        let rows = recording.columns.first()?.chunks_exact(recording.chains.max(1));
        let values: Vec<f64> = rows.flat_map(|row| row.iter().take(replicas).copied()).collect();
        (!values.is_empty()).then(|| mean(&Chains::from_recording(replicas, values)))
    }

    /// Takes over what an earlier part of the run recorded, so many samples of it.
    ///
    /// # Errors
    /// [`Error::Input`] where other numbers were recorded.
    pub fn take_over(&mut self, recordings: Vec<Recording>, samples: u64) -> Result<()> {
        let fit = |(own, other): (&Recording, &Recording)| {
            own.chains == other.chains
                && own.columns.len() == other.columns.len()
                && other.columns.iter().all(|column| column.len() as u64 == samples * own.chains as u64)
        };
        if recordings.len() != self.recordings.len() || !self.recordings.iter().zip(&recordings).all(fit) {
            let hint = "observe the same quantities, in the same order, as when the run was saved";
            return Err(Error::input("what was recorded", "the columns of this run", "others", hint));
        }
        for (own, other) in self.recordings.iter_mut().zip(recordings) {
            own.columns.iter_mut().zip(other.columns).for_each(|(own, other)| own.extend(other));
        }
        Ok(())
    }

    /// Notes that rows of an observable will arrive next.
    pub fn expect(&mut self, observable: usize) {
        self.expected.push_back(observable);
    }

    /// Decodes what has arrived.
    ///
    /// # Errors
    /// [`Error::Run`] for a number that is not finite.
    pub fn take_in<M: Model>(&mut self, arrived: &[Vec<u8>], watched: &[Watched<M>], models: &[M]) -> Result<()> {
        for bytes in arrived {
            let Some(index) = self.expected.pop_front() else { continue };
            self.decode(bytes, index, &watched[index], models)?;
        }
        Ok(())
    }

    fn decode<M: Model>(&mut self, bytes: &[u8], index: usize, watched: &Watched<M>, models: &[M]) -> Result<()> {
        let rows: Vec<Row> = bytes.chunks_exact(16).map(bytemuck::pod_read_unaligned).collect();
        let steps = watched.probe.steps.len();
        let mut of_chain = vec![[0; 4]; steps];
        let recording = &mut self.recordings[index];
        let chains = recording.chains;
        let a_point = (self.replicas / watched.observable.chains_a_row() as usize).max(1);
        let mut numbers = vec![0.0; recording.columns.len()];
        for sample in rows.chunks_exact(steps * chains) {
            for chain in 0..chains {
                for (step, row) in of_chain.iter_mut().enumerate() {
                    *row = sample[step * chains + chain];
                }
                watched.observable.decode(&models[chain / a_point], &of_chain, &mut numbers);
                if let Some(bad) = numbers.iter().find(|value| !value.is_finite()) {
                    return Err(Error::Run {
                        what: format!("{:?} of chain {chain} is {bad}", watched.observable),
                        hint: "use a smaller step size or width, and check the model's parameters".into(),
                    });
                }
                for (column, value) in recording.columns.iter_mut().zip(&numbers) {
                    column.push(*value);
                }
            }
        }
        Ok(())
    }
}
