//! How a run was asked for, so that it can be asked for again: its arguments, and what decides its result.

use super::Cli;
use super::session::Parameters;
use clap::CommandFactory as _;
use serde_json::{Map, Value, json};
use spinfield::random::STREAM_VERSION;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file of a run's folder that has its parameters and how it was asked for.
pub const PARAMETERS_FILE: &str = "parameters.json";

/// Everything that decides a run's result.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration(Value);

impl Configuration {
    /// Of a command with a seed and parameters, and the files among its arguments.
    pub fn new(command: &str, seed: u64, parameters: &Parameters, arguments: &[String]) -> Self {
        let parameters: Map<String, Value> =
            parameters.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
        Self::of(json!({
            "command": command,
            "version": env!("CARGO_PKG_VERSION"),
            "stream_version": STREAM_VERSION,
            "seed": seed,
            "parameters": parameters,
            "inputs": inputs(arguments),
        }))
    }

    /// Without what says where the run is made: on another device it is the same run.
    fn of(mut value: Value) -> Self {
        if let Some(parameters) = value["parameters"].as_object_mut() {
            parameters.retain(|name, _| !["adapter", "backend"].contains(&name.as_str()));
        }
        Self(value)
    }

    /// As a run's record has it: the file of its parameters.
    pub fn recorded(record: &Value) -> Self {
        let invocation = &record["invocation"];
        Self::of(json!({
            "command": record["command"],
            "version": record["version"],
            "stream_version": invocation["stream_version"],
            "seed": record["seed"],
            "parameters": record["parameters"],
            "inputs": invocation["inputs"],
        }))
    }

    /// From the text of [`text`](Self::text); `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// In one form only: keys are sorted.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// BLAKE3 of the text.
    pub fn hash(&self) -> [u8; 32] {
        blake3::hash(self.text().as_bytes()).into()
    }

    /// What another one has different, by name.
    pub fn changes(&self, other: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        differences("", &self.0, &other.0, &mut changes);
        changes
    }

    /// What of the versions this program has different, by name.
    pub fn changes_of_program(&self) -> Vec<String> {
        let now = json!({"version": env!("CARGO_PKG_VERSION"), "stream_version": STREAM_VERSION});
        let before = json!({"version": self.0["version"], "stream_version": self.0["stream_version"]});
        Self(before).changes(&Self(now))
    }
}

fn differences(name: &str, before: &Value, after: &Value, changes: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                let [before, after] = [before, after].map(|object| object.get(key).unwrap_or(&Value::Null));
                // Only what stands within parameters and inputs is known to people by its own name.
                let name = if ["parameters", "inputs"].contains(&key.as_str()) { "" } else { key.as_str() };
                differences(name, before, after, changes);
            }
        }
        _ if before == after => {}
        _ => changes.push(format!("`{name}` ({before} before, {after} now)")),
    }
}

/// The hash of every file that an argument names, and of the pictures of every folder, by its name.
fn inputs(arguments: &[String]) -> Map<String, Value> {
    let mut inputs = Map::new();
    let mut is_output = false;
    for argument in arguments.iter().skip(names_of_commands(arguments)) {
        let value =
            argument.split_once('=').filter(|_| argument.starts_with("--")).map_or(&argument[..], |pair| pair.1);
        // The folder that results go into is no input.
        if !std::mem::replace(&mut is_output, argument == "--out")
            && !argument.starts_with("--out=")
            && let Some(hash) = hash_of(Path::new(value))
        {
            inputs.insert(value.into(), json!(hash));
        }
    }
    inputs
}

/// How many of the first arguments are names of commands: a file or folder may have the same one.
fn names_of_commands(arguments: &[String]) -> usize {
    let program = Cli::command();
    std::iter::successors(Some((&program, 0)), |&(command, depth)| {
        Some((command.find_subcommand(arguments.get(depth)?)?, depth + 1))
    })
    .count()
        - 1
}

