//! Runs of one simulation, one after another, as one piece of work that can be saved.

use super::keeper::Keeper;
use spinfield::dynamics::Dynamics;
use spinfield::io::checkpoint::{Number, Sections};
use spinfield::model::Model;
use spinfield::{Attendant, Error, Estimate, Result, Run, Schedule, Simulation};

/// One run of several.
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    /// Its sweeps.
    pub schedule: Schedule,
    /// Whether its samples belong to the run before.
    pub continues: bool,
}

impl Stage {
    /// A run by itself.
    pub fn of(schedule: Schedule) -> Self {
        Self { schedule, continues: false }
    }
}

/// What the runs have given so far.
#[derive(Debug)]
pub struct Staged<T> {
    /// The runs, each with those that continue it.
    pub runs: Vec<Run>,
    /// What was taken after each stage.
    pub taken: Vec<Vec<T>>,
}

/// Makes the stages in their order and `take`s something from the simulation after each, going on `from` what the keeper had
/// of them. Where they go on from the last stage's end, the simulation is as it was then.
pub fn run<M: Model, D: Dynamics<M>, T: Number>(
    keeper: &mut Keeper,
    simulation: &mut Simulation<M, D>,
    stages: &[Stage],
    from: Option<Sections>,
    mut take: impl FnMut(&mut Simulation<M, D>) -> Result<Vec<T>>,
) -> Result<Staged<T>> {
    let mut done = Staged { runs: Vec::new(), taken: Vec::new() };
    let mut inner = None;
    if let Some(from) = from {
        done = Staged::restore(&from)?;
        inner = from.within("run");
        if let Some(between) = from.within("between") {
            simulation.restore(&between)?;
        }
    }
    for stage in stages.iter().skip(done.taken.len()) {
        let part = 1.0 / stages.len() as f64;
        let mut attendant = OfStage { keeper, done: &done, part };
        let run = simulation.run_attended(stage.schedule, inner.take().as_ref(), &mut attendant)?;
        match done.runs.last_mut().filter(|_| stage.continues) {
            Some(before) => before.append(run)?,
            None => done.runs.push(run),
        }
        done.taken.push(take(simulation)?);
        if done.taken.len() < stages.len() && keeper.due() {
            let mut state = done.save();
            state.nest("between", simulation.save()?);
            keeper.save(state)?;
        }
    }
    Ok(done)
}

impl<T: Number> Staged<T> {
    fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("counts", &[self.runs.len() as u64, self.taken.len() as u64]);
        self.runs.iter().enumerate().for_each(|(number, run)| {
            sections.nest(&format!("run {number}"), run.save());
        });
        for (number, taken) in self.taken.iter().enumerate() {
            sections.put_numbers(format!("taken {number}"), taken);
        }
        sections
    }

    fn restore(saved: &Sections) -> Result<Self> {
        let [runs, taken] = saved.array::<u64, 2>("counts")?;
        let none = || Error::input("checkpoint", "the runs that it counts", "fewer", "begin again with --force");
        let run = |number| Run::restore(&saved.within(&format!("run {number}")).ok_or_else(none)?);
        let taken = (0..taken).map(|number| saved.numbers(&format!("taken {number}")));
        Ok(Self { runs: (0..runs).map(run).collect::<Result<_>>()?, taken: taken.collect::<Result<_>>()? })
    }
}

/// Adds the stages before to what is saved of one.
struct OfStage<'a, T> {
    keeper: &'a mut Keeper,
    done: &'a Staged<T>,
    /// The share of a stage in all of them.
    part: f64,
}

impl<T: Number> Attendant for OfStage<'_, T> {
    fn progress(&mut self, done: f64) {
        self.keeper.progress((self.done.taken.len() as f64 + done) * self.part);
    }

    fn wants_reading(&mut self) -> bool {
        self.keeper.wants_reading()
    }

    fn reading(&mut self, observable: &str, mean: &Estimate) {
        self.keeper.reading(observable, mean);
    }

    fn asked_at(&self) -> Option<f64> {
        let of_stage = self.keeper.asked_at()? / self.part - self.done.taken.len() as f64;
        Some(of_stage).filter(|done| (0.0..=1.0).contains(done))
    }

    fn due(&mut self) -> bool {
        self.keeper.due()
    }

    fn save(&mut self, state: Sections) -> Result<()> {
        let mut all = self.done.save();
        all.nest("run", state);
        self.keeper.save(all)
    }
}
