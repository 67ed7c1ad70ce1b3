// (phi^2, phi^4, sum over directions of phi phi', phi dS/dphi) of a real field.

fn density(chain: u32, site: u32) -> vec4<Measure> {
    let point = parameters[point_of(chain)];
    let base = chain * SITES;
    let here = state[base + site];
    var link = 0.0;
    var slope = onsite_slope(here, point);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let next = state[base + ahead(site, direction)];
        link += here * next;
        let back = behind(site, direction);
        slope += coupling(chain, site, direction) * bond_slope(here, next, point);
        slope += coupling(chain, back, direction) * bond_slope(here, state[base + back], point);
    }
    let square = here * here;
    return vec4<Measure>(square, square * square, link, betas[point_of(chain)] * here * slope);
}
