//! `spinfield recall`.

use super::Common;
use super::input::{self, Loaded, Reading};
use super::lattice::name;
use super::memory_args::{Cold, Learnt, MemoryArgs, update_of};
use super::recall_anneal::Cooled;
use super::recall_args::{RecallArgs, Rule};
use super::recall_files;
use super::recall_report::{End, RandomPatterns, Recalled, advice};
use super::session::{Parameters, Session};
use super::stages::{self, Stage};
use super::terminal_picture;
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::dynamics::Dynamics;
use spinfield::statistics::Estimate;
use spinfield::{
    BlockGibbs, Cues, Damage, Energy, Error, HeatBath, Hopfield, Little, Memory, Overlap, PairwiseSpins, Patterns,
    Recall, Run, Schedule, Simulation,
};
use std::time::Instant;

/// Recalls.
pub fn run(args: &RecallArgs, common: Common, started: Instant) -> Result<u8> {
    let memory = args.storing.memory()?;
    let rule = args.rule(memory)?;
    args.check_storage(memory)?;
    args.check_unlearning()?;
    args.check_annealing(memory)?;
    let files = args.files.reading()?;
    let stored = args.random_count().is_none().then(|| args.read(&files)).transpose()?;
    let mut session = Session::open("recall", common, started)?;
    let mut stored = match (stored, args.random_count()) {
        (Some(stored), _) => stored,
        (None, count) => {
            if args.files.key.is_some() || args.files.resize.is_some() {
                let hint = "leave out --key and --resize, or name files";
                return Err(Error::input("--patterns", "files with --key or --resize", "random patterns", hint).into());
            }
            input::random(&count.unwrap_or_default(), (args.neurons, args.files.take), args.bias, session.seed)?
        }
    };
    stored.blank_out(args.blank, session.seed)?;
    let mean = args.bias.or_else(|| args.storing.mean_of(&stored.patterns));
    let (cues, cue_parameters) = args.cues(&files, &stored, session.seed)?;
    let chains = args.replicas.filter(|_| rule.is_hot()).unwrap_or(1);
    check_size(&stored.patterns, cues.targets().len(), chains)?;
    args.notes(rule, &session);
    let mut learnt = args.learn(&stored.patterns, session.seed)?;
    if learnt.couplings.as_ref().is_some_and(|couplings| !couplings.is_symmetric()) {
        session.warn("the couplings are asymmetric: there is no energy, and energies are null".into());
        let own = "overlap and retrieved_fraction are those with the cue's own pattern after the last sweep";
        session.note(&format!("{own}; `visits` has the nearest pattern after each"));
    }
    // What is known of learning rules says nothing of other couplings.
    if learnt.couplings.is_none() {
        let known = (memory, mean, learnt.projection.as_ref());
        for warning in advice(&stored, known, args.temperature, args.keep_diagonal) {
            session.warn(warning);
        }
    }
    let mut parameters: Parameters = vec![
        ("patterns", json!(args.patterns.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>())),
        ("neurons", json!(stored.patterns.neurons())),
    ];
    parameters.extend(args.files.parameters(Some(stored.patterns.count())));
    parameters.extend(MemoryArgs::parameters(memory));
    parameters.extend([
        ("rule", json!(args.couplings.is_none().then(|| name(args.storing.rule)))),
        ("couplings", json!(args.couplings.as_ref().map(|path| path.to_string_lossy()))),
        ("asymmetric", json!(args.is_asymmetric())),
        ("unlearn", json!(args.unlearn.map(|unlearning| unlearning.dreams))),
        ("unlearning_rate", json!(args.unlearn.map(|unlearning| unlearning.rate))),
        ("centred", json!(args.storing.centred)),
        ("blank", json!(args.blank)),
        ("bias", json!(args.bias)),
    ]);
    parameters.extend(cue_parameters);
    parameters.extend(args.dynamics_parameters(rule));
    let theory = args.theory(rule, &learnt, memory, mean, &stored);
    let mut recalled = match (rule, learnt.couplings.take_if(|_| rule.is_hot())) {
        (Rule::Synchronous | Rule::Asynchronous, _) => {
            session.begin(parameters)?;
            let network = Cold {
                patterns: &stored.patterns,
                blanks: stored.blanks.as_ref(),
                memory,
                mean,
                learnt: &learnt,
                update: update_of(memory, rule, args.order(), args.keep_diagonal),
                sweeps: args.most_sweeps(),
                seed: session.seed,
            };
            session.begin_search();
            let (gpu, mut keeper) = (session.gpu.clone(), session.keeper("recalling"));
            let cooled = match args.anneal {
                Some(cooling) => {
                    session.start_clock();
                    keeper.span(0.0, 0.5);
                    let cooled: Cooled = keeper.part("cooling", |from, keeper| {
                        let network = (&stored.patterns, &learnt);
                        keeper
                            .gently(|keeper| cooling.cool(&gpu, network, &cues, session.seed, (from.as_ref(), keeper)))
                    })?;
                    keeper.span(0.5, 1.0);
                    Some((Cues::given(cooled.states, cues.targets().to_vec())?, cooled.updates))
                }
                None => None,
            };
            let start = cooled.as_ref().map_or(&cues, |(cues, _)| cues);
            let begin = || {
                if cooled.is_none() {
                    session.start_clock()
                }
            };
            let from = keeper.begin("settling");
            let recall = keeper.gently(|keeper| network.recall(&gpu, start, begin, (from.as_ref(), keeper)))?;
            keeper.clear();
            let mut recalled = settled(&recall, stored, cues);
            if let Some((_, updates)) = cooled {
                recalled.updates += updates;
                recalled.begin_at_cues();
            }
            Recalled { rank: learnt.rank(), mean, sequence: args.is_sequence(), ..recalled }
        }
        (rule, Some(couplings)) => {
            let model = PairwiseSpins::new(couplings).starting_at(cues.clone());
            match rule {
                Rule::Little => args.sample_explicitly(Little, model, stored, cues, &mut session, parameters)?,
                _ => args.sample_explicitly(HeatBath, model, stored, cues, &mut session, parameters)?,
            }
        }
        (Rule::Gibbs | Rule::Glauber, None) => args.sample(BlockGibbs, stored, cues, &mut session, parameters)?,
        (Rule::Little, None) => args.sample(Little, stored, cues, &mut session, parameters)?,
    };
    recalled.theory = theory;
    let picture = if session.shows_pictures() { terminal_picture::recall(&recalled) } else { String::new() };
    let separator = if picture.is_empty() { "" } else { "\n\n" };
    let human = format!("{}{separator}{picture}", recalled.text());
    let results = (recalled.json(), recalled.rows());
    let updates = recalled.updates;
    session.finish(results, updates, &human, |folder, session| recall_files::write(folder, session, &recalled))
}

