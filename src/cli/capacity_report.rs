//! What `spinfield capacity` found: tables, JSON, arrays and pictures.

use super::delivery::ROWS;
use super::study::add_estimates;
use super::table::{Table, estimate, short, short_load};
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::report::heat_map::HeatMap;
use spinfield::report::plot::{LinePlot, Scale, Section, Series};
use spinfield::theory::hopfield;
use spinfield::{Estimate, Memory};

/// Points of the theory's lines in plots.
const CURVE: usize = 101;

/// A row of the diagram: what was kept while the load was swept.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub memory: Memory,
    pub temperature: f64,
}

/// One point of the diagram.
pub struct Point {
    pub line: Line,
    pub load: f64,
    pub patterns: usize,
    /// Linearly independent patterns, where the rule tells.
    pub rank: Option<usize>,
    pub overlap: Estimate,
    pub retrieved: Estimate,
    /// Amit's, Gutfreund's and Sompolinsky's, where it is of this network.
    pub theory: Option<f64>,
}

/// The load at which retrieval breaks down along one line.
pub struct Break {
    pub line: Line,
    pub load: Option<f64>,
    /// Amit's, Gutfreund's and Sompolinsky's.
    pub theory: Option<f64>,
    /// [`Memory::capacity`] a neuron, of other memories.
    pub estimate: Option<f64>,
}

pub struct Diagram {
    pub loads: Vec<f64>,
    pub lines: Vec<Line>,
    /// Line after line.
    pub points: Vec<Point>,
    pub breaks: Vec<Break>,
    /// Lines are of exponents, not of temperatures.
    pub by_exponent: bool,
}

impl Line {
    fn exponent(self) -> Option<u32> {
        if let Memory::Dense { n, .. } = self.memory { Some(n) } else { None }
    }
}

impl Diagram {
    pub fn json(&self) -> Value {
        let breaks = self.breaks.iter().map(|row| {
            json!({
                "memory": row.line.memory.to_string(), "exponent": row.line.exponent(),
                "temperature": row.line.temperature, "load": row.load, "theory": row.theory, "estimate": row.estimate,
            })
        });
        let pairs = |line: Vec<(f64, f64)>| line.into_iter().map(|(x, y)| json!([x, y])).collect::<Vec<_>>();
        json!({
            "points": ROWS,
            "breaks": breaks.collect::<Vec<_>>(),
            "theory_line": pairs(self.theory_line()),
            "estimate_line": pairs(self.estimate_line()),
        })
    }

    pub fn rows(&self) -> impl Iterator<Item = Value> {
        self.points.iter().map(|point| {
            json!({
                "memory": point.line.memory.to_string(), "exponent": point.line.exponent(),
                "load": point.load, "patterns": point.patterns, "rank": point.rank,
                "temperature": point.line.temperature,
                "overlap": estimate(&point.overlap), "retrieved_fraction": estimate(&point.retrieved),
                "theory_overlap": point.theory,
            })
        })
    }

    fn has_theory(&self) -> bool {
        self.breaks.iter().any(|row| row.theory.is_some())
    }

    /// The Amit-Gutfreund-Sompolinsky line T_M, as load and temperature.
    fn theory_line(&self) -> Vec<(f64, f64)> {
        if self.has_theory() { hopfield::retrieval_line(CURVE) } else { Vec::new() }
    }

    /// Krotov's and Hopfield's estimate of the load that a power holds, as load and exponent.
    fn estimate_line(&self) -> Vec<(f64, f64)> {
        let point = |row: &Break| Some((row.estimate?, f64::from(row.line.exponent()?)));
        if self.by_exponent { self.breaks.iter().filter_map(point).collect() } else { Vec::new() }
    }

    /// What the vertical axis of the diagram shows: name in arrays, label, and where the lines lie.
    fn vertical(&self) -> (&'static str, &'static str, Vec<f64>) {
        if self.by_exponent {
            let exponents = self.lines.iter().map(|line| f64::from(line.exponent().unwrap_or(0)));
            ("exponent", "power of the energy", exponents.collect())
        } else {
            ("temperature", "temperature T/J", self.lines.iter().map(|line| line.temperature).collect())
        }
    }

    /// Loads from far below to far above one are only told apart on a logarithmic axis.
    fn scale(&self) -> Scale {
        match (self.loads.first(), self.loads.last()) {
            (Some(&first), Some(&last)) if last > 20.0 * first && last > 1.0 => Scale::Logarithmic,
            _ => Scale::Linear,
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&["memory", "T", "load", "patterns", "rank", "overlap", "theory", "retrieved"]);
        for point in &self.points {
            table.push(vec![
                point.line.memory.to_string(),
                short(point.line.temperature),
                short_load(point.load),
                point.patterns.to_string(),
                point.rank.map_or("-".into(), |rank| rank.to_string()),
                point.overlap.to_string(),
                point.theory.map_or("-".into(), |overlap| format!("{overlap:.5}")),
                point.retrieved.to_string(),
            ]);
        }
        table
    }

    fn breaks_table(&self) -> Table {
        let mut table = Table::new(&["memory", "T", "retrieval breaks at load", "theory", "estimate"]);
        let load = |load: Option<f64>| load.map_or("-".into(), short_load);
        for row in &self.breaks {
            let (memory, temperature) = (row.line.memory.to_string(), short(row.line.temperature));
            table.push(vec![memory, temperature, load(row.load), load(row.theory), load(row.estimate)]);
        }
        table
    }

