// One invocation finds ln P(v_i | all other v) of one two-valued unit i in one row: with u_i the other value,
// -ln(1 + e^D), D = (u_i - v_i) a_i + sum_j [log_partition(x_j + (u_i - v_i) W_ij) - log_partition(x_j)].
// The fragment is that of the hidden units; x are their inputs.

override VISIBLE_QUADS: u32 = 2;
override HIDDEN_QUADS: u32 = 2;
override UNITS: u32 = 8; // visible units
override BIAS_AT: u32 = 0; // the visible biases, in single values
override SUM_OF_VALUES: f32 = 1.0; // 0 + 1, or -1 + 1

@group(1) @binding(0) var<storage, read> states: array<f32>;
@group(1) @binding(2) var<storage, read> inputs: array<vec4<f32>>;
@group(2) @binding(0) var<storage, read> weights: array<vec4<f32>>;
@group(2) @binding(1) var<storage, read> biases: array<f32>;
@group(3) @binding(0) var<storage, read_write> logarithms: array<f32>; // [row][unit]

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn conditionals(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let row = index / UNITS;
    let unit = index % UNITS;
    let change = SUM_OF_VALUES - 2.0 * states[row * 4u * VISIBLE_QUADS + unit];
    // Padded inputs and weights are 0 and give no difference.
    var difference = vec4<f32>();
    for (var quad = 0u; quad < HIDDEN_QUADS; quad++) {
        let x = inputs[row * HIDDEN_QUADS + quad];
        difference += log_partition(x + change * weights[unit * HIDDEN_QUADS + quad]) - log_partition(x);
    }
    let d = change * biases[BIAS_AT + unit] + dot(difference, vec4<f32>(1.0));
    logarithms[index] = -softplus(vec4<f32>(d)).x;
}
