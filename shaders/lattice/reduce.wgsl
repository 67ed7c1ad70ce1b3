// One invocation sums a measurement's density over every SEGMENTS-th site (or quad of sites) of one chain.
// The number of segments depends on the lattice alone, so the order of a sum is the same on every adapter; there is
// no barrier, which is what a small lattice with many chains needs. The host bounds the trips.

override SEGMENTS: u32 = 1;
override ITEMS: u32 = 1; // of one chain

@group(3) @binding(0) var<storage, read_write> partials: array<vec4<Measure>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn reduce(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x; // segments and chains along one axis: small lattices still fill the lanes
    if index >= tick.last { return; }
    let segment = index % SEGMENTS;
    let chain = index / SEGMENTS;
    var sum = vec4<Measure>();
    for (var item = segment; item < ITEMS; item += SEGMENTS) {
        sum += density(chain, item);
    }
    // A chain of one segment is its own total.
    partials[select(index, tick.row + row_of(chain), SEGMENTS == 1u)] = sum;
}
