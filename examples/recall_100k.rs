//! A thousand random patterns in 100,000 neurons, recalled from cues with a quarter of the neurons flipped.

use spinfield::random::{Purpose, Stream};
use spinfield::{Cues, Damage, Gpu, Patterns, Result};

fn main() -> Result<()> {
    let gpu = Gpu::new()?;
    // 12.5 MB of bits; the matrix of couplings would be 40 GB, and is never formed.
    let patterns = Patterns::random(1_000, 100_000, &mut Stream::new(1, Purpose::Patterns, 0))?;
    let cues = Cues::damaged(&patterns, 64, Damage::Noise(0.25), 2)?;
    let recall = gpu.recall(&patterns, &cues).run()?;
    let retrieved = recall.cues().iter().filter(|cue| cue.retrieved()).count();
    let sweeps = recall.cues().iter().map(|cue| cue.sweeps).max().unwrap_or(0);
    println!("{retrieved} of 64 retrieved, in {sweeps} sweeps at the most, {:.1?}", recall.elapsed());
    assert!(retrieved == 64 && sweeps <= 10);
    Ok(())
}
