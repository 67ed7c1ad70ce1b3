// One step up the gradient of the log-likelihood, as `learn`, of a machine whose units all are two-valued: visible units are
// bits, hidden ones count with their means. One invocation owns a tile of sixteen visible by eight hidden units; the first
// tile of a row or column owns its biases as well. Two loads of four means serve sixteen visible units: 128 products.

override VISIBLE: u32 = 8; // units without padding
override VISIBLE_AT: u32 = 0;
override DATA_AT: u32 = 0;
override DATA_GROUPS: u32 = 1; // of a batch
override CHAIN_GROUPS: u32 = 1;
override BATCH: u32 = 16; // samples, and in the last batch
override LAST_COUNT: u32 = 16;
override LAST_BATCH: u32 = 0; // its first group
override CHAINS: u32 = 0; // none: one a sample

@group(1) @binding(0) var<storage, read> states: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read> means: array<vec4<f32>>;

// Means of four hidden units in one row, times each of four visible units.
fn products(units: vec4<u32>, means: vec4<f32>) -> mat4x4<f32> {
    let chosen = highest(units);
    return mat4x4<f32>(
        times_unit(means, chosen.x),
        times_unit(means, chosen.y),
        times_unit(means, chosen.z),
        times_unit(means, chosen.w),
    );
}

// The sum over rows of four units' values.
fn total(units: vec4<u32>, alive: u32) -> vec4<f32> {
    let ones = vec4<f32>(countOneBits(units & vec4<u32>(alive)));
    if SPINS { return 2.0 * ones - vec4<f32>(f32(countOneBits(alive))); }
    return ones;
}

// Without what spins of value -1 would add where there is only padding.
fn real_units(unit: u32) -> vec4<bool> {
    return (vec4<u32>(unit) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(VISIBLE);
}

fn real_rows(rows: mat4x4<f32>, unit: u32) -> mat4x4<f32> {
    let real = select(vec4<f32>(), vec4<f32>(1.0), real_units(unit));
    return mat4x4<f32>(rows[0] * real.x, rows[1] * real.y, rows[2] * real.z, rows[3] * real.w);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn binary_learn(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let columns = HIDDEN_QUADS / 2u;
    let i = 4u * (index / columns);
    let j = 2u * (index % columns);
    // Layers of an odd number of eights end in half a tile, which counts its first half twice and writes it once.
    let half = select(0u, 2u, i + 2u < VISIBLE_QUADS);
    let samples = select(BATCH, LAST_COUNT, tick.row == LAST_BATCH);
    let chains = select(CHAINS, samples, CHAINS == 0u);
    var slopes = array<mat4x4<f32>, 8>();
    var of_visible = array<vec4<f32>, 4>();
    var of_hidden = array<vec4<f32>, 2>();
    var group = 0u;
    loop {
        let of_chains = group >= DATA_GROUPS;
        let own = select(group, group - DATA_GROUPS, of_chains);
        let at = select(DATA_AT + (tick.row + own) * VISIBLE_QUADS, VISIBLE_AT + own * VISIBLE_QUADS, of_chains) + i;
        let share = select(1.0 / f32(samples), -1.0 / f32(chains), of_chains);
        let alive = rows_below(select(samples, chains, of_chains), own);
        var a = states[at];
        var b = states[at + 1u];
        var c = states[at + half];
        var d = states[at + half + 1u];
        of_visible[0] += share * total(a, alive);
        of_visible[1] += share * total(b, alive);
        of_visible[2] += share * total(c, alive);
        of_visible[3] += share * total(d, alive);
        a <<= vec4<u32>(32u - ROWS);
        b <<= vec4<u32>(32u - ROWS);
        c <<= vec4<u32>(32u - ROWS);
        d <<= vec4<u32>(32u - ROWS);
        var row = ROWS * group + ROWS;
        loop {
            row--;
            let left = share * means[row * HIDDEN_QUADS + j];
            let right = share * means[row * HIDDEN_QUADS + j + 1u];
            of_hidden[0] += left;
            of_hidden[1] += right;
            slopes[0] += products(a, left);
            slopes[1] += products(b, left);
            slopes[2] += products(c, left);
            slopes[3] += products(d, left);
            slopes[4] += products(a, right);
            slopes[5] += products(b, right);
            slopes[6] += products(c, right);
            slopes[7] += products(d, right);
            a <<= vec4<u32>(1u);
            b <<= vec4<u32>(1u);
            c <<= vec4<u32>(1u);
            d <<= vec4<u32>(1u);
            continuing {
                break if row <= ROWS * group;
            }
        }
        continuing {
            group++;
            break if group >= DATA_GROUPS + CHAIN_GROUPS;
        }
    }
    let unit = 4u * i;
    improve_four(unit, j, real_rows(slopes[0], unit));
    improve_four(unit + 4u, j, real_rows(slopes[1], unit + 4u));
    improve_four(unit, j + 1u, real_rows(slopes[4], unit));
    improve_four(unit + 4u, j + 1u, real_rows(slopes[5], unit + 4u));
    if half > 0u {
        improve_four(unit + 8u, j, real_rows(slopes[2], unit + 8u));
        improve_four(unit + 12u, j, real_rows(slopes[3], unit + 12u));
        improve_four(unit + 8u, j + 1u, real_rows(slopes[6], unit + 8u));
        improve_four(unit + 12u, j + 1u, real_rows(slopes[7], unit + 12u));
    }
    if j == 0u {
        for (var quad = 0u; quad < 2u + half; quad++) {
            improve_visible_bias(i + quad, select(vec4<f32>(), of_visible[quad], real_units(4u * (i + quad))));
        }
    }
    if i == 0u {
        improve_hidden_bias(j, of_hidden[0]);
        improve_hidden_bias(j + 1u, of_hidden[1]);
    }
}
