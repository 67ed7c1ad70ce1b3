//! `spinfield train rbm`.

use super::Common;
use super::judgement::{AnnealingArgs, LogPartition, free_energies};
use super::keeper::Keeper;
use super::samples::{DataArgs, Samples};
use super::session::{Parameters, Session};
use super::table::{Table, estimate};
use super::train_epochs::{Epoch, Judges};
use super::train_files;
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spinfield::learn::{EarlyStopping, Gradient, Optimiser, Trainer, TrainerState};
use spinfield::random::{Purpose, Stream, permutation};
use spinfield::statistics::Estimate;
use spinfield::{Attendant, Error, Layer, RestrictedMachine, Units, Vectors};
use std::time::Instant;

/// The name of the part that learns.
const LEARNING: &str = "epochs";

/// Options of the training.
#[derive(Debug, Args)]
pub struct TrainArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Hidden units
    #[arg(long, value_name = "H")]
    hidden: usize,
    /// Visible units: 0 and 1 (bernoulli), -1 and 1 (spin), real of variance 1 (gaussian), normal deviates cut at 0 (relu), or
    /// real with weight exp(x u - A u^2 - B u^4) at an input x
    #[arg(long, value_name = "bernoulli|spin|gaussian|relu|phi4:A:B", default_value = "bernoulli")]
    visible_units: String,
    /// Hidden units, of the same types
    #[arg(long, value_name = "bernoulli|spin|gaussian|relu|phi4:A:B", default_value = "bernoulli")]
    hidden_units: String,
    /// How often all samples are shown
    #[arg(long, value_name = "E", default_value_t = 20)]
    epochs: u64,
    /// Samples a step
    #[arg(long, value_name = "B", default_value_t = 64)]
    batch: usize,
    /// Learning rate
    #[arg(long, value_name = "R", default_value_t = 0.05, allow_hyphen_values = true)]
    learning_rate: f64,
    /// Learning rate at the end, approached in equal steps; that of the beginning where absent
    #[arg(long, value_name = "R", allow_hyphen_values = true)]
    final_learning_rate: Option<f64>,
    /// Contrastive divergence of K sweeps, persistent chains, or persistent chains that exchange states along a ladder of
    /// temperatures; or, with a layer of at most 16 two-valued units, all states: cd:K, pcd:K, pt, pt:LEVELS or exact
    #[arg(long, value_name = "cd:K|pcd:K|pt|exact", default_value = "pcd:1")]
    gradient: String,
    /// Persistent chains
    #[arg(long, value_name = "C", default_value_t = 64)]
    chains: usize,
    /// Momentum, from 0 on and below 1
    #[arg(long, value_name = "M", default_value_t = 0.0, conflicts_with = "adam")]
    momentum: f64,
    /// Adam's steps instead of plain ones
    #[arg(long)]
    adam: bool,
    /// Units count from the mean of their averages over data and machine
    #[arg(long)]
    centred: bool,
    /// Coefficient of the penalty W^2 / 2
    #[arg(long, value_name = "W", default_value_t = 0.0, allow_hyphen_values = true)]
    weight_decay: f64,
    /// Standard deviation of the first weights
    #[arg(long, value_name = "S", default_value_t = 0.01)]
    initial_weights: f64,
    /// Fraction of the samples that is held out
    #[arg(long, value_name = "FRACTION")]
    test: Option<f64>,
    /// Stop early, as soon as the mean free energy of held-out samples exceeds that of the others by so many nats
    #[arg(long, value_name = "NATS", requires = "test", allow_hyphen_values = true)]
    stop_at_gap: Option<f64>,
    /// Stop early, after so many epochs in succession without a better held-out score, and keep the machine of the best epoch:
    /// the score is the pseudo-likelihood of training samples less the free energy gap
    #[arg(long, value_name = "EPOCHS", requires = "test")]
    patience: Option<u64>,
    #[command(flatten)]
    annealing: AnnealingArgs,
}

/// A finished training.
#[derive(Debug)]
pub struct Learned {
    /// The machine.
    pub machine: RestrictedMachine,
    /// What it was learned from.
    pub data: Samples,
    /// What was held out.
    pub test: Option<Samples>,
    /// The course.
    pub epochs: Vec<Epoch>,
    /// The epoch after which the machine was like this: the best one with patience, else the last.
    best_epoch: u64,
    log_z: LogPartition,
    likelihoods: [Option<Estimate>; 2],
}

