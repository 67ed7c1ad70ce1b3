//! Every shader text, without a GPU: joined with every model, checked, translated for every backend, and used.

use naga::back::{PipelineConstants, hlsl, msl, pipeline_constants::process_overrides, spv};
use spinfield::mirror;
use spinfield::model::{Ising, Local, Phi4};
use spinfield::recall::RELAX_LANES;
use spinfield::shader::catalogue::{self, ModelText};
use spinfield::shader::{Access, Fragment, Source};
use spinfield::{Error, Gpu};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files under `shaders/`.
fn shader_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// Every model's fragment: the files of `shaders/model`, so that a new model is tested as soon as it has one.
fn models() -> Vec<(String, Fragment)> {
    let files = shader_files().into_iter().filter(|path| path.parent().unwrap().ends_with("model"));
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, Fragment { file: path.to_string_lossy().into_owned().into(), text: text.into() })
        })
        .collect()
}

/// Every kernel with every model that keeps its contract. Kernels that need no model appear once.
fn sources() -> Vec<Arc<Source>> {
    let mut sources = Vec::new();
    let nothing = Fragment::new("", "");
    let none = ModelText { name: "", fragment: &nothing };
    let kernels = [
        catalogue::LATTICE_KERNELS,
        catalogue::PACKED_KERNELS,
        catalogue::TEMPERING_KERNELS,
        catalogue::TWO_LAYER_KERNELS,
        catalogue::DENSE_KERNELS,
        catalogue::ATTENTION_KERNELS,
        catalogue::MACHINE_KERNELS,
        catalogue::NEURON_KERNELS,
        catalogue::NEURON_FIT_KERNELS,
        catalogue::RASTER_KERNELS,
        catalogue::DOCTOR_KERNELS,
        catalogue::BENCH_KERNELS,
    ];
    for kernel in kernels.into_iter().flatten() {
        if kernel.contract.is_empty() {
            sources.push(kernel.source(none).unwrap());
        }
    }
    for kernel in catalogue::TWO_LAYER_KERNELS.iter().filter(|kernel| !kernel.contract.is_empty()) {
        let texts = catalogue::MEMORIES.iter().copied().chain([&catalogue::OVERLAPS, &catalogue::REALS]);
        sources.extend(texts.filter(|text| text.keeps(kernel.contract)).map(|text| kernel.source(*text).unwrap()));
    }
    for kernel in catalogue::PACKED_KERNELS.iter().filter(|kernel| !kernel.contract.is_empty()) {
        sources.extend([&catalogue::ALIKE, &catalogue::SIGNED].map(|bonds| kernel.source(*bonds).unwrap()));
    }
    for kernel in catalogue::DENSE_KERNELS.iter().filter(|kernel| !kernel.contract.is_empty()) {
        sources.extend([&catalogue::FREE, &catalogue::NEURONS].map(|chains| kernel.source(*chains).unwrap()));
    }
    for kernel in catalogue::MACHINE_KERNELS.iter().filter(|kernel| !kernel.contract.is_empty()) {
        sources.extend(catalogue::UNITS.iter().map(|units| kernel.source(**units).unwrap()));
    }
    for density in catalogue::DENSITIES.iter().filter(|density| density.contract.is_empty()) {
        sources.push(density.reduce(none).unwrap());
    }
    for (name, fragment) in &models() {
        let model = ModelText { name, fragment };
        for kernel in catalogue::LATTICE_KERNELS {
            // Clusters are for models whose bonds are symmetric and alike, which is a trait of the Rust side.
            let tied = kernel.name == catalogue::UNITE.name && fragment.text.contains("alias Coupling");
            if !kernel.contract.is_empty() && model.keeps(kernel.contract) && !tied {
                sources.push(kernel.source(model).unwrap_or_else(|error| panic!("{name} {}: {error}", kernel.name)));
            }
        }
        // The energy error of a trajectory is for models that have trajectories.
        let leaps = model.keeps(catalogue::LEAP.contract);
        for density in catalogue::DENSITIES {
            let fits = leaps
                || ![&catalogue::ENERGY_ERROR, &catalogue::ENERGY_ERROR_QUADS].map(|d| d.name).contains(&density.name);
            if !density.contract.is_empty() && model.keeps(density.contract) && fits {
                sources.push(density.reduce(model).unwrap_or_else(|error| panic!("{name} {}: {error}", density.name)));
            }
        }
    }
    sources.extend([catalogue::total(true).unwrap(), catalogue::total(false).unwrap()]);
    sources
}

