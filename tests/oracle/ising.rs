//! The Ising model: enumeration of every state, and Kaufman's solution of the square torus.

/// Exact averages of a small Ising model, per site.
#[derive(Clone, Copy, Debug)]
pub struct IsingExact {
    /// `<E>/N`.
    pub energy: f64,
    /// `beta² (<E²> - <E>²)/N`.
    pub specific_heat: f64,
    /// `<|m|>`.
    pub abs_magnetization: f64,
    /// `<m>`.
    pub magnetization: f64,
    /// `<m²>`.
    pub magnetization2: f64,
    /// `<m⁴>`.
    pub magnetization4: f64,
    /// `1 - <m⁴>/(3 <m²>²)`.
    pub binder: f64,
    /// `beta N (<m²> - <|m|>²)`.
    pub susceptibility: f64,
}

/// Averages over all `2^N` states (N ≤ 20) of the ferromagnet `J = 1` on a periodic lattice with the given sides.
///
/// The states are walked in Gray order and counted by (sum over bonds, sum of spins), so that the exponentials are taken
/// once for each of the few pairs that occur.
pub fn ising_enumeration(sides: &[usize], beta: f64, field: f64) -> IsingExact {
    let sites: usize = sides.iter().product();
    assert!(!sides.is_empty() && sides.iter().all(|&side| side >= 2), "sides below 2 have no bonds of their own");
    assert!(sites <= 20, "{sites} spins are too many to enumerate");
    let neighbours = neighbours(sides);
    let bonds = (sides.len() * sites) as i64;

    let width = 2 * sites + 1;
    let mut counts = vec![0_u64; (2 * bonds as usize + 1) * width];
    let mut spins = vec![-1_i64; sites];
    let (mut bond_sum, mut spin_sum) = (bonds, -(sites as i64));
    for state in 0_u64..1 << sites {
        counts[(bond_sum + bonds) as usize * width + (spin_sum + sites as i64) as usize] += 1;
        let site = (state + 1).trailing_zeros() as usize;
        if site < sites {
            let around: i64 = neighbours[site].iter().map(|&other| spins[other]).sum();
            bond_sum -= 2 * spins[site] * around;
            spin_sum -= 2 * spins[site];
            spins[site] = -spins[site];
        }
    }

    let cells = || {
        counts.iter().enumerate().filter(|&(_, &count)| count > 0).map(|(cell, &count)| {
            let (bond_sum, spin_sum) = ((cell / width) as i64 - bonds, (cell % width) as i64 - sites as i64);
            (-bond_sum as f64 - field * spin_sum as f64, spin_sum as f64 / sites as f64, count as f64)
        })
    };
    let lowest = cells().map(|(energy, _, _)| energy).fold(f64::INFINITY, f64::min);
    let average = |of: &dyn Fn(f64, f64) -> f64| {
        let (mut sum, mut partition) = (0.0, 0.0);
        for (energy, magnetization, count) in cells() {
            let weight = count * (-beta * (energy - lowest)).exp();
            partition += weight;
            sum += weight * of(energy, magnetization);
        }
        sum / partition
    };
    let energy = average(&|energy, _| energy);
    let variance = average(&|e, _| (e - energy).powi(2));
    let abs_magnetization = average(&|_, m| m.abs());
    let magnetization2 = average(&|_, m| m * m);
    let magnetization4 = average(&|_, m| m.powi(4));
    IsingExact {
        energy: energy / sites as f64,
        specific_heat: beta * beta * variance / sites as f64,
        abs_magnetization,
        magnetization: average(&|_, m| m),
        magnetization2,
        magnetization4,
        binder: 1.0 - magnetization4 / (3.0 * magnetization2 * magnetization2),
        susceptibility: beta * sites as f64 * (magnetization2 - abs_magnetization * abs_magnetization),
    }
}

/// For each site its two neighbours in every direction; a side of 2 names the same neighbour twice.
fn neighbours(sides: &[usize]) -> Vec<Vec<usize>> {
    let sites: usize = sides.iter().product();
    let mut neighbours = vec![Vec::new(); sites];
    let mut stride = 1;
    for &side in sides.iter().rev() {
        for (site, list) in neighbours.iter_mut().enumerate() {
            let along = site / stride % side;
            list.push(site - along * stride + (along + 1) % side * stride);
            list.push(site - along * stride + (along + side - 1) % side * stride);
        }
        stride *= side;
    }
    neighbours
}

