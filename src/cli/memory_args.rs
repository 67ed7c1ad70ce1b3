//! How patterns are stored: the options of all subcommands with a memory, and networks at zero temperature made by them.

use super::recall_args::{OrderName, Rule};
use super::session::Parameters;
use clap::{Args, ValueEnum};
use serde_json::json;
use spinfield::io::checkpoint::Sections;
use spinfield::learn::{self, PseudoInverse};
use spinfield::{Attendant, Couplings, Cues, Error, Gpu, Memory, Order, Patterns, Recall, Update};

/// Options of memories.
#[derive(Debug, Clone, Args)]
pub struct MemoryArgs {
    /// Memory: hopfield; dense:N, of the energy -sum F(x) in the overlaps x = xi.s with F = x^N (odd N: max(x, 0)^N; dense:N:plain
    /// leaves it x^N, and is asynchronous only); exponential, F = e^x; softmax, s' = sign(xi^T softmax(b xi.s))
    #[arg(
        long,
        value_name = "hopfield|dense:N|dense:N:plain|exponential|softmax",
        default_value = "hopfield",
        help_heading = "Memory"
    )]
    pub memory: String,
    /// b of a softmax memory, which acts on overlaps between -N and N [default: 1]
    #[arg(long, value_name = "b", help_heading = "Memory", allow_hyphen_values = true)]
    pub inverse_temperature: Option<f64>,
    /// How patterns are stored
    #[arg(long, value_enum, default_value_t = StoringRule::Hebb, help_heading = "Memory")]
    pub rule: StoringRule,
    /// Take the mean B of all neurons of all patterns off them as they are stored, J = (1/N) sum (xi - B)(xi' - B): for
    /// patterns with more neurons of one sign than of the other, such as pictures
    #[arg(long, help_heading = "Memory")]
    pub centred: bool,
}

/// How patterns become couplings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoringRule {
    /// J = (1/N) sum xi xi'
    Hebb,
    /// J projects onto the patterns: linearly independent ones are all fixed points, however correlated (T = 0)
    PseudoInverse,
    /// Pattern after pattern, from the local fields; an explicit matrix
    Storkey,
    /// From each pattern to the next and from the last to the first, J_ij = (1/N) sum xi_i^(mu+1) xi_j^mu: a sweep goes
    /// on by one pattern (T = 0, synchronous); an explicit matrix, asymmetric
    Sequence,
}

impl MemoryArgs {
    /// The memory.
    pub fn memory(&self) -> Result<Memory, Error> {
        let memory: Memory = self.memory.parse()?;
        match (memory, self.inverse_temperature) {
            (Memory::Softmax { .. }, Some(inverse_temperature)) => {
                let memory = Memory::Softmax { inverse_temperature };
                memory.check().map(|()| memory)
            }
            (_, Some(_)) => {
                let hint = "leave it out, or choose --memory softmax";
                Err(Error::input("--inverse-temperature", "a softmax memory", &self.memory, hint))
            }
            (memory, None) => Ok(memory),
        }
    }

    /// Refuses what no rule or memory does, at T = 0 or above.
    pub fn check(&self, memory: Memory, hot: bool) -> Result<(), Error> {
        if hot && memory != Memory::Hopfield {
            let hint = "leave out --temperature; only Hopfield networks are sampled";
            return Err(Error::input("--memory", "hopfield at T > 0", memory, hint));
        }
        if self.rule != StoringRule::Hebb && (memory != Memory::Hopfield || self.centred) {
            let got = if self.centred { "--centred".into() } else { memory.to_string() };
            let hint = "leave out --memory and --centred, or use --rule hebb";
            return Err(Error::input("--rule", "hebb, but in a Hopfield network of whole patterns", got, hint));
        }
        if self.rule == StoringRule::PseudoInverse && hot {
            let hint = "leave out --temperature, or use --rule hebb";
            return Err(Error::input("--temperature", "0 with --rule pseudo-inverse", "more", hint));
        }
        if self.centred && (memory != Memory::Hopfield || hot) {
            let got = if hot { "a temperature above 0".into() } else { memory.to_string() };
            let hint = "leave it out: other memories, and samples at a temperature, store patterns whole";
            return Err(Error::input("--centred", "a Hopfield network at T = 0", got, hint));
        }
        Ok(())
    }

