// One invocation turns the overlaps of four patterns with one chain into the amplitudes with which they pull.

// Overlaps count from the chain's reference, not from N.
override SHIFTED: bool = false;

@group(1) @binding(1) var<storage, read> overlaps: array<vec4<i32>>;
@group(1) @binding(6) var<storage, read_write> amplitudes: array<vec4<Amplitude>>;
@group(1) @binding(7) var<storage, read> references: array<i32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn respond(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let stride = chain_stride();
    let chain = index % stride;
    if index >= tick.last || chain >= run.chains { return; }
    let reference = select(i32(NEURONS), references[chain], SHIFTED);
    amplitudes[index] = answers(overlaps[index], index / stride, reference).amplitudes;
}
