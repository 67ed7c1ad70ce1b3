// The order parameter's Fourier component at the smallest momentum along the direction tick.part:
// (first cos, first sin, second cos, second sin).

fn density(chain: u32, site: u32) -> vec4<Measure> {
    // 2^32 x / L without overflow: the quotient of 2^32, and its rest, which is worth less than L in all.
    let length = side(tick.part);
    let x = coordinate(site, tick.part);
    let whole = 0xffffffffu / length;
    let rest = f32(0xffffffffu - whole * length + 1u) / f32(length);
    let turn = whole * x + u32(rest * f32(x));
    let wave = cos_sin_of_turn(turn);
    let here = vec2<f32>(order(state[chain * SITES + site]));
    return vec4<Measure>(here.x * wave, here.y * wave);
}
