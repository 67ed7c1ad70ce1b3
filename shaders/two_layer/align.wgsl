// One invocation aligns 32 neurons of one chain with their fields, all from the same amplitudes: the synchronous sweep at
// zero temperature. A neuron without a field keeps its state. It also notes whether the chain still moves, and whether
// it returns to where it was two sweeps ago.

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(1) @binding(0) var<storage, read> spins: array<u32>;
@group(1) @binding(1) var<storage, read> amplitudes: array<vec4<Amplitude>>;
@group(1) @binding(2) var<storage, read_write> next: array<u32>;
@group(1) @binding(3) var<storage, read> previous: array<u32>;
// For each chain: neurons that differ from the state one sweep ago, and from that two sweeps ago.
@group(1) @binding(4) var<storage, read_write> changes: array<atomic<u32>>;

// Four neurons' new bits, nibble 0 to 7 of the word.
fn aligned(fields: ptr<function, Fields>, sums: vec4<Amplitude>, word: u32, here: u32, nibble: u32) -> u32 {
    let signs = signs_of(here, nibble);
    let field = fields_of(fields, sums) - self_couplings_of(word, nibble) * signs;
    let none = vec4<Amplitude>(silence());
    let up = (field > none) | ((field >= -none) & (signs > vec4<Amplitude>()));
    return packed(up, nibble);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn align(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let stride = chain_stride();
    let chain = index % stride;
    if index >= tick.last || chain >= run.chains { return; }
    let word = index / stride;
    var fields = Fields();
    for (var quad = 0u; quad < QUADS; quad++) {
        add_quad(&fields, patterns[word * QUADS + quad], amplitudes[quad * stride + chain]);
    }
    let here = spins[index];
    let there = word_mask(word)
        & (aligned(&fields, fields.sums[0], word, here, 0u)
            | aligned(&fields, fields.sums[1], word, here, 1u)
            | aligned(&fields, fields.sums[2], word, here, 2u)
            | aligned(&fields, fields.sums[3], word, here, 3u)
            | aligned(&fields, fields.sums[4], word, here, 4u)
            | aligned(&fields, fields.sums[5], word, here, 5u)
            | aligned(&fields, fields.sums[6], word, here, 6u)
            | aligned(&fields, fields.sums[7], word, here, 7u));
    next[index] = there;
    let moved = countOneBits(there ^ here);
    if moved != 0u { atomicAdd(&changes[2u * chain], moved); }
    let returned = countOneBits(there ^ previous[index]);
    if returned != 0u { atomicAdd(&changes[2u * chain + 1u], returned); }
}
