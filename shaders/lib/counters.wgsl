// 128 counters of DIGITS bits side by side: counters[d] holds digit d of each. So a sum over blocks is kept for every bit
// apart, and is told chain from chain only once, at the end.

override DIGITS: u32 = 16;

alias Counters = array<vec4<u32>, 24>;

fn tally_bit(counters: ptr<function, Counters>, bit: vec4<u32>) {
    var carry = bit;
    for (var digit = 0u; digit < DIGITS; digit++) {
        let sum = add2((*counters)[digit], carry);
        (*counters)[digit] = sum.sum;
        carry = sum.carry;
    }
}

fn tally_count(counters: ptr<function, Counters>, count: Count) {
    let low = array<vec4<u32>, 4>(count.ones, count.twos, count.fours, count.eights);
    var carry = vec4<u32>();
    for (var digit = 0u; digit < DIGITS; digit++) {
        let sum = add3((*counters)[digit], select(vec4<u32>(), low[digit & 3u], digit < 4u), carry);
        (*counters)[digit] = sum.sum;
        carry = sum.carry;
    }
}

// The sum of the counters at the bits of a mask.
fn total_of(counters: ptr<function, Counters>, mask: vec4<u32>) -> i32 {
    var total = 0u;
    for (var digit = 0u; digit < DIGITS; digit++) {
        let bits = countOneBits((*counters)[digit] & mask);
        total += (bits.x + bits.y + bits.z + bits.w) << digit;
    }
    return i32(total);
}
