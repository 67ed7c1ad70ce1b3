//! The counter-based generator: randomness as a pure function.
//!
//! Threefry4x32 with [`THREEFRY_ROUNDS`] rounds (J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel
//! random numbers: as easy as 1, 2, 3", SC11, 2011) turns a counter and a key of 128 bits each into four random words.
//! The same function stands in `shaders/lib/random.wgsl`; the tests compare the two word by word.
//!
//! Every random word of a simulation has an address:
//!
//! | words | content |
//! |---|---|
//! | counter 0 | global index of the site, word or unit (never a thread) |
//! | counter 1 | chain |
//! | counter 2 | sweep, low word |
//! | counter 3 | part of the sweep (colour) in the top 8 bits, block of four words within the event below |
//! | key 0, 1 | seed, low and high word |
//! | key 2 | [`Purpose`] |
//! | key 3 | sweep, high word |
//!
//! Where one event takes many words, as 128 packed spins do, the four words of its block 0 seed [`Xoshiro128`], whose words
//! are then the event's.
//!
//! Momenta of hybrid Monte Carlo are addressed by fours: the block of index g gives sites 4g to 4g + 3 a normal deviate
//! each. Of several Metropolis attempts in turn at a site, two share a block.
//!
//! So the stream does not depend on workgroup sizes, on the number of dispatches, or on where a run was interrupted.

use std::convert::Infallible;

/// The version of what the words of an address are and of what is drawn at which address. Runs of different versions are
/// different: nothing that one began is continued by another.
pub const STREAM_VERSION: u32 = 1;

/// Rounds of Threefry: twelve pass BigCrush, thirteen is the next count with published known answers.
pub const THREEFRY_ROUNDS: usize = 13;

/// Random123's published answers for thirteen rounds: counter, key, output.
pub(crate) const KNOWN_ANSWERS: [[[u32; 4]; 3]; 3] = [
    [[0; 4], [0; 4], [0x531c_7e4f, 0x3949_1ee5, 0x2c85_5a92, 0x3d6a_bf9a]],
    [[u32::MAX; 4], [u32::MAX; 4], [0xc418_9358, 0x1c9c_c83a, 0xd588_1c67, 0x6a0a_89e0]],
    [
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
        [0xa409_3822, 0x299f_31d0, 0x082e_fa98, 0xec4e_6c89],
        [0x4aa7_1d8f, 0x7347_38c2, 0x431f_c6a8, 0xae6d_ebf1],
    ],
];

const ROTATIONS: [[u32; 2]; 8] = [[10, 26], [11, 21], [13, 27], [23, 5], [6, 20], [17, 11], [25, 10], [18, 20]];
const PARITY: u32 = 0x1BD1_1BDA;

/// Four random words from a counter and a key.
pub fn threefry4x32(counter: [u32; 4], key: [u32; 4]) -> [u32; 4] {
    let schedule = [key[0], key[1], key[2], key[3], key.iter().fold(PARITY, |all, word| all ^ word)];
    let mut x: [u32; 4] = std::array::from_fn(|i| counter[i].wrapping_add(key[i]));
    for round in 0..THREEFRY_ROUNDS {
        if round > 0 && round % 4 == 0 {
            let injection = round / 4;
            for (i, word) in x.iter_mut().enumerate() {
                *word = word.wrapping_add(schedule[(injection + i) % 5]);
            }
            x[3] = x[3].wrapping_add(injection as u32);
        }
        let [first, second] = ROTATIONS[round % 8];
        let (b, d) = if round % 2 == 0 { (1, 3) } else { (3, 1) };
        x[0] = x[0].wrapping_add(x[b]);
        x[b] = x[b].rotate_left(first) ^ x[0];
        x[2] = x[2].wrapping_add(x[d]);
        x[d] = x[d].rotate_left(second) ^ x[2];
    }
    x
}

