//! `spinfield basin`: the basin of attraction, as the final against the initial overlap.

use super::Common;
use super::delivery::ROWS;
use super::memory_args::MemoryArgs;
use super::session::Session;
use super::study::{add_estimates, half_way, over_sets};
use super::study_args::NetworkArgs;
use super::table::{Table, estimate, short, short_load};
use super::values::{Values, check_points};
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::random::{Purpose, Stream};
use spinfield::report::plot::{LinePlot, Section, Series};
use spinfield::{Cues, Error, Estimate, Memory, Patterns};
use std::time::Instant;

/// Options of basin.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BasinArgs {
    /// Patterns a neuron: a number, a list 0.1,0.2 or a range start:stop:step [default: 0.05,0.1; all of real patterns]
    #[arg(long, value_name = "A", allow_hyphen_values = true)]
    load: Option<Values>,
    /// Overlaps at which cues begin: a number, a list or a range
    #[arg(long, value_name = "M", default_value = "0:1:0.1", allow_hyphen_values = true)]
    overlap: Values,
    /// Temperature in units of J
    #[arg(long, value_name = "T", default_value_t = 0.0, allow_hyphen_values = true)]
    temperature: f64,
    #[command(flatten)]
    network: NetworkArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield basin --neurons 2000 --load 0.02,0.05,0.1 --out basins
  spinfield basin --neurons 1000 --load 0.3 --rule pseudo-inverse --overlap 0.2:1:0.05 --json
  spinfield basin --load 0.05 --temperature 0.3
  spinfield basin --neurons 200 --load 1,5,20 --memory dense:3
  spinfield basin --patterns examples/data/digits --rule pseudo-inverse --overlap 0:1:0.1";

/// Where the cues of one load and initial overlap end.
struct Point {
    load: f64,
    patterns: usize,
    /// Linearly independent patterns, where the rule tells.
    rank: Option<usize>,
    initial: f64,
    overlap: Estimate,
    retrieved: Estimate,
}

struct Basins {
    temperature: f64,
    initials: Vec<f64>,
    memory: Memory,
    /// Load after load.
    points: Vec<Point>,
    /// For each load, the initial overlap from which half of the cues are retrieved.
    edges: Vec<(f64, Option<f64>)>,
}

/// Sweeps the initial overlap.
pub fn run(args: &BasinArgs, common: Common, started: Instant) -> Result<u8> {
    let memory = args.network.storing.memory()?;
    let network = args.network.open(&[memory], &[args.temperature])?;
    let loads = args.network.loads(&network, args.load.as_ref(), &[0.05, 0.1], 1);
    let mut initials = args.overlap.0.clone();
    initials.sort_by(f64::total_cmp);
    initials.dedup();
    check_points(loads.len() * initials.len())?;
    if let Some(bad) = initials.iter().find(|overlap| !(-1.0..=1.0).contains(*overlap)) {
        return Err(Error::input("--overlap", "overlaps between -1 and 1", bad, "0.6 is a fifth flipped").into());
    }
    let counts = loads.iter().map(|&load| network.patterns_of(load)).collect::<Result<Vec<_>, Error>>()?;
    let mut session = Session::open("basin", common, started)?;
    network.warn(&[memory], &loads, &mut session);
    let mut parameters =
        vec![("load", json!(loads)), ("overlap", json!(args.overlap.0)), ("temperature", json!(args.temperature))];
    parameters.extend(MemoryArgs::parameters(memory));
    parameters.extend(args.network.parameters(&network));
    session.begin(parameters)?;
    session.start_clock();
    let mut keeper = session.keeper("recalling");
    let (mut points, mut edges, mut updates) = (Vec::new(), Vec::new(), 0);
    let (mut done, all) = (0.0, counts.iter().sum::<usize>() as f64 * f64::from(network.sets()));
    for (&load, &count) in loads.iter().zip(&counts) {
        // [initial overlap][set of patterns][cue]
        let (mut ends, mut rank) = (vec![Vec::new(); initials.len()], None);
        let cues_each = network.cues_of(count);
        for sample in 0..network.sets() {
            let seed = session.seed.wrapping_add(sample.into());
            let patterns = network.draw(count, seed)?;
            let cues = cues_at(&patterns, &initials, cues_each, seed)?;
            keeper.span(done / all, (done + count as f64) / all);
            let run = keeper.part(&format!("load {load}, set {sample}"), |from, keeper| {
                network.run(&session, (&patterns, memory), &cues, &[args.temperature], seed, (from, keeper))
            })?;
            updates += run.updates;
            rank = run.rank;
            let overlaps = run.overlaps.first().map_or(&[][..], Vec::as_slice);
            ends.iter_mut().zip(overlaps.chunks(cues_each)).for_each(|(sets, cues)| sets.push(cues.to_vec()));
            done += count as f64;
        }
        let threshold = network.threshold(args.temperature);
        let retrieved = |set: &Vec<f64>| set.iter().map(|&m| f64::from(u8::from(m >= threshold))).collect();
        let mut fractions = Vec::new();
        for (&initial, sets) in initials.iter().zip(&ends) {
            let retrieved = over_sets(&sets.iter().map(retrieved).collect::<Vec<Vec<f64>>>());
            fractions.push((initial, retrieved.mean));
            points.push(Point { load, patterns: count, rank, initial, overlap: over_sets(sets), retrieved });
        }
        edges.push((load, half_way(&fractions)));
    }
    keeper.clear();
    let basins = Basins { temperature: args.temperature, memory, initials, points, edges };
    let (results, text) = ((basins.json(), basins.rows()), basins.text());
    session.finish(results, updates, &text, |folder, _| basins.write(folder))
}

