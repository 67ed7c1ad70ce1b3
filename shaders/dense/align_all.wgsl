// One workgroup gives the 32 sites of one block their next values in 32 chains, all from the same old spins: Little's
// dynamics (W. A. Little, Math. Biosci. 19, 101 (1974)).

@group(1) @binding(2) var<storage, read_write> next: array<vec4<u32>>; // as the spins

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn align_all(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
    let index = tick.first / WORKGROUP_X + workgroup.x;
    let group = index / (QUADS / 8u);
    let block = index % (QUADS / 8u);
    clear_turned(lane);
    find_fields(lane, group, block);
    if lane < 8u { turn_block(lane, group, group, block); }
    workgroupBarrier();
    if lane < 8u {
        let place = group * QUADS + 8u * block + lane;
        let at = 4u * lane;
        next[place] = spins[place] ^ vec4<u32>(atomicLoad(&turned[at]), atomicLoad(&turned[at + 1u]),
            atomicLoad(&turned[at + 2u]), atomicLoad(&turned[at + 3u]));
    }
}
