//! How moments answer to parameters: Fisher's information of a tick, from ticks of the data and of the field.

use super::counts::SpikeCounts;
use super::layout::Layout;
use crate::neurons::Raster;
use faer::{Mat, Scale};

/// The fewest and the most ticks that are taken of each, and products a step: a sample that hardly has the rare events of the data
/// takes their moments for softer than they are, and steps go too far.
const SAMPLE: [usize; 2] = [1 << 13, 1 << 16];
const PRODUCTS: usize = 1 << 28;
/// The most steps of a solution.
const STEPS: usize = 40;
/// The residual, as a share of the right side, at which a solution is good enough.
const CONTENT: f64 = 0.02;

/// The covariance matrix of δf_i, δf_i δf_j and δf_i^a δf_i^{a+k} over ticks, without being formed: with V the couplings as a matrix
/// and x a tick, F v is the mean of ∂(½ xVx) (½ xVx + …) over the sample.
///
/// Half of the sample are ticks of the data, half of the field. The field's alone are Newton's method, which far from the maximum
/// goes far beyond it; the data's alone know the maximum, but not how soft a field near a phase transition is. Together they hold
/// back a step that would change the moments by much, as the difference of their means adds to the covariance.
#[derive(Debug)]
pub(crate) struct Information {
    layout: Layout,
    /// [tick][neuron]
    ticks: Mat<f64>,
    /// [lag][tick][neuron]: δf_i^a δf_i^{a+k}.
    lagged: Vec<Mat<f64>>,
    /// Of the features, in the places of the parameters.
    means: Vec<f64>,
    diagonal: Vec<f64>,
    /// What is added to the diagonal.
    added: Vec<f64>,
}

impl Information {
    /// Ticks that are wanted of each.
    pub fn rows(counts: &SpikeCounts) -> usize {
        let affordable = PRODUCTS / counts.layout.neurons.pow(2);
        affordable.clamp(SAMPLE[0], SAMPLE[1]).min(counts.ticks as usize)
    }

    /// Of as many evenly spaced ticks of the data as of samples of the field, with that of a normal prior of the couplings of
    /// strength `decay`.
    pub fn of(data: &Raster, sampled: &[Raster], counts: &SpikeCounts, decay: f64) -> Self {
        let layout = counts.layout;
        let Layout { neurons, lags, .. } = layout;
        let usable = |raster: &Raster| raster.trials() * (raster.ticks() - lags);
        let each = Self::rows(counts).min(usable(data)).min(sampled.iter().map(usable).sum());
        let evenly = |raster, count: usize| {
            let (all, width) = (usable(raster), raster.ticks() - lags);
            let count = count.min(all);
            (0..count).map(move |row| (raster, row * all / count / width, row * all / count % width))
        };
        let places: Vec<(&Raster, usize, usize)> = evenly(data, each)
            .chain(sampled.iter().flat_map(|raster| evenly(raster, each.div_ceil(sampled.len()))))
            .collect();
        let rows = places.len();
        let spike = |row: usize, i: usize, lag: usize| {
            let (raster, trial, tick) = places[row];
            f64::from(u8::from(raster.fires(trial, i, tick + lag))) - counts.rate(i)
        };
        let ticks = Mat::from_fn(rows, neurons, |row, i| spike(row, i, 0));
        let lag = |lag: usize| Mat::from_fn(rows, neurons, |row, i| ticks[(row, i)] * spike(row, i, lag));
        let lagged = (1..=lags).map(lag).collect();
        let damping = 0.01 + 0.3 * layout.len() as f64 / rows as f64;
        let empty = || vec![0.0; layout.len()];
        let mut information = Self { layout, ticks, lagged, means: empty(), diagonal: empty(), added: empty() };
        information.means = information.gather(&vec![1.0; rows]);
        let (ticks, lagged) = (squared(&information.ticks), information.lagged.iter().map(squared).collect());
        let squares = Self { layout, ticks, lagged, means: empty(), diagonal: empty(), added: empty() };
        let second = squares.gather(&vec![1.0; rows]);
        let seen = second.iter().zip(&information.means).map(|(second, mean)| second - mean * mean);
        let variance = |i: usize| counts.rate(i) * (1.0 - counts.rate(i));
        let mut expected: Vec<f64> = (0..neurons).map(variance).collect();
        expected.extend(layout.each_pair().map(|(i, j)| variance(i) * variance(j)));
        (0..lags).for_each(|_| expected.extend((0..neurons).map(|i| variance(i) * variance(i))));
        for (place, (seen, expected)) in seen.zip(expected).enumerate() {
            // Of events that the sample hardly has the model knows more: as much as of independent neurons.
            let prior = if place < neurons { 0.0 } else { decay / counts.ticks };
            information.added[place] = damping * seen.max(expected) + (expected - seen).max(0.0) + prior;
            information.diagonal[place] = seen + information.added[place];
        }
        information
    }

