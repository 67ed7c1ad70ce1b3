// One workgroup gives the 32 sites of one block their next values in 32 chains, all from the same old spins: Little's
// dynamics (W. A. Little, Math. Biosci. 19, 101 (1974)).

@group(1) @binding(2) var<storage, read_write> next: array<vec4<u32>>; // as the spins

// New bits of the block by site.
var<workgroup> turned: array<atomic<u32>, 32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn align_all(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
    let index = tick.first / WORKGROUP_X + workgroup.x;
    let group = index / (QUADS / 8u);
    let block = index % (QUADS / 8u);
    // Workgroup memory begins with anything.
    if lane < 8u {
        for (var k = 0u; k < 4u; k++) { atomicStore(&turned[4u * lane + k], 0u); }
    }
    find_fields(lane, group, block);
    if lane < 8u {
        let chains = 8u * group + lane;
        let factor = factors[chains];
        for (var quad = 0u; quad < 8u; quad++) {
            let here = 8u * block + quad;
            let words = spins[group * QUADS + here];
            let at = 32u * lane + quad;
            let random = words_of(here, 4u * chains);
            for (var k = 0u; k < 4u; k++) {
                let field = vec4<i32>(fields[at][k], fields[at + 8u][k], fields[at + 16u][k], fields[at + 24u][k]);
                let words_here = vec4<u32>(random[0][k], random[1][k], random[2][k], random[3][k]);
                let exists = vec4<bool>(4u * here + k < SITES);
                let flips = vec4<u32>(turns(field, bits_of(words[k], lane), factor, words_here) & exists);
                atomicXor(&turned[4u * quad + k], dot(flips, vec4<u32>(1u, 2u, 4u, 8u)) << (4u * lane));
            }
        }
    }
    workgroupBarrier();
    if lane < 8u {
        let place = group * QUADS + 8u * block + lane;
        let at = 4u * lane;
        next[place] = spins[place] ^ vec4<u32>(atomicLoad(&turned[at]), atomicLoad(&turned[at + 1u]),
            atomicLoad(&turned[at + 2u]), atomicLoad(&turned[at + 3u]));
    }
}