    pub fn text(&self) -> String {
        format!("{}\n{}", self.table().text(), self.breaks_table().text())
    }

    pub fn write(&self, folder: &OutputFolder) -> Result<Vec<Section>> {
        self.write_arrays(folder)?;
        let plot = self.plot();
        folder.write_text("overlap.svg", &plot.to_svg())?;
        let mut sections = vec![Section::Heading("Overlap against load".into()), Section::Plot(plot)];
        for (name, what, value) in [
            ("capacity", "Retrieved fraction", (|point| point.retrieved.mean) as fn(&Point) -> f64),
            ("overlaps", "Overlap", |point| point.overlap.mean),
        ] {
            let map = self.map(what, value);
            map.to_image()?.write_png(folder.path(&format!("{name}.png"))?)?;
            let line = match (self.has_theory(), self.by_exponent) {
                (true, _) => "; the line is where retrieval states end in theory",
                (false, true) => "; the line is Krotov's and Hopfield's estimate of the capacity",
                (false, false) => "",
            };
            sections.push(Section::Map { map, caption: format!("{what}{line}") });
        }
        sections.extend([Section::Heading("Where retrieval breaks down".into()), self.breaks_table().section()]);
        sections.extend([Section::Heading("Points".into()), self.table().section()]);
        Ok(sections)
    }

    fn write_arrays(&self, folder: &OutputFolder) -> Result<()> {
        let mut npz = NpzWriter::create(folder.path("capacity.npz")?)?;
        npz.add_f64("load", &[self.loads.len()], &self.loads)?;
        let (name, _, places) = self.vertical();
        npz.add_f64(name, &[places.len()], &places)?;
        let shape = [self.lines.len(), self.loads.len()];
        add_estimates(&mut npz, "overlap", &shape, self.points.iter().map(|point| &point.overlap))?;
        add_estimates(&mut npz, "retrieved_fraction", &shape, self.points.iter().map(|point| &point.retrieved))?;
        let theory: Vec<f64> = self.points.iter().map(|point| point.theory.unwrap_or(f64::NAN)).collect();
        npz.add_f64("theory_overlap", &shape, &theory)?;
        for (name, line) in [("theory_line", self.theory_line()), ("estimate_line", self.estimate_line())] {
            let values: Vec<f64> = line.iter().flat_map(|&(x, y)| [x, y]).collect();
            npz.add_f64(name, &[line.len(), 2], &values)?;
        }
        npz.finish().map_err(Into::into)
    }

    /// A line a temperature or exponent, and the theory's beside it.
    fn plot(&self) -> LinePlot {
        let (mut series, mut curves) = (Vec::new(), Vec::new());
        let (least, most) = (self.loads.first().copied().unwrap_or(0.0), self.loads.last().copied().unwrap_or(1.0));
        for (line, points) in self.lines.iter().zip(self.points.chunks(self.loads.len().max(1))) {
            let points = points.iter().map(|point| (point.load, point.overlap.mean, point.overlap.error));
            let name = match line.exponent().filter(|_| self.by_exponent) {
                Some(n) => format!("n = {n}"),
                None => format!("T = {}", short(line.temperature)),
            };
            series.push(Series { name, points: points.collect() });
        }
        if let Some(coldest) = self.lines.first().map(|line| line.temperature).filter(|_| self.has_theory()) {
            let end = hopfield::largest_load(coldest).min(most);
            let loads = (0..CURVE).map(|k| least + (end - least) * k as f64 / (CURVE - 1) as f64);
            let overlap = |load: f64| Some((load, hopfield::retrieval(load, coldest)?.overlap, None));
            let points: Vec<_> = loads.filter_map(overlap).collect();
            if !points.is_empty() {
                curves.push(Series { name: format!("theory, T = {}", short(coldest)), points });
            }
        }
        LinePlot {
            title: "Overlap of what is recalled with the stored pattern".into(),
            x_label: "load P/N".into(),
            y_label: "overlap m".into(),
            series,
            curves,
            x_scale: self.scale(),
            ..LinePlot::default()
        }
    }

    fn map(&self, what: &str, value: fn(&Point) -> f64) -> HeatMap {
        let (_, label, y) = self.vertical();
        let (least, most) = (self.loads.first().copied().unwrap_or(0.0), self.loads.last().copied().unwrap_or(1.0));
        // Lines end a little outside of the cells.
        let highest = y.last().copied().unwrap_or(0.0).max(0.05) * 1.2;
        let inside = |&(x, y): &(f64, f64)| x <= 1.5 * most && y <= highest;
        let (name, line) = match (self.theory_line(), self.estimate_line()) {
            (theory, estimate) if theory.is_empty() => {
                let inside = |&(x, _): &(f64, f64)| x <= 1.5 * most && x >= least / 1.5;
                ("estimate", estimate.into_iter().filter(inside).collect::<Vec<_>>())
            }
            (theory, _) => ("theory", theory.into_iter().filter(inside).collect()),
        };
        let points = line.iter().map(|&(x, y)| (x, y, None)).collect();
        HeatMap {
            title: what.into(),
            x_label: "load P/N".into(),
            y_label: label.into(),
            x: self.loads.clone(),
            x_scale: self.scale(),
            y,
            values: self.points.iter().map(value).collect(),
            lines: if line.is_empty() { Vec::new() } else { vec![Series { name: name.into(), points }] },
        }
    }
}
