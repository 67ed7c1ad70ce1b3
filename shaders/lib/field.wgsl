// The state of a lattice model: one site value (four bytes) a site, chain after chain.

@group(1) @binding(0) var<storage, read_write> state: array<Site>;
