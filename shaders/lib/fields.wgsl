// The 32 local fields of a word of neurons: sum over patterns of +- an amplitude, the sign from the pattern's bit.
// Only the amplitudes of set bits are added: sum xi z = 2 sum_{bit} z - sum z. Two ands and an add a neuron and
// pattern, two vec4 loads for 128 of them. `Amplitude` is i32 or f32: overlaps, what a memory
// answers to them, or a sampled hidden layer.

// What four patterns answer to their overlaps: how strongly they pull, and how much a neuron's own state helps itself.
struct Answers {
    amplitudes: vec4<Amplitude>,
    curvatures: vec4<Amplitude>,
}

struct Fields {
    sums: array<vec4<Amplitude>, 8>,
    total: Amplitude,
}

fn chosen(bits: u32, mask: u32, amplitude: Amplitude) -> vec4<Amplitude> {
    let picked = (vec4<u32>(bits) & (vec4<u32>(1u, 2u, 4u, 8u) * mask)) != vec4<u32>();
    return select(vec4<Amplitude>(), vec4<Amplitude>(amplitude), picked);
}

// Four neurons at a time take all four patterns, so that their sums stay in registers.
fn added(sums: vec4<Amplitude>, bits: vec4<u32>, mask: u32, amplitudes: vec4<Amplitude>) -> vec4<Amplitude> {
    return sums + chosen(bits.x, mask, amplitudes.x) + chosen(bits.y, mask, amplitudes.y)
        + chosen(bits.z, mask, amplitudes.z) + chosen(bits.w, mask, amplitudes.w);
}

fn add_quad(fields: ptr<function, Fields>, bits: vec4<u32>, amplitudes: vec4<Amplitude>) {
    (*fields).sums[0] = added((*fields).sums[0], bits, 0x1u, amplitudes);
    (*fields).sums[1] = added((*fields).sums[1], bits, 0x10u, amplitudes);
    (*fields).sums[2] = added((*fields).sums[2], bits, 0x100u, amplitudes);
    (*fields).sums[3] = added((*fields).sums[3], bits, 0x1000u, amplitudes);
    (*fields).sums[4] = added((*fields).sums[4], bits, 0x10000u, amplitudes);
    (*fields).sums[5] = added((*fields).sums[5], bits, 0x100000u, amplitudes);
    (*fields).sums[6] = added((*fields).sums[6], bits, 0x1000000u, amplitudes);
    (*fields).sums[7] = added((*fields).sums[7], bits, 0x10000000u, amplitudes);
    (*fields).total = (*fields).total + amplitudes.x + amplitudes.y + amplitudes.z + amplitudes.w;
}

// The same patterns for two sets of amplitudes, nibble by nibble, so that each mask is made once.
fn add_quad_twice(
    near: ptr<function, Fields>, far: ptr<function, Fields>, bits: vec4<u32>, one: vec4<Amplitude>, other: vec4<Amplitude>,
) {
    (*near).sums[0] = added((*near).sums[0], bits, 0x1u, one);
    (*far).sums[0] = added((*far).sums[0], bits, 0x1u, other);
    (*near).sums[1] = added((*near).sums[1], bits, 0x10u, one);
    (*far).sums[1] = added((*far).sums[1], bits, 0x10u, other);
    (*near).sums[2] = added((*near).sums[2], bits, 0x100u, one);
    (*far).sums[2] = added((*far).sums[2], bits, 0x100u, other);
    (*near).sums[3] = added((*near).sums[3], bits, 0x1000u, one);
    (*far).sums[3] = added((*far).sums[3], bits, 0x1000u, other);
    (*near).sums[4] = added((*near).sums[4], bits, 0x10000u, one);
    (*far).sums[4] = added((*far).sums[4], bits, 0x10000u, other);
    (*near).sums[5] = added((*near).sums[5], bits, 0x100000u, one);
    (*far).sums[5] = added((*far).sums[5], bits, 0x100000u, other);
    (*near).sums[6] = added((*near).sums[6], bits, 0x1000000u, one);
    (*far).sums[6] = added((*far).sums[6], bits, 0x1000000u, other);
    (*near).sums[7] = added((*near).sums[7], bits, 0x10000000u, one);
    (*far).sums[7] = added((*far).sums[7], bits, 0x10000000u, other);
    (*near).total = (*near).total + one.x + one.y + one.z + one.w;
    (*far).total = (*far).total + other.x + other.y + other.z + other.w;
}

// Four neurons' fields, nibble 0 to 7 of the word. Nibbles are named one by one: an index that a driver does not
// unroll would keep the sums in memory, ten times slower.
fn fields_of(fields: ptr<function, Fields>, sums: vec4<Amplitude>) -> vec4<Amplitude> {
    return sums + sums - vec4<Amplitude>((*fields).total);
}

// Four bits of a word as +1 and -1.
fn signs_of(word: u32, nibble: u32) -> vec4<Amplitude> {
    let bits = (vec4<u32>(word >> (4u * nibble)) & vec4<u32>(1u, 2u, 4u, 8u)) != vec4<u32>();
    return select(vec4<Amplitude>(Amplitude(-1)), vec4<Amplitude>(Amplitude(1)), bits);
}

fn packed(bits: vec4<bool>, nibble: u32) -> u32 {
    let word = select(vec4<u32>(), vec4<u32>(1u, 2u, 4u, 8u), bits);
    return (word.x | word.y | word.z | word.w) << (4u * nibble);
}

// The neurons of a word that exist.
fn word_mask(word: u32) -> u32 {
    let rest = NEURONS - 32u * word;
    return select((1u << (rest & 31u)) - 1u, 0xffffffffu, rest >= 32u);
}