impl RecallArgs {
    /// What as many random patterns in as many neurons would do, where there is a theory of it.
    fn theory(
        &self,
        rule: Rule,
        learnt: &Learnt,
        memory: Memory,
        mean: Option<f64>,
        stored: &Loaded,
    ) -> Option<RandomPatterns> {
        let hebb = learnt.couplings.is_none() && learnt.projection.is_none() && mean.is_none();
        let plain =
            memory == Memory::Hopfield && stored.blanks.is_none() && !self.keep_diagonal && rule != Rule::Little;
        let temperature = if rule.is_hot() { self.temperature } else { 0.0 };
        (hebb && plain).then(|| RandomPatterns::of(&stored.patterns, temperature))
    }

    fn read(&self, files: &Reading) -> Result<Loaded> {
        if let Some(neurons) = self.neurons {
            let hint = "leave it out: files know their size (pictures can be resized with --resize)";
            return Err(Error::input("--neurons", "--patterns random:COUNT", neurons, hint).into());
        }
        files.read(&self.patterns, self.files.take)
    }

    /// The cues, and how they were made.
    fn cues(&self, files: &Reading, stored: &Loaded, seed: u64) -> Result<(Cues, Parameters)> {
        let patterns = &stored.patterns;
        if let Some(path) = &self.cue {
            let given = files.for_cue(path).read(std::slice::from_ref(path), None)?;
            if given.patterns.neurons() != patterns.neurons() {
                let size = |loaded: &Loaded| match loaded.sides {
                    Some((width, height)) => format!("{width}x{height}"),
                    None => format!("{} neurons", loaded.patterns.neurons()),
                };
                let problem = format!("a cue of {}, where the patterns have {}", size(&given), size(stored));
                return Err(Error::file(path, problem, "give both one size, for example with --resize").into());
            }
            let count = given.patterns.count();
            check_size(patterns, count, 1)?;
            check_search(patterns, count)?;
            let nearest = |cue: usize| {
                let overlap = |&p: &usize| (patterns.overlap(p, &given.patterns, cue), usize::MAX - p);
                (0..patterns.count()).max_by_key(overlap).unwrap_or(0)
            };
            let targets: Vec<usize> = (0..count).map(nearest).collect();
            let (none, path) = (Value::Null, json!(path.to_string_lossy()));
            let parameters = vec![("cues", json!(count)), ("noise", none.clone()), ("mask", none), ("cue", path)];
            return Ok((Cues::given(given.patterns, targets)?, parameters));
        }
        let count = self.cues.unwrap_or(patterns.count().min(64));
        check_size(patterns, count, 1)?;
        let damage = match (self.noise, self.mask) {
            (_, Some(fraction)) => Damage::Mask(fraction),
            (fraction, None) => Damage::Noise(fraction.unwrap_or(0.2)),
        };
        let (noise, mask) = match damage {
            Damage::Noise(fraction) => (Some(fraction), None),
            Damage::Mask(fraction) => (None, Some(fraction)),
        };
        let parameters: Parameters =
            vec![("cues", json!(count)), ("noise", json!(noise)), ("mask", json!(mask)), ("cue", json!(null))];
        Ok((Cues::damaged(patterns, count, damage, seed)?, parameters))
    }

