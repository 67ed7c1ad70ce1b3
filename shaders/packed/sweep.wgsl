// One invocation offers every spin of one colour in a strip of rows, one block wide, its other value.
//
// The strip slides along y with the other colour's blocks above, here and below in registers: a block costs three loads
// and a store in two dimensions. A load or store goes lane by lane and word by word on lavapipe: 40 % of the time in 2D,
// more in 3D. Bonds are counted by full adders (17 operations for 128 spins). Strips of 16 or 128 rows were 0.8 to 1 as
// fast as 32.

override STRIP: u32 = 32; // rows of a strip
override RECORD: bool = false; // whether `accepted` is wanted

@group(1) @binding(0) var<storage, read_write> spins: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> accepted: array<vec4<u32>>;

fn load(at: u32) -> vec4<u32> { return spins[at]; }

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn sweep(@builtin(global_invocation_id) id: vec3<u32>) {
    let lane = tick.first + id.x;
    if lane >= tick.last { return; }
    let column = lane % row_blocks();
    let group = column % GROUPS;
    let strips = (SIDE_Y + STRIP - 1u) / STRIP;
    let strip = lane / row_blocks();
    let plane_row = (strip / strips) * SIDE_Y; // the first row of this (t, z)
    let first = (strip % strips) * STRIP;
    let z = (strip / strips) % SIDE_Z;
    let t = (strip / strips) / SIDE_Z;
    let other = 1u - tick.part;
    let rows = min(STRIP, SIDE_Y - first);

    var thresholds = thresholds_of(group);
    var behind_y = spins[block_at(other, plane_row + select(first - 1u, SIDE_Y - 1u, first == 0u), column)];
    var centre = spins[block_at(other, plane_row + first, column)];
    for (var n = 0u; n < rows; n++) {
        let y = first + n;
        let row = plane_row + y;
        let at = block_at(tick.part, row, column);
        let here = spins[at];
        let side = side_of(centre, other, row, column, ((y + z + t + tick.part) & 1u) == 1u);
        var around = Broken();
        around.centre = here ^ centre;
        around.side = here ^ side;
        var ahead_y = centre;
        if DIMENSIONS > 1u {
            ahead_y = spins[block_at(other, row_ahead(row, y, SIDE_Y, 1u), column)];
            around.behind_y = here ^ behind_y;
            around.ahead_y = here ^ ahead_y;
        }
        let count = count_of(with_signs(with_planes(around, here, other, row, z, t, column), at));

        let stream = draw(PURPOSE, row * HALF_ROW + column / GROUPS, group, 0u);
        let flips = flips_of(count, here, stream, &thresholds);
        spins[at] = here ^ flips;
        if RECORD { accepted[at] = flips; }
        behind_y = centre;
        centre = ahead_y;
    }
}