fn hash_of(path: &Path) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    if path.is_file() {
        let (mut file, mut chunk) = (fs::File::open(path).ok()?, vec![0; 1 << 16]);
        loop {
            match file.read(&mut chunk).ok()? {
                0 => return Some(hasher.finalize().to_string()),
                count => hasher.update(chunk.get(..count)?),
            };
        }
    }
    let is_picture = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(OsStr::new("png")));
    let entries = fs::read_dir(path).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut pictures: Vec<PathBuf> = entries.filter(is_picture).collect();
    pictures.sort();
    for picture in &pictures {
        let content = blake3::hash(&fs::read(picture).ok()?);
        hasher.update(picture.file_name()?.as_encoded_bytes()).update(&[0]).update(content.as_bytes());
    }
    (!pictures.is_empty()).then(|| hasher.finalize().to_string())
}

/// How the run was asked for, for the record.
pub fn record(configuration: &Configuration, arguments: Option<&[String]>, parallelism: u32) -> Value {
    let folder = std::env::current_dir().ok().and_then(|folder| folder.to_str().map(str::to_string));
    json!({
        "arguments": arguments,
        "folder": folder,
        "inputs": configuration.0["inputs"],
        "stream_version": STREAM_VERSION,
        "parallelism": parallelism,
        "configuration": blake3::Hash::from_bytes(configuration.hash()).to_string(),
    })
}

/// Arguments without those that say how and where results are delivered.
pub fn without_delivery(arguments: Vec<String>) -> Vec<String> {
    const WITH_VALUE: [&str; 2] = ["--out", "--checkpoint-interval"];
    const ALONE: [&str; 3] = ["--force", "--json", "--quiet"];
    let mut is_value = false;
    let stays = |argument: &String| {
        let name = argument.split_once('=').map_or(argument.as_str(), |(name, _)| name);
        let is_named = WITH_VALUE.contains(&name);
        let dropped = std::mem::replace(&mut is_value, is_named && name == argument) || is_named;
        !dropped && !ALONE.contains(&argument.as_str())
    };
    arguments.into_iter().filter(stays).collect()
}

/// The arguments of this process, without its name; `None` where one of them is no text.
pub fn arguments() -> Option<Vec<String>> {
    std::env::args_os().skip(1).map(|argument| argument.into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_named() {
        let of = |seed, replicas: u32| {
            Configuration::new("sample", seed, &vec![("replicas", json!(replicas)), ("beta", json!([0.1]))], &[])
        };
        assert_eq!(of(1, 2).changes(&of(1, 2)), Vec::<String>::new());
        assert_eq!(of(1, 2).changes(&of(3, 4)), ["`replicas` (2 before, 4 now)", "`seed` (1 before, 3 now)"]);
        assert_eq!(Configuration::parse(&of(1, 2).text()), Some(of(1, 2)));
        assert_ne!(of(1, 2).hash(), of(1, 3).hash());
    }

    #[test]
    fn delivery_is_left_out() {
        let of = |line: &str| without_delivery(line.split(' ').map(String::from).collect()).join(" ");
        assert_eq!(of("sample ising --out a/b --beta 0.4 --json --out=c --seed 1"), "sample ising --beta 0.4 --seed 1");
        assert_eq!(of("train rbm --checkpoint-interval 0 --force --data --outer --quiet"), "train rbm --data --outer");
    }

    #[test]
    fn inputs_are_files_and_pictures() {
        let root = env!("CARGO_MANIFEST_DIR");
        let file = format!("{root}/Cargo.toml");
        let arguments = ["recall", "--patterns", &file, "--noise=0.2", &format!("--cue={file}"), "--out", &file];
        let found = inputs(&arguments.map(String::from));
        assert_eq!(found.keys().collect::<Vec<_>>(), [&file]);
        assert_eq!(found[&file], json!(blake3::hash(&fs::read(&file).unwrap()).to_string()));
        assert!(inputs(&[format!("--out={file}"), "nothing-here".into(), root.into()]).is_empty());
    }
}
