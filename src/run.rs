//! What a run recorded, point by point, with errors.

use crate::error::{Error, Result};
use crate::io::checkpoint::{Sections, TIME, unfit};
use crate::observable::{Energy, Handle, Magnetization, Quantity, StructureFactor};
use crate::statistics::{self, Chains, Estimate};
use std::time::Duration;

/// The columns of one observable: `column[sample * chains + chain]`, where a chain may stand for a pair of replicas.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) chains: usize,
}

impl Recording {
    pub(crate) fn new(columns: usize, chains: u32) -> Self {
        Self { columns: vec![Vec::new(); columns], chains: chains as usize }
    }

    /// All of them as sections.
    pub(crate) fn save(recordings: &[Self]) -> Sections {
        let mut sections = Sections::new();
        let shapes: Vec<u64> = recordings.iter().flat_map(|r| [r.columns.len() as u64, r.chains as u64]).collect();
        sections.put_numbers("shapes", &shapes);
        for (number, recording) in recordings.iter().enumerate() {
            sections.put_numbers(number.to_string(), &recording.columns.concat());
        }
        sections
    }

    /// The recordings of [`save`](Self::save).
    pub(crate) fn restore(sections: &Sections) -> Result<Vec<Self>> {
        let shapes = sections.numbers::<u64>("shapes")?;
        let recording = |(number, shape): (usize, &[u64])| {
            let name = number.to_string();
            let numbers = sections.numbers::<f64>(&name)?;
            let (columns, chains) = (shape[0] as usize, shape[1] as usize);
            if columns == 0 || chains == 0 || !numbers.len().is_multiple_of(columns.saturating_mul(chains)) {
                return Err(unfit(&name, format!("{columns} columns of {chains} chains"), numbers.len()));
            }
            let length = (numbers.len() / columns).max(1);
            let mut columns: Vec<Vec<f64>> = vec![Vec::new(); columns];
            columns.iter_mut().zip(numbers.chunks(length)).for_each(|(column, values)| column.extend(values));
            Ok(Self { columns, chains })
        };
        shapes.chunks_exact(2).enumerate().map(recording).collect()
    }
}

/// What a run is made of.
pub(crate) struct RunParts {
    pub betas: Vec<f64>,
    pub sides: Vec<u32>,
    pub recordings: Vec<Recording>,
    pub updates: u64,
    pub elapsed: Duration,
}

/// The samples of a run. Iterate over [`by_beta`](Run::by_beta) for means with errors.
#[derive(Debug, Clone)]
pub struct Run {
    betas: Vec<f64>,
    sides: Vec<u32>,
    recordings: Vec<Recording>,
    updates: u64,
    elapsed: Duration,
}

impl Run {
    pub(crate) fn new(parts: RunParts) -> Self {
        let RunParts { betas, sides, recordings, updates, elapsed } = parts;
        Self { betas, sides, recordings, updates, elapsed }
    }

    /// The run as data, for a checkpoint.
    pub fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("betas", &self.betas).put_numbers("sides", &self.sides);
        sections.put_numbers("work", &[self.updates]).put_numbers(TIME, &[self.elapsed.as_nanos() as u64]);
        sections.nest("recorded", Recording::save(&self.recordings));
        sections
    }

    /// The run of [`save`](Self::save).
    ///
    /// # Errors
    /// [`Error::Input`] for sections that are no run.
    pub fn restore(sections: &Sections) -> Result<Self> {
        let ([updates], [elapsed]) = (sections.array("work")?, sections.array(TIME)?);
        let recorded = sections.required("recorded")?;
        Ok(Self {
            betas: sections.numbers("betas")?,
            sides: sections.numbers("sides")?,
            recordings: Recording::restore(&recorded)?,
            updates,
            elapsed: Duration::from_nanos(elapsed),
        })
    }

    /// The points of the run, in the order in which they were given.
    pub fn by_beta(&self) -> impl Iterator<Item = Point<'_>> {
        (0..self.betas.len()).map(|index| Point { run: self, index })
    }

    /// One point.
    pub fn point(&self, index: usize) -> Option<Point<'_>> {
        (index < self.betas.len()).then_some(Point { run: self, index })
    }

    /// Appends the samples of a later run of the same simulation, as if both had been one.
    ///
    /// # Errors
    /// [`Error::Input`] where the two observed different things.
    pub fn append(&mut self, later: Self) -> Result<()> {
        let shape = |run: &Self| -> Vec<(usize, usize)> {
            run.recordings.iter().map(|recording| (recording.columns.len(), recording.chains)).collect()
        };
        if self.betas != later.betas || shape(self) != shape(&later) {
            let hint = "append runs of one simulation, with observables added before the first";
            return Err(Error::input("run to append", "the same points and observables", "others", hint));
        }
        for (recording, more) in self.recordings.iter_mut().zip(later.recordings) {
            for (column, values) in recording.columns.iter_mut().zip(more.columns) {
                column.extend(values);
            }
        }
        self.updates = self.updates.saturating_add(later.updates);
        self.elapsed += later.elapsed;
        Ok(())
    }

    /// Attempted site updates, warm-up included.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Time from the first sweep to the last sample.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

