// One invocation gathers the bits of 32 neurons, in the order of this sweep, from four patterns: asynchronous sweeps
// then read their blocks as whole words. All chains share the order, so this is paid once a sweep.

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(2) @binding(1) var<storage, read> order: array<u32>;
@group(2) @binding(2) var<storage, read_write> ordered: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn shuffle(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let quad = index % QUADS;
    let block = index / QUADS;
    var gathered = vec4<u32>();
    for (var k = 0u; k < 32u; k++) {
        if 32u * block + k < NEURONS {
            let neuron = order[32u * block + k];
            let bits = patterns[(neuron / 32u) * QUADS + quad] >> vec4<u32>(neuron % 32u);
            gathered |= (bits & vec4<u32>(1u)) << vec4<u32>(k);
        }
    }
    ordered[index] = gathered;
}
