//! What a network makes of its patterns: the energies of associative memories.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The largest power of a dense memory: beyond it single precision cannot hold F′(x) of chance overlaps and of whole ones.
const LARGEST_POWER: u32 = 20;

/// An associative memory, in the overlaps x_μ = Σ_i ξ_i^μ s_i of a state with the patterns.
///
/// Dense memories have the energy E = −Σ_μ F(x_μ) (D. Krotov and J. J. Hopfield, NIPS 29 (2016), arXiv:1606.01164). All
/// neurons at once follow s′ = sign(Σ_μ ξ^μ F′(x_μ)), self-coupling included, which never raises the energy where F is
/// convex; one after another, s_i ← sign(Σ_μ [F(ξ_i + h_i) − F(−ξ_i + h_i)]) with h_i^μ = x_μ − ξ_i^μ s_i, which never
/// raises it at all. A neuron without preference keeps its state.
///
/// Both read F off a table of all N + 1 overlaps. Powers are integers, and then exact and the same bits everywhere, as
/// long as P times the largest difference of F, over the common divisor of all of them, stays below 2³¹: see
/// [`is_exact`](Self::is_exact). Beyond that, and for exponentials, amplitudes are single precision, rounded from double
/// on the host and summed in an order that no tuning changes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Memory {
    /// Pairwise couplings by Hebb's rule: E = −½ sᵀJs, J_ij = (1/N) Σ_μ ξ_i^μ ξ_j^μ, J_ii = 0.
    #[default]
    Hopfield,
    /// F(x) = xⁿ, or max(x, 0)ⁿ if rectified; n from 2 to 20. Stores about N^(n−1) patterns. Odd powers are convex only if
    /// rectified.
    Dense {
        /// The power.
        n: u32,
        /// Whether negative overlaps count for nothing.
        rectified: bool,
    },
    /// F(x) = eˣ (M. Demircigil et al., J. Stat. Phys. 168, 288 (2017), arXiv:1702.01929): stores e^(aN) patterns, a < ½ ln 2.
    Exponential,
    /// s′ = sign(Ξᵀ softmax(b Ξs)): F(x) = e^(bx), E = −(1/b) ln Σ_μ e^(b x_μ) (H. Ramsauer et al., arXiv:2008.02217).
    Softmax {
        /// b, in units of the inverse overlap x, from 10⁻⁶ to 10⁶.
        inverse_temperature: f64,
    },
}

/// What a pattern answers to an overlap that lies k steps of 2 below the reference, for k from 0 to N.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Responses {
    /// Exact up to a common factor.
    Exact(Vec<[i32; 2]>),
    Single(Vec<[f32; 2]>),
}

impl Memory {
    /// Checks powers and temperatures.
    ///
    /// # Errors
    /// [`Error::Input`] for a power or an inverse temperature out of range.
    pub fn check(self) -> Result<()> {
        match self {
            Self::Dense { n, .. } if !(2..=LARGEST_POWER).contains(&n) => {
                let hint =
                    "2 is Hopfield's energy, 3 stores of the order of N^2 patterns; exponential goes beyond powers";
                Err(Error::input("power of a dense memory", format!("2 to {LARGEST_POWER}"), n, hint))
            }
            Self::Softmax { inverse_temperature: b } if !(1e-6..=1e6).contains(&b) => {
                let hint = "1 acts on overlaps between -N and N; larger values are closer to the nearest pattern";
                Err(Error::input("inverse temperature of a softmax memory", "1e-6 to 1e6", b, hint))
            }
            _ => Ok(()),
        }
    }

    /// Whether F is convex, so that all neurons may be updated at once.
    pub fn is_convex(self) -> bool {
        !matches!(self, Self::Dense { n, rectified: false } if n % 2 == 1)
    }

    /// Whether recall is decided by integers, with all neurons at once or one after another.
    pub fn is_exact(self, neurons: usize, patterns: usize, one_after_another: bool) -> bool {
        match u32::try_from(neurons) {
            Ok(neurons) if self != Self::Hopfield => {
                matches!(self.responses(neurons, patterns as u64, one_after_another), Some(Responses::Exact(_)))
            }
            _ => self == Self::Hopfield,
        }
    }

