// The order parameter's Fourier component at the smallest momentum along the direction tick.part:
// (first cos, first sin, second cos, second sin).

fn density(chain: u32, site: u32) -> vec4<Measure> {
    let wave = wave_at(coordinate(site, tick.part), side(tick.part));
    let here = vec2<f32>(order(state[chain * SITES + site]));
    return vec4<Measure>(here.x * wave, here.y * wave);
}
