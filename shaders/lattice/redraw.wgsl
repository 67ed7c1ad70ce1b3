// One invocation draws one site of one colour afresh given its neighbours, where equal neighbours attract or repel: the
// heat bath of the Potts model. What the neighbours say is a partition of 2 DIMENSIONS: how many states they show, and
// how often each. For each of the (at most 22) partitions the host has computed in f64 the probability of a state that
// n neighbours show, as a u32; what is left belongs to the states that no neighbour shows, which are equally likely.

// Rows of a point's table: a partition's row is the sum of `part_key` over its parts. See src/dynamics/potts.rs.
override ROWS: u32 = 22;
const COLUMNS: u32 = 8;

@group(2) @binding(3) var<storage, read> probabilities: array<u32>;
@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

fn part_key(count: u32) -> u32 {
    let four = select(0x070a0100u, 0x100d1205u, count > 4u);
    return (four >> (8u * ((count - 1u) & 3u))) & 0xffu;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn redraw(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = id.y;
    if index >= tick.last || chain >= run.chains { return; }
    let site = coloured_site(index);
    let base = chain * SITES;
    var shown: array<Site, 8>;
    var counts: array<u32, 8>;
    var kinds = 0u;
    for (var neighbour = 0u; neighbour < 2u * DIMENSIONS; neighbour++) {
        let direction = neighbour >> 1u;
        let at = select(ahead(site, direction), behind(site, direction), (neighbour & 1u) == 1u);
        let value = state[base + at];
        var place = kinds;
        for (var kind = 0u; kind < kinds; kind++) {
            if shown[kind] == value { place = kind; }
        }
        if place == kinds {
            shown[place] = value;
            counts[place] = 0u;
            kinds++;
        }
        counts[place]++;
    }
    var row = 0u;
    for (var kind = 0u; kind < kinds; kind++) { row += part_key(counts[kind]); }
    let table = (point_of(chain) * ROWS + row) * COLUMNS;
    let random = draw(PURPOSE_HEAT_BATH, site, chain, 0u);
    // Where every state is shown, rounding may leave a rest: it is the last one's.
    var there = shown[kinds - 1u];
    var rest = random.x;
    var found = false;
    for (var kind = 0u; kind < kinds && !found; kind++) {
        let probability = probabilities[table + counts[kind] - 1u];
        // 2^32 - 1 stands for certainty.
        found = rest < probability || probability == 0xffffffffu;
        if found { there = shown[kind]; } else { rest -= probability; }
    }
    if !found && kinds < STATES {
        // The n-th of the states that are not shown: n, and as many more as shown ones lie at or below it.
        let number = i32(high_product(random.y, STATES - kinds));
        there = number;
        for (var pass_over = 0u; pass_over < kinds; pass_over++) {
            var below = 0;
            for (var kind = 0u; kind < kinds; kind++) { below += i32(shown[kind] <= there); }
            there = number + below;
        }
    }
    let here = state[base + site];
    state[base + site] = there;
    accepted[base + site] = u32(here != there);
}
