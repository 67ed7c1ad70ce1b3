// One invocation turns one counter and key into random words, a uniform and two normal deviates.

@group(1) @binding(0) var<storage, read> questions: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> answers: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn generate(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let words = threefry4x32(questions[2u * index], questions[2u * index + 1u]);
    let deviates = normal_pair(words.xy);
    answers[2u * index] = words;
    answers[2u * index + 1u] =
        vec4<u32>(bitcast<u32>(uniform_unit(words.x)), bitcast<u32>(deviates.x), bitcast<u32>(deviates.y), 0u);
}
