// Fields of two chains at once, in the halves of a word (see narrow.wgsl): a test and an addition under a mask a neuron,
// pattern and pair of chains, and the test serves two pairs. Nibbles are named one by one, as in fields.wgsl.

// The sums of two chains in halves of a word: 32 neurons', and that of all overlaps.
struct Halves {
    sums: array<vec4<u32>, 8>,
    total: u32,
}

fn chosen_halves(bits: u32, mask: u32, halves: u32) -> vec4<u32> {
    let picked = (vec4<u32>(bits) & (vec4<u32>(1u, 2u, 4u, 8u) * mask)) != vec4<u32>();
    return select(vec4<u32>(), vec4<u32>(halves), picked);
}

fn added_halves(sums: vec4<u32>, bits: vec4<u32>, mask: u32, halves: vec4<u32>) -> vec4<u32> {
    return sums + chosen_halves(bits.x, mask, halves.x) + chosen_halves(bits.y, mask, halves.y)
        + chosen_halves(bits.z, mask, halves.z) + chosen_halves(bits.w, mask, halves.w);
}

fn add_halves(near: ptr<function, Halves>, far: ptr<function, Halves>, bits: vec4<u32>, one: vec4<u32>, other: vec4<u32>) {
    (*near).sums[0] = added_halves((*near).sums[0], bits, 0x1u, one);
    (*far).sums[0] = added_halves((*far).sums[0], bits, 0x1u, other);
    (*near).sums[1] = added_halves((*near).sums[1], bits, 0x10u, one);
    (*far).sums[1] = added_halves((*far).sums[1], bits, 0x10u, other);
    (*near).sums[2] = added_halves((*near).sums[2], bits, 0x100u, one);
    (*far).sums[2] = added_halves((*far).sums[2], bits, 0x100u, other);
    (*near).sums[3] = added_halves((*near).sums[3], bits, 0x1000u, one);
    (*far).sums[3] = added_halves((*far).sums[3], bits, 0x1000u, other);
    (*near).sums[4] = added_halves((*near).sums[4], bits, 0x10000u, one);
    (*far).sums[4] = added_halves((*far).sums[4], bits, 0x10000u, other);
    (*near).sums[5] = added_halves((*near).sums[5], bits, 0x100000u, one);
    (*far).sums[5] = added_halves((*far).sums[5], bits, 0x100000u, other);
    (*near).sums[6] = added_halves((*near).sums[6], bits, 0x1000000u, one);
    (*far).sums[6] = added_halves((*far).sums[6], bits, 0x1000000u, other);
    (*near).sums[7] = added_halves((*near).sums[7], bits, 0x10000000u, one);
    (*far).sums[7] = added_halves((*far).sums[7], bits, 0x10000000u, other);
    (*near).total += one.x + one.y + one.z + one.w;
    (*far).total += other.x + other.y + other.z + other.w;
}

fn low(halves: vec4<u32>) -> vec4<i32> {
    return (bitcast<vec4<i32>>(halves) << vec4<u32>(16u)) >> vec4<u32>(16u);
}

// A negative low half has borrowed from the high one.
fn high(halves: vec4<u32>) -> vec4<i32> {
    return (bitcast<vec4<i32>>(halves) - low(halves)) >> vec4<u32>(16u);
}

// Half words to the fields of their chains.
fn widen(one: ptr<function, Fields>, other: ptr<function, Fields>, halves: Halves) {
    (*one).sums[0] += low(halves.sums[0]);
    (*other).sums[0] += high(halves.sums[0]);
    (*one).sums[1] += low(halves.sums[1]);
    (*other).sums[1] += high(halves.sums[1]);
    (*one).sums[2] += low(halves.sums[2]);
    (*other).sums[2] += high(halves.sums[2]);
    (*one).sums[3] += low(halves.sums[3]);
    (*other).sums[3] += high(halves.sums[3]);
    (*one).sums[4] += low(halves.sums[4]);
    (*other).sums[4] += high(halves.sums[4]);
    (*one).sums[5] += low(halves.sums[5]);
    (*other).sums[5] += high(halves.sums[5]);
    (*one).sums[6] += low(halves.sums[6]);
    (*other).sums[6] += high(halves.sums[6]);
    (*one).sums[7] += low(halves.sums[7]);
    (*other).sums[7] += high(halves.sums[7]);
    (*one).total += low(vec4<u32>(halves.total)).x;
    (*other).total += high(vec4<u32>(halves.total)).x;
}
