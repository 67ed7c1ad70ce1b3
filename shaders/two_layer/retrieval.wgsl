// One invocation says how one chain stands: (overlap with its own pattern, sum over patterns of m^2, status, sweeps).

// A pattern is stored as two, and its overlap is their mean.
override PAIRED: bool = false;

@group(1) @binding(1) var<storage, read> overlaps: array<vec4<i32>>;
@group(1) @binding(5) var<storage, read> status: array<vec2<u32>>;
@group(2) @binding(4) var<storage, read> targets: array<u32>;
@group(3) @binding(1) var<storage, read_write> rows: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn retrieval(@builtin(global_invocation_id) id: vec3<u32>) {
    let chain = tick.first + id.x;
    if chain >= tick.last { return; }
    let stride = chain_stride();
    var squares = 0.0;
    for (var quad = 0u; quad < QUADS; quad++) {
        let overlap = vec4<f32>(overlaps[quad * stride + chain]) / f32(NEURONS);
        squares += dot(overlap, overlap);
    }
    let target_pattern = targets[chain];
    let four = overlaps[(target_pattern / 4u) * stride + chain];
    var own = four[target_pattern % 4u];
    if PAIRED { own = (own + four[(target_pattern + 1u) % 4u]) / 2; }
    rows[tick.row + chain] = vec4<u32>(bitcast<u32>(own), bitcast<u32>(squares), status[chain]);
}
