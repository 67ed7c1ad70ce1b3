//! The program as its callers see it: output, files, exit codes.
#![cfg(feature = "cli")]

mod program;

use program::{Scratch, code, gpu, run, spinfield, text};
use serde_json::{Value, json};
use spinfield::Couplings;
use spinfield::io::array::{ArrayData, array_keys, read_array};
use spinfield::io::npz::NpzWriter;
use std::path::Path;
use std::process::Command;

/// Runs with `--json` and checks what every object must have.
#[track_caller]
fn json(arguments: &str) -> Value {
    let output = run(&format!("{arguments} --json"));
    assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(result["command"].is_string() && result["version"].is_string(), "{result:#}");
    keys(&result, &["command", "version", "seed", "adapter", "parameters", "timing", "results"]);
    keys(&result["adapter"], &["name", "backend", "driver", "type"]);
    keys(&result["timing"], &["setup_s", "run_s", "updates", "updates_per_ns"]);
    keys(&result["parameters"], &["adapter", "backend"]);
    result
}

/// The same of a run that updates something.
#[track_caller]
fn run_json(arguments: &str) -> Value {
    let result = json(arguments);
    let timing = |key: &str| result["timing"][key].as_f64().unwrap();
    let rate = timing("updates") / timing("run_s") / 1e9;
    assert!((timing("updates_per_ns") / rate - 1.0).abs() < 1e-9);
    assert!(timing("setup_s") > 0.0);
    result
}

#[track_caller]
fn keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "no `{key}` in {value:#}");
    }
}

fn keys_of(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

#[track_caller]
fn estimates(value: &Value, names: &[&str]) {
    for name in names {
        let estimate = &value[*name];
        assert!(estimate["mean"].is_f64(), "{name}: {estimate}");
        assert!(estimate.get("error").is_some_and(|error| error.is_null() || error.as_f64() >= Some(0.0)), "{name}");
        assert!(estimate.get("tau").is_some(), "{name}");
    }
}

const MAGNET: &str = "sample ising --lattice 8x8 --replicas 4 --warmup 50 --samples 60 --seed 7";
const FIELD: &str = "sample phi4 --lattice 6x6 --replicas 4 --warmup 50 --samples 60 --seed 7";
const PHOTOGRAPHS: &str = "recall --patterns examples/data/photographs --seed 7";

#[test]
fn wrong_usage_is_code_2() {
    for arguments in [
        "",
        "nonsense",
        "sample",
        "sample ising",
        "sample ising --beta 0.4 --unknown",
        "sample ising --beta 0.4,0.5 --tempering --anneal",
        "sample ising --beta 0.4,0.5 --swap-every 2",
        "sample ising --beta 0.4 --dynamics kawasaki",
        "sample ising --beta 0.5:0.1:0.1",
        "sample ising --beta 0.1:0.5:0",
        "sample ising --beta 0:1:inf",
        "sample ising --beta 0.1,",
        "sample ising --beta x",
        "sample ising --beta 0.4 --replicas -1",
        "sample ising --beta 0.4 --backend cuda",
        "sample ising --beta 0.4 --coupling random",
        "sample ising --beta 0.4 --maxcut",
        "sample ising --beta 0.4 --coupling bimodal --couplings tests/data/toruspm3-8-50.dat",
        "sample ising --beta 0.4 --disorder-seed -1",
        "sample potts",
        "sample potts --beta 1 --states x",
        "sample xy",
        "sample xy --beta 1 --dynamics heat-bath",
        "sample phi4",
        "sample phi4 --mass2 1",
        "sample phi4 --mass2 1 --lambda 1 --kappa 0.1 --lambda-hopping 1",
        "recall",
        "recall --patterns random:5 --neurons 50 --noise 0.1 --mask 0.1",
        "recall --patterns random:5 --neurons 50 --memory dense:3 --order sorted",
        "recall --patterns random:5 --neurons 50 --rule oja",
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(output.stdout.is_empty(), "{arguments}");
    }
}

/// At a load of 0.12, near Hebb's last, Storkey's rule still holds every pattern as it is.
#[test]
fn storkeys_rule_holds_more_than_hebbs() {
    if !gpu() {
        return;
    }
    for dynamics in ["synchronous", "asynchronous"] {
        let exact = ["hebb", "storkey"].map(|rule| {
            let options = format!("--neurons 500 --rule {rule} --dynamics {dynamics} --noise 0.1 --seed 1");
            let run = json(&format!("recall --patterns random:60 {options}"));
            assert_eq!(run["parameters"]["rule"], rule);
            run["results"]["exact_fraction"].as_f64().unwrap()
        });
        assert!(exact[0] < 0.6 && exact[1] == 1.0, "{dynamics}: {exact:?}");
    }
    assert_eq!(code("recall --patterns random:5 --neurons 50 --rule storkey --dynamics gibbs --temperature 0.3"), 3);
    assert_eq!(code("recall --patterns random:5 --neurons 50 --rule storkey --keep-diagonal"), 3);
}

#[test]
fn help_and_version_are_code_0() {
    for command in [
        "",
        "adapters",
        "basin",
        "capacity",
        "doctor",
        "recall",
        "sample",
        "sample ising",
        "sample potts",
        "sample xy",
        "sample phi4",
    ] {
        let help = run(&format!("{command} --help"));
        assert!(help.status.success() && text(&help.stdout).contains("Usage:"), "{command}");
    }
    assert!(text(&run("recall --help").stdout).contains("nothing breaks down"));
    assert_eq!(text(&run("--version").stdout).trim(), format!("spinfield {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_input_is_code_3_with_one_line() {
    if !gpu() {
        return;
    }
    for arguments in [
        "sample ising --beta -1",
        "sample ising --beta inf",
        "sample ising --beta nan",
        "sample ising --beta 0.4 --field nan",
        "sample ising --beta 0.4 --lattice 4x",
        "sample ising --beta 0.4 --lattice 65535x65535",
        "sample ising --beta 0.4 --lattice 2x2x2x2x2",
        "sample ising --beta 0.4 --replicas 0",
        "sample ising --beta 0.4 --replicas 4294967295",
        "sample ising --beta 0.4 --replicas 4294967295 --lattice 2",
        "sample ising --beta 0.4 --samples 0",
        "sample ising --beta 0.4 --thin 0",
        "sample ising --beta 0.4 --samples 18446744073709551615",
        "sample ising --beta 0.4 --samples 3 --configurations 4",
        "sample ising --beta 0:60000:1 --field 0,1",
        "sample ising --beta 0.4 --disorder-seed 3",
        "sample ising --beta 0.4 --coupling antiferro --disorder-samples shared",
        "sample ising --beta 0.4 --couplings /nonexistent",
        "sample ising --beta 0.4 --couplings Cargo.toml",
        "sample ising --beta 0.4 --couplings examples/data/photographs",
        "sample ising --beta 0.4 --couplings tests/data/toruspm3-8-50.dat --lattice 16x32",
        "sample ising --beta 0.4 --couplings tests/data/toruspm3-8-50.dat --maxcut --field 0.1",
        "sample ising --beta 0.4 --couplings tests/data/toruspm3-8-50.dat --disorder-seed 1",
        "sample ising --beta 0.4 --coupling bimodal --lattice 64x64x64 --disorder-samples per-replica --replicas 4096",
        "sample potts --beta 1 --states 1",
        "sample potts --beta 1 --states 257",
        "sample potts --beta -1",
        "sample xy --beta 1 --step-size 0",
        "sample xy --beta nan",
        "sample phi4 --mass2 -1 --lambda 0",
        "sample phi4 --mass2 1 --lambda -1",
        "sample phi4 --mass2 1 --lambda 1 --step-size 0",
        "sample phi4 --mass2 1 --lambda 1 --steps 0",
        "sample phi4 --mass2 1 --lambda 1 --dynamics metropolis --steps 3",
        "sample phi4 --mass2 1 --lambda 1 --dynamics hmc --hits 2",
        "sample phi4 --mass2 1 --lambda 1 --dynamics metropolis --hits 33",
        "sample sk --spins 1 --beta 1",
        "sample sk --spins 65537 --beta 1",
        "sample sk --spins 5793 --beta 1 --replicas 4294967295",
        "sample sk --spins 16 --beta -1",
        "sample sk --spins 16 --beta 1 --field nan",
        "sample sk --spins 16 --beta 1 --replicas 0",
        "sample sk --couplings Cargo.toml --beta 1",
        "train rbm --data /nonexistent --hidden 4",
        "train rbm --data Cargo.toml --hidden 4",
        "train rbm --data examples/data/digits --hidden 0",
        "train rbm --data examples/data/digits --hidden 4 --batch 0",
        "train rbm --data examples/data/digits --hidden 4 --batch 13",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --learning-rate -1",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --weight-decay nan",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --momentum 1",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --epochs 0",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --chains 0",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --gradient tempering",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --gradient cd:0",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --test 1",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --threshold 256",
        "train rbm --data examples/data/digits --hidden 4 --batch 4 --take 13",
        "generate /nonexistent",
        "generate Cargo.toml",
        "score Cargo.toml --data examples/data/digits",
        "recall --patterns /nonexistent",
        "recall --patterns random:10 --neurons 100 --couplings /nonexistent",
        "recall --patterns random:10 --neurons 100 --temperature 0.1 --dynamics glauber",
        "recall --patterns Cargo.toml",
        "recall --patterns examples/data/photographs examples/data/digits",
        "recall --patterns examples/data/photographs --noise 1.5",
        "recall --patterns examples/data/photographs --take 11",
        "recall --patterns examples/data/photographs --resize 0x4",
        "recall --patterns examples/data/photographs --threshold 256",
        "recall --patterns examples/data/photographs --cue examples/data/digits/0_a.png",
        "recall --patterns random:10",
        "recall --patterns random:99999999999 --neurons 99999999999",
        "recall --patterns random:10 --neurons 100 --cues 0",
        "recall --patterns random:10 --neurons 100 --cues 99999999999",
        "recall --patterns random:10 --neurons 100 --cues 1048577",
        "recall --patterns random:10 --neurons 100 --temperature -0.1",
        "recall --patterns random:10 --neurons 100 --temperature 0.1 --replicas 4294967295",
        "recall --patterns random:10 --neurons 100 --temperature 0.1 --dynamics synchronous",
        "recall --patterns random:10 --neurons 100 --dynamics gibbs",
        "recall --patterns random:10 --neurons 100 --dynamics asynchronous --keep-diagonal",
        "recall --patterns random:10 --neurons 100 --order fixed",
        "recall --patterns random:10 --neurons 100 --rule pseudo-inverse --temperature 0.1",
        "capacity --neurons 10 --load 0.01",
        "capacity --load nan",
        "capacity --load -0.1",
        "capacity --temperature -1",
        "capacity --neurons 0",
        "capacity --dynamics gibbs",
        "capacity --noise 2",
        "capacity --retrieved 2",
        "capacity --rule pseudo-inverse --temperature 0,0.1",
        "basin --overlap 1.5",
        "basin --temperature 0.1 --dynamics asynchronous",
        "basin --keep-diagonal",
    ] {
        let output = run(&format!("{arguments} --quiet"));
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments}: {message}");
        let errors: Vec<&str> = message.lines().filter(|line| line.starts_with("error[E0")).collect();
        assert_eq!(errors.len(), 1, "{arguments}: {message}");
        assert!(!message.contains("panicked") && output.stdout.is_empty(), "{arguments}: {message}");
    }
    let mixed = run("recall --patterns examples/data/photographs examples/data/digits");
    assert!(text(&mixed.stderr).contains("--resize"));
}

/// The glass anneals to its ground state, and the same matrix from a file gives the same numbers; recall takes it as well.
#[test]
fn explicit_couplings_are_drawn_or_read() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("couplings");
    let glass = Couplings::sherrington_kirkpatrick(40, 3).unwrap();
    let save = |name: &str, shape: &[usize], values: &[f32]| {
        let path = scratch.path(name);
        let mut npz = NpzWriter::create(&path).unwrap();
        npz.add_f32("couplings", shape, values).unwrap();
        npz.finish().unwrap();
        path
    };
    let mut values: Vec<f32> = (0..40).flat_map(|site| glass.row(site).to_vec()).collect();
    let path = save("glass.npz", &[40, 40], &values);
    let rest = "--beta 0.5:4.5:0.5 --anneal --warmup 10 --samples 5 --replicas 64 --seed 2";
    let drawn = run_json(&format!("sample sk --spins 40 --disorder-seed 3 {rest}"));
    let read = run_json(&format!("sample sk --couplings {path} {rest}"));
    assert_eq!(drawn["results"], read["results"]);
    let last = &drawn["results"]["points"][8];
    assert_eq!(last["beta"], 4.5);
    estimates(last, &["energy", "magnetization", "overlap2", "link_overlap", "acceptance"]);
    let (lowest, mean) = (last["lowest_energy"].as_f64().unwrap(), last["energy"]["mean"].as_f64().unwrap());
    assert!(lowest < mean && lowest < -0.6, "{lowest} {mean}");
    let patterns = "recall --patterns random:2 --neurons 40 --cues 4 --seed 1";
    for dynamics in ["", "--dynamics asynchronous", "--temperature 0.5", "--temperature 0.5 --dynamics little"] {
        let recall = run_json(&format!("{patterns} --couplings {path} {dynamics}"));
        assert_eq!(recall["results"]["cues"].as_array().unwrap().len(), 4);
        assert!(recall["parameters"]["rule"].is_null() && recall["parameters"]["couplings"].is_string());
    }
    values[7] = 3.0;
    let crooked = save("crooked.npz", &[40, 40], &values);
    values[7] = f32::NAN;
    let (hole, oblong) = (save("hole.npz", &[40, 40], &values), save("oblong.npz", &[20, 80], &values));
    let walk = run_json(&format!("{patterns} --couplings {crooked} --asymmetric --sweeps 3"));
    assert_eq!(walk["results"]["cues"][0]["visits"].as_array().unwrap().len(), 4);
    for (path, text) in [(crooked, "J[7, 0]"), (hole, "NaN"), (oblong, "")] {
        let output = run(&format!("sample sk --couplings {path} --beta 1"));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(3) && message.contains(text), "{message}");
    }
}

