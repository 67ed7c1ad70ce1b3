// Hebb's couplings: a pattern answers with its overlap, and every pattern couples each neuron to itself by 1.

alias Amplitude = i32;

fn answers(overlaps: vec4<i32>, quad: u32, reference: i32) -> Answers {
    return Answers(overlaps, vec4<i32>());
}

// Of the four neurons 4g to 4g + 3.
fn own_couplings(g: u32) -> vec4<i32> {
    return vec4<i32>(i32(PATTERNS));
}

fn with_background(total: i32) -> i32 {
    return total;
}
