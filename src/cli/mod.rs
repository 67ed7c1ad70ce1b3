//! Subcommands, the options that all of them take, and how the program ends.

mod adapters;
mod basin;
mod bench;
mod bench_baseline;
mod bench_cases;
mod bench_costs;
mod bench_networks;
mod bench_neurons;
mod bench_report;
mod bench_timing;
mod capacity;
mod capacity_report;
mod courses;
mod delivery;
mod disorder;
mod dry_run;
mod exact_curves;
mod experiment;
mod generate;
mod generators;
mod histogram;
mod input;
mod invocation;
mod ising;
mod judgement;
mod keeper;
mod lattice;
mod lattice_files;
mod lattice_warnings;
mod manual;
mod memory_args;
mod neurons;
mod overlap_distribution;
mod pairwise;
mod pairwise_files;
mod pairwise_parts;
mod phi4;
mod points_csv;
mod potts;
mod quantities;
#[cfg(test)]
mod random_arguments;
mod recall;
mod recall_anneal;
mod recall_args;
mod recall_couplings;
mod recall_files;
mod recall_report;
mod replay;
mod resume;
mod samples;
mod score;
mod score_general;
mod session;
mod sk;
mod stages;
mod stopping;
mod study;
mod study_args;
mod table;
mod terminal_picture;
mod train;
mod train_epochs;
mod train_files;
mod train_general;
mod values;
mod verify;
mod xy;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use replay::Replay;
use serde_json::json;
use session::{Parameters, say};
use spinfield::AdapterRequest;
use spinfield::io::checkpoint::Generations;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Statistical mechanics of neural networks on any graphics card.
///
/// Results go to stdout (a table, or one JSON object with --json), talk goes to stderr. An estimate prints as
/// 0.9113(4): the mean, and one standard error in units of its last digit, autocorrelation included.
#[derive(Debug, Parser)]
#[command(name = "spinfield", version, max_term_width = 110, after_help = EXAMPLES, after_long_help = LONG_EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const EXAMPLES: &str = "Examples:
  spinfield doctor
  spinfield sample ising --lattice 32x32 --beta 0.4
  spinfield recall --patterns examples/data/photographs --noise 0.2 --out recalled";

const LONG_EXAMPLES: &str = "Examples:
  spinfield adapters                                   which devices there are
  spinfield doctor                                     whether they compute correctly
  spinfield sample ising --lattice 32x32 --beta 0.4    a magnet in equilibrium
  spinfield sample ising --lattice 16x16 --beta 0.3:0.6:0.02 --json --out magnet
  spinfield sample ising --lattice 8x8x8 --coupling bimodal --beta 0.5,0.8    a spin glass
  spinfield sample phi4 --lattice 16x16 --mass2 -0.5 --lambda 0.5
  spinfield sample sk --spins 1024 --beta 0.5,1,1.5     a glass whose spins are all coupled
  spinfield recall --patterns examples/data/photographs --noise 0.2 --out recalled
  spinfield recall --patterns random:100 --neurons 2000 --temperature 0.3
  spinfield train rbm --data digits.npy --hidden 128 --epochs 50 --out machine
  spinfield generate machine/model.safetensors --samples 64 --out drawn
  spinfield capacity --neurons 2000 --load 0.10:0.18:0.01    where memory breaks down
  spinfield basin --patterns examples/data/digits --rule pseudo-inverse    how much of a picture a cue must hold
  spinfield neurons stats examples/data/spikes/spikes_15.npz --out described    rates and correlations of a raster
  spinfield verify magnet                              whether a finished run comes out the same again
  spinfield bench --suite quick --json > before.json   how fast the kernels are

Exit codes:
  0 ok, 1 the run failed, 2 wrong usage, 3 bad input, 4 no adapter, 5 device lost or out of memory,
  6 verification failed, 130 interrupted

Environment:
  WGPU_BACKEND, WGPU_ADAPTER_NAME and WGPU_POWER_PREF stand in for --backend and --adapter; RUST_LOG for logs";

