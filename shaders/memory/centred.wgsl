// Hebb's couplings of patterns of mean b with the mean taken off, J = (1/N) sum (xi - b)(xi' - b). A last pattern of ones has
// the magnetisation M of the state for its overlap, which is the reference, and no amplitude. The others answer with
// y = xi . s - b M; a field is sum xi y - b sum y.

alias Amplitude = f32;

override MEAN: f32 = 0.0;

// sum (xi - b)^2 over the patterns at a neuron.
@group(2) @binding(6) var<storage, read> diagonal: array<vec4<f32>>;

fn answers(overlaps: vec4<i32>, quad: u32, reference: i32) -> Answers {
    let exist = (vec4<u32>(4u * quad + 1u) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(PATTERNS);
    let centred = vec4<f32>(overlaps) - vec4<f32>(MEAN * f32(reference));
    return Answers(select(vec4<f32>(), centred, exist), vec4<f32>());
}

fn own_couplings(g: u32) -> vec4<f32> {
    return diagonal[g];
}

fn with_background(total: f32) -> f32 {
    return (1.0 + MEAN) * total;
}
