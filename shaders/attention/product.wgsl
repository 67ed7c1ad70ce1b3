// One invocation finds a tile of four by four of a product of matrices that both lie with the summed index first:
// product[row][column] = sum_k left[k][row] right[k][column]. Per k two vec4 loads for sixteen products; at most 32,768 k.

override DEPTH: u32 = 1;
override ROW_QUADS: u32 = 1;
override COLUMN_QUADS: u32 = 1;

@group(1) @binding(0) var<storage, read> left: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read> right: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> result: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn product(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let rows = index % ROW_QUADS;
    let columns = index / ROW_QUADS;
    var first = vec4<f32>();
    var second = vec4<f32>();
    var third = vec4<f32>();
    var fourth = vec4<f32>();
    for (var k = 0u; k < DEPTH; k++) {
        let a = left[k * ROW_QUADS + rows];
        let b = right[k * COLUMN_QUADS + columns];
        first += a.x * b;
        second += a.y * b;
        third += a.z * b;
        fourth += a.w * b;
    }
    let at = 4u * rows * COLUMN_QUADS + columns;
    result[at] = first;
    result[at + COLUMN_QUADS] = second;
    result[at + 2u * COLUMN_QUADS] = third;
    result[at + 3u * COLUMN_QUADS] = fourth;
}
