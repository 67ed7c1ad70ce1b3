//! Learning with states as bits: steps of which nothing is left to chance, against plain arithmetic.

mod common;

use common::gpu;
use spinfield::learn::{Gradient, Optimiser};
use spinfield::random::{Purpose, Stream, uniform_below};
use spinfield::{Layer, RestrictedMachine, Units, Vectors};

/// In double precision; spins or units of 0 and 1.
struct Oracle {
    spins: bool,
    weights: Vec<Vec<f64>>,
    biases: [Vec<f64>; 2],
}

impl Oracle {
    fn of(machine: &RestrictedMachine) -> Self {
        let widen = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        Self {
            spins: machine.units(Layer::Visible) == Units::Spin,
            weights: machine.weights().chunks(machine.size(Layer::Hidden)).map(widen).collect(),
            biases: [Layer::Visible, Layer::Hidden].map(|layer| widen(machine.biases(layer))),
        }
    }

    fn hidden_means(&self, visible: &[f64]) -> Vec<f64> {
        let input =
            |j: usize| self.biases[1][j] + visible.iter().zip(&self.weights).map(|(v, w)| v * w[j]).sum::<f64>();
        let mean = |x: f64| if self.spins { x.tanh() } else { 1.0 / (1.0 + (-x).exp()) };
        (0..self.biases[1].len()).map(|j| mean(input(j))).collect()
    }

    /// A step with a batch and the one state that the biases leave to the chains.
    fn step(&mut self, batch: &[Vec<f64>], chain: &[f64], rate: f64) {
        let share = rate / batch.len() as f64;
        let rows = batch.iter().map(|row| (row.as_slice(), share)).chain([(chain, -rate)]);
        let rows: Vec<_> = rows.map(|(row, share)| (row, self.hidden_means(row), share)).collect();
        for (visible, means, share) in rows {
            for (i, v) in visible.iter().enumerate() {
                self.biases[0][i] += share * v;
                means.iter().enumerate().for_each(|(j, mean)| self.weights[i][j] += share * v * mean);
            }
            means.iter().enumerate().for_each(|(j, mean)| self.biases[1][j] += share * mean);
        }
    }
}

/// Visible biases of ±60 decide every state of the chains, so that whole epochs can be followed: three batches, the last
/// one short, at sizes that fill tiles, words (of 16 and 32 rows) and groups and such that do not.
#[test]
fn steps_of_bits_are_the_gradient() {
    let Some(gpu) = gpu() else { return };
    for (units, sizes, batch, gradient) in [
        (Units::Bernoulli, (37, 70), 10, Gradient::Persistent(1)),
        (Units::Spin, (64, 128), 16, Gradient::ContrastiveDivergence(2)),
        (Units::Bernoulli, (37, 70), 19, Gradient::Persistent(1)),
        (Units::Bernoulli, (72, 40), 70, Gradient::Persistent(2)),
        (Units::Bernoulli, (64, 128), 20, Gradient::ContrastiveDivergence(2)),
        (Units::Spin, (37, 70), 19, Gradient::ContrastiveDivergence(1)),
        (Units::Spin, (5, 130), 17, Gradient::Persistent(3)),
        (Units::Bernoulli, (530, 3), 20, Gradient::Persistent(2)),
        (Units::Bernoulli, (1, 1), 24, Gradient::ContrastiveDivergence(1)),
    ] {
        let mut stream = Stream::new(7, Purpose::Patterns, 0);
        let mut small = || (uniform_below(&mut stream, 1 << 20) as f32 / (1 << 19) as f32 - 1.0) * 0.3;
        let weights = (0..sizes.0 * sizes.1).map(|_| small()).collect();
        let hidden_biases = (0..sizes.1).map(|_| small()).collect();
        let values = units.values().unwrap();
        let up = |i: usize| i * i % 5 < 2;
        let visible_biases = (0..sizes.0).map(|i| if up(i) { 60.0 } else { -60.0 }).collect();
        let chain: Vec<f64> = (0..sizes.0).map(|i| values[usize::from(up(i))]).collect();
        let start = RestrictedMachine::new(units, units, weights, visible_biases, hidden_biases).unwrap();
        let samples: Vec<Vec<f64>> = (0..2 * batch + 11)
            .map(|_| (0..sizes.0).map(|_| values[uniform_below(&mut stream, 2) as usize]).collect())
            .collect();
        let data = Vectors::new(sizes.0, samples.iter().flatten().map(|&value| value as f32).collect()).unwrap();
        let builder = gpu.train(&start, &data).gradient(gradient).batch(batch).chains(33).shuffled(false);
        let mut trainer = builder.learning_rate(0.25).build().unwrap();
        trainer.epoch().unwrap();
        let mut oracle = Oracle::of(&start);
        samples.chunks(batch).for_each(|batch| oracle.step(batch, &chain, 0.25));
        let after = Oracle::of(trainer.machine());
        let flat = |machine: Oracle| [machine.weights.concat(), machine.biases.concat()].concat();
        for (at, (found, wanted)) in flat(after).iter().zip(flat(oracle)).enumerate() {
            // Sums of up to 530 single-precision terms below 1, and biases near 60 with an ulp of 4e-6.
            assert!((found - wanted).abs() < 5e-5, "{units} {sizes:?} {gradient} {at}: {found} {wanted}");
        }
    }
}

