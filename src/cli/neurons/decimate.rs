//! `spinfield neurons decimate`.

use super::raster_args::{RasterArgs, warn_of};
use crate::cli::Common;
use crate::cli::session::Session;
use crate::cli::table::{Table, estimate};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use spinfield::io::raster::write_raster;
use spinfield::neurons::statistics::Description;
use spinfield::neurons::{Coarsening, Raster, coarsen};
use spinfield::report::plot::{LinePlot, Scale, Section, Series};
use std::time::Instant;

/// Eigenvalues of more neurons take minutes.
const MOST_EIGENVALUES: usize = 2048;

/// What becomes of a block.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// Its first neuron at its first bin
    Decimate,
    /// Whether anything fires in it
    Or,
    /// Whether more than half of it fires
    Majority,
}

/// Options of coarser rasters.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DecimateArgs {
    #[command(flatten)]
    raster: RasterArgs,
    /// Neurons of a block
    #[arg(long, value_name = "S", default_value_t = 1)]
    space: usize,
    /// Bins of a block
    #[arg(long, value_name = "T", default_value_t = 2)]
    time: usize,
    /// What becomes of a block
    #[arg(long, value_enum, default_value = "decimate")]
    mode: Mode,
    /// The longest lag of time correlations, in coarse bins
    #[arg(long, value_name = "BINS", default_value_t = 10)]
    lags: usize,
}

const EXAMPLES: &str = "Examples:
  spinfield neurons decimate examples/data/spikes/spikes_15.npz --time 2 --out coarse
  spinfield neurons decimate spikes.npz --space 2 --time 4 --mode or --json";

/// A raster and what it shows.
struct Described<'a> {
    raster: &'a Raster,
    described: Description,
    /// Of T Φ and of the covariance, falling.
    spectra: [Vec<f64>; 2],
    /// Neurons and bins of the finer raster that one of its own stands for.
    block: [usize; 2],
}

/// Coarse-grains.
pub fn run(args: &DecimateArgs, common: Common, started: Instant) -> Result<u8> {
    let recorded = args.raster.read()?;
    let coarsening = match args.mode {
        Mode::Decimate => Coarsening::Decimate,
        Mode::Or => Coarsening::Or,
        Mode::Majority => Coarsening::Majority,
    };
    let coarse = coarsen(&recorded.raster, args.space, args.time, coarsening)?;
    let mut session = Session::open("neurons decimate", common, started)?;
    warn_of(&recorded, &mut session);
    let mut parameters = args.raster.parameters();
    parameters.extend([
        ("space", json!(args.space)),
        ("time", json!(args.time)),
        ("mode", json!(coarsening.name())),
        ("lags", json!(args.lags)),
    ]);
    session.begin(parameters)?;
    session.start_clock();
    let describe = |raster, block: [usize; 2]| -> Result<Described> {
        let lags = args.lags.saturating_mul(args.time / block[1]);
        let described = session.gpu.describe(raster).lags(lags).window(0).run()?;
        let spectra = match raster.neurons() <= MOST_EIGENVALUES {
            true => [described.spectrum()?, described.covariance_spectrum()?],
            false => [Vec::new(), Vec::new()],
        };
        Ok(Described { raster, described, spectra, block })
    };
    let scales =
        [("before", describe(&recorded.raster, [1, 1])?), ("after", describe(&coarse, [args.space, args.time])?)];
    let results: serde_json::Map<String, Value> =
        scales.iter().map(|(name, scale)| (name.to_string(), scale.json())).collect();
    let table = overview(&scales);
    let bin = recorded.bin.map_or(1.0, |bin| bin * args.time as f64);
    session.finish((results.into(), std::iter::empty()), 0, &table.text(), |folder, _| {
        write_raster(folder.path("raster.npz")?, &coarse, bin)?;
        let mut sections = vec![table.section()];
        for (name, heading, plot) in [
            ("rates", "Rates", rate_plot(&scales)),
            ("time_correlation", "Correlations in time", time_plot(&scales)),
            ("spectrum", "Spectrum of the covariance", spectrum_plot(&scales)),
        ] {
            folder.write_text(&format!("{name}.svg"), &plot.to_svg())?;
            sections.extend([Section::Heading(heading.into()), Section::Plot(plot)]);
        }
        Ok(sections)
    })
}

