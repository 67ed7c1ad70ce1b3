//! Boltzmann learning: the field whose moments are those of the data.

use super::centred::Centred;
use super::counts::SpikeCounts;
use super::information::Information;
use super::pseudo_likelihood::Step;
use super::sampler::Sampler;
use crate::error::Result;

/// Sweeps after a change of the parameters before moments are taken.
const FORGET: u64 = 20;
/// Sampled ticks for each tick of the data: the noise of the samples is then a fifth of the standard error of the data.
const TICKS: f64 = 25.0;
/// The fewest and the most sweeps of a measurement.
const SWEEPS: [u64; 2] = [20, 1_000];
/// A search ends where no moment is further from the data, in standard errors.
const CONTENT: f64 = 2.0;
/// Where deviations are larger, a shorter measurement shows the way.
const FAR: f64 = 10.0;
/// The largest change of an input or coupling in a step; there is always a rare event whose coupling wants more.
const LONGEST: f64 = 1.0;
/// The smallest share of a step that is tried.
const SHORTEST: f64 = 1e-3;

/// Parameters that maximise the likelihood of the data: the gradient is the difference of moments (D. H. Ackley, G. E. Hinton and
/// T. J. Sejnowski, Cognitive Science 9, 147 (1985)), taken of persistent chains and multiplied by the inverse of the information
/// that ticks of the data hold about the parameters, so that a step is Newton's near the end. `decay` is the strength of a normal
/// prior. Gives the parameters, whether every moment is within 2 standard errors of the data, and the course.
pub(crate) fn learn(
    (counts, information): (&SpikeCounts, &Information),
    sampler: &mut Sampler,
    (centred, decay): (&Centred, f64),
    steps: usize,
) -> Result<(Vec<f64>, bool, Vec<Step>)> {
    let neurons = counts.layout.neurons;
    let data = counts.means();
    let errors: Vec<f64> = data.iter().map(|mean| moment_error(*mean, counts.ticks)).collect();
    let wanted = ((TICKS * counts.ticks / sampler.ticks() as f64) as u64).clamp(SWEEPS[0], SWEEPS[1]);
    let mut parameters = centred.parameters(&centred.independent());
    let mut best = (f64::INFINITY, parameters.clone(), Vec::new());
    let (mut course, mut share, mut far) = (Vec::new(), 1.0, true);
    while course.len() < steps {
        sampler.set(&parameters)?;
        sampler.sweep(FORGET)?;
        let measured = sampler.measure(if far { SWEEPS[0] } else { wanted }, 1)?;
        let sampled = sampler.moments(&measured);
        let mut gap: Vec<f64> = data.iter().zip(&sampled).map(|(data, sampled)| data - sampled).collect();
        for (gap, coupling) in gap.iter_mut().zip(&parameters).skip(neurons) {
            *gap -= decay / counts.ticks * coupling;
        }
        let deviations = gap.iter().zip(&errors).map(|(gap, error)| gap / error);
        let deviation = deviations.clone().fold(0.0, |most: f64, z| most.max(z.abs()));
        let misfit = (deviations.map(|z| z * z).sum::<f64>() / gap.len() as f64).sqrt();
        course.push(Step { misfit, deviation });
        if deviation <= CONTENT && !far {
            return Ok((parameters, true, course));
        }
        // Noise alone makes a short measurement's misfit about 1, and a long one's about 0.3.
        if misfit < 1.1 * best.0 + if far { 0.5 } else { 0.1 } {
            best = if misfit < best.0 { (misfit, parameters.clone(), gap.clone()) } else { best };
            share = f64::min(1.0, 1.5 * share);
        } else {
            // Too far: back, and half as far.
            (parameters, gap) = (best.1.clone(), best.2.clone());
            share *= 0.5;
            if share < SHORTEST {
                break;
            }
        }
        far = deviation > FAR;
        let change = information.solve(&centred.centre(&gap));
        let change: Vec<f64> = change.iter().map(|change| share * change.clamp(-LONGEST, LONGEST)).collect();
        parameters = centred.moved(&parameters, &change);
    }
    Ok((best.1, false, course))
}

/// The standard error of the mean of so many independent zeros and ones.
pub(crate) fn moment_error(mean: f64, ticks: f64) -> f64 {
    // An event that never happened might have happened once.
    let mean = mean.clamp(1.0 / ticks, 1.0 - 1.0 / ticks);
    (mean * (1.0 - mean) / ticks).sqrt()
}
