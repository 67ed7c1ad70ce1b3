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
// Learned on lavapipe, where a lane is one of eight in a vector and 4096^2 at the critical point runs 8.0 flips/ns:
// - A loop costs its turn counter, masked writes and one turn in vain; an `if` skips nothing, so a load inside it costs
//   as much as outside. Hence the ten planes that nearly every block needs stand one below the other (5.9 as a loop, 6.6
//   so), the loop after them tests at its end (+ 4 %), the certainties are loaded before the rows (+ 7 %), and the first
//   five classes are no loop either (+ 8 %).
// - A load or store goes lane by lane and word by word: 40 % of the time in 2D, more in 3D. Hence the sliding registers.
// - Dropped (what is here = 1): Threefry for every plane 0.6; the few spins undecided after 8 planes merged into one
//   word 0.9; strips of 16 or 128 rows 0.8 to 1; a generator of 7 operations a word instead of 10 (jsf32) 1.04, not
//   worth a less known one; for mixed temperatures (3D glass, 8 chains a block) thresholds as whole planes in storage
//   0.35, in a uniform 0.5, and all pieces held in registers 1.

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

// A mask, or a word, for each class: 9 counts of broken bonds at the most, for spins down and up.
alias Masks = array<vec4<u32>, 18>;

fn threshold_word(group: u32, class_: u32, piece: u32) -> vec4<u32> {
    return threshold_bits[(class_ * (32u / FIELD_BITS + 1u) + piece) * GROUPS + group];
}

// What a class adds to the words of the first one.
fn added_word(group: u32, class_: u32, piece: u32) -> vec4<u32> {
    return threshold_word(group, 0u, piece) ^ threshold_word(group, class_, piece);
}

// One piece of all thresholds, each class but the first as its difference from the first.
fn words_of(group: u32, piece: u32) -> Masks {
    var words: Masks;
    words[0] = threshold_word(group, 0u, piece);
    if CLASSES > 1u { words[1] = added_word(group, 1u, piece); }
    if CLASSES > 2u { words[2] = added_word(group, 2u, piece); }
    if CLASSES > 3u { words[3] = added_word(group, 3u, piece); }
    if CLASSES > 4u { words[4] = added_word(group, 4u, piece); }
    for (var class_ = 5u; class_ < CLASSES; class_++) { words[class_] = added_word(group, class_, piece); }
    return words;
}

fn class_of(count: Count, here: vec4<u32>, class_: u32) -> vec4<u32> {
    let counted = equals(count, FIRST_COUNT + class_ % COUNTS);
    if CLASSES == COUNTS { return counted; }
    return counted & select(~here, here, class_ >= COUNTS);
}

struct Classes {
    masks: Masks,
    any: vec4<u32>,
}

fn classes_of(count: Count, here: vec4<u32>) -> Classes {
    var masks: Masks;
    masks[0] = class_of(count, here, 0u);
    var any = masks[0];
    if CLASSES > 1u { masks[1] = class_of(count, here, 1u); any |= masks[1]; }
    if CLASSES > 2u { masks[2] = class_of(count, here, 2u); any |= masks[2]; }
    if CLASSES > 3u { masks[3] = class_of(count, here, 3u); any |= masks[3]; }
    if CLASSES > 4u { masks[4] = class_of(count, here, 4u); any |= masks[4]; }
    for (var class_ = 5u; class_ < CLASSES; class_++) {
        masks[class_] = class_of(count, here, class_);
        any |= masks[class_];
    }
    return Classes(masks, any);
}

// One bit a chain, given to all its folds.
fn spread(bits: vec4<u32>) -> vec4<u32> {
    return select(bits << vec4<u32>(FIELD_BITS & 31u), vec4<u32>(), FIELD_BITS == 32u) - bits;
}

// Bit `shift` of each chain's field, given to all its folds.
fn plane_of(words: vec4<u32>, shift: u32) -> vec4<u32> {
    if FOLDS == 128u { return vec4<u32>(0u - ((words.x >> shift) & 1u)); }
    return spread((words >> vec4<u32>(shift)) & vec4<u32>(FIELD_LOW));
}

