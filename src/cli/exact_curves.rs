//! Exact curves that stand beside what was measured.

use spinfield::Lattice;
use spinfield::report::plot::Series;
use spinfield::theory::ising;

/// Points of a curve.
const POINTS: u32 = 400;

/// An exact quantity against the inverse temperature.
#[derive(Debug, Clone)]
pub struct ExactCurve {
    /// The quantity, as in the results.
    pub quantity: &'static str,
    /// Its values.
    pub curve: Series,
}

/// Of a magnet with couplings of this sign, where the field is 0 (for other fields there are none): the ring of any length,
/// and the infinite square lattice.
pub fn of_ising(lattice: &Lattice, sign: f64, betas: &[f64], fields: &[f64]) -> Vec<ExactCurve> {
    let low = betas.iter().copied().fold(f64::INFINITY, f64::min);
    let high = betas.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !fields.contains(&0.0) || low >= high {
        return Vec::new();
    }
    let suffix = if fields.len() > 1 { ", h = 0" } else { "" };
    let curve = |quantity, name: &str, value: &dyn Fn(f64) -> Option<f64>| {
        let betas = (0..=POINTS).map(|k| low + (high - low) * f64::from(k) / f64::from(POINTS));
        let points = betas.filter_map(|beta| Some((beta, value(beta)?, None))).collect();
        ExactCurve { quantity, curve: Series { name: format!("{name}{suffix}"), points } }
    };
    match *lattice.sides() {
        [sites] if sites > 2 => vec![
            curve("energy", "exact", &|beta| Some(ising::ring_energy(sign * beta, sites))),
            curve("specific_heat", "exact", &|beta| Some(ising::ring_specific_heat(sign * beta, sites))),
        ],
        // An odd side frustrates an antiferromagnet; two sites are joined by two bonds.
        [rows, columns] if rows.min(columns) > 2 && (sign > 0.0 || (rows % 2, columns % 2) == (0, 0)) => {
            let mut curves = vec![
                curve("energy", "Onsager, infinite lattice", &|beta| Some(ising::square_energy(beta))),
                curve("specific_heat", "Onsager, infinite lattice", &ising::square_specific_heat),
            ];
            if sign > 0.0 {
                let yang = curve("abs_magnetization", "Yang, infinite lattice", &|beta| {
                    Some(ising::square_magnetization(beta))
                });
                curves.push(yang);
            }
            curves
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_those_of_the_lattice() {
        let names = |sides: &[u32], sign: f64, fields: &[f64]| -> Vec<&'static str> {
            let lattice = Lattice::new(sides).unwrap();
            of_ising(&lattice, sign, &[0.2, 0.6], fields).into_iter().map(|curve| curve.quantity).collect()
        };
        assert_eq!(names(&[16, 16], 1.0, &[0.0]), ["energy", "specific_heat", "abs_magnetization"]);
        assert_eq!(names(&[16, 16], -1.0, &[0.0, 0.1]), ["energy", "specific_heat"]);
        assert_eq!(names(&[64], 1.0, &[0.0]), ["energy", "specific_heat"]);
        for (sides, sign, field) in [(&[6, 5][..], -1.0, 0.0), (&[4, 4, 4], 1.0, 0.0), (&[16, 16], 1.0, 0.1)] {
            assert!(names(sides, sign, &[field]).is_empty(), "{sides:?}");
        }
        let lattice = Lattice::new(&[8, 8]).unwrap();
        assert!(of_ising(&lattice, 1.0, &[0.4], &[0.0]).is_empty());
    }
}
