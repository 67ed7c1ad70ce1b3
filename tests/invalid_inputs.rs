//! Thousands of bad inputs, the same ones in every run: each is refused with advice, and nothing panics.

mod common;

use common::gpu;
use spinfield::boltzmann::Quartic;
use spinfield::gpu::adapters;
use spinfield::io::array::{array_keys, read_array};
use spinfield::io::checkpoint::{CURRENT_FILE, Checkpoint, Generations, Header, Sections};
use spinfield::io::image::{GreyImage, folder_of_pngs, read_png, write_png_grey, write_png_rgb};
use spinfield::io::output::OutputFolder;
use spinfield::io::raster::{RasterOptions, read_raster, write_raster};
use spinfield::io::spike_times::{Binning, SpikeFormat, SpikeOptions, SpikeTimes};
use spinfield::io::threshold::Threshold;
use spinfield::learn::{EarlyStopping, Gradient, Optimiser};
use spinfield::neurons::fit::{Method, Prior};
use spinfield::random::{Purpose, Stream};
use spinfield::report::picture::{RecallRow, lattice_picture, recall_sheet};
use spinfield::statistics::Chains;
use spinfield::{
    Acceptance, AdapterRequest, BlockGibbs, Couplings, Cues, Damage, Error, GeneralMachine, Gpu, HeatBath, Hmc,
    Hopfield, Ising, Judge, Lattice, Little, Metropolis, Patterns, Phi4, Proposal, Raster, RestrictedMachine, Result,
    Schedule, Trajectories, Tuning, Units, Vectors,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// SplitMix64: the inputs are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn from<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// Nowhere near a fraction: negative, above 1, infinite or not a number.
    fn no_fraction(&mut self) -> f64 {
        let size = 1e-6 + self.below(1_000_000) as f64;
        [-size, 1.0 + size, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e-300][self.below(6)]
    }

    /// Not a positive number.
    fn not_positive(&mut self) -> f64 {
        let size = self.below(1_000_000) as f64;
        [-size, 0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300][self.below(7)]
    }

    /// No learning rate: negative, huge, or not a number.
    fn no_rate(&mut self) -> f64 {
        [-1e-9, -1.0 - self.below(100) as f64, 1e7, f64::NAN, f64::INFINITY][self.below(5)]
    }

    fn not_finite(&mut self) -> f64 {
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][self.below(3)]
    }
}

/// What was refused so far.
#[derive(Default)]
struct Refused {
    total: usize,
}

impl Refused {
    /// Asserts that an input is refused, in one line that holds advice.
    fn expect<T>(&mut self, what: &str, attempt: impl FnOnce() -> Result<T>) {
        match self.outcome(what, attempt) {
            Ok(_) => panic!("{what}: accepted"),
            Err(error) => {
                if let Error::Limit { need, have, .. } = &error {
                    assert!(need > have, "{what}: {error}");
                }
            }
        }
    }

    /// An input that may be harmless after all: it must not panic, and an error must be as good as any.
    fn outcome<T>(&mut self, what: &str, attempt: impl FnOnce() -> Result<T>) -> Result<T> {
        let outcome = catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| panic!("{what}: panicked"));
        self.total += 1;
        outcome.inspect_err(|error| {
            let message = error.to_string();
            let parts = message.rsplit_once(" - ");
            assert!(parts.is_some_and(|(problem, hint)| problem.len() > 5 && hint.len() > 5), "{what}: `{message}`");
            assert!(!message.contains('\n') && message.len() < 1000, "{what}: `{message}`");
            for leak in ["wgpu", "Validation Error", "panicked", "Some(", "Ok(", "Err("] {
                assert!(!message.contains(leak), "{what}: `{message}` shows {leak}");
            }
            assert!((3..=5).contains(&error.exit_code()), "{what}: exit code {}", error.exit_code());
            assert!(error.code().starts_with('E'), "{what}");
        })
    }
}

