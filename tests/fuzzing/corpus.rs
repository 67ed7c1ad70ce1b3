//! Small sound files of each format: what the campaigns damage.

use spinfield::io::checkpoint::{Checkpoint, Header, Sections};
use spinfield::io::npz::NpzWriter;
use spinfield::learn::TrainerState;
use spinfield::neurons::Convention;
use spinfield::{Couplings, GeneralMachine, NeuralField, RestrictedMachine, Units};
use std::path::{Path, PathBuf};

fn repository(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The bytes that a writer of files writes.
fn written(name: &str, write: impl FnOnce(&PathBuf)) -> Vec<u8> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-seed-{name}"));
    write(&path);
    let bytes = std::fs::read(&path).unwrap();
    let _ = std::fs::remove_file(path);
    bytes
}

/// A PNG of every colour type, palettes, transparency, and one that claims to be interlaced.
pub fn pictures() -> Vec<Vec<u8>> {
    use png::{BitDepth, ColorType, Encoder};
    let encode = |size: u32, colour, depth, bytes: &[u8]| {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, size, size);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == ColorType::Indexed {
            encoder.set_palette(vec![7; 12]);
            encoder.set_trns(vec![255, 0]);
        }
        encoder.write_header().unwrap().write_image_data(bytes).unwrap();
        file
    };
    let ramp: Vec<u8> = (0..128).collect();
    let mut interlaced = encode(1, ColorType::Grayscale, BitDepth::Eight, &[9]);
    interlaced[28] = 1;
    let sum = crc32fast::hash(&interlaced[12..29]);
    interlaced[29..33].copy_from_slice(&sum.to_be_bytes());
    vec![
        repository("examples/data/digits/3_a.png"),
        encode(8, ColorType::Grayscale, BitDepth::One, &ramp[..8]),
        encode(8, ColorType::Grayscale, BitDepth::Sixteen, &ramp),
        encode(4, ColorType::Indexed, BitDepth::Two, &[0b0001_1011; 4]),
        encode(4, ColorType::Rgb, BitDepth::Eight, &ramp[..48]),
        encode(4, ColorType::Rgba, BitDepth::Sixteen, &ramp),
        encode(8, ColorType::GrayscaleAlpha, BitDepth::Eight, &ramp),
        interlaced,
    ]
}

/// A `.npy` as numpy writes it.
pub fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), data].concat()
}

/// Arrays of every kind of element, order and number of axes.
pub fn arrays() -> Vec<Vec<u8>> {
    let doubles: Vec<u8> = (0..6).flat_map(|k| f64::from(k).to_le_bytes()).collect();
    vec![
        npy("<f8", "False", "(2, 3)", &doubles),
        npy(">f8", "True", "(3, 2)", &doubles),
        npy("<f4", "False", "(12,)", &doubles),
        npy("|u1", "False", "(2, 3, 8)", &[1; 48]),
        npy("|i1", "True", "(4, 2)", &[1, 255, 1, 1, 255, 1, 255, 255]),
        npy("|b1", "False", "(3, 3)", &[1, 0, 1, 1, 0, 0, 1, 1, 0]),
        npy("<i2", "False", "(2, 2)", &[1, 0, 0, 0, 1, 0, 1, 0]),
        npy(">u8", "False", "()", &[0, 0, 0, 0, 0, 0, 0, 3]),
    ]
}

/// A zip archive whose entries are stored as they are, as `numpy.savez` writes it.
pub fn stored_archive(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, array) in entries {
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc32fast::hash(array).to_le_bytes());
        common.extend([(array.len() as u32).to_le_bytes(); 2].concat());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((file.len() as u32).to_le_bytes());
        directory.extend(name);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name);
        file.extend(array);
    }
    let count = (entries.len() as u16).to_le_bytes();
    let (start, length) = ((file.len() as u32).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    file.extend(directory);
    file.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &length, &start, &[0, 0]].concat());
    file
}

/// Archives: deflated ones of this library and of numpy, and stored ones of every array.
pub fn archives() -> Vec<Vec<u8>> {
    let own = written("archive", |path| {
        let mut writer = NpzWriter::create(path).unwrap();
        writer.add_f32("a", &[4, 5], &[0.25; 20]).unwrap();
        writer.add_i8("b", &[3, 7], &[1; 21]).unwrap();
        writer.add_text("convention", "gas").unwrap();
        writer.finish().unwrap();
    });
    let single = arrays().into_iter().map(|array| stored_archive(&[(b"a.npy".to_vec(), array)]));
    [own, repository("tests/data/couplings.npz")].into_iter().chain(single).collect()
}

