// One invocation takes one site (or quad of sites) of an accepted trajectory's end over into the state.

@group(1) @binding(0) var<storage, read_write> state: array<Item>;
@group(1) @binding(3) var<storage, read> position_before: array<Item>;
@group(1) @binding(6) var<storage, read> trajectory: array<vec4<f32>>;

override ITEMS: u32 = 1; // of one chain

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn adopt(@builtin(global_invocation_id) id: vec3<u32>) {
    let item = tick.first + id.x;
    let chain = id.y;
    if item >= tick.last || chain >= run.chains { return; }
    if trajectory[chain].y != 0.0 { state[chain * ITEMS + item] = position_before[chain * ITEMS + item]; }
}
