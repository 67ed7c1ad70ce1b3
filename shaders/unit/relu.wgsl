// Units that are not negative: weight e^(x u - u^2 / 2) for u >= 0, a normal deviate of mean x cut at 0. Everything follows
// from the tail Q of the normal law and from Mills' ratio R(t) = Q(t) / phi(t), which neither overflows nor vanishes.

// ln R(t) for t >= 0, good to 1e-6: erfc as W. H. Press et al., Numerical Recipes (2nd edition), section 6.2, give it.
fn log_mills(t: vec4<f32>) -> vec4<f32> {
    let k = 1.0 / (1.0 + 0.35355339 * t);
    let high = -0.18628806 + k * (0.27886807 + k * (-1.13520398 + k * (1.48851587 + k * (-0.82215223 + k * 0.17087277))));
    let series = -1.26551223 + k * (1.00002368 + k * (0.37409196 + k * (0.09678418 + k * high)));
    return 0.22579135 + series + vec4<f32>(natural_log(k.x), natural_log(k.y), natural_log(k.z), natural_log(k.w));
}

// Q(|t|), at most 1/2.
fn tail(t: vec4<f32>) -> vec4<f32> {
    return exp(log_mills(abs(t)) - 0.5 * t * t - HALF_LOG_TWO_PI);
}

fn log_partition(x: vec4<f32>) -> vec4<f32> {
    let beyond = tail(x);
    let positive = 0.5 * x * x + HALF_LOG_TWO_PI - log_one_plus(beyond / (1.0 - beyond));
    return select(positive, log_mills(abs(x)), x <= vec4<f32>());
}

fn expectation(x: vec4<f32>) -> vec4<f32> {
    let positive = x + exp(-0.5 * x * x - HALF_LOG_TWO_PI) / (1.0 - tail(x));
    let negative = max(x + exp(-log_mills(abs(x))), vec4<f32>());
    // Far out x and 1/R cancel; there 1/R - t = 1/t - 2/t^3 + 10/t^5 - 74/t^7.
    let r = 1.0 / max(-x, vec4<f32>(1.0));
    let far = r * (1.0 - r * r * (2.0 - r * r * (10.0 - 74.0 * r * r)));
    return select(select(positive, negative, x <= vec4<f32>()), far, x < vec4<f32>(-10.0));
}

// The distribution's inverse, by Newton's method on ln Q, whose slope is -1 / R.
fn sampled(x: vec4<f32>, words: vec4<u32>) -> vec4<f32> {
    let u = uniforms(words);
    let log_u = vec4<f32>(natural_log(u.x), natural_log(u.y), natural_log(u.z), natural_log(u.w));
    // A cut far out, c = -x > 2: the deviate is c + s with Q(c + s) = u Q(c).
    let c = max(-x, vec4<f32>(2.0));
    let at_cut = log_u + log_mills(c);
    var s = -2.0 * log_u / (c + sqrt(c * c - 2.0 * log_u));
    for (var step = 0u; step < 2u; step++) {
        let mills = log_mills(c + s);
        s = max(s - (at_cut + s * (c + 0.5 * s) - mills) * exp(mills), vec4<f32>());
    }
    // Else from the side of the median where the probability p is the smaller.
    let cut = min(-x, vec4<f32>(2.0));
    let beyond = tail(cut);
    let above = select(1.0 - beyond, beyond, cut > vec4<f32>());
    let q = u * above;
    let p = select(q, (1.0 - u) + u * (1.0 - above), q > vec4<f32>(0.5));
    let log_p = vec4<f32>(natural_log(p.x), natural_log(p.y), natural_log(p.z), natural_log(p.w));
    // M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 26.2.23: good to 4.5e-4.
    let w = sqrt(-2.0 * log_p);
    let ratio = (2.515517 + w * (0.802853 + w * 0.010328)) / (1.0 + w * (1.432788 + w * (0.189269 + w * 0.001308)));
    var t = max(w - ratio, vec4<f32>());
    let mills = log_mills(t);
    t += (mills - 0.5 * t * t - HALF_LOG_TWO_PI - log_p) * exp(mills);
    let near = max(select(t, -t, q > vec4<f32>(0.5)) - cut, vec4<f32>());
    return select(near, s, -x > vec4<f32>(2.0));
}
