//! Kernels of the two-layer family, and the memories that they take for a model.

use super::fragments::{NORMAL, RANDOM};
use super::{Fragment, Kernel, ModelText};

const TWO_LAYER: Fragment = shader!("lib/two_layer.wgsl");
const FIELDS: Fragment = shader!("lib/fields.wgsl");
const REFERENCE: Fragment = shader!("lib/reference.wgsl");
const OVERLAP_DRIVE: Fragment = shader!("lib/overlap_drive.wgsl");
const TURN: Fragment = shader!("lib/turn.wgsl");
const NARROW: Fragment = shader!("lib/narrow.wgsl");
const STILL: Fragment = shader!("lib/still.wgsl");
const HALVES: Fragment = shader!("lib/halves.wgsl");
const PROJECTION: Fragment = shader!("lib/projection.wgsl");
const FLOAT_AMPLITUDE: Fragment = Fragment::new("src/shader/catalogue", "alias Amplitude = f32;\n");

/// Overlaps of patterns with states.
pub static PROJECT: Kernel =
    Kernel { name: "project", entry: shader!("two_layer/project.wgsl"), library: &[TWO_LAYER, STILL], contract: &[] };
/// Synchronous sweep at zero temperature.
pub static ALIGN: Kernel = Kernel {
    name: "align",
    entry: shader!("two_layer/align.wgsl"),
    library: &[TWO_LAYER, FIELDS, OVERLAP_DRIVE, TURN],
    contract: &["Amplitude", "own_couplings", "with_background"],
};
/// Overlaps as halves of words.
pub static NARROW_OVERLAPS: Kernel = Kernel {
    name: "narrow_overlaps",
    entry: shader!("two_layer/narrow_overlaps.wgsl"),
    library: &[TWO_LAYER, NARROW, STILL],
    contract: &[],
};
/// Synchronous sweep at zero temperature from halves of words.
pub static ALIGN_NARROW: Kernel = Kernel {
    name: "align_narrow",
    entry: shader!("two_layer/align_narrow.wgsl"),
    library: &[TWO_LAYER, FIELDS, OVERLAP_DRIVE, TURN, NARROW, HALVES, HEBB_TEXT],
    contract: &[],
};
/// The reference of each chain's overlaps.
pub static REFER: Kernel =
    Kernel { name: "refer", entry: shader!("two_layer/refer.wgsl"), library: &[TWO_LAYER, REFERENCE], contract: &[] };
/// Amplitudes with which patterns pull.
pub static RESPOND: Kernel = Kernel {
    name: "respond",
    entry: shader!("two_layer/respond.wgsl"),
    library: &[TWO_LAYER, FIELDS],
    contract: &["Amplitude", "answers"],
};
static WEIGHED_OVERLAPS: Fragment = Fragment::new("src/shader/catalogue", "alias Weighed = i32;\n");
static WEIGHED_REALS: Fragment = Fragment::new("src/shader/catalogue", "alias Weighed = f32;\n");
/// What [`WEIGH`] multiplies: overlaps.
pub static OVERLAPS: ModelText<'static> = ModelText { name: "overlaps", fragment: &WEIGHED_OVERLAPS };
/// What [`WEIGH`] multiplies: real numbers.
pub static REALS: ModelText<'static> = ModelText { name: "reals", fragment: &WEIGHED_REALS };
/// Amplitudes from overlaps, by a matrix between patterns.
pub static WEIGH: Kernel =
    Kernel { name: "weigh", entry: shader!("two_layer/weigh.wgsl"), library: &[TWO_LAYER], contract: &["Weighed"] };
/// Next states become the states.
pub static ADVANCE: Kernel =
    Kernel { name: "advance", entry: shader!("two_layer/advance.wgsl"), library: &[TWO_LAYER], contract: &[] };
/// Fixed points and cycles.
pub static SETTLE: Kernel =
    Kernel { name: "settle", entry: shader!("two_layer/settle.wgsl"), library: &[], contract: &[] };
/// Patterns in the order of an asynchronous sweep.
pub static SHUFFLE: Kernel =
    Kernel { name: "shuffle", entry: shader!("two_layer/shuffle.wgsl"), library: &[TWO_LAYER], contract: &[] };
