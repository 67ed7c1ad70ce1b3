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

// Unites a site with its neighbours ahead in the directions of the bits of `bonds`, and with the ghost for bit DIMENSIONS.
// Of two numbers that belong together the higher one gets the lower one as its label, and what it had before is what is
// left to be united with it. The higher one sinks with every turn, so this ends; nothing is forgotten, whatever other
// invocations do in between, because only the atomic minimum replaces a label. The load before it, which may be out of
// date, only spares a minimum that would change nothing: an old label belongs to the same cluster as well.
// One loop for all bonds, so that no lane waits for the longest walk of each direction.
fn unite_site(base: u32, site: u32, bonds: u32) {
    var left = bonds;
    var high = number_of(site);
    var low = high; // the lowest number that the site is known to belong to
    for (var hop = 0u; hop < MOST_HOPS; hop++) {
        if high == low {
            if left == 0u { return; }
            let direction = firstTrailingBit(left);
            left &= left - 1u;
            high = GHOST;
            if direction < DIMENSIONS { high = number_of(ahead(site, direction)); }
            if high == low { continue; } // not the ghost with itself, which has no label
        }
        let upper = max(high, low);
        low = min(high, low);
        let at = base + site_of(upper);
        high = atomicLoad(&labels[at]);
        if high > low {
            high = atomicMin(&labels[at], low);
            if high == upper { high = low; } // it was a root: nothing is left of this bond
        }
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
    var bonds = 0u;
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let next = state[base + ahead(site, direction)];
        let rise = bond(there, next, point) - bond(here, next, point);
        let threshold = thresholds[bond_row + u32(rise + i32(BOND_SPAN))];
        bonds |= select(0u, 1u << direction, is_active(random[direction], threshold));
    }
    let tie = thresholds[onsite_row + u32(onsite(there, point) - onsite(here, point) + i32(ONSITE_SPAN))];
    if tie != 0u {
        var last = random.w;
        if DIMENSIONS == 4u { last = draw(PURPOSE_BOND, site, chain, 1u).x; } // the four words are spent
        bonds |= select(0u, 1u << DIMENSIONS, is_active(last, tie));
    }
    unite_site(base, site, bonds);
}