/// Trains.
pub fn run(args: &TrainArgs, common: Common, started: Instant) -> Result<u8> {
    let units: [Units; 2] = [args.visible_units.parse()?, args.hidden_units.parse()?];
    let gradient: Gradient = args.gradient.parse()?;
    let all = args.data.read(units[0])?;
    let mut session = Session::open("train", common, started)?;
    let (data, test) = args.split(all, session.seed)?;
    let sizes = (data.vectors.width(), args.hidden);
    let start =
        RestrictedMachine::random((units[0], sizes.0), (units[1], sizes.1), args.initial_weights, session.seed)?;
    let optimiser = match args.adam {
        true => Optimiser::Adam { mean: 0.9, square: 0.999 },
        false => Optimiser::Momentum(args.momentum),
    };
    let gpu = session.gpu.clone();
    let builder = gpu.train(&start, &data.vectors).gradient(gradient).optimiser(optimiser).batch(args.batch);
    let builder = builder.chains(args.chains).learning_rate(args.learning_rate).weight_decay(args.weight_decay);
    let mut trainer = builder.centred(args.centred).seed(session.seed).build()?;
    trainer.set_learning_rate(args.rate(args.epochs))?;
    if args.epochs == 0 {
        return Err(Error::input("--epochs", "at least 1", 0, "20 are a beginning").into());
    }
    let held_out = test.as_ref().map(|test| &test.vectors);
    let mut judges = Judges::new(&gpu, &start, &data.vectors, held_out, session.seed)?;
    let mut stopping = args.patience.map(EarlyStopping::new).transpose()?;
    if stopping.is_some() && !judges.find_pseudo_likelihoods() {
        let got = format!("{} and {}", units[0], units[1]);
        let hint = "other machines can stop at a free energy gap: --stop-at-gap";
        return Err(
            Error::input("units for --patience", "two-valued visible and no phi4 hidden units", got, hint).into()
        );
    }
    session.begin(args.parameters(gradient, &data, test.as_ref()))?;
    session.start_clock();
    let mut keeper = session.keeper("learning");
    let learning = args.share_of_learning(&start, data.vectors.count());
    keeper.span(0.0, learning);
    let epochs = keeper.gently(|keeper| args.learn(&mut trainer, &mut judges, stopping.as_mut(), keeper))?;
    if let Some(why) = epochs.last().and_then(|last| args.ends(last, stopping.as_ref())) {
        session.note(&format!("stopped after epoch {}: {why}", epochs.len()));
    }
    let (machine, best_epoch) = match stopping.as_ref().and_then(EarlyStopping::best) {
        Some(best) => (best.machine.clone(), best.epoch),
        None => (trainer.machine().clone(), trainer.epochs()),
    };
    let judged = epochs.iter().find(|epoch| epoch.epoch == best_epoch).and_then(|epoch| epoch.pseudo_likelihood);
    if let Some((found, alone)) = judged.zip(data.independent_log_likelihood()).filter(|(found, alone)| found < alone) {
        session.warn(format!(
            "the machine explains its samples worse than independent units do (pseudo-likelihood {found:.2} nats a sample, \
             {alone:.2} for those): use a smaller learning rate"
        ));
    }
    keeper.span(learning, 1.0);
    let log_z = args.annealing.log_partition(&machine, Some(&data.vectors), &mut session, &mut keeper)?;
    keeper.clear();
    let mut likelihoods = [None; 2];
    for (samples, likelihood) in [Some(&data), test.as_ref()].into_iter().zip(&mut likelihoods) {
        if let Some(samples) = samples.filter(|samples| samples.binary) {
            *likelihood = Some(log_z.likelihood(&free_energies(&session, &machine, &samples.vectors)?));
        }
    }
    if !data.binary {
        session.warn("log-likelihoods are null: the data are not binary".into());
    }
    let shown = data.vectors.count() as u64 * trainer.epochs();
    let swept = trainer.steps() * u64::from(gradient.sweeps()) * args.chains as u64;
    let updates = shown * sizes.1 as u64 + swept * (sizes.0 + sizes.1) as u64;
    let learned = Learned { machine, data, test, epochs, best_epoch, log_z, likelihoods };
    let human = learned.text();
    session.finish((learned.json(), std::iter::empty()), updates, &human, |folder, session| {
        train_files::write(folder, session, &learned)
    })
}

