//! A finished run that is made again, in part, to see whether the same comes out.

use spinfield::io::checkpoint::{Sections, TIME};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The section of a checkpoint that has the fraction of the run that was done.
pub const DONE: &str = "done";

/// The section that has what decides the result.
pub const CONFIGURATION: &str = "configuration";

/// The first thing in which a run and its replay differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// File and place in it.
    pub place: String,
    /// What the run has there.
    pub recorded: String,
    /// What the replay has.
    pub replayed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: {} recorded, {} replayed", self.place, self.recorded, self.replayed)
    }
}

/// A run that is a replay: it writes no checkpoints.
#[derive(Debug, Default)]
pub struct Replay {
    /// Where it ends; none where it goes on to the run's own end.
    pub target: Option<Target>,
}

/// A milestone that a replay is to come to.
#[derive(Debug)]
pub struct Target {
    name: String,
    sections: Sections,
    position: Position,
    /// What was found there.
    outcome: Mutex<Option<Outcome>>,
}

/// What was found where a replay came to its target: nothing that differs, or this.
pub type Outcome = Option<Difference>;

/// A place in the course of a run. Two checkpoints of one run at the same place hold the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// The names of all that finished parts have left.
    finished: Vec<String>,
    /// The part under way, the fraction of the run that is done, and the names of the sections that say how far it is.
    under_way: Option<(String, f64, Vec<String>)>,
}

impl Position {
    /// Of the sections of a checkpoint.
    pub fn of(sections: &Sections) -> Option<Self> {
        let names = |of: &str| sections.within(of).map(|inner| names_of(&inner));
        let under_way = match names("state") {
            Some(state) => Some((sections.text("under way").ok()?.to_string(), fraction_of(sections)?, state)),
            None => None,
        };
        Some(Self { finished: names("finished").unwrap_or_default(), under_way })
    }
}

/// The fraction of the run that was done.
pub fn fraction_of(sections: &Sections) -> Option<f64> {
    sections.array::<f64, 1>(DONE).ok().map(|[done]| done)
}

fn names_of(sections: &Sections) -> Vec<String> {
    sections.iter().map(|(name, _)| name.to_string()).collect()
}

impl Target {
    /// A milestone of this name; `None` where it does not say where it is.
    pub fn new(name: String, sections: Sections) -> Option<Self> {
        let position = Position::of(&sections)?;
        Some(Self { name, sections, position, outcome: Mutex::new(None) })
    }

    /// The milestone's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fraction of the run at which it lies within a part of it.
    pub fn within(&self, part: &str) -> Option<f64> {
        self.position.under_way.as_ref().filter(|own| own.0 == part).map(|own| own.1)
    }

    /// Whether it may be here: whether a look at everything is worth while.
    pub fn may_be_at(&self, part: &str, done: f64, finished: &Sections) -> bool {
        match self.position.under_way {
            Some(_) => self.within(part) == Some(done),
            None => self.position.finished.len() == finished.iter().len(),
        }
    }

    /// Compares what the replay would save with what the run saved, if this is the place.
    pub fn meets(&self, found: &Sections) -> bool {
        let is_here = Position::of(found).as_ref() == Some(&self.position);
        if is_here {
            *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.difference(found));
        }
        is_here
    }

    /// What was found, where the replay has come here.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn difference(&self, found: &Sections) -> Option<Difference> {
        // Of what a checkpoint says of its own run, the configuration is not saved again.
        let is_left_out = |name: &str| name == CONFIGURATION || name.rsplit('/').next() == Some(TIME);
        let at = |name: &str| format!("{}, section `{name}`", self.name);
        for (name, recorded) in self.sections.iter().filter(|(name, _)| !is_left_out(name)) {
            let Ok(replayed) = found.get(name) else {
                return Some(Difference { place: at(name), recorded: "it".into(), replayed: "none".into() });
            };
            if let Some(differs) = of_bytes(&at(name), recorded, replayed) {
                return Some(differs);
            }
        }
        None
    }
}

/// The first of the bytes that differs.
pub fn of_bytes(place: &str, recorded: &[u8], replayed: &[u8]) -> Option<Difference> {
    if recorded == replayed {
        return None;
    }
    let same = recorded.iter().zip(replayed).take_while(|(recorded, replayed)| recorded == replayed).count();
    let of = |bytes: &[u8]| bytes.get(same).map_or_else(|| "the end".to_string(), |byte| format!("{byte:#04x}"));
    let (recorded, replayed) = (of(recorded), of(replayed));
    Some(Difference { place: format!("{place}, byte {same}"), recorded, replayed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(done: f64, spins: [u32; 3], nanoseconds: u64) -> Sections {
        let (mut state, mut sections) = (Sections::new(), Sections::new());
        state.put_numbers("spins", &spins).put_numbers(TIME, &[nanoseconds]);
        sections.nest("finished", Sections::new()).put("under way", b"chains".to_vec()).nest("state", state);
        sections
            .put_numbers(DONE, &[done])
            .put_numbers(TIME, &[nanoseconds])
            .put(CONFIGURATION, vec![nanoseconds as u8]);
        sections
    }

    #[test]
    fn a_target_is_met_at_its_place_and_compared_but_for_times() {
        let target = Target::new("milestone 3".into(), saved(0.25, [1, 2, 3], 5)).unwrap();
        assert_eq!(target.within("chains"), Some(0.25));
        assert!(target.may_be_at("chains", 0.25, &Sections::new()));
        assert!(!target.may_be_at("chains", 0.5, &Sections::new()) && !target.may_be_at("x", 0.25, &Sections::new()));
        assert!(!target.meets(&saved(0.5, [1, 2, 3], 5)) && target.outcome().is_none());
        assert!(target.meets(&saved(0.25, [1, 2, 3], 99)));
        assert_eq!(target.outcome(), Some(None));
        assert!(target.meets(&saved(0.25, [1, 258, 3], 5)));
        let text = target.outcome().unwrap().unwrap().to_string();
        assert_eq!(text, "milestone 3, section `state/spins`, byte 5: 0x00 recorded, 0x01 replayed");
    }

    #[test]
    fn bytes_that_are_missing_differ() {
        assert_eq!(of_bytes("x", b"ab", b"ab"), None);
        assert_eq!(of_bytes("x", b"a", b"ab").unwrap().to_string(), "x, byte 1: the end recorded, 0x62 replayed");
    }
}
