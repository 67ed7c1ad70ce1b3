// Units that are -1 or 1: weight e^(x u), P(1) = 1 / (1 + e^-2x).

fn log_partition(x: vec4<f32>) -> vec4<f32> { return abs(x) + log_one_plus(exp(-2.0 * abs(x))); }
fn expectation(x: vec4<f32>) -> vec4<f32> { return 2.0 * logistic(2.0 * x) - 1.0; }

fn sampled(x: vec4<f32>, words: vec4<u32>) -> vec4<f32> {
    return select(vec4<f32>(-1.0), vec4<f32>(1.0), uniforms(words) < logistic(2.0 * x));
}
