//! `spinfield capacity`: the phase diagram of retrieval.

use super::Common;
use super::delivery::ROWS;
use super::session::{Session, advance};
use super::study::{NetworkArgs, add_estimates, half_way, over_sets};
use super::table::{Table, estimate, short};
use super::values::{Values, check_points};
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::report::heat_map::HeatMap;
use spinfield::report::plot::{LinePlot, Section, Series};
use spinfield::theory::hopfield;
use spinfield::{Cues, Damage, Error, Estimate};
use std::time::Instant;

/// Options of capacity.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CapacityArgs {
    /// Patterns a neuron: a number, a list 0.1,0.2 or a range start:stop:step
    #[arg(long, value_name = "A", default_value = "0.02:0.2:0.02", allow_hyphen_values = true)]
    load: Values,
    /// Temperatures in units of J: a number, a list or a range
    #[arg(long, value_name = "T", default_value = "0", allow_hyphen_values = true)]
    temperature: Values,
    /// Fraction of the neurons of a cue that are flipped
    #[arg(long, value_name = "F", default_value_t = 0.0, allow_hyphen_values = true)]
    noise: f64,
    #[command(flatten)]
    network: NetworkArgs,
}

const EXAMPLES: &str = "Examples:
  spinfield capacity --neurons 2000 --load 0.10:0.18:0.01 --json
  spinfield capacity --neurons 1000 --load 0.01:0.16:0.01 --temperature 0:1:0.1 --out diagram
  spinfield capacity --neurons 500 --rule pseudo-inverse --load 0.1:0.9:0.1 --noise 0.05";

/// Points of the theory's lines in plots.
const CURVE: usize = 101;

/// One point of the diagram.
struct Point {
    load: f64,
    patterns: usize,
    temperature: f64,
    overlap: Estimate,
    retrieved: Estimate,
    theory: Option<f64>,
}

/// The load at which retrieval breaks down at one temperature.
struct Break {
    temperature: f64,
    load: Option<f64>,
    theory: Option<f64>,
}

struct Diagram {
    loads: Vec<f64>,
    temperatures: Vec<f64>,
    /// Temperature after temperature.
    points: Vec<Point>,
    breaks: Vec<Break>,
    /// The theory is of Hebb's rule.
    has_theory: bool,
}

/// Sweeps load and temperature.
pub fn run(args: &CapacityArgs, common: Common, started: Instant) -> Result<u8> {
    let network = &args.network;
    let (mut loads, mut temperatures) = (args.load.0.clone(), args.temperature.0.clone());
    for values in [&mut loads, &mut temperatures] {
        values.sort_by(f64::total_cmp);
        values.dedup();
    }
    network.check(&temperatures)?;
    check_points(loads.len() * temperatures.len())?;
    let counts = loads.iter().map(|&load| network.patterns_of(load)).collect::<Result<Vec<_>, Error>>()?;
    let mut session = Session::open("capacity", common, started)?;
    network.warn(&loads, &mut session);
    let mut parameters =
        vec![("load", json!(args.load.0)), ("temperature", json!(args.temperature.0)), ("noise", json!(args.noise))];
    parameters.extend(network.parameters());
    session.begin(parameters)?;
    session.start_clock();
    let bar = session.progress("sweeping loads");
    // [load][temperature][set of patterns][cue]
    let mut overlaps = vec![vec![Vec::new(); temperatures.len()]; loads.len()];
    let mut updates = 0;
    let (mut done, all) = (0.0, counts.iter().sum::<usize>() as f64 * f64::from(network.disorder_samples));
    for (&count, overlaps) in counts.iter().zip(&mut overlaps) {
        for sample in 0..network.disorder_samples {
            let seed = session.seed.wrapping_add(sample.into());
            let patterns = network.draw(count, seed)?;
            let cues = Cues::damaged(&patterns, network.cues, Damage::Noise(args.noise), seed)?;
            let ends = network.run(&session, &patterns, &cues, &temperatures, seed)?;
            updates += ends.updates;
            overlaps.iter_mut().zip(ends.overlaps).for_each(|(sets, ends)| sets.push(ends));
            done += count as f64;
            advance(&bar, done / all);
        }
    }
    bar.finish_and_clear();
    let diagram = args.diagram(loads, &counts, temperatures, &overlaps);
    let (results, text) = ((diagram.json(), diagram.rows()), diagram.text());
    session.finish(results, updates, &text, |folder, _| diagram.write(folder))
}

