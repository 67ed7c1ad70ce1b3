//! What one sample of the couplings gave, as data for a checkpoint.

use super::keeper::Part;
use super::lattice::{Measured, Reading};
use super::overlap_distribution::Distribution;
use super::pairwise::OfSample;
use spinfield::io::checkpoint::Sections;
use spinfield::{Error, Estimate, Patterns, Result};

/// All readings of a point by name.
const NAMES: [&str; 19] = [
    "energy",
    "magnetization",
    "abs_magnetization",
    "magnetization2",
    "magnetization4",
    "binder",
    "specific_heat",
    "susceptibility",
    "overlap2",
    "overlap4",
    "overlap_binder",
    "link_overlap",
    "lowest_energy",
    "cut",
    "best_cut",
    "swap_acceptance",
    "round_trips",
    "acceptance",
    "r_hat",
];

impl Part for OfSample {
    fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("seed", &self.seed.into_iter().collect::<Vec<u64>>());
        sections.put_numbers("counts", &[self.points.len(), self.overlaps.len()].map(|count| count as u64));
        sections.put_numbers("work", &[self.updates]);
        sections.put_numbers("neurons", &[self.states.neurons() as u64]).put_numbers("states", self.states.bits());
        for (number, point) in self.points.iter().enumerate() {
            sections.nest(&format!("point {number}"), of_point(point));
        }
        for (number, overlaps) in self.overlaps.iter().enumerate() {
            let mut distribution = Sections::new();
            distribution.put_numbers("overlaps", &overlaps.overlaps);
            let densities: Vec<f64> = overlaps.densities.iter().flat_map(numbers_of).collect();
            distribution.put_numbers("densities", &densities);
            sections.nest(&format!("overlaps {number}"), distribution);
        }
        sections
    }

    fn restore(saved: &Sections) -> Result<Self> {
        let [points, overlaps] = saved.array::<u64, 2>("counts")?;
        let nested = |name: String| saved.within(&name).ok_or_else(|| unknown(&name));
        let distribution = |number| -> Result<Distribution> {
            let saved = nested(format!("overlaps {number}"))?;
            let densities = saved.numbers::<f64>("densities")?.chunks_exact(3).map(estimate_of).collect();
            Ok(Distribution { overlaps: saved.numbers("overlaps")?, densities })
        };
        let ([neurons], [updates]) = (saved.array::<u64, 1>("neurons")?, saved.array("work")?);
        Ok(Self {
            seed: saved.numbers("seed")?.first().copied(),
            points: (0..points).map(|number| point_of(&nested(format!("point {number}"))?)).collect::<Result<_>>()?,
            overlaps: (0..overlaps).map(distribution).collect::<Result<_>>()?,
            states: Patterns::from_words(neurons as usize, saved.numbers("states")?)?,
            updates,
        })
    }
}

fn of_point(point: &Measured) -> Sections {
    let names: Vec<&str> = point.readings.iter().map(|reading| reading.0).collect();
    let at: Vec<f64> = point.at.iter().map(|at| at.1).collect();
    let (mut kinds, mut values) = (Vec::new(), Vec::new());
    for (_, reading) in &point.readings {
        let (kind, numbers) = match reading {
            Reading::Estimate(Some(estimate)) => (0, numbers_of(estimate)),
            Reading::Estimate(None) => (1, [f64::NAN; 3]),
            Reading::Number(Some(number)) => (2, [*number; 3]),
            Reading::Number(None) => (3, [f64::NAN; 3]),
        };
        kinds.push(kind);
        values.extend(numbers);
    }
    let mut sections = Sections::new();
    sections.put("names", names.join("\n").into_bytes()).put("kinds", kinds);
    sections.put_numbers("values", &values).put_numbers("beta", &at);
    sections
}

fn point_of(saved: &Sections) -> Result<Measured> {
    let (kinds, values) = (saved.get("kinds")?, saved.numbers::<f64>("values")?);
    let reading = |((name, kind), values): ((&str, &u8), &[f64])| {
        let known = NAMES.into_iter().find(|known| *known == name).ok_or_else(|| unknown(name))?;
        let reading = match (kind, values.first()) {
            (0, _) => Reading::Estimate(Some(estimate_of(values))),
            (1, _) => Reading::Estimate(None),
            (2, number) => Reading::Number(number.copied()),
            _ => Reading::Number(None),
        };
        Ok((known, reading))
    };
    let readings = saved.text("names")?.split('\n').zip(kinds).zip(values.chunks_exact(3)).map(reading);
    let at = saved.numbers("beta")?.into_iter().map(|beta| ("beta", beta)).collect();
    Ok(Measured { at, readings: readings.collect::<Result<_>>()? })
}

fn unknown(name: &str) -> Error {
    let hint = "it is of another version of the program: begin again with --force";
    Error::input("reading of a checkpoint", "a known one", format!("`{name}`"), hint)
}

/// What there is none of is NaN: no estimate has an error or a time that is.
fn numbers_of(estimate: &Estimate) -> [f64; 3] {
    [estimate.mean, estimate.error.unwrap_or(f64::NAN), estimate.tau.unwrap_or(f64::NAN)]
}

fn estimate_of(numbers: &[f64]) -> Estimate {
    let some = |number: usize| numbers.get(number).copied().filter(|number| !number.is_nan());
    Estimate { mean: numbers.first().copied().unwrap_or(f64::NAN), error: some(1), tau: some(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_comes_back() {
        let estimate = Estimate { mean: -1.25, error: Some(1e-3), tau: None };
        let readings = vec![
            ("energy", Reading::Estimate(Some(estimate))),
            ("overlap2", Reading::Estimate(None)),
            ("lowest_energy", Reading::Number(Some(-1.5))),
            ("r_hat", Reading::Number(None)),
        ];
        let sample = OfSample {
            seed: Some(u64::MAX),
            points: vec![Measured { at: vec![("beta", 0.5)], readings }],
            overlaps: vec![Distribution {
                overlaps: vec![-1.0, 1.0],
                densities: vec![estimate, Estimate::single(2.0)],
            }],
            states: Patterns::from_words(33, vec![1, 1, 2, 0]).unwrap(),
            updates: 7,
        };
        let back = OfSample::restore(&sample.save()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{sample:?}"));
        assert_eq!(OfSample::restore(&OfSample { seed: None, ..sample }.save()).unwrap().seed, None);
        assert!(OfSample::restore(&Sections::new()).is_err());
    }
}
