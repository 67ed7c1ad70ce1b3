//! Observables of lattice models.

use super::{Handle, Observable, Probe, Quantity, Row, SiteSum, Step, Tally, rows_slot};
use crate::error::{Error, Result};
use crate::model::{Build, Differentiable, Local, Scalar};
use crate::packed::PackedLattice;
use crate::plan::{Constants, Slot};
use crate::run::Recording;
use crate::shader::catalogue::{self, Density};

pub(super) fn number(scalar: Scalar, word: u32) -> f64 {
    match scalar {
        Scalar::Integer => f64::from(word.cast_signed()),
        Scalar::Float => f64::from(f32::from_bits(word)),
    }
}

/// A tally of packed spins, or of other bits that lie like them, into rows of its own.
fn tally<M: Local>(
    build: &mut Build<'_, M>,
    packed: &PackedLattice,
    content: Tally,
    bits: &'static str,
) -> Result<Probe> {
    let rows: Slot = rows_slot(build, 1);
    let steps = vec![Step::Sum(SiteSum::tally(build, packed, content, bits, rows)?, 0)];
    Ok(Probe { steps, rows, resets: false })
}

/// Sums of densities, one a part, into rows of their own.
fn sums<M: Local>(build: &mut Build<'_, M>, density: &Density, parts: u32) -> Result<Probe> {
    let rows: Slot = rows_slot(build, u64::from(parts));
    let mut steps = Vec::new();
    for part in 0..parts {
        steps.push(Step::Sum(SiteSum::declare(build, density, rows, &[])?, part));
    }
    Ok(Probe { steps, rows, resets: false })
}

/// Energy a site, E/N (for φ⁴ the action, S/N). Exact where the model's energies are integers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Energy;

impl<M: Local> Observable<M> for Energy {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        match build.packed.clone() {
            Some(packed) => tally(build, &packed, Tally::Energy, "spins"),
            None => sums(build, &catalogue::ENERGY, 1),
        }
    }

    fn columns(&self, _: &M) -> usize {
        1
    }

    fn decode(&self, model: &M, rows: &[Row], columns: &mut [f64]) {
        let sites = f64::from(model.lattice().sites());
        let [bonds, onsite] = model.units();
        for (column, row) in columns.iter_mut().zip(rows) {
            *column = (bonds * number(M::SCALAR, row[0]) + onsite * number(M::SCALAR, row[1])) / sites;
        }
    }
}

/// Order parameter a site, m = (1/N) Σ `order`: the handle stands for its first component.
#[derive(Debug, Clone, Copy, Default)]
pub struct Magnetization;

impl Handle<Magnetization> {
    /// |m|.
    pub fn abs(self) -> Quantity {
        self.column(1)
    }

    /// m².
    pub fn squared(self) -> Quantity {
        self.abs().pow(2)
    }

    /// m⁴.
    pub fn fourth(self) -> Quantity {
        self.abs().pow(4)
    }
}

impl<M: Local> Observable<M> for Magnetization {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        match build.packed.clone() {
            Some(packed) => tally(build, &packed, Tally::Magnetization, "spins"),
            None => sums(build, &catalogue::MAGNETIZATION, 1),
        }
    }

    fn columns(&self, _: &M) -> usize {
        2
    }

    fn decode(&self, model: &M, rows: &[Row], columns: &mut [f64]) {
        let sites = f64::from(model.lattice().sites());
        if let ([first, length], [row]) = (columns, rows) {
            let [x, y] = [number(M::ORDER, row[0]) / sites, number(M::ORDER, row[1]) / sites];
            *first = x;
            *length = if y == 0.0 { x.abs() } else { x.hypot(y) };
        }
    }
}

/// Structure factor at the smallest momentum along each axis, |Σ_x m_x e^{ikx}|²/N with k = 2π/L.
///
/// With the magnetisation it gives the second-moment correlation length.
#[derive(Debug, Clone, Copy, Default)]
pub struct StructureFactor;

impl Handle<StructureFactor> {
    /// The structure factor along one axis.
    pub fn along(self, axis: usize) -> Quantity {
        self.column(axis)
    }
}

impl<M: Local> Observable<M> for StructureFactor {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        let axes = build.lattice().dimensions() as u32;
        let Some(packed) = build.packed.clone() else { return sums(build, &catalogue::STRUCTURE, axes) };
        let rows: Slot = rows_slot(build, u64::from(axes));
        let wave = |axis| Ok(Step::Sum(SiteSum::waves(build, &packed, axis, rows)?, 0));
        Ok(Probe { steps: (0..axes as usize).map(wave).collect::<Result<_>>()?, rows, resets: false })
    }

    fn columns(&self, model: &M) -> usize {
        model.lattice().dimensions()
    }

    fn decode(&self, model: &M, rows: &[Row], columns: &mut [f64]) {
        let sites = f64::from(model.lattice().sites());
        for (column, row) in columns.iter_mut().zip(rows) {
            *column = row.iter().map(|&word| f64::from(f32::from_bits(word)).powi(2)).sum::<f64>() / sites;
        }
    }
}

