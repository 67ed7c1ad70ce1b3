// Metropolis attempts at one real-valued site, whose neighbours do not move meanwhile: they are loaded once, and the
// site's energy is carried from attempt to attempt. Who joins this joins random.wgsl and the model.

override WIDTH: f32 = 1.0;
override HITS: u32 = 1; // attempts a visit

// The neighbours of a site, with the couplings of their bonds.
struct Neighbours {
    next: array<Site, 4>,
    last: array<Site, 4>,
    to_next: array<Scalar, 4>,
    to_last: array<Scalar, 4>,
}

// What stays: the neighbours, and the point of the run.
struct Surroundings {
    neighbours: Neighbours,
    point: Parameters,
    beta: f32,
}

// What moves.
struct Walk {
    here: Site,
    energy: Scalar,
    accepted: u32,
}

fn bonds_of(a: Site, around: ptr<function, Surroundings>, direction: u32) -> Scalar {
    let next = (*around).neighbours.to_next[direction] * bond(a, (*around).neighbours.next[direction], (*around).point);
    return next + (*around).neighbours.to_last[direction] * bond((*around).neighbours.last[direction], a, (*around).point);
}

// Directions one by one: in a loop this is half as fast.
fn energy_of(a: Site, around: ptr<function, Surroundings>) -> Scalar {
    var energy = onsite(a, (*around).point) + bonds_of(a, around, 0u);
    if DIMENSIONS > 1u { energy += bonds_of(a, around, 1u); }
    if DIMENSIONS > 2u { energy += bonds_of(a, around, 2u); }
    if DIMENSIONS > 3u { energy += bonds_of(a, around, 3u); }
    return energy;
}

fn walk_from(here: Site, around: ptr<function, Surroundings>) -> Walk { return Walk(here, energy_of(here, around), 0u); }

// A cost that is not a number is refused.
fn attempt(walk: ptr<function, Walk>, words: vec2<u32>, around: ptr<function, Surroundings>) {
    let there = propose((*walk).here, uniform_unit(words.x), WIDTH);
    let energy = energy_of(there, around);
    let cost = (*around).beta * (energy - (*walk).energy);
    let accept = (cost <= 0.0) | (uniform_unit(words.y) < exp(-cost));
    (*walk).here = select((*walk).here, there, accept);
    (*walk).energy = select((*walk).energy, energy, accept);
    (*walk).accepted += u32(accept);
}

// The random words of two attempts at a site.
fn attempt_words(site: u32, chain: u32, block: u32) -> vec4<u32> { return draw(PURPOSE_METROPOLIS, site, chain, block); }

// What is noted of a visit: the accepted attempts and, above them, the attempts less one.
fn accepted_word(walk: Walk) -> u32 { return walk.accepted | ((HITS - 1u) << 8u); }
