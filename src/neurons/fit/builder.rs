//! A fit of a recording, step by step.

mod searches;

use self::searches::{FOUND, Stage};
use super::check::{LAGS, SampledCheck};
use super::counts::SpikeCounts;
use super::found::Found;
use super::layout::Layout;
use super::prior::Prior;
use super::pseudo_likelihood::Step;
use super::sampler::Sampler;
use super::scores::{CouplingErrors, Scores, open_rate};
use crate::attendant::{Attendant, Unattended, Within};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::io::checkpoint::{Sections, unfit};
use crate::neurons::{NeuralField, Raster, Reading};

/// Ticks that are sampled at once for Boltzmann learning, and for the check of a fit.
const TICKS: [usize; 2] = [2_048, 1_024];
/// The same where ticks depend on each other.
const TICKS_OF_RASTERS: [usize; 2] = [1 << 15, 1 << 14];
/// The same of causal chains, whose ticks are drawn one after the other, but from few sweeps.
const TICKS_OF_CHAINS: [usize; 2] = [1 << 17, 1 << 17];
/// The section of a saved fit that says what was asked for.
const ASKED: &str = "asked";
/// So many neurons are named in an error.
const NAMED: usize = 5;

/// How couplings are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// From the inverse of the covariances; without time couplings.
    MeanField,
    /// The same with the correction of Thouless, Anderson and Palmer.
    Tap,
    /// Those that make each neuron most likely given all others.
    PseudoLikelihood,
    /// Those whose sampled moments are those of the data: maximum likelihood.
    Boltzmann,
    /// Maximum likelihood of the [causal](Reading::Causal) chain.
    Kinetic,
}

impl Method {
    /// How its couplings are read.
    pub fn reading(self) -> Reading {
        if self == Self::Kinetic { Reading::Causal } else { Reading::Equilibrium }
    }
}

/// A fit before it is made. From [`Gpu::fit_neurons`].
#[derive(Debug, Clone)]
pub struct FitBuilder<'a> {
    gpu: Gpu,
    raster: &'a Raster,
    names: Option<&'a [String]>,
    method: Method,
    lags: usize,
    prior: Prior,
    admit_constant: bool,
    held_out: f64,
    bootstrap: usize,
    steps: usize,
    check: bool,
    seed: u64,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct NeuralFit {
    /// The field, of 0/1 neurons.
    pub field: NeuralField,
    /// Whether the search ended where it should; the field is where it was given up otherwise.
    pub converged: bool,
    /// The course of the search; empty for the mean-field methods.
    pub course: Vec<Step>,
    /// Neurons that never or always fire: their couplings are 0, and their inputs those of half a spike.
    pub constant: Vec<usize>,
    /// Of the bootstrap, if there was one.
    pub errors: Option<CouplingErrors>,
    /// On the ticks that were fitted.
    pub training: Scores,
    /// On the ticks that were held out, if any.
    pub held_out: Option<Scores>,
    /// What the field does when it is sampled; `None` where that was not asked for.
    pub sampled: Option<SampledCheck>,
}

impl Gpu {
    /// Finds the [`NeuralField`] of a recording.
    pub fn fit_neurons<'a>(&self, raster: &'a Raster) -> FitBuilder<'a> {
        FitBuilder {
            gpu: self.clone(),
            raster,
            names: None,
            method: Method::PseudoLikelihood,
            lags: 0,
            prior: Prior::Normal(1.0),
            admit_constant: false,
            held_out: 0.0,
            bootstrap: 0,
            steps: 500,
            check: true,
            seed: 0,
        }
    }
}

impl<'a> FitBuilder<'a> {
    /// What the neurons are called in errors (default: their numbers from 0).
    #[must_use]
    pub fn names(mut self, names: &'a [String]) -> Self {
        self.names = Some(names);
        self
    }

