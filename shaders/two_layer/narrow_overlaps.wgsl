// One invocation narrows the overlaps of 32 quads of patterns with four chains.

@group(1) @binding(1) var<storage, read> overlaps: array<vec4<i32>>;
@group(1) @binding(7) var<storage, read_write> narrow: array<vec4<i32>>;

fn halves(low: vec4<i32>, high: vec4<i32>) -> vec4<i32> {
    return low + (high << vec4<u32>(16u));
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn narrow_overlaps(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let block = index / fours();
    let four = index % fours();
    let first = 32u * block;
    var wide = 0u;
    for (var quad = first; quad < min(first + 32u, QUADS); quad++) {
        let at = quad * chain_stride() + 4u * four;
        let a = overlaps[at];
        let b = overlaps[at + 1u];
        let c = overlaps[at + 2u];
        let d = overlaps[at + 3u];
        let largest = max(max(abs(a), abs(b)), max(abs(c), abs(d)));
        let fits = all(largest <= vec4<i32>(LARGEST));
        if !fits { wide |= 1u << (quad - first); }
        narrow[narrow_at(quad, four)] = select(vec4<i32>(), halves(a, b), fits);
        narrow[narrow_at(quad, four) + 1u] = select(vec4<i32>(), halves(c, d), fits);
    }
    narrow[account_at(block, four)] = vec4<i32>(bitcast<i32>(wide), i32(!still(four)), 0, 0);
}
