//! The results of `neurons stats`: JSON, arrays, plots and pictures.

use crate::cli::table::{Table, estimate};
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::io::raster::{RecordedRaster, write_raster};
use spinfield::neurons::ergodicity::{Ergodicity, Halves};
use spinfield::neurons::statistics::Description;
use spinfield::report::hypermatrix::{Hypermatrix, Panel};
use spinfield::report::picture::{lattice_picture, tile};
use spinfield::report::plot::{LinePlot, Scale, Section, Series};
use spinfield::{Error, Estimate};

/// Matrices of more neurons are left out of the JSON, and stand in stats.npz only.
const MOST_IN_JSON: usize = 256;
/// Eigenvalues of more neurons take minutes.
const MOST_EIGENVALUES: usize = 2048;
/// So many neurons have a row in the table for people.
const MOST_ROWS: usize = 64;

/// What was found.
pub struct Report<'a> {
    recorded: &'a RecordedRaster,
    description: Description,
    ergodicity: Ergodicity,
    drifting: usize,
    /// Of T Φ and of the covariance; empty where there are too many neurons.
    spectra: [Vec<f64>; 2],
}

impl<'a> Report<'a> {
    /// Finds the spectra too.
    pub fn new(
        recorded: &'a RecordedRaster,
        description: Description,
        ergodicity: Ergodicity,
        drifting: usize,
    ) -> Result<Self, Error> {
        let spectra = if description.neurons() <= MOST_EIGENVALUES {
            [description.spectrum()?, description.covariance_spectrum()?]
        } else {
            [Vec::new(), Vec::new()]
        };
        Ok(Self { recorded, description, ergodicity, drifting, spectra })
    }

    /// N × N values as rows; null where there are too many or none.
    fn rows(&self, values: Option<Vec<f64>>) -> Value {
        let neurons = self.description.neurons();
        let values = values.filter(|_| neurons <= MOST_IN_JSON);
        values.map_or(Value::Null, |values| json!(values.chunks(neurons).collect::<Vec<_>>()))
    }

    pub fn json(&self) -> Value {
        let (found, raster) = (&self.description, &self.recorded.raster);
        let lags = found.time_correlation().into_iter().zip(found.autocovariance()).enumerate();
        let lag = |(lag, (whole, connected)): (usize, (Estimate, Estimate))| {
            let mut entry = estimate(&whole);
            entry["lag"] = json!(lag);
            entry["covariance"] = estimate(&connected);
            entry
        };
        let spectrum = |at: usize| Some(&self.spectra[at]).filter(|values| !values.is_empty());
        let halves = |halves: Option<Halves>| {
            halves.map_or(Value::Null, |halves| json!({"split": halves.split, "interleaved": halves.interleaved}))
        };
        json!({
            "neurons": raster.neurons(),
            "bins": raster.ticks(),
            "trials": raster.trials(),
            "bin_seconds": self.recorded.bin,
            "neuron_names": self.recorded.neurons,
            "spikes": self.spikes(),
            "rate": found.rates().iter().map(estimate).collect::<Vec<_>>(),
            "offset": estimate(&found.offset()),
            "space_correlation": self.rows(Some(found.space_correlation())),
            "space_correlation_error": self.rows(found.space_correlation_error()),
            "covariance": self.rows(Some(found.covariance())),
            "covariance_error": self.rows(found.covariance_error()),
            "time_correlation": lags.map(lag).collect::<Vec<_>>(),
            "spectrum": {"correlation": spectrum(0), "covariance": spectrum(1)},
            "population": {
                "counts": found.population_counts(),
                "independent": self.independent(),
            },
            "ergodicity": {
                "time": halves(self.ergodicity.time),
                "space": halves(self.ergodicity.space),
                "trials": halves(self.ergodicity.trials),
                "drifting_neurons": self.drifting,
            },
        })
    }

    fn spikes(&self) -> u64 {
        self.description.activity().iter().map(|&active| u64::from(active)).sum()
    }

    /// Expected numbers of bins with 0, 1, … active neurons if they were independent.
    fn independent(&self) -> Vec<f64> {
        let bins = self.description.activity().len() as f64;
        self.description.independent_population().into_iter().map(|share| share * bins).collect()
    }

