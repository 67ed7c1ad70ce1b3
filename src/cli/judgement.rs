//! ln Z and log-likelihoods of machines.

use super::keeper::Keeper;
use super::session::Session;
use super::table::estimate;
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spinfield::statistics::Estimate;
use spinfield::{Judge, RestrictedMachine, Vectors};

/// Options of annealing.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Annealing, where no layer can be enumerated")]
pub struct AnnealingArgs {
    /// Chains of annealed importance sampling
    #[arg(long, value_name = "C", default_value_t = 128)]
    pub ais_chains: usize,
    /// Its steps from independent units to the machine
    #[arg(long, value_name = "S", default_value_t = 1000)]
    pub ais_steps: u32,
}

impl AnnealingArgs {
    /// For the record.
    pub fn parameters(&self) -> super::session::Parameters {
        vec![("ais_chains", json!(self.ais_chains)), ("ais_steps", json!(self.ais_steps))]
    }

    /// ln Z, exactly where that is possible; annealing begins with the means of the data, and goes back from the data.
    pub fn log_partition(
        &self,
        machine: &RestrictedMachine,
        data: Option<&Vectors>,
        session: &mut Session,
        keeper: &mut Keeper,
    ) -> Result<LogPartition> {
        if machine.enumerable().is_some() {
            let value = Estimate::exact(session.gpu.exact_log_partition(machine)?);
            return Ok(LogPartition { value, reverse: None, effective_chains: None });
        }
        let gpu = session.gpu.clone();
        let mut annealing = gpu.anneal_log_partition(machine).chains(self.ais_chains).steps(self.ais_steps);
        annealing = annealing.seed(session.seed).reverse(self.ais_steps / 4);
        if let Some(data) = data {
            annealing = annealing.base(data)?.reverse_from(data)?;
        }
        let from = keeper.begin("annealing");
        let found = keeper.gently(|keeper| annealing.run_attended(from.as_ref(), keeper))?;
        let apart = found.reverse.map_or(0.0, |reverse| reverse.mean - found.log_partition.mean);
        let error = |estimate: Estimate| estimate.error.unwrap_or(0.0);
        let both = error(found.log_partition).hypot(found.reverse.map_or(0.0, error));
        let mut value = found.log_partition;
        if apart.abs() > 4.0 * both && apart.abs() > 0.1 {
            value.error = Some(both.hypot(apart));
            session.warn(format!(
                "annealing there and back gives ln Z {} and {}: ln Z is uncertain by that, as its error says; use more --ais-steps",
                found.log_partition,
                found.reverse.unwrap_or(found.log_partition)
            ));
        }
        let effective_chains = Some(found.effective_chains);
        Ok(LogPartition { value, reverse: found.reverse, effective_chains })
    }
}

/// ln Z and how it was found.
#[derive(Debug, Clone, Copy)]
pub struct LogPartition {
    /// The value.
    pub value: Estimate,
    reverse: Option<Estimate>,
    /// `None` where it was enumerated.
    effective_chains: Option<f64>,
}

impl LogPartition {
    /// For the result.
    pub fn json(&self) -> Value {
        let mut entry = estimate(&self.value);
        entry["method"] = json!(if self.effective_chains.is_some() { "ais" } else { "exact" });
        entry["reverse"] = self.reverse.as_ref().map_or(Value::Null, estimate);
        entry["effective_chains"] = json!(self.effective_chains);
        entry
    }

    /// The mean of −F − ln Z over samples; its error holds that of ln Z as well.
    pub fn likelihood(&self, free_energies: &[f64]) -> Estimate {
        let logs: Vec<f64> = free_energies.iter().map(|free| -free - self.value.mean).collect();
        let mean = Estimate::of_independent(&logs);
        Estimate { error: mean.error.zip(self.value.error).map(|(a, b)| a.hypot(b)), ..mean }
    }
}

/// Free energies of data under a machine.
pub fn free_energies(session: &Session, machine: &RestrictedMachine, data: &Vectors) -> Result<Vec<f64>> {
    Ok(Judge::new(&session.gpu, machine, data, session.seed)?.free_energies()?)
}
