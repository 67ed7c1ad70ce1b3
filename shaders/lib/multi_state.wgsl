// What a site of STATES states can become: one of the others, all equally likely.

fn other(here: Site, word: u32) -> Site {
    return (here + 1 + i32(high_product(word, STATES - 1u))) % i32(STATES);
}
