// Two-valued units as bits: ROWS rows (chains or samples) to a word, a word a unit, row r in bit r. Padding is 0.

override SPINS: bool = false; // -1 and 1 instead of 0 and 1
override ROWS: u32 = 32; // or 16, where there are not more

// The values of units that the highest bits tell of.
fn unit_values(words: vec4<u32>) -> vec4<f32> {
    if SPINS { return bitcast<vec4<f32>>(vec4<u32>(0x3f800000u) | (~words & vec4<u32>(0x80000000u))); }
    return bitcast<vec4<f32>>(bitcast<vec4<u32>>(bitcast<vec4<i32>>(words) >> vec4<u32>(31u)) & vec4<u32>(0x3f800000u));
}

// The bits of so many rows, counted from group `group` on.
fn rows_below(count: u32, group: u32) -> u32 {
    let first = ROWS * group;
    let rows = clamp(max(count, first) - first, 0u, ROWS);
    return select(0xffffffffu >> (32u - rows), 0u, rows == 0u);
}