    /// How couplings are found (default: by pseudo-likelihood).
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Time couplings over lags 1 to so many ticks (default: 0, none).
    #[must_use]
    pub fn lags(mut self, lags: usize) -> Self {
        self.lags = lags;
        self
    }

    /// A prior of the couplings (default: normal of strength 1, which holds back only what the data hardly know). For the
    /// mean-field methods a normal prior of strength X stands for X ticks of independent neurons that are added to the data.
    #[must_use]
    pub fn prior(mut self, prior: Prior) -> Self {
        self.prior = prior;
        self
    }

    /// Whether neurons that never or always fire are admitted (default: no). They are then independent of the others, with the
    /// input of half a spike more or less.
    #[must_use]
    pub fn admit_constant(mut self, admit: bool) -> Self {
        self.admit_constant = admit;
        self
    }

    /// The last ticks of every trial, this fraction of them, are not fitted but judged (default: 0).
    #[must_use]
    pub fn held_out(mut self, fraction: f64) -> Self {
        self.held_out = fraction;
        self
    }

    /// Errors of the parameters from so many fits of blocks of ticks drawn with replacement (default: 0, none).
    #[must_use]
    pub fn bootstrap(mut self, samples: usize) -> Self {
        self.bootstrap = samples;
        self
    }

    /// The most steps of the search (default: 500).
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Whether the fit is sampled and compared with the data (default: yes).
    #[must_use]
    pub fn check(mut self, check: bool) -> Self {
        self.check = check;
        self
    }

    /// The seed (default: 0).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits and judges. A search that does not converge is no error here, but said in the result.
    ///
    /// # Errors
    /// [`Error::Input`] for constant neurons, or without a prior events that never happen; for combinations that make no sense, and
    /// numbers out of range; [`Error::Run`] for covariances that cannot be inverted; [`Error::Limit`] for what the adapter cannot
    /// hold.
    pub fn run(&self) -> Result<NeuralFit> {
        self.run_attended(None, &mut Unattended(&mut |_| {}))
    }

    /// [`run`](Self::run) with somebody who may have it saved on the way, and going on `from` what was saved of the same fit, which
    /// ends with the same numbers as if it had never stopped. How long a search takes nobody knows: its progress is a guess.
    ///
    /// # Errors
    /// As [`run`](Self::run), those of the attendant, and [`Error::Input`] for what was saved of another fit.
    pub fn run_attended(&self, from: Option<&Sections>, attendant: &mut dyn Attendant) -> Result<NeuralFit> {
        self.check_options()?;
        let asked = self.asked();
        if let Some(from) = from
            && from.text(ASKED)? != asked
        {
            return Err(unfit(ASKED, asked, from.text(ASKED)?));
        }
        let mut attendant = Within::new(attendant, [0.0, 1.0], |mut state| {
            state.put(ASKED, asked.clone().into_bytes());
            state
        });
        let attendant: &mut dyn Attendant = &mut attendant;
        let reading = self.method.reading();
        let (training, held_out) = self.split()?;
        let counts = SpikeCounts::of(&training, self.lags, reading)?;
        let constant = counts.constant();
        if !constant.is_empty() && !self.admit_constant {
            return Err(self.constant_neurons(&counts, &constant));
        }
        let active: Vec<usize> = (0..training.neurons()).filter(|i| !constant.contains(i)).collect();
        if active.is_empty() {
            let hint = "choose bins and neurons in which something happens";
            return Err(Error::input("neurons that fire and are silent", "at least 1", 0, hint));
        }
        let chosen = training.take_neurons(&active)?;
        let saved = |name: &str| from.and_then(|from| from.within(name));
        let check = saved("check");
        let found = match saved(FOUND).filter(|_| check.is_some()) {
            Some(found) => Found::restore(&found, Layout { neurons: active.len(), ..counts.layout }.len())?,
            None => self.search((&chosen, &active), from, attendant)?,
        };
        let parameters = embedded(&found.parameters, &active, &counts);
        let mut fit = NeuralFit {
            field: counts.layout.field(&parameters)?,
            converged: found.converged,
            course: found.course.clone(),
            constant,
            errors: found.errors.as_ref().map(|errors| {
                let mut all = vec![0.0; counts.layout.len()];
                scatter(errors, &active, counts.layout, &mut all);
                CouplingErrors::of(counts.layout, &all)
            }),
            training: Scores::of(&self.gpu, (&training, &counts), (&parameters, &counts), reading)?,
            held_out: None,
            sampled: None,
        };
        let held_out = held_out.map(|raster| SpikeCounts::of(&raster, self.lags, reading).map(|held| (raster, held)));
        let held_out = held_out.transpose()?;
        if let Some((raster, held)) = &held_out {
            fit.held_out = Some(Scores::of(&self.gpu, (raster, held), (&parameters, &counts), reading)?);
        }
        if self.check {
            // Chains of their own: not those that a search may have been content with.
            let seed = self.seed.wrapping_add(1);
            let mut sampler = Sampler::new(&self.gpu, counts.layout, &parameters, (self.ticks()[1], LAGS), seed)?;
            let same_tick = |raster: &Raster| SpikeCounts::of(raster, LAGS, Reading::Equilibrium);
            let data = same_tick(&training)?;
            let mut attendant = Within::new(attendant, self.span(Stage::Check), |check| {
                Sections::new().with(FOUND, found.save()).with("check", check)
            });
            let sampled = SampledCheck::run(&data, &mut sampler, (check.as_ref(), &mut attendant))?;
            fit.training.agreement = Some(sampled.agreement(&data));
            if let (Some(scores), Some((raster, _))) = (&mut fit.held_out, &held_out) {
                scores.agreement = Some(sampled.agreement(&same_tick(raster)?));
            }
            fit.sampled = Some(sampled);
        }
        attendant.progress(1.0);
        Ok(fit)
    }

