// Spins with explicit couplings. A word holds one site of 32 chains, a bit each, 1 for +1, and a workgroup has such a group
// of chains. Couplings and fields are integers, multiples of a unit that the host chooses, so that sums are the same in
// any order. Four sites are neighbours in memory, to be loaded as one vec4:
//   couplings [block][site][site of the block / 4]      spins [group][site / 4]
// The couplings of a block lie together: a sweep reads them from end to end, twice as fast as rows of the matrix.

override SITES: u32 = 1;
override QUADS: u32 = 8; // sites / 4, rounded up to whole blocks of 32 sites
override PARTS: u32 = 1; // lanes / 8: the sum over the other sites is cut into so many
override BLOCKS: u32 = 1; // blocks that one dispatch visits, at most

@group(2) @binding(0) var<storage, read> couplings: array<vec4<i32>>;
@group(2) @binding(1) var<storage, read> offsets: array<vec4<i32>>; // h_i - sum_j J_ij, by site
@group(1) @binding(0) var<storage, read_write> spins: array<vec4<u32>>;

// Local fields of a block: [chain of the group][site / 4], 8 quads of sites.
var<workgroup> fields: array<vec4<i32>, 256>;

// Four sites' sums in eight chains. Chains are named one by one: an index that a driver does not unroll would keep the
// sums in memory, ten times slower.
struct Octet {
    at: array<vec4<i32>, 8>,
}

fn chosen(bits: u32, mask: u32, coupling: vec4<i32>) -> vec4<i32> {
    return select(vec4<i32>(), coupling, (bits & mask) != 0u);
}

// What four sites add to four others in one chain.
fn pull(words: vec4<u32>, mask: u32, near: Rows) -> vec4<i32> {
    return (chosen(words.x, mask, near.a) + chosen(words.y, mask, near.b))
        + (chosen(words.z, mask, near.c) + chosen(words.w, mask, near.d));
}

struct Rows {
    a: vec4<i32>,
    b: vec4<i32>,
    c: vec4<i32>,
    d: vec4<i32>,
}

fn added(sums: Octet, words: vec4<u32>, rows: Rows) -> Octet {
    var all = sums;
    all.at[0] += pull(words, 0x1u, rows);
    all.at[1] += pull(words, 0x2u, rows);
    all.at[2] += pull(words, 0x4u, rows);
    all.at[3] += pull(words, 0x8u, rows);
    all.at[4] += pull(words, 0x10u, rows);
    all.at[5] += pull(words, 0x20u, rows);
    all.at[6] += pull(words, 0x40u, rows);
    all.at[7] += pull(words, 0x80u, rows);
    return all;
}

// The same in all chains of the group.
struct Group {
    a: Octet,
    b: Octet,
    c: Octet,
    d: Octet,
}

fn with_quad(sums: Group, words: vec4<u32>, rows: Rows) -> Group {
    return Group(
        added(sums.a, words, rows),
        added(sums.b, words >> vec4<u32>(8u), rows),
        added(sums.c, words >> vec4<u32>(16u), rows),
        added(sums.d, words >> vec4<u32>(24u), rows),
    );
}

// Quads of a block that have a site: the last block may have fewer than eight.
fn quads_of(block: u32) -> u32 { return min(8u, (SITES + 3u) / 4u - 8u * block); }

// Where the couplings of a block to one site begin.
fn row_of(block: u32, site: u32) -> u32 { return 8u * (4u * QUADS * block + site); }

// Only couplings to spins that are up are added: sum J s = 2 sum_{up} J - sum J.
fn put(sums: Octet, first: u32, offset: vec4<i32>, begin: bool) {
    fields[first] = select(fields[first], offset, begin) + 2 * sums.at[0];
    fields[first + 8u] = select(fields[first + 8u], offset, begin) + 2 * sums.at[1];
    fields[first + 16u] = select(fields[first + 16u], offset, begin) + 2 * sums.at[2];
    fields[first + 24u] = select(fields[first + 24u], offset, begin) + 2 * sums.at[3];
    fields[first + 32u] = select(fields[first + 32u], offset, begin) + 2 * sums.at[4];
    fields[first + 40u] = select(fields[first + 40u], offset, begin) + 2 * sums.at[5];
    fields[first + 48u] = select(fields[first + 48u], offset, begin) + 2 * sums.at[6];
    fields[first + 56u] = select(fields[first + 56u], offset, begin) + 2 * sums.at[7];
}

// Fills `fields` with those of one block. Each lane has four sites and 32 chains: a coupling that is loaded once serves
// all of them. Called by the whole workgroup.
fn find_fields(lane: u32, group: u32, block: u32) {
    let quad = lane & 7u;
    let part = lane >> 3u;
    var sums = Group();
    for (var other = part; other < (SITES + 3u) / 4u; other += PARTS) {
        let words = spins[group * QUADS + other];
        let row = row_of(block, 4u * other) + quad;
        sums = with_quad(sums, words, Rows(
            couplings[row], couplings[row + 8u], couplings[row + 16u], couplings[row + 24u]));
    }
    let offset = offsets[8u * block + quad];
    for (var turn = 0u; turn < PARTS; turn++) {
        if part == turn {
            put(sums.a, quad, offset, turn == 0u);
            put(sums.b, quad + 64u, offset, turn == 0u);
            put(sums.c, quad + 128u, offset, turn == 0u);
            put(sums.d, quad + 192u, offset, turn == 0u);
        }
        workgroupBarrier();
    }
}

// The bits of one site in the four chains of a lane.
fn bits_of(word: u32, lane: u32) -> vec4<u32> {
    return (vec4<u32>(word) >> (vec4<u32>(4u * lane) + vec4<u32>(0u, 1u, 2u, 3u))) & vec4<u32>(1u);
}
