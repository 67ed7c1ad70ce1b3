// One workgroup measures 32 chains: sum_i s_i (h_i + sum_j J_ij s_j + h_i), of which the energy is made, in units of the
// couplings; and the number of spins that are up.

override ENERGY: bool = true; // which takes the fields; all else comes from the spins alone
override BY_PLACE: bool = false; // a point's rows are those of the chains that are there, see lib/place.wgsl

@group(2) @binding(3) var<storage, read> site_fields: array<vec4<i32>>; // h_i
@group(2) @binding(7) var<storage, read> places: array<u32>;
@group(3) @binding(0) var<storage, read_write> partials: array<vec4<f32>>; // of the dispatches so far, by chain
@group(3) @binding(1) var<storage, read_write> rows: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn survey(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
    let group = tick.first / WORKGROUP_X + workgroup.x;
    let chains = 8u * group + lane;
    var energy = vec4<f32>();
    var counts = vec4<u32>();
    // Sums go on where the dispatch before ended, so that their order is one, however a sweep is cut.
    if tick.part > 0u && lane < 8u {
        for (var k = 0u; k < 4u; k++) {
            let before = partials[4u * chains + k];
            energy[k] = before.x;
            counts[k] = u32(before.y);
        }
    }
    let end = min((tick.part + 1u) * BLOCKS, QUADS / 8u);
    for (var block = tick.part * BLOCKS; block < end; block++) {
        if ENERGY { find_fields(lane, group, block); }
        if lane < 8u {
            for (var quad = 0u; quad < 8u; quad++) {
                let here = 8u * block + quad;
                let words = spins[group * QUADS + here];
                let own = vec4<f32>(site_fields[here]);
                let at = 32u * lane + quad;
                for (var k = 0u; k < 4u; k++) {
                    let exists = 4u * here + k < SITES;
                    let bits = select(vec4<u32>(), bits_of(words[k], lane), exists);
                    counts += bits;
                    if ENERGY && exists {
                        let local =
                            vec4<i32>(fields[at][k], fields[at + 8u][k], fields[at + 16u][k], fields[at + 24u][k]);
                        let whole = vec4<f32>(local) + vec4<f32>(own[k]);
                        energy += select(-whole, whole, bits == vec4<u32>(1u));
                    }
                }
            }
        }
        workgroupBarrier();
    }
    if lane >= 8u { return; }
    for (var k = 0u; k < 4u; k++) {
        let chain = 4u * chains + k;
        partials[chain] = vec4<f32>(energy[k], f32(counts[k]), 0.0, 0.0);
        if end == QUADS / 8u && chain < run.chains {
            let row = select(chain, places[chain], BY_PLACE);
            rows[tick.row + row] = vec4<u32>(bitcast<u32>(energy[k]), counts[k], 0u, 0u);
        }
    }
}
