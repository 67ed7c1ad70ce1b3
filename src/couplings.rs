//! Explicit couplings: a matrix, symmetric unless said otherwise.

use crate::error::{Error, Result};
use crate::random::{Event, Purpose, normal_pair};
use std::sync::Arc;

/// The most sites: beyond, a matrix takes more than the 16 GiB that hardly a host has to spare.
const MOST_SITES: usize = 1 << 16;

/// What two entries J_ij and J_ji may differ by, relative to the larger one: rounding of whoever made the matrix.
const ASYMMETRY: f32 = 1e-6;

/// Couplings J_ij of every pair of N ≥ 2 sites, as a matrix with a diagonal of zeros. It is symmetric, unless it was made by
/// [`asymmetric`](Self::asymmetric) or [`sequence`](crate::learn::sequence): then there is no energy, and nothing that
/// needs one takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Couplings {
    sites: usize,
    values: Arc<[f32]>,
    symmetric: bool,
}

impl Couplings {
    /// Couplings from a matrix of N × N, row after row. Where J_ij and J_ji differ in rounding only, both become their
    /// mean.
    ///
    /// # Errors
    /// [`Error::Input`] naming the entry for a matrix that is not square, not finite, not symmetric within 10⁻⁶ of the
    /// larger entry, or has a diagonal; [`Error::Limit`] for more than 65,536 sites.
    pub fn new(sites: usize, mut values: Vec<f32>) -> Result<Self> {
        check_matrix(sites, &values)?;
        for i in 0..sites {
            for j in 0..i {
                let (low, high) = (values[i * sites + j], values[j * sites + i]);
                if (low - high).abs() > ASYMMETRY * low.abs().max(high.abs()) {
                    let wanted = format!("{high}, as J[{j}, {i}]");
                    let hint = "couplings are symmetric: use (J + J^T) / 2, or mend the matrix; asymmetric ones must be \
                                asked for (Couplings::asymmetric, recall --asymmetric)";
                    return Err(Error::input(entry(i, j), wanted, low, hint));
                }
                // Halves first: the sum of two large entries could overflow.
                let mean = 0.5 * low + 0.5 * high;
                values[i * sites + j] = mean;
                values[j * sites + i] = mean;
            }
        }
        Ok(Self { sites, values: values.into(), symmetric: true })
    }

    /// Couplings J_ij ≠ J_ji from a matrix of N × N, row after row: J_ij is what site j does to site i. States then have no
    /// energy and chains no equilibrium; [recall](crate::Gpu::recall_with_couplings) follows the synchronous dynamics of such a
    /// matrix, which can run through sequences and cycles.
    ///
    /// # Errors
    /// As [`new`](Self::new), but for the symmetry.
    pub fn asymmetric(sites: usize, values: Vec<f32>) -> Result<Self> {
        check_matrix(sites, &values)?;
        let symmetric = (0..sites).all(|i| (0..i).all(|j| values[i * sites + j] == values[j * sites + i]));
        Ok(Self { sites, values: values.into(), symmetric })
    }

    /// Couplings from rows of one length each.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_rows(rows: &[Vec<f32>]) -> Result<Self> {
        if let Some((number, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != rows.len()) {
            let what = format!("row {number} of the couplings");
            let hint = "give a square matrix, a row a site";
            return Err(Error::input(what, format!("{} numbers", rows.len()), row.len(), hint));
        }
        Self::new(rows.len(), rows.concat())
    }

    /// Couplings of the Sherrington–Kirkpatrick glass, J_ij ~ N(0, 1/N) for i < j (D. Sherrington and S. Kirkpatrick, Phys.
    /// Rev. Lett. 35, 1792 (1975)): a pure function of the seed, i and j.
    ///
    /// # Errors
    /// [`Error::Input`] for fewer than two sites, [`Error::Limit`] for more than 65,536.
    pub fn sherrington_kirkpatrick(sites: usize, seed: u64) -> Result<Self> {
        check_sites(sites)?;
        let scale = 1.0 / (sites as f64).sqrt();
        let mut values = vec![0.0; sites * sites];
        for i in 0..sites {
            for j in 0..i {
                let event =
                    Event { seed, purpose: Purpose::Disorder, index: i as u32, chain: j as u32, sweep: 0, part: 0 };
                let [a, b, ..] = event.words(0);
                let value = (scale * normal_pair([a, b])[0]) as f32;
                values[i * sites + j] = value;
                values[j * sites + i] = value;
            }
        }
        Ok(Self { sites, values: values.into(), symmetric: true })
    }

    /// N.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// Whether J_ij = J_ji.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// The matrix, row after row.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The couplings of one site to all, itself included (0).
    ///
    /// # Panics
    /// Where there is no such site.
    pub fn row(&self, site: usize) -> &[f32] {
        &self.values[site * self.sites..][..self.sites]
    }

    /// Whether these are the same couplings, in memory.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.values, &other.values) || self == other
    }

    /// −½ Σ_ij J_ij s_i s_j of a state of N signs, in `f64`.
    ///
    /// # Errors
    /// [`Error::Input`] where the state has another size, or the couplings are asymmetric.
    pub fn energy(&self, signs: &[i8]) -> Result<f64> {
        self.check_symmetric("couplings of an energy")?;
        if signs.len() != self.sites {
            return Err(Error::input("state", format!("{} signs", self.sites), signs.len(), "give a sign a site"));
        }
        let of_site = |(row, &own): (&[f32], &i8)| {
            let field: f64 = row.iter().zip(signs).map(|(&j, &s)| f64::from(j) * f64::from(s)).sum();
            field * f64::from(own)
        };
        Ok(-0.5 * self.values.chunks_exact(self.sites).zip(signs).map(of_site).sum::<f64>())
    }
}

