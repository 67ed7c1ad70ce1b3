// One invocation counts, in every SEGMENTS-th block of one group, the spins that are up and the bonds that are broken.
// Each bond joins the two colours, so the blocks of one colour see every bond, and with `centre` every spin.

override SEGMENTS: u32 = 1;
// What a row holds: 0 (sum of -J s s' / |J|, -sum s), 1 (sum s, 0), 2 (bits, 0), 3 (sum s, sum of s s'), a row for each
// pair of chains, where s is the product of the two chains' spins.
override CONTENT: u32 = 0;

@group(3) @binding(0) var<storage, read_write> partials: array<vec4<i32>>;

fn broken_at(row: u32, column: u32, here: vec4<u32>, centre: vec4<u32>) -> Broken {
    var around = Broken();
    around.centre = here ^ centre;
    around.side = here ^ side_of(centre, 0u, row, column, (parity_of_row(row) ^ 1u) == 1u);
    if DIMENSIONS > 1u {
        let y = row % SIDE_Y;
        around.behind_y = here ^ load(block_at(0u, row_behind(row, y, SIDE_Y, 1u), column));
        around.ahead_y = here ^ load(block_at(0u, row_ahead(row, y, SIDE_Y, 1u), column));
    }
    return with_planes(around, here, 0u, row, (row / SIDE_Y) % SIDE_Z, row / (SIDE_Y * SIDE_Z), column);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn tally(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let group = index % GROUPS;
    let segment = index / GROUPS;
    var up = Counters();
    var broken = Counters();
    var blocks = 0;
    for (var site = segment; site < ROWS * HALF_ROW; site += SEGMENTS) {
        let row = site / HALF_ROW;
        let column = (site % HALF_ROW) * GROUPS + group;
        let at = block_at(1u, row, column);
        let here = load(at);
        let centre = load(block_at(0u, row, column));
        tally_bit(&up, here);
        tally_bit(&up, centre);
        if CONTENT == 0u || CONTENT == 3u {
            tally_count(&broken, count_of(with_signs(broken_at(row, column, here, centre), at)));
        }
        blocks += 1;
    }
    let spins_of_chain = 2 * i32(FOLDS) * blocks;
    for (var slot = 0u; slot < chains_of_block(); slot++) {
        let chain = group * chains_of_block() + slot;
        if chain >= run.chains { break; }
        if CONTENT == 3u && (chain & 1u) == 1u { continue; }
        let bits = total_of(&up, mask_of(slot));
        let sum = 2 * bits - spins_of_chain;
        let bonds = 2 * total_of(&broken, mask_of(slot)) - i32(DIMENSIONS) * spins_of_chain;
        var row = vec4<i32>(bonds, -sum, 0, 0);
        if CONTENT == 1u { row = vec4<i32>(sum, 0, 0, 0); }
        if CONTENT == 2u { row = vec4<i32>(bits, 0, 0, 0); }
        if CONTENT == 3u { row = vec4<i32>(sum, -bonds, 0, 0); }
        let of_row = select(chain, chain / 2u, CONTENT == 3u);
        partials[select(of_row * SEGMENTS + segment, tick.row + row_of(of_row), SEGMENTS == 1u)] = row;
    }
}
