//! An experiment's definition: a command of the program, its options, and those that sweep.

use crate::cli::values::{Values, check_points};
use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value as Json, json};
use spinfield::{Error, Result};
use std::path::Path;
use toml::{Table, Value};

/// Commands that an experiment cannot repeat: they have no result of their own.
const NO_EXPERIMENT: [&str; 7] = ["adapters", "doctor", "help", "merge", "resume", "run", "verify"];
/// Options that belong to the experiment as a whole.
const OF_THE_WHOLE: [&str; 5] = ["out", "force", "json", "quiet", "help"];

/// What is done, again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The words of the command, such as `sample ising`.
    pub command: Vec<String>,
    /// The seed that the seeds of all points follow from.
    pub seed: Option<u64>,
    /// The folder of the results, where the command line gives none.
    pub out: Option<String>,
    /// Options and what stands behind them, in the file's order.
    parameters: Vec<Setting>,
    /// Options that sweep, each with its values.
    sweep: Vec<(Key, Vec<Json>)>,
}

/// An option, or an argument without a name.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    name: String,
    positional: bool,
    flag: bool,
    /// Whether several values stand behind one another, and not in a list with commas.
    many: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Setting {
    key: Key,
    value: Json,
}

impl Definition {
    /// Reads and checks a file; `program` knows the commands and their options.
    ///
    /// # Errors
    /// [`Error::File`] for a file that is no experiment, with the key that is wrong.
    pub fn read(path: &Path, program: &Command) -> Result<Self> {
        const LARGEST: u64 = 1 << 20;
        let hint = "write `command`, `[parameters]` and `[sweep]`: see `spinfield run --help`";
        let size = std::fs::metadata(path).map_err(|error| Error::file(path, error, "check the path"))?.len();
        if size > LARGEST {
            return Err(Error::file(path, format!("{size} bytes, where an experiment has at most {LARGEST}"), hint));
        }
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error, "check the path"))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            Error::file(path, format!("line {line}: {}", error.message()), "write it as TOML")
        })?;
        Self::of(&table, program).map_err(|problem| Error::file(path, problem.what, problem.hint))
    }

    fn of(table: &Table, program: &Command) -> std::result::Result<Self, Problem> {
        let known = ["command", "seed", "out", "parameters", "sweep"];
        if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Problem::unknown(key, "", known.into_iter()));
        }
        let words = table.get("command").and_then(Value::as_str).unwrap_or_default();
        let command: Vec<String> = words.split_whitespace().map(str::to_string).collect();
        let mut leaf = program;
        for word in &command {
            let names = || leaf.get_subcommands().map(Command::get_name).filter(|name| !NO_EXPERIMENT.contains(name));
            leaf = leaf
                .get_subcommands()
                .find(|sub| sub.get_name() == word && !NO_EXPERIMENT.contains(&word.as_str()))
                .ok_or_else(|| Problem::unknown(word, " as a word of `command`", names()))?;
        }
        if command.is_empty() || leaf.has_subcommands() {
            let wanted: Vec<_> = leaf.get_subcommands().map(Command::get_name).collect();
            let what = format!("`command` is `{words}`, which is not a whole command");
            return Err(Problem { what, hint: format!("it goes on with one of {}", wanted.join(", ")) });
        }
        let seed = match table.get("seed") {
            None => None,
            Some(value) => Some(value.as_integer().and_then(|seed| u64::try_from(seed).ok()).ok_or_else(|| {
                Problem { what: format!("`seed` is {value}"), hint: "a seed is a whole number from 0 on".into() }
            })?),
        };
        let out = match table.get("out") {
            None => None,
            Some(value) => Some(value.as_str().map(str::to_string).ok_or_else(|| Problem {
                what: format!("`out` is {value}"),
                hint: "it is the name of a folder".into(),
            })?),
        };
        let options = Options { leaf, program };
        let mut parameters = Vec::new();
        for (name, value) in section(table, "parameters")? {
            let key = options.key(name, "parameters")?;
            parameters.push(Setting { value: plain(value, name)?, key });
        }
        let mut sweep = Vec::new();
        for (name, value) in section(table, "sweep")? {
            let key = options.key(name, "sweep")?;
            if parameters.iter().any(|setting| setting.key == key) {
                let what = format!("`{name}` stands in [parameters] and in [sweep]");
                return Err(Problem { what, hint: "leave it out of [parameters]".into() });
            }
            sweep.push((key, swept(value, name)?));
        }
        let definition = Self { command, seed, out, parameters, sweep };
        check_points(definition.points()).map_err(|error| Problem { what: error.to_string(), hint: String::new() })?;
        Ok(definition)
    }

    /// How many points there are: all combinations of what sweeps.
    pub fn points(&self) -> usize {
        self.sweep.iter().fold(1, |points, (_, values)| points.saturating_mul(values.len()))
    }

    /// Whether the seed itself sweeps.
    pub fn sweeps_seed(&self) -> bool {
        self.sweep.iter().any(|(key, _)| key.name == "seed") || self.parameters.iter().any(|s| s.key.name == "seed")
    }

    /// What sweeps, with its value at a point; the last one changes fastest.
    pub fn place(&self, point: usize) -> Map<String, Json> {
        let mut rest = point;
        let mut place: Vec<(String, Json)> = Vec::new();
        for (key, values) in self.sweep.iter().rev() {
            place.push((key.name.clone(), values[rest % values.len()].clone()));
            rest /= values.len();
        }
        place.into_iter().rev().collect()
    }

    /// The arguments of the program at a point, without seed and folder unless they sweep.
    pub fn arguments(&self, point: usize) -> Vec<String> {
        let place = self.place(point);
        let swept = self.sweep.iter().map(|(key, _)| (key, &place[&key.name]));
        let all: Vec<(&Key, &Json)> = self.parameters.iter().map(|s| (&s.key, &s.value)).chain(swept).collect();
        let mut arguments = self.command.clone();
        // What has no name comes first, so that it cannot be taken for another option's value.
        for (_, value) in all.iter().filter(|(key, _)| key.positional) {
            arguments.push(text(value));
        }
        for (key, value) in all.iter().filter(|(key, _)| !key.positional) {
            let option = format!("--{}", key.name);
            match value {
                Json::Bool(given) if key.flag => arguments.extend(given.then_some(option)),
                Json::Array(items) if key.many => {
                    arguments.push(option);
                    arguments.extend(items.iter().map(text));
                }
                Json::Array(items) => {
                    arguments.push(format!("{option}={}", items.iter().map(text).collect::<Vec<_>>().join(",")));
                }
                _ => arguments.push(format!("{option}={}", text(value))),
            }
        }
        arguments
    }

    /// Everything that decides the results, in one form.
    pub fn record(&self, seed: Option<u64>) -> Json {
        let parameters: Map<String, Json> =
            self.parameters.iter().map(|setting| (setting.key.name.clone(), setting.value.clone())).collect();
        let sweep: Vec<Json> = self.sweep.iter().map(|(key, values)| json!([key.name, values])).collect();
        let (command, version) = (self.command.join(" "), env!("CARGO_PKG_VERSION"));
        json!({"command": command, "version": version, "seed": seed, "parameters": parameters, "sweep": sweep})
    }
}

