// The sites, colour after colour: tick.first..tick.last is one colour's share. No two sites of a colour are neighbours.

@group(2) @binding(2) var<storage, read> colour_sites: array<u32>;