    /// Energy a neuron at these overlaps with all patterns: −½ sᵀJs/N with J_ii = 0 of Hopfield, −Σ F(x)/Nⁿ of powers,
    /// −(1/(bN)) ln Σ e^(bx) of exponentials.
    pub fn energy_per_neuron(self, overlaps: impl Iterator<Item = i64> + Clone, neurons: usize) -> f64 {
        let size = neurons as f64;
        match self {
            Self::Hopfield => {
                let squares: f64 = overlaps.clone().map(|x| (x as f64).powi(2)).sum();
                -0.5 * (squares / size - overlaps.count() as f64) / size
            }
            Self::Dense { n, rectified } => {
                let power = |x: i64| (if rectified { x.max(0) } else { x } as f64 / size).powi(n.cast_signed());
                -overlaps.map(power).sum::<f64>()
            }
            Self::Exponential | Self::Softmax { .. } => {
                let b = self.inverse_temperature();
                let most = overlaps.clone().max().unwrap_or(0);
                let sum: f64 = overlaps.map(|x| (b * (x - most) as f64).exp()).sum();
                -(most as f64 + sum.ln() / b) / size
            }
        }
    }

    /// Whether overlaps count from the largest of them, not from N.
    pub(crate) fn is_relative(self) -> bool {
        matches!(self, Self::Exponential | Self::Softmax { .. })
    }

    /// b of a softmax memory.
    pub fn softmax_inverse_temperature(self) -> Option<f64> {
        if let Self::Softmax { inverse_temperature } = self { Some(inverse_temperature) } else { None }
    }

    /// The number of random patterns beyond which they are lost, in a large network: 0.138 N of Hopfield,
    /// 0.14 N^(n−1)/(2n − 3)!! of powers (Krotov and Hopfield 2016, with as many errors), twice that of rectified ones, where
    /// only half of the patterns make noise, 2^(N/2) of exponentials.
    pub fn capacity(self, neurons: usize) -> f64 {
        let size = neurons as f64;
        match self {
            Self::Hopfield => 0.138 * size,
            Self::Dense { n, rectified } => {
                let odd: f64 = (1..=2 * n - 3).step_by(2).map(f64::from).product();
                let silent = if rectified { 2.0 } else { 1.0 };
                0.14 * silent / odd * size.powi(n.cast_signed() - 1)
            }
            Self::Exponential | Self::Softmax { .. } => 2f64.powf(0.5 * size),
        }
    }

    fn inverse_temperature(self) -> f64 {
        self.softmax_inverse_temperature().unwrap_or(1.0)
    }

