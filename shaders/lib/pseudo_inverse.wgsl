// The couplings of the pseudo-inverse rule, in units of 1/N: amplitudes are C^+ x, the overlaps x weighed by the
// pseudo-inverse of the patterns' correlations C = xi xi^T / N.

alias Amplitude = f32;

override KEEP_DIAGONAL: bool = false;
// Fields no larger than this are rounding errors, and count as none.
override SILENCE: f32 = 0.0;

// N J_ii, four neurons each.
@group(2) @binding(5) var<storage, read> self_couplings: array<vec4<f32>>;
// C^+ xi, [neuron][pattern / 4]; empty where nothing flips one by one.
@group(2) @binding(6) var<storage, read> responses: array<vec4<f32>>;

fn silence() -> Amplitude {
    return SILENCE;
}

fn self_coupling(neuron: u32) -> Amplitude {
    return select(self_couplings[neuron / 4u][neuron % 4u], 0.0, KEEP_DIAGONAL);
}

fn self_couplings_of(word: u32, nibble: u32) -> vec4<Amplitude> {
    return select(self_couplings[8u * word + nibble], vec4<f32>(), KEEP_DIAGONAL);
}

// What a neuron of +1 adds to the amplitudes of four patterns.
fn response(neuron: u32, quad: u32, bits: vec4<u32>) -> vec4<Amplitude> {
    return responses[neuron * QUADS + quad];
}
