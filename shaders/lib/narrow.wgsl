// Overlaps narrowed to halves of a word: two chains' sums of them are one addition. Most overlaps are of the order of
// sqrt(NEURONS); a quad of patterns in which some overlap of four chains is larger than LARGEST is `wide`, and goes in
// full words.
//   narrow  [quad][four chains][2]       four patterns' overlaps with two chains each, 0 where the quad is wide
//           then [32 quads][four chains] (a bit a wide quad, whether any of the chains still moves, 0, 0)

override LARGEST: i32 = 1023;
// Quads whose sums are sure to stay within a half word: 4 LARGEST TURNS < 2^15.
override TURNS: u32 = 8;

fn fours() -> u32 {
    return chain_stride() / 4u;
}

fn narrow_at(quad: u32, four: u32) -> u32 {
    return 2u * (quad * fours() + four);
}

fn account_at(block: u32, four: u32) -> u32 {
    return 2u * QUADS * fours() + block * fours() + four;
}

fn word_pairs() -> u32 {
    return (WORDS + 1u) / 2u;
}
