//! A self-test of an adapter, in about a second: what the kernels rely on, checked where it runs.

use crate::cues::{Cues, Damage};
use crate::dynamics::HeatBath;
use crate::error::Result;
use crate::gpu::{Executor, Gpu, Run};
use crate::lattice::Lattice;
use crate::model::Ising;
use crate::observable::{Energy, Magnetization};
use crate::patterns::Patterns;
use crate::plan::{Constants, MAX_TRIPS, Plan, Tick};
use crate::random::{KNOWN_ANSWERS, Purpose, Stream, normal_pair, threefry4x32, uniform_unit};
use crate::schedule::Schedule;
use crate::shader::catalogue::{self, Kernel};

/// One check of an adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is checked.
    pub name: &'static str,
    /// Whether the adapter does it right.
    pub passed: bool,
    /// What was seen.
    pub detail: String,
}

impl Gpu {
    /// Checks the generator, loops, numbers, barriers, exact integers and one exact ensemble on this adapter.
    pub fn self_test(&self) -> Vec<Check> {
        let checks: [(&'static str, Procedure); 8] = [
            ("generator known answers", known_answers),
            ("uniform and normal deviates", deviates),
            ("loop limit", loop_limit),
            ("NaN bits", nan_bits),
            ("barriers and atomics", barriers),
            ("reductions", reductions),
            ("exact overlaps", exact_overlaps),
            ("exact ensemble", exact_ensemble),
        ];
        let run = |(name, check): (&'static str, Procedure)| match check(self) {
            Ok((passed, detail)) => Check { name, passed, detail },
            Err(error) => Check { name, passed: false, detail: error.to_string() },
        };
        checks.into_iter().map(run).collect()
    }
}

type Verdict = (bool, String);
type Procedure = fn(&Gpu) -> Result<Verdict>;

/// Asks a kernel of the doctor: vectors in, `answers` vectors out, `items` invocations.
fn ask(
    gpu: &Gpu,
    kernel: &Kernel,
    questions: &[[u32; 4]],
    items: u32,
    answers: u64,
    trips: u64,
) -> Result<Vec<[u32; 4]>> {
    let mut plan = Plan::default();
    plan.slot_with("questions", questions);
    let slot = plan.slot("answers", 4 * answers);
    // The exchange needs whole workgroups; every caller's number of items is a multiple of its lanes.
    let lanes = if items.is_multiple_of(64) { 64 } else { 1 };
    let id = plan.kernel(kernel.source_alone()?, Constants::default(), [lanes, 1], &[]);
    plan.dispatch(id, 0..items, 1, trips, Tick::default());
    let mut executor = Executor::new(gpu, &mut plan, Run { seed_low: 0, seed_high: 0, chains: 1, replicas: 1 })?;
    executor.execute(&mut plan)?;
    let words = executor.read(slot, 16 * answers)?;
    Ok(words.chunks_exact(4).map(|row| [row[0], row[1], row[2], row[3]]).collect())
}

fn known_answers(gpu: &Gpu) -> Result<Verdict> {
    let questions: Vec<[u32; 4]> = KNOWN_ANSWERS.iter().flat_map(|[counter, key, _]| [*counter, *key]).collect();
    let answers = ask(gpu, &catalogue::GENERATE, &questions, 3, 6, 0)?;
    let right =
        KNOWN_ANSWERS.iter().zip(answers.chunks_exact(2)).filter(|([_, _, answer], got)| *answer == got[0]).count();
    Ok((right == 3, format!("{right} of 3 published answers of Threefry4x32-13")))
}

fn deviates(gpu: &Gpu) -> Result<Verdict> {
    const EVENTS: u32 = 16_384;
    let key = [1, 2, 3, 4];
    let questions: Vec<[u32; 4]> = (0..EVENTS).flat_map(|index| [[index, 0, 0, 0], key]).collect();
    let answers = ask(gpu, &catalogue::GENERATE, &questions, EVENTS, 2 * u64::from(EVENTS), 0)?;
    let (mut words, mut uniforms, mut worst) = (0, 0, 0.0f64);
    for (index, got) in answers.chunks_exact(2).enumerate() {
        let expected = threefry4x32([index as u32, 0, 0, 0], key);
        words += u32::from(got[0] != expected);
        uniforms += u32::from(f32::from_bits(got[1][0]) != uniform_unit(expected[0]));
        let normal = normal_pair([expected[0], expected[1]]);
        for (bits, expected) in got[1][1..3].iter().zip(normal) {
            worst = worst.max((f64::from(f32::from_bits(*bits)) - expected).abs());
        }
    }
    // A dozen roundings of numbers below 7, each by less than 2^-24 of it.
    let passed = answers.len() as u32 == 2 * EVENTS && words == 0 && uniforms == 0 && worst < 6e-6;
    Ok((passed, format!("{words} words and {uniforms} uniforms of {EVENTS} differ, normals by at most {worst:.1e}")))
}

fn loop_limit(gpu: &Gpu) -> Result<Verdict> {
    let answers = ask(gpu, &catalogue::COUNT_LOOPS, &[[MAX_TRIPS as u32; 4]], 64, 64, MAX_TRIPS)?;
    let least = answers.iter().map(|answer| answer[0]).min().unwrap_or(0);
    Ok((u64::from(least) == MAX_TRIPS, format!("{least} of {MAX_TRIPS} iterations made")))
}

fn nan_bits(gpu: &Gpu) -> Result<Verdict> {
    let cases = [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -0.0, 1.0, f32::MIN_POSITIVE]
        .map(f32::to_bits);
    let questions = cases.map(|bits| [bits, 0, 0, 0]);
    let answers = ask(gpu, &catalogue::CLASSIFY, &questions, 8, 8, 0)?;
    let right =
        cases.iter().zip(&answers).filter(|(bits, answer)| (answer[0] == 1) == f32::from_bits(**bits).is_finite());
    let right = right.count();
    Ok((right == 8, format!("{right} of 8 bit patterns told apart")))
}

fn barriers(gpu: &Gpu) -> Result<Verdict> {
    let questions: Vec<[u32; 4]> = (0..1024).map(|index| [index * index, 0, 0, 0]).collect();
    let answers = ask(gpu, &catalogue::EXCHANGE, &questions, 1024, 1025, 3)?;
    let mirrored = |index: u32| (index / 64 * 64 + 63 - index % 64).pow(2) + 2;
    let right = (0..1024u32).zip(&answers).filter(|(index, answer)| answer[0] == mirrored(*index)).count();
    let sum = (0..1024).map(mirrored).fold(0u32, u32::wrapping_add);
    let added = answers.get(1024).is_some_and(|answer| answer[0] == sum);
    let atomics = if added { "right" } else { "wrong" };
    Ok((right == 1024 && added, format!("{right} of 1024 words exchanged rightly, their atomic sum is {atomics}")))
}

/// Sums in two stages, which the host makes again from the configurations.
fn reductions(gpu: &Gpu) -> Result<Verdict> {
    let lattice = Lattice::new(&[40, 48])?;
    let mut simulation = gpu.simulate(Ising::new(lattice.clone()), HeatBath).betas(&[0.4]).replicas(3).build()?;
    let (energy, magnetization) = (simulation.observe(Energy), simulation.observe(Magnetization));
    let run = simulation.run(Schedule { warmup: 0, samples: 1, thin: 3 })?;
    let spins = simulation.configurations()?;
    let sites = lattice.sites() as usize;
    let mut right = 0;
    for at in run.by_beta() {
        let (energies, moments) = (at.series(energy), at.series(magnetization));
        for (chain, spins) in spins.chunks_exact(sites).enumerate() {
            let bonds = |site: usize| -> f32 {
                (0..2).map(|axis| spins[site] * spins[lattice.ahead(site as u32, axis) as usize]).sum()
            };
            let total: f64 = (0..sites).map(|site| f64::from(bonds(site))).sum();
            let moment: f64 = spins.iter().map(|&spin| f64::from(spin)).sum();
            right += usize::from(energies.get(0, chain) == Some(-total / sites as f64));
            right += usize::from(moments.get(0, chain) == Some(moment / sites as f64));
        }
    }
    Ok((right == 6, format!("{right} of 6 sums over {sites} sites exact")))
}

/// Recall of damaged patterns, whose last overlaps the host counts again.
fn exact_overlaps(gpu: &Gpu) -> Result<Verdict> {
    let patterns = Patterns::random(10, 333, &mut Stream::new(1, Purpose::Patterns, 0))?;
    let cues = Cues::damaged(&patterns, 10, Damage::Noise(0.1), 1)?;
    let recall = gpu.recall(&patterns, &cues).run()?;
    let counted = |(cue, end): &(usize, &crate::recall::RecalledCue)| {
        recall.states().overlap(*cue, &patterns, end.pattern) as f64 / 333.0 == end.overlap
    };
    let right = recall.cues().iter().enumerate().filter(counted).count();
    Ok((right == 10, format!("{right} of 10 overlaps exact")))
}

/// The 16 states of a 2 × 2 magnet, against their Boltzmann weights.
fn exact_ensemble(gpu: &Gpu) -> Result<Verdict> {
    const CHAINS: u32 = 16_384;
    let beta = 0.3;
    let magnet = Ising::new(Lattice::square(2)?);
    let mut simulation = gpu.simulate(magnet, HeatBath).betas(&[beta]).replicas(CHAINS).seed(1).build()?;
    simulation.advance(20, &mut |_| {})?;
    let mut counts = [0.0f64; 16];
    for spins in simulation.configurations()?.chunks_exact(4) {
        let state = spins.iter().enumerate().map(|(site, &spin)| usize::from(spin > 0.0) << site).sum::<usize>();
        counts[state & 15] += 1.0;
    }
    // Sites 0 1 / 2 3: each of the four pairs of neighbours has two bonds.
    let spin = |state: usize, site: usize| if state >> site & 1 == 1 { 1.0 } else { -1.0 };
    let energy = |s: usize| {
        let pairs = [(0, 1), (2, 3), (0, 2), (1, 3)];
        -2.0 * pairs.iter().map(|&(a, b)| spin(s, a) * spin(s, b)).sum::<f64>()
    };
    let weights: Vec<f64> = (0..16).map(|state| (-beta * energy(state)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let expected = weights.iter().map(|weight| weight / total * f64::from(CHAINS));
    let chi2: f64 = counts.iter().zip(expected).map(|(count, expected)| (count - expected).powi(2) / expected).sum();
    // 15 degrees of freedom: above 56 has probability 1e-6.
    Ok((chi2 < 56.0, format!("chi-square {chi2:.1} over 16 states of {CHAINS} chains (15 expected)")))
}

/// The words that the doctor's ensemble rests on are those of the twin.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Event;

    #[test]
    fn known_answers_are_the_twins() {
        for [counter, key, answer] in KNOWN_ANSWERS {
            assert_eq!(threefry4x32(counter, key), answer);
        }
        let event = Event { seed: 0, purpose: Purpose::Start, index: 0, chain: 0, sweep: 0, part: 0 };
        assert_eq!(event.words(0), KNOWN_ANSWERS[0][2]);
    }
}
