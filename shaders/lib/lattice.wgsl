// A periodic lattice of one to four dimensions, the last axis fastest. Twin: src/lattice.rs.
// The sides are constants of the pipeline, so that divisions become multiplications and loops unroll.

override SITES: u32 = 1;
override DIMENSIONS: u32 = 1;
override SIDE_0: u32 = 1;
override SIDE_1: u32 = 1;
override SIDE_2: u32 = 1;
override SIDE_3: u32 = 1;
override STRIDE_0: u32 = 1;
override STRIDE_1: u32 = 1;
override STRIDE_2: u32 = 1;
override STRIDE_3: u32 = 1;

fn side(direction: u32) -> u32 {
    if direction == 0u { return SIDE_0; }
    if direction == 1u { return SIDE_1; }
    if direction == 2u { return SIDE_2; }
    return SIDE_3;
}

fn stride(direction: u32) -> u32 {
    if direction == 0u { return STRIDE_0; }
    if direction == 1u { return STRIDE_1; }
    if direction == 2u { return STRIDE_2; }
    return STRIDE_3;
}

fn coordinate(site: u32, direction: u32) -> u32 {
    return (site / stride(direction)) % side(direction);
}

// The next site along a direction, and the one before.
fn ahead(site: u32, direction: u32) -> u32 {
    let step = stride(direction);
    let wrap = step * (side(direction) - 1u);
    return select(site + step, site - wrap, coordinate(site, direction) + 1u == side(direction));
}

fn behind(site: u32, direction: u32) -> u32 {
    let step = stride(direction);
    let wrap = step * (side(direction) - 1u);
    return select(site - step, site + wrap, coordinate(site, direction) == 0u);
}
