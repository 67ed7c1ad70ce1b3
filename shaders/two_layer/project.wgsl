// One invocation finds the overlaps xi . s = N - 2 (mismatches) of eight patterns with eight chains: exclusive or and
// population count, exact. Per word: four vec4 loads for 64 pairs of 32 neurons. At most 32,768 words.

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> overlaps: array<vec4<i32>>;

// Mismatches of four patterns with four chains.
struct Mismatches {
    first: vec4<i32>,
    second: vec4<i32>,
    third: vec4<i32>,
    fourth: vec4<i32>,
}

fn differing(bits: vec4<u32>, word: u32) -> vec4<i32> {
    return vec4<i32>(countOneBits(bits ^ vec4<u32>(word)));
}

fn count(mismatches: ptr<function, Mismatches>, bits: vec4<u32>, states: vec4<u32>) {
    (*mismatches).first += differing(bits, states.x);
    (*mismatches).second += differing(bits, states.y);
    (*mismatches).third += differing(bits, states.z);
    (*mismatches).fourth += differing(bits, states.w);
}

fn store(mismatches: Mismatches, quad: u32, chains: u32) {
    if quad >= QUADS || 4u * chains >= chain_stride() { return; }
    let exist = stored(quad);
    let all = vec4<i32>(i32(NEURONS));
    let none = vec4<i32>();
    let at = quad * chain_stride() + 4u * chains;
    overlaps[at] = select(none, all - 2 * mismatches.first, exist);
    overlaps[at + 1u] = select(none, all - 2 * mismatches.second, exist);
    overlaps[at + 2u] = select(none, all - 2 * mismatches.third, exist);
    overlaps[at + 3u] = select(none, all - 2 * mismatches.fourth, exist);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn project(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let pairs = (QUADS + 1u) / 2u;
    let quad = 2u * (index % pairs);
    let chains = 2u * (index / pairs);
    let fours = chain_stride() / 4u;
    // The overlaps of settled chains stand.
    if still(chains) && still(chains + 1u) { return; }
    // Where there is no second one the first is counted twice, and stored once.
    let next_quad = min(quad + 1u, QUADS - 1u);
    let next_chains = min(chains + 1u, fours - 1u);
    var near = Mismatches();
    var across = Mismatches();
    var along = Mismatches();
    var far = Mismatches();
    for (var word = 0u; word < WORDS; word++) {
        let bits = patterns[word * QUADS + quad];
        let next_bits = patterns[word * QUADS + next_quad];
        let states = spins[word * fours + chains];
        let next_states = spins[word * fours + next_chains];
        count(&near, bits, states);
        count(&along, bits, next_states);
        count(&across, next_bits, states);
        count(&far, next_bits, next_states);
    }
    store(near, quad, chains);
    store(along, quad, chains + 1u);
    store(across, quad + 1u, chains);
    store(far, quad + 1u, chains + 1u);
}
