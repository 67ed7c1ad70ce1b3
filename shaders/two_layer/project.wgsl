// One invocation finds the overlaps xi . s = N - 2 (mismatches) of four patterns with four chains: exclusive or and
// population count, exact. Per word: two vec4 loads for sixteen pairs of 32 neurons. At most 32,768 words.

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> overlaps: array<vec4<i32>>;

fn mismatches(bits: vec4<u32>, word: u32) -> vec4<i32> {
    return vec4<i32>(countOneBits(bits ^ vec4<u32>(word)));
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn project(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let quad = index % QUADS;
    let chains = index / QUADS;
    let stride = chain_stride();
    var first = vec4<i32>();
    var second = vec4<i32>();
    var third = vec4<i32>();
    var fourth = vec4<i32>();
    for (var word = 0u; word < WORDS; word++) {
        let bits = patterns[word * QUADS + quad];
        let state = spins[word * (stride / 4u) + chains];
        first += mismatches(bits, state.x);
        second += mismatches(bits, state.y);
        third += mismatches(bits, state.z);
        fourth += mismatches(bits, state.w);
    }
    let exist = stored(quad);
    let all = vec4<i32>(i32(NEURONS));
    let none = vec4<i32>();
    let at = quad * stride + 4u * chains;
    overlaps[at] = select(none, all - 2 * first, exist);
    overlaps[at + 1u] = select(none, all - 2 * second, exist);
    overlaps[at + 2u] = select(none, all - 2 * third, exist);
    overlaps[at + 3u] = select(none, all - 2 * fourth, exist);
}
