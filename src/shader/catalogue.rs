//! What each kernel is made of, in one table.

use super::{Fragment, Source, check_contract};
use crate::error::Result;
use crate::random::Purpose;
use std::sync::Arc;

macro_rules! shader {
    ($file:literal) => {
        Fragment::new(concat!("shaders/", $file), include_str!(concat!("../../shaders/", $file)))
    };
}

const ENGINE: Fragment = shader!("lib/engine.wgsl");
const RANDOM: Fragment = shader!("lib/random.wgsl");
const NORMAL: Fragment = shader!("lib/normal.wgsl");
const ANGLE: Fragment = shader!("lib/angle.wgsl");
const INTEGER: Fragment = shader!("lib/integer.wgsl");
const LATTICE: Fragment = shader!("lib/lattice.wgsl");
const COLOURING: Fragment = shader!("lib/colouring.wgsl");
const POINT: Fragment = shader!("lib/point.wgsl");
const FIELD: Fragment = shader!("lib/field.wgsl");
const LOCAL_ENERGY: Fragment = shader!("lib/local_energy.wgsl");
const OCCUPANTS: Fragment = shader!("lib/occupants.wgsl");
const PLACE: Fragment = shader!("lib/place.wgsl");
/// The factor of a bond: 1. Where a model declares `Coupling`, [`QUENCHED`] takes its place.
const CLEAN: Fragment = shader!("lib/clean.wgsl");
const QUENCHED: Fragment = shader!("lib/quenched.wgsl");
const TWO_STATE: Fragment = shader!("lib/two_state.wgsl");
const MULTI_STATE: Fragment = shader!("lib/multi_state.wgsl");
const MOMENTUM: Fragment = shader!("lib/momentum.wgsl");
const CLUSTERS: Fragment = shader!("lib/clusters.wgsl");
const FINITE: Fragment = shader!("lib/finite.wgsl");
const QUADS: Fragment = shader!("lib/quads.wgsl");
const ATTEMPTS: Fragment = shader!("lib/attempts.wgsl");
const SITE_ITEM: Fragment = Fragment::new("src/shader/catalogue.rs", "alias Item = Site;\n");
const QUAD_ITEM: Fragment = Fragment::new("src/shader/catalogue.rs", "alias Item = vec4<f32>;\n");

/// A kernel: its entry file, the library fragments that it is joined with, and what it asks of the model.
#[derive(Debug)]
pub struct Kernel {
    /// The entry point, and the name of its file.
    pub name: &'static str,
    entry: Fragment,
    library: &'static [Fragment],
    /// What the model's fragment must define; no model is joined where this is empty.
    pub contract: &'static [&'static str],
}

/// A measurement: a fragment that defines `density`, summed over the sites by `reduce` and [`total`].
#[derive(Debug)]
pub struct Density {
    /// The name of its file.
    pub name: &'static str,
    fragment: Fragment,
    library: &'static [Fragment],
    /// What it sums: a type of the model's, or one of its own.
    pub sums: Sums,
    /// What the model's fragment must define.
    pub contract: &'static [&'static str],
}

/// The type that a measurement sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sums {
    /// `Scalar` of the model: integers for a discrete model.
    ModelScalar,
    /// `Order` of the model: the components of its order parameter.
    ModelOrder,
    /// `f32` in every model.
    Float,
    /// `i32` in every model.
    Integer,
}

