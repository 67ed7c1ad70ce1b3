//! The Edwards–Anderson spin glass with integer couplings.

use super::{Disorder, Local, Samples, Scalar, TwoState};
use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::mirror;
use crate::shader::Fragment;

/// The largest size of a given coupling.
pub const LARGEST_COUPLING: i32 = 127;

/// The Edwards–Anderson spin glass, E = −Σ_x Σ_μ J_{x,μ} s_x s_{x+μ} − h Σ_x s_x with s = ±1, integer quenched couplings J
/// and weight e^(−βE) (S. F. Edwards and P. W. Anderson, J. Phys. F 5, 965 (1975)).
///
/// Couplings are ±1 with equal probabilities ([`bimodal`](Self::bimodal)) or given. On a lattice with a side of 2 the
/// two bonds between the same two sites have independent couplings. Energies are integers, so that trajectories are the
/// same bits on every adapter. In three dimensions the ±J glass freezes near T = 1.10.
///
/// ```
/// # use spinfield::{EdwardsAnderson, Lattice};
/// let glass = EdwardsAnderson::bimodal(Lattice::new(&[8, 8, 8])?, 1);
/// assert!(glass.couplings(0).iter().all(|j| j.abs() == 1));
/// # Ok::<(), spinfield::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EdwardsAnderson {
    lattice: Lattice,
    disorder: Disorder,
    field: f64,
}

impl EdwardsAnderson {
    /// The ±J glass whose couplings follow from a disorder seed, one sample for all chains.
    pub fn bimodal(lattice: Lattice, disorder_seed: u64) -> Self {
        Self { lattice, disorder: Disorder::bimodal(disorder_seed), field: 0.0 }
    }

    /// A glass with these couplings, in the order `[direction][site]`: the bond from site x ahead along direction μ has
    /// `couplings[μ * sites + x]`.
    ///
    /// # Errors
    /// [`Error::Input`] for another number of them than there are bonds, or for one beyond ±127.
    pub fn with_couplings(lattice: Lattice, couplings: &[i32]) -> Result<Self> {
        let bonds = lattice.dimensions() * lattice.sites() as usize;
        if couplings.len() != bonds {
            let hint = "give one for each bond ahead, in the order [direction][site]";
            return Err(Error::input("couplings", format!("{bonds} for lattice {lattice}"), couplings.len(), hint));
        }
        if let Some(at) =
            couplings.iter().position(|coupling| !(-LARGEST_COUPLING..=LARGEST_COUPLING).contains(coupling))
        {
            let wanted = format!("an integer from -{LARGEST_COUPLING} to {LARGEST_COUPLING}");
            let hint = "acceptance is by tables over all energies that occur: scale the couplings down";
            return Err(Error::input(format!("coupling number {at}"), wanted, couplings[at], hint));
        }
        Ok(Self { lattice, disorder: Disorder::given(couplings), field: 0.0 })
    }

    /// This glass in a uniform field h.
    #[must_use]
    pub fn field(mut self, field: f64) -> Self {
        self.field = field;
        self
    }

    /// This glass with couplings shared otherwise; the default is [`Samples::Shared`].
    #[must_use]
    pub fn samples(mut self, samples: Samples) -> Self {
        self.disorder = self.disorder.shared_as(samples);
        self
    }

    /// The field h.
    pub fn field_value(&self) -> f64 {
        self.field
    }

    /// The couplings of one sample, in the order `[direction][site]`. Given couplings are the only sample.
    pub fn couplings(&self, sample: u32) -> Vec<i32> {
        match self.disorder.given_couplings() {
            Some(given) => given.to_vec(),
            None => self.disorder.couplings(&self.lattice, sample).into_iter().map(|j| j as i32).collect(),
        }
    }

    /// Whether every coupling is +1 or −1.
    pub fn is_bimodal(&self) -> bool {
        self.disorder.given_couplings().is_none_or(|given| given.iter().all(|coupling| coupling.abs() == 1))
    }

    /// Σ|J| over the bonds of each site, of given couplings.
    fn strengths(&self) -> Option<Vec<u32>> {
        let given = self.disorder.given_couplings()?;
        let sites = self.lattice.sites();
        let mut strengths = vec![0; sites as usize];
        for (axis, along) in given.chunks_exact(sites as usize).enumerate() {
            for (site, coupling) in (0..sites).zip(along) {
                strengths[site as usize] += coupling.unsigned_abs();
                strengths[self.lattice.ahead(site, axis) as usize] += coupling.unsigned_abs();
            }
        }
        Some(strengths)
    }
}