/// One point of a run: all its chains.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    run: &'a Run,
    index: usize,
}

impl Point<'_> {
    /// Position among the run's points.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The inverse temperature.
    pub fn beta(&self) -> f64 {
        self.run.betas[self.index]
    }

    /// All samples of a quantity, a series a chain (or a pair of chains).
    pub fn series(&self, quantity: impl Into<Quantity>) -> Chains {
        let quantity = quantity.into();
        let recording = self.run.recordings.get(quantity.observable);
        let column = recording.and_then(|recording| recording.columns.get(quantity.column));
        let chains = recording.map_or(self.run.betas.len(), |recording| recording.chains);
        let replicas = chains / self.run.betas.len();
        let first = self.index * replicas;
        let values = column.map_or_else(Vec::new, |column| {
            let rows = column.chunks_exact(chains).flat_map(|row| &row[first..first + replicas]);
            rows.map(|value| value.powi(quantity.power)).collect()
        });
        Chains::from_recording(replicas, values)
    }

    /// Mean, standard error and autocorrelation time of a quantity.
    pub fn mean(&self, quantity: impl Into<Quantity>) -> Estimate {
        statistics::mean(&self.series(quantity))
    }

    /// A function of the means of quantities, by the jackknife.
    pub fn jackknife(&self, quantities: &[Quantity], function: impl Fn(&[f64]) -> f64) -> Estimate {
        let series: Vec<Chains> = quantities.iter().map(|&quantity| self.series(quantity)).collect();
        let columns: Vec<&Chains> = series.iter().collect();
        statistics::jackknife(&columns, function)
    }

    /// Split R̂ across the chains; near 1 where they have forgotten how they began.
    pub fn r_hat(&self, quantity: impl Into<Quantity>) -> Option<f64> {
        statistics::r_hat(&self.series(quantity))
    }

    /// Binder's cumulant 1 − ⟨m⁴⟩/(3⟨m²⟩²) (K. Binder, Z. Phys. B 43, 119 (1981)).
    pub fn binder(&self, magnetization: Handle<Magnetization>) -> Estimate {
        self.jackknife(&[magnetization.squared(), magnetization.fourth()], |means| {
            1.0 - means[1] / (3.0 * means[0] * means[0])
        })
    }

    /// Susceptibility βN(⟨m²⟩ − ⟨|m|⟩²).
    pub fn susceptibility(&self, magnetization: Handle<Magnetization>) -> Estimate {
        let scale = self.beta() * self.sites();
        self.jackknife(&[magnetization.squared(), magnetization.abs()], |means| {
            scale * (means[0] - means[1] * means[1])
        })
    }

    /// Specific heat a site, β²N(⟨e²⟩ − ⟨e⟩²) with the energy a site e.
    pub fn specific_heat(&self, energy: Handle<Energy>) -> Estimate {
        let scale = self.beta() * self.beta() * self.sites();
        let energy = Quantity::from(energy);
        self.jackknife(&[energy.pow(2), energy], |means| scale * (means[0] - means[1] * means[1]))
    }

    /// Second-moment correlation length, ξ² = (χ₀/F − 1)/(4 sin²(π/L)), averaged over the axes, where χ₀ = N⟨m²⟩ and F is
    /// the structure factor at the smallest momentum (F. Cooper, B. Freedman and D. Preston, Nucl. Phys. B 210, 210
    /// (1982)). It takes ⟨m⟩ = 0 for granted, as without a field. `None` where ξ² is not positive.
    pub fn correlation_length(
        &self,
        structure: Handle<StructureFactor>,
        magnetization: Handle<Magnetization>,
    ) -> Option<Estimate> {
        let sides = &self.run.sides;
        let mut quantities = vec![magnetization.squared()];
        quantities.extend((0..sides.len()).map(|axis| structure.along(axis)));
        let sites = self.sites();
        let estimate = self.jackknife(&quantities, |means| {
            let along = means[1..].iter().zip(sides).map(|(factor, &side)| {
                let wave = 2.0 * (std::f64::consts::PI / f64::from(side)).sin();
                (sites * means[0] / factor - 1.0) / (wave * wave)
            });
            (along.sum::<f64>() / sides.len() as f64).sqrt()
        });
        estimate.mean.is_finite().then_some(estimate)
    }

    fn sites(&self) -> f64 {
        self.run.sides.iter().map(|&side| f64::from(side)).product()
    }
}
