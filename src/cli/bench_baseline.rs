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
    cases: BTreeMap<String, (Spread, Work)>,
}

/// Sites of a chain, chains, sweeps of a repetition: rates of different work compare badly.
pub type Work = [u64; 3];

/// One case now and before.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    /// The rates of before.
    pub before: Spread,
    /// The medians' ratio, now to before: above 1 is faster.
    pub ratio: f64,
    /// Whether each median lies outside of what the other's repetitions span.
    pub outside: bool,
    /// Whether a repetition made the same sweeps of the same chains.
    pub same_work: bool,
}

impl Comparison {
    /// For the record.
    pub fn json(&self) -> Value {
        json!({
            "updates_per_ns": self.before.json(), "ratio": self.ratio, "outside_spread": self.outside,
            "same_work": self.same_work,
        })
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
            let number = |key: &str| case[key].as_u64();
            let work = [number("sites")?, number("chains")?, number("sweeps")?];
            Some((name, (Spread::from_json(&case["updates_per_ns"])?, work)))
        };
        let cases: Option<BTreeMap<_, _>> =
            results["cases"].as_array().and_then(|list| list.iter().map(case).collect());
        let cases = cases.ok_or_else(|| Error::file(path, "a case without a name, its work or its rates", hint))?;
        Ok(Self { path: path.into(), version: result["version"].clone(), adapter: result["adapter"].clone(), cases })
    }

    /// A case of the same name, if there is one.
    pub fn compare(&self, name: &str, now: &Spread, work: Work) -> Option<Comparison> {
        let (before, work_before) = *self.cases.get(name)?;
        let ratio = now.median / before.median;
        Some(Comparison { before, ratio, outside: now.differs_from(&before), same_work: work == work_before })
    }

    /// Forgets the cases that were not asked for.
    pub fn keep(&mut self, asked: impl Fn(&str) -> bool) {
        self.cases.retain(|name, _| asked(name));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> Value {
        let rates = Spread::of(vec![1.0, 2.0, 4.0]).json();
        let case = |name: &str| json!({"name": name, "sites": 16, "chains": 1, "sweeps": 3, "updates_per_ns": rates});
        json!({
            "command": "bench", "version": "0", "adapter": {"name": "a", "driver": "d"},
            "results": {"format": FORMAT, "suite": "quick", "cases": [case("a/1"), case("a/2")]},
        })
    }

    fn read(name: &str, result: &Value) -> Result<Baseline, Error> {
        let path = std::env::temp_dir().join(format!("spinfield-baseline-{name}-{}.json", std::process::id()));
        std::fs::write(&path, result.to_string()).unwrap();
        let baseline = Baseline::read(&path, "quick");
        std::fs::remove_file(&path).unwrap();
        baseline
    }

    #[test]
    fn a_result_against_itself_has_ratio_1() {
        let baseline = read("itself", &result()).unwrap();
        let now = Spread::of(vec![1.0, 2.0, 4.0]);
        let comparison = baseline.compare("a/1", &now, [16, 1, 3]).unwrap();
        assert_eq!((comparison.ratio, comparison.outside, comparison.same_work), (1.0, false, true));
        let comparison = baseline.compare("a/1", &Spread::of(vec![5.0, 6.0, 7.0]), [16, 1, 4]).unwrap();
        assert_eq!((comparison.ratio, comparison.outside, comparison.same_work), (3.0, true, false));
        assert!(baseline.compare("a/3", &now, [16, 1, 3]).is_none());
        let names = ["a/2".to_string(), "a/3".to_string()];
        assert_eq!((baseline.not_run(&names), baseline.lacks(&names)), (vec!["a/1".into()], vec!["a/3".into()]));
        assert_eq!(baseline.other_adapter(&json!({"name": "a", "driver": "d"})), None);
        assert_eq!(baseline.other_adapter(&json!({"name": "b", "driver": "d"})).unwrap(), "a, d");
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        let broken = |name: &str, change: &dyn Fn(&mut Value)| {
            let mut result = result();
            change(&mut result);
            read(name, &result).unwrap_err().to_string()
        };
        assert!(broken("command", &|r| r["command"] = json!("sample")).contains("not a result"));
        assert!(broken("format", &|r| r["results"]["format"] = json!(FORMAT + 1)).contains("format 2"));
        assert!(broken("suite", &|r| r["results"]["suite"] = json!("full")).contains("suite \"full\""));
        assert!(
            broken("rates", &|r| r["results"]["cases"][1]["updates_per_ns"]["median"] = json!(0)).contains("a case")
        );
        assert!(broken("cases", &|r| r["results"]["cases"] = json!(7)).contains("a case"));
        assert!(broken("list", &|r| *r = json!([1])).contains("not a result"));
    }
}
