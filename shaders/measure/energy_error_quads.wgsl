// `energy_error` of the four sites of a quad at once.

@group(1) @binding(0) var<storage, read> state: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> momentum: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> position_before: array<vec4<f32>>;

fn onsite_changes(end: vec4<f32>, start: vec4<f32>, point: Parameters) -> vec4<f32> {
    let after = vec4<f32>(onsite(end.x, point), onsite(end.y, point), onsite(end.z, point), onsite(end.w, point));
    return after - vec4<f32>(onsite(start.x, point), onsite(start.y, point), onsite(start.z, point), onsite(start.w, point));
}

fn bonds(a: vec4<f32>, b: vec4<f32>, point: Parameters) -> vec4<f32> {
    return vec4<f32>(bond(a.x, b.x, point), bond(a.y, b.y, point), bond(a.z, b.z, point), bond(a.w, b.w, point));
}

fn density(chain: u32, quad: u32) -> vec4<Measure> {
    let place = point_of(chain);
    let point = parameters[place];
    let base = quads_before(chain);
    let start = state[base + quad];
    let end = position_before[base + quad];
    var difference = onsite_changes(end, start, point);
    for (var direction = 0u; direction + 1u < DIMENSIONS; direction++) {
        let next = base + quad_ahead(quad, direction);
        difference += bonds(end, position_before[next], point) - bonds(start, state[next], point);
    }
    let column = quad % QUADS;
    let beside = base + quad - column + column_after(column + 1u);
    difference += bonds(end, vec4<f32>(end.yzw, position_before[beside].x), point);
    difference -= bonds(start, vec4<f32>(start.yzw, state[beside].x), point);
    let first = drawn_momenta(chain, quad);
    let last = momentum[base + quad];
    let change = betas[place] * difference + 0.5 * (last - first) * (last + first);
    return vec4<Measure>(change.x + change.y + change.z + change.w, 0.0, 0.0, 0.0);
}
