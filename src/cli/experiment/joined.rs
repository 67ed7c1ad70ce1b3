//! The results of all points of an experiment as one.

use super::points::Points;
use crate::cli::Common;
use crate::cli::delivery::deliver;
use crate::cli::table::{Table, plain};
use anyhow::Result;
use serde_json::{Map, Value, json};
use spinfield::io::output::OutputFolder;
use spinfield::report::plot::{LinePlot, Section, Series, report_html};
use spinfield::{Error, Estimate};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

/// Plots of so many quantities stand on the page.
const MOST_PLOTS: usize = 12;

/// What points have found.
#[derive(Debug)]
pub struct Joined {
    experiment: Value,
    folder: PathBuf,
    places: Vec<Map<String, Value>>,
    /// The results that are there.
    found: Vec<(usize, Value)>,
    started: Instant,
}

impl Joined {
    /// Reads what is there.
    ///
    /// # Errors
    /// [`Error::File`] for a result that cannot be read.
    pub fn of(points: &Points, started: Instant) -> Result<Self> {
        let mut found = Vec::new();
        for point in 0..points.places.len() {
            let path = points.result(point);
            if !path.is_file() {
                continue;
            }
            let broken = |problem: String| Error::file(&path, problem, "remove it and run the experiment again");
            let text = fs::read_to_string(&path).map_err(|error| broken(error.to_string()))?;
            found.push((point, serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?));
        }
        let (experiment, places, folder) = (points.experiment.clone(), points.places.clone(), points.folder.clone());
        Ok(Self { experiment, folder, places, found, started })
    }

    /// Writes and prints the whole; a share of it is only printed.
    ///
    /// # Errors
    /// [`Error::File`] where the whole is wanted and points are missing.
    pub fn deliver(&self, common: Common, whole: bool) -> Result<u8> {
        let missing: Vec<usize> =
            (0..self.places.len()).filter(|point| !self.found.iter().any(|(found, _)| found == point)).collect();
        if whole && !missing.is_empty() {
            let first: Vec<_> = missing.iter().take(8).map(ToString::to_string).collect();
            let dots = if missing.len() > 8 { ", ..." } else { "" };
            let count = format!("{} of {} points have no result", missing.len(), self.places.len());
            let problem = format!("{count}: {}{dots}", first.join(", "));
            return Err(Error::file(&self.folder, problem, "run the shards that are missing, then merge again").into());
        }
        let folder = if whole { Some(OutputFolder::create(&self.folder, true)?) } else { None };
        let table = self.table();
        let done = format!("{} of {} points\n", self.found.len(), self.places.len());
        let (json, human) = (self.json(&missing), format!("{}\n{}\n{done}", self.title(), table.text()));
        deliver(&common, folder.as_ref(), (|| format!("{json:#}\n"), &human), |folder| {
            let mut sections = vec![Section::Paragraph(done.clone()), Section::Heading("Experiment".into())];
            let mut asked = Table::new(&["parameter", "value"]);
            for (name, value) in self.experiment["parameters"].as_object().into_iter().flatten() {
                asked.push(vec![name.clone(), plain(value)]);
            }
            sections.extend([asked.section(), Section::Heading("Results".into()), table.section()]);
            sections.extend(self.plots().iter().map(|plot| Section::Plot(plot.clone())));
            Ok(folder.write_text("report.html", &report_html(&format!("spinfield {}", self.title()), &sections))?)
        })
    }

    fn title(&self) -> String {
        format!("run of {}", plain(&self.experiment["command"]))
    }

