//! The Ising model without a field where it is solved: the ring of any length, and the infinite square lattice.
//!
//! `coupling` is K = βJ of each bond of E = −J Σ s s′, with J = ±1; energies are per site in units of |J|. Where the lattice is not
//! frustrated only |K| matters.

/// sinh 2K = 1 (H. A. Kramers and G. H. Wannier, Phys. Rev. 60, 252 (1941)).
pub const SQUARE_CRITICAL: f64 = 0.440_686_793_509_771_5;

/// Energy of a ring of N sites: −(t + t^(N−1)) / (1 + t^N) with t = tanh K.
///
/// Of the partition function (2 cosh K)^N (1 + t^N) (E. Ising, Z. Phys. 31, 253 (1925)); an antiferromagnet (K < 0) of odd N is
/// frustrated, and its energy is that of E = −J Σ s s′ with J = −1. 0 without sites.
pub fn ring_energy(coupling: f64, sites: u32) -> f64 {
    let (t, sign) = (coupling.tanh(), if coupling < 0.0 { -1.0 } else { 1.0 });
    match i32::try_from(sites) {
        Ok(0) => 0.0,
        Ok(n) => -sign * (t + t.powi(n - 1)) / (1.0 + t.powi(n)),
        Err(_) => -sign * t,
    }
}

/// Specific heat K² ∂²(ln Z / N)/∂K² of a ring of N ≥ 2 sites; that of an infinite one is (K / cosh K)².
pub fn ring_specific_heat(coupling: f64, sites: u32) -> f64 {
    let t = coupling.tanh();
    let slope = 1.0 - t * t;
    let n = i32::try_from(sites).unwrap_or(i32::MAX);
    let (count, whole) = (f64::from(n), 1.0 + t.powi(n));
    // The derivative of (t + t^(N-1)) / (1 + t^N) with respect to t.
    let of_t =
        ((1.0 + (count - 1.0) * t.powi(n - 2)) * whole - (t + t.powi(n - 1)) * count * t.powi(n - 1)) / (whole * whole);
    coupling * coupling * slope * of_t
}

/// Energy of the infinite square lattice (L. Onsager, Phys. Rev. 65, 117 (1944)):
/// −coth 2K [1 + (2/π) (2 tanh² 2K − 1) K₁(k)] with k = 2 sinh 2K / cosh² 2K.
pub fn square_energy(coupling: f64) -> f64 {
    let k = coupling.abs();
    if k < 1e-6 {
        return -2.0 * k;
    }
    let (tanh, modulus) = ((2.0 * k).tanh(), complementary_modulus(k));
    // K₁ diverges where its factor is 0, and their product is 0 there.
    let product = if modulus == 0.0 { 0.0 } else { modulus * elliptic(modulus).0 };
    -(1.0 + std::f64::consts::FRAC_2_PI * product) / tanh
}

/// Specific heat of the infinite square lattice (Onsager, as above): (4/π) (K coth 2K)² {K₁ − E₁ − (1 − tanh² 2K)
/// [π/2 + (2 tanh² 2K − 1) K₁]}; `None` at the critical point, where it is infinite.
pub fn square_specific_heat(coupling: f64) -> Option<f64> {
    let k = coupling.abs();
    if k < 1e-4 {
        return Some(2.0 * k * k);
    }
    let (tanh, modulus) = ((2.0 * k).tanh(), complementary_modulus(k));
    let (first, second) = Some(elliptic(modulus)).filter(|_| modulus != 0.0)?;
    let rest = (1.0 - tanh * tanh) * (std::f64::consts::FRAC_PI_2 + modulus * first);
    Some(4.0 / std::f64::consts::PI * (k / tanh).powi(2) * (first - second - rest))
}

/// Spontaneous magnetisation of the infinite square lattice, (1 − sinh⁻⁴ 2K)^(1/8) (C. N. Yang, Phys. Rev. 85, 808 (1952)); 0 at
/// and above the critical temperature.
pub fn square_magnetization(coupling: f64) -> f64 {
    (1.0 - (2.0 * coupling).sinh().powi(-4)).max(0.0).powf(0.125)
}

/// 2 tanh² 2K − 1, the complementary modulus with a sign.
fn complementary_modulus(coupling: f64) -> f64 {
    2.0 * (2.0 * coupling).tanh().powi(2) - 1.0
}

