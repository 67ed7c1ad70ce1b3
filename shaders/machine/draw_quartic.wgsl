// One invocation makes four quartic units of their summed inputs, and keeps what is asked of them: what layer.wgsl does at the
// end of its products, for units that take too many operations to be written out sixteen times there.

override SPLIT: u32 = 0; // rows before are data, the rest chains with scales

@group(1) @binding(0) var<storage, read> sums: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> scales: array<f32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn draw_quartic(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let row = index / FOUND_QUADS;
    var scale = 1.0;
    if row >= SPLIT { scale = scales[row - SPLIT]; }
    make_units(sums[index], row, index % FOUND_QUADS, scale);
}
