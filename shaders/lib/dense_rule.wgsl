// Whether a spin flips, given its local field: four chains at a time.

override PURPOSE: u32 = 0;
override HEAT_BATH: bool = true; // else Metropolis
override GREEDY: bool = false; // zero temperature: a spin follows its field, and stays where there is none
// Metropolis makes an attempt with probability 1/2 only at and below this factor, see src/dynamics/dense.rs.
override LAZY_BELOW: f32 = 0.0;

@group(2) @binding(2) var<storage, read> factors: array<vec4<f32>>; // by chain: 2 beta, in inverse units of the fields

fn turns(field: vec4<i32>, bits: vec4<u32>, factor: vec4<f32>, words: vec4<u32>) -> vec4<bool> {
    let held = select(-field, field, bits == vec4<u32>(1u));
    if GREEDY { return held < vec4<i32>(); }
    // At an infinite beta the sign decides. No exponential overflows, and a uniform number is below 1 and above e^-80.
    let finite = clamp(factor * vec4<f32>(held), vec4<f32>(-80.0), vec4<f32>(80.0));
    let cost = select(finite, vec4<f32>(), held == vec4<i32>());
    let lazy = select(vec4<f32>(1.0), vec4<f32>(0.5), factor <= vec4<f32>(LAZY_BELOW));
    let metropolis = lazy * min(vec4<f32>(1.0), exp(-cost));
    let chance = select(metropolis, 1.0 / (1.0 + exp(cost)), HEAT_BATH);
    let uniform =
        vec4<f32>(uniform_unit(words.x), uniform_unit(words.y), uniform_unit(words.z), uniform_unit(words.w));
    return uniform < chance;
}
