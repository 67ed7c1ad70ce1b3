// Fields of two chains at once, in the halves of a word (see narrow.wgsl): the sums of fields.wgsl, of which each serves two.

fn low(halves: vec4<i32>) -> vec4<i32> {
    return (halves << vec4<u32>(16u)) >> vec4<u32>(16u);
}

// A negative low half has borrowed from the high one.
fn high(halves: vec4<i32>) -> vec4<i32> {
    return (halves - low(halves)) >> vec4<u32>(16u);
}

// Half words to the fields of their chains.
fn widen(one: ptr<function, Fields>, other: ptr<function, Fields>, halves: Fields) {
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
    (*one).total += low(vec4<i32>(halves.total)).x;
    (*other).total += high(vec4<i32>(halves.total)).x;
}
