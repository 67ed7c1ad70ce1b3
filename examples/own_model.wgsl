// Sine-Gordon: S = sum [ sum_mu (phi' - phi)^2 / 2 + mass2 phi^2 / 2 + depth (1 - cos phi) ].

alias Site = f32;
alias Scalar = f32;
struct Parameters { mass2: f32, depth: f32 }

fn bond(a: Site, b: Site, point: Parameters) -> Scalar { return 0.5 * (a - b) * (a - b); }
fn onsite(a: Site, point: Parameters) -> Scalar { return 0.5 * point.mass2 * a * a + point.depth * (1.0 - cos_sin(a).x); }
// Slopes in the first argument.
fn bond_slope(a: Site, b: Site, point: Parameters) -> Scalar { return a - b; }
fn onsite_slope(a: Site, point: Parameters) -> Scalar { return point.mass2 * a + point.depth * cos_sin(a).y; }

fn propose(here: Site, uniform: f32, width: f32) -> Site { return here + width * (2.0 * uniform - 1.0); }
fn order(a: Site) -> vec2<Scalar> { return vec2<Scalar>(a, 0.0); }
fn hot(random: vec4<u32>) -> Site { return 2.0 * uniform_unit(random.x) - 1.0; }
fn cold() -> Site { return 0.0; }

// The library's cosine is good to 1e-7 on every adapter; the built-in one may be off by 2e-4.
fn cos_sin(angle: f32) -> vec2<f32> {
    let turns = angle * 0.15915494;
    return cos_sin_of_turn(u32((turns - floor(turns)) * 4294967000.0));
}
