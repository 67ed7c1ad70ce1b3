// One invocation packs one piece of one class's thresholds for the chains of a group: FIELD_BITS bits of each, the highest
// piece first; the last piece tells which thresholds stand for certainty. Made once, and again when tempering has moved
// the chains.

override CLASSES: u32 = 1;

@group(2) @binding(5) var<storage, read> thresholds: array<u32>;
@group(2) @binding(3) var<storage, read_write> threshold_bits: array<vec4<u32>>;

// The threshold of a chain of the group; what is no chain never flips.
fn threshold_of(chain: u32, class_: u32) -> u32 {
    if chain >= run.chains { return 0u; }
    return thresholds[point_of(chain) * CLASSES + class_];
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn assign(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let pieces = 32u / FIELD_BITS;
    let group = index % GROUPS;
    let piece = (index / GROUPS) % (pieces + 1u);
    let class_ = index / (GROUPS * (pieces + 1u));
    let words_a_chain = max(FOLDS / 32u, 1u);
    var packed: array<u32, 4>;
    for (var word = 0u; word < 4u; word++) {
        var bits = 0u;
        for (var field = 0u; field < pieces; field++) {
            let slot = (word * pieces + field) / words_a_chain;
            let threshold = threshold_of(group * chains_of_block() + slot, class_);
            let share = select(threshold << ((piece * FIELD_BITS) & 31u) >> (32u - FIELD_BITS), u32(threshold == 0xffffffffu), piece == pieces);
            bits |= share << (field * FIELD_BITS);
        }
        packed[word] = bits;
    }
    threshold_bits[index] = vec4<u32>(packed[0], packed[1], packed[2], packed[3]);
}
