//! Boltzmann learning: the field whose moments are those of the data.

use super::centred::Centred;
use super::check::root_mean_square;
use super::counts::SpikeCounts;
use super::found::{Found, course_of, numbers_of};
use super::information::Information;
use super::pseudo_likelihood::Step;
use super::sampler::Sampler;
use crate::attendant::{Attendant, Within};
use crate::error::Result;
use crate::io::checkpoint::{Sections, unfit};
use crate::neurons::Raster;
use crate::schedule::Schedule;
use crate::statistics::Estimate;

/// Sweeps after a change of the parameters before moments are taken.
const FORGET: u64 = 20;
/// Sampled ticks for each tick of the data: the noise of the samples is then a fifth of the standard error of the data.
const TICKS: f64 = 25.0;
/// The fewest and the most sweeps of a measurement, and the most where only its noise is left.
const SWEEPS: [u64; 3] = [20, 1_000, 16_000];
/// A search ends where no moment is further from the data, in standard errors.
const CONTENT: f64 = 2.0;
/// Nor the root mean square of the deviations larger than this and the noise of the samples.
const CLOSE: f64 = 0.3;
/// The noise of the sampled rates, in standard errors of the data, with which that can be told.
const QUIET: f64 = 0.3;
/// Where deviations are larger, and so many times as large as its noise, the shortest measurement shows the way.
const FAR: f64 = 10.0;
const CLEAR: f64 = 3.0;
/// The largest change of an input or coupling in a step; there is always a rare event whose coupling wants more.
const LONGEST: f64 = 1.0;
/// What the share of a step that is made changes by at a time.
const RESCALED: [f64; 2] = [0.1, 1.5];
/// The smallest share of a step that is tried.
const SHORTEST: f64 = 1e-3;

/// What samples of the field say beside the data.
struct Comparison {
    /// What its moments are short of, the prior's share included: the gradient of the log-likelihood of a tick.
    gap: Vec<f64>,
    step: Step,
    /// Root mean square of the errors of the sampled rates, in standard errors of the data.
    noise: f64,
}

/// Where the likelihood is larger than it was before.
struct Place {
    parameters: Vec<f64>,
    gap: Vec<f64>,
    /// Of all chains.
    states: Raster,
    /// The change of the centred parameters that leads on.
    step: Vec<f64>,
}

/// A search under way.
struct Search {
    /// Those that are sampled next.
    parameters: Vec<f64>,
    best: Option<Place>,
    course: Vec<Step>,
    /// Of the step from the best place that was made.
    share: f64,
    /// Whether samples need not be good.
    far: bool,
    /// Of a measurement that must be good.
    sweeps: u64,
}

/// Parameters that maximise the likelihood of the data: the gradient is the difference of moments (D. H. Ackley, G. E. Hinton and
/// T. J. Sejnowski, Cognitive Science 9, 147 (1985)), taken of persistent chains and multiplied by the inverse of the
/// [`Information`] that ticks hold about the parameters, so that a step is Newton's near the end. `decay` is the strength of a
/// normal prior. Gives the parameters, whether every moment is within 2 standard errors of the data, and the course.
///
/// The log-likelihood is concave, and its slopes at both ends of a step tell whether it has become larger (by the trapezoid rule).
/// Where it has not, the step went beyond the maximum, perhaps into a phase of high activity: it is made again from where it
/// began, shorter, and with the chains put back as well, since they may not leave such a phase by themselves.
///
/// Between chunks of sampling the attendant may have the search saved; it goes on `from` what was saved.
pub(crate) fn learn(
    (raster, counts): (&Raster, &SpikeCounts),
    sampler: &mut Sampler,
    (centred, decay): (&Centred, f64),
    steps: usize,
    (from, attendant): (Option<&Sections>, &mut dyn Attendant),
) -> Result<Found> {
    let mut sampling = from.map(|from| from.required("sampling")).transpose()?;
    let mut search = match from {
        Some(saved) => Search::restore(saved, counts.layout.len(), sampler)?,
        None => Search {
            parameters: centred.parameters(&centred.independent()),
            best: None,
            course: Vec::new(),
            share: 1.0,
            far: true,
            sweeps: ((TICKS * counts.ticks / sampler.ticks() as f64) as u64).clamp(SWEEPS[0], SWEEPS[1]),
        },
    };
    while search.course.len() < steps && search.share >= SHORTEST {
        let measured = if search.far { SWEEPS[0] } else { search.sweeps };
        let mut attendant =
            Within::step_of_search(attendant, search.course.len(), |sampling| search.save().with("sampling", sampling));
        let schedule = Schedule { warmup: FORGET, samples: measured, thin: 1 };
        sampler.set(&search.parameters)?;
        let moments = sampler.measure(schedule, sampling.take().as_ref(), &mut attendant)?;
        let (rates, moments) = (moments.rates(), sampler.moments(&moments));
        let found = compare(counts, &moments, rates, (&search.parameters, decay));
        search.course.push(found.step);
        if !search.far && found.step.misfit <= CLOSE + found.noise {
            let noisy = found.noise > QUIET && search.sweeps < SWEEPS[2];
            if found.step.deviation <= CONTENT && !noisy {
                return Ok(search.end(true));
            }
            if noisy {
                search.sweeps = (2 * search.sweeps).min(SWEEPS[2]);
                continue;
            }
        }
        let slope = search.slope(&found.gap);
        let place = match search.best.take() {
            Some(place) if slope < -1.0 => {
                sampler.go_back(&place.states)?;
                place
            }
            _ => {
                let sampled = sampler.snapshots(Information::rows(counts))?;
                let information = Information::of((raster, counts), (&sampled, &moments), (centred, decay));
                let step = information.solve(&centred.centre(&found.gap));
                let step = step.iter().map(|change| change.clamp(-LONGEST, LONGEST)).collect();
                Place { parameters: search.parameters, gap: found.gap, states: sampler.states()?, step }
            }
        };
        // On a straight line from the one slope to the other, this share of the step leads to 0.
        let rescaled = (1.0 / (1.0 - slope.min(0.5))).clamp(RESCALED[0], RESCALED[1]);
        search.share = f64::min(1.0, search.share * rescaled);
        let change: Vec<f64> = place.step.iter().map(|change| search.share * change).collect();
        search.parameters = centred.moved(&place.parameters, &change);
        let noise = found.noise * (measured as f64 / SWEEPS[0] as f64).sqrt();
        search.far = found.step.deviation > FAR && found.step.misfit > CLEAR * noise;
        search.best = Some(place);
    }
    if let Some(best) = search.best.take() {
        search.parameters = best.parameters;
    }
    Ok(search.end(false))
}

