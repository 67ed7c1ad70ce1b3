//! The oracles against numbers from elsewhere and against each other.
//!
//! Tables without a source in their comment were computed by separate programs in double precision or better; a value is
//! compared to the digits that are written.

mod oracle;

use oracle::*;

#[track_caller]
fn close(what: &str, value: f64, truth: f64, tolerance: f64) {
    let error = (value - truth).abs();
    assert!(
        error <= tolerance,
        "{what}: {value:.15} instead of {truth:.15}, off by {error:.2e} (allowed {tolerance:.0e})"
    );
}

fn critical_beta() -> f64 {
    (1.0 + 2_f64.sqrt()).ln() / 2.0
}

#[test]
fn enumeration_of_the_four_by_four_torus() {
    // β, E/N, C, <|m|>, <m²>, U4.
    let rows = [
        (0.2, -0.4561353695, 0.1195461888, 0.3427656276, 0.1751994781, 0.2078597651),
        (0.3, -0.8440540736, 0.4409926536, 0.5203580030, 0.3576467969, 0.4120282912),
        (0.4, -1.3791164823, 0.8125152294, 0.7647123932, 0.6548257569, 0.5815276591),
        (critical_beta(), -1.5656237876, 0.7832668259, 0.8438604448, 0.7613589086, 0.6171993184),
        (0.5, -1.7553802888, 0.6055326572, 0.9189432674, 0.8689216816, 0.6448107912),
        (0.6, -1.9080695278, 0.3155537971, 0.9728674502, 0.9528980580, 0.6607535638),
    ];
    for (beta, energy, specific_heat, abs_magnetization, magnetization2, binder) in rows {
        let exact = ising_enumeration(&[4, 4], beta, 0.0);
        close("E/N", exact.energy, energy, 1e-10);
        close("C", exact.specific_heat, specific_heat, 1e-10);
        close("<|m|>", exact.abs_magnetization, abs_magnetization, 1e-10);
        close("<m²>", exact.magnetization2, magnetization2, 1e-10);
        close("U4", exact.binder, binder, 1e-10);
        close("<m>", exact.magnetization, 0.0, 1e-14);
        close("χ", exact.susceptibility, beta * 16.0 * (magnetization2 - abs_magnetization * abs_magnetization), 1e-8);
    }
}

#[test]
fn enumeration_in_a_field() {
    // A ring of 16 spins in a field.
    let ring = ising_enumeration(&[16], 0.7, 0.1);
    close("E/N", ring.energy, -0.6506694302, 1e-10);
    close("<m>", ring.magnetization, 0.2731547733, 1e-10);
    // Without bonds that matter, spins are free: a tiny β h is tanh, and m² follows.
    let (sites, argument) = (15.0, 1e-9_f64 * 1e9);
    let free = ising_enumeration(&[3, 5], 1e-9, 1e9);
    let mean = argument.tanh();
    close("<m>", free.magnetization, mean, 1e-7);
    close("<m²>", free.magnetization2, mean * mean + (1.0 - mean * mean) / sites, 1e-7);
}

#[test]
fn enumeration_counts_both_bonds_of_a_side_of_two() {
    // Two spins, two bonds: <s s'> = tanh 2β.
    close("E/N", ising_enumeration(&[2], 0.3, 0.0).energy, -(0.6_f64.tanh()), 1e-15);
    // A ring of 3: <s s'> = (t + t²)/(1 + t³).
    let t = 0.3_f64.tanh();
    close("E/N", ising_enumeration(&[3], 0.3, 0.0).energy, -(t + t * t) / (1.0 + t.powi(3)), 1e-15);
    // The order of the sides does not matter, nor does a lattice's shape in memory.
    let (tall, wide) = (ising_enumeration(&[2, 3, 3], 0.2, 0.05), ising_enumeration(&[3, 3, 2], 0.2, 0.05));
    close("E/N", tall.energy, wide.energy, 1e-14);
    close("<m⁴>", tall.magnetization4, wide.magnetization4, 1e-14);
}

#[test]
fn kaufman_is_the_enumeration() {
    for side in [2, 3, 4] {
        for beta in [0.05, 0.2, 0.4, critical_beta(), 0.5, 1.0] {
            let exact = ising_enumeration(&[side, side], beta, 0.0);
            let (energy, specific_heat) = kaufman(side, beta);
            close(&format!("E/N, side {side}, β {beta}"), energy, exact.energy, 1e-12);
            close(&format!("C, side {side}, β {beta}"), specific_heat, exact.specific_heat, 1e-12);
        }
    }
}