impl Couplings {
    /// Refuses asymmetric couplings.
    pub(crate) fn check_symmetric(&self, what: &str) -> Result<()> {
        if self.symmetric {
            return Ok(());
        }
        let hint = "asymmetric couplings have no energy and no equilibrium: recall with them synchronously, at T = 0";
        Err(Error::input(what, "symmetric ones", "asymmetric ones", hint))
    }
}

fn entry(i: usize, j: usize) -> String {
    format!("coupling J[{i}, {j}]")
}

/// Refuses what is no matrix of so many sites, not finite, or has a diagonal.
fn check_matrix(sites: usize, values: &[f32]) -> Result<()> {
    check_sites(sites)?;
    if values.len() != sites * sites {
        let wanted = format!("{sites} x {sites} = {} numbers", sites * sites);
        return Err(Error::input("couplings", wanted, values.len(), "give a square matrix"));
    }
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        let hint = "replace what is not a number, or infinite";
        return Err(Error::input(entry(at / sites, at % sites), "a finite number", values[at], hint));
    }
    match (0..sites).find(|i| values[i * sites + i] != 0.0) {
        Some(i) => {
            let hint = "set the diagonal to 0: s_i s_i = 1 only shifts the energy";
            Err(Error::input(entry(i, i), "0", values[i * sites + i], hint))
        }
        None => Ok(()),
    }
}

/// Refuses sizes of which no matrix is made.
pub(crate) fn check_sites(sites: usize) -> Result<()> {
    if sites < 2 {
        return Err(Error::input("sites of the couplings", "at least 2", sites, "one spin has nothing to couple to"));
    }
    if sites > MOST_SITES {
        let hint = "a matrix has N x N numbers: use a smaller system, or patterns (spinfield recall), which need none";
        return Err(Error::Limit {
            what: "sites of explicit couplings".into(),
            need: sites as u64,
            have: MOST_SITES as u64,
            hint: hint.into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_matrices_are_named_by_their_entry() {
        let error = |rows: &[Vec<f32>]| Couplings::from_rows(rows).unwrap_err().to_string();
        assert!(error(&[vec![0.0]]).contains("at least 2"));
        assert!(error(&[vec![0.0, 1.0], vec![1.0]]).contains("row 1"));
        assert!(error(&[vec![0.0, f32::NAN], vec![1.0, 0.0]]).contains("J[0, 1]"));
        assert!(error(&[vec![0.0, 1.0], vec![1.0, f32::INFINITY]]).contains("J[1, 1]"));
        assert!(error(&[vec![0.0, 1.0], vec![1.0, 0.5]]).contains("J[1, 1]"));
        assert!(error(&[vec![0.0, 1.0], vec![1.001, 0.0]]).contains("J[1, 0]"));
        assert!(Couplings::new(2, vec![0.0; 3]).is_err());
        assert!(Couplings::sherrington_kirkpatrick(1, 0).is_err());
        assert!(Couplings::sherrington_kirkpatrick(1 << 20, 0).is_err());
        assert!(error(&[vec![0.0, 1.0], vec![-1.0, 0.0]]).contains("--asymmetric"));
        let one_way = Couplings::asymmetric(2, vec![0.0, 1.0, -1.0, 0.0]).unwrap();
        assert!(!one_way.is_symmetric() && one_way.energy(&[1, 1]).is_err());
        assert!(Couplings::asymmetric(2, vec![0.0, 1.0, 1.0, 0.0]).unwrap().is_symmetric());
        for wrong in [vec![0.0; 3], vec![0.0, f32::NAN, 0.0, 0.0], vec![1.0, 0.0, 0.0, 0.0]] {
            assert!(Couplings::asymmetric(2, wrong).is_err());
        }
        let rounded = Couplings::from_rows(&[vec![0.0, 1.0], vec![1.000_000_5, 0.0]]).unwrap();
        assert_eq!(rounded.row(0)[1], rounded.row(1)[0]);
        assert_eq!(rounded.energy(&[1, -1]).unwrap(), f64::from(rounded.row(0)[1]));
    }

    #[test]
    fn couplings_of_the_glass_have_their_moments() {
        let sites = 300;
        let glass = Couplings::sherrington_kirkpatrick(sites, 1).unwrap();
        let pairs = (sites * (sites - 1) / 2) as f64;
        let sum = |power: i32| -> f64 {
            let pair = |i: usize| (0..i).map(move |j| (i, j));
            (0..sites).flat_map(pair).map(|(i, j)| f64::from(glass.row(i)[j]).powi(power)).sum::<f64>() / pairs
        };
        let n = sites as f64;
        // Standard errors of the two means: 1/sqrt(N pairs), and sqrt(2/pairs)/N; four of them.
        assert!(sum(1).abs() < 4.0 / (n * pairs).sqrt(), "{}", sum(1));
        assert!((n * sum(2) - 1.0).abs() < 4.0 * (2.0 / pairs).sqrt(), "{}", n * sum(2));
        assert_ne!(glass, Couplings::sherrington_kirkpatrick(sites, 2).unwrap());
    }
}
