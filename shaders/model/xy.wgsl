// XY: E = -J sum cos(a - b), sites are angles.

alias Site = f32;
alias Scalar = f32;

struct Parameters {
    coupling: f32,
}

fn bond(a: Site, b: Site, point: Parameters) -> Scalar { return -point.coupling * cos_sin_of(a - b).x; }
fn onsite(a: Site, point: Parameters) -> Scalar { return 0.0; }
fn bond_slope(a: Site, b: Site, point: Parameters) -> Scalar { return point.coupling * cos_sin_of(a - b).y; }
fn onsite_slope(a: Site, point: Parameters) -> Scalar { return 0.0; }
// Brought back to one turn, so that angles keep their digits.
fn propose(here: Site, uniform: f32, width: f32) -> Site {
    let there = here + width * (2.0 * uniform - 1.0);
    return there - FULL_TURN * floor(there / FULL_TURN);
}
// What a neighbour adds to the local field H: a site's energy is -H (cos a, sin a).
fn pull(b: Site, point: Parameters) -> vec2<f32> { return point.coupling * cos_sin_of(b); }
fn reflected(a: Site, field: vec2<f32>) -> Site {
    let there = 2.0 * angle_of(field) - a;
    return there - FULL_TURN * floor(there / FULL_TURN);
}
fn order(a: Site) -> vec2<Scalar> { return cos_sin_of(a); }
fn hot(random: vec4<u32>) -> Site { return FULL_TURN * uniform_unit(random.x); }
fn cold() -> Site { return 0.0; }
