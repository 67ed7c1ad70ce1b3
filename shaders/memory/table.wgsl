// A dense memory, E = -sum F(xi . s): what a pattern answers to its overlap x stands in a table, made in double
// precision, so that no power or exponential is left to the device. Overlaps step by 2 down from the reference: N, or
// the largest overlap of the chain where F is an exponential and only differences count.
// All neurons at once take F'(x). One after another compare F before and after: with A = F(x + 2) - F(x - 2) and
// C = F(x + 2) - 2 F(x) + F(x - 2) neuron i flips where s_i sum (xi_i A) < sum C.

@group(2) @binding(5) var<storage, read> responses: array<vec2<Amplitude>>; // (A, C)

fn response(overlap: i32, reference: i32) -> vec2<Amplitude> {
    return responses[u32(max(reference - overlap, 0)) >> 1u];
}

fn answers(overlaps: vec4<i32>, quad: u32, reference: i32) -> Answers {
    let x = response(overlaps.x, reference);
    let y = response(overlaps.y, reference);
    let z = response(overlaps.z, reference);
    let w = response(overlaps.w, reference);
    let exist = stored(quad);
    let none = vec4<Amplitude>();
    return Answers(
        select(none, vec4<Amplitude>(x.x, y.x, z.x, w.x), exist),
        select(none, vec4<Amplitude>(x.y, y.y, z.y, w.y), exist),
    );
}

fn own_couplings(g: u32) -> vec4<Amplitude> {
    return vec4<Amplitude>();
}

fn with_background(total: Amplitude) -> Amplitude {
    return total;
}
