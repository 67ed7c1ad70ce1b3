// One invocation gives one site its value after a cluster update: all clusters toss a coin (Swendsen and Wang), or the
// cluster of one random site turns (Wolff). What is tied to the ghost stays.

override SINGLE: bool = false;

@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn turn(@builtin(global_invocation_id) id: vec3<u32>) {
    let site = tick.first + id.x;
    let chain = id.y;
    if site >= tick.last || chain >= run.chains { return; }
    let base = chain * SITES;
    let root = root_of(base, site);
    var turns = false;
    if root != GHOST {
        if SINGLE {
            // floor(random SITES / 2^32) is uniform up to 2^-32.
            let chosen = high_product(draw(PURPOSE_WOLFF, 0u, chain, 0u).x, SITES);
            turns = root == root_of(base, chosen);
        } else {
            turns = (draw(PURPOSE_CLUSTER, site_of(root), chain, 0u).x >> 31u) == 1u;
        }
    }
    if turns { state[base + site] = flipped(state[base + site]); }
    accepted[base + site] = u32(turns);
}
