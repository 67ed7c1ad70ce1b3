//! A hand-vectorised native program against the kernels: the same algorithm, layout and random words on the processor's
//! own vectors, two threads, two dimensions at the critical point. Both must end in the same state.
//!
//!     RUSTFLAGS="-C target-cpu=native -C target-feature=-prefer-256-bit" cargo bench --bench native [-- SIDE...]
//!
//! The loops over 16 lanes are written so that they become single 512-bit instructions where the processor has them.

use spinfield::{Gpu, Ising, Lattice, Metropolis, Start};
use std::ops::{BitAnd, BitOr, BitOrAssign, BitXor, Not};
use std::time::Instant;

const LANES: usize = 16;
const SEED: u64 = 7;
/// Metropolis in `spinfield::random::Purpose`.
const PURPOSE: u32 = 3;

/// A word of each of 16 columns.
#[derive(Clone, Copy, PartialEq)]
#[repr(align(64))]
struct Vector([u32; LANES]);

macro_rules! lanewise {
    ($trait:ident, $function:ident, $operator:tt) => {
        impl $trait for Vector {
            type Output = Self;
            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                let mut result = self;
                for lane in 0..LANES {
                    result.0[lane] = self.0[lane] $operator other.0[lane];
                }
                result
            }
        }
    };
}
lanewise!(BitAnd, bitand, &);
lanewise!(BitOr, bitor, |);
lanewise!(BitXor, bitxor, ^);

impl BitOrAssign for Vector {
    #[inline(always)]
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl Not for Vector {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self ^ splat(u32::MAX)
    }
}

#[inline(always)]
fn splat(word: u32) -> Vector {
    Vector([word; LANES])
}

#[inline(always)]
fn map(x: Vector, f: impl Fn(u32) -> u32) -> Vector {
    let mut result = x;
    for lane in 0..LANES {
        result.0[lane] = f(x.0[lane]);
    }
    result
}

#[inline(always)]
fn add(x: Vector, y: Vector) -> Vector {
    let mut result = x;
    for lane in 0..LANES {
        result.0[lane] = x.0[lane].wrapping_add(y.0[lane]);
    }
    result
}

#[inline(always)]
fn rotate(x: Vector, by: u32) -> Vector {
    map(x, |word| word.rotate_left(by))
}

/// Threefry4x32 with 13 rounds, 16 counters at once.
#[inline(always)]
fn threefry(counter: [Vector; 4], key: [u32; 4]) -> [Vector; 4] {
    const ROTATIONS: [[u32; 2]; 8] = [[10, 26], [11, 21], [13, 27], [23, 5], [6, 20], [17, 11], [25, 10], [18, 20]];
    let schedule = [key[0], key[1], key[2], key[3], 0x1BD1_1BDA ^ key[0] ^ key[1] ^ key[2] ^ key[3]];
    let mut x = counter;
    for word in 0..4 {
        x[word] = add(x[word], splat(key[word]));
    }
    for round in 0..13 {
        if round > 0 && round % 4 == 0 {
            let injection = round / 4;
            for word in 0..4 {
                let number = if word == 3 { injection as u32 } else { 0 };
                x[word] = add(x[word], splat(schedule[(injection + word) % 5].wrapping_add(number)));
            }
        }
        let [first, second] = ROTATIONS[round % 8];
        let (b, d) = if round % 2 == 0 { (1, 3) } else { (3, 1) };
        x[0] = add(x[0], x[b]);
        x[b] = rotate(x[b], first) ^ x[0];
        x[2] = add(x[2], x[d]);
        x[d] = rotate(x[d], second) ^ x[2];
    }
    x
}

/// xoshiro128++, 16 streams.
#[inline(always)]
fn next(s: &mut [Vector; 4]) -> Vector {
    let result = add(rotate(add(s[0], s[3]), 7), s[0]);
    let (c, d) = (s[2] ^ s[0], s[3] ^ s[1]);
    *s = [s[0] ^ d, s[1] ^ c, c ^ map(s[1], |word| word << 9), rotate(d, 11)];
    result
}

/// One colour: four words of 16 columns, in rows.
type Plane = Vec<[Vector; 4]>;

/// Columns of blocks, side / 256, in whole vectors.
struct Magnet {
    side: usize,
    vectors: usize,
    planes: [Plane; 2],
    thresholds: [u32; 2],
}

impl Magnet {
    fn new(side: usize, beta: f64) -> Self {
        let vectors = side / 256 / LANES;
        assert!(vectors * 256 * LANES == side, "the side must be a multiple of {}", 256 * LANES);
        let plane = vec![[splat(u32::MAX); 4]; side * vectors];
        let threshold = |rise: f64| ((-beta * rise).exp() * 4_294_967_296.0).round() as u32;
        Self { side, vectors, planes: [plane.clone(), plane], thresholds: [threshold(8.0), threshold(4.0)] }
    }

    fn sweep(&mut self, sweep: u64, threads: usize) {
        for colour in 0..2 {
            let [first, second] = &mut self.planes;
            let (own, other) = if colour == 0 { (first, &*second) } else { (second, &*first) };
            let rows = self.side.div_ceil(threads);
            let (side, vectors, thresholds) = (self.side, self.vectors, self.thresholds);
            std::thread::scope(|scope| {
                for (thread, share) in own.chunks_mut(rows * vectors).enumerate() {
                    scope.spawn(move || {
                        for (row, blocks) in share.chunks_mut(vectors).enumerate() {
                            update_row(blocks, other, (side, thread * rows + row, colour), thresholds, sweep);
                        }
                    });
                }
            });
        }
    }

