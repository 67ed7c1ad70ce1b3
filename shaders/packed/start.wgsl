// One invocation gives one block its first spins, hot (random) or cold (all up).

override COLD: bool = false;

@group(1) @binding(0) var<storage, read_write> spins: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn start(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = tick.first + id.x;
    if index >= tick.last { return; }
    let line = index / row_blocks();
    let at = block_at(line / ROWS, line % ROWS, index % row_blocks());
    spins[at] = select(draw(PURPOSE_START, index / GROUPS, index % GROUPS, 0u), vec4<u32>(0xffffffffu), COLD);
}