    /// T > 0.
    fn sample<D: Dynamics<Hopfield>>(
        &self,
        dynamics: D,
        stored: Loaded,
        cues: Cues,
        session: &mut Session,
        parameters: Parameters,
    ) -> Result<Recalled> {
        let schedule = self.schedule();
        let (replicas, count) = (self.replicas.unwrap_or(1), cues.targets().len());
        schedule.sweeps()?;
        let model = Hopfield::new(stored.patterns.clone()).starting_at(cues.clone());
        let mut simulation = session
            .gpu
            .simulate(model, dynamics)
            .betas(&[1.0 / self.temperature])
            .replicas(replicas.saturating_mul(count as u32))
            .seed(session.seed)
            .build()?;
        let observed = simulation.observe(Overlap);
        session.begin(parameters)?;
        simulation.prepare()?;
        session.start_clock();
        let mut keeper = session.keeper("sampling");
        let from = keeper.begin("chains");
        let run = keeper.gently(|keeper| simulation.run_attended(schedule, from.as_ref(), keeper))?;
        let (states, state_hash) = (simulation.states()?, simulation.state_hash()?);
        keeper.clear();
        let at = run.point(0).ok_or_else(|| Error::input("points", "one", 0, "report this"))?;
        let series = |values: &[f64]| by_cue(values, count, replicas);
        let sampled = Sampled {
            course: series(at.series(observed).values()),
            energies: series(at.series(observed.energy()).values()),
            states,
            state_hash,
            updates: run.updates(),
        };
        // The spread over cues knows everything, the time within a chain only where there is one cue.
        let of_one = (count == 1).then(|| (at.mean(observed), at.mean(observed.energy())));
        Ok(self.sampled(sampled, of_one, stored, cues))
    }

