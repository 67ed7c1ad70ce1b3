//! How moments answer to parameters: Fisher's information of a tick, from ticks of the data and of the field.

use super::centred::Centred;
use super::counts::SpikeCounts;
use super::layout::Layout;
use crate::neurons::Raster;
use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, Scale};
use std::ops::Range;

/// The fewest and the most ticks that are taken of each, and products a step: a sample that hardly has the rare events of the data
/// takes their moments for softer than they are, and steps go too far.
const SAMPLE: [usize; 2] = [1 << 13, 1 << 16];
const PRODUCTS: usize = 1 << 28;
/// The most steps of a solution.
const STEPS: usize = 40;
/// The residual, as a share of the right side, at which a solution is good enough.
const CONTENT: f64 = 0.02;

/// Where neurons remember lags of up to k ticks, what happens within so many times k ticks is taken together, and ticks of a stretch
/// of so many windows follow each other.
const WINDOW: usize = 8;
const WINDOWS: usize = 32;

/// The covariance matrix of the sums of δf_i, δf_i δf_j and f_i^a f_i^{a+k} over windows of ticks, a tick, without being formed:
/// with V the couplings as a matrix and x a tick, F v is the mean over windows of the sums of ∂(½ xVx) and of ½ xVx + … in them.
/// Without couplings between ticks a window is one tick.
///
/// Half of the sample are ticks of the data, half of the field. The field's alone are Newton's method, which far from the maximum
/// goes far beyond it; the data's alone know the maximum, but not how soft a field near a phase transition is. Together they hold
/// back a step that would change the moments by much, as the difference of their means adds to the covariance.
#[derive(Debug)]
pub(crate) struct Information {
    layout: Layout,
    /// [tick][neuron]
    ticks: Mat<f64>,
    /// [lag][tick][neuron]: f_i^a f_i^{a+k}.
    lagged: Vec<Mat<f64>>,
    /// Rows that follow each other in time.
    stretches: Vec<Range<usize>>,
    /// Ticks of a window.
    window: usize,
    /// Of the features, in the places of the parameters.
    means: Vec<f64>,
    centred: Centred,
    /// What is added to the variance of events: of f_i, f_i f_j and f_i^a f_i^{a+k}, without their means taken off.
    added: Vec<f64>,
    /// What is nearly its inverse.
    smoother: Smoother,
}

impl Information {
    /// Ticks that are wanted of each.
    pub fn rows(counts: &SpikeCounts) -> usize {
        let affordable = PRODUCTS / counts.layout.neurons.pow(2);
        affordable.clamp(SAMPLE[0], SAMPLE[1]).min(counts.ticks as usize)
    }

    /// Of as many evenly spaced ticks of the data as of samples of the field, with that of a normal prior of the couplings of
    /// strength `decay`. `moments` are those of the field, from more samples than these.
    pub fn of<'a>(
        (data, counts): (&'a Raster, &SpikeCounts),
        (sampled, moments): (&'a [Raster], &[f64]),
        (centred, decay): (&Centred, f64),
    ) -> Self {
        let layout = counts.layout;
        let Layout { neurons, lags, .. } = layout;
        let window = (WINDOW * lags).max(1);
        let usable = |raster: &Raster| raster.trials() * (raster.ticks() - lags);
        let each = Self::rows(counts).min(usable(data)).min(sampled.iter().map(usable).sum());
        let evenly = |raster: &'a Raster, count: usize| {
            let width = raster.ticks() - lags;
            // A trial is cut into stretches as long as each other, of which some in the midst of their shares are taken.
            let length = if lags == 0 { 1 } else { width / width.div_ceil(WINDOWS * window) };
            let (a_trial, all) = (width / length, raster.trials() * (width / length));
            let count = (count / length).clamp(1, all);
            (0..count).map(move |number| (2 * number + 1) * all / (2 * count)).map(move |at| {
                let first = at % a_trial * length;
                (raster, at / a_trial, first..first + length)
            })
        };
        let of_field = sampled.iter().flat_map(|raster| evenly(raster, each.div_ceil(sampled.len())));
        let (mut places, mut stretches) = (Vec::new(), Vec::new());
        for (raster, trial, ticks) in evenly(data, each).chain(of_field) {
            stretches.push(places.len()..places.len() + ticks.len());
            places.extend(ticks.map(|tick| (raster, trial, tick)));
        }
        let rows = places.len();
        let fires = |row: usize, i: usize, lag: usize| {
            let (raster, trial, tick): (&Raster, usize, usize) = places[row];
            f64::from(u8::from(raster.fires(trial, i, tick + lag)))
        };
        let ticks = Mat::from_fn(rows, neurons, |row, i| fires(row, i, 0) - counts.rate(i));
        let lag = |lag: usize| Mat::from_fn(rows, neurons, |row, i| fires(row, i, 0) * fires(row, i, lag));
        let lagged = (1..=lags).map(lag).collect();
        // A sample that is small beside the parameters knows some directions badly.
        let damping = 0.01 + (0.3 * (window * layout.len()) as f64 / rows as f64).min(1.0);
        let (means, added, smoother) = (vec![0.0; layout.len()], vec![0.0; layout.len()], Smoother::default());
        let centred = centred.clone();
        let mut information = Self { layout, ticks, lagged, stretches, window, means, centred, added, smoother };
        information.means = information.gather(&vec![1.0; rows]);
        let variance = |mean: f64| mean * (1.0 - mean);
        let seen = information.events();
        for (place, (of_data, of_field)) in counts.means().into_iter().zip(moments).enumerate() {
            // The sample may hardly have events that all ticks know of.
            let known = 0.5 * (variance(of_data) + variance(*of_field));
            let prior = if place < neurons { 0.0 } else { decay / counts.ticks };
            information.added[place] = damping * known + (known - variance(seen[place])).max(0.0) + prior;
        }
        information.smoother = Smoother::of(&information);
        information
    }

