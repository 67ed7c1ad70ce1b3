// Where a chain stands: place = point * replicas + replica. Without tempering a chain stays at its own number's place;
// with it chains of a ladder swap their places, and so their temperatures.

override TEMPERED: bool = false;
// A constant, because a division by a variable costs a software adapter as much as a draw.
override REPLICAS: u32 = 1;

@group(2) @binding(7) var<storage, read> places: array<u32>;

fn place_of(chain: u32) -> u32 {
    return select(chain, places[chain], TEMPERED);
}

// The row of a measurement: with tempering a point's rows are those of the chains that are there.
override BY_PLACE: bool = false;

fn row_of(chain: u32) -> u32 {
    return select(chain, places[chain], BY_PLACE);
}

fn point_of(chain: u32) -> u32 {
    return place_of(chain) / REPLICAS;
}