    /// What recall at T > 0 leaves behind, with estimates from the spread over cues where there are no others.
    fn sampled(
        &self,
        sampled: Sampled,
        estimates: Option<(Estimate, Estimate)>,
        stored: Loaded,
        cues: Cues,
    ) -> Recalled {
        let Schedule { warmup, samples, .. } = self.schedule();
        let Sampled { course, energies, states, state_hash, updates } = sampled;
        let means = |rows: &[Vec<f64>]| -> Vec<f64> {
            rows.iter().map(|row| row.iter().sum::<f64>() / row.len() as f64).collect()
        };
        let (overlaps, energies) = (means(&course), means(&energies));
        let (overlap, energy) =
            estimates.unwrap_or_else(|| (Estimate::of_independent(&overlaps), Estimate::of_independent(&energies)));
        let ends = End::of_samples(&stored.patterns, &cues, &states, &overlaps, &energies, warmup + samples);
        Recalled {
            overlap,
            energy,
            ends,
            times: (warmup + 1..=warmup + samples).collect(),
            course,
            visits: Vec::new(),
            sequence: false,
            state_hash,
            updates,
            states,
            replicas: self.replicas.unwrap_or(1) as usize,
            rank: None,
            mean: None,
            theory: None,
            hot: true,
            stored,
            cues,
        }
    }
}

/// Samples of chains at T > 0, and where they ended.
struct Sampled {
    /// Of each cue, sample by sample.
    course: Vec<Vec<f64>>,
    energies: Vec<Vec<f64>>,
    states: Patterns,
    state_hash: String,
    updates: u64,
}

impl RecallArgs {
    /// T > 0 on explicit couplings. Overlaps are taken from the states on the host: these are bits, the couplings are not.
    fn sample_explicitly<D: Dynamics<PairwiseSpins>>(
        &self,
        dynamics: D,
        model: PairwiseSpins,
        stored: Loaded,
        cues: Cues,
        session: &mut Session,
        parameters: Parameters,
    ) -> Result<Recalled> {
        let schedule = self.schedule();
        let Schedule { warmup, samples, .. } = schedule;
        let (replicas, count) = (self.replicas.unwrap_or(1), cues.targets().len());
        schedule.sweeps()?;
        let builder = session.gpu.simulate(model, dynamics).betas(&[1.0 / self.temperature]);
        let mut simulation = builder.replicas(replicas.saturating_mul(count as u32)).seed(session.seed).build()?;
        let observed = simulation.observe(Energy);
        session.begin(parameters)?;
        simulation.prepare()?;
        session.start_clock();
        let mut keeper = session.keeper("sampling");
        let neurons = stored.patterns.neurons() as f64;
        // States are read after every sample.
        let stage = |sample| Stage {
            schedule: Schedule { warmup: if sample == 0 { warmup } else { 0 }, samples: 1, thin: 1 },
            continues: sample > 0,
        };
        let stages: Vec<Stage> = (0..samples).map(stage).collect();
        let overlaps = |simulation: &mut Simulation<PairwiseSpins, D>| {
            let states = simulation.states()?;
            let overlap = |chain: usize| {
                let pattern = cues.targets()[chain % count];
                stored.patterns.overlap(pattern, &states, chain) as f64 / neurons
            };
            Ok((0..states.count()).map(overlap).collect())
        };
        let from = keeper.begin("chains");
        let staged = keeper.gently(|keeper| stages::run(keeper, &mut simulation, &stages, from, overlaps))?;
        let overlaps = staged.taken.concat();
        let energies: Vec<f64> =
            staged.runs.iter().flat_map(Run::by_beta).flat_map(|at| at.series(observed).values().to_vec()).collect();
        let updates = staged.runs.iter().map(Run::updates).sum();
        keeper.clear();
        let (states, state_hash) = (simulation.states()?, simulation.state_hash()?);
        let (course, energies) = (by_cue(&overlaps, count, replicas), by_cue(&energies, count, replicas));
        Ok(self.sampled(Sampled { course, energies, states, state_hash, updates }, None, stored, cues))
    }
}