/// Moments of a real field a site: φ², φ⁴, the link φ_x φ_{x+μ} (mean over directions) and φ ∂(βS)/∂φ, whose mean is 1
/// (Schwinger–Dyson). The handle stands for φ².
#[derive(Debug, Clone, Copy, Default)]
pub struct FieldMoments;

impl Handle<FieldMoments> {
    /// (1/N) Σ φ².
    pub fn phi2(self) -> Quantity {
        self.column(0)
    }

    /// (1/N) Σ φ⁴.
    pub fn phi4(self) -> Quantity {
        self.column(1)
    }

    /// (1/Nd) Σ_x Σ_μ φ_x φ_{x+μ}.
    pub fn link(self) -> Quantity {
        self.column(2)
    }

    /// (1/N) Σ φ ∂(βS)/∂φ, which is 1 on average at any coupling.
    pub fn schwinger_dyson(self) -> Quantity {
        self.column(3)
    }
}

impl<M: Differentiable> Observable<M> for FieldMoments {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        sums(build, &catalogue::MOMENTS, 1)
    }

    fn columns(&self, _: &M) -> usize {
        4
    }

    fn decode(&self, model: &M, rows: &[Row], columns: &mut [f64]) {
        let sites = f64::from(model.lattice().sites());
        let links = sites * model.lattice().dimensions() as f64;
        for (column, (word, count)) in columns.iter_mut().zip(rows[0].iter().zip([sites, sites, links, sites])) {
            *column = f64::from(f32::from_bits(*word)) / count;
        }
    }
}

/// The fraction of the last sweep's attempts that were accepted, for dynamics that try one site at a time; for cluster
/// updates the fraction of sites that the last one changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Acceptance;

impl<M: Local> Observable<M> for Acceptance {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        if build.plan.find("accepted").is_none() {
            return Err(nothing_to_measure("acceptance of single sites"));
        }
        match build.packed.clone() {
            Some(packed) => tally(build, &packed, Tally::Bits, "accepted"),
            None => sums(build, &catalogue::ACCEPTANCE, 1),
        }
    }

    fn columns(&self, _: &M) -> usize {
        1
    }

    fn decode(&self, model: &M, rows: &[Row], columns: &mut [f64]) {
        for (column, row) in columns.iter_mut().zip(rows) {
            // Packed spins have one attempt each, and do not count it.
            let attempts = if row[1] == 0 { model.lattice().sites() } else { row[1] };
            *column = f64::from(row[0]) / f64::from(attempts);
        }
    }
}

/// What the last trajectory of hybrid Monte Carlo says of itself. The handle stands for ΔH.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trajectories;

impl Handle<Trajectories> {
    /// H(end) − H(start); 10⁶ stands for one that was no number.
    pub fn energy_error(self) -> Quantity {
        self.column(0)
    }

    /// 1 where the trajectory was accepted, else 0.
    pub fn accepted(self) -> Quantity {
        self.column(1)
    }

    /// e^(−ΔH), whose mean is 1 at any step size.
    pub fn exp_minus_energy_error(self) -> Quantity {
        self.column(2)
    }
}

impl<M: Differentiable> Observable<M> for Trajectories {
    fn probe(&self, build: &mut Build<'_, M>) -> Result<Probe> {
        if build.plan.find("trajectory").is_none() {
            return Err(nothing_to_measure("trajectories"));
        }
        let rows = rows_slot(build, 1);
        let chains = build.chains();
        let kernel = build.lattice_kernel(&catalogue::RECORD, (chains, 1), &Constants::default(), &[("rows", rows)])?;
        Ok(Probe { steps: vec![Step::Kernel { kernel, trips: 0 }], rows, resets: false })
    }

    fn columns(&self, _: &M) -> usize {
        3
    }

    fn decode(&self, _: &M, rows: &[Row], columns: &mut [f64]) {
        if let ([error, accepted, weight], [row]) = (columns, rows) {
            *error = f64::from(f32::from_bits(row[0]));
            // It was rejected, and has weight 0; a mean that it enters says so by its size.
            if !error.is_finite() {
                *error = BLOWN_UP;
            }
            *accepted = f64::from(f32::from_bits(row[1]));
            *weight = (-*error).exp().min(f64::MAX);
        }
    }

    fn verdict(&self, recording: &Recording, replicas: usize) -> Result<()> {
        let [_, accepted, _] = recording.columns.as_slice() else { return Ok(()) };
        let chains = recording.chains;
        // Fewer say nothing for sure.
        if accepted.len() < 10 * chains || accepted.len() * replicas < 100 * chains {
            return Ok(());
        }
        for point in 0..chains / replicas {
            let of_point = accepted.chunks_exact(chains).flat_map(|row| &row[point * replicas..(point + 1) * replicas]);
            let fraction = of_point.sum::<f64>() / (accepted.len() * replicas / chains) as f64;
            if fraction < 0.01 {
                return Err(Error::Run {
                    what: format!("{:.2} % of the trajectories of point {point} were accepted", 100.0 * fraction),
                    hint: "use a smaller step size".into(),
                });
            }
        }
        Ok(())
    }
}

/// What stands for the energy error of a trajectory that left the range of f32.
const BLOWN_UP: f64 = 1e6;

fn nothing_to_measure(what: &str) -> Error {
    Error::input("observable", "one that fits the dynamics", what, "choose the observables of this dynamics")
}
