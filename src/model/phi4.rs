//! Lattice φ⁴ theory.

use super::{Continuous, Differentiable, Local, Scalar};
use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::mirror;
use crate::shader::Fragment;

/// Lattice φ⁴ theory: a real field with weight e^(−S), in one of two parametrisations.
///
/// - canonical: S = Σ_x [ ½ Σ_μ (φ_{x+μ} − φ_x)² + ½ m² φ_x² + λ φ_x⁴ ];
/// - hopping: S = Σ_x [ −2κ Σ_μ φ_x φ_{x+μ} + φ_x² + λ_h (φ_x² − 1)² ].
///
/// Both are S = Σ_x [ −c Σ_μ φ_x φ_{x+μ} + A φ_x² + B φ_x⁴ + C ]. With φ = √(2κ) φ_h they are the same theory at
/// m² = (1 − 2λ_h)/κ − 2d and λ = λ_h/(4κ²). Observables come in the normalisation of the parametrisation given.
/// The weight has no temperature: β is 1 unless one is asked for, and then multiplies S.
///
/// Source: I. Montvay and G. Münster, *Quantum Fields on a Lattice* (Cambridge, 1994), chapter 2.
#[derive(Debug, Clone, PartialEq)]
pub struct Phi4 {
    lattice: Lattice,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Canonical { mass2: f64, lambda: f64 },
    Hopping { kappa: f64, lambda: f64 },
}

impl Phi4 {
    /// The canonical form with m² = `mass2` and λ = `lambda`.
    pub fn new(lattice: Lattice, mass2: f64, lambda: f64) -> Self {
        Self { lattice, form: Form::Canonical { mass2, lambda } }
    }

    /// The hopping form with κ = `kappa` and λ_h = `lambda`.
    pub fn hopping(lattice: Lattice, kappa: f64, lambda: f64) -> Self {
        Self { lattice, form: Form::Hopping { kappa, lambda } }
    }
}

mirror! {
    /// c, A, B, C of the action; mirrors `Parameters` in `shaders/model/phi4.wgsl`.
    pub struct Parameters {
        /// c.
        pub hopping: f32,
        /// A.
        pub quadratic: f32,
        /// B.
        pub quartic: f32,
        /// C.
        pub constant: f32,
    }
}

impl Local for Phi4 {
    const NAME: &'static str = "phi4";
    const SCALAR: Scalar = Scalar::Float;
    type Parameters = Parameters;

    fn fragment() -> Fragment {
        Fragment::new("shaders/model/phi4.wgsl", include_str!("../../shaders/model/phi4.wgsl"))
    }

    fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    fn parameters(&self) -> Parameters {
        let [hopping, quadratic, quartic, constant] = match self.form {
            Form::Canonical { mass2, lambda } => [1.0, self.lattice.dimensions() as f64 + 0.5 * mass2, lambda, 0.0],
            Form::Hopping { kappa, lambda } => [2.0 * kappa, 1.0 - 2.0 * lambda, lambda, lambda],
        };
        Parameters {
            hopping: hopping as f32,
            quadratic: quadratic as f32,
            quartic: quartic as f32,
            constant: constant as f32,
        }
    }

    /// The action must be bounded from below: λ ≥ 0, and at λ = 0 a positive mass (canonical) or |κ| d < ½ (hopping).
    fn check(&self) -> Result<()> {
        let (names, [first, lambda]) = match self.form {
            Form::Canonical { mass2, lambda } => (["mass2", "lambda"], [mass2, lambda]),
            Form::Hopping { kappa, lambda } => (["kappa", "lambda-hopping"], [kappa, lambda]),
        };
        // f32 holds the parameters, and their squares must not overflow it.
        for (name, value) in names.into_iter().zip([first, lambda]) {
            if !value.is_finite() || value.abs() > 1e15 {
                return Err(Error::input(name, "a finite number, at most 1e15 in size", value, "choose another value"));
            }
        }
        if lambda < 0.0 {
            let hint = "the action has no lower bound otherwise";
            return Err(Error::input(names[1], "lambda >= 0", lambda, hint));
        }
        if lambda > 0.0 {
            return Ok(());
        }
        let hint = "a free field needs a positive mass; or choose lambda > 0";
        match self.form {
            Form::Canonical { mass2, .. } if mass2 <= 0.0 => {
                Err(Error::input("mass2", "mass2 > 0 where lambda = 0", mass2, hint))
            }
            Form::Hopping { kappa, .. } if kappa.abs() * self.lattice.dimensions() as f64 >= 0.5 => {
                Err(Error::input("kappa", "|kappa| d < 1/2 where lambda-hopping = 0", kappa, hint))
            }
            _ => Ok(()),
        }
    }
}

impl Continuous for Phi4 {}
impl Differentiable for Phi4 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hopping_form_is_the_canonical_one_rescaled() {
        let lattice = Lattice::new(&[4, 4, 4]).unwrap();
        let (kappa, lambda) = (0.27, 0.8);
        let mass2 = (1.0 - 2.0 * lambda) / kappa - 6.0;
        let canonical = Phi4::new(lattice.clone(), mass2, lambda / (4.0 * kappa * kappa)).parameters();
        let hopping = Phi4::hopping(lattice, kappa, lambda).parameters();
        let scale = 2.0 * kappa as f32;
        assert!((canonical.hopping * scale - hopping.hopping).abs() < 1e-6);
        assert!((canonical.quadratic * scale - hopping.quadratic).abs() < 1e-6);
        assert!((canonical.quartic * scale * scale - hopping.quartic).abs() < 1e-6);
    }

    #[test]
    fn unbounded_actions_are_refused() {
        let lattice = Lattice::new(&[4]).unwrap();
        assert!(Local::check(&Phi4::new(lattice.clone(), 0.0, 0.0)).is_err());
        assert!(Local::check(&Phi4::new(lattice.clone(), 1.0, -0.1)).is_err());
        assert!(Local::check(&Phi4::new(lattice.clone(), f64::NAN, 1.0)).is_err());
        assert!(Local::check(&Phi4::hopping(lattice.clone(), 0.5, 0.0)).is_err());
        assert!(Local::check(&Phi4::new(lattice, -1.0, 0.5)).is_ok());
    }
}
