// One invocation adds the segments of one chain's measurement into its row.

override SEGMENTS: u32 = 1;

@group(3) @binding(0) var<storage, read> partials: array<vec4<Measure>>;
@group(3) @binding(1) var<storage, read_write> rows: array<vec4<Measure>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn total(@builtin(global_invocation_id) id: vec3<u32>) {
    let chain = tick.first + id.x;
    if chain >= tick.last { return; }
    var sum = vec4<Measure>();
    for (var segment = 0u; segment < SEGMENTS; segment++) {
        sum += partials[chain * SEGMENTS + segment];
    }
    rows[tick.row + row_of(chain)] = sum;
}
