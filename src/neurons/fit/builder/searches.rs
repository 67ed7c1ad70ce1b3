//! The searches of a fit: one method each.

use super::{FitBuilder, Method};
use crate::attendant::{Attendant, Within};
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

/// The state of a search under way, and the end of that of the data themselves.
const SEARCH: &str = "search";
pub(super) const FOUND: &str = "found";

impl FitBuilder<'_> {
    /// Fits neurons of which none is constant. What is saved goes on here, too, where the search has ended.
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
                self.learn(raster, &counts, from, attendant)
            }
            Method::PseudoLikelihood | Method::Kinetic => {
                self.check_events(&counts, chosen)?;
                self.maximise((raster, &counts), from, attendant)
            }
        }
    }

    fn learn(
        &self,
        raster: &Raster,
        counts: &SpikeCounts,
        from: Option<&Sections>,
        attendant: &mut dyn Attendant,
    ) -> Result<Found> {
        if raster.ticks() <= self.lags {
            let hint = "use trials that are longer than the lags";
            return Err(Error::input(
                "ticks of a trial",
                format!("more than {} lags", self.lags),
                raster.ticks(),
                hint,
            ));
        }
        let strength = self.prior.strength().unwrap_or(0.0);
        let centred = Centred::new(counts).with_events_in_time();
        let start = centred.parameters(&centred.independent());
        let mut sampler = Sampler::new(&self.gpu, counts.layout, &start, (self.ticks()[0], self.lags), self.seed)?;
        let from = from.and_then(|from| from.within(SEARCH));
        let mut attendant =
            Within::new(attendant, self.span(Stage::Search), |search| Sections::new().with(SEARCH, search));
        let keeping = (from.as_ref(), &mut attendant as &mut dyn Attendant);
        learn((raster, counts), &mut sampler, (&centred, strength), self.steps, keeping)
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
        let mut under_way = saved(SEARCH);
        let (mut found, mut bootstrap) = match (saved(FOUND), saved("bootstrap")) {
            (Some(found), Some(bootstrap)) => (Found::restore(&found, all)?, Bootstrap::restore(&bootstrap, all)?),
            _ => {
                let mut attendant =
                    Within::new(attendant, self.span(Stage::Search), |search| Sections::new().with(SEARCH, search));
                let found = objective.maximise((under_way.take().as_ref(), &mut attendant))?;
                (found, Bootstrap::new(all))
            }
        };
        // Of no samples there is no span, and nothing is told of it.
        let mut attendant = Within::new(attendant, self.span(Stage::Bootstrap), |state| state);
        let state = |found: &Found, bootstrap: &Bootstrap| {
            Sections::new().with(FOUND, found.save()).with("bootstrap", bootstrap.save())
        };
        while bootstrap.made() < self.bootstrap {
            let span = [0, 1].map(|more| (bootstrap.made() + more) as f64 / self.bootstrap as f64);
            let mut of_sample =
                Within::new(&mut attendant, span, |search| state(&found, &bootstrap).with(SEARCH, search));
            let (sample, search) = ((bootstrap.made(), self.seed), under_way.take());
            let resampled = objective.resampled(&found.parameters, sample, (search.as_ref(), &mut of_sample))?;
            bootstrap.take(&resampled, &found.parameters);
            attendant.progress(span[1]);
            if attendant.due() {
                attendant.save(state(&found, &bootstrap))?;
            }
        }
        found.errors = (self.bootstrap > 0).then(|| bootstrap.errors(blocks));
        Ok(found)
    }

    /// What a fit does one after the other, as fractions of it: each stage as much as the others.
    pub(super) fn span(&self, stage: Stage) -> [f64; 2] {
        let stages =
            [Some(Stage::Search), (self.bootstrap > 0).then_some(Stage::Bootstrap), self.check.then_some(Stage::Check)];
        let (before, all) =
            (stages.iter().flatten().take_while(|of| **of != stage).count(), stages.iter().flatten().count());
        [before, before + 1].map(|stages| stages as f64 / all as f64)
    }
}

/// A part of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Search,
    Bootstrap,
    Check,
}
