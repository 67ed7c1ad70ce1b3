// Potts: E = -J sum delta(s, s'), in whole units of J, which stays on the host (but for its sign).

alias Site = i32;
alias Scalar = i32;
alias Order = f32;

struct Parameters {
    coupling: f32,
}

override STATES: u32 = 2;

fn bond(a: Site, b: Site, point: Parameters) -> Scalar { return -i32(a == b); }
fn onsite(a: Site, point: Parameters) -> Scalar { return 0; }
// exp(2 pi i s / STATES); turns have 24 bits, so that the two states of an Ising magnet are exactly +1 and -1.
fn order(a: Site) -> vec2<f32> { return cos_sin_of_turn(((u32(a) << 24u) / STATES) << 8u); }
fn hot(random: vec4<u32>) -> Site { return i32(high_product(random.x, STATES)); }
fn cold() -> Site { return 0; }
