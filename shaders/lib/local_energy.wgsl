// The part of the energy that one site's change touches, as a difference: two totals are never subtracted.

fn rise(chain: u32, site: u32, here: Site, there: Site) -> array<Scalar, 2> {
    let point = parameters[point_of(chain)];
    let base = chain * SITES;
    var bonds = Scalar(0);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let back = behind(site, direction);
        let next = state[base + ahead(site, direction)];
        let last = state[base + back];
        bonds += coupling(chain, site, direction) * (bond(there, next, point) - bond(here, next, point));
        bonds += coupling(chain, back, direction) * (bond(last, there, point) - bond(last, here, point));
    }
    return array<Scalar, 2>(bonds, onsite(there, point) - onsite(here, point));
}
