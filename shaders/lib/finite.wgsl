// Whether a value is a number and not infinite: only its bits tell that on every driver. The doctor checks it.

fn is_finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}
