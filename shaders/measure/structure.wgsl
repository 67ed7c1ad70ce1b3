// The order parameter's Fourier component at the smallest momentum along the direction tick.part:
// (first cos, first sin, second cos, second sin).

fn density(chain: u32, site: u32) -> vec4<Measure> {
    // 2^32 x / L without overflow: the quotient of 2^32 and the rest of it, each times x.
    let length = side(tick.part);
    let x = coordinate(site, tick.part);
    let whole = 0xffffffffu / length;
    let turn = whole * x + (x * (0xffffffffu - whole * length + 1u)) / length;
    let wave = cos_sin_of_turn(turn);
    let here = vec2<f32>(order(state[chain * SITES + site]));
    return vec4<Measure>(here.x * wave, here.y * wave);
}
