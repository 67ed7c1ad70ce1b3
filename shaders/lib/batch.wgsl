// The rows that a gradient is the sum of, four at a time: those of a batch from `tick.row` on, then the machine's. Every row
// weighs in with its share, 1 / batch for data and -1 / chains for chains, so that the difference of both averages is one sum.
//   visible, hidden [row][unit / 4]     shares [row / 4], for a full batch, then for the last one
//   centre: offsets of the visible and of the hidden units, then what is left of each row beyond them, along them:
//   (h - l).l and (v - m).m; unused without centring

override ROWS: u32 = 8;
override SPLIT: u32 = 0; // rows of data; the rest are the machine's
override CHAINS_AT: u32 = 0; // the first of these among the visible rows
override LAST_BATCH: u32 = 0; // where the last batch begins

@group(1) @binding(1) var<storage, read> visible: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read> hidden: array<vec4<f32>>;
@group(1) @binding(5) var<storage, read> shares: array<vec4<f32>>;

fn shares_of(row: u32) -> vec4<f32> {
    return shares[select(0u, ROWS / 4u, tick.row == LAST_BATCH) + row / 4u];
}

// Four rows of four units, a column a row.
fn visible_rows(row: u32, quad: u32) -> mat4x4<f32> {
    let at = select(CHAINS_AT + row - SPLIT, tick.row + row, row < SPLIT) * VISIBLE_QUADS + quad;
    let far = at + 2u * VISIBLE_QUADS;
    return mat4x4<f32>(visible[at], visible[at + VISIBLE_QUADS], visible[far], visible[far + VISIBLE_QUADS]);
}

fn hidden_rows(row: u32, quad: u32) -> mat4x4<f32> {
    let at = row * HIDDEN_QUADS + quad;
    let far = at + 2u * HIDDEN_QUADS;
    return mat4x4<f32>(hidden[at], hidden[at + HIDDEN_QUADS], hidden[far], hidden[far + HIDDEN_QUADS]);
}

// The rows less an offset.
fn less(rows: mat4x4<f32>, offset: vec4<f32>) -> mat4x4<f32> {
    return rows - mat4x4<f32>(offset, offset, offset, offset);
}
