//! Random configurations, most of them wrong, handed to the builders on a device that computes nothing: 3,000, or
//! `SPINFIELD_FUZZ` of them. None may panic, and what is refused is refused with a code and advice.

use spinfield::io::threshold::Threshold;
use spinfield::neurons::Convention;
use spinfield::random::{Purpose, Stream};
use spinfield::{
    BlockGibbs, Couplings, Cues, Damage, EdwardsAnderson, Error, GaussianGlass, Gpu, HeatBath, Hmc, Hopfield, Ising,
    Lattice, Little, Memory, Metropolis, NeuralField, PairwiseSpins, Patterns, Phi4, Potts, Proposal, Raster,
    RestrictedMachine, Result, Samples, Schedule, SwendsenWang, Tempering, Tuning, Units, Wolff, Xy,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// SplitMix64: the configurations are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn one<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    /// A number, every other time one that some formula does not take.
    fn number(&mut self) -> f64 {
        let usual = (self.next() % 4000) as f64 / 1000.0;
        let bad = [0.0, -0.0, -1.0, 1e-300, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        if self.next().is_multiple_of(2) { usual } else { self.one(&bad) }
    }

    fn numbers(&mut self, most: u64) -> Vec<f64> {
        (0..self.next() % (most + 1)).map(|_| self.number()).collect()
    }

    fn count(&mut self) -> u32 {
        self.one(&[0, 1, 2, 3, 7, 16, 1 << 28, u32::MAX])
    }

    /// Small enough to be made.
    fn size(&mut self) -> usize {
        self.one(&[0, 1, 2, 3, 31, 32, 33, 70])
    }

    fn lattice(&mut self) -> Result<Lattice> {
        let axes = self.next() % 6;
        let sides: Vec<u32> = (0..axes).map(|_| self.one(&[0, 1, 2, 3, 4, 4, 6, 8, 1 << 16, u32::MAX])).collect();
        Lattice::new(&sides)
    }

    fn text(&mut self) -> String {
        let words =
            ["", "4x4", "0x3", "x", "dense:3", "dense:-1", "dense:999999999999", "softmax", "otsu", "256", "\0", "٣"];
        self.one(&words).into()
    }
}

/// Builds a simulation of a lattice model, whose dynamics may be any.
macro_rules! lattice_simulation {
    ($gpu:expr, $random:expr, $model:expr, $dynamics:expr) => {{
        let (model, dynamics) = ($model, $dynamics);
        let (betas, replicas) = ($random.numbers(3), $random.one(&[0, 1, 2, 3, 64, 1 << 28, u32::MAX]));
        let builder = $gpu.simulate(model, dynamics).betas(&betas).replicas(replicas);
        builder.packed($random.next().is_multiple_of(2)).build().map(drop)
    }};
}

/// One random configuration of a random builder.
fn configure(gpu: &Gpu, random: &mut Random) -> Result<()> {
    match random.next() % 16 {
        0 => {
            let model = Ising::new(random.lattice()?).coupling(random.number()).field(random.number());
            match random.next() % 5 {
                0 => lattice_simulation!(gpu, random, model, HeatBath),
                1 => lattice_simulation!(gpu, random, model, Metropolis),
                2 => lattice_simulation!(gpu, random, model, SwendsenWang),
                3 => lattice_simulation!(gpu, random, model, Wolff),
                _ => {
                    let every = u64::from(random.count());
                    lattice_simulation!(gpu, random, model, Tempering::new(HeatBath).every(every))
                }
            }
        }
        1 => {
            let model = Potts::new(random.lattice()?, random.count()).coupling(random.number());
            lattice_simulation!(gpu, random, model, HeatBath)
        }
        2 => {
            let (lattice, width) = (random.lattice()?, random.number());
            lattice_simulation!(gpu, random, Xy::new(lattice), Proposal::new(width))
        }
        3 => {
            let model = Phi4::new(random.lattice()?, random.number(), random.number());
            let hmc = Hmc::new(random.count(), random.number());
            lattice_simulation!(gpu, random, model, hmc)
        }
        4 => {
            let samples = random.one(&[Samples::Shared, Samples::PerPair, Samples::PerReplica]);
            let model =
                EdwardsAnderson::bimodal(random.lattice()?, random.next()).samples(samples).field(random.number());
            lattice_simulation!(gpu, random, model, Metropolis)
        }
        5 => {
            let model = GaussianGlass::new(random.lattice()?, random.next());
            lattice_simulation!(gpu, random, model, HeatBath)
        }
        6 => {
            let model = PairwiseSpins::sherrington_kirkpatrick(random.size(), random.next())?.field(random.number());
            let (betas, replicas) = (random.numbers(3), random.count());
            gpu.simulate(model, HeatBath).betas(&betas).replicas(replicas).build().map(drop)
        }
        7 => {
            let mut stream = Stream::new(random.next(), Purpose::Patterns, 0);
            let patterns = Patterns::random(random.size(), random.size(), &mut stream)?;
            let (betas, replicas) = (random.numbers(2), random.count());
            let model = Hopfield::new(patterns);
            match random.next() % 2 {
                0 => gpu.simulate(model, BlockGibbs).betas(&betas).replicas(replicas).build().map(drop),
                _ => gpu.simulate(model, Little).betas(&betas).replicas(replicas).build().map(drop),
            }
        }
        8 => {
            let mut stream = Stream::new(random.next(), Purpose::Patterns, 0);
            let patterns = Patterns::random(random.size(), random.size(), &mut stream)?;
            let share = random.number();
            let damage = random.one(&[Damage::Noise(share), Damage::Mask(share)]);
            let cues = Cues::damaged(&patterns, random.size(), damage, random.next())?;
            // A device that computes nothing never settles.
            gpu.recall(&patterns, &cues).sweeps(random.one(&[0, 1, 20])).run().map(drop)
        }
        9 => {
            let (visible, hidden) = (random.size(), random.size());
            let off = random.one(&[0, 0, 0, 1]);
            let values = |count: usize, number: f64| vec![number as f32; count];
            let units = random.one(&[Units::Bernoulli, Units::Spin, Units::Gaussian, Units::Relu]);
            let weights = values(visible * hidden + off, random.number());
            let biases = [values(visible, random.number()), values(hidden, random.number())];
            let [a, b] = biases;
            RestrictedMachine::new(units, Units::Bernoulli, weights, a, b).map(drop)
        }
        10 => {
            let schedule = Schedule { warmup: random.next(), samples: random.next(), thin: u64::from(random.count()) };
            schedule.sweeps().map(drop)
        }
        11 => {
            let size = random.size();
            let number = random.number() as f32;
            Couplings::new(size, vec![number; size * size + usize::from(random.next().is_multiple_of(4))]).map(drop)
        }
        12 => {
            let field = NeuralField::new(random.size(), random.one(&[Convention::Gas, Convention::Magnetic]))?;
            let field = field.with_space(random.numbers(5))?;
            field.with_time(random.size(), random.numbers(9))?.with_input(random.numbers(9)).map(drop)
        }
        13 => Raster::new(random.size(), random.size(), random.one(&[0, 1, 33, usize::MAX])).map(drop),
        14 => {
            let text = random.text();
            text.parse::<Lattice>().map(drop)?;
            text.parse::<Memory>().map(drop)?;
            text.parse::<Threshold>().map(drop)
        }
        _ => {
            let lanes = random.one(&[0, 1, 3, 64, 256, 257, u32::MAX]);
            let gpu = gpu.with_tuning(Tuning { lanes, ..Tuning::default() });
            lattice_simulation!(gpu, random, Ising::new(random.lattice()?), HeatBath)
        }
    }
}

#[test]
fn no_configuration_panics() {
    let (device, queue) = wgpu::Device::noop(&wgpu::DeviceDescriptor::default());
    let gpu = Gpu::from_device(device, queue);
    let total = std::env::var("SPINFIELD_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000u64);
    let mut refused = 0;
    for number in 0..total {
        let mut random = Random(number << 20);
        let outcome = catch_unwind(AssertUnwindSafe(|| configure(&gpu, &mut random)));
        let outcome = outcome.unwrap_or_else(|_| panic!("configuration {number} panicked"));
        let Err(error) = outcome else { continue };
        refused += 1;
        let message = error.to_string();
        let parts = message.rsplit_once(" - ");
        assert!(parts.is_some_and(|(problem, hint)| problem.len() > 5 && hint.len() > 5), "{number}: `{message}`");
        assert!(!message.contains('\n') && message.len() < 1000, "{number}: `{message}`");
        assert!(error.code().starts_with('E') && error.exit_code() == 3, "{number}: `{message}`");
        if let Error::Limit { need, have, .. } = &error {
            assert!(need > have, "{number}: `{message}`");
        }
    }
    eprintln!("{refused} of {total} configurations refused");
    assert!(refused > total / 2 && refused < total, "{refused} of {total} were refused");
}