#[test]
fn no_such_adapter_is_code_4() {
    for command in ["adapters", "doctor", "sample ising --beta 0.4", "recall --patterns random:5 --neurons 50"] {
        assert_eq!(code(&format!("{command} --adapter nonexistent")), 4, "{command}");
    }
}

#[test]
fn adapters_and_doctor() {
    if !gpu() {
        return;
    }
    let adapters = json("adapters");
    let list = adapters["results"].as_array().unwrap();
    assert_eq!(list.iter().filter(|adapter| adapter["selected"] == true).count(), 1);
    for (index, adapter) in list.iter().enumerate() {
        keys(adapter, &["name", "backend", "driver", "type", "max_binding_bytes", "workgroup_bytes"]);
        assert_eq!(adapter["index"], index);
    }
    assert_eq!(json("adapters --adapter 0")["results"][0]["selected"], true);
    let selected = list.iter().find(|adapter| adapter["selected"] == true).unwrap();
    let doctor = json("doctor --seed 3");
    for (result, seed) in [(&adapters, Value::Null), (&doctor, 3.into())] {
        assert_eq!(result["seed"], seed);
        for key in ["name", "backend", "driver", "type"] {
            assert_eq!(result["adapter"][key], selected[key], "{key}");
        }
        assert_eq!((&result["timing"]["updates"], &result["timing"]["updates_per_ns"]), (&0.into(), &0.0.into()));
    }
    let backend = selected["backend"].as_str().unwrap();
    assert_eq!(json(&format!("adapters --backend {backend}"))["parameters"]["backend"], backend);
    assert_eq!(doctor["results"].as_array().unwrap().len(), list.len());
    for adapter in doctor["results"].as_array().unwrap() {
        keys(adapter, &["index", "name", "passed"]);
        for check in adapter["checks"].as_array().unwrap() {
            keys(check, &["name", "passed", "detail"]);
        }
    }
}

const OF_A_LATTICE: [&str; 9] = [
    "energy",
    "magnetization",
    "abs_magnetization",
    "magnetization2",
    "magnetization4",
    "binder",
    "susceptibility",
    "acceptance",
    "energy",
];

#[test]
fn ising_points_are_the_product_of_what_sweeps() {
    if !gpu() {
        return;
    }
    let result = run_json(&format!("{MAGNET} --beta 0.1:0.3:0.1 --field=-0.5,0"));
    assert_eq!((&result["command"], &result["seed"]), (&"sample".into(), &7.into()));
    let parameters = &result["parameters"];
    assert_eq!((&parameters["model"], &parameters["lattice"]), (&"ising".into(), &"8x8".into()));
    keys(parameters, &["beta", "field", "coupling", "dynamics", "replicas", "warmup", "samples", "thin", "start"]);
    assert_eq!(result["timing"]["updates"], 64 * 4 * 6 * 110);
    assert_eq!(result["results"]["sites"], 64);
    assert_eq!(result["results"]["state_hash"].as_str().unwrap().len(), 64);
    let points = result["results"]["points"].as_array().unwrap();
    let at: Vec<(f64, f64)> =
        points.iter().map(|point| (point["beta"].as_f64().unwrap(), point["field"].as_f64().unwrap())).collect();
    let betas = [0.1, 0.1 + 0.1, 0.1 + 2.0 * 0.1];
    let product: Vec<(f64, f64)> = [-0.5, 0.0].into_iter().flat_map(|h| betas.map(|beta| (beta, h))).collect();
    assert_eq!(at, product);
    for point in points {
        estimates(point, &OF_A_LATTICE);
        estimates(point, &["specific_heat"]);
        keys(point, &["correlation_length", "r_hat"]);
    }
    // In a field of -0.5 the magnetisation is negative.
    assert!(points[..3].iter().all(|point| point["magnetization"]["mean"].as_f64().unwrap() < -0.03));
}

