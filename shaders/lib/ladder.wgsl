// Ladders of replica exchange: LENGTH points in a row, each ladder of its own replica. The chains swap places, never
// their spins. (K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996).)

override LENGTH: u32 = 2;

@group(1) @binding(8) var<storage, read_write> places: array<u32>; // by chain
@group(1) @binding(9) var<storage, read_write> occupants: array<u32>; // by place: the chain that is there
// By place: attempts to swap with the next point, successes, round trips that ended here, 0.
@group(1) @binding(10) var<storage, read_write> swaps: array<vec4<u32>>;
// By chain: 1 if it was last at the ladder's beginning, 2 if it has been at the end since, 0 if at neither.
@group(1) @binding(11) var<storage, read_write> journeys: array<u32>;

// The place of the lower member of a pair, LENGTH * anything where there is none: even and odd pairs in turn.
struct Pair {
    exists: bool,
    low: u32,
    high: u32,
}

fn pair_of(index: u32) -> Pair {
    let pairs = LENGTH / 2u;
    let replica = index % run.replicas;
    let step = 2u * ((index / run.replicas) % pairs) + tick.part;
    let ladder = index / (run.replicas * pairs);
    let low = (ladder * LENGTH + step) * run.replicas + replica;
    return Pair(step + 1u < LENGTH, low, low + run.replicas);
}

fn arrive(chain: u32, place: u32) {
    places[chain] = place;
    occupants[place] = chain;
    let step = (place / run.replicas) % LENGTH;
    if step == 0u {
        if journeys[chain] == 2u { swaps[place].z += 1u; }
        journeys[chain] = 1u;
    } else if step + 1u == LENGTH && journeys[chain] == 1u {
        journeys[chain] = 2u;
    }
}

// Notes the attempt, and swaps the two chains where it succeeds.
fn conclude(pair: Pair, success: bool) {
    swaps[pair.low].x += 1u;
    if success {
        swaps[pair.low].y += 1u;
        let below = occupants[pair.low];
        let above = occupants[pair.high];
        arrive(below, pair.high);
        arrive(above, pair.low);
    }
}
