//! What recall found, for people and for programs.

use super::delivery::ROWS;
use super::input::Loaded;
use super::table::{Table, estimate};
use serde_json::{Value, json};
use spinfield::learn::PseudoInverse;
use spinfield::recall::{RETRIEVED, RecalledCue, Visit};
use spinfield::theory::hopfield;
use spinfield::{Cues, Estimate, Memory, Patterns};

/// How one cue ended.
#[derive(Debug, Clone)]
pub struct End {
    pub pattern: usize,
    pub initial_overlap: f64,
    pub overlap: f64,
    pub sweeps: u64,
    /// `None` at T > 0, where nothing settles.
    pub converged: Option<bool>,
    pub period: Option<u32>,
    pub nearest: Option<usize>,
    pub energy: f64,
}

impl From<&RecalledCue> for End {
    fn from(cue: &RecalledCue) -> Self {
        Self {
            pattern: cue.pattern,
            initial_overlap: cue.initial_overlap,
            overlap: cue.overlap,
            sweeps: cue.sweeps.into(),
            converged: Some(cue.converged()),
            period: cue.period,
            nearest: Some(cue.nearest),
            energy: cue.energy,
        }
    }
}

/// The work that the search for the nearest patterns may take, in words.
const MOST_WORDS: u64 = 20_000_000_000;

impl End {
    /// From the means of every cue and the final states of its chains.
    pub fn of_samples(
        patterns: &Patterns,
        cues: &Cues,
        states: &Patterns,
        overlaps: &[f64],
        energies: &[f64],
        sweeps: u64,
    ) -> Vec<Self> {
        let (count, neurons) = (cues.targets().len(), patterns.neurons() as f64);
        let work = [patterns.count(), states.count(), patterns.words()].map(|factor| factor as u64);
        let affordable = work.into_iter().fold(1, u64::saturating_mul) <= MOST_WORDS;
        let nearest = |cue: usize| {
            let size = |&p: &usize| {
                let chains = (cue..states.count()).step_by(count);
                (chains.map(|chain| patterns.overlap(p, states, chain).abs()).sum::<i64>(), usize::MAX - p)
            };
            (0..patterns.count()).max_by_key(size)
        };
        let end = |(cue, &pattern): (usize, &usize)| Self {
            pattern,
            initial_overlap: patterns.overlap(pattern, cues.states(), cue) as f64 / neurons,
            overlap: overlaps[cue],
            sweeps,
            converged: None,
            period: None,
            nearest: affordable.then(|| nearest(cue)).flatten(),
            energy: energies[cue],
        };
        cues.targets().iter().enumerate().map(end).collect()
    }

    pub fn retrieved(&self) -> bool {
        self.overlap >= RETRIEVED
    }

    fn mirrored(&self) -> bool {
        self.overlap <= -RETRIEVED
    }

    fn in_words(&self) -> &'static str {
        match (self.converged, self.period) {
            _ if self.mirrored() => "the pattern's mirror image",
            (None, _) => "",
            (Some(true), _) => "fixed point",
            (Some(false), Some(2)) => "2-cycle",
            (Some(false), Some(_)) => "cycle",
            (Some(false), None) => "sweeps ran out",
        }
    }
}

/// Everything that recall leaves behind.
#[derive(Debug)]
pub struct Recalled {
    pub stored: Loaded,
    pub cues: Cues,
    pub ends: Vec<End>,
    /// The final states of all chains; chain r began at cue r modulo their number.
    pub states: Patterns,
    pub replicas: usize,
    /// Linearly independent patterns, where the rule tells.
    pub rank: Option<usize>,
    /// What was taken off the patterns as they were stored.
    pub mean: Option<f64>,
    /// Where there is a theory.
    pub theory: Option<RandomPatterns>,
    pub hot: bool,
    /// Overlap of each cue in the course of the sweeps, and after how many of them.
    pub course: Vec<Vec<f64>>,
    /// The pattern that each cue is nearest to in the course of the sweeps, where couplings are asymmetric.
    pub visits: Vec<Vec<Visit>>,
    /// Whether couplings lead from pattern to pattern.
    pub sequence: bool,
    pub times: Vec<u64>,
    pub overlap: Estimate,
    pub energy: Estimate,
    pub state_hash: String,
    pub updates: u64,
}