#[test]
fn ising_agrees_with_the_exact_ring() {
    if !gpu() {
        return;
    }
    // A long ring at h = 0: E/N = -tanh beta.
    let ring = "sample ising --lattice 64 --replicas 32 --warmup 100 --samples 400 --seed 1 --beta 0.5";
    for (coupling, start) in [("ferro", "hot"), ("antiferro", "cold")] {
        let arguments = format!("{ring} --coupling {coupling} --start {start}");
        let energy = &run_json(&arguments)["results"]["points"][0]["energy"];
        let (mean, error) = (energy["mean"].as_f64().unwrap(), energy["error"].as_f64().unwrap());
        assert!(error < 0.01 && (mean + 0.5f64.tanh()).abs() < 4.0 * error, "{arguments}: {energy}");
    }
    let lazy = run_json(&format!("{ring} --dynamics metropolis --start cold"));
    let energy = &lazy["results"]["points"][0]["energy"];
    let (mean, error) = (energy["mean"].as_f64().unwrap(), energy["error"].as_f64().unwrap());
    assert!(error < 0.01 && (mean + 0.5f64.tanh()).abs() < 4.0 * error, "{energy}");
    // On the 4x4 torus at beta = 0.3, by enumeration: E/N = -0.8440540736.
    let torus = "sample ising --lattice 4x4 --replicas 64 --warmup 50 --samples 400 --seed 1 --beta 0.3";
    for dynamics in ["heat-bath", "metropolis", "swendsen-wang", "wolff"] {
        let energy = &run_json(&format!("{torus} --dynamics {dynamics}"))["results"]["points"][0]["energy"];
        let (mean, error) = (energy["mean"].as_f64().unwrap(), energy["error"].as_f64().unwrap());
        assert!(error < 0.01 && (mean + 0.8440540736).abs() < 4.0 * error, "{dynamics}: {energy}");
    }
}

#[test]
fn phi4_in_both_forms_and_dynamics() {
    if !gpu() {
        return;
    }
    let canonical = run_json(&format!("{FIELD} --mass2=-0.5,0.5 --lambda 0.5 --steps 6 --step-size 0.2"));
    assert_eq!(canonical["timing"]["updates"], 36 * 4 * 2 * 110 * 6);
    let hopping = run_json(&format!("{FIELD} --kappa 0.15 --lambda-hopping 0.5 --dynamics metropolis --hits 3"));
    assert_eq!(hopping["timing"]["updates"], 36 * 4 * 110 * 3);
    assert!(canonical["parameters"]["hits"].is_null() && hopping["parameters"]["hits"] == 3);
    assert_eq!(hopping["parameters"]["step_size"], 1.0);
    for (result, names) in [(&canonical, ["mass2", "lambda"]), (&hopping, ["kappa", "lambda_hopping"])] {
        for point in result["results"]["points"].as_array().unwrap() {
            keys(point, &names);
            estimates(point, &OF_A_LATTICE);
            estimates(point, &["phi2", "phi4", "link", "schwinger_dyson"]);
            assert!(point.get("specific_heat").is_none());
            let identity = &point["schwinger_dyson"];
            let error = identity["error"].as_f64().unwrap();
            assert!((identity["mean"].as_f64().unwrap() - 1.0).abs() < 4.0 * error, "{identity}");
        }
    }
    let point = &canonical["results"]["points"][0];
    estimates(point, &["exp_minus_dh", "delta_h"]);
    // The keys do not depend on the choices.
    let point = &hopping["results"]["points"][0];
    keys(point, &["exp_minus_dh", "delta_h"]);
    assert!(point["exp_minus_dh"].is_null() && point["delta_h"].is_null());
    assert_eq!(keys_of(&canonical["parameters"]), keys_of(&hopping["parameters"]));
    assert!(hopping["parameters"]["steps"].is_null() && hopping["parameters"]["mass2"].is_null());
    let omelyan = format!("{FIELD} --mass2 1 --lambda 0 --integrator omelyan --steps 3 --step-size 0.3");
    assert!(run_json(&omelyan)["results"]["points"][0]["acceptance"]["mean"].as_f64().unwrap() > 0.95);
}

#[test]
fn a_seed_repeats_a_run() {
    if !gpu() {
        return;
    }
    for command in [
        format!("{MAGNET} --beta 0.4"),
        format!("{FIELD} --mass2 1 --lambda 1"),
        format!("{PHOTOGRAPHS} --dynamics asynchronous"),
    ] {
        let (first, second) = (run_json(&command), run_json(&command));
        assert_eq!(first["results"], second["results"]);
        assert_eq!(first["parameters"], second["parameters"]);
        let other = run_json(&command.replace("--seed 7", "--seed 8"));
        assert_ne!(first["results"], other["results"]);
    }
    // A seed that was drawn is told, and repeats the run.
    let drawn = run_json("sample ising --lattice 4x4 --beta 0.4 --samples 20");
    let again = run_json(&format!("sample ising --lattice 4x4 --beta 0.4 --samples 20 --seed {}", drawn["seed"]));
    assert_eq!(drawn["results"], again["results"]);
}

#[test]
fn files_are_written_and_kept() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("files");
    let out = scratch.path("a folder").replace("a folder", "deep/folder");
    let command = format!("{MAGNET} --beta 0.2,0.4 --out {out}");
    let printed = run_json(&command);
    let names = ["result.json", "parameters.json", "samples.npz", "lattice.png", "energy.svg", "report.html"];
    for name in names {
        assert!(Path::new(&out).join(name).is_file(), "{name}");
    }
    let stored: Value = serde_json::from_slice(&std::fs::read(format!("{out}/result.json")).unwrap()).unwrap();
    assert_eq!(stored, printed);
    let page = std::fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("data:image/png;base64,") && !page.contains("<script"));
    let output = run(&command);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("--force"));
    assert_eq!(run_json(&format!("{command} --force"))["results"], printed["results"]);
    // A refusal comes before the old result is touched.
    assert_eq!(code(&format!("{MAGNET} --beta -1 --out {out} --force")), 3);
    assert_eq!(code(&format!("{MAGNET} --beta 0.4 --field nan --out {out} --force")), 3);
    assert!(Path::new(&out).join("result.json").is_file());
    std::fs::write(scratch.path("file"), "").unwrap();
    assert_eq!(code(&format!("{MAGNET} --beta 0.4 --out {}", scratch.path("file"))), 3);
}

fn floats(path: &str, key: &str) -> (Vec<usize>, Vec<f64>) {
    let array = read_array(path, Some(key)).unwrap();
    let values = match array.data {
        ArrayData::Floats(values) => values,
        ArrayData::Integers(values) => values.into_iter().map(|value| value as f64).collect(),
    };
    (array.shape, values)
}

#[test]
fn arrays_agree_with_the_results() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("arrays");
    for command in [format!("{MAGNET} --beta 0.2,0.3"), format!("{FIELD} --mass2 1,2 --lambda 1")] {
        let (one, three) = (scratch.path("one"), scratch.path("three"));
        let single = run_json(&format!("{command} --thin 2 --out {one} --force"));
        let several = run_json(&format!("{command} --thin 2 --configurations 3 --out {three} --force"));
        // Keeping configurations changes nothing else, and without a folder none are kept.
        assert_eq!(single["results"], several["results"]);
        let unkept = run_json(&format!("{command} --thin 2 --configurations 3"));
        assert_eq!((&unkept["results"], &unkept["parameters"]["configurations"]), (&single["results"], &3.into()));
        assert_eq!(single["timing"]["updates"], several["timing"]["updates"]);
        let path = format!("{three}/samples.npz");
        let (shape, series) = floats(&path, "magnetization");
        assert_eq!(shape, [2, 4, 60]);
        let (shape, configurations) = floats(&path, "configurations");
        let sites: usize = shape[3..].iter().product();
        assert_eq!(shape[..3], [2, 4, 3]);
        for (at, configuration) in configurations.chunks_exact(sites).enumerate() {
            let mean = configuration.iter().sum::<f64>() / sites as f64;
            let (chain, kept) = (at / 3, at % 3);
            assert!((mean - series[chain * 60 + 57 + kept]).abs() < 1e-6);
        }
        let (_, last) = floats(&format!("{one}/samples.npz"), "configurations");
        assert_eq!(last[..sites], configurations[2 * sites..3 * sites]);
        let (_, energy) = floats(&path, "energy");
        for (point, series) in energy.chunks_exact(4 * 60).enumerate() {
            let mean = series.iter().sum::<f64>() / 240.0;
            let told = several["results"]["points"][point]["energy"]["mean"].as_f64().unwrap();
            assert!((mean - told).abs() < 1e-9);
        }
    }
}

