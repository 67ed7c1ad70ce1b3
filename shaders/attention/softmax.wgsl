// One workgroup turns the scores of all patterns with four queries into weights: exp(b score) over its sum, with the
// largest score subtracted first, so that nothing overflows. Lanes share the patterns.

override INVERSE_TEMPERATURE: f32 = 1.0;
override PATTERNS: u32 = 1;
override COLUMN_QUADS: u32 = 1;

// [pattern][query / 4]
@group(1) @binding(2) var<storage, read_write> weights: array<vec4<f32>>;

var<workgroup> partial: array<vec4<f32>, WORKGROUP_X>;

@compute @workgroup_size(WORKGROUP_X, 1)
fn softmax(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let column = tick.first / WORKGROUP_X + workgroup.x;
    // Lanes beyond the patterns repeat the last one's score, which does not change a maximum.
    var most = weights[min(lane, PATTERNS - 1u) * COLUMN_QUADS + column];
    for (var p = lane; p < PATTERNS; p += WORKGROUP_X) {
        most = max(most, weights[p * COLUMN_QUADS + column]);
    }
    partial[lane] = most;
    workgroupBarrier();
    for (var other = 0u; other < WORKGROUP_X; other++) { most = max(most, partial[other]); }
    workgroupBarrier();
    var sum = vec4<f32>();
    for (var p = lane; p < PATTERNS; p += WORKGROUP_X) {
        let weight = exp(INVERSE_TEMPERATURE * (weights[p * COLUMN_QUADS + column] - most));
        weights[p * COLUMN_QUADS + column] = weight;
        sum += weight;
    }
    partial[lane] = sum;
    workgroupBarrier();
    var total = vec4<f32>();
    for (var other = 0u; other < WORKGROUP_X; other++) { total += partial[other]; }
    for (var p = lane; p < PATTERNS; p += WORKGROUP_X) {
        weights[p * COLUMN_QUADS + column] /= total;
    }
}
