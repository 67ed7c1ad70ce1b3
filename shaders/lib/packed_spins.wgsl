// The spins as they are, or what the two replicas of a pair have in common: 1 where their spins agree. Chains 2 k and
// 2 k + 1 lie side by side.

override PAIRED: bool = false;
override EVEN_FIELDS: u32 = 0; // all bits of every other chain in a word, from the lowest on

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>;

fn partner_of(at: u32, here: vec4<u32>) -> vec4<u32> {
    if FOLDS == 128u { return spins[at ^ 1u]; }
    if FOLDS == 64u { return here.zwxy; }
    if FOLDS == 32u { return here.yxwz; }
    let shift = vec4<u32>(FIELD_BITS & 31u);
    let even = vec4<u32>(EVEN_FIELDS);
    return ((here >> shift) & even) | ((here & even) << shift);
}

fn load(at: u32) -> vec4<u32> {
    let here = spins[at];
    if PAIRED { return ~(here ^ partner_of(at, here)); }
    return here;
}