/// What the theory says of random patterns at the same load and temperature, exactly where there are many neurons.
#[derive(Debug, Clone, Copy)]
pub struct RandomPatterns {
    overlap: f64,
    /// At T = 0, where there is retrieval.
    energy: Option<f64>,
}

impl RandomPatterns {
    pub fn of(patterns: &Patterns, temperature: f64) -> Self {
        let state = hopfield::retrieval(patterns.count() as f64 / patterns.neurons() as f64, temperature);
        Self {
            overlap: state.map_or(0.0, |state| state.overlap),
            energy: state.filter(|_| temperature == 0.0).map(|state| state.free_energy),
        }
    }
}

/// Cues that a terminal lists.
const LISTED: usize = 20;

impl Recalled {
    /// Initial overlaps are those of the cues, not of where they were led before they settled.
    pub fn begin_at_cues(&mut self) {
        let (patterns, cues) = (&self.stored.patterns, self.cues.states());
        for (cue, end) in self.ends.iter_mut().enumerate() {
            end.initial_overlap = patterns.overlap(end.pattern, cues, cue) as f64 / patterns.neurons() as f64;
        }
    }

    fn load(&self) -> f64 {
        self.stored.patterns.count() as f64 / self.stored.patterns.neurons() as f64
    }

    fn sweeps(&self) -> Estimate {
        Estimate::of_independent(&self.ends.iter().map(|end| end.sweeps as f64).collect::<Vec<_>>())
    }

    fn retrieved(&self) -> usize {
        self.ends.iter().filter(|end| end.retrieved()).count()
    }

    fn exact(&self) -> usize {
        self.ends.iter().filter(|end| end.overlap >= 1.0).count()
    }

    /// The fraction of cues that went on by one pattern in every sweep. Couplings of two patterns or one are symmetric, and
    /// have no visits.
    fn in_order(&self) -> Option<f64> {
        let patterns = self.stored.patterns.count();
        let follows = |(end, visits): &(&End, &Vec<Visit>)| {
            visits.iter().enumerate().all(|(sweep, visit)| visit.pattern == (end.pattern + sweep) % patterns)
        };
        let count = self.ends.iter().zip(&self.visits).filter(follows).count();
        (self.sequence && !self.visits.is_empty()).then_some(count as f64 / self.ends.len() as f64)
    }

    /// The results, but for the rows of the cues.
    pub fn json(&self) -> Value {
        let count = self.ends.len() as f64;
        let mut results = json!({
            "neurons": self.stored.patterns.neurons(),
            "patterns": self.stored.patterns.count(),
            "load": self.load(),
            "rank": self.rank,
            "stored_mean": self.mean,
            "overlap": estimate(&self.overlap),
            "retrieved_fraction": self.retrieved() as f64 / count,
            "exact_fraction": self.exact() as f64 / count,
            "sweeps": estimate(&self.sweeps()),
            "energy_per_neuron": estimate(&self.energy),
            "random_patterns": self.theory.map(|theory| json!({ "overlap": theory.overlap, "energy": theory.energy })),
            "cues": ROWS,
            "state_hash": self.state_hash,
        });
        if let Some(fraction) = self.in_order() {
            results["in_order_fraction"] = json!(fraction);
        }
        results
    }

    /// A row a cue.
    pub fn rows(&self) -> impl Iterator<Item = Value> {
        self.ends.iter().enumerate().map(|(cue, end)| {
            let mut row = json!({
                "pattern": end.pattern, "initial_overlap": end.initial_overlap, "overlap": end.overlap,
                "sweeps": end.sweeps, "converged": end.converged, "period": end.period,
                "mirrored": end.mirrored(), "nearest": end.nearest,
            });
            if let Some(visits) = self.visits.get(cue) {
                row["visits"] = visits.iter().map(|visit| json!([visit.pattern, visit.overlap])).collect();
            }
            row
        })
    }