/// Values that a plan gives the overrides: of a lattice of these sides, or of a two-layer system, in groups of `lanes`.
fn constants(source: &Source, sides: &[u32], lanes: u32) -> PipelineConstants {
    let side = |axis: usize| f64::from(sides.get(axis).copied().unwrap_or(1));
    let stride = |axis: usize| f64::from(sides.iter().skip(axis + 1).product::<u32>());
    let mut constants = PipelineConstants::default();
    for (_, declared) in source.module().overrides.iter() {
        // naga gives no name to what it makes of an expression in overrides, such as an array's length.
        let Some(name) = declared.name.clone() else { continue };
        let value = match name.as_str() {
            "SITES" => f64::from(sides.iter().product::<u32>()),
            "DIMENSIONS" => sides.len() as f64,
            "SIDE_0" | "SIDE_1" | "SIDE_2" | "SIDE_3" => side(usize::from(name.as_bytes()[5] - b'0')),
            "STRIDE_0" | "STRIDE_1" | "STRIDE_2" | "STRIDE_3" => stride(usize::from(name.as_bytes()[7] - b'0')),
            "WORKGROUP_X" => f64::from(lanes),
            "WORKGROUP_Y" => 1.0,
            "BOND_SPAN" => 4.0 * sides.len() as f64,
            "ONSITE_SPAN" => 2.0,
            "PURPOSE" | "SEGMENTS" | "BLOCKS" | "MOST_HOPS" => 3.0,
            "WIDTH" | "MEAN" | "INVERSE_TEMPERATURE" | "SILENCE" => 0.7,
            "DEPTH" | "ROW_QUADS" | "COLUMN_QUADS" => 3.0,
            // Machines: layers of sixteen units, of which one is padding.
            "GIVEN_QUADS" | "FOUND_QUADS" | "KEPT_QUADS" | "STATE_QUADS" | "VISIBLE_QUADS" | "HIDDEN_QUADS" => 4.0,
            "UNITS" => 15.0,
            "SHARES_AT" | "SET" | "CHAINS" | "BIAS_AT" | "BASE_AT" | "LINEAR_AT" | "SPLIT" | "CHAINS_AT"
            | "LAST_BATCH" => 8.0,
            "GIVEN_AT" | "FOUND_AT" | "STATE_AT" | "KEPT_AT" => 8.0,
            "KEEP" | "SAMPLE" | "CLAMPED" | "ADD" | "ADAPTIVE" | "CENTRED" | "MOMENTUM" | "SUM_OF_VALUES" => 1.0,
            "DECAY" | "MEMORY" | "FLOOR" | "SQUARED" | "QUARTIC" | "UNIT_SQUARE" | "UNIT_QUARTIC" => 0.1,
            "STATES" | "HITS" => 5.0,
            "REPLICAS_A_SAMPLE" | "REPLICAS" => 2.0,
            "ITEMS" | "LANES" => 12.0,
            "LAZY_BELOW" => 0.1,
            "HEAT_BATH" | "GREEDY" | "ENERGY" => 1.0,
            "NEURONS" => 100.0,
            "WORDS" => 4.0,
            "PATTERNS" => 9.0,
            // A block of spins with explicit couplings has eight.
            "QUADS" => 8.0,
            "HELD" | "BATCH_GROUPS" => 2.0,
            // A machine of two-valued units: two groups of samples, two of chains.
            "WEIGHTS_AT" | "TRANSPOSED_AT" | "VISIBLE_AT" | "DATA_AT" => 8.0,
            "TILE_QUADS" | "VISIBLE" | "HIDDEN" | "SWEEPS" | "DATA_GROUPS" | "CHAIN_GROUPS" => 2.0,
            "BATCH" | "LAST_COUNT" => 20.0,
            "SPINS" => 1.0,
            // Neurons: strands of eight ticks, four a replica.
            "STRETCH" | "TICKS" | "CROWDS_AT" => 8.0,
            "COLOURS" | "REPLICA_STRANDS" | "LAGS" | "LEAD" | "STRAND_WORDS" | "SHARES" | "LONGEST" => 2.0,
            "FIRST_STRANDS" => f64::from(0x5555_5555),
            "LAST_STRANDS" => f64::from(0xaaaa_aaaa_u32),
            "CAUSAL" | "DRIVEN" => 1.0,
            // A recording of two blocks of a word in one chunk.
            "STRIDE" => 4.0,
            "BLOCK_TICKS" => 32.0,
            "CHUNK_WORDS" | "BLOCKS_A_CHUNK" | "UNIT_WORDS" => 2.0,
            // A packed lattice of 16 folds; what matters here is that every branch translates.
            "BLOCK" | "HALF_ROW" | "SIDE_Y" | "SIDE_Z" | "SIDE_T" | "COUNTS" | "SIDE" | "AXIS" => 2.0,
            "ROWS" => 16.0,
            "CLASSES" => 8.0,
            "FOLDS" | "FIELD_BITS" | "STRIP" | "DIGITS" => 16.0,
            "FIELD_LOW" => f64::from(0x0001_0001),
            "EVEN_FIELDS" => f64::from(0x0000_ffff),
            "PAIRED" => 1.0,
            "GROUPS" | "BOND_GROUPS" | "PANEL" | "PARTS" | "CONTENT" | "FIRST_COUNT" => 1.0,
            "TEMPERED" | "BY_PLACE" | "RECORD" | "TWO_COLOURS" | "DRAW" => 1.0,
            "LENGTH" | "TURNS" => 2.0,
            "LARGEST" => 4_095.0,
            "EXTENT" | "PASSES" | "SHIFT" | "ROUNDS" => 16.0,
            "COLD" | "SHIFTED" | "LAST" | "KEEP_DIAGONAL" | "CYCLES" | "NOISE" | "LITTLE" | "SINGLE" => 1.0,
            other => panic!("{}: this test does not know override `{other}`", source.name()),
        };
        constants.insert(name, value);
    }
    constants
}