    fn overview(&self) -> Table {
        let (found, raster) = (&self.description, &self.recorded.raster);
        let mut table = Table::new(&["quantity", "value"]);
        let mut row = |name: &str, value: String| table.push(vec![name.into(), value]);
        row("neurons", raster.neurons().to_string());
        row("bins", raster.ticks().to_string());
        row("trials", raster.trials().to_string());
        row("spikes", self.spikes().to_string());
        row("mean rate a bin", found.offset().to_string());
        if let Some(bin) = self.recorded.bin {
            row("mean rate, Hz", format!("{:.4}", found.offset().mean / bin));
        }
        let covariance = found.covariance();
        let neurons = found.neurons();
        let off = covariance.iter().enumerate().filter(|(at, _)| at / neurons != at % neurons).map(|(_, value)| *value);
        let (low, high) = off.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), c| (low.min(c), high.max(c)));
        if low <= high {
            row("covariances of pairs", format!("{low:.5} to {high:.5}"));
        }
        for (lag, value) in found.autocovariance().into_iter().enumerate().skip(1).take(3) {
            row(&format!("autocovariance at lag {lag}"), value.to_string());
        }
        for (name, halves) in [
            ("halves of time", self.ergodicity.time),
            ("halves of space", self.ergodicity.space),
            ("halves of trials", self.ergodicity.trials),
        ] {
            if let Some(halves) = halves {
                let text = format!("{:.5} (alternating: {:.5})", halves.split, halves.interleaved);
                row(&format!("Wasserstein distance, {name}"), text);
            }
        }
        row("neurons whose rate drifts", self.drifting.to_string());
        table
    }

    fn rates(&self) -> Table {
        let mut table = Table::new(&["neuron", "rate a bin"]);
        for (name, rate) in self.recorded.neurons.iter().zip(self.description.rates()).take(MOST_ROWS) {
            table.push(vec![name.clone(), rate.to_string()]);
        }
        table
    }

    pub fn text(&self) -> String {
        format!("{}\n{}", self.overview().text(), self.rates().text())
    }

    pub fn write(&self, folder: &OutputFolder) -> Result<Vec<Section>> {
        self.write_arrays(folder)?;
        write_raster(folder.path("raster.npz")?, &self.recorded.raster, self.recorded.bin.unwrap_or(1.0))?;
        let mut sections = vec![self.overview().section()];
        if let Some(picture) = self.hypermatrix(folder)? {
            sections.extend([Section::Heading("Raster and correlations".into()), picture]);
        }
        sections.push(self.covariance_picture(folder)?);
        let plots = [
            ("rates", "Rates", self.rate_plot()),
            ("time_correlation", "Correlations in time", self.time_plot()),
            ("population", "Neurons that fire together", self.population_plot()),
            ("spectrum", "Spectrum of the covariance", self.spectrum_plot()),
        ];
        let images = plots.iter().map(|(_, _, plot)| plot.to_image()).collect::<Result<Vec<_>, Error>>()?;
        tile(&images, 2)?.write_png(folder.path("plots.png")?)?;
        for (name, heading, plot) in plots {
            folder.write_text(&format!("{name}.svg"), &plot.to_svg())?;
            sections.extend([Section::Heading(heading.into()), Section::Plot(plot)]);
        }
        sections.extend([Section::Heading("Neurons".into()), self.rates().section()]);
        Ok(sections)
    }

    fn write_arrays(&self, folder: &OutputFolder) -> Result<()> {
        let (found, mut npz) = (&self.description, NpzWriter::create(folder.path("stats.npz")?)?);
        let (neurons, window, lags) = (found.neurons(), found.window(), found.lags() + 1);
        let of_estimates = |npz: &mut NpzWriter, name: &str, values: &[Estimate]| -> Result<()> {
            let means: Vec<f64> = values.iter().map(|value| value.mean).collect();
            let errors: Vec<f64> = values.iter().map(|value| value.error.unwrap_or(f64::NAN)).collect();
            npz.add_f64(name, &[means.len()], &means)?;
            Ok(npz.add_f64(&format!("{name}_error"), &[errors.len()], &errors)?)
        };
        of_estimates(&mut npz, "rate", found.rates())?;
        of_estimates(&mut npz, "time_correlation", &found.time_correlation())?;
        of_estimates(&mut npz, "autocovariance", &found.autocovariance())?;
        for (name, values) in [
            ("space_correlation", Some(found.space_correlation())),
            ("space_correlation_error", found.space_correlation_error()),
            ("covariance", Some(found.covariance())),
            ("covariance_error", found.covariance_error()),
            ("magnetic_correlation", Some(found.magnetic_correlation())),
        ] {
            if let Some(values) = values {
                npz.add_f64(name, &[neurons, neurons], &values)?;
            }
        }
        npz.add_f64("time_correlation_of_neurons", &[lags, neurons], &found.time_correlation_of_neurons())?;
        npz.add_f64("bin_correlation", &[window, window], found.tick_correlation())?;
        let active: Vec<i64> = found.activity().iter().map(|&active| active.into()).collect();
        npz.add_i64("active_neurons", &[self.recorded.raster.trials(), self.recorded.raster.ticks()], &active)?;
        for (name, values) in ["correlation_spectrum", "covariance_spectrum"].into_iter().zip(&self.spectra) {
            npz.add_f64(name, &[values.len()], values)?;
        }
        npz.finish().map_err(Into::into)
    }

    /// The window's bins of the first trial; the correlations of bins are over all trials.
    fn hypermatrix(&self, folder: &OutputFolder) -> Result<Option<Section>> {
        let (neurons, ticks) = (self.description.neurons(), self.description.window());
        if ticks == 0 {
            return Ok(None);
        }
        let raster = self.recorded.raster.take_trials(&[0])?.window(0..ticks)?;
        let (raster, space) = (raster.values(), self.description.space_correlation());
        let raster: Vec<f64> = raster.into_iter().map(f64::from).collect();
        let image = Hypermatrix {
            raster: Panel { rows: neurons, columns: ticks, values: &raster },
            space: Panel { rows: neurons, columns: neurons, values: &space },
            time: Panel { rows: ticks, columns: ticks, values: self.description.tick_correlation() },
        }
        .to_image()?;
        image.write_png(folder.path("hypermatrix.png")?)?;
        let trial = if self.recorded.raster.trials() > 1 { " of the first trial" } else { "" };
        let caption = format!(
            "The first {ticks} bins{trial}; to the right how often two neurons fire in the same bin (over all bins), below \
             which share of the neurons fires in both of two bins (over all trials)"
        );
        Ok(Some(Section::Picture { png: image.to_png()?, caption }))
    }

    fn covariance_picture(&self, folder: &OutputFolder) -> Result<Section> {
        let neurons = self.description.neurons();
        let off = |(at, value): (usize, f64)| if at / neurons == at % neurons { f32::NAN } else { value as f32 };
        let values: Vec<f32> = self.description.covariance().into_iter().enumerate().map(off).collect();
        let image = lattice_picture((neurons, neurons), &values, None)?;
        image.write_png(folder.path("covariance.png")?)?;
        let largest = values.iter().filter(|value| value.is_finite()).fold(0f32, |most, value| most.max(value.abs()));
        let caption = format!("Covariances of pairs, blue below 0 and red above, at most {largest:.5} in size");
        Ok(Section::Picture { png: image.to_png()?, caption })
    }

    fn rate_plot(&self) -> LinePlot {
        let points = self.description.rates().iter().enumerate();
        let points = points.map(|(neuron, rate)| (neuron as f64, rate.mean, rate.error)).collect();
        plot("Rates of the neurons", ["neuron", "spikes a bin"], vec![Series { name: String::new(), points }])
    }

    fn time_plot(&self) -> LinePlot {
        let points = self.description.autocovariance().into_iter().enumerate().skip(1);
        let points = points.map(|(lag, value)| (lag as f64, value.mean, value.error)).collect();
        plot(
            "Autocovariance, mean of the neurons",
            ["lag in bins", "autocovariance"],
            vec![Series { name: String::new(), points }],
        )
    }

    fn population_plot(&self) -> LinePlot {
        let counts = self.description.population_counts();
        let most = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
        let measured = counts.iter().take(most + 1).enumerate();
        let measured = measured.map(|(active, &count)| (active as f64, count as f64, None)).collect();
        let independent =
            self.independent().into_iter().enumerate().filter(|&(active, bins)| active <= most || bins >= 0.5);
        let independent = independent.map(|(active, bins)| (active as f64, bins, None)).collect();
        let series = vec![
            Series { name: "measured".into(), points: measured },
            Series { name: "independent neurons".into(), points: independent },
        ];
        LinePlot {
            y_scale: Scale::Logarithmic,
            ..plot("Neurons that fire in the same bin", ["active neurons in a bin", "number of bins"], series)
        }
    }

    fn spectrum_plot(&self) -> LinePlot {
        let points = self.spectra[1].iter().enumerate().map(|(rank, &value)| ((rank + 1) as f64, value, None));
        let series = vec![Series { name: String::new(), points: points.collect() }];
        LinePlot {
            y_scale: Scale::Logarithmic,
            ..plot("Eigenvalues of the covariance", ["rank", "eigenvalue"], series)
        }
    }
}

fn plot(title: &str, [x_label, y_label]: [&str; 2], series: Vec<Series>) -> LinePlot {
    let [title, x_label, y_label] = [title, x_label, y_label].map(String::from);
    LinePlot { title, x_label, y_label, series, ..LinePlot::default() }
}
