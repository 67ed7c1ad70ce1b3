// phi^4: S = sum [ -c sum_mu phi phi' + A phi^2 + B phi^4 + C ]; the canonical and the hopping form are two choices
// of (c, A, B, C), see src/model/phi4.rs.

alias Site = f32;
alias Scalar = f32;

struct Parameters {
    hopping: f32,
    quadratic: f32,
    quartic: f32,
    constant: f32,
}

fn bond(a: Site, b: Site, point: Parameters) -> Scalar { return -point.hopping * a * b; }
fn onsite(a: Site, point: Parameters) -> Scalar {
    let square = a * a;
    return square * (point.quadratic + point.quartic * square) + point.constant;
}
// Slopes in the first argument.
fn bond_slope(a: Site, b: Site, point: Parameters) -> Scalar { return -point.hopping * b; }
fn onsite_slope(a: Site, point: Parameters) -> Scalar {
    return a * (2.0 * point.quadratic + 4.0 * point.quartic * a * a);
}
fn propose(here: Site, uniform: f32, width: f32) -> Site { return here + width * (2.0 * uniform - 1.0); }
fn order(a: Site) -> vec2<Scalar> { return vec2<Scalar>(a, 0.0); }
fn hot(random: vec4<u32>) -> Site { return 2.0 * uniform_unit(random.x) - 1.0; }
fn cold() -> Site { return 1.0; }