/// A source with its overrides fixed, as naga validates it.
fn fixed(source: &Source, constants: &PipelineConstants) -> (naga::Module, naga::valid::ModuleInfo) {
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
    let info = validator.validate(source.module()).unwrap();
    let entry = Some((naga::ShaderStage::Compute, source.entry()));
    let (module, info) = process_overrides(source.module(), &info, entry, constants)
        .unwrap_or_else(|error| panic!("{}: {error}", source.name()));
    (module.into_owned(), info.into_owned())
}

/// Bytes of workgroup memory.
fn workgroup_bytes(module: &naga::Module) -> u32 {
    let variables = module.global_variables.iter().map(|(_, variable)| variable);
    variables
        .filter(|variable| variable.space == naga::AddressSpace::WorkGroup)
        .map(|variable| module.types[variable.ty].inner.size(module.to_ctx()).next_multiple_of(16))
        .sum()
}

#[test]
fn every_kernel_translates_for_every_backend() {
    let sources = sources();
    let names: BTreeSet<&str> = sources.iter().map(|source| source.name()).collect();
    assert_eq!(names.len(), sources.len(), "two sources of one name");
    let mut translated = 0;
    for source in &sources {
        for sides in [&[7][..], &[4, 6], &[4, 5, 3], &[2, 3, 4, 5]] {
            let (module, info) = fixed(source, &constants(source, sides, 64));
            let entry = (naga::ShaderStage::Compute, source.entry().to_string());
            let options = spv::PipelineOptions { shader_stage: entry.0, entry_point: entry.1.clone() };
            let words = spv::write_vec(&module, &info, &spv::Options::default(), Some(&options))
                .unwrap_or_else(|error| panic!("{} to SPIR-V: {error}", source.name()));
            // A header of five words, and an entry point.
            assert!(words.len() > 5 && words[0] == 0x0723_0203, "{}", source.name());
            let options = msl::PipelineOptions { entry_point: Some(entry.clone()), ..Default::default() };
            let (text, _) = msl::write_string(&module, &info, &msl::Options::default(), &options)
                .unwrap_or_else(|error| panic!("{} to MSL: {error}", source.name()));
            assert!(text.contains("kernel void"), "{}: {text}", source.name());
            let (mut text, options) = (String::new(), hlsl::PipelineOptions { entry_point: Some(entry) });
            hlsl::Writer::new(&mut text, &hlsl::Options::default(), &options)
                .write(&module, &info, None)
                .unwrap_or_else(|error| panic!("{} to HLSL: {error}", source.name()));
            assert!(text.contains("numthreads"), "{}: {text}", source.name());
            translated += 1;
        }
    }
    assert_eq!(translated, 4 * sources.len());
    eprintln!("{translated} texts of {} sources: {names:?}", sources.len());
    // What stands without a model, and what the two first models keep: a kernel that fell out of the join would be missed.
    let count = |pattern: &str| names.iter().filter(|name| name.ends_with(pattern)).count();
    let of_models: usize = models().iter().map(|(name, _)| count(&format!("<{name}>"))).sum();
    assert_eq!(
        sources.len() - of_models,
        5 + 10 + 4 + 10 + 15 + 4 + 5 + 2 * 2 + 2 + 11 + 12 + 3 + 3 + 1 + 4 + 3 + 1 + 2,
        "isolate, refresh, judge, adopt by quads, record; packed; tempering; two layers, three kernels for each of five memories, four of the pseudo-inverse; explicit couplings, sweeps of chains alone and of neurons; attention; machines, three kernels for each of four types of units; fields of neurons; fits of neurons; rasters; doctor; probes; acceptance; totals"
    );
    assert_eq!(
        count("<ising>"),
        6 + 5,
        "start, flip, flip_real, unite, turn, adopt; energy, magnetization, overlap, structure, exchange"
    );
    assert_eq!(count("<potts>"), 4 + 4, "start, flip, redraw, adopt; energy, magnetization, structure, exchange");
    assert_eq!(
        count("<xy>"),
        7 + 7,
        "start, metropolis, metropolis_strips, reflect, leap, slide, adopt; those, moments, two energy_errors"
    );
    assert_eq!(
        count("<phi4>"),
        6 + 7,
        "start, metropolis, metropolis_strips, leap, slide, adopt; those, moments, two energy_errors"
    );
    for (name, _) in models() {
        assert!(count(&format!("<{name}>")) >= 6, "model `{name}` keeps hardly any contract");
    }
}

