// One invocation makes one site a cluster of its own.

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn isolate(@builtin(global_invocation_id) id: vec3<u32>) {
    let site = tick.first + id.x;
    let chain = id.y;
    if site >= tick.last || chain >= run.chains { return; }
    atomicStore(&labels[chain * SITES + site], number_of(site));
}
