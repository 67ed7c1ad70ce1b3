// One invocation collects one block with the chains in the order of their places: pairs of replicas then lie side by side
// again, wherever tempering has taken them.

@group(1) @binding(0) var<storage, read> spins: array<vec4<u32>>;
@group(1) @binding(2) var<storage, read_write> ordered: array<vec4<u32>>;
@group(2) @binding(8) var<storage, read> occupants: array<u32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn gather(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = tick.first + id.x;
    if at >= tick.last { return; }
    let group = at % GROUPS;
    var block = array<u32, 4>();
    for (var slot = 0u; slot < chains_of_block(); slot++) {
        let place = group * chains_of_block() + slot;
        if place >= run.chains { break; }
        let chain = occupants[place];
        let origin = spins[at - group + chain / chains_of_block()];
        let source = chain % chains_of_block();
        if FOLDS == 128u {
            block = array<u32, 4>(origin.x, origin.y, origin.z, origin.w);
        } else if FOLDS == 64u {
            let half = select(origin.xy, origin.zw, source == 1u);
            block[2u * slot] = half.x;
            block[2u * slot + 1u] = half.y;
        } else {
            let a_word = 32u / FIELD_BITS;
            let field = (origin[source / a_word] >> ((source % a_word) * FIELD_BITS)) & ((2u << (FIELD_BITS - 1u)) - 1u);
            block[slot / a_word] |= field << ((slot % a_word) * FIELD_BITS);
        }
    }
    ordered[at] = vec4<u32>(block[0], block[1], block[2], block[3]);
}
