// XY: E = -J sum cos(a - b), sites are angles.

alias Site = f32;
alias Scalar = f32;

struct Parameters {
    coupling: f32,
}

const TURN: f32 = 6.2831853;

fn bond(a: Site, b: Site, point: Parameters) -> Scalar { return -point.coupling * cos(a - b); }
fn onsite(a: Site, point: Parameters) -> Scalar { return 0.0; }
fn bond_slope(a: Site, b: Site, point: Parameters) -> Scalar { return point.coupling * sin(a - b); }
fn onsite_slope(a: Site, point: Parameters) -> Scalar { return 0.0; }
// Brought back to one turn, so that angles keep their digits.
fn propose(here: Site, uniform: f32, width: f32) -> Site {
    let there = here + width * (2.0 * uniform - 1.0);
    return there - TURN * floor(there / TURN);
}
fn order(a: Site) -> vec2<Scalar> { return vec2<Scalar>(cos(a), sin(a)); }
fn hot(random: vec4<u32>) -> Site { return TURN * uniform_unit(random.x); }
fn cold() -> Site { return 0.0; }
