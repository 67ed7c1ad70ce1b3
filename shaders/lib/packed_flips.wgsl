// Whether packed spins flip, 128 at once. A count of broken bonds chooses each spin's threshold T; a spin flips if its
// 32-bit uniform U < T, exactly as in `flip`. U is never formed: its bits are drawn plane by plane, the highest first, and
// compared until no spin is undecided, after 12 planes on average. The words of one block come from xoshiro128++ (D. Blackman
// and S. Vigna, ACM TOMS 47, 36 (2021)), seeded by Threefry at the block's address: a pure function of (seed, sweep, colour,
// block, group, plane).
// Each chain has its own thresholds, so a block may mix temperatures: `threshold_bits` holds FIELD_BITS planes a word,
// at a chain's place in the block, to be spread over its folds.
//
// Learned on lavapipe, where a lane is one of eight in a vector and 4096^2 at the critical point runs 8.0 flips/ns:
// a loop costs its turn counter, masked writes and one turn in vain; an `if` skips nothing, so a load inside it costs as
// much as outside. Hence the ten planes that nearly every block needs stand one below the other (5.9 as a loop, 6.6 so),
// the loop after them tests at its end (+ 4 %), the certainties are loaded before the rows (+ 7 %), and the first five
// classes are no loop either (+ 8 %).
// Dropped (what is here = 1): Threefry for every plane 0.6; the few spins undecided after 8 planes merged into one word
// 0.9; a generator of 7 operations a word instead of 10 (jsf32) 1.04, not worth a less known one; for mixed temperatures
// (3D glass, 8 chains a block) thresholds as whole planes in storage 0.35, in a uniform 0.5, all pieces in registers 1.

override PURPOSE: u32 = 0;
// The numbers of broken bonds that do not always flip: FIRST_COUNT and those after it; where there is a field, apart for
// spins down and up.
override FIRST_COUNT: u32 = 0;
override COUNTS: u32 = 1;
override CLASSES: u32 = 1;

@group(2) @binding(3) var<storage, read> threshold_bits: array<vec4<u32>>;

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

// The thresholds of a group: their highest bits, which decide nearly everything, and which of them are certain.
struct Thresholds {
    group: u32,
    highest: Masks,
    certain: Masks,
}

fn thresholds_of(group: u32) -> Thresholds {
    return Thresholds(group, words_of(group, 0u), words_of(group, 32u / FIELD_BITS));
}

// Which spins of a block flip.
fn flips_of(count: Count, here: vec4<u32>, stream: vec4<u32>, thresholds: ptr<function, Thresholds>) -> vec4<u32> {
    let classes = classes_of(count, here);
    var masks = classes.masks;
    var highest = (*thresholds).highest;
    var certain = (*thresholds).certain;
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
        var words = words_of((*thresholds).group, piece);
        for (var plane = FIELD_BITS; plane > 0u; plane--) {
            if decided(&decision) { break; }
            compare(&decision, &masks, &words, plane - 1u);
        }
    }
    // U = T does not flip, unless T stands for certainty.
    return decision.flips | (decision.undecided & threshold_plane(&masks, &certain, 0u));
}