/// Energy and specific heat per site of the `side × side` torus at `J = 1` without a field (B. Kaufman, Phys. Rev. 76, 1232
/// (1949)), differentiated analytically.
///
/// `Z = (2 sinh 2K)^{N/2}/2 · sum of four products over L modes of 2 cosh or 2 sinh of L γ/2`, with
/// `cosh γ_k = cosh 2K coth 2K - cos(π k/L)`, k odd in two of the products and even in the others. In the last product
/// the mode k = 0 is `2 sinh(L γ_0/2)` with `γ_0 = 2K + ln tanh K`, which changes its sign at the critical point.
pub fn kaufman(side: usize, beta: f64) -> (f64, f64) {
    assert!(side >= 2 && beta > 0.0);
    let sites = (side * side) as f64;
    let half = side as f64 / 2.0;
    let (s, c) = ((2.0 * beta).sinh(), (2.0 * beta).cosh());
    // With a = cosh 2K coth 2K: a - 2 = (s-1)²/s, and its derivatives by K.
    let excess = (s - 1.0) * (s - 1.0) / s;
    let a1 = 2.0 * c * (s - 1.0) * (s + 1.0) / (s * s);
    let a2 = 4.0 * (s - 1.0 / s + 2.0 * c * c / (s * s * s));

    // One mode: γ and its two derivatives. cosh γ - 1 is formed without cancellation.
    let mode = |k: usize| {
        let sine = (std::f64::consts::PI * k as f64 / (2.0 * side as f64)).sin();
        let u = excess + 2.0 * sine * sine;
        let sinh = (u * (u + 2.0)).sqrt();
        let slope = a1 / sinh;
        ((u + sinh).ln_1p(), slope, (a2 - slope * slope * (1.0 + u)) / sinh)
    };
    let mode_zero = (2.0 * beta + beta.tanh().ln(), 2.0 + 2.0 / s, -4.0 * c / (s * s));

    // The logarithm of a product of 2 cosh or 2 sinh over modes with positive γ, and its derivatives.
    let product = |modes: &[(f64, f64, f64)], hyperbolic_sine: bool| {
        let (mut log, mut first, mut second) = (0.0, 0.0, 0.0);
        for &(gamma, slope, bend) in modes {
            let (x, x1, x2) = (half * gamma, half * slope, half * bend);
            let decay = (-2.0 * x).exp();
            let (tail, ratio) = if hyperbolic_sine { (-decay, 1.0 / x.tanh()) } else { (decay, x.tanh()) };
            log += x + tail.ln_1p();
            first += ratio * x1;
            // The derivative of tanh is 1 - tanh², that of coth is 1 - coth².
            let (sinh, cosh) = ((1.0 - decay) / 2.0, (1.0 + decay) / 2.0);
            let curvature = if hyperbolic_sine { -decay / (sinh * sinh) } else { decay / (cosh * cosh) };
            second += ratio * x2 + curvature * x1 * x1;
        }
        (log, first, second)
    };
    let odd: Vec<_> = (0..side).map(|r| mode(2 * r + 1)).collect();
    let even: Vec<_> = (1..side).map(|r| mode(2 * r)).collect();

    // Each of the four terms as exp(log) · f, the derivatives of log, and those of f. The mode k = 0 is held in f, scaled
    // by the constant exp(-|x|).
    let (x, x1, x2) = (half * mode_zero.0, half * mode_zero.1, half * mode_zero.2);
    let (big, small) = (1.0, (-2.0 * x.abs()).exp());
    let (cosh, sinh) = (big + small, (big - small) * x.signum());
    let mut terms = Vec::new();
    for hyperbolic_sine in [false, true] {
        terms.push((product(&odd, hyperbolic_sine), 1.0, 0.0, 0.0));
        let (log, first, second) = product(&even, hyperbolic_sine);
        let (f, other) = if hyperbolic_sine { (sinh, cosh) } else { (cosh, sinh) };
        terms.push(((log + x.abs(), first, second), f, other * x1, f * x1 * x1 + other * x2));
    }
    let largest = terms.iter().map(|term| term.0.0).fold(f64::NEG_INFINITY, f64::max);
    // A common slope is taken out of all terms, which keeps the second derivative free of cancellation.
    let common = terms[0].0.1;
    let (mut sum, mut sum1, mut sum2) = (0.0, 0.0, 0.0);
    for ((log, first, second), f, f1, f2) in terms {
        let (weight, first) = ((log - largest).exp(), first - common);
        sum += weight * f;
        sum1 += weight * (f1 + first * f);
        sum2 += weight * (f2 + 2.0 * first * f1 + (first * first + second) * f);
    }
    let log1 = sites * c / s + common + sum1 / sum;
    let log2 = -2.0 * sites / (s * s) + sum2 / sum - (sum1 / sum) * (sum1 / sum);
    (-log1 / sites, beta * beta * log2 / sites)
}
