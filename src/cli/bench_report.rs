//! What a benchmark says: tables for people, JSON for machines, a plot and a page.

use super::bench::{Bench, Measured};
use super::bench_baseline::FORMAT;
use super::lattice::name;
use super::table::Table;
use anyhow::Result;
use serde_json::{Map, Value, json};
use spinfield::io::output::OutputFolder;
use spinfield::report::plot::{LinePlot, Scale, Section, Series};

const NOTE: &str = "Rates are attempted updates per nanosecond, random numbers included: the median of the repetitions, \
     and the smallest and largest. Percentages are of the probes of the same run, by nominal bytes and integer operations \
     of an update; a figure above 100 % says that the kernel needs less than that, or that a cache helped.";

/// A number with three digits that matter.
fn three(value: f64) -> String {
    let digits = (2 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 9);
    format!("{value:.*}", digits as usize)
}

fn probes_table(bench: &Bench) -> Table {
    let mut table = Table::new(&["probe", "median", "min", "max", "unit"]);
    for probe in &bench.probes {
        let spread = &probe.spread;
        let [median, minimum, maximum] = [spread.median, spread.minimum, spread.maximum].map(three);
        table.push(vec![probe.name.into(), median, minimum, maximum, probe.unit.into()]);
    }
    table
}

fn cases_table(bench: &Bench) -> Table {
    let mut header =
        vec!["case", "sites", "chains", "updates/ns", "min", "max", "memory", "cache", "integers", "setup"];
    if bench.baseline.is_some() {
        header.extend(["before", "ratio", ""]);
    }
    let mut table = Table::new(&header);
    for case in &bench.cases {
        let percent = |part: Option<f64>| part.map_or(String::new(), |part| format!("{:.0} %", 100.0 * part));
        let [sites, chains, ..] = case.sizes.map(|size| size.to_string());
        let [median, minimum, maximum] = [case.rate.median, case.rate.minimum, case.rate.maximum].map(three);
        let mut row = vec![case.name.clone(), sites, chains, median, minimum, maximum];
        row.extend(fractions(bench, case).map(|(_, part)| percent(part)));
        row.push(format!("{:.2} s", case.setup.as_secs_f64()));
        if let Some(comparison) = &case.comparison {
            let mark = if comparison.outside { "*" } else { "" };
            row.extend([three(comparison.before.median), format!("{:.3}", comparison.ratio), mark.into()]);
        }
        table.push(row);
    }
    table
}

