// What a pass keeps of four units besides their values, from the sum of their inputs, the biases that they have without
// interaction, the values that stood there and the new ones.

// 1 their means, 2 their log-partitions, 3 how much these grow from s = drift to s = kick,
// 4 their shares of the interaction, 5 their inputs, 6 the squares of how far the means are from what stands there,
// 7 the sums alone, for units that another kernel draws.
override KEEP: u32 = 0;

fn what_is_kept(sum: vec4<f32>, base: vec4<f32>, scale: f32, now: vec4<f32>, value: vec4<f32>) -> vec4<f32> {
    let input = scale * tick.kick * (sum - base) + base;
    switch KEEP {
        case 1u: { return expectation(input); }
        case 2u: { return log_partition(input); }
        case 3u: { return log_partition(input) - log_partition(scale * tick.drift * (sum - base) + base); }
        case 4u: { return value * (sum - base); }
        case 5u: { return input; }
        case 7u: { return sum; }
        default: {
            let miss = now - expectation(input);
            return miss * miss;
        }
    }
}
