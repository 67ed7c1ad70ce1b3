// 32 neurons turn to their fields, all from the same amplitudes. A neuron without a field keeps its state. What is noted
// says whether a chain still moves, and whether it returns to where it was two sweeps ago.

// What a neuron's own state adds to its field: the diagonal of the couplings, taken off unless it is to be kept.
override KEEP_DIAGONAL: bool = false;

@group(1) @binding(0) var<storage, read> spins: array<u32>;
@group(1) @binding(2) var<storage, read_write> next: array<u32>;
@group(1) @binding(3) var<storage, read> previous: array<u32>;
// For each chain: neurons that differ from the state one sweep ago, and from that two sweeps ago.
@group(1) @binding(4) var<storage, read_write> changes: array<atomic<u32>>;

fn own(word: u32, nibble: u32) -> vec4<Amplitude> {
    return select(own_couplings(8u * word + nibble), vec4<Amplitude>(), KEEP_DIAGONAL);
}

// Four neurons' new bits, nibble 0 to 7 of the word.
fn aligned(
    fields: ptr<function, Fields>, sums: vec4<Amplitude>, own_field: vec4<Amplitude>, here: u32, nibble: u32,
) -> u32 {
    let signs = signs_of(here, nibble);
    let field = fields_of(fields, sums) - own_field * signs;
    let least = vec4<Amplitude>(silence());
    let up = (field > least) | ((field >= -least) & (signs > vec4<Amplitude>()));
    return packed(up, nibble);
}

fn turn(fields: ptr<function, Fields>, word: u32, chain: u32) {
    if word >= WORDS || chain >= run.chains { return; }
    (*fields).total = with_background((*fields).total);
    let index = word * chain_stride() + chain;
    let here = spins[index];
    let there = word_mask(word)
        & (aligned(fields, (*fields).sums[0], own(word, 0u), here, 0u)
            | aligned(fields, (*fields).sums[1], own(word, 1u), here, 1u)
            | aligned(fields, (*fields).sums[2], own(word, 2u), here, 2u)
            | aligned(fields, (*fields).sums[3], own(word, 3u), here, 3u)
            | aligned(fields, (*fields).sums[4], own(word, 4u), here, 4u)
            | aligned(fields, (*fields).sums[5], own(word, 5u), here, 5u)
            | aligned(fields, (*fields).sums[6], own(word, 6u), here, 6u)
            | aligned(fields, (*fields).sums[7], own(word, 7u), here, 7u));
    next[index] = there;
    let moved = countOneBits(there ^ here);
    if moved != 0u { atomicAdd(&changes[2u * chain], moved); }
    let returned = countOneBits(there ^ previous[index]);
    if returned != 0u { atomicAdd(&changes[2u * chain + 1u], returned); }
}
