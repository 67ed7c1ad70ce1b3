// What a site of two states can become.

fn other(here: Site, word: u32) -> Site {
    return flipped(here);
}
