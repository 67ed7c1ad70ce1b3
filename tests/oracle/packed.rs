//! Packed spins as plain Rust finds them: site by site, by the rule U < T, with U put together from the planes.
//!
//! Of the layout only the addresses of random words matter here: a site's block, its bit in it, and the group of chains.

use super::random::threefry4x32;

/// A magnet, E = −J Σ ±s s' − h Σ s, and its chains.
#[derive(Debug, Clone)]
pub struct PackedMagnet {
    /// Even sides, the last axis fastest.
    pub sides: Vec<u32>,
    /// J.
    pub coupling: f64,
    /// h.
    pub field: f64,
    /// One a point.
    pub betas: Vec<f64>,
    /// Chains at every point.
    pub replicas: u32,
    /// Of the run.
    pub seed: u64,
    /// Whether chains begin ordered.
    pub cold: bool,
    /// Whether the bond ahead of a site along an axis is negative, by sample: none where all bonds are alike.
    pub negative: Option<Vec<Vec<bool>>>,
}

/// The probability of a flip as a function of βΔE, and the purpose of its random words.
pub type PackedRule = (u32, fn(f64) -> f64);

/// xoshiro128++ from its authors' description.
struct Xoshiro([u32; 4]);

impl Xoshiro {
    fn next(&mut self) -> u32 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(7).wrapping_add(s[0]);
        let t = s[1] << 9;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(11);
        result
    }
}

/// One chain of a twin.
struct Chain {
    state: Vec<i32>,
    /// Neighbours with the signs of their bonds.
    bonds: Vec<Vec<(usize, i32)>>,
    /// By the spin, −1 or 1, then by its alignment with its neighbours from −2d on.
    thresholds: [Vec<u64>; 2],
}

impl PackedMagnet {
    fn sites(&self) -> usize {
        self.sides.iter().product::<u32>() as usize
    }

    /// All chains, of all points.
    pub fn chains(&self) -> u32 {
        self.replicas * self.betas.len() as u32
    }

    fn coordinates(&self, site: usize) -> Vec<u32> {
        let mut rest = site as u32;
        let mut coordinates: Vec<u32> = self.sides.iter().rev().map(|side| (rest % side, rest /= side).0).collect();
        coordinates.reverse();
        coordinates
    }

    /// The sites ahead, axis after axis.
    fn ahead(&self, site: usize) -> Vec<usize> {
        let at = self.coordinates(site);
        let index = |at: &[u32]| at.iter().zip(&self.sides).fold(0, |site, (x, side)| site * side + x) as usize;
        (0..at.len())
            .map(|axis| {
                let mut next = at.clone();
                next[axis] = (next[axis] + 1) % self.sides[axis];
                index(&next)
            })
            .collect()
    }

    /// Which axis is folded, and into how many pieces: as many as leave an even piece, 128 at the most.
    fn fold(&self) -> (usize, u32) {
        let folds =
            |side: u32| [128, 64, 32, 16, 8, 4, 2, 1].into_iter().find(|folds| side.is_multiple_of(2 * folds)).unwrap();
        let (mut axis, mut most) = (0, 0);
        for (candidate, &side) in self.sides.iter().enumerate() {
            if folds(side) >= most {
                (axis, most) = (candidate, folds(side));
            }
        }
        (axis, most)
    }

    /// The number of the site's block within its colour, its colour, and its fold.
    fn block(&self, site: usize) -> (u32, u32, u32) {
        let (axis, folds) = self.fold();
        let at = self.coordinates(site);
        let width = self.sides[axis] / folds;
        let row =
            (0..at.len()).filter(|&other| other != axis).fold(0, |row, other| row * self.sides[other] + at[other]);
        let colour = at.iter().sum::<u32>() % 2;
        (row * (width / 2) + (at[axis] % width) / 2, colour, at[axis] / width)
    }

    /// The word and bit of a chain's fold in a block.
    fn place(&self, chain: u32, fold: u32) -> (usize, u32) {
        let (_, folds) = self.fold();
        let slot = chain % (128 / folds);
        match folds {
            128 => ((fold % 4) as usize, fold / 4),
            64 => ((2 * slot + fold % 2) as usize, fold / 2),
            _ => ((slot * folds / 32) as usize, slot * folds % 32 + fold),
        }
    }

    fn group(&self, chain: u32) -> u32 {
        chain / (128 / self.fold().1)
    }

    fn seeds(&self, purpose: u32, index: u32, group: u32, sweep: u64, part: u32) -> [u32; 4] {
        threefry4x32(
            [index, group, sweep as u32, part << 24],
            [self.seed as u32, (self.seed >> 32) as u32, purpose, (sweep >> 32) as u32],
            13,
        )
    }