#[test]
fn kaufman_on_larger_tori() {
    let betas = [0.3, 0.4, critical_beta(), 0.5];
    // Side, (E/N, C) at each β.
    let rows = [
        (
            8,
            [
                (-0.712467372672, 0.3113783504),
                (-1.22232064325, 1.100475889),
                (-1.49158910744, 1.14555924),
                (-1.74568317029, 0.7141226029),
            ],
        ),
        (
            16,
            [
                (-0.704532670859, 0.2865189965),
                (-1.13131798441, 1.064976883),
                (-1.45306485281, 1.498704959),
                (-1.74553066899, 0.7255087677),
            ],
        ),
        (
            32,
            [
                (-0.70449907177, 0.2862902162),
                (-1.10729166098, 0.8858125011),
                (-1.43365846615, 1.84676759),
                (-1.74556452703, 0.7248739782),
            ],
        ),
        (
            64,
            [
                (-0.704499070832, 0.2862902029),
                (-1.10608299247, 0.8618550832),
                (-1.42393838983, 2.192211393),
                (-1.74556457531, 0.7248714486),
            ],
        ),
    ];
    for (side, row) in rows {
        for (beta, (energy, specific_heat)) in betas.into_iter().zip(row) {
            let (e, c) = kaufman(side, beta);
            close(&format!("E/N, side {side}, β {beta}"), e, energy, 1e-11);
            close(&format!("C, side {side}, β {beta}"), c, specific_heat, 1e-9);
        }
    }
}

#[test]
fn kaufman_tends_to_the_infinite_lattice() {
    // The Onsager energy; the corrections of a large torus vanish exponentially away from the critical point.
    for (beta, energy) in
        [(0.2, -0.428228833240), (0.5, -1.745564575313), (0.6, -1.909086177684), (0.7, -1.963775612334)]
    {
        close(&format!("E/N, β {beta}"), kaufman(256, beta).0, energy, 2e-12);
    }
    // The specific heat is the derivative of the energy by temperature.
    let (beta, step) = (0.43, 1e-4);
    let slope = (kaufman(128, beta + step).0 - kaufman(128, beta - step).0) / (2.0 * step);
    close("C", kaufman(128, beta).1, -beta * beta * slope, 1e-4);
}

#[test]
fn phi4_on_a_ring() {
    // m2, λ, <φ²>, <φ⁴>, <φφ'>, χ, 8 sites.
    let rows = [
        (1.0, 0.0, 0.4476190476, 0.6010884354, 0.1714285714, 1.0),
        (1.0, 0.5, 0.2600751100, 0.1735952381, 0.0637079030, 0.4287754023),
        (-1.0, 0.5, 0.4496247994, 0.4498289134, 0.1746413131, 1.0172917791),
    ];
    for (mass2, lambda, phi2, phi4, link, susceptibility) in rows {
        let exact = phi4_ring(8, mass2, lambda);
        close("φ²", exact.phi2, phi2, 1e-10);
        close("φ⁴", exact.phi4, phi4, 1e-10);
        close("link", exact.link, link, 1e-10);
        close("χ", exact.susceptibility, susceptibility, 1e-10);
        schwinger_dyson(1.0, mass2, lambda, exact.phi2, exact.phi4, exact.link);
        close("S", exact.action, 0.5 - lambda * exact.phi4, 1e-13);
    }
}

#[test]
fn phi4_on_two_rows() {
    // m2, λ, <φ²>, <φ⁴>, short link, long link, χ, 2×4 sites. These rows came from a coarser grid and
    // are good to a few 1e-8; the Schwinger-Dyson identity below is the sharper test.
    let rows = [
        (1.0, 0.5, 0.2049513021, 0.1125139661, 0.0775601039, 0.0473321181, 0.4777463637),
        (-1.0, 0.5, 0.3742246532, 0.3252741153, 0.2207236181, 0.1658874806, 1.4416617876),
        (-2.0, 0.5, 0.6399599698, 0.7758737108, 0.4882328714, 0.4276007865, 3.5363184364),
    ];
    for (mass2, lambda, phi2, phi4, short, long, susceptibility) in rows {
        let exact = phi4_two_by(4, mass2, lambda);
        close("φ²", exact.phi2, phi2, 3e-8);
        close("φ⁴", exact.phi4, phi4, 3e-8);
        close("short link", exact.link_short, short, 3e-8);
        close("long link", exact.link_long, long, 3e-8);
        close("χ", exact.susceptibility, susceptibility, 5e-8);
        schwinger_dyson(2.0, mass2, lambda, exact.phi2, exact.phi4, exact.link);
        close("S", exact.action, 0.5 - lambda * exact.phi4, 1e-13);
    }
    // The 2×2 torus is symmetric, and the free field is known in closed form.
    let square = phi4_two_by(2, 0.5, 0.25);
    close("links", square.link_short, square.link_long, 1e-12);
    let free = phi4_two_by(3, 2.0, 0.0);
    close("free φ²", free.phi2, free_propagator_phi2(&[2, 3], 2.0), 1e-11);
    close("free φ⁴", free.phi4, 3.0 * free.phi2 * free.phi2, 1e-11);
    close("free χ", free.susceptibility, 0.5, 1e-11);
}

/// `<φ dS/dφ> = 1` at every site.
#[track_caller]
fn schwinger_dyson(dimensions: f64, mass2: f64, lambda: f64, phi2: f64, phi4: f64, link: f64) {
    let sum = 2.0 * dimensions * (phi2 - link) + mass2 * phi2 + 4.0 * lambda * phi4;
    close("Schwinger-Dyson", sum, 1.0, 1e-13);
}