impl TrainArgs {
    /// Learns epoch after epoch, from where the keeper had it.
    fn learn(
        &self,
        trainer: &mut Trainer,
        judges: &mut Judges,
        mut stopping: Option<&mut EarlyStopping>,
        keeper: &mut Keeper,
    ) -> Result<Vec<Epoch>> {
        let mut epochs: Vec<Epoch> = Vec::new();
        if let Some(from) = keeper.kept(LEARNING).or_else(|| keeper.begin(LEARNING)) {
            let state = from.within("trainer").unwrap_or_default();
            trainer.resume(&TrainerState::restore(&state)?)?;
            epochs = Epoch::restore_all(&from)?;
            judges.restore(&from)?;
            if let (Some(stopping), Some(saved)) = (stopping.as_deref_mut(), from.within("stopping")) {
                stopping.restore(&saved, trainer.machine())?;
            }
        }
        while (epochs.len() as u64) < self.epochs {
            if epochs.last().is_some_and(|last| self.ends(last, stopping.as_deref()).is_some()) {
                break;
            }
            let epoch = epochs.len() as u64 + 1;
            trainer.set_learning_rate(self.rate(epoch - 1))?;
            trainer.epoch()?;
            let last = judges.judge(trainer.machine(), epoch)?;
            epochs.push(last);
            if let (Some(stopping), Some(score)) = (stopping.as_deref_mut(), last.held_out_score()) {
                stopping.take(epoch, score, trainer.machine());
            }
            keeper.progress(epoch as f64 / self.epochs as f64);
            let ends = epoch == self.epochs || self.ends(&last, stopping.as_deref()).is_some();
            if keeper.due() || (ends && keeper.keeps()) {
                let mut state = Epoch::save_all(&epochs);
                state.nest("trainer", trainer.state()?.save());
                if let Some(stopping) = &stopping {
                    state.nest("stopping", stopping.save());
                }
                judges.save(&mut state);
                // Annealing comes after the last epoch, and may take long.
                let under_way = if ends { None } else { Some(state.clone()) };
                if ends {
                    keeper.keep(LEARNING, state);
                }
                if keeper.due() || trainer.machine().enumerable().is_none() {
                    keeper.save_now(under_way)?;
                }
            }
        }
        Ok(epochs)
    }

    /// The share of learning in the work of the whole, roughly: what annealing does for ln Z is the rest.
    fn share_of_learning(&self, machine: &RestrictedMachine, samples: usize) -> f64 {
        if machine.enumerable().is_some() {
            return 1.0;
        }
        // Sweeps of samples and of chains, and the same of annealing, there and back.
        let steps = samples.div_ceil(self.batch.max(1));
        let learning = self.epochs as f64 * (samples + steps * self.chains) as f64;
        let annealing = 2.25 * self.annealing.ais_chains as f64 * f64::from(self.annealing.ais_steps);
        learning / (learning + annealing)
    }

