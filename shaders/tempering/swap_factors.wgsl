// One invocation decides whether two chains of neighbouring temperatures swap, min(1, e^((beta - beta')(E - E'))), where the
// temperature is in a factor of each chain, which then changes hands. With f = 2 beta u and S = -2 E / u, in units u of
// the couplings, the exponent is -(f - f')(S - S') / 4.

@group(2) @binding(2) var<storage, read_write> factors: array<f32>; // by chain
@group(3) @binding(2) var<storage, read> energies: array<vec4<u32>>; // by place: S, an f32

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn swap_factors(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let pair = pair_of(index);
    if !pair.exists { return; }
    let below = occupants[pair.low];
    let above = occupants[pair.high];
    let low = factors[below];
    let high = factors[above];
    let cost = 0.25 * (low - high) * (bitcast<f32>(energies[pair.low].x) - bitcast<f32>(energies[pair.high].x));
    let uniform = uniform_unit(draw(PURPOSE_SWAP, pair.low, 0u, 0u).x);
    let success = is_finite(cost) && (cost <= 0.0 || uniform < exp(-cost));
    if success {
        factors[below] = high;
        factors[above] = low;
    }
    conclude(pair, success);
}
