// Real units: weight e^(x u - u^2 / 2), a normal deviate of mean x and variance 1.

fn log_partition(x: vec4<f32>) -> vec4<f32> { return 0.5 * x * x + HALF_LOG_TWO_PI; }
fn expectation(x: vec4<f32>) -> vec4<f32> { return x; }

fn sampled(x: vec4<f32>, words: vec4<u32>) -> vec4<f32> {
    return x + vec4<f32>(normal_pair(words.xy), normal_pair(words.zw));
}
