// One invocation offers one discrete site of one colour another value, in one chain.
// The rise of the energy is a pair of integers and chooses a u32 threshold that the host computed in f64, so a
// trajectory is the same on every adapter. Metropolis and heat bath (for two states the same as Glauber's rule)
// are two tables, not two kernels. With more than two states the other value is drawn as well.
// Cost: 13 rounds, 2 DIMENSIONS + 1 loads (with couplings twice that), one threshold load, one store.

override PURPOSE: u32 = 0;
// |bond change| <= BOND_SPAN and |onsite change| <= ONSITE_SPAN: the table's shape, a table a point.
override BOND_SPAN: u32 = 1;
override ONSITE_SPAN: u32 = 1;

@group(2) @binding(3) var<storage, read> thresholds: array<u32>;
@group(1) @binding(1) var<storage, read_write> accepted: array<u32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn flip(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = id.y;
    if index >= tick.last || chain >= run.chains { return; }
    let site = coloured_site(index);
    let here = state[chain * SITES + site];
    let random = draw(PURPOSE, site, chain, 0u);
    let there = other(here, random.y);
    let change = rise(chain, site, here, there);
    let columns = 2u * ONSITE_SPAN + 1u;
    let table = point_of(chain) * (2u * BOND_SPAN + 1u) * columns;
    let row = u32(i32(change[0]) + i32(BOND_SPAN));
    let threshold = thresholds[table + row * columns + u32(i32(change[1]) + i32(ONSITE_SPAN))];
    // 2^32 - 1 stands for certainty; the host rounds no smaller probability up to it.
    let accept = random.x < threshold || threshold == 0xffffffffu;
    if accept { state[chain * SITES + site] = there; }
    accepted[chain * SITES + site] = u32(accept);
}
