// What the units of a row make of their summed inputs, four at a time: their values, and what is kept of them.

override FOUND_QUADS: u32 = 2;
override UNITS: u32 = 8; // that are found, without padding
override BASE_AT: u32 = 0;
override FOUND_AT: u32 = 0; // the first row that is found
override PURPOSE: u32 = 0;
override SAMPLE: bool = true;
override CLAMPED: bool = false;

@group(1) @binding(1) var<storage, read_write> found: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> kept: array<vec4<f32>>;
// 1 for units that keep their value.
@group(1) @binding(4) var<storage, read> held: array<vec4<f32>>;
@group(2) @binding(1) var<storage, read> biases: array<vec4<f32>>;

fn make_units(sum: vec4<f32>, row: u32, quad: u32, scale: f32) {
    let at = (FOUND_AT + row) * FOUND_QUADS + quad;
    let base = biases[BASE_AT + quad];
    let real = (vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(UNITS);
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