#[test]
fn kernels_stay_within_the_limits_of_every_adapter() {
    for source in sources() {
        // The WebGPU defaults: 8 storage buffers, 2 uniforms here, 16 KiB of workgroup memory.
        let storage = source.bindings().iter().filter(|binding| binding.access != Access::Uniform).count();
        assert!(storage <= 8, "{} binds {storage} storage buffers", source.name());
        assert!(source.bindings().len() - storage <= 2, "{}", source.name());
        assert!(source.bindings().iter().all(|binding| binding.group < 4), "{}", source.name());
        // Asynchronous recall has lanes of its own, not those of the tuning.
        let lanes = if source.entry() == "relax" { RELAX_LANES } else { 256 };
        let (module, _) = fixed(&source, &constants(&source, &[4, 6], lanes));
        let bytes = workgroup_bytes(&module);
        assert!(bytes <= 16 << 10, "{} takes {bytes} bytes of workgroup memory", source.name());
        // [lane][32 fields], a curvature a lane, 32 signs, four words: 32 · 32 · 4 + 2 · 32 · 4 + 4 · 16 as they are aligned here.
        if source.entry() == "relax" {
            assert_eq!(bytes, 4096 + 128 + 128 + 64, "workgroup memory of {}", source.name());
        }
    }
}

#[test]
fn no_shader_file_is_an_orphan() {
    let sources = sources();
    let files = shader_files();
    assert!(files.len() >= 32, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(file.extension().is_some_and(|extension| extension == "wgsl"), "{}", file.display());
        assert!(text.starts_with("// "), "{} does not begin by saying what it is", file.display());
        assert!(sources.iter().any(|source| source.text().contains(&text)), "no kernel is made of {}", file.display());
        // Entry points carry the name of their file.
        if text.contains("@compute") {
            assert!(text.contains(&format!("fn {name}(")), "{}", file.display());
        }
    }
}

#[test]
fn a_broken_contract_names_model_and_function() {
    let full = Ising::fragment();
    let mut broken = 0;
    for kernel in [&catalogue::START, &catalogue::FLIP] {
        for &function in kernel.contract {
            let renamed = full.text.replace(&format!("fn {function}("), "fn other(");
            let renamed = renamed.replace(&format!("alias {function} "), "alias Other ");
            let renamed = renamed.replace(&format!("struct {function} "), "struct Other ");
            let fragment = Fragment { file: "my/model.wgsl".into(), text: renamed.into() };
            let error = kernel.source(ModelText { name: "my magnet", fragment: &fragment }).unwrap_err();
            let text = error.to_string();
            let (model, kernel) = ("`my magnet`", format!("`{}`", kernel.name));
            for part in [model, &format!("`{function}`"), &kernel, "my/model.wgsl"] {
                assert!(text.contains(part), "{part} is not in: {text}");
            }
            assert!(matches!(error, Error::Contract { .. }), "{text}");
            broken += 1;
        }
    }
    assert_eq!(broken, 9);
    // A model of another kind: no gradient.
    let error = catalogue::LEAP.source(ModelText { name: "ising", fragment: &full }).unwrap_err().to_string();
    assert!(error.contains("`ising`") && error.contains("`bond_slope`") && error.contains("`leap`"), "{error}");
    let error = catalogue::MOMENTS.reduce(ModelText { name: "ising", fragment: &full }).unwrap_err().to_string();
    assert!(error.contains("`ising`") && error.contains("`bond_slope`") && error.contains("moments"), "{error}");
}