    /// BLAKE3 of one byte a site, as the library has it.
    fn state_hash(&self) -> String {
        let width = self.side / 128;
        let mut hasher = blake3::Hasher::new();
        for y in 0..self.side {
            let spin = |x: usize| {
                let (column, fold) = (x % width, x / width);
                let block = column / 2;
                let plane = &self.planes[(column + y) % 2];
                let words = &plane[y * self.vectors + block / LANES];
                if words[fold % 4].0[block % LANES] >> (fold / 4) & 1 == 1 { 1_u8 } else { 255 }
            };
            hasher.update(&(0..self.side).map(spin).collect::<Vec<u8>>());
        }
        hasher.finalize().to_string()
    }
}

#[inline(always)]
fn update_row(
    blocks: &mut [[Vector; 4]],
    other: &Plane,
    (side, y, colour): (usize, usize, usize),
    thresholds: [u32; 2],
    sweep: u64,
) {
    let vectors = blocks.len();
    let row = |y: usize| &other[y * vectors..(y + 1) * vectors];
    let (above, centre, below) = (row((y + side - 1) % side), row(y), row((y + 1) % side));
    let odd = (y + colour) % 2 == 1;
    for (number, here) in blocks.iter_mut().enumerate() {
        let lane_of = |at: usize| -> [u32; 4] { std::array::from_fn(|word| centre[at / LANES][word].0[at % LANES]) };
        let half_row = vectors * LANES;
        // The block beside: one lane on, and turned by one fold where the row ends.
        let mut beside = centre[number];
        for word in 0..4 {
            for lane in 0..LANES {
                let from = if odd { (lane + 1) % LANES } else { (lane + LANES - 1) % LANES };
                beside[word].0[lane] = centre[number][word].0[from];
            }
        }
        let (edge, at) = if odd { (LANES - 1, number * LANES + LANES) } else { (0, number * LANES + half_row - 1) };
        let wraps = if odd { at == half_row } else { number == 0 };
        let x = lane_of(at % half_row);
        let end = match (wraps, odd) {
            (false, _) => x,
            (true, false) => [x[3].rotate_left(1), x[0], x[1], x[2]],
            (true, true) => [x[1], x[2], x[3], x[0].rotate_left(31)],
        };
        for word in 0..4 {
            beside[word].0[edge] = end[word];
        }
        let mut classes = [[splat(0); 4]; 2];
        let mut undecided = [splat(0); 4];
        let mut flips = [splat(0); 4];
        for word in 0..4 {
            let s = here[word];
            let [a, b] = [s ^ centre[number][word], s ^ beside[word]];
            let [c, d] = [s ^ above[number][word], s ^ below[number][word]];
            let (ab, cd) = (a ^ b, c ^ d);
            let two = (a & b) | (c & d) | (ab & cd);
            let any = a | b | c | d;
            classes[0][word] = !any;
            classes[1][word] = any & !two;
            undecided[word] = !two;
            flips[word] = two;
        }
        let mut index = splat(0);
        for lane in 0..LANES {
            index.0[lane] = (y * half_row + number * LANES + lane) as u32;
        }
        let counter = [index, splat(0), splat(sweep as u32), splat((colour as u32) << 24)];
        let mut stream = threefry(counter, [SEED as u32, (SEED >> 32) as u32, PURPOSE, (sweep >> 32) as u32]);
        for plane in (0..32).rev() {
            let some = undecided[0] | undecided[1] | undecided[2] | undecided[3];
            if some.0.iter().fold(0, |all, word| all | word) == 0 {
                break;
            }
            let bits = thresholds.map(|threshold| splat(0u32.wrapping_sub(threshold >> plane & 1)));
            for word in 0..4 {
                let uniform = next(&mut stream);
                let threshold = (classes[0][word] & bits[0]) | (classes[1][word] & bits[1]);
                flips[word] |= undecided[word] & threshold & !uniform;
                undecided[word] = undecided[word] & !(threshold ^ uniform);
            }
        }
        for word in 0..4 {
            here[word] = here[word] ^ flips[word];
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut sides: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if sides.is_empty() {
        sides.push(4096);
    }
    let beta = (1.0 + 2f64.sqrt()).ln() / 2.0;
    let gpu = Gpu::new().unwrap();
    println!("{}", gpu.adapter());
    for side in sides {
        let model = Ising::new(Lattice::square(side as u32).unwrap());
        let mut sim = gpu.simulate(model, Metropolis).betas(&[beta]).seed(SEED).start(Start::Cold).build().unwrap();
        let mut magnet = Magnet::new(side, beta);
        let sweeps = (1 << 29) / (side * side) as u64 + 1;
        let flips = (side * side) as f64 * sweeps as f64;
        let (mut native, mut kernels) = (Vec::new(), Vec::new());
        // One after the other, so that what disturbs one disturbs both.
        for round in 0..7 {
            let started = Instant::now();
            (round * sweeps..(round + 1) * sweeps).for_each(|sweep| magnet.sweep(sweep, 2));
            native.push(flips / started.elapsed().as_nanos() as f64);
            let started = Instant::now();
            sim.advance(sweeps, &mut |_| {}).unwrap();
            sim.wait().unwrap();
            kernels.push(flips / started.elapsed().as_nanos() as f64);
        }
        assert_eq!(magnet.state_hash(), sim.state_hash().unwrap(), "the two programs end in different states");
        let (native, kernels) = (median(native), median(kernels));
        println!("{side}^2: native {native:.2} flips/ns, kernels {kernels:.2}, ratio {:.2}", kernels / native);
    }
}
