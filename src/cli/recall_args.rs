//! The options of `spinfield recall`, and which of them go together.

use super::input::FileArgs;
use super::lattice::name;
use super::memory_args::{MemoryArgs, StoringRule};
use super::recall_couplings::Unlearning;
use super::session::{Parameters, Session};
use clap::{Args, ValueEnum};
use serde_json::json;
use spinfield::{Error, Memory, Schedule};
use std::path::PathBuf;

/// Options of recall.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RecallArgs {
    /// What is stored: a folder (its *.png by name), .png files, a .npy or .npz (first axis: patterns), or random:COUNT
    #[arg(long, value_name = "P", num_args = 1.., required = true, help_heading = "Patterns")]
    pub patterns: Vec<PathBuf>,
    /// Neurons of random patterns
    #[arg(long, value_name = "N", help_heading = "Patterns")]
    pub neurons: Option<usize>,
    /// Neurons of a pattern, random or real, are blank with this probability, xi in {-1, 0, 1}; overlaps are over the
    /// neurons that are not
    #[arg(
        long,
        value_name = "F",
        help_heading = "Patterns",
        conflicts_with_all = ["bias", "centred"],
        allow_hyphen_values = true
    )]
    pub blank: Option<f64>,
    /// Random patterns have this mean, P(xi = 1) = (1 + B)/2, and are stored less it: J = (1/N) sum (xi - B)(xi' - B).
    /// --centred does so with the mean of real ones
    #[arg(long, value_name = "B", help_heading = "Patterns", conflicts_with = "centred", allow_hyphen_values = true)]
    pub bias: Option<f64>,
    #[command(flatten)]
    pub files: FileArgs,
    #[command(flatten)]
    pub storing: MemoryArgs,
    /// Couplings of your own instead of a rule's: a symmetric matrix of N x N with a diagonal of zeros, from a .npy. The
    /// patterns then only say what the cues should retrieve
    #[arg(long, value_name = "FILE", help_heading = "Memory", conflicts_with = "rule")]
    pub couplings: Option<PathBuf>,
    /// The couplings need not be symmetric: J[i, j] is what neuron j does to neuron i. There is then no energy, and recall is
    /// synchronous and makes all its sweeps
    #[arg(long, requires = "couplings", help_heading = "Patterns")]
    pub asymmetric: bool,
    /// Unlearn: in each of so many steps a random state relaxes to a fixed point s, and J_ij -= (RATE/N) s_i s_j (RATE: 0.01).
    /// Spurious states go first; the load that is retrieved grows, until the patterns go too
    #[arg(long, value_name = "STEPS[:RATE]", help_heading = "Patterns", allow_hyphen_values = true)]
    pub unlearn: Option<Unlearning>,

    /// Damaged copies, dealt round the patterns [default: one a pattern, at most 64]
    #[arg(long, value_name = "C", help_heading = "Cues", conflicts_with = "cue")]
    pub cues: Option<usize>,
    /// Fraction of the neurons of a cue that are flipped [default: 0.2]
    #[arg(long, value_name = "F", help_heading = "Cues", conflicts_with_all = ["mask", "cue"], allow_hyphen_values = true)]
    pub noise: Option<f64>,
    /// Fraction of the neurons of a cue that are set at random
    #[arg(long, value_name = "F", help_heading = "Cues", conflicts_with = "cue", allow_hyphen_values = true)]
    pub mask: Option<f64>,
    /// Your own cue: a .png or array of the patterns' size (an array may hold several). Its own pattern is the stored one
    /// that it overlaps with most
    #[arg(long, value_name = "FILE", help_heading = "Cues")]
    pub cue: Option<PathBuf>,

    /// Temperature in units of J
    #[arg(long, value_name = "T", default_value_t = 0.0, help_heading = "Dynamics", allow_hyphen_values = true)]
    pub temperature: f64,
    /// How neurons are updated [default: synchronous at T = 0, gibbs at T > 0; glauber there with
    /// --couplings, --unlearn or --rule storkey]
    #[arg(long, value_enum, help_heading = "Dynamics")]
    pub dynamics: Option<Rule>,
    /// Order of an asynchronous sweep [default: random; fixed with --couplings, --unlearn or --rule storkey]
    #[arg(long, value_enum, help_heading = "Dynamics")]
    pub order: Option<OrderName>,
    /// Give the synchronous rule its self-coupling w_ii = P/N, which dense memories always have
    ///
    /// Recall then never raises its energy and always ends in a fixed point instead of a 2-cycle. But spins freeze: beyond
    /// the critical load nothing breaks down, the state just stays near the cue, so that overlaps say little about memory.
    #[arg(long, help_heading = "Dynamics")]
    pub keep_diagonal: bool,
    /// Most sweeps at T = 0 [default: 100]
    #[arg(long, value_name = "MAX", help_heading = "Dynamics")]
    pub sweeps: Option<u32>,
    /// Sweeps before the first sample at T > 0 [default: 100]
    #[arg(long, value_name = "W", help_heading = "Dynamics")]
    pub warmup: Option<u64>,
    /// Sweeps that are sampled at T > 0 [default: 100]
    #[arg(long, value_name = "S", help_heading = "Dynamics")]
    pub samples: Option<u64>,
    /// Chains a cue at T > 0 [default: 1]
    #[arg(long, value_name = "R", help_heading = "Dynamics")]
    pub replicas: Option<u32>,
}