#[derive(Debug, Subcommand)]
enum Command {
    /// List the adapters of this machine
    Adapters,
    /// Measure basins of attraction: the final against the initial overlap
    ///
    /// Random or real patterns are stored at each load, in any memory, and cues with given overlaps with them are recalled.
    /// `edges` holds, for each load, the initial overlap from which half of the cues are retrieved.
    Basin(Box<basin::BasinArgs>),
    /// Measure how fast the kernels are on this adapter
    ///
    /// Times every kernel family over sizes from cache to memory, in attempted updates per nanosecond with everything
    /// that a sweep does (random numbers included), and in the same run what the adapter can do at best: copy bandwidth,
    /// integer arithmetic, the cost of a dispatch. Each case is a fixed amount of work, made once without being counted
    /// and then several times; the median and the spread of these are reported, compile times apart.
    ///
    /// A slow case is no failure: the exit code is 0 whatever --baseline says.
    Bench(Box<bench::BenchArgs>),
    /// Sweep load and temperature, or load and power: the phase diagram of retrieval
    ///
    /// Random or real patterns are stored at each load and recalled from cues with --noise (none: from the patterns
    /// themselves) at each temperature, or in dense memories of each --exponent. `breaks` holds, for each of these, the load
    /// at which half of the cues are retrieved. In a Hopfield network of random patterns by Hebb's rule the overlaps
    /// stand beside those of the replica-symmetric theory of Amit, Gutfreund and Sompolinsky for infinitely many neurons;
    /// of dense memories there is the estimate of Krotov and Hopfield, 0.14 N^(n-2)/(2n-3)!! (twice that for odd n,
    /// rectified). With --out, capacity.png is the diagram with the theory's line.
    Capacity(Box<capacity::CapacityArgs>),
    /// Print the script that completes the program's options in a shell
    ///
    /// For example `spinfield completions bash > ~/.local/share/bash-completion/completions/spinfield`, or for zsh a file
    /// `_spinfield` in a folder of $fpath.
    Completions(manual::CompletionsArgs),
    /// Test whether each adapter computes correctly
    ///
    /// Runs a self-test of about a second on every adapter: known answers of the random generator, long loops, NaN bits,
    /// reductions, barriers and one exact ensemble. Exit code 6 if the adapter that would be used fails.
    Doctor,
    /// Draw samples from a saved machine
    ///
    /// Chains of a restricted machine start from independent units, make --sweeps block Gibbs sweeps while weights and biases
    /// grow to their values, and as many with the machine itself; those of a general one start at random. With --out,
    /// samples.npz holds `samples` and their `means` given the hidden units, and pictures show both.
    Generate(Box<generate::GenerateArgs>),
    /// Write manual pages into the folder of --out, one a subcommand; without it, print the program's
    Man,
    /// Recorded neurons as a lattice field: from a spike raster to couplings and back
    #[command(subcommand)]
    Neurons(neurons::NeuronsCommand),
    /// Store patterns in a Hopfield network and retrieve them from damaged cues
    ///
    /// Patterns of N neurons +-1 are stored in the couplings J = (1/N) sum xi xi' (or by another --rule), without
    /// self-coupling unless --keep-diagonal is given, and damaged copies of them run to a fixed point (T = 0) or are sampled (T > 0). The
    /// overlap m = xi s / N of a recalled state with the cue's own pattern is 1 for a perfect recall; from 0.95 on a cue
    /// counts as retrieved. The mirror image of a pattern (m = -1) is a memory as well, but does not count.
    Recall(Box<recall_args::RecallArgs>),
    /// Join the points of an experiment that shards have made
    ///
    /// With --out the points are copied there, else into the first folder. All points must be there; the result is that of
    /// `spinfield run` without shards, but for timings.
    Merge(experiment::MergeArgs),
    /// Go on with a run that was interrupted
    ///
    /// Reads the parameters and the last checkpoint of a folder that was given as --out, goes on, and ends with the same files as
    /// if the run had never stopped; from the beginning where no checkpoint was reached. A damaged checkpoint is refused, and
    /// the one before it taken. Another program version, other parameters or other input files are refused.
    Resume(resume::ResumeArgs),
    /// Run an experiment: a command at all combinations of options
    ///
    /// Every point is a folder of its own, DIR/points/00000 and so on, with the files of the command, made once and
    /// independent of the others: an experiment that was interrupted goes on when it is run again. At the end result.json has
    /// the results of all points, and report.html a table and plots of them.
    Run(experiment::RunArgs),
    /// Sample a model in equilibrium
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Find how likely data are under a saved machine
    ///
    /// `log_z` is exact where a layer has at most 24 two-valued units, and else estimated by annealed importance sampling,
    /// there and back. Log-likelihoods are in nats a sample, and null for data that are not binary.
    Score(Box<score::ScoreArgs>),
    /// Learn a machine from data
    #[command(subcommand)]
    Train(TrainCommand),
    /// Make a part of a finished run again, and compare
    ///
    /// Reads the folder that was given as --out. A run keeps some of its checkpoints as milestones, which cut it into slices. One
    /// that --seed draws is replayed from its first milestone to its second, and the last slice to its end; what comes out must
    /// be what is in the folder, byte for byte but for timings: the state at the milestone, and all files. A short run has no
    /// milestones and is replayed as a whole. Of an experiment one point is drawn. Exit code 6 and the first difference where
    /// something differs: files were changed, or the device computes wrongly. Models of real numbers may differ in their last
    /// digits on another adapter than the run's.
    Verify(verify::VerifyArgs),
}

