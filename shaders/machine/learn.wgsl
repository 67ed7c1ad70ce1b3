// One step up the gradient of the log-likelihood: dL/dW_ij = <v_i h_j>_data - <v_i h_j>_machine, and the optimiser's step with
// it. One invocation owns a tile of eight visible by eight hidden units; the first tile of a row or column owns its biases
// as well. 1,024 products from 17 loads of four a step of four rows; loads bind on software adapters.
//   parameters, velocity, curvature: W [visible][hidden / 4], then the visible biases, then the hidden ones
// Centred (J. Melchior, A. Fischer and L. Wiskott, JMLR 17(99), 1 (2016)), units count from offsets m and l: the weights'
// gradient is <(v - m)(h - l)>_data - <(v - m)(h - l)>_machine, and the biases' is less what that gradient times l, or m, is.

override CENTRED: bool = false;

@group(2) @binding(7) var<storage, read> centre: array<vec4<f32>>;

fn shared_out(rows: mat4x4<f32>, share: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(rows[0] * share.x, rows[1] * share.y, rows[2] * share.z, rows[3] * share.w);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn learn(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let columns = HIDDEN_QUADS / 2u;
    let i = 2u * (index / columns);
    let j = 2u * (index % columns);
    var offsets = array<vec4<f32>, 4>();
    if CENTRED {
        let at = VISIBLE_QUADS + j;
        offsets = array<vec4<f32>, 4>(centre[i], centre[i + 1u], centre[at], centre[at + 1u]);
    }
    var slopes = array<mat4x4<f32>, 4>();
    var of_visible = array<vec4<f32>, 2>();
    var of_hidden = array<vec4<f32>, 2>();
    var row = 0u;
    loop {
        let share = shares_of(row);
        // The biases' shares, without and with what the weights do for them.
        var with_visible = vec4<f32>(1.0);
        var with_hidden = share;
        if CENTRED {
            let at = VISIBLE_QUADS + HIDDEN_QUADS + row / 4u;
            with_visible -= centre[at];
            with_hidden -= share * centre[at + ROWS / 4u];
        }
        let first = shared_out(less(visible_rows(row, i), offsets[0]), share);
        let second = shared_out(less(visible_rows(row, i + 1u), offsets[1]), share);
        let left = less(hidden_rows(row, j), offsets[2]);
        let right = less(hidden_rows(row, j + 1u), offsets[3]);
        let first_turned = transpose(first);
        let second_turned = transpose(second);
        slopes[0] += left * first_turned;
        slopes[1] += left * second_turned;
        slopes[2] += right * first_turned;
        slopes[3] += right * second_turned;
        of_visible[0] += first * with_visible;
        of_visible[1] += second * with_visible;
        of_hidden[0] += left * with_hidden;
        of_hidden[1] += right * with_hidden;
        continuing {
            row += 4u;
            break if row >= ROWS;
        }
    }
    improve_four(4u * i, j, slopes[0]);
    improve_four(4u * i + 4u, j, slopes[1]);
    improve_four(4u * i, j + 1u, slopes[2]);
    improve_four(4u * i + 4u, j + 1u, slopes[3]);
    if j == 0u {
        improve_visible_bias(i, of_visible[0]);
        improve_visible_bias(i + 1u, of_visible[1]);
    }
    if i == 0u {
        improve_hidden_bias(j, of_hidden[0]);
        improve_hidden_bias(j + 1u, of_hidden[1]);
    }
}
