// One invocation moves one site through one kick and one drift: p -= kick * dS/dphi, then phi += drift * p.
// Any symplectic splitting is a list of (kick, drift). Positions ping-pong between two buffers because neighbours
// read the old ones; momenta are private to the site and stay in place: 16 bytes a site and step, (2 d + 1) loads.

@group(1) @binding(2) var<storage, read_write> momentum: array<f32>;
@group(1) @binding(3) var<storage, read> position_before: array<Site>;
@group(1) @binding(4) var<storage, read_write> position_after: array<Site>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn leap(@builtin(global_invocation_id) id: vec3<u32>) {
    let site = tick.first + id.x;
    let chain = id.y;
    if site >= tick.last || chain >= run.chains { return; }
    let base = chain * SITES;
    let point = parameters[point_of(chain)];
    let here = position_before[base + site];
    var slope = onsite_slope(here, point);
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let next = base + ahead(site, direction);
        let back = behind(site, direction);
        slope += coupling(chain, site, direction) * bond_slope(here, position_before[next], point);
        slope += coupling(chain, back, direction) * bond_slope(here, position_before[base + back], point);
    }
    let pushed = momentum[base + site] - tick.kick * betas[point_of(chain)] * slope;
    momentum[base + site] = pushed;
    position_after[base + site] = here + tick.drift * pushed;
}
