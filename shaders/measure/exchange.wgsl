// What one site's share of beta E is more at the next point of the ladder, and at the one before: (next, before, 0, 0).
// Summed site by site: two totals would lose the digits that decide.

override LENGTH: u32 = 2;

fn share(chain: u32, site: u32, at: u32) -> f32 {
    let point = parameters[at];
    let here = state[chain * SITES + site];
    var energy = onsite(here, point);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let next = state[chain * SITES + ahead(site, direction)];
        energy += coupling(chain, site, direction) * bond(here, next, point);
    }
    return betas[at] * f32(energy);
}

fn density(chain: u32, site: u32) -> vec4<Measure> {
    let here = point_of(chain);
    let step = here % LENGTH;
    let next = select(here, here + 1u, step + 1u < LENGTH);
    let before = select(here, here - 1u, step > 0u);
    let own = share(chain, site, here);
    return vec4<Measure>(share(chain, site, next) - own, share(chain, site, before) - own, 0.0, 0.0);
}
