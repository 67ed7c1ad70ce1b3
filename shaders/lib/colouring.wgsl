// The sites, colour after colour: tick.first..tick.last is one colour's share. No two sites of a colour are neighbours.

@group(2) @binding(2) var<storage, read> colour_sites: array<u32>;

// The site at an index of that order. Where all sides are even, colours alternate and halve every row, so that the site
// follows without a load.
fn coloured_site(index: u32) -> u32 {
    let axis = DIMENSIONS - 1u;
    if TWO_COLOURS {
        let half_row = side(axis) / 2u;
        let of_colour = index - select(0u, SITES / 2u, tick.part == 1u);
        let row = of_colour / half_row;
        var parity = tick.part;
        for (var direction = 0u; direction < axis; direction++) {
            parity += coordinate(row * side(axis), direction);
        }
        return row * side(axis) + 2u * (of_colour % half_row) + (parity & 1u);
    }
    return colour_sites[index];
}

override TWO_COLOURS: bool = false;