impl Command {
    /// Whether it runs on a device in a session of its own, so that its plan can be told.
    fn has_a_plan(&self) -> bool {
        use Command::{Basin, Capacity, Generate, Neurons, Recall, Sample, Score, Train};
        matches!(self, Basin(_) | Capacity(_) | Generate(_) | Neurons(_) | Recall(_) | Sample(_) | Score(_) | Train(_))
    }
}

#[derive(Debug, Subcommand)]
enum TrainCommand {
    /// A restricted Boltzmann machine, E = -a v - b h - v W h (plus u^2 / 2 of gaussian and relu units, and A u^2 + B u^4 of phi4 units)
    ///
    /// Stochastic ascent of the log-likelihood on the device. After each epoch `pseudo_likelihood` is the mean over samples of
    /// sum_i ln P(v_i | all others), found exactly; `reconstruction_error` the mean of (v - <v|h>)^2; `free_energy_gap` the mean free
    /// energy of held-out samples less that of training samples, which grows as the machine learns them by heart. All three
    /// are of at most 500 samples each. `best_epoch` is the epoch after which the machine was as it is saved. With --out, model.safetensors is the machine.
    Rbm(Box<train::TrainArgs>),
    /// A general Boltzmann machine, E = -sum_(i<j) J s s' - h s, all units +-1 and coupled to all
    ///
    /// Stochastic ascent of the log-likelihood: moments of chains whose visible units are clamped to the data, less those of
    /// free chains. `moment_error` is the root mean square of the difference of correlations. `log_z` and `log_likelihood` are
    /// exact for at most 24 units and else null; `pseudo_likelihood` is that of machines without hidden units. With --out,
    /// model.safetensors is the machine: J (units x units, visible units first) and h.
    General(Box<train_general::TrainGeneralArgs>),
}

