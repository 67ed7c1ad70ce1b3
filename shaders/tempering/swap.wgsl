// One invocation decides whether two chains of neighbouring points swap, where energies are integers.
// The weights' ratio is e^(A b) e^(B o), with b and o the differences of the two sums that make up the energy. Each factor
// is accepted on its own, min(1, e^(A b)) min(1, e^(B o)): that is in detailed balance as well (M. Michel, S. C. Kapfer and W. Krauth,
// J. Chem. Phys. 140, 054116 (2014)), the same as the textbook's rule without a field, and needs no more than u32
// thresholds that the host computed in f64.

// By point: where the thresholds of its pair with the next point begin and how many there are, for b and for o; the sign
// that makes the factor smaller than 1 is in the highest bit of the count.
@group(2) @binding(9) var<storage, read> factors: array<vec4<u32>>;
@group(2) @binding(10) var<storage, read> swap_thresholds: array<u32>;
@group(3) @binding(2) var<storage, read> energies: array<vec4<i32>>; // by place

fn passes(word: u32, difference: i32, first: u32, count: u32) -> bool {
    let falls = select(difference > 0, difference < 0, (count >> 31u) == 1u);
    let size = u32(abs(difference));
    if !falls || (count & 0x7fffffffu) == 0u { return true; }
    return size < (count & 0x7fffffffu) && word < swap_thresholds[first + size];
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn swap(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let pair = pair_of(index);
    if !pair.exists { return; }
    let factor = factors[pair.low / run.replicas];
    let difference = energies[pair.low] - energies[pair.high];
    let words = draw(PURPOSE_SWAP, pair.low, 0u, 0u);
    let bonds = passes(words.x, difference.x, factor.x, factor.y);
    let sites = passes(words.y, difference.y, factor.z, factor.w);
    conclude(pair, bonds && sites);
}
