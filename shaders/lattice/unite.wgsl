// One invocation draws the bonds ahead of one site, and the one to the ghost, and unites what they tie together.
// A bond whose energy would rise by dE if one of its sites flipped is active with probability 1 - exp(-beta dE), a u32
// threshold of the host. What is united does not depend on the order of execution, so that the roots, the lowest
// numbers of their clusters, are the same on every adapter.

// |bond change| <= BOND_SPAN and |onsite change| <= ONSITE_SPAN: two rows of thresholds a point.
override BOND_SPAN: u32 = 1;
override ONSITE_SPAN: u32 = 1;

@group(2) @binding(3) var<storage, read> thresholds: array<u32>;

fn is_active(random: u32, threshold: u32) -> bool {
    // 2^32 - 1 stands for certainty; the host rounds no smaller probability up to it.
    return random < threshold || threshold == 0xffffffffu;
}

// Unites two trees: the higher of two numbers that belong together gets the lower one as its label, and what it had
// before is what is left to be united with it. The higher one sinks with every turn, so this ends; it forgets nothing,
// whatever other invocations do in between, because only the atomic minimum replaces a label. The plain load, which may
// be out of date, only spares a minimum that would change nothing: an old label belongs to the same cluster as well.
fn unite_pair(base: u32, first: u32, second: u32) {
    var high = first;
    var low = second;
    for (var hop = 0u; hop < MOST_HOPS; hop++) {
        if high == low { return; }
        if high < low {
            let swapped = high;
            high = low;
            low = swapped;
        }
        let at = base + site_of(high);
        var next = atomicLoad(&labels[at]);
        if next > low {
            next = atomicMin(&labels[at], low);
            if next == high { return; } // it was a root
        }
        high = next;
    }
    atomicStore(&unsettled, 1u);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn unite(@builtin(global_invocation_id) id: vec3<u32>) {
    let site = tick.first + id.x;
    let chain = id.y;
    if site >= tick.last || chain >= run.chains { return; }
    let base = chain * SITES;
    let point = parameters[point_of(chain)];
    let bond_row = point_of(chain) * (2u * BOND_SPAN + 2u * ONSITE_SPAN + 2u);
    let onsite_row = bond_row + 2u * BOND_SPAN + 1u;
    let here = state[base + site];
    let there = flipped(here);
    let random = draw(PURPOSE_BOND, site, chain, 0u);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let neighbour = ahead(site, direction);
        let next = state[base + neighbour];
        let rise = bond(there, next, point) - bond(here, next, point);
        if is_active(random[direction], thresholds[bond_row + u32(rise + i32(BOND_SPAN))]) {
            unite_pair(base, number_of(site), number_of(neighbour));
        }
    }
    let tie = thresholds[onsite_row + u32(onsite(there, point) - onsite(here, point) + i32(ONSITE_SPAN))];
    if tie != 0u {
        var last = random.w;
        if DIMENSIONS == 4u { last = draw(PURPOSE_BOND, site, chain, 1u).x; } // the four words are spent
        if is_active(last, tie) { unite_pair(base, number_of(site), GHOST); }
    }
}
