//! Shader texts: fragments joined into a kernel, checked against contracts, and what naga reads in them.
//!
//! WGSL's module scope does not depend on order, so a kernel is its entry file, the library fragments that it lists and
//! the model's fragment, joined. What a kernel is made of stands in the [`catalogue`]. A *contract* is the list of
//! functions that a kernel expects of the model's fragment; it is checked before naga sees the text, so that a missing
//! function is reported in those words.

pub mod catalogue;
mod layout;

pub use layout::{Field, Mirror, Word};

use crate::error::{Error, Result};
use std::borrow::Cow;
use std::sync::Arc;

/// A piece of WGSL with the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The file, for messages.
    pub file: Cow<'static, str>,
    /// The text.
    pub text: Cow<'static, str>,
}

impl Fragment {
    /// A fragment whose text is compiled in, usually with `include_str!`.
    pub const fn new(file: &'static str, text: &'static str) -> Self {
        Self { file: Cow::Borrowed(file), text: Cow::Borrowed(text) }
    }

    /// Whether the fragment declares a function, an alias, a struct or a pipeline's constant of this name.
    pub(crate) fn declares(&self, name: &str) -> bool {
        ["fn ", "alias ", "struct ", "override "].iter().any(|keyword| {
            let declaration = format!("{keyword}{name}");
            self.text.match_indices(&declaration).any(|(at, _)| {
                let rest = &self.text[at + declaration.len()..];
                !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    }
}

/// A shader variable that a buffer is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The variable's name, which is also the slot's.
    pub name: String,
    /// `@group`.
    pub group: u32,
    /// `@binding`.
    pub binding: u32,
    /// How the kernel uses it.
    pub access: Access,
}

/// How a kernel uses a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `var<uniform>`.
    Uniform,
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    ReadWrite,
}

/// A kernel's joined and validated text.
#[derive(Debug)]
pub struct Source {
    name: String,
    entry: String,
    text: String,
    lines: LineMap,
    module: naga::Module,
    bindings: Vec<Binding>,
    overrides: Vec<String>,
}

impl Source {
    /// Joins fragments, parses and validates them. `name` is for messages, `entry` the entry point's name.
    ///
    /// # Errors
    /// [`Error::Shader`] with the fragment's file and line.
    pub fn join(name: impl Into<String>, entry: &str, fragments: &[Fragment]) -> Result<Arc<Self>> {
        let (text, lines) = LineMap::join(fragments);
        let module = naga::front::wgsl::parse_str(&text).map_err(|error| Error::Shader {
            location: lines.locate(line_of(error.labels().map(|(span, _)| span), &text)),
            message: error.message().to_string(),
        })?;
        let mut validator =
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
        validator.validate(&module).map_err(|error| Error::Shader {
            location: lines.locate(line_of(error.spans().map(|(span, _)| *span), &text)),
            message: chain_of(error.as_inner()),
        })?;
        let bindings = bindings_of(&module);
        let overrides = module.overrides.iter().filter_map(|(_, constant)| constant.name.clone()).collect();
        Ok(Arc::new(Self { name: name.into(), entry: entry.into(), text, lines, module, bindings, overrides }))
    }

    /// The kernel's name, with what it was joined from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The entry point.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The joined text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What naga made of the text.
    pub fn module(&self) -> &naga::Module {
        &self.module
    }

    /// The variables that buffers are bound to.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Whether the text declares this `override` constant.
    pub fn has_override(&self, name: &str) -> bool {
        self.overrides.iter().any(|known| known == name)
    }

    /// Proves that a Rust struct has the layout of the WGSL struct that it mirrors.
    ///
    /// # Errors
    /// [`Error::Layout`] with both layouts where they differ.
    pub fn prove_layout<T: Mirror>(&self) -> Result<()> {
        layout::prove(&self.module, T::NAME, T::FIELDS)
    }

    /// `file:line` of a line of the joined text.
    pub fn locate(&self, line: Option<u32>) -> String {
        self.lines.locate(line)
    }
}

/// Checks that a model's fragment defines what a kernel calls.
///
/// # Errors
/// [`Error::Contract`] naming the first missing function.
pub fn check_contract(model: &str, fragment: &Fragment, kernel: &str, contract: &[&str]) -> Result<()> {
    match contract.iter().find(|name| !fragment.declares(name)) {
        None => Ok(()),
        Some(missing) => Err(Error::Contract {
            model: model.into(),
            missing: (*missing).into(),
            needed_by: kernel.into(),
            file: fragment.file.to_string(),
        }),
    }
}

/// Which file and line a line of a joined text came from.
#[derive(Debug)]
struct LineMap {
    /// File, and the joined text's line where it begins (counted from 1).
    starts: Vec<(String, u32)>,
}

impl LineMap {
    fn join(fragments: &[Fragment]) -> (String, Self) {
        let mut text = String::new();
        let mut starts = Vec::new();
        let mut line = 1;
        for fragment in fragments {
            starts.push((fragment.file.to_string(), line));
            text.push_str(&fragment.text);
            if !text.ends_with('\n') {
                text.push('\n');
            }
            line = 1 + text.matches('\n').count() as u32;
        }
        (text, Self { starts })
    }

    fn locate(&self, line: Option<u32>) -> String {
        let Some(line) = line else {
            return self.starts.last().map_or_else(String::new, |(file, _)| file.clone());
        };
        self.starts
            .iter()
            .rev()
            .find(|(_, start)| *start <= line)
            .map_or_else(|| format!("line {line}"), |(file, start)| format!("{file}:{}", line - start + 1))
    }
}

/// The line that an error points at. naga may name places that exist in no text, such as a built-in type, before others.
fn line_of(mut spans: impl Iterator<Item = naga::Span>, text: &str) -> Option<u32> {
    spans.find(|span| span.is_defined()).map(|span| span.location(text).line_number)
}

/// An error and its causes in one line.
fn chain_of(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    message
}

fn bindings_of(module: &naga::Module) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = module
        .global_variables
        .iter()
        .filter_map(|(_, variable)| {
            let at = variable.binding?;
            let access = match variable.space {
                naga::AddressSpace::Uniform => Access::Uniform,
                naga::AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE) => {
                    Access::ReadWrite
                }
                _ => Access::Read,
            };
            let name = variable.name.clone().unwrap_or_default();
            Some(Binding { name, group: at.group, binding: at.binding, access })
        })
        .collect();
    bindings.sort_by_key(|binding| (binding.group, binding.binding));
    bindings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_fragments_own_line() {
        let good = Fragment::new("good.wgsl", "fn one() -> u32 { return 1u; }\n");
        let bad = Fragment::new("bad.wgsl", "\n@compute @workgroup_size(1)\nfn main() { let x: f32 = one(); }\n");
        let error = Source::join("main", "main", &[good, bad]).unwrap_err().to_string();
        assert!(error.contains("bad.wgsl:3"), "{error}");
    }

    #[test]
    fn contracts_match_whole_names() {
        let fragment = Fragment::new("m.wgsl", "fn bond_slope(a: f32) -> f32 { return a; }\nalias Site = f32;\n");
        assert!(check_contract("m", &fragment, "k", &["bond_slope", "Site"]).is_ok());
        let error = check_contract("m", &fragment, "leap", &["bond"]).unwrap_err().to_string();
        assert!(error.contains("`bond`") && error.contains("leap") && error.contains("m.wgsl"), "{error}");
    }
}
