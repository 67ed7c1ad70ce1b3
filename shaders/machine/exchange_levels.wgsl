// Replica exchange between neighbouring inverse temperatures s of a machine's chains: one invocation decides about one pair
// and, if it swaps, exchanges four visible units; all invocations of a pair decide alike. The hidden units are drawn anew
// from the visible ones afterwards. p_s ~ e^(s G) with the interaction G in `totals`, so a swap is accepted with probability
// min(1, e^((s - s')(G' - G))). Pairs begin at even levels in one dispatch (part 0), at odd ones in the next.

override STATE_QUADS: u32 = 2;
override CHAINS: u32 = 8; // a level
override CHAINS_AT: u32 = 0; // the first chain among the visible rows

@group(1) @binding(1) var<storage, read_write> visible: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read> scales: array<f32>;
@group(3) @binding(0) var<storage, read> totals: array<f32>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn exchange_levels(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let quad = index % STATE_QUADS;
    let pair = index / STATE_QUADS;
    let low = (2u * (pair / CHAINS) + tick.part) * CHAINS + pair % CHAINS;
    let high = low + CHAINS;
    if high >= arrayLength(&totals) { return; }
    let gain = (scales[low] - scales[high]) * (totals[high] - totals[low]);
    let uniform = uniform_unit(draw(PURPOSE_SWAP, low, 0u, 0u).x);
    if gain >= 0.0 || uniform < exp(gain) {
        let here = (CHAINS_AT + low) * STATE_QUADS + quad;
        let there = (CHAINS_AT + high) * STATE_QUADS + quad;
        let kept = visible[here];
        visible[here] = visible[there];
        visible[there] = kept;
    }
}
