// One invocation counts, in a share of the groups, how often four neurons fire, and fire again so many ticks later.

override QUADS: u32 = 8; // neurons / 4, rounded up to whole blocks
override GROUPS: u32 = 1;
override SHARES: u32 = 1;
override LONGEST: u32 = 0; // lag

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>; // as lib/strands.wgsl has them
// [lag][neuron], from lag 0 on: modulo 2^32 and never cleared, so that the host takes differences.
@group(3) @binding(0) var<storage, read_write> tallies: array<atomic<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn tally(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let row = index % (QUADS * (LONGEST + 1u));
    let quad = row % QUADS;
    let share = index / (QUADS * (LONGEST + 1u));
    var counts = vec4<u32>();
    for (var group = share; group < GROUPS; group += SHARES) {
        counts += countOneBits(spins[group * QUADS + quad] & later(place_of(group), row / QUADS, quad));
    }
    for (var k = 0u; k < 4u; k++) {
        if counts[k] > 0u { atomicAdd(&tallies[4u * row + k], counts[k]); }
    }
}
