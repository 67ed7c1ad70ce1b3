// What every kernel knows of the run and of its own dispatch. Group 0 belongs to the engine,
// 1 to the dynamics' state, 2 to the model and its structure, 3 to measurement.

// Written once a simulation. Chains are numbered point by point: chain = point * replicas + replica.
struct Run {
    seed_low: u32,
    seed_high: u32,
    chains: u32,
    replicas: u32,
}

// Written once a dispatch, through a dynamic offset.
struct Tick {
    first: u32, // the items first..last are this dispatch's
    last: u32,
    part: u32, // colour, direction or block within the sweep
    row: u32, // where a measurement goes
    sweep_low: u32,
    sweep_high: u32,
    kick: f32, // molecular dynamics: step of the momenta, of the positions
    drift: f32,
}

@group(0) @binding(0) var<uniform> tick: Tick;
@group(0) @binding(1) var<uniform> run: Run;

// The grid's shape; neither value changes any result.
override WORKGROUP_X: u32 = 64;
override WORKGROUP_Y: u32 = 1;
