// One workgroup finds the overlap that those of one chain are taken relative to. Of exponentials it is the largest, so
// that none overflows.

@group(1) @binding(1) var<storage, read> drives: array<vec4<i32>>;
@group(1) @binding(7) var<storage, read_write> references: array<i32>;

var<workgroup> highest: atomic<i32>;

@compute @workgroup_size(WORKGROUP_X, 1)
fn refer(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let chain = tick.first / WORKGROUP_X + workgroup.x;
    if lane == 0u { atomicStore(&highest, -i32(NEURONS)); }
    workgroupBarrier();
    if chain < run.chains { atomicMax(&highest, reference_seen(chain, lane)); }
    workgroupBarrier();
    if lane == 0u && chain < run.chains { references[chain] = atomicLoad(&highest); }
}
