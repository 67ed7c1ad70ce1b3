// The couplings of the pseudo-inverse rule, in units of 1/N: patterns drive with C^+ x, their overlaps x weighed by the
// pseudo-inverse of their correlations C = xi xi^T / N.

alias Amplitude = f32;
alias Drive = f32;

// Fields no larger than this are rounding errors, and count as none.
override SILENCE: f32 = 0.0;

// C^+ xi, [neuron][pattern / 4]: what a neuron of +1 adds to the drives; empty where nothing flips one by one.
@group(2) @binding(5) var<storage, read> influences: array<vec4<f32>>;
// N J_ii, four neurons each.
@group(2) @binding(6) var<storage, read> diagonal: array<vec4<f32>>;

fn silence() -> Amplitude {
    return SILENCE;
}

fn influence(neuron: u32, quad: u32, bits: vec4<u32>) -> vec4<Drive> {
    return influences[neuron * QUADS + quad];
}

fn answers(drives: vec4<Drive>, quad: u32, reference: i32) -> Answers {
    return Answers(drives, vec4<f32>());
}

fn own_couplings(g: u32) -> vec4<f32> {
    return diagonal[g];
}

fn with_background(total: f32) -> f32 {
    return total;
}
