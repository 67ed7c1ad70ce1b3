// One step up the gradient of the log-likelihood, as `learn`, of a machine whose units all are two-valued: visible units are
// bits, hidden ones count with their means. One invocation owns a tile of 32 visible by four hidden units; the first tile of
// a row or column owns its biases as well. Four loads of four means serve 32 visible units: 512 products.

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

// Sums over four rows, which the highest bits of visible units are, of their products with four hidden means.
fn products(units: vec4<u32>, means: mat4x4<f32>) -> mat4x4<f32> {
    let rows = vec4<u32>(0u, 1u, 2u, 3u);
    return means * mat4x4<f32>(
        unit_values(vec4<u32>(units.x) << rows),
        unit_values(vec4<u32>(units.y) << rows),
        unit_values(vec4<u32>(units.z) << rows),
        unit_values(vec4<u32>(units.w) << rows),
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

// Quad `quad` of a tile that begins at quad `i`. The last tile may have fewer than eight: it counts its last one again.
fn within(i: u32, quad: u32) -> u32 {
    return min(i + quad, VISIBLE_QUADS - 1u);
}

fn improve_quad(i: u32, quad: u32, j: u32, slopes: mat4x4<f32>, of_visible: vec4<f32>) {
    if i + quad >= VISIBLE_QUADS { return; }
    let unit = 4u * (i + quad);
    improve_four(unit, j, real_rows(slopes, unit));
    if j == 0u { improve_visible_bias(i + quad, select(vec4<f32>(), of_visible, real_units(unit))); }
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn binary_learn(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let i = 8u * (index / HIDDEN_QUADS);
    let j = index % HIDDEN_QUADS;
    let samples = select(BATCH, LAST_COUNT, tick.row == LAST_BATCH);
    let chains = select(CHAINS, samples, CHAINS == 0u);
    var slopes = array<mat4x4<f32>, 8>();
    var of_visible = array<vec4<f32>, 8>();
    var of_hidden = vec4<f32>();
    var group = 0u;
    loop {
        let of_chains = group >= DATA_GROUPS;
        let own = select(group, group - DATA_GROUPS, of_chains);
        let at = select(DATA_AT + (tick.row + own) * VISIBLE_QUADS, VISIBLE_AT + own * VISIBLE_QUADS, of_chains);
        let share = select(1.0 / f32(samples), -1.0 / f32(chains), of_chains);
        let alive = rows_below(select(samples, chains, of_chains), own);
        var a = states[at + within(i, 0u)];
        var b = states[at + within(i, 1u)];
        var c = states[at + within(i, 2u)];
        var d = states[at + within(i, 3u)];
        var e = states[at + within(i, 4u)];
        var f = states[at + within(i, 5u)];
        var g = states[at + within(i, 6u)];
        var h = states[at + within(i, 7u)];
        of_visible[0] += share * total(a, alive);
        of_visible[1] += share * total(b, alive);
        of_visible[2] += share * total(c, alive);
        of_visible[3] += share * total(d, alive);
        of_visible[4] += share * total(e, alive);
        of_visible[5] += share * total(f, alive);
        of_visible[6] += share * total(g, alive);
        of_visible[7] += share * total(h, alive);
        a <<= vec4<u32>(32u - ROWS);
        b <<= vec4<u32>(32u - ROWS);
        c <<= vec4<u32>(32u - ROWS);
        d <<= vec4<u32>(32u - ROWS);
        e <<= vec4<u32>(32u - ROWS);
        f <<= vec4<u32>(32u - ROWS);
        g <<= vec4<u32>(32u - ROWS);
        h <<= vec4<u32>(32u - ROWS);
        var row = ROWS * group + ROWS;
        loop {
            row -= 4u;
            let mean_at = row * HIDDEN_QUADS + j;
            let mean = share * mat4x4<f32>(
                means[mean_at + 3u * HIDDEN_QUADS],
                means[mean_at + 2u * HIDDEN_QUADS],
                means[mean_at + HIDDEN_QUADS],
                means[mean_at],
            );
            of_hidden += mean[0] + mean[1] + mean[2] + mean[3];
            slopes[0] += products(a, mean);
            slopes[1] += products(b, mean);
            slopes[2] += products(c, mean);
            slopes[3] += products(d, mean);
            slopes[4] += products(e, mean);
            slopes[5] += products(f, mean);
            slopes[6] += products(g, mean);
            slopes[7] += products(h, mean);
            a <<= vec4<u32>(4u);
            b <<= vec4<u32>(4u);
            c <<= vec4<u32>(4u);
            d <<= vec4<u32>(4u);
            e <<= vec4<u32>(4u);
            f <<= vec4<u32>(4u);
            g <<= vec4<u32>(4u);
            h <<= vec4<u32>(4u);
            continuing {
                break if row <= ROWS * group;
            }
        }
        continuing {
            group++;
            break if group >= DATA_GROUPS + CHAIN_GROUPS;
        }
    }
    improve_quad(i, 0u, j, slopes[0], of_visible[0]);
    improve_quad(i, 1u, j, slopes[1], of_visible[1]);
    improve_quad(i, 2u, j, slopes[2], of_visible[2]);
    improve_quad(i, 3u, j, slopes[3], of_visible[3]);
    improve_quad(i, 4u, j, slopes[4], of_visible[4]);
    improve_quad(i, 5u, j, slopes[5], of_visible[5]);
    improve_quad(i, 6u, j, slopes[6], of_visible[6]);
    improve_quad(i, 7u, j, slopes[7], of_visible[7]);
    if i == 0u { improve_hidden_bias(j, of_hidden); }
}
