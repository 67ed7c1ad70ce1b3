// The reference of a chain is the largest of its overlaps, or that of the last pattern.
override LAST: bool = false;

// The largest of what WORKGROUP_X lanes see is the reference; each lane reads only the overlaps that it looks after.
fn reference_seen(chain: u32, lane: u32) -> i32 {
    let least = vec4<i32>(-i32(NEURONS));
    var most = least;
    for (var quad = lane; quad < QUADS; quad += WORKGROUP_X) {
        let numbers = vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u);
        let seen = select(stored(quad), numbers == vec4<u32>(PATTERNS - 1u), LAST);
        most = max(most, select(least, vec4<i32>(drives[quad * chain_stride() + chain]), seen));
    }
    return max(max(most.x, most.y), max(most.z, most.w));
}