/// A folder of this test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn values_and_shapes() {
    let mut random = Random(1);
    let mut refused = Refused::default();
    for case in 0..250 {
        let sides: Vec<u32> = match case % 4 {
            0 => vec![],
            1 => (0..5 + random.below(20)).map(|_| 2 + random.below(3) as u32).collect(),
            2 => vec![4, random.below(2) as u32, 4],
            _ => vec![1 << (15 + random.below(16)), 1 << (15 + random.below(16)), 1 + random.next() as u32],
        };
        refused.expect(&format!("sides {sides:?}"), || Lattice::new(&sides));

        let text = match case % 5 {
            0 => format!("{}x{}", random.below(2), random.below(100)),
            1 => format!("-{}x4", random.below(9)),
            2 => format!("{}x{}", u64::from(u32::MAX) + random.next() % 1000, 4),
            3 => {
                random.from(&["", "x", "4x", "x4", "4xx4", "4*4", "4 4", "4.0x4", "٤x٤", "4x4\0", "1e3x4"]).to_string()
            }
            _ => String::from_utf8_lossy(&random.next().to_le_bytes()).into_owned(),
        };
        refused.expect(&format!("lattice {text:?}"), || text.parse::<Lattice>());

        let text = match case % 3 {
            0 => (256 + random.below(1_000_000)).to_string(),
            1 => format!("-{}", 1 + random.below(300)),
            _ => random.from(&["", "Mean", "mean ", "127.5", "0x7f", "otsu!", "nan"]).to_string(),
        };
        refused.expect(&format!("threshold {text:?}"), || text.parse::<Threshold>());

        let neurons = 1 + random.below(70);
        let mut rows = vec![vec![1i8; neurons]; 3];
        match case % 4 {
            0 => rows[random.below(3)].push(1),
            1 => rows[random.below(3)].truncate(neurons - 1),
            2 => rows[random.below(3)][random.below(neurons)] = [0, 2, -2, i8::MIN, i8::MAX][random.below(5)],
            _ => rows.clear(),
        }
        refused.expect(&format!("rows {rows:?}"), || Patterns::from_signs(neurons, &rows));

        let words = neurons.div_ceil(32);
        let bits = match case % 2 {
            0 if words > 1 => vec![0; words * random.below(5) + 1],
            1 if !neurons.is_multiple_of(32) => {
                vec![0, 1 << (neurons % 32 + random.below(32 - neurons % 32))][2 - words.min(2)..].to_vec()
            }
            _ => vec![],
        };
        let bits = if words == 3 && !bits.is_empty() { [vec![0], bits].concat() } else { bits };
        if !bits.len().is_multiple_of(words) || bits.is_empty() || bits.last().is_some_and(|&word| word != 0) {
            refused.expect(&format!("words {bits:x?} of {neurons}"), || Patterns::from_words(neurons, bits.clone()));
        }

        let mut stream = Stream::new(case, Purpose::Patterns, 0);
        let patterns = Patterns::random(3, neurons, &mut stream).unwrap();
        let beyond = 3 + random.next() as usize % (1 << 40);
        refused.expect("take", || patterns.take(if beyond.is_multiple_of(2) { 0 } else { beyond + 1 }));
        refused.expect("select", || patterns.select(&[0, beyond, 1]));
        refused.expect("select nothing", || patterns.select(&[]));
        refused.expect("noise", || patterns.with_noise(0, neurons + 1 + beyond, &mut stream));
        refused.expect("mask of a pattern beyond", || patterns.with_mask(beyond, 0, &mut stream));
        refused.expect("no patterns", || Patterns::random(0, neurons, &mut stream));
        refused.expect("too many", || Patterns::random(usize::MAX / (1 + random.below(9)), neurons, &mut stream));

        let fraction = random.no_fraction();
        let damage = if case % 2 == 0 { Damage::Noise(fraction) } else { Damage::Mask(fraction) };
        refused.expect(&format!("{damage:?}"), || Cues::damaged(&patterns, 2, damage, 1));
        let count = if case % 2 == 0 { 0 } else { (1 << 24) + 1 + random.below(1 << 20) };
        refused.expect(&format!("{count} cues"), || Cues::damaged(&patterns, count, Damage::Noise(0.1), 1));
        let targets = vec![0; [0, 1, 2, 4, 5][random.below(5)]];
        refused.expect(&format!("targets {targets:?}"), || Cues::given(patterns.clone(), targets.clone()));

        let schedule = match case % 3 {
            0 => Schedule { warmup: random.next(), samples: 0, thin: 1 },
            1 => Schedule { warmup: 0, samples: random.next(), thin: 0 },
            _ => Schedule { warmup: u64::MAX - random.next() % 100, samples: 1 + random.next() % 9, thin: 1 << 60 },
        };
        refused.expect(&format!("{schedule:?}"), || schedule.sweeps());

        let chains = 2 + random.below(9);
        let values = vec![0.0; chains * random.below(5) + 1 + random.below(chains - 1)];
        refused.expect("chains", || Chains::from_rows(chains, values));

        let (width, height) = (1 + random.below(40), 1 + random.below(40));
        let pixels = vec![0u8; width * height - 1 + 2 * random.below(2)];
        let path = Path::new("/nowhere/x.png");
        refused.expect("grey PNG", || write_png_grey(path, width, height, &pixels));
        refused.expect("RGB PNG", || write_png_rgb(path, width, height, &pixels));
        refused.expect("PNG of no size", || write_png_grey(path, 0, height, &[]));
        let picture = GreyImage { width, height, pixels: vec![0.5; width * height] };
        let side = [0, 1 << 27, usize::MAX][random.below(3)];
        refused.expect("resize", || picture.resize(side, 1 + random.below(5)));
        let state = vec![1i8; width * height];
        let row = RecallRow {
            cue: &state,
            recall: &state,
            pattern: &state,
            overlap: f64::NAN,
            retrieved: false,
            label: "x".repeat(random.below(200)),
        };
        refused.expect("sheet", || recall_sheet(std::slice::from_ref(&row), width + 1, height));
        refused.expect("sheet without rows", || recall_sheet(&[], width, height));
        refused.expect("lattice picture", || lattice_picture((width, height), &vec![0.0; width * height + 1], None));
    }
    eprintln!("{} values and shapes refused", refused.total);
    assert!(refused.total > 4_500);
}

