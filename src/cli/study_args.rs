//! The options that the studies of retrieval have in common, and which of them go together.

use super::input::{FileArgs, Loaded};
use super::lattice::name;
use super::memory_args::{MemoryArgs, StoringRule};
use super::recall_args::{OrderName, Rule};
use super::session::Parameters;
use super::study::Network;
use super::values::Values;
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::{Error, Memory};
use std::path::PathBuf;

/// Options of the networks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Networks")]
pub struct NetworkArgs {
    /// Real patterns instead of random ones, of which a load takes the first: a folder (its *.png by name), .png files, a
    /// .npy or .npz (first axis: patterns)
    #[arg(long, value_name = "P", num_args = 1.., help_heading = "Patterns", conflicts_with = "neurons")]
    pub patterns: Vec<PathBuf>,
    #[command(flatten)]
    pub files: FileArgs,
    #[command(flatten)]
    pub storing: MemoryArgs,
    /// Neurons of random patterns [default: 2000]
    #[arg(long, value_name = "N", help_heading = "Networks")]
    pub neurons: Option<usize>,
    /// Independent sets of random patterns at every load; errors are their spread [default: 4]. Real patterns are one set
    #[arg(long, value_name = "D", help_heading = "Networks", conflicts_with = "patterns")]
    pub disorder_samples: Option<u32>,
    /// Cues a set, dealt round the patterns [default: 8; of real patterns one each, at most 64]
    #[arg(long, value_name = "C", help_heading = "Networks")]
    pub cues: Option<usize>,
    /// How neurons are updated [default: asynchronous at T = 0, gibbs at T > 0]. All neurons of a dense memory are only
    /// updated at once with their self-coupling, which freezes states above the critical load
    #[arg(long, value_enum, help_heading = "Networks")]
    pub dynamics: Option<Rule>,
    /// Order of an asynchronous sweep [default: random; fixed, the only one, with --rule storkey]
    #[arg(long, value_enum, help_heading = "Networks")]
    pub order: Option<OrderName>,
    /// Give the synchronous rule its self-coupling: nothing then breaks down at the critical load
    #[arg(long, help_heading = "Networks")]
    pub keep_diagonal: bool,
    /// Most sweeps at T = 0
    #[arg(long, value_name = "MAX", default_value_t = 200, help_heading = "Networks")]
    pub sweeps: u32,
    /// Sweeps before the first sample at T > 0
    #[arg(long, value_name = "W", default_value_t = 100, help_heading = "Networks")]
    pub warmup: u64,
    /// Sweeps that are sampled at T > 0
    #[arg(long, value_name = "S", default_value_t = 100, help_heading = "Networks")]
    pub samples: u64,
    /// Overlap from which on a cue counts as retrieved [default: 0.95 at T = 0, 0.5 at T > 0]
    #[arg(long, value_name = "M", allow_hyphen_values = true, help_heading = "Networks")]
    pub retrieved: Option<f64>,
}

