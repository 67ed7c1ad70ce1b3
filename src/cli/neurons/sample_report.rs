//! The results of `neurons sample`: JSON, arrays, plots and pictures.

use crate::cli::table::{Table, estimate};
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::Estimate;
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::neurons::statistics::Description;
use spinfield::neurons::{NeuralField, Raster, RasterMoments};
use spinfield::report::hypermatrix::{Hypermatrix, Panel};
use spinfield::report::plot::{LinePlot, Scale, Section, Series};
use spinfield::statistics::mean;

/// Matrices of more neurons are left out of the JSON, and stand in moments.npz only.
const MOST_IN_JSON: usize = 256;
/// So many neurons have a row in the table for people.
const MOST_ROWS: usize = 64;

/// What was sampled.
pub struct Report<'a> {
    pub field: &'a NeuralField,
    pub moments: &'a RasterMoments,
    /// The last rasters, and what they show.
    pub states: &'a Raster,
    pub described: &'a Description,
    pub r_hat: Option<f64>,
    /// The fraction of the sites that do not move.
    pub clamped: f64,
}

impl Report<'_> {
    /// Bins that the picture shows, at the most.
    pub const WINDOW: usize = 300;

    /// N × N values as rows; null where there are too many.
    fn rows(&self, value: impl Fn(&Estimate) -> Option<f64>) -> Value {
        let neurons = self.moments.neurons();
        if neurons > MOST_IN_JSON {
            return Value::Null;
        }
        json!(self.moments.space().chunks(neurons).map(|row| row.iter().map(&value).collect()).collect::<Vec<Vec<_>>>())
    }

    pub fn json(&self) -> Value {
        let lag = |(lag, value): (usize, &Estimate)| {
            let mut entry = estimate(value);
            entry["lag"] = json!(lag);
            entry
        };
        let bits: Vec<u8> = self.states.bits().iter().flat_map(|word| word.to_le_bytes()).collect();
        json!({
            "neurons": self.moments.neurons(),
            "bins": self.states.ticks(),
            "convention": self.field.convention().name(),
            "reading": self.field.reading().name(),
            "rate": self.moments.rates().iter().map(estimate).collect::<Vec<_>>(),
            "activity": estimate(&mean(self.moments.activity())),
            "r_hat": self.r_hat,
            "clamped_fraction": self.clamped,
            "space_correlation": self.rows(|value| Some(value.mean)),
            "space_correlation_error": self.rows(|value| value.error),
            "time_correlation": self.moments.time_correlation().iter().enumerate().map(lag).collect::<Vec<_>>(),
            "population": self.moments.population().iter().map(estimate).collect::<Vec<_>>(),
            "state_hash": blake3::hash(&bits).to_string(),
        })
    }

    fn overview(&self) -> Table {
        let mut table = Table::new(&["quantity", "value"]);
        let mut row = |name: &str, value: String| table.push(vec![name.into(), value]);
        row("neurons", self.moments.neurons().to_string());
        row("bins", self.states.ticks().to_string());
        row("replicas", self.states.trials().to_string());
        if self.clamped > 0.0 {
            row("fraction of sites that are clamped", format!("{:.4}", self.clamped));
        }
        row("mean rate a bin", mean(self.moments.activity()).to_string());
        if let Some(r_hat) = self.r_hat {
            row("R-hat of the activities", format!("{r_hat:.4}"));
        }
        for (lag, value) in self.moments.time_correlation().iter().enumerate().skip(1).take(3) {
            row(&format!("time correlation at lag {lag}"), value.to_string());
        }
        table
    }

    fn rates(&self) -> Table {
        let mut table = Table::new(&["neuron", "rate a bin"]);
        for (neuron, rate) in self.moments.rates().iter().take(MOST_ROWS).enumerate() {
            table.push(vec![neuron.to_string(), rate.to_string()]);
        }
        table
    }

    pub fn text(&self) -> String {
        format!("{}\n{}", self.overview().text(), self.rates().text())
    }

    pub fn write(&self, folder: &OutputFolder) -> Result<Vec<Section>> {
        let states = self.states;
        let mut npz = NpzWriter::create(folder.path("raster.npz")?)?;
        npz.add_u8("raster", &[states.trials(), states.neurons(), states.ticks()], &states.values())?;
        npz.finish()?;
        self.write_arrays(folder)?;
        let mut sections = vec![self.overview().section()];
        sections.extend([Section::Heading("Raster and correlations".into()), self.hypermatrix(folder)?]);
        let plain = |values: &[Estimate]| -> Vec<(f64, f64, Option<f64>)> {
            values.iter().enumerate().map(|(at, value)| (at as f64, value.mean, value.error)).collect()
        };
        let plot = |x: &str, y: &str, points| LinePlot {
            x_label: x.into(),
            y_label: y.into(),
            series: vec![Series { name: String::new(), points }],
            ..LinePlot::default()
        };
        let mut population = plain(self.moments.population());
        population.retain(|&(_, probability, _)| probability > 0.0);
        let population = plot("active neurons in a bin", "probability", population);
        for (name, heading, plot) in [
            ("rates", "Rates", plot("neuron", "rate a bin", plain(self.moments.rates()))),
            (
                "time_correlation",
                "Correlations in time",
                plot("lag in bins", "time correlation, mean of the neurons", plain(self.moments.time_correlation())),
            ),
            ("population", "Neurons that fire together", LinePlot { y_scale: Scale::Logarithmic, ..population }),
        ] {
            folder.write_text(&format!("{name}.svg"), &plot.to_svg())?;
            sections.extend([Section::Heading(heading.into()), Section::Plot(plot)]);
        }
        sections.extend([Section::Heading("Neurons".into()), self.rates().section()]);
        Ok(sections)
    }

    fn write_arrays(&self, folder: &OutputFolder) -> Result<()> {
        let (moments, mut npz) = (self.moments, NpzWriter::create(folder.path("moments.npz")?)?);
        let neurons = moments.neurons();
        let lags = moments.time().len() / neurons;
        for (name, shape, values) in [
            ("rate", vec![neurons], moments.rates()),
            ("space_correlation", vec![neurons, neurons], moments.space()),
            ("time_correlation_of_neurons", vec![lags, neurons], moments.time()),
            ("population", vec![neurons + 1], moments.population()),
        ] {
            let means: Vec<f64> = values.iter().map(|value| value.mean).collect();
            let errors: Vec<f64> = values.iter().map(|value| value.error.unwrap_or(f64::NAN)).collect();
            npz.add_f64(name, &shape, &means)?;
            npz.add_f64(&format!("{name}_error"), &shape, &errors)?;
        }
        let activity = moments.activity();
        npz.add_f64("activity", &[activity.len(), activity.count()], activity.values())?;
        npz.finish().map_err(Into::into)
    }

    fn hypermatrix(&self, folder: &OutputFolder) -> Result<Section> {
        let (neurons, ticks) = (self.moments.neurons(), self.described.window());
        let raster = self.states.take_trials(&[0])?.window(0..ticks)?.values();
        let raster: Vec<f64> = raster.into_iter().map(f64::from).collect();
        let space: Vec<f64> = self.moments.space().iter().map(|value| value.mean).collect();
        let image = Hypermatrix {
            raster: Panel { rows: neurons, columns: ticks, values: &raster },
            space: Panel { rows: neurons, columns: neurons, values: &space },
            time: Panel { rows: ticks, columns: ticks, values: self.described.tick_correlation() },
        }
        .to_image()?;
        image.write_png(folder.path("hypermatrix.png")?)?;
        let caption = format!(
            "The first {ticks} bins of a sampled raster; to the right how often two neurons fire in the same bin (over all \
             samples), below which share of the neurons fires in both of two bins (over the last rasters)"
        );
        Ok(Section::Picture { png: image.to_png()?, caption })
    }
}