    /// The table of the kernels: (A, C) as `shaders/memory/table.wgsl` says, up to a common factor; `None` of Hopfield.
    pub(crate) fn responses(self, neurons: u32, patterns: u64, one_after_another: bool) -> Option<Responses> {
        // Sums of P amplitudes stay far below the largest float, and of any two that differ, normal.
        let (largest, smallest) = (2f64.powi(124 - patterns.max(1).ilog2().cast_signed()), 2f64.powi(-100));
        let single = |values: &mut dyn Iterator<Item = [f64; 2]>| {
            let values: Vec<[f64; 2]> = values.collect();
            let most = values.iter().flatten().fold(0.0, |most: f64, value| most.max(value.abs()));
            let scaled = |value: f64| Some(value / most * largest).filter(|value| value.abs() >= smallest);
            let rounded = |value: f64| scaled(value).unwrap_or(0.0) as f32;
            Responses::Single(values.into_iter().map(|pair| pair.map(rounded)).collect())
        };
        let overlaps = || (0..=i64::from(neurons)).map(|k| i64::from(neurons) - 2 * k);
        match self {
            Self::Hopfield => None,
            Self::Dense { n, rectified } => {
                let cut = |x: i64| if rectified { x.max(0) } else { x };
                // In f64 relative to N, so that nothing overflows.
                let power = |x: i64, n: u32| (cut(x) as f64 / f64::from(neurons)).powi(n.cast_signed());
                let real = |x: i64| match one_after_another {
                    true => [power(x + 2, n) - power(x - 2, n), power(x + 2, n) - 2.0 * power(x, n) + power(x - 2, n)],
                    false => [power(x, n - 1), 0.0],
                };
                let exact = |x: i64| -> Option<[i128; 2]> {
                    let power = |x: i64, n: u32| i128::from(cut(x)).checked_pow(n);
                    let [before, here, after] = [x - 2, x, x + 2].map(|x| power(x, n));
                    match one_after_another {
                        true => Some([
                            after?.checked_sub(before?)?,
                            after?.checked_sub(here?.checked_mul(2)?)?.checked_add(before?)?,
                        ]),
                        false => Some([power(x, n - 1)?, 0]),
                    }
                };
                let integers: Option<Vec<[i128; 2]>> = overlaps().map(exact).collect();
                let exact = integers.and_then(|table| reduced(table, patterns)).map(Responses::Exact);
                exact.or_else(|| Some(single(&mut overlaps().map(real))))
            }
            // e^(b(x + 2)) - e^(b(x - 2)) and its like, over what they have in common.
            Self::Exponential | Self::Softmax { .. } => {
                let b = self.inverse_temperature();
                let own = if one_after_another { b.tanh() } else { 0.0 };
                let amplitude = |k: u32| (-2.0 * b * f64::from(k)).exp();
                Some(single(&mut (0..=neurons).map(|k| [amplitude(k), own * amplitude(k)])))
            }
        }
    }
}

/// The table without its common divisor, if no field of so many patterns can overflow 32 bits.
fn reduced(table: Vec<[i128; 2]>, patterns: u64) -> Option<Vec<[i32; 2]>> {
    let divisor =
        table.iter().flatten().fold(0, |divisor, &value| greatest_common_divisor(divisor, value.abs())).max(1);
    let most = |column: usize| table.iter().map(|pair| (pair[column] / divisor).abs()).max().unwrap_or(0);
    let field = (most(0).checked_add(most(1))?).checked_mul(patterns.into())?;
    if field >= 1 << 31 {
        return None;
    }
    Some(table.into_iter().map(|pair| pair.map(|value| (value / divisor) as i32)).collect())
}

fn greatest_common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hopfield => write!(f, "hopfield"),
            Self::Dense { n, rectified } if *rectified == (n % 2 == 1) => write!(f, "dense:{n}"),
            Self::Dense { n, rectified: true } => write!(f, "dense:{n}:rectified"),
            Self::Dense { n, rectified: false } => write!(f, "dense:{n}:plain"),
            Self::Exponential => write!(f, "exponential"),
            Self::Softmax { .. } => write!(f, "softmax"),
        }
    }
}

impl FromStr for Memory {
    type Err = Error;

    /// `hopfield`, `dense:N` (odd powers rectified), `dense:N:plain`, `dense:N:rectified`, `exponential`, or `softmax` with
    /// inverse temperature 1.
    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let power = |n: &str| n.parse::<u32>().ok();
        let memory = match parts[..] {
            ["hopfield"] => Some(Self::Hopfield),
            ["exponential"] => Some(Self::Exponential),
            ["softmax"] => Some(Self::Softmax { inverse_temperature: 1.0 }),
            ["dense", n] => power(n).map(|n| Self::Dense { n, rectified: n % 2 == 1 }),
            ["dense", n, "plain"] => power(n).map(|n| Self::Dense { n, rectified: false }),
            ["dense", n, "rectified"] => power(n).map(|n| Self::Dense { n, rectified: true }),
            _ => None,
        };
        let wanted = "hopfield, dense:N, dense:N:plain, exponential or softmax";
        let memory = memory.ok_or_else(|| Error::input("memory", wanted, text, "dense:3 is F(x) = max(x, 0)^3"))?;
        memory.check().map(|()| memory)
    }
}
