// One workgroup relaxes one chain, neuron after neuron in the order of the sweep: the textbook asynchronous dynamics,
// exactly; of dense memories, D. Krotov and J. J. Hopfield's (NIPS 29, 2016). The fields of a block of 32 neurons are
// found together from the drives (overlaps, mostly); as long as every neuron agrees with its field nothing changes and the next block
// follows. The first neuron that disagrees flips, the drives follow, and the fields are found again for the rest of
// the block. Lanes share the patterns of a field; the sums are of integers, or of floats in an order that no tuning
// changes. A block costs 1 + flips rounds of PATTERNS / (4 lanes) steps.

// As many lanes as a block has neurons are best on software adapters, where barriers cost more than longer loops.

// Blocks of one dispatch: so many that no invocation loops more than 32,768 times.
override BLOCKS: u32 = 1;
// Overlaps count from a reference of the chain, not from N.
override SHIFTED: bool = false;

@group(1) @binding(0) var<storage, read_write> spins: array<atomic<u32>>;
@group(1) @binding(1) var<storage, read_write> drives: array<vec4<Drive>>;
@group(1) @binding(4) var<storage, read_write> changes: array<atomic<u32>>;
@group(1) @binding(5) var<storage, read> status: array<vec2<u32>>;
@group(2) @binding(1) var<storage, read> order: array<u32>;
@group(2) @binding(2) var<storage, read> ordered: array<vec4<u32>>;

// [lane][neuron of the block]: each lane's share of the fields.
var<workgroup> partial: array<Amplitude, 32u * WORKGROUP_X>;
var<workgroup> curved: array<Amplitude, WORKGROUP_X>;
var<workgroup> signs: array<i32, 32>;
var<workgroup> first: atomic<u32>;
var<workgroup> chosen_neuron: u32;
var<workgroup> settled: u32;
var<workgroup> highest: atomic<i32>;

fn store(at: u32, sums: vec4<Amplitude>) {
    partial[at] = sums.x;
    partial[at + 1u] = sums.y;
    partial[at + 2u] = sums.z;
    partial[at + 3u] = sums.w;
}

@compute @workgroup_size(WORKGROUP_X, 1)
fn relax(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let chain = tick.first / WORKGROUP_X + workgroup.x;
    let stride = chain_stride();
    if lane == 0u { settled = status[min(chain, run.chains - 1u)].x; }
    if workgroupUniformLoad(&settled) != 0u { return; }
    var reference = i32(NEURONS);
    if SHIFTED {
        if lane == 0u { atomicStore(&highest, -i32(NEURONS)); }
        workgroupBarrier();
        atomicMax(&highest, reference_seen(chain, lane));
        workgroupBarrier();
        reference = atomicLoad(&highest);
        workgroupBarrier();
    }
    for (var b = 0u; b < BLOCKS; b++) {
        let block = tick.part * BLOCKS + b;
        let place = 32u * block + lane;
        let exists = lane < 32u && place < NEURONS && chain < run.chains;
        var neuron = 0u;
        if exists {
            neuron = order[place];
            let bit = (atomicLoad(&spins[(neuron / 32u) * stride + chain]) >> (neuron % 32u)) & 1u;
            signs[lane] = select(-1, 1, bit == 1u);
        }
        // Neurons before the cursor have had their turn.
        var cursor = 0u;
        for (var round = 0u; round < 33u; round++) {
            var fields = Fields();
            var curvature = vec4<Amplitude>();
            if block < WORDS {
                for (var quad = lane; quad < QUADS; quad += WORKGROUP_X) {
                    let answer = answers(drives[quad * stride + chain], quad, reference);
                    add_quad(&fields, ordered[block * QUADS + quad], answer.amplitudes);
                    curvature += answer.curvatures;
                }
            }
            fields.total = with_background(fields.total);
            let at = 32u * lane;
            store(at + 0u, fields_of(&fields, fields.sums[0]));
            store(at + 4u, fields_of(&fields, fields.sums[1]));
            store(at + 8u, fields_of(&fields, fields.sums[2]));
            store(at + 12u, fields_of(&fields, fields.sums[3]));
            store(at + 16u, fields_of(&fields, fields.sums[4]));
            store(at + 20u, fields_of(&fields, fields.sums[5]));
            store(at + 24u, fields_of(&fields, fields.sums[6]));
            store(at + 28u, fields_of(&fields, fields.sums[7]));
            curved[lane] = curvature.x + curvature.y + curvature.z + curvature.w;
            if lane == 0u {
                atomicStore(&first, 32u);
                atomicStore(&highest, -i32(NEURONS));
            }
            workgroupBarrier();
            if exists && lane >= cursor {
                let sign = Amplitude(signs[lane]);
                var own = own_couplings(neuron / 4u)[neuron % 4u];
                var field = Amplitude();
                for (var other = 0u; other < WORKGROUP_X; other++) {
                    field += partial[32u * other + lane];
                    own += curved[other];
                }
                if field * sign < own - silence() { atomicMin(&first, lane); }
            }
            workgroupBarrier();
            if lane == 0u { chosen_neuron = atomicLoad(&first); }
            let flip = workgroupUniformLoad(&chosen_neuron);
            if flip == 32u { break; }
            let sign = -signs[flip];
            let flipping = order[32u * block + flip];
            for (var quad = lane; quad < QUADS; quad += WORKGROUP_X) {
                let bits = (ordered[block * QUADS + quad] >> vec4<u32>(flip)) & vec4<u32>(1u);
                drives[quad * stride + chain] += Drive(2 * sign) * influence(flipping, quad, bits);
            }
            if SHIFTED { atomicMax(&highest, reference_seen(chain, lane)); }
            workgroupBarrier();
            if SHIFTED { reference = atomicLoad(&highest); }
            if lane == flip {
                signs[lane] = sign;
                atomicXor(&spins[(neuron / 32u) * stride + chain], 1u << (neuron % 32u));
                atomicAdd(&changes[2u * chain], 1u);
            }
            cursor = flip + 1u;
            workgroupBarrier();
        }
    }
}
