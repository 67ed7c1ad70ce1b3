//! φ⁴ theory on a ring and on a ladder of two sites by transfer matrix, and the free field.
//!
//! Fields live on a uniform grid. The trapezoid rule converges exponentially for these analytic, decaying weights; the
//! step and the range are such that both errors lie below 1e-12.

/// Exact averages of φ⁴ theory on a ring.
#[derive(Clone, Copy, Debug)]
pub struct RingExact {
    /// `<phi²>`.
    pub phi2: f64,
    /// `<phi⁴>`.
    pub phi4: f64,
    /// `<phi_x phi_{x+1}>`.
    pub link: f64,
    /// `sum_y <phi_x phi_y>`, which is also the volume times the mean square of the magnetisation per site.
    pub susceptibility: f64,
    /// The mean action per site.
    pub action: f64,
}

/// Exact averages of φ⁴ theory on a torus of 2 × T sites.
#[derive(Clone, Copy, Debug)]
pub struct TwoByExact {
    /// `<phi²>`.
    pub phi2: f64,
    /// `<phi⁴>`.
    pub phi4: f64,
    /// `<phi_x phi_{x+mu}>` along the side of 2.
    pub link_short: f64,
    /// `<phi_x phi_{x+mu}>` along the side of T.
    pub link_long: f64,
    /// The mean of the two links.
    pub link: f64,
    /// `sum_y <phi_x phi_y>`, which is also the volume times the mean square of the magnetisation per site.
    pub susceptibility: f64,
    /// The mean action per site.
    pub action: f64,
}

/// φ⁴ theory on a ring of `length` sites (at least 2; a ring of 2 has two bonds).
pub fn phi4_ring(length: usize, mass2: f64, lambda: f64) -> RingExact {
    assert!(length >= 2);
    let grid = grid(mass2, lambda, 0.15);
    let n = grid.len();
    let potential = |phi: f64| mass2 / 2.0 * phi * phi + lambda * phi.powi(4);
    let lowest = grid.iter().map(|&phi| potential(phi)).fold(f64::INFINITY, f64::min);
    let mut transfer = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            let (a, b) = (grid[i], grid[j]);
            transfer[i * n + j] =
                (-0.5 * (a - b) * (a - b) - 0.5 * (potential(a) + potential(b)) + lowest).exp() / n as f64;
        }
    }
    // powers[k] is the matrix to the power k + 1. Only ratios at the same total power are used.
    let mut powers = vec![transfer];
    while powers.len() < length - 1 {
        powers.push(multiply(powers.last().unwrap(), &powers[0], n));
    }
    // The trace of (diagonal left) T^k (diagonal right) T^(length - k), for the symmetric T.
    let trace = |k: usize, left: &dyn Fn(f64) -> f64, right: &dyn Fn(f64) -> f64| -> f64 {
        let (first, second) = (&powers[k - 1], &powers[length - k - 1]);
        (0..n * n).map(|ij| left(grid[ij / n]) * right(grid[ij % n]) * first[ij] * second[ij]).sum()
    };
    let partition = trace(1, &|_| 1.0, &|_| 1.0);
    let phi2 = trace(1, &|phi| phi * phi, &|_| 1.0) / partition;
    let phi4 = trace(1, &|phi| phi.powi(4), &|_| 1.0) / partition;
    let correlation = |k: usize| trace(k, &|phi| phi, &|phi| phi) / partition;
    let link = correlation(1);
    let susceptibility = phi2 + (1..length).map(correlation).sum::<f64>();
    RingExact { phi2, phi4, link, susceptibility, action: phi2 - link + mass2 / 2.0 * phi2 + lambda * phi4 }
}

