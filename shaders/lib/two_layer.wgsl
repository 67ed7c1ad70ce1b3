// Neurons against stored patterns, both as bits. A word holds 32 neurons, bit 1 for +1; padding is 0 in both, so it never
// counts as a mismatch. Four patterns, or four chains, are neighbours in memory, to be loaded as one vec4:
//   patterns  [word][pattern]     bits      overlaps [pattern / 4][chain]   four patterns' overlaps
//   spins     [word][chain]       bits
// The matrix of couplings is never formed: J s = (1/N) sum_mu xi^mu (xi^mu . s).

override NEURONS: u32 = 1;
override WORDS: u32 = 1;
override PATTERNS: u32 = 1;
override QUADS: u32 = 1; // patterns / 4, rounded up

// Which of a quad's patterns there are.
fn stored(quad: u32) -> vec4<bool> {
    return (vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(PATTERNS);
}

// Chains are padded to whole quads as well.
fn chain_stride() -> u32 {
    return (run.chains + 3u) & ~3u;
}
