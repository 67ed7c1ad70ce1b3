// Patterns drive with their overlaps, which are integers.

alias Drive = i32;

// Fields no larger than this count as none.
fn silence() -> Amplitude {
    return Amplitude();
}

// What a neuron of +1 adds to the drives of four patterns, given their bits of that neuron.
fn influence(neuron: u32, quad: u32, bits: vec4<u32>) -> vec4<Drive> {
    return select(vec4<i32>(), 2 * vec4<i32>(bits) - vec4<i32>(1), stored(quad));
}
