// (order parameter, second component, 0, 0).

fn density(chain: u32, site: u32) -> vec4<Measure> {
    return vec4<Measure>(order(state[chain * SITES + site]), Order(0), Order(0));
}
