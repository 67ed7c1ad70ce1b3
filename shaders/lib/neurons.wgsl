// What acts on a neuron besides the others of its tick: itself at other ticks, and an input that changes from tick to tick.
// Couplings and inputs are twice their worth in units of the matrix, as `find_fields` has them: 2 h + 2 sum_{fires} J.

override LAGS: u32 = 0;
override CAUSAL: bool = false; // only earlier ticks act
override DRIVEN: bool = false; // whether there is an input of every tick

@group(2) @binding(3) var<storage, read> time_couplings: array<vec4<i32>>; // [lag - 1][neuron / 4]
@group(2) @binding(4) var<storage, read> inputs: array<vec4<i32>>; // [tick][neuron / 4]
@group(2) @binding(5) var<storage, read> clamped: array<vec4<u32>>; // as the spins; with what is no tick of a replica

fn exempt(group: u32, quad: u32) -> vec4<u32> { return clamped[group * QUADS + quad]; }

fn input_of(strand: u32, local: u32, quad: u32) -> vec4<i32> {
    // What is no tick is clamped, and takes any input.
    return inputs[min(tick_of(strand, local), TICKS - 1u) * QUADS + quad];
}

// How many of a neuron's two partners in time fire, in one chain of the lane.
fn firing(before: vec4<u32>, after: vec4<u32>, chain: u32) -> vec4<i32> {
    let one = vec4<u32>(1u);
    return vec4<i32>(((before >> vec4<u32>(chain)) & one) + ((after >> vec4<u32>(chain)) & one));
}

fn driven(near: Near, quad: u32, chains: u32) -> Near {
    let at = place_of(chains / 8u);
    let first = 4u * (chains % 8u);
    var all = near;
    for (var lag = 1u; lag <= LAGS; lag++) {
        let coupling = time_couplings[(lag - 1u) * QUADS + quad];
        let before = earlier(at, lag, quad);
        var after = vec4<u32>();
        if !CAUSAL { after = later(at, lag, quad); }
        all.at[0] += coupling * firing(before, after, first);
        all.at[1] += coupling * firing(before, after, first + 1u);
        all.at[2] += coupling * firing(before, after, first + 2u);
        all.at[3] += coupling * firing(before, after, first + 3u);
    }
    if DRIVEN {
        let strand = 32u * at.word + first;
        all.at[0] += input_of(strand, at.local, quad);
        all.at[1] += input_of(strand + 1u, at.local, quad);
        all.at[2] += input_of(strand + 2u, at.local, quad);
        all.at[3] += input_of(strand + 3u, at.local, quad);
    }
    return all;
}

// The random words of four neurons, addressed by replica and tick: no result depends on how strands are laid out.
fn words_at(quad: u32, strand: u32, local: u32) -> vec4<u32> {
    return draw(PURPOSE, tick_of(strand, local) * QUADS + quad, replica_of(strand), 0u);
}

fn words_of(quad: u32, chain: u32) -> array<vec4<u32>, 4> {
    let at = place_of(chain / 32u);
    let strand = 32u * at.word + chain % 32u;
    return array<vec4<u32>, 4>(
        words_at(quad, strand, at.local),
        words_at(quad, strand + 1u, at.local),
        words_at(quad, strand + 2u, at.local),
        words_at(quad, strand + 3u, at.local),
    );
}
