// One workgroup visits the sites of 32 chains one after another, as the textbook does, in blocks of 32 sites: the fields
// of a block are found afresh, from all spins, at full width; within it four chains a lane go from site to site, and what
// has flipped before in the block is added to the fields that are still to come.
// Cost a site and chain: SITES masked additions, of which a load serves 32.

override HELD: u32 = 0; // the first sites, so many, keep their spins

@group(1) @binding(1) var<storage, read_write> accepted: array<vec4<u32>>; // by chain: flips of the last sweep

fn pushed(near: Near, coupling: vec4<i32>, change: vec4<i32>) -> Near {
    var next = near;
    next.at[0] += coupling * change.x;
    next.at[1] += coupling * change.y;
    next.at[2] += coupling * change.z;
    next.at[3] += coupling * change.w;
    return next;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn visit(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
    let group = tick.first / WORKGROUP_X + workgroup.x;
    clear_turned(lane);
    let end = min((tick.row + 1u) * BLOCKS, QUADS / 8u);
    for (var block = max(tick.row * BLOCKS, HELD / 32u); block < end; block++) {
        find_fields(lane, group, block);
        if lane < 8u { visit_block(lane, group, block); }
        workgroupBarrier();
        if lane < 8u {
            let at = 4u * lane;
            let flips = vec4<u32>(atomicExchange(&turned[at], 0u), atomicExchange(&turned[at + 1u], 0u),
                atomicExchange(&turned[at + 2u], 0u), atomicExchange(&turned[at + 3u], 0u));
            spins[group * QUADS + 8u * block + lane] ^= flips;
        }
        storageBarrier();
    }
}

fn visit_block(lane: u32, group: u32, block: u32) {
    let chains = 8u * group + lane;
    let factor = factors[chains];
    // Spins that have flipped in this block, upwards and downwards: by chain, a bit a site.
    var up = vec4<u32>();
    var down = vec4<u32>();
    for (var quad = 0u; quad < quads_of(block); quad++) {
        let here = 8u * block + quad;
        let words = spins[group * QUADS + here];
        let kept = exempt(group, here);
        var near = near_of(lane, quad, block, chains);
        for (var before = 0u; before < quad; before++) {
            let row = row_of(block, 32u * block + 4u * before) + quad;
            for (var k = 0u; k < 4u; k++) {
                let bit = vec4<u32>(4u * before + k);
                let change = vec4<i32>((up >> bit) & vec4<u32>(1u)) - vec4<i32>((down >> bit) & vec4<u32>(1u));
                near = pushed(near, couplings[row + 8u * k], 2 * change);
            }
        }
        let random = words_of(here, 4u * chains);
        for (var k = 0u; k < 4u; k++) {
            let bits = bits_of(words[k], lane);
            let words_here = vec4<u32>(random[0][k], random[1][k], random[2][k], random[3][k]);
            let site = 4u * here + k;
            let free = vec4<bool>(site >= HELD && site < SITES) & (bits_of(kept[k], lane) == vec4<u32>());
            let flips = vec4<u32>(turns(across(near, k), bits, factor, words_here) & free);
            let bit = vec4<u32>(4u * quad + k);
            up |= (flips & ~bits) << bit;
            down |= (flips & bits) << bit;
            atomicXor(&turned[4u * quad + k], dot(flips, vec4<u32>(1u, 2u, 4u, 8u)) << (4u * lane));
            let change = 2 * (vec4<i32>(flips & ~bits) - vec4<i32>(flips & bits));
            near = pushed(near, couplings[row_of(block, 4u * here + k) + quad], change);
        }
    }
    let flips = countOneBits(up | down);
    accepted[chains] = select(accepted[chains] + flips, flips, block == HELD / 32u);
}
