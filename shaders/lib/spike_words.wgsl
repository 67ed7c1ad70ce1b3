// Spike trains of four neurons, 32 ticks a word: a word, and the same ticks some lag (1 to 31) earlier and later.

// Words of a row; the first one is silent, and so is the last.
override STRIDE: u32 = 3;
// 0: a neuron feels its own later ticks as well.
override CAUSAL: u32 = 0;

// [neuron][word], tick t in bit t % 32
@group(1) @binding(0) var<storage, read> fires: array<u32>;

struct SpikeWords {
    before: vec4<u32>,
    here: vec4<u32>,
    after: vec4<u32>,
}

fn words_at(at: u32) -> vec4<u32> {
    return vec4<u32>(fires[at], fires[at + STRIDE], fires[at + 2u * STRIDE], fires[at + 3u * STRIDE]);
}

fn spike_words(quad: u32, word: u32) -> SpikeWords {
    let at = 4u * quad * STRIDE + word;
    var after = vec4<u32>();
    if CAUSAL == 0u { after = words_at(at + 1u); }
    return SpikeWords(words_at(at - 1u), words_at(at), after);
}

fn earlier(words: SpikeWords, lag: u32) -> vec4<u32> {
    return (words.here << vec4<u32>(lag)) | (words.before >> vec4<u32>(32u - lag));
}

fn later(words: SpikeWords, lag: u32) -> vec4<u32> {
    if CAUSAL != 0u { return vec4<u32>(); }
    return (words.here >> vec4<u32>(lag)) | (words.after << vec4<u32>(32u - lag));
}
