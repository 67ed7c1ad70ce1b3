// Bonds of packed spins, 128 at once. Who joins this defines load(at), a block of spins.

// The block beside `centre`: behind it in rows whose columns of this colour are the even ones, else ahead.
// `centre` and its like are of this colour, and in this row and column.
fn side_of(centre: vec4<u32>, colour: u32, row: u32, column: u32, odd: bool) -> vec4<u32> {
    if HALF_ROW == 1u { return select(turn_up(centre), turn_down(centre), odd); }
    let first = column < GROUPS;
    let last = column + GROUPS >= row_blocks();
    let behind = select(column - GROUPS, column + row_blocks() - GROUPS, first);
    let ahead = select(column + GROUPS, column + GROUPS - row_blocks(), last);
    let block = load(block_at(colour, row, select(behind, ahead, odd)));
    let turned = select(turn_up(block), turn_down(block), odd);
    return select(block, turned, select(first, last, odd));
}

// Which of the bonds of a block's spins are broken: s s' J < 0. The order is that of the bonds' signs.
struct Broken {
    centre: vec4<u32>,
    side: vec4<u32>,
    behind_y: vec4<u32>,
    ahead_y: vec4<u32>,
    behind_z: vec4<u32>,
    ahead_z: vec4<u32>,
    behind_t: vec4<u32>,
    ahead_t: vec4<u32>,
}

// With the bonds along z and t of a block in this row (which lies in plane z, t) and column; its neighbours are of colour
// `other`.
fn with_planes(broken: Broken, here: vec4<u32>, other: u32, row: u32, z: u32, t: u32, column: u32) -> Broken {
    var around = broken;
    if DIMENSIONS > 2u {
        around.behind_z = here ^ load(block_at(other, row_behind(row, z, SIDE_Z, SIDE_Y), column));
        around.ahead_z = here ^ load(block_at(other, row_ahead(row, z, SIDE_Z, SIDE_Y), column));
    }
    if DIMENSIONS > 3u {
        around.behind_t = here ^ load(block_at(other, row_behind(row, t, SIDE_T, SIDE_Y * SIDE_Z), column));
        around.ahead_t = here ^ load(block_at(other, row_ahead(row, t, SIDE_T, SIDE_Y * SIDE_Z), column));
    }
    return around;
}

// Bit-sliced numbers, 0 to 8.
struct Count {
    ones: vec4<u32>,
    twos: vec4<u32>,
    fours: vec4<u32>,
    eights: vec4<u32>,
}

struct Sum {
    sum: vec4<u32>,
    carry: vec4<u32>,
}

fn add2(a: vec4<u32>, b: vec4<u32>) -> Sum { return Sum(a ^ b, a & b); }

fn add3(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>) -> Sum {
    let either = a ^ b;
    return Sum(either ^ c, (a & b) | (c & either));
}

// How many bonds are broken. Drivers fold what is zero in fewer dimensions.
fn count_of(broken: Broken) -> Count {
    let a = add3(broken.centre, broken.side, broken.behind_y);
    let b = add3(broken.ahead_y, broken.behind_z, broken.ahead_z);
    let c = add3(a.sum, b.sum, broken.behind_t);
    let d = add2(c.sum, broken.ahead_t);
    let e = add3(a.carry, b.carry, c.carry);
    let f = add2(e.sum, d.carry);
    let g = add2(e.carry, f.carry);
    return Count(d.sum, f.sum, g.sum, g.carry);
}

fn equals(count: Count, value: u32) -> vec4<u32> {
    let ones = count.ones ^ vec4<u32>(0u - (value & 1u));
    let twos = count.twos ^ vec4<u32>(0u - ((value >> 1u) & 1u));
    let fours = count.fours ^ vec4<u32>(0u - ((value >> 2u) & 1u));
    let eights = count.eights ^ vec4<u32>(0u - ((value >> 3u) & 1u));
    return ~(ones | twos | fours | eights);
}
