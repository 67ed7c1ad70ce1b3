// One invocation puts four units of a sample where the order of this epoch has them.

override STATE_QUADS: u32 = 2;

@group(1) @binding(1) var<storage, read_write> visible: array<vec4<f32>>;
@group(2) @binding(2) var<storage, read> samples: array<vec4<f32>>;
@group(2) @binding(3) var<storage, read> order: array<u32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn deal(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    visible[index] = samples[order[index / STATE_QUADS] * STATE_QUADS + index % STATE_QUADS];
}
