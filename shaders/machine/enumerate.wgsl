// Sums the weights of 64 states of the enumerated layer, as bits of 0 or 1, over all states of the other layer:
// ln w(s) = c.s + sum_m log_partition(b_m + (W s)_m). One invocation's states differ in their six lowest bits only, so a
// unit m takes seven loads and 64 evaluations. It leaves the largest ln w and the sum of e^(ln w - largest); the host adds
// those up in double precision. At most 26 bits.
//   couplings [m][7]: W of bits 0-3 | W of bits 4, 5, then b, 0 | W of bits 6-9 | ... | W of bits 22-25
//   linear [7]: c in the same places; -1e30 for bits that there are not

override ROWS: u32 = 1; // units m

@group(2) @binding(0) var<storage, read> couplings: array<vec4<f32>>;
@group(2) @binding(1) var<storage, read> linear: array<vec4<f32>>;
@group(3) @binding(0) var<storage, read_write> sums: array<vec2<f32>>;

fn pairs(a: f32, b: f32) -> vec4<f32> { return vec4<f32>(0.0, a, b, a + b); }

fn bits_of(word: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(word) >> vec4<u32>(0u, 1u, 2u, 3u)) & vec4<u32>(1u));
}

fn add_sixteen(sums: mat4x4<f32>, x: f32, low: vec4<f32>, middle: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(
        sums[0] + log_partition(x + middle.x + low),
        sums[1] + log_partition(x + middle.y + low),
        sums[2] + log_partition(x + middle.z + low),
        sums[3] + log_partition(x + middle.w + low),
    );
}

fn with_linear(sums: mat4x4<f32>, x: f32, low: vec4<f32>, middle: vec4<f32>) -> mat4x4<f32> {
    return sums + mat4x4<f32>(x + middle.x + low, x + middle.y + low, x + middle.z + low, x + middle.w + low);
}

fn largest(sums: mat4x4<f32>) -> f32 {
    let four = max(max(sums[0], sums[1]), max(sums[2], sums[3]));
    return max(max(four.x, four.y), max(four.z, four.w));
}

fn exponentials(sums: mat4x4<f32>, most: f32) -> f32 {
    return dot(exp(sums[0] - most) + exp(sums[1] - most) + exp(sums[2] - most) + exp(sums[3] - most), vec4<f32>(1.0));
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn enumerate(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let high = array<vec4<f32>, 5>(
        bits_of(index), bits_of(index >> 4u), bits_of(index >> 8u), bits_of(index >> 12u), bits_of(index >> 16u));
    var a = mat4x4<f32>();
    var b = mat4x4<f32>();
    var c = mat4x4<f32>();
    var d = mat4x4<f32>();
    for (var m = 0u; m < ROWS; m++) {
        let at = 7u * m;
        let first = couplings[at];
        let second = couplings[at + 1u];
        let upper = dot(high[0], couplings[at + 2u]) + dot(high[1], couplings[at + 3u]) + dot(high[2], couplings[at + 4u])
            + dot(high[3], couplings[at + 5u]) + dot(high[4], couplings[at + 6u]);
        let x = second.z + upper;
        let low = pairs(first.x, first.y);
        let middle = pairs(first.z, first.w);
        a = add_sixteen(a, x, low, middle);
        b = add_sixteen(b, x + second.x, low, middle);
        c = add_sixteen(c, x + second.y, low, middle);
        d = add_sixteen(d, x + second.x + second.y, low, middle);
    }
    let first = linear[0];
    let second = linear[1];
    let x = dot(high[0], linear[2]) + dot(high[1], linear[3]) + dot(high[2], linear[4]) + dot(high[3], linear[5])
        + dot(high[4], linear[6]);
    let low = pairs(first.x, first.y);
    let middle = pairs(first.z, first.w);
    a = with_linear(a, x, low, middle);
    b = with_linear(b, x + second.x, low, middle);
    c = with_linear(c, x + second.y, low, middle);
    d = with_linear(d, x + second.x + second.y, low, middle);
    let most = max(max(largest(a), largest(b)), max(largest(c), largest(d)));
    sums[index] = vec2<f32>(most, exponentials(a, most) + exponentials(b, most) + exponentials(c, most) + exponentials(d, most));
}
