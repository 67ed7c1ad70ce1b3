//! `spinfield adapters` and `spinfield doctor`.

use super::Common;
use super::delivery::{deliver, envelope, text_of, timing};
use super::session::{one_line, say};
use super::table::Table;
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::gpu::{AdapterDescription, adapters, select};
use spinfield::io::output::OutputFolder;
use spinfield::report::plot::{Section, report_html};
use spinfield::{AdapterRequest, Gpu};
use std::time::Instant;

/// Lists the adapters.
pub fn list(common: &Common, started: Instant) -> Result<u8> {
    let survey = Survey::begin("adapters", common, started)?;
    let selected = survey.selected.index;
    let mut table = Table::new(&["", "name", "backend", "type", "driver", "largest binding", "workgroup memory"]);
    let mut results = Vec::new();
    for adapter in adapters() {
        let mark = if adapter.index == selected { "*" } else { "" };
        table.push(vec![
            format!("{}{mark}", adapter.index),
            adapter.name.clone(),
            adapter.backend.clone(),
            adapter.kind.into(),
            adapter.driver.clone(),
            bytes(adapter.max_binding_bytes),
            bytes(adapter.workgroup_bytes.into()),
        ]);
        results.push(json!({
            "index": adapter.index, "name": adapter.name, "backend": adapter.backend, "driver": adapter.driver,
            "type": adapter.kind, "selected": adapter.index == selected,
            "max_binding_bytes": adapter.max_binding_bytes, "workgroup_bytes": adapter.workgroup_bytes,
        }));
    }
    let human = format!("{}\n* is used unless --adapter, --backend or WGPU_* say otherwise\n", table.text());
    survey.end(json!(results), &human, &[table.section()])
}

fn bytes(count: u64) -> String {
    match count {
        0..0x400 => format!("{count} B"),
        0x400..0x10_0000 => format!("{} KiB", count >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", count >> 20),
        _ => format!("{:.1} GiB", count as f64 / f64::from(1 << 30)),
    }
}

/// Tests the adapters.
pub fn examine(common: &Common, started: Instant) -> Result<u8> {
    let survey = Survey::begin("doctor", common, started)?;
    let selected = survey.selected.index;
    let (mut human, mut sections, mut results) = (String::new(), Vec::new(), Vec::new());
    let mut healthy = true;
    for adapter in adapters() {
        if !common.quiet {
            say(&format!("spinfield: testing [{}] {adapter}", adapter.index));
        }
        let checks = checks_of(&adapter);
        let passed = checks.iter().all(|(_, passed, _)| *passed);
        healthy &= passed || adapter.index != selected;
        let verdict = if passed { "computes correctly" } else { "CANNOT BE TRUSTED" };
        let used = if adapter.index == selected { " (the one that is used)" } else { "" };
        let headline = format!("[{}] {adapter}{used}: {verdict}", adapter.index);
        let mut table = Table::new(&[]);
        let mut listed: Vec<Value> = Vec::new();
        for (name, passed, detail) in checks {
            table.push(vec![if passed { "ok" } else { "FAILED" }.into(), name.clone(), detail.clone()]);
            listed.push(json!({"name": name, "passed": passed, "detail": detail}));
        }
        human.push_str(&format!("{headline}\n{}\n", table.text()));
        sections.extend([Section::Heading(headline), table.section()]);
        let name = adapter.name;
        results.push(json!({"index": adapter.index, "name": name, "checks": listed, "passed": passed}));
    }
    survey.end(json!(results), &human, &sections)?;
    Ok(if healthy { 0 } else { 6 })
}

/// Name, success and detail of every check. An adapter that cannot be opened has failed one.
fn checks_of(adapter: &AdapterDescription) -> Vec<(String, bool, String)> {
    let request = AdapterRequest { adapter: Some(adapter.index.to_string()), backend: None };
    match Gpu::request(&request) {
        Ok(gpu) => {
            let checks = gpu.self_test().into_iter();
            checks.map(|check| (check.name.to_string(), check.passed, check.detail)).collect()
        }
        Err(error) => vec![("device".into(), false, one_line(&error.to_string()))],
    }
}

/// A subcommand that runs no simulation.
struct Survey<'a> {
    command: &'static str,
    common: &'a Common,
    selected: AdapterDescription,
    folder: Option<OutputFolder>,
    started: Instant,
    running: Instant,
}

impl<'a> Survey<'a> {
    /// Finds the adapter, and makes the folder before anything is run.
    fn begin(command: &'static str, common: &'a Common, started: Instant) -> Result<Self> {
        let selected = select(&common.request())?;
        let folder = common.out.as_ref().map(|out| OutputFolder::create(out, common.force)).transpose()?;
        Ok(Self { command, common, selected, folder, started, running: Instant::now() })
    }

    fn end(self, results: Value, human: &str, sections: &[Section]) -> Result<u8> {
        let (setup, run) = (self.running.duration_since(self.started), self.running.elapsed());
        let parameters = self.common.parameters();
        let mut result = envelope(self.command, self.common.seed, &self.selected, &parameters, &[]);
        result.insert("timing".into(), timing(setup, run, 0));
        result.insert("results".into(), results);
        let json = || text_of(&Value::Object(result), std::iter::empty());
        let human = format!("{}\n", human.trim_end_matches('\n'));
        deliver(self.common, self.folder.as_ref(), (json, &human), |folder| {
            let title = format!("spinfield {}", self.command);
            Ok(folder.write_text("report.html", &report_html(&title, sections))?)
        })
    }
}
