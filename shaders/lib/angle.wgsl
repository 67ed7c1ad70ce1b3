// Angles, good to 4e-7: the built-in functions may be off by 2e-4 (cosine) or 5e-4 (arc tangent), and energies would
// drift.

const FULL_TURN: f32 = 6.2831853;

// (cos, sin) of an angle of a few turns.
fn cos_sin_of(angle: f32) -> vec2<f32> {
    let turns = angle * 0.15915494;
    // The largest f32 below 2^32: what is rounded up to a whole turn stays inside.
    return cos_sin_of_turn(u32(min((turns - floor(turns)) * 4294967296.0, 4294967040.0)));
}

// The angle of a vector that is not zero, from 0 to a turn. The polynomial is that of S. L. Moshier's Cephes library
// (atanf), for |x| <= tan(pi / 8).
fn angle_of(v: vec2<f32>) -> f32 {
    let size = abs(v);
    let least = min(size.x, size.y);
    let most = max(size.x, size.y);
    let far = least > 0.41421356 * most;
    let x = select(least / most, (least - most) / (least + most), far);
    let z = x * x;
    let series = ((0.080537445 * z - 0.13877686) * z + 0.19977711) * z - 0.33332950;
    var angle = series * z * x + x + select(0.0, 0.125 * FULL_TURN, far);
    if size.y > size.x { angle = 0.25 * FULL_TURN - angle; }
    if v.x < 0.0 { angle = 0.5 * FULL_TURN - angle; }
    return select(angle, FULL_TURN - angle, v.y < 0.0);
}
