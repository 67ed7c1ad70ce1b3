// One invocation copies its sixteen blocks of four words, PASSES times: what bandwidth a kernel gets at best.
// Every pass reads from another place, so that no driver may keep what it has read; of the target an invocation writes
// its own blocks only. Neighbouring invocations touch neighbouring blocks.

override EXTENT: u32 = 16; // blocks of either buffer, a power of two
override PASSES: u32 = 1;
override SHIFT: u32 = 0; // blocks from where one pass reads to where the next one does

@group(1) @binding(0) var<storage, read> original: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> duplicate: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn copy(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    for (var pass_ = 0u; pass_ < PASSES; pass_++) {
        for (var block = 0u; block < 16u; block++) {
            let at = index + block * (EXTENT / 16u);
            duplicate[at] = original[(at + pass_ * SHIFT) & (EXTENT - 1u)];
        }
    }
}
