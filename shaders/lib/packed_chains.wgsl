// Whose bits are whose: the chains of a block, one after another.

fn chains_of_block() -> u32 { return 128u / FOLDS; }

// All bits of one of them.
fn mask_of(slot: u32) -> vec4<u32> {
    if FOLDS == 128u { return vec4<u32>(0xffffffffu); }
    if FOLDS == 64u { return select(vec4<u32>(0xffffffffu, 0xffffffffu, 0u, 0u), vec4<u32>(0u, 0u, 0xffffffffu, 0xffffffffu), slot == 1u); }
    let a_word = 32u / FIELD_BITS;
    let bits = select((1u << (FIELD_BITS & 31u)) - 1u, 0xffffffffu, FIELD_BITS == 32u) << ((slot % a_word) * FIELD_BITS);
    return select(vec4<u32>(), vec4<u32>(bits), vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(slot / a_word));
}

// The bit of one fold.
fn mask_of_fold(slot: u32, fold: u32) -> vec4<u32> {
    let words = max(FOLDS / 32u, 1u);
    let place = slot * FIELD_BITS + fold;
    let word = select(place / 32u, slot * words + fold % words, words > 1u);
    let bit = select(place % 32u, fold / words, words > 1u);
    return select(vec4<u32>(), vec4<u32>(1u << bit), vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(word));
}
