// A clean model: every bond counts once. Drivers fold the factor.

fn coupling(chain: u32, site: u32, direction: u32) -> Scalar {
    return Scalar(1);
}
