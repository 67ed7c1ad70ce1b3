// The sites of one block, four chains a lane. What else acts on them, and which keep their values, is for the fragment that
// follows to say: `driven`, `exempt` and `words_of`.

// The fields of four sites in the four chains of a lane.
struct Near {
    at: array<vec4<i32>, 4>,
}

// Flips of the block by site, a bit a chain.
var<workgroup> turned: array<atomic<u32>, 32>;

// Those of a quad, as `find_fields` left them and with what acts besides.
fn near_of(lane: u32, quad: u32, block: u32, chains: u32) -> Near {
    let at = 32u * lane + quad;
    let near = Near(array<vec4<i32>, 4>(fields[at], fields[at + 8u], fields[at + 16u], fields[at + 24u]));
    return driven(near, 8u * block + quad, chains);
}

// The fields of one site, by chain.
fn across(near: Near, k: u32) -> vec4<i32> {
    return vec4<i32>(near.at[0][k], near.at[1][k], near.at[2][k], near.at[3][k]);
}

// Workgroup memory begins with anything.
fn clear_turned(lane: u32) {
    if lane < 8u {
        for (var k = 0u; k < 4u; k++) { atomicStore(&turned[4u * lane + k], 0u); }
    }
}

// All sites of a block at once, from the spins of the group `old`: fills `turned`.
fn turn_block(lane: u32, old: u32, group: u32, block: u32) {
    let chains = 8u * group + lane;
    let factor = factors[chains];
    for (var quad = 0u; quad < quads_of(block); quad++) {
        let here = 8u * block + quad;
        let words = spins[old * QUADS + here];
        let kept = exempt(group, here);
        let near = near_of(lane, quad, block, chains);
        let random = words_of(here, 4u * chains);
        for (var k = 0u; k < 4u; k++) {
            let words_here = vec4<u32>(random[0][k], random[1][k], random[2][k], random[3][k]);
            let free = vec4<bool>(4u * here + k < SITES) & (bits_of(kept[k], lane) == vec4<u32>());
            let flips = vec4<u32>(turns(across(near, k), bits_of(words[k], lane), factor, words_here) & free);
            atomicXor(&turned[4u * quad + k], dot(flips, vec4<u32>(1u, 2u, 4u, 8u)) << (4u * lane));
        }
    }
}
