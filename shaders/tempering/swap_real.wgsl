// One invocation decides whether two chains of neighbouring points swap, min(1, e^-D): D is what the energies under the
// other's parameters and temperature are more, summed site by site in `exchange`.

@group(3) @binding(2) var<storage, read> energies: array<vec4<f32>>; // by place: (towards the next point, towards the last)

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn swap_real(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let pair = pair_of(index);
    if !pair.exists { return; }
    let cost = energies[pair.low].x + energies[pair.high].y;
    let uniform = uniform_unit(draw(PURPOSE_SWAP, pair.low, 0u, 0u).x);
    conclude(pair, is_finite(cost) && (cost <= 0.0 || uniform < exp(-cost)));
}
