//! Boltzmann learning: the field whose moments are those of the data.

use super::centred::Centred;
use super::check::root_mean_square;
use super::counts::SpikeCounts;
use super::information::Information;
use super::pseudo_likelihood::Step;
use super::sampler::Sampler;
use crate::error::Result;
use crate::neurons::Raster;

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

/// Parameters that maximise the likelihood of the data: the gradient is the difference of moments (D. H. Ackley, G. E. Hinton and
/// T. J. Sejnowski, Cognitive Science 9, 147 (1985)), taken of persistent chains and multiplied by the inverse of the
/// [`Information`] that ticks hold about the parameters, so that a step is Newton's near the end. `decay` is the strength of a
/// normal prior. Gives the parameters, whether every moment is within 2 standard errors of the data, and the course.
///
/// The log-likelihood is concave, and its slopes at both ends of a step tell whether it has become larger (by the trapezoid rule).
/// Where it has not, the step went beyond the maximum, perhaps into a phase of high activity: it is made again from where it
/// began, shorter, and with the chains put back as well, since they may not leave such a phase by themselves.
pub(crate) fn learn(
    (raster, counts): (&Raster, &SpikeCounts),
    sampler: &mut Sampler,
    (centred, decay): (&Centred, f64),
    steps: usize,
) -> Result<(Vec<f64>, bool, Vec<Step>)> {
    let mut sweeps = ((TICKS * counts.ticks / sampler.ticks() as f64) as u64).clamp(SWEEPS[0], SWEEPS[1]);
    let mut parameters = centred.parameters(&centred.independent());
    let mut best: Option<Place> = None;
    let (mut course, mut share, mut far) = (Vec::new(), 1.0, true);
    while course.len() < steps && share >= SHORTEST {
        let measured = if far { SWEEPS[0] } else { sweeps };
        let found = compare(counts, sampler, (&parameters, decay), measured)?;
        course.push(found.step);
        if !far && found.step.misfit <= CLOSE + found.noise {
            let noisy = found.noise > QUIET && sweeps < SWEEPS[2];
            if found.step.deviation <= CONTENT && !noisy {
                return Ok((parameters, true, course));
            }
            if noisy {
                sweeps = (2 * sweeps).min(SWEEPS[2]);
                continue;
            }
        }
        // The slope at the end of the step, in units of that at its beginning.
        let slope = best.as_ref().map_or(1.0, |best| {
            let moved = || parameters.iter().zip(&best.parameters).map(|(now, before)| now - before);
            let along = |gap: &[f64]| moved().zip(gap).map(|(moved, gap)| moved * gap).sum::<f64>();
            along(&found.gap) / along(&best.gap)
        });
        let place = match best {
            Some(place) if slope < -1.0 => {
                sampler.go_back(&place.states)?;
                place
            }
            _ => {
                let sampled = sampler.snapshots(Information::rows(counts))?;
                let step = Information::of(raster, &sampled, counts, decay).solve(&centred.centre(&found.gap));
                let step = step.iter().map(|change| change.clamp(-LONGEST, LONGEST)).collect();
                Place { parameters, gap: found.gap, states: sampler.states()?, step }
            }
        };
        // On a straight line from the one slope to the other, this share of the step leads to 0.
        share = f64::min(1.0, share * (1.0 / (1.0 - slope.min(0.5))).clamp(RESCALED[0], RESCALED[1]));
        let change: Vec<f64> = place.step.iter().map(|change| share * change).collect();
        parameters = centred.moved(&place.parameters, &change);
        let noise = found.noise * (measured as f64 / SWEEPS[0] as f64).sqrt();
        far = found.step.deviation > FAR && found.step.misfit > CLEAR * noise;
        best = Some(place);
    }
    Ok((best.map_or(parameters, |best| best.parameters), false, course))
}

/// Samples the field of these parameters, and compares it with the data.
fn compare(
    counts: &SpikeCounts,
    sampler: &mut Sampler,
    (parameters, decay): (&[f64], f64),
    sweeps: u64,
) -> Result<Comparison> {
    sampler.set(parameters)?;
    sampler.sweep(FORGET)?;
    let measured = sampler.measure(sweeps, 1)?;
    let neurons = counts.layout.neurons;
    let data = counts.means();
    let errors: Vec<f64> = data.iter().map(|mean| moment_error(*mean, counts.ticks)).collect();
    let mut gap: Vec<f64> = data.iter().zip(sampler.moments(&measured)).map(|(data, sampled)| data - sampled).collect();
    for (gap, coupling) in gap.iter_mut().zip(parameters).skip(neurons) {
        *gap -= decay / counts.ticks * coupling;
    }
    let deviations = gap.iter().zip(&errors).map(|(gap, error)| gap / error);
    let deviation = deviations.clone().fold(0.0, |most: f64, z| most.max(z.abs()));
    let step = Step { misfit: root_mean_square(deviations), deviation };
    let noise = measured.rates().iter().zip(&errors).map(|(rate, error)| rate.error.unwrap_or(0.0) / error);
    let noise = root_mean_square(noise);
    Ok(Comparison { gap, step, noise })
}

/// The standard error of the mean of so many independent zeros and ones.
fn moment_error(mean: f64, ticks: f64) -> f64 {
    // An event that never happened might have happened once.
    let mean = mean.clamp(1.0 / ticks, 1.0 - 1.0 / ticks);
    (mean * (1.0 - mean) / ticks).sqrt()
}
