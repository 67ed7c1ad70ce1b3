// One invocation makes a whole sweep, both colours, of a strip of whole rows in two dimensions, from one buffer into
// another. For small lattices, where a dispatch costs more (30 to 50 us on lavapipe) than what it does.
//
// The strip slides along y: it updates colour 0 in a row, then colour 1 in the row behind, whose neighbours are then all
// new. Colour 0 is also updated in the rows before and after the strip, which belong to others and are not stored: words
// are pure functions of their addresses, so all agree. A strip of n rows costs (n + 2) / n of two half-sweeps, and four
// accesses a pair of blocks where they take eight. Same spins, bit for bit, as two dispatches of `sweep`.

override STRIP: u32 = 16; // rows of a strip

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>;
@group(1) @binding(3) var<storage, read_write> spins_after: array<vec4<u32>>;

fn load(at: u32) -> vec4<u32> { return spins[at]; }

// The blocks of one colour in one row of a group: HALF_ROW of them, at most four.
alias Row = array<vec4<u32>, 4>;

fn load_row(colour: u32, row: u32, group: u32) -> Row {
    var blocks: Row;
    blocks[0] = spins[block_at(colour, row, group)];
    if HALF_ROW > 1u { blocks[1] = spins[block_at(colour, row, GROUPS + group)]; }
    if HALF_ROW > 2u { blocks[2] = spins[block_at(colour, row, 2u * GROUPS + group)]; }
    if HALF_ROW > 3u { blocks[3] = spins[block_at(colour, row, 3u * GROUPS + group)]; }
    return blocks;
}

fn store_row(colour: u32, row: u32, group: u32, blocks: Row) {
    spins_after[block_at(colour, row, group)] = blocks[0];
    if HALF_ROW > 1u { spins_after[block_at(colour, row, GROUPS + group)] = blocks[1]; }
    if HALF_ROW > 2u { spins_after[block_at(colour, row, 2u * GROUPS + group)] = blocks[2]; }
    if HALF_ROW > 3u { spins_after[block_at(colour, row, 3u * GROUPS + group)] = blocks[3]; }
}

// Where a row's update takes place.
struct Scene {
    colour: u32,
    row: u32,
    behind: Row, // the other colour's blocks
    centre: Row,
    ahead: Row,
}

// The block beside that of a column, as `side_of` has it.
fn side_in(scene: ptr<function, Scene>, column: u32) -> vec4<u32> {
    let last = HALF_ROW - 1u;
    var behind = turn_up((*scene).centre[last]);
    if column > 0u { behind = (*scene).centre[column - 1u]; }
    var ahead = turn_down((*scene).centre[0]);
    if column < last { ahead = (*scene).centre[column + 1u]; }
    return select(behind, ahead, (((*scene).row + (*scene).colour) & 1u) == 1u);
}

fn updated(here: vec4<u32>, scene: ptr<function, Scene>, column: u32, thresholds: ptr<function, Thresholds>) -> vec4<u32> {
    var around = Broken();
    around.centre = here ^ (*scene).centre[column];
    around.side = here ^ side_in(scene, column);
    around.behind_y = here ^ (*scene).behind[column];
    around.ahead_y = here ^ (*scene).ahead[column];
    let group = (*thresholds).group;
    let at = block_at((*scene).colour, (*scene).row, column * GROUPS + group);
    let count = count_of(with_signs(around, at));
    let stream = draw_in_part((*scene).colour, PURPOSE, (*scene).row * HALF_ROW + column, group, 0u);
    return here ^ flips_of(count, here, stream, thresholds);
}

fn updated_row(here: Row, scene: ptr<function, Scene>, thresholds: ptr<function, Thresholds>) -> Row {
    var blocks: Row;
    blocks[0] = updated(here[0], scene, 0u, thresholds);
    if HALF_ROW > 1u { blocks[1] = updated(here[1], scene, 1u, thresholds); }
    if HALF_ROW > 2u { blocks[2] = updated(here[2], scene, 2u, thresholds); }
    if HALF_ROW > 3u { blocks[3] = updated(here[3], scene, 3u, thresholds); }
    return blocks;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn full_sweep(@builtin(global_invocation_id) id: vec3<u32>) {
    let lane = tick.first + id.x;
    if lane >= tick.last { return; }
    let group = lane % GROUPS;
    let first = (lane / GROUPS) * STRIP;
    let rows = min(STRIP, SIDE_Y - first);
    var thresholds = thresholds_of(group);
    // The row before the strip, and that before it.
    var row = row_behind(first, first, SIDE_Y, 1u);
    var before = row_behind(row, row, SIDE_Y, 1u);
    // Of colour 1, old; and of colour 0, new.
    var old_behind = load_row(1u, before, group);
    var old_here = load_row(1u, row, group);
    var new_behind: Row;
    var new_here: Row;
    for (var n = 0u; n < rows + 2u; n++) {
        let next = row_ahead(row, row, SIDE_Y, 1u);
        let old_ahead = load_row(1u, next, group);
        var even = Scene(0u, row, old_behind, old_here, old_ahead);
        let new_ahead = updated_row(load_row(0u, row, group), &even, &thresholds);
        if n > 0u && n <= rows { store_row(0u, row, group, new_ahead); }
        var odd = Scene(1u, before, new_behind, new_here, new_ahead);
        let new_odd = updated_row(old_behind, &odd, &thresholds);
        if n > 1u { store_row(1u, before, group, new_odd); }
        old_behind = old_here;
        old_here = old_ahead;
        new_behind = new_here;
        new_here = new_ahead;
        before = row;
        row = next;
    }
}
