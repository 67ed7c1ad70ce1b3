// One invocation decides for one chain whether its trajectory stands: min(1, exp(-dH)), never where dH is not a number.

@group(1) @binding(5) var<storage, read> energy_error: array<vec4<f32>>;
// (dH, 1 where accepted, 0, 0)
@group(1) @binding(6) var<storage, read_write> trajectory: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn judge(@builtin(global_invocation_id) id: vec3<u32>) {
    let chain = tick.first + id.x;
    if chain >= tick.last { return; }
    let difference = energy_error[chain].x;
    let uniform = uniform_unit(draw(PURPOSE_ACCEPT, 0u, chain, 0u).x);
    let accept = is_finite(difference) && (difference <= 0.0 || uniform < exp(-difference));
    trajectory[chain] = vec4<f32>(difference, f32(accept), 0.0, 0.0);
}
