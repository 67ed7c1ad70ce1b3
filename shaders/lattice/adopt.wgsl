// One invocation takes one site of an accepted trajectory's end over into the state.

@group(1) @binding(3) var<storage, read> position_before: array<Site>;
@group(1) @binding(6) var<storage, read> trajectory: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn adopt(@builtin(global_invocation_id) id: vec3<u32>) {
    let site = tick.first + id.x;
    let chain = id.y;
    if site >= tick.last || chain >= run.chains { return; }
    if trajectory[chain].y != 0.0 { state[chain * SITES + site] = position_before[chain * SITES + site]; }
}
