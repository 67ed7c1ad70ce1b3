//! The parser of arguments against random ones, most of them wrong: 2,000, or `SPINFIELD_FUZZ` of them.

use super::Cli;
use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Parser as _};
use std::panic::catch_unwind;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// Less than `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % bound as u64) as usize
    }
}

/// Inputs of a test: those of `SPINFIELD_FUZZ`, else 2,000.
pub fn inputs() -> u64 {
    std::env::var("SPINFIELD_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

/// What options may be given: numbers, ranges, names and none of these.
const VALUES: [&str; 40] = [
    "",
    "0",
    "1",
    "-1",
    "16",
    "0.5",
    "-0.5",
    "1e308",
    "1e999",
    "nan",
    "-inf",
    "18446744073709551616",
    "99999999999999999999999",
    "0x10",
    "0.1,0.2",
    "0.1,,0.2",
    ",",
    "0:1:0.1",
    "1:0:0.1",
    "0:1:0",
    "0:1e300:1e-300",
    "::",
    "1:2",
    "0.1:0.2:nan",
    "4x4",
    "4x",
    "x",
    "0x0",
    "4294967296x4294967296",
    "hopfield",
    "dense:3",
    "dense:0",
    "dense:",
    "exponential",
    "random:10",
    "random:-1",
    "/nowhere",
    "٣",
    "\u{0}",
    "--",
];

/// A subcommand at the end of a random path, with its words.
fn walk<'a>(random: &mut Random, command: &'a Command, words: &mut Vec<String>) -> &'a Command {
    let inner: Vec<&Command> = command.get_subcommands().collect();
    if inner.is_empty() || random.below(50) == 0 {
        return command;
    }
    let chosen = inner[random.below(inner.len())];
    words.push(chosen.get_name().into());
    walk(random, chosen, words)
}

#[test]
fn no_arguments_make_the_parser_panic() {
    let inputs = inputs();
    let mut program = Cli::command();
    program.build();
    let mut random = Random(7);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..inputs {
        let mut words = vec!["spinfield".to_string()];
        let command = walk(&mut random, &program, &mut words);
        let options: Vec<_> = command.get_arguments().collect();
        // Half of the time what is required is there, so that the rest is looked at.
        let required = random.below(2) == 0;
        let some = options
            .iter()
            .filter(|option| (required && option.is_required_set()) || random.below(options.len().max(1)) < 3);
        let some: Vec<_> = some.collect();
        for option in some {
            if let Some(long) = option.get_long() {
                words.push(format!("--{long}"));
            }
            let possible = option.get_possible_values();
            if option.get_action().takes_values() && random.below(20) > 0 {
                words.push(match possible.get(random.below(possible.len() + 1)) {
                    Some(value) => value.get_name().into(),
                    None => VALUES[random.below(VALUES.len())].into(),
                });
            }
        }
        if random.below(8) == 0 {
            words.insert(random.below(words.len()) + 1, VALUES[random.below(VALUES.len())].into());
        }
        let parsed = catch_unwind(|| Cli::try_parse_from(&words).map(drop));
        match parsed.unwrap_or_else(|_| panic!("{words:?}: panicked")) {
            Ok(()) => accepted += 1,
            Err(error) => {
                refused += 1;
                // 0 for help.
                assert!([0, 2].contains(&error.exit_code()), "{words:?}: {error}");
                // A missing subcommand is answered with the help.
                let helps =
                    error.exit_code() == 0 || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
                assert!(helps || error.to_string().starts_with("error: "), "{words:?}: {error}");
            }
        }
    }
    assert!(accepted > inputs / 100 && refused > inputs / 10, "{accepted} accepted, {refused} refused");
}