#[derive(Debug, Subcommand)]
enum SampleCommand {
    /// Ising magnets and spin glasses, E = -sum J s s' - h sum s
    ///
    /// Spins +-1 on a periodic lattice with weight exp(-beta E); every bond counts once. --beta and --field take a
    /// number, a list 0.1,0.2 or a range start:stop:step; the points are all combinations. Energies and magnetisations
    /// are per site. Trajectories are the same bits on every adapter (but for --coupling gaussian).
    ///
    /// With quenched couplings (--coupling bimodal or gaussian, or --couplings) replicas 2k and 2k + 1 are pairs with an
    /// overlap q = (1/N) sum s s': `overlap2` is the mean of q^2, `link_overlap` that of the overlap of bonds.
    /// `lowest_energy` is the lowest energy per site among all recorded samples of the point. Over several samples of
    /// the disorder specific_heat, susceptibility and r_hat are null: the chains differ by more than chance.
    Ising(Box<ising::IsingArgs>),
    /// The Potts model of q states, E = -J sum delta(s, s')
    ///
    /// Sites hold 0 to q - 1; every bond counts once. The square lattice orders at beta = ln(1 + sqrt q). The order
    /// parameter is m = (1/N) sum exp(2 pi i s / q): `magnetization` is its real part, `abs_magnetization` its length.
    /// Trajectories are the same bits on every adapter.
    Potts(Box<potts::PottsArgs>),
    /// The XY model of planar spins, E = -J sum cos(a - b)
    ///
    /// Sites hold angles; every bond counts once. `magnetization` is the mean of cos a, `abs_magnetization` the length of
    /// the mean spin. In two dimensions vortices unbind near beta = 1.12.
    Xy(Box<xy::XyArgs>),
    /// The glass of Sherrington and Kirkpatrick, E = -sum_{i<j} J s s' - h sum s
    ///
    /// Every pair of the N spins +-1 has a coupling J, normal with variance 1/N, or those of --couplings. Spins are visited
    /// one after another in their order. Energies and magnetisations are per spin; `overlap2` is the mean of q^2 of pairs of
    /// replicas, q = (1/N) sum s s'; `overlap_binder` is (3 - <q^4>/<q^2>^2)/2; `lowest_energy` the lowest energy per spin among
    /// all recorded samples of the point. With --disorder-samples means are over samples of the couplings, `lowest_energy` is
    /// the mean of their lowest, `r_hat` the worst of all, `round_trips` the sum, and `samples` has each by itself. The
    /// density P(q) is in `overlap_distribution`, and with --out as a plot.
    Sk(Box<sk::SkArgs>),
    /// Lattice phi^4 theory, a real field with weight exp(-S)
    ///
    /// The action S has the canonical form (--mass2, --lambda)
    ///   S = sum_x [ 1/2 sum_mu (phi_{x+mu} - phi_x)^2 + 1/2 m^2 phi_x^2 + lambda phi_x^4 ]
    /// or the hopping form (--kappa, --lambda-hopping)
    ///   S = sum_x [ -2 kappa sum_mu phi_x phi_{x+mu} + phi_x^2 + lambda_h (phi_x^2 - 1)^2 ].
    ///
    /// Both couplings take a number, a list 0.1,0.2 or a range start:stop:step; the points are all combinations.
    /// `energy` is the action per site; observables come in the normalisation of the form given.
    #[command(verbatim_doc_comment)]
    Phi4(Box<phi4::Phi4Args>),
}

/// Options of every subcommand.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Print one JSON object on stdout and nothing else
    #[arg(long, global = true)]
    json: bool,
    /// No progress, notes or warnings on stderr (warnings stay in the JSON)
    #[arg(long, global = true)]
    quiet: bool,
    /// Write result.json, arrays, pictures and report.html into this folder
    #[arg(long, global = true, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite the result that --out already holds
    #[arg(long, global = true)]
    force: bool,
    /// Part of an adapter's name, or its index in `spinfield adapters`
    #[arg(long, global = true, value_name = "NAME|INDEX")]
    adapter: Option<String>,
    /// Only adapters of this interface
    #[arg(long, global = true, value_parser = ["vulkan", "metal", "dx12", "gl"])]
    backend: Option<String>,
    /// Seed of all randomness; drawn, printed and stored where absent. The same seed on the same adapter gives the
    /// same result
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    /// Seconds from one checkpoint to the next, of runs with --out; Ctrl-C writes one as well [default: 60]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = interval)]
    checkpoint_interval: Option<Duration>,
    /// Also write the points of the result as points.csv into --out
    #[arg(long, global = true)]
    csv: bool,
    /// Set everything up, time about a second of it, and tell buffers, kernels and the expected time; write nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// A small picture of the last state at the end: auto draws it where stdout is a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t = Picture::Auto, value_name = "WHEN")]
    picture: Picture,
    /// The run that is continued.
    #[arg(skip)]
    resumption: Option<resume::Resumption>,
    /// The arguments, where they are not the process's: those of a point of an experiment, which prints nothing.
    #[arg(skip)]
    of_point: Option<Vec<String>>,
    /// How far a finished run is made again, where it is.
    #[arg(skip)]
    replay: Option<Arc<Replay>>,
}