/// What part of each probe's figure a case reaches.
fn fractions(bench: &Bench, case: &Measured) -> [(&'static str, Option<f64>); 3] {
    let (bytes, operations) = (case.cost.bytes, case.cost.operations);
    [("copy_memory", bytes), ("copy_cache", bytes), ("integers", operations)].map(|(probe, cost)| {
        let part = bench.probe(probe).zip(cost).map(|(best, cost)| case.rate.median * cost / best);
        (probe, part.filter(|part| part.is_finite()))
    })
}

/// What is to be said beside the tables.
fn remarks(bench: &Bench) -> Vec<String> {
    let mut remarks = Vec::new();
    for case in &bench.cases {
        if let Some((bare, Some(slowdown))) = &case.measures {
            remarks.push(format!(
                "{}: a sweep with energy and magnetisation takes {slowdown:.2} times as long as one of {bare}",
                case.name
            ));
        }
    }
    if let Some(baseline) = &bench.baseline {
        let names = bench.names();
        remarks.push("before and ratio (now : before) are medians; * lies outside of the spread of both runs".into());
        let other = |case: &&Measured| case.comparison.is_some_and(|comparison| !comparison.same_work);
        let others: Vec<String> = bench.cases.iter().filter(other).map(|case| case.name.clone()).collect();
        for (list, what) in [
            (others, "of other sites, chains or sweeps than before"),
            (baseline.not_run(&names), "not run"),
            (baseline.lacks(&names), "not in the baseline"),
        ] {
            if !list.is_empty() {
                remarks.push(format!("{what}: {}", list.join(", ")));
            }
        }
    }
    remarks
}

/// For a terminal.
pub fn text(bench: &Bench) -> String {
    let (probes, cases) = (probes_table(bench).text(), cases_table(bench).text());
    let remarks: String = remarks(bench).iter().map(|remark| format!("\n{remark}")).collect();
    let title = format!("suite {}, {} repetitions", name(bench.suite), bench.repetitions);
    format!("{title}\n\n{probes}\n{cases}{remarks}\n")
}

/// The results.
pub fn json(bench: &Bench) -> Value {
    let probe = |probe: &super::bench::Probed| {
        let mut object = Map::new();
        object.insert("name".into(), json!(probe.name));
        object.insert("unit".into(), json!(probe.unit));
        object.insert("setup_s".into(), json!(probe.setup.as_secs_f64()));
        object.extend(probe.spread.fields().into_iter().map(|(name, value)| (name.to_string(), json!(value))));
        Value::Object(object)
    };
    json!({
        "format": FORMAT,
        "suite": name(bench.suite),
        "repetitions": bench.repetitions,
        "probes": bench.probes.iter().map(probe).collect::<Vec<_>>(),
        "cases": bench.cases.iter().map(|case| case_json(bench, case)).collect::<Vec<_>>(),
        "left_out": bench.left_out,
        "baseline": bench.baseline.as_ref().map(|baseline| baseline.json(&bench.names())),
    })
}

fn case_json(bench: &Bench, case: &Measured) -> Value {
    let [sites, chains, sweeps, updates] = case.sizes;
    let fractions: Map<String, Value> =
        fractions(bench, case).into_iter().map(|(probe, part)| (probe.to_string(), json!(part))).collect();
    json!({
        "name": case.name,
        "family": case.family,
        "sites": sites,
        "chains": chains,
        "sweeps": sweeps,
        "updates": updates,
        "updates_per_ns": case.rate.json(),
        "setup_s": case.setup.as_secs_f64(),
        "warmup_s": case.warmup.as_secs_f64(),
        "bytes_per_update": case.cost.bytes,
        "operations_per_update": case.cost.operations,
        "fraction": fractions,
        "measuring": case.measures.is_some(),
        "bare_case": case.measures.as_ref().map(|(bare, _)| bare),
        "slowdown": case.measures.as_ref().and_then(|(_, slowdown)| *slowdown),
        "baseline": case.comparison.as_ref().map(super::bench_baseline::Comparison::json),
    })
}

/// Writes the plot and gives what the page shows.
pub fn write(folder: &OutputFolder, bench: &Bench) -> Result<Vec<Section>> {
    let plot = plot(bench);
    folder.write_text("speed.svg", &plot.to_svg())?;
    plot.to_image()?.write_png(folder.path("speed.png")?)?;
    let mut sections = vec![Section::Heading("Probes".into()), probes_table(bench).section()];
    sections.extend([Section::Heading("Cases".into()), Section::Plot(plot), cases_table(bench).section()]);
    sections.push(Section::Paragraph(NOTE.into()));
    sections.extend(remarks(bench).into_iter().map(Section::Paragraph));
    Ok(sections)
}

/// Rates against sites of all chains, a line a family; bars reach half of the way between the quartiles to both sides.
fn plot(bench: &Bench) -> LinePlot {
    let mut series: Vec<Series> = Vec::new();
    for case in &bench.cases {
        let [sites, chains, ..] = case.sizes;
        let half = (case.rate.upper_quartile - case.rate.lower_quartile) / 2.0;
        let point = (sites as f64 * chains as f64, case.rate.median, Some(half));
        match series.iter_mut().find(|line| line.name == case.family) {
            Some(line) => line.points.push(point),
            None => series.push(Series { name: case.family.into(), points: vec![point] }),
        }
    }
    series.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
    LinePlot {
        title: "Speed".into(),
        x_label: "sites x chains".into(),
        y_label: "updates per nanosecond".into(),
        series,
        curves: Vec::new(),
        x_scale: Scale::Logarithmic,
        y_scale: Scale::Logarithmic,
    }
}