impl Described<'_> {
    fn json(&self) -> Value {
        let lags = self.described.time_correlation().into_iter().zip(self.described.autocovariance()).enumerate();
        let lag = |(lag, (whole, connected))| {
            let mut entry = estimate(&whole);
            entry["lag"] = json!(lag);
            entry["covariance"] = estimate(&connected);
            entry
        };
        let spectrum = |at: usize| Some(&self.spectra[at]).filter(|values| !values.is_empty());
        json!({
            "neurons": self.raster.neurons(),
            "bins": self.raster.ticks(),
            "trials": self.raster.trials(),
            "rate": self.described.rates().iter().map(estimate).collect::<Vec<_>>(),
            "offset": estimate(&self.described.offset()),
            "time_correlation": lags.map(lag).collect::<Vec<_>>(),
            "spectrum": {"correlation": spectrum(0), "covariance": spectrum(1)},
        })
    }
}

type Scales<'a> = [(&'static str, Described<'a>); 2];

fn overview(scales: &Scales) -> Table {
    let mut table = Table::new(&["quantity", "before", "after"]);
    let mut row = |name: &str, value: &dyn Fn(&Described) -> String| {
        let values = scales.iter().map(|(_, scale)| value(scale));
        table.push(std::iter::once(name.to_string()).chain(values).collect());
    };
    row("neurons", &|scale| scale.raster.neurons().to_string());
    row("bins", &|scale| scale.raster.ticks().to_string());
    row("mean rate a bin", &|scale| scale.described.offset().to_string());
    row("autocovariance of neighbouring bins", &|scale| {
        scale.described.autocovariance().get(1).map_or_else(String::new, ToString::to_string)
    });
    row("autocovariance over a coarse bin", &|scale| {
        let lag = scales[1].1.block[1] / scale.block[1];
        scale.described.autocovariance().get(lag).map_or_else(String::new, ToString::to_string)
    });
    row("largest variance of a principal component", &|scale| {
        scale.spectra[1].first().map_or_else(String::new, |value| format!("{value:.5}"))
    });
    table
}

fn plot(x_label: &str, y_label: &str, scales: &Scales, points: impl Fn(&Described) -> Points) -> LinePlot {
    let series = scales.iter().map(|(name, scale)| Series { name: name.to_string(), points: points(scale) }).collect();
    LinePlot { x_label: x_label.into(), y_label: y_label.into(), series, ..LinePlot::default() }
}

type Points = Vec<(f64, f64, Option<f64>)>;

fn rate_plot(scales: &Scales) -> LinePlot {
    plot("neuron of the finer raster", "rate a bin", scales, |scale| {
        let rates = scale.described.rates().iter().enumerate();
        rates.map(|(neuron, rate)| ((neuron * scale.block[0]) as f64, rate.mean, rate.error)).collect()
    })
}

fn time_plot(scales: &Scales) -> LinePlot {
    plot("lag in finer bins", "autocovariance, mean of the neurons", scales, |scale| {
        let lags = scale.described.autocovariance().into_iter().enumerate().skip(1);
        lags.map(|(lag, value)| ((lag * scale.block[1]) as f64, value.mean, value.error)).collect()
    })
}

fn spectrum_plot(scales: &Scales) -> LinePlot {
    let plot = plot("rank", "eigenvalue", scales, |scale| {
        let values = scale.spectra[1].iter().enumerate().filter(|(_, value)| **value > 0.0);
        values.map(|(rank, &value)| ((rank + 1) as f64, value, None)).collect()
    });
    LinePlot { y_scale: Scale::Logarithmic, ..plot }
}
