//! The searches of a fit: one method each.

use super::{FitBuilder, Method};
use crate::attendant::Attendant;
use crate::error::{Error, Result};
use crate::io::checkpoint::Sections;
use crate::neurons::Raster;
use crate::neurons::fit::boltzmann::learn;
use crate::neurons::fit::centred::Centred;
use crate::neurons::fit::conditionals::Conditionals;
use crate::neurons::fit::counts::SpikeCounts;
use crate::neurons::fit::found::{Bootstrap, Found};
use crate::neurons::fit::mean_field::{Order, mean_field};
use crate::neurons::fit::pseudo_likelihood::Objective;
use crate::neurons::fit::sampler::Sampler;

impl FitBuilder<'_> {
    /// Fits neurons of which none is constant.
    pub(super) fn search(
        &self,
        (raster, chosen): (&Raster, &[usize]),
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> Result<Found> {
        let counts = SpikeCounts::of(raster, self.lags, self.method.reading())?;
        let by_covariance = |order| -> Result<Found> {
            let field = mean_field(&counts, order, self.prior.strength().unwrap_or(0.0))?;
            Ok(Found {
                parameters: counts.layout.parameters(&field),
                converged: true,
                course: Vec::new(),
                errors: None,
            })
        };
        match self.method {
            Method::MeanField => by_covariance(Order::Naive),
            Method::Tap => by_covariance(Order::Tap),
            Method::Boltzmann => {
                self.check_events(&counts, chosen)?;
                self.learn(raster, &counts)
            }
            Method::PseudoLikelihood | Method::Kinetic => {
                self.check_events(&counts, chosen)?;
                self.maximise((raster, &counts), from, attendant)
            }
        }
    }

    fn learn(&self, raster: &Raster, counts: &SpikeCounts) -> Result<Found> {
        let strength = self.prior.strength().unwrap_or(0.0);
        let centred = Centred::new(counts);
        let start = centred.parameters(&centred.independent());
        let mut sampler = Sampler::new(&self.gpu, counts.layout, &start, (self.ticks()[0], self.lags), self.seed)?;
        let (parameters, converged, course) = learn((raster, counts), &mut sampler, (&centred, strength), self.steps)?;
        Ok(Found { parameters, converged, course, errors: None })
    }

    /// The largest likelihood, and how far those of resampled blocks of ticks lie about it.
    fn maximise(
        &self,
        (raster, counts): (&Raster, &SpikeCounts),
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> Result<Found> {
        let conditionals = Conditionals::new(&self.gpu, raster, self.lags, self.method.reading())?;
        let mut objective = Objective::new(conditionals, counts, self.prior, self.steps);
        let blocks = objective.blocks().len();
        if self.bootstrap > 0 && blocks < 2 {
            let hint = "a bootstrap draws blocks of at least 32 ticks: leave it out";
            return Err(Error::input("blocks of ticks of the bootstrap", "at least 2", blocks, hint));
        }
        let all = counts.layout.len();
        let saved = |name: &str| from.and_then(|from| from.within(name));
        let (mut found, mut bootstrap) = match (saved("found"), saved("bootstrap")) {
            (Some(found), Some(bootstrap)) => (Found::restore(&found, all)?, Bootstrap::restore(&bootstrap, all)?),
            _ => {
                let (parameters, converged, course) = objective.maximise()?;
                (Found { parameters, converged, course, errors: None }, Bootstrap::new(all))
            }
        };
        while bootstrap.made() < self.bootstrap {
            attendant.progress(bootstrap.made() as f64 / self.bootstrap as f64);
            if attendant.due() {
                let mut state = Sections::new();
                state.nest("found", found.save()).nest("bootstrap", bootstrap.save());
                attendant.save(state)?;
            }
            let resampled = objective.resampled(&found.parameters, bootstrap.made(), self.seed)?;
            bootstrap.take(&resampled, &found.parameters);
        }
        found.errors = (self.bootstrap > 0).then(|| bootstrap.errors(blocks));
        Ok(found)
    }
}
