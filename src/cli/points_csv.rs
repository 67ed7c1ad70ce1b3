//! `--csv`: the points of a result as a table that every program reads.

use serde_json::{Map, Value};

/// Lists of a result that are tables of points, the first of which is written.
const LISTS: [&str; 2] = ["points", "epochs"];

/// The table of a result that has one: a line a point under a line of names. An estimate `x` takes the columns `x`, its mean,
/// `x_error` and `x_tau`; what is null is empty. Lists within a point are left out.
pub fn table(results: &Value) -> Option<String> {
    let points = LISTS.iter().find_map(|list| results.get(list)?.as_array())?;
    let rows: Vec<Vec<(String, String)>> = points.iter().filter_map(Value::as_object).map(row).collect();
    // A point may lack what others have.
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut text = names.join(",") + "\n";
    for row in &rows {
        let field = |name: &&str| row.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value);
        text.push_str(&names.iter().map(field).collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    Some(text)
}

fn row(point: &Map<String, Value>) -> Vec<(String, String)> {
    let mut row = Vec::new();
    for (name, value) in point {
        match value {
            Value::Object(estimate) if estimate.contains_key("mean") => {
                row.push((name.clone(), estimate.get("mean").map_or_else(String::new, field)));
                for part in ["error", "tau"] {
                    row.push((format!("{name}_{part}"), estimate.get(part).map_or_else(String::new, field)));
                }
            }
            Value::Object(_) | Value::Array(_) => {}
            value => row.push((name.clone(), field(value))),
        }
    }
    row
}

/// One field, in quotes where it needs them (RFC 4180).
fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.contains([',', '"', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn estimates_take_three_columns() {
        let estimate = json!({"mean": 0.5, "error": 0.1, "tau": null});
        let results = json!({"sites": 4, "points": [
            {"beta": 1.0, "energy": estimate, "method": "a,\"b\""},
            {"beta": 2.0, "energy": null, "swaps": 3, "list": [1, 2]},
        ]});
        let text = table(&results).unwrap();
        let wanted = "beta,energy,energy_error,energy_tau,method,swaps\n1.0,0.5,0.1,,\"a,\"\"b\"\"\",\n2.0,,,,,3\n";
        assert_eq!(text, wanted);
        assert_eq!(table(&json!({"cues": []})), None);
    }
}