    /// How often the events f_i, f_i f_j and f_i^a f_i^{a+k} happen in the sample.
    fn events(&self) -> Vec<f64> {
        // f_i f_j = δf_i δf_j + p_i δf_j + p_j δf_i + p_i p_j.
        let rates = self.centred.rates();
        let mut events = self.means.clone();
        for (i, j) in self.layout.each_pair() {
            let of_one = rates[i] * self.means[j] + rates[j] * self.means[i];
            events[self.layout.pair(i, j)] += of_one + rates[i] * rates[j];
        }
        for (i, rate) in rates.iter().enumerate() {
            events[i] += rate;
        }
        events.iter().map(|mean| mean.clamp(0.0, 1.0)).collect()
    }

    /// The change of the parameters that changes the moments by so much, to first order and damped.
    pub fn solve(&self, moments: &[f64]) -> Vec<f64> {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let smooth = |r: &[f64]| self.smoother.apply(self.layout, r);
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
        let scores = self.windowed((0..self.ticks.nrows()).map(score).collect());
        // The same change of the parameters of f instead of δf, what is added to these, and back.
        let mut changes = self.centred.moved(&vec![0.0; v.len()], v);
        changes.iter_mut().zip(&self.added).for_each(|(change, added)| *change *= added);
        let score = scores.iter().sum::<f64>() / scores.len() as f64;
        let mut image = self.gather(&scores);
        image.iter_mut().zip(&self.means).for_each(|(image, mean)| *image -= score * mean);
        image.iter_mut().zip(self.centred.centre(&changes)).for_each(|(image, added)| *image += added);
        image
    }

