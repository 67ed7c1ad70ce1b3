//! The pages that the program leaves behind: complete, well-formed, and closed in themselves.
#![cfg(feature = "cli")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

fn spinfield(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spinfield"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Whether there is an adapter. Without one a test is skipped, but fails where `REQUIRE_GPU=1`.
fn gpu() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = spinfield(&["adapters", "--json"]).output().unwrap().status.success();
        assert!(found || std::env::var("REQUIRE_GPU").as_deref() != Ok("1"), "no adapter");
        found
    })
}

/// A folder of this test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Runs a command and gives its page.
#[track_caller]
fn page(name: &str, arguments: &str) -> String {
    let out = folder(name);
    let words = arguments.split_whitespace().chain(["--quiet", "--seed", "7", "--out"]);
    let words: Vec<&str> = words.chain([out.to_str().unwrap()]).collect();
    let output = spinfield(&words).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(out.join("report.html")).unwrap()
}

/// Fails unless `page` is well-formed XML (W3C XML 1.0, as far as a page needs it): every element is closed in its place, every
/// attribute is quoted, every ampersand begins a reference. Gives the names of the elements.
#[track_caller]
fn elements(page: &str) -> Vec<String> {
    let (mut open, mut seen) = (Vec::<String>::new(), Vec::new());
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a page begins with its type");
    let references = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&apos;"];
    let check_text = |text: &str| {
        assert!(!text.contains('>') || text.contains(":root") || text.contains(".sf-"), "a bare > in {text:.80}");
        for (at, _) in text.match_indices('&') {
            assert!(references.iter().any(|known| text[at..].starts_with(known)), "a bare & in {:.80}", &text[at..]);
        }
        let bad = text.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'));
        assert!(bad.is_none(), "{bad:?}");
    };
    while let Some(start) = rest.find('<') {
        check_text(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes something else");
            continue;
        }
        let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "<{name}>");
        let parts: Vec<&str> = attributes.split('"').collect();
        assert!(parts.len() % 2 == 1 && parts.last().is_some_and(|last| last.trim().is_empty()), "<{tag}>");
        for pair in parts.chunks_exact(2) {
            let name = pair[0].trim();
            assert!(name.strip_suffix('=').is_some_and(|name| !name.contains(['=', ' '])), "{name} in <{tag:.80}>");
            check_text(pair[1]);
        }
        seen.push(name.to_string());
        if !is_closed {
            open.push(name.to_string());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} stay open");
    seen
}

/// What holds for the page of every command. Gives the titles of its plots.
#[track_caller]
fn check(page: &str) -> Vec<String> {
    let seen = elements(page);
    let count = |name: &str| seen.iter().filter(|seen| *seen == name).count();
    assert_eq!((count("html"), count("title"), count("h1"), count("main")), (1, 1, 1, 1));
    for active in ["script", "link", "iframe", "object", "embed", "base", "form"] {
        assert_eq!(count(active), 0, "{active}");
    }
    // Nothing is fetched: the only address is the name of a namespace, pictures are within.
    let plain = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for outside in ["http:", "https:", "//", "url(", "@import", "href=", "srcset="] {
        let found = plain.split("src=\"data:image/png;base64,").enumerate().any(|(part, text)| {
            // Letters of Base64 mean nothing.
            let text = if part == 0 { text } else { text.split_once('"').map_or("", |(_, rest)| rest) };
            text.contains(outside)
        });
        assert!(!found, "{outside}");
    }
    assert_eq!(page.matches(" src=\"").count(), page.matches(" src=\"data:image/png;base64,").count());
    assert!(page.contains("default-src 'none'") && page.contains("prefers-color-scheme:dark"));
    // Every plot has a title and the labels of two axes, every picture says what it shows.
    let plots: Vec<&str> = page.split("<svg ").skip(1).map(|svg| svg.split_once("</svg>").unwrap().0).collect();
    let titles = plots.iter().map(|svg| {
        let label = svg.split_once("aria-label=\"").unwrap().1.split_once('"').unwrap().0;
        let (title, axes) = label.rsplit_once(": ").unwrap_or_else(|| panic!("{label}"));
        let (y, x) = axes.rsplit_once(" against ").unwrap_or_else(|| panic!("{label}"));
        assert!(!title.is_empty() && title != "plot" && !x.is_empty() && !y.is_empty(), "{label}");
        for text in [title, x, y] {
            assert!(svg.contains(&format!(">\n{}\n</text>", text.replace("&#39;", "&apos;"))), "{text} is not drawn");
        }
        assert!(!svg.contains("NaN"));
        title.to_string()
    });
    let titles = titles.collect();
    for image in page.split("<img alt=\"").skip(1) {
        assert!(!image.starts_with('"'), "a picture that nobody describes");
    }
    titles
}

/// Fails unless the page has plots whose titles begin so.
#[track_caller]
fn shows(page: &str, wanted: &[&str]) {
    let titles = check(page);
    for title in wanted {
        assert!(titles.iter().any(|shown| shown.starts_with(title)), "`{title}` is not among {titles:?}");
    }
}