#[test]
fn free_fields() {
    close("ring", free_propagator_phi2(&[8], 1.0), 0.4476190476, 1e-10);
    close("8×8", free_propagator_phi2(&[8, 8], 0.25), 0.3855011891, 1e-10);
    close("16×16", free_propagator_phi2(&[16, 16], 0.1), 0.4568349352, 1e-10);
    close("one site", free_propagator_phi2(&[1], 0.5), 2.0, 1e-15);
    close("ring of 5", free_propagator_phi2(&[5], 0.7), phi4_ring(5, 0.7, 0.0).phi2, 1e-11);
}

#[test]
fn generator() {
    for row in THREEFRY4X32_13 {
        assert_eq!(threefry4x32(row.counter, row.key, 13), row.output);
    }
    // The 20 rounds of the original, from the same published table.
    assert_eq!(threefry4x32([0; 4], [0; 4], 20), [0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8]);
}

#[test]
fn hopfield_at_temperature_zero() {
    close("m at α 0.05", hopfield_overlap(0.05, 0.0), 0.99999223, 5e-9);
    close("m at α 0.10", hopfield_overlap(0.10, 0.0), 0.99799927, 5e-9);
    close("r at α 0.05", hopfield_retrieval(0.05, 0.0).unwrap().noise, 1.00032513, 5e-9);
    close("r at α 0.10", hopfield_retrieval(0.10, 0.0).unwrap().noise, 1.04305883, 5e-9);
    // The largest load with retrieval, 0.13790556649, where the overlap is 0.96741711435.
    assert_eq!(hopfield_overlap(0.137905567, 0.0), 0.0);
    close("m at α_c", hopfield_overlap(0.13790556648, 0.0), 0.96741711, 1e-5);
    assert_eq!(hopfield_overlap(0.2, 0.0), 0.0);
}

#[test]
fn hopfield_at_finite_temperature() {
    // α, T, m, q, r.
    let rows = [
        (0.05, 0.2, 0.99887776, 0.99783041, 1.019837),
        (0.05, 0.4, 0.96618681, 0.93668219, 1.322123),
        (0.10, 0.2, 0.98908516, 0.98441706, 1.157809),
    ];
    for (alpha, temperature, m, q, r) in rows {
        let state = hopfield_retrieval(alpha, temperature).unwrap();
        close("m", state.overlap, m, 6e-9);
        close("q", state.order, q, 6e-9);
        close("r", state.noise, r, 6e-7);
    }
    // Retrieval ends at T_M(α).
    for (alpha, last) in [(0.005, 0.8600), (0.01, 0.8010), (0.05, 0.5423), (0.10, 0.3154)] {
        assert!(hopfield_overlap(alpha, last - 1e-4) > 0.4, "α {alpha}");
        assert_eq!(hopfield_overlap(alpha, last + 1e-4), 0.0, "α {alpha}");
    }
    assert_eq!(hopfield_overlap(0.01, 1.0), 0.0);
    // Vanishing load is the Curie-Weiss magnet, m = tanh(β m), and the cold limit is the theory at temperature 0.
    close("α → 0", hopfield_overlap(1e-12, 1.0 / 1.2), 0.6585696604, 1e-9);
    close("T → 0", hopfield_overlap(0.1, 0.001), hopfield_overlap(0.1, 0.0), 1e-4);
}

#[test]
fn tails() {
    // Two degrees of freedom: exp(-x/2). Four: (1 + x/2) exp(-x/2). One: 1 - erf(sqrt(x/2)).
    for x in [0.0, 0.1, 1.0, 3.0, 10.0, 80.0_f64] {
        close("2", chi_square_p(x, 2.0), (-x / 2.0).exp(), 1e-15);
        close("4", chi_square_p(x, 4.0), (1.0 + x / 2.0) * (-x / 2.0).exp(), 1e-15);
        close("1", chi_square_p(x, 1.0), 1.0 - erf((x / 2.0).sqrt()), 1e-15);
    }
    // The 95 % points of common tables.
    for (dof, point) in [(1.0, 3.841458820694124), (10.0, 18.307038053275146), (100.0, 124.34211340400407)] {
        close("5 %", chi_square_p(point, dof), 0.05, 1e-12);
    }
    // Many degrees of freedom, by the Wilson-Hilferty approximation: at the mean the tail is near one half.
    close("mean", chi_square_p(65535.0, 65535.0), 0.5, 1e-3);
    close("erf 1", erf(1.0), 0.842700792949715, 1e-15);
    close("erf -2", erf(-2.0), -0.995322265018953, 1e-15);
    assert_eq!(erf(0.0), 0.0);

    assert_eq!(z_score(1.5, 0.25, 1.0), 2.0);
    assert_eq!(z_score(0.5, 0.25, 1.0), -2.0);
    assert_eq!(z_score(1.0, 0.0, 1.0), 0.0);
    assert!(z_score(1.0 + 1e-9, 0.0, 1.0).is_infinite());
}