/// What a random word is for. Two purposes never share a counter; the shaders' constants are made from this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// First configurations.
    Start = 0,
    /// Quenched disorder.
    Disorder = 1,
    /// Random patterns.
    Patterns = 2,
    /// Metropolis proposals and acceptances.
    Metropolis = 3,
    /// Heat bath.
    HeatBath = 4,
    /// Replica exchange.
    Swap = 5,
    /// Visible layer.
    Visible = 6,
    /// Hidden layer.
    Hidden = 7,
    /// Momenta of hybrid Monte Carlo.
    Momentum = 8,
    /// Langevin noise.
    Noise = 9,
    /// Acceptance of a trajectory.
    Accept = 10,
    /// Damage of a cue.
    Cue = 11,
    /// Order of an asynchronous sweep.
    Order = 12,
    /// Lengths of trajectories.
    Length = 13,
    /// Active bonds of cluster updates.
    Bond = 14,
    /// Coins of clusters.
    Cluster = 15,
    /// The site whose cluster Wolff's update turns.
    Wolff = 16,
    /// Blanks of patterns.
    Blank = 17,
    /// Dreams of unlearning.
    Dream = 18,
    /// First weights of a machine that learns.
    Weights = 19,
    /// Order of the samples in an epoch.
    Minibatch = 20,
    /// Visible layer while a machine's partition function is estimated by annealing.
    AnnealedVisible = 21,
    /// Hidden layer of the same.
    AnnealedHidden = 22,
    /// Hidden layer from which samples are reconstructed.
    Reconstruction = 23,
    /// Blocks of ticks of a bootstrap.
    Bootstrap = 24,
}

impl Purpose {
    /// Every purpose with its name in the shaders.
    pub const ALL: [(Purpose, &'static str); 25] = [
        (Purpose::Start, "PURPOSE_START"),
        (Purpose::Disorder, "PURPOSE_DISORDER"),
        (Purpose::Patterns, "PURPOSE_PATTERNS"),
        (Purpose::Metropolis, "PURPOSE_METROPOLIS"),
        (Purpose::HeatBath, "PURPOSE_HEAT_BATH"),
        (Purpose::Swap, "PURPOSE_SWAP"),
        (Purpose::Visible, "PURPOSE_VISIBLE"),
        (Purpose::Hidden, "PURPOSE_HIDDEN"),
        (Purpose::Momentum, "PURPOSE_MOMENTUM"),
        (Purpose::Noise, "PURPOSE_NOISE"),
        (Purpose::Accept, "PURPOSE_ACCEPT"),
        (Purpose::Cue, "PURPOSE_CUE"),
        (Purpose::Order, "PURPOSE_ORDER"),
        (Purpose::Length, "PURPOSE_LENGTH"),
        (Purpose::Bond, "PURPOSE_BOND"),
        (Purpose::Cluster, "PURPOSE_CLUSTER"),
        (Purpose::Wolff, "PURPOSE_WOLFF"),
        (Purpose::Blank, "PURPOSE_BLANK"),
        (Purpose::Dream, "PURPOSE_DREAM"),
        (Purpose::Weights, "PURPOSE_WEIGHTS"),
        (Purpose::Minibatch, "PURPOSE_MINIBATCH"),
        (Purpose::AnnealedVisible, "PURPOSE_ANNEALED_VISIBLE"),
        (Purpose::AnnealedHidden, "PURPOSE_ANNEALED_HIDDEN"),
        (Purpose::Reconstruction, "PURPOSE_RECONSTRUCTION"),
        (Purpose::Bootstrap, "PURPOSE_BOOTSTRAP"),
    ];
}

/// The address of an event's random words, as the kernels form it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The run's seed.
    pub seed: u64,
    /// What the words are for.
    pub purpose: Purpose,
    /// Global index of the site, word or unit.
    pub index: u32,
    /// Chain.
    pub chain: u32,
    /// Sweep.
    pub sweep: u64,
    /// Part of the sweep, below 256.
    pub part: u32,
}

impl Event {
    /// The words of one block of the event; `block` is below 2²⁴.
    pub fn words(&self, block: u32) -> [u32; 4] {
        threefry4x32(
            [self.index, self.chain, self.sweep as u32, (self.part << 24) | (block & 0x00ff_ffff)],
            [self.seed as u32, (self.seed >> 32) as u32, self.purpose as u32, (self.sweep >> 32) as u32],
        )
    }
}

/// xoshiro128++ (D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021)): the stream of one event that takes many
/// words. Twin of `shaders/lib/xoshiro.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xoshiro128 {
    state: [u32; 4],
}

impl Xoshiro128 {
    /// A generator in this state, which must not be all zeros.
    pub fn new(state: [u32; 4]) -> Self {
        Self { state }
    }

    /// The next word.
    pub fn next_word(&mut self) -> u32 {
        let [a, b, c, d] = self.state;
        let (e, f) = (c ^ a, d ^ b);
        self.state = [a ^ f, b ^ e, e ^ (b << 9), f.rotate_left(11)];
        a.wrapping_add(d).rotate_left(7).wrapping_add(a)
    }
}