// That of each spin's own threshold, where it has one.
fn threshold_plane(masks: ptr<function, Masks>, words: ptr<function, Masks>, shift: u32) -> vec4<u32> {
    var plane = plane_of((*words)[0], shift);
    if CLASSES > 1u { plane ^= (*masks)[1] & plane_of((*words)[1], shift); }
    if CLASSES > 2u { plane ^= (*masks)[2] & plane_of((*words)[2], shift); }
    if CLASSES > 3u { plane ^= (*masks)[3] & plane_of((*words)[3], shift); }
    if CLASSES > 4u { plane ^= (*masks)[4] & plane_of((*words)[4], shift); }
    for (var class_ = 5u; class_ < CLASSES; class_++) { plane ^= (*masks)[class_] & plane_of((*words)[class_], shift); }
    return plane;
}

struct Decision {
    undecided: vec4<u32>,
    flips: vec4<u32>,
    generator: vec4<u32>,
}

fn decided(decision: ptr<function, Decision>) -> bool { return all((*decision).undecided == vec4<u32>()); }

// Draws one plane and compares it with that of the thresholds.
fn compare(decision: ptr<function, Decision>, masks: ptr<function, Masks>, words: ptr<function, Masks>, shift: u32) {
    let threshold = threshold_plane(masks, words, shift);
    var generator = (*decision).generator;
    let uniform_bits = next_block(&generator);
    (*decision).generator = generator;
    (*decision).flips |= (*decision).undecided & threshold & ~uniform_bits;
    (*decision).undecided &= ~(threshold ^ uniform_bits);
}

// The same for `plane`, counted from the highest, if it is in the first piece.
fn compare_first(decision: ptr<function, Decision>, masks: ptr<function, Masks>, words: ptr<function, Masks>, plane: u32) {
    if FIELD_BITS > plane { compare(decision, masks, words, (FIELD_BITS - 1u - plane) & 31u); }
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
    var highest = words_of(group, 0u);
    var certain = words_of(group, 32u / FIELD_BITS);
    var behind_y = spins[block_at(other, plane_row + select(first - 1u, SIDE_Y - 1u, first == 0u), column)];
    var centre = spins[block_at(other, plane_row + first, column)];
    for (var n = 0u; n < rows; n++) {
        let y = first + n;
        let row = plane_row + y;
        let at = block_at(tick.part, row, column);
        let here = spins[at];
        let side = side_of(centre, other, row, column, ((y + z + t + tick.part) & 1u) == 1u);
        var around = Broken();
        around.centre = here ^ centre;
        around.side = here ^ side;
        var ahead_y = centre;
        if DIMENSIONS > 1u {
            ahead_y = spins[block_at(other, row_ahead(row, y, SIDE_Y, 1u), column)];
            around.behind_y = here ^ behind_y;
            around.ahead_y = here ^ ahead_y;
        }
        let count = count_of(with_signs(with_planes(around, here, other, row, z, t, column), at));

        let classes = classes_of(count, here);
        var masks = classes.masks;
        let stream = draw(PURPOSE, row * HALF_ROW + column / GROUPS, group, 0u);
        var decision = Decision(classes.any, ~classes.any, stream);
        compare_first(&decision, &masks, &highest, 0u);
        compare_first(&decision, &masks, &highest, 1u);
        compare_first(&decision, &masks, &highest, 2u);
        compare_first(&decision, &masks, &highest, 3u);
        compare_first(&decision, &masks, &highest, 4u);
        compare_first(&decision, &masks, &highest, 5u);
        compare_first(&decision, &masks, &highest, 6u);
        compare_first(&decision, &masks, &highest, 7u);
        compare_first(&decision, &masks, &highest, 8u);
        compare_first(&decision, &masks, &highest, 9u);
        if FIELD_BITS > 10u {
            var plane = 10u;
            loop {
                compare_first(&decision, &masks, &highest, plane);
                plane++;
                if plane == FIELD_BITS || decided(&decision) { break; }
            }
        }
        for (var piece = 1u; piece < 32u / FIELD_BITS; piece++) {
            if decided(&decision) { break; }
            var words = words_of(group, piece);
            for (var plane = FIELD_BITS; plane > 0u; plane--) {
                if decided(&decision) { break; }
                compare(&decision, &masks, &words, plane - 1u);
            }
        }
        // U = T does not flip, unless T stands for certainty.
        let flips = decision.flips | (decision.undecided & threshold_plane(&masks, &certain, 0u));
        spins[at] = here ^ flips;
        if RECORD { accepted[at] = flips; }
        behind_y = centre;
        centre = ahead_y;
    }
}
