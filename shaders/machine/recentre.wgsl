// One invocation finds, for four rows, the products (h - l).l and (v - m).m of what lies beyond the offsets with the offsets:
// what the biases' gradient takes off for the weights' part in it.

@group(2) @binding(7) var<storage, read_write> centre: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn recentre(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    var of_hidden = vec4<f32>();
    for (var quad = 0u; quad < HIDDEN_QUADS; quad++) {
        let offset = centre[VISIBLE_QUADS + quad];
        of_hidden += offset * less(hidden_rows(4u * index, quad), offset);
    }
    var of_visible = vec4<f32>();
    for (var quad = 0u; quad < VISIBLE_QUADS; quad++) {
        let offset = centre[quad];
        of_visible += offset * less(visible_rows(4u * index, quad), offset);
    }
    let at = VISIBLE_QUADS + HIDDEN_QUADS + index;
    centre[at] = of_hidden;
    centre[at + ROWS / 4u] = of_visible;
}
