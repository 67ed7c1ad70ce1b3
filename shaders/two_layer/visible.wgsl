// One invocation samples 32 neurons of one chain given the hidden amplitudes: P(s = 1) = 1 / (1 + exp(-2 field)).

// Little's dynamics takes the self-coupling beta P / N off the field; through the Gaussian layer it is a constant.
override LITTLE: bool = false;

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(2) @binding(3) var<storage, read> betas: array<f32>;
@group(1) @binding(0) var<storage, read_write> spins: array<u32>;
@group(1) @binding(6) var<storage, read> amplitudes: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn visible(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let stride = chain_stride();
    let chain = index % stride;
    if index >= tick.last || chain >= run.chains { return; }
    let word = index / stride;
    var fields = Fields();
    for (var quad = 0u; quad < QUADS; quad++) {
        add_quad(&fields, patterns[word * QUADS + quad], amplitudes[quad * stride + chain]);
    }
    let own = select(0.0, betas[chain / run.replicas] * f32(PATTERNS) / f32(NEURONS), LITTLE);
    let here = spins[index];
    var there = 0u;
    for (var nibble = 0u; nibble < 8u; nibble++) {
        let field = fields_of(&fields, nibble) - own * signs_of(here, nibble);
        let words = draw(PURPOSE_VISIBLE, word, chain, nibble);
        let uniform = vec4<f32>(
            uniform_unit(words.x), uniform_unit(words.y), uniform_unit(words.z), uniform_unit(words.w));
        there |= packed(uniform * (1.0 + exp(-2.0 * field)) < vec4<f32>(1.0), nibble);
    }
    spins[index] = there & word_mask(word);
}
