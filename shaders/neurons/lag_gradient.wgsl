// One invocation sums over a block of ticks what belongs to four neurons alone: at lag 0 their log-likelihoods, beyond that
// sum_a r_i(a) (f_i(a-k) + f_i(a+k)), the derivative by a time coupling.

override NEURONS: u32 = 1;
override QUADS: u32 = 1;
override LAGS: u32 = 0;
override BLOCK_TICKS: u32 = 32;
override BLOCKS_A_CHUNK: u32 = 1;
override ROWS: u32 = 3;

// [neuron / 4][tick of the chunk]
@group(1) @binding(1) var<storage, read> residuals: array<vec4<f32>>;
// [neuron / 4][eight ticks of the chunk]
@group(1) @binding(2) var<storage, read> likelihoods: array<vec4<f32>>;
// [block][row][neuron / 4]
@group(1) @binding(3) var<storage, read_write> sums: array<vec4<f32>>;

// The sum over the ticks of a word.
fn lagged(quad: u32, word: u32, lag: u32, residual_at: u32) -> vec4<f32> {
    let words = spike_words(quad, word);
    var past = earlier(words, lag);
    var future = later(words, lag);
    var sum = vec4<f32>();
    for (var a = 0u; a < 32u; a++) {
        sum += vec4<f32>((past & vec4<u32>(1u)) + (future & vec4<u32>(1u))) * residuals[residual_at + a];
        past >>= vec4<u32>(1u);
        future >>= vec4<u32>(1u);
    }
    return sum;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn lag_gradient(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let quad = index % QUADS;
    let lag = index / QUADS % (LAGS + 1u);
    let block = index / (QUADS * (LAGS + 1u));
    let global = tick.part * BLOCKS_A_CHUNK + block;
    let residual_at = (quad * BLOCKS_A_CHUNK + block) * BLOCK_TICKS;
    var sum = vec4<f32>();
    if lag == 0u {
        for (var octet = 0u; octet < BLOCK_TICKS / 8u; octet++) { sum += likelihoods[residual_at / 8u + octet]; }
    } else {
        let word = 1u + global * (BLOCK_TICKS / 32u);
        for (var step = 0u; step < BLOCK_TICKS / 32u; step++) {
            sum += lagged(quad, word + step, lag, residual_at + 32u * step);
        }
    }
    sums[(global * ROWS + NEURONS + 1u + lag) * QUADS + quad] = sum;
}
