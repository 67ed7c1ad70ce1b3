//! What a search has found, and how far fits of resampled data spread about it: what a fit keeps of its stages that have ended.

use super::pseudo_likelihood::Step;
use crate::error::Result;
use crate::io::checkpoint::{Sections, unfit};

/// Parameters of neurons of which none is constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub parameters: Vec<f64>,
    pub converged: bool,
    pub course: Vec<Step>,
    /// Of the bootstrap, if there was one.
    pub errors: Option<Vec<f64>>,
}

/// The spread of fits of blocks of ticks that are drawn with replacement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bootstrap {
    sums: Vec<f64>,
    squares: Vec<f64>,
    made: usize,
}

impl Found {
    /// As data.
    pub fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("parameters", &self.parameters).put_numbers("converged", &[u8::from(self.converged)]);
        sections.put_numbers("course", &numbers_of(&self.course));
        if let Some(errors) = &self.errors {
            sections.put_numbers("errors", errors);
        }
        sections
    }

    /// From what was [saved](Self::save) of as many parameters.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) for what was saved of another search.
    pub fn restore(saved: &Sections, parameters: usize) -> Result<Self> {
        let [converged] = saved.array::<u8, 1>("converged")?;
        let errors = saved.get("errors").is_ok().then(|| saved.as_many("errors", parameters)).transpose()?;
        let found = saved.as_many("parameters", parameters)?;
        Ok(Self { parameters: found, converged: converged != 0, course: course_of(saved)?, errors })
    }
}

/// The course of a search as numbers.
pub(crate) fn numbers_of(course: &[Step]) -> Vec<f64> {
    course.iter().flat_map(|step| [step.misfit, step.deviation]).collect()
}

/// The course of a search from the section `course`.
pub(crate) fn course_of(saved: &Sections) -> Result<Vec<Step>> {
    Ok(pairs(saved, "course")?.into_iter().map(|[misfit, deviation]| Step { misfit, deviation }).collect())
}

/// The numbers of a section, two and two.
pub(crate) fn pairs(saved: &Sections, name: &str) -> Result<Vec<[f64; 2]>> {
    let numbers = saved.numbers::<f64>(name)?;
    match numbers.as_chunks() {
        (pairs, []) => Ok(pairs.into()),
        _ => Err(unfit(name, "pairs of numbers", numbers.len())),
    }
}

impl Bootstrap {
    /// No fit yet, of so many parameters.
    pub fn new(parameters: usize) -> Self {
        Self { sums: vec![0.0; parameters], squares: vec![0.0; parameters], made: 0 }
    }

    /// Takes a fit in; `centre` is that of the data themselves.
    pub fn take(&mut self, fit: &[f64], centre: &[f64]) {
        let sums = self.sums.iter_mut().zip(&mut self.squares);
        for ((sum, square), (value, centre)) in sums.zip(fit.iter().zip(centre)) {
            *sum += value - centre;
            *square += (value - centre).powi(2);
        }
        self.made += 1;
    }

    /// Fits taken in.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Standard errors of the parameters, from so many blocks of ticks: those that are drawn from B blocks vary about the
    /// blocks' own mean, not that of the process, by less than that by a factor of (B − 1)/B in the variance.
    pub fn errors(&self, blocks: usize) -> Vec<f64> {
        let [count, blocks] = [self.made, blocks].map(|count| count as f64);
        let unbiased = blocks / (blocks - 1.0) / (count - 1.0);
        let error = |(sum, square): (&f64, &f64)| (unbiased * (square - sum * sum / count)).max(0.0).sqrt();
        self.sums.iter().zip(&self.squares).map(error).collect()
    }

    /// As data.
    pub fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("made", &[self.made as u64]);
        sections.put_numbers("sums", &self.sums).put_numbers("squares", &self.squares);
        sections
    }

    /// From what was [saved](Self::save) of as many parameters.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) for what was saved of another fit.
    pub fn restore(saved: &Sections, parameters: usize) -> Result<Self> {
        let [made] = saved.array::<u64, 1>("made")?;
        let [sums, squares] = ["sums", "squares"].map(|name| saved.as_many(name, parameters));
        let (sums, squares) = (sums?, squares?);
        Ok(Self { sums, squares, made: made as usize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_standard_errors_and_come_back() {
        let mut bootstrap = Bootstrap::new(2);
        for fit in [[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]] {
            bootstrap.take(&fit, &[7.0, 5.0]);
        }
        // The variance of 1, 2, 3 is 1, wherever the centre is; of four blocks, 4/3 as much.
        assert_eq!((bootstrap.made(), bootstrap.errors(4)), (3, vec![f64::sqrt(4.0 / 3.0), 0.0]));
        assert_eq!(Bootstrap::restore(&bootstrap.save(), 2).unwrap(), bootstrap);
        assert!(Bootstrap::restore(&bootstrap.save(), 3).is_err());
        let course = vec![Step { misfit: 0.5, deviation: 2.0 }, Step { misfit: 0.25, deviation: 1.0 }];
        for errors in [None, Some(vec![0.1, 0.2])] {
            let found = Found { parameters: vec![0.5, -1.0], converged: true, course: course.clone(), errors };
            assert_eq!(Found::restore(&found.save(), 2).unwrap(), found);
        }
        let found = Found { parameters: vec![0.5, -1.0], converged: true, course, errors: None };
        assert!(Found::restore(&found.save(), 1).is_err() && Found::restore(&Sections::new(), 0).is_err());
    }
}
