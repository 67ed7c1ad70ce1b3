// One invocation counts, for four neurons, in how many ticks of a batch each fires and fires again LAG ticks later in the same
// trial, 32 ticks an instruction. Cost: three loads of four words and four counts a group of 32 ticks.

override QUADS: u32 = 8; // neurons / 4, rounded up
override WORDS: u32 = 1; // groups of 32 ticks of a trial
override GROUPS: u32 = 1; // of all trials, one trial after another
override BATCH_GROUPS: u32 = 1; // groups of a batch; the last batch may have fewer

// [group][neuron / 4], a bit a tick; 0 beyond a trial's last tick.
@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>;
@group(3) @binding(0) var<storage, read_write> lag_counts: array<vec4<u32>>; // [lag - 1][neuron / 4]

// The word so many groups ahead in the same trial.
fn ahead(group: u32, groups: u32, quad: u32) -> vec4<u32> {
    let inside = group % WORDS + groups < WORDS;
    let word = spins[select(0u, group + groups, inside) * QUADS + quad];
    return select(vec4<u32>(), word, inside);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn lags(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let quad = index % QUADS;
    let lag = index / QUADS + 1u;
    let groups = lag / 32u;
    let down = vec4<u32>(lag % 32u);
    let up = vec4<u32>(31u) - down;
    var count = vec4<u32>();
    let end = min(tick.row + BATCH_GROUPS, GROUPS);
    for (var group = tick.row; group < end; group++) {
        let now = spins[group * QUADS + quad];
        // In two steps, as no word may be shifted by 32.
        let later = (ahead(group, groups, quad) >> down) | ((ahead(group, groups + 1u, quad) << up) << vec4<u32>(1u));
        count += countOneBits(now & later);
    }
    lag_counts[index] = count;
}