    fn check_options(&self) -> Result<()> {
        self.prior.check()?;
        let by_covariance = matches!(self.method, Method::MeanField | Method::Tap);
        if by_covariance && self.lags > 0 {
            let hint = "time couplings need --method pseudo-likelihood, boltzmann or kinetic";
            return Err(Error::input("lags of a mean-field fit", "0", self.lags, hint));
        }
        if matches!(self.prior, Prior::Laplace(_)) && (by_covariance || self.method == Method::Boltzmann) {
            let hint = "use a normal prior, or --method pseudo-likelihood or kinetic";
            return Err(Error::input("prior of this method", "none or normal", "Laplace", hint));
        }
        if self.bootstrap == 1 {
            return Err(Error::input("samples of the bootstrap", "0 or at least 2", 1, "20 give an error to 16 %"));
        }
        if self.bootstrap > 0 && !matches!(self.method, Method::PseudoLikelihood | Method::Kinetic) {
            let hint = "errors by bootstrap come with --method pseudo-likelihood and kinetic";
            return Err(Error::input("samples of the bootstrap", "0 for this method", self.bootstrap, hint));
        }
        if self.steps == 0 {
            return Err(Error::input("steps of the search", "at least 1", 0, "500 are the default"));
        }
        Ok(())
    }

    /// All that decides the course of a fit besides the raster.
    fn asked(&self) -> String {
        let Self {
            gpu: _,
            raster: _,
            names: _,
            method,
            lags,
            prior,
            admit_constant,
            held_out,
            bootstrap,
            steps,
            check,
            seed,
        } = self;
        format!("{:?}", (method, lags, prior, admit_constant, held_out, bootstrap, steps, check, seed))
    }

    /// Ticks to sample at once, for learning and for the check.
    fn ticks(&self) -> [usize; 2] {
        match self.method.reading() {
            Reading::Equilibrium if self.lags == 0 => TICKS,
            Reading::Equilibrium => TICKS_OF_RASTERS,
            Reading::Causal => TICKS_OF_CHAINS,
        }
    }

