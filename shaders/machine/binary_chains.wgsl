// What a step of learning takes from a machine whose units all are two-valued: the hidden means of a batch, and block Gibbs
// sweeps of the chains with the hidden means at their end, in one dispatch. Rows are independent of one another, so that a
// workgroup takes ROWS samples and ROWS chains through all of their phases, with a barrier in between.
// One invocation finds a tile of 32 rows by four units, or sixteen by eight. A load of four weights serves all rows and one
// of bits four units: 512 products from five loads, or nine (reals would take 24). Random words are those of a short stream a
// tile and phase. Phases have texts of their own, because a driver without branches would do in each what any of them needs.
//   states: the chains' hidden units, their visible units, the samples as they are dealt, each [group][unit / 4]
//   means [row][unit / 4]: of the batch, then of the chains; 0 for rows that only fill up a group
// The machine's own weights lie at the beginning of `weights`, the transposed ones at TRANSPOSED_AT.

override VISIBLE: u32 = 8; // units without padding
override HIDDEN: u32 = 8;
override VISIBLE_AT: u32 = 0;
override DATA_AT: u32 = 0;
override TRANSPOSED_AT: u32 = 0;
override DATA_GROUPS: u32 = 1; // of a batch
override CHAIN_GROUPS: u32 = 1;
override BATCH: u32 = 16; // samples, and in the last batch
override LAST_COUNT: u32 = 16;
override LAST_BATCH: u32 = 0; // its first group
override TILE_QUADS: u32 = 32 / ROWS;
override CHAINS: u32 = 0; // none: one a sample, which begins there
override SWEEPS: u32 = 1;

@group(1) @binding(0) var<storage, read_write> states: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> means: array<vec4<f32>>;
@group(2) @binding(0) var<storage, read> weights: array<vec4<f32>>;

// The shares of four units in the inputs of four others, in four rows from `row` on.
fn four_shares(units: vec4<u32>, values: mat4x4<f32>, row: u32) -> mat4x4<f32> {
    let shift = vec4<u32>(31u - row);
    return values * mat4x4<f32>(
        unit_values(units << shift),
        unit_values(units << (shift - 1u)),
        unit_values(units << (shift - 2u)),
        unit_values(units << (shift - 3u)),
    );
}

fn weight_rows(at: u32, width: u32) -> mat4x4<f32> {
    return mat4x4<f32>(weights[at], weights[at + width], weights[at + 2u * width], weights[at + 3u * width]);
}

// One layer's units given the other's, in the rows of a group.
struct Phase {
    given_at: u32,
    given_quads: u32,
    own_at: u32,
    own_quads: u32,
    units: u32, // without padding
    weights_at: u32,
    bias_at: u32,
    purpose: u32,
    sweep: u32,
    row: u32, // the first, as means and random words count rows
    alive: u32, // bits of the rows that do not only fill up the group
    kept: bool, // means
    drawn: bool, // states
}

