// One invocation moves one word of one chain on to its next state, unless the chain has settled.

@group(1) @binding(0) var<storage, read_write> spins: array<u32>;
@group(1) @binding(2) var<storage, read> next: array<u32>;
@group(1) @binding(3) var<storage, read_write> previous: array<u32>;
@group(1) @binding(5) var<storage, read> status: array<vec2<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn advance(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = index % chain_stride();
    if index >= tick.last || chain >= run.chains || status[chain].x != 0u { return; }
    previous[index] = spins[index];
    spins[index] = next[index];
}