/// Asynchronous sweep at zero temperature.
pub static RELAX: Kernel = Kernel {
    name: "relax",
    entry: shader!("two_layer/relax.wgsl"),
    library: &[TWO_LAYER, FIELDS, OVERLAP_DRIVE, REFERENCE],
    contract: &["Amplitude", "answers", "own_couplings", "with_background"],
};
/// Synchronous sweeps under the pseudo-inverse rule.
pub static ALIGN_PROJECTED: Kernel = Kernel {
    name: "align",
    entry: shader!("two_layer/align.wgsl"),
    library: &[TWO_LAYER, FIELDS, PROJECTION, TURN],
    contract: &[],
};
/// Asynchronous sweeps under the pseudo-inverse rule.
pub static RELAX_PROJECTED: Kernel = Kernel {
    name: "relax",
    entry: shader!("two_layer/relax.wgsl"),
    library: &[TWO_LAYER, FIELDS, REFERENCE, PROJECTION],
    contract: &[],
};
/// Hidden layer given the overlaps.
pub static HIDDEN: Kernel = Kernel {
    name: "hidden",
    entry: shader!("two_layer/hidden.wgsl"),
    library: &[RANDOM, NORMAL, TWO_LAYER],
    contract: &[],
};
/// Visible layer given the hidden one.
pub static VISIBLE: Kernel = Kernel {
    name: "visible",
    entry: shader!("two_layer/visible.wgsl"),
    library: &[RANDOM, TWO_LAYER, FLOAT_AMPLITUDE, FIELDS],
    contract: &[],
};
/// How the chains stand.
pub static RETRIEVAL: Kernel =
    Kernel { name: "retrieval", entry: shader!("two_layer/retrieval.wgsl"), library: &[TWO_LAYER], contract: &[] };

/// Every kernel of the two-layer family.
pub static TWO_LAYER_KERNELS: &[&Kernel] = &[
    &PROJECT,
    &REFER,
    &RESPOND,
    &ALIGN,
    &NARROW_OVERLAPS,
    &ALIGN_NARROW,
    &ADVANCE,
    &SETTLE,
    &SHUFFLE,
    &RELAX,
    &HIDDEN,
    &VISIBLE,
    &RETRIEVAL,
    &ALIGN_PROJECTED,
    &RELAX_PROJECTED,
    &WEIGH,
];

const HEBB_TEXT: Fragment = shader!("memory/hebb.wgsl");
static INTEGER_TABLE: Fragment = Fragment::new(
    "shaders/memory/table.wgsl",
    concat!("alias Amplitude = i32;\n", include_str!("../../../shaders/memory/table.wgsl")),
);
static FLOAT_TABLE: Fragment = Fragment::new(
    "shaders/memory/table.wgsl",
    concat!("alias Amplitude = f32;\n", include_str!("../../../shaders/memory/table.wgsl")),
);

static DILUTED_TEXT: Fragment = shader!("memory/diluted.wgsl");
static CENTRED_TEXT: Fragment = shader!("memory/centred.wgsl");

/// What the kernels of recall take for a model: Hebb's couplings.
pub static HEBB: ModelText<'static> = ModelText { name: "hebb", fragment: &HEBB_TEXT };
/// Hebb's couplings of patterns with blanks.
pub static DILUTED: ModelText<'static> = ModelText { name: "diluted", fragment: &DILUTED_TEXT };
/// Hebb's couplings of patterns less their mean.
pub static CENTRED: ModelText<'static> = ModelText { name: "centred", fragment: &CENTRED_TEXT };
/// A dense memory in integers.
pub static TABLE: ModelText<'static> = ModelText { name: "table", fragment: &INTEGER_TABLE };
/// A dense memory in single precision.
pub static REAL_TABLE: ModelText<'static> = ModelText { name: "real_table", fragment: &FLOAT_TABLE };
/// Every memory of the two-layer family.
pub static MEMORIES: &[&ModelText<'static>] = &[&HEBB, &DILUTED, &CENTRED, &TABLE, &REAL_TABLE];
