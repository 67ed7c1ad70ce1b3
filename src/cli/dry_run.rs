//! `--dry-run`: a command is set up as it is, makes a second or more of its work, and is stopped; what it put on the device, and
//! how long all of it would take, is then told. Nothing is written.

use super::delivery::print;
use super::stopping;
use super::table::Table;
use anyhow::Result;
use serde_json::{Map, Value, json};
use spinfield::gpu::PlanRecord;
use spinfield::{Error, Gpu};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much of a run is timed: up to the first news of its progress after this time,
const TIMED: Duration = Duration::from_secs(1);
/// but no more than this.
const LONGEST: Duration = Duration::from_secs(10);

/// The run that is tried out.
struct Trial {
    gpu: Gpu,
    envelope: Map<String, Value>,
    part: String,
    began: Instant,
    /// Whether nobody knows how long the run is.
    is_search: bool,
    /// What is done of the part, and when that was.
    reached: (f64, Duration),
}

static TRIAL: Mutex<Option<Trial>> = Mutex::new(None);

fn trial<T>(look: impl FnOnce(&mut Option<Trial>) -> T) -> T {
    look(&mut TRIAL.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Starts the clock: the run is stopped when it has run out. What a search says of its progress is a guess.
pub fn begin(gpu: &Gpu, envelope: Map<String, Value>, is_search: bool) {
    let (part, began, reached) = (String::new(), Instant::now(), (0.0, Duration::ZERO));
    trial(|trial| *trial = Some(Trial { gpu: gpu.clone(), envelope, part, began, is_search, reached }));
    let flag = gpu.interrupt_flag();
    std::thread::spawn(move || {
        std::thread::sleep(LONGEST);
        flag.store(true, Ordering::Relaxed);
    });
}

/// Notes how much of a part is done. What comes before the first word of a part is not of it.
pub fn reached(part: &str, fraction: f64) {
    trial(|trial| {
        let Some(trial) = trial else { return };
        if trial.part != part && !trial.part.is_empty() {
            (trial.began, trial.reached) = (Instant::now(), (0.0, Duration::ZERO));
        }
        trial.part = part.into();
        trial.reached = (fraction, trial.began.elapsed());
        if trial.reached.1 >= TIMED {
            trial.gpu.interrupt_flag().store(true, Ordering::Relaxed);
        }
    });
}

/// Ends a dry run: tells of the plan where the command was stopped by the clock or had come to its end.
pub fn end(ended: Result<u8>, json: bool) -> Result<u8> {
    let by_clock = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(Error::Interrupted));
    let whole = ended.is_ok();
    match &ended {
        Err(error) if !by_clock(error) || stopping::wanted() => return ended,
        _ => {}
    }
    let Some(trial) = trial(Option::take) else { return ended };
    let plans = Plan::of(trial.gpu.plans());
    let (fraction, timed) = if whole { (1.0, trial.began.elapsed()) } else { trial.reached };
    let timed = timed.as_secs_f64();
    let expected = (fraction > 0.0).then(|| timed / fraction);
    let allowed = trial.gpu.adapter().max_binding_bytes;
    let largest = plans.iter().flat_map(|plan| &plan.record.slots).max_by_key(|slot| slot.1);
    if json {
        let mut result = trial.envelope;
        let largest = largest.map(|(name, bytes)| json!({"name": name, "bytes": bytes, "allowed": allowed}));
        let results = json!({
            "plans": plans.iter().map(Plan::json).collect::<Vec<_>>(), "largest": largest,
            "part": trial.part, "timed_s": timed, "fraction": fraction, "expected_s": expected,
            "method": if trial.is_search && !whole { "guessed" } else { "timed" },
        });
        result.insert("dry_run".into(), results);
        return print(&format!("{:#}\n", Value::Object(result)));
    }
    let mut text = String::new();
    for plan in &plans {
        text.push_str(&plan.text(allowed));
    }
    if let Some((name, bytes)) = largest {
        let share = 100.0 * *bytes as f64 / allowed as f64;
        text.push_str(&format!("largest buffer: {name}, {bytes} of {allowed} bytes in one binding ({share:.2} %)\n"));
    }
    let part = if trial.part.is_empty() { "run" } else { &trial.part };
    text.push_str(&match expected {
        _ if whole => format!("time: {timed:.3} s, timed: the whole run was made, and nothing written\n"),
        Some(expected) => {
            let percent = 100.0 * fraction;
            format!(
                "time of {part}: about {expected:.1} s, from {percent:.3} % of it in {timed:.3} s on this adapter{}\n",
                if trial.is_search { "; a guess, as nobody knows how many steps it takes" } else { "" }
            )
        }
        None => format!("time of {part}: unknown, as none of it was done in {LONGEST:?}\n"),
    });
    print(&text)
}

/// Equal plans, of which a command may make several.
struct Plan {
    record: PlanRecord,
    count: usize,
}

impl Plan {
    /// Those that differ in more than how often their kernels ran.
    fn of(records: Vec<PlanRecord>) -> Vec<Self> {
        let mut plans: Vec<Self> = Vec::new();
        for record in records {
            let same = |plan: &&mut Self| {
                let names = |record: &PlanRecord| record.kernels.iter().map(|k| k.name.clone()).collect::<Vec<_>>();
                plan.record.slots == record.slots && names(&plan.record) == names(&record)
            };
            match plans.iter_mut().find(same) {
                Some(plan) => {
                    plan.count += 1;
                    for (kernel, more) in plan.record.kernels.iter_mut().zip(&record.kernels) {
                        kernel.dispatches += more.dispatches;
                    }
                }
                None => plans.push(Self { record, count: 1 }),
            }
        }
        plans
    }

    fn bytes(&self) -> u64 {
        self.record.slots.iter().map(|slot| slot.1).sum()
    }

    fn json(&self) -> Value {
        let slot = |(name, bytes): &(String, u64)| json!({"name": name, "bytes": bytes});
        let slots: Vec<Value> = self.record.slots.iter().map(slot).collect();
        let kernel = |kernel: &spinfield::gpu::KernelRecord| json!({"name": kernel.name, "workgroup": kernel.workgroup, "dispatches": kernel.dispatches});
        let kernels: Vec<Value> = self.record.kernels.iter().map(kernel).collect();
        json!({"count": self.count, "bytes": self.bytes(), "slots": slots, "kernels": kernels})
    }

    fn text(&self, allowed: u64) -> String {
        let mut slots = Table::new(&["buffer", "bytes", "of a binding"]);
        for (name, bytes) in &self.record.slots {
            let share = format!("{:.2} %", 100.0 * *bytes as f64 / allowed as f64);
            slots.push(vec![name.clone(), bytes.to_string(), share]);
        }
        let mut kernels = Table::new(&["kernel", "workgroup", "dispatches timed"]);
        for kernel in &self.record.kernels {
            let [x, y] = kernel.workgroup;
            kernels.push(vec![kernel.name.clone(), format!("{x} x {y}"), kernel.dispatches.to_string()]);
        }
        let times = if self.count > 1 { format!(", {} times", self.count) } else { String::new() };
        format!("a plan of {} bytes{times}\n\n{}\n{}\n", self.bytes(), slots.text(), kernels.text())
    }
}
