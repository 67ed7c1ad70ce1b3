// One invocation counts the iterations of a loop whose length only the host knows: drivers that cut loops are found out.

@group(1) @binding(0) var<storage, read> questions: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> answers: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn count_loops(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    var count = 0u;
    var mixed = index;
    for (var trip = 0u; trip < questions[0].x; trip++) {
        count += 1u;
        mixed = mixed * 1664525u + 1013904223u;
    }
    answers[index] = vec4<u32>(count, mixed, 0u, 0u);
}
