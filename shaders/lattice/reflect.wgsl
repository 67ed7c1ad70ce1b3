// One invocation reflects one site of one colour on its local field, in one chain: over-relaxation. The energy stays
// as it is, and no random number is drawn. A site without a field stays.

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn reflect(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    let chain = id.y;
    if index >= tick.last || chain >= run.chains { return; }
    let site = coloured_site(index);
    let base = chain * SITES;
    let point = parameters[point_of(chain)];
    var pulls = vec2<f32>();
    for (var direction = 0u; direction < DIMENSIONS; direction++) {
        let back = behind(site, direction);
        pulls += coupling(chain, site, direction) * pull(state[base + ahead(site, direction)], point);
        pulls += coupling(chain, back, direction) * pull(state[base + back], point);
    }
    if dot(pulls, pulls) > 0.0 {
        state[base + site] = reflected(state[base + site], pulls);
    }
}
