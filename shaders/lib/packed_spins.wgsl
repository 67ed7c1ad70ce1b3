// The spins as they are.

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>;

fn load(at: u32) -> vec4<u32> { return spins[at]; }
