// One invocation says how many sites of one chain the last sweep flipped.

@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;
@group(3) @binding(1) var<storage, read_write> rows: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn flips(@builtin(global_invocation_id) id: vec3<u32>) {
    let chain = tick.first + id.x;
    if chain < tick.last { rows[tick.row + row_of(chain)] = vec4<u32>(accepted[chain], 0u, 0u, 0u); }
}