impl Search {
    /// The slope at the end of the step to the parameters, where the gradient is this, in units of that at its beginning.
    fn slope(&self, gap: &[f64]) -> f64 {
        self.best.as_ref().map_or(1.0, |best| {
            let moved = || self.parameters.iter().zip(&best.parameters).map(|(now, before)| now - before);
            let along = |gap: &[f64]| moved().zip(gap).map(|(moved, gap)| moved * gap).sum::<f64>();
            along(gap) / along(&best.gap)
        })
    }

    fn end(self, converged: bool) -> Found {
        Found { parameters: self.parameters, converged, course: self.course, errors: None }
    }

    fn save(&self) -> Sections {
        let mut sections = Sections::new();
        sections.put_numbers("parameters", &self.parameters).put_numbers("course", &numbers_of(&self.course));
        sections.put_numbers("share", &[self.share]).put_numbers("far", &[u8::from(self.far)]);
        sections.put_numbers("sweeps", &[self.sweeps]);
        if let Some(Place { parameters, gap, states, step }) = &self.best {
            let mut best = Sections::new();
            best.put_numbers("parameters", parameters).put_numbers("gap", gap).put_numbers("step", step);
            best.nest("states", states.save());
            sections.nest("best", best);
        }
        sections
    }

    fn restore(saved: &Sections, parameters: usize, sampler: &Sampler) -> Result<Self> {
        let ([share], [far], [sweeps]) =
            (saved.array("share")?, saved.array::<u8, 1>("far")?, saved.array::<u64, 1>("sweeps")?);
        let best = |best: Sections| {
            Ok(Place {
                parameters: best.as_many("parameters", parameters)?,
                gap: best.as_many("gap", parameters)?,
                states: sampler.restore_states(&best.required("states")?)?,
                step: best.as_many("step", parameters)?,
            })
        };
        let (best, course) = (saved.within("best").map(best).transpose()?, course_of(saved)?);
        if best.is_none() && !course.is_empty() {
            return Err(unfit("best", "the best place of a search that has made steps", "none"));
        }
        Ok(Self { parameters: saved.as_many("parameters", parameters)?, best, course, share, far: far != 0, sweeps })
    }
}

/// Samples of the field of these parameters beside the data: the means of what the parameters multiply, and the rates.
fn compare(
    counts: &SpikeCounts,
    moments: &[f64],
    rates: &[Estimate],
    (parameters, decay): (&[f64], f64),
) -> Comparison {
    let data = counts.means();
    let errors: Vec<f64> = data.iter().map(|mean| moment_error(*mean, counts.ticks)).collect();
    let mut gap: Vec<f64> = data.iter().zip(moments).map(|(data, sampled)| data - sampled).collect();
    for (gap, coupling) in gap.iter_mut().zip(parameters).skip(counts.layout.neurons) {
        *gap -= decay / counts.ticks * coupling;
    }
    let deviations = gap.iter().zip(&errors).map(|(gap, error)| gap / error);
    let deviation = deviations.clone().fold(0.0, |most: f64, z| most.max(z.abs()));
    let step = Step { misfit: root_mean_square(deviations), deviation };
    let noise = rates.iter().zip(&errors).map(|(rate, error)| rate.error.unwrap_or(0.0) / error);
    let noise = root_mean_square(noise);
    Comparison { gap, step, noise }
}

/// The standard error of the mean of so many independent zeros and ones.
fn moment_error(mean: f64, ticks: f64) -> f64 {
    // An event that never happened might have happened once.
    let mean = mean.clamp(1.0 / ticks, 1.0 - 1.0 / ticks);
    (mean * (1.0 - mean) / ticks).sqrt()
}
