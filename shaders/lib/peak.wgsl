// The largest of the overlaps that one of WORKGROUP_X lanes looks after.
fn highest_overlap(chain: u32, lane: u32) -> i32 {
    let least = vec4<i32>(-i32(NEURONS));
    var most = least;
    for (var quad = lane; quad < QUADS; quad += WORKGROUP_X) {
        most = max(most, select(least, overlaps[quad * chain_stride() + chain], stored(quad)));
    }
    return max(max(most.x, most.y), max(most.z, most.w));
}
