// One invocation draws one site's momentum from the normal distribution: the heat bath of hybrid Monte Carlo.

@group(1) @binding(2) var<storage, read_write> momentum: array<f32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn refresh(@builtin(global_invocation_id) id: vec3<u32>) {
    let site = tick.first + id.x;
    let chain = id.y;
    if site >= tick.last || chain >= run.chains { return; }
    momentum[chain * SITES + site] = drawn_momentum(chain, site);
}
