//! Results of before, for `spinfield bench --baseline`.

use super::bench_timing::Spread;
use serde_json::{Value, json};
use spinfield::Error;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of what `results` holds; another one cannot be compared.
pub const FORMAT: u64 = 1;

/// An earlier result.
#[derive(Debug, Clone)]
pub struct Baseline {
    path: PathBuf,
    version: Value,
    adapter: Value,
    cases: BTreeMap<String, Spread>,
}

/// One case now and before.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    /// The rates of before.
    pub before: Spread,
    /// The medians' ratio, now to before: above 1 is faster.
    pub ratio: f64,
    /// Whether each median lies outside of what the other's repetitions span.
    pub outside: bool,
}

impl Comparison {
    /// For the record.
    pub fn json(&self) -> Value {
        json!({"updates_per_ns": self.before.json(), "ratio": self.ratio, "outside_spread": self.outside})
    }
}

impl Baseline {
    /// Reads the output of `spinfield bench --json`, or the `result.json` of its folder, of the same suite.
    pub fn read(path: &Path, suite: &str) -> Result<Self, Error> {
        let hint = "give the output of `spinfield bench --json`, or the result.json of its --out";
        let text = std::fs::read(path).map_err(|error| Error::file(path, error, hint))?;
        let result: Value =
            serde_json::from_slice(&text).map_err(|error| Error::file(path, format!("no JSON: {error}"), hint))?;
        if result["command"] != "bench" {
            return Err(Error::file(path, "not a result of `spinfield bench`", hint));
        }
        let results = &result["results"];
        if results["format"] != FORMAT {
            let problem = format!("its results have format {}, this program writes {FORMAT}", results["format"]);
            return Err(Error::file(path, problem, "make the baseline again with this version"));
        }
        if results["suite"] != suite {
            let problem = format!("it is of suite {}, this run is of \"{suite}\"", results["suite"]);
            return Err(Error::file(path, problem, "compare the same suites"));
        }
        let case = |case: &Value| {
            let name = case["name"].as_str()?.to_string();
            Some((name, Spread::from_json(&case["updates_per_ns"])?))
        };
        let cases: Option<BTreeMap<_, _>> =
            results["cases"].as_array().and_then(|list| list.iter().map(case).collect());
        let cases = cases.ok_or_else(|| Error::file(path, "a case without a name or rates", hint))?;
        Ok(Self { path: path.into(), version: result["version"].clone(), adapter: result["adapter"].clone(), cases })
    }

    /// A case of the same name, if there is one.
    pub fn compare(&self, name: &str, now: &Spread) -> Option<Comparison> {
        let before = *self.cases.get(name)?;
        Some(Comparison { before, ratio: now.median / before.median, outside: now.differs_from(&before) })
    }

    /// The adapter of before where it is another than now.
    pub fn other_adapter(&self, now: &Value) -> Option<String> {
        let name = |adapter: &Value| ["name", "driver"].map(|key| adapter[key].as_str().unwrap_or("?").to_string());
        (name(&self.adapter) != name(now)).then(|| name(&self.adapter).join(", "))
    }

    /// Cases of before that were not run now.
    pub fn not_run(&self, names: &[String]) -> Vec<String> {
        self.cases.keys().filter(|name| !names.contains(name)).cloned().collect()
    }

    /// Cases of now that the baseline lacks.
    pub fn lacks(&self, names: &[String]) -> Vec<String> {
        names.iter().filter(|name| !self.cases.contains_key(*name)).cloned().collect()
    }

    /// For the record.
    pub fn json(&self, names: &[String]) -> Value {
        json!({
            "file": self.path.display().to_string(), "version": self.version, "adapter": self.adapter,
            "not_run": self.not_run(names), "not_in_baseline": self.lacks(names),
        })
    }
}