/// Uniform in the open interval (0, 1): the odd multiples of 2⁻²⁴.
pub fn uniform_unit(word: u32) -> f32 {
    ((word >> 8) | 1) as f32 * 5.960_464_5e-8
}

/// Two independent standard normal deviates (Box and Muller 1958), as the shaders draw them, up to rounding.
pub fn normal_pair(words: [u32; 2]) -> [f64; 2] {
    let radius = (-2.0 * ((f64::from(words[0]) + 0.5) / 4_294_967_296.0).ln()).sqrt();
    let (sin, cos) = (f64::from(words[1]) / 4_294_967_296.0 * std::f64::consts::TAU).sin_cos();
    [radius * cos, radius * sin]
}

/// The stream of one purpose and chain as a generator of the `rand` crates: host code draws from the same function.
///
/// ```
/// use rand::Rng;
/// use spinfield::random::{Purpose, Stream};
/// let mut stream = Stream::new(7, Purpose::Patterns, 0);
/// assert_eq!(stream.next_u32(), Stream::new(7, Purpose::Patterns, 0).next_u32());
/// ```
#[derive(Debug, Clone)]
pub struct Stream {
    event: Event,
    block: u32,
    words: [u32; 4],
    used: usize,
}

impl Stream {
    /// The stream of a seed, a purpose and a chain, from its beginning.
    pub fn new(seed: u64, purpose: Purpose, chain: u32) -> Self {
        Self::of(Event { seed, purpose, index: 0, chain, sweep: 0, part: 0 })
    }

    /// The stream of the words of one event, continued at the next index after 2²⁴ blocks.
    pub fn of(event: Event) -> Self {
        Self { event, block: 0, words: [0; 4], used: 4 }
    }

    fn next_word(&mut self) -> u32 {
        if self.used == 4 {
            self.words = self.event.words(self.block);
            self.used = 0;
            self.block += 1;
            if self.block == 1 << 24 {
                self.block = 0;
                self.event.index = self.event.index.wrapping_add(1);
            }
        }
        self.used += 1;
        self.words[self.used - 1]
    }
}

impl rand::TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next_word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.next_word());
        Ok(low | u64::from(self.next_word()) << 32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.next_word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A random order of `0..count`, uniform over all permutations (R. Durstenfeld's shuffle).
pub fn permutation(count: u32, stream: &mut Stream) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last as usize, uniform_below(stream, u64::from(last) + 1) as usize);
    }
    order
}

/// A uniform integer from 0 to `bound` − 1 without modulo bias; 0 for `bound` = 0.
///
/// A bound up to 2³² takes one 32-bit draw (rarely more, by rejection), a larger one a 64-bit draw.
pub fn uniform_below(rng: &mut (impl rand::Rng + ?Sized), bound: u64) -> u64 {
    if bound <= 1 {
        return 0;
    }
    if bound > 1 << 32 {
        let mask = u64::MAX >> (bound - 1).leading_zeros();
        loop {
            let drawn = rng.next_u64() & mask;
            if drawn < bound {
                return drawn;
            }
        }
    }
    // Lemire: the high half of draw × bound is uniform once the 2³² mod bound lowest products are rejected.
    let rejected = (1u64 << 32) % bound;
    loop {
        let product = u64::from(rng.next_u32()) * bound;
        if product & 0xffff_ffff >= rejected {
            return product >> 32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_known_answers() {
        for [counter, key, answer] in KNOWN_ANSWERS {
            assert_eq!(threefry4x32(counter, key), answer);
        }
    }

    #[test]
    fn xoshiro_gives_the_reference_implementation_s_words() {
        let mut generator = Xoshiro128::new([1, 2, 3, 4]);
        let words = [641, 1_573_767, 3_222_811_527, 3_517_856_514, 836_907_274, 4_247_214_768, 3_867_114_732];
        assert_eq!(words.map(|_| generator.next_word()), words);
    }

    #[test]
    fn uniform_is_open_at_both_ends() {
        assert!(uniform_unit(0) > 0.0);
        assert!(uniform_unit(u32::MAX) < 1.0);
    }

    #[test]
    fn permutations_of_four_are_equally_frequent() {
        let mut stream = Stream::new(1, Purpose::Order, 0);
        let mut counts = std::collections::HashMap::new();
        for _ in 0..24_000 {
            *counts.entry(permutation(4, &mut stream)).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        let chi2: f64 = counts.values().map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0).sum();
        // 23 degrees of freedom: above 60 has probability 4e-5.
        assert!(chi2 < 60.0, "{chi2}");
    }
}