    /// The change of the parameters that changes the moments by so much, to first order and damped.
    pub fn solve(&self, moments: &[f64]) -> Vec<f64> {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let smooth = |r: &[f64]| r.iter().zip(&self.diagonal).map(|(r, d)| r / d).collect::<Vec<f64>>();
        let mut solution = vec![0.0; moments.len()];
        let mut rest = moments.to_vec();
        let mut smoothed = smooth(&rest);
        let mut direction = smoothed.clone();
        let mut size = dot(&rest, &smoothed);
        let enough = CONTENT * CONTENT * size;
        for _ in 0..STEPS {
            if size <= enough {
                break;
            }
            let image = self.times(&direction);
            let step = size / dot(&direction, &image);
            solution.iter_mut().zip(&direction).for_each(|(x, d)| *x += step * d);
            rest.iter_mut().zip(&image).for_each(|(r, i)| *r -= step * i);
            smoothed = smooth(&rest);
            let next = dot(&rest, &smoothed);
            direction.iter_mut().zip(&smoothed).for_each(|(d, s)| *d = s + next / size * *d);
            size = next;
        }
        solution
    }

    /// (F + what is added) v.
    fn times(&self, v: &[f64]) -> Vec<f64> {
        let Layout { neurons, lags, .. } = self.layout;
        let mut matrix = Mat::<f64>::zeros(neurons, neurons);
        for (i, j) in self.layout.each_pair() {
            let value = v[self.layout.pair(i, j)];
            matrix[(i, j)] = value;
            matrix[(j, i)] = value;
        }
        let pulled = &self.ticks * &matrix;
        let offset: f64 = v.iter().zip(&self.means).map(|(v, mean)| v * mean).sum();
        let score = |row: usize| -> f64 {
            let single: f64 = (0..neurons).map(|i| self.ticks[(row, i)] * (v[i] + 0.5 * pulled[(row, i)])).sum();
            let times = (1..=lags).map(|lag| {
                (0..neurons).map(|i| v[self.layout.time(lag, i)] * self.lagged[lag - 1][(row, i)]).sum::<f64>()
            });
            single + times.sum::<f64>() - offset
        };
        let scores: Vec<f64> = (0..self.ticks.nrows()).map(score).collect();
        let mut image = self.gather(&scores);
        for ((image, v), added) in image.iter_mut().zip(v).zip(&self.added) {
            *image += added * v;
        }
        image
    }

    /// The means of all features, with these weights of the ticks.
    fn gather(&self, weights: &[f64]) -> Vec<f64> {
        let neurons = self.layout.neurons;
        let rows = self.ticks.nrows();
        let weighted = Mat::from_fn(rows, neurons, |row, i| weights[row] * self.ticks[(row, i)]);
        let pairs = self.ticks.transpose() * &weighted * Scale(1.0 / rows as f64);
        let column = |matrix: &Mat<f64>, i: usize| -> f64 { matrix.col(i).iter().sum::<f64>() / rows as f64 };
        let mut means: Vec<f64> = (0..neurons).map(|i| column(&weighted, i)).collect();
        means.extend(self.layout.each_pair().map(|(i, j)| pairs[(i, j)]));
        for lagged in &self.lagged {
            let sum = |i: usize| (0..rows).map(|row| weights[row] * lagged[(row, i)]).sum::<f64>() / rows as f64;
            means.extend((0..neurons).map(sum));
        }
        means
    }
}

fn squared(matrix: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |row, i| matrix[(row, i)] * matrix[(row, i)])
}
