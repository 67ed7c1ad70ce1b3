// One invocation makes four quartic units of their summed inputs, and keeps what is asked of them: what layer.wgsl does at the
// end of its products, for units that take too many operations to be written out sixteen times there.

override FOUND_QUADS: u32 = 2;
override UNITS: u32 = 8; // that are found, without padding
override BASE_AT: u32 = 0;
override SPLIT: u32 = 0; // rows before are data, the rest chains with scales
override FOUND_AT: u32 = 0;
override PURPOSE: u32 = 0;
override SAMPLE: bool = true;
override CLAMPED: bool = false;

@group(1) @binding(0) var<storage, read> sums: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read_write> found: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> kept: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> scales: array<f32>;
@group(1) @binding(4) var<storage, read> held: array<vec4<f32>>;
@group(2) @binding(1) var<storage, read> biases: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn draw_quartic(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let row = index / FOUND_QUADS;
    let quad = index % FOUND_QUADS;
    let at = FOUND_AT * FOUND_QUADS + index;
    let sum = sums[index];
    let base = biases[BASE_AT + quad];
    let real = (vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(UNITS);
    var scale = 1.0;
    if row >= SPLIT { scale = scales[row - SPLIT]; }
    var now = vec4<f32>();
    if CLAMPED || KEEP == 6u { now = found[at]; }
    var value = vec4<f32>();
    if SAMPLE {
        value = sampled(scale * tick.kick * (sum - base) + base, draw(PURPOSE, quad, FOUND_AT + row, 0u));
        value = select(vec4<f32>(), value, real);
        if CLAMPED { value = select(value, now, held[at] > vec4<f32>(0.5)); }
        found[at] = value;
    }
    if KEEP > 0u { kept[at] = select(vec4<f32>(), what_is_kept(sum, base, scale, now, value), real); }
}