/// `count` cues at each of the initial overlaps, exactly as many neurons flipped as that takes.
fn cues_at(patterns: &Patterns, initials: &[f64], count: usize, seed: u64) -> Result<Cues> {
    let (mut bits, mut targets) = (Vec::new(), Vec::new());
    for (place, initial) in initials.iter().enumerate() {
        let flips = (0.5 * (1.0 - initial) * patterns.neurons() as f64).round() as usize;
        for cue in 0..count {
            let target = cue % patterns.count();
            let mut stream = Stream::new(seed, Purpose::Cue, (place * count + cue) as u32);
            bits.extend(patterns.with_noise(target, flips, &mut stream)?);
            targets.push(target);
        }
    }
    Ok(Cues::given(Patterns::from_words(patterns.neurons(), bits)?, targets)?)
}

impl Basins {
    fn json(&self) -> Value {
        let edges = self.edges.iter().map(|(load, edge)| json!({"load": load, "overlap": edge}));
        json!({"points": ROWS, "edges": edges.collect::<Vec<_>>()})
    }

    fn rows(&self) -> impl Iterator<Item = Value> {
        self.points.iter().map(|point| {
            json!({
                "load": point.load, "patterns": point.patterns, "rank": point.rank, "initial_overlap": point.initial,
                "overlap": estimate(&point.overlap), "retrieved_fraction": estimate(&point.retrieved),
            })
        })
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&["load", "initial", "overlap", "retrieved"]);
        for point in &self.points {
            table.push(vec![
                short_load(point.load),
                short(point.initial),
                point.overlap.to_string(),
                point.retrieved.to_string(),
            ]);
        }
        table
    }

    fn edges_table(&self) -> Table {
        let mut table = Table::new(&["load", "half are retrieved from overlap"]);
        for (load, edge) in &self.edges {
            table.push(vec![short_load(*load), edge.map_or("-".into(), |edge| format!("{edge:.3}"))]);
        }
        table
    }

    fn text(&self) -> String {
        format!("{}\n{}", self.table().text(), self.edges_table().text())
    }

    fn write(&self, folder: &OutputFolder) -> Result<Vec<Section>> {
        let mut npz = NpzWriter::create(folder.path("basin.npz")?)?;
        let loads: Vec<f64> = self.edges.iter().map(|edge| edge.0).collect();
        npz.add_f64("load", &[loads.len()], &loads)?;
        npz.add_f64("initial_overlap", &[self.initials.len()], &self.initials)?;
        let shape = [loads.len(), self.initials.len()];
        add_estimates(&mut npz, "overlap", &shape, self.points.iter().map(|point| &point.overlap))?;
        add_estimates(&mut npz, "retrieved_fraction", &shape, self.points.iter().map(|point| &point.retrieved))?;
        npz.finish()?;
        let plot = self.plot();
        folder.write_text("basin.svg", &plot.to_svg())?;
        plot.to_image()?.write_png(folder.path("basin.png")?)?;
        Ok(vec![
            Section::Heading("Final against initial overlap".into()),
            Section::Plot(plot),
            Section::Heading("Edges of the basins".into()),
            self.edges_table().section(),
            Section::Heading("Points".into()),
            self.table().section(),
        ])
    }

    fn plot(&self) -> LinePlot {
        let lines = self.points.chunks(self.initials.len().max(1)).zip(&self.edges);
        let line = |(points, (load, _)): (&[Point], &(f64, _))| Series {
            name: format!("load {}", short_load(*load)),
            points: points.iter().map(|point| (point.initial, point.overlap.mean, point.overlap.error)).collect(),
        };
        LinePlot {
            title: format!("Where recall ends: {}, T = {}", self.memory, short(self.temperature)),
            x_label: "initial overlap of the cue".into(),
            y_label: "final overlap".into(),
            series: lines.map(line).collect(),
            ..LinePlot::default()
        }
    }
}
