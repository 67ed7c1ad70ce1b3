//! Readers of files against damaged ones: 20,000 a format, or `SPINFIELD_FUZZ` of them, and files crafted to take memory.

mod fuzzing;

use fuzzing::mutation::{checkpoint_sums, npy_length, png_checksums, repacked, tensor_length};
use fuzzing::{campaign, corpus, refused};
use spinfield::io::array::{array_keys, read_array, read_text};
use spinfield::io::checkpoint::{Milestone, Sections};
use spinfield::io::image::read_png;
use spinfield::io::raster::{RasterOptions, read_raster};
use spinfield::io::rudy::Rudy;
use spinfield::io::safetensors::Tensors;
use spinfield::io::spike_times::{Binning, SpikeFormat, SpikeOptions, SpikeTimes};
use spinfield::learn::TrainerState;
use spinfield::{Error, GeneralMachine, NeuralField, RestrictedMachine};
use std::path::Path;

#[test]
fn pictures() {
    campaign("png", &corpus::pictures(), |_, bytes| png_checksums(bytes), |path, _| read_png(path).map(drop));
}

fn array(path: &Path, choice: u64) -> Result<(), Error> {
    match choice {
        0 => read_array(path, None)?.to_finite().map(drop),
        1 => read_raster(path, &RasterOptions::default()).map(drop),
        2 => read_raster(path, &RasterOptions { transpose: true, ..RasterOptions::default() }).map(drop),
        _ => read_array(path, None)?.into_patterns_or_grey().map(drop),
    }
}

#[test]
fn arrays() {
    campaign("npy", &corpus::arrays(), |_, bytes| npy_length(bytes), array);
}

#[test]
fn archives() {
    campaign("npz", &corpus::archives(), repacked, |path, choice| {
        let keys = array_keys(path)?;
        let key = keys.get(choice as usize % keys.len().max(1)).map(String::as_str);
        match choice {
            3 => read_text(path, key.unwrap_or("convention")).map(drop).or_else(|_| read_array(path, key).map(drop)),
            _ => read_array(path, key).map(drop),
        }
    });
}

#[test]
fn couplings_of_neurons() {
    campaign("couplings", &corpus::fields(), repacked, |path, _| NeuralField::load(path).map(drop));
}

#[test]
fn spike_times() {
    campaign(
        "spikes",
        &corpus::spikes(),
        |_, _| (),
        |path, choice| {
            let format = [SpikeFormat::Auto, SpikeFormat::NeuronTime, SpikeFormat::Trains, SpikeFormat::Table];
            let spikes = SpikeOptions { format: format[choice as usize], ..SpikeOptions::default() };
            let options = RasterOptions { bin: Some(0.01), spikes, ..RasterOptions::default() };
            read_raster(path, &options).map(drop)
        },
    );
}

#[test]
fn graphs() {
    campaign(
        "rudy",
        &corpus::graphs(),
        |_, _| (),
        |path, choice| {
            let graph = Rudy::read(path)?;
            if choice > 1 {
                // Whatever it is, it is told.
                let _ = graph.glass(None, -1);
            }
            Ok(())
        },
    );
}

#[test]
fn tensors() {
    campaign(
        "safetensors",
        &corpus::tensors(),
        |_, bytes| tensor_length(bytes),
        |path, choice| match choice {
            0 => RestrictedMachine::load(path).map(drop),
            1 => GeneralMachine::load(path).map(drop),
            _ => Tensors::read(path).map(drop),
        },
    );
}

#[test]
fn checkpoints() {
    campaign(
        "checkpoint",
        &corpus::checkpoints(),
        |_, bytes| checkpoint_sums(bytes),
        |path, choice| {
            let sections: Sections = Milestone { step: 0, path: path.into() }.read()?.sections;
            // What it holds is read in all ways, whether it is that or not.
            for (name, _) in sections.iter() {
                let _ = (sections.text(name), sections.numbers::<f64>(name), sections.array::<u32, 2>(name));
            }
            match sections.within("state") {
                Some(state) if choice > 1 => TrainerState::restore(&state).map(drop),
                _ => Ok(()),
            }
        },
    );
}

/// A `.npz` of one deflated array of zeros.
fn zeros(count: usize) -> Vec<u8> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-zeros.npz");
    let mut writer = spinfield::io::npz::NpzWriter::create(&path).unwrap();
    writer.add_u8("a", &[count], &vec![0; count]).unwrap();
    writer.finish().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let _ = std::fs::remove_file(path);
    bytes
}

/// Small files that would fill the memory if they were believed.
#[test]
fn bombs() {
    let read = |path: &Path| read_array(path, None).map(drop);
    refused("a deflated archive of zeros", &zeros(100 << 20), read);
    for shape in ["(268435456,)", "(268435456, 268435456)", "(18446744073709551615, 2)", "(4294967296, 4294967296, 0)"]
    {
        let bytes = corpus::npy("<f8", "False", shape, &[0; 64]);
        refused(shape, &bytes, read);
        refused(shape, &corpus::stored_archive(&[(b"a.npy".to_vec(), bytes)]), read);
    }
    refused("a pickle", &corpus::npy("|O", "False", "(1,)", b"\x80\x04cos\nsystem\n."), read);

    // Sixty-four thousand names of the same megabyte.
    let entry = |name: usize| format!(r#""{name}":{{"dtype":"F32","shape":[262144],"data_offsets":[0,1048576]}}"#);
    let header = format!("{{{}}}", (0..12_000).map(entry).collect::<Vec<_>>().join(","));
    let shared = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; 1 << 20]].concat();
    refused("tensors that share their bytes", &shared, |path| Tensors::read(path).map(drop));
    let deep = [&200_000u64.to_le_bytes()[..], "[".repeat(200_000).as_bytes()].concat();
    refused("a header of brackets", &deep, |path| Tensors::read(path).map(drop));

    refused("a graph of 2^30 nodes without edges", b"1073741824 1000000\n", |path| Rudy::read(path).map(drop));
    let binning = Binning { bin: 1e-3, ..Binning::default() };
    let bin = |path: &Path| SpikeTimes::read(path, &SpikeOptions::default())?.bin(&binning).map(drop);
    refused("a spike of the far future", b"0 0.5\n1 6000000\n", bin);
    let pairs: String = (0..40_000).map(|k| format!("{k},0.5,{k}\n")).collect();
    refused("a trial for every neuron", format!("neuron,time,trial\n{pairs}").as_bytes(), bin);

    // 64 Mi pixels of one bit, in a few kilobytes: allowed, and held in 256 MiB. One more row is not.
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 8192, 8193);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&vec![0; 1024 * 8193]).unwrap();
    refused("a picture of a row too many", &picture, |path| read_png(path).map(drop));
}

/// Names in a file are anything; a million inputs found one of two lines.
#[test]
fn names_are_told_in_one_line() {
    let array = corpus::npy("<f8", "False", "(1,)", &[0; 8]);
    let archive = corpus::stored_archive(&[(b"a\nb\x1b[31m.npy".to_vec(), array.clone()), (b"c.npy".to_vec(), array)]);
    refused("an archive with a name of two lines", &archive, |path| read_array(path, None).map(drop));
    refused("the same, without the key", &archive, |path| read_array(path, Some("d")).map(drop));
}
