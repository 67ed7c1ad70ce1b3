// Threefry4x32 with 13 rounds: a pure function of (counter, key), so no generator state exists anywhere.
// J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011). Twin: src/random.rs.
// Threefry and not Philox, because WGSL has no high half of a 32 x 32 product.
// Thirteen rounds: twelve pass BigCrush, thirteen is the next count with published known answers.

fn rotate_left(x: u32, by: u32) -> u32 {
    return (x << by) | (x >> (32u - by));
}

// One round; the swizzle brings the words into place for the next round's pairing.
fn threefry_round(x: vec4<u32>, first: u32, second: u32) -> vec4<u32> {
    let a = x.x + x.y;
    let c = x.z + x.w;
    let b = rotate_left(x.y, first) ^ a;
    let d = rotate_left(x.w, second) ^ c;
    return vec4<u32>(a, d, c, b);
}

fn threefry4x32(counter: vec4<u32>, key: vec4<u32>) -> vec4<u32> {
    let parity = 0x1BD11BDAu ^ key.x ^ key.y ^ key.z ^ key.w;
    var x = counter + key;
    x = threefry_round(x, 10u, 26u);
    x = threefry_round(x, 11u, 21u);
    x = threefry_round(x, 13u, 27u);
    x = threefry_round(x, 23u, 5u);
    x += vec4<u32>(key.y, key.z, key.w, parity + 1u);
    x = threefry_round(x, 6u, 20u);
    x = threefry_round(x, 17u, 11u);
    x = threefry_round(x, 25u, 10u);
    x = threefry_round(x, 18u, 20u);
    x += vec4<u32>(key.z, key.w, parity, key.x + 2u);
    x = threefry_round(x, 10u, 26u);
    x = threefry_round(x, 11u, 21u);
    x = threefry_round(x, 13u, 27u);
    x = threefry_round(x, 23u, 5u);
    x += vec4<u32>(key.w, parity, key.x, key.y + 3u);
    x = threefry_round(x, 6u, 20u);
    return x.xwzy; // an odd number of rounds leaves two words swapped
}

// Four random words of one event. `index` is the global site, word or unit, never a thread;
// `block` counts groups of four words inside the event.
fn draw(purpose: u32, index: u32, chain: u32, block: u32) -> vec4<u32> {
    return draw_in_part(tick.part, purpose, index, chain, block);
}

// The same in a part of the sweep that is not the dispatch's.
fn draw_in_part(part: u32, purpose: u32, index: u32, chain: u32, block: u32) -> vec4<u32> {
    return threefry4x32(
        vec4<u32>(index, chain, tick.sweep_low, (part << 24u) | block),
        vec4<u32>(run.seed_low, run.seed_high, purpose, tick.sweep_high),
    );
}

// Uniform in the open interval (0, 1): the odd multiples of 2^-24, each exact in f32.
fn uniform_unit(word: u32) -> f32 {
    return f32((word >> 8u) | 1u) * 5.9604644775390625e-8;
}
