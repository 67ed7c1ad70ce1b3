// One site's share of H(end) - H(start) of a trajectory. Summed site by site: the difference of two totals would
// lose the digits that decide. The first momentum is drawn again instead of stored.

@group(1) @binding(2) var<storage, read> momentum: array<f32>;
@group(1) @binding(3) var<storage, read> position_before: array<Site>;

fn density(chain: u32, site: u32) -> vec4<Measure> {
    let point = parameters[point_of(chain)];
    let base = chain * SITES;
    let start = state[base + site];
    let end = position_before[base + site];
    var difference = onsite(end, point) - onsite(start, point);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let next = base + ahead(site, direction);
        let change = bond(end, position_before[next], point) - bond(start, state[next], point);
        difference += coupling(chain, site, direction) * change;
    }
    let first = drawn_momentum(chain, site);
    let last = momentum[base + site];
    let kinetic = 0.5 * (last - first) * (last + first);
    return vec4<Measure>(betas[point_of(chain)] * difference + kinetic, 0.0, 0.0, 0.0);
}
