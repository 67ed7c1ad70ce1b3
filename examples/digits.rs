//! Real digits under several memories: what correlated patterns do to Hebb's rule, and what mends it.
//!
//! `cargo run --release --example digits -- [NOISE] [PICTURE.png]`

use spinfield::io::array::{SampleValues, read_array};
use spinfield::learn::{PseudoInverse, Rule};
use spinfield::report::comparison::{ComparedBlock, ComparedStates, comparison};
use spinfield::{Cues, Damage, Gpu, Memory, Patterns, Recall, Result};

/// Digits in the picture: the first of each class.
const SHOWN: usize = 10;
const LABELS: [&str; 7] = ["cue", "Hebb", "pseudo-inverse", "dense, n = 3", "dense, n = 20", "softmax", "stored"];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let noise: f64 = arguments.next().map_or(0.2, |text| text.parse().expect("NOISE is a fraction, such as 0.2"));
    let gpu = Gpu::new()?;
    let digits = digits()?;
    let (mut blocks, mut shares) = (Vec::new(), Vec::new());
    for count in [100, 2_500] {
        let patterns = digits.take(count)?;
        let cues = Cues::damaged(&patterns, 200, Damage::Noise(noise), 1)?;
        let learnt = PseudoInverse::of(&patterns)?;
        let recall = || gpu.recall(&patterns, &cues);
        let recalls = [
            recall().run()?,
            recall().rule(Rule::PseudoInverse(&learnt)).run()?,
            recall().memory(Memory::Dense { n: 3, rectified: true }).run()?,
            recall().memory(Memory::Dense { n: 20, rectified: false }).run()?,
            recall().memory(Memory::Softmax { inverse_temperature: 1.0 }).run()?,
        ];
        println!(
            "{count} digits stored, of which {} are linearly independent; {noise} of the cues flipped",
            learnt.rank()
        );
        println!("memory          exact  overlap");
        for (label, recall) in LABELS[1..].iter().zip(&recalls) {
            let overlap = recall.cues().iter().map(|cue| cue.overlap).sum::<f64>() / recall.cues().len() as f64;
            println!("{label:<15} {:<6.3} {overlap:.4}", exact(recall));
        }
        println!();
        shares.push(recalls.each_ref().map(exact));
        let plain = |states: &Patterns| ComparedStates { states: first(states), ..ComparedStates::default() };
        let mut rows = vec![plain(cues.states())];
        rows.extend(recalls.iter().map(|recall| ComparedStates {
            retrieved: Some(recall.cues().iter().take(SHOWN).map(|cue| cue.overlap == 1.0).collect()),
            note: format!("{:.1} %", 100.0 * exact(recall)),
            ..plain(recall.states())
        }));
        rows.push(plain(&patterns));
        blocks.push(ComparedBlock { heading: format!("{count} stored, rank {}", learnt.rank()), rows });
    }
    if let Some(path) = arguments.next() {
        comparison(&LABELS, &blocks, (28, 28))?.write_png(path)?;
    }
    // Hebb's rule and the cube blend everything, however few; softmax finds what is nearest, however many.
    if noise == 0.2 {
        let [few, many] = shares[..] else { unreachable!("two numbers of patterns") };
        assert!(few[0] == 0.0 && few[2] == 0.0 && few[1] > 0.9 && few[3] > 0.9 && few[4] > 0.99);
        assert!(many[..3] == [0.0; 3] && many[3] < few[3] && many[4] > 0.98);
    }
    Ok(())
}

/// 2,500 handwritten digits of 28 x 28 bits, 0 to 9 in turn.
fn digits() -> Result<Patterns> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/digits_2500.npz");
    let samples = read_array(path, None)?.into_patterns_or_grey()?;
    let SampleValues::Binary(signs) = samples.values else { panic!("these digits are bits") };
    let rows: Vec<Vec<i8>> = signs.chunks_exact(samples.neurons).map(<[i8]>::to_vec).collect();
    Patterns::from_signs(samples.neurons, &rows)
}

fn first(states: &Patterns) -> Vec<Vec<i8>> {
    (0..SHOWN).map(|state| states.signs(state)).collect()
}

/// The fraction that was retrieved to the last pixel.
fn exact(recall: &Recall) -> f64 {
    recall.cues().iter().filter(|cue| cue.overlap == 1.0).count() as f64 / recall.cues().len() as f64
}
