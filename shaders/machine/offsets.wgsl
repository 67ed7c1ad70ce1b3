// One invocation finds the offsets of four units, visible ones first: the mean of their averages over the batch and over the
// machine's rows.

@group(2) @binding(7) var<storage, read_write> centre: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn offsets(@builtin(global_invocation_id) id: vec3<u32>) {
    let quad = tick.first + id.x;
    if quad >= tick.last { return; }
    var sum = vec4<f32>();
    for (var row = 0u; row < ROWS; row += 4u) {
        let weights = 0.5 * abs(shares_of(row));
        if quad < VISIBLE_QUADS {
            sum += visible_rows(row, quad) * weights;
        } else {
            sum += hidden_rows(row, quad - VISIBLE_QUADS) * weights;
        }
    }
    centre[quad] = sum;
}
