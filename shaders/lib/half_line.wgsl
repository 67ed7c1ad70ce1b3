// Half lines of quartic units: V(u) = x u - A u^2 - B u^4 at u = side y, y >= 0, where V has at most one peak besides the end,
// also where it has two on the whole line. Sums over y are Simpson's, over cells where V is within DEPTH of its largest value.

override UNIT_SQUARE: f32 = 0.5; // A
override UNIT_QUARTIC: f32 = 0.1; // B > 0

const CELLS: u32 = 32u;
const DEPTH: f32 = 20.0; // e^-20 = 2e-9

struct HalfLine {
    slope: vec4<f32>, // V' at 0
    peak: vec4<f32>,
    height: vec4<f32>, // V at the peak
    low: vec4<f32>,
    width: vec4<f32>, // of a cell
}

// Sums of the weights and of y times them, relative to e^height.
struct Sums {
    mass: vec4<f32>,
    first: vec4<f32>,
}

// e^(V - V(peak)) at a distance d from the peak, by the expansion that loses no digits there.
fn weight_at(line: HalfLine, d: vec4<f32>) -> vec4<f32> {
    let p = line.peak;
    let linear = line.slope - p * (2.0 * UNIT_SQUARE + 4.0 * UNIT_QUARTIC * p * p);
    let square = UNIT_SQUARE + 6.0 * UNIT_QUARTIC * p * p;
    return exp(d * (linear - d * (square + d * UNIT_QUARTIC * (4.0 * p + d))));
}

fn half_line(slope: vec4<f32>) -> HalfLine {
    // Newton's method from above the largest root of V' = 0; where there is none the end is the peak.
    let pull = max(slope, vec4<f32>());
    var peak = sqrt(max(-UNIT_SQUARE, 0.0) / (2.0 * UNIT_QUARTIC))
        + pow(max(pull / (4.0 * UNIT_QUARTIC), vec4<f32>(1e-30)), vec4<f32>(1.0 / 3.0));
    if UNIT_SQUARE > 0.0 { peak = min(peak, pull / (2.0 * UNIT_SQUARE)); }
    for (var turn = 0u; turn < 10u; turn++) {
        let force = peak * (2.0 * UNIT_SQUARE + 4.0 * UNIT_QUARTIC * peak * peak) - slope;
        let stiffness = 2.0 * UNIT_SQUARE + 12.0 * UNIT_QUARTIC * peak * peak;
        peak = select(vec4<f32>(), max(peak - force / stiffness, vec4<f32>()), stiffness > vec4<f32>());
    }
    var height = peak * (slope - peak * (UNIT_SQUARE + UNIT_QUARTIC * peak * peak));
    let counts = height > vec4<f32>(-DEPTH);
    peak = select(vec4<f32>(), peak, counts);
    height = select(vec4<f32>(), height, counts);
    var line = HalfLine(slope, peak, height, vec4<f32>(), vec4<f32>());
    // The edges, by bisection: above between `within` and `beyond` of the peak, below between `outside` and `inside` of it.
    let square = UNIT_SQUARE + 6.0 * UNIT_QUARTIC * peak * peak;
    var within = vec4<f32>();
    var beyond = sqrt(max(-square, vec4<f32>()) / UNIT_QUARTIC + sqrt(DEPTH / UNIT_QUARTIC));
    beyond = min(beyond, sqrt(DEPTH / max(square, vec4<f32>(1e-20))));
    var outside = -peak;
    var inside = vec4<f32>();
    let least = vec4<f32>(exp(-DEPTH));
    let all = weight_at(line, outside) > least;
    for (var turn = 0u; turn < 14u; turn++) {
        let above = 0.5 * (within + beyond);
        let far = weight_at(line, above) > least;
        within = select(within, above, far);
        beyond = select(above, beyond, far);
        let below = 0.5 * (outside + inside);
        let near = weight_at(line, below) > least;
        inside = select(inside, below, near);
        outside = select(below, outside, near);
    }
    line.low = select(peak + outside, vec4<f32>(), all);
    line.width = (peak + beyond - line.low) / f32(CELLS);
    return line;
}

fn sums_of(line: HalfLine) -> Sums {
    var sums = Sums();
    var y = line.low;
    var left = weight_at(line, y - line.peak);
    for (var cell = 0u; cell < CELLS; cell++) {
        let middle = weight_at(line, y + 0.5 * line.width - line.peak);
        let right = weight_at(line, y + line.width - line.peak);
        sums.mass += left + 4.0 * middle + right;
        sums.first += y * (left + 4.0 * middle + right) + line.width * (2.0 * middle + right);
        y += line.width;
        left = right;
    }
    return Sums(sums.mass * line.width / 6.0, sums.first * line.width / 6.0);
}
