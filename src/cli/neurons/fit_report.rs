//! The results of `neurons fit`: JSON, arrays, plots and pictures.

use crate::cli::table::Table;
use anyhow::Result;
use serde_json::{Value, json};
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::io::raster::RecordedRaster;
use spinfield::neurons::fit::{NeuralFit, Scores, figure};
use spinfield::report::picture::lattice_picture;
use spinfield::report::plot::{LinePlot, Scale, Section, Series};

/// What was found, beside the data.
pub struct Report<'a> {
    recorded: &'a RecordedRaster,
    fit: &'a NeuralFit,
    test: Option<f64>,
}

impl<'a> Report<'a> {
    pub fn new(recorded: &'a RecordedRaster, fit: &'a NeuralFit, test: Option<f64>) -> Result<Self> {
        Ok(Self { recorded, fit, test })
    }

    pub fn json(&self) -> Value {
        let fit = self.fit;
        let mut results = scores(&fit.training);
        let sampled = fit.sampled.as_ref();
        let own = [
            ("neurons", json!(fit.field.neurons())),
            ("trials", json!(self.recorded.raster.trials())),
            ("neuron_names", json!(self.recorded.neurons)),
            ("reading", json!(fit.field.reading().name())),
            ("converged", json!(fit.converged)),
            ("steps", json!(fit.course.len().saturating_sub(1))),
            ("constant_neurons", json!(fit.constant)),
            ("unstable", json!(sampled.map(|sampled| sampled.unstable))),
            ("r_hat", json!(sampled.and_then(|sampled| sampled.r_hat).filter(|r_hat| r_hat.is_finite()))),
            ("sweeps", json!(sampled.map(|sampled| sampled.sweeps))),
            ("test", fit.held_out.as_ref().map_or(Value::Null, scores)),
        ];
        for (key, value) in own {
            results[key] = value;
        }
        results
    }

    fn overview(&self) -> Table {
        let fit = self.fit;
        let mut table = Table::new(&["quantity", "fitted bins", "held-out bins"]);
        let stretches = [Some(&fit.training), fit.held_out.as_ref()];
        let mut row = |name: &str, value: &dyn Fn(&Scores) -> Option<String>| {
            let cell = |scores: Option<&Scores>| scores.and_then(value).unwrap_or_else(|| "-".into());
            table.push(vec![name.into(), cell(stretches[0]), cell(stretches[1])]);
        };
        row("bins", &|scores| Some(scores.bins.to_string()));
        row("log pseudo-likelihood, nats a neuron and bin", &|s| Some(format!("{:.6}", s.log_pseudo_likelihood)));
        row("the same of independent neurons", &|s| Some(format!("{:.6}", s.independent)));
        row("error of the rates", &|s| s.agreement.map(|a| format!("{:.6}", a.mean_error)));
        row("error of the covariances", &|s| s.agreement.map(|a| format!("{:.6}", a.correlation_error)));
        row("r2 of the covariances", &|s| s.agreement?.correlation_r2.map(|r2| format!("{r2:.4}")));
        row("error of the covariances in time", &|s| s.agreement.map(|a| format!("{:.6}", a.lagged_error)));
        table
    }

    pub fn text(&self) -> String {
        let fit = self.fit;
        let ended = if fit.converged { "converged" } else { "not converged" };
        let steps = fit.course.len().saturating_sub(1);
        let mut text = format!("{} neurons, {steps} steps, {ended}", fit.field.neurons());
        if let Some(sampled) = &fit.sampled {
            let r_hat = sampled.r_hat.map_or("-".into(), |r_hat| format!("{r_hat:.3}"));
            let stable = if sampled.unstable { "unstable" } else { "stable" };
            text.push_str(&format!(", {stable} over {} sweeps (R-hat {r_hat})", sampled.sweeps));
        }
        format!("{text}\n\n{}", self.overview().text())
    }

