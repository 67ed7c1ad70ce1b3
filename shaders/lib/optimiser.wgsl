// An optimiser's step for four parameters at a time: up the gradient, with momentum or without, or Adam's (D. P. Kingma and
// J. Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980). `tick.kick` is the rate, with Adam's corrections
// of both averages in it, and `tick.drift` the momentum or the memory of the gradients' mean.

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