    /// Of numbers of ticks, what the windows with a tick have in sum, as the mean of these windows: overlapping ones, which end where
    /// a stretch does.
    fn windowed(&self, numbers: Vec<f64>) -> Vec<f64> {
        if self.window == 1 {
            return numbers;
        }
        let moving = |numbers: &[f64]| {
            let mut sum = 0.0;
            let at = |k: usize| numbers.get(k).copied().unwrap_or(0.0);
            let step = |k: usize| {
                sum += at(k) - k.checked_sub(self.window).map_or(0.0, at);
                sum
            };
            (0..numbers.len() + self.window - 1).map(step).collect::<Vec<f64>>()
        };
        let mut windowed = Vec::with_capacity(numbers.len());
        for stretch in &self.stretches {
            let twice = moving(&moving(&numbers[stretch.clone()]));
            windowed.extend(twice[self.window - 1..][..stretch.len()].iter().map(|sum| sum / self.window as f64));
        }
        windowed
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

/// The diagonal of the information, of pairs that of single ticks, but for what the input of a neuron and its couplings with itself
/// have to do with each other: an event that never happens, such as two spikes within the refractory time, says nothing about one
/// combination of these.
#[derive(Debug, Default)]
struct Smoother {
    /// 1 over the diagonal, of the space couplings.
    pairs: Vec<f64>,
    /// Of the input and the time couplings of each neuron, the inverse.
    neurons: Vec<Mat<f64>>,
}

impl Smoother {
    fn of(information: &Information) -> Self {
        let Information { layout, ticks, lagged, means, centred, added, .. } = information;
        let Layout { neurons, lags, .. } = *layout;
        let rows = ticks.nrows() as f64;
        let rates = centred.rates();
        let squares = squared(ticks);
        let squares = squares.transpose() * &squares * Scale(1.0 / rows);
        let pair = |(i, j): (usize, usize)| {
            let place = layout.pair(i, j);
            let inputs = rates[j].powi(2) * added[i] + rates[i].powi(2) * added[j];
            1.0 / (squares[(i, j)] - means[place].powi(2) + added[place] + inputs)
        };
        let neuron = |i: usize| {
            let place = |k: usize| if k == 0 { i } else { layout.time(k, i) };
            let column = |k: usize| if k == 0 { ticks.col(i) } else { lagged[k - 1].col(i) };
            let from_mean = |k: usize| column(k).iter().map(|x| x - means[place(k)]).collect();
            let columns: Vec<Vec<f64>> = (0..=lags).map(from_mean).collect();
            let windowed: Vec<Vec<f64>> = columns.iter().map(|column| information.windowed(column.clone())).collect();
            let block = Mat::from_fn(lags + 1, lags + 1, |k, l| {
                let own = if k == l { added[place(k)] } else { 0.0 };
                let covariance = columns[k].iter().zip(&windowed[l]).map(|(x, y)| x * y).sum::<f64>() / rows;
                covariance + own
            });
            block.partial_piv_lu().inverse()
        };
        Self { pairs: layout.each_pair().map(pair).collect(), neurons: (0..neurons).map(neuron).collect() }
    }

    fn apply(&self, layout: Layout, rest: &[f64]) -> Vec<f64> {
        let mut smooth = vec![0.0; rest.len()];
        for ((i, j), factor) in layout.each_pair().zip(&self.pairs) {
            smooth[layout.pair(i, j)] = factor * rest[layout.pair(i, j)];
        }
        for (i, inverse) in self.neurons.iter().enumerate() {
            let place = |k: usize| if k == 0 { i } else { layout.time(k, i) };
            for k in 0..=layout.lags {
                smooth[place(k)] = (0..=layout.lags).map(|l| inverse[(k, l)] * rest[place(l)]).sum();
            }
        }
        smooth
    }
}

fn squared(matrix: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |row, i| matrix[(row, i)] * matrix[(row, i)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neurons::Reading;
    use crate::random::{Purpose, Stream, uniform_below};

    /// The information of windows as it is defined, for three neurons and one lag: sums of features over each window that
    /// overlaps a stretch.
    #[test]
    fn the_product_is_that_of_the_matrix() {
        let (neurons, ticks) = (3, 300);
        let mut stream = Stream::new(5, Purpose::Patterns, 0);
        let mut raster = || {
            let values: Vec<u8> = (0..neurons * ticks).map(|_| u8::from(uniform_below(&mut stream, 4) == 0)).collect();
            Raster::from_values(&values, 1, neurons, ticks).unwrap()
        };
        let (data, sampled) = (raster(), [raster()]);
        let counts = SpikeCounts::of(&data, 1, Reading::Equilibrium).unwrap();
        let centred = Centred::new(&counts).with_events_in_time();
        let moments = SpikeCounts::of(&sampled[0], 1, Reading::Equilibrium).unwrap().means();
        let information = Information::of((&data, &counts), (&sampled, &moments), (&centred, 2.0));
        // 299 ticks are followed by another; stretches of at most 256 cut them in two.
        let (layout, length) = (counts.layout, 149);
        let features = |raster: &Raster, tick: usize| {
            let fires = |i: usize, tick: usize| f64::from(u8::from(raster.fires(0, i, tick)));
            let from_mean = |i: usize| fires(i, tick) - counts.rate(i);
            let mut features: Vec<f64> = (0..neurons).map(from_mean).collect();
            features.extend(layout.each_pair().map(|(i, j)| from_mean(i) * from_mean(j)));
            features.extend((0..neurons).map(|i| fires(i, tick) * fires(i, tick + 1)));
            features
        };
        let stretch = |raster, first| (first..first + length).map(|tick| features(raster, tick)).collect::<Vec<_>>();
        let stretches = [&data, &sampled[0]].map(|raster| [stretch(raster, 0), stretch(raster, length)]).concat();
        let rows = (4 * length) as f64;
        let mean = |k: usize| stretches.iter().flatten().map(|features| features[k]).sum::<f64>() / rows;
        let means: Vec<f64> = (0..layout.len()).map(mean).collect();
        let v: Vec<f64> = (0..layout.len()).map(|k| (1.0 + k as f64).sin()).collect();
        let mut wanted = vec![0.0; layout.len()];
        for stretch in &stretches {
            for first in 1 - WINDOW as isize..length as isize {
                let within = first.max(0) as usize..(first + WINDOW as isize).min(length as isize) as usize;
                let sum = |k: usize| stretch[within.clone()].iter().map(|features| features[k] - means[k]).sum::<f64>();
                let sums: Vec<f64> = (0..layout.len()).map(sum).collect();
                let score: f64 = sums.iter().zip(&v).map(|(sum, v)| sum * v).sum();
                wanted.iter_mut().zip(&sums).for_each(|(wanted, sum)| *wanted += score * sum / WINDOW as f64 / rows);
            }
        }
        // Of an added variance of f_i f_j, the change of J_ij and, with δf, of both inputs.
        let mut changes = centred.moved(&vec![0.0; v.len()], &v);
        changes.iter_mut().zip(&information.added).for_each(|(change, added)| *change *= added);
        wanted.iter_mut().zip(centred.centre(&changes)).for_each(|(wanted, added)| *wanted += added);
        let product = information.times(&v);
        for (product, wanted) in product.iter().zip(&wanted) {
            assert!((product - wanted).abs() < 1e-12, "{product} {wanted}");
        }
        // And the solution is one, to the residual that it stops at.
        let solution = information.solve(&product);
        let (size, rest) = information
            .times(&solution)
            .iter()
            .zip(&product)
            .fold((0.0, 0.0), |(size, rest), (found, p)| (size + p * p, rest + (found - p).powi(2)));
        assert!(rest < 0.01 * size, "{rest} of {size}");
    }
}
