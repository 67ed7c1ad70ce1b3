// One invocation aligns 32 neurons of two chains with their fields, all from the same amplitudes of the patterns: the
// synchronous sweep at zero temperature. The two share the masks that the patterns' bits make. A neuron without a field
// keeps its state. It also notes whether a chain still moves, and whether it returns to where it was two sweeps ago.

// What a neuron's own state adds to its field: the diagonal of the couplings, taken off unless it is to be kept.
override KEEP_DIAGONAL: bool = false;

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(1) @binding(0) var<storage, read> spins: array<u32>;
@group(1) @binding(6) var<storage, read> amplitudes: array<vec4<Amplitude>>;
@group(1) @binding(2) var<storage, read_write> next: array<u32>;
@group(1) @binding(3) var<storage, read> previous: array<u32>;
// For each chain: neurons that differ from the state one sweep ago, and from that two sweeps ago.
@group(1) @binding(4) var<storage, read_write> changes: array<atomic<u32>>;

fn own(word: u32, nibble: u32) -> vec4<Amplitude> {
    return select(own_couplings(8u * word + nibble), vec4<Amplitude>(), KEEP_DIAGONAL);
}

// Four neurons' new bits, nibble 0 to 7 of the word.
fn aligned(
    fields: ptr<function, Fields>, sums: vec4<Amplitude>, own_field: vec4<Amplitude>, here: u32, nibble: u32,
) -> u32 {
    let signs = signs_of(here, nibble);
    let field = fields_of(fields, sums) - own_field * signs;
    let least = vec4<Amplitude>(silence());
    let up = (field > least) | ((field >= -least) & (signs > vec4<Amplitude>()));
    return packed(up, nibble);
}

fn turn(fields: ptr<function, Fields>, word: u32, chain: u32) {
    (*fields).total = with_background((*fields).total);
    let index = word * chain_stride() + chain;
    let here = spins[index];
    let there = word_mask(word)
        & (aligned(fields, (*fields).sums[0], own(word, 0u), here, 0u)
            | aligned(fields, (*fields).sums[1], own(word, 1u), here, 1u)
            | aligned(fields, (*fields).sums[2], own(word, 2u), here, 2u)
            | aligned(fields, (*fields).sums[3], own(word, 3u), here, 3u)
            | aligned(fields, (*fields).sums[4], own(word, 4u), here, 4u)
            | aligned(fields, (*fields).sums[5], own(word, 5u), here, 5u)
            | aligned(fields, (*fields).sums[6], own(word, 6u), here, 6u)
            | aligned(fields, (*fields).sums[7], own(word, 7u), here, 7u));
    next[index] = there;
    let moved = countOneBits(there ^ here);
    if moved != 0u { atomicAdd(&changes[2u * chain], moved); }
    let returned = countOneBits(there ^ previous[index]);
    if returned != 0u { atomicAdd(&changes[2u * chain + 1u], returned); }
}

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
    if chain + half < run.chains { turn(&far, word, chain + half); }
}