#[test]
fn results_survive_files_that_cannot_be_written() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("obstacles");
    for (command, obstacle) in [
        (format!("{MAGNET} --beta 0.4"), "samples.npz"),
        (format!("{MAGNET} --beta 0.4"), "report.html"),
        (format!("{PHOTOGRAPHS} --noise 0.1"), "states.npz"),
        ("adapters".to_string(), "report.html"),
    ] {
        let out = scratch.path(&format!("{}-{obstacle}", &command[..6]));
        std::fs::create_dir_all(Path::new(&out).join(obstacle)).unwrap();
        let output = run(&format!("{command} --json --out {out}"));
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {message}");
        assert!(message.contains("error[E008]") && message.contains(obstacle), "{message}");
        assert!(!message.contains("results are in"), "{message}");
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(!printed["results"].is_null());
        let stored: Value = serde_json::from_slice(&std::fs::read(format!("{out}/result.json")).unwrap()).unwrap();
        assert_eq!(stored, printed);
        // A table as well.
        let output = run(&format!("{command} --force --out {out}"));
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.len() > 100);
    }
}

#[test]
fn lattices_of_every_dimension_give_a_picture() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("pictures");
    for lattice in ["16", "6x4", "4x3x5", "2x3x4x5"] {
        for model in ["ising --beta 0.2", "phi4 --mass2 1 --lambda 1"] {
            let out = scratch.path("run");
            let chains = "--replicas 3 --warmup 5 --samples 5";
            let result = run_json(&format!("sample {model} --lattice {lattice} {chains} --out {out} --force"));
            let sites: u64 = lattice.split('x').map(|side| side.parse::<u64>().unwrap()).product();
            assert_eq!(result["results"]["sites"], sites);
            assert!(Path::new(&out).join("lattice.png").is_file());
        }
    }
}

#[test]
fn photographs_are_recalled() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("recall");
    let out = scratch.path("run");
    let result = run_json(&format!("{PHOTOGRAPHS} --noise 0.2 --out {out}"));
    let results = &result["results"];
    let names = ["neurons", "patterns", "load", "retrieved_fraction", "exact_fraction", "cues", "state_hash"];
    keys(results, &names);
    estimates(results, &["overlap", "sweeps", "energy_per_neuron"]);
    assert_eq!((&results["neurons"], &results["patterns"]), (&4096.into(), &10.into()));
    assert!(results["retrieved_fraction"].as_f64().unwrap() >= 0.8);
    let cues = results["cues"].as_array().unwrap();
    assert_eq!(cues.len(), 10);
    let sweeps: u64 = cues.iter().map(|cue| cue["sweeps"].as_u64().unwrap()).sum();
    assert_eq!(result["timing"]["updates"], 4096 * sweeps);
    for (number, cue) in cues.iter().enumerate() {
        keys(cue, &["overlap", "sweeps", "converged", "period", "mirrored", "nearest"]);
        assert_eq!(cue["pattern"], number);
        // Exactly round(0.2 N) = 819 neurons are flipped.
        assert_eq!(cue["initial_overlap"], (4096.0 - 2.0 * 819.0) / 4096.0);
    }
    for name in ["result.json", "parameters.json", "states.npz", "recall.png", "overlap.svg", "report.html"] {
        assert!(Path::new(&out).join(name).is_file(), "{name}");
    }
    let (shape, patterns) = floats(&format!("{out}/states.npz"), "patterns");
    assert_eq!(shape, [10, 64, 64]);
    let (_, recalled) = floats(&format!("{out}/states.npz"), "recalled");
    for (number, cue) in cues.iter().enumerate() {
        let of = |values: &[f64]| values[number * 4096..][..4096].to_vec();
        let overlap: f64 = of(&patterns).iter().zip(of(&recalled)).map(|(a, b)| a * b).sum();
        assert_eq!(cue["overlap"], overlap / 4096.0);
    }
}

/// Random patterns beside the theory for many neurons; other rules have none. Statistical errors of the 64 or more cues are below
/// 4e-4, corrections are of the order of 1/N.
#[test]
fn recall_of_random_patterns_stands_beside_its_theory() {
    if !gpu() {
        return;
    }
    for temperature in ["0", "0.3"] {
        let options = "--patterns random:200 --neurons 4000 --sweeps 100 --seed 3";
        let results = &run_json(&format!("recall {options} --temperature {temperature}"))["results"];
        let theory = &results["random_patterns"];
        for (measured, exact) in [("overlap", "overlap"), ("energy_per_neuron", "energy")] {
            let mean = results[measured]["mean"].as_f64().unwrap();
            match theory[exact].as_f64() {
                Some(exact) => assert!((mean - exact).abs() < 2e-3, "{measured}, T = {temperature}: {mean} {exact}"),
                None => assert!(exact == "energy" && temperature != "0"),
            }
        }
    }
    let projected = run_json(&format!("{PHOTOGRAPHS} --rule pseudo-inverse"));
    assert_eq!(projected["results"]["random_patterns"], Value::Null);
}

#[test]
fn recall_takes_patterns_from_everywhere() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("patterns");
    let taken = run_json(&format!("{PHOTOGRAPHS} --take 3 --resize 32x16 --threshold otsu --mask 0.5 --cues 7"));
    assert_eq!((&taken["results"]["patterns"], &taken["results"]["neurons"]), (&3.into(), &512.into()));
    assert_eq!(taken["results"]["cues"].as_array().unwrap().len(), 7);
    assert_eq!((&taken["parameters"]["mask"], &taken["parameters"]["noise"]), (&0.5.into(), &Value::Null));
    let file = run_json(&format!("{PHOTOGRAPHS} --cue examples/data/photographs/horse.png"));
    let cue = &file["results"]["cues"][0];
    assert_eq!((&cue["pattern"], &cue["initial_overlap"]), (&6.into(), &1.0.into()));
    assert!(file["results"]["overlap"]["error"].is_null());
    // Two arrays in one archive: patterns, and a cue that is the second of them with one neuron flipped.
    let path = scratch.path("patterns.npz");
    let signs: Vec<i8> = (0..3 * 64).map(|i| if (i * i + i / 64 * 5) % 7 < 3 { 1 } else { -1 }).collect();
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_i8("a", &[3, 8, 8], &signs).unwrap();
    npz.add_f32("b", &[1, 8, 8], &[0.25; 64]).unwrap();
    npz.finish().unwrap();
    let array = run_json(&format!("recall --patterns {path} --key a --seed 1 --noise 0"));
    assert_eq!((&array["results"]["patterns"], &array["results"]["neurons"]), (&3.into(), &64.into()));
    assert_eq!(code(&format!("recall --patterns {path}")), 3);
    assert_eq!(code(&format!("recall --patterns {path} --key c")), 3);
    assert_eq!(array_keys(&path).unwrap(), ["a", "b"]);
    // The key goes for a cue's archive where that has it, and is ignored for other files.
    let cue = |array: &str, path: &str| {
        let mut npz = NpzWriter::create(path).unwrap();
        npz.add_i8(array, &[1, 8, 8], &signs[128..]).unwrap();
        npz.finish().unwrap();
    };
    let (same, other, plain) = (scratch.path("same.npz"), scratch.path("other.npz"), scratch.path("cue.npy"));
    cue("a", &same);
    cue("x", &other);
    let header = format!("{:<117}\n", "{'descr': '|i1', 'fortran_order': False, 'shape': (1, 8, 8), }");
    let bytes = signs[128..].iter().map(|sign| sign.to_le_bytes()[0]);
    std::fs::write(
        &plain,
        b"\x93NUMPY\x01\x00\x76\x00".iter().copied().chain(header.bytes()).chain(bytes).collect::<Vec<u8>>(),
    )
    .unwrap();
    for cue in [&same, &other, &plain] {
        let result = run_json(&format!("recall --patterns {path} --key a --seed 1 --cue {cue}"));
        let cue = &result["results"]["cues"][0];
        assert_eq!((&cue["pattern"], &cue["initial_overlap"]), (&2.into(), &1.0.into()));
    }
    let all = run_json(&format!("recall --patterns {path} --key a --seed 1 --cue {path}"));
    assert_eq!(all["results"]["cues"].as_array().unwrap().len(), 3);
}

#[test]
fn recall_says_what_is_wrong_with_patterns() {
    if !gpu() {
        return;
    }
    let overloaded = run_json("recall --patterns random:60 --neurons 200 --seed 1");
    assert!(overloaded["warnings"].to_string().contains("0.138"));
    let twice = "recall --patterns examples/data/digits/0_a.png examples/data/digits/0_a.png --seed 1";
    assert!(text(&run(twice).stderr).contains("identical"));
    assert!(!text(&run(&format!("{twice} --quiet")).stderr).contains("identical"));
    let frozen = run("sample ising --lattice 4x4 --beta 0.6 --samples 20 --seed 1");
    assert!(text(&frozen.stderr).contains("stripes"));
    for dynamics in ["swendsen-wang", "wolff"] {
        let moving = run(&format!("sample ising --lattice 4x4 --beta 0.6 --samples 20 --seed 1 --dynamics {dynamics}"));
        assert!(moving.status.success() && !text(&moving.stderr).contains("stripes"), "{dynamics}");
    }
}

