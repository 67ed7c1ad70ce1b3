// The synchronous sweep at zero temperature where amplitudes are overlaps: one invocation aligns 64 neurons of four
// chains, two chains in the halves of a word. Loads are what it waits for on a software adapter: here four vec4 serve
// 1,024 additions. Before a half could overflow, the sums go to full words, which are so seldom needed that a GPU may
// keep them out of its registers. Wide quads follow one by one; a turn without one adds nothing.

@group(2) @binding(0) var<storage, read> patterns: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read> overlaps: array<vec4<i32>>;
@group(1) @binding(7) var<storage, read> narrow: array<vec4<i32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn align_narrow(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let four = index / word_pairs();
    let word = 2u * (index % word_pairs());
    // Settled chains take one turn, masked out: an adapter whose lanes go together skips no other way.
    let moving = narrow[account_at(0u, four)].y != 0;
    if !moving { return; }
    let here = word * QUADS;
    let there = min(word + 1u, WORDS - 1u) * QUADS;
    var a0 = Fields();
    var a1 = Fields();
    var a2 = Fields();
    var a3 = Fields();
    var b0 = Fields();
    var b1 = Fields();
    var b2 = Fields();
    var b3 = Fields();
    let turns = select(0u, QUADS, moving);
    var quad = 0u;
    loop {
        var near_a = Fields();
        var far_a = Fields();
        var near_b = Fields();
        var far_b = Fields();
        let end = min(quad + TURNS, turns);
        loop {
            let near = narrow[narrow_at(quad, four)];
            let far = narrow[narrow_at(quad, four) + 1u];
            add_quad_twice(&near_a, &far_a, patterns[here + quad], near, far);
            add_quad_twice(&near_b, &far_b, patterns[there + quad], near, far);
            quad++;
            continuing { break if quad >= end; }
        }
        widen(&a0, &a1, near_a);
        widen(&a2, &a3, far_a);
        widen(&b0, &b1, near_b);
        widen(&b2, &b3, far_b);
        continuing { break if quad >= turns; }
    }
    let blocks = select(0u, (QUADS + 31u) / 32u, moving);
    var block = 0u;
    var wide = 0u;
    loop {
        if wide == 0u {
            wide = bitcast<u32>(narrow[account_at(block, four)].x);
            block++;
        }
        let found = wide != 0u;
        let heavy = select(0u, 32u * (block - 1u) + firstTrailingBit(wide), found);
        wide &= wide - u32(found);
        let present = vec4<u32>(select(0u, 0xffffffffu, found));
        let weight = vec4<i32>(select(0, 1, found));
        let at = heavy * chain_stride() + 4u * four;
        let bits_a = patterns[here + heavy] & present;
        let bits_b = patterns[there + heavy] & present;
        let first = overlaps[at] * weight;
        let second = overlaps[at + 1u] * weight;
        let third = overlaps[at + 2u] * weight;
        let fourth = overlaps[at + 3u] * weight;
        add_quad_twice(&a0, &a1, bits_a, first, second);
        add_quad_twice(&a2, &a3, bits_a, third, fourth);
        add_quad_twice(&b0, &b1, bits_b, first, second);
        add_quad_twice(&b2, &b3, bits_b, third, fourth);
        continuing { break if wide == 0u && block >= blocks; }
    }
    let chain = 4u * four;
    turn(&a0, word, chain);
    turn(&a1, word, chain + 1u);
    turn(&a2, word, chain + 2u);
    turn(&a3, word, chain + 3u);
    turn(&b0, word + 1u, chain);
    turn(&b1, word + 1u, chain + 1u);
    turn(&b2, word + 1u, chain + 2u);
    turn(&b3, word + 1u, chain + 3u);
}