/// φ⁴ theory on a torus of 2 × `t` sites (`t` at least 2): both bonds between the two sites of a slice count.
///
/// The transfer matrix between slices is a product of two one-site kernels and diagonal weights, and is applied in that
/// form to one basis vector after another; the symmetries `phi -> -phi` and the exchange of the sites leave a quarter of
/// them.
pub fn phi4_two_by(t: usize, mass2: f64, lambda: f64) -> TwoByExact {
    assert!(t >= 2);
    let grid = grid(mass2, lambda, 0.15);
    let n = grid.len();
    let potential = |phi: f64| mass2 / 2.0 * phi * phi + lambda * phi.powi(4);
    let lowest = grid.iter().map(|&phi| potential(phi)).fold(f64::INFINITY, f64::min);
    let kernel: Vec<f64> =
        (0..n * n).map(|ij| (-0.5 * (grid[ij / n] - grid[ij % n]).powi(2)).exp() / n as f64).collect();
    // Half the weight of a slice: exp(-1/2 [V(a) + V(b) + (a - b)²]).
    let half: Vec<f64> = (0..n * n)
        .map(|ij| {
            let (a, b) = (grid[ij / n], grid[ij % n]);
            (-0.5 * (potential(a) + potential(b) - 2.0 * lowest + (a - b) * (a - b))).exp()
        })
        .collect();
    let apply = |vector: &[f64]| -> Vec<f64> {
        let weighted: Vec<f64> = vector.iter().zip(&half).map(|(v, w)| v * w).collect();
        let spread = multiply(&multiply(&kernel, &weighted, n), &kernel, n);
        spread.iter().zip(&half).map(|(v, w)| v * w).collect()
    };
    let total: Vec<f64> = (0..n * n).map(|ij| grid[ij / n] + grid[ij % n]).collect();

    let (mut partition, mut phi2, mut phi4, mut short, mut long, mut square) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for i in 0..n {
        // Of the orbit (i,j), (j,i), (-i,-j), (-j,-i) one member is taken, with the size of the orbit.
        for j in i..n {
            let mirrored = (n - 1 - j, n - 1 - i);
            if mirrored < (i, j) {
                continue;
            }
            let orbit = [1.0, 2.0][usize::from(i != j)] * [1.0, 2.0][usize::from(mirrored != (i, j))];
            let mut vectors = vec![vec![0.0; n * n]];
            vectors[0][i * n + j] = 1.0;
            while vectors.len() < t {
                vectors.push(apply(vectors.last().unwrap()));
            }
            let dot = |k: usize, with: &dyn Fn(usize) -> f64| -> f64 {
                (0..n * n).map(|ij| with(ij) * vectors[k][ij] * vectors[t - k][ij]).sum()
            };
            let (a, b) = (grid[i], grid[j]);
            let weight = orbit * dot(1, &|_| 1.0);
            partition += weight;
            phi2 += weight * (a * a + b * b) / 2.0;
            phi4 += weight * (a.powi(4) + b.powi(4)) / 2.0;
            short += weight * a * b;
            long += orbit * dot(1, &|ij| (a * grid[ij / n] + b * grid[ij % n]) / 2.0);
            square += weight * (a + b) * (a + b) / 2.0;
            square += (1..t).map(|k| orbit * (a + b) / 2.0 * dot(k, &|ij| total[ij])).sum::<f64>();
        }
    }
    let (phi2, phi4) = (phi2 / partition, phi4 / partition);
    let (link_short, link_long) = (short / partition, long / partition);
    let link = (link_short + link_long) / 2.0;
    let action = 2.0 * (phi2 - link) + mass2 / 2.0 * phi2 + lambda * phi4;
    TwoByExact { phi2, phi4, link_short, link_long, link, susceptibility: square / partition, action }
}

/// `<phi²>` of the free field (λ = 0) on a periodic lattice: the mean over momenta of `1/(m2 + sum_mu 4 sin²(k_mu/2))`.
pub fn free_propagator_phi2(sides: &[usize], mass2: f64) -> f64 {
    assert!(mass2 > 0.0 && sides.iter().all(|&side| side >= 1));
    let sites: usize = sides.iter().product();
    let mut sum = 0.0;
    for momentum in 0..sites {
        let (mut rest, mut square) = (momentum, mass2);
        for &side in sides {
            let sine = (std::f64::consts::PI * (rest % side) as f64 / side as f64).sin();
            square += 4.0 * sine * sine;
            rest /= side;
        }
        sum += 1.0 / square;
    }
    sum / sites as f64
}

/// A symmetric grid of about the given step that ends where the weight of a site has fallen by exp(-40).
fn grid(mass2: f64, lambda: f64, step: f64) -> Vec<f64> {
    assert!(lambda > 0.0 || (lambda == 0.0 && mass2 > 0.0), "the weight must decay");
    let lowest = if mass2 < 0.0 { -mass2 * mass2 / (16.0 * lambda) } else { 0.0 };
    let mut end = step;
    while mass2 / 2.0 * end * end + lambda * end.powi(4) - lowest < 40.0 {
        end += step;
    }
    let half = (end / step).round() as i64;
    (-half..=half).map(|k| k as f64 * step).collect()
}

/// The product of two n × n matrices in row-major order.
fn multiply(left: &[f64], right: &[f64], n: usize) -> Vec<f64> {
    let mut product = vec![0.0; n * n];
    for (row, out) in left.chunks_exact(n).zip(product.chunks_exact_mut(n)) {
        for (&factor, other) in row.iter().zip(right.chunks_exact(n)) {
            if factor != 0.0 {
                for (sum, &value) in out.iter_mut().zip(other) {
                    *sum += factor * value;
                }
            }
        }
    }
    product
}