impl NetworkArgs {
    /// Reads patterns, and refuses what makes no sense in one of these memories or at one of these temperatures.
    pub fn open(&self, memories: &[Memory], temperatures: &[f64]) -> Result<Network<'_>> {
        self.check_numbers(temperatures)?;
        let any = |hot: bool| temperatures.iter().any(|&temperature| (temperature > 0.0) == hot);
        self.check_dynamics(any(false), any(true))?;
        for &memory in memories {
            self.storing.check(memory, any(true))?;
            if self.dynamics == Some(Rule::Synchronous) && !memory.is_convex() {
                let wanted = "a convex function with synchronous dynamics";
                let hint = "leave out :plain, or --dynamics";
                return Err(Error::input("--memory", wanted, memory, hint).into());
            }
        }
        if self.storing.rule == StoringRule::Sequence {
            let hint = "sequences are in spinfield recall";
            return Err(Error::input("--rule", "hebb, pseudo-inverse or storkey", "sequence", hint).into());
        }
        if self.storing.rule == StoringRule::Storkey {
            let given = [(any(true), "--temperature", "0"), (self.keep_diagonal, "--keep-diagonal", "none")];
            if let Some((_, option, wanted)) = given.into_iter().find(|given| given.0) {
                let wanted = format!("{wanted} with --rule storkey, whose couplings are a matrix");
                return Err(Error::input(option, wanted, "something else", "leave it out").into());
            }
        }
        let real = if self.patterns.is_empty() { None } else { Some(self.read()?) };
        Ok(Network::new(self, real))
    }

    fn read(&self) -> Result<Loaded> {
        if self.patterns.iter().any(|path| path.to_string_lossy().starts_with("random:")) {
            let hint = "leave it out: patterns are random without it, --neurons and --load say how many";
            return Err(Error::input("--patterns", "files of patterns", "random ones", hint).into());
        }
        self.files.reading()?.read(&self.patterns, self.files.take)
    }

    fn check_numbers(&self, temperatures: &[f64]) -> Result<(), Error> {
        for (option, value) in [
            ("--neurons", self.neurons.map(|neurons| neurons as u64)),
            ("--disorder-samples", self.disorder_samples.map(u64::from)),
            ("--cues", self.cues.map(|cues| cues as u64)),
            ("--sweeps", Some(self.sweeps.into())),
            ("--samples", Some(self.samples)),
        ] {
            if value == Some(0) {
                return Err(Error::input(option, "at least 1", 0, "leave it out for the default"));
            }
        }
        if self.patterns.is_empty() && (self.files.key.is_some() || self.files.resize.is_some()) {
            let hint = "leave out --key and --resize, or name files by --patterns";
            return Err(Error::input("--patterns", "files with --key or --resize", "random patterns", hint));
        }
        if self.patterns.is_empty() && self.files.take.is_some() {
            let hint = "leave out --take: the load says how many patterns there are";
            return Err(Error::input("--patterns", "files with --take", "random patterns", hint));
        }
        if let Some(bad) = temperatures.iter().find(|t| !(**t == 0.0 || (1e-30..=1e30).contains(*t))) {
            return Err(Error::input("--temperature", "0, or 1e-30 to 1e30", bad, "0 is recall without noise"));
        }
        if let Some(bad) = self.retrieved.filter(|overlap| !(0.0..=1.0).contains(overlap)) {
            return Err(Error::input("--retrieved", "an overlap between 0 and 1", bad, "0.95 is usual at T = 0"));
        }
        Ok(())
    }

    /// Checks dynamics against the temperatures that there are.
    fn check_dynamics(&self, cold: bool, hot: bool) -> Result<(), Error> {
        if self.dynamics == Some(Rule::Glauber) {
            let hint = "use --dynamics gibbs, which samples the same measure";
            return Err(Error::input("--dynamics", "gibbs or little at T > 0", "glauber", hint));
        }
        if let Some(rule) = self.dynamics.filter(|rule| if rule.is_hot() { !hot } else { !cold }) {
            let wanted =
                if rule.is_hot() { "synchronous or asynchronous at T = 0" } else { "gibbs or little at T > 0" };
            return Err(Error::input("--dynamics", wanted, name(rule), "choose other temperatures, or leave it out"));
        }
        if self.keep_diagonal && self.dynamics != Some(Rule::Synchronous) {
            let got = self.dynamics.map_or("asynchronous dynamics".into(), name);
            return Err(Error::input("--keep-diagonal", "--dynamics synchronous at T = 0", got, "leave it out"));
        }
        Ok(())
    }

    /// The order of an asynchronous sweep.
    pub fn order(&self) -> OrderName {
        let explicit = self.storing.rule == StoringRule::Storkey;
        self.order.unwrap_or(if explicit { OrderName::Fixed } else { OrderName::Random })
    }

    /// The loads as they were given, in order, or the usual ones; of real patterns so many parts of them.
    pub fn loads(&self, network: &Network<'_>, given: Option<&Values>, usual: &[f64], parts: usize) -> Vec<f64> {
        let neurons = network.neurons() as f64;
        let mut loads = match (given, network.real()) {
            (Some(values), _) => values.0.clone(),
            (None, Some(real)) => {
                (1..=parts).map(|part| (part * real.patterns.count()).div_ceil(parts) as f64 / neurons).collect()
            }
            (None, None) => usual.to_vec(),
        };
        loads.sort_by(f64::total_cmp);
        loads.dedup();
        loads
    }

    /// For the record; the memory is the study's own.
    pub fn parameters(&self, network: &Network<'_>) -> Parameters {
        let paths: Vec<_> = self.patterns.iter().map(|path| path.to_string_lossy()).collect();
        let mut parameters = vec![("patterns", json!((!paths.is_empty()).then_some(paths)))];
        parameters.extend(self.files.parameters(network.real().map(|real| real.patterns.count())));
        parameters.extend([
            ("neurons", json!(network.neurons())),
            ("disorder_samples", json!(network.sets())),
            ("cues", json!(network.cues())),
            ("rule", json!(name(self.storing.rule))),
            ("centred", json!(self.storing.centred)),
            ("dynamics", json!(self.dynamics.map(name))),
            ("order", json!(name(self.order()))),
            ("keep_diagonal", json!(self.keep_diagonal)),
            ("sweeps", json!(self.sweeps)),
            ("warmup", json!(self.warmup)),
            ("samples", json!(self.samples)),
            ("retrieved", json!(self.retrieved)),
        ]);
        parameters
    }
}