impl CapacityArgs {
    fn diagram(
        &self,
        loads: Vec<f64>,
        counts: &[usize],
        temperatures: Vec<f64>,
        overlaps: &[Vec<Vec<Vec<f64>>>],
    ) -> Diagram {
        let network = &self.network;
        let has_theory = network.rule == super::recall_args::StoringRule::Hebb && !network.keep_diagonal;
        let (mut points, mut breaks) = (Vec::new(), Vec::new());
        for (t, &temperature) in temperatures.iter().enumerate() {
            let threshold = network.threshold(temperature);
            let mut fractions = Vec::new();
            for ((&load, &patterns), sets) in loads.iter().zip(counts).zip(overlaps) {
                let retrieved = |set: &Vec<f64>| set.iter().map(|&m| f64::from(u8::from(m >= threshold))).collect();
                let retrieved = over_sets(&sets[t].iter().map(retrieved).collect::<Vec<Vec<f64>>>());
                fractions.push((load, retrieved.mean));
                let true_load = patterns as f64 / network.neurons as f64;
                let theory = hopfield::retrieval(true_load, temperature).map_or(0.0, |state| state.overlap);
                points.push(Point {
                    load,
                    patterns,
                    temperature,
                    overlap: over_sets(&sets[t]),
                    retrieved,
                    theory: has_theory.then_some(theory),
                });
            }
            let theory = has_theory.then(|| hopfield::largest_load(temperature));
            breaks.push(Break { temperature, load: half_way(&fractions), theory });
        }
        Diagram { loads, temperatures, points, breaks, has_theory }
    }
}

impl Diagram {
    fn json(&self) -> Value {
        let breaks = self
            .breaks
            .iter()
            .map(|row| json!({"temperature": row.temperature, "load": row.load, "theory": row.theory}));
        json!({
            "points": ROWS,
            "breaks": breaks.collect::<Vec<_>>(),
            "theory_line": self.line().iter().map(|(load, temperature)| json!([load, temperature])).collect::<Vec<_>>(),
        })
    }

    fn rows(&self) -> impl Iterator<Item = Value> {
        self.points.iter().map(|point| {
            json!({
                "load": point.load, "patterns": point.patterns, "temperature": point.temperature,
                "overlap": estimate(&point.overlap), "retrieved_fraction": estimate(&point.retrieved),
                "theory_overlap": point.theory,
            })
        })
    }

