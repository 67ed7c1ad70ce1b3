// Normal deviates and the functions under them. The built-in logarithm, sine and cosine may be off by
// 2e-4 (SwiftShader), which would bias the momenta of HMC; these are good to 1e-7 everywhere. Twin: src/random.rs.

// Natural logarithm of a positive, normal number: ln m = 2 artanh((m - 1) / (m + 1)) after m is scaled to [1/sqrt 2, sqrt 2].
fn natural_log(x: f32) -> f32 {
    let bits = bitcast<u32>(x);
    var mantissa = bitcast<f32>((bits & 0x007fffffu) | 0x3f800000u);
    var exponent = f32(bits >> 23u) - 127.0;
    if mantissa > 1.41421356 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let series = 1.0 + z * (0.33333333 + z * (0.2 + z * (0.14285714 + z * 0.11111111)));
    return exponent * 0.69314718 + 2.0 * s * series;
}

// (cos, sin) of 2 pi turn / 2^32: the nearest quarter turn is taken off in integers, so nothing is lost.
fn cos_sin_of_turn(turn: u32) -> vec2<f32> {
    let quarter = (turn + 0x20000000u) >> 30u;
    let angle = f32(bitcast<i32>(turn - (quarter << 30u))) * 1.4629180792671596e-9;
    let z = angle * angle;
    let sine = angle * (1.0 + z * (-0.16666667 + z * (8.3333333e-3 + z * (-1.9841270e-4 + z * 2.7557319e-6))));
    let cosine = 1.0 + z * (-0.5 + z * (4.1666667e-2 + z * (-1.3888889e-3 + z * 2.4801587e-5)));
    let swapped = select(vec2<f32>(cosine, sine), vec2<f32>(-sine, cosine), (quarter & 1u) == 1u);
    return select(swapped, -swapped, (quarter & 2u) == 2u);
}

// (cos, sin) of 2 pi x / length for x < length. The turn is 2^32 x / length without overflow: the quotient of 2^32, and its
// rest, which is worth less than `length` in all.
fn wave_at(x: u32, length: u32) -> vec2<f32> {
    let whole = 0xffffffffu / length;
    let rest = f32(0xffffffffu - whole * length + 1u) / f32(length);
    return cos_sin_of_turn(whole * x + u32(rest * f32(x)));
}

// Two independent standard normal deviates (G. E. P. Box and M. E. Muller, 1958). The radius has 32 random bits:
// the tail reaches 6.7 standard deviations.
fn normal_pair(words: vec2<u32>) -> vec2<f32> {
    let radius = sqrt(-2.0 * natural_log((f32(words.x) + 0.5) * 2.3283064365386963e-10));
    return radius * cos_sin_of_turn(words.y);
}