#[test]
fn a_text_that_naga_refuses_is_named_by_file_and_line() {
    let fragment = Ising::fragment();
    let line = 1 + fragment.text.lines().position(|line| line.starts_with("fn bond(")).unwrap();
    let text = fragment.text.replace("return -a * b;", "return -1.5;");
    assert_ne!(text, fragment.text);
    let broken = Fragment { file: "my/model.wgsl".into(), text: text.into() };
    let error = catalogue::FLIP.source(ModelText { name: "mine", fragment: &broken }).unwrap_err();
    assert!(
        matches!(&error, Error::Shader { location, .. } if *location == format!("my/model.wgsl:{line}")),
        "{error}"
    );
}

/// Mirrors of φ⁴'s `Parameters` with something wrong. A macro cannot make several structs of the one name in one scope.
macro_rules! wrong_layouts {
    ($($scope:ident { $($field:ident: $kind:ty),* })*) => {
        $(mod $scope {
            spinfield::mirror! { pub struct Parameters { $(pub $field: $kind),* } }
        })*
    };
}

wrong_layouts! {
    renamed { hopping: f32, quadratic: f32, cubic: f32, constant: f32 }
    swapped { quadratic: f32, hopping: f32, quartic: f32, constant: f32 }
    retyped { hopping: f32, quadratic: f32, quartic: u32, constant: f32 }
    missing { hopping: f32, quadratic: f32, quartic: f32 }
    too_many { hopping: f32, quadratic: f32, quartic: f32, constant: f32, more: f32 }
}

mirror! {
    struct Nowhere { value: u32 }
}

#[test]
fn a_layout_that_differs_is_an_error() {
    let fragment = Phi4::fragment();
    let source = catalogue::LEAP.source(ModelText { name: Phi4::NAME, fragment: &fragment }).unwrap();
    source.prove_layout::<<Phi4 as Local>::Parameters>().unwrap();
    let refused = [
        source.prove_layout::<renamed::Parameters>(),
        source.prove_layout::<swapped::Parameters>(),
        source.prove_layout::<retyped::Parameters>(),
        source.prove_layout::<missing::Parameters>(),
        source.prove_layout::<too_many::Parameters>(),
        source.prove_layout::<Nowhere>(),
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        assert!(matches!(&error, Error::Layout { .. }), "{error}");
        eprintln!("{error}");
    }
    let error = source.prove_layout::<retyped::Parameters>().unwrap_err().to_string();
    assert!(error.contains("quartic: f32 @8") && error.contains("quartic: u32 @8"), "{error}");
    assert_eq!(spinfield::shader::Mirror::words(&Nowhere { value: 7 }), [7]);
}

/// A lattice model whose Rust parameters are not those of its shader must not get onto a device.
#[test]
fn a_model_with_a_wrong_layout_is_not_built() {
    #[derive(Debug, Clone)]
    struct Skewed(spinfield::Lattice);
    impl Local for Skewed {
        const NAME: &'static str = "skewed";
        const SCALAR: spinfield::model::Scalar = spinfield::model::Scalar::Integer;
        type Parameters = swapped::Parameters;
        fn fragment() -> Fragment {
            Ising::fragment()
        }
        fn lattice(&self) -> &spinfield::Lattice {
            &self.0
        }
        fn parameters(&self) -> swapped::Parameters {
            swapped::Parameters { quadratic: 0.0, hopping: 0.0, quartic: 0.0, constant: 0.0 }
        }
    }
    impl spinfield::model::TwoState for Skewed {
        const BOND_CHANGE: u32 = 2;
        const ONSITE_CHANGE: u32 = 2;
    }
    let (device, queue) = wgpu::Device::noop(&wgpu::DeviceDescriptor::default());
    let model = Skewed(spinfield::Lattice::square(4).unwrap());
    let error = Gpu::from_device(device, queue).simulate(model, spinfield::HeatBath).build().unwrap_err();
    assert!(matches!(&error, Error::Layout { structure, .. } if structure == "Parameters"), "{error}");
}
