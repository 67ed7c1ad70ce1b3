// Quartic units: weight e^V(u), V(u) = x u - A u^2 - B u^4, summed as lib/half_line.wgsl does it. A unit is drawn by the inverse
// of its summed weights, whose density is a parabola in each cell.

// Both half lines, the upper one first, and their sums relative to the higher peak.
struct Line {
    up: HalfLine,
    down: HalfLine,
    above: Sums,
    below: Sums,
    height: vec4<f32>,
}

fn line_of(x: vec4<f32>) -> Line {
    let up = half_line(x);
    let down = half_line(-x);
    let height = max(up.height, down.height);
    let above = sums_of(up);
    let below = sums_of(down);
    let upper = exp(up.height - height);
    let lower = exp(down.height - height);
    let scaled = Sums(below.mass * lower, below.first * lower);
    return Line(up, down, Sums(above.mass * upper, above.first * upper), scaled, height);
}

fn log_partition(x: vec4<f32>) -> vec4<f32> {
    let line = line_of(x);
    let mass = line.above.mass + line.below.mass;
    return line.height + vec4<f32>(natural_log(mass.x), natural_log(mass.y), natural_log(mass.z), natural_log(mass.w));
}

fn expectation(x: vec4<f32>) -> vec4<f32> {
    let line = line_of(x);
    return (line.above.first - line.below.first) / (line.above.mass + line.below.mass);
}

fn sampled(x: vec4<f32>, words: vec4<u32>) -> vec4<f32> {
    let line = line_of(x);
    let wanted = uniforms(words) * (line.above.mass + line.below.mass);
    let rises = wanted < line.above.mass;
    let slope = select(-x, x, rises);
    let chosen = HalfLine(
        slope,
        select(line.down.peak, line.up.peak, rises),
        select(line.down.height, line.up.height, rises),
        select(line.down.low, line.up.low, rises),
        select(line.down.width, line.up.width, rises),
    );
    let rest = select(wanted - line.above.mass, wanted, rises);
    // In units of a sixth of a cell, relative to the half line's own peak.
    let goal = rest * exp(line.height - chosen.height) * 6.0 / chosen.width;
    // The last cell before which not all of it has come up.
    var sum = vec4<f32>();
    var y = chosen.low;
    var left = weight_at(chosen, y - chosen.peak);
    var found = vec4<f32>();
    var begin = vec4<f32>();
    var weights = array<vec4<f32>, 3>();
    for (var cell = 0u; cell < CELLS; cell++) {
        let middle = weight_at(chosen, y + 0.5 * chosen.width - chosen.peak);
        let right = weight_at(chosen, y + chosen.width - chosen.peak);
        let here = sum <= goal;
        begin = select(begin, sum, here);
        found = select(found, y, here);
        weights[0] = select(weights[0], left, here);
        weights[1] = select(weights[1], middle, here);
        weights[2] = select(weights[2], right, here);
        sum += left + 4.0 * middle + right;
        y += chosen.width;
        left = right;
    }
    // The parabola through the three weights, integrated up to a share of the cell.
    let linear = 4.0 * weights[1] - 3.0 * weights[0] - weights[2];
    let square = 2.0 * (weights[0] + weights[2]) - 4.0 * weights[1];
    var low = vec4<f32>();
    var high = vec4<f32>(1.0);
    for (var turn = 0u; turn < 16u; turn++) {
        let share = 0.5 * (low + high);
        let before = 6.0 * share * (weights[0] + share * (0.5 * linear + share * square / 3.0)) <= goal - begin;
        low = select(low, share, before);
        high = select(share, high, before);
    }
    let y_found = found + 0.5 * (low + high) * chosen.width;
    return select(-y_found, y_found, rises);
}
