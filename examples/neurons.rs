//! From a recording to a theory and back: couplings of 15 neurons, and whether they explain how the neurons fire together.
//!
//! `cargo run --release --example neurons -- [PICTURE.png]`

use spinfield::io::raster::{RasterOptions, read_raster};
use spinfield::neurons::fit::{Method, NeuralFit, figure};
use spinfield::{Gpu, Raster, Result};

fn main() -> Result<()> {
    let gpu = Gpu::new()?;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/spikes/spikes_15.npz");
    let raster = read_raster(path, &RasterOptions::default())?.raster;
    println!(
        "{} neurons, {} bins, {:.4} spikes a neuron and bin",
        raster.neurons(),
        raster.ticks(),
        mean_rate(&raster)
    );
    println!("method             log pseudo-likelihood  independent  covariances r2  unstable");
    let fitted = raster.window(0..raster.ticks() * 4 / 5)?;
    for (name, method) in [
        ("mean field", Method::MeanField),
        ("pseudo-likelihood", Method::PseudoLikelihood),
        ("Boltzmann learning", Method::Boltzmann),
    ] {
        // The last fifth of the bins is not fitted, and judges.
        let fit = gpu.fit_neurons(&raster).method(method).held_out(0.2).seed(1).run()?;
        let r2 = print(name, &fit);
        if method == Method::MeanField {
            continue;
        }
        // Two stretches of the data themselves agree to about 0.92.
        assert!(fit.converged && r2 > 0.85, "{name}");
        assert!(fit.held_out.is_some_and(|scores| scores.log_pseudo_likelihood > scores.independent + 0.005), "{name}");
        if let (Method::Boltzmann, Some(picture)) = (method, std::env::args().nth(1)) {
            figure(&fit, &fitted)?.write_png(picture)?;
        }
    }
    Ok(())
}

/// One line; gives r2 of the covariances with those of the held-out bins.
fn print(name: &str, fit: &NeuralFit) -> f64 {
    let (Some(held_out), Some(sampled)) = (fit.held_out, &fit.sampled) else { return f64::NAN };
    let r2 = held_out.agreement.and_then(|agreement| agreement.correlation_r2).unwrap_or(f64::NAN);
    let (likelihood, independent) = (held_out.log_pseudo_likelihood, held_out.independent);
    println!("{name:<18} {likelihood:<22.5} {independent:<12.5} {r2:<15.3} {}", sampled.unstable);
    r2
}

fn mean_rate(raster: &Raster) -> f64 {
    raster.rates().iter().sum::<f64>() / raster.neurons() as f64
}
