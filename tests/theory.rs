//! The theory of the Hopfield network against numbers computed elsewhere, in double precision or better, and against the
//! tests' own solution of the same equations.

mod oracle;

use oracle::hopfield_retrieval;
use spinfield::theory::hopfield::{
    first_step_overlap, glass, glass_temperature, largest_load, retrieval, retrieval_line, retrieval_temperature,
    transition_temperature,
};

#[track_caller]
fn close(what: &str, got: f64, wanted: f64, tolerance: f64) {
    assert!((got - wanted).abs() <= tolerance, "{what}: {got} instead of {wanted}");
}

/// Half a unit in the last of the digits given.
#[test]
fn zero_temperature_has_the_numbers_of_the_literature() {
    let critical = largest_load(0.0);
    close("critical load", critical, 0.137_905_566_49, 1e-11);
    // m is vertical at the critical load: its distance to m_c is the root of the distance in load.
    close("overlap there", retrieval(critical * (1.0 - 1e-14), 0.0).unwrap().overlap, 0.967_417_114_35, 1e-6);
    for (load, m, c, r) in
        [(0.05, 0.999_992_23, 0.000_162_52, 1.000_325_13), (0.1, 0.997_999_27, 0.020_858_18, 1.043_058_83)]
    {
        let state = retrieval(load, 0.0).unwrap();
        close("m", state.overlap, m, 5e-9);
        close("C", state.susceptibility, c, 5e-9);
        close("r", state.noise, r, 5e-9);
        assert_eq!(state.order, 1.0);
    }
    assert!(retrieval(0.1380, 0.0).is_none() && retrieval(0.0, 0.0).is_none() && retrieval(0.1, f64::NAN).is_none());
}

#[test]
fn overlaps_and_free_energies_at_a_temperature() {
    for (load, temperature, m, q, r, f) in [
        (0.05, 0.2, 0.998_877_76, 0.997_830_41, 1.019_837, -0.500_111_16),
        (0.05, 0.4, 0.966_186_81, 0.936_682_19, 1.322_123, -0.505_747_79),
        (0.1, 0.2, 0.989_085_16, 0.984_417_06, 1.157_809, -0.501_040_66),
    ] {
        let state = retrieval(load, temperature).unwrap();
        close("m", state.overlap, m, 5e-9);
        close("q", state.order, q, 5e-9);
        close("r", state.noise, r, 5e-7);
        close("f", state.free_energy, f, 5e-9);
    }
}

#[test]
fn lines_of_the_phase_diagram() {
    for (load, retrieves, lowest, freezes) in [
        (0.005, 0.8600, 0.80736, 1.07071),
        (0.01, 0.8010, 0.72162, 1.10000),
        (0.05, 0.5423, 0.21638, 1.22361),
        (0.1, 0.3154, 0.0, 1.31623),
    ] {
        close("T_M", retrieval_temperature(load), retrieves, 5e-5);
        close("T_c", transition_temperature(load), lowest, 5e-6);
        close("T_g", glass_temperature(load), freezes, 5e-6);
    }
    // Retrieval is the global minimum at T = 0 up to this load.
    assert!(transition_temperature(0.051_8) > 0.0 && transition_temperature(0.051_9) == 0.0);
    assert_eq!((retrieval_temperature(0.14), retrieval_temperature(0.0), largest_load(1.0)), (0.0, 1.0, 0.0));
    let line = retrieval_line(11);
    assert!(line.len() == 11 && line.windows(2).all(|pair| pair[0].0 > pair[1].0 && pair[0].1 < pair[1].1));
}

/// The stationarity of the free energy under m, q and r is checked by its equations: put back, they must hold.
#[test]
fn the_equations_hold_and_the_limits_are_continuous() {
    for (load, temperature) in [(0.02, 0.1), (0.05, 0.5), (0.08, 0.3), (0.12, 0.01), (0.13, 0.002)] {
        let (state, other) = (retrieval(load, temperature).unwrap(), hopfield_retrieval(load, temperature).unwrap());
        close("m", state.overlap, other.overlap, 1e-9);
        close("q", state.order, other.order, 1e-9);
        close("r", state.noise, other.noise, 1e-7);
    }
    // T = 0 is where the equations of T > 0 end, up to terms of order T² (the free energy of order T: replica
    // symmetry leaves an entropy of about −0.06 to the glass at T = 0).
    let cold = |state: fn(f64, f64) -> Option<spinfield::theory::hopfield::State>, temperature| {
        state(0.1, temperature).unwrap()
    };
    for state in [retrieval, glass] {
        let (zero, near) = (cold(state, 0.0), cold(state, 0.0011));
        close("m", near.overlap, zero.overlap, 1e-5);
        close("C", near.susceptibility, zero.susceptibility, 1e-4);
        close("f", near.free_energy, zero.free_energy, 1e-4);
    }
    // The glass is born at T_g with q = 0.
    let born = glass(0.1, glass_temperature(0.1) - 1e-4).unwrap();
    assert!(born.order > 0.0 && born.order < 1e-3 && glass(0.1, glass_temperature(0.1)).is_none());
    close("first step", first_step_overlap(1.0, 0.138), 1.0 - 2.0 * 0.003_552, 1e-6);
}
