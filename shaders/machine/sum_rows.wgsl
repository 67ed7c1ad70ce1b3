// One invocation adds up what was kept of a row's units and (kick - drift) times the row's product with a vector of
// coefficients: a free energy, an interaction energy, the growth of a weight.

override KEPT_QUADS: u32 = 2;
override STATE_QUADS: u32 = 2;
override LINEAR_AT: u32 = 0; // the coefficients, less those at BASE_AT
override BASE_AT: u32 = 0;
override STATE_AT: u32 = 0; // the first row of states
override KEPT_AT: u32 = 0;
override ADD: bool = false; // to what stands there
override SQUARED: f32 = 0.0; // the coefficients of the states' squares and of their fourth powers
override QUARTIC: f32 = 0.0;

@group(1) @binding(0) var<storage, read> states: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> kept: array<vec4<f32>>;
@group(2) @binding(1) var<storage, read> biases: array<vec4<f32>>;
@group(3) @binding(0) var<storage, read_write> totals: array<f32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn sum_rows(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = tick.first + id.x;
    if row >= tick.last { return; }
    // Four sums side by side: their rounding errors are those of sums a quarter as long.
    var interaction = vec4<f32>();
    for (var quad = 0u; quad < KEPT_QUADS; quad++) { interaction += kept[(KEPT_AT + row) * KEPT_QUADS + quad]; }
    var linear = vec4<f32>();
    for (var quad = 0u; quad < STATE_QUADS; quad++) {
        let state = states[(STATE_AT + row) * STATE_QUADS + quad];
        let coefficient = biases[LINEAR_AT + quad] - biases[BASE_AT + quad];
        linear += state * ((tick.kick - tick.drift) * coefficient + state * (SQUARED + QUARTIC * state * state));
    }
    var total = 0.0;
    if ADD { total = totals[row]; }
    totals[row] = total + (dot(interaction, vec4<f32>(1.0)) + dot(linear, vec4<f32>(1.0)));
}
