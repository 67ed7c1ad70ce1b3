//! Runs of one simulation, one after another, as one piece of work that can be saved.

use super::keeper::Keeper;
use spinfield::dynamics::Dynamics;
use spinfield::io::checkpoint::{Number, Sections};
use spinfield::model::Model;
use spinfield::{Attendant, Error, Result, Run, Schedule, Simulation, Within};

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
        let span = [0, 1].map(|more| (done.taken.len() + more) as f64 / stages.len() as f64);
        let mut attendant = Within::new(keeper, span, |run| done.save().with("run", run));
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
