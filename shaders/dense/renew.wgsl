// One invocation moves four sites of a group of chains on to their next values.

@group(1) @binding(0) var<storage, read_write> spins: array<vec4<u32>>;
@group(1) @binding(2) var<storage, read_write> next: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn renew(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index < tick.last { spins[index] = next[index]; }
}
