// One invocation draws the momenta of four sites from the normal distribution: the heat bath of hybrid Monte Carlo.

@group(1) @binding(2) var<storage, read_write> momentum: array<f32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn refresh(@builtin(global_invocation_id) id: vec3<u32>) {
    let group = tick.first + id.x;
    let chain = id.y;
    if group >= tick.last || chain >= run.chains { return; }
    let drawn = drawn_momenta(chain, group);
    let at = chain * SITES + 4u * group;
    let rest = SITES - 4u * group; // the last group may be short
    momentum[at] = drawn.x;
    if SITES % 4u == 0u || rest > 1u { momentum[at + 1u] = drawn.y; }
    if SITES % 4u == 0u || rest > 2u { momentum[at + 2u] = drawn.z; }
    if SITES % 4u == 0u || rest > 3u { momentum[at + 3u] = drawn.w; }
}
