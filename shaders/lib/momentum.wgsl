// The momentum that a site has at the start of a trajectory: a pure function, drawn again where it is needed again.

fn drawn_momentum(chain: u32, site: u32) -> f32 {
    return normal_pair(draw(PURPOSE_MOMENTUM, site, chain, 0u).xy).x;
}
