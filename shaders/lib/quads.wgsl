// Four sites that follow each other along the last axis, as one vec4: for lattices whose last side is a multiple of four.
// A row has QUADS of them. Who joins this joins lattice.wgsl.

override QUADS: u32 = 1;

// The quads of one chain before `chain`.
fn quads_before(chain: u32) -> u32 { return chain * (SITES / 4u); }

// The same four columns one row ahead along a direction other than the last.
fn quad_ahead(quad: u32, direction: u32) -> u32 { return ahead(4u * quad, direction) / 4u; }
fn quad_behind(quad: u32, direction: u32) -> u32 { return behind(4u * quad, direction) / 4u; }

// The quads of a row beside the one (or the several) in this column.
fn column_after(column: u32) -> u32 { return select(column, 0u, column == QUADS); }
fn column_before(column: u32) -> u32 { return select(column, QUADS, column == 0u) - 1u; }
