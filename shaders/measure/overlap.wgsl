// (overlap, link overlap, 0, 0) of a pair of replicas, at the places 2 k and 2 k + 1.

fn density(pair: u32, site: u32) -> vec4<Measure> {
    let first = occupant_of(2u * pair) * SITES;
    let second = occupant_of(2u * pair + 1u) * SITES;
    let here = order(state[first + site]).x * order(state[second + site]).x;
    var links = Order(0);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let next = ahead(site, direction);
        links += here * order(state[first + next]).x * order(state[second + next]).x;
    }
    return vec4<Measure>(here, links, Order(0), Order(0));
}
