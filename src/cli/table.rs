//! Tables for people, and numbers for JSON.

use serde_json::{Value, json};
use spinfield::Estimate;
use spinfield::report::plot::Section;

/// Cells in rows and columns.
#[derive(Debug, Clone, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(header: &[&str]) -> Self {
        Self { header: header.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// For a terminal: columns of numbers to the right, others to the left.
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(self.header.len());
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let width = |text: &str| text.chars().count();
        let all = || std::iter::once(&self.header).chain(&self.rows);
        let widths: Vec<usize> = (0..columns).map(|c| all().map(|r| width(&cell(r, c))).max().unwrap_or(0)).collect();
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'));
        let numeric: Vec<bool> = (0..columns)
            .map(|c| self.rows.iter().map(|row| cell(row, c)).all(|text| text.is_empty() || is_number(&text)))
            .collect();
        let mut text = String::new();
        for row in all().filter(|row| !row.is_empty()) {
            let mut line = String::new();
            for column in 0..columns {
                let cell = cell(row, column);
                let pad = " ".repeat(widths[column] - width(&cell));
                line.push_str("  ");
                line.push_str(&if numeric[column] { pad + &cell } else { cell + &pad });
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// For a page.
    pub fn section(&self) -> Section {
        Section::Table { header: self.header.clone(), rows: self.rows.clone() }
    }
}

/// An estimate as `{"mean", "error", "tau"}`; what is not finite becomes null.
pub fn estimate(value: &Estimate) -> Value {
    json!({"mean": value.mean, "error": value.error, "tau": value.tau})
}

/// A parameter's number, as short as it can be told.
pub fn short(value: f64) -> String {
    // Points of a range carry rounding errors in the 16th digit.
    let rounded = format!("{value:.12}");
    let rounded = rounded.trim_end_matches('0').trim_end_matches('.');
    if value != 0.0 && (value.abs() < 1e-6 || value.abs() >= 1e9) { format!("{value:e}") } else { rounded.into() }
}

/// A load to five digits: one of real patterns is a fraction of their neurons.
pub fn short_load(load: f64) -> String {
    let digits = 4 - load.abs().max(1e-9).log10().floor() as i32;
    let scale = 10f64.powi(digits);
    short((load * scale).round() / scale)
}

/// A JSON value in a table for people.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.len() > 12 => {
            let ends = [&items[0], &items[1], &items[items.len() - 1]].map(plain);
            format!("{}, {}, ... {} ({} values)", ends[0], ends[1], ends[2], items.len())
        }
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Number(number) => number.as_f64().filter(|_| number.is_f64()).map_or(number.to_string(), short),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_not_json() {
        let value = estimate(&Estimate { mean: f64::NAN, error: Some(f64::INFINITY), tau: None });
        assert_eq!(value.to_string(), r#"{"error":null,"mean":null,"tau":null}"#);
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["name", "x"]);
        table.push(vec!["a".into(), "-1.5(2)".into()]);
        table.push(vec!["long name".into(), "10".into()]);
        assert_eq!(table.text(), "  name             x\n  a          -1.5(2)\n  long name       10\n");
        assert_eq!(Table::default().text(), "");
    }

    #[test]
    fn parameters_are_short() {
        for (value, text) in [(0.1 + 0.2, "0.3"), (1e-9, "1e-9"), (64.0, "64"), (-2.5, "-2.5"), (0.0, "0")] {
            assert_eq!(short(value), text);
        }
        assert_eq!(plain(&json!([1, 0.5, null, "a"])), "1, 0.5, -, a");
    }
}
