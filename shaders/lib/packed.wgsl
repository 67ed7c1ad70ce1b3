// A lattice of two-state spins as bits, 1 for +1, 128 of them to a block (vec4<u32>). Twin: src/packed.rs.
//
// The row (the lattice's fold axis) is cut into FOLDS equal pieces which lie on top of each other, a bit each: bit f of
// block w is column w + f W, W = side / FOLDS. So the neighbours of all columns of block w are the same bits of the
// blocks w - 1 and w + 1, and only where a row ends the bits are turned by one fold. 128 / FOLDS chains fill a block:
// a long row holds one chain, small lattices hold many, and no bit of a block ever needs another block's.
// W is even, and a block's columns have one colour. Each colour is a plane
//   spins[(((colour PANELS + panel) ROWS + row) PANEL + column) GROUPS + group],   w / 2 = panel PANEL + column,
//   rows = (t, z, y) with y the fastest,
// in which neighbours ahead and behind along y, z, t are at the same place of another row, one of the two along the row
// is at the same place of the same row (`centre`), and the other one is the block next to it (`side`). Long rows are cut
// into panels so that who walks along y reads memory from end to end: 16384^2 is 1.6 times faster so.

override DIMENSIONS: u32 = 2;
override HALF_ROW: u32 = 1; // W / 2
override PANEL: u32 = 1; // blocks of a row that lie together: HALF_ROW, or a part of it
override SIDE_Y: u32 = 1;
override SIDE_Z: u32 = 1;
override SIDE_T: u32 = 1;
override ROWS: u32 = 1; // SIDE_Y SIDE_Z SIDE_T
override GROUPS: u32 = 1;
override FOLDS: u32 = 128;
override FIELD_BITS: u32 = 32; // bits of one chain in one word: the folds, 32 at the most
override FIELD_LOW: u32 = 1; // the lowest bit of every chain in a word

// Fold f takes the bit of fold f - 1. Folds 64 and 128 alternate between two and four words.
fn turn_up(x: vec4<u32>) -> vec4<u32> {
    if FOLDS == 128u { return vec4<u32>(rotate_left(x.w, 1u), x.xyz); }
    if FOLDS == 64u { return vec4<u32>(rotate_left(x.y, 1u), x.x, rotate_left(x.w, 1u), x.z); }
    return ((x << vec4<u32>(1u)) & vec4<u32>(~FIELD_LOW)) | ((x >> vec4<u32>(FIELD_BITS - 1u)) & vec4<u32>(FIELD_LOW));
}

// Fold f takes the bit of fold f + 1.
fn turn_down(x: vec4<u32>) -> vec4<u32> {
    if FOLDS == 128u { return vec4<u32>(x.yzw, rotate_left(x.x, 31u)); }
    if FOLDS == 64u { return vec4<u32>(x.y, rotate_left(x.x, 31u), x.w, rotate_left(x.z, 31u)); }
    let high = vec4<u32>(FIELD_LOW << (FIELD_BITS - 1u));
    return ((x >> vec4<u32>(1u)) & ~high) | ((x << vec4<u32>(FIELD_BITS - 1u)) & high);
}

// Blocks of one row and colour, all groups.
fn row_blocks() -> u32 { return HALF_ROW * GROUPS; }

// Where the block in a row's column lies; columns count the blocks of all groups.
fn block_at(colour: u32, row: u32, column: u32) -> u32 {
    if PANEL == HALF_ROW { return (colour * ROWS + row) * row_blocks() + column; }
    let width = PANEL * GROUPS;
    return ((colour * (HALF_ROW / PANEL) + column / width) * ROWS + row) * width + column % width;
}

// The rows ahead and behind along an axis of this many rows, each `stride` rows from the next.
fn row_ahead(row: u32, at: u32, side: u32, stride: u32) -> u32 {
    return select(row + stride, row - (side - 1u) * stride, at + 1u == side);
}
fn row_behind(row: u32, at: u32, side: u32, stride: u32) -> u32 {
    return select(row - stride, row + (side - 1u) * stride, at == 0u);
}

fn parity_of_row(row: u32) -> u32 {
    let y = row % SIDE_Y;
    let z = (row / SIDE_Y) % SIDE_Z;
    let t = row / (SIDE_Y * SIDE_Z);
    return (y + z + t) & 1u;
}
