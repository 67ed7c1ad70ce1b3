// One invocation counts how many neurons fire at one tick in four strands.

override SITES: u32 = 1;
override QUADS: u32 = 8; // neurons / 4, rounded up to whole blocks
override CROWDS_AT: u32 = 0;

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>; // as lib/strands.wgsl has them
// From CROWDS_AT on: ticks at which so many neurons fire, 0 to SITES; then spikes by replica. Never cleared, see tally.wgsl.
@group(3) @binding(0) var<storage, read_write> tallies: array<atomic<u32>>;

fn firing(word: u32, first: u32) -> vec4<u32> {
    return (vec4<u32>(word) >> (vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u))) & vec4<u32>(1u);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn crowd(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let group = index / 8u;
    let first = 4u * (index % 8u);
    var counts = vec4<u32>();
    for (var quad = 0u; quad < QUADS; quad++) {
        let words = spins[group * QUADS + quad];
        counts += (firing(words.x, first) + firing(words.y, first)) + (firing(words.z, first) + firing(words.w, first));
    }
    let at = place_of(group);
    for (var k = 0u; k < 4u; k++) {
        let strand = 32u * at.word + first + k;
        // Silent ticks before the first wrap around to the largest numbers.
        if tick_of(strand, at.local) < TICKS && replica_of(strand) < run.chains {
            atomicAdd(&tallies[CROWDS_AT + counts[k]], 1u);
            atomicAdd(&tallies[CROWDS_AT + SITES + 1u + replica_of(strand)], counts[k]);
        }
    }
}
