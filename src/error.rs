//! The one error type of the library.

use std::path::{Path, PathBuf};

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, what was wanted, what was got, and what to do about it.
///
/// Every variant prints as one line, has a stable [`code`](Error::code) and belongs to one
/// [`exit_code`](Error::exit_code) of the program. The library never panics on input; it returns one of these.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No adapter fits the request.
    #[error("no adapter {wanted}; found {found} - {hint}")]
    NoAdapter {
        /// What was asked for.
        wanted: String,
        /// What the machine offers.
        found: String,
        /// What would mend it.
        hint: String,
    },
    /// A design does not fit the limits of the adapter, of the host or of the kernels.
    #[error("{what} needs {need}, at most {have} is possible here - {hint}")]
    Limit {
        /// The buffer, dispatch or loop that is too large.
        what: String,
        /// What it needs.
        need: u64,
        /// What is possible.
        have: u64,
        /// What would mend it.
        hint: String,
    },
    /// A shader text that naga or the driver refuses.
    #[error("shader {location}: {message}")]
    Shader {
        /// `file:line` of the fragment.
        location: String,
        /// What the validator says.
        message: String,
    },
    /// A model's fragment lacks a function that a kernel calls.
    #[error("model `{model}` does not define `{missing}`, which kernel `{needed_by}` calls - add it to {file}")]
    Contract {
        /// The model's name.
        model: String,
        /// The missing function, alias or struct.
        missing: String,
        /// The kernel that needs it.
        needed_by: String,
        /// The model's fragment.
        file: String,
    },
    /// A Rust struct and its WGSL mirror differ.
    #[error("layout of `{structure}`: WGSL has {wgsl}, Rust has {rust} - make the two structs agree")]
    Layout {
        /// The struct's name.
        structure: String,
        /// What the shader declares.
        wgsl: String,
        /// What the host declares.
        rust: String,
    },
    /// A value, shape or combination that makes no sense.
    #[error("{what}: expected {wanted}, got {got} - {hint}")]
    Input {
        /// The parameter, and where it stands.
        what: String,
        /// What is allowed.
        wanted: String,
        /// What was seen.
        got: String,
        /// What to do.
        hint: String,
    },
    /// A file that cannot be read, or does not hold what it should.
    #[error("{}: {problem} - {hint}", one_line(&path.to_string_lossy()))]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where in it.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A result that cannot be written.
    #[error("cannot write {}: {problem} - {hint}", one_line(&path.to_string_lossy()))]
    Output {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The simulation ran but its numbers cannot be used.
    #[error("the run failed: {what} - {hint}")]
    Run {
        /// What happened, and where.
        what: String,
        /// What to do.
        hint: String,
    },
    /// The device was lost.
    #[error("the device was lost: {0} - run again; if it persists, try a smaller problem or another adapter")]
    DeviceLost(String),
    /// The device has no memory left.
    #[error("out of device memory while {0} - use fewer replicas or a smaller system")]
    OutOfMemory(String),
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// The most characters of a text of the caller's that a message repeats.
const LONGEST_TEXT: usize = 300;
/// The most characters of a hint, which may list names from a file.
const LONGEST_HINT: usize = 1_000;

/// A text as part of a message of one line: control characters escaped, and not without end.
fn one_line(text: &str) -> String {
    line_of(text, LONGEST_TEXT)
}

fn line_of(text: &str, longest: usize) -> String {
    let mut line: String = text
        .chars()
        .take(longest)
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect();
    if text.chars().nth(longest).is_some() {
        line.push_str("...");
    }
    line
}

impl Error {
    /// A value outside of what is allowed.
    pub fn input(
        what: impl Into<String>,
        wanted: impl Into<String>,
        got: impl ToString,
        hint: impl Into<String>,
    ) -> Self {
        let (what, wanted) = (one_line(&what.into()), one_line(&wanted.into()));
        Self::Input { what, wanted, got: one_line(&got.to_string()), hint: line_of(&hint.into(), LONGEST_HINT) }
    }

    /// A file that does not hold what it should.
    pub fn file(path: impl AsRef<Path>, problem: impl ToString, hint: impl Into<String>) -> Self {
        Self::File {
            path: path.as_ref().into(),
            problem: one_line(&problem.to_string()),
            hint: line_of(&hint.into(), LONGEST_HINT),
        }
    }

    /// A result that cannot be written.
    pub fn output(path: impl AsRef<Path>, problem: impl ToString, hint: impl Into<String>) -> Self {
        Self::Output {
            path: path.as_ref().into(),
            problem: one_line(&problem.to_string()),
            hint: line_of(&hint.into(), LONGEST_HINT),
        }
    }

    /// The stable code of the kind of error: a code never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAdapter { .. } => "E001",
            Self::Limit { .. } => "E002",
            Self::Shader { .. } => "E003",
            Self::Contract { .. } => "E004",
            Self::Layout { .. } => "E005",
            Self::Input { .. } => "E006",
            Self::File { .. } => "E007",
            Self::Output { .. } => "E008",
            Self::Run { .. } => "E009",
            Self::DeviceLost(_) => "E010",
            Self::OutOfMemory(_) => "E011",
            Self::Interrupted => "E012",
        }
    }

    /// The program's exit code: 1 the run failed, 3 bad input, 4 no adapter, 5 device lost or out of memory,
    /// 130 interrupted (2, wrong usage, is the argument parser's).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Run { .. } => 1,
            Self::NoAdapter { .. } => 4,
            Self::DeviceLost(_) | Self::OutOfMemory(_) => 5,
            Self::Interrupted => 130,
            Self::Limit { .. }
            | Self::Shader { .. }
            | Self::Contract { .. }
            | Self::Layout { .. }
            | Self::Input { .. }
            | Self::File { .. }
            | Self::Output { .. } => 3,
        }
    }
}
