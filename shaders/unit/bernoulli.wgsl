// Units that are 0 or 1: weight e^(x u), P(1) = 1 / (1 + e^-x).

fn log_partition(x: vec4<f32>) -> vec4<f32> { return softplus(x); }
fn expectation(x: vec4<f32>) -> vec4<f32> { return logistic(x); }

fn sampled(x: vec4<f32>, words: vec4<u32>) -> vec4<f32> {
    return select(vec4<f32>(), vec4<f32>(1.0), uniforms(words) < logistic(x));
}
