//! `spinfield capacity`: the phase diagram of retrieval.

use super::Common;
use super::capacity_report::{Break, Diagram, Line, Point};
use super::memory_args::{MemoryArgs, StoringRule};
use super::session::Session;
use super::study::{Network, half_way, over_sets};
use super::study_args::NetworkArgs;
use super::values::{Values, check_points};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::theory::hopfield;
use spinfield::{Cues, Damage, Error, Memory};
use std::time::Instant;

/// Options of capacity.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CapacityArgs {
    /// Patterns a neuron: a number, a list 0.1,0.2 or a range start:stop:step; dense memories hold far more than one
    /// [default: 0.02:0.2:0.02; of real patterns a tenth of them to all]
    #[arg(long, value_name = "A", allow_hyphen_values = true)]
    load: Option<Values>,
    /// Temperatures in units of J: a number, a list or a range; above 0 of Hopfield networks by Hebb's rule
    #[arg(long, value_name = "T", default_value = "0", allow_hyphen_values = true)]
    temperature: Values,
    /// Powers n of dense memories, F = x^n (odd n: max(x, 0)^n): a number, a list 2,3,4 or a range start:stop:step, in place of
    /// --memory and of temperatures
    #[arg(long, value_name = "n", conflicts_with = "memory", allow_hyphen_values = true)]
    exponent: Option<Values>,
    /// Fraction of the neurons of a cue that are flipped
    #[arg(long, value_name = "F", default_value_t = 0.0, allow_hyphen_values = true)]
    noise: f64,
    #[command(flatten)]
    network: NetworkArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield capacity --neurons 2000 --load 0.10:0.18:0.01 --json
  spinfield capacity --neurons 1000 --load 0.01:0.16:0.01 --temperature 0:1:0.1 --out diagram
  spinfield capacity --neurons 500 --rule pseudo-inverse --load 0.1:0.9:0.1 --noise 0.05
  spinfield capacity --neurons 100 --exponent 2:4:1 --load 0.05,0.1,0.2,0.5,1,2,5,10,20,50 --out powers
  spinfield capacity --patterns examples/data/digits --rule pseudo-inverse --noise 0.1";

/// Sweeps load and temperature, or load and exponent.
pub fn run(args: &CapacityArgs, common: Common, started: Instant) -> Result<u8> {
    let memories = args.memories()?;
    let mut temperatures = args.temperature.0.clone();
    temperatures.sort_by(f64::total_cmp);
    temperatures.dedup();
    let network = args.network.open(&memories, &temperatures)?;
    let usual: Vec<f64> = (1..=10).map(|step| 0.02 * f64::from(step)).collect();
    let loads = args.network.loads(&network, args.load.as_ref(), &usual, 10);
    check_points(loads.len() * temperatures.len() * memories.len())?;
    let counts = loads.iter().map(|&load| network.patterns_of(load)).collect::<Result<Vec<_>, Error>>()?;
    let mut session = Session::open("capacity", common, started)?;
    network.warn(&memories, &loads, &mut session);
    let mut parameters = vec![
        ("load", json!(loads)),
        ("temperature", json!(args.temperature.0)),
        ("exponent", json!(args.exponent.as_ref().map(|values| &values.0))),
        ("noise", json!(args.noise)),
    ];
    parameters.extend(match &memories[..] {
        &[memory] => MemoryArgs::parameters(memory),
        several => vec![("memory", json!(several.iter().map(Memory::to_string).collect::<Vec<_>>()))],
    });
    parameters.extend(args.network.parameters(&network));
    session.begin(parameters)?;
    session.start_clock();
    let mut keeper = session.keeper("sweeping loads");
    let lines: Vec<Line> = memories
        .iter()
        .flat_map(|&memory| temperatures.iter().map(move |&temperature| Line { memory, temperature }))
        .collect();
    let mut ends = vec![vec![EndsOfPoint::default(); loads.len()]; lines.len()];
    let mut updates = 0;
    let (mut done, all) =
        (0.0, counts.iter().sum::<usize>() as f64 * f64::from(network.sets()) * memories.len() as f64);
    for (load, &count) in counts.iter().enumerate() {
        for sample in 0..network.sets() {
            let seed = session.seed.wrapping_add(sample.into());
            let patterns = network.draw(count, seed)?;
            let cues = Cues::damaged(&patterns, network.cues_of(count), Damage::Noise(args.noise), seed)?;
            for (&memory, lines) in memories.iter().zip(ends.chunks_mut(temperatures.len())) {
                keeper.span(done / all, (done + count as f64) / all);
                let run = keeper.part(&format!("load {load}, set {sample}, {memory}"), |from, keeper| {
                    network.run(&session, (&patterns, memory), &cues, &temperatures, seed, (from, keeper))
                })?;
                updates += run.updates;
                for (line, overlaps) in lines.iter_mut().zip(run.overlaps) {
                    if let Some(point) = line.get_mut(load) {
                        point.overlaps.push(overlaps);
                        point.rank = run.rank;
                    }
                }
                done += count as f64;
            }
        }
    }
    keeper.clear();
    let diagram = args.diagram(&network, (loads, &counts), lines, &ends);
    let (results, text) = ((diagram.json(), diagram.rows()), diagram.text());
    session.finish(results, updates, &text, |folder, _| diagram.write(folder))
}