fn conclude(input: vec4<f32>, quad: u32, row: u32, phase: Phase, generator: ptr<function, vec4<u32>>) -> vec4<u32> {
    let real = (vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(phase.units);
    let one = logistic(select(1.0, 2.0, SPINS) * input);
    if phase.kept {
        let mean = select(one, 2.0 * one - 1.0, SPINS);
        let alive = vec4<bool>(((phase.alive >> row) & 1u) == 1u);
        means[(phase.row + row) * HIDDEN_QUADS + quad] = select(vec4<f32>(), mean, real & alive);
    }
    if !phase.drawn { return vec4<u32>(); }
    return select(vec4<u32>(), vec4<u32>(1u << row), (uniforms(next_block(generator)) < one) & real);
}

fn conclude_four(
    inputs: mat4x4<f32>,
    quad: u32,
    row: u32,
    phase: Phase,
    generator: ptr<function, vec4<u32>>,
) -> vec4<u32> {
    return conclude(inputs[0], quad, row, phase, generator) | conclude(inputs[1], quad, row + 1u, phase, generator)
        | conclude(inputs[2], quad, row + 2u, phase, generator) | conclude(inputs[3], quad, row + 3u, phase, generator);
}

fn four_times(value: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(value, value, value, value);
}

// Where a group has nothing to find, the loop over tiles ends at once: lanes that are only masked would cost as much.
fn find(phase: Phase, present: bool, lane: u32) {
    let width = phase.own_quads;
    for (var quad = TILE_QUADS * lane; quad < select(0u, width, present); quad += TILE_QUADS * WORKGROUP_X) {
        let last_quad = quad + TILE_QUADS - 1u;
        let first = four_times(weights[phase.bias_at + quad]);
        let last = four_times(weights[phase.bias_at + last_quad]);
        var inputs = array<mat4x4<f32>, 8>(first, first, first, first, last, last, last, last);
        var k = 0u;
        loop {
            let units = states[phase.given_at + k];
            let left = weight_rows(phase.weights_at + 4u * k * width + quad, width);
            var right = left;
            if TILE_QUADS == 2u { right = weight_rows(phase.weights_at + 4u * k * width + last_quad, width); }
            inputs[0] += four_shares(units, left, 0u);
            inputs[1] += four_shares(units, left, 4u);
            inputs[2] += four_shares(units, left, 8u);
            inputs[3] += four_shares(units, left, 12u);
            inputs[4] += four_shares(units, right, ROWS - 16u);
            inputs[5] += four_shares(units, right, ROWS - 12u);
            inputs[6] += four_shares(units, right, ROWS - 8u);
            inputs[7] += four_shares(units, right, ROWS - 4u);
            continuing {
                k++;
                break if k >= phase.given_quads;
            }
        }
        var generator = draw(phase.purpose, quad, phase.row, phase.sweep);
        let bits = conclude_four(inputs[0], quad, 0u, phase, &generator)
            | conclude_four(inputs[1], quad, 4u, phase, &generator)
            | conclude_four(inputs[2], quad, 8u, phase, &generator)
            | conclude_four(inputs[3], quad, 12u, phase, &generator);
        let more = conclude_four(inputs[4], last_quad, ROWS - 16u, phase, &generator)
            | conclude_four(inputs[5], last_quad, ROWS - 12u, phase, &generator)
            | conclude_four(inputs[6], last_quad, ROWS - 8u, phase, &generator)
            | conclude_four(inputs[7], last_quad, ROWS - 4u, phase, &generator);
        if phase.drawn {
            if TILE_QUADS == 2u {
                states[phase.own_at + quad] = bits;
                states[phase.own_at + last_quad] = more;
            } else {
                states[phase.own_at + quad] = bits | more;
            }
        }
    }
}

@compute @workgroup_size(WORKGROUP_X)
fn binary_chains(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
    let group = tick.first / WORKGROUP_X + workgroup.x;
    let samples = select(BATCH, LAST_COUNT, tick.row == LAST_BATCH);
    let hidden_at = group * HIDDEN_QUADS;
    let visible_at = VISIBLE_AT + group * VISIBLE_QUADS;
    let biases_at = 4u * VISIBLE_QUADS * HIDDEN_QUADS;

    var up: Phase;
    up.given_at = DATA_AT + (tick.row + group) * VISIBLE_QUADS;
    up.given_quads = VISIBLE_QUADS;
    up.own_at = hidden_at;
    up.own_quads = HIDDEN_QUADS;
    up.units = HIDDEN;
    up.weights_at = 0u;
    up.bias_at = biases_at + VISIBLE_QUADS;
    up.purpose = PURPOSE_HIDDEN;
    up.sweep = 0u;
    up.row = ROWS * group;
    up.alive = rows_below(samples, group);
    up.kept = true;
    up.drawn = CHAINS == 0u;
    find(up, group < DATA_GROUPS, lane.x);

    up.given_at = visible_at;
    up.row = ROWS * (DATA_GROUPS + group);
    up.alive = rows_below(select(CHAINS, samples, CHAINS == 0u), group);
    up.drawn = true;
    var down = up;
    down.given_at = hidden_at;
    down.given_quads = HIDDEN_QUADS;
    down.own_at = visible_at;
    down.own_quads = VISIBLE_QUADS;
    down.units = VISIBLE;
    down.weights_at = TRANSPOSED_AT;
    down.bias_at = biases_at;
    down.purpose = PURPOSE_VISIBLE;
    down.kept = false;
    let chained = group < CHAIN_GROUPS;
    loop {
        storageBarrier();
        workgroupBarrier();
        up.sweep++;
        down.sweep = up.sweep;
        find(down, chained, lane.x);
        storageBarrier();
        workgroupBarrier();
        find(up, chained, lane.x);
        continuing {
            break if up.sweep >= SWEEPS;
        }
    }
}