#[test]
fn the_pseudo_inverse_recalls_what_hebb_cannot() {
    if !gpu() {
        return;
    }
    let recall =
        |options: &str| run_json(&format!("recall --patterns examples/data/digits --noise 0.1 --seed 1 {options}"));
    let (hebb, projected) = (recall(""), recall("--rule pseudo-inverse"));
    assert!(hebb["results"]["retrieved_fraction"].as_f64().unwrap() <= 0.5 && hebb["results"]["rank"].is_null());
    assert!(hebb["warnings"].to_string().contains("pseudo-inverse"));
    assert_eq!((&projected["results"]["retrieved_fraction"], &projected["results"]["rank"]), (&json!(1.0), &json!(12)));
    assert_eq!(projected["parameters"]["rule"], "pseudo-inverse");
    let asynchronous = recall("--rule pseudo-inverse --dynamics asynchronous");
    assert_eq!(asynchronous["results"]["exact_fraction"], json!(1.0));
    let twice =
        "recall --patterns examples/data/digits/0_a.png examples/data/digits/0_a.png --seed 1 --rule pseudo-inverse";
    assert!(run_json(twice)["warnings"].to_string().contains("linearly independent"));
}

#[test]
fn the_phase_diagram_of_retrieval() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("capacity");
    let out = scratch.path("out");
    let command =
        "capacity --neurons 400 --load 0.03,0.3 --temperature 0:0.8:0.4 --cues 4 --disorder-samples 2 --seed 1";
    let result = run_json(&format!("{command} --warmup 20 --samples 20 --out {out}"));
    let points = result["results"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    for point in points {
        let (load, temperature) = (point["load"].as_f64().unwrap(), point["temperature"].as_f64().unwrap());
        let retrieves = load < 0.1 && temperature < 0.7;
        assert_eq!(point["retrieved_fraction"]["mean"] == json!(1.0), retrieves, "{point}");
        assert_eq!(point["theory_overlap"].as_f64().unwrap() > 0.9, retrieves, "{point}");
    }
    let breaks = result["results"]["breaks"].as_array().unwrap();
    assert!((breaks[0]["theory"].as_f64().unwrap() - 0.137_905_566).abs() < 1e-8 && breaks[0]["load"].is_number());
    for name in ["result.json", "capacity.npz", "capacity.png", "overlaps.png", "overlap.svg", "report.html"] {
        assert!(std::fs::metadata(format!("{out}/{name}")).unwrap().len() > 500, "{name}");
    }
    let (shape, _) = floats(&format!("{out}/capacity.npz"), "overlap");
    assert_eq!(shape, [3, 2]);
    let overloaded = run_json("capacity --neurons 100 --load 0.5 --cues 1 --disorder-samples 1 --seed 1");
    assert!(overloaded["warnings"].to_string().contains("0.138"));
}

#[test]
fn basins_of_attraction() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("basin");
    let out = scratch.path("out");
    let result = run_json(&format!("basin --neurons 500 --load 0.02,0.1 --overlap 0:1:0.25 --seed 1 --out {out}"));
    let points = result["results"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 10);
    let fraction = |point: usize| points[point]["retrieved_fraction"]["mean"].as_f64().unwrap();
    assert!(fraction(0) < 0.3 && fraction(4) == 1.0 && fraction(9) == 1.0);
    let edges = result["results"]["edges"].as_array().unwrap();
    let edge = |load: usize| edges[load]["overlap"].as_f64().unwrap();
    assert!(edge(0) < edge(1), "basins shrink with the load: {edges:?}");
    for name in ["result.json", "basin.npz", "basin.png", "basin.svg", "report.html"] {
        assert!(std::fs::metadata(format!("{out}/{name}")).unwrap().len() > 500, "{name}");
    }
    let projected = run_json("basin --neurons 200 --load 0.3 --rule pseudo-inverse --overlap 0.9,1 --seed 1");
    assert_eq!(projected["results"]["points"][1]["retrieved_fraction"]["mean"], json!(1.0));
}

#[test]
fn recall_at_a_temperature() {
    if !gpu() {
        return;
    }
    let command = "recall --patterns random:10 --neurons 1000 --temperature 0.3 --cues 4 --replicas 3 --seed 2";
    for dynamics in ["gibbs", "little"] {
        let result = run_json(&format!("{command} --dynamics {dynamics} --warmup 20 --samples 30"));
        assert_eq!(result["timing"]["updates"], 1000 * 4 * 3 * 50);
        let results = &result["results"];
        estimates(results, &["overlap", "sweeps", "energy_per_neuron"]);
        // m = tanh(m/T) has the root 0.997 at T = 0.3.
        assert!((results["overlap"]["mean"].as_f64().unwrap() - 0.995).abs() < 0.01, "{results:#}");
        for (number, cue) in results["cues"].as_array().unwrap().iter().enumerate() {
            assert_eq!((&cue["pattern"], &cue["nearest"]), (&number.into(), &number.into()));
            assert_eq!((&cue["converged"], &cue["sweeps"]), (&Value::Null, &50.into()));
        }
    }
    let hot = run_json(&command.replace("0.3", "0.4"));
    let cold = run_json("recall --patterns random:10 --neurons 1000 --dynamics asynchronous");
    let parameters = |result: &Value, names: [&str; 3]| names.map(|name| result["parameters"][name].clone());
    let (of_hot, of_cold) = (["warmup", "samples", "replicas"], ["order", "keep_diagonal", "sweeps"]);
    assert_eq!(parameters(&hot, of_hot), [Value::from(100), 100.into(), 3.into()]);
    assert_eq!(parameters(&cold, of_cold), ["random".into(), false.into(), Value::from(100)]);
    assert_eq!((parameters(&hot, of_cold), parameters(&cold, of_hot)), Default::default());
    assert_eq!(keys_of(&hot["parameters"]), keys_of(&cold["parameters"]));
    let single = run_json("recall --patterns random:5 --neurons 500 --temperature 0.5 --cues 1 --seed 2");
    assert!(single["results"]["overlap"]["error"].as_f64().unwrap() > 0.0);
}

#[test]
fn people_get_a_table() {
    if !gpu() {
        return;
    }
    let output = run(&format!("{MAGNET} --beta 0.4"));
    let table = text(&output.stdout);
    assert!(table.contains("abs_magnetization") && table.contains("seed 7"), "{table}");
    assert!(text(&output.stderr).contains("adapter ["));
    let quiet = run(&format!("{MAGNET} --beta 0.4 --quiet"));
    assert!(!text(&quiet.stderr).contains("adapter ["));
    assert!(text(&run("sample ising --lattice 4x4 --beta 0.4 --samples 20").stderr).contains("--seed"));
}

