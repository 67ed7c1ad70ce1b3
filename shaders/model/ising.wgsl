// Ising: E = -J sum s s' - h sum s, in whole units of J (bonds) and h (sites).
// J and h stay on the host, which turns each possible rise into an acceptance threshold in f64.

alias Site = i32;
alias Scalar = i32;

struct Parameters {
    coupling: f32,
    field: f32,
}

fn bond(a: Site, b: Site, point: Parameters) -> Scalar { return -a * b; }
fn onsite(a: Site, point: Parameters) -> Scalar { return -a; }
fn flipped(a: Site) -> Site { return -a; }
fn order(a: Site) -> vec2<Scalar> { return vec2<Scalar>(a, 0); }
fn hot(random: vec4<u32>) -> Site { return select(-1, 1, (random.x >> 31u) == 1u); }
fn cold() -> Site { return 1; }
