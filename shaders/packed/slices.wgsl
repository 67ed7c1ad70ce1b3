// One invocation sums the spins of one slice of one group's lattices, times the wave of smallest momentum along the axis
// AXIS: 0 is the fold axis, whose slices are columns (two planes' blocks, a column each fold), 1, 2, 3 are y, z, t.

override SEGMENTS: u32 = 1; // slices of the axis, in blocks, times PARTS
override PARTS: u32 = 1; // invocations that share a slice
override SIDE: u32 = 1; // sites along it
override AXIS: u32 = 0;

@group(3) @binding(0) var<storage, read_write> partials: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn slices(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let group = index % GROUPS;
    let segment = index / GROUPS;
    let slice = segment / PARTS;
    let part = segment % PARTS;
    var up = Counters();
    var blocks = 0;
    if AXIS == 0u {
        for (var row = part; row < ROWS; row += PARTS) {
            blocks += 1;
            let colour = (slice + parity_of_row(row)) & 1u;
            tally_bit(&up, load(block_at(colour, row, (slice / 2u) * GROUPS + group)));
        }
    } else {
        let stride = select(select(SIDE_Y * SIDE_Z, SIDE_Y, AXIS == 2u), 1u, AXIS == 1u);
        for (var j = part; j < 2u * HALF_ROW * (ROWS / SIDE); j += PARTS) {
            blocks += 1;
            let line = j / (2u * HALF_ROW);
            let row = (line / stride) * stride * SIDE + slice * stride + line % stride;
            let place = j % (2u * HALF_ROW);
            tally_bit(&up, load(block_at(place / HALF_ROW, row, (place % HALF_ROW) * GROUPS + group)));
        }
    }
    for (var slot = 0u; slot < chains_of_block(); slot++) {
        let chain = group * chains_of_block() + slot;
        if chain >= run.chains { break; }
        var sum = vec2<f32>();
        if AXIS == 0u {
            for (var fold = 0u; fold < FOLDS; fold++) {
                let spins_up = total_of(&up, mask_of_fold(slot, fold));
                sum += f32(2 * spins_up - blocks) * wave_at(slice + fold * 2u * HALF_ROW, SIDE);
            }
        } else {
            sum = f32(2 * total_of(&up, mask_of(slot)) - blocks * i32(FOLDS)) * wave_at(slice, SIDE);
        }
        let at = select(chain * SEGMENTS + segment, tick.row + row_of(chain), SEGMENTS == 1u);
        partials[at] = vec4<f32>(sum, 0.0, 0.0);
    }
}
