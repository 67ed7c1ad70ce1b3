// What a step of learning takes from a machine whose units all are two-valued: the hidden means of a batch, and block Gibbs
// sweeps of the chains with the hidden means at their end, in one dispatch. Rows are independent of one another, so that a
// workgroup takes sixteen of them through all of its phases, with a barrier in between: phase 0 finds the hidden units of
// the samples, odd phases the visible and even ones the hidden units of the chains.
// One invocation finds a tile of sixteen rows by eight units. A load of four weights serves all rows and one of bits four
// units, 512 products from nine loads (sixteen rows of reals would take 24), and a product is an `and`.
//   states: the chains' hidden units, their visible units, the samples as they are dealt, each [group][unit / 4]
//   means [row][unit / 4]: of the batch, then of the chains; 0 for rows that only fill up a group
// The machine's own weights lie at the beginning of `weights`, the transposed ones at TRANSPOSED_AT.

override VISIBLE: u32 = 8; // units without padding
override HIDDEN: u32 = 8;
override VISIBLE_AT: u32 = 0;
override DATA_AT: u32 = 0;
override TRANSPOSED_AT: u32 = 0;
override DATA_GROUPS: u32 = 1; // of a batch
override GROUPS: u32 = 1; // of the batch and of the chains
override BATCH: u32 = 16; // samples, and in the last batch
override LAST_COUNT: u32 = 16;
override LAST_BATCH: u32 = 0; // its first group
override CHAINS: u32 = 0; // none: one a sample, which begins there
override SWEEPS: u32 = 1;

@group(1) @binding(0) var<storage, read_write> states: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> means: array<vec4<f32>>;
@group(2) @binding(0) var<storage, read> weights: array<vec4<f32>>;

// One unit's share in the inputs of four others, in four rows from `row` on.
fn shares(unit: u32, values: vec4<f32>, row: u32) -> mat4x4<f32> {
    let rows = highest(vec4<u32>(unit) << (vec4<u32>(31u - row) - vec4<u32>(0u, 1u, 2u, 3u)));
    return mat4x4<f32>(
        times_unit(values, rows.x),
        times_unit(values, rows.y),
        times_unit(values, rows.z),
        times_unit(values, rows.w),
    );
}

fn four_shares(units: vec4<u32>, values: mat4x4<f32>, row: u32) -> mat4x4<f32> {
    return shares(units.x, values[0], row) + shares(units.y, values[1], row)
        + shares(units.z, values[2], row) + shares(units.w, values[3], row);
}

fn weight_rows(at: u32, width: u32) -> mat4x4<f32> {
    return mat4x4<f32>(weights[at], weights[at + width], weights[at + 2u * width], weights[at + 3u * width]);
}

// What a phase finds.
struct Found {
    row: u32, // the first, as random words count rows
    alive: u32, // bits of the rows that do not only fill up the group
    purpose: u32,
    sweep: u32,
    units: u32, // without padding
    kept: bool,
    kept_at: u32,
}