/// What is wrong with a definition.
#[derive(Debug)]
struct Problem {
    what: String,
    hint: String,
}

impl Problem {
    /// A key that nobody knows, with the one that it comes nearest to.
    fn unknown<'a>(key: &str, place: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        let nearest = known.iter().copied().map(|name| (strsim::jaro_winkler(key, name), name));
        let nearest = nearest.filter(|(likeness, _)| *likeness > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match nearest {
            Some((_, name)) => format!("did you mean `{name}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        Self { what: format!("unknown key `{key}`{place}"), hint }
    }
}

/// The options of a command.
struct Options<'a> {
    leaf: &'a Command,
    program: &'a Command,
}

impl Options<'_> {
    fn all(&self) -> impl Iterator<Item = &Arg> {
        // What all commands take stands with the program.
        self.leaf.get_arguments().chain(self.program.get_arguments().filter(|arg| arg.is_global_set()))
    }

    fn key(&self, name: &str, section: &str) -> std::result::Result<Key, Problem> {
        let wanted = name.replace('_', "-");
        let named = |arg: &&Arg| match arg.get_long() {
            Some(long) => long == wanted,
            None => arg.is_positional() && arg.get_id().as_str().replace('_', "-") == wanted,
        };
        let usable = |arg: &&Arg| !OF_THE_WHOLE.contains(&arg.get_id().as_str());
        let Some(arg) = self.all().filter(usable).find(named) else {
            if OF_THE_WHOLE.contains(&wanted.as_str()) {
                let what = format!("`{name}` in [{section}] belongs to the experiment as a whole");
                return Err(Problem { what, hint: "give it on the command line of `spinfield run`".into() });
            }
            let ids = self.all().filter(usable);
            let names =
                ids.filter_map(|arg| arg.get_long().or(Some(arg.get_id().as_str()).filter(|_| arg.is_positional())));
            return Err(Problem::unknown(name, &format!(" in [{section}]"), names));
        };
        Ok(Key {
            name: wanted,
            positional: arg.is_positional(),
            flag: matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::SetFalse),
            many: arg.get_num_args().is_some_and(|count| count.max_values() > 1),
        })
    }
}

fn section<'a>(
    table: &'a Table,
    name: &str,
) -> std::result::Result<impl Iterator<Item = (&'a String, &'a Value)>, Problem> {
    let section = match table.get(name) {
        None => None,
        Some(Value::Table(section)) => Some(section),
        Some(other) => {
            let what = format!("`{name}` is {other}");
            return Err(Problem { what, hint: format!("write it as a section, [{name}]") });
        }
    };
    Ok(section.into_iter().flatten())
}

/// A value, or a list of values.
fn plain(value: &Value, name: &str) -> std::result::Result<Json, Problem> {
    match value {
        Value::String(text) => Ok(json!(text)),
        Value::Integer(number) => Ok(json!(number)),
        Value::Float(number) if number.is_finite() => Ok(json!(number)),
        Value::Boolean(given) => Ok(json!(given)),
        Value::Array(items) if !items.iter().any(Value::is_array) => {
            Ok(Json::Array(items.iter().map(|item| plain(item, name)).collect::<std::result::Result<_, _>>()?))
        }
        other => Err(Problem {
            what: format!("`{name}` is {other}"),
            hint: "options take texts, finite numbers, true and false, or a list of them".into(),
        }),
    }
}

/// The values of what sweeps.
fn swept(value: &Value, name: &str) -> std::result::Result<Vec<Json>, Problem> {
    let hint = || "what sweeps takes a list, or a range \"start:stop:step\"".to_string();
    match (value, plain(value, name)?) {
        (_, Json::Array(items)) if !items.is_empty() => Ok(items),
        (Value::String(range), _) if range.contains(':') => {
            let values: Values =
                range.parse().map_err(|what| Problem { what: format!("`{name}`: {what}"), hint: hint() })?;
            // As short as the range is written: 0.1 + 2 x 0.1 is 0.3.
            Ok(values.0.iter().map(|&value| json!(crate::cli::table::short(value).parse().unwrap_or(value))).collect())
        }
        _ => Err(Problem { what: format!("`{name}` in [sweep] is {value}"), hint: hint() }),
    }
}

/// As an argument.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