    /// The spins of all chains after some sweeps, and the energy a site of each.
    pub fn run(&self, (purpose, rule): PackedRule, sweeps: u64) -> (Vec<f32>, Vec<f64>) {
        let sites = self.sites();
        let dimensions = self.sides.len();
        let ahead: Vec<Vec<usize>> = (0..sites).map(|site| self.ahead(site)).collect();
        let blocks: Vec<(u32, u32, u32)> = (0..sites).map(|site| self.block(site)).collect();
        // The planes of a block are shared by its sites: (colour, block) with their sites.
        let mut of_block = std::collections::BTreeMap::<(u32, u32), Vec<usize>>::new();
        for (site, &(block, colour, _)) in blocks.iter().enumerate() {
            of_block.entry((colour, block)).or_default().push(site);
        }
        let per_colour = of_block.len() as u32 / 2;
        let sign = |chain: u32, site: usize, axis: usize| {
            let negative = self.negative.as_ref().is_some_and(|samples| {
                let sample = &samples[(chain % self.replicas) as usize % samples.len()];
                sample[axis * sites + site]
            });
            if negative { -1 } else { 1 }
        };
        let mut chains: Vec<Chain> = (0..self.chains())
            .map(|chain| {
                // Every bond at both its ends.
                let mut bonds: Vec<Vec<(usize, i32)>> = vec![Vec::new(); sites];
                for (site, nexts) in ahead.iter().enumerate() {
                    for (axis, &next) in nexts.iter().enumerate() {
                        bonds[site].push((next, sign(chain, site, axis)));
                        bonds[next].push((site, sign(chain, site, axis)));
                    }
                }
                let start = |site: usize| {
                    let (block, colour, fold) = blocks[site];
                    let (word, bit) = self.place(chain, fold);
                    let words = self.seeds(0, colour * per_colour + block, self.group(chain), 0, 0);
                    if self.cold || words[word] >> bit & 1 == 1 { 1 } else { -1 }
                };
                let beta = self.betas[(chain / self.replicas) as usize];
                // Metropolis leaves out half of the attempts on chains, and where no flip changes βE by 1.
                let most = 4.0 * dimensions as f64 * self.coupling.abs() + 2.0 * self.field.abs();
                let lazy = purpose == 3 && (dimensions == 1 || beta * most < 1.0);
                let threshold = |aligned: i32, spin: i32| {
                    let rise = self.coupling * f64::from(2 * aligned) + self.field * f64::from(2 * spin);
                    let chance = rule(if rise == 0.0 { 0.0 } else { beta * rise }) * if lazy { 0.5 } else { 1.0 };
                    // U < T, where certainty is 2^32.
                    if chance >= 1.0 { 1 << 32 } else { ((chance * 4_294_967_296.0).round() as u64).min((1 << 32) - 2) }
                };
                let most = 2 * dimensions as i32;
                let thresholds = [-1, 1].map(|spin| (-most..=most).map(|aligned| threshold(aligned, spin)).collect());
                Chain { state: (0..sites).map(start).collect(), bonds, thresholds }
            })
            .collect();
        let chains_of_group = 128 / self.fold().1;
        for sweep in 0..sweeps {
            for (&(colour, block), members) in &of_block {
                for (group, chains) in chains.chunks_mut(chains_of_group as usize).enumerate() {
                    let mut stream = Xoshiro(self.seeds(purpose, block, group as u32, sweep, colour));
                    let planes: [[u32; 4]; 32] = std::array::from_fn(|_| std::array::from_fn(|_| stream.next()));
                    for (slot, chain) in chains.iter_mut().enumerate() {
                        for &site in members {
                            let spin = chain.state[site];
                            let around: i32 =
                                chain.bonds[site].iter().map(|&(other, sign)| sign * chain.state[other]).sum();
                            let row = &chain.thresholds[usize::from(spin > 0)];
                            let threshold = row[(spin * around + 2 * dimensions as i32) as usize];
                            let (word, bit) = self.place(slot as u32, blocks[site].2);
                            let uniform =
                                planes.iter().fold(0, |uniform, plane| 2 * uniform + u64::from(plane[word] >> bit & 1));
                            if uniform < threshold {
                                chain.state[site] = -spin;
                            }
                        }
                    }
                }
            }
        }
        let energy = |(number, chain): (usize, &Chain)| {
            let bond = |site: usize, axis: usize| {
                sign(number as u32, site, axis) * chain.state[site] * chain.state[ahead[site][axis]]
            };
            let satisfied: i32 = (0..sites).map(|site| (0..dimensions).map(|axis| bond(site, axis)).sum::<i32>()).sum();
            let up: i32 = chain.state.iter().sum();
            (-self.coupling * f64::from(satisfied) - self.field * f64::from(up)) / sites as f64
        };
        let energies = chains.iter().enumerate().map(energy).collect();
        (chains.iter().flat_map(|chain| chain.state.iter().map(|&spin| spin as f32)).collect(), energies)
    }
}
