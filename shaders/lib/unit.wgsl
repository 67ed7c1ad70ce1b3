// What units of several types need, four at a time.

const HALF_LOG_TWO_PI: f32 = 0.918938533;

// ln(1 + y) for 0 <= y <= 1, good to 2e-7: 2 artanh(y / (2 + y)). The built-in logarithm may be off by 2e-4.
fn log_one_plus(y: vec4<f32>) -> vec4<f32> {
    let s = y / (2.0 + y);
    let z = s * s;
    return 2.0 * s * (1.0 + z * (0.33333333 + z * (0.2 + z * (0.14285714 + z * (0.11111111 + z * 0.09090909)))));
}

fn softplus(x: vec4<f32>) -> vec4<f32> {
    return max(x, vec4<f32>()) + log_one_plus(exp(-abs(x)));
}

// 1 / (1 + e^-x); beyond 40 it is 0 or 1 in single precision.
fn logistic(x: vec4<f32>) -> vec4<f32> {
    return 1.0 / (1.0 + exp(-clamp(x, vec4<f32>(-40.0), vec4<f32>(40.0))));
}

fn uniforms(words: vec4<u32>) -> vec4<f32> {
    return vec4<f32>((words >> vec4<u32>(8u)) | vec4<u32>(1u)) * 5.9604644775390625e-8;
}
