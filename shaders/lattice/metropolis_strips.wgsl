// One invocation goes down a strip of STRIP rows, a quad of sites wide, and makes HITS Metropolis attempts at each of the
// quad's two sites of one colour: what `metropolis` does, site by site, with few loads. The rows behind, here and ahead
// stay in registers; in two dimensions two sites cost a quad, a single site beside it and two stores.
//
// An attempt is one long chain of dependent operations (proposal, energy, exponential, choice), about thirty, which leaves
// most of a processor idle. Two sites at once, each step by step in turn, fill it better.

override STRIP: u32 = 1; // divides the side
override LANES: u32 = 1; // invocations a chain
override RECORD: bool = false; // whether `accepted` is wanted

@group(1) @binding(0) var<storage, read_write> state: array<vec4<Site>>;
@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

// The two sites of a quad that are of the colour: 0 and 2, or 1 and 3.
fn pair_of(quad: vec4<Site>, odd: bool) -> vec2<Site> { return select(quad.xz, quad.yw, odd); }

struct Pair {
    first: Surroundings,
    second: Surroundings,
}

fn place_neighbours(pair: ptr<function, Pair>, next: vec2<Site>, last: vec2<Site>, direction: u32) {
    (*pair).first.neighbours.next[direction] = next.x;
    (*pair).first.neighbours.last[direction] = last.x;
    (*pair).second.neighbours.next[direction] = next.y;
    (*pair).second.neighbours.last[direction] = last.y;
}

fn pair_at(point: Parameters, beta: f32) -> Pair {
    var around: Surroundings;
    around.point = point;
    around.beta = beta;
    for (var direction = 0u; direction < 4u; direction++) {
        around.neighbours.to_next[direction] = Scalar(1);
        around.neighbours.to_last[direction] = Scalar(1);
    }
    return Pair(around, around);
}

fn attempts(walks: ptr<function, array<Walk, 2>>, pair: ptr<function, Pair>, sites: vec2<u32>, chain: u32, block: u32) {
    var first = (*walks)[0];
    var second = (*walks)[1];
    var around_first = (*pair).first;
    var around_second = (*pair).second;
    let words_first = attempt_words(sites.x, chain, block);
    let words_second = attempt_words(sites.y, chain, block);
    attempt(&first, words_first.xy, &around_first);
    attempt(&second, words_second.xy, &around_second);
    if 2u * block + 1u < HITS {
        attempt(&first, words_first.zw, &around_first);
        attempt(&second, words_second.zw, &around_second);
    }
    *walks = array<Walk, 2>(first, second);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn metropolis_strips(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x; // strips and chains along one axis: small lattices still fill the lanes
    if index >= tick.last { return; }
    let lane = index % LANES;
    let chain = index / LANES;
    let place = point_of(chain);
    let axis = DIMENSIONS - 2u;
    let column = lane % QUADS;
    let first_row = STRIP * (lane / QUADS); // counted through all planes
    let base = quads_before(chain);
    let last_row = side(axis) - 1u;
    let y = first_row % side(axis);
    var pair = pair_at(parameters[place], betas[place]);

    // From a row's first quad to that of its neighbour in another plane, the same for the whole strip.
    let first = first_row * QUADS;
    var plane_ahead: array<u32, 2>;
    var plane_behind: array<u32, 2>;
    var parity = tick.part + y;
    if DIMENSIONS > 2u {
        plane_ahead[0] = quad_ahead(first, 0u) - first;
        plane_behind[0] = quad_behind(first, 0u) - first;
        parity += coordinate(4u * first, 0u);
    }
    if DIMENSIONS > 3u {
        plane_ahead[1] = quad_ahead(first, 1u) - first;
        plane_behind[1] = quad_behind(first, 1u) - first;
        parity += coordinate(4u * first, 1u);
    }

    var at = base + first + column;
    var behind_quad = state[at + select(0u, side(axis) * QUADS, y == 0u) - QUADS];
    var here = state[at];
    for (var n = 0u; n < STRIP; n++) {
        let odd = ((parity + n) & 1u) == 1u;
        let ahead_quad = state[at + QUADS - select(0u, side(axis) * QUADS, y + n == last_row)];
        // The site beside the quad that is a neighbour: the one ahead of its last site, or behind its first.
        let beside = select(column_before(column), column_after(column + 1u), odd);
        let side_site = state[at - column + beside][select(3u, 0u, odd)];
        if DIMENSIONS > 2u {
            place_neighbours(&pair, pair_of(state[at + plane_ahead[0]], odd), pair_of(state[at + plane_behind[0]], odd), 0u);
        }
        if DIMENSIONS > 3u {
            place_neighbours(&pair, pair_of(state[at + plane_ahead[1]], odd), pair_of(state[at + plane_behind[1]], odd), 1u);
        }
        place_neighbours(&pair, pair_of(ahead_quad, odd), pair_of(behind_quad, odd), axis);
        let next = select(here.yw, vec2<Site>(here.z, side_site), odd);
        let last = select(vec2<Site>(side_site, here.y), here.xz, odd);
        place_neighbours(&pair, next, last, axis + 1u);

        let starts = pair_of(here, odd);
        var around_first = pair.first;
        var around_second = pair.second;
        var walks = array<Walk, 2>(walk_from(starts.x, &around_first), walk_from(starts.y, &around_second));
        let sites = 4u * (at - base) + select(vec2<u32>(0u, 2u), vec2<u32>(1u, 3u), odd);
        attempts(&walks, &pair, sites, chain, 0u);
        if HITS > 2u { attempts(&walks, &pair, sites, chain, 1u); }
        if HITS > 4u { attempts(&walks, &pair, sites, chain, 2u); }
        if HITS > 6u { attempts(&walks, &pair, sites, chain, 3u); }
        for (var block = 4u; 2u * block < HITS; block++) { attempts(&walks, &pair, sites, chain, block); }
        state[at][select(0u, 1u, odd)] = walks[0].here;
        state[at][select(2u, 3u, odd)] = walks[1].here;
        if RECORD {
            accepted[4u * base + sites.x] = accepted_word(walks[0]);
            accepted[4u * base + sites.y] = accepted_word(walks[1]);
        }
        behind_quad = here;
        here = ahead_quad;
        at += QUADS;
    }
}
