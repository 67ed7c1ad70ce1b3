// Hebb's couplings of patterns with blanks, xi in {-1, 0, 1}. Each is stored as two of signs, xi = (u + v) / 2: equal where it
// has a sign, +1 and -1 where it is blank. Both answer with xi . s, so that fields are twice sum xi (xi . s).

alias Amplitude = i32;

// Twice the number of patterns with a sign at a neuron.
@group(2) @binding(6) var<storage, read> diagonal: array<vec4<i32>>;

fn answers(overlaps: vec4<i32>, quad: u32, reference: i32) -> Answers {
    let pairs = (overlaps.xz + overlaps.yw) / 2;
    return Answers(pairs.xxyy, vec4<i32>());
}

fn own_couplings(g: u32) -> vec4<i32> {
    return diagonal[g];
}

fn with_background(total: i32) -> i32 {
    return total;
}