/// When to draw in the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Picture {
    /// Where stdout is a terminal
    Auto,
    /// Wherever it goes
    Always,
    /// Nowhere
    Never,
}

/// Seconds.
fn interval(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "expected a number of seconds, 0 or more".into())
}

impl Common {
    fn checkpoint_interval(&self) -> Duration {
        self.checkpoint_interval.unwrap_or(Duration::from_secs(60))
    }

    /// Whether people look at what is printed, and in colours.
    fn shows_pictures(&self) -> bool {
        let talks = !self.json && !self.quiet && self.of_point.is_none();
        let in_colour = || {
            let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        };
        talks
            && match self.picture {
                Picture::Always => true,
                Picture::Never => false,
                Picture::Auto => std::io::stdout().is_terminal() && in_colour(),
            }
    }

    fn request(&self) -> AdapterRequest {
        AdapterRequest { adapter: self.adapter.clone(), backend: self.backend.clone() }
    }

    /// For the record.
    fn parameters(&self) -> Parameters {
        vec![("adapter", json!(self.adapter)), ("backend", json!(self.backend))]
    }
}

/// Parses, runs, and turns errors into exit codes.
pub fn main() -> ExitCode {
    let started = Instant::now();
    // Wrong usage ends here, with code 2; help and version with 0.
    let cli = Cli::parse();
    let filter = env_logger::Env::default().default_filter_or("off,spinfield=error");
    env_logger::Builder::from_env(filter).init();
    stopping::listen();
    let ended = run(cli, started);
    ExitCode::from(ended.unwrap_or_else(|error| report(&error)))
}

impl Cli {
    /// Parses arguments without the program's own name before them.
    fn of(arguments: &[String]) -> Result<Self, clap::Error> {
        Self::try_parse_from(std::iter::once("spinfield".to_string()).chain(arguments.iter().cloned()))
    }
}

/// Runs a command; one that stops and can go on says how.
fn run(cli: Cli, started: Instant) -> anyhow::Result<u8> {
    let (out, quiet) = (cli.common.out.clone(), cli.common.quiet);
    let ended = dispatch(cli, started);
    let stopped = ended.as_ref().is_err_and(|error| {
        let cause = error.downcast_ref::<spinfield::Error>();
        matches!(cause, Some(spinfield::Error::Interrupted | spinfield::Error::DeviceLost(_)))
    });
    if let (Some(out), true) = (out.filter(|out| Generations::exist(out)), stopped && !quiet) {
        say(&format!("spinfield: go on with `spinfield resume {}`", out.display()));
    }
    ended
}

fn dispatch(cli: Cli, started: Instant) -> anyhow::Result<u8> {
    let (tried, json) = (cli.common.dry_run, cli.common.json);
    if tried && !cli.command.has_a_plan() {
        let hint = "leave it out: only commands that sample, recall or learn have a plan";
        return Err(spinfield::Error::input("--dry-run", "a command with a plan", "another one", hint).into());
    }
    // Not the parser's to say, as options of all commands may stand before the command and after it.
    if cli.common.csv && cli.common.out.is_none() {
        return Err(Cli::command().error(ErrorKind::MissingRequiredArgument, "--csv takes --out DIR").into());
    }
    let ended = perform(cli, started);
    if tried { dry_run::end(ended, json) } else { ended }
}