const EXAMPLES: &str = "Examples:
  spinfield recall --patterns examples/data/photographs --noise 0.2 --out recalled
  spinfield recall --patterns random:100 --neurons 2000 --cues 500 --json
  spinfield recall --patterns digits.npz --key images --take 5 --mask 0.5 --dynamics asynchronous
  spinfield recall --patterns random:50 --neurons 1000 --temperature 0.3 --replicas 8
  spinfield recall --patterns random:1000 --neurons 200 --memory dense:3 --dynamics asynchronous
  spinfield recall --patterns random:40 --neurons 2000 --bias 0.5 --noise 0.1
  spinfield recall --patterns digits.npz --memory softmax --inverse-temperature 0.5 --noise 0.3
  spinfield recall --patterns examples/data/digits --rule pseudo-inverse --noise 0.1
  spinfield recall --patterns examples/data/photographs --centred --noise 0.2
  spinfield recall --patterns random:40 --neurons 200 --unlearn 1000 --noise 0.05
  spinfield recall --patterns random:10 --neurons 500 --rule sequence --sweeps 30";

/// How neurons are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rule {
    /// T = 0, all at once (Little's dynamics): can end in a cycle of two states
    Synchronous,
    /// T = 0, one after another: the textbook rule
    Asynchronous,
    /// T > 0, exact sampling through the Gaussian hidden layer
    Gibbs,
    /// T > 0, one after another, with --couplings, --unlearn or --rule storkey
    Glauber,
    /// T > 0, all at once; its stationary state is not Boltzmann's
    Little,
}

/// The order of an asynchronous sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OrderName {
    /// A new one in every sweep
    Random,
    /// Neuron 0 first
    Fixed,
}

impl Rule {
    pub fn is_hot(self) -> bool {
        matches!(self, Self::Gibbs | Self::Glauber | Self::Little)
    }
}

impl RecallArgs {
    /// Checks blanks and bias, which patterns of a Hopfield network by Hebb's rule at T = 0 may have.
    pub fn check_storage(&self, memory: Memory) -> Result<(), Error> {
        for (option, value) in [("--blank", self.blank), ("--bias", self.bias)] {
            let Some(value) = value else { continue };
            let range = if option == "--blank" { 0.0..1.0 } else { -1.0 + f64::EPSILON..1.0 };
            if !range.contains(&value) {
                let wanted = if option == "--blank" { "0 to below 1" } else { "between -1 and 1" };
                return Err(Error::input(option, wanted, value, "0 makes both signs equally likely everywhere"));
            }
            if memory != Memory::Hopfield || self.temperature > 0.0 {
                let got = format!("{memory} at T = {}", self.temperature);
                return Err(Error::input(option, "a Hopfield network at T = 0", got, "leave it out"));
            }
        }
        if self.bias.is_some() && self.random_count().is_none() {
            let hint = "real patterns have a mean of their own, which --centred measures and takes off";
            return Err(Error::input("--bias", "random patterns, which are drawn with it", "files", hint));
        }
        Ok(())
    }

