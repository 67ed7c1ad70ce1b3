// Clusters of sites as a forest in one array. A site's label is the number of a site that it is united with, its own
// where it is a root; number 0 is the ghost spin, which stands for the field and has no label.
// Numbers are site + 1 with the bits reversed: neighbours are far apart in this order, so that trees in which a label
// only ever sinks stay flat. In the sites' own order an ordered chain of N sites is a tree of height N.

override MOST_HOPS: u32 = 4096; // a hundred times what any lattice needs; see `unsettled`

@group(1) @binding(7) var<storage, read_write> labels: array<atomic<u32>>;
// 1 once a walk has not ended within MOST_HOPS: the host refuses every result from then on.
@group(1) @binding(8) var<storage, read_write> unsettled: atomic<u32>;

const GHOST: u32 = 0u;

fn number_of(site: u32) -> u32 {
    return reverseBits(site + 1u);
}

// Not for the ghost.
fn site_of(number: u32) -> u32 {
    return reverseBits(number) - 1u;
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
