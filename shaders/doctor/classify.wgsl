// One invocation says of one bit pattern whether it is a finite number, as the kernels do: by its bits alone.

@group(1) @binding(0) var<storage, read> questions: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> answers: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn classify(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let finite = is_finite(bitcast<f32>(questions[index].x));
    answers[index] = vec4<u32>(u32(finite), 0u, 0u, 0u);
}
