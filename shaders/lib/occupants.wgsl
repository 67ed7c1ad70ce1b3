// The chain that stands at a place: its own number, unless tempering has moved it.

@group(2) @binding(8) var<storage, read> occupants: array<u32>;

fn occupant_of(place: u32) -> u32 {
    return select(place, occupants[place], TEMPERED);
}
