// Hebb's couplings, in units of 1/N: amplitudes are the overlaps themselves, and all fields are integers.

alias Amplitude = i32;

// The diagonal of the couplings is taken off unless it is to be kept.
override KEEP_DIAGONAL: bool = false;

// Fields no larger than this count as none.
fn silence() -> Amplitude {
    return 0;
}

fn self_coupling(neuron: u32) -> Amplitude {
    return select(i32(PATTERNS), 0, KEEP_DIAGONAL);
}

// The self-couplings of four neurons, nibble 0 to 7 of the word.
fn self_couplings_of(word: u32, nibble: u32) -> vec4<Amplitude> {
    return vec4<i32>(self_coupling(0u));
}

// What a neuron of +1 adds to the amplitudes of four patterns, given their bits of that neuron.
fn response(neuron: u32, quad: u32, bits: vec4<u32>) -> vec4<Amplitude> {
    let stored = (vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(PATTERNS);
    return select(vec4<i32>(), 2 * vec4<i32>(bits) - vec4<i32>(1), stored);
}
