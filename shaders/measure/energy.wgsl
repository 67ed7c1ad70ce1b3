// (bonds ahead, onsite, 0, 0): each bond is counted at one of its ends.

fn density(chain: u32, site: u32) -> vec4<Measure> {
    let point = parameters[point_of(chain)];
    let here = state[chain * SITES + site];
    var bonds = Scalar(0);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let next = state[chain * SITES + ahead(site, direction)];
        bonds += coupling(chain, site, direction) * bond(here, next, point);
    }
    return vec4<Measure>(bonds, onsite(here, point), Scalar(0), Scalar(0));
}
