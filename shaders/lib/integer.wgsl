// Integers at random, without floats.

// The high half of the product of two words. Of a random word and n it is uniform in 0 .. n - 1: each value has 2^32 / n
// words, rounded up or down, so that no probability is off by more than 2^-32.
fn high_product(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let carried = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (carried >> 16u);
}
