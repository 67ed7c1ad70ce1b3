// One invocation makes one Metropolis attempt at one real-valued site of one colour, in one chain.

override WIDTH: f32 = 1.0;

@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn metropolis(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = id.y;
    if index >= tick.last || chain >= run.chains { return; }
    let site = colour_sites[index];
    let random = draw(PURPOSE_METROPOLIS, site, chain, 0u);
    let here = state[chain * SITES + site];
    let there = propose(here, uniform_unit(random.x), WIDTH);
    let change = rise(chain, site, here, there);
    let cost = betas[point_of(chain)] * (change[0] + change[1]);
    let accept = cost <= 0.0 || uniform_unit(random.y) < exp(-cost);
    if accept { state[chain * SITES + site] = there; }
    accepted[chain * SITES + site] = u32(accept);
}
