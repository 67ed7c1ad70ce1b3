// One invocation writes what happened at one place since the last sample into its row, and begins anew.

@group(1) @binding(10) var<storage, read_write> swaps: array<vec4<u32>>;
@group(3) @binding(1) var<storage, read_write> rows: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn journal(@builtin(global_invocation_id) id: vec3<u32>) {
    let place = tick.first + id.x;
    if place >= tick.last { return; }
    rows[tick.row + place] = swaps[place];
    swaps[place] = vec4<u32>();
}
