// Chains on which nothing acts besides the matrix and one field, and of which no site is exempt.

// The random words of four sites of four chains, by chain.
fn words_of(quad: u32, chain: u32) -> array<vec4<u32>, 4> {
    return array<vec4<u32>, 4>(
        draw(PURPOSE, quad, chain, 0u),
        draw(PURPOSE, quad, chain + 1u, 0u),
        draw(PURPOSE, quad, chain + 2u, 0u),
        draw(PURPOSE, quad, chain + 3u, 0u),
    );
}

fn driven(near: Near, quad: u32, chains: u32) -> Near { return near; }

fn exempt(group: u32, quad: u32) -> vec4<u32> { return vec4<u32>(); }