/// The hidden states of chains after sweeps without learning, against their probabilities from all states.
#[test]
fn chains_of_bits_are_boltzmanns() {
    let Some(gpu) = gpu() else { return };
    for (units, batch) in [(Units::Bernoulli, 16), (Units::Bernoulli, 20), (Units::Spin, 20)] {
        let start = RestrictedMachine::random((units, 6), (units, 5), 0.5, 11).unwrap();
        let values = units.values().unwrap();
        let data = Vectors::new(6, (0..6 * batch).map(|k| values[k % 2] as f32).collect()).unwrap();
        let builder = gpu.train(&start, &data).gradient(Gradient::Persistent(100)).batch(batch).chains(8_192);
        let mut trainer = builder.learning_rate(0.0).seed(4).build().unwrap();
        trainer.epoch().unwrap();
        let hidden = trainer.state().unwrap().hidden;
        let mut counts = [0_u32; 32];
        for chain in hidden.chunks(5) {
            let state: usize = chain.iter().enumerate().map(|(j, &h)| usize::from(h == values[1] as f32) << j).sum();
            counts[state] += 1;
        }
        let machine = Oracle::of(&start);
        let weight = |state: usize| {
            let h: Vec<f64> = (0..5).map(|j| values[state >> j & 1]).collect();
            let inputs = machine.weights.iter().zip(&machine.biases[0]);
            let inputs = inputs.map(|(row, bias)| bias + row.iter().zip(&h).map(|(w, h)| w * h).sum::<f64>());
            let own: f64 = h.iter().zip(&machine.biases[1]).map(|(h, bias)| h * bias).sum();
            own.exp() * inputs.map(|x| values.map(|v| (v * x).exp()).iter().sum::<f64>()).product::<f64>()
        };
        let total: f64 = (0..32).map(weight).sum();
        let square = |state: usize| {
            let expected = 8_192.0 * weight(state) / total;
            (f64::from(counts[state]) - expected).powi(2) / expected
        };
        let chi_square: f64 = (0..32).map(square).sum();
        eprintln!("{units}, batches of {batch}: chi-square {chi_square:.1}");
        // 31 degrees of freedom: 31 +- 7.9, more than 70 once in 10,000.
        assert!(chi_square < 70.0, "{units} {batch}: {chi_square}");
    }
}

/// As many sweeps as fit into one dispatch, and more, which go the way of reals: neither is refused.
#[test]
fn long_steps_find_their_way() {
    let Some(gpu) = gpu() else { return };
    let start = RestrictedMachine::random((Units::Bernoulli, 20_000), (Units::Bernoulli, 8), 0.01, 1).unwrap();
    let data = Vectors::new(20_000, (0..40_000).map(|k| f32::from(u8::from(k % 3 == 0))).collect()).unwrap();
    for sweeps in [5, 7] {
        let builder = gpu.train(&start, &data).gradient(Gradient::Persistent(sweeps)).batch(2).chains(2);
        builder.build().unwrap().epoch().unwrap();
    }
}

/// Chains' states leave the device as values and come back as they were.
#[test]
fn a_resumed_training_has_its_chains_back() {
    let Some(gpu) = gpu() else { return };
    for (units, batch, gradient) in
        [(Units::Bernoulli, 13, Gradient::Persistent(2)), (Units::Spin, 25, Gradient::Persistent(1))]
    {
        let start = RestrictedMachine::random((units, 20), (units, 11), 0.1, 3).unwrap();
        let values = units.values().unwrap().map(|value| value as f32);
        let data = Vectors::new(20, (0..600).map(|k| values[usize::from(k * k % 7 < 3)]).collect()).unwrap();
        let builder = gpu.train(&start, &data).gradient(gradient).batch(batch).chains(21).seed(5);
        let builder = builder.optimiser(Optimiser::Adam { mean: 0.9, square: 0.999 });
        let mut whole = builder.build().unwrap();
        (0..4).for_each(|_| whole.epoch().unwrap());
        let mut first = builder.build().unwrap();
        (0..2).for_each(|_| first.epoch().unwrap());
        let state = first.state().unwrap();
        assert_eq!(state.hidden.len(), 21 * 11);
        assert!(state.hidden.iter().all(|value| values.contains(value)));
        let mut second = builder.build().unwrap();
        second.resume(&state).unwrap();
        (0..2).for_each(|_| second.epoch().unwrap());
        assert_eq!(whole.state().unwrap(), second.state().unwrap());
    }
}
