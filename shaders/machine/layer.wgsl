// The units of one layer given those of the other, for many rows (chains or data) at once: the product of the rows with the
// weights, and what the units make of their inputs, in one kernel. Both directions are this text: down with the transposed
// weights. One invocation finds a tile of eight rows by eight units as four products of 4 x 4 matrices a step, 512 products
// from 16 loads of four; loads bind on software adapters.
//   given  [row][unit / 4]    weights [given unit][found unit / 4]    found, kept, held [row][unit / 4]
// Units are padded to multiples of eight; padding is 0 in every row.
// Rows come in two parts: the first SPLIT are data, from row `tick.row` on; the rest are chains.
// At inverse temperature s the input is x = s (bias + sum) + (1 - s) base: s = 1 is the machine, s = 0 independent units.

override GIVEN_QUADS: u32 = 2;
override WEIGHTS_AT: u32 = 0;
override BIAS_AT: u32 = 0;
override SPLIT: u32 = 0; // a multiple of 8
override GIVEN_AT: u32 = 0; // the first chain among the given rows

@group(1) @binding(0) var<storage, read> given: array<vec4<f32>>;
// Each chain's factor of s, four chains.
@group(1) @binding(3) var<storage, read> scales: array<vec4<f32>>;
@group(2) @binding(0) var<storage, read> weights: array<vec4<f32>>;

fn given_rows(row: u32, quad: u32) -> mat4x4<f32> {
    let at = row * GIVEN_QUADS + quad;
    return mat4x4<f32>(given[at], given[at + GIVEN_QUADS], given[at + 2u * GIVEN_QUADS], given[at + 3u * GIVEN_QUADS]);
}

fn weight_rows(unit: u32, quad: u32) -> mat4x4<f32> {
    let at = WEIGHTS_AT + unit * FOUND_QUADS + quad;
    return mat4x4<f32>(weights[at], weights[at + FOUND_QUADS], weights[at + 2u * FOUND_QUADS], weights[at + 3u * FOUND_QUADS]);
}

fn conclude(total: vec4<f32>, row: u32, quad: u32, scale: f32) {
    make_units(total + biases[BIAS_AT + quad], row, quad, scale);
}

fn conclude_four(totals: mat4x4<f32>, row: u32, quad: u32, scale: vec4<f32>) {
    conclude(totals[0], row, quad, scale.x);
    conclude(totals[1], row + 1u, quad, scale.y);
    conclude(totals[2], row + 2u, quad, scale.z);
    conclude(totals[3], row + 3u, quad, scale.w);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn layer(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let columns = FOUND_QUADS / 2u;
    let row = 8u * (index / columns);
    let quad = 2u * (index % columns);
    let chain = max(row, SPLIT) - SPLIT;
    let source = select(GIVEN_AT + chain, tick.row + row, row < SPLIT);
    var sums = array<mat4x4<f32>, 4>();
    var k = 0u;
    loop {
        let first = given_rows(source, k);
        let second = given_rows(source + 4u, k);
        let left = weight_rows(4u * k, quad);
        let right = weight_rows(4u * k, quad + 1u);
        sums[0] += left * first;
        sums[1] += left * second;
        sums[2] += right * first;
        sums[3] += right * second;
        continuing {
            k++;
            break if k >= GIVEN_QUADS;
        }
    }
    var first = vec4<f32>(1.0);
    var second = vec4<f32>(1.0);
    if row >= SPLIT {
        first = scales[chain / 4u];
        second = scales[chain / 4u + 1u];
    }
    conclude_four(sums[0], row, quad, first);
    conclude_four(sums[1], row + 4u, quad, second);
    conclude_four(sums[2], row, quad + 1u, first);
    conclude_four(sums[3], row + 4u, quad + 1u, second);
}
