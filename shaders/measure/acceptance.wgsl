// (accepted attempts, attempts, 0, 0) of the last sweep. A word holds the accepted ones in its low byte and, above it,
// the attempts less one.

@group(1) @binding(1) var<storage, read> accepted: array<u32>;

fn density(chain: u32, site: u32) -> vec4<Measure> {
    let word = accepted[chain * SITES + site];
    return vec4<Measure>(i32(word & 0xffu), i32(1u + (word >> 8u)), 0, 0);
}
