// Which chains of a recall have settled.

// (0 moving, 1 fixed point, 2 cycle; sweeps made)
@group(1) @binding(5) var<storage, read> status: array<vec2<u32>>;

// Chains that only pad a group of four are still as well.
fn still(four: u32) -> bool {
    let chain = 4u * four;
    return is_still(chain) && is_still(chain + 1u) && is_still(chain + 2u) && is_still(chain + 3u);
}

fn is_still(chain: u32) -> bool {
    return chain >= run.chains || status[chain].x != 0u;
}
