// Does nothing: what a dispatch costs.

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn idle() {}