/// Couplings of fields of neurons with all that may stand in them, stored so that damage reaches the numbers.
pub fn fields() -> Vec<Vec<u8>> {
    let deflated = written("field", |path| {
        let field = NeuralField::new(2, Convention::Gas).unwrap().with_space(vec![0.0, 0.5, 0.5, 0.0]).unwrap();
        field.with_time(3, vec![0.1; 6]).unwrap().with_input(vec![1.0; 6]).unwrap().save(path).unwrap();
    });
    let numbers = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let entry = |name: &str, array: Vec<u8>| (format!("{name}.npy").into_bytes(), array);
    let stored = stored_archive(&[
        entry("space_coupling", npy("<f8", "False", "(2, 2)", &numbers(&[0.0, 0.5, 0.5, 0.0]))),
        entry("time_coupling", npy("<f8", "False", "(1, 2)", &numbers(&[0.25, -0.25]))),
        entry("input", npy("<f8", "False", "(2,)", &numbers(&[1.0, -1.0]))),
        entry("convention", npy("<U3", "False", "()", b"g\0\0\0a\0\0\0s\0\0\0")),
    ]);
    vec![repository("tests/data/couplings.npz"), deflated, stored]
}

/// Spikes as pairs, trains and tables.
pub fn spikes() -> Vec<Vec<u8>> {
    let texts = [
        "# neuron time\n0 0.013\n1 0.021\n0 0.055\n2 0.12\n1 0.3\n",
        "0.01 0.02 0.5\n0.03\n0.11 0.2 0.25 0.26\n",
        "neuron,time_ms,trial\n\"a\",10,1\nb,20.5,1\na,33,2\nb,120,2\n",
        "unit_id;t;recording\n4;0.5;x\n5;0.75;x\n4;0.9;x\n",
        "\u{feff}cell\ttime\n7\t1e-1\n8\t0.25\n",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Graphs: lattices, and one that is none.
pub fn graphs() -> Vec<Vec<u8>> {
    let ring = "5 5\n1 2 1\n2 3 -1\n3 4 1\n4 5 -1\n5 1 2\n".to_string();
    let bond = |site: usize, other: usize| format!("{} {} {}\n", site + 1, other + 1, (site % 3) as i32 - 1);
    let square: String =
        (0..9).flat_map(|site| [bond(site, site / 3 * 3 + (site + 1) % 3), bond(site, (site + 3) % 9)]).collect();
    let graph = "4 3 0\r\n1 2 -4\r\n3 1 5\r\n\r\n2 4 7\r\n".to_string();
    [ring, format!("9 18\n{square}"), graph].map(String::into_bytes).to_vec()
}

/// Tensors of machines of this library, and those of the format's description.
pub fn tensors() -> Vec<Vec<u8>> {
    let restricted = written("restricted", |path| {
        let machine =
            RestrictedMachine::new(Units::Bernoulli, Units::Spin, vec![0.5; 6], vec![0.0; 2], vec![1.0; 3]).unwrap();
        machine.save(path).unwrap();
    });
    let general = written("general", |path| {
        let couplings = Couplings::new(3, vec![0.0, 1.0, 2.0, 1.0, 0.0, 0.5, 2.0, 0.5, 0.0]).unwrap();
        GeneralMachine::new(2, couplings, vec![0.1; 3]).unwrap().save(path).unwrap();
    });
    let header = r#"{"W":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}"#;
    let described = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 16]].concat();
    vec![restricted, general, described]
}

/// Checkpoints: of a training, and of nothing.
pub fn checkpoints() -> Vec<Vec<u8>> {
    let state = TrainerState {
        epoch: 3,
        step: 24,
        parameters: vec![0.5, -0.25, 1.0],
        velocity: Vec::new(),
        curvature: vec![1e-3],
        hidden: vec![0.0, 1.0],
    };
    let mut sections = Sections::new();
    sections.put("under way", b"epochs".to_vec()).nest("state", state.save());
    let names = vec!["train".into(), "rbm".into()];
    let header = Header { configuration: [7; 32], step: 2, stream_version: 1, names };
    let empty = Checkpoint { header: Header { names: Vec::new(), ..header.clone() }, sections: Sections::new() };
    vec![Checkpoint { header, sections }.encode(), empty.encode()]
}
