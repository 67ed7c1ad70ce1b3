// One invocation offers every spin of one colour in a strip of rows, one block wide, its other value.
//
// The strip slides along y with the other colour's blocks above, here and below in registers: a block costs three loads
// and a store in two dimensions. Bonds are counted by full adders (17 operations for 128 spins). The count chooses each
// spin's threshold T; a spin flips if its 32-bit uniform U < T, exactly as in `flip`. U is never formed: its bits are
// drawn plane by plane for 128 spins at once, the highest first, and compared until no spin is undecided, after 12
// planes on average. The words of one block come from xoshiro128++ (D. Blackman and S. Vigna, ACM TOMS 47, 36 (2021)), seeded by
// Threefry at the block's address: a pure function of (seed, sweep, colour, block, group, plane), whatever the strips.
// Each chain has its own thresholds, so a block may mix temperatures: `threshold_bits` holds FIELD_BITS planes a word,
// at a chain's place in the block, to be spread over its folds.
//
// Tried on lavapipe and dropped (4096^2 at the critical point, one threshold for all spins = 1): Threefry for every plane
// 0.62; the few spins undecided after 8 planes merged into one word 0.9; an exit test every two planes 0.95; strips of 16
// or 128 rows instead of 32 0.8 to 1. Mixed temperatures (3D glass, 8 chains a block): thresholds as whole planes in
// storage 0.35, in a uniform 0.5, held in registers 0.4, and as they are here, which serves all cases, 0.75 to 0.95.

override PURPOSE: u32 = 0;
override STRIP: u32 = 32; // rows of a strip
// The numbers of broken bonds that do not always flip: FIRST_COUNT and those after it; where there is a field, apart for
// spins down and up.
override FIRST_COUNT: u32 = 0;
override COUNTS: u32 = 1;
override CLASSES: u32 = 1;
override RECORD: bool = false; // whether `accepted` is wanted

@group(1) @binding(0) var<storage, read_write> spins: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> accepted: array<vec4<u32>>;
@group(2) @binding(3) var<storage, read> threshold_bits: array<vec4<u32>>;

fn load(at: u32) -> vec4<u32> { return spins[at]; }

fn threshold_word(group: u32, class_: u32, piece: u32) -> vec4<u32> {
    return threshold_bits[(class_ * (32u / FIELD_BITS + 1u) + piece) * GROUPS + group];
}

// One bit a chain, given to all its folds.
fn spread(bits: vec4<u32>) -> vec4<u32> {
    return select(bits << vec4<u32>(FIELD_BITS & 31u), vec4<u32>(), FIELD_BITS == 32u) - bits;
}

// A mask, or a word, for each class: 9 counts of broken bonds at the most, for spins down and up.
alias Masks = array<vec4<u32>, 18>;

struct Decision {
    undecided: vec4<u32>,
    flips: vec4<u32>,
    generator: vec4<u32>,
}

// Draws one plane and compares it with that of each spin's own threshold, which is at bit `shift` of its chain's field.
fn compare(decision: ptr<function, Decision>, classes: ptr<function, Masks>, words: ptr<function, Masks>, shift: u32) {
    var threshold = vec4<u32>();
    for (var class_ = 0u; class_ < CLASSES; class_++) {
        threshold |= (*classes)[class_] & spread(((*words)[class_] >> vec4<u32>(shift)) & vec4<u32>(FIELD_LOW));
    }
    var generator = (*decision).generator;
    let uniform_bits = next_block(&generator);
    (*decision).generator = generator;
    (*decision).flips |= (*decision).undecided & threshold & ~uniform_bits;
    (*decision).undecided &= ~(threshold ^ uniform_bits);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn sweep(@builtin(global_invocation_id) id: vec3<u32>) {
    let lane = tick.first + id.x;
    if lane >= tick.last { return; }
    let column = lane % row_blocks();
    let group = column % GROUPS;
    let strips = (SIDE_Y + STRIP - 1u) / STRIP;
    let strip = lane / row_blocks();
    let plane_row = (strip / strips) * SIDE_Y; // the first row of this (t, z)
    let first = (strip % strips) * STRIP;
    let z = (strip / strips) % SIDE_Z;
    let t = (strip / strips) / SIDE_Z;
    let other = 1u - tick.part;
    let rows = min(STRIP, SIDE_Y - first);

    // The highest bits of the thresholds decide nearly everything, and serve all rows.
    var highest: Masks;
    for (var class_ = 0u; class_ < CLASSES; class_++) { highest[class_] = threshold_word(group, class_, 0u); }
    var behind_y = spins[row_start(other, plane_row + select(first - 1u, SIDE_Y - 1u, first == 0u)) + column];
    var centre = spins[row_start(other, plane_row + first) + column];
    for (var n = 0u; n < rows; n++) {
        let y = first + n;
        let row = plane_row + y;
        let at = row_start(tick.part, row) + column;
        let start = row_start(other, row);
        let here = spins[at];
        let side = side_of(centre, start, column, ((y + z + t + tick.part) & 1u) == 1u);
        var around = Broken();
        around.centre = here ^ centre;
        around.side = here ^ side;
        var ahead_y = centre;
        if DIMENSIONS > 1u {
            ahead_y = spins[row_start(other, row_ahead(row, y, SIDE_Y, 1u)) + column];
            around.behind_y = here ^ behind_y;
            around.ahead_y = here ^ ahead_y;
        }
        let count = count_of(with_signs(with_planes(around, here, other, row, z, t, column), at));

        var classes: Masks;
        var undecided = vec4<u32>();
        for (var class_ = 0u; class_ < CLASSES; class_++) {
            classes[class_] = equals(count, FIRST_COUNT + class_ % COUNTS);
            if CLASSES > COUNTS { classes[class_] &= select(~here, here, class_ >= COUNTS); }
            undecided |= classes[class_];
        }
        var decision = Decision(undecided, ~undecided, draw(PURPOSE, row * HALF_ROW + column / GROUPS, group, 0u));
        // A loop of its own for the highest bits: as the first turn of the loop below it was half as fast.
        for (var plane = FIELD_BITS; plane > 0u; plane--) {
            if all(decision.undecided == vec4<u32>()) { break; }
            compare(&decision, &classes, &highest, plane - 1u);
        }
        for (var piece = 1u; piece < 32u / FIELD_BITS; piece++) {
            if all(decision.undecided == vec4<u32>()) { break; }
            var words: Masks;
            for (var class_ = 0u; class_ < CLASSES; class_++) { words[class_] = threshold_word(group, class_, piece); }
            for (var plane = FIELD_BITS; plane > 0u; plane--) {
                if all(decision.undecided == vec4<u32>()) { break; }
                compare(&decision, &classes, &words, plane - 1u);
            }
        }
        var flips = decision.flips;
        // U = T does not flip, unless T stands for certainty.
        if any(decision.undecided != vec4<u32>()) {
            for (var class_ = 0u; class_ < CLASSES; class_++) {
                flips |= decision.undecided & classes[class_] & spread(threshold_word(group, class_, 32u / FIELD_BITS));
            }
        }
        spins[at] = here ^ flips;
        if RECORD { accepted[at] = flips; }
        behind_y = centre;
        centre = ahead_y;
    }
}