    /// The mean that is taken off these patterns, if it is.
    pub fn mean_of(&self, patterns: &Patterns) -> Option<f64> {
        self.centred.then(|| patterns.mean())
    }

    /// The memory, for the record.
    pub fn parameters(memory: Memory) -> Parameters {
        vec![
            ("memory", json!(memory.to_string())),
            ("inverse_temperature", json!(memory.softmax_inverse_temperature())),
        ]
    }
}

/// What a rule learnt of patterns.
#[derive(Debug, Default)]
pub struct Learnt {
    pub projection: Option<PseudoInverse>,
    pub couplings: Option<Couplings>,
}

impl Learnt {
    /// Learns these patterns; by Hebb's rule there is nothing to do.
    pub fn by(rule: StoringRule, patterns: &Patterns) -> Result<Self, Error> {
        let mut learnt = Self::default();
        match rule {
            StoringRule::Hebb => {}
            StoringRule::PseudoInverse => learnt.projection = Some(PseudoInverse::of(patterns)?),
            StoringRule::Storkey => {
                learnt.couplings = Some(Couplings::new(patterns.neurons(), learn::storkey(patterns)?)?);
            }
            StoringRule::Sequence => learnt.couplings = Some(learn::sequence(patterns)?),
        }
        Ok(learnt)
    }

    /// Linearly independent patterns, where the rule tells.
    pub fn rank(&self) -> Option<usize> {
        self.projection.as_ref().map(PseudoInverse::rank)
    }
}

/// The update rule at T = 0. All neurons of a dense memory are only updated at once with their self-coupling.
pub fn update_of(memory: Memory, dynamics: Rule, order: OrderName, keep_diagonal: bool) -> Update {
    match (dynamics, order) {
        (Rule::Asynchronous, OrderName::Fixed) => Update::Asynchronous(Order::Fixed),
        (Rule::Asynchronous, OrderName::Random) => Update::Asynchronous(Order::Random),
        _ if keep_diagonal || memory != Memory::Hopfield => Update::SynchronousWithDiagonal,
        _ => Update::Synchronous,
    }
}

/// A network at T = 0.
pub struct Cold<'a> {
    pub patterns: &'a Patterns,
    pub blanks: Option<&'a Patterns>,
    pub memory: Memory,
    /// What is taken off the patterns as they are stored.
    pub mean: Option<f64>,
    pub learnt: &'a Learnt,
    pub update: Update,
    pub sweeps: u32,
    pub seed: u64,
}

impl Cold<'_> {
    /// Runs the cues until they settle, or goes on from where that was saved; `begin` is called when everything is on the device, as
    /// far as that is told apart.
    pub fn recall(
        &self,
        gpu: &Gpu,
        cues: &Cues,
        begin: impl FnOnce(),
        (from, attendant): (Option<&Sections>, &mut dyn Attendant),
    ) -> Result<Recall, Error> {
        if let Some(couplings) = &self.learnt.couplings {
            begin();
            let recall = gpu.recall_with_couplings(couplings, self.patterns, cues);
            return recall.update(self.update).sweeps(self.sweeps).seed(self.seed).run_attended(from, attendant);
        }
        let mut recall = gpu.recall(self.patterns, cues).memory(self.memory).update(self.update);
        if let Some(blanks) = self.blanks {
            recall = recall.blanks(blanks);
        }
        if let Some(mean) = self.mean {
            recall = recall.centred(mean);
        }
        if let Some(projection) = &self.learnt.projection {
            recall = recall.rule(learn::Rule::PseudoInverse(projection));
        }
        let recall = recall.sweeps(self.sweeps).seed(self.seed);
        let prepared = recall.prepare()?;
        begin();
        prepared.run_attended(from, attendant)
    }
}