    pub fn write(&self, folder: &OutputFolder) -> Result<Vec<Section>> {
        let fit = self.fit;
        fit.field.save(folder.path("couplings.npz")?)?;
        self.write_arrays(folder)?;
        let mut sections = vec![Section::Heading("Results".into()), self.overview().section()];
        if fit.sampled.is_some() {
            let fitted = self.fitted_ticks();
            let image = figure(fit, &self.recorded.raster.window(0..fitted)?)?;
            image.write_png(folder.path("agreement.png")?)?;
            let caption = "Rates and covariances of the fit, sampled, against those of the fitted bins, and how many neurons fire \
                           in a bin";
            sections.push(Section::Heading("Measured and modelled".into()));
            sections.push(Section::Picture { png: image.to_png()?, caption: caption.into() });
        }
        sections.extend([Section::Heading("Couplings".into()), self.coupling_picture(folder)?]);
        if fit.field.lags() > 0 {
            let plot = self.time_plot();
            folder.write_text("time_coupling.svg", &plot.to_svg())?;
            sections.extend([Section::Heading("Couplings in time".into()), Section::Plot(plot)]);
        }
        if !fit.course.is_empty() {
            let points = fit.course.iter().enumerate();
            let points = points.map(|(step, at)| (step as f64, at.deviation, None)).collect();
            let plot = LinePlot {
                y_scale: Scale::Logarithmic,
                ..plot("step", "largest deviation, standard errors", vec![Series { name: String::new(), points }])
            };
            folder.write_text("learning.svg", &plot.to_svg())?;
            sections.extend([Section::Heading("Course of the search".into()), Section::Plot(plot)]);
        }
        Ok(sections)
    }

    /// Ticks of a trial that were fitted.
    fn fitted_ticks(&self) -> usize {
        let ticks = self.recorded.raster.ticks();
        ticks - (self.test.unwrap_or(0.0) * ticks as f64).round() as usize
    }

    fn write_arrays(&self, folder: &OutputFolder) -> Result<()> {
        let fit = self.fit;
        let (neurons, lags) = (fit.field.neurons(), fit.field.lags());
        let mut npz = NpzWriter::create(folder.path("fit.npz")?)?;
        if let Some(errors) = &fit.errors {
            npz.add_f64("space_coupling_error", &[neurons, neurons], &errors.space)?;
            npz.add_f64("time_coupling_error", &[lags, neurons], &errors.time)?;
            npz.add_f64("input_error", &[neurons], &errors.input)?;
        }
        if let Some(sampled) = &fit.sampled {
            npz.add_f64("model_rate", &[neurons], &sampled.rates)?;
            npz.add_f64("model_covariance", &[sampled.covariances.len()], &sampled.covariances)?;
            npz.add_f64("model_population", &[sampled.population.len()], &sampled.population)?;
            npz.add_f64("model_autocovariance", &[sampled.lagged.len() / neurons, neurons], &sampled.lagged)?;
        }
        let misfits: Vec<f64> = fit.course.iter().map(|step| step.misfit).collect();
        let deviations: Vec<f64> = fit.course.iter().map(|step| step.deviation).collect();
        npz.add_f64("misfit", &[misfits.len()], &misfits)?;
        npz.add_f64("deviation", &[deviations.len()], &deviations)?;
        npz.finish().map_err(Into::into)
    }

    fn coupling_picture(&self, folder: &OutputFolder) -> Result<Section> {
        let neurons = self.fit.field.neurons();
        let off = |(at, &value): (usize, &f64)| if at / neurons == at % neurons { f32::NAN } else { value as f32 };
        let values: Vec<f32> = self.fit.field.space().iter().enumerate().map(off).collect();
        let image = lattice_picture((neurons, neurons), &values, None)?;
        image.write_png(folder.path("couplings.png")?)?;
        let largest = self.fit.field.space().iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let caption = format!("Space couplings J, blue below 0 and red above, at most {largest:.3} in size");
        Ok(Section::Picture { png: image.to_png()?, caption })
    }

    fn time_plot(&self) -> LinePlot {
        let field = &self.fit.field;
        let errors = self.fit.errors.as_ref().map(|errors| &errors.time);
        let point = |lag: usize, neuron: usize| {
            let at = lag * field.neurons() + neuron;
            (neuron as f64, field.time()[at], errors.and_then(|errors| errors.get(at)).copied())
        };
        let series = |lag: usize| Series {
            name: format!("lag {}", lag + 1),
            points: (0..field.neurons()).map(|neuron| point(lag, neuron)).collect(),
        };
        plot("neuron", "time coupling K", (0..field.lags()).map(series).collect())
    }
}

fn scores(scores: &Scores) -> Value {
    let agreement = scores.agreement;
    json!({
        "bins": scores.bins,
        "log_pseudo_likelihood": scores.log_pseudo_likelihood,
        "independent_log_pseudo_likelihood": scores.independent,
        "mean_error": agreement.map(|agreement| agreement.mean_error),
        "correlation_error": agreement.map(|agreement| agreement.correlation_error),
        "correlation_r2": agreement.and_then(|agreement| agreement.correlation_r2),
        "time_correlation_error": agreement.map(|agreement| agreement.lagged_error),
    })
}

fn plot(x_label: &str, y_label: &str, series: Vec<Series>) -> LinePlot {
    LinePlot { x_label: x_label.into(), y_label: y_label.into(), series, ..LinePlot::default() }
}
