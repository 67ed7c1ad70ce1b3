// An optimiser's step for four parameters at a time: up the gradient, with momentum or without, or Adam's (D. P. Kingma and
// J. Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980). `tick.kick` is the rate, with Adam's corrections
// of both averages in it, and `tick.drift` the momentum or the memory of the gradients' mean.

override DECAY: f32 = 0.0; // of the weights, not of the biases
override TRANSPOSED_AT: u32 = 0; // where W [hidden][visible / 4] lies, for the way down
override MOMENTUM: bool = false;
override ADAPTIVE: bool = false;
override MEMORY: f32 = 0.999; // of the gradients' squares
override FLOOR: f32 = 1e-8;

@group(2) @binding(1) var<storage, read_write> parameters: array<vec4<f32>>;
@group(2) @binding(5) var<storage, read_write> velocity: array<vec4<f32>>;
@group(2) @binding(6) var<storage, read_write> curvature: array<vec4<f32>>;

// Returns what the parameters have become.
fn improve(at: u32, slope: vec4<f32>, decay: f32) -> vec4<f32> {
    var value = parameters[at];
    let gradient = slope - decay * value;
    if ADAPTIVE {
        let mean = tick.drift * velocity[at] + (1.0 - tick.drift) * gradient;
        let square = MEMORY * curvature[at] + (1.0 - MEMORY) * gradient * gradient;
        velocity[at] = mean;
        curvature[at] = square;
        value += tick.kick * mean / (sqrt(square) + FLOOR);
    } else if MOMENTUM {
        let moved = tick.drift * velocity[at] + tick.kick * gradient;
        velocity[at] = moved;
        value += moved;
    } else {
        value += tick.kick * gradient;
    }
    parameters[at] = value;
    return value;
}

// Weights of four visible units, from `unit` on, with the four hidden units of a quad.
fn improve_four(unit: u32, quad: u32, slopes: mat4x4<f32>) {
    let at = unit * HIDDEN_QUADS + quad;
    let a = improve(at, slopes[0], DECAY);
    let b = improve(at + HIDDEN_QUADS, slopes[1], DECAY);
    let c = improve(at + 2u * HIDDEN_QUADS, slopes[2], DECAY);
    let d = improve(at + 3u * HIDDEN_QUADS, slopes[3], DECAY);
    let turned = transpose(mat4x4<f32>(a, b, c, d));
    let to = TRANSPOSED_AT + 4u * quad * VISIBLE_QUADS + unit / 4u;
    parameters[to] = turned[0];
    parameters[to + VISIBLE_QUADS] = turned[1];
    parameters[to + 2u * VISIBLE_QUADS] = turned[2];
    parameters[to + 3u * VISIBLE_QUADS] = turned[3];
}

fn improve_visible_bias(quad: u32, slope: vec4<f32>) {
    improve(4u * VISIBLE_QUADS * HIDDEN_QUADS + quad, slope, 0.0);
}

fn improve_hidden_bias(quad: u32, slope: vec4<f32>) {
    improve_visible_bias(VISIBLE_QUADS + quad, slope);
}