    /// The dynamics, if it goes with the memory and the other options.
    pub fn rule(&self, memory: Memory) -> Result<Rule, Error> {
        let temperature = self.temperature;
        let hot = temperature > 0.0;
        if !(temperature.is_finite() && temperature >= 0.0) {
            return Err(Error::input(
                "--temperature",
                "a finite number >= 0",
                temperature,
                "0 is recall without noise",
            ));
        }
        // The device has single precision.
        if hot && !(1e-30..=1e30).contains(&temperature) {
            return Err(Error::input(
                "--temperature",
                "0, or 1e-30 to 1e30",
                format!("{temperature:e}"),
                "use 0 for tiny temperatures",
            ));
        }
        let hottest = if self.is_explicit() { Rule::Glauber } else { Rule::Gibbs };
        let cold = if memory.is_convex() { Rule::Synchronous } else { Rule::Asynchronous };
        let rule = self.dynamics.unwrap_or(if hot { hottest } else { cold });
        let parts = self.blank.is_some() || self.bias.is_some() || self.storing.centred;
        if self.is_explicit() && (memory != Memory::Hopfield || parts) {
            let hint = "leave out --memory, --blank, --bias and --centred, or the couplings";
            return Err(Error::input(
                "explicit couplings (--couplings, --unlearn, --rule storkey or sequence)",
                "a memory of pairwise couplings alone",
                memory,
                hint,
            ));
        }
        if rule == Rule::Synchronous && !memory.is_convex() {
            let wanted = "a convex function with synchronous dynamics";
            let hint = "leave out :plain, or choose --dynamics asynchronous";
            return Err(Error::input("--memory", wanted, memory, hint));
        }
        if self.storing.rule == StoringRule::Storkey && self.couplings.is_some() {
            let hint = "leave out --rule, or the couplings";
            return Err(Error::input("--rule", "none with --couplings", "storkey", hint));
        }
        if self.storing.rule == StoringRule::PseudoInverse && (parts || self.couplings.is_some()) {
            let wanted = "a Hopfield network of whole patterns, without --couplings";
            let hint = "leave out --blank, --bias, --centred and --couplings, or use --rule hebb";
            return Err(Error::input("--rule pseudo-inverse", wanted, "something else", hint));
        }
        self.storing.check(memory, hot)?;
        let got = format!("{} at T = {temperature}", name(rule));
        if rule.is_hot() != hot {
            let wanted = if hot { "gibbs or little at T > 0" } else { "synchronous or asynchronous at T = 0" };
            let hint = if hot { "leave out --temperature to recall at T = 0" } else { "give a --temperature above 0" };
            return Err(Error::input("--dynamics", wanted, got, hint));
        }
        if rule == Rule::Gibbs && self.is_explicit() {
            let hint = "patterns have a hidden layer, couplings have none: use --dynamics glauber";
            return Err(Error::input("--dynamics", "glauber or little with explicit couplings", got, hint));
        }
        if rule == Rule::Glauber && !self.is_explicit() {
            let hint = "use --dynamics gibbs, which samples the same measure, or give --couplings";
            return Err(Error::input("--dynamics", "gibbs or little without explicit couplings", got, hint));
        }
        if self.is_explicit() && self.keep_diagonal {
            return Err(Error::input(
                "--keep-diagonal",
                "no explicit couplings",
                got,
                "leave it out: their diagonal is zero",
            ));
        }
        if self.is_asymmetric() && rule != Rule::Synchronous {
            let hint = "leave out --temperature and --dynamics: asymmetric couplings have no equilibrium";
            return Err(Error::input("--rule sequence, --asymmetric", "synchronous dynamics at T = 0", got, hint));
        }
        if self.keep_diagonal && rule != Rule::Synchronous {
            return Err(Error::input("--keep-diagonal", "synchronous dynamics at T = 0", got, "leave it out"));
        }
        if self.order.is_some() && rule != Rule::Asynchronous {
            let hint = "leave it out, or choose --dynamics asynchronous";
            return Err(Error::input("--order", "asynchronous dynamics at T = 0", got, hint));
        }
        if self.sweeps == Some(0) && !hot {
            return Err(Error::input("--sweeps", "at least 1", 0, "100 is plenty"));
        }
        if self.replicas == Some(0) {
            return Err(Error::input("--replicas", "at least 1", 0, "1 is a single chain a cue"));
        }
        Ok(rule)
    }

    /// The order of an asynchronous sweep.
    pub fn order(&self) -> OrderName {
        let usual = if self.is_explicit() { OrderName::Fixed } else { OrderName::Random };
        self.order.unwrap_or(usual)
    }

    /// At T = 0.
    pub fn most_sweeps(&self) -> u32 {
        self.sweeps.unwrap_or(100)
    }

    /// At T > 0.
    pub fn schedule(&self) -> Schedule {
        Schedule { warmup: self.warmup.unwrap_or(100), samples: self.samples.unwrap_or(100), thin: 1 }
    }

    /// For the record; null where an option means nothing.
    pub fn dynamics_parameters(&self, rule: Rule) -> Parameters {
        let (hot, asynchronous) = (rule.is_hot(), rule == Rule::Asynchronous);
        let order = asynchronous.then(|| name(self.order()));
        vec![
            ("temperature", json!(self.temperature)),
            ("dynamics", json!(name(rule))),
            ("order", json!(order)),
            ("keep_diagonal", json!((!hot).then_some(self.keep_diagonal))),
            ("sweeps", json!((!hot).then_some(self.most_sweeps()))),
            ("warmup", json!(hot.then_some(self.schedule().warmup))),
            ("samples", json!(hot.then_some(self.schedule().samples))),
            ("replicas", json!(hot.then(|| self.replicas.unwrap_or(1)))),
        ]
    }

    /// Says which options have no effect.
    pub fn notes(&self, rule: Rule, session: &Session) {
        let hot = rule.is_hot();
        let given = [
            ("--sweeps", self.sweeps.is_some() && hot, "at T > 0, where --warmup and --samples count"),
            ("--warmup", self.warmup.is_some() && !hot, "at T = 0, where --sweeps counts"),
            ("--samples", self.samples.is_some() && !hot, "at T = 0, where --sweeps counts"),
            ("--replicas", self.replicas.is_some() && !hot, "at T = 0, where all chains of a cue would be the same"),
        ];
        for (option, _, place) in given.into_iter().filter(|given| given.1) {
            session.note(&format!("{option} has no effect {place}"));
        }
    }

    /// COUNT of `random:COUNT`.
    pub fn random_count(&self) -> Option<String> {
        match &self.patterns[..] {
            [one] => one.to_str()?.strip_prefix("random:").map(str::to_string),
            _ => None,
        }
    }
}
