// One workgroup reverses its share through workgroup memory, and all of them add to one sum: barriers and atomics.

@group(1) @binding(0) var<storage, read> questions: array<vec4<u32>>;
// A vector an invocation, of which the first word counts; the vector after the last holds the sum.
@group(1) @binding(1) var<storage, read_write> answers: array<atomic<u32>>;

var<workgroup> shared_words: array<u32, WORKGROUP_X>;

@compute @workgroup_size(WORKGROUP_X, 1)
fn exchange(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    for (var round = 0u; round < 3u; round++) {
        shared_words[lane] = questions[id.x].x + round;
        workgroupBarrier();
        let other = shared_words[WORKGROUP_X - 1u - lane];
        workgroupBarrier();
        if round == 2u {
            atomicStore(&answers[4u * id.x], other);
            atomicAdd(&answers[4u * tick.last], other);
        }
    }
}
