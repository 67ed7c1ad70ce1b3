// One workgroup draws the neurons of one block at one tick, in 32 replicas, given the ticks before: the kinetic Ising chain.

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn follow(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
    let index = tick.first / WORKGROUP_X + workgroup.x;
    let group = index / (QUADS / 8u);
    let block = index % (QUADS / 8u);
    let at = place_of(group);
    let old = group_at(at.word, at.local - 1u);
    clear_turned(lane);
    find_fields(lane, old, block);
    if lane < 8u { turn_block(lane, old, group, block); }
    workgroupBarrier();
    if lane < 8u {
        let quad = 8u * block + lane;
        let first = 4u * lane;
        spins[group * QUADS + quad] = spins[old * QUADS + quad] ^ vec4<u32>(atomicLoad(&turned[first]),
            atomicLoad(&turned[first + 1u]), atomicLoad(&turned[first + 2u]), atomicLoad(&turned[first + 3u]));
    }
}
