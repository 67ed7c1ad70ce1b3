// One invocation says whether one chain has settled: in a fixed point (1), or in a cycle of two states (2).

// Asynchronous sweeps change spins one by one and have no cycles at zero temperature.
override CYCLES: bool = true;

@group(1) @binding(4) var<storage, read_write> changes: array<vec2<u32>>;
// (0 moving, 1 fixed point, 2 cycle; sweeps made, the last, unchanged one included)
@group(1) @binding(5) var<storage, read_write> status: array<vec2<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn settle(@builtin(global_invocation_id) id: vec3<u32>) {
    let chain = tick.first + id.x;
    if chain >= tick.last { return; }
    let before = status[chain];
    if before.x == 0u {
        let change = changes[chain];
        let sweeps = before.y + 1u;
        let cycle = CYCLES && sweeps >= 2u && change.y == 0u;
        status[chain] = vec2<u32>(select(select(0u, 2u, cycle), 1u, change.x == 0u), sweeps);
    }
    changes[chain] = vec2<u32>();
}
