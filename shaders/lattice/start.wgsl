// One invocation gives one site of one chain its first value, hot (random) or cold (ordered).

override COLD: bool = false;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn start(@builtin(global_invocation_id) id: vec3<u32>) {
    let site = tick.first + id.x;
    let chain = id.y;
    if site >= tick.last || chain >= run.chains { return; }
    if COLD {
        state[chain * SITES + site] = cold();
    } else {
        state[chain * SITES + site] = hot(draw(PURPOSE_START, site, chain, 0u));
    }
}
