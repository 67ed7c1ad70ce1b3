//! Definitions and what becomes of them.

use super::definition::Definition;
use super::{Cli, Shard};
use crate::cli::random_arguments::{Random, inputs};
use clap::CommandFactory;
use spinfield::Result;
use std::path::PathBuf;

fn read(text: &str) -> Result<Definition> {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path: PathBuf = std::env::temp_dir().join(format!("spinfield-experiment-{}-{number}.toml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let read = Definition::read(&path, &Cli::command());
    std::fs::remove_file(&path).unwrap();
    read
}

const MAGNET: &str = "command = \"sample ising\"\nseed = 3\n[parameters]\nlattice = \"8x8\"\nreplicas = 4\ntempering = false\n\
                      [sweep]\nbeta = \"0.1:0.3:0.1\"\nfield = [0, -0.5]\n";

#[test]
fn points_are_all_combinations() {
    let magnet = read(MAGNET).unwrap();
    assert_eq!((magnet.points(), magnet.seed, magnet.sweeps_seed()), (6, Some(3), false));
    let point = |point| magnet.arguments(point).join(" ");
    assert_eq!(point(0), "sample ising --lattice=8x8 --replicas=4 --beta=0.1 --field=0");
    // The range's rounding error does not reach the command.
    assert_eq!(point(5), "sample ising --lattice=8x8 --replicas=4 --beta=0.3 --field=-0.5");
    assert_eq!(serde_json::to_string(&magnet.place(3)).unwrap(), r#"{"beta":0.2,"field":-0.5}"#);
    let recall = "command = \"recall\"\n[parameters]\npatterns = [\"a\", \"b\"]\nnoise = 0.1\nkeep_diagonal = true\n";
    let recall = read(recall).unwrap();
    assert_eq!(recall.points(), 1);
    assert_eq!(recall.arguments(0).join(" "), "recall --patterns a b --noise=0.1 --keep-diagonal");
    let score =
        "command = \"score\"\n[parameters]\ndata = \"d.npy\"\nmodel = \"m.safetensors\"\n[sweep]\nseed = [1, 2]\n";
    let score = read(score).unwrap();
    assert!(score.sweeps_seed());
    assert_eq!(score.arguments(1).join(" "), "score m.safetensors --data=d.npy --seed=2");
}

#[test]
fn what_is_no_experiment_is_refused() {
    for (from, to, parts) in [
        ("lattice =", "latice =", &["unknown key `latice` in [parameters]", "did you mean `lattice`?"][..]),
        ("beta =", "betta =", &["unknown key `betta` in [sweep]", "did you mean `beta`?"]),
        ("[sweep]", "[sweeps]", &["unknown key `sweeps`", "did you mean `sweep`?"]),
        ("sample ising", "sample izing", &["unknown key `izing` as a word of `command`", "did you mean `ising`?"]),
        ("sample ising", "sample", &["`sample`, which is not a whole command", "ising"]),
        ("sample ising", "run", &["unknown key `run`"]),
        ("sample ising", "", &["not a whole command"]),
        ("seed = 3", "seed = -3", &["`seed` is -3"]),
        ("seed = 3", "seed = 3\nseed = 4", &["line 3", "duplicate key"]),
        ("seed = 3", "out = 4", &["`out` is 4"]),
        ("replicas = 4", "out = \"x\"", &["belongs to the experiment as a whole"]),
        ("replicas = 4", "beta = 1", &["in [parameters] and in [sweep]"]),
        ("replicas = 4", "replicas = nan", &["`replicas` is nan", "finite"]),
        ("field = [0, -0.5]", "field = []", &["`field` in [sweep] is []"]),
        ("field = [0, -0.5]", "field = 0.5", &["a list, or a range"]),
        ("0.1:0.3:0.1", "0.1:0.3:-0.1", &["`beta`", "empty"]),
        ("0.1:0.3:0.1", "0:1:0.00001", &["`beta`"]),
        ("[parameters]", "parameters = 1\n[other]", &["unknown key `other`"]),
    ] {
        let error = read(&MAGNET.replace(from, to)).unwrap_err();
        assert_eq!(error.code(), "E007", "{error}");
        let error = error.to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{to}: {error}");
    }
    assert!(Definition::read(&std::env::temp_dir(), &Cli::command()).is_err());
    assert!(Definition::read("/nothing/here.toml".as_ref(), &Cli::command()).is_err());
}

#[test]
fn shards_share_all_points() {
    let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].iter().map(|text| text.parse().unwrap()).collect();
    for point in 0..20 {
        assert_eq!(shards.iter().filter(|shard| shard.has(point)).count(), 1);
    }
    for text in ["0/3", "4/3", "1", "1/0", "a/b", "-1/3", ""] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
}

/// What stands in experiments, and what should not.
const PIECES: [&str; 24] = [
    "command = ",
    "\"sample ising\"",
    "\"recall\"",
    "\"train rbm\"",
    "seed = ",
    "out = ",
    "[parameters]\n",
    "[sweep]\n",
    "[[sweep]]\n",
    "beta = ",
    "lattice = ",
    "replicas = ",
    "model = ",
    "\"0:1:0.1\"",
    "\"0:1e300:1e-300\"",
    "[0, -0.5]",
    "[[1], [\"a\"]]",
    "{ a = 1 }",
    "18446744073709551616",
    "nan",
    "true",
    "1979-05-27T07:32:00Z",
    "\u{0}",
    "\n",
];

/// The reader of experiments against damaged ones: an experiment, or one line that says what is wrong.
#[test]
fn no_experiment_makes_the_reader_panic() {
    let recall = "command = \"recall\"\n[parameters]\npatterns = [\"a\", \"b\"]\nnoise = 0.1\nkeep_diagonal = true\n";
    let score =
        "command = \"score\"\n[parameters]\ndata = \"d.npy\"\nmodel = \"m.safetensors\"\n[sweep]\nseed = [1, 2]\n";
    let (mut random, mut accepted, mut refused) = (Random(11), 0, 0);
    for _ in 0..inputs() {
        let mut text: Vec<char> = [MAGNET, recall, score][random.below(3)].chars().collect();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() + 1);
            let until = (at + random.below(12)).min(text.len());
            let piece: Vec<char> = PIECES[random.below(PIECES.len())].chars().collect();
            match random.below(4) {
                0 => drop(text.drain(at..until)),
                1 => drop(text.splice(at..until, piece)),
                2 => drop(text.splice(at..at, piece)),
                _ => drop(text.splice(at..at, char::from_u32(random.below(0x2ff) as u32))),
            }
        }
        let text: String = text.into_iter().collect();
        match std::panic::catch_unwind(|| read(&text)).unwrap_or_else(|_| panic!("{text:?}: panicked")) {
            Ok(definition) => {
                accepted += 1;
                let last = definition.points() - 1;
                assert!(!definition.arguments(last).is_empty() && definition.place(last).len() < 10, "{text:?}");
            }
            Err(error) => {
                refused += 1;
                let line = error.to_string();
                assert!(error.code() == "E007" && !line.contains('\n') && line.len() < 4000, "{text:?}: {line}");
            }
        }
    }
    assert!(accepted > inputs() / 100 && refused > inputs() / 10, "{accepted} accepted, {refused} refused");
}