#[cfg(unix)]
#[test]
fn interrupts_and_closed_pipes() {
    if !gpu() {
        return;
    }
    use std::process::Stdio;
    let scratch = Scratch::new("interrupt");
    let out = scratch.path("run");
    let endless = format!("sample ising --lattice 16x16 --beta 0.4 --samples 2000000 --seed 1 --quiet --out {out}");
    let mut child = spinfield(&endless).stderr(Stdio::null()).spawn().unwrap();
    // The parameters are written when the run begins.
    for _ in 0..600 {
        if Path::new(&out).join("parameters.json").is_file() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!Path::new(&out).join("result.json").exists());
    let mut child = spinfield(&format!("{MAGNET} --beta 0.4")).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

const GLASS: &str = "sample ising --lattice 4x4x4 --beta 0.3,0.6 --warmup 20 --samples 30 --seed 5";

#[test]
fn glasses_have_overlaps_and_lowest_energies() {
    if !gpu() {
        return;
    }
    let glass = run_json(&format!("{GLASS} --coupling bimodal --replicas 4"));
    let parameters = &glass["parameters"];
    assert_eq!((&parameters["coupling"], &parameters["disorder_samples"]), (&"bimodal".into(), &"shared".into()));
    let seed = parameters["disorder_seed"].as_u64().unwrap();
    for point in glass["results"]["points"].as_array().unwrap() {
        estimates(point, &OF_A_LATTICE);
        estimates(point, &["specific_heat", "overlap2", "link_overlap"]);
        let lowest = point["lowest_energy"].as_f64().unwrap();
        assert!(lowest <= point["energy"]["mean"].as_f64().unwrap() && (64.0 * lowest).fract() == 0.0);
        keys(point, &["r_hat"]);
        assert!(point.get("best_cut").is_none());
    }
    // The couplings follow from their own seed; other names for the same thing.
    for alias in ["\u{b1}j", "+-j"] {
        let same = run_json(&format!("{GLASS} --coupling {alias} --replicas 4 --disorder-seed {seed}"));
        assert_eq!(same["results"], glass["results"]);
    }
    let other = run_json(&format!("{GLASS} --coupling bimodal --replicas 4 --disorder-seed {}", seed + 1));
    assert_ne!(other["results"]["state_hash"], glass["results"]["state_hash"]);
    // Several samples, real couplings.
    let samples = run_json(&format!("{GLASS} --coupling gaussian --replicas 4 --disorder-samples per-pair"));
    for point in samples["results"]["points"].as_array().unwrap() {
        estimates(point, &["energy", "overlap2", "link_overlap"]);
        assert!(point["r_hat"].is_null() && point["specific_heat"].is_null());
    }
    // Without pairs there is nothing to compare, and a warning says so.
    for without in ["--replicas 3", "--replicas 4 --disorder-samples per-replica"] {
        let alone = run_json(&format!("{GLASS} --coupling bimodal {without}"));
        let point = &alone["results"]["points"][0];
        assert!(point["overlap2"].is_null() && point["link_overlap"].is_null() && point["lowest_energy"].is_f64());
        assert!(alone["warnings"][0].as_str().unwrap().contains("overlaps"));
    }
    // A magnet has neither.
    let magnet = run_json(&format!("{MAGNET} --beta 0.3"));
    assert!(magnet["results"]["points"][0].get("overlap2").is_none());
    assert!(magnet["parameters"]["disorder_seed"].is_null());
}

#[test]
fn graphs_are_cut() {
    if !gpu() {
        return;
    }
    let instance = "sample ising --couplings tests/data/toruspm3-8-50.dat --beta 1 --warmup 100 --samples 50 --seed 3";
    let cut = run_json(&format!("{instance} --maxcut"));
    assert_eq!((&cut["parameters"]["lattice"], &cut["parameters"]["maxcut"]), (&"8x8x8".into(), &true.into()));
    let point = &cut["results"]["points"][0];
    estimates(point, &["cut", "overlap2"]);
    // W = 0: the cut is -E/2, a whole number, and 458 is the largest there is.
    let mean = |name: &str| point[name]["mean"].as_f64().unwrap();
    assert!((mean("cut") + 256.0 * mean("energy")).abs() < 1e-6);
    let (best, lowest) = (point["best_cut"].as_f64().unwrap(), point["lowest_energy"].as_f64().unwrap());
    assert_eq!(best, -256.0 * lowest);
    assert!((440.0..=458.0).contains(&best), "{best}");
    let glass = run_json(instance);
    assert!(glass["results"]["points"][0].get("cut").is_none());
    assert_ne!(glass["results"]["state_hash"], cut["results"]["state_hash"]);
    // What is wrong with a graph is told with its line.
    let scratch = Scratch::new("graphs");
    let path = scratch.path("graph.dat");
    for (graph, options, part) in [
        ("3 2\n1 2 1\n1 2 1\n", "", "line 3"),
        ("5 4\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n", "--lattice 5x1", "lattice"),
        ("5 1\n1 2 1\n", "--dynamics wolff", "wolff"),
        ("5 1\n1 2 1\n", "--field 0,1", "--field"),
        ("5 1\n1 2 1\n", "--configurations 2", "--configurations"),
        ("5 1\n1 2 99999999\n", "", "weight"),
        ("65000 1\n1 2 1\n", "", "matrix"),
    ] {
        std::fs::write(&path, graph).unwrap();
        let output = run(&format!("sample ising --beta 1 --couplings {path} {options} --quiet"));
        assert_eq!(output.status.code(), Some(3), "{graph} {options}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
    }
}

/// A graph that is no lattice, against all its states: the energy at three temperatures, and the largest cut.
#[test]
fn graphs_without_a_lattice_are_enumerated() {
    if !gpu() {
        return;
    }
    let edges = [(1, 2, 3), (1, 3, 1), (2, 3, -2), (3, 4, 2), (4, 5, 1), (5, 6, 4), (6, 7, -1), (7, 1, 2), (2, 5, 1)];
    let scratch = Scratch::new("graph");
    let path = scratch.path("graph.txt");
    let lines: Vec<String> = edges.iter().map(|(i, j, w)| format!("{i} {j} {w}\n")).collect();
    std::fs::write(&path, format!("7 {}\n{}", edges.len(), lines.concat())).unwrap();
    let spin = |state: u32, node: u32| if state >> (node - 1) & 1 == 1 { 1.0 } else { -1.0 };
    let energy =
        |state: u32| -> f64 { edges.iter().map(|&(i, j, w)| f64::from(w) * spin(state, i) * spin(state, j)).sum() };
    let cut = |state: u32| -> i32 { edges.iter().filter(|e| spin(state, e.0) != spin(state, e.1)).map(|e| e.2).sum() };
    let out = scratch.path("out");
    let chains = "--replicas 32 --warmup 50 --samples 2000 --seed 5";
    for protocol in ["--tempering", "--anneal --dynamics metropolis"] {
        let options = format!("--beta 0.1,0.3,0.6 --maxcut {protocol} {chains} --out {out} --force");
        let run = run_json(&format!("sample ising --couplings {path} {options}"));
        assert!(run["parameters"]["lattice"].is_null() && run["results"]["sites"] == 7);
        for (point, beta) in run["results"]["points"].as_array().unwrap().iter().zip([0.1, 0.3, 0.6]) {
            let weights: Vec<f64> = (0..128).map(|state| (-beta * energy(state)).exp()).collect();
            let sum: f64 = (0..128).map(|state| energy(state) * weights[state as usize]).sum();
            let exact = sum / weights.iter().sum::<f64>() / 7.0;
            let [mean, error] = ["mean", "error"].map(|name| point["energy"][name].as_f64().unwrap());
            // 64,000 samples of a deviation below 1, tau up to 5.
            assert!(error < 0.01 && (mean - exact).abs() < 4.0 * error, "{protocol} {beta}: {mean} {error} {exact}");
            estimates(point, &["cut", "overlap2", "overlap4"]);
        }
        let best = (0..128).map(cut).max().unwrap();
        assert_eq!(run["results"]["points"][2]["best_cut"], f64::from(best));
    }
}

/// Several samples of the glass: the first is that of a run by itself, means are over them, P(q) is normalised, and
/// the files are there.
#[test]
fn samples_of_a_glass_are_averaged() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("samples");
    let out = scratch.path("out");
    let glass =
        "sample sk --spins 40 --beta 0.5,1,1.5 --replicas 8 --warmup 50 --samples 100 --disorder-seed 7 --seed 3";
    let options = "--tempering --swap-every 2";
    let several = run_json(&format!("{glass} {options} --disorder-samples 3 --out {out}"));
    let single = run_json(&format!("{glass} {options}"));
    assert_eq!(several["parameters"]["disorder_samples"], 3);
    let samples = several["results"]["samples"].as_array().unwrap();
    let seeds: Vec<u64> = samples.iter().map(|sample| sample["disorder_seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [7, 8, 9]);
    assert!(single["results"].get("samples").is_none());
    for number in 0..3 {
        let point = &several["results"]["points"][number];
        estimates(point, &["energy", "overlap2", "overlap4", "overlap_binder", "specific_heat"]);
        let alone = &single["results"]["points"][number];
        assert_eq!(samples[0]["points"][number]["energy"], alone["energy"]);
        let of = |sample: &Value| sample["points"][number]["energy"]["mean"].as_f64().unwrap();
        let energies: Vec<f64> = samples.iter().map(of).collect();
        let mean = energies.iter().sum::<f64>() / 3.0;
        let squares: f64 = energies.iter().map(|energy| (energy - mean).powi(2)).sum();
        assert!((point["energy"]["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
        assert!((point["energy"]["error"].as_f64().unwrap() - (squares / 6.0).sqrt()).abs() < 1e-12);
        assert!(point["round_trips"].as_f64().unwrap() > 0.0 && point["lowest_energy_error"].is_f64());
        assert_eq!(point["swap_acceptance"].is_null(), number == 2);
        for distribution in [&point["overlap_distribution"], &alone["overlap_distribution"]] {
            let list = |name: &str| -> Vec<f64> {
                distribution[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
            };
            let (overlaps, densities) = (list("overlap"), list("density"));
            // 41 values, a cell each: the width is 2/40.
            assert_eq!((overlaps.len(), overlaps[0], overlaps[40]), (41, -1.0, 1.0));
            assert!((densities.iter().sum::<f64>() * 0.05 - 1.0).abs() < 1e-12);
        }
    }
    let page = std::fs::read_to_string(Path::new(&out).join("report.html")).unwrap();
    assert!(page.contains("Distribution of the overlap") && page.contains("temperature"));
    for file in ["overlap2.svg", "energy.svg", "overlap_distribution.svg", "replicas.png", "samples.npz"] {
        assert!(Path::new(&out).join(file).exists(), "{file}");
    }
    for wrong in [
        "--disorder-samples 0",
        "--tempering --beta 0.5",
        "--tempering --dynamics little",
        "--swap-every 0 --tempering",
    ] {
        let glass = "sample sk --spins 16 --beta 0.5,1";
        let glass = if wrong.contains("--beta") { "sample sk --spins 16" } else { glass };
        assert_eq!(code(&format!("{glass} {wrong}")), 3, "{wrong}");
    }
    assert_eq!(code("sample sk --spins 16 --beta 0.5,1 --tempering --anneal"), 2);
}

/// A sequence goes from pattern to pattern and has no energy; unlearning retrieves what Hebb's rule does not; a random order is
/// another one than the fixed one.
#[test]
fn matrices_of_other_rules() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("sequence");
    let out = scratch.path("out");
    let run = run_json(&format!(
        "recall --patterns random:5 --neurons 300 --rule sequence --sweeps 20 --noise 0.1 --seed 1 --out {out}"
    ));
    assert!(run["results"]["energy_per_neuron"]["mean"].is_null());
    assert!(run["warnings"][0].as_str().unwrap().contains("no energy"));
    for (pattern, cue) in run["results"]["cues"].as_array().unwrap().iter().enumerate() {
        assert_eq!((&cue["period"], &cue["converged"], &cue["sweeps"]), (&5.into(), &false.into(), &20.into()));
        let visited: Vec<u64> = cue["visits"].as_array().unwrap().iter().map(|v| v[0].as_u64().unwrap()).collect();
        assert_eq!(visited, (0..21).map(|sweep| (pattern as u64 + sweep) % 5).collect::<Vec<_>>());
    }
    assert_eq!(run["results"]["in_order_fraction"], 1.0);
    let two = run_json("recall --patterns random:2 --neurons 300 --rule sequence --noise 0.1 --seed 1");
    // Two patterns lead to each other, by symmetric couplings.
    assert_eq!((&two["results"]["cues"][0]["period"], two["results"].get("in_order_fraction")), (&2.into(), None));
    assert!(Path::new(&out).join("visits.svg").exists());
    let retrieved = |options: &str| {
        let run = run_json(&format!("recall --patterns random:40 --neurons 200 --noise 0.1 --seed 1 {options}"));
        run["results"]["retrieved_fraction"].as_f64().unwrap()
    };
    let (hebb, mended) = (retrieved("--dynamics asynchronous"), retrieved("--dynamics asynchronous --unlearn 1000"));
    assert!(hebb < 0.3 && mended > 0.95, "{hebb} {mended}");
    let hash = |order: &str| {
        let options = format!("--rule storkey --dynamics asynchronous --order {order} --sweeps 1 --seed 1");
        run_json(&format!("recall --patterns random:20 --neurons 100 --noise 0.3 {options}"))["results"]["state_hash"]
            .clone()
    };
    assert_ne!(hash("random"), hash("fixed"));
    let recall = "recall --patterns random:5 --neurons 50";
    for wrong in [
        "--rule sequence --temperature 0.1",
        "--rule sequence --dynamics asynchronous",
        "--rule sequence --unlearn 10",
        "--rule pseudo-inverse --unlearn 10",
        "--unlearn 10 --memory dense:3",
        "--unlearn 10 --temperature 0.1 --dynamics gibbs",
    ] {
        assert_eq!(code(&format!("{recall} {wrong}")), 3, "{wrong}");
    }
    assert_eq!(code(&format!("{recall} --asymmetric")), 2);
    assert_eq!(code("capacity --neurons 50 --load 0.1 --rule sequence"), 3);
}

#[test]
fn potts_and_xy() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("states");
    let chains = "--replicas 4 --warmup 30 --samples 40 --seed 7";
    for (dynamics, sweeps) in [("heat-bath", 1), ("metropolis", 1)] {
        let out = scratch.path(dynamics);
        let options = format!("--states 200 --lattice 6x4 --beta 0.1,6 --dynamics {dynamics} --out {out}");
        let potts = run_json(&format!("sample potts {options} {chains} --start cold"));
        assert_eq!(potts["parameters"]["states"], 200);
        assert_eq!(potts["timing"]["updates"], 24 * 2 * 4 * 70 * sweeps);
        let points = potts["results"]["points"].as_array().unwrap();
        for point in points {
            estimates(point, &OF_A_LATTICE);
            estimates(point, &["specific_heat"]);
        }
        // Far below and far above the transition at ln(1 + sqrt 200) = 2.7.
        assert!(points[0]["energy"]["mean"].as_f64().unwrap() > -0.2);
        assert!(points[1]["energy"]["mean"].as_f64().unwrap() < -1.99);
        let (shape, states) = floats(&format!("{out}/samples.npz"), "configurations");
        assert_eq!(shape, [2, 4, 1, 6, 4]);
        assert!(states.iter().all(|state| (0.0..200.0).contains(state)) && states.iter().any(|state| *state > 127.0));
        assert!(Path::new(&out).join("lattice.png").is_file());
    }
    for (dynamics, sweeps) in [("metropolis", 2), ("over-relaxation", 3)] {
        let out = scratch.path(&format!("xy-{dynamics}"));
        let options = format!("--lattice 5x6 --beta 0.5,1.2 --dynamics {dynamics} --hits 2 --out {out}");
        let xy = run_json(&format!("sample xy {options} {chains}"));
        assert_eq!(xy["timing"]["updates"], 30 * 2 * 4 * 70 * sweeps);
        assert_eq!(xy["parameters"]["hits"], 2);
        for point in xy["results"]["points"].as_array().unwrap() {
            estimates(point, &OF_A_LATTICE);
            assert!((0.1..0.9).contains(&point["acceptance"]["mean"].as_f64().unwrap()));
        }
        let (_, angles) = floats(&format!("{out}/samples.npz"), "configurations");
        assert!(angles.iter().all(|angle| (0.0..=std::f64::consts::TAU + 1e-6).contains(angle)));
    }
}

#[test]
fn rasters_are_described() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("rasters");
    let (out, spikes, table) = (scratch.path("described"), scratch.path("spikes.txt"), scratch.path("units.csv"));
    let stats = "neurons stats examples/data/spikes/spikes_15.npz --lags 5 --window 60 --seed 1";
    let described = run_json(&format!("{stats} --out {out}"));
    let results = &described["results"];
    keys(results, &["neurons", "bins", "trials", "spikes", "rate", "space_correlation", "space_correlation_error"]);
    keys(results, &["covariance", "covariance_error", "time_correlation", "spectrum", "population", "ergodicity"]);
    assert_eq!((&results["neurons"], &results["spikes"]), (&json!(15), &json!(68_530)));
    estimates(results, &["offset"]);
    assert_eq!(results["rate"].as_array().unwrap().len(), 15);
    let matrix = results["space_correlation"].as_array().unwrap();
    assert!(matrix.len() == 15 && matrix.iter().all(|row| row.as_array().unwrap().len() == 15));
    // The diagonal is the rates.
    let rate = results["rate"][4]["mean"].as_f64().unwrap();
    assert!((matrix[4][4].as_f64().unwrap() - rate).abs() < 1e-12);
    let lags = results["time_correlation"].as_array().unwrap();
    assert!(lags.len() == 6 && lags[5]["lag"] == 5 && lags[5]["error"].as_f64().unwrap() > 0.0);
    let counts: u64 = results["population"]["counts"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counts, 40_000);
    for file in
        ["stats.npz", "raster.npz", "hypermatrix.png", "covariance.png", "plots.png", "rates.svg", "report.html"]
    {
        assert!(Path::new(&out).join(file).is_file(), "{file}");
    }
    let (shape, values) = floats(&format!("{out}/stats.npz"), "space_correlation");
    assert_eq!((shape, values[4 * 15 + 4]), (vec![15, 15], matrix[4][4].as_f64().unwrap()));
    assert_eq!(floats(&format!("{out}/stats.npz"), "bin_correlation").0, [60, 60]);
    assert_eq!(run_json(&format!("{stats} --neurons 3:6"))["results"]["rate"][1], results["rate"][4]);
    // The raster that was written is the one that was read.
    let again = run_json(&format!("neurons stats {out}/raster.npz --lags 5 --window 60 --seed 1"));
    assert_eq!(again["results"], *results);
    std::fs::write(&spikes, "# neuron time\n1 0.05\n1 0.07\n4 0.15\n1 0.35\n").unwrap();
    let read = run_json(&format!("neurons stats {spikes} --bin 0.1 --duration 0.5"));
    let results = &read["results"];
    assert_eq!((&results["bins"], &results["neuron_names"]), (&json!(5), &json!(["1", "4"])));
    assert_eq!((&results["spikes"], &results["rate"][0]["mean"]), (&json!(3), &json!(0.4)));
    assert!(read["warnings"][0].as_str().unwrap().starts_with("1 of 4 spikes"), "{}", read["warnings"]);
    std::fs::write(&table, "recording,neuron,trial,time_s\na,x,1,0.5\nb,x,1,0.5\nb,y,2,0.75\n").unwrap();
    let chosen = run_json(&format!("neurons stats {table} --recording b --bin 0.25 --lags 0 --window 0"));
    assert_eq!((&chosen["results"]["trials"], &chosen["results"]["bins"]), (&json!(2), &json!(4)));
    for (arguments, wanted) in [
        (format!("neurons stats {table} --bin 0.25"), 3),
        (format!("neurons stats {spikes}"), 3),
        (format!("neurons stats {spikes} --bin 1"), 3),
        (format!("neurons stats {spikes} --bin -0.1"), 3),
        (format!("neurons stats {spikes} --bin 0.1 --neurons 1:3"), 3),
        (format!("neurons stats {spikes} --bin 0.1 --neurons one"), 3),
        (format!("neurons stats {spikes} --bin 0.1 --trials 0:9"), 3),
        (format!("neurons stats {spikes} --bin 0.1 --blocks 0"), 3),
        (format!("neurons stats {spikes} --bin 0.1 --key a"), 3),
        (format!("neurons stats {spikes} --bin x"), 2),
        ("neurons stats".into(), 2),
        ("neurons".into(), 2),
        (format!("neurons stats {}", scratch.path("nothing.npy")), 3),
    ] {
        assert_eq!(code(&arguments), wanted, "{arguments}");
    }
}

#[test]
fn machines_are_learned_saved_and_judged() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("machines");
    let (out, drawn) = (scratch.path("machine"), scratch.path("drawn"));
    let train = "train rbm --data examples/data/digits --hidden 6 --epochs 5 --batch 4 --chains 8 --seed 3";
    let learned = run_json(&format!("{train} --test 0.25 --out {out}"));
    let results = &learned["results"];
    keys(results, &["epochs", "best_epoch", "log_z", "log_likelihood_train", "log_likelihood_test"]);
    assert_eq!(results["epochs"].as_array().unwrap().len(), 5);
    keys(&results["epochs"][4], &["epoch", "pseudo_likelihood", "reconstruction_error", "free_energy_gap"]);
    // Six hidden units are enumerated.
    assert_eq!((&results["log_z"]["method"], &results["log_z"]["error"]), (&Value::from("exact"), &Value::from(0.0)));
    for name in
        ["model.safetensors", "filters.png", "samples.png", "inpainting.png", "pseudo_likelihood.svg", "report.html"]
    {
        assert!(Path::new(&out).join(name).is_file(), "{name}");
    }
    assert_eq!(run_json(&format!("{train} --test 0.25"))["results"], *results);
    // The same samples, judged by the same machine: 9 to learn from and 3 held out.
    let score = |data: &str| run_json(&format!("score {out}/model.safetensors --data {data} --seed 1"));
    let scored = score("examples/data/digits");
    let mean = |value: &Value| value["mean"].as_f64().unwrap();
    assert_eq!(scored["results"]["log_z"], results["log_z"]);
    let both = 0.75 * mean(&results["log_likelihood_train"]) + 0.25 * mean(&results["log_likelihood_test"]);
    assert!((mean(&scored["results"]["log_likelihood"]) - both).abs() < 1e-3);
    let grey = run_json(&format!("score {out}/model.safetensors --data examples/data/digits --grey --seed 1"));
    assert!(grey["results"]["log_likelihood"].is_null() && !grey["warnings"].as_array().unwrap().is_empty());
    let generate = format!("generate {out}/model.safetensors --samples 10 --sweeps 20 --seed 1");
    let (first, again) = (run_json(&format!("{generate} --out {drawn}")), run_json(&generate));
    assert_eq!(first["results"], again["results"]);
    let (shape, values) = floats(&format!("{drawn}/samples.npz"), "samples");
    assert!(shape == [10, 784] && values.iter().all(|&value| value == 0.0 || value == 1.0));
    // Real visible units keep grey, and have no likelihood; a ladder of temperatures learns as well.
    let real = run_json(&format!("{train} --visible-units gaussian --hidden-units relu --learning-rate 0.001"));
    assert!(real["results"]["log_likelihood_train"].is_null());
    let annealed = run_json(&format!(
        "{train} --hidden-units gaussian --gradient pt:3 --centred --learning-rate 0.002 --ais-steps 50 --ais-chains 16"
    ));
    assert_eq!(annealed["results"]["log_z"]["method"], "ais");
    let stopped = run_json(&format!("{train} --test 0.25 --stop-at-gap -1e9"));
    assert_eq!(stopped["results"]["epochs"].as_array().unwrap().len(), 1);
    // At a rate that unlearns, the first epochs are the best, and their machine is what is judged.
    let held_out = train.replace("--epochs 5", "--test 0.25 --learning-rate 2");
    let unlearning = run_json(&format!("{held_out} --epochs 40 --patience 3"));
    let epochs = unlearning["results"]["epochs"].as_array().unwrap();
    let best = unlearning["results"]["best_epoch"].as_u64().unwrap() as usize;
    let score =
        |epoch: &Value| epoch["pseudo_likelihood"].as_f64().unwrap() - epoch["free_energy_gap"].as_f64().unwrap();
    assert_eq!(epochs.len(), (best + 3).min(40));
    assert!(epochs.iter().all(|epoch| score(epoch) <= score(&epochs[best - 1])));
    let at_best = run_json(&format!("{held_out} --epochs {best}"));
    assert_eq!(at_best["results"]["log_z"], unlearning["results"]["log_z"]);
    assert_eq!(code(&format!("{train} --patience 3")), 2, "nothing is held out");
    for refused in ["--patience 0 --test 0.25", "--patience 3 --test 0.25 --visible-units gaussian"] {
        assert_eq!(code(&format!("{train} {refused}")), 3, "{refused}");
    }
    // A phi4 field with couplings that are learnt.
    let annealing = "--ais-steps 20 --ais-chains 8 --seed 3";
    let units = "--visible-units phi4:0.5:0.1 --hidden-units phi4:0:0.2 --learning-rate 0.001";
    let field = format!("{} {annealing} {units} --out {out} --force", train.replace("--seed 3", ""));
    let field = run_json(&field);
    assert_eq!(field["parameters"]["visible_units"], "phi4:0.5:0.1");
    let scored = run_json(&format!("score {out}/model.safetensors --data examples/data/digits {annealing}"));
    assert_eq!(scored["results"]["log_z"], field["results"]["log_z"]);
    for refused in ["--hidden-units phi4", "--hidden-units phi4:1:0", "--visible-units phi4:1:x"] {
        assert_eq!(code(&format!("{train} {refused}")), 3, "{refused}");
    }
    assert_eq!(code(&format!("{train} --learning-rate 1e6 --visible-units gaussian --hidden-units relu")), 1);
}

/// A general machine is learnt, saved, scored and sampled.
#[test]
fn general_machines_are_trained() {
    if !gpu() {
        return;
    }
    let scratch = Scratch::new("general");
    let (out, drawn, path) = (scratch.path("machine"), scratch.path("drawn"), scratch.path("samples.npz"));
    // Four units, of which the first two agree and the last two differ, three times out of four.
    let rows = |p: u32| [p & 1, if p % 4 == 3 { 1 - (p & 1) } else { p & 1 }, p >> 1 & 1, 1 - (p >> 1 & 1)];
    let bytes: Vec<u8> = (0..64).flat_map(|p: u32| rows(p / 2 + p % 2 * 3)).map(|bit| bit as u8).collect();
    let mut npz = NpzWriter::create(&path).unwrap();
    npz.add_u8("samples", &[64, 4], &bytes).unwrap();
    npz.finish().unwrap();
    let train = format!(
        "train general --data {path} --hidden 2 --steps 200 --burn-in 5 --replicas 8 --learning-rate 0.1 --seed 3"
    );
    let trained = run_json(&format!("{train} --out {out}"));
    let results = &trained["results"];
    assert_eq!(run_json(&train)["results"], *results);
    assert_eq!(results["steps"].as_array().unwrap().len(), 20);
    let likelihood = results["log_likelihood"]["mean"].as_f64().unwrap();
    // Independent units have at least -4 ln 2 = -2.77; the machine knows the correlations.
    assert!(likelihood > -2.4 && results["log_z"]["method"] == "exact", "{likelihood}");
    let scored = run_json(&format!("score {out}/model.safetensors --data {path}"));
    assert_eq!(scored["results"]["log_likelihood"], results["log_likelihood"]);
    let generated =
        run_json(&format!("generate {out}/model.safetensors --samples 500 --sweeps 20 --seed 2 --out {drawn}"));
    assert_eq!(generated["results"]["visible"], 4);
    let (shape, values) = floats(&format!("{drawn}/samples.npz"), "samples");
    let opposite = values.chunks_exact(4).filter(|row| row[2] != row[3]).count();
    assert!(shape == [500, 4] && opposite > 400, "{opposite}");
    let parameters = ["--replicas 0", "--chains 0", "--learning-rate -1", "--grey", "--batch 1000", "--sweeps 0"];
    for refused in parameters.map(|option| format!("--steps 1 {option}")).into_iter().chain(["--steps 0".into()]) {
        assert_eq!(code(&format!("train general --data examples/data/digits {refused}")), 3, "{refused}");
    }
}
