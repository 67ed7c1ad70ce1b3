// One invocation moves a strip of STRIP rows, BLOCK quads of sites wide, through one kick and one drift: what `leap` does,
// site by site, with few loads. The strip slides along the last axis but one with the rows behind, here and ahead in
// registers: in two dimensions four sites cost a load of positions and of momenta, two stores, and a share of the two
// single sites beside the block.
//
// A software adapter goes through its eight lanes one by one at every load, and a vec4 shares that walk. Measured there on
// phi^4, 256^2 x 16 chains, with `leap` in the same minute = 1: sliding 16 rows one quad wide 2 to 4, two quads 4.5, four
// 4.8, eight (8 rows) 4; two quads wide without sliding 3.6, sliding 4 rows 4. What drawing momenta here saves is a store
// and a load of each. Beyond ten steps a trajectory's other kernels cost less than a third.

override BLOCK: u32 = 1; // divides QUADS, at most 2
override STRIP: u32 = 1; // divides the side
override LANES: u32 = 1; // invocations a chain
override DRAW: bool = false; // whether momenta are drawn instead of read: the first step of a trajectory

@group(1) @binding(2) var<storage, read_write> momentum: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> position_before: array<vec4<f32>>;
@group(1) @binding(4) var<storage, read_write> position_after: array<vec4<f32>>;

fn onsite_slopes(a: vec4<f32>, point: Parameters) -> vec4<f32> {
    return vec4<f32>(onsite_slope(a.x, point), onsite_slope(a.y, point), onsite_slope(a.z, point), onsite_slope(a.w, point));
}

fn bond_slopes(a: vec4<f32>, b: vec4<f32>, point: Parameters) -> vec4<f32> {
    return vec4<f32>(
        bond_slope(a.x, b.x, point), bond_slope(a.y, b.y, point), bond_slope(a.z, b.z, point), bond_slope(a.w, b.w, point),
    );
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn slide(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x; // strips and chains along one axis: small lattices still fill the lanes
    if index >= tick.last { return; }
    let lane = index % LANES;
    let chain = index / LANES;
    let place = point_of(chain);
    let point = parameters[place];
    let kick = tick.kick * betas[place];
    let axis = max(DIMENSIONS, 2u) - 2u;
    let blocks = QUADS / BLOCK;
    let column = BLOCK * (lane % blocks);
    let row = STRIP * (lane / blocks); // counted through all planes
    let base = quads_before(chain);
    let last_row = side(axis) - 1u;
    let y = row % side(axis);

    // From a row's first quad to that of its neighbour in another plane, the same for the whole strip.
    let first = row * QUADS;
    var plane_ahead: array<u32, 2>;
    var plane_behind: array<u32, 2>;
    for (var direction = 0u; direction < axis; direction++) {
        plane_ahead[direction] = quad_ahead(first, direction) - first;
        plane_behind[direction] = quad_behind(first, direction) - first;
    }

    var start = base + first;
    var row_behind: array<vec4<f32>, 2>;
    var row_here: array<vec4<f32>, 2>;
    let before = start + column + select(0u, side(axis) * QUADS, y == 0u) - QUADS;
    for (var k = 0u; k < BLOCK; k++) {
        row_behind[k] = position_before[before + k];
        row_here[k] = position_before[start + column + k];
    }
    for (var n = 0u; n < STRIP; n++) {
        let next = start + column + QUADS - select(0u, side(axis) * QUADS, y + n == last_row);
        var left = position_before[start + column_before(column)].w;
        let beyond = position_before[start + column_after(column + BLOCK)].x;
        for (var k = 0u; k < BLOCK; k++) {
            let at = start + column + k;
            let here = row_here[k];
            var slope = onsite_slopes(here, point);
            for (var direction = 0u; direction < axis; direction++) {
                slope += bond_slopes(here, position_before[at + plane_ahead[direction]], point);
                slope += bond_slopes(here, position_before[at + plane_behind[direction]], point);
            }
            let row_ahead = position_before[next + k];
            slope += bond_slopes(here, row_ahead, point) + bond_slopes(here, row_behind[k], point);
            var right = beyond;
            if k + 1u < BLOCK { right = row_here[(k + 1u) & 1u].x; }
            slope += bond_slopes(here, vec4<f32>(here.yzw, right), point);
            slope += bond_slopes(here, vec4<f32>(left, here.xyz), point);
            var pushed: vec4<f32>;
            if DRAW { pushed = drawn_momenta(chain, at - base); } else { pushed = momentum[at]; }
            pushed -= kick * slope;
            momentum[at] = pushed;
            position_after[at] = here + tick.drift * pushed;
            left = here.w;
            row_behind[k] = here;
            row_here[k] = row_ahead;
        }
        start += QUADS;
    }
}
