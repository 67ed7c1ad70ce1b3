//! How likely data are under a general Boltzmann machine.

use super::Common;
use super::samples::{DataArgs, Samples};
use super::session::Session;
use super::table::{Table, estimate};
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::boltzmann::MAX_ENUMERATED;
use spinfield::statistics::Estimate;
use spinfield::{Error, GeneralMachine, Patterns, Units};
use std::path::Path;
use std::time::Instant;

/// States of hidden units that are gone through for all samples together, by powers of two.
const MOST_STATES: u32 = 26;

/// What is known of data under a machine.
#[derive(Debug)]
pub struct Judged {
    log_z: Option<f64>,
    log_likelihood: Option<Estimate>,
    pseudo_likelihood: Option<Estimate>,
}

/// Samples of two values as patterns.
pub fn patterns(samples: &Samples) -> Result<Patterns> {
    if !samples.binary {
        let hint = "leave out --grey, and cut them by --threshold";
        return Err(Error::input("data of a general machine", "two values", "grey values", hint).into());
    }
    let signs = |row: usize| samples.vectors.row(row).iter().map(|&value| if value > 0.0 { 1 } else { -1 }).collect();
    let rows: Vec<Vec<i8>> = (0..samples.vectors.count()).map(signs).collect();
    Ok(Patterns::from_signs(samples.vectors.width(), &rows)?)
}

/// Judges data by a machine, exactly where enumeration can.
pub fn judge(machine: &GeneralMachine, data: &Patterns, session: &mut Session) -> Result<Judged> {
    let pseudo_likelihood = machine.pseudo_likelihoods(data)?.map(|all| Estimate::of_independent(&all));
    let states = machine.hidden() as u32 + data.count().max(1).ilog2();
    let log_z = if machine.units() <= MAX_ENUMERATED { Some(machine.log_partition()?) } else { None };
    let log_likelihood = match log_z.filter(|_| states <= MOST_STATES) {
        Some(log_z) => {
            let log = |p| Ok(-machine.free_energy(&data.signs(p))? - log_z);
            let logs = (0..data.count()).map(log).collect::<Result<Vec<f64>>>()?;
            Some(Estimate::of_independent(&logs))
        }
        None => {
            session.warn(format!(
                "log_likelihood is null: {} visible and {} hidden units are too many to enumerate for {} samples",
                machine.visible(),
                machine.hidden(),
                data.count()
            ));
            None
        }
    };
    Ok(Judged { log_z, log_likelihood, pseudo_likelihood })
}

impl Judged {
    /// For the result.
    pub fn json(&self) -> Value {
        let optional = |value: &Option<Estimate>| value.as_ref().map_or(Value::Null, estimate);
        let log_z = self.log_z.map_or(Value::Null, |log_z| {
            let mut entry = estimate(&Estimate::exact(log_z));
            entry["method"] = json!("exact");
            entry
        });
        json!({
            "log_z": log_z,
            "log_likelihood": optional(&self.log_likelihood),
            "pseudo_likelihood": optional(&self.pseudo_likelihood),
        })
    }

    /// For people.
    pub fn table(&self) -> Table {
        let mut table = Table::new(&["quantity", "value"]);
        let text = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let rows = [
            ("ln Z", self.log_z.map(|log_z| format!("{log_z:.6}"))),
            ("log-likelihood, nats a sample", self.log_likelihood.map(|value| value.to_string())),
            ("pseudo-likelihood, nats a sample", self.pseudo_likelihood.map(|value| value.to_string())),
        ];
        rows.into_iter().for_each(|(name, value)| table.push(vec![name.into(), text(value)]));
        table
    }
}

/// Scores.
pub fn run(model: &Path, data: &DataArgs, common: Common, started: Instant) -> Result<u8> {
    let machine = GeneralMachine::load(model)?;
    let patterns = patterns(&data.read(Units::Spin)?)?;
    let mut session = Session::open("score", common, started)?;
    let mut parameters = vec![("model", json!(model.to_string_lossy()))];
    parameters.extend(data.parameters());
    session.begin(parameters)?;
    session.start_clock();
    let judged = judge(&machine, &patterns, &mut session)?;
    let mut results = judged.json();
    results["samples"] = json!(patterns.count());
    let table = judged.table();
    let human = format!("{} samples\n\n{}", patterns.count(), table.text());
    let updates = (patterns.count() * machine.hidden()) as u64;
    session.finish((results, std::iter::empty()), updates, &human, |_, _| Ok(vec![table.section()]))
}
