// One invocation counts the sites where two replicas, neighbours by place, have the same spin.

override SITES: u32 = 1;
override QUADS: u32 = 8; // sites / 4, rounded up to whole blocks, whose spins beyond the last site are all the same

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>; // as lib/dense.wgsl has them
@group(3) @binding(1) var<storage, read_write> rows: array<vec4<u32>>; // by pair

fn bits_at(quad: u32, chain: u32) -> vec4<u32> {
    return spins[chain / 32u * QUADS + quad] >> vec4<u32>(chain % 32u);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn agree(@builtin(global_invocation_id) id: vec3<u32>) {
    let pair = tick.first + id.x;
    if pair >= tick.last { return; }
    let one = occupant_of(2u * pair);
    let other = occupant_of(2u * pair + 1u);
    var differ = vec4<u32>();
    for (var quad = 0u; quad < QUADS; quad++) {
        differ += (bits_at(quad, one) ^ bits_at(quad, other)) & vec4<u32>(1u);
    }
    rows[tick.row + pair] = vec4<u32>(SITES - dot(differ, vec4<u32>(1u)), 0u, 0u, 0u);
}