mirror! {
    /// Mirrors `Parameters` in `shaders/model/edwards_anderson.wgsl`.
    pub struct Parameters {
        /// h.
        pub field: f32,
    }
}

impl Local for EdwardsAnderson {
    const NAME: &'static str = "edwards-anderson";
    const SCALAR: Scalar = Scalar::Integer;
    type Parameters = Parameters;

    fn fragment() -> Fragment {
        Fragment::new("shaders/model/edwards_anderson.wgsl", include_str!("../../shaders/model/edwards_anderson.wgsl"))
    }

    fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    fn parameters(&self) -> Parameters {
        Parameters { field: self.field as f32 }
    }

    fn units(&self) -> [f64; 2] {
        [1.0, self.field]
    }

    fn disorder(&self) -> Option<&Disorder> {
        Some(&self.disorder)
    }

    fn check(&self) -> Result<()> {
        check_field(self.field)?;
        self.disorder.check()?;
        let total = match self.disorder.given_couplings() {
            Some(given) => given.iter().map(|coupling| u64::from(coupling.unsigned_abs())).sum(),
            None => u64::from(self.lattice.sites()) * self.lattice.dimensions() as u64,
        };
        // Energies are summed in i32.
        if total > i32::MAX as u64 {
            let hint = "use a smaller lattice, or smaller couplings";
            return Err(Error::input("sum of |J| over the bonds", "below 2^31", total, hint));
        }
        Ok(())
    }
}

impl TwoState for EdwardsAnderson {
    const BOND_CHANGE: u32 = 2;
    const ONSITE_CHANGE: u32 = 2;

    fn strength(&self) -> [u32; 2] {
        let all = 2 * self.lattice.dimensions() as u32;
        let Some(strengths) = self.strengths() else { return [all, all] };
        let largest = strengths.iter().copied().max().unwrap_or(0);
        // Where bonds are missing, what is left may be chains.
        let diluted = self.disorder.given_couplings().is_some_and(|given| given.contains(&0));
        [if diluted { 0 } else { strengths.into_iter().min().unwrap_or(0) }, largest]
    }
}

/// The range of a field that the kernels' thresholds can take.
pub(super) fn check_field(field: f64) -> Result<()> {
    if field.is_finite() && field.abs() <= 1e15 {
        return Ok(());
    }
    Err(Error::input("field h", "a finite number, at most 1e15 in size", field, "leave it out for the default"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_differ_and_do_not_depend_on_how_they_are_shared() {
        let glass = EdwardsAnderson::bimodal(Lattice::new(&[8, 8, 8]).unwrap(), 3);
        let one = glass.couplings(1);
        assert_eq!(glass.clone().samples(Samples::PerReplica).couplings(1), one);
        assert_eq!(one.len(), 3 * 512);
        assert!(one.iter().all(|coupling| coupling.abs() == 1));
        // 1536 fair coins: five deviations of 39.
        assert!(one.iter().sum::<i32>().abs() < 196);
        let same = |a: &[i32], b: &[i32]| a.iter().zip(b).filter(|(a, b)| a == b).count();
        for (a, b) in [(&one[..], &glass.couplings(0)[..]), (&one[..512], &one[512..1024])] {
            assert!(same(a, b).abs_diff(a.len() / 2) < 100);
        }
        assert_ne!(EdwardsAnderson::bimodal(Lattice::new(&[8, 8, 8]).unwrap(), 4).couplings(1), one);
    }

    #[test]
    fn given_couplings_are_checked() {
        let lattice = || Lattice::new(&[3, 3]).unwrap();
        let mut couplings = vec![1; 18];
        assert!(EdwardsAnderson::with_couplings(lattice(), &couplings[1..]).is_err());
        couplings[7] = 128;
        let error = EdwardsAnderson::with_couplings(lattice(), &couplings).unwrap_err().to_string();
        assert!(error.contains("number 7") && error.contains("128"), "{error}");
        couplings[7] = -127;
        let glass = EdwardsAnderson::with_couplings(lattice(), &couplings).unwrap();
        assert_eq!((glass.strength(), glass.is_bimodal()), ([4, 130], false));
        assert!(Local::check(&glass.clone().samples(Samples::PerPair)).is_err());
        assert!(Local::check(&glass.clone().field(f64::NAN)).is_err());
        assert!(Local::check(&glass).is_ok());
    }
}
