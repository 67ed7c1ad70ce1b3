// One invocation counts, for four sites and four others, in how many chains of a batch the two differ, 32 chains an
// instruction; of a site and itself, in how many it is up. So <s_i s_j> = 1 - 2 (differing) / (chains).

override QUADS: u32 = 8; // sites / 4, rounded up to whole blocks
override CHAINS: u32 = 32; // that exist, of all batches
override BATCH_GROUPS: u32 = 1; // groups of 32 chains in a batch; the last batch may have fewer

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>; // as lib/dense.wgsl has them
@group(3) @binding(0) var<storage, read_write> counts: array<vec4<u32>>; // [site][other / 4], where other / 4 >= site / 4

fn differing(word: u32, others: vec4<u32>, mask: u32) -> vec4<u32> {
    return countOneBits((vec4<u32>(word) ^ others) & vec4<u32>(mask));
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn correlate(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let quad = index / QUADS;
    let other = index % QUADS;
    // The rest is its mirror image.
    if other < quad { return; }
    var a = vec4<u32>();
    var b = vec4<u32>();
    var c = vec4<u32>();
    var d = vec4<u32>();
    var up = vec4<u32>();
    let end = min(tick.row + BATCH_GROUPS, (CHAINS + 31u) / 32u);
    for (var group = tick.row; group < end; group++) {
        let chains = CHAINS - 32u * group;
        let mask = select(0xffffffffu, (1u << (chains & 31u)) - 1u, chains < 32u);
        let words = spins[group * QUADS + quad];
        let others = spins[group * QUADS + other];
        a += differing(words.x, others, mask);
        b += differing(words.y, others, mask);
        c += differing(words.z, others, mask);
        d += differing(words.w, others, mask);
        up += countOneBits(words & vec4<u32>(mask));
    }
    if quad == other {
        a.x = up.x;
        b.y = up.y;
        c.z = up.z;
        d.w = up.w;
    }
    // The first sample of a sum replaces what stands there.
    let kept = vec4<u32>(select(0u, 1u, tick.part > 0u));
    let at = 4u * quad * QUADS + other;
    counts[at] = kept * counts[at] + a;
    counts[at + QUADS] = kept * counts[at + QUADS] + b;
    counts[at + 2u * QUADS] = kept * counts[at + 2u * QUADS] + c;
    counts[at + 3u * QUADS] = kept * counts[at + 3u * QUADS] + d;
}