    /// The Amit-Gutfreund-Sompolinsky line T_M, as load and temperature.
    fn line(&self) -> Vec<(f64, f64)> {
        if self.has_theory { hopfield::retrieval_line(CURVE) } else { Vec::new() }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&["T", "load", "patterns", "overlap", "theory", "retrieved"]);
        for point in &self.points {
            table.push(vec![
                short(point.temperature),
                short(point.load),
                point.patterns.to_string(),
                point.overlap.to_string(),
                point.theory.map_or("-".into(), |overlap| format!("{overlap:.5}")),
                point.retrieved.to_string(),
            ]);
        }
        table
    }

    fn breaks_table(&self) -> Table {
        let mut table = Table::new(&["T", "retrieval breaks at load", "theory"]);
        let load = |load: Option<f64>| load.map_or("-".into(), |load| format!("{load:.4}"));
        for row in &self.breaks {
            table.push(vec![short(row.temperature), load(row.load), load(row.theory)]);
        }
        table
    }

    fn text(&self) -> String {
        format!("{}\n{}", self.table().text(), self.breaks_table().text())
    }

    fn write(&self, folder: &OutputFolder) -> Result<Vec<Section>> {
        self.write_arrays(folder)?;
        let plot = self.plot();
        folder.write_text("overlap.svg", &plot.to_svg())?;
        let mut sections = vec![Section::Heading("Overlap against load".into()), Section::Plot(plot)];
        for (name, what, value) in [
            ("capacity", "Retrieved fraction", (|point| point.retrieved.mean) as fn(&Point) -> f64),
            ("overlaps", "Overlap", |point| point.overlap.mean),
        ] {
            let image = self.map(what, value).to_image()?;
            image.write_png(folder.path(&format!("{name}.png"))?)?;
            let line = if self.has_theory { "; the line is where retrieval states end in theory" } else { "" };
            sections.push(Section::Picture { png: image.to_png()?, caption: format!("{what}{line}") });
        }
        sections.extend([Section::Heading("Where retrieval breaks down".into()), self.breaks_table().section()]);
        sections.extend([Section::Heading("Points".into()), self.table().section()]);
        Ok(sections)
    }

    fn write_arrays(&self, folder: &OutputFolder) -> Result<()> {
        let mut npz = NpzWriter::create(folder.path("capacity.npz")?)?;
        npz.add_f64("load", &[self.loads.len()], &self.loads)?;
        npz.add_f64("temperature", &[self.temperatures.len()], &self.temperatures)?;
        let shape = [self.temperatures.len(), self.loads.len()];
        add_estimates(&mut npz, "overlap", &shape, self.points.iter().map(|point| &point.overlap))?;
        add_estimates(&mut npz, "retrieved_fraction", &shape, self.points.iter().map(|point| &point.retrieved))?;
        let theory: Vec<f64> = self.points.iter().map(|point| point.theory.unwrap_or(f64::NAN)).collect();
        npz.add_f64("theory_overlap", &shape, &theory)?;
        let line: Vec<f64> = self.line().iter().flat_map(|&(load, temperature)| [load, temperature]).collect();
        npz.add_f64("theory_line", &[line.len() / 2, 2], &line)?;
        npz.finish().map_err(Into::into)
    }

    /// A line a temperature, and the theory's beside it.
    fn plot(&self) -> LinePlot {
        let mut series = Vec::new();
        let (least, most) = (self.loads.first().copied().unwrap_or(0.0), self.loads.last().copied().unwrap_or(1.0));
        for (&temperature, points) in self.temperatures.iter().zip(self.points.chunks(self.loads.len().max(1))) {
            let points = points.iter().map(|point| (point.load, point.overlap.mean, point.overlap.error));
            series.push(Series { name: format!("T = {}", short(temperature)), points: points.collect() });
        }
        if let Some(&coldest) = self.temperatures.first().filter(|_| self.has_theory) {
            let end = hopfield::largest_load(coldest).min(most);
            let loads = (0..CURVE).map(|k| least + (end - least) * k as f64 / (CURVE - 1) as f64);
            let overlap = |load: f64| Some((load, hopfield::retrieval(load, coldest)?.overlap, None));
            let points: Vec<_> = loads.filter_map(overlap).collect();
            series.push(Series { name: format!("theory, T = {}", short(coldest)), points });
        }
        LinePlot { x_label: "load P/N".into(), y_label: "overlap".into(), series, ..LinePlot::default() }
    }

    fn map(&self, what: &str, value: fn(&Point) -> f64) -> HeatMap {
        let most = self.loads.last().copied().unwrap_or(1.0);
        let inside = |line: &(f64, f64)| line.1 <= self.temperatures.last().copied().unwrap_or(0.0).max(0.05) * 1.2;
        let points = self.line().into_iter().filter(inside).filter(|&(load, _)| load <= 1.5 * most);
        let lines = vec![Series {
            name: if self.has_theory { "theory".into() } else { String::new() },
            points: points.map(|(load, temperature)| (load, temperature, None)).collect(),
        }];
        HeatMap {
            title: what.into(),
            x_label: "load P/N".into(),
            y_label: "temperature T/J".into(),
            x: self.loads.clone(),
            y: self.temperatures.clone(),
            values: self.points.iter().map(value).collect(),
            lines: if self.has_theory { lines } else { Vec::new() },
        }
    }
}