    fn json(&self, missing: &[usize]) -> Value {
        let sum = |name: &str| self.found.iter().filter_map(|(_, result)| result["timing"][name].as_f64()).sum::<f64>();
        let (run, updates) = (sum("run_s"), sum("updates"));
        let rate = if run > 0.0 { json!(updates / run / 1e9) } else { Value::Null };
        let adapter = self.found.first().map_or(Value::Null, |(_, result)| result["adapter"].clone());
        let of_point = |(point, result): &(usize, Value)| {
            json!({
                "point": point,
                "parameters": self.places[*point],
                "seed": result["seed"],
                "warnings": result["warnings"],
                "results": result["results"],
            })
        };
        json!({
            "command": "run",
            "version": env!("CARGO_PKG_VERSION"),
            "seed": self.experiment["seed"],
            "adapter": adapter,
            "parameters": self.experiment,
            "warnings": [],
            "timing": {
                "setup_s": sum("setup_s"), "run_s": run, "updates": updates as u64, "updates_per_ns": rate,
                "elapsed_s": self.started.elapsed().as_secs_f64(),
            },
            "results": {
                "points": self.found.iter().map(of_point).collect::<Vec<_>>(),
                "missing": missing,
            },
        })
    }

    /// Quantities that all points have, in the order of the first.
    fn quantities(&self) -> Vec<String> {
        let Some((_, first)) = self.found.first() else { return Vec::new() };
        let swept = |name: &String| self.places.first().is_some_and(|place| place.contains_key(name));
        let names = quantities_of(&first["results"]).into_iter().map(|(name, _)| name);
        names.filter(|name| !swept(name)).collect()
    }

    fn table(&self) -> Table {
        let swept: Vec<String> = self.places.first().into_iter().flat_map(|place| place.keys().cloned()).collect();
        let quantities = self.quantities();
        let header = ["point"].into_iter().chain(swept.iter().chain(&quantities).map(String::as_str));
        let mut table = Table::new(&header.collect::<Vec<_>>());
        for (point, result) in &self.found {
            let found = quantities_of(&result["results"]);
            let place = swept.iter().map(|name| plain(&self.places[*point][name]));
            let values = quantities.iter().map(|name| {
                found.iter().find(|(found, _)| found == name).map_or("-".into(), |(_, value)| value.to_string())
            });
            table.push(std::iter::once(point.to_string()).chain(place).chain(values).collect());
        }
        table
    }

    /// Each quantity against what sweeps first, where that is a number; a line for each combination of the others.
    fn plots(&self) -> Vec<LinePlot> {
        let Some(x) = self.places.first().and_then(|place| place.keys().next()) else { return Vec::new() };
        if self.found.len() < 2 || self.places.iter().any(|place| !place[x].is_number()) {
            return Vec::new();
        }
        let line_of = |point: usize| {
            let others = self.places[point].iter().filter(|(name, _)| *name != x);
            others.map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(", ")
        };
        let of_quantity = |name: &String| {
            let mut series: Vec<Series> = Vec::new();
            for (point, result) in &self.found {
                let Some((_, value)) = quantities_of(&result["results"]).into_iter().find(|(found, _)| found == name)
                else {
                    continue;
                };
                let at = self.places[*point][x].as_f64().unwrap_or(f64::NAN);
                let line = line_of(*point);
                let index = series.iter().position(|series| series.name == line).unwrap_or_else(|| {
                    series.push(Series { name: line, points: Vec::new() });
                    series.len() - 1
                });
                series[index].points.push((at, value.mean, value.error));
            }
            let (title, y_label) = (format!("{name} against {x}"), name.clone());
            LinePlot { title, x_label: x.clone(), y_label, series, ..LinePlot::default() }
        };
        self.quantities().iter().take(MOST_PLOTS).map(of_quantity).collect()
    }
}

/// Numbers and estimates among results; where these are of a single point of their own, those of that point as well.
fn quantities_of(results: &Value) -> Vec<(String, Estimate)> {
    let single = results["points"].as_array().filter(|points| points.len() == 1).and_then(|points| points.first());
    let objects = [Some(results), single].into_iter().flatten().filter_map(Value::as_object);
    let estimate = |value: &Value| {
        let mean = value.as_f64().or_else(|| value["mean"].as_f64())?;
        Some(Estimate { mean, error: value["error"].as_f64(), tau: value["tau"].as_f64() })
    };
    objects.flatten().filter_map(|(name, value)| Some((name.clone(), estimate(value)?))).collect()
}