#[test]
fn general_machines() {
    let mut random = Random(12);
    let mut refused = Refused::default();
    let Some(gpu) = gpu() else { return };
    for case in 0..60 {
        let units = 2 + random.below(40);
        let nothing = || Couplings::new(units, vec![0.0; units * units]).unwrap();
        let beyond = units + 1 + random.below(5);
        refused.expect("visible units", || GeneralMachine::new([0, beyond][case % 2], nothing(), vec![0.0; units]));
        refused.expect("biases", || GeneralMachine::new(1, nothing(), vec![0.0; [units - 1, beyond][case % 2]]));
        let mut biases = vec![0.0; units];
        biases[random.below(units)] = random.not_finite() as f32;
        refused.expect("bias", || GeneralMachine::new(1, nothing(), biases.clone()));
        let mut weights = vec![0.0f32; units * units];
        weights[[1, 0][case % 2]] = [f32::NAN, 1.0][case % 2];
        refused.expect("weights of 0/1 units", || GeneralMachine::from_binary(1, &weights, &vec![0.0; units]));
        let deviation = -random.not_positive().abs().max(1e-9);
        refused.expect("deviation", || GeneralMachine::random(units, 3, deviation, 1));
        refused.expect("sizes", || GeneralMachine::random([0, 1, usize::MAX, 1 << 16][case % 4], case % 4 / 3, 0.1, 1));

        let machine = GeneralMachine::random(units, 3, 0.1, 1).unwrap();
        let data = Patterns::random(3, units, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
        let other = Patterns::random(3, beyond, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
        refused.expect("data of another width", || gpu.train_general(&machine, &other).build());
        refused.expect("clamped to another width", || gpu.general_machine(&machine).clamp(&other).build());
        refused.expect("likelihood of another width", || machine.log_likelihood(&other));
        refused.expect("state", || machine.free_energy(&vec![[0, 2, -1][case % 3]; units + case % 3 / 2]));
        refused.expect("energy", || machine.energy(&vec![1; units]));
        refused.expect("no chains", || gpu.general_machine(&machine).chains(0).build());
        let train = || gpu.train_general(&machine, &data);
        let negative = [-random.not_positive().abs().max(1e-9), random.not_finite()][case % 2];
        refused.expect(&format!("rate {negative}"), || train().learning_rate(negative).build());
        refused.expect(&format!("decay {negative}"), || train().weight_decay(negative).build());
        refused.expect("batch", || train().batch([0, 4 + case][case % 2]).build());
        refused.expect("free chains", || train().chains([0, usize::MAX][case % 2]).build());
        refused.expect("replicas", || train().replicas([0, usize::MAX][case % 2]).build());
        refused.expect("sweeps", || train().sweeps([0, u32::MAX][case % 2]).build());
        refused.expect("burn-in", || train().burn_in(u32::MAX).build());
        refused.expect("pseudo-likelihoods of another width", || machine.pseudo_likelihoods(&other));
        let path = folder("general").join("machine.safetensors");
        machine.save(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(random.below(bytes.len()));
        std::fs::write(&path, &bytes).unwrap();
        refused.expect("a general machine cut short", || GeneralMachine::load(&path));
        refused.expect("is it general", || GeneralMachine::is_in(&path));
    }
    let machine = GeneralMachine::random(20, 10, 0.1, 1).unwrap();
    refused.expect("enumeration of 30 units", || machine.log_partition());
    refused.expect("moments of 30 units", || machine.moments());
    let mut chains = gpu.general_machine(&machine).build().unwrap();
    refused.expect("moments of no sweeps", || chains.moments(0));
    refused.expect("moments of too many sweeps", || chains.moments(1 << 40));
}

#[test]
fn damaged_files() {
    let mut random = Random(2);
    let mut refused = Refused::default();
    let folder = folder("damaged");
    let file = folder.join("file");
    let put = |bytes: &[u8]| std::fs::write(&file, bytes).unwrap();
    let png = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits/3_a.png")).unwrap();
    let npz = {
        let path = folder.join("sound.npz");
        let mut writer = spinfield::io::npz::NpzWriter::create(&path).unwrap();
        writer.add_f32("a", &[4, 5], &[0.25; 20]).unwrap();
        writer.add_i8("b", &[3, 7], &[1; 21]).unwrap();
        writer.finish().unwrap();
        std::fs::read(path).unwrap()
    };
    let header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5), }";
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    npy.extend(header);
    npy.resize(127, b' ');
    npy.push(b'\n');
    npy.extend([0; 80]);
    put(&npy);
    assert_eq!(read_array(&file, None).unwrap().shape, [4, 5]);

    let checkpoint = {
        let header = Header { configuration: [1; 32], step: 3, stream_version: 1, names: vec!["sample".into()] };
        let mut sections = Sections::new();
        sections.put_numbers("spins", &[7u32; 50]).put_numbers("energy", &[-1.5, 0.25]);
        Checkpoint { header, sections }.encode()
    };
    let generations = |bytes: &[u8]| {
        std::fs::write(folder.join(CURRENT_FILE), bytes).unwrap();
        Generations::open(&folder)
    };
    assert!(generations(&checkpoint).unwrap().1.is_some());
    for _ in 0..250 {
        refused.expect("a checkpoint cut short", || generations(&checkpoint[..random.below(checkpoint.len())]));
        let mut damaged = checkpoint.clone();
        damaged[random.below(checkpoint.len())] ^= 1 << random.below(8);
        refused.expect("a checkpoint with a flipped bit", || generations(&damaged));
    }

    let mut harmless = 0;
    for _ in 0..250 {
        // Cut short: no proper beginning of a file is a file.
        put(&png[..random.below(png.len())]);
        refused.expect("a PNG cut short", || read_png(&file));
        put(&npy[..random.below(npy.len())]);
        refused.expect("an npy cut short", || read_array(&file, None));
        put(&npz[..random.below(npz.len())]);
        refused.expect("an npz cut short", || read_array(&file, Some("a")));
        // Bits flipped: what a check sum covers is found; what it does not may be harmless.
        for (sound, kind) in [(&png, 0), (&npz, 1), (&npy, 2)] {
            let mut bytes = sound.clone();
            (0..1 + random.below(4)).for_each(|_| bytes[random.below(sound.len())] ^= 1 << random.below(8));
            put(&bytes);
            harmless += usize::from(match kind {
                0 => refused.outcome("a PNG with flipped bits", || read_png(&file)).is_ok(),
                1 => refused.outcome("an npz with flipped bits", || read_array(&file, Some("a"))).is_ok(),
                _ => refused.outcome("an npy with flipped bits", || read_array(&file, None)).is_ok(),
            });
        }
        // Noise, plain or behind a magic number.
        let magic: &[u8] = random.from(&[&b""[..], b"\x89PNG\r\n\x1a\n", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\0"]);
        let mut bytes = magic.to_vec();
        (0..random.below(300)).for_each(|_| bytes.push(random.next() as u8));
        put(&bytes);
        refused.expect("noise as a PNG", || read_png(&file));
        refused.expect("noise as an array", || read_array(&file, None));
        refused.expect("noise as an archive", || array_keys(&file));
    }
    // Headers that promise more than the file holds, or what no array is.
    for header in [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551615, 18446744073709551615), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'shape': (1,), }",
        "{((((((((((((((((((((((((((((((((((((((((",
    ] {
        let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(127, b' ');
        bytes.push(b'\n');
        bytes.extend([0; 16]);
        put(&bytes);
        refused.expect(header, || read_array(&file, None));
    }
    put(&npz);
    refused.expect("an archive without a key", || read_array(&file, None));
    refused.expect("an archive without that key", || read_array(&file, Some("c")));
    put(&npy);
    refused.expect("a key for an npy", || read_array(&file, Some("a")));
    for path in [folder.join("absent"), folder.clone(), PathBuf::new(), PathBuf::from("\0")] {
        refused.expect("a path", || read_png(&path));
        refused.expect("a path", || read_array(&path, None));
    }
    refused.expect("a folder without pictures", || folder_of_pngs(&folder));
    refused.expect("a file as a folder", || OutputFolder::create(&file, false));
    let output = OutputFolder::create(folder.join("out"), false).unwrap();
    for name in ["", ".", "..", "a/b", "../a", "/a", "a\0b", "a\\b"] {
        refused.expect(name, || output.path(name));
        refused.expect(name, || output.write_text(name, ""));
    }
    eprintln!("{} damaged files refused or, {harmless} of them, found harmless", refused.total);
    // The PNG's and the npz's check sums cover their data; the npy has none.
    assert!(refused.total > 2_000 && harmless < 300);
}

#[test]
fn simulations_that_make_no_sense() {
    let Some(gpu) = gpu() else { return };
    let mut random = Random(3);
    let mut refused = Refused::default();
    let lattice = Lattice::square(8).unwrap();
    let patterns = Patterns::random(3, 40, &mut Stream::new(1, Purpose::Patterns, 0)).unwrap();
    let cues = |neurons: usize, target: usize| {
        let states = Patterns::random(2, neurons, &mut Stream::new(2, Purpose::Patterns, 0)).unwrap();
        Cues::given(states, vec![0, target]).unwrap()
    };
    let ising = || Ising::new(lattice.clone());
    for case in 0..60 {
        let beta = [-1e-9, -1.0, f64::NAN, f64::NEG_INFINITY][random.below(4)];
        refused.expect("beta", || gpu.simulate(ising(), HeatBath).betas(&[0.1, beta]).build());
        refused.expect("no betas", || gpu.simulate(ising(), Metropolis).betas(&[]).build());
        refused.expect("no models", || gpu.simulate(ising(), HeatBath).models([]).build());
        refused.expect("no replicas", || gpu.simulate(ising(), HeatBath).replicas(0).build());
        let others = [ising(), Ising::new(Lattice::square(4).unwrap())];
        refused.expect("two lattices", || gpu.simulate(ising(), HeatBath).models(others).build());
        let bad = random.not_finite();
        refused.expect("coupling", || gpu.simulate(ising().coupling(bad), HeatBath).build());
        refused.expect("field", || gpu.simulate(ising().field(bad), Metropolis).build());

        let phi4 = || Phi4::new(lattice.clone(), 1.0, 0.5);
        let width = random.not_positive();
        refused.expect("width", || gpu.simulate(phi4(), Proposal::new(width)).build());
        refused.expect("step size", || gpu.simulate(phi4(), Hmc::new(5, width)).build());
        let steps = if case % 2 == 0 { 0 } else { 10_001 + random.next() as u32 % 1_000_000 };
        refused.expect("steps", || gpu.simulate(phi4(), Hmc::new(steps, 0.1)).build());
        let (mass2, lambda) = [(bad, 0.5), (1.0, bad), (1.0, -0.1), (0.0, 0.0), (-1.0, 0.0), (1e300, 1.0)][case % 6];
        refused.expect("action", || gpu.simulate(Phi4::new(lattice.clone(), mass2, lambda), Hmc::new(5, 0.1)).build());
        let (kappa, lambda) = [(bad, 0.5), (0.1, bad), (0.1, -0.1), (0.3, 0.0)][case % 4];
        refused.expect("hopping", || {
            gpu.simulate(Phi4::hopping(lattice.clone(), kappa, lambda), Hmc::new(5, 0.1)).build()
        });

        let network = || Hopfield::new(patterns.clone());
        let neurons = [1, 39, 41, 64, 400][random.below(5)];
        let target = 3 + random.next() as usize % 1000;
        for cues in [cues(neurons, 0), cues(40, target)] {
            refused
                .expect("cues of a network", || gpu.simulate(network().starting_at(cues.clone()), BlockGibbs).build());
            refused.expect("cues", || gpu.recall(&patterns, &cues).run());
        }
        refused.expect("no sweeps", || gpu.recall(&patterns, &cues(40, 0)).sweeps(0).run());
        refused.expect("zero temperature", || gpu.simulate(network(), BlockGibbs).betas(&[f64::INFINITY]).build());
        refused.expect("zero temperature", || gpu.simulate(network(), Little).betas(&[f64::INFINITY]).build());
        let lanes = if case % 2 == 0 { 0 } else { 257 + random.next() as u32 % 100_000 };
        let tuned = gpu.with_tuning(Tuning { lanes, ..Tuning::default() });
        refused.expect("lanes", || tuned.simulate(ising(), HeatBath).build());
        refused.expect("lanes of a recall", || tuned.recall(&patterns, &cues(40, 0)).run());
        let huge = 1 << (26 + random.below(6));
        match gpu.simulate(ising(), HeatBath).replicas(huge).build() {
            Err(error @ Error::Limit { .. }) => refused.expect("replicas", || Err::<(), _>(error)),
            other => panic!("{huge} replicas: {:?}", other.map(|_| ())),
        }
    }
    // A lattice that no device holds is refused before the host tabulates its sites, which would take minutes.
    let started = std::time::Instant::now();
    let widest = Lattice::new(&[32_768, 32_767]).unwrap();
    match gpu.simulate(Ising::new(widest), HeatBath).build() {
        Err(error @ Error::Limit { .. }) => refused.expect("a billion sites", || Err::<(), _>(error)),
        // 4 GiB in one binding: not refused, and not tried further.
        other => assert!(other.is_ok() && gpu.adapter().max_binding_bytes >= 4 << 30),
    }
    assert!(started.elapsed().as_secs() < 5 || gpu.adapter().max_binding_bytes >= 4 << 30);
    // Observables that the dynamics cannot fill are reported by the run.
    let once = Schedule { warmup: 0, samples: 1, thin: 1 };
    refused.expect("acceptance of sites under HMC", || {
        let mut sim = gpu.simulate(Phi4::new(lattice.clone(), 1.0, 0.5), Hmc::new(5, 0.1)).build()?;
        sim.observe(Acceptance);
        sim.run(once)
    });
    refused.expect("trajectories under Metropolis", || {
        let mut sim = gpu.simulate(Phi4::new(lattice.clone(), 1.0, 0.5), Proposal::new(1.0)).build()?;
        sim.observe(Trajectories);
        sim.run(once)
    });
    refused.expect("more samples than a host holds", || {
        let mut sim = gpu.simulate(ising(), HeatBath).build()?;
        sim.observe(spinfield::Energy);
        sim.run(Schedule { warmup: 0, samples: 1 << 40, thin: 1 })
    });
    // More than one binding of the adapter, and nothing is allocated for it.
    let sites = adapters().first().map_or(0, |adapter| adapter.max_binding_bytes / 4);
    let replicas = (sites / 64 + 1).min(1 << 25) as u32;
    if u64::from(replicas) * 64 > sites {
        let builder = || gpu.simulate(ising(), HeatBath).replicas(replicas).packed(false);
        refused.expect("a state beyond one binding", || builder().build());
    }
    for (adapter, backend) in
        [(Some("no such adapter"), None), (Some("99"), None), (None, Some("glide")), (Some(""), Some(""))]
    {
        let request = AdapterRequest { adapter: adapter.map(str::to_string), backend: backend.map(str::to_string) };
        refused.expect("adapter", || Gpu::request(&request));
    }
    eprintln!("{} simulations refused", refused.total);
    assert!(refused.total > 1_000);
}

/// The program says the same, on stderr, with an exit code of 2 (usage), 3 (input) or 4 (no adapter).
#[cfg(feature = "cli")]
mod program {
    use super::{Random, folder};
    use std::process::Command;

    const ISING: &[&str] = &["sample", "ising", "--lattice", "4x4", "--beta", "0.3", "--warmup", "0", "--samples", "2"];
    const PHI4: &[&str] = &["sample", "phi4", "--lattice", "4", "--mass2", "1", "--lambda", "0.5", "--samples", "2"];
    const RECALL: &[&str] = &["recall", "--patterns", "random:3", "--neurons", "50"];

    const SK: &[&str] = &["sample", "sk", "--spins", "8", "--beta", "0.3", "--warmup", "0", "--samples", "2"];
    const CAPACITY: &[&str] =
        &["capacity", "--neurons", "50", "--load", "0.1", "--cues", "1", "--disorder-samples", "1"];
    const BASIN: &[&str] = &["basin", "--patterns", "examples/data/digits", "--take", "2"];
    const RASTERS: &[&str] = &["neurons", "sample", "tests/data/couplings.npz", "--bins", "5", "--samples", "2"];
    const COARSER: &[&str] = &["neurons", "decimate", "examples/data/spikes/spikes_15.npz"];
    const PICTURES: &[&str] = &["recall", "--patterns", "examples/data/digits"];

    const FIT: &[&str] = &["neurons", "fit", "examples/data/spikes/spikes_15.npz"];

    const SIZES: &[&str] = &["0", "-1", "", "x", "1.5", "99999999999999999999", "nan", "1e3"];
    const REALS: &[&str] =
        &["nan", "", "x", "0.1,,0.2", "1:2", "1:2:3:4", "0.5:0.1:0.1", "0:1:0", "0:1:1e-12", "1e999:2:1"];

    /// (command, option, values that it must not take)
    const BAD: &[(&[&str], &str, &[&str])] = &[
        (
            ISING,
            "--lattice",
            &["", "1", "0x4", "4x", "4x4x4x4x4", "axb", "-4x4", "65536x65536", "4.5x4", "32768x32767"],
        ),
        (ISING, "--beta", REALS),
        (ISING, "--beta", &["-0.1", "-inf", "0.1,-0.2", "-1:1:0.5"]),
        (ISING, "--field", &["nan", "inf", "x", ""]),
        (ISING, "--replicas", SIZES),
        (ISING, "--replicas", &["268435456", "4294967295"]),
        (ISING, "--samples", SIZES),
        (ISING, "--samples", &["9007199254740993"]),
        (ISING, "--thin", SIZES),
        (ISING, "--warmup", &["-1", "", "x", "1.5", "99999999999999999999"]),
        (ISING, "--coupling", &["", "strong", "0", "ferro,antiferro"]),
        (ISING, "--dynamics", &["", "hmc", "langevin", "glauber!"]),
        (ISING, "--start", &["", "warm"]),
        (ISING, "--seed", &["-1", "x", "", "1.5", "99999999999999999999999"]),
        (ISING, "--adapter", &["no such adapter", "9999"]),
        (ISING, "--backend", &["glide", "", "vulkan2"]),
        (ISING, "--out", &["/dev/null/x", "/proc/x", ""]),
        (PHI4, "--lattice", &["", "1", "0", "x4", "2x2x2x2x2"]),
        (PHI4, "--mass2", REALS),
        (PHI4, "--mass2", &["inf", "-inf", "1e300"]),
        (PHI4, "--lambda", REALS),
        (PHI4, "--lambda", &["-0.1", "inf"]),
        (PHI4, "--steps", &["0", "-1", "x", "10001", "4294967296"]),
        (PHI4, "--step-size", &["0", "-0.1", "nan", "inf", "x"]),
        (PHI4, "--dynamics", &["", "heat-bath", "wolff"]),
        (PHI4, "--kappa", &["0.2", "nan", "x"]),
        (RECALL, "--neurons", SIZES),
        (
            RECALL,
            "--patterns",
            &["", "random:", "random:0", "random:-1", "random:x", "no/such/folder", "no.png", "no.npy"],
        ),
        (RECALL, "--patterns", &["Cargo.toml", "src", "random:99999999999999999999", "random:3:4"]),
        (RECALL, "--noise", &["-0.1", "1.1", "nan", "inf", "x", ""]),
        (RECALL, "--mask", &["-0.1", "1.1", "nan", "x", ""]),
        (RECALL, "--cues", SIZES),
        (RECALL, "--cues", &["16777217"]),
        (RECALL, "--take", &["0", "4", "-1", "x"]),
        (PICTURES, "--resize", &["0x0", "5", "x", "4x", "-4x4", "99999999x99999999"]),
        (PICTURES, "--threshold", &["256", "-1", "median", ""]),
        (RECALL, "--temperature", &["-0.1", "nan", "x", "inf", ""]),
        (RECALL, "--sweeps", SIZES),
        (RECALL, "--dynamics", &["", "heat-bath", "gibbs", "little"]),
        (
            RECALL,
            "--memory",
            &["", "dense:0", "dense:x", "dense:-2", "boltzmann", "dense:1", "dense:21", "dense:3:odd"],
        ),
        (RECALL, "--inverse-temperature", &["1", "0", "x"]),
        (RECALL, "--blank", &["1", "-0.1", "nan", "x", ""]),
        (RECALL, "--bias", &["1", "-1", "nan", "x", ""]),
        (PICTURES, "--bias", &["0.1"]),
        (RECALL, "--rule", &["", "oja"]),
        (RECALL, "--order", &["", "sorted"]),
        (RECALL, "--anneal", &["", "0", "-1", "nan", "x", "1:0", "1:-1", "1:2:3", "1e30"]),
        (RECALL, "--unlearn", &["", "-1", "x", "1.5", "5:", "5:0", "5:-1", "5:nan", "5:0.1:2", "99999999999"]),
        (SK, "--disorder-samples", SIZES),
        (SK, "--swap-every", &["1"]),
        (SK, "--disorder-seed", &["-1", "x", ""]),
        (PICTURES, "--neurons", &["50"]),
        (CAPACITY, "--load", REALS),
        (CAPACITY, "--load", &["0", "-0.1", "inf", "1e300", "0.001"]),
        (CAPACITY, "--neurons", SIZES),
        (CAPACITY, "--temperature", REALS),
        (CAPACITY, "--exponent", &["", "x", "1", "21", "2.5", "nan", "2,1", "3:2:1"]),
        (CAPACITY, "--noise", &["-0.1", "1.1", "nan", "x", ""]),
        (CAPACITY, "--disorder-samples", SIZES),
        (CAPACITY, "--memory", &["", "dense:1", "dense:x", "boltzmann"]),
        (CAPACITY, "--rule", &["", "oja"]),
        (CAPACITY, "--take", &["3"]),
        (BASIN, "--overlap", REALS),
        (BASIN, "--overlap", &["1.1", "-2", "inf"]),
        (BASIN, "--cues", SIZES),
        (BASIN, "--retrieved", &["-0.1", "1.1", "nan", "x"]),
        (BASIN, "--load", &["0", "0.1", "0.0001"]),
        (BASIN, "--memory", &["dense:3:plain:x", "softmax:2"]),
        (RECALL, "--cue", &["no.png", ""]),
        (RASTERS, "--bins", SIZES),
        (RASTERS, "--bins", &["99999999", "4294967296"]),
        (RASTERS, "--replicas", SIZES),
        (RASTERS, "--replicas", &["99999999"]),
        (RASTERS, "--samples", SIZES),
        (RASTERS, "--thin", SIZES),
        (RASTERS, "--warmup", &["-1", "", "x", "1.5"]),
        (RASTERS, "--lags", &["5", "-1", "x", ""]),
        (COARSER, "--space", &["0", "16", "-1", "x", ""]),
        (COARSER, "--time", &["0", "40001", "-1", "x", ""]),
        (COARSER, "--mode", &["", "max"]),
        (COARSER, "--neurons", &["", "3", "5:3", "0:16"]),
        (FIT, "--method", &["", "newton", "mean field"]),
        (FIT, "--time-coupling", &["-1", "x", "", "1.5", "32", "99999999999999999999"]),
        (FIT, "--prior", &["-1", "nan", "inf", "x", ""]),
        (FIT, "--prior-kind", &["", "l3"]),
        (FIT, "--test", &["0", "1", "-0.5", "nan", "x", "1e-9"]),
        (FIT, "--bootstrap", &["1", "-1", "x", ""]),
        (FIT, "--steps", &["0", "-1", "x"]),
        (FIT, "--neurons", &["", "5", "5:5", "3:2", "0:16", "x:y", "-1:3"]),
    ];

    /// Commands that are wrong as a whole.
    const WRONG: &[&[&str]] = &[
        &[],
        &["simulate"],
        &["sample"],
        &["sample", "heisenberg"],
        &["sample", "ising"],
        &["sample", "ising", "--lattice", "4x4"],
        &["sample", "ising", "--lattice", "4x4", "--beta", "0.3", "--no-such-option"],
        &["sample", "phi4", "--lattice", "4"],
        &["sample", "phi4", "--lattice", "4", "--mass2", "1"],
        &["sample", "phi4", "--lattice", "4", "--mass2", "1", "--lambda", "0.5", "--kappa", "0.2"],
        &["recall"],
        &["recall", "--patterns", "random:3"],
        &["recall", "--patterns", "random:3", "--neurons", "50", "--noise", "0.1", "--mask", "0.1"],
        &["recall", "--patterns", "random:3", "--neurons", "50", "--temperature", "0.3", "--dynamics", "synchronous"],
        &["recall", "--patterns", "examples/data/photographs", "--neurons", "50"],
        &[
            "recall",
            "--patterns",
            "random:3",
            "--neurons",
            "50",
            "--memory",
            "dense:3:plain",
            "--dynamics",
            "synchronous",
        ],
        &["recall", "--patterns", "random:3", "--neurons", "50", "--memory", "softmax", "--inverse-temperature", "0"],
        &["recall", "--patterns", "random:3", "--neurons", "50", "--memory", "softmax", "--temperature", "0.3"],
        &["recall", "--patterns", "random:3", "--neurons", "50", "--memory", "dense:3", "--bias", "0.3"],
        &["recall", "--patterns", "random:3", "--neurons", "50", "--blank", "0.3", "--bias", "0.3"],
        &["recall", "--patterns", "examples/data/digits", "--centred", "--memory", "dense:3"],
        &["recall", "--patterns", "random:3", "--neurons", "50", "--centred", "--bias", "0.3"],
        &["capacity", "--exponent", "3", "--memory", "dense:3"],
        &["capacity", "--exponent", "3", "--temperature", "0.1"],
        &["capacity", "--memory", "softmax", "--temperature", "0,0.1"],
        &["capacity", "--memory", "dense:3", "--rule", "storkey"],
        &["basin", "--patterns", "examples/data/digits", "--neurons", "50"],
        &["basin", "--memory", "dense:3:plain", "--dynamics", "synchronous"],
        &["neurons", "sample"],
        &["neurons", "sample", "no/such/couplings.npz", "--bins", "5"],
        &["neurons", "sample", "Cargo.toml", "--bins", "5"],
        &["neurons", "sample", "examples/data/spikes/spikes_15.npz", "--bins", "5"],
        &["neurons", "sample", "tests/data/couplings.npz"],
        &["neurons", "decimate"],
        &["resume", "no/such/folder"],
        &["resume"],
        &["resume", "examples/data"],
        &["resume", "Cargo.toml"],
        &["resume", "examples/data", "--seed", "1"],
        &["verify"],
        &["verify", "no/such/folder"],
        &["verify", "examples/data"],
        &["verify", "Cargo.toml"],
        &["sample", "ising", "--beta", "0.4", "--checkpoint-interval", "nan"],
        &["sample", "ising", "--beta", "0.4", "--checkpoint-interval=-1"],
        &["neurons", "fit"],
        &["neurons", "fit", "no.npz"],
        &["neurons", "fit", "examples/data/spikes/spikes_15.npz", "--method", "tap", "--time-coupling", "1"],
        &["neurons", "fit", "examples/data/spikes/spikes_15.npz", "--method", "mean-field", "--bootstrap", "5"],
        &[
            "neurons",
            "fit",
            "examples/data/spikes/spikes_15.npz",
            "--method",
            "boltzmann",
            "--prior",
            "1",
            "--prior-kind",
            "l1",
        ],
        &["--adapter"],
    ];

    /// Runs the program and asserts that it refuses.
    fn refuses(arguments: &[String]) {
        let output = Command::new(env!("CARGO_BIN_EXE_spinfield"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = arguments.join(" ");
        let code = output.status.code().unwrap_or_else(|| panic!("`{line}` was killed: {talk}"));
        assert!((2..=5).contains(&code), "`{line}`: exit code {code}\n{talk}");
        assert!(output.stdout.is_empty(), "`{line}` wrote to stdout");
        assert!(code == 2 || talk.contains(" - "), "`{line}` gives no advice: {talk}");
        assert!(talk.len() > 20 && talk.len() < 4000, "`{line}`: {talk}");
        for leak in ["wgpu", "Validation Error", "panicked", "RUST_BACKTRACE", "src/"] {
            let own = arguments.iter().any(|argument| argument.contains(leak));
            assert!(own || !talk.contains(leak), "`{line}` shows {leak}: {talk}");
        }
    }

    #[test]
    fn bad_options() {
        let Some(_) = super::gpu() else { return };
        let mut count = 0;
        for (base, option, values) in BAD {
            for value in *values {
                // The option replaces the base's own.
                let mut arguments: Vec<String> = base.iter().map(ToString::to_string).collect();
                if let Some(at) = arguments.iter().position(|argument| argument == option) {
                    arguments.drain(at..at + 2);
                }
                arguments.push(format!("{option}={value}"));
                refuses(&arguments);
                count += 1;
            }
        }
        for arguments in WRONG {
            refuses(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
            count += 1;
        }
        eprintln!("{count} command lines refused");
        assert!(count > 200);
    }

    #[test]
    fn bad_files() {
        let Some(_) = super::gpu() else { return };
        let mut random = Random(4);
        let folder = folder("program");
        let png = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits/3_a.png")).unwrap();
        for name in ["cut.png", "noise.png", "noise.npy", "noise.npz", "empty.npy"] {
            let path = folder.join(name);
            for _ in 0..4 {
                let bytes = match name {
                    "cut.png" => png[..random.below(png.len())].to_vec(),
                    "empty.npy" => vec![],
                    _ => (0..random.below(300)).map(|_| random.next() as u8).collect(),
                };
                std::fs::write(&path, bytes).unwrap();
                refuses(&["recall".into(), "--patterns".into(), path.display().to_string()]);
                let cue = format!("--cue={}", path.display());
                refuses(&["recall".into(), "--patterns".into(), "examples/data/digits".into(), cue]);
            }
        }
    }
}

#[test]
fn machines_that_make_no_sense() {
    let mut random = Random(4);
    let mut refused = Refused::default();
    let bernoulli = Units::Bernoulli;
    let gpu = gpu();
    for case in 0..300 {
        let (visible, hidden) = (1 + random.below(9), 1 + random.below(9));
        let mut weights = vec![0.1f32; visible * hidden];
        let (mut a, mut b) = (vec![0.0f32; visible], vec![0.0f32; hidden]);
        match case % 5 {
            0 => weights.push(0.0),
            1 => weights[random.below(visible * hidden)] = random.not_finite() as f32,
            2 => a[random.below(visible)] = random.not_finite() as f32,
            3 => b.clear(),
            _ => a.extend([0.0; 3]),
        }
        refused.expect(&format!("machine {case}"), || RestrictedMachine::new(bernoulli, Units::Relu, weights, a, b));
        let deviation = [-1e-9, f64::NAN, f64::INFINITY, 1e7][random.below(4)];
        refused.expect("deviation", || RestrictedMachine::random((bernoulli, 3), (bernoulli, 2), deviation, 1));
        refused.expect("size", || RestrictedMachine::random((bernoulli, 0), (bernoulli, 1 + case), 0.1, 1));
        refused.expect("size", || RestrictedMachine::random((bernoulli, 3), (bernoulli, 70_000 + case), 0.1, 1));
        let text =
            random.from(&["", "cd:", "cd:-1", "pcd:x", "pt:1.5", "tempering", "CD:1", "cd:99999999999"]).to_string();
        refused.expect(&text, || text.parse::<Gradient>());
        refused.expect("quartic", || Quartic::new(0.0, [0.0, -1.0, f64::NAN, f64::INFINITY, 1e5][case % 5]));
        refused.expect("square", || Quartic::new([random.not_finite(), 1e5][case % 2], 1.0));
        refused
            .expect("phi4", || random.from(&["phi4", "phi4:1", "phi4:1:0", "phi4:x:1", "phi4:1:1:1"]).parse::<Units>());
        refused.expect("patience", || EarlyStopping::new(0));
        let bytes: Vec<u8> = (0..random.below(300)).map(|_| random.next() as u8).collect();
        let path = folder("machines").join("noise.safetensors");
        std::fs::write(&path, &bytes).unwrap();
        refused.expect("noise as a machine", || RestrictedMachine::load(&path));
        let Some(gpu) = &gpu else { continue };
        let machine = RestrictedMachine::random((bernoulli, 3), (bernoulli, 2), 0.1, 1).unwrap();
        let data = Vectors::new(3, vec![1.0; 12]).unwrap();
        let train = || gpu.train(&machine, &data);
        // Weights without a density: neither sampled nor learnt from.
        let (first, second) = [(Units::Gaussian, Units::Relu), (Units::Relu, Units::Relu)][case % 2];
        let large = RestrictedMachine::new(first, second, vec![1.0; 6], vec![0.0; 3], vec![0.0; 2]).unwrap();
        refused.expect("no density", || gpu.machine(&large).build());
        refused.expect("no density", || gpu.train(&large, &data).build());
        refused.expect("no density", || gpu.anneal_log_partition(&large).run());
        refused
            .expect("other samples", || Judge::new(gpu, &machine, &data, 1)?.set_data(&Vectors::new(3, vec![1.0; 9])?));
        match case % 6 {
            0 => refused.expect("rate", || train().learning_rate(random.no_rate()).build()),
            1 => refused.expect("decay", || train().weight_decay(random.no_rate()).build()),
            2 => refused.expect("batch", || train().batch(5 + case).build()),
            3 => {
                let momentum = [-0.1, 1.0, 2.0, f64::NAN][random.below(4)];
                refused.expect("momentum", || train().optimiser(Optimiser::Momentum(momentum)).build());
            }
            4 => {
                let value = [-0.5f32, 1.5, 1e9][random.below(3)];
                let data = Vectors::new(3, vec![0.0, value, 1.0]).unwrap();
                refused.expect("data", || gpu.train(&machine, &data).build());
                refused.expect("data", || Judge::new(gpu, &machine, &data, 1));
            }
            _ => {
                let data = Vectors::new(4 + case, vec![0.0; 4 + case]).unwrap();
                refused.expect("width", || gpu.machine(&machine).start(&data).build());
                refused.expect("width", || gpu.anneal_log_partition(&machine).base(&data).map(|_| ()));
            }
        }
    }
    // Every file of a saved machine, cut short or with a byte changed: refused, or a machine.
    let path = folder("machines").join("machine.safetensors");
    let machine = RestrictedMachine::random((bernoulli, 3), (bernoulli, 2), 0.1, 1).unwrap();
    machine.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        std::fs::write(&path, &whole[..at]).unwrap();
        refused.expect("a machine cut short", || RestrictedMachine::load(&path));
        let mut changed = whole.clone();
        changed[at] ^= 1 << random.below(8);
        std::fs::write(&path, &changed).unwrap();
        let _ = refused.outcome("a changed machine", || RestrictedMachine::load(&path));
    }
    assert!(refused.total > 2_000, "{}", refused.total);
}

/// Fits of rasters: numbers out of range, neurons and pairs without events, methods that do not go with options.
#[test]
fn neural_fits() {
    let Some(gpu) = gpu() else { return };
    let (mut random, mut refused) = (Random(31), Refused::default());
    for case in 0..40 {
        let (neurons, ticks) = (2 + random.below(6), 40 + random.below(90));
        let mut raster = Raster::new(1 + random.below(2), neurons, ticks).unwrap();
        for (trial, neuron, tick) in
            (0..2).flat_map(|r| (0..neurons).flat_map(move |i| (0..ticks).map(move |t| (r, i, t))))
        {
            raster.set(trial, neuron, tick, random.below(3) > 0);
        }
        let method = [Method::PseudoLikelihood, Method::Kinetic, Method::Boltzmann][random.below(3)];
        let fit = || gpu.fit_neurons(&raster).method(method).steps(1).check(false);
        let strength = [0.0, -1.0, -1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY][random.below(6)];
        refused.expect("strength", || fit().prior(Prior::Normal(strength)).run());
        refused.expect("strength", || fit().prior(Prior::Laplace(strength)).run());
        let fraction = [1.0, 1.5, -0.1, 1e-9, f64::NAN, f64::INFINITY][random.below(6)];
        refused.expect("held out", || fit().held_out(fraction).run());
        refused.expect("lags", || fit().lags(32 + random.below(1_000)).run());
        refused.expect("one sample", || fit().bootstrap(1).run());
        refused.expect("no steps", || fit().steps(0).run());
        let by_covariance = [Method::MeanField, Method::Tap][random.below(2)];
        refused.expect("lags of mean field", || fit().method(by_covariance).lags(1 + random.below(9)).run());
        refused.expect("bootstrap of mean field", || fit().method(by_covariance).bootstrap(9).run());
        refused.expect("Laplace in mean field", || fit().method(by_covariance).prior(Prior::Laplace(1.0)).run());
        let mut constant = raster.clone();
        let (neuron, fires) = (random.below(neurons), random.below(2) == 1);
        for (trial, tick) in (0..2).flat_map(|r| (0..ticks).map(move |t| (r, t))) {
            constant.set(trial, neuron, tick, fires);
        }
        refused.expect(&format!("{case}: constant"), || gpu.fit_neurons(&constant).method(method).run());
        refused.expect("silence", || gpu.fit_neurons(&Raster::new(1, 3, 50).unwrap()).admit_constant(true).run());
        refused.expect("causal and short", || {
            let short = raster.window(0..1 + random.below(3)).unwrap();
            gpu.fit_neurons(&short).method(Method::Kinetic).lags(3).run()
        });
    }
    assert!(refused.total > 400, "{}", refused.total);
}

/// Rasters and spike times: texts with one thing broken, noise, arrays cut short, ranges and bins that make no sense.
#[test]
fn rasters() {
    let (mut random, mut refused) = (Random(29), Refused::default());
    let path = folder("rasters").join("spikes.txt");
    let good = ["1 0.5", "2 0.75", "1 1.25", "3 2.5"];
    let bad = [
        "1", "1 2 3", "x 1", "1 x", "1.5 1", "1 nan", "1 inf", "1 -0.5", "1 1e300", "nan 1", "1 0x3", "\u{1}", "1e99 1",
    ];
    for case in 0..300 {
        let mut lines = good.map(String::from).to_vec();
        let line = random.from(&bad).to_string();
        lines.insert(1 + random.below(4), line.clone());
        std::fs::write(&path, lines.join("\n")).unwrap();
        let spikes = SpikeOptions { format: SpikeFormat::NeuronTime, ..SpikeOptions::default() };
        let options = RasterOptions { bin: Some(0.1), spikes, ..RasterOptions::default() };
        refused.expect(&format!("{case}: {line:?}"), || read_raster(&path, &options));
        let table =
            format!("neuron,time\n1,0.5\n{}\n", random.from(&["1", "1,2,3", ",1", "1,", "1,x", "1,nan", "1;2"]));
        refused.expect(&table, || SpikeTimes::parse(&table, "table.csv", &SpikeOptions::default()));
        let times = SpikeTimes::parse(&good.join("\n"), "good.txt", &SpikeOptions::default()).unwrap();
        let width = random.not_positive();
        refused.expect("width of a bin", || times.bin(&Binning { bin: width, ..Binning::default() }));
        let duration = Some(random.not_positive()).filter(|duration| *duration < 1e300);
        refused.expect("duration", || times.bin(&Binning { bin: 0.1, duration: duration.or(Some(0.0)), start: None }));
        let start = Some(random.not_finite());
        refused.expect("start", || times.bin(&Binning { bin: 0.1, start, duration: None }));
        let unit = Some([0.0, -1.0, f64::NAN, f64::INFINITY][random.below(4)]);
        let options = SpikeOptions { time_unit: unit, ..SpikeOptions::default() };
        refused.expect("unit", || SpikeTimes::parse("1 2", "a.txt", &options));
        let (neurons, ticks) = (1 + random.below(9), 1 + random.below(99));
        let mut values = vec![0; neurons * ticks];
        values[random.below(neurons * ticks)] = 2 + random.below(254) as u8;
        refused.expect("value", || Raster::from_values(&values, 1, neurons, ticks));
        refused.expect("length", || Raster::from_values(&values, 2, neurons, ticks));
        let raster = Raster::new(1, neurons, ticks).unwrap();
        let from = random.below(ticks + 1);
        refused.expect("ticks", || raster.window(from..ticks + 1 + random.below(9)));
        refused.expect("neurons", || raster.select(from..from));
        refused.expect("trial", || raster.take_trials(&[1 + case]));
        refused.expect("width", || write_raster(path.with_extension("csv"), &raster, random.not_positive().min(0.0)));
        refused.expect("ending", || write_raster(path.with_extension(random.from(&["mat", "", "h5"])), &raster, 1.0));
        // Noise is refused, or is a text of numbers by chance.
        let bytes: Vec<u8> = (0..random.below(200)).map(|_| random.next() as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let options = RasterOptions { bin: Some(0.1), ..RasterOptions::default() };
        let _ = refused.outcome("noise as spikes", || read_raster(&path, &options));
    }
    let array = path.with_extension("npy");
    write_raster(&array, &Raster::new(2, 3, 4).unwrap(), 1.0).unwrap();
    let whole = std::fs::read(&array).unwrap();
    for end in 0..whole.len() {
        std::fs::write(&array, &whole[..end]).unwrap();
        refused.expect("an array cut short", || read_raster(&array, &RasterOptions::default()));
    }
    if let Some(gpu) = gpu() {
        let raster = Raster::new(1, 2, 3).unwrap();
        refused.expect("no block", || gpu.describe(&raster).blocks(0).run());
    }
    assert!(refused.total > 3_000, "{}", refused.total);
}
