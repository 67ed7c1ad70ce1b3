// Clusters of sites as a forest in one array. A site's label is the number of a site that it is united with, its own
// where it is a root; number 0 is the ghost spin, which stands for the field and has no label.
// Numbers are (site + 1) times 2^32 over the golden ratio, modulo 2^32: neighbours are far apart in this order, so that
// trees in which a label only ever sinks stay flat, whatever the sides are (other odd factors, such as 0x7feb352d, fail on
// some). In the sites' own order an ordered ring of N sites is a tree of height N.

override MOST_HOPS: u32 = 4096; // a hundred times what any lattice needs; see `unsettled`

@group(1) @binding(7) var<storage, read_write> labels: array<atomic<u32>>;
// 1 once a walk has not ended within MOST_HOPS: the host refuses every result from then on.
@group(1) @binding(8) var<storage, read_write> unsettled: atomic<u32>;

const GHOST: u32 = 0u;

fn number_of(site: u32) -> u32 {
    return (site + 1u) * 0x9e3779b1u;
}

// Not for the ghost.
fn site_of(number: u32) -> u32 {
    return number * 0x0e8b2f51u - 1u; // the inverse factor modulo 2^32
}

// The root of a site, once all bonds are united. Halves the path on its way: others may do so at the same time, since a
// label is only replaced by a lower one of the same tree.
fn root_of(base: u32, site: u32) -> u32 {
    var here = number_of(site);
    for (var hop = 0u; hop < MOST_HOPS; hop++) {
        let next = atomicLoad(&labels[base + site_of(here)]);
        if next == here || next == GHOST { return next; }
        let after = atomicLoad(&labels[base + site_of(next)]);
        if after == next || after == GHOST { return after; }
        atomicMin(&labels[base + site_of(here)], after);
        here = after;
    }
    atomicStore(&unsettled, 1u);
    return here;
}
