// One invocation puts four units of sixteen samples where the order of this epoch has them: from a row of bits a sample to a
// word of sixteen rows a unit. What the order has no sample for stays 0.

override STATE_QUADS: u32 = 2;
override DATA_AT: u32 = 0;

@group(1) @binding(0) var<storage, read_write> states: array<vec4<u32>>;
@group(2) @binding(2) var<storage, read> samples: array<u32>; // [sample][unit / 32]
@group(2) @binding(3) var<storage, read> order: array<u32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn binary_deal(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let group = index / STATE_QUADS;
    let quad = index % STATE_QUADS;
    let words = (STATE_QUADS + 7u) / 8u;
    let places = vec4<u32>(4u * (quad % 8u)) + vec4<u32>(0u, 1u, 2u, 3u);
    var units = vec4<u32>();
    for (var row = 0u; row < ROWS; row++) {
        let sample = order[ROWS * group + row];
        if sample != 0xffffffffu {
            let bits = samples[sample * words + quad / 8u];
            units |= ((vec4<u32>(bits) >> places) & vec4<u32>(1u)) << vec4<u32>(row);
        }
    }
    states[DATA_AT + index] = units;
}
