// One invocation mixes sixteen words that do not depend on each other, ROUNDS times four steps of an addition, an
// exclusive or and a rotation: what integer arithmetic a kernel gets at best. A step is five operations a word, the
// rotation being two shifts and an or. Twin: src/probe.rs.

override ROUNDS: u32 = 1;

@group(1) @binding(0) var<storage, read_write> mixed: array<vec4<u32>>;

fn step_of(x: vec4<u32>, key: vec4<u32>) -> vec4<u32> {
    let y = (x + key) ^ vec4<u32>(0x9e3779b9u);
    return (y << vec4<u32>(7u)) | (y >> vec4<u32>(25u));
}

fn four_steps(x: vec4<u32>, key: vec4<u32>) -> vec4<u32> {
    return step_of(step_of(step_of(step_of(x, key), key), key), key);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn mix(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let key = vec4<u32>(index) * vec4<u32>(1u, 3u, 5u, 7u);
    var a = vec4<u32>(1u);
    var b = vec4<u32>(2u);
    var c = vec4<u32>(3u);
    var d = vec4<u32>(4u);
    for (var round = 0u; round < ROUNDS; round++) {
        a = four_steps(a, key);
        b = four_steps(b, key);
        c = four_steps(c, key);
        d = four_steps(d, key);
    }
    mixed[index] = a ^ b ^ c ^ d;
}
