// One invocation correlates the residuals of four neurons with eight of the units that drive them, over a block of ticks:
// sum_a r_i(a) d_j(a), the derivative of the log-likelihood by a coupling. A word and a vec4 are loaded for 32 products.

override NEURONS: u32 = 1;
override QUADS: u32 = 1;
// Words of a tick.
override UNIT_WORDS: u32 = 1;
override BLOCK_TICKS: u32 = 32;
override BLOCKS_A_CHUNK: u32 = 1;
// Rows of sums a block.
override ROWS: u32 = 3;

// [tick][unit / 32]
@group(1) @binding(0) var<storage, read> drives_by_tick: array<u32>;
// [neuron / 4][tick of the chunk]
@group(1) @binding(1) var<storage, read> residuals: array<vec4<f32>>;
// [block][row][neuron / 4]
@group(1) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn pair_gradient(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let octets = NEURONS / 8u + 1u;
    let octet = index % octets;
    let quad = index / octets % QUADS;
    let block = index / (octets * QUADS);
    let global = tick.part * BLOCKS_A_CHUNK + block;
    let shift = 8u * (octet % 4u);
    let residual_at = (quad * BLOCKS_A_CHUNK + block) * BLOCK_TICKS;
    let drive_at = global * BLOCK_TICKS * UNIT_WORDS + octet / 4u;
    var sum: array<vec4<f32>, 8>;
    for (var a = 0u; a < BLOCK_TICKS; a++) {
        let drive = drives_by_tick[drive_at + a * UNIT_WORDS] >> shift;
        let residual = residuals[residual_at + a];
        sum[0] += bit(drive, 0u) * residual;
        sum[1] += bit(drive, 1u) * residual;
        sum[2] += bit(drive, 2u) * residual;
        sum[3] += bit(drive, 3u) * residual;
        sum[4] += bit(drive, 4u) * residual;
        sum[5] += bit(drive, 5u) * residual;
        sum[6] += bit(drive, 6u) * residual;
        sum[7] += bit(drive, 7u) * residual;
    }
    let unit = 8u * octet;
    let at = (global * ROWS + unit) * QUADS + quad;
    sums[at] = sum[0];
    if unit + 1u <= NEURONS { sums[at + QUADS] = sum[1]; }
    if unit + 2u <= NEURONS { sums[at + 2u * QUADS] = sum[2]; }
    if unit + 3u <= NEURONS { sums[at + 3u * QUADS] = sum[3]; }
    if unit + 4u <= NEURONS { sums[at + 4u * QUADS] = sum[4]; }
    if unit + 5u <= NEURONS { sums[at + 5u * QUADS] = sum[5]; }
    if unit + 6u <= NEURONS { sums[at + 6u * QUADS] = sum[6]; }
    if unit + 7u <= NEURONS { sums[at + 7u * QUADS] = sum[7]; }
}
