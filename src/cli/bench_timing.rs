//! Repetitions and their spread.

use serde_json::{Value, json};

/// Where repeated measurements lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The smallest.
    pub minimum: f64,
    /// A quarter lies below.
    pub lower_quartile: f64,
    /// Half lies below.
    pub median: f64,
    /// Three quarters lie below.
    pub upper_quartile: f64,
    /// The largest.
    pub maximum: f64,
}

impl Spread {
    /// Of at least one number; quantiles between two of them are interpolated.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let quantile = |part: f64| {
            let place = part * (values.len().max(1) - 1) as f64;
            let at = |place: f64| values.get(place as usize).copied().unwrap_or(f64::NAN);
            at(place.floor()) + (at(place.ceil()) - at(place.floor())) * place.fract()
        };
        Self {
            minimum: quantile(0.0),
            lower_quartile: quantile(0.25),
            median: quantile(0.5),
            upper_quartile: quantile(0.75),
            maximum: quantile(1.0),
        }
    }

    /// Names and values.
    pub fn fields(&self) -> [(&'static str, f64); 5] {
        [
            ("minimum", self.minimum),
            ("lower_quartile", self.lower_quartile),
            ("median", self.median),
            ("upper_quartile", self.upper_quartile),
            ("maximum", self.maximum),
        ]
    }

    /// For the record.
    pub fn json(&self) -> Value {
        json!(self.fields().into_iter().collect::<std::collections::BTreeMap<_, _>>())
    }

    /// From the record.
    pub fn from_json(value: &Value) -> Option<Self> {
        let field = |name: &str| value[name].as_f64().filter(|value| value.is_finite() && *value > 0.0);
        Some(Self {
            minimum: field("minimum")?,
            lower_quartile: field("lower_quartile")?,
            median: field("median")?,
            upper_quartile: field("upper_quartile")?,
            maximum: field("maximum")?,
        })
    }

    fn holds(&self, value: f64) -> bool {
        (self.minimum..=self.maximum).contains(&value)
    }

    /// Whether each median lies outside of what the other's repetitions span.
    pub fn differs_from(&self, other: &Self) -> bool {
        !self.holds(other.median) && !other.holds(self.median)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(spread.fields().map(|field| field.1), [1.0, 2.0, 3.0, 4.0, 5.0]);
        let spread = Spread::of(vec![2.0, 1.0]);
        assert_eq!(spread.fields().map(|field| field.1), [1.0, 1.25, 1.5, 1.75, 2.0]);
        assert_eq!(Spread::of(vec![7.0]).fields().map(|field| field.1), [7.0; 5]);
        assert_eq!(Spread::from_json(&spread.json()), Some(spread));
        assert_eq!(Spread::from_json(&json!({"median": 1.0})), None);
    }

    #[test]
    fn a_difference_is_one_that_no_repetition_showed() {
        let of = |values: [f64; 3]| Spread::of(values.to_vec());
        assert!(!of([1.0, 2.0, 3.0]).differs_from(&of([1.0, 2.0, 3.0])));
        assert!(of([1.0, 2.0, 3.0]).differs_from(&of([4.0, 5.0, 6.0])));
        // A wide spread on one side is enough to doubt.
        assert!(!of([1.0, 5.0, 5.5]).differs_from(&of([1.9, 2.0, 2.1])));
    }
}
