// Bonds of either sign, +-J, 1 for J < 0: bond_signs[(direction 2 ROWS HALF_ROW + block) BOND_GROUPS + group], one copy for
// all groups where all chains share a sample. Every bond is stored at both its ends.

override BOND_GROUPS: u32 = 1;

@group(2) @binding(4) var<storage, read> bond_signs: array<vec4<u32>>;

fn sign_of(at: u32, direction: u32) -> vec4<u32> {
    let block = select(at, at / GROUPS, BOND_GROUPS == 1u);
    return bond_signs[direction * 2u * ROWS * HALF_ROW * BOND_GROUPS + block];
}

fn with_signs(broken: Broken, at: u32) -> Broken {
    var signed = broken;
    signed.centre ^= sign_of(at, 0u);
    signed.side ^= sign_of(at, 1u);
    if DIMENSIONS > 1u {
        signed.behind_y ^= sign_of(at, 2u);
        signed.ahead_y ^= sign_of(at, 3u);
    }
    if DIMENSIONS > 2u {
        signed.behind_z ^= sign_of(at, 4u);
        signed.ahead_z ^= sign_of(at, 5u);
    }
    if DIMENSIONS > 3u {
        signed.behind_t ^= sign_of(at, 6u);
        signed.ahead_t ^= sign_of(at, 7u);
    }
    return signed;
}
