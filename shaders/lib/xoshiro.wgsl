// xoshiro128++ (D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021)): a short stream for one event, seeded by
// Threefry at the event's address. Twin: src/random.rs.

fn next_word(generator: ptr<function, vec4<u32>>) -> u32 {
    let s = *generator;
    let z = s.z ^ s.x;
    let w = s.w ^ s.y;
    *generator = vec4<u32>(s.x ^ w, s.y ^ z, z ^ (s.y << 9u), rotate_left(w, 11u));
    return rotate_left(s.x + s.w, 7u) + s.x;
}

fn next_block(generator: ptr<function, vec4<u32>>) -> vec4<u32> {
    let x = next_word(generator);
    let y = next_word(generator);
    let z = next_word(generator);
    let w = next_word(generator);
    return vec4<u32>(x, y, z, w);
}
