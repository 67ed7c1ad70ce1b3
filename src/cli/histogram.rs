//! How often values occur.

/// The middles of cells of equal width, the counts in them, and their errors, the roots of the counts. Values that are no
/// numbers are left out; equal ones share a single cell.
pub fn histogram(values: &[f64], cells: usize) -> Vec<(f64, f64, Option<f64>)> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low >= high {
        let count = finite().count() as f64;
        return if count > 0.0 { vec![(low, count, Some(count.sqrt()))] } else { Vec::new() };
    }
    let cells = cells.max(1);
    let width = (high - low) / cells as f64;
    let mut counts = vec![0u32; cells];
    for value in finite() {
        let cell = ((value - low) / width) as usize;
        counts[cell.min(cells - 1)] += 1;
    }
    let point = |(cell, count): (usize, u32)| {
        (low + (cell as f64 + 0.5) * width, f64::from(count), Some(f64::from(count).sqrt()))
    };
    counts.into_iter().enumerate().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_counted_once() {
        let values = [0.0, 0.1, 0.5, 1.0, 2.0, f64::NAN];
        let counted = histogram(&values, 4);
        assert_eq!(counted.iter().map(|cell| cell.1).collect::<Vec<_>>(), [2.0, 1.0, 1.0, 1.0]);
        assert_eq!((counted[0].0, counted[3].2), (0.25, Some(1.0)));
        assert_eq!(histogram(&[3.0; 9], 5), [(3.0, 9.0, Some(3.0))]);
        assert!(histogram(&[f64::NAN], 5).is_empty());
    }
}