#[test]
fn every_model_has_its_page() {
    if !gpu() {
        return;
    }
    let few = "--replicas 4 --warmup 10 --samples 20";
    let magnet = page("ising", &format!("sample ising --lattice 8x8 --beta 0.3:0.5:0.1 {few}"));
    let usual = ["Energy per site", "Size of the magnetisation", "Binder", "Specific heat", "Energy in the course"];
    shows(&magnet, &usual);
    shows(&magnet, &["Autocorrelation"]);
    assert!(magnet.contains("Onsager, infinite lattice") && magnet.contains("Yang, infinite lattice"));
    assert!(magnet.contains("<pre><code>spinfield sample ising --lattice 8x8 --beta 0.3:0.5:0.1 "));
    // A row a point: numbers with errors in brackets.
    assert!(magnet.matches("<tr><td>0.4</td><td>0</td><td>-").count() == 1, "no row of beta = 0.4");
    let ring = page("ring", &format!("sample ising --lattice 32 --beta 0.3,0.6 {few}"));
    assert!(ring.contains(">\nexact\n</text>") && !ring.contains("Onsager"));
    let in_a_field = page("field", &format!("sample ising --lattice 8x8 --beta 0.3,0.4 --field 0.1 {few}"));
    assert!(!in_a_field.contains("Onsager"));
    for (name, model) in [
        ("point", "ising --lattice 8x8 --beta 0.4"),
        ("glass", "ising --lattice 4x4x4 --coupling bimodal --beta 0.5,1 --tempering"),
        ("potts", "potts --states 3 --lattice 8x8 --beta 0.9,1.1"),
        ("xy", "xy --lattice 8x8 --beta 0.9,1.1"),
    ] {
        shows(&page(name, &format!("sample {model} {few}")), &["Energy in the course", "Autocorrelation"]);
    }
    let field = page("phi4", &format!("sample phi4 --lattice 6x6 --mass2 -1,0 --lambda 0.5 {few}"));
    shows(&field, &["Action per site", "Action in the course", "Mean square of the field"]);
    let glass = page("sk", &format!("sample sk --spins 32 --beta 0.5,1 {few}"));
    shows(&glass, &["Energy per site", "Density of the overlap", "Overlaps |q| of replicas"]);
}

#[test]
fn every_network_has_its_page() {
    if !gpu() {
        return;
    }
    let recall = page("recall", "recall --patterns random:3 --neurons 64 --noise 0.1 --cues 3");
    shows(&recall, &["Overlap with the cue"]);
    let capacity = page("capacity", "capacity --neurons 64 --load 0.05,0.2 --temperature 0,0.3 --warmup 5 --samples 5");
    shows(&capacity, &["Overlap of what is recalled", "Retrieved fraction", "Overlap"]);
    shows(&page("basin", "basin --neurons 64 --load 0.05 --overlap 0:1:0.5"), &["Where recall ends"]);
    let digits = "examples/data/digits";
    let train = page("train", &format!("train rbm --data {digits} --hidden 4 --epochs 2 --batch 6 --ais-steps 20"));
    shows(&train, &["Pseudo-likelihood", "Reconstruction error"]);
    assert!(train.matches("<img ").count() >= 3, "filters, samples, inpainting");
    let model = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports/train/model.safetensors");
    let model = model.to_str().unwrap();
    check(&page("generate", &format!("generate {model} --samples 4 --sweeps 2")));
    shows(&page("score", &format!("score {model} --data {digits} --ais-steps 20")), &["Log-likelihood of the samples"]);
    let neurons = page("neurons", "neurons stats examples/data/spikes/spikes_15.npz");
    shows(&neurons, &["Rates of the neurons", "Autocovariance", "Eigenvalues of the covariance"]);
    check(&page("doctor", "doctor"));
    check(&page("adapters", "adapters"));
}

/// Names of files are the strings that a stranger can choose.
#[test]
fn hostile_names_stay_text() {
    if !gpu() {
        return;
    }
    let hostile = "<script>alert(1)</script> & \"quoted\" 'it' ]]> \u{1}.png";
    let source = folder("hostile-source");
    // A folder, since a slash cannot stand in a name.
    let name = hostile.replace('/', "\u{2215}");
    std::fs::create_dir_all(&source).unwrap();
    for (digit, name) in [("0_a", name.as_str()), ("1_a", "plain.png")] {
        let digit = format!("{}/examples/data/digits/{digit}.png", env!("CARGO_MANIFEST_DIR"));
        if std::fs::copy(digit, source.join(name)).is_err() {
            eprintln!("SKIP: no such names on this system");
            return;
        }
    }
    let out = folder("hostile");
    let words = ["recall", "--patterns", source.to_str().unwrap(), "--noise", "0.1", "--seed", "7", "--quiet", "--out"];
    let output = spinfield(&[&words[..], &[out.to_str().unwrap()]].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    check(&page);
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("alert(1)<"));
    for svg in std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()) {
        if svg.extension().is_some_and(|extension| extension == "svg") {
            elements(&format!("<!DOCTYPE html>{}", std::fs::read_to_string(svg).unwrap()));
        }
    }
}

/// The checks of this file see what they look for.
#[test]
fn pages_that_are_not_closed_are_seen() {
    let whole = "<!DOCTYPE html><html><p a=\"b\">1 &amp; 2</p><br/></html>";
    assert_eq!(elements(whole), ["html", "p", "br"]);
    for (from, to) in [("&amp;", "&"), ("<br/>", "<br>"), ("</p>", ""), ("\"b\"", "b"), ("1", "\u{1}"), ("2", "2 > 1")]
    {
        let broken = whole.replace(from, to);
        assert!(std::panic::catch_unwind(|| elements(&broken)).is_err(), "{broken}");
    }
}