/// First configurations.
pub static START: Kernel = Kernel {
    name: "start",
    entry: shader!("lattice/start.wgsl"),
    library: &[RANDOM, LATTICE, FIELD],
    contract: &["Site", "hot", "cold"],
};
/// Two-state sites, by table.
pub static FLIP: Kernel = Kernel {
    name: "flip",
    entry: shader!("lattice/flip.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, LOCAL_ENERGY, TWO_STATE],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "flipped"],
};
/// Two-state sites whose energies are real, by the exponential.
pub static FLIP_REAL: Kernel = Kernel {
    name: "flip_real",
    entry: shader!("lattice/flip_real.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, LOCAL_ENERGY],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "flipped"],
};
/// Sites of several states, by table.
pub static FLIP_AMONG: Kernel = Kernel {
    name: "flip",
    entry: shader!("lattice/flip.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, LOCAL_ENERGY, MULTI_STATE],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "STATES"],
};
/// Sites of several states, drawn from their neighbours.
pub static REDRAW: Kernel = Kernel {
    name: "redraw",
    entry: shader!("lattice/redraw.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD],
    contract: &["Site", "Parameters", "STATES"],
};
/// Real-valued sites, some attempts each.
pub static METROPOLIS: Kernel = Kernel {
    name: "metropolis",
    entry: shader!("lattice/metropolis.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN, ATTEMPTS],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "propose"],
};
/// The same in strips of sites.
pub static METROPOLIS_STRIPS: Kernel = Kernel {
    name: "metropolis_strips",
    entry: shader!("lattice/metropolis_strips.wgsl"),
    library: &[RANDOM, LATTICE, QUADS, PLACE, POINT, ATTEMPTS],
    contract: METROPOLIS.contract,
};
/// Sites reflected on their local fields.
pub static REFLECT: Kernel = Kernel {
    name: "reflect",
    entry: shader!("lattice/reflect.wgsl"),
    library: &[RANDOM, LATTICE, COLOURING, PLACE, POINT, FIELD, CLEAN],
    contract: &["Site", "Scalar", "Parameters", "pull", "reflected"],
};
/// Every site a cluster of its own.
pub static ISOLATE: Kernel =
    Kernel { name: "isolate", entry: shader!("lattice/isolate.wgsl"), library: &[LATTICE, CLUSTERS], contract: &[] };
/// Clusters along active bonds.
pub static UNITE: Kernel = Kernel {
    name: "unite",
    entry: shader!("lattice/unite.wgsl"),
    library: &[RANDOM, LATTICE, PLACE, POINT, FIELD, CLUSTERS],
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite", "flipped"],
};
/// New values of clusters.
pub static TURN: Kernel = Kernel {
    name: "turn",
    entry: shader!("lattice/turn.wgsl"),
    library: &[RANDOM, INTEGER, LATTICE, FIELD, CLUSTERS],
    contract: &["Site", "flipped"],
};
/// Momenta of hybrid Monte Carlo.
pub static REFRESH: Kernel = Kernel {
    name: "refresh",
    entry: shader!("lattice/refresh.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, MOMENTUM],
    contract: &[],
};
/// One kick and one drift.
pub static LEAP: Kernel = Kernel {
    name: "leap",
    entry: shader!("lattice/leap.wgsl"),
    library: &[LATTICE, PLACE, POINT, CLEAN],
    contract: &["Site", "Scalar", "Parameters", "bond_slope", "onsite_slope"],
};
/// One kick and one drift of strips of sites.
pub static SLIDE: Kernel = Kernel {
    name: "slide",
    entry: shader!("lattice/slide.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, QUADS, PLACE, POINT, MOMENTUM],
    contract: LEAP.contract,
};
/// Acceptance of trajectories.
pub static JUDGE: Kernel =
    Kernel { name: "judge", entry: shader!("lattice/judge.wgsl"), library: &[RANDOM, FINITE], contract: &[] };
/// Accepted trajectories become the state.
pub static ADOPT: Kernel =
    Kernel { name: "adopt", entry: shader!("lattice/adopt.wgsl"), library: &[SITE_ITEM], contract: &["Site"] };
/// The same by quads of sites.
pub static ADOPT_QUADS: Kernel =
    Kernel { name: "adopt", entry: shader!("lattice/adopt.wgsl"), library: &[QUAD_ITEM], contract: &[] };
/// What a trajectory says of itself.
pub static RECORD: Kernel =
    Kernel { name: "record", entry: shader!("lattice/record.wgsl"), library: &[PLACE], contract: &[] };

const TWO_LAYER: Fragment = shader!("lib/two_layer.wgsl");
const FIELDS: Fragment = shader!("lib/fields.wgsl");
const REFERENCE: Fragment = shader!("lib/reference.wgsl");
const OVERLAP_DRIVE: Fragment = shader!("lib/overlap_drive.wgsl");
const PROJECTION: Fragment = shader!("lib/projection.wgsl");
const FLOAT_AMPLITUDE: Fragment = Fragment::new("src/shader/catalogue.rs", "alias Amplitude = f32;\n");

/// Overlaps of patterns with states.
pub static PROJECT: Kernel =
    Kernel { name: "project", entry: shader!("two_layer/project.wgsl"), library: &[TWO_LAYER], contract: &[] };
/// Synchronous sweep at zero temperature.
pub static ALIGN: Kernel = Kernel {
    name: "align",
    entry: shader!("two_layer/align.wgsl"),
    library: &[TWO_LAYER, FIELDS, OVERLAP_DRIVE],
    contract: &["Amplitude", "own_couplings", "with_background"],
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
static WEIGHED_OVERLAPS: Fragment = Fragment::new("src/shader/catalogue.rs", "alias Weighed = i32;\n");
static WEIGHED_REALS: Fragment = Fragment::new("src/shader/catalogue.rs", "alias Weighed = f32;\n");
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
    library: &[TWO_LAYER, FIELDS, PROJECTION],
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

static HEBB_TEXT: Fragment = shader!("memory/hebb.wgsl");
static INTEGER_TABLE: Fragment = Fragment::new(
    "shaders/memory/table.wgsl",
    concat!("alias Amplitude = i32;\n", include_str!("../../shaders/memory/table.wgsl")),
);
static FLOAT_TABLE: Fragment = Fragment::new(
    "shaders/memory/table.wgsl",
    concat!("alias Amplitude = f32;\n", include_str!("../../shaders/memory/table.wgsl")),
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

/// Products of matrices.
pub static PRODUCT: Kernel =
    Kernel { name: "product", entry: shader!("attention/product.wgsl"), library: &[], contract: &[] };
/// Weights from scores.
pub static SOFTMAX: Kernel =
    Kernel { name: "softmax", entry: shader!("attention/softmax.wgsl"), library: &[], contract: &[] };

/// Every kernel of continuous memories.
pub static ATTENTION_KERNELS: &[&Kernel] = &[&PRODUCT, &SOFTMAX];

const DENSE: Fragment = shader!("lib/dense.wgsl");
const DENSE_RULE: Fragment = shader!("lib/dense_rule.wgsl");

/// Spins with explicit couplings, one after another.
pub static VISIT: Kernel =
    Kernel { name: "visit", entry: shader!("dense/visit.wgsl"), library: &[RANDOM, DENSE, DENSE_RULE], contract: &[] };
/// The same all at once: next values.
pub static ALIGN_DENSE: Kernel = Kernel {
    name: "align_all",
    entry: shader!("dense/align_all.wgsl"),
    library: &[RANDOM, DENSE, DENSE_RULE],
    contract: &[],
};
/// Next values become the spins.
pub static RENEW: Kernel = Kernel { name: "renew", entry: shader!("dense/renew.wgsl"), library: &[], contract: &[] };
/// Energies, magnetisations and overlaps of spins with explicit couplings.
pub static SURVEY: Kernel =
    Kernel { name: "survey", entry: shader!("dense/survey.wgsl"), library: &[DENSE], contract: &[] };
/// Flips of the last sweep.
pub static FLIPS: Kernel = Kernel { name: "flips", entry: shader!("dense/flips.wgsl"), library: &[], contract: &[] };

/// Every kernel of the family of explicit couplings.
pub static DENSE_KERNELS: &[&Kernel] = &[&VISIT, &ALIGN_DENSE, &RENEW, &SURVEY, &FLIPS];

/// The doctor's kernel of the generator.
pub static GENERATE: Kernel =
    Kernel { name: "generate", entry: shader!("doctor/generate.wgsl"), library: &[RANDOM, NORMAL], contract: &[] };
/// The doctor's loop.
pub static COUNT_LOOPS: Kernel =
    Kernel { name: "count_loops", entry: shader!("doctor/count_loops.wgsl"), library: &[], contract: &[] };
/// The doctor's test of numbers.
pub static CLASSIFY: Kernel =
    Kernel { name: "classify", entry: shader!("doctor/classify.wgsl"), library: &[FINITE], contract: &[] };
/// The doctor's barriers and atomics.
pub static EXCHANGE: Kernel =
    Kernel { name: "exchange", entry: shader!("doctor/exchange.wgsl"), library: &[], contract: &[] };

/// Every kernel of the doctor.
pub static DOCTOR_KERNELS: &[&Kernel] = &[&GENERATE, &COUNT_LOOPS, &CLASSIFY, &EXCHANGE];

/// The probe of bandwidth.
pub static COPY: Kernel = Kernel { name: "copy", entry: shader!("bench/copy.wgsl"), library: &[], contract: &[] };
/// The probe of integer arithmetic.
pub static MIX: Kernel = Kernel { name: "mix", entry: shader!("bench/mix.wgsl"), library: &[], contract: &[] };
/// The probe of what a dispatch costs.
pub static IDLE: Kernel = Kernel { name: "idle", entry: shader!("bench/idle.wgsl"), library: &[], contract: &[] };

/// Every kernel of the probes.
pub static BENCH_KERNELS: &[&Kernel] = &[&COPY, &MIX, &IDLE];

const PACKED: Fragment = shader!("lib/packed.wgsl");
const PACKED_CHAINS: Fragment = shader!("lib/packed_chains.wgsl");
const PACKED_SPINS: Fragment = shader!("lib/packed_spins.wgsl");
const PACKED_NEIGHBOURS: Fragment = shader!("lib/packed_neighbours.wgsl");
static PACKED_ALIKE: Fragment = shader!("lib/packed_alike.wgsl");
static PACKED_SIGNED: Fragment = shader!("lib/packed_signed.wgsl");
const COUNTERS: Fragment = shader!("lib/counters.wgsl");
const XOSHIRO: Fragment = shader!("lib/xoshiro.wgsl");
const PACKED_FLIPS: Fragment = shader!("lib/packed_flips.wgsl");

/// First configurations of packed spins.
pub static PACKED_START: Kernel =
    Kernel { name: "start", entry: shader!("packed/start.wgsl"), library: &[RANDOM, PACKED], contract: &[] };
/// Acceptance thresholds of packed chains.
pub static PACKED_ASSIGN: Kernel = Kernel {
    name: "assign",
    entry: shader!("packed/assign.wgsl"),
    library: &[PLACE, RANDOM, PACKED, PACKED_CHAINS],
    contract: &[],
};
/// Half a sweep of packed spins.
pub static PACKED_SWEEP: Kernel = Kernel {
    name: "sweep",
    entry: shader!("packed/sweep.wgsl"),
    library: &[RANDOM, XOSHIRO, PACKED, PACKED_NEIGHBOURS, PACKED_FLIPS],
    contract: &["with_signs"],
};
/// A whole sweep of packed spins in two dimensions.
pub static PACKED_FULL_SWEEP: Kernel = Kernel {
    name: "full_sweep",
    entry: shader!("packed/full_sweep.wgsl"),
    library: &[RANDOM, XOSHIRO, PACKED, PACKED_NEIGHBOURS, PACKED_FLIPS],
    contract: &["with_signs"],
};
/// Sums of spins and of bonds of packed chains.
pub static PACKED_TALLY: Kernel = Kernel {
    name: "tally",
    entry: shader!("packed/tally.wgsl"),
    library: &[PLACE, RANDOM, PACKED, PACKED_CHAINS, PACKED_SPINS, PACKED_NEIGHBOURS, COUNTERS],
    contract: &["with_signs"],
};
/// Packed chains in the order of their places.
pub static PACKED_GATHER: Kernel = Kernel {
    name: "gather",
    entry: shader!("packed/gather.wgsl"),
    library: &[PACKED, RANDOM, PACKED_CHAINS],
    contract: &[],
};
/// What packed kernels take for a model: bonds that are all alike.
pub static ALIKE: ModelText<'static> = ModelText { name: "alike", fragment: &PACKED_ALIKE };
/// What packed kernels take for a model: bonds of either sign.
pub static SIGNED: ModelText<'static> = ModelText { name: "signed", fragment: &PACKED_SIGNED };
/// Waves of packed spins.
pub static PACKED_SLICES: Kernel = Kernel {
    name: "slices",
    entry: shader!("packed/slices.wgsl"),
    library: &[PLACE, RANDOM, NORMAL, PACKED, PACKED_CHAINS, PACKED_SPINS, PACKED_NEIGHBOURS, COUNTERS],
    contract: &[],
};

const LADDER: Fragment = shader!("lib/ladder.wgsl");

/// Replica exchange where energies are integers.
pub static SWAP: Kernel =
    Kernel { name: "swap", entry: shader!("tempering/swap.wgsl"), library: &[RANDOM, LADDER], contract: &[] };
/// Replica exchange where energies are real.
pub static SWAP_REAL: Kernel = Kernel {
    name: "swap_real",
    entry: shader!("tempering/swap_real.wgsl"),
    library: &[RANDOM, FINITE, LADDER],
    contract: &[],
};
/// What happened to the places of the ladders.
pub static JOURNAL: Kernel =
    Kernel { name: "journal", entry: shader!("tempering/journal.wgsl"), library: &[], contract: &[] };

/// Every kernel of replica exchange.
pub static TEMPERING_KERNELS: &[&Kernel] = &[&SWAP, &SWAP_REAL, &JOURNAL];

/// Every kernel of the packed family.
pub static PACKED_KERNELS: &[&Kernel] =
    &[&PACKED_START, &PACKED_ASSIGN, &PACKED_SWEEP, &PACKED_FULL_SWEEP, &PACKED_TALLY, &PACKED_GATHER, &PACKED_SLICES];

const REDUCE: Fragment = shader!("lattice/reduce.wgsl");
const TOTAL: Fragment = shader!("lattice/total.wgsl");

/// Energy: sums over bonds and over sites.
pub static ENERGY: Density = Density {
    name: "energy",
    fragment: shader!("measure/energy.wgsl"),
    library: &[LATTICE, POINT, FIELD, CLEAN],
    sums: Sums::ModelScalar,
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite"],
};
/// Order parameter.
pub static MAGNETIZATION: Density = Density {
    name: "magnetization",
    fragment: shader!("measure/magnetization.wgsl"),
    library: &[LATTICE, FIELD],
    sums: Sums::ModelOrder,
    contract: &["Site", "Scalar", "order"],
};
/// Overlap and link overlap of pairs of replicas.
pub static OVERLAP: Density = Density {
    name: "overlap",
    fragment: shader!("measure/overlap.wgsl"),
    library: &[LATTICE, FIELD, OCCUPANTS],
    sums: Sums::ModelOrder,
    contract: &["Site", "Scalar", "order", "flipped"],
};
/// Fourier component at the smallest momentum.
pub static STRUCTURE: Density = Density {
    name: "structure",
    fragment: shader!("measure/structure.wgsl"),
    library: &[NORMAL, RANDOM, LATTICE, FIELD],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "order"],
};
/// Powers of a real field, links, Schwinger–Dyson.
pub static MOMENTS: Density = Density {
    name: "moments",
    fragment: shader!("measure/moments.wgsl"),
    library: &[LATTICE, POINT, FIELD, CLEAN],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "Parameters", "bond_slope", "onsite_slope"],
};
/// Accepted attempts of the last sweep.
pub static ACCEPTANCE: Density = Density {
    name: "acceptance",
    fragment: shader!("measure/acceptance.wgsl"),
    library: &[LATTICE],
    sums: Sums::Integer,
    contract: &[],
};
/// Energy error of a trajectory.
pub static ENERGY_ERROR: Density = Density {
    name: "energy_error",
    fragment: shader!("measure/energy_error.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, POINT, FIELD, CLEAN, MOMENTUM],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite"],
};
/// The same by quads of sites.
pub static ENERGY_ERROR_QUADS: Density = Density {
    name: "energy_error_quads",
    fragment: shader!("measure/energy_error_quads.wgsl"),
    library: &[RANDOM, NORMAL, LATTICE, QUADS, POINT, MOMENTUM],
    sums: Sums::Float,
    contract: ENERGY_ERROR.contract,
};

/// Energy differences to the neighbours in a ladder.
pub static EXCHANGE_ENERGY: Density = Density {
    name: "exchange",
    fragment: shader!("measure/exchange.wgsl"),
    library: &[LATTICE, POINT, FIELD, CLEAN],
    sums: Sums::Float,
    contract: &["Site", "Scalar", "Parameters", "bond", "onsite"],
};

/// Every kernel of the lattice family.
pub static LATTICE_KERNELS: &[&Kernel] = &[
    &START,
    &FLIP,
    &FLIP_REAL,
    &FLIP_AMONG,
    &REDRAW,
    &METROPOLIS,
    &METROPOLIS_STRIPS,
    &REFLECT,
    &ISOLATE,
    &UNITE,
    &TURN,
    &REFRESH,
    &LEAP,
    &SLIDE,
    &JUDGE,
    &ADOPT,
    &ADOPT_QUADS,
    &RECORD,
];
/// Every measurement of the lattice family.
pub static DENSITIES: &[&Density] = &[
    &ENERGY,
    &MAGNETIZATION,
    &OVERLAP,
    &STRUCTURE,
    &MOMENTS,
    &ACCEPTANCE,
    &ENERGY_ERROR,
    &ENERGY_ERROR_QUADS,
    &EXCHANGE_ENERGY,
];

/// A model's fragment under its name.
#[derive(Debug, Clone, Copy)]
pub struct ModelText<'a> {
    /// The model's name.
    pub name: &'a str,
    /// Its fragment.
    pub fragment: &'a Fragment,
}

impl ModelText<'_> {
    /// Whether the fragment keeps a contract.
    pub fn keeps(&self, contract: &[&str]) -> bool {
        check_contract(self.name, self.fragment, "", contract).is_ok()
    }
}

impl Kernel {
    /// The text of a kernel that asks nothing of a model.
    ///
    /// # Errors
    /// As [`Kernel::source`].
    pub fn source_alone(&self) -> Result<Arc<Source>> {
        self.source(ModelText { name: "none", fragment: &Fragment::new("no model", "") })
    }

    /// Joins the kernel's text with a model's.
    ///
    /// # Errors
    /// [`Error::Contract`](crate::Error::Contract) for a function that the model lacks,
    /// [`Error::Shader`](crate::Error::Shader) for a text that naga refuses.
    pub fn source(&self, model: ModelText<'_>) -> Result<Arc<Source>> {
        join(self.name, self.name, self.library, model, self.contract, [self.entry.clone()])
    }
}

impl Density {
    /// The kernel that sums each segment of the lattice.
    ///
    /// # Errors
    /// As [`Kernel::source`].
    pub fn reduce(&self, model: ModelText<'_>) -> Result<Arc<Source>> {
        let name = format!("reduce/{}", self.name);
        let kind = match self.sums {
            Sums::ModelScalar => "Scalar",
            Sums::ModelOrder => "Order",
            Sums::Float => "f32",
            Sums::Integer => "i32",
        };
        join(&name, "reduce", self.library, model, self.contract, [PLACE, measure(kind), self.fragment.clone(), REDUCE])
    }
}

/// The kernel that adds the segments of a measurement of integers or of floats.
///
/// # Errors
/// [`Error::Shader`](crate::Error::Shader).
pub fn total(integer: bool) -> Result<Arc<Source>> {
    let kind = if integer { "i32" } else { "f32" };
    Source::join(format!("total<{kind}>"), "total", &[ENGINE, PLACE, measure(kind), TOTAL])
}

/// The type of a measurement's sums.
fn measure(kind: &str) -> Fragment {
    Fragment { file: "src/shader/catalogue.rs".into(), text: format!("alias Measure = {kind};\n").into() }
}

fn join<const N: usize>(
    name: &str,
    entry: &str,
    library: &[Fragment],
    model: ModelText<'_>,
    contract: &[&str],
    entries: [Fragment; N],
) -> Result<Arc<Source>> {
    let mut fragments = vec![ENGINE, purposes()];
    let disordered = model.fragment.declares("Coupling");
    fragments.extend(library.iter().map(|part| if *part == CLEAN && disordered { QUENCHED } else { part.clone() }));
    let mut title = name.to_string();
    if !contract.is_empty() {
        check_contract(model.name, model.fragment, name, contract)?;
        // A model may use the deviates and angles of the library.
        for fragment in [RANDOM, NORMAL, ANGLE, INTEGER] {
            if !library.contains(&fragment) {
                fragments.push(fragment);
            }
        }
        fragments.push(model.fragment.clone());
        if model.fragment.declares("Scalar") && !model.fragment.declares("Order") {
            fragments.push(Fragment::new("src/shader/catalogue.rs", "alias Order = Scalar;\n"));
        }
        title = format!("{name}<{}>", model.name);
    }
    fragments.extend(entries);
    Source::join(title, entry, &fragments)
}

/// The purposes of random words, as constants: the table stands in `src/random.rs` only.
fn purposes() -> Fragment {
    let constants = Purpose::ALL.map(|(purpose, name)| format!("const {name}: u32 = {}u;\n", purpose as u32));
    Fragment { file: "src/random.rs".into(), text: constants.concat().into() }
}
