// One invocation multiplies the overlaps of four chains, or what came of them, by four rows of a matrix between patterns,
// in single precision. Sixteen numbers of the matrix serve four chains. `Weighed` is i32 (overlaps) or f32.

@group(1) @binding(1) var<storage, read> given: array<vec4<Weighed>>;
@group(1) @binding(6) var<storage, read_write> amplitudes: array<vec4<f32>>;
// [column / 4][row / 4], four columns of four rows.
@group(2) @binding(7) var<storage, read> weights: array<mat4x4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn weigh(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let quad = index % QUADS;
    let chains = 4u * (index / QUADS);
    let stride = chain_stride();
    var first = vec4<f32>();
    var second = vec4<f32>();
    var third = vec4<f32>();
    var fourth = vec4<f32>();
    for (var other = 0u; other < QUADS; other++) {
        let block = weights[other * QUADS + quad];
        let from_chain = other * stride + chains;
        first += block * vec4<f32>(given[from_chain]);
        second += block * vec4<f32>(given[from_chain + 1u]);
        third += block * vec4<f32>(given[from_chain + 2u]);
        fourth += block * vec4<f32>(given[from_chain + 3u]);
    }
    let at = quad * stride + chains;
    amplitudes[at] = first;
    amplitudes[at + 1u] = second;
    amplitudes[at + 2u] = third;
    amplitudes[at + 3u] = fourth;
}
