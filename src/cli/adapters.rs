//! `spinfield adapters` and `spinfield doctor`.

use super::Common;
use super::session::{print, say};
use super::table::Table;
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::gpu::{AdapterDescription, adapters, select};
use spinfield::io::output::{OutputFolder, RESULT_FILE};
use spinfield::report::plot::{Section, report_html};
use spinfield::{AdapterRequest, Error, Gpu};

/// Lists the adapters.
pub fn list(common: &Common) -> Result<u8> {
    let selected = select(&common.request())?.index;
    let folder = folder(common)?;
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
    deliver(common, folder, ("adapters", json!(results)), &human, vec![table.section()])
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
pub fn examine(common: &Common) -> Result<u8> {
    let selected = select(&common.request())?.index;
    let folder = folder(common)?;
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
    deliver(common, folder, ("doctor", json!(results)), &human, sections)?;
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
        Err(error) => vec![("device".into(), false, one_line(&error))],
    }
}

fn one_line(error: &Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Made before anything is run.
fn folder(common: &Common) -> Result<Option<OutputFolder>, Error> {
    common.out.as_ref().map(|out| OutputFolder::create(out, common.force)).transpose()
}

/// Files and output of a subcommand that runs no simulation.
fn deliver(
    common: &Common,
    folder: Option<OutputFolder>,
    (command, results): (&str, Value),
    human: &str,
    sections: Vec<Section>,
) -> Result<u8> {
    let result = json!({"command": command, "version": env!("CARGO_PKG_VERSION"), "results": results});
    if let Some(folder) = folder {
        folder.write_text("report.html", &report_html(&format!("spinfield {command}"), &sections))?;
        folder.write_json(RESULT_FILE, &result)?;
    }
    let human = human.trim_end_matches('\n');
    print(&if common.json { format!("{result:#}\n") } else { format!("{human}\n") })
}