    /// The numbers of all cues together.
    pub fn summary(&self) -> Table {
        let count = self.ends.len();
        let has_energy = self.energy.mean.is_finite();
        let theory = |value: fn(RandomPatterns) -> Option<f64>| self.theory.and_then(value);
        let rows = [
            ("mean of the patterns, taken off", self.mean.map(|mean| format!("{mean:.4}")), None),
            ("linearly independent patterns", self.rank.map(|rank| rank.to_string()), None),
            ("overlap", Some(self.overlap.to_string()), theory(|random| Some(random.overlap))),
            ("retrieved (overlap >= 0.95)", Some(format!("{} of {count}", self.retrieved())), None),
            ("exact", Some(format!("{} of {count}", self.exact())), None),
            (
                "pattern after pattern",
                self.in_order().map(|part| format!("{:.0} of {count}", part * count as f64)),
                None,
            ),
            ("sweeps", Some(self.sweeps().to_string()), None),
            (
                "energy a neuron",
                Some(if has_energy { self.energy.to_string() } else { "none".into() }),
                theory(|random| random.energy),
            ),
        ];
        let mut table =
            Table::new(if self.theory.is_some() { &["", "value", "random patterns"] } else { &["", "value"] });
        for (name, value, theory) in rows {
            let Some(value) = value else { continue };
            let mut row = vec![name.into(), value];
            row.extend(theory.map(|value| format!("{value:.4}")));
            table.push(row);
        }
        table
    }

    /// The first `most` cues.
    pub fn cues_table(&self, most: usize) -> Table {
        let mut table = Table::new(&["cue", "pattern", "", "initial", "overlap", "sweeps", "nearest", "end"]);
        for (cue, end) in self.ends.iter().enumerate().take(most) {
            table.push(vec![
                cue.to_string(),
                end.pattern.to_string(),
                self.name(end.pattern).to_string(),
                format!("{:.4}", end.initial_overlap),
                format!("{:.4}", end.overlap),
                end.sweeps.to_string(),
                end.nearest.map_or("-".into(), |nearest| nearest.to_string()),
                end.in_words().into(),
            ]);
        }
        table
    }

    /// What a pattern is called, where it is called anything.
    pub fn name(&self, pattern: usize) -> &str {
        self.stored.names.get(pattern).map_or("", String::as_str)
    }

    /// Where the first cue went.
    fn visits_text(&self) -> String {
        let Some(visits) = self.visits.first() else { return String::new() };
        let names: Vec<String> = visits.iter().take(LISTED).map(|visit| visit.pattern.to_string()).collect();
        let rest = if visits.len() > LISTED { " ..." } else { "" };
        format!("  cue 0 passes the patterns {}{rest}\n", names.join(" "))
    }

    pub fn text(&self) -> String {
        let (patterns, count) = (&self.stored.patterns, self.ends.len());
        let table = self.cues_table(LISTED);
        let rest = match count - table.len() {
            0 => String::new(),
            rest => format!("  ... and {rest} more (--json has them all)\n"),
        };
        let visits = self.visits_text();
        format!(
            "{} patterns of {} neurons (load {:.4}), {count} cues\n\n{}\n{}{rest}{visits}\nstate {}",
            patterns.count(),
            patterns.neurons(),
            self.load(),
            self.summary().text(),
            table.text(),
            self.state_hash
        )
    }
}

