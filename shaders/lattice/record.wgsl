// One invocation copies what one chain's last trajectory said of itself into the row of this sample.

@group(1) @binding(6) var<storage, read> trajectory: array<vec4<f32>>;
@group(3) @binding(1) var<storage, read_write> rows: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn record(@builtin(global_invocation_id) id: vec3<u32>) {
    let chain = tick.first + id.x;
    if chain >= tick.last { return; }
    rows[tick.row + row_of(chain)] = trajectory[chain];
}
