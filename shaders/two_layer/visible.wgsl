// One invocation samples 32 neurons of one chain given the hidden amplitudes: P(s = 1) = 1 / (1 + exp(-2 field)).

// Little's dynamics takes the self-coupling beta P / N off the field; through the Gaussian layer it is a constant.
override LITTLE: bool = false;

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(2) @binding(3) var<storage, read> betas: array<f32>;
@group(1) @binding(0) var<storage, read_write> spins: array<u32>;
@group(1) @binding(6) var<storage, read> amplitudes: array<vec4<f32>>;

// Four neurons' new bits, nibble 0 to 7 of the word.
fn sampled(
    fields: ptr<function, Fields>, sums: vec4<f32>, own: f32, here: u32, word: u32, chain: u32, nibble: u32,
) -> u32 {
    let field = fields_of(fields, sums) - own * signs_of(here, nibble);
    let words = draw(PURPOSE_VISIBLE, word, chain, nibble);
    let uniform =
        vec4<f32>(uniform_unit(words.x), uniform_unit(words.y), uniform_unit(words.z), uniform_unit(words.w));
    return packed(uniform * (1.0 + exp(-2.0 * field)) < vec4<f32>(1.0), nibble);
}

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
    let there = sampled(&fields, fields.sums[0], own, here, word, chain, 0u)
        | sampled(&fields, fields.sums[1], own, here, word, chain, 1u)
        | sampled(&fields, fields.sums[2], own, here, word, chain, 2u)
        | sampled(&fields, fields.sums[3], own, here, word, chain, 3u)
        | sampled(&fields, fields.sums[4], own, here, word, chain, 4u)
        | sampled(&fields, fields.sums[5], own, here, word, chain, 5u)
        | sampled(&fields, fields.sums[6], own, here, word, chain, 6u)
        | sampled(&fields, fields.sums[7], own, here, word, chain, 7u);
    spins[index] = there & word_mask(word);
}
