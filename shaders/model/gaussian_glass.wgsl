// Edwards-Anderson glass with real couplings: E = -sum J s s' - h sum s; the library multiplies each bond by its J.

alias Site = f32;
alias Scalar = f32;
alias Coupling = Scalar;

struct Parameters {
    field: f32,
}

fn bond(a: Site, b: Site, point: Parameters) -> Scalar { return -a * b; }
fn onsite(a: Site, point: Parameters) -> Scalar { return -point.field * a; }
fn flipped(a: Site) -> Site { return -a; }
fn order(a: Site) -> vec2<Scalar> { return vec2<Scalar>(a, 0.0); }
fn hot(random: vec4<u32>) -> Site { return select(-1.0, 1.0, (random.x >> 31u) == 1u); }
fn cold() -> Site { return 1.0; }
