// One invocation makes HITS Metropolis attempts in turn at one real-valued site of one colour, in one chain. The site's
// neighbours do not move meanwhile, so that they are loaded once and the site's energy is carried from hit to hit.
//
// Attempts a second on lavapipe, phi^4 256^2, with one hit = 1: two 1.6, four 2.9, eight 4.5. What remains is half a
// Threefry and an exponential an attempt.

override WIDTH: f32 = 1.0;
override HITS: u32 = 1;

@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

// The neighbours of a site, with the couplings of their bonds.
struct Neighbours {
    next: array<Site, 4>,
    last: array<Site, 4>,
    to_next: array<Scalar, 4>,
    to_last: array<Scalar, 4>,
}

fn energy_of(a: Site, neighbours: ptr<function, Neighbours>, point: Parameters) -> Scalar {
    var energy = onsite(a, point);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        energy += (*neighbours).to_next[direction] * bond(a, (*neighbours).next[direction], point);
        energy += (*neighbours).to_last[direction] * bond((*neighbours).last[direction], a, point);
    }
    return energy;
}

// What moves.
struct Walk {
    here: Site,
    energy: Scalar,
    accepted: u32,
}

fn attempt(walk: ptr<function, Walk>, words: vec2<u32>, neighbours: ptr<function, Neighbours>, point: Parameters, beta: f32) {
    let there = propose((*walk).here, uniform_unit(words.x), WIDTH);
    let energy = energy_of(there, neighbours, point);
    let cost = beta * (energy - (*walk).energy);
    if cost <= 0.0 || uniform_unit(words.y) < exp(-cost) {
        *walk = Walk(there, energy, (*walk).accepted + 1u);
    }
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn metropolis(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = id.y;
    if index >= tick.last || chain >= run.chains { return; }
    let site = coloured_site(index);
    let base = chain * SITES;
    let place = point_of(chain);
    let point = parameters[place];
    let beta = betas[place];
    var neighbours: Neighbours;
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let back = behind(site, direction);
        neighbours.next[direction] = state[base + ahead(site, direction)];
        neighbours.last[direction] = state[base + back];
        neighbours.to_next[direction] = coupling(chain, site, direction);
        neighbours.to_last[direction] = coupling(chain, back, direction);
    }
    let here = state[base + site];
    var walk = Walk(here, energy_of(here, &neighbours, point), 0u);
    // A block of random words serves two attempts.
    for (var block = 0u; 2u * block < HITS; block++) {
        let random = draw(PURPOSE_METROPOLIS, site, chain, block);
        attempt(&walk, random.xy, &neighbours, point, beta);
        if 2u * block + 1u < HITS { attempt(&walk, random.zw, &neighbours, point, beta); }
    }
    state[base + site] = walk.here;
    accepted[base + site] = walk.accepted | ((HITS - 1u) << 8u);
}
