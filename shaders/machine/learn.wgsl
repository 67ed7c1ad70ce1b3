// One step up the gradient of the log-likelihood: dL/dW_ij = <v_i h_j>_data - <v_i h_j>_machine, and the optimiser's step with
// it. One invocation owns a tile of eight visible by eight hidden units; every row weighs in with its share, 1 / batch for
// data and -1 / chains for chains, so both averages are one sum. The first tile of a row or column owns its biases as well.
//   visible, hidden [row][unit / 4]     shares [row / 4], for a full batch, then for the last one
//   parameters, velocity, curvature: W [visible][hidden / 4], then the visible biases, then the hidden ones
//   transposed: W [hidden][visible / 4], for the way down

override VISIBLE_QUADS: u32 = 2;
override HIDDEN_QUADS: u32 = 2;
override ROWS: u32 = 8;
override SPLIT: u32 = 0; // rows of data; the rest are chains
override CHAINS_AT: u32 = 0; // the first chain among the visible rows
override LAST_BATCH: u32 = 0; // where the last batch begins
override DECAY: f32 = 0.0; // of the weights, not of the biases

@group(1) @binding(1) var<storage, read> visible: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> hidden: array<vec4<f32>>;
@group(1) @binding(5) var<storage, read> shares: array<vec4<f32>>;
@group(2) @binding(4) var<storage, read_write> transposed: array<vec4<f32>>;

fn improve_four(unit: u32, quad: u32, slopes: mat4x4<f32>) {
    let at = unit * HIDDEN_QUADS + quad;
    let a = improve(at, slopes[0], DECAY);
    let b = improve(at + HIDDEN_QUADS, slopes[1], DECAY);
    let c = improve(at + 2u * HIDDEN_QUADS, slopes[2], DECAY);
    let d = improve(at + 3u * HIDDEN_QUADS, slopes[3], DECAY);
    let turned = transpose(mat4x4<f32>(a, b, c, d));
    let to = 4u * quad * VISIBLE_QUADS + unit / 4u;
    transposed[to] = turned[0];
    transposed[to + VISIBLE_QUADS] = turned[1];
    transposed[to + 2u * VISIBLE_QUADS] = turned[2];
    transposed[to + 3u * VISIBLE_QUADS] = turned[3];
}

fn visible_rows(at: u32, share: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(
        share.x * visible[at],
        share.y * visible[at + VISIBLE_QUADS],
        share.z * visible[at + 2u * VISIBLE_QUADS],
        share.w * visible[at + 3u * VISIBLE_QUADS],
    );
}

fn hidden_rows(at: u32) -> mat4x4<f32> {
    return mat4x4<f32>(hidden[at], hidden[at + HIDDEN_QUADS], hidden[at + 2u * HIDDEN_QUADS], hidden[at + 3u * HIDDEN_QUADS]);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn learn(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let columns = HIDDEN_QUADS / 2u;
    let i = 2u * (index / columns);
    let j = 2u * (index % columns);
    let last = select(0u, ROWS / 4u, tick.row == LAST_BATCH);
    var slopes = array<mat4x4<f32>, 4>();
    var of_visible = array<vec4<f32>, 2>();
    var of_hidden = array<vec4<f32>, 2>();
    var row = 0u;
    loop {
        let share = shares[last + row / 4u];
        let at = select(CHAINS_AT + row - SPLIT, tick.row + row, row < SPLIT) * VISIBLE_QUADS + i;
        let first = visible_rows(at, share);
        let second = visible_rows(at + 1u, share);
        let left = hidden_rows(row * HIDDEN_QUADS + j);
        let right = hidden_rows(row * HIDDEN_QUADS + j + 1u);
        let first_turned = transpose(first);
        let second_turned = transpose(second);
        slopes[0] += left * first_turned;
        slopes[1] += left * second_turned;
        slopes[2] += right * first_turned;
        slopes[3] += right * second_turned;
        of_visible[0] += first[0] + first[1] + first[2] + first[3];
        of_visible[1] += second[0] + second[1] + second[2] + second[3];
        of_hidden[0] += left * share;
        of_hidden[1] += right * share;
        continuing {
            row += 4u;
            break if row >= ROWS;
        }
    }
    improve_four(4u * i, j, slopes[0]);
    improve_four(4u * i + 4u, j, slopes[1]);
    improve_four(4u * i, j + 1u, slopes[2]);
    improve_four(4u * i + 4u, j + 1u, slopes[3]);
    let biases_at = 4u * VISIBLE_QUADS * HIDDEN_QUADS;
    if j == 0u {
        improve(biases_at + i, of_visible[0], 0.0);
        improve(biases_at + i + 1u, of_visible[1], 0.0);
    }
    if i == 0u {
        improve(biases_at + VISIBLE_QUADS + j, of_hidden[0], 0.0);
        improve(biases_at + VISIBLE_QUADS + j + 1u, of_hidden[1], 0.0);
    }
}
