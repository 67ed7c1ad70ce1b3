// Whether the last attempt at a site was accepted.

@group(1) @binding(1) var<storage, read> accepted: array<u32>;

fn density(chain: u32, site: u32) -> vec4<Measure> {
    return vec4<Measure>(i32(accepted[chain * SITES + site]), 0, 0, 0);
}
