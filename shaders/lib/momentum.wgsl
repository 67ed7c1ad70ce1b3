// The momenta that four sites in a row of numbers, 4 group to 4 group + 3, have at the start of a trajectory: a pure
// function, drawn again where it is needed again. One draw has four words, and so four normal deviates: the site's group
// is the address, its number modulo four the deviate.

fn drawn_momenta(chain: u32, group: u32) -> vec4<f32> {
    let words = draw(PURPOSE_MOMENTUM, group, chain, 0u);
    return vec4<f32>(normal_pair(words.xy), normal_pair(words.zw));
}

fn drawn_momentum(chain: u32, site: u32) -> f32 {
    let words = draw(PURPOSE_MOMENTUM, site / 4u, chain, 0u);
    let pair = normal_pair(select(words.xy, words.zw, (site & 2u) == 2u));
    return select(pair.x, pair.y, (site & 1u) == 1u);
}
