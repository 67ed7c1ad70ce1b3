// One invocation finds, for four neurons at eight ticks in turn, the logits given everything else, and from them residuals
// and log-likelihoods: z = sum_j J_j d_j + h + sum_k K_k (f(a-k) + f(a+k)), r = f - 1/(1 + e^-z), l = f z - ln(1 + e^z).
// What drives the neurons are bits, one unit more than there are neurons: the last one always fires where the tick counts, and
// its coupling is the input h. Per unit a word and a vec4 of couplings are loaded for 32 products.

override NEURONS: u32 = 1;
override QUADS: u32 = 1;
override LAGS: u32 = 0;
override CHUNK_WORDS: u32 = 1;

// [unit][word], tick t in bit t % 32
@group(1) @binding(1) var<storage, read> drives: array<u32>;
// [unit, then lag][neuron / 4]
@group(1) @binding(2) var<storage, read> couplings: array<vec4<f32>>;
// [neuron / 4][tick of the chunk]
@group(1) @binding(3) var<storage, read_write> residuals: array<vec4<f32>>;
// [neuron / 4][eight ticks of the chunk]
@group(1) @binding(4) var<storage, read_write> likelihoods: array<vec4<f32>>;

// ln(1 + x) for x from 0 to 1 by the series of the inverse hyperbolic tangent: what drivers promise of log near 1 is too little
// for probabilities that are near 1.
fn log_of_one_and(x: vec4<f32>) -> vec4<f32> {
    let t = x / (2.0 + x);
    let s = t * t;
    return 2.0 * t * (1.0 + s * (1.0 / 3.0 + s * (0.2 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s * (1.0 / 11.0 + s / 13.0))))));
}

// Writes the residual, and returns the log-likelihood.
fn judge(at: u32, logit: vec4<f32>, fired: vec4<f32>, counts: f32) -> vec4<f32> {
    let small = exp(-abs(logit));
    let likely = select(small, vec4<f32>(1.0), logit >= vec4<f32>()) / (1.0 + small);
    residuals[at] = counts * (fired - likely);
    return counts * (fired * logit - max(logit, vec4<f32>()) - log_of_one_and(small));
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn pseudo_residuals(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let octet = index % (4u * CHUNK_WORDS);
    let quad = index / (4u * CHUNK_WORDS);
    let word = 1u + tick.part * CHUNK_WORDS + octet / 4u;
    let shift = 8u * (octet % 4u);
    var z: array<vec4<f32>, 8>;
    for (var unit = 0u; unit <= NEURONS; unit++) {
        let drive = drives[unit * STRIDE + word] >> shift;
        let coupling = couplings[unit * QUADS + quad];
        z[0] += bit(drive, 0u) * coupling;
        z[1] += bit(drive, 1u) * coupling;
        z[2] += bit(drive, 2u) * coupling;
        z[3] += bit(drive, 3u) * coupling;
        z[4] += bit(drive, 4u) * coupling;
        z[5] += bit(drive, 5u) * coupling;
        z[6] += bit(drive, 6u) * coupling;
        z[7] += bit(drive, 7u) * coupling;
    }
    let words = spike_words(quad, word);
    for (var lag = 1u; lag <= LAGS; lag++) {
        let past = earlier(words, lag) >> vec4<u32>(shift);
        let future = later(words, lag) >> vec4<u32>(shift);
        let coupling = couplings[(NEURONS + lag) * QUADS + quad];
        z[0] += (bits(past, 0u) + bits(future, 0u)) * coupling;
        z[1] += (bits(past, 1u) + bits(future, 1u)) * coupling;
        z[2] += (bits(past, 2u) + bits(future, 2u)) * coupling;
        z[3] += (bits(past, 3u) + bits(future, 3u)) * coupling;
        z[4] += (bits(past, 4u) + bits(future, 4u)) * coupling;
        z[5] += (bits(past, 5u) + bits(future, 5u)) * coupling;
        z[6] += (bits(past, 6u) + bits(future, 6u)) * coupling;
        z[7] += (bits(past, 7u) + bits(future, 7u)) * coupling;
    }
    let fired = words.here >> vec4<u32>(shift);
    let counts = drives[NEURONS * STRIDE + word] >> shift;
    let at = 8u * index;
    var total = judge(at, z[0], bits(fired, 0u), bit(counts, 0u));
    total += judge(at + 1u, z[1], bits(fired, 1u), bit(counts, 1u));
    total += judge(at + 2u, z[2], bits(fired, 2u), bit(counts, 2u));
    total += judge(at + 3u, z[3], bits(fired, 3u), bit(counts, 3u));
    total += judge(at + 4u, z[4], bits(fired, 4u), bit(counts, 4u));
    total += judge(at + 5u, z[5], bits(fired, 5u), bit(counts, 5u));
    total += judge(at + 6u, z[6], bits(fired, 6u), bit(counts, 6u));
    total += judge(at + 7u, z[7], bits(fired, 7u), bit(counts, 7u));
    likelihoods[index] = total;
}
