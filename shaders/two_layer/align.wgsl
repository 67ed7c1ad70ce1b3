// One invocation aligns 32 neurons of two chains with their fields: the synchronous sweep at zero temperature. The two
// share the masks that the patterns' bits make.

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(1) @binding(6) var<storage, read> amplitudes: array<vec4<Amplitude>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn align(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let stride = chain_stride();
    let half = stride / 2u;
    let chain = index % half;
    if index >= tick.last || chain >= run.chains { return; }
    let word = index / half;
    var near = Fields();
    var far = Fields();
    for (var quad = 0u; quad < QUADS; quad++) {
        let at = quad * stride + chain;
        add_quad_twice(&near, &far, patterns[word * QUADS + quad], amplitudes[at], amplitudes[at + half]);
    }
    turn(&near, word, chain);
    turn(&far, word, chain + half);
}
