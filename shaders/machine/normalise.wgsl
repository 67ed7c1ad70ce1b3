// One workgroup turns the logarithms of the weights of all states into their shares in the gradient, -w / (sum of all w), for
// a full batch and for the last one. The largest logarithm is subtracted first, so that nothing overflows.

override STATES: u32 = 1;
override SHARES_AT: u32 = 0; // of the first state, and how far on the second set lies
override SET: u32 = 0;

@group(1) @binding(5) var<storage, read_write> shares: array<f32>;
@group(3) @binding(0) var<storage, read> totals: array<f32>;

var<workgroup> partial: array<f32, WORKGROUP_X>;

@compute @workgroup_size(WORKGROUP_X, 1)
fn normalise(@builtin(local_invocation_index) lane: u32) {
    // Lanes beyond the states repeat the last one, which does not change a maximum.
    var most = totals[min(lane, STATES - 1u)];
    for (var state = lane; state < STATES; state += WORKGROUP_X) { most = max(most, totals[state]); }
    partial[lane] = most;
    workgroupBarrier();
    for (var other = 0u; other < WORKGROUP_X; other++) { most = max(most, partial[other]); }
    workgroupBarrier();
    var sum = 0.0;
    for (var state = lane; state < STATES; state += WORKGROUP_X) { sum += exp(totals[state] - most); }
    partial[lane] = sum;
    workgroupBarrier();
    sum = 0.0;
    for (var other = 0u; other < WORKGROUP_X; other++) { sum += partial[other]; }
    for (var state = lane; state < STATES; state += WORKGROUP_X) {
        let share = -exp(totals[state] - most) / sum;
        shares[SHARES_AT + state] = share;
        shares[SHARES_AT + SET + state] = share;
    }
}
