// One invocation makes HITS Metropolis attempts in turn at one real-valued site of one colour, in one chain. Where the
// lattice allows, `metropolis_strips` does the same with fewer loads.

@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

fn load_neighbours(around: ptr<function, Surroundings>, chain: u32, site: u32, direction: u32) {
    let base = chain * SITES;
    let back = behind(site, direction);
    (*around).neighbours.next[direction] = state[base + ahead(site, direction)];
    (*around).neighbours.last[direction] = state[base + back];
    (*around).neighbours.to_next[direction] = coupling(chain, site, direction);
    (*around).neighbours.to_last[direction] = coupling(chain, back, direction);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn metropolis(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = id.y;
    if index >= tick.last || chain >= run.chains { return; }
    let site = coloured_site(index);
    let at = chain * SITES + site;
    let place = point_of(chain);
    var around: Surroundings;
    around.point = parameters[place];
    around.beta = betas[place];
    load_neighbours(&around, chain, site, 0u);
    if DIMENSIONS > 1u { load_neighbours(&around, chain, site, 1u); }
    if DIMENSIONS > 2u { load_neighbours(&around, chain, site, 2u); }
    if DIMENSIONS > 3u { load_neighbours(&around, chain, site, 3u); }
    var walk = walk_from(state[at], &around);
    for (var block = 0u; 2u * block < HITS; block++) {
        let random = attempt_words(site, chain, block);
        attempt(&walk, random.xy, &around);
        if 2u * block + 1u < HITS { attempt(&walk, random.zw, &around); }
    }
    state[at] = walk.here;
    accepted[at] = accepted_word(walk);
}