    /// What a neuron is called.
    fn name(&self, neuron: usize) -> String {
        self.names.and_then(|names| names.get(neuron)).cloned().unwrap_or_else(|| neuron.to_string())
    }

    fn constant_neurons(&self, counts: &SpikeCounts, constant: &[usize]) -> Error {
        let never = |neuron: usize| counts.events[neuron] == 0.0;
        let what = |&i: &usize| format!("{} {}", self.name(i), if never(i) { "never fires" } else { "always fires" });
        let shown = constant.iter().take(NAMED).map(what).collect::<Vec<_>>().join(", ");
        let hint = "their inputs would be infinite: leave them out (--neurons A:B), use wider bins, or give a prior (--prior 1)";
        let got = format!("neuron {shown}{}", rest(constant.len()));
        Error::input("neurons of the fit", "neurons that fire and are silent", got, hint)
    }

    /// Refuses couplings that the data make infinite where no prior keeps them finite.
    fn check_events(&self, counts: &SpikeCounts, chosen: &[usize]) -> Result<()> {
        let missing = counts.missing_events();
        if missing.is_empty() || self.prior != Prior::None {
            return Ok(());
        }
        let name = |place: usize| chosen.get(place).map_or_else(String::new, |&neuron| self.name(neuron));
        let what = |&(i, j, lag): &(usize, usize, usize)| match lag {
            0 => format!("{} and {} together", name(i), name(j)),
            lag => format!("{} twice {lag} ticks apart", name(i)),
        };
        let shown = missing.iter().take(NAMED).map(what).collect::<Vec<_>>().join(", ");
        let hint = "their couplings would be minus infinity: give a prior (--prior 1), use wider bins or fewer lags";
        let got = format!("never {shown}{}", rest(missing.len()));
        Err(Error::input("spikes of neurons that are coupled", "at least one such event a coupling", got, hint))
    }

    /// The ticks that are fitted, and those that are not.
    fn split(&self) -> Result<(Raster, Option<Raster>)> {
        let ticks = self.raster.ticks();
        if self.held_out == 0.0 {
            return Ok((self.raster.clone(), None));
        }
        let held = (self.held_out * ticks as f64).round();
        if !(held >= 1.0 && held < ticks as f64) {
            let hint = "hold out at least one tick of each trial, and leave one to fit";
            return Err(Error::input("fraction that is held out", "a fraction between 0 and 1", self.held_out, hint));
        }
        let fitted = ticks - held as usize;
        Ok((self.raster.window(0..fitted)?, Some(self.raster.window(fitted..ticks)?)))
    }
}

/// Parameters of some neurons in their places among all.
fn scatter(values: &[f64], active: &[usize], all: Layout, places: &mut [f64]) {
    let few = Layout { neurons: active.len(), ..all };
    for (i, &neuron) in active.iter().enumerate() {
        places[neuron] = values[i];
        for lag in 1..=all.lags {
            places[all.time(lag, neuron)] = values[few.time(lag, i)];
        }
    }
    for (i, j) in few.each_pair() {
        places[all.pair(active[i], active[j])] = values[few.pair(i, j)];
    }
}

/// Parameters of all neurons: constant ones are independent.
fn embedded(parameters: &[f64], active: &[usize], counts: &SpikeCounts) -> Vec<f64> {
    let layout = counts.layout;
    let mut all = vec![0.0; layout.len()];
    for (neuron, input) in all.iter_mut().enumerate().take(layout.neurons) {
        let rate = open_rate(counts.events[neuron], counts.ticks);
        *input = (rate / (1.0 - rate)).ln();
    }
    scatter(parameters, active, layout, &mut all);
    all
}

/// How many more there are than are named.
fn rest(count: usize) -> String {
    if count > NAMED { format!(", and {} more", count - NAMED) } else { String::new() }
}