/// Complete elliptic integrals of the first and second kind of a complementary modulus that is not 0, by the arithmetic-geometric
/// mean (M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 17.6).
fn elliptic(complementary: f64) -> (f64, f64) {
    let (mut a, mut b) = (1.0, complementary.abs());
    let (mut sum, mut power) = (0.5 * (1.0 - b * b), 0.5);
    // Digits double at every step.
    for _ in 0..40 {
        let difference = 0.5 * (a - b);
        (a, b) = (0.5 * (a + b), (a * b).sqrt());
        power *= 2.0;
        sum += power * difference * difference;
        if difference <= a * 1e-16 {
            break;
        }
    }
    let first = std::f64::consts::FRAC_PI_2 / a;
    (first, first * (1.0 - sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// −∂(ln Z / N)/∂K and K² ∂²(ln Z / N)/∂K² of a ring, from all of its states.
    fn enumerated(coupling: f64, sites: u32) -> (f64, f64) {
        let energy = |state: u32| -> f64 {
            (0..sites).map(|i| if (state >> i ^ state >> ((i + 1) % sites)) & 1 == 0 { -1.0 } else { 1.0 }).sum()
        };
        let (mut z, mut first, mut second) = (0.0, 0.0, 0.0);
        for state in 0..1u32 << sites {
            let (e, weight) = (energy(state), (-coupling * energy(state)).exp());
            (z, first, second) = (z + weight, first + e * weight, second + e * e * weight);
        }
        let mean = first / z;
        (mean / f64::from(sites), coupling * coupling * (second / z - mean * mean) / f64::from(sites))
    }

    #[test]
    fn rings_are_their_enumeration() {
        for sites in [3, 4, 7, 10] {
            for coupling in [-1.3, -0.4, 0.2, 0.7, 1.5] {
                let (energy, heat) = enumerated(coupling, sites);
                let sign = f64::signum(coupling);
                assert!((ring_energy(coupling, sites) - sign * energy).abs() < 1e-12, "{sites} {coupling}");
                assert!((ring_specific_heat(coupling, sites) - heat).abs() < 1e-11, "{sites} {coupling}");
            }
        }
        assert!((ring_energy(0.7, u32::MAX) + 0.7f64.tanh()).abs() < 1e-15);
        assert!((ring_specific_heat(0.7, u32::MAX) - (0.7 / 0.7f64.cosh()).powi(2)).abs() < 1e-14);
    }

    #[test]
    fn the_square_lattice_has_known_values() {
        assert!(((2.0 * SQUARE_CRITICAL).sinh() - 1.0).abs() < 1e-15);
        // Exactly -sqrt 2 at the critical point, and the ground state far below it.
        assert!((square_energy(SQUARE_CRITICAL) + std::f64::consts::SQRT_2).abs() < 1e-12);
        assert!((square_energy(10.0) + 2.0).abs() < 1e-12 && square_energy(0.0) == 0.0);
        assert!((square_energy(-0.3) - square_energy(0.3)).abs() < 1e-15);
        // High temperatures: u = -2 tanh K (1 + 2 tanh^2 K + ...), from counting closed loops.
        let t = 0.05f64.tanh();
        let series = -2.0 * (t + 2.0 * t.powi(3) * (1.0 - t * t));
        assert!((square_energy(0.05) - series).abs() < 20.0 * t.powi(5), "{} {series}", square_energy(0.05));
        assert_eq!(square_magnetization(SQUARE_CRITICAL - 1e-9), 0.0);
        // At T = 2, from (1 - sinh(1)^-4)^(1/8) to twelve digits.
        assert!((square_magnetization(0.5) - 0.911_319_377_877).abs() < 1e-10, "{}", square_magnetization(0.5));
    }

    #[test]
    fn the_specific_heat_is_the_derivative_of_the_energy() {
        for k in [0.05f64, 0.2, 0.4, 0.43, 0.46, 0.6, 1.2] {
            let step = 1e-5;
            let slope = (square_energy(k + step) - square_energy(k - step)) / (2.0 * step);
            let heat = square_specific_heat(k).unwrap();
            // The error of the difference is of the order step^2 times the third derivative.
            assert!((heat + k * k * slope).abs() < 1e-6 * heat, "{k}: {heat} {}", -k * k * slope);
        }
        assert!((square_specific_heat(1e-4 * 0.999).unwrap() - 2e-8).abs() < 1e-10);
    }
}
