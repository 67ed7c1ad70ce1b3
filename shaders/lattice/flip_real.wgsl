// One invocation offers one two-state site of one colour its other value, in one chain, where energies are real numbers
// and the exponential decides. Cost: 13 rounds, 4 DIMENSIONS + 1 loads, one store.

override PURPOSE: u32 = 0;
override HEAT_BATH: bool = true;
// Metropolis makes an attempt with probability 1/2 only at and below this beta, see src/dynamics/metropolis.rs.
override LAZY_BELOW: f32 = 0.0;

@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn flip_real(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = id.y;
    if index >= tick.last || chain >= run.chains { return; }
    let site = coloured_site(index);
    let here = state[chain * SITES + site];
    let there = flipped(here);
    let change = rise(chain, site, here, there);
    let beta = betas[point_of(chain)];
    // At an infinite beta the sign decides. No exponential overflows, and a uniform number is below 1 and above e^-80.
    let energy = f32(change[0] + change[1]);
    let cost = select(clamp(beta * energy, -80.0, 80.0), 0.0, energy == 0.0);
    let lazy = select(1.0, 0.5, beta <= LAZY_BELOW);
    let chance = select(lazy * min(1.0, exp(-cost)), 1.0 / (1.0 + exp(cost)), HEAT_BATH);
    let accept = uniform_unit(draw(PURPOSE, site, chain, 0u).x) < chance;
    if accept { state[chain * SITES + site] = there; }
    accepted[chain * SITES + site] = u32(accept);
}
