// One invocation finds the hidden amplitudes of four patterns in one chain, given the overlaps x.
// With Gaussian hidden units (g^2 = beta / N) z | s ~ N(g x, 1) and P(s_i = 1 | z) = sigmoid(2 g sum z xi_i): alternating
// the two samples the Hopfield measure exactly (the Hubbard-Stratonovich identity). Without the noise the next layer
// sees the mean, which is Little's synchronous dynamics instead. What is stored is g z, so the next layer only adds.

override NOISE: bool = true;

@group(1) @binding(1) var<storage, read> overlaps: array<vec4<i32>>;
@group(1) @binding(6) var<storage, read_write> amplitudes: array<vec4<f32>>;
@group(2) @binding(3) var<storage, read> betas: array<f32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn hidden(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let stride = chain_stride();
    let chain = index % stride;
    if index >= tick.last || chain >= run.chains { return; }
    let quad = index / stride;
    let gain = sqrt(betas[chain / run.replicas] / f32(NEURONS));
    var amplitude = gain * vec4<f32>(overlaps[index]);
    if NOISE {
        let words = draw(PURPOSE_HIDDEN, quad, chain, 0u);
        amplitude += vec4<f32>(normal_pair(words.xy), normal_pair(words.zw));
    }
    amplitudes[index] = select(vec4<f32>(), gain * amplitude, stored(quad));
}