fn conclude(input: vec4<f32>, quad: u32, row: u32, found: Found) -> vec4<u32> {
    let real = (vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(found.units);
    let one = logistic(select(1.0, 2.0, SPINS) * input);
    if found.kept {
        let mean = select(one, 2.0 * one - 1.0, SPINS);
        let alive = vec4<bool>(((found.alive >> row) & 1u) == 1u);
        means[found.kept_at + row * HIDDEN_QUADS + quad] = select(vec4<f32>(), mean, real & alive);
    }
    let drawn = uniforms(draw(found.purpose, quad, found.row + row, found.sweep)) < one;
    return select(vec4<u32>(), vec4<u32>(1u << row), drawn & real);
}

fn conclude_four(sums: mat4x4<f32>, bias: vec4<f32>, quad: u32, row: u32, found: Found) -> vec4<u32> {
    return conclude(sums[0] + bias, quad, row, found) | conclude(sums[1] + bias, quad, row + 1u, found)
        | conclude(sums[2] + bias, quad, row + 2u, found) | conclude(sums[3] + bias, quad, row + 3u, found);
}

@compute @workgroup_size(WORKGROUP_X)
fn binary_chains(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
    // Groups of samples and of chains take turns: they have more and less to do, and cores take neighbours.
    let place = tick.first / WORKGROUP_X + workgroup.x;
    let before = place * DATA_GROUPS / GROUPS;
    let of_data = CHAINS > 0u && (place + 1u) * DATA_GROUPS / GROUPS > before;
    let of_chains = CHAINS > 0u && !of_data;
    let group = select(place - before, before, of_data || CHAINS == 0u);
    let samples = select(BATCH, LAST_COUNT, tick.row == LAST_BATCH);
    let alive = rows_below(select(samples, CHAINS, of_chains), group);
    var phase = select(0u, 1u, of_chains);
    let last = select(2u * SWEEPS, 0u, of_data);
    loop {
        let up = phase % 2u == 0u;
        let own = select(VISIBLE_AT + group * VISIBLE_QUADS, group * HIDDEN_QUADS, up);
        let other = select(group * HIDDEN_QUADS, VISIBLE_AT + group * VISIBLE_QUADS, up);
        let given_at = select(other, DATA_AT + (tick.row + group) * VISIBLE_QUADS, phase == 0u);
        let given_quads = select(HIDDEN_QUADS, VISIBLE_QUADS, up);
        let found_quads = select(VISIBLE_QUADS, HIDDEN_QUADS, up);
        let weights_at = select(TRANSPOSED_AT, 0u, up);
        let bias_at = 4u * VISIBLE_QUADS * HIDDEN_QUADS + select(0u, VISIBLE_QUADS, up);
        // The means of chains come after those of the batch.
        let kept_group = select(DATA_GROUPS + group, group, phase == 0u);
        var found: Found;
        found.row = ROWS * kept_group;
        found.alive = alive;
        found.purpose = select(PURPOSE_VISIBLE, PURPOSE_HIDDEN, up);
        found.sweep = (phase + 1u) / 2u;
        found.units = select(VISIBLE, HIDDEN, up);
        found.kept = up && (phase == 0u || phase == last);
        found.kept_at = ROWS * kept_group * HIDDEN_QUADS;
        for (var quad = 2u * lane.x; quad < found_quads; quad += 2u * WORKGROUP_X) {
            var sums = array<mat4x4<f32>, 8>();
            var k = 0u;
            loop {
                let units = states[given_at + k];
                let left = weight_rows(weights_at + 4u * k * found_quads + quad, found_quads);
                sums[0] += four_shares(units, left, 0u);
                sums[1] += four_shares(units, left, 4u);
                sums[2] += four_shares(units, left, 8u);
                sums[3] += four_shares(units, left, 12u);
                let right = weight_rows(weights_at + 4u * k * found_quads + quad + 1u, found_quads);
                sums[4] += four_shares(units, right, 0u);
                sums[5] += four_shares(units, right, 4u);
                sums[6] += four_shares(units, right, 8u);
                sums[7] += four_shares(units, right, 12u);
                continuing {
                    k++;
                    break if k >= given_quads;
                }
            }
            let first = weights[bias_at + quad];
            let bits = conclude_four(sums[0], first, quad, 0u, found) | conclude_four(sums[1], first, quad, 4u, found)
                | conclude_four(sums[2], first, quad, 8u, found) | conclude_four(sums[3], first, quad, 12u, found);
            let second = weights[bias_at + quad + 1u];
            let more = conclude_four(sums[4], second, quad + 1u, 0u, found)
                | conclude_four(sums[5], second, quad + 1u, 4u, found)
                | conclude_four(sums[6], second, quad + 1u, 8u, found)
                | conclude_four(sums[7], second, quad + 1u, 12u, found);
            if !of_data {
                states[own + quad] = bits;
                states[own + quad + 1u] = more;
            }
        }
        storageBarrier();
        workgroupBarrier();
        continuing {
            phase++;
            break if phase > last;
        }
    }
}