/// What should be known about a set of patterns before its recall is believed.
pub fn advice(
    stored: &Loaded,
    (memory, mean, learnt): (Memory, Option<f64>, Option<&PseudoInverse>),
    temperature: f64,
    keep_diagonal: bool,
) -> Vec<String> {
    let patterns = &stored.patterns;
    let mut advice = patterns.degenerate();
    match (memory, learnt) {
        (_, Some(learnt)) => advice.extend(advice_on_projection(patterns, learnt)),
        // The critical load is that of whole patterns of both signs.
        (Memory::Hopfield, _) if mean.is_some() || stored.blanks.is_some() => {}
        (Memory::Hopfield, _) => advice.extend(advice_on_hebb(patterns, temperature, keep_diagonal)),
        _ if patterns.count() as f64 > memory.capacity(patterns.neurons()) => advice.push(format!(
            "{} patterns in {} neurons are more than a {memory} memory holds of random ones, about {:.0}: expect spin-glass \
             states, or states frozen near their cues, instead of the patterns",
            patterns.count(),
            patterns.neurons(),
            memory.capacity(patterns.neurons())
        )),
        _ => {}
    }
    advice
}

fn advice_on_projection(patterns: &Patterns, learnt: &PseudoInverse) -> Vec<String> {
    let (count, rank, neurons) = (patterns.count(), learnt.rank(), patterns.neurons());
    let mut advice = Vec::new();
    if rank < count {
        advice.push(format!(
            "of {count} patterns only {rank} are linearly independent: the pseudo-inverse rule stores every combination of them"
        ));
    }
    let silence = learnt.silence();
    if silence > 1e-3 {
        advice.push(format!(
            "the patterns are nearly dependent (eigenvalues of their correlations differ by a factor of {:.0e}): fields below \
             {silence:.1e} are lost in rounding and count as none",
            learnt.condition()
        ));
    }
    let share = rank as f64 / neurons as f64;
    if share > 0.5 {
        advice.push(format!(
            "{rank} independent patterns in {neurons} neurons: the pseudo-inverse rule still stores them, but beyond half as \
             many patterns as neurons states hardly move from where they begin"
        ));
    }
    advice
}

fn advice_on_hebb(patterns: &Patterns, temperature: f64, keep_diagonal: bool) -> Vec<String> {
    let (count, neurons) = (patterns.count(), patterns.neurons() as f64);
    let load = count as f64 / neurons;
    let mut advice = Vec::new();
    let most = hopfield::largest_load(temperature);
    if temperature >= 1.0 {
        advice.push(format!(
            "no pattern is stable at T = {temperature}: retrieval ends at T = 1 at the latest (units of J)"
        ));
    } else if load > most {
        let expected = match (keep_diagonal, temperature > 0.0) {
            (true, _) => "with --keep-diagonal states freeze near their cues instead of breaking down",
            (false, false) => {
                "the theory has no retrieval states (overlap 0); expect spin-glass states that keep an overlap of about 0.35 \
                 or less"
            }
            (false, true) => "the theory has no retrieval states: expect overlaps that decay to 0",
        };
        let at = if temperature > 0.0 { format!(" at T = {temperature}") } else { String::new() };
        advice.push(format!(
            "{count} patterns in {neurons} neurons are a load of {load:.3}, above the critical load {most:.3}{at} of Hebb's rule \
             for random patterns: {expected}"
        ));
    }
    advice.extend(advice_on_similarity(patterns));
    advice
}

/// Says that patterns are so similar that Hebb's rule mixes them.
pub fn advice_on_similarity(patterns: &Patterns) -> Option<String> {
    let chance = f64::max(0.3, 4.5 / (patterns.neurons() as f64).sqrt());
    largest_overlap(patterns).filter(|overlap| *overlap > chance).map(|largest| {
        format!(
            "stored patterns overlap with each other by up to {largest:.2}: Hebb's rule mixes correlated patterns, so that \
             recall can end in a blend of them well below the critical load; --rule pseudo-inverse, fewer or less similar \
             patterns, or another --threshold, help"
        )
    })
}

/// The largest overlap of two different stored patterns in size, where it is cheap to tell.
fn largest_overlap(patterns: &Patterns) -> Option<f64> {
    let count = patterns.count();
    if count > 200 {
        return None;
    }
    let pairs = (0..count).flat_map(|p| (0..p).map(move |q| (p, q)));
    let largest = pairs.map(|(p, q)| patterns.overlap(p, patterns, q).unsigned_abs()).max()?;
    Some(largest as f64 / patterns.neurons() as f64)
}
