// Where ticks lie. Chains of the family of explicit couplings are here sites of one neuron at one tick: a bit of a word is a
// strand, STRETCH successive ticks of one replica, and a replica is REPLICA_STRANDS strands in a row. A group of 32 strands at
// one local tick has the layout of a group of chains; groups of one colour, local tick % COLOURS, lie together:
//   group = (colour * STRETCH / COLOURS + local tick / COLOURS) * STRAND_WORDS + word of strands
// Neighbours in time are the same bit of another group, but where a strand ends.

override STRAND_WORDS: u32 = 1;
override STRETCH: u32 = 1; // a multiple of COLOURS, and no shorter than any lag
override COLOURS: u32 = 1;
override REPLICA_STRANDS: u32 = 1; // a power of two up to 32
override FIRST_STRANDS: u32 = 0xffffffff; // the bits of those that begin a replica
override LAST_STRANDS: u32 = 0xffffffff; // and of those that end it
override LEAD: u32 = 0; // silent ticks before the first
override TICKS: u32 = 1;

struct Place {
    word: u32,
    local: u32, // tick within the strand
}

fn place_of(group: u32) -> Place {
    let row = group / STRAND_WORDS;
    let depth = STRETCH / COLOURS;
    return Place(group % STRAND_WORDS, row % depth * COLOURS + row / depth);
}

fn group_at(word: u32, local: u32) -> u32 {
    return (local % COLOURS * (STRETCH / COLOURS) + local / COLOURS) * STRAND_WORDS + word;
}

// Of a strand, a bit a chain of the group.
fn replica_of(strand: u32) -> u32 { return strand / REPLICA_STRANDS; }
fn tick_of(strand: u32, local: u32) -> u32 { return strand % REPLICA_STRANDS * STRETCH + local - LEAD; }

// Four neurons so many ticks later, in the same bits. Beyond the last tick all are silent.
fn later(at: Place, ticks: u32, quad: u32) -> vec4<u32> {
    let local = at.local + ticks;
    let beyond = local >= STRETCH;
    let words = spins[group_at(at.word, select(local, local - STRETCH, beyond)) * QUADS + quad];
    return select(words, (words >> vec4<u32>(1u)) & vec4<u32>(~LAST_STRANDS), beyond);
}

// The same earlier.
fn earlier(at: Place, ticks: u32, quad: u32) -> vec4<u32> {
    let before = at.local < ticks;
    let words = spins[group_at(at.word, select(at.local - ticks, at.local + STRETCH - ticks, before)) * QUADS + quad];
    return select(words, (words << vec4<u32>(1u)) & vec4<u32>(~FIRST_STRANDS), before);
}