/// How the cues of one point ended.
#[derive(Debug, Clone, Default)]
struct EndsOfPoint {
    /// [set of patterns][cue]
    overlaps: Vec<Vec<f64>>,
    rank: Option<usize>,
}

impl CapacityArgs {
    /// One, or those of the exponents, which are sorted.
    fn memories(&self) -> Result<Vec<Memory>, Error> {
        let Some(Values(exponents)) = &self.exponent else { return Ok(vec![self.network.storing.memory()?]) };
        if self.network.storing.inverse_temperature.is_some() {
            let hint = "leave it out, or leave --exponent out";
            return Err(Error::input("--inverse-temperature", "a softmax memory", "powers", hint));
        }
        let power = |&n: &f64| {
            let memory = Memory::Dense { n: n as u32, rectified: n as u32 % 2 == 1 };
            let hint = "2 is Hopfield's energy, 3 stores of the order of N^2 patterns";
            let whole = n.fract() == 0.0 && (2.0..=20.0).contains(&n);
            if whole { Ok(memory) } else { Err(Error::input("--exponent", "whole numbers from 2 to 20", n, hint)) }
        };
        let mut exponents = exponents.clone();
        exponents.sort_by(f64::total_cmp);
        exponents.dedup();
        exponents.iter().map(power).collect()
    }

    fn diagram(
        &self,
        network: &Network<'_>,
        (loads, counts): (Vec<f64>, &[usize]),
        lines: Vec<Line>,
        ends: &[Vec<EndsOfPoint>],
    ) -> Diagram {
        let neurons = network.neurons();
        let by_hebb = self.network.storing.rule == StoringRule::Hebb && network.real().is_none();
        let (mut points, mut breaks) = (Vec::new(), Vec::new());
        for (&line, ends) in lines.iter().zip(ends) {
            let Line { memory, temperature } = line;
            let threshold = network.threshold(temperature);
            let has_theory = network.has_theory(memory);
            let mut fractions = Vec::new();
            for ((&load, &patterns), ends) in loads.iter().zip(counts).zip(ends) {
                let retrieved = |set: &Vec<f64>| set.iter().map(|&m| f64::from(u8::from(m >= threshold))).collect();
                let retrieved = over_sets(&ends.overlaps.iter().map(retrieved).collect::<Vec<Vec<f64>>>());
                fractions.push((load, retrieved.mean));
                let true_load = patterns as f64 / neurons as f64;
                let theory = hopfield::retrieval(true_load, temperature).map_or(0.0, |state| state.overlap);
                points.push(Point {
                    line,
                    load,
                    patterns,
                    rank: ends.rank,
                    overlap: over_sets(&ends.overlaps),
                    retrieved,
                    theory: has_theory.then_some(theory),
                });
            }
            let estimate = memory.capacity(neurons) / neurons as f64;
            breaks.push(Break {
                line,
                load: half_way(&fractions),
                theory: has_theory.then(|| hopfield::largest_load(temperature)),
                estimate: Some(estimate).filter(|load| by_hebb && memory != Memory::Hopfield && load.is_finite()),
            });
        }
        Diagram { loads, lines, points, breaks, by_exponent: self.exponent.is_some() }
    }
}