    /// Why the training ends after this epoch, if it does before all of them are made.
    fn ends(&self, last: &Epoch, stopping: Option<&EarlyStopping>) -> Option<&'static str> {
        if last.epoch >= self.epochs {
            None
        } else if stopping.is_some_and(|stopping| stopping.exhausted(last.epoch)) {
            Some("the held-out score has not grown for --patience epochs")
        } else if last.gap.zip(self.stop_at_gap).is_some_and(|(gap, most)| gap > most) {
            Some("the free energy gap has passed --stop-at-gap")
        } else {
            None
        }
    }

    /// The rate of an epoch, counted from 0.
    fn rate(&self, epoch: u64) -> f64 {
        let last = self.final_learning_rate.unwrap_or(self.learning_rate);
        let share = epoch as f64 / (self.epochs.saturating_sub(1)).max(1) as f64;
        self.learning_rate + (last - self.learning_rate) * share.min(1.0)
    }

    /// The samples to learn from and those that are held out, in an order that the seed decides.
    fn split(&self, all: Samples, seed: u64) -> Result<(Samples, Option<Samples>)> {
        let Some(fraction) = self.test else { return Ok((all, None)) };
        let (count, width) = (all.vectors.count(), all.vectors.width());
        let held = (fraction * count as f64).round();
        if !(held >= 1.0 && held < count as f64) {
            let hint = "hold out at least one sample, and leave one to learn from";
            return Err(Error::input("--test", "a fraction between 0 and 1", fraction, hint).into());
        }
        // The trainer's orders are those of chain 0.
        let order = permutation(count as u32, &mut Stream::new(seed, Purpose::Minibatch, 1));
        let part = |rows: &[u32]| -> Result<Samples> {
            let values = rows.iter().flat_map(|&row| all.vectors.row(row as usize).iter().copied()).collect();
            Ok(Samples { vectors: Vectors::new(width, values)?, ..all })
        };
        let (test, data) = order.split_at(held as usize);
        Ok((part(data)?, Some(part(test)?)))
    }

    fn parameters(&self, gradient: Gradient, data: &Samples, test: Option<&Samples>) -> Parameters {
        let mut parameters: Parameters = vec![("model", json!("rbm"))];
        parameters.extend(self.data.parameters());
        parameters.extend([
            ("visible", json!(data.vectors.width())),
            ("hidden", json!(self.hidden)),
            ("visible_units", json!(self.visible_units)),
            ("hidden_units", json!(self.hidden_units)),
            ("epochs", json!(self.epochs)),
            ("batch", json!(self.batch)),
            ("learning_rate", json!(self.learning_rate)),
            ("final_learning_rate", json!(self.rate(self.epochs))),
            ("gradient", json!(gradient.to_string())),
            ("chains", json!(self.chains)),
            ("momentum", json!(self.momentum)),
            ("adam", json!(self.adam)),
            ("centred", json!(self.centred)),
            ("weight_decay", json!(self.weight_decay)),
            ("initial_weights", json!(self.initial_weights)),
            ("test", json!(self.test)),
            ("stop_at_gap", json!(self.stop_at_gap)),
            ("patience", json!(self.patience)),
            ("samples", json!(data.vectors.count())),
            ("test_samples", json!(test.map_or(0, |test| test.vectors.count()))),
        ]);
        parameters.extend(self.annealing.parameters());
        parameters
    }
}

impl Learned {
    fn json(&self) -> Value {
        let epoch = |epoch: &Epoch| {
            json!({
                "epoch": epoch.epoch,
                "pseudo_likelihood": epoch.pseudo_likelihood,
                "reconstruction_error": epoch.reconstruction,
                "free_energy_gap": epoch.gap,
            })
        };
        let [train, test] = self.likelihoods.map(|value| value.as_ref().map_or(Value::Null, estimate));
        json!({
            "epochs": self.epochs.iter().map(epoch).collect::<Vec<_>>(),
            "best_epoch": self.best_epoch,
            "log_z": self.log_z.json(),
            "log_likelihood_train": train,
            "log_likelihood_test": test,
        })
    }

    /// How it ended.
    pub fn summary(&self) -> Table {
        let mut table = Table::new(&["quantity", "value"]);
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
        let text = |value: Option<Estimate>| value.map_or("-".into(), |value| value.to_string());
        let last = self.epochs.iter().find(|epoch| epoch.epoch == self.best_epoch);
        let rows = [
            ("pseudo-likelihood, nats a sample", number(last.and_then(|last| last.pseudo_likelihood))),
            ("reconstruction error", number(last.map(|last| last.reconstruction))),
            ("free energy gap", number(last.and_then(|last| last.gap))),
            ("ln Z", self.log_z.value.to_string()),
            ("log-likelihood, nats a sample", text(self.likelihoods[0])),
            ("log-likelihood of held-out samples", text(self.likelihoods[1])),
        ];
        rows.into_iter().for_each(|(name, value)| table.push(vec![name.into(), value]));
        table
    }

    fn text(&self) -> String {
        let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|l| (self.machine.size(l), self.machine.units(l)));
        let sizes = format!("{} {} and {} {} units", visible.0, visible.1, hidden.0, hidden.1);
        format!(
            "{sizes}, {} samples, {} epochs, the machine after epoch {}\n\n{}",
            self.data.vectors.count(),
            self.epochs.len(),
            self.best_epoch,
            self.summary().text()
        )
    }
}
