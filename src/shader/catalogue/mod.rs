//! What each kernel is made of: a table a family.

/// A file of `shaders/` as a fragment.
macro_rules! shader {
    ($file:literal) => {
        $crate::shader::Fragment::new(concat!("shaders/", $file), include_str!(concat!("../../../shaders/", $file)))
    };
}

mod attention;
mod checks;
mod dense;
mod fragments;
mod lattice;
mod machine;
mod measure;
mod neurons;
mod neurons_fit;
mod packed;
mod raster;
mod tempering;
mod two_layer;

pub use attention::*;
pub use checks::*;
pub use dense::*;
pub use lattice::*;
pub use machine::*;
pub use measure::*;
pub use neurons::*;
pub use neurons_fit::*;
pub use packed::*;
pub use raster::*;
pub use tempering::*;
pub use two_layer::*;

use super::{Fragment, Source, check_contract};
use crate::error::Result;
use crate::random::Purpose;
use fragments::{ANGLE, CLEAN, ENGINE, INTEGER, NORMAL, PLACE, QUENCHED, RANDOM};
use std::sync::Arc;

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

const REDUCE: Fragment = shader!("lattice/reduce.wgsl");
const TOTAL: Fragment = shader!("lattice/total.wgsl");

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
    Fragment { file: "src/shader/catalogue".into(), text: format!("alias Measure = {kind};\n").into() }
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
            fragments.push(Fragment::new("src/shader/catalogue", "alias Order = Scalar;\n"));
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
