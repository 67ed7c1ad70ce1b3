// Two-valued units as bits: sixteen rows (chains or samples) to a word, a word a unit, row r in bit r. Padding is 0.

override SPINS: bool = false; // -1 and 1 instead of 0 and 1

const ROWS: u32 = 16u;

// Four values times a unit that all bits of `chosen` tell of: all set where the unit is 1.
fn times_unit(values: vec4<f32>, chosen: u32) -> vec4<f32> {
    let bits = bitcast<vec4<u32>>(values);
    if SPINS { return bitcast<vec4<f32>>(bits ^ vec4<u32>(~chosen & 0x80000000u)); }
    return bitcast<vec4<f32>>(bits & vec4<u32>(chosen));
}

// The highest bit of each word in all of its bits.
fn highest(words: vec4<u32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(bitcast<vec4<i32>>(words) >> vec4<u32>(31u));
}

// The bits of so many rows, counted from group `group` on.
fn rows_below(count: u32, group: u32) -> u32 {
    let first = ROWS * group;
    return (1u << clamp(max(count, first) - first, 0u, ROWS)) - 1u;
}