fn perform(cli: Cli, started: Instant) -> anyhow::Result<u8> {
    match cli.command {
        Command::Adapters => adapters::list(&cli.common, started),
        Command::Basin(args) => basin::run(&args, cli.common, started),
        Command::Bench(args) => bench::run(&args, cli.common, started),
        Command::Capacity(args) => capacity::run(&args, cli.common, started),
        Command::Completions(args) => manual::completions(&args, Cli::command()),
        Command::Doctor => adapters::examine(&cli.common, started),
        Command::Generate(args) => generate::run(&args, cli.common, started),
        Command::Merge(args) => experiment::merge(&args, cli.common, started),
        Command::Man => manual::pages(&cli.common, Cli::command()),
        Command::Neurons(command) => neurons::run(&command, cli.common, started),
        Command::Recall(args) => recall::run(&args, cli.common, started),
        Command::Resume(args) => resume(&args, cli.common, started),
        Command::Run(args) => experiment::run(&args, cli.common, started),
        Command::Score(args) => score::run(&args, cli.common, started),
        Command::Train(TrainCommand::General(args)) => train_general::run(&args, cli.common, started),
        Command::Train(TrainCommand::Rbm(args)) => train::run(&args, cli.common, started),
        Command::Sample(SampleCommand::Ising(args)) => ising::run(&args, cli.common, started),
        Command::Sample(SampleCommand::Potts(args)) => potts::run(&args, cli.common, started),
        Command::Sample(SampleCommand::Xy(args)) => xy::run(&args, cli.common, started),
        Command::Sample(SampleCommand::Sk(args)) => sk::run(&args, cli.common, started),
        Command::Sample(SampleCommand::Phi4(args)) => phi4::run(&args, cli.common, started),
        Command::Verify(args) => verify::run(&args, cli.common, started),
    }
}

/// Runs the command of a folder again, from where it was.
fn resume(args: &resume::ResumeArgs, mut common: Common, started: Instant) -> anyhow::Result<u8> {
    let resumption = match resume::plan(args, &mut common)? {
        resume::Plan::Finished => return Ok(0),
        resume::Plan::GoOn(resumption) => resumption,
    };
    let mut cli = Cli::of(&resumption.arguments)?;
    cli.common = Common {
        adapter: common.adapter.or(cli.common.adapter),
        backend: common.backend.or(cli.common.backend),
        checkpoint_interval: common.checkpoint_interval.or(cli.common.checkpoint_interval),
        csv: common.csv || cli.common.csv,
        resumption: Some(resumption),
        ..common
    };
    run(cli, started)
}

/// Makes a finished run again, or a part of it, as its record says; its files go into `folder`, and nothing is printed.
fn replay(resumption: resume::Resumption, common: &Common, folder: &Path, replay: Arc<Replay>) -> anyhow::Result<u8> {
    let cli = Cli::of(&resumption.arguments)?;
    let common = Common {
        json: common.json || common.quiet,
        quiet: true,
        out: Some(folder.into()),
        force: false,
        seed: None,
        csv: cli.common.csv,
        of_point: Some(resumption.arguments.clone()),
        resumption: Some(resumption),
        replay: Some(replay),
        ..common.clone()
    };
    dispatch(Cli { common, ..cli }, Instant::now())
}

/// Makes a point of an experiment: runs the command of these arguments, or goes on with it where it was begun in `folder`.
fn run_point(arguments: &[String], common: &Common, folder: &Path) -> anyhow::Result<u8> {
    let started = Instant::now();
    let own = Common {
        json: false,
        quiet: true,
        out: None,
        seed: None,
        resumption: None,
        of_point: Some(arguments.to_vec()),
        ..common.clone()
    };
    if folder.join(invocation::PARAMETERS_FILE).is_file() && !common.force {
        // Going on changes to the folder where the point was begun.
        let here = std::env::current_dir();
        let ended = resume(&resume::ResumeArgs::of(folder), own, started);
        if let Ok(here) = here {
            std::env::set_current_dir(here)?;
        }
        return ended;
    }
    let mut cli = Cli::of(arguments)?;
    let given = cli.common;
    cli.common = Common {
        out: given.out,
        seed: given.seed,
        csv: own.csv || given.csv,
        adapter: own.adapter.or(given.adapter),
        backend: own.backend.or(given.backend),
        checkpoint_interval: own.checkpoint_interval.or(given.checkpoint_interval),
        ..own
    };
    dispatch(cli, started)
}

/// Prints an error as one line and gives its exit code.
fn report(error: &anyhow::Error) -> u8 {
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        let _ = usage.print();
        return 2;
    }
    let line = session::one_line(&format!("{error:#}"));
    match error.chain().find_map(|cause| cause.downcast_ref::<spinfield::Error>()) {
        Some(known) => {
            say(&format!("error[{}]: {line}", known.code()));
            if error.downcast_ref::<delivery::Undelivered>().is_some() { 1 } else { known.exit_code() }
        }
        None => {
            say(&format!("error: {line}"));
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Cli::command().debug_assert();
    }
}