/// Means over the chains of each cue, sample by sample. A row is one sample of all chains; chain r began at cue r modulo
/// their number.
fn by_cue(values: &[f64], count: usize, replicas: u32) -> Vec<Vec<f64>> {
    let mut course = vec![Vec::new(); count];
    for row in values.chunks_exact(count * replicas as usize) {
        for (cue, course) in course.iter_mut().enumerate() {
            let chains = row.iter().skip(cue).step_by(count);
            course.push(chains.sum::<f64>() / f64::from(replicas));
        }
    }
    course
}

/// What recall at T = 0 leaves behind.
fn settled(recall: &Recall, stored: Loaded, cues: Cues) -> Recalled {
    let ends: Vec<End> = recall.cues().iter().map(End::from).collect();
    let of = |value: fn(&End) -> f64| Estimate::of_independent(&ends.iter().map(value).collect::<Vec<_>>());
    let (overlap, energy) = (of(|end| end.overlap), of(|end| end.energy));
    Recalled {
        overlap,
        energy,
        ends,
        times: (0..recall.course().first().map_or(0, Vec::len) as u64).collect(),
        course: recall.course().to_vec(),
        visits: recall.visits().to_vec(),
        sequence: false,
        state_hash: recall.state_hash(),
        updates: recall.updates(),
        states: recall.states().clone(),
        replicas: 1,
        rank: None,
        mean: None,
        theory: None,
        hot: false,
        stored,
        cues,
    }
}

/// Refuses networks that no device holds before anything large is made.
fn check_size(stored: &Patterns, cues: usize, replicas: u32) -> Result<(), Error> {
    let chains = (cues as u64).saturating_mul(replicas.into());
    let (neurons, patterns) = (stored.neurons() as u64, stored.count() as u64);
    let limits = [
        ("the result of every cue (cues)", cues as u64, 1 << 20),
        ("cues x replicas", chains, 1 << 24),
        ("cues x replicas x neurons", chains.saturating_mul(neurons), (1 << 32) - 1),
        ("cues x replicas x patterns", chains.saturating_mul(patterns), (1 << 31) - 1),
    ];
    match limits.into_iter().find(|(_, need, have)| need > have) {
        Some((what, need, have)) => {
            Err(Error::Limit { what: what.into(), need, have, hint: "use fewer cues or replicas".into() })
        }
        None => Ok(()),
    }
}

/// The most words that the search for the patterns of given cues may compare.
const MOST_WORDS: u64 = 1 << 36;

/// Refuses a search for the patterns of given cues that would take minutes.
fn check_search(stored: &Patterns, cues: usize) -> Result<(), Error> {
    let factors = [cues, stored.count(), stored.words()].map(|factor| factor as u64);
    let (need, have) = (factors.into_iter().fold(1, u64::saturating_mul), MOST_WORDS);
    if need > have {
        let what = "the search for the patterns nearest to the cues (cues x patterns x words of 32 neurons)".into();
        let hint = "give fewer cues at a time, or store fewer patterns".into();
        return Err(Error::Limit { what, need, have, hint });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_or_too_much_is_refused() {
        let patterns = |count: usize, neurons: usize| Patterns::from_words(neurons, vec![0; count * neurons / 32]);
        let few = patterns(4, 32).unwrap();
        assert!(check_size(&few, 1 << 20, 1).is_ok() && check_search(&few, 1 << 20).is_ok());
        let error = check_size(&few, (1 << 20) + 1, 1).unwrap_err();
        assert!(error.to_string().contains("1048577"), "{error}");
        assert!(check_size(&few, 1 << 20, 17).is_err());
        // 2^14 patterns of 2^6 words.
        let many = patterns(1 << 14, 1 << 11).unwrap();
        assert!(check_search(&many, 1 << 16).is_ok() && check_search(&many, (1 << 16) + 1).is_err());
    }
}
